"""Whether robots can wait for lifts, ride in them, and leave them without meeting."""

from __future__ import annotations

import math
from typing import Final

import shapely

from fleet_manager.domain.ids import NodeId
from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.check.survey import (
    SLACK,
    Report,
    Storey,
    Survey,
    lane_path,
    near,
    node_path,
    spot,
)
from fleet_manager.domain.maps.model import Lift, LiftStop, NodeKind
from fleet_manager.domain.maps.problems import FieldPath

#: Metres from the centre of a car to where one waits for it and where one leaves it to.
LIFT_CELL_RANGE: Final = (1.5, 3.0)
#: Metres from the centre of a car within which nothing else may pass.
CLEAR_OF_LIFT: Final = 1.5
#: Metres a robot keeps from the walls of a car, on each side.
BESIDE_A_ROBOT: Final = 0.1
#: Metres two cars may overlap, as drawn.
_DRAWN: Final = 0.05
_CELLS: Final = {'wait': NodeKind.LIFT_WAIT, 'exit': NodeKind.LIFT_EXIT}


def lifts_have_stops_with_two_cells(survey: Survey, report: Report) -> None:
    """Each stop has a cell of its own to wait in and one to leave to."""
    users: dict[NodeId, list[str]] = {}
    for lift in survey.hospital.lifts.values():
        if len(lift.stops) < 2:
            problem = 'stops at one floor only' if lift.stops else 'stops nowhere'
            mend = 'give it two stops or remove it'
            report.note('lift_without_stops', ('lifts', lift.id), problem, mend)
        for stop in lift.stops:
            for what, cell in _cells(stop):
                users.setdefault(cell, []).append(lift.id)
                _cell_is_right(survey, report, lift, stop, what, cell)
            if stop.wait == stop.exit:
                problem = f'{stop.wait} is for waiting and for leaving'
                mend = 'add a lift_wait node beside it, 1.2 m away, on a lane of its own'
                report.note('lobby_without_wait', _path(lift, stop, 'wait'), problem, mend)
    for node in survey.hospital.nodes.values():
        if node.kind in _CELLS.values() and len(users.get(node.id, ())) != 1:
            said = ' and '.join(users.get(node.id, ())) or 'no lift'
            mend = 'name each lift cell in exactly one stop'
            report.note('lift_cell_shared', node_path(node), f'belongs to {said}', mend)


def _cell_is_right(
    survey: Survey, report: Report, lift: Lift, stop: LiftStop, what: str, cell: NodeId
) -> None:
    node, path = survey.hospital.nodes[cell], _path(lift, stop, what)
    others, lanes = (node_path(node),), len(survey.hospital.lanes_at[cell])
    if node.kind is not _CELLS[what]:
        problem = f'{cell} is of kind {node.kind.value}'
        mend = f'make it of kind {_CELLS[what].value}'
        report.note('lift_cell_kind', path, problem, mend, others=others)
    if not lanes:
        problem = f'no lane leads to {cell}'
        mend = f'join it to the corridor of {stop.floor}, or take the stop out'
        report.note('lift_stop_cut_off', path, problem, mend, others=others)
    elif lanes > 1 and node.kind is _CELLS[what]:
        mend = 'a lift cell is the end of one lane, so that nobody passes through the lobby'
        report.note('lift_cell_not_a_leaf', node_path(node), f'has {lanes} lanes', mend)
    apart = geometry.distance(survey.at(cell), lift.at)
    nearest, farthest = LIFT_CELL_RANGE
    if not nearest - SLACK <= apart <= farthest + SLACK:
        problem = f'{cell} is {apart:.2f} m from the middle of the car'
        mend = f'put it {nearest} to {farthest} m away'
        report.note('lift_cell_range', path, problem, mend, others=others)


def those_who_wait_and_leave_pass_each_other(survey: Survey, report: Report) -> None:
    """A robot in one cell of a stop is not in the way of one that uses the other."""
    for lift in survey.hospital.lifts.values():
        for stop in lift.stops:
            if stop.wait == stop.exit:
                continue
            wait, leave = survey.at(stop.wait), survey.at(stop.exit)
            way_out = (lift.at, leave, *survey.spur(stop.exit))
            way_in = (*reversed(survey.spur(stop.wait)), wait, lift.at)
            for what, standing, way in (('wait', wait, way_out), ('exit', leave, way_in)):
                apart = geometry.point_to_line(standing, way)
                if apart < 2 * survey.radius - SLACK:
                    problem = f'the waiting and the leaving robot come within {apart:.2f} m'
                    mend = (
                        f'keep {2 * survey.radius:.1f} m between this cell and the way to and '
                        'from the other: put them 1.2 m apart, side by side'
                    )
                    path, at = _path(lift, stop, what), (stop.floor, standing)
                    report.note('lift_cell_in_the_way', path, problem, mend, at=at)
            ends = [line[-1:] for line in (survey.spur(stop.wait), survey.spur(stop.exit))]
            if ends[0] and ends[0] == ends[1]:
                problem = 'its cells hang on one corridor node'
                mend = 'join them to different nodes, so that one comes while the other goes'
                report.note('lift_cells_share_node', _path(lift, stop), problem, mend)


