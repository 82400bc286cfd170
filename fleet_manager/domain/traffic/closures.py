"""Closed places: which ways are left to whom, who is still inside, and what is cut off.

What is released stays released: the robot may be on it already. No further step leads onto a
closed lane, into a closed lift, zone or floor. Who is inside gets only steps that bring it nearer
to the way out. Lanes count to a zone when they run through it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from fleet_manager.domain.ids import FloorId, LaneId, LiftId, NodeId, RobotId, StationId
from fleet_manager.domain.maps.compile import compile_hospital
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Hop, HopKind, PlaceKind
from fleet_manager.domain.state import Closure, Robot
from fleet_manager.domain.traffic.steps import Step, StepGraph

#: Closures at once. More, and somebody closes floors lane by lane.
MAX_CLOSURES: Final = 100


@dataclass(frozen=True, slots=True)
class Area:
    """What is closed to one type of robots.

    One may not be on `nodes` nor come onto `crossed`, the lanes through closed zones and floors;
    who is on one of `nodes` leaves over these. Closed `lanes` and `lifts` are for nobody.
    """

    nodes: frozenset[NodeId] = frozenset()
    crossed: frozenset[LaneId] = frozenset()
    lanes: frozenset[LaneId] = frozenset()
    lifts: frozenset[LiftId] = frozenset()

    @classmethod
    def of(cls, hospital: Hospital, closures: Iterable[Closure]) -> Area:
        """Return what closures shut. Places the map does not have shut nothing."""
        nodes, crossed = set[NodeId](), set[LaneId]()
        named: dict[PlaceKind, set[str]] = {kind: set() for kind in PlaceKind}
        for closure in closures:
            named[closure.kind].add(closure.place)
        floors = named[PlaceKind.FLOOR]
        if floors:
            nodes |= {node.id for node in hospital.nodes.values() if node.floor in floors}
            crossed |= {lane.id for lane in hospital.lanes.values() if lane.floor in floors}
        if named[PlaceKind.ZONE]:
            inside = _zoned(hospital, named[PlaceKind.ZONE])
            nodes |= inside[0]
            crossed |= inside[1]
        lanes = frozenset(lane for lane in hospital.lanes if lane in named[PlaceKind.LANE])
        lifts = frozenset(lift for lift in hospital.lifts if lift in named[PlaceKind.LIFT])
        return cls(frozenset(nodes), frozenset(crossed), lanes, lifts)

    def admits(self, origin: NodeId, target: NodeId, *, lane: str, lift: str) -> bool:
        """Whether a robot on `origin` may go on to `target`: in the open, or already inside."""
        if lift in self.lifts or lane in self.lanes:
            return False
        return origin in self.nodes or not (target in self.nodes or lane in self.crossed)


@dataclass(frozen=True, slots=True)
class CutOff:
    """Stations no robot gets to from the rest, and robots that get to nothing of the rest."""

    stations: frozenset[StationId] = frozenset()
    robots: frozenset[RobotId] = frozenset()

    def __sub__(self, other: CutOff) -> CutOff:
        return CutOff(self.stations - other.stations, self.robots - other.robots)


#: Of a graph: the stations of its largest part, and from where they are reached.
_Part = tuple[frozenset[NodeId], frozenset[NodeId]]


@dataclass(frozen=True, slots=True)
class Closed:
    """The ways a set of closures leaves. Make it with `Closed.of`, once for each set."""

    #: The ways without closures, and those that are left.
    before: StepGraph
    graph: StepGraph
    _areas: Mapping[str, Area]
    _wider: dict[bool, StepGraph] = field(default_factory=dict, compare=False)
    _parts: dict[int, _Part] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, graph: StepGraph, closures: Collection[Closure]) -> Closed:
        """Take the steps that closures forbid out of `graph`, for each type of robots."""
        areas = {}
        for name in ('', *graph.hospital.types):
            mine = [c for c in closures if c.robot_type in ('', name)]
            areas[name] = Area.of(graph.hospital, mine)
        return cls(graph, _each_type(graph, areas, _nearest_way_out), areas)

    @property
    def any_way_out(self) -> StepGraph:
        """The ways that are left to a robot inside whose nearest exit is blocked."""
        return self._with_bays(inside=False)

    @property
    def within(self) -> StepGraph:
        """The same with the bays inside, for a robot that finds no exit at all."""
        return self._with_bays(inside=True)

    def _with_bays(self, *, inside: bool) -> StepGraph:
        if inside not in self._wider:
            stays = _within if inside else _any_way_out
            self._wider[inside] = _each_type(self.before, self._areas, stays)
        return self._wider[inside]

    def is_inside(self, robot: RobotId, node: NodeId) -> bool:
        """Whether `node` is within a zone or floor that is closed to the robot."""
        return node in self._area(robot).nodes

    def stops(self, robot: Robot, hop: Hop) -> bool:
        """Whether a hop that is not released yet must not be: it leads into a closed place.

        One out of a lift never does: the robot is in the car.
        """
        if hop.kind is HopKind.ALIGHT:
            return False
        target = hop.target
        if hop.kind is HopKind.BOARD:
            target = next((h.target for h in robot.hops if h.sequence > hop.sequence), target)
        area = self._area(robot.id)
        return not area.admits(hop.origin, target, lane=hop.lane, lift=hop.lift)

    def leads_nearer(self, robot: RobotId, hop: Hop) -> bool:
        """Whether a drive is not within a closed place, or brings the robot nearer to its end."""
        if hop.kind is not HopKind.DRIVE or not self.is_inside(robot, hop.origin):
            return True
        return any(s.lane == hop.lane for s in self.graph.of_robot(robot).steps[hop.origin])

    def cut_off(self, where: Mapping[RobotId, NodeId]) -> CutOff:
        """Return what is cut off, and is not without closures, with robots standing `where`."""
        return self._cut_off(self.graph, where) - self._cut_off(self.before, where)

    def _cut_off(self, graph: StepGraph, where: Mapping[RobotId, NodeId]) -> CutOff:
        """Return what is not joined to the largest part of the stations, all with ways among them.

        A station that robots of one type get to is not cut off.
        """
        stations = {station.node: station.id for station in graph.hospital.stations.values()}
        lost: frozenset[StationId] | None = None
        stranded: set[RobotId] = set()
        for robot in sorted(where):
            own = graph.of_robot(robot)
            if id(own) not in self._parts:
                self._parts[id(own)] = _main_part(own, list(stations))
            main, leading = self._parts[id(own)]
            outside = frozenset(stations[node] for node in stations if node not in main)
            lost = outside if lost is None else lost & outside
            if where[robot] not in leading:
                stranded.add(robot)
        return CutOff(lost or frozenset(), frozenset(stranded))

    def _area(self, robot: RobotId) -> Area:
        spec = self.graph.hospital.robots.get(robot)
        return self._areas.get(spec.type if spec is not None else '', self._areas[''])


def _main_part(graph: StepGraph, stations: list[NodeId]) -> _Part:
    """Return the stations of the largest part, the first of equals, and where leads to them."""
    best, leading = frozenset[NodeId](), frozenset[NodeId]()
    left = dict.fromkeys(stations)
    while len(left) > len(best):
        one = next(iter(left))
        to = graph.leading_to(one, blocked=(), closed=())
        part = graph.led_to(one, blocked=(), closed=()) & to & left.keys()
        if len(part) > len(best):
            best, leading = frozenset(part), to
        for node in part:
            del left[node]
    return best, leading


_Stays = Callable[[Step], bool]


def _each_type(
    graph: StepGraph,
    areas: Mapping[str, Area],
    rule: Callable[[StepGraph, Area], _Stays],
) -> StepGraph:
    """Return the graph with the steps that stay by a rule, for each type of robots."""
    known: dict[tuple[int, Area], StepGraph] = {}
    found: dict[str, StepGraph] = {}
    for name, area in areas.items():
        own = graph.of_type(name)
        key = id(own), area
        if key not in known:
            alone = own.with_types({})
            known[key] = alone.only(rule(own, area)) if area != Area() else alone
        found[name] = known[key]
    whole = found.pop('')
    return whole.with_types(found)


def _within(graph: StepGraph, area: Area) -> _Stays:
    return lambda s: area.admits(s.origin, s.target, lane=s.lane, lift=s.lift)


def _any_way_out(graph: StepGraph, area: Area) -> _Stays:
    within, is_bay = _within(graph, area), graph.hospital.is_bay
    return lambda s: within(s) and not (s.target in area.nodes and is_bay(s.target))


def _nearest_way_out(graph: StepGraph, area: Area) -> _Stays:
    stays = _any_way_out(graph, area)
    if not area.nodes:
        return stays
    out = _times_out(graph, area.nodes, stays)

    def is_nearer(step: Step) -> bool:
        if not stays(step):
            return False
        if step.origin not in area.nodes:
            return True
        return step.target in out and out[step.target] < out.get(step.origin, 0)

    return is_nearer


def _times_out(graph: StepGraph, nodes: frozenset[NodeId], stays: _Stays) -> dict[NodeId, int]:
    """Return ms to leave `nodes` from each of them: to where a way leads to a bay outside.

    Those outside with such a way are 0. Who has none is missing. Dijkstra, backwards.
    """
    hospital = graph.hospital
    outside = [n for n in hospital.nodes if hospital.is_bay(n) and n not in nodes]
    best: dict[NodeId, int] = dict.fromkeys(outside, 0)
    heap: list[tuple[int, NodeId]] = [(0, node) for node in sorted(outside)]
    while heap:
        time, node = heapq.heappop(heap)
        if time > best[node]:
            continue
        for step in graph.back[node]:
            if not stays(step):
                continue
            reached = time + step.duration if step.origin in nodes else 0
            if reached < best.get(step.origin, reached + 1):
                best[step.origin] = reached
                if not hospital.is_bay(step.origin):
                    heapq.heappush(heap, (reached, step.origin))
    return best


def zone_place(floor: FloorId, zone: str) -> str:
    """Return the name of a zone as a place: floors may have zones of the same name."""
    return f'{floor}.{zone}'


def _zoned(
    hospital: Hospital, names: Collection[str]
) -> tuple[frozenset[NodeId], frozenset[LaneId]]:
    """Return the nodes in these zones, and the lanes that run through one."""
    compiled = compile_hospital(hospital)
    wanted = {number for number, zone in enumerate(_zones(hospital)) if zone in names}
    nodes = [
        node
        for place, node in enumerate(hospital.nodes)
        if not wanted.isdisjoint(compiled.zones_of(place))
    ]
    lanes = [
        lane
        for place, lane in enumerate(hospital.lanes, len(hospital.nodes))
        if not wanted.isdisjoint(compiled.zones_of(place))
    ]
    return frozenset(nodes), frozenset(lanes)


def _zones(hospital: Hospital) -> list[str]:
    """Return all zones by the number they have in a compiled map: floor by floor."""
    return [zone_place(f.id, zone.id) for f in hospital.floors.values() for zone in f.zones]


def exists(hospital: Hospital, kind: PlaceKind, place: str) -> bool:
    """Whether the map has the place."""
    if kind is PlaceKind.LANE:
        return LaneId(place) in hospital.lanes
    if kind is PlaceKind.LIFT:
        return LiftId(place) in hospital.lifts
    if kind is PlaceKind.FLOOR:
        return FloorId(place) in hospital.floors
    return place in _zones(hospital)
