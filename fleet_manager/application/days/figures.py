"""How each figure of a day is defined. Pure functions of what a `Collector` has followed.

- A delivery *arrives* when its robot first stands at the addressee's station with it; one that a
  porter carries when the addressee signs. It is *on time* when that is not after its promise.
- It is *judged* once it has arrived, or its promise has passed while it was open. One cancelled or
  expired before its promise is not judged, nor is one still open that is not due yet.
- Minutes to arrival and to signature count from when it was *ready*: when it was asked for, or
  from the earliest time to come for it. They are of those that arrived, and were signed for.
- Percentiles are by nearest rank: the smallest value that so many of the values do not exceed.
- Hours are counted from local midnight of the day it began: 25 is one o'clock the next day.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from fleet_manager.application.days.follow import Car, Cause, FollowedRobot, Parcel
from fleet_manager.application.days.result import (
    ClassResult,
    DeliveryLine,
    Late,
    LiftHour,
    LiftResult,
    RobotResult,
    Spread,
)
from fleet_manager.domain.deliveries.goods import GOODS, Urgency
from fleet_manager.domain.ids import LiftId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import HOUR, MINUTE

DAY: Final = 24 * HOUR
#: What cannot be saved of a delivery's time; the rest could have been, by other plans.
UNAVOIDABLE: Final = frozenset({Cause.COMING, Cause.LOADING, Cause.DRIVING})


@dataclass(frozen=True, slots=True)
class Span:
    """The time that is looked at, in ms since 1970; `utc_offset` in ms east."""

    begin: int
    end: int
    utc_offset: int

    @property
    def length(self) -> int:
        """How long it is, in ms."""
        return self.end - self.begin

    def hour(self, at: int) -> int:
        """Return the hour after local midnight of the day it began."""
        midnight = (self.begin + self.utc_offset) // DAY * DAY
        return (at + self.utc_offset - midnight) // HOUR

    def hour_begins(self, hour: int) -> int:
        """Return when an hour begins, in ms since 1970."""
        midnight = (self.begin + self.utc_offset) // DAY * DAY
        return midnight + hour * HOUR - self.utc_offset


def spread(spans_ms: Sequence[int]) -> Spread:
    """Return the distribution of spans in minutes."""
    if not spans_ms:
        return Spread(None, None, None)
    ordered = sorted(spans_ms)
    return Spread(*(_minutes(_rank(ordered, share)) for share in (0.5, 0.95, 1.0)))


def is_judged(parcel: Parcel, now: int) -> bool:
    """Whether it can be said by now that it was on time or late."""
    if parcel.arrived_at is not None:
        return True
    end = parcel.ended_at if parcel.ended_at is not None else now
    return end > parcel.promised_at


def is_on_time(parcel: Parcel) -> bool:
    """Whether it arrived, and when it was promised at the latest."""
    return parcel.arrived_at is not None and parcel.arrived_at <= parcel.promised_at


def share_on_time(parcels: Sequence[Parcel], now: int) -> float | None:
    """Return the share on time of those judged. Not rounded up: 0.99996 is not 1."""
    judged = [parcel for parcel in parcels if is_judged(parcel, now)]
    return _share(sum(map(is_on_time, judged)), len(judged))


def by_class(
    parcels: Sequence[Parcel], span: Span
) -> tuple[tuple[ClassResult, ...], tuple[ClassResult, ...]]:
    """Return the results by urgency and by goods class, most urgent first. `n` are those judged.

    A class nobody asked for is left out.
    """
    urgencies = _classes(parcels, span, lambda p: p.urgency, [u.value for u in Urgency])
    goods = _classes(parcels, span, lambda p: p.goods, list(GOODS))
    return urgencies, goods


def by_hour(parcels: Sequence[Parcel], span: Span) -> tuple[tuple[int, int, int], ...]:
    """Return (hour, judged, on time) by the hour in which deliveries were ready."""
    judged: Counter[int] = Counter()
    on_time: Counter[int] = Counter()
    for parcel in parcels:
        if is_judged(parcel, span.end):
            hour = span.hour(parcel.ready_at)
            judged[hour] += 1
            on_time[hour] += is_on_time(parcel)
    return tuple((hour, judged[hour], on_time[hour]) for hour in sorted(judged))


def count_ends(parcels: Iterable[Parcel]) -> Counter[str]:
    """Return how many ended in which state; `open` for those that did not."""
    return Counter(parcel.state if parcel.ended else 'open' for parcel in parcels)


def late_ones(parcels: Iterable[Parcel], span: Span) -> tuple[Late, ...]:
    """Return those judged that were not on time, the latest first."""
    late = [_late(p, span) for p in parcels if is_judged(p, span.end) and not is_on_time(p)]
    return tuple(sorted(late, key=lambda one: (-one.late_ms, one.delivery)))


def main_cause(causes: dict[str, int], late_ms: int) -> str:
    """Return what made a delivery late: the largest part of its time that could be saved.

    Where it would have been late without all these parts too, the largest part of all.
    """
    saved = {name: ms for name, ms in causes.items() if name not in UNAVOIDABLE}
    chosen = saved if sum(saved.values()) >= late_ms and any(saved.values()) else causes
    return max(sorted(chosen), key=lambda name: chosen[name], default=Cause.FAULT.value)


def count_causes(late: Iterable[Late]) -> dict[str, int]:
    """Return how many were late by their main cause, the most frequent first."""
    counted = Counter(one.cause for one in late)
    return dict(sorted(counted.items(), key=lambda row: (-row[1], row[0])))


def share_of_etas_held(parcels: Iterable[Parcel]) -> float | None:
    """Return the share that arrived by the p80 told at their last assignment."""
    told = [p for p in parcels if p.arrived_at is not None and p.eta is not None]
    return _share(sum((p.arrived_at or 0) <= p.eta[1] for p in told if p.eta), len(told))


def line_of(parcel: Parcel) -> DeliveryLine:
    """Return one delivery in one line."""
    return DeliveryLine(
        delivery=parcel.id,
        goods=parcel.goods,
        urgency=parcel.urgency,
        sender=parcel.sender,
        recipient=parcel.recipient,
        state=parcel.state,
        requested_at=parcel.requested_at,
        promised_at=parcel.promised_at,
        assigned_at=parcel.assigned_at,
        loaded_at=parcel.loaded_at,
        arrived_at=parcel.arrived_at,
        received_at=parcel.received_at,
        robot=parcel.robot,
        by_porter=parcel.by_porter,
        eta_p50=parcel.eta[0] if parcel.eta else None,
        eta_p80=parcel.eta[1] if parcel.eta else None,
        ready_at=parcel.ready_at,
    )


def of_lift(lift: LiftId, car: Car, span: Span) -> LiftResult:
    """Return what robots had of a lift.

    `rides` are sessions with a robot inside, `utilisation` is the share of the time in which a
    session held it. A wait is the time a robot stood with the car as its next step, until it was
    let in or was sent elsewhere: 0 for one that found it open.
    """
    held = [(int(one.begin), int(one.end)) for one in car.held]
    if car.serving is not None:
        held.append((car.serving, span.end))
    total = sum(end - begin for begin, end in held)
    return LiftResult(
        lift=lift,
        rides=car.outcomes.get('done', 0),
        utilisation=round(total / max(1, span.length), 4),
        wait=spread([wait for _, wait in car.waits]),
        outcomes=dict(sorted(car.outcomes.items())),
        by_hour=_lift_hours(held, car, span),
    )


def of_robot(robot: FollowedRobot, hospital: Hospital, span: Span) -> RobotResult:
    """Return what a robot did.

    `busy` is the share of the time in which it served a delivery or went to be cleaned,
    `charging` the share of samples in which it charged and was not busy. `metres` are lengths of
    lanes driven, loaded with any parcel inside. A run counts once it carried something.
    """
    spec = hospital.robots.get(robot.id)
    return RobotResult(
        robot=robot.id,
        type=spec.type if spec is not None else '',
        busy=round(robot.busy_ms / max(1, span.length), 4),
        charging=round(robot.charging_samples / max(1, robot.samples), 4),
        metres_loaded=round(robot.metres_loaded, 1),
        metres_empty=round(robot.metres_empty, 1),
        parcels=robot.parcels,
        runs=robot.runs,
        lowest_battery=robot.lowest_battery,
    )


def sum_waiting(robots: Iterable[FollowedRobot]) -> dict[str, int]:
    """Return how long robots stood waiting for others, lifts or doors, in ms by node."""
    total: Counter[str] = Counter()
    for robot in robots:
        total.update(robot.waited)
    return dict(sorted(total.items()))


def _classes(
    parcels: Sequence[Parcel], span: Span, name_of: Callable[[Parcel], str], order: list[str]
) -> tuple[ClassResult, ...]:
    groups: dict[str, list[Parcel]] = {}
    for parcel in parcels:
        groups.setdefault(name_of(parcel), []).append(parcel)
    names = sorted(groups, key=lambda name: (order.index(name) if name in order else 99, name))
    return tuple(_class(name, groups[name], span) for name in names)


def _class(name: str, parcels: list[Parcel], span: Span) -> ClassResult:
    arrived = [p.arrived_at - p.ready_at for p in parcels if p.arrived_at is not None]
    signed = [p.received_at - p.ready_at for p in parcels if p.received_at is not None]
    return ClassResult(
        name=name,
        n=sum(is_judged(parcel, span.end) for parcel in parcels),
        on_time=share_on_time(parcels, span.end),
        to_arrival=spread(arrived),
        to_signature=spread(signed),
    )


def _late(parcel: Parcel, span: Span) -> Late:
    until = parcel.arrived_at or parcel.ended_at or span.end
    causes = {cause.value: parcel.spent[cause] for cause in Cause if parcel.spent.get(cause)}
    late_ms = until - parcel.promised_at
    return Late(
        delivery=parcel.id,
        goods=parcel.goods,
        urgency=parcel.urgency,
        sender=parcel.sender,
        recipient=parcel.recipient,
        requested_at=parcel.requested_at,
        late_ms=late_ms,
        robot=parcel.robot,
        cause=main_cause(causes, late_ms),
        causes=causes,
        ready_at=parcel.ready_at,
    )


def _lift_hours(held: list[tuple[int, int]], car: Car, span: Span) -> tuple[LiftHour, ...]:
    used: Counter[int] = Counter()
    for begin, end in held:
        for hour in range(span.hour(begin), span.hour(end) + 1):
            first = span.hour_begins(hour)
            used[hour] += max(0, min(end, first + HOUR) - max(begin, first))
    waits: dict[int, list[int]] = {}
    for at, wait in car.waits:
        waits.setdefault(span.hour(at), []).append(wait)
    found = []
    for hour in sorted({*used, *waits}):
        first = span.hour_begins(hour)
        within = min(span.end, first + HOUR) - max(span.begin, first)
        share = round(used[hour] / max(1, within), 4)
        found.append(LiftHour(hour, share, spread(waits.get(hour, [])).p95))
    return tuple(found)


def _rank(ordered: Sequence[int], share: float) -> int:
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _minutes(span: int) -> float:
    return round(span / MINUTE, 2)


def _share(part: int, whole: int) -> float | None:
    return math.floor(1e4 * part / whole) / 1e4 if whole else None
