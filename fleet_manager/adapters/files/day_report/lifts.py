"""The lifts: how much robots had them and waited for them, by hour, and one hour in detail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from fleet_manager.adapters.files.day_report.parts import (
    Clock,
    Pair,
    box,
    line,
    number,
    svg,
    text,
)
from fleet_manager.adapters.files.day_report.words import said
from fleet_manager.application.days.result import DayResult, LiftHour, LiftResult, Trail
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import HOUR, MINUTE

#: Shades of a matrix, and the values at which each begins.
_USED: Final = (0.05, 0.2, 0.35, 0.5, 0.65, 0.8)
_WAITED: Final = (0.5, 1.0, 2.0, 3.0, 5.0, 8.0)
_LEFT: Final = 52.0
_WIDE: Final = 960.0
_ROW: Final = 40.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One hour of one lift; `shade` 0 to 6, the darkest the most."""

    text: str
    shade: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """Lifts by hours."""

    hours: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


@dataclass(frozen=True, slots=True)
class Use:
    """A robot in a car, or standing in front of it, in ms since 1970."""

    lift: str
    robot: str
    begin: int
    end: int
    rides: bool


def matrices(result: DayResult, clock: Clock) -> tuple[Matrix, Matrix] | None:
    """Return how much of each hour each lift was used, and how long robots waited for it."""
    hours = sorted({one.hour for lift in result.lifts for one in lift.by_hour})
    if not hours:
        return None
    shown = range(hours[0], hours[-1] + 1)
    heads = tuple(clock.hour(hour)[:2] for hour in shown)
    used = tuple((lift.lift, tuple(_used(lift, hour) for hour in shown)) for lift in result.lifts)
    waited = tuple(
        (lift.lift, tuple(_waited(lift, hour) for hour in shown)) for lift in result.lifts
    )
    return Matrix(heads, used), Matrix(heads, waited)


def _hour_of(lift: LiftResult, hour: int) -> LiftHour | None:
    return next((one for one in lift.by_hour if one.hour == hour), None)


def _used(lift: LiftResult, hour: int) -> Cell:
    one = _hour_of(lift, hour)
    if one is None:
        return Cell('', 0)
    return Cell(number(100 * one.utilisation, 0), _shade(one.utilisation, _USED))


def _waited(lift: LiftResult, hour: int) -> Cell:
    one = _hour_of(lift, hour)
    if one is None or one.wait_p95 is None:
        return Cell('', 0)
    return Cell(number(one.wait_p95), _shade(one.wait_p95, _WAITED))


def _shade(value: float, steps: tuple[float, ...]) -> int:
    return sum(value >= step for step in steps)


def busiest_hour(result: DayResult) -> int | None:
    """Return the hour in which lifts were used most, or else most was to be carried."""
    used: dict[int, float] = {}
    for lift in result.lifts:
        for one in lift.by_hour:
            used[one.hour] = used.get(one.hour, 0.0) + one.utilisation
    if not used:
        used = {hour: float(n) for hour, n, _ in result.by_hour}
    return max(sorted(used), key=lambda hour: used[hour], default=None)


def lift_uses(hospital: Hospital, trails: tuple[Trail, ...]) -> Iterator[Use]:
    """Return when robots stood in front of lifts and were in them, from where they were."""
    cars = {str(lift.car): str(lift.id) for lift in hospital.lifts.values()}
    waits = {
        str(stop.wait): str(lift.id) for lift in hospital.lifts.values() for stop in lift.stops
    }
    for trail in trails:
        boarding: int | None = None
        for (at, node), (then, onto) in pairwise(trail.marks):
            lift = cars.get(onto) if onto != node else None
            if lift is not None:
                boarding = at
            elif node in cars and onto != node:
                yield Use(cars[node], trail.robot, boarding or at, then, rides=True)
            elif node == onto and node in waits:
                yield Use(waits[node], trail.robot, at, then, rides=False)


def board(result: DayResult, hospital: Hospital, clock: Clock, begin: int) -> Markup | None:
    """Return one hour of all lifts: a row for each, bars while robots have it or wait."""
    end = begin + HOUR
    uses = [
        use
        for use in lift_uses(hospital, result.trails)
        if use.begin < end and use.end > begin and (use.rides or use.end - use.begin > 2_000)
    ]
    if not uses:
        return None
    lifts = [str(lift) for lift in hospital.lifts]
    high = 30 + _ROW * len(lifts) + 8
    scale = (_WIDE - _LEFT - 10) / HOUR
    parts = time_axis(begin, high, clock, left=_LEFT, wide=_WIDE)
    for row, lift in enumerate(lifts):
        y = 30 + row * _ROW
        parts.append(text(_LEFT - 8, y + 18, lift, 'end strong'))
        parts.append(line(0, y + _ROW - 3, _WIDE - 10, y + _ROW - 3, 'grid'))
        parts += _bars([use for use in uses if use.lift == lift], y, begin, scale)
    return svg(_WIDE, high, parts, said('s_lifts'), 'wide')


def _bars(uses: list[Use], y: float, begin: int, scale: float) -> list[str]:
    parts, lanes = [], [0, 0, 0]
    for use in sorted(uses, key=lambda one: (one.begin, one.robot)):
        first, last = max(use.begin, begin), min(use.end, begin + HOUR)
        x, wide = _LEFT + (first - begin) * scale, max(1.2, (last - first) * scale)
        tip = _use_tip(use)
        if use.rides:
            parts.append(box(x, y + 3, wide, 18, 'fill-ride', tip))
            if wide > 7.5 * len(use.robot):
                parts.append(text(x + wide / 2, y + 16, use.robot, 'mid on-fill'))
            continue
        lane = min(range(len(lanes)), key=lambda place: (lanes[place] > first, place))
        lanes[lane] = last
        parts.append(box(x, y + 23 + 4.5 * lane, wide, 3.5, 'fill-wait', tip))
    return parts


def _use_tip(use: Use) -> Pair:
    span = number((use.end - use.begin) / MINUTE)
    english, chinese = said('riding' if use.rides else 'waiting')
    return f'{use.robot} {english}: {span} min', f'{chinese} {span} 分钟'


def time_axis(
    begin: int, high: float, clock: Clock, *, left: float, wide: float, span: int = HOUR
) -> list[str]:
    """Return vertical lines with the time above, some ten of them."""
    steps = (1, 2, 5, 10, 20, 30, 60, 120, 240)
    step = next((s for s in steps if span / (s * MINUTE) <= 12), steps[-1]) * MINUTE
    first = begin + -begin % step
    parts = []
    for at in range(first, begin + span + 1, step):
        x = left + (at - begin) * (wide - left - 10) / span
        parts.append(line(x, 20, x, high - 2, 'grid'))
        parts.append(text(min(x, wide - 26), 14, clock.time(at), 'mid small'))
    return parts
