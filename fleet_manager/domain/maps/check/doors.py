"""Whether robots get through doors, and nobody stands in one."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import shapely

from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.check.survey import (
    SLACK,
    Report,
    Storey,
    Survey,
    door_path,
    lane_path,
    near,
    node_path,
)
from fleet_manager.domain.maps.geometry import Geometries
from fleet_manager.domain.maps.model import Door, Lane, Node, Point

#: Metres a door may lie off its lane, as drawn.
DOOR_OFF_LANE: Final = 0.5
#: Metres a door is wider than the robots, at least.
AIR_IN_A_DOOR: Final = 0.1
#: Metres a lane may pass from the middle of a door of unknown direction without meaning it.
_BESIDE: Final = 0.3
#: Metres. Nobody builds a wider door of one leaf.
_ONE_LEAF: Final = 1.25


def doors_are_on_their_lanes(survey: Survey, report: Report) -> None:
    """A lane passes the door it names, and a door is named by a lane."""
    used: set[str] = set()
    for lane in survey.hospital.lanes.values():
        if not lane.door:
            continue
        used.add(lane.door)
        door = survey.door(lane)
        apart = geometry.point_to_line(door.at, survey.line(lane))
        others = (door_path(door),)
        if apart > DOOR_OFF_LANE:
            problem = f'passes door {door.id} {apart:.2f} m off'
            mend = 'put the door on the lane, or name another'
            report.note('door_off_lane', lane_path(lane), problem, mend, others=others)
        if not door.automatic:
            problem = f'passes door {door.id}, which does not open by itself'
            mend = 'keep it open, fit a drive, or remove it from the lane if it has no leaf'
            at = (door.floor, door.at)
            report.note('manual_door', lane_path(lane), problem, mend, at=at, others=others)
    for door in survey.hospital.doors.values():
        if door.automatic and door.id not in used:
            mend = 'name it in the lane that passes it, or write `automatic: false`'
            report.note('door_unused', door_path(door), 'is on no lane', mend)


def doors_are_wide_enough(survey: Survey, report: Report) -> None:
    """All robots that may use the lane fit through its door."""
    for lane in survey.hospital.lanes.values():
        if not lane.door:
            continue
        door = survey.door(lane)
        widest = max(survey.types_on(lane), key=lambda one: one.width, default=None)
        if widest and door.width < widest.width + AIR_IN_A_DOOR - SLACK:
            needed = widest.width + AIR_IN_A_DOOR
            problem = f'is {door.width:.2f} m wide; {widest.id} robots need {needed:.2f} m'
            mend = f'let smaller robots only use lane {lane.id}, or lead it through another door'
            others = (lane_path(lane),)
            report.note('door_too_narrow', door_path(door), problem, mend, others=others)


def lanes_name_the_doors_they_pass(survey: Survey, report: Report) -> None:
    """A robot asks a door to open only if its lane names it."""
    for storey in survey.storeys.values():
        doors = [door for door in storey.doors if door.automatic]
        leaves = _leaves(survey, storey, doors)
        for index, number in near(storey.lines, leaves, _BESIDE):
            lane, door = storey.lanes[index], doors[number]
            crosses = leaves[number].geom_type == 'Point' or (
                storey.lines[index].distance(leaves[number]) < SLACK
            )
            if lane.door != door.id and crosses:
                named = f' and names {lane.door} only' if lane.door else ''
                problem = f'passes door {door.id}{named}'
                mend = 'name the door in the lane; with two doors put a node between them'
                at, others = (door.floor, door.at), (door_path(door),)
                report.note('door_not_named', lane_path(lane), problem, mend, at=at, others=others)


def nobody_stands_in_a_door(survey: Survey, report: Report) -> None:
    """Where a robot waits a door can close, and the next robot can pass."""
    radius = survey.radius
    for storey in survey.storeys.values():
        doors = [door for door in storey.doors if door.automatic or door.id in survey.passed]
        leaves = _leaves(survey, storey, doors)
        reach = 2 * radius + max((_leaf(door) for door in doors), default=0.0)
        for index, number in near(storey.points, leaves, reach):
            apart = storey.points[index].distance(leaves[number])
            _node_by_door(report, storey.nodes[index], doors[number], apart, radius)


def _node_by_door(report: Report, node: Node, door: Door, apart: float, radius: float) -> None:
    others = (door_path(door),)
    if apart < 2 * radius - SLACK:
        problem = f'is {apart:.2f} m from door {door.id}'
        mend = f'keep {2 * radius:.1f} m between them'
        report.note('node_in_door', node_path(node), problem, mend, others=others)
    elif door.kind == 'hinged' and apart < _leaf(door) + radius - SLACK:
        problem = f'is {apart:.2f} m from door {door.id}, whose leaf swings {_leaf(door):.2f} m'
        mend = f'keep {_leaf(door) + radius:.2f} m, or fit a sliding door'
        report.note('node_in_swing', node_path(node), problem, mend, others=others)


def _leaf(door: Door) -> float:
    """Return how far a leaf of a door reaches out while it opens."""
    if door.kind != 'hinged':
        return 0.0
    return door.width if door.width <= _ONE_LEAF else door.width / 2


def _leaves(survey: Survey, storey: Storey, doors: list[Door]) -> Geometries:
    """Return the closed leaves of doors: across their lane, or else a point."""
    by_door: dict[str, Lane] = {}
    for lane in storey.lanes:
        by_door.setdefault(lane.door, lane)
    return geometry.array_of([_closed(survey, door, by_door.get(door.id)) for door in doors])


def _closed(survey: Survey, door: Door, lane: Lane | None) -> shapely.Point | shapely.LineString:
    middle = shapely.Point(door.at.x, door.at.y)
    if lane is None:
        return middle
    line = survey.line(lane)
    a, b = min(
        pairwise(line),
        key=lambda part: geometry.point_to_line(door.at, part),
    )
    length = geometry.distance(a, b)
    if length == 0:
        return middle
    x, y = (a.y - b.y) / length * door.width / 2, (b.x - a.x) / length * door.width / 2
    return geometry.linestring(
        (Point(door.at.x - x, door.at.y - y), Point(door.at.x + x, door.at.y + y))
    )


RULES: Final = (
    doors_are_on_their_lanes,
    doors_are_wide_enough,
    lanes_name_the_doors_they_pass,
    nobody_stands_in_a_door,
)