def nothing_is_near_the_way_into_a_car(survey: Survey, report: Report) -> None:
    """What is not of this stop keeps clear of the ways between its cells and the car."""
    reach = 2 * survey.radius
    for storey in survey.storeys.values():
        entries = [
            (lift, stop, cell)
            for lift in survey.hospital.lifts.values()
            for stop in lift.stops
            if stop.floor == storey.floor.id
            for _, cell in _cells(stop)
        ]
        ways = geometry.array_of(
            [geometry.linestring((lift.at, survey.at(cell))) for lift, _, cell in entries]
        )
        for number, index in near(ways, storey.points, reach):
            lift, stop, _ = entries[number]
            node = storey.nodes[index]
            own = {stop.wait, stop.exit}
            if node.id not in own:
                gap = ways[number].distance(storey.points[index])
                _is_near(report, lift, stop, gap, reach, node_path(node))
        for number, index in near(ways, storey.lines, reach):
            lift, stop, _ = entries[number]
            lane = storey.lanes[index]
            if not {stop.wait, stop.exit} & {lane.a, lane.b}:
                gap = ways[number].distance(storey.lines[index])
                _is_near(report, lift, stop, gap, reach, lane_path(lane))


def _is_near(
    report: Report, lift: Lift, stop: LiftStop, gap: float, reach: float, path: FieldPath
) -> None:
    if gap < reach - SLACK:
        problem = f'is {gap:.2f} m from the way into lift {lift.id}'
        mend = f'keep {reach:.1f} m between it and the way from the cells to the car'
        report.note('lift_cell_conflict', path, problem, mend, others=(_path(lift, stop),))


def nothing_passes_through_a_lift(survey: Survey, report: Report) -> None:
    """Lanes keep clear of the shaft on every floor it passes, robots of the door of the car."""
    lifts = list(survey.hospital.lifts.values())
    cars = geometry.array_of([shapely.Point(lift.at.x, lift.at.y) for lift in lifts])
    boxes = geometry.array_of([cabin(survey, lift) for lift in lifts])
    for storey in survey.storeys.values():
        for number, index in near(cars, storey.lines, CLEAR_OF_LIFT):
            lane, apart = storey.lanes[index], cars[number].distance(storey.lines[index])
            if apart < CLEAR_OF_LIFT - SLACK and _passes(survey, lifts[number], storey):
                problem = f'passes {apart:.2f} m from the middle of lift {lifts[number].id}'
                mend = f'keep {CLEAR_OF_LIFT} m'
                others = (('lifts', lifts[number].id),)
                report.note('lane_through_lift', lane_path(lane), problem, mend, others=others)
        for number, index in near(boxes, storey.points, 2 * survey.radius):
            lift, node = lifts[number], storey.nodes[index]
            own = any(lift is other for other, _ in survey.cells.get(node.id, ()))
            needed = survey.radius if own else 2 * survey.radius
            apart = boxes[number].distance(storey.points[index])
            if apart < needed - SLACK and _passes(survey, lift, storey):
                problem = f'is {apart:.2f} m from the car of lift {lift.id}'
                mend = f'keep {needed:.1f} m, so that its door can close'
                others = (('lifts', lift.id),)
                report.note('node_in_lift_mouth', node_path(node), problem, mend, others=others)


def _passes(survey: Survey, lift: Lift, storey: Storey) -> bool:
    levels = [survey.hospital.floors[stop.floor].level for stop in lift.stops]
    return bool(levels) and min(levels) <= storey.floor.level <= max(levels)


def doors_of_cars_look_at_their_cells(survey: Survey, report: Report) -> None:
    """The cells of a stop are on the side of the car that opens there."""
    for lift in survey.hospital.lifts.values():
        x, y = facing(survey, lift)
        for stop in lift.stops:
            side = 1 if stop.door == 'front' else -1
            for what, cell in _cells(stop):
                at = survey.at(cell)
                ahead = side * ((at.x - lift.at.x) * x + (at.y - lift.at.y) * y)
                if ahead < min(lift.depth / 2, LIFT_CELL_RANGE[0] / 2):
                    problem = f'{cell} is not before the {stop.door} door of the car'
                    mend = 'correct `faces` of the lift or `door` of the stop'
                    others = (node_path(survey.hospital.nodes[cell]),)
                    path = _path(lift, stop, what)
                    report.note('lift_faces_away', path, problem, mend, others=others)


