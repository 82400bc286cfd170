"""A hospital as the arrays the search works on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

import numpy as np

from fleet_manager.domain.ids import LaneId, LiftId, NodeId, ResourceId, capacity, node_resource
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.traffic import durations
from fleet_manager.domain.traffic.planner.kernel import NEVER, Ints, Net
from fleet_manager.domain.traffic.steps import Step, StepGraph
from fleet_manager.domain.units import millis

#: Networks that are remembered: the one in use, and the one a map is swapped for.
_REMEMBERED: Final = 2

_remembered: dict[str, Network] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """What `Net` says in numbers, and whose numbers they are. Make it with `Network.of`.

    `steps` are in the order of the arrays. `kinds` are the groups of types of robots that may use
    the same lanes, 0 for those that may use all; types in no other group are missing.
    """

    hospital: Hospital
    graph: StepGraph
    net: Net
    nodes: tuple[NodeId, ...]
    number: dict[NodeId, int]
    steps: tuple[Step, ...]
    kinds: dict[str, int]
    #: Shortest times to goals that were asked for before, by goal and kind.
    far: dict[tuple[int, int], Ints] = field(default_factory=dict)

    @classmethod
    def of(cls, hospital: Hospital) -> Network:
        """Return the network of a hospital, made once a version. Raises MapError."""
        found = _remembered.get(hospital.version)
        if found is None or found.hospital != hospital:
            found = _build(hospital)
            _remembered.pop(hospital.version, None)
            _remembered[hospital.version] = found
            while len(_remembered) > _REMEMBERED:
                del _remembered[next(iter(_remembered))]
        return found

    def kind_of(self, robot: str, robot_type: str) -> int:
        """Return the group of a robot: of its type, or of the hospital's robot of this name."""
        spec = self.hospital.robots.get(robot)  # type: ignore[call-overload]
        name = robot_type or (spec.type if spec is not None else '')
        return self.kinds.get(name, 0)


def ride_time(hospital: Hospital, step: Step) -> int:
    """Return the ms from where a car is at the floor of a ride until one stands in the exit cell.

    The doors open, the robot drives in, the car travels, and the robot drives out.
    """
    lift = hospital.lifts[LiftId(step.lift)]
    start, end = hospital.nodes[step.origin].floor, hospital.nodes[step.target].floor
    inside = millis(lift.door_time) + millis(durations.THRESHOLD_SECONDS)
    return inside + durations.ride(hospital, lift, start, end)


def _build(hospital: Hospital) -> Network:
    graph = StepGraph.of(hospital)
    nodes = tuple(hospital.nodes)
    number = {node: count for count, node in enumerate(nodes)}
    lanes = {lane: len(nodes) + count for count, lane in enumerate(hospital.lanes)}
    lifts = {lift: count for count, lift in enumerate(hospital.lifts)}
    floors = {floor: count for count, floor in enumerate(hospital.floors)}
    steps = tuple(chain.from_iterable(graph.steps[node] for node in nodes))
    back: list[list[int]] = [[] for _ in nodes]
    for count, step in enumerate(steps):
        back[number[step.target]].append(count)
    kinds, open_to = _kinds(graph, steps)
    place_of = {node_resource(node): count for node, count in number.items()}
    place_of |= {step.held: lanes[LaneId(step.lane)] for step in steps if step.lane}
    places = len(nodes) + len(lanes)
    zones, zone_rows = _zones(graph, place_of, places)

    def floor_of(node: NodeId) -> int:
        return floors[hospital.nodes[node].floor]

    columns = (
        [number[step.target] for step in steps],
        [lanes[LaneId(step.lane)] if step.lane else -1 for step in steps],
        [ride_time(hospital, step) if step.lift else step.duration for step in steps],
        [lifts[LiftId(step.lift)] if step.lift else -1 for step in steps],
        [floor_of(step.origin) if step.lift else -1 for step in steps],
        [floor_of(step.target) if step.lift else -1 for step in steps],
        [number[step.origin] for step in steps],
    )
    near = _near(graph, place_of, places)
    net = Net(
        first=_starts(len(graph.steps[node]) for node in nodes),
        step=_columns(columns),
        back_first=_starts(map(len, back)),
        back=_ints(chain.from_iterable(back)),
        open=open_to,
        bay=_ints(hospital.is_bay(node) for node in nodes),
        near_first=_starts(map(len, near)),
        near=_ints(chain.from_iterable(near)),
        zone_first=_starts(map(len, zone_rows)),
        zone=_ints(chain.from_iterable(zone_rows)),
        limit=_ints(map(capacity, zones)),
        travel=_travel(hospital),
        farthest=_farthest(hospital),
        door=_ints(millis(lift.door_time) for lift in hospital.lifts.values()),
        board=_ints([millis(durations.THRESHOLD_SECONDS)]),
        **_lobbies(hospital, graph, number),
    )
    return Network(hospital, graph, net, nodes, number, steps, kinds)


