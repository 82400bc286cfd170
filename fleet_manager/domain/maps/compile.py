"""A hospital as numpy arrays: the graph, and all that the planner, the checker and pictures ask.

Everything is numbered in the order of the hospital's files: nodes 0..N-1, lanes 0..L-1, floors,
lifts, doors, types, and zones floor by floor. A *place* is a node, or N + a lane. Metres.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from fleet_manager.domain.errors import MapError
from fleet_manager.domain.ids import (
    DoorId,
    LaneId,
    NodeId,
    ResourceId,
    conflict_resource,
    lane_resource,
    node_resource,
    zone_resource,
)
from fleet_manager.domain.maps.conflicts import (
    Floats,
    Ints,
    find_conflicts,
    place_shapes,
    types_on,
)
from fleet_manager.domain.maps.groups import chains, cut_off, pieces
from fleet_manager.domain.maps.model import Hospital, Lane, Node, NodeKind, Zone

#: Changed with what is in the arrays, so that a kept file of an older program is not read.
COMPILED_FORMAT: Final = 1
#: What the numbers in `node_kind` stand for.
KINDS: Final = tuple(NodeKind)
#: Metres a robot has before and behind it when it counts as standing in a doorway.
DOOR_AIR: Final = 0.1
#: Metres of a lane inside a zone that are only the thickness of a line.
_TOUCH: Final = 0.01
#: Compiled maps that are remembered: the one in use, and the one it is swapped for.
_REMEMBERED: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class CompiledMap:
    """The arrays of one hospital, read-only. float64 where metres are, int32 elsewhere."""

    version: str
    node_ids: tuple[NodeId, ...]
    lane_ids: tuple[LaneId, ...]

    #: (N, 2) metres on its floor; (N,) floor, -1 for cars; (N,) place in `KINDS`.
    node_xy: Floats
    node_floor: Ints
    node_kind: Ints
    #: (L, 2) nodes a and b; (L,) metres; (L,) metres a second; (L,) floor; (L,) door or -1;
    #: (L,) 1 where it is driven from a to b only; (L,) lane group: a chain of lanes between two
    #: passing places.
    lane_ends: Ints
    lane_length: Floats
    lane_speed: Floats
    lane_floor: Ints
    lane_door: Ints
    lane_one_way: Ints
    lane_group: Ints
    #: Directed edges, one-way lanes once: those of node n are edge_start[n] to edge_start[n + 1]
    #: (N + 1,). Each has a target node, its lane, metres, and metres a second (E,).
    edge_start: Ints
    edge_target: Ints
    edge_lane: Ints
    edge_length: Floats
    edge_speed: Floats
    #: (C, 2) places on which two robots would touch though they share no node; (C,) metres between
    #: them; (C,) metres two robots need, 0 where they only share a door.
    conflict: Ints
    conflict_gap: Floats
    conflict_reach: Floats
    #: (D, 2) door and lane; (D, 2) the stretch of the lane, in metres from its node a, in which
    #: the middle of a robot is when it stands in the doorway.
    door_zone: Ints
    door_zone_span: Floats
    #: (S, 4) lift, floor, waiting cell, exit cell; (K,) node of each lift's car: its one slot.
    lobby: Ints
    car: Ints
    #: (B,) nodes a robot may stay on for ever.
    bay: Ints
    #: (N,) piece within which one gets from everywhere to everywhere, 0 the largest, lifts ridden.
    piece: Ints
    #: (N,) nodes that lose the rest of the hospital without this one: not 0 at articulation points
    #: of the graph with lifts, each joining all its cells.
    cut_off: Ints
    #: (N,) per type of robots (T, N): 1 where one of them gets to, and from there to all others:
    #: the largest piece over the lanes it may use.
    reach: Ints
    #: Zones of place p: zone[zone_start[p] : zone_start[p + 1]]; (N + L + 1,) and (Z,).
    zone_start: Ints
    zone: Ints

    @property
    def articulation(self) -> NDArray[np.bool_]:
        """Return whether each node is all that joins some others to the rest."""
        return self.cut_off > 0

    def resource(self, place: int) -> ResourceId:
        """Return what a robot on a place holds itself."""
        if place < len(self.node_ids):
            return node_resource(self.node_ids[place])
        return lane_resource(self.lane_ids[place - len(self.node_ids)])

    def shared(self) -> dict[ResourceId, tuple[ResourceId, ...]]:
        """Return what places hold beside their own: one resource for each conflict they have."""
        found: dict[ResourceId, list[ResourceId]] = {}
        for pair in self.conflict.tolist():
            one, other = map(self.resource, pair)
            for place in (one, other):
                found.setdefault(place, []).append(conflict_resource(one, other))
        return {place: tuple(pairs) for place, pairs in found.items()}

    def zones_of(self, place: int) -> list[int]:
        """Return the numbers of the zones that hold a node, or some of a lane."""
        start, end = self.zone_start[place : place + 2].tolist()
        found: list[int] = self.zone[start:end].tolist()
        return found

    def arrays(self) -> dict[str, Floats | Ints]:
        """Return all arrays by name."""
        return {name: getattr(self, name) for name in ARRAYS}


#: The arrays of a CompiledMap.
ARRAYS: Final = tuple(
    field.name for field in fields(CompiledMap) if field.type in ('Floats', 'Ints')
)

_remembered: dict[str, CompiledMap] = {}


def compile_hospital(hospital: Hospital) -> CompiledMap:
    """Return the arrays of a hospital, computed once a version.

    Raises MapError when it is no map one could plan on: nearly everything too close to each other.
    """
    found = _remembered.get(hospital.version)
    if found is None or not _is_of(found, hospital):
        found = _compile(hospital)
        remember(found)
    return found


def remember(compiled: CompiledMap) -> None:
    """Keep what was compiled elsewhere, so that `compile_hospital` returns it."""
    _remembered.pop(compiled.version, None)
    _remembered[compiled.version] = compiled
    while len(_remembered) > _REMEMBERED:
        del _remembered[next(iter(_remembered))]


def from_arrays(hospital: Hospital, arrays: Mapping[str, Floats | Ints]) -> CompiledMap:
    """Return the compiled map that arrays from a file hold.

    Raises MapError where they are not of this hospital: a name, a type, a size or a number that
    cannot be. What the numbers mean is not computed again.
    """
    if set(arrays) != set(ARRAYS):
        raise MapError('compiled map', 'has other arrays; compile it again')
    sizes = _sizes(hospital) | {'zoned': arrays['zone'].size + 1}
    for name, (shape, bound) in _SHAPES.items():
        array = arrays[name]
        wanted = np.int32 if bound else np.float64
        right = array.dtype == wanted and len(array.shape) == len(shape)
        for size, letter in zip(array.shape, shape, strict=False):
            right &= sizes.setdefault(letter, size) == size
        if right and bound:
            right = bool(np.all((array >= -1) & (array < sizes[bound])))
        elif right:
            right = bool(np.isfinite(array).all())
        if not right:
            raise MapError('compiled map', f'{name} does not fit; compile it again')
    return _frozen(hospital, arrays)


#: Of each array: its shape in letters, and what its numbers count, '' for metres. N, L … are
#: known from the hospital; the others have to agree among each other.
_SHAPES: Final[Mapping[str, tuple[str, str]]] = {
    'node_xy': ('N2', ''),
    'node_floor': ('N', 'F'),
    'node_kind': ('N', 'kinds'),
    'lane_ends': ('L2', 'N'),
    'lane_length': ('L', ''),
    'lane_speed': ('L', ''),
    'lane_floor': ('L', 'F'),
    'lane_door': ('L', 'doors'),
    'lane_one_way': ('L', '2'),
    'lane_group': ('L', 'L'),
    'edge_start': ('M', 'edges'),
    'edge_target': ('E', 'N'),
    'edge_lane': ('E', 'L'),
    'edge_length': ('E', ''),
    'edge_speed': ('E', ''),
    'conflict': ('C2', 'P'),
    'conflict_gap': ('C', ''),
    'conflict_reach': ('C', ''),
    'door_zone': ('D2', 'lanes or doors'),
    'door_zone_span': ('D2', ''),
    'lobby': ('S4', 'N'),
    'car': ('K', 'N'),
    'bay': ('B', 'N'),
    'piece': ('N', 'N'),
    'cut_off': ('N', 'N'),
    'reach': ('TN', '2'),
    'zone_start': ('Q', 'zoned'),
    'zone': ('Z', 'zones'),
}


def _sizes(hospital: Hospital) -> dict[str, int]:
    nodes, lanes = len(hospital.nodes), len(hospital.lanes)
    one_way = sum(lane.one_way for lane in hospital.lanes.values())
    return {
        'N': nodes,
        'L': lanes,
        'P': nodes + lanes,
        'M': nodes + 1,
        'Q': nodes + lanes + 1,
        'F': len(hospital.floors),
        'E': 2 * lanes - one_way,
        'K': len(hospital.lifts),
        'T': len(hospital.types),
        'S': sum(len(lift.stops) for lift in hospital.lifts.values()),
        'D': sum(bool(lane.door) for lane in hospital.lanes.values()),
        'kinds': len(KINDS),
        'doors': len(hospital.doors),
        'edges': 2 * lanes - one_way + 1,
        'lanes or doors': max(lanes, len(hospital.doors)),
        'zones': len(_zones(hospital)),
        '2': 2,
        '4': 4,
    }


def _is_of(compiled: CompiledMap, hospital: Hospital) -> bool:
    nodes, lanes = tuple(hospital.nodes), tuple(hospital.lanes)
    return compiled.node_ids == nodes and compiled.lane_ids == lanes


def _compile(hospital: Hospital) -> CompiledMap:
    node = {name: number for number, name in enumerate(hospital.nodes)}
    lanes = list(hospital.lanes.values())
    ends = [(node[lane.a], node[lane.b]) for lane in lanes]
    shapes = place_shapes(hospital)
    conflicts = find_conflicts(hospital)
    ways = _ways(hospital, node, lanes)
    arrays: dict[str, object] = {
        'conflict': conflicts.pairs,
        'conflict_gap': conflicts.gap,
        'conflict_reach': conflicts.reach,
        'lane_group': chains(ends, _passing_places(hospital, ends)),
        'piece': pieces(ways),
        'cut_off': cut_off(ways),
        'reach': _reach(hospital, node),
        'bay': [number for name, number in node.items() if hospital.is_bay(name)],
        'car': [node[lift.car] for lift in hospital.lifts.values()],
    }
    arrays |= _nodes_and_lanes(hospital, ends)
    arrays |= _edges(hospital, ends)
    arrays |= _doors(hospital, shapes)
    arrays |= _lobbies(hospital, node)
    arrays |= _zoned(hospital, shapes)
    return _frozen(hospital, arrays)


def _frozen(hospital: Hospital, arrays: Mapping[str, object]) -> CompiledMap:
    """Make the arrays read-only, of the right type, and of their shape where they are empty."""
    found: dict[str, Any] = {}
    sizes = _sizes(hospital)
    for name, (shape, bound) in _SHAPES.items():
        array = np.array(arrays[name], dtype=np.int32 if bound else np.float64)
        if not array.size:
            array = array.reshape([sizes.get(letter, 0) for letter in shape])
        array.setflags(write=False)
        found[name] = array
    nodes, lanes = tuple(hospital.nodes), tuple(hospital.lanes)
    return CompiledMap(hospital.version, nodes, lanes, **found)


def _nodes_and_lanes(hospital: Hospital, ends: list[tuple[int, int]]) -> dict[str, object]:
    floor = {name: number for number, name in enumerate(hospital.floors)}
    door = {str(name): number for number, name in enumerate(hospital.doors)}
    kind = {name: number for number, name in enumerate(KINDS)}
    nodes, lanes = hospital.nodes.values(), hospital.lanes.values()
    return {
        'node_xy': [(node.x, node.y) for node in nodes],
        'node_floor': [floor.get(node.floor, -1) for node in nodes],
        'node_kind': [kind[node.kind] for node in nodes],
        'lane_ends': ends,
        'lane_length': [lane.length for lane in lanes],
        'lane_speed': [lane.speed for lane in lanes],
        'lane_floor': [floor[lane.floor] for lane in lanes],
        'lane_door': [door[lane.door] if lane.door else -1 for lane in lanes],
        'lane_one_way': [lane.one_way for lane in lanes],
    }


def _edges(hospital: Hospital, ends: list[tuple[int, int]]) -> dict[str, object]:
    found: list[list[tuple[int, int, float, float]]] = [[] for _ in hospital.nodes]
    for number, (lane, (a, b)) in enumerate(zip(hospital.lanes.values(), ends, strict=True)):
        found[a].append((b, number, lane.length, lane.speed))
        if not lane.one_way:
            found[b].append((a, number, lane.length, lane.speed))
    edges = [edge for own in found for edge in own]
    target, lane_of, length, speed = zip(*edges, strict=True) if edges else ((), (), (), ())
    return {
        'edge_start': np.cumsum([0, *map(len, found)]),
        'edge_target': target,
        'edge_lane': lane_of,
        'edge_length': length,
        'edge_speed': speed,
    }


def _ways(
    hospital: Hospital, node: Mapping[NodeId, int], lanes: Iterable[Lane]
) -> list[list[int]]:
    """Return where one gets to from each node in one hop; cars are entered and left one way."""
    ways: list[list[int]] = [[] for _ in node]
    for lane in lanes:
        ways[node[lane.a]].append(node[lane.b])
        if not lane.one_way:
            ways[node[lane.b]].append(node[lane.a])
    for lift in hospital.lifts.values():
        for stop in lift.stops:
            ways[node[stop.wait]].append(node[lift.car])
            ways[node[lift.car]].append(node[stop.exit])
    return ways


def _passing_places(hospital: Hospital, ends: list[tuple[int, int]]) -> list[bool]:
    lanes = Counter(node for both in ends for node in both)
    nodes = enumerate(hospital.nodes.values())
    return [node.kind is not NodeKind.WAY or lanes[number] != 2 for number, node in nodes]


def _reach(hospital: Hospital, node: Mapping[NodeId, int]) -> list[list[bool]]:
    known: dict[tuple[LaneId, ...], list[bool]] = {}
    found = []
    for name in hospital.types:
        lanes = [one for one in hospital.lanes.values() if name in types_on(hospital, one)]
        open_to = tuple(lane.id for lane in lanes)
        if open_to not in known:
            ways = _ways(hospital, node, lanes)
            known[open_to] = [piece == 0 for piece in pieces(ways)]
        found.append(known[open_to])
    return found


def _doors(hospital: Hospital, shapes: NDArray[np.object_]) -> dict[str, object]:
    number = {name: count for count, name in enumerate(hospital.doors)}
    zone, span = [], []
    for count, lane in enumerate(hospital.lanes.values()):
        if not lane.door:
            continue
        door = hospital.doors[DoorId(lane.door)]
        line = shapes[len(hospital.nodes) + count]
        at = float(shapely.line_locate_point(line, shapely.Point(door.at.x, door.at.y)))
        longest = max(
            (hospital.types[t].length for t in types_on(hospital, lane) if t in hospital.types),
            default=0.0,
        )
        reach = longest / 2 + DOOR_AIR + (door.width if door.kind == 'hinged' else 0.0)
        zone.append((number[door.id], count))
        span.append((max(0.0, at - reach), min(lane.length, at + reach)))
    return {'door_zone': zone, 'door_zone_span': span}


def _lobbies(hospital: Hospital, node: Mapping[NodeId, int]) -> dict[str, object]:
    floor = {name: number for number, name in enumerate(hospital.floors)}
    return {
        'lobby': [
            (number, floor[stop.floor], node[stop.wait], node[stop.exit])
            for number, lift in enumerate(hospital.lifts.values())
            for stop in lift.stops
        ]
    }


def limits(hospital: Hospital) -> dict[ResourceId, tuple[ResourceId, ...]]:
    """Return the zones with a limit of robots that each place lies in, where there are any."""
    compiled, zones = compile_hospital(hospital), [zone for _, zone in _zones(hospital)]
    found: dict[ResourceId, tuple[ResourceId, ...]] = {}
    for place in range(len(compiled.zone_start) - 1) if any(z.robots for z in zones) else ():
        within = [zones[number] for number in compiled.zones_of(place)]
        limited = tuple(zone_resource(z.id, z.robots) for z in within if z.robots)
        if limited:
            found[compiled.resource(place)] = limited
    return found


def _zones(hospital: Hospital) -> list[tuple[str, Zone]]:
    """Return all zones with their floors, in order: their numbers are their places here."""
    return [(floor.id, zone) for floor in hospital.floors.values() for zone in floor.zones]


def _zoned(hospital: Hospital, shapes: NDArray[np.object_]) -> dict[str, object]:
    places: list[Node | Lane] = [*hospital.nodes.values(), *hospital.lanes.values()]
    floors = np.array([place.floor for place in places], dtype=np.str_)
    inside: list[list[int]] = [[] for _ in places]
    for number, (floor, zone) in enumerate(_zones(hospital)):
        here = np.flatnonzero(floors == floor)
        corners = [(point.x, point.y) for point in zone.polygon]
        area = shapely.make_valid(shapely.Polygon(corners))
        shapely.prepare(area)
        for place in here[shapely.intersects(area, shapes[here])].tolist():
            if place < len(hospital.nodes) or _runs_inside(shapes[place], area):
                inside[place].append(number)
    return {
        'zone_start': np.cumsum([0, *map(len, inside)]),
        'zone': [number for zones in inside for number in zones],
    }


def _runs_inside(line: shapely.LineString, area: shapely.Geometry) -> bool:
    return bool(shapely.length(shapely.intersection(line, area)) > _TOUCH)
