"""Each check has a map it refuses, at the right place, and the same map mended, which passes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from fleet_manager.domain.maps.build import build_hospital, read_hospital
from fleet_manager.domain.maps.check import CHECKS, check_hospital
from fleet_manager.domain.maps.problems import BrokenMap, Problem, Severity

Raw = dict[str, Any]
Edit = Callable[[Raw], object]


def put(path: str, value: object) -> Edit:
    """Set what is at a path; `L1` and `L2` are floors, `L1.lanes.c1-c2` a lane by its ends."""

    def apply(raw: Raw) -> None:
        own, last = find(raw, path)
        own[last] = copy.deepcopy(value)

    return apply


def drop(path: str) -> Edit:
    def apply(raw: Raw) -> None:
        own, last = find(raw, path)
        del own[last]

    return apply


def find(raw: Raw, path: str) -> tuple[Any, Any]:
    own: Any = raw
    *steps, last = path.split('.')
    for step in steps:
        own = own[place(own, raw, step)]
    return own, place(own, raw, last)


def place(own: Any, raw: Raw, step: str) -> Any:
    if isinstance(own, list):
        return next(i for i, lane in enumerate(own) if '-'.join(lane['between']) == step)
    if own is raw and step in ('L1', 'L2'):
        own[step] = next(floor for floor in raw['floors'] if floor['id'] == step)
    return step


def all_of(*edits: Edit) -> Edit:
    def apply(raw: Raw) -> None:
        for edit in edits:
            edit(raw)

    return apply


def add_node(identity: str, x: float, y: float, kind: str, *joined: str) -> Edit:
    """Add a node on L1 with a lane to each of `joined`."""

    def apply(raw: Raw) -> None:
        floor = raw['floors'][0]
        floor['nodes'][identity] = {'at': [x, y], 'kind': kind}
        floor['lanes'] += [{'between': [identity, other]} for other in joined]

    return apply


def join(a: str, b: str, **more: object) -> Edit:
    return lambda raw: raw['floors'][0]['lanes'].append({'between': [a, b], **more})


def move(node: str, x: float, y: float) -> Edit:
    return put(f'L1.nodes.{node}.at', [x, y])


def via(lane: str, *points: list[float]) -> Edit:
    return put(f'L1.lanes.{lane}.via', list(points))


def room(identity: str, kind: str, *box: float) -> Edit:
    name = {'zh': identity, 'en': identity}
    return put(f'L1.rooms.{identity}', {'name': name, 'kind': kind, 'box': list(box)})


def zone(identity: str, kind: str, *box: float, floor: str = 'L1', **more: object) -> Edit:
    def apply(raw: Raw) -> None:
        own = next(one for one in raw['floors'] if one['id'] == floor)
        name = {'zh': identity, 'en': identity}
        own.setdefault('zones', {})[identity] = {
            'name': name,
            'kind': kind,
            'box': list(box),
            **more,
        }

    return apply


def door(identity: str, x: float, y: float, **more: object) -> Edit:
    name = {'zh': identity, 'en': identity}
    return put(f'L1.doors.{identity}', {'name': name, 'at': [x, y], 'width': 1.2, **more})


def station(identity: str, node: str, **more: object) -> Edit:
    value = {
        'code': 'X1',
        'name': {'zh': identity, 'en': identity},
        'kind': 'ward',
        'node': node,
        'phone': '8199',
        'sends': [],
        'takes': ['supply'],
        **more,
    }
    return put(f'L1.stations.{identity}', value)


def lift(identity: str, x: float, y: float, **more: object) -> Edit:
    """Add a lift that stops nowhere, or where `more` says."""
    value = {
        'name': {'zh': identity, 'en': identity},
        'at': [x, y],
        'cabin': [1.6, 2.2],
        'speed': 1.6,
        'acceleration': 0.8,
        'door_time': 3,
        'stops': {},
        **more,
    }
    return put(f'lifts.{identity}', value)


def robot_type(identity: str = 'tug', **more: object) -> Edit:
    size = {'length': 0.8, 'width': 0.6, 'turning_radius': 0.4}
    value = {'name': {'zh': identity, 'en': identity}, **size, **more}
    return put('fleet.types', {identity: value})


def floors_of_scale(scale: float) -> Edit:
    """Draw everything on the floors in another unit."""

    def apply(raw: Raw) -> None:
        for floor in raw['floors']:
            for key in ('outline', 'rooms', 'nodes', 'lanes', 'doors'):
                floor[key] = scaled(floor[key], scale)
        raw['lifts']['A']['at'] = scaled(raw['lifts']['A']['at'], scale)

    return apply


def doors_of_width(width: float) -> Edit:
    return all_of(*(door(f'd{n}', n, 7, automatic=False, width=width) for n in range(12)))


def corridors_of_width(width: float) -> Edit:
    corridors = (room(f'c{n}', 'corridor', n, 3, n + width, 7) for n in range(-2, 13, 2))
    return all_of(*corridors)


def scaled(value: Any, scale: float) -> Any:
    if isinstance(value, dict):
        return {
            key: scaled(own, scale) if key not in ('speed', 'width') else own
            for key, own in value.items()
        }
    if isinstance(value, list):
        return [scaled(own, scale) for own in value]
    return value * scale if isinstance(value, (int, float)) else value


def nothing(raw: Raw) -> None:
    """The hospital of the fixture is right."""


def no_nodes(raw: Raw) -> None:
    raw['lifts'], raw['fleet']['robots'] = {}, {}
    for own in raw['floors']:
        own['nodes'], own['lanes'], own['doors'], own['stations'] = {}, [], {}, {}


def kinds(node: str, kind: str) -> Edit:
    return all_of(*(put(f'{floor}.nodes.{node}.kind', kind) for floor in ('L1', 'L2')))


#: A second way past the lift: c1 and c4 joined over the south, 30 m.
def detour(y: float = -3.5) -> Edit:
    return join('c1', 'c4', via=[[-1, y], [13, y]])


@dataclass(frozen=True)
class Case:
    """`wrong` breaks the rule `code` at `place`, `right` keeps it."""

    code: str
    place: str
    wrong: Edit
    right: Edit = nothing


def hall(*, floor_size: float) -> Edit:
    """Make the floor larger than it is drawn, so that long ways have room."""
    corners = [[-2, -floor_size], [14, -floor_size], [14, 8], [-2, 8]]
    return all_of(
        put('L1.outline', corners),
        put('L1.rooms.corridor.box', [-2, -floor_size, 14, 3]),
    )


A_L1 = 'lifts.A.stops.L1'
SOUTH = [[0, -3.2], [12, -3.2]]

CASES = [
    # plausibility
    Case('not_metres', 'floors.L1', floors_of_scale(200), floors_of_scale(1)),
    Case('not_metres', 'floors.L1', floors_of_scale(40), floors_of_scale(1.2)),
    Case('not_metres', 'floors.L2', put('L2.nodes.c1.at', [2100, 0])),
    Case('odd_scale', 'hospital', floors_of_scale(10)),
    Case('odd_scale', 'hospital', doors_of_width(5.0), doors_of_width(1.2)),
    Case('odd_scale', 'hospital', corridors_of_width(0.7), corridors_of_width(1.2)),
    Case('fast_lane', 'floors.L1.lanes.c1-c2.speed', put('L1.lanes.c1-c2.speed', 1.4)),
    Case(
        'fast_lane',
        'floors.L1.lanes.c1-c2.speed',
        all_of(put('L1.lanes.c1-c2.speed', 1.0), zone('hall', 'public', 1, -1, 3, 1)),
        put('L1.lanes.c1-c2.speed', 1.0),
    ),
    # shape
    Case(
        'bad_polygon',
        'floors.L1.outline',
        put('L1.outline', [[-2, -4], [14, -4], [-2, 8], [14, 8]]),
    ),
    Case(
        'bad_polygon',
        'floors.L1.zones.z',
        zone('z', 'clean', 2, 2, 2, 5),
        zone('z', 'clean', 2, 2, 3, 5),
    ),
    Case('outside_floor', 'floors.L1.nodes.park', move('park', 0, 9)),
    Case('outside_floor', 'floors.L1.lanes.c3-c4', via('c3-c4', [10, -20])),
    Case(
        'outside_floor',
        'floors.L1.lanes.c1-c2',
        put(
            'L1.outline', [[-2, -4], [1, -4], [1, 1], [3, 1], [3, -4], [14, -4], [14, 8], [-2, 8]]
        ),
        put(
            'L1.outline',
            [[-2, -4], [1, -4], [1, -1], [3, -1], [3, -4], [14, -4], [14, 8], [-2, 8]],
        ),
    ),
    Case(
        'outside_floor',
        'floors.L1.doors.spare',
        door('spare', 30, 0, automatic=False),
        door('spare', 13, 0, automatic=False),
    ),
    Case(
        'room_outside_floor',
        'floors.L1.rooms.stairs',
        room('stairs', 'stairs', -4, 4, 0, 7),
        room('stairs', 'stairs', -2, 4, 0, 7),
    ),
    Case(
        'rooms_overlap',
        'floors.L1.rooms.stairs',
        room('stairs', 'stairs', 10, 2.5, 11, 7),
        room('stairs', 'stairs', 10, 3, 11, 7),
    ),
    Case(
        'outside_rooms',
        'floors.L1.nodes.park',
        put('L1.rooms.corridor.box', [-2, -4, 14, 1]),
        put('L1.rooms.corridor.box', [-2, -4, 14, 2.5]),
    ),
    Case(
        'outside_rooms',
        'floors.L1.nodes.desk',
        room('ward', 'ward', 3, -4, 5, -1),
        all_of(room('ward', 'ward', 3, -4, 5, -1), room('hatch', 'handover', 3.2, -2.8, 4.8, -1)),
    ),
    Case(
        'lane_through_wall',
        'floors.L1.lanes.c1-c2',
        put('L1.walls', [[[2, -2], [2, 2]]]),
        put('L1.walls', [[[2, 1], [2, 2]]]),
    ),
    Case(
        'lane_through_wall',
        'floors.L1.lanes.c2-desk',
        room('ward', 'ward', 3, -4, 5, -1),
        all_of(
            room('ward', 'ward', 3, -4, 5, -1),
            door('ward', 4, -1, automatic=False),
        ),
    ),
    Case(
        'lane_too_narrow',
        'floors.L1.lanes.c1-c2',
        put('L1.lanes.c1-c2.width', 0.6),
        put('L1.lanes.c1-c2.width', 0.7),
    ),
    Case(
        'lane_too_narrow',
        'floors.L1.lanes.c1-c2',
        put('L1.walls', [[[1, 0.3], [3, 0.3]]]),
        put('L1.walls', [[[1, 0.4], [3, 0.4]]]),
    ),
    Case(
        'lane_too_narrow',
        'floors.L1.lanes.c1-c2',
        all_of(robot_type(width=1.2), put('L1.lanes.c1-c2.width', 1.3)),
        all_of(
            robot_type(width=1.2),
            put('L1.lanes.c1-c2.width', 1.3),
            put('L1.lanes.c1-c2.robots', ['standard']),
        ),
    ),
    Case(
        'no_room_to_turn',
        'floors.L1.nodes.park',
        put('L1.walls', [[[-1, 2.38], [1, 2.38]]]),
        put('L1.walls', [[[-1, 2.5], [1, 2.5]]]),
    ),
    Case('floor_order', 'floors.L2.elevation', put('L2.elevation', 4.0)),
    Case(
        'floor_height',
        'floors.L2.elevation',
        put('L2.elevation', 5.9),
        put('L2.elevation', 6.0),
    ),
    Case(
        'floors_misaligned',
        'floors.L2.outline',
        put('L2.outline', [[13, -4], [40, -4], [40, 8], [13, 8]]),
    ),
    # graph
    Case('empty', 'hospital', no_nodes),
    Case(
        'nodes_too_close',
        'floors.L1.nodes.park',
        all_of(move('park', 0, 0.85), put('L1.lanes.c1-park.between', ['park', 'c1'])),
        all_of(move('park', 0, 0.9), put('L1.lanes.c1-park.between', ['park', 'c1'])),
    ),
    Case('lanes_cross', 'floors.L1.lanes.c2-c3', via('c1-park', [6, -2], [6, 2])),
    Case(
        'wide_conflict',
        'floors.L1.lanes.c1-c4',
        detour(-0.7),
        detour(-0.8),
    ),
    Case(
        'wide_conflict',
        'floors.L1.lanes.c1-c2',
        add_node('x', 2, 0.7, 'way', 'c1'),
        add_node('x', 2, 0.9, 'way', 'c1'),
    ),
    Case('cut_off', 'floors.L1.nodes.park', drop('L1.lanes.c1-park')),
    Case('cut_off', 'lifts.A', put('lifts.A.stops', {})),
    Case(
        'one_way_dead_end',
        'floors.L1.nodes.park',
        all_of(put('L1.lanes.c1-park.one_way', True)),
        all_of(put('L1.lanes.c1-park.one_way', False)),
    ),
    Case('one_way_dead_end', 'floors.L1.nodes.c3', drop('L1.lanes.c2-c3')),
    Case('dead_end', 'floors.L1.nodes.park', put('L1.nodes.park.kind', 'way')),
    Case(
        'long_lane',
        'floors.L1.lanes.c1-park',
        via('c1-park', [-1, -3], [-1, 7], [0, 7]),
        via('c1-park', [-1, 1]),
    ),
    Case(
        'no_passing_place',
        'floors.L1.lanes.c1-x',
        all_of(hall(floor_size=20), add_node('x', 6, -20, 'way', 'c1', 'c4')),
        all_of(hall(floor_size=20), add_node('x', 6, -17, 'way', 'c1', 'c4')),
    ),
    Case(
        'no_passing_place',
        'floors.L1.lanes.c1-x',
        all_of(hall(floor_size=20), add_node('x', 6, -20, 'way', 'c1', 'c4')),
        all_of(
            hall(floor_size=20),
            add_node('x', 6, -20, 'way', 'c1', 'c4'),
            add_node('y', 6, -17, 'parking', 'x'),
        ),
    ),
    # doors
    Case('door_off_lane', 'floors.L1.lanes.c2-c3', put('L1.doors.gate.at', [6, 1])),
    Case('door_not_named', 'floors.L1.lanes.c2-c3', drop('L1.lanes.c2-c3.door')),
    Case(
        'door_not_named',
        'floors.L1.lanes.c1-c4',
        detour(-0.85),
        all_of(detour(-0.85), put('L1.doors.gate.width', 1.6)),
    ),
    Case(
        'door_unused',
        'floors.L1.doors.spare',
        door('spare', 2, 2),
        door('spare', 2, 2, automatic=False),
    ),
    Case(
        'door_too_narrow',
        'floors.L1.doors.gate',
        all_of(robot_type(width=0.8), put('L1.doors.gate.width', 0.85)),
        all_of(robot_type(width=0.8), put('L1.doors.gate.width', 0.9)),
    ),
    Case('door_conflict', 'floors.L1.lanes.c2-c3', detour(-0.7), detour(-0.8)),
    Case('node_in_door', 'floors.L1.nodes.c2', put('L1.doors.gate.at', [4.5, 0])),
    Case(
        'node_in_swing',
        'floors.L1.nodes.c2',
        all_of(
            put('L1.doors.gate.kind', 'hinged'),
            put('L1.doors.gate.at', [5.2, 0]),
            put('L1.doors.gate.width', 1.0),
        ),
        all_of(put('L1.doors.gate.kind', 'hinged'), put('L1.doors.gate.width', 1.0)),
    ),
    Case('manual_door', 'floors.L1.lanes.c2-c3', put('L1.doors.gate.automatic', False)),
    # lifts
    Case('lift_without_stops', 'lifts.A', drop('lifts.A.stops.L2')),
    Case('lift_stop_cut_off', f'{A_L1}.exit', drop('L1.lanes.c3-exit')),
    Case('lobby_without_wait', f'{A_L1}.wait', put(f'{A_L1}.wait', 'exit')),
    Case('lift_cell_kind', f'{A_L1}.wait', put('L1.nodes.wait.kind', 'parking')),
    Case('lift_cell_shared', 'floors.L1.nodes.wait', put(f'{A_L1}.wait', 'exit')),
    Case('lift_cell_shared', 'floors.L1.nodes.wait', drop('lifts.A')),
    Case('lift_cell_not_a_leaf', 'floors.L1.nodes.exit', join('exit', 'c4')),
    Case('lift_cell_range', f'{A_L1}.exit', move('exit', 8, 1.2)),
    Case('lift_cell_range', f'{A_L1}.exit', move('exit', 6.6, 3.5), move('exit', 6.6, 2.5)),
    Case('lift_cell_in_the_way', f'{A_L1}.wait', move('wait', 6.0, 2.0)),
    Case('lift_cell_in_the_way', f'{A_L1}.exit', via('c2-wait', [6.4, 1.6])),
    Case(
        'lift_cell_conflict',
        'floors.L1.nodes.exit',
        all_of(join('c3', 'c4'), drop('L1.lanes.c3-c4'), via('c3-c4', [7, 2])),
        nothing,
    ),
    Case(
        'lift_cell_conflict',
        'floors.L1.nodes.x',
        add_node('x', 7.1, 2.9, 'way', 'c4'),
        add_node('x', 8.5, 2.9, 'way', 'c4'),
    ),
    Case(
        'lift_cells_share_node',
        A_L1,
        put('L1.lanes.c3-exit.between', ['c2', 'exit']),
    ),
    Case(
        'node_in_lift_mouth',
        'floors.L1.nodes.x',
        add_node('x', 7.5, 3.5, 'parking', 'c4'),
        add_node('x', 8.5, 3.5, 'parking', 'c4'),
    ),
    Case(
        'node_in_lift_mouth',
        'floors.L1.nodes.wait',
        all_of(put('lifts.A.cabin', [1.6, 3.8])),
        all_of(put('lifts.A.cabin', [1.6, 3.4])),
    ),
    Case('lane_through_lift', 'floors.L1.lanes.c4-charge', via('c4-charge', [6, 5])),
    Case(
        'lift_faces_away', f'{A_L1}.wait', put('lifts.A.faces', 0.0), put('lifts.A.faces', -1.57)
    ),
    Case(
        'lift_faces_away',
        f'{A_L1}.wait',
        put(f'{A_L1}.door', 'rear'),
        all_of(
            put(f'{A_L1}.door', 'rear'),
            put('lifts.A.stops.L2.door', 'rear'),
            put('lifts.A.faces', 1.57),
        ),
    ),
    Case(
        'car_too_small',
        'lifts.A.cabin',
        put('lifts.A.cabin', [0.65, 2.2]),
        put('lifts.A.cabin', [0.7, 2.2]),
    ),
    Case(
        'car_too_small',
        'lifts.A.cabin',
        robot_type(length=2.1),
        all_of(
            robot_type(length=2.1),
            put('L1.lanes.c2-wait.robots', ['standard']),
            put('L2.lanes.c2-wait.robots', ['standard']),
        ),
    ),
    Case(
        'lifts_overlap',
        'lifts.B',
        lift(
            'B', 7, 4.2, faces=-1.57, stops=copy.deepcopy({'L1': {'wait': 'wait', 'exit': 'exit'}})
        ),
        lift(
            'B', 8, 4.2, faces=-1.57, stops=copy.deepcopy({'L1': {'wait': 'wait', 'exit': 'exit'}})
        ),
    ),
    Case('lift_outside_floor', 'lifts.A.stops.L1', put('lifts.A.at', [6, 7.2])),
    Case(
        'no_lift_for_goods',
        'floors.L2.stations.desk-l2',
        put('lifts.A.rating', 'dirty'),
        put('lifts.A.rating', 'clean'),
    ),
    Case(
        'no_lift_for_goods',
        'floors.L2.stations.desk-l2',
        all_of(
            put('lifts.A.rating', 'clean'),
            put('L1.stations.desk-l1.sends', ['waste']),
            put('L2.stations.desk-l2.takes', ['waste']),
        ),
        all_of(
            put('lifts.A.rating', 'dirty'),
            put('L1.stations.desk-l1.sends', ['waste']),
            put('L1.stations.desk-l1.takes', ['supply']),
            put('L2.stations.desk-l2.takes', ['waste']),
        ),
    ),
    # bays
    Case('too_few_bays', 'fleet.robots', all_of(kinds('park', 'way'), kinds('charge', 'way'))),
    Case('no_charger', 'fleet.robots', kinds('charge', 'parking')),
    Case(
        'no_cleaning',
        'hospital',
        put('L1.stations.desk-l1.sends', ['waste']),
        all_of(
            put('L1.stations.desk-l1.sends', ['waste']),
            put('L1.nodes.park.kind', 'cleaning'),
        ),
    ),
    Case('home_not_a_bay', 'fleet.robots.r1.home', put('fleet.robots.r1.home', 'L1.desk')),
    Case('home_shared', 'fleet.robots.r2.home', put('fleet.robots.r2.home', 'L1.charge')),
    Case(
        'robot_shut_in',
        'fleet.robots.r1.home',
        all_of(robot_type(), put('L1.lanes.c4-charge.robots', ['tug'])),
        all_of(
            robot_type(),
            put('L1.lanes.c4-charge.robots', ['tug']),
            put('fleet.robots.r1.type', 'tug'),
        ),
    ),
    Case('bay_not_a_leaf', 'floors.L1.nodes.park', add_node('x', 0, 2.9, 'way', 'park')),
    Case(
        'bay_cuts',
        'floors.L1.nodes.park',
        add_node('x', -1, 2, 'parking', 'park'),
        add_node('x', -1, 2, 'parking', 'c1'),
    ),
    Case('bay_cuts', 'floors.L1.nodes.c3', put('L1.nodes.c3.kind', 'charger')),
    Case(
        'not_well_formed',
        'floors.L1.nodes.x',
        add_node('x', -1, 2, 'parking', 'park'),
        add_node('x', -1, 2, 'parking', 'c1'),
    ),
    Case('bay_in_the_way', 'floors.L1.nodes.x', add_node('x', 2, 0.7, 'parking', 'c1')),
    Case(
        'bay_in_the_way',
        'floors.L1.nodes.park',
        add_node('x', 0.5, 2.5, 'parking', 'c1'),
        add_node('x', 1.5, 2.5, 'parking', 'c1'),
    ),
    # stations
    Case('station_kind', 'floors.L1.stations.other.node', station('other', 'c3')),
    Case('station_shared', 'floors.L1.stations.other.node', station('other', 'desk')),
    Case(
        'station_missing',
        'floors.L1.nodes.park',
        put('L1.nodes.park.kind', 'station'),
        all_of(put('L1.nodes.park.kind', 'station'), station('other', 'park')),
    ),
    Case('station_unreachable', 'floors.L1.stations.desk-l1', drop('L1.lanes.c2-desk')),
    Case(
        'station_not_for_type',
        'floors.L1.stations.desk-l1',
        all_of(robot_type(), put('L1.lanes.c2-desk.robots', ['standard'])),
        all_of(robot_type(), put('L1.lanes.c2-desk.robots', ['standard', 'tug'])),
    ),
    Case(
        'goods_without_taker',
        'floors.L1.stations.desk-l1.sends',
        put('L1.stations.desk-l1.sends', ['meal']),
        all_of(
            put('L1.stations.desk-l1.sends', ['meal']), put('L2.stations.desk-l2.takes', ['meal'])
        ),
    ),
    Case(
        'clean_through_dirty',
        'floors.L1.stations.desk-l1',
        zone('soiled', 'dirty', 3, -1.5, 5, -0.5),
        zone('soiled', 'dirty', 3, -3.5, 5, -2.5),
    ),
    Case(
        'empty_hours',
        'floors.L1.stations.desk-l1.hours',
        put('L1.stations.desk-l1.hours', ['07:00-07:00']),
        put('L1.stations.desk-l1.hours', ['22:00-07:00']),
    ),
    Case(
        'empty_hours',
        'floors.L1.zones.z.hours',
        zone('z', 'quiet', 0, 0, 3, 3, hours=['07:00-07:00']),
        zone('z', 'quiet', 0, 0, 3, 3, hours=['07:00-07:30']),
    ),
    # zones
    Case(
        'zone_outside_floor',
        'floors.L1.zones.z',
        zone('z', 'clean', 10, 0, 15, 3),
        zone('z', 'clean', 10, 0, 14, 3),
    ),
    Case(
        'no_go_crossed',
        'floors.L1.lanes.c1-c2',
        zone('z', 'no_go', 1, -1, 3, 1),
        zone('z', 'no_go', 1, 1, 3, 3),
    ),
    Case('no_go_crossed', 'floors.L1.nodes.park', zone('z', 'no_go', -1, 1.5, 1, 2.5)),
    Case(
        'refuge_on_egress',
        'floors.L1.zones.r',
        all_of(zone('e', 'egress', -2, -1, 3, 1), zone('r', 'refuge', 2, -3, 4, 1)),
        all_of(zone('e', 'egress', -2, -1, 3, 1), zone('r', 'refuge', 3, -3, 4, 1)),
    ),
    Case(
        'bay_on_egress',
        'floors.L1.nodes.park',
        zone('e', 'egress', -2, -1, 3, 3),
        zone('e', 'egress', -2, -1, 3, 1),
    ),
    Case(
        'zone_limit',
        'floors.L1.zones.z.robots',
        zone('z', 'isolation', -2, -3, 3, 3, robots=1),
        zone('z', 'isolation', -2, -3, 3, 3, robots=2),
    ),
    # names
    Case(
        'duplicate_name',
        'floors.L2.stations.desk-l2.name.en',
        put('L2.stations.desk-l2.name.en', ' desk  l1'.strip()),
        put('L2.stations.desk-l2.name.en', 'Desk of L1'),
    ),
    Case('duplicate_name', 'fleet.robots.r2.name', put('fleet.robots.r2.name', 'r1')),
    Case('duplicate_name', 'floors.L2.name.zh', put('L2.name.zh', 'L1中')),
    Case(
        'similar_codes',
        'floors.L2.stations.desk-l2.code',
        all_of(put('L1.stations.desk-l1.code', 'W10'), put('L2.stations.desk-l2.code', 'WIO')),
        all_of(put('L1.stations.desk-l1.code', 'W10'), put('L2.stations.desk-l2.code', 'W11')),
    ),
    Case('duplicate_level', 'floors.L2.level', put('L2.level', 1)),
    Case(
        'robot_name',
        'fleet.robots.R-7',
        all_of(put('fleet.robots.R-7', {'name': 'R7', 'home': 'L1.park', 'compartments': ['c']})),
    ),
    Case(
        'robot_name',
        'fleet.robots.7',
        put('fleet.robots.7', {'name': 'R7', 'home': 'L1.park', 'compartments': ['c']}),
        put('fleet.robots.r7', {'name': 'R7', 'home': 'L1.park', 'compartments': ['c']}),
    ),
]


def problems_of(raw: Raw, edit: Edit, robots: int = 3) -> list[Problem]:
    edited = copy.deepcopy(raw)
    edit(edited)
    for floor in ('L1', 'L2'):
        edited.pop(floor, None)
    return check_hospital(read_hospital(edited), robots)


def by_code(case: Case) -> str:
    return f'{case.code}-{case.place}'


def test_nothing_is_wrong_with_a_good_map(raw: Raw) -> None:
    assert problems_of(raw, nothing) == []


def test_every_check_has_a_map_that_fails_and_one_that_passes() -> None:
    assert {case.code for case in CASES} == set(CHECKS)


@pytest.mark.parametrize('case', CASES, ids=by_code)
def test_a_map_that_breaks_a_rule_is_told_so_with_the_place(raw: Raw, case: Case) -> None:
    problems = problems_of(raw, case.wrong)
    found = {(own.code, own.place): own for own in problems}
    assert (case.code, case.place) in found, sorted(found)
    own = found[case.code, case.place]
    assert own.severity is CHECKS[case.code].severity
    assert own.problem
    assert own.mend
    assert own.place == '.'.join(own.path) or (own.place == 'hospital' and own.path == ())


@pytest.mark.parametrize('case', CASES, ids=by_code)
def test_a_map_that_keeps_the_rule_is_not(raw: Raw, case: Case) -> None:
    found = [own for own in problems_of(raw, case.right) if own.code == case.code]
    assert found == []


@pytest.mark.parametrize('case', CASES, ids=by_code)
def test_errors_refuse_a_map_and_warnings_do_not(raw: Raw, case: Case) -> None:
    edited = copy.deepcopy(raw)
    case.wrong(edited)
    for floor in ('L1', 'L2'):
        edited.pop(floor, None)
    errors = [own for own in problems_of(raw, case.wrong, 2) if own.severity is Severity.ERROR]
    if not errors:
        build_hospital(edited)
        return
    with pytest.raises(BrokenMap):
        build_hospital(edited)
