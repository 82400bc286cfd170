"""Finds the place of a problem on the drawing, from the field it is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from fleet_manager.domain.ids import FloorId, LaneId, LiftId, NodeId, RobotId, StationId
from fleet_manager.domain.maps.model import Floor, Hospital, Lane, Point, Room, Zone
from fleet_manager.domain.maps.problems import FieldPath, Problem, Spot

#: Steps of the path that name one thing of a floor: `floors`, the floor, the kind, its id.
_NAMED: Final = 4


@dataclass(frozen=True, slots=True)
class Mark:
    """A problem with its number in the list, where it is marked, and what it is tied to.

    Several `spots` are several floors; no spot is a problem of the whole hospital.
    """

    number: int
    problem: Problem
    spots: tuple[Spot, ...]
    others: tuple[Spot, ...]


def mark_problems(
    hospital: Hospital, problems: Iterable[Problem], floors: Sequence[FloorId]
) -> list[Mark]:
    """Return the problems with their places on `floors`, numbered from 1 in their order.

    A problem that is on another floor only is left out; its number is not used again.
    """
    marks = []
    for number, problem in enumerate(problems, start=1):
        spots = (problem.at,) if problem.at else spots_of(hospital, problem.path)
        shown = tuple(spot for spot in spots if spot[0] in floors)
        others = [spot for path in problem.others for spot in spots_of(hospital, path)]
        if shown or not spots:
            marks.append(Mark(number, problem, shown, tuple(others)))
    return marks


def spots_of(hospital: Hospital, path: FieldPath) -> tuple[Spot, ...]:
    """Return where a field of a hospital's description is, on each floor it is on."""
    match path:
        case ('floors', name, *rest):
            floor = hospital.floors.get(FloorId(name))
            if floor is None:
                return ()
            point = _on_floor(hospital, floor, rest) or _corner(floor)
            return ((floor.id, point),)
        case ('lifts', name, 'stops', stop, *_) if FloorId(stop) in hospital.floors:
            lift = hospital.lifts.get(LiftId(name))
            return ((FloorId(stop), lift.at),) if lift else ()
        case ('lifts', name, *_):
            lift = hospital.lifts.get(LiftId(name))
            return tuple((stop.floor, lift.at) for stop in lift.stops) if lift else ()
        case ('fleet', 'robots', name, *_):
            robot = hospital.robots.get(RobotId(name))
            node = hospital.nodes.get(robot.home) if robot else None
            return ((node.floor, Point(node.x, node.y)),) if node else ()
    return ()


def _on_floor(hospital: Hospital, floor: Floor, rest: Sequence[str]) -> Point | None:
    """Return the middle of a thing of a floor, None where the path names the floor itself."""
    if len(rest) < _NAMED - 2:
        return None
    kind, name = rest[:2]
    full = f'{floor.id}.{name}'
    if kind == 'nodes' and full in hospital.nodes:
        return _node_point(hospital, NodeId(full))
    if kind == 'lanes' and full in hospital.lanes:
        return _middle(hospital, hospital.lanes[LaneId(full)])
    if kind == 'doors' and full in hospital.doors:
        return next(door.at for door in hospital.doors.values() if door.id == full)
    if kind == 'stations' and name in hospital.stations:
        return _node_point(hospital, hospital.stations[StationId(name)].node)
    areas: Sequence[Room | Zone] = ()
    if kind in ('rooms', 'zones'):
        areas = floor.rooms if kind == 'rooms' else floor.zones
    for area in areas:
        if area.id == name:
            return _centre(area.polygon)
    if kind == 'walls' and name.isdecimal() and int(name) < len(floor.walls):
        return _centre(floor.walls[int(name)])
    return None


def _node_point(hospital: Hospital, node: NodeId) -> Point:
    return Point(hospital.nodes[node].x, hospital.nodes[node].y)


def _middle(hospital: Hospital, lane: Lane) -> Point:
    if lane.via:
        return lane.via[len(lane.via) // 2]
    return _centre((_node_point(hospital, lane.a), _node_point(hospital, lane.b)))


def _centre(points: Sequence[Point]) -> Point:
    xs, ys = [point.x for point in points], [point.y for point in points]
    return Point((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)


def _corner(floor: Floor) -> Point:
    """Return the upper left corner: a problem of the whole floor is marked by its name."""
    return Point(min(p.x for p in floor.outline), max(p.y for p in floor.outline))
