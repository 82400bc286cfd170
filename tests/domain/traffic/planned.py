"""Plans in tests, looked at without the help of what made them."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from random import Random
from typing import Final

from fleet_manager.domain.ids import NodeId, ResourceId, RobotId, capacity
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Hop
from fleet_manager.domain.traffic import claims
from fleet_manager.domain.traffic.execution import (
    Execution,
    Ways,
    arcs,
    overlaps,
    queues_of,
)
from fleet_manager.domain.traffic.planner.model import Instance, Plan, RobotPlan, Task
from fleet_manager.domain.traffic.planner.network import Network
from fleet_manager.domain.traffic.planner.planner import Planner

#: `FLEET_EXAMPLES=100000` tries that many instead of the usual thousand.
EXAMPLES: Final = int(os.environ.get('FLEET_EXAMPLES', '1000'))


def instance_of(wishes: Mapping[str, tuple[str, str]]) -> Instance:
    """Return what is to be planned for robots with these starts and goals."""
    return Instance(tuple(Task(robot, NodeId(a), NodeId(b)) for robot, (a, b) in wishes.items()))


def planner_of(hospital: Hospital, instance: Instance, *, seed: int = 1) -> Planner:
    return Planner(Network.of(hospital), instance, seed=seed)


# --- what must hold  ---


def assert_plan_is_valid(hospital: Hospital, instance: Instance, plan: Plan) -> None:
    """Assert P1 from the hops alone: who goes where, and that claims never meet (I1, I4)."""
    tasks = {task.robot: task for task in instance.tasks}
    planned = [robot.robot for robot in plan.robots]
    assert sorted([*planned, *plan.unsolved]) == sorted(tasks)
    assert all(plan.unsolved.values()), 'whoever stays is told why'
    spans: dict[ResourceId, list[tuple[int, int, str]]] = {}
    for name in plan.unsolved:
        spans[ResourceId(f'node:{tasks[name].start}')] = [(0, 1 << 50, name)]
    for robot in plan.robots:
        task = tasks[robot.robot]
        at, now = task.start, task.start_at
        for hop in robot.hops:
            assert (hop.origin, bool(hop.lane)) == (at, not hop.lift)
            assert now <= hop.start < hop.leave <= hop.end
            assert not hospital.is_bay(hop.target) or hop.target == task.goal
            at, now = hop.target, hop.end
        assert at == task.goal, 'I4'
        assert hospital.is_bay(at), 'I4'
        for resource, taken, freed in claims_of(robot):
            spans.setdefault(resource, []).append((taken, freed, robot.robot))
    for resource, those in spans.items():
        assert_room(resource, sorted(those))
    assert plan.cost == sum(robot.arrival - robot.start_at for robot in plan.robots)


def assert_room(resource: ResourceId, spans: Sequence[tuple[int, int, str]]) -> None:
    """Assert that never more robots have a resource than its capacity."""
    here: list[tuple[int, int, str]] = []
    for span in spans:
        here = [*(one for one in here if one[1] > span[0]), span]
        assert len({who for _, _, who in here}) <= capacity(resource), f'{resource}: {here}'


def claims_of(robot: RobotPlan) -> list[tuple[ResourceId, int, int]]:
    """Return what a robot has from when to when: the rule of a hop, read from its hops."""
    taken = dict.fromkeys(robot.stands, 0)
    found = []
    for hop in robot.hops:
        assert not taken.keys() & set(hop.claims), 'nobody claims what it has'
        taken |= dict.fromkeys(hop.claims, hop.start)
        assert f'node:{hop.target}' in taken, 'the target is claimed before the hop starts'
        assert f'lane:{hop.lane}' in taken or f'car:{hop.lift}' in taken
        for places, at in ((hop.left, hop.leave), (hop.frees, hop.end)):
            found += [(place, taken.pop(place), at) for place in places if place in taken]
    assert f'node:{robot.goal}' in taken
    return found + [(place, since, 1 << 50) for place, since in taken.items()]


def assert_acyclic(ways: Ways) -> None:
    """Assert I2: nobody waits for whom it holds up."""
    graph: dict[tuple[RobotId, int], set[tuple[RobotId, int]]] = {}
    for before, after in arcs(ways, queues_of(ways)):
        graph.setdefault(after, set()).add(before)
    TopologicalSorter(graph).prepare()  # raises CycleError


def assert_driven(hospital: Hospital, ways: Ways, drive: Execution) -> None:
    """Assert that all came to the end of their ways and nobody met anybody (I1, I3)."""
    assert drive.stuck == ()
    assert overlaps(hospital, ways, drive.driven) == []
    for robot, way in ways.items():
        mine = [one for one in drive.driven if one.robot == robot]
        assert [one.hop for one in mine] == list(way.hops)
        assert all(a.end <= b.start for a, b in itertools.pairwise(mine))


def assert_any_order_works(ways: Ways, rng: Random) -> None:
    """Start and end hops in any order the queues allow: some hop can always go on (I3)."""
    queues = queues_of(ways)
    ahead = {robot: list(way.hops) for robot, way in ways.items()}
    driving: dict[RobotId, Hop] = {}
    while any(ahead.values()) or driving:
        options = [
            robot
            for robot, hops in ahead.items()
            if robot in driving or (hops and claims.is_head(queues, robot, hops[0]))
        ]
        assert options, f'I3: nobody can go on, {ahead}'
        robot = rng.choice(options)
        if robot in driving:
            claims.free(queues, robot, done=driving.pop(robot))
        else:
            driving[robot] = ahead[robot].pop(0)
