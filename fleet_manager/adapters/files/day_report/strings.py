"""Space over time: all robots on their floors for an hour, and one delivery's way."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from fleet_manager.adapters.files.day_report.lifts import time_axis
from fleet_manager.adapters.files.day_report.parts import (
    Clock,
    line,
    number,
    svg,
    text,
    ticks,
    tip,
)
from fleet_manager.adapters.files.day_report.words import said
from fleet_manager.application.days.result import DayResult, DeliveryLine, Late, Trail
from fleet_manager.domain.ids import NodeId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import HOUR, MINUTE, SECOND

_WIDE: Final = 960.0
#: Colours of lines, in turn; the robot's name is told when one points at its line.
COLOURS: Final = 7
#: What the half of a ride takes on an axis of metres.
_RIDE_METRES: Final = 3.0
#: A stand so long is named; at most so many, the longest.
_NAMED_MS: Final = 45 * SECOND
#: A stop so long is drawn thick on the floors.
_STOOD_MS: Final = 10 * SECOND
_NAMED: Final = 8


@dataclass(frozen=True, slots=True)
class Story:
    """The delivery whose way is shown, from `begin` to `end`; `late` is None where none was."""

    line: DeliveryLine
    late: Late | None
    begin: int
    end: int


@dataclass(slots=True)
class Stay:
    """A robot on one floor, and when it stood there, in ms since 1970."""

    floor: str
    begin: int
    end: int
    stops: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Stand:
    """A robot stood on a node from `at` for `span` ms, after `far` metres."""

    at: int
    span: int
    far: float
    node: str


def floors_chart(result: DayResult, hospital: Hospital, clock: Clock, begin: int) -> Markup | None:
    """Return on which floor each robot is over an hour; its line is steep where it rides."""
    floors = sorted(hospital.floors.values(), key=lambda one: one.level, reverse=True)
    if len(floors) < 2 or not result.trails:
        return None
    count = len(result.trails)
    row, left, top = max(24.0, 1.4 * count + 8), 52.0, 28.0
    high = top + row * len(floors) + 6
    parts = time_axis(begin, high, clock, left=left, wide=_WIDE)
    rows = {str(floor.id): top + row * place for place, floor in enumerate(floors)}
    for name, y in rows.items():
        parts.append(line(0, y, _WIDE - 10, y, 'grid'))
        parts.append(text(left - 8, y + row / 2 + 4, name, 'end strong'))
    scale = (_WIDE - left - 10) / HOUR
    rides, drives = [], []
    for place, trail in enumerate(result.trails):
        down = 4 + (row - 8) * (place + 0.5) / count
        name, before = tip((trail.robot, trail.robot)), None
        for stay in _stays(trail, hospital, begin, begin + HOUR):
            y = rows[stay.floor] + down
            x1, x2 = (left + (at - begin) * scale for at in (stay.begin, stay.end))
            if before is not None:
                rides.append(line(*before, x1, y, 'ride'))
            before = (x2, y)
            d = f'M{x1:.1f} {y:.1f}H{max(x2, x1 + 1):.1f}'
            kind = f'string s{place % COLOURS}'
            drives.append(f'<path class="{kind}" d="{d}">{name}</path>')
            stops = ''.join(
                f'M{left + (one - begin) * scale:.1f} {y:.1f}H{left + (other - begin) * scale:.1f}'
                for one, other in stay.stops
            )
            if stops:
                drives.append(f'<path class="{kind} stop-line" d="{stops}">{name}</path>')
    return svg(
        _WIDE, high, [*parts, *rides, *drives], said('s_strings', hour=clock.time(begin)), 'wide'
    )


def _stays(trail: Trail, hospital: Hospital, begin: int, end: int) -> list[Stay]:
    """Return on which floors the robot was between two moments, and when it stood there."""
    stays: list[Stay] = []
    for (at, name), (then, onto) in pairwise(trail.marks):
        if then <= begin or at >= end:
            continue
        node, after = hospital.nodes.get(NodeId(name)), hospital.nodes.get(NodeId(onto))
        if node is None or after is None or not node.floor or node.floor != after.floor:
            continue
        first, last = max(at, begin), min(then, end)
        if not stays or stays[-1].floor != node.floor or stays[-1].end != first:
            stays.append(Stay(node.floor, first, last, []))
        stays[-1].end = last
        if name == onto and then - at >= _STOOD_MS:
            stays[-1].stops.append((first, last))
    return stays


def choose(result: DayResult) -> Story | None:
    """Return the delivery to tell of: the latest one that a robot carried, or else the slowest."""
    lines = {one.delivery: one for one in result.lines}
    for late in result.late:
        one = lines.get(late.delivery)
        if one is not None and one.loaded_at is not None and one.robot is not None:
            return _story(one, late, result)
    carried = [one for one in result.lines if one.robot and one.loaded_at and one.arrived_at]
    slowest = max(carried, key=_took, default=None)
    return _story(slowest, None, result) if slowest is not None else None


def _took(one: DeliveryLine) -> int:
    return (one.arrived_at or 0) - (one.ready_at or one.requested_at)


def _story(one: DeliveryLine, late: Late | None, result: DayResult) -> Story:
    begin, end = one.ready_at or one.requested_at, one.arrived_at or result.ended_at
    margin = max(MINUTE, (end - begin) // 25)
    return Story(one, late, begin - margin, end + margin)


def story_chart(
    story: Story, result: DayResult, hospital: Hospital, clock: Clock
) -> tuple[Markup, list[Stand]] | None:
    """Return how far its robot drove over time, and the stands that have a number there."""
    trail = next((one for one in result.trails if one.robot == story.line.robot), None)
    points = _metres(trail, hospital, story) if trail is not None else []
    if len(points) < 2:
        return None
    left, top, floor = 60.0, 62.0, 300.0
    span = story.end - story.begin
    scale = ticks(points[-1][1] or 1.0, about=4)
    across, up = (_WIDE - left - 10) / span, (floor - top) / scale[-1]
    parts = time_axis(story.begin, floor, clock, left=left, wide=_WIDE, span=span)
    parts.append(text(2, top - 12, said('metres'), 'soft'))
    for value in scale:
        y = floor - value * up
        parts.append(line(left, y, _WIDE - 10, y, 'grid'))
        parts.append(text(left - 6, y + 4, number(value, 0), 'end small'))

    def spot(at: int, far: float) -> tuple[float, float]:
        return left + (at - story.begin) * across, floor - far * up

    given = story.line.assigned_at or story.begin
    turn = (given, _far(points, given))
    before = [(at, far) for at, far, _ in points if at < given]
    after = [(at, far) for at, far, _ in points if at >= given]
    for kind, way in (('odometer before', [*before, turn]), ('odometer', [turn, *after])):
        parts.append(f'<path class="{kind}" d="{_path([spot(*one) for one in way])}"/>')
    stands = _stands(points, given)
    for place, stand in enumerate(stands):
        (x1, y), (x2, _) = spot(stand.at, stand.far), spot(stand.at + stand.span, stand.far)
        parts.append(f'<path class="stand" d="{_path([(x1, y), (x2, y)])}"/>')
        x, y = (x1 + x2) / 2, y - 15
        parts.append(f'<circle class="badge-n" cx="{x:.1f}" cy="{y:.1f}" r="9"/>')
        parts.append(text(x, y + 4, str(place + 1), 'mid badge-text-n'))
    parts += _moments(story, left, top, floor, across)
    label = said('s_worst', delivery=story.line.delivery)
    return svg(_WIDE, floor + 46, parts, label, 'wide'), stands


def _metres(trail: Trail, hospital: Hospital, story: Story) -> list[tuple[int, float, str]]:
    """Return when the robot had driven how far, and where it was then, from `begin` to `end`."""
    far, found = 0.0, list[tuple[int, float, str]]()
    for (at, node), (then, onto) in pairwise(trail.marks):
        if at > story.end:
            break
        if then < story.begin:
            continue
        if not found:
            found.append((max(at, story.begin), far, node))
        far += _length(hospital, node, onto)
        found.append((min(then, story.end), far, onto))
    return found


def _far(points: list[tuple[int, float, str]], at: int) -> float:
    """Return how far it had driven at a moment, as if it drove evenly between two marks."""
    for (begin, far, _), (end, onto, _) in pairwise(points):
        if begin <= at <= end:
            return far + (onto - far) * (at - begin) / max(1, end - begin)
    return points[0][1] if at < points[0][0] else points[-1][1]


def _length(hospital: Hospital, a: str, b: str) -> float:
    if a == b:
        return 0.0
    lanes = (hospital.lanes[lane] for lane in hospital.lanes_at.get(NodeId(a), ()))
    return min((one.length for one in lanes if b in (one.a, one.b)), default=_RIDE_METRES)


def _stands(points: list[tuple[int, float, str]], since: int) -> list[Stand]:
    """Return the longest times the robot stood after `since`, in the order of time."""
    stood = [
        Stand(max(at, since), then - max(at, since), far, node)
        for (at, far, node), (then, onto, _) in pairwise(points)
        if far == onto and then - max(at, since) >= _NAMED_MS
    ]
    longest = sorted(stood, key=lambda one: -one.span)[:_NAMED]
    return sorted(longest, key=lambda one: one.at)


def _moments(story: Story, left: float, top: float, floor: float, across: float) -> list[str]:
    one = story.line
    moments = [
        ('asked', one.ready_at or one.requested_at),
        ('assigned', one.assigned_at),
        ('loaded_at', one.loaded_at),
        ('promised', one.promised_at),
        ('arrived', one.arrived_at),
    ]
    shown = [(key, at) for key, at in moments if at and story.begin <= at <= story.end]
    parts, free = [], [0.0] * 4
    for key, at in sorted(shown, key=lambda moment: moment[1]):
        x = left + (at - story.begin) * across
        row = next((place for place, until in enumerate(free) if until < x), len(free) - 1)
        free[row] = x + 100
        y = floor + 16 + 13 * row
        kind = 'promise' if key == 'promised' else 'moment'
        parts.append(line(x, top, x, y - 9, kind))
        anchor = 'end' if x > _WIDE - 100 else 'mid'
        parts.append(text(min(x, _WIDE - 10), y, said(key), f'{anchor} small strong'))
    return parts


def _path(spots: list[tuple[float, float]]) -> str:
    return ''.join(f'{"L" if i else "M"}{x:.1f} {y:.1f}' for i, (x, y) in enumerate(spots))
