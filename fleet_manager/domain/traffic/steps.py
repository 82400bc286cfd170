"""The navigation graph as steps a robot can take: lanes, and rides from lobby to lobby."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from fleet_manager.domain.ids import (
    LiftId,
    NodeId,
    ResourceId,
    car_resource,
    lane_resource,
    node_resource,
)
from fleet_manager.domain.maps.model import Hospital, Lift, LiftStop
from fleet_manager.domain.traffic import durations
from fleet_manager.domain.units import Millis


@dataclass(frozen=True, slots=True)
class Step:
    """From `origin` to `target`: over `lane`, or by `lift`.

    `leave` is the time until the place behind is free again, `duration` until the robot stands on
    the target. Over a lane both are the same; a waiting cell is free once the robot is inside the
    lift. `held` is claimed from start to end beside the target node.
    """

    origin: NodeId
    target: NodeId
    held: ResourceId
    leave: Millis
    duration: Millis
    lane: str = ''
    door: str = ''
    lift: str = ''


@dataclass(frozen=True, slots=True)
class StepGraph:
    """Every step from every node, and where it leads back: computed once for a hospital."""

    hospital: Hospital
    steps: Mapping[NodeId, tuple[Step, ...]]
    back: Mapping[NodeId, tuple[Step, ...]]
    _times: dict[NodeId, Mapping[NodeId, int]] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, hospital: Hospital) -> StepGraph:
        """Build the steps of `hospital`, in the order of its files."""
        steps: dict[NodeId, list[Step]] = {node: [] for node in hospital.nodes}
        for lane in hospital.lanes.values():
            for a, b in ((lane.a, lane.b), (lane.b, lane.a)):
                time = durations.drive(lane)
                held = lane_resource(lane.id)
                steps[a].append(
                    Step(
                        a,
                        b,
                        held,
                        leave=time,
                        duration=time,
                        lane=lane.id,
                        door=lane.door,
                    )
                )
        for lift in hospital.lifts.values():
            for start in lift.stops:
                for end in lift.stops:
                    if start.floor != end.floor:
                        steps[start.wait].append(_ride(hospital, lift, start, end))
        back: dict[NodeId, list[Step]] = {node: [] for node in hospital.nodes}
        for options in steps.values():
            for step in options:
                back[step.target].append(step)
        return cls(
            hospital,
            MappingProxyType({node: tuple(s) for node, s in steps.items()}),
            MappingProxyType({node: tuple(s) for node, s in back.items()}),
        )

    def may_pass(self, node: NodeId, *, start: NodeId, goal: NodeId) -> bool:
        """Whether a route may touch `node`: bays only at its ends."""
        return node in (start, goal) or not self.hospital.is_bay(node)

    def times_to(self, goal: NodeId) -> Mapping[NodeId, int]:
        """Return the shortest time in ms from each node to `goal` on an empty floor.

        Dijkstra over the steps backwards; bays are never passed through. Nodes that cannot reach
        the goal are missing, and so are the cars of lifts. Computed once a goal.
        """
        if goal not in self._times:
            self._times[goal] = MappingProxyType(self._dijkstra(goal))
        return self._times[goal]

    def leading_to(
        self, goal: NodeId, *, blocked: Collection[ResourceId], closed: Collection[LiftId]
    ) -> frozenset[NodeId]:
        """Return the nodes from which `goal` can be reached, itself among them unless blocked.

        Over no blocked place, through no closed lift and no bay. One may be on a blocked node.
        """
        if node_resource(goal) in blocked:
            return frozenset()
        found, ahead = {goal}, [goal]
        while ahead:
            node = ahead.pop()
            for step in self.back[node]:
                if step.origin in found or step.held in blocked or step.lift in closed:
                    continue
                found.add(step.origin)
                passable = node_resource(step.origin) not in blocked
                if passable and not self.hospital.is_bay(step.origin):
                    ahead.append(step.origin)
        return frozenset(found)

    def _dijkstra(self, goal: NodeId) -> dict[NodeId, int]:
        best = {goal: 0}
        heap: list[tuple[int, NodeId]] = [(0, goal)]
        while heap:
            time, node = heapq.heappop(heap)
            if time > best[node] or (node != goal and self.hospital.is_bay(node)):
                continue
            for step in self.back[node]:
                reached = time + step.duration
                if reached < best.get(step.origin, reached + 1):
                    best[step.origin] = reached
                    heapq.heappush(heap, (reached, step.origin))
        return best


def _ride(hospital: Hospital, lift: Lift, start: LiftStop, end: LiftStop) -> Step:
    inside = durations.call(hospital, lift, start.floor)
    out = durations.ride(hospital, lift, start.floor, end.floor)
    return Step(
        start.wait,
        end.exit,
        car_resource(lift.id),
        leave=inside,
        duration=Millis(inside + out),
        lift=lift.id,
    )
