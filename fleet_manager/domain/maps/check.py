"""Whether robots can work on a map: the rules the traffic planner's proofs rest on.

A hospital that passes has a deadlock-free plan for its fleet at any time: at least as many bays as
robots, any two bays joined by a way through no third one, and no two places so close that robots
standing on both would touch.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from fleet_manager.domain.ids import DoorId, FloorId, NodeId
from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.model import (
    BAYS,
    Hospital,
    Lane,
    Lift,
    LiftStop,
    Node,
    NodeKind,
    Point,
)
from fleet_manager.domain.maps.problems import FieldPath, Findings, Problem, Where, plain_place

#: Metres. A robot is 0.6 x 0.5 m and turns within a radius of 0.4: two need 0.8, and a little air.
NODES_APART: Final = 0.9
#: Metres between a robot on a lane and one that is neither on it nor at its ends.
CLEAR_OF_LANE: Final = 0.8
#: Metres from the centre of a car to where one waits for it and where one leaves it to.
LIFT_CELL_RANGE: Final = (1.5, 3.0)
#: Metres from the centre of a car within which nothing else may pass.
CLEAR_OF_LIFT: Final = 1.5
#: Metres a door may lie off its lane, as drawn.
DOOR_OFF_LANE: Final = 0.5
#: Metres. On a longer lane one robot keeps the others waiting for more than a quarter of a minute.
LONG_LANE: Final = 12.0
#: Bays where a robot is in nobody's way for hours; at a station it would be.
_RESTING: Final = frozenset({NodeKind.PARKING, NodeKind.CHARGER})
_T = TypeVar('_T')
_LIFT_CELLS: Final = {'wait': NodeKind.LIFT_WAIT, 'exit': NodeKind.LIFT_EXIT}


def check_hospital(
    hospital: Hospital, robots: int, *, where: Where = plain_place
) -> list[Problem]:
    """Return all that is wrong with the map for `robots` robots, errors first."""
    findings = Findings(where)
    _everything_is_inside_its_floor(hospital, findings)
    _nodes_keep_apart(hospital, findings)
    _lanes_keep_clear_of_nodes(hospital, findings)
    _lanes_keep_apart(hospital, findings)
    _bays_and_lift_cells_are_leaves(hospital, findings)
    _lifts_can_be_used(hospital, findings)
    _nothing_passes_through_a_lift(hospital, findings)
    _doors_are_on_their_lanes(hospital, findings)
    _stations_can_be_served(hospital, findings)
    _every_place_is_joined_to_every_other(hospital, findings)
    _robots_have_bays(hospital, robots, findings)
    _lanes_are_short(hospital, findings)
    return findings.problems()


def _everything_is_inside_its_floor(hospital: Hospital, findings: Findings) -> None:
    for node in hospital.nodes.values():
        if node.kind is NodeKind.CAR:
            continue
        if not geometry.inside(_point(node), hospital.floors[node.floor].outline):
            problem = f'({node.x:g}, {node.y:g}) is outside the floor'
            mend = 'move it inside the outline'
            findings.error(_node_path(node), 'outside_floor', problem, mend)
    for lane in hospital.lanes.values():
        outline = hospital.floors[lane.floor].outline
        if not all(geometry.inside(point, outline) for point in lane.via):
            mend = 'move its via points inside the outline'
            findings.error(_lane_path(lane), 'outside_floor', 'runs outside the floor', mend)


def _nodes_keep_apart(hospital: Hospital, findings: Findings) -> None:
    for nodes in _nodes_by_floor(hospital).values():
        boxes = [(node, (_point(node),)) for node in nodes]
        for (one, here), (other, there) in _near_pairs(boxes, NODES_APART):
            apart = geometry.distance(here[0], there[0])
            if apart < NODES_APART:
                problem = f'is {apart:.2f} m from {other.id}'
                mend = f'keep {NODES_APART} m so that two robots can stand there'
                findings.error(_node_path(one), 'nodes_too_close', problem, mend)


def _lanes_keep_clear_of_nodes(hospital: Hospital, findings: Findings) -> None:
    from_west = {
        floor: sorted(nodes, key=_x) for floor, nodes in _nodes_by_floor(hospital).items()
    }
    for lane in hospital.lanes.values():
        line = _line(hospital, lane)
        nodes = from_west[lane.floor]
        first = bisect_left(nodes, min(map(_x, line)) - CLEAR_OF_LANE, key=_x)
        last = bisect_right(nodes, max(map(_x, line)) + CLEAR_OF_LANE, key=_x)
        for node in nodes[first:last]:
            if node.id in (lane.a, lane.b):
                continue
            apart = geometry.point_to_line(_point(node), line)
            if apart < CLEAR_OF_LANE:
                problem = f'passes {apart:.2f} m from {node.id}'
                mend = f'keep {CLEAR_OF_LANE} m, or end the lane at that node'
                findings.error(_lane_path(lane), 'lane_too_close_to_node', problem, mend)


def _lanes_keep_apart(hospital: Hospital, findings: Findings) -> None:
    by_floor: dict[FloorId, list[tuple[Lane, Sequence[Point]]]] = defaultdict(list)
    for lane in hospital.lanes.values():
        by_floor[lane.floor].append((lane, _line(hospital, lane)))
    for lanes in by_floor.values():
        for (one, here), (other, there) in _near_pairs(lanes, CLEAR_OF_LANE):
            if {one.a, one.b} & {other.a, other.b}:
                continue
            apart = geometry.line_to_line(here, there)
            if apart < CLEAR_OF_LANE:
                verb = 'crosses' if apart == 0 else f'comes within {apart:.2f} m of'
                mend = 'put a node where they meet'
                if apart > 0:
                    mend = f'keep {CLEAR_OF_LANE} m, or let them share a node'
                findings.error(_lane_path(one), 'lanes_too_close', f'{verb} {other.id}', mend)


def _bays_and_lift_cells_are_leaves(hospital: Hospital, findings: Findings) -> None:
    for node in hospital.nodes.values():
        count = len(hospital.lanes_at[node.id])
        problem = f'has {count} lanes'
        if node.kind in BAYS and count > 1:
            mend = 'a bay is the end of one lane, so that nobody has to pass through it'
            findings.error(_node_path(node), 'bay_not_a_leaf', problem, mend)
        elif node.kind in _LIFT_CELLS.values() and count > 1:
            mend = 'a lift cell is the end of one lane, so that nobody passes through the lobby'
            findings.error(_node_path(node), 'lift_cell_not_a_leaf', problem, mend)
        elif node.kind is NodeKind.WAY and count == 1:
            mend = 'make it a parking bay, or join it to another node'
            findings.warning(_node_path(node), 'dead_end', 'leads nowhere', mend)


def _lifts_can_be_used(hospital: Hospital, findings: Findings) -> None:
    users: dict[NodeId, list[str]] = defaultdict(list)
    for lift in hospital.lifts.values():
        if len(lift.stops) < 2:
            problem, mend = f'stops at {len(lift.stops)} floors', 'give it two stops or remove it'
            findings.error(('lifts', lift.id), 'lift_without_stops', problem, mend)
        for stop in lift.stops:
            users[stop.wait].append(lift.id)
            users[stop.exit].append(lift.id)
            _stop_has_two_cells(hospital, lift, stop, findings)
    for node in hospital.nodes.values():
        if node.kind in _LIFT_CELLS.values() and len(users[node.id]) != 1:
            said = ' and '.join(users[node.id]) or 'no lift'
            mend = 'name each lift cell in exactly one stop'
            findings.error(_node_path(node), 'lift_cell_shared', f'belongs to {said}', mend)


def _stop_has_two_cells(
    hospital: Hospital, lift: Lift, stop: LiftStop, findings: Findings
) -> None:
    path = ('lifts', lift.id, 'stops', stop.floor)
    nearest, farthest = LIFT_CELL_RANGE
    for what, cell in (('wait', stop.wait), ('exit', stop.exit)):
        node = hospital.nodes[cell]
        if node.kind is not _LIFT_CELLS[what]:
            problem = f'{cell} is of kind {node.kind.value}'
            mend = f'make it of kind {_LIFT_CELLS[what].value}'
            findings.error((*path, what), 'lift_cell_kind', problem, mend)
        apart = geometry.distance(_point(node), lift.at)
        if not nearest <= apart <= farthest:
            problem = f'{cell} is {apart:.2f} m from the middle of the car'
            mend = f'put it {nearest} to {farthest} m away'
            findings.error((*path, what), 'lift_cell_range', problem, mend)
    if stop.wait == stop.exit:
        return
    wait, leave = (_point(hospital.nodes[cell]) for cell in (stop.wait, stop.exit))
    way_out = (lift.at, leave, *_far_end(hospital, stop.exit))
    way_in = (*reversed(_far_end(hospital, stop.wait)), wait, lift.at)
    for what, standing, way in (('wait', wait, way_out), ('exit', leave, way_in)):
        if geometry.point_to_line(standing, way) < CLEAR_OF_LANE:
            problem = 'the waiting and the leaving robot would touch'
            mend = f'keep {CLEAR_OF_LANE} m between this cell and the way to and from the other'
            findings.error((*path, what), 'lift_cell_in_the_way', problem, mend)


def _nothing_passes_through_a_lift(hospital: Hospital, findings: Findings) -> None:
    for lift in hospital.lifts.values():
        levels = [hospital.floors[stop.floor].level for stop in lift.stops]
        for lane in hospital.lanes.values():
            level = hospital.floors[lane.floor].level
            if not levels or not min(levels) <= level <= max(levels):
                continue
            apart = geometry.point_to_line(lift.at, _line(hospital, lane))
            if apart < CLEAR_OF_LIFT:
                problem = f'passes {apart:.2f} m from the middle of lift {lift.id}'
                mend = f'keep {CLEAR_OF_LIFT} m'
                findings.error(_lane_path(lane), 'lane_through_lift', problem, mend)


def _doors_are_on_their_lanes(hospital: Hospital, findings: Findings) -> None:
    used: set[str] = set()
    for lane in hospital.lanes.values():
        if not lane.door:
            continue
        used.add(lane.door)
        door = hospital.doors[DoorId(lane.door)]
        apart = geometry.point_to_line(door.at, _line(hospital, lane))
        if apart > DOOR_OFF_LANE:
            problem = f'passes door {door.id} {apart:.2f} m off'
            mend = 'put the door on the lane, or name another'
            findings.error(_lane_path(lane), 'door_off_lane', problem, mend)
        for end in (lane.a, lane.b):
            if geometry.distance(door.at, _point(hospital.nodes[end])) < CLEAR_OF_LANE:
                problem = f'{end} stands in door {door.id}'
                mend = f'keep {CLEAR_OF_LANE} m between the door and the ends of its lane'
                findings.error(_lane_path(lane), 'node_in_door', problem, mend)
    for door in hospital.doors.values():
        if door.id not in used:
            path = ('floors', door.floor, 'doors', _local(door.floor, door.id))
            mend = 'name it in the lane that passes it, or remove it'
            findings.warning(path, 'door_unused', 'is on no lane', mend)


def _stations_can_be_served(hospital: Hospital, findings: Findings) -> None:
    owners: dict[NodeId, str] = {}
    taken = {goods for station in hospital.stations.values() for goods in station.takes}
    for station in hospital.stations.values():
        node = hospital.nodes[station.node]
        path = ('floors', node.floor, 'stations', station.id)
        if node.kind is not NodeKind.STATION:
            problem = f'{node.id} is of kind {node.kind.value}'
            findings.error((*path, 'node'), 'station_kind', problem, 'make it of kind station')
        if node.id in owners:
            problem = f'{node.id} belongs to {owners[node.id]} too'
            findings.error((*path, 'node'), 'station_shared', problem, 'give each its own node')
        owners[node.id] = station.id
        for goods in station.sends:
            if goods not in taken:
                problem, mend = f'nobody takes {goods!r}', 'let a station take it'
                findings.warning((*path, 'sends'), 'goods_without_taker', problem, mend)
    for node in hospital.nodes.values():
        if node.kind is NodeKind.STATION and node.id not in owners:
            mend = 'name it in a station, or make it a parking bay'
            findings.warning(_node_path(node), 'station_missing', 'belongs to no station', mend)


def _every_place_is_joined_to_every_other(hospital: Hospital, findings: Findings) -> None:
    nodes = list(hospital.nodes)
    if not nodes:
        findings.error((), 'empty', 'has no nodes', 'draw the places a robot may stand at')
        return
    pieces = _pieces(nodes, _ways(hospital))
    largest = max(pieces, key=len)
    for piece in pieces:
        if piece is largest:
            continue
        stations = [one for one in hospital.stations.values() if one.node in piece]
        for station in stations:
            floor = hospital.nodes[station.node].floor
            mend = 'join its node to the others by a lane'
            path = ('floors', floor, 'stations', station.id)
            findings.error(path, 'station_unreachable', 'cannot be reached', mend)
        if not stations:
            first = next(node for node in hospital.nodes.values() if node.id in piece)
            others = f' with {len(piece) - 1} more' if len(piece) > 1 else ''
            problem = f'is cut off from the rest of the hospital{others}'
            findings.error(_node_path(first), 'cut_off', problem, 'join it by a lane or a lift')


def _robots_have_bays(hospital: Hospital, robots: int, findings: Findings) -> None:
    bays = sum(node.kind in _RESTING for node in hospital.nodes.values())
    if bays < robots:
        problem = f'{robots} robots have {bays} parking bays and chargers'
        mend = f'add {robots - bays}, so that every robot can always get out of the way'
        findings.error(('fleet', 'robots'), 'too_few_bays', problem, mend)
    if robots and not any(node.kind is NodeKind.CHARGER for node in hospital.nodes.values()):
        findings.error(('fleet', 'robots'), 'no_charger', 'no robot can charge', 'add a charger')
    at_home: dict[NodeId, str] = {}
    for robot in hospital.robots.values():
        path = ('fleet', 'robots', robot.id, 'home')
        if hospital.nodes[robot.home].kind not in _RESTING:
            problem = f'{robot.home} is no parking bay or charger'
            findings.error(path, 'home_not_a_bay', problem, 'choose a bay as its home')
        if robot.home in at_home:
            problem = f'{robot.home} is the home of {at_home[robot.home]} too'
            findings.error(path, 'home_shared', problem, 'give each robot a bay of its own')
        at_home[robot.home] = robot.id


def _lanes_are_short(hospital: Hospital, findings: Findings) -> None:
    for lane in hospital.lanes.values():
        if lane.length > LONG_LANE:
            problem = f'is {lane.length:.1f} m long and holds one robot'
            mend = 'put a node in between'
            findings.warning(_lane_path(lane), 'long_lane', problem, mend)


def _ways(hospital: Hospital) -> dict[NodeId, list[NodeId]]:
    """Return where one gets to from each node in one hop; lifts are entered and left one way."""
    ways: dict[NodeId, list[NodeId]] = {node: [] for node in hospital.nodes}
    for lane in hospital.lanes.values():
        ways[lane.a].append(lane.b)
        ways[lane.b].append(lane.a)
    for lift in hospital.lifts.values():
        for stop in lift.stops:
            ways[stop.wait].append(lift.car)
            ways[lift.car].append(stop.exit)
    return ways


def _pieces(nodes: Iterable[NodeId], ways: Mapping[NodeId, Sequence[NodeId]]) -> list[set[NodeId]]:
    """Return the sets of nodes within which one gets from each to each other."""
    backwards: dict[NodeId, list[NodeId]] = defaultdict(list)
    for node, targets in ways.items():
        for target in targets:
            backwards[target].append(node)
    pieces: list[set[NodeId]] = []
    seen: set[NodeId] = set()
    for node in nodes:
        if node not in seen:
            pieces.append(_reachable(node, ways) & _reachable(node, backwards))
            seen |= pieces[-1]
    return pieces


def _reachable(start: NodeId, ways: Mapping[NodeId, Sequence[NodeId]]) -> set[NodeId]:
    seen, ahead = {start}, [start]
    while ahead:
        for target in ways.get(ahead.pop(), ()):
            if target not in seen:
                seen.add(target)
                ahead.append(target)
    return seen


def _near_pairs(
    things: Iterable[tuple[_T, Sequence[Point]]], reach: float
) -> Iterator[tuple[tuple[_T, Sequence[Point]], tuple[_T, Sequence[Point]]]]:
    """Return the pairs whose bounds come within `reach`, each once, the earlier one first."""
    bounds = []
    for order, (thing, line) in enumerate(things):
        xs, ys = [point.x for point in line], [point.y for point in line]
        bounds.append((min(xs), max(xs), order, min(ys), max(ys), (thing, line)))
    bounds.sort(key=lambda bound: bound[:3])
    for index, (_, right, order, bottom, top, one) in enumerate(bounds):
        for left, _, other_order, other_bottom, other_top, other in bounds[index + 1 :]:
            if left > right + reach:
                break
            if other_bottom <= top + reach and bottom <= other_top + reach:
                yield (one, other) if order < other_order else (other, one)


def _nodes_by_floor(hospital: Hospital) -> dict[FloorId, list[Node]]:
    found: dict[FloorId, list[Node]] = {floor: [] for floor in hospital.floors}
    for node in hospital.nodes.values():
        if node.kind is not NodeKind.CAR:
            found[node.floor].append(node)
    return found


def _x(place: Node | Point) -> float:
    return place.x


def _point(node: Node) -> Point:
    return Point(node.x, node.y)


def _line(hospital: Hospital, lane: Lane) -> tuple[Point, ...]:
    return (_point(hospital.nodes[lane.a]), *lane.via, _point(hospital.nodes[lane.b]))


def _far_end(hospital: Hospital, cell: NodeId) -> tuple[Point, ...]:
    """Return the points of the way from a leaf to the corridor, without the leaf itself."""
    for lane_id in hospital.lanes_at[cell]:
        lane = hospital.lanes[lane_id]
        line = _line(hospital, lane)
        return line[1:] if lane.a == cell else line[-2::-1]
    return ()


def _local(floor: FloorId, identity: str) -> str:
    """Return an id as it is written in the file of its floor."""
    return identity.removeprefix(f'{floor}.')


def _node_path(node: Node) -> FieldPath:
    if node.kind is NodeKind.CAR:
        return ('lifts', node.id.removeprefix('car.'))
    return ('floors', node.floor, 'nodes', _local(node.floor, node.id))


def _lane_path(lane: Lane) -> FieldPath:
    return ('floors', lane.floor, 'lanes', _local(lane.floor, lane.id))