def _ints(values: Iterable[int]) -> Ints:
    return np.array([int(value) for value in values], dtype=np.int64)


def _columns(columns: Iterable[Iterable[int]]) -> Ints:
    return np.ascontiguousarray(np.stack([_ints(column) for column in columns], axis=1))


def _starts(sizes: Iterable[int]) -> Ints:
    return np.concatenate([[0], np.cumsum(_ints(sizes))]).astype(np.int64)


def _kinds(graph: StepGraph, steps: Sequence[Step]) -> tuple[dict[str, int], Ints]:
    """Return the group of each type, and (groups, S): 1 where it may take a step."""
    every = tuple(bool(step) for step in steps)
    groups: dict[tuple[bool, ...], int] = {every: 0}
    kinds: dict[str, int] = {}
    for name in graph.hospital.types:
        own = graph.of_type(name)
        allowed = {id(step): step in own.steps[step.origin] for step in steps}
        rows = tuple(allowed[id(step)] for step in steps)
        kinds[name] = groups.setdefault(rows, len(groups))
    return kinds, np.array(list(groups), dtype=np.int64)


def _near(graph: StepGraph, place_of: dict[ResourceId, int], places: int) -> list[list[int]]:
    """Return, for each place, those on which another robot would touch one on it."""
    members: dict[ResourceId, list[int]] = {}
    for place, pairs in graph.shared.items():
        for pair in pairs:
            members.setdefault(pair, []).append(place_of[place])
    near: list[list[int]] = [[] for _ in range(places)]
    for place, pairs in graph.shared.items():
        own = place_of[place]
        found = {other for pair in pairs for other in members[pair] if other != own}
        near[own] = sorted(found)
    return near


def _zones(
    graph: StepGraph, place_of: dict[ResourceId, int], places: int
) -> tuple[tuple[ResourceId, ...], list[list[int]]]:
    """Return the zones with a limit, and for each place the numbers of those it lies in."""
    zones = tuple(dict.fromkeys(zone for those in graph.zones.values() for zone in those))
    rows: list[list[int]] = [[] for _ in range(places)]
    for place, those in graph.zones.items():
        rows[place_of[place]] = [zones.index(zone) for zone in those]
    return zones, rows


def _travel(hospital: Hospital) -> Ints:
    """Return (K, F, F) ms between two floors; 0 where the lift does not stop."""
    floors = {floor: count for count, floor in enumerate(hospital.floors)}
    found = np.zeros((len(hospital.lifts), len(floors), len(floors)), np.int64)
    for count, lift in enumerate(hospital.lifts.values()):
        for one in lift.stops:
            for other in lift.stops:
                way = floors[one.floor], floors[other.floor]
                found[count, *way] = durations.travel(hospital, lift, one.floor, other.floor)
    return found


def _farthest(hospital: Hospital) -> Ints:
    """Return (K, F) ms until the car is at a floor when nobody knows where it is."""
    travel = _travel(hospital)
    return travel.max(axis=1) if travel.size else travel[:, 0]


def _lobbies(hospital: Hospital, graph: StepGraph, number: dict[NodeId, int]) -> dict[str, Ints]:
    """Return the floor of each node, -1 for cars, its number there, and the ways to lobbies."""
    names = list(hospital.floors)
    floor = [names.index(node.floor) if node.floor else -1 for node in hospital.nodes.values()]
    on: list[list[NodeId]] = [[] for _ in names]
    local = []
    for node, where in zip(hospital.nodes, floor, strict=True):
        local.append(len(on[where]))
        if where >= 0:
            on[where].append(node)
    lobby: list[list[NodeId]] = [[] for _ in names]
    for lift in hospital.lifts.values():
        for stop in lift.stops:
            lobby[names.index(stop.floor)].append(stop.wait)
    waits = [wait for those in lobby for wait in those]
    walk = np.full((len(waits), max(map(len, on), default=0)), NEVER, np.int64)
    lanes = graph.only(lambda step: not step.lift)
    for row, wait in enumerate(waits):
        for node, time in lanes.times_to(wait).items():
            walk[row, local[number[node]]] = time
    return {
        'floor': _ints(floor),
        'local': _ints(local),
        'lobby_first': _starts(map(len, lobby)),
        'lobby': _ints(number[wait] for wait in waits),
        'walk': walk,
    }