def robots_fit_into_cars(survey: Survey, report: Report) -> None:
    """Each type of robots that may drive to a lift has room in its car."""
    for lift in survey.hospital.lifts.values():
        waits = [lane for stop in lift.stops for lane in survey.hospital.lanes_at[stop.wait]]
        lanes = [survey.hospital.lanes[lane] for lane in waits]
        for one in survey.types:
            if lanes and not any(one in survey.types_on(lane) for lane in lanes):
                continue
            length, width = one.length + 2 * BESIDE_A_ROBOT, one.width + 2 * BESIDE_A_ROBOT
            if length > lift.depth + SLACK or width > lift.width + SLACK:
                problem = (
                    f'is {lift.width:g} x {lift.depth:g} m; '
                    f'{one.id} robots need {width:.2f} x {length:.2f} m'
                )
                mend = 'correct the size, or let smaller robots only use the lanes to its cells'
                report.note('car_too_small', ('lifts', lift.id, 'cabin'), problem, mend)


def each_lift_has_its_shaft(survey: Survey, report: Report) -> None:
    """Cars of lifts that pass a common floor do not overlap; a lift is inside its floors."""
    lifts = list(survey.hospital.lifts.values())
    boxes = geometry.array_of([cabin(survey, lift) for lift in lifts])
    tree_pairs = {(one, other) for one, other in near(boxes, boxes, 0.0) if one < other}
    for one, other in sorted(tree_pairs):
        both = boxes[one].intersection(boxes[other])
        if both.area > _DRAWN**2 and _share_a_level(survey, lifts[one], lifts[other]):
            problem = f'covers {both.area:.1f} m² of lift {lifts[one].id}'
            mend = 'correct where they are, or how large their cars are'
            others = (('lifts', lifts[one].id),)
            report.note('lifts_overlap', ('lifts', lifts[other].id), problem, mend, others=others)
    for lift, box in zip(lifts, boxes, strict=True):
        for stop in lift.stops:
            storey = survey.storeys[stop.floor]
            beyond = box.difference(storey.outline)
            if not geometry.surfaces(beyond).is_empty and beyond.area > _DRAWN**2:
                problem = f'is outside the outline of {stop.floor}'
                mend = 'draw all floors in one frame: lifts have the same x, y on each'
                at = spot(stop.floor, beyond)
                report.note('lift_outside_floor', _path(lift, stop), problem, mend, at=at)


def _share_a_level(survey: Survey, one: Lift, other: Lift) -> bool:
    (low, high), (bottom, top) = (
        (
            min((survey.hospital.floors[stop.floor].level for stop in lift.stops), default=0),
            max((survey.hospital.floors[stop.floor].level for stop in lift.stops), default=0),
        )
        for lift in (one, other)
    )
    return low <= top and bottom <= high


def facing(survey: Survey, lift: Lift) -> tuple[float, float]:
    """Return the unit vector the front door looks along; from the cells if it is not written."""
    if lift.faces is not None:
        return math.cos(lift.faces), math.sin(lift.faces)
    x = y = 0.0
    for stop in lift.stops:
        side = 1 if stop.door == 'front' else -1
        for _, cell in _cells(stop):
            at = survey.at(cell)
            x += side * (at.x - lift.at.x)
            y += side * (at.y - lift.at.y)
    length = math.hypot(x, y)
    return (x / length, y / length) if length > SLACK else (0.0, -1.0)


def cabin(survey: Survey, lift: Lift) -> shapely.Polygon:
    """Return the floor of a car, `depth` along the way its front door looks."""
    x, y = facing(survey, lift)
    corners = []
    for across, along in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        w, d = across * lift.width / 2, along * lift.depth / 2
        corners.append((lift.at.x + d * x - w * y, lift.at.y + d * y + w * x))
    return shapely.Polygon(corners)


def _cells(stop: LiftStop) -> tuple[tuple[str, NodeId], tuple[str, NodeId]]:
    return ('wait', stop.wait), ('exit', stop.exit)


def _path(lift: Lift, stop: LiftStop, *what: str) -> FieldPath:
    return ('lifts', lift.id, 'stops', stop.floor, *what)


RULES: Final = (
    lifts_have_stops_with_two_cells,
    those_who_wait_and_leave_pass_each_other,
    nothing_is_near_the_way_into_a_car,
    nothing_passes_through_a_lift,
    doors_of_cars_look_at_their_cells,
    robots_fit_into_cars,
    each_lift_has_its_shaft,
)
