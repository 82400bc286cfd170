"""Ask for what wards planned, once: recurring requests and meals, across restarts.

Each run has an idempotency key of its own, so that asking again after a crash is the same
delivery; the book notes what came of it, and what is noted is not asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from fleet_manager.application.ports import Reply
from fleet_manager.application.ward_book import Noted, WardBook
from fleet_manager.domain.deliveries.meals import MealRound, MealTimes, closed, counts
from fleet_manager.domain.deliveries.timetable import LEAD_MS, Plan, account_of, runs
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Actor, RequestDelivery, Role
from fleet_manager.domain.units import HOUR, Instant

#: What could not be asked for in time is told for so long after its window.
LOOK_BACK_MS: Final = 24 * HOUR
#: Refusals that pass: it is asked for again.
_PASSING: Final = frozenset({'too_many_open', 'station_leaves'})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something planned whose time has come. `subject` and `day` name it in the book."""

    subject: str
    station: StationId
    day: str
    key: str
    goods: str
    sender: StationId | None
    recipient: StationId
    note: str
    earliest: Instant
    latest: Instant
    details: dict[str, str]


def run_timetable(
    book: WardBook,
    hospital: Hospital,
    ask: Callable[[RequestDelivery], Reply],
    *,
    zone: tzinfo,
    cut_off: int,
    times: MealTimes,
    now: Instant,
) -> list[Noted]:
    """Ask for everything whose time has come; return what was noted.

    Meals come at `times`, and are asked for `cut_off` minutes before.
    `ask` may raise Overloaded: then the rest is asked for at the next call. Raises StoreFailed.
    """
    noted = []
    since = Instant(now - LOOK_BACK_MS)
    meals = closed(zone, now, cut_off=cut_off, times=times)
    known = book.noted(since=Instant(since - LOOK_BACK_MS))
    for wanted in (*_planned(book, zone, since, now), *_meals(book, hospital, meals)):
        if (wanted.subject, wanted.day) in known:
            continue
        outcome = _outcome(wanted, ask, now)
        if outcome is not None:
            made = Noted(wanted.subject, wanted.station, wanted.day, now, *outcome)
            book.note(made)
            noted.append(made)
    return noted


def _outcome(
    wanted: Wanted, ask: Callable[[RequestDelivery], Reply], now: Instant
) -> tuple[str, str] | None:
    """Return a code and the delivery; None where it is to be asked for again."""
    if now >= wanted.latest:
        return 'missed', ''
    if wanted.sender is None:
        return 'unknown_station', ''
    reply = ask(
        RequestDelivery(
            Actor(account_of(wanted.station), Role.WARD, wanted.station),
            wanted.key,
            wanted.goods,
            wanted.sender,
            wanted.recipient,
            wanted.note,
            earliest=wanted.earliest,
            latest=wanted.latest,
            details=wanted.details,
        )
    )
    if reply.refusal_code in _PASSING:
        return None
    return ('asked', reply.delivery) if reply.delivery else (reply.refusal_code or 'missed', '')


def _planned(book: WardBook, zone: tzinfo, since: Instant, now: Instant) -> Iterator[Wanted]:
    for plan in book.plans(None):
        if not plan.paused:
            yield from _runs(plan, zone, since, now)


def _runs(plan: Plan, zone: tzinfo, since: Instant, now: Instant) -> Iterator[Wanted]:
    for run in runs(plan, zone, after=since, before=Instant(now + LEAD_MS + 1)):
        yield Wanted(
            plan.id,
            plan.station,
            run.day.isoformat(),
            run.key,
            plan.goods,
            plan.sender,
            plan.recipient,
            plan.note,
            run.earliest,
            run.latest,
            {},
        )


def _meals(book: WardBook, hospital: Hospital, meals: Iterable[MealRound]) -> Iterator[Wanted]:
    for one in meals:
        for station, beds in book.meal_orders(one.id).items():
            details = counts(beds)
            if details:
                yield _meal(hospital, station, one, details)


def _meal(
    hospital: Hospital, station: StationId, one: MealRound, details: dict[str, str]
) -> Wanted:
    return Wanted(
        f'meal:{station}:{one.meal}',
        station,
        one.day.isoformat(),
        f'meal-{one.id}',
        'meal',
        kitchen_of(hospital),
        station,
        '',
        one.earliest,
        one.latest,
        {'meal': one.meal} | details,
    )


def kitchen_of(hospital: Hospital) -> StationId | None:
    """Return who sends meals: the first station of the map that does."""
    for station in hospital.stations.values():
        if 'meal' in station.sends:
            return station.id
    return None
