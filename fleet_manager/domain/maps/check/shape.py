"""Whether floors, rooms, walls and what is drawn in them fit together."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import shapely
from shapely.geometry.base import BaseGeometry

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
    point_of,
    spot,
)
from fleet_manager.domain.maps.model import Floor, Point
from fleet_manager.domain.maps.problems import FieldPath

#: Metres a robot keeps on each side.
BESIDE_A_ROBOT: Final = 0.1
#: Square metres below which an area is a slip of the pen.
_NO_AREA: Final = 0.01
_SLIVER: Final = 0.1
#: Metres from the floor of one storey to the next.
_STOREY: Final = (2.0, 8.0)
#: Of the smaller outline.
_COMMON: Final = 0.2


def areas_are_areas(survey: Survey, report: Report) -> None:
    """Edges of outlines, rooms and zones do not cross, and enclose something."""
    for storey in survey.storeys.values():
        path = ('floors', storey.floor.id)
        _is_an_area((*path, 'outline'), storey.floor, storey.floor.outline, report)
        for room in storey.floor.rooms:
            _is_an_area((*path, 'rooms', room.id), storey.floor, room.polygon, report)
        for zone in storey.floor.zones:
            _is_an_area((*path, 'zones', zone.id), storey.floor, zone.polygon, report)


def _is_an_area(path: FieldPath, floor: Floor, polygon: tuple[Point, ...], report: Report) -> None:
    drawn = shapely.Polygon([(point.x, point.y) for point in polygon])
    if drawn.area < _NO_AREA and geometry.surface(polygon).area < _NO_AREA:
        problem, mend = 'encloses nothing', 'write its corners one after the other'
    elif not drawn.is_valid:
        problem = f'crosses itself ({shapely.is_valid_reason(drawn)})'
        mend = 'write its corners one after the other, round the area'
    else:
        return
    report.note('bad_polygon', path, problem, mend, at=(floor.id, polygon[0]))


def everything_is_inside_its_floor(survey: Survey, report: Report) -> None:
    """Nodes, lanes and doors lie in the outline."""
    for storey in survey.storeys.values():
        shapely.prepare(storey.outline)
        out = ~shapely.covers(storey.outline, storey.points)
        outside = {storey.nodes[index].id for index in out.nonzero()[0].tolist()}
        for node in storey.nodes:
            if node.id in outside:
                problem = f'({node.x:g}, {node.y:g}) is outside the floor'
                mend = 'move it inside the outline'
                report.note('outside_floor', node_path(node), problem, mend)
        for index in (~shapely.covers(storey.outline, storey.lines)).nonzero()[0].tolist():
            lane, line = storey.lanes[index], storey.lines[index]
            beyond = line.difference(storey.outline)
            if lane.a in outside or lane.b in outside or beyond.length < SLACK:
                continue
            problem, mend = 'runs outside the floor', 'move it, or draw the outline around it'
            at = spot(lane.floor, beyond)
            report.note('outside_floor', lane_path(lane), problem, mend, at=at)
        for door in storey.doors:
            if not geometry.inside(door.at, storey.floor.outline) and (
                shapely.Point(door.at.x, door.at.y).distance(storey.outline) > SLACK
            ):
                mend = 'move it inside the outline'
                report.note('outside_floor', door_path(door), 'is outside the floor', mend)


def rooms_fit_together(survey: Survey, report: Report) -> None:
    """Rooms lie inside the floor and do not cover each other."""
    for storey in survey.storeys.values():
        floor, shapes = storey.floor, storey.rooms
        beyond = shapely.difference(shapes, storey.outline)
        for index in (shapely.area(beyond) > _SLIVER).nonzero()[0].tolist():
            room = floor.rooms[index]
            problem = f'has {beyond[index].area:.1f} m² outside the floor'
            path, mend = _room_path(floor, room.id), 'move its corners inside the outline'
            at = spot(floor.id, beyond[index])
            report.note('room_outside_floor', path, problem, mend, at=at)
        pairs = [(one, other) for one, other in near(shapes, shapes, 0.0) if one < other]
        lower, upper = [one for one, _ in pairs], [other for _, other in pairs]
        both = shapely.intersection(shapes[lower], shapes[upper])
        for index in (shapely.area(both) > _SLIVER).nonzero()[0].tolist():
            one, other = (floor.rooms[number].id for number in pairs[index])
            problem = f'covers {both[index].area:.1f} m² of {one}'
            path, others = _room_path(floor, other), (_room_path(floor, one),)
            mend, at = 'give each its place', spot(floor.id, both[index])
            report.note('rooms_overlap', path, problem, mend, at=at, others=others)


def nodes_are_in_rooms(survey: Survey, report: Report) -> None:
    """Robots stand in corridors, lobbies, hand-over places and rooms of their own."""
    for storey in survey.storeys.values():
        if storey.open_rooms.is_empty:
            continue
        far = shapely.distance(storey.open_rooms, storey.points) > SLACK
        for index in far.nonzero()[0].tolist():
            node = storey.nodes[index]
            room = _room_around(storey, point_of(node))
            problem = f'stands in {room}' if room else 'stands in no room'
            mend = 'draw a corridor, lobby, handover or robot room around it'
            report.note('outside_rooms', node_path(node), problem, mend)


def lanes_pass_no_walls(survey: Survey, report: Report) -> None:
    """A lane goes through a wall only where a door is."""
    for storey in survey.storeys.values():
        crossed: set[int] = set()
        for index, wall in near(storey.lines, storey.walls, SLACK):
            if index in crossed:
                continue
            crossed.add(index)
            lane, line = storey.lanes[index], storey.lines[index]
            place = shapely.shortest_line(line, storey.walls[wall])
            at = spot(lane.floor, place)
            problem = f'goes through a wall at ({at[1].x:.1f}, {at[1].y:.1f})'
            mend = 'put a door there and name it in the lane, or lead the lane around'
            report.note('lane_through_wall', lane_path(lane), problem, mend, at=at)


def lanes_are_wide_enough(survey: Survey, report: Report) -> None:
    """A robot keeps clear of walls on both sides, by the written width or by the walls drawn."""
    for storey in survey.storeys.values():
        narrowest = _nearest_walls(survey, storey)
        for index, lane in enumerate(storey.lanes):
            wide = max(survey.types_on(lane), key=lambda one: one.width, default=None)
            if wide is None:
                continue
            needed = wide.width + 2 * BESIDE_A_ROBOT
            free, place = lane.width, None
            if not free and index in narrowest:
                free, place = narrowest[index]
            elif not free:
                continue
            if free < needed - SLACK and (place is None or free > 2 * SLACK):
                said = 'is' if place is None else 'has walls so near that it is'
                problem = f'{said} {free:.2f} m wide; {wide.id} robots need {needed:.2f} m'
                mend = 'move it to the middle, or let smaller robots only use it'
                at = spot(lane.floor, place) if place is not None else None
                report.note('lane_too_narrow', lane_path(lane), problem, mend, at=at)


def _nearest_walls(survey: Survey, storey: Storey) -> dict[int, tuple[float, BaseGeometry]]:
    """Return the free width of the lanes with walls beside them, and where it is measured."""
    reach = max((one.width for one in survey.types), default=0.0) / 2 + BESIDE_A_ROBOT
    found: dict[int, tuple[float, BaseGeometry]] = {}
    for index, wall in near(storey.lines, storey.walls_beside, reach):
        apart = 2 * storey.lines[index].distance(storey.walls_beside[wall])
        if index not in found or apart < found[index][0]:
            place = shapely.shortest_line(storey.lines[index], storey.walls_beside[wall])
            found[index] = (apart, place)
    return found


def robots_can_turn(survey: Survey, report: Report) -> None:
    """At a node a robot turns on the spot, within the circle of its type."""
    for storey in survey.storeys.values():
        tight: dict[int, float] = {}
        for index, wall in near(storey.points, storey.walls_beside, survey.radius):
            apart = storey.points[index].distance(storey.walls_beside[wall])
            tight[index] = min(apart, tight.get(index, apart))
        for index, apart in tight.items():
            node = storey.nodes[index]
            lanes = [survey.hospital.lanes[lane] for lane in survey.hospital.lanes_at[node.id]]
            radii = [one.turning_radius for lane in lanes for one in survey.types_on(lane)]
            needed = max(radii, default=0.0)
            if apart < needed - SLACK:
                problem = f'is {apart:.2f} m from a wall; a robot turns within {needed:.2f} m'
                mend = 'move it away from the wall, or let smaller robots only use it'
                report.note('no_room_to_turn', node_path(node), problem, mend)


def floors_are_stacked(survey: Survey, report: Report) -> None:
    """From one level to the next it goes up, by the height of a storey."""
    floors = sorted(survey.hospital.floors.values(), key=lambda floor: (floor.level, floor.id))
    for lower, upper in pairwise(floors):
        levels = upper.level - lower.level
        if not levels:
            continue
        path: FieldPath = ('floors', upper.id, 'elevation')
        others = (('floors', lower.id, 'elevation'),)
        height = (upper.elevation - lower.elevation) / levels
        if height <= 0:
            problem = f'is {upper.elevation:g} m, not above {lower.id} with {lower.elevation:g} m'
            mend = 'correct the elevation or the level of one'
            report.note('floor_order', path, problem, mend, others=others)
        elif not _STOREY[0] <= height <= _STOREY[1]:
            problem = f'is {height:.1f} m a level above {lower.id}'
            mend = f'storeys are {_STOREY[0]:g} to {_STOREY[1]:g} m high: correct the elevation'
            report.note('floor_height', path, problem, mend, others=others)


def floors_lie_above_each_other(survey: Survey, report: Report) -> None:
    """Floors that one lift serves share a part of their outlines."""
    seen: set[frozenset[str]] = set()
    for lift in survey.hospital.lifts.values():
        stops = [survey.storeys[stop.floor] for stop in lift.stops]
        for lower, upper in pairwise(stops):
            pair = frozenset((lower.floor.id, upper.floor.id))
            if pair in seen:
                continue
            seen.add(pair)
            both = lower.outline.intersection(upper.outline).area
            least = min(lower.outline.area, upper.outline.area)
            if least > 0 and both < _COMMON * least:
                problem = f'lies over {both / least:.0%} of {lower.floor.id}'
                mend = 'draw all floors in one frame: lifts have the same x, y on each'
                path = ('floors', upper.floor.id, 'outline')
                others = (('floors', lower.floor.id, 'outline'),)
                report.note('floors_misaligned', path, problem, mend, others=others)


def _room_path(floor: Floor, room: str) -> FieldPath:
    return ('floors', floor.id, 'rooms', room)


def _room_around(storey: Storey, point: Point) -> str:
    around = [one.id for one in storey.floor.rooms if geometry.inside(point, one.polygon)]
    return f'room {around[-1]}' if around else ''


RULES: Final = (
    areas_are_areas,
    everything_is_inside_its_floor,
    rooms_fit_together,
    nodes_are_in_rooms,
    lanes_pass_no_walls,
    lanes_are_wide_enough,
    robots_can_turn,
    floors_are_stacked,
    floors_lie_above_each_other,
)
