"""Who is where when along a way: what happened in the last minutes and what is planned next.

One axis is time, the other the places along a robot's route, a way between two places, or the
floors of a lift. `docs/views.md` describes the plain data that comes out. Reads only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, Final

from fleet_manager.application.track import KEPT_MS, STOP_MS, Mark, Track
from fleet_manager.domain.ids import LiftId, NodeId, RobotId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Hop
from fleet_manager.domain.traffic.retime import Times
from fleet_manager.domain.traffic.steps import StepGraph
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import MINUTE, Instant

#: How far ahead a diagram looks.
AHEAD_MS: Final = 10 * MINUTE
#: Places on one axis: more cannot be told apart on a wall screen.
MAX_PLACES: Final = 160
#: Robots in one answer, and uses of lifts: a large fleet on one corridor.
MAX_ROBOTS: Final = 100
MAX_USES: Final = 200
#: What the half of a ride, into the car or out of it, takes of an axis, in metres.
RIDE_METRES: Final = 3.0


@dataclass(frozen=True, slots=True)
class Course:
    """Where a robot was, stands, and will be. `since` is when it could set off, if it `drives`."""

    past: tuple[Mark, ...]
    node: NodeId
    drives: bool
    since: Instant
    hops: tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class Traffic:
    """Everything a diagram is drawn from, at one moment. Safe from every thread.

    `recorded_from` is since when the past is known.
    """

    now: Instant
    graph: StepGraph
    times: Times
    courses: Mapping[RobotId, Course]
    recorded_from: Instant


@dataclass(frozen=True, slots=True)
class Axis:
    """The places of a diagram in order; `at` is the row of each node, `metres` where rows are.

    On the axis of a lift its floors are the rows, and `through` is the car between them.
    """

    rows: tuple[NodeId, ...]
    at: Mapping[NodeId, int]
    metres: tuple[float, ...]
    through: NodeId | None = None
    robot: RobotId | None = None


def traffic(turn: Turn, times: Times, track: Track) -> Traffic:
    """Return the present for diagrams. Costs next to nothing: it copies references only."""
    past = track.marks()
    courses = {
        robot.id: Course(
            past.get(robot.id, ()),
            robot.node,
            drives=robot.released > robot.done,
            since=robot.moving_since,
            hops=tuple(robot.hops),
        )
        for robot in turn.robots()
    }
    since = turn.now if track.since is None else track.since
    return Traffic(turn.now, turn.graph, times, courses, since)


# --- axes  ---------------------------------------------------------------------------------------


def axis_of_robot(now: Traffic, robot: RobotId) -> Axis:
    """Return the way a robot goes, after the way it came. Empty when it was never seen."""
    course = now.courses.get(robot)
    if course is None:
        return _axis_of(now.graph.hospital, (), robot)
    ahead = [course.node, *(hop.target for hop in course.hops)]
    came: list[NodeId] = []
    for _, node in reversed(course.past):
        if node == (came[-1] if came else course.node):
            continue  # it stopped there
        if node in came or node in ahead:
            break  # the way folds back
        came.append(node)
    nodes = [*reversed(came[: max(0, MAX_PLACES - len(ahead))]), *ahead]
    return _axis_of(now.graph.hospital, nodes, robot)


def axis_between(now: Traffic, start: NodeId, end: NodeId) -> Axis | None:
    """Return the shortest way between two places. None where there is none."""
    graph, hospital = now.graph, now.graph.hospital
    times = graph.times_from(start)
    if start == end or end not in times:
        return None
    nodes = [end]
    while nodes[-1] != start:
        before = min(
            (
                step
                for step in graph.back[nodes[-1]]
                if step.origin in times and graph.may_pass(step.origin, start=start, goal=end)
            ),
            key=lambda step: (times[step.origin] + step.duration, step.origin),
        )
        if before.lift:
            nodes.append(hospital.lifts[LiftId(before.lift)].car)
        nodes.append(before.origin)
    return _axis_of(hospital, reversed(nodes), None)


def axis_of_lift(now: Traffic, lift: LiftId) -> Axis:
    """Return the floors of a lift, the lowest first. Raises KeyError where there is no such."""
    hospital = now.graph.hospital
    found = hospital.lifts[lift]
    stops = sorted(found.stops, key=lambda s: (hospital.floors[s.floor].elevation, s.floor))
    at = {node: row for row, stop in enumerate(stops) for node in (stop.wait, stop.exit)}
    metres = tuple(hospital.floors[stop.floor].elevation for stop in stops)
    return Axis(tuple(stop.wait for stop in stops), at, metres, through=found.car)


def _axis_of(hospital: Hospital, nodes: Iterable[NodeId], robot: RobotId | None) -> Axis:
    rows = tuple(dict.fromkeys(node for node in nodes if node in hospital.nodes))[:MAX_PLACES]
    metres = accumulate((_length(hospital, a, b) for a, b in pairwise(rows)), initial=0.0)
    at = {node: row for row, node in enumerate(rows)}
    return Axis(rows, at, tuple(metres)[: len(rows)], robot=robot)


def _length(hospital: Hospital, a: NodeId, b: NodeId) -> float:
    lanes = (hospital.lanes[lane] for lane in hospital.lanes_at.get(a, ()))
    return min((lane.length for lane in lanes if b in (lane.a, lane.b)), default=RIDE_METRES)


# --- lines  --------------------------------------------------------------------------------------


def diagram(now: Traffic, axis: Axis) -> dict[str, Any]:
    """Return who is where along `axis`, from ten minutes ago until in ten minutes."""
    hospital = now.graph.hospital
    begin, end = now.now - KEPT_MS, now.now + AHEAD_MS
    robots: list[dict[str, Any]] = []
    uses: list[dict[str, Any]] = []
    for robot in sorted(now.courses):
        marks = _marks(now, robot, until=end)
        pieces = list(_pieces(axis, marks))
        past = [cut for piece in pieces if (cut := _cut(piece, begin, now.now))]
        planned = [cut for piece in pieces if (cut := _cut(piece, now.now, end))]
        planned = [cut for cut in planned if cut[-1][0] > now.now]
        if past or planned:
            lines = [{'planned': False, 'points': one} for one in past]
            lines += [{'planned': True, 'points': one} for one in planned]
            robots.append({'robot': robot, 'lines': lines})
        uses += _uses(hospital, axis, robot, marks, begin=begin, end=end, now=now.now)
    robots.sort(key=lambda one: (one['robot'] != axis.robot, one['robot']))
    uses.sort(key=lambda one: (-one['until'], one['robot']))
    return {
        'now': now.now,
        'from': begin,
        'until': end,
        'recorded_from': now.recorded_from,
        'robot': axis.robot,
        'places': [
            {'node': node, 'floor': hospital.nodes[node].floor, 'at': round(metres, 2)}
            for node, metres in zip(axis.rows, axis.metres, strict=True)
        ],
        'robots': robots[:MAX_ROBOTS],
        'lifts': uses[:MAX_USES],
    }


def _marks(now: Traffic, robot: RobotId, *, until: int) -> list[Mark]:
    """Return when the robot gets to and sets off from each node: past, present and planned."""
    course = now.courses[robot]
    marks = list(course.past)
    if not marks or marks[-1][1] != course.node:
        marks.append((min(course.since, now.now), course.node))
    if not course.drives:
        marks.append((now.now, course.node))
    arrived = now.now
    for hop in course.hops:
        end = now.times.end.get((robot, hop.sequence))
        if end is None or arrived > until:
            break
        leaves = end - (hop.end - hop.start)
        if leaves - arrived >= STOP_MS:
            marks.append((Instant(leaves), hop.origin))
        arrived = Instant(max(end, arrived))
        marks.append((arrived, hop.target))
    return marks


_Points = list[tuple[int, float]]


def _pieces(axis: Axis, marks: Sequence[Mark]) -> Iterator[_Points]:
    """Return the marks as rows, in pieces: a robot that goes elsewhere leaves a gap."""
    piece: _Points = []
    rides = False
    for at, node in marks:
        row = axis.at.get(node)
        if row is None and node == axis.through:
            rides = True
            continue
        if piece and (row is None or not (rides or abs(row - piece[-1][1]) <= 1)):
            yield piece
            piece = []
        if row is not None:
            piece.append((at, row))
        rides = False
    if piece:
        yield piece


def _cut(points: _Points, begin: int, end: int) -> list[list[float]]:
    """Return what lies between two moments; where it is cut a robot is between two rows."""
    kept = [(at, row) for at, row in points if begin <= at <= end]
    kept += [
        (edge, row + (onto - row) * (edge - at) / (then - at))
        for (at, row), (then, onto) in pairwise(points)
        for edge in (begin, end)
        if at < edge < then
    ]
    return [[at, round(row, 3)] for at, row in sorted(kept, key=lambda point: point[0])]


def _uses(
    hospital: Hospital,
    axis: Axis,
    robot: RobotId,
    marks: Sequence[Mark],
    *,
    begin: int,
    end: int,
    now: int,
) -> Iterator[dict[str, Any]]:
    """Return when the robot has the car of a lift on the axis, boarding and leaving included."""
    cars = {lift.car: lift.id for lift in hospital.lifts.values()}
    for place, (at, node) in enumerate(marks):
        if node not in cars or (node not in axis.at and node != axis.through):
            continue
        boards, before = marks[place - 1] if place else (at, node)
        if before == node and place:
            continue  # still the same ride
        leaves, after = next(
            ((then, onto) for then, onto in marks[place:] if onto != node), (Instant(now), node)
        )
        if leaves < begin or boards > end:
            continue
        rows = [axis.at[one] for one in (before, after) if one in axis.at]
        if node in axis.at:
            rows = [max(0, axis.at[node] - 1), min(len(axis.rows) - 1, axis.at[node] + 1)]
        yield {
            'lift': cars[node],
            'robot': robot,
            'from': max(boards, begin),
            'until': min(max(leaves, boards), end),
            'low': min(rows, default=0),
            'high': max(rows, default=len(axis.rows) - 1),
            'planned': boards >= now,
        }
