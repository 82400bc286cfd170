"""A fleet that only plans and drives: no people, no lift controllers, no clock that matters.

Who moves next is the caller's choice, so that a test can delay anybody for as long as it likes.
"""

from __future__ import annotations

import os
from random import Random

from fleet_manager.domain.evolve import apply
from fleet_manager.domain.ids import (
    NodeId,
    ResourceId,
    RobotId,
    capacity,
    lane_resource,
    node_resource,
)
from fleet_manager.domain.maps.model import BAYS, Hospital
from fleet_manager.domain.messages import (
    Event,
    HopKind,
    HopsReleased,
    LegPlanned,
    NodeReached,
    Purpose,
    RobotPlaced,
)
from fleet_manager.domain.state import Claim, FleetState, Robot
from fleet_manager.domain.traffic import claims
from fleet_manager.domain.traffic.hindrances import Hindrances
from fleet_manager.domain.traffic.plan import plan_leg
from fleet_manager.domain.traffic.release import LOOKAHEAD
from fleet_manager.domain.traffic.retime import retime
from fleet_manager.domain.traffic.steps import StepGraph
from fleet_manager.domain.units import Instant

#: Fleets a property is tried on; `FLEET_EXAMPLES=100000` tries that many.
EXAMPLES = int(os.environ.get('FLEET_EXAMPLES', '300'))


class Fleet:
    """Robots standing in their home bays, to be planned, released and moved by hand."""

    def __init__(self, hospital: Hospital) -> None:
        self.hospital = hospital
        self.graph = StepGraph.of(hospital)
        self.state = FleetState()
        self.now = Instant(1_000_000)
        for spec in hospital.robots.values():
            home = node_resource(spec.home)
            place = (*self.graph.resources(home), *self.graph.limits(home))
            self.apply(RobotPlaced(spec.id, node=spec.home, claims=place))

    def apply(self, event: Event) -> None:
        apply(self.state, event, self.now)

    def robot(self, name: str) -> Robot:
        return self.state.robots[RobotId(name)]

    def bays(self) -> list[NodeId]:
        return [n.id for n in self.hospital.nodes.values() if n.kind in BAYS]

    # --- what the manager does  ---

    def plan(self, name: str, goal: str) -> LegPlanned | None:
        """Look for a leg; nothing is committed."""
        return plan_leg(
            self.state,
            self.graph,
            self.robot(name),
            goal=NodeId(goal),
            purpose=Purpose.PARK,
            now=self.now,
        )

    def send(self, name: str, goal: str, *, hindered: Hindrances | None = None) -> bool:
        """Plan and commit; False when there is no way."""
        leg = plan_leg(
            self.state,
            self.graph,
            self.robot(name),
            goal=NodeId(goal),
            purpose=Purpose.PARK,
            now=self.now,
            hindered=hindered or Hindrances(),
        )
        if leg is not None:
            self.apply(leg)
        return leg is not None

    def may_release(self, name: str) -> bool:
        robot = self.robot(name)
        hop = robot.next_hop()
        return (
            hop is not None
            and hop.sequence <= robot.done + LOOKAHEAD
            and claims.is_head(self.state.queues, robot.id, hop)
        )

    def release(self, name: str) -> None:
        robot = self.robot(name)
        hop = robot.next_hop()
        assert hop is not None
        self.apply(
            HopsReleased(robot.id, upto=hop.sequence, update=robot.update + 1, claims=hop.claims)
        )

    # --- what robots do  ---

    def may_finish(self, name: str) -> bool:
        robot = self.robot(name)
        return robot.done < robot.released

    def finish(self, name: str) -> None:
        """The robot comes to the end of the hop it drives."""
        robot = self.robot(name)
        hop = robot.hops[0]
        self.apply(NodeReached(robot.id, hop.sequence, hop.target, hop.frees))

    def moves(self) -> list[tuple[str, str]]:
        """Return all that could happen next: (what, robot)."""
        found = []
        for name in self.state.robots:
            if self.may_release(name):
                found.append(('release', str(name)))
            if self.may_finish(name):
                found.append(('finish', str(name)))
        return found

    def move(self, what: str, name: str) -> None:
        self.now = Instant(self.now + 700)
        (self.release if what == 'release' else self.finish)(name)

    def run_dry(self, rng: Random | None = None) -> None:
        """Let everybody drive until nobody can; at random, or always the same one first."""
        while moves := self.moves():
            self.move(*(rng.choice(moves) if rng is not None else moves[0]))

    # --- what must hold  ---

    def drive_order(self) -> list[str]:
        return [str(r.id) for r in self.state.robots.values() if r.hops]

    def held(self) -> dict[ResourceId, list[RobotId]]:
        """Return who holds what: by released hops, or by standing there."""
        found: dict[ResourceId, list[RobotId]] = {}
        for resource, queue in self.state.queues.items():
            for claim in queue:
                if self._is_taken(claim):
                    found.setdefault(resource, []).append(claim.robot)
        return found

    def _is_taken(self, claim: Claim) -> bool:
        return claim.taken_by <= self.state.robots[claim.robot].released

    def check(self) -> None:
        """Assert I1 to I4, I8 and I10 of the design on the state as it is."""
        times = retime(self.state, self.now)  # raises on a cycle: I2
        for resource, queue in self.state.queues.items():
            spans = [(times.taken(claim), times.freed(claim)) for claim in queue]
            for taken, _ in spans:
                at_once = sum(start <= taken < end for start, end in spans)
                assert at_once <= capacity(resource), f'I1: planned claims overlap on {resource}'
            if capacity(resource) == 1:
                assert spans == sorted(spans), f'claims on {resource} are out of order'
        for resource, holders in self.held().items():
            assert len(holders) <= capacity(resource), f'I1: {holders} hold {resource}'
            front = [claim.robot for claim in self.state.queues[resource][: len(holders)]]
            assert capacity(resource) > 1 or front == holders
        assert self.moves() or not self.drive_order(), 'I3: nobody can move'
        goals = [robot.goal for robot in self.state.robots.values()]
        assert len(set(goals)) == len(goals), 'I4: two robots end in one bay'
        for robot in self.state.robots.values():
            end = robot.hops[-1].target if robot.hops else robot.node
            assert end == robot.goal
            assert self.hospital.is_bay(end), f'I4: {robot.id} ends on {end}'
            last = self.state.queues[node_resource(end)][-1]
            assert (last.robot, last.freed_by) == (robot.id, 0)
            self._check_hops(robot)

    def _check_hops(self, robot: Robot) -> None:
        held = self.held()
        for hop in robot.hops:
            if hop.kind is HopKind.BOARD:
                leave = robot.hops[robot.hops.index(hop) + 1]
                assert node_resource(leave.target) in hop.claims
                if hop.sequence <= robot.released:
                    assert held[node_resource(leave.target)] == [robot.id], 'I8'
        if robot.done < robot.released and robot.hops[0].lane:
            lane = lane_resource(robot.hops[0].lane)  # type: ignore[arg-type]
            assert held[lane] == [robot.id], 'I10: somebody else is on the lane'
