"""The navigation graph as steps a robot can take: lanes, and rides from lobby to lobby.

What a robot holds on a place is the place itself and, where another place is so close that two
robots would touch, what the two share: one resource for each such pair.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast

from fleet_manager.domain.ids import (
    DoorId,
    FloorId,
    LiftId,
    NodeId,
    ResourceId,
    RobotId,
    car_resource,
    lane_resource,
    node_resource,
)
from fleet_manager.domain.lifts.rating import lifts_of_type
from fleet_manager.domain.maps.compile import compile_hospital, limits
from fleet_manager.domain.maps.conflicts import types_on
from fleet_manager.domain.maps.model import Hospital, Lane, Lift, LiftStop
from fleet_manager.domain.traffic import durations
from fleet_manager.domain.units import FOREVER, Millis

#: Goals whose times are remembered: more than a large hospital has stations and bays. With 2,000
#: nodes they are 16 KB each.
MAX_GOALS: Final = 1_024
#: Places robots start from whose times are remembered, 16 KB each with 2,000 nodes.
MAX_STARTS: Final = 256
#: Answers about what can be reached past what stands still; with 2,000 nodes up to 128 KB each.
MAX_CUT: Final = 128

#: How long it takes until a lane may be driven: no car has to come first.
AT_ONCE: Final = Millis(0)

#: What is held on a place beside the place itself.
Shared = Mapping[ResourceId, tuple[ResourceId, ...]]
_Steps = Mapping[NodeId, tuple['Step', ...]]
#: By the number of a node: the numbers of those next to it, and the time to them.
_Net = tuple[tuple[tuple[int, int], ...], ...]
_Key = TypeVar('_Key')
_Value = TypeVar('_Value')


@dataclass(frozen=True, slots=True)
class Step:
    """From `origin` to `target`: over `lane`, or by `lift`.

    `leave` is the time until the place behind is free again, `duration` until the robot stands on
    the target. Over a lane both are the same; a waiting cell is free once the robot is inside the
    lift. `call` is the part of both in which the car comes from its farthest stop. `held` is
    claimed from start to end beside `place`, which is the target node; `number` is that of the
    target among the nodes.
    """

    origin: NodeId
    target: NodeId
    held: ResourceId
    place: ResourceId
    number: int
    leave: Millis
    duration: Millis
    lane: str = ''
    door: str = ''
    lift: str = ''
    call: Millis = AT_ONCE


class Times(Mapping[NodeId, int]):
    """Shortest times in ms between one node and each other. Where there is no way, none."""

    __slots__ = ('_number', 'ms')

    def __init__(self, number: Mapping[NodeId, int], ms: array[int]) -> None:
        self._number = number
        #: By the number of the node, -1 where there is no way.
        self.ms = ms

    def __getitem__(self, node: NodeId) -> int:
        ms = self.ms[self._number[node]]
        if ms < 0:
            raise KeyError(node)
        return ms

    def __contains__(self, node: object) -> bool:
        number = self._number.get(cast(NodeId, node))
        return number is not None and self.ms[number] >= 0

    def __iter__(self) -> Iterator[NodeId]:
        return (node for node, number in self._number.items() if self.ms[number] >= 0)

    def __len__(self) -> int:
        return sum(ms >= 0 for ms in self.ms)


@dataclass(frozen=True, slots=True)
class StepGraph:
    """Every step from every node, and where it leads back: computed once for a hospital.

    Make it with `StepGraph.of`, and ask `of_robot` for the steps a certain robot may take.
    """

    hospital: Hospital
    steps: _Steps
    back: _Steps
    shared: Shared
    zones: Shared
    _of_type: Mapping[str, StepGraph]
    _number: Mapping[NodeId, int]
    #: Nodes no route passes through.
    bays: frozenset[NodeId]
    #: The lifts at nodes where one waits for them.
    lifted: Mapping[NodeId, tuple[LiftId, ...]]
    _times: dict[NodeId, Times] = field(default_factory=dict, compare=False)
    _least: dict[NodeId, Times] = field(default_factory=dict, compare=False)
    _from: dict[NodeId, Times] = field(default_factory=dict, compare=False)
    _cut: dict[object, frozenset[NodeId]] = field(default_factory=dict, compare=False)
    _called: dict[tuple[NodeId, tuple[FloorId | None, ...]], tuple[Step, ...]] = field(
        default_factory=dict, compare=False
    )
    _nets: dict[tuple[bool, bool], _Net] = field(default_factory=dict, compare=False)
    #: Places in words, as far as they were asked for; see traffic/explain.py.
    names: dict[tuple[ResourceId, FloorId], Any] = field(default_factory=dict, compare=False)
    #: What others compute once of these ways, by its name.
    kept: dict[str, Any] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, hospital: Hospital) -> StepGraph:
        """Build the steps of `hospital`, in the order of its files. Raises MapError."""
        shared = MappingProxyType(compile_hospital(hospital).shared())
        zones = MappingProxyType(limits(hospital))
        known: dict[tuple[tuple[str, ...], tuple[str, ...]], StepGraph] = {}
        of_type: dict[str, StepGraph] = {}
        for name in hospital.types:
            lanes = [one for one in hospital.lanes.values() if name in types_on(hospital, one)]
            lifts = lifts_of_type(hospital, name)
            ids = tuple(lane.id for lane in lanes), tuple(lifts)
            if len(lanes) < len(hospital.lanes) or len(lifts) < len(hospital.lifts):
                if ids not in known:
                    steps = _steps(hospital, lanes, lifts)
                    known[ids] = cls._with(hospital, shared, zones, steps, {})
                of_type[name] = known[ids]
        steps = _steps(hospital, hospital.lanes.values(), hospital.lifts)
        return cls._with(hospital, shared, zones, steps, of_type)

    @classmethod
    def _with(
        cls,
        hospital: Hospital,
        shared: Shared,
        zones: Shared,
        steps: _Steps,
        of_type: Mapping[str, StepGraph],
    ) -> StepGraph:
        back: dict[NodeId, list[Step]] = {node: [] for node in hospital.nodes}
        for options in steps.values():
            for step in options:
                back[step.target].append(step)
        return cls(
            hospital,
            MappingProxyType(dict(steps)),
            MappingProxyType({node: tuple(those) for node, those in back.items()}),
            shared,
            zones,
            MappingProxyType(dict(of_type)),
            {node: number for number, node in enumerate(hospital.nodes)},
            frozenset(node for node in hospital.nodes if hospital.is_bay(node)),
            {
                node: tuple(dict.fromkeys(LiftId(step.lift) for step in those if step.lift))
                for node, those in steps.items()
                if any(step.lift for step in those)
            },
        )

    def of_robot(self, robot: RobotId) -> StepGraph:
        """Return the graph of the lanes and lifts that robots of its type may use."""
        spec = self.hospital.robots.get(robot)
        return self._of_type.get(spec.type, self) if spec is not None else self

    def of_type(self, name: str) -> StepGraph:
        """Return the graph of the lanes that robots of this type may use."""
        return self._of_type.get(name, self)

    def with_types(self, of_type: Mapping[str, StepGraph]) -> StepGraph:
        """Return the graph with other steps for robots of these types."""
        return replace(self, _of_type=MappingProxyType(dict(of_type)), _times={}, _cut={}, kept={})

    def only(self, stays: Callable[[Step], bool]) -> StepGraph:
        """Return the graph with some of its steps, of all types of robots."""
        of_type = {name: graph.only(stays) for name, graph in self._of_type.items()}
        steps = {node: tuple(filter(stays, those)) for node, those in self.steps.items()}
        return self._with(self.hospital, self.shared, self.zones, steps, of_type)

    def resources(self, place: ResourceId) -> tuple[ResourceId, ...]:
        """Return what a robot on `place` holds: it, and what it shares with places too close."""
        return (place, *self.shared.get(place, ()))

    def out_of_car(self, lift: LiftId, floor: FloorId) -> StepGraph:
        """Return the graph with a step out of a car onto a floor: for one robot that is inside.

        It claims the car's node, which nobody else ever does, instead of the car it has already.
        """
        own = self.hospital.lifts[lift]
        leave = durations.ride(self.hospital, own, floor, floor)
        out = own.stop(floor).exit
        step = Step(
            own.car,
            out,
            held=node_resource(own.car),
            place=node_resource(out),
            number=self._number[out],
            leave=leave,
            duration=leave,
        )
        steps = {**self.steps, own.car: (step,)}
        return self._with(self.hospital, self.shared, self.zones, steps, {})

    def limits(self, place: ResourceId) -> tuple[ResourceId, ...]:
        """Return the zones with a limit that a robot on `place` is in: held once, all through."""
        return self.zones.get(place, ())

    def may_pass(self, node: NodeId, *, start: NodeId, goal: NodeId) -> bool:
        """Whether a route may touch `node`: bays only at its ends."""
        return node not in self.bays or node in (start, goal)

    def number_of(self, node: NodeId) -> int:
        """Return the number of a node, as in `Step.number` and `Times.ms`."""
        return self._number[node]

    def times_to(self, goal: NodeId) -> Times:
        """Return the shortest time in ms from each node to `goal` on an empty floor.

        Dijkstra over the steps backwards; bays are never passed through. Nodes that cannot reach
        the goal are missing, and so are the cars of lifts. Remembered for `MAX_GOALS` goals.
        """
        found = self._times.get(goal)
        if found is None:
            found = self._dijkstra(goal, back=True)
            _remember(self._times, goal, found, MAX_GOALS)
        return found

    def least_to(self, goal: NodeId) -> Times:
        """Return `times_to` where every car stands at the floor already: never more than it takes.

        For a search that knows where the cars are. Remembered for `MAX_GOALS` goals.
        """
        found = self._least.get(goal)
        if found is None:
            found = self._dijkstra(goal, back=True, calls=False)
            _remember(self._least, goal, found, MAX_GOALS)
        return found

    def called(self, node: NodeId, cars: Mapping[LiftId, FloorId]) -> tuple[Step, ...]:
        """Return the steps from a node as they take from where the cars are."""
        at = tuple([cars.get(lift) for lift in self.lifted[node]])
        found = self._called.get((node, at))
        if found is None:
            found = tuple(
                self.ride(step, cars) if step.lift else step for step in self.steps[node]
            )
            self._called[node, at] = found
        return found

    def ride(self, step: Step, cars: Mapping[LiftId, FloorId]) -> Step:
        """Return a step by lift as it takes from where the car is, if that is known."""
        lift = LiftId(step.lift)
        if lift not in cars:
            return step
        floor = self.hospital.nodes[step.origin].floor
        comes = durations.travel(self.hospital, self.hospital.lifts[lift], cars[lift], floor)
        sooner = step.call - comes
        return replace(
            step,
            leave=Millis(step.leave - sooner),
            duration=Millis(step.duration - sooner),
            call=comes,
        )

    def times_from(self, start: NodeId) -> Times:
        """Return the shortest time in ms from `start` to each node, as `times_to` reckons it.

        Remembered for `MAX_STARTS` starts: robots wait in the same places again and again.
        """
        found = self._from.get(start)
        if found is None:
            found = self._dijkstra(start, back=False)
            _remember(self._from, start, found, MAX_STARTS)
        return found

    def leading_to(
        self, goal: NodeId, *, blocked: Collection[ResourceId], closed: Collection[LiftId]
    ) -> frozenset[NodeId]:
        """Return the nodes from which `goal` can be reached, itself among them unless blocked.

        Over no place of which anything is blocked, through no closed lift and no bay. One may be
        on a blocked node. Remembered for `MAX_CUT` questions.
        """
        question = (goal, frozenset(blocked), frozenset(closed))
        found = self._cut.get(question)
        if found is None:
            shut = self._shut(blocked)
            found = frozenset()
            if node_resource(goal) not in shut:
                found = self._flood(goal, shut, closed, back=True)
            _remember(self._cut, question, found, MAX_CUT)
        return found

    def led_to(
        self, start: NodeId, *, blocked: Collection[ResourceId], closed: Collection[LiftId]
    ) -> frozenset[NodeId]:
        """Return the nodes that can be reached from `start`, past the same as in `leading_to`."""
        shut = self._shut(blocked)
        found = self._flood(start, shut, closed, back=False)
        return frozenset(node for node in found if node_resource(node) not in shut)

    def _shut(self, blocked: Collection[ResourceId]) -> frozenset[ResourceId]:
        """Return the places of which anything is blocked."""
        near = (
            place for place, pairs in self.shared.items() if not set(pairs).isdisjoint(blocked)
        )
        return frozenset(blocked).union(near)

    def _flood(
        self, root: NodeId, shut: Collection[ResourceId], closed: Collection[LiftId], *, back: bool
    ) -> frozenset[NodeId]:
        """Return where steps lead to, or back to. Ends at bays and on what is shut, there too."""
        ways, found, ahead = self.back if back else self.steps, {root}, [root]
        while ahead:
            for step in ways[ahead.pop()]:
                node = step.origin if back else step.target
                if node in found or step.held in shut or step.lift in closed:
                    continue
                found.add(node)
                if node_resource(node) not in shut and node not in self.bays:
                    ahead.append(node)
        return frozenset(found)

    def _dijkstra(self, root: NodeId, *, back: bool, calls: bool = True) -> Times:
        """Return the shortest times. Entries of the heap are a time and a node in one number."""
        net, first = self._net(back, calls), self._number[root]
        bits = len(net).bit_length()
        mask, never = (1 << bits) - 1, int(FOREVER)
        best = [never] * len(net)
        best[first] = 0
        ways, heap = net[first] or self._out_of(root, back, calls), [first]
        while heap:
            time, node = heap[0] >> bits, heapq.heappop(heap) & mask
            if time > best[node]:
                continue
            for then, span in net[node] if node != first else ways:
                reached = time + span
                if reached < best[then]:
                    best[then] = reached
                    heapq.heappush(heap, reached << bits | then)
        return Times(self._number, array('q', [ms if ms < never else -1 for ms in best]))

    def _net(self, back: bool, calls: bool) -> _Net:
        """Return the steps from each node as plain numbers; from a bay none leads on."""
        net = self._nets.get((back, calls))
        if net is None:
            net = self._nets[back, calls] = tuple(
                () if node in self.bays else self._out_of(node, back, calls)
                for node in self._number
            )
        return net

    def _out_of(self, node: NodeId, back: bool, calls: bool) -> tuple[tuple[int, int], ...]:
        return tuple(
            (
                self._number[step.origin] if back else step.number,
                step.duration if calls else step.duration - step.call,
            )
            for step in (self.back if back else self.steps)[node]
        )


def _remember(memory: dict[_Key, _Value], key: _Key, value: _Value, limit: int) -> None:
    """Keep an answer; the oldest one goes when there are too many."""
    if len(memory) >= limit:
        del memory[next(iter(memory))]
    memory[key] = value


def _steps(hospital: Hospital, lanes: Collection[Lane], lifts: Collection[LiftId]) -> _Steps:
    steps: dict[NodeId, list[Step]] = {node: [] for node in hospital.nodes}
    number = {node: count for count, node in enumerate(hospital.nodes)}
    for lane in lanes:
        door = hospital.doors[DoorId(lane.door)] if lane.door else None
        on_request = lane.door if door is not None and door.automatic else ''
        time = durations.drive(lane, waits=bool(on_request))
        for a, b in ((lane.a, lane.b), (lane.b, lane.a)):
            if a == lane.b and lane.one_way:
                continue
            steps[a].append(
                Step(
                    a,
                    b,
                    held=lane_resource(lane.id),
                    place=node_resource(b),
                    number=number[b],
                    leave=time,
                    duration=time,
                    lane=lane.id,
                    door=on_request,
                )
            )
    for lift in (hospital.lifts[name] for name in lifts):
        for start in lift.stops:
            for end in lift.stops:
                if start.floor != end.floor:
                    steps[start.wait].append(_ride(hospital, lift, start, end, number[end.exit]))
    return {node: tuple(those) for node, those in steps.items()}


def _ride(hospital: Hospital, lift: Lift, start: LiftStop, end: LiftStop, number: int) -> Step:
    inside = durations.call(hospital, lift, start.floor)
    out = durations.ride(hospital, lift, start.floor, end.floor)
    return Step(
        start.wait,
        end.exit,
        held=car_resource(lift.id),
        place=node_resource(end.exit),
        number=number,
        leave=inside,
        duration=Millis(inside + out),
        lift=lift.id,
        call=durations.comes(hospital, lift, start.floor),
    )
