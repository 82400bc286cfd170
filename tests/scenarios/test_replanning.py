"""Plans changed on the way, in the simulated hospital: people and robots in the way, crashes."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet_manager.adapters.sim.delays import Delays
from fleet_manager.adapters.sim.demand import possible
from fleet_manager.adapters.sim.simulation import Simulation
from fleet_manager.domain.deliveries.lifecycle import ENDS, DeliveryState
from fleet_manager.domain.ids import RobotId, capacity, node_resource
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import AlertRaised, LegsReplanned, NodeReached, RunAssigned
from fleet_manager.domain.state import FleetState
from fleet_manager.domain.traffic.claims import is_head
from fleet_manager.domain.traffic.explain import Cause, waits
from fleet_manager.domain.traffic.hindrances import STUCK_MS
from fleet_manager.domain.traffic.retime import retime
from fleet_manager.domain.units import HOUR, MINUTE, SECOND
from tests.domain.traffic.zoned import court, hall
from tests.hospitals import corridor, loop, two_floors

#: Mornings of the slow test; `FLEET_EXAMPLES=100000` tries that many.
MORNINGS = int(os.environ.get('FLEET_EXAMPLES', '30'))
HOUSES = (
    lambda: corridor(robots=4, length=6),
    lambda: loop(robots=6),
    lambda: two_floors(robots=4, lifts=1),
    lambda: two_floors(robots=6, lifts=2),
    lambda: hall(limit=2),
    lambda: court(limit=2),
)


@dataclass(frozen=True)
class Obstructed(Delays):
    """Some robots stand still for a while on many lanes; `stuck` ones on the next, for hours."""

    #: Shared with the test, which sticks and frees robots.
    slow: frozenset[str] = frozenset()
    stuck: set[str] = field(default_factory=set)

    def edge_ms(self, rng: Random, robot: RobotId, free_ms: int) -> int:
        if robot in self.stuck:
            return 10 * HOUR
        time = int(free_ms / rng.uniform(self.slowest, 1.0))
        if robot in self.slow and rng.random() < 0.2:
            time += rng.randint(20 * SECOND, STUCK_MS + 60 * SECOND)
        return time


def simulated(hospital: Hospital, seed: int, *slow: str) -> Simulation:
    return Simulation(hospital, Random(seed), delays=Obstructed(slow=frozenset(slow)))


def stick(sim: Simulation, robot: str) -> None:
    """From its next lane on the robot stands still, and goes on saying that all is well."""
    delays = sim.world.robots[RobotId(robot)]._delays
    assert isinstance(delays, Obstructed)
    delays.stuck.add(robot)


def hold(state: FleetState, now: int) -> None:
    """Assert what must hold at any time (I1 to I4 of the design) of what the manager knows."""
    retime(state, now)  # type: ignore[arg-type]  # raises on a cycle: I2
    for resource, queue in state.queues.items():
        released = [c for c in queue if c.taken_by <= state.robots[c.robot].released]
        assert len(released) <= capacity(resource), f'I1: {released} have {resource}'
    busy = [robot for robot in state.robots.values() if robot.hops]
    enabled = [
        robot
        for robot in busy
        if robot.released > robot.done or is_head(state.queues, robot.id, robot.hops[0])
    ]
    assert enabled or not busy, 'I3: nobody can move'
    for robot in busy:
        last = state.queues[node_resource(robot.goal)][-1]
        assert robot.hops[-1].target == robot.goal, 'I4'
        assert (last.robot, last.freed_by) == (robot.id, 0), 'I4: it may not stay there'


@pytest.mark.slow
@given(house=st.integers(0, len(HOUSES) - 1), seed=st.integers(0, 1_000_000_000))
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_invariants_hold_through_delays_replans_and_crashes_and_nothing_starves(
    house: int, seed: int
) -> None:
    rng = Random(seed)
    hospital = HOUSES[house]()
    names = sorted(hospital.robots)
    sim = simulated(hospital, seed, *rng.sample(names, k=rng.randint(1, 2)))
    wishes = [rng.choice(possible(hospital)) for _ in range(8)]
    sim.on_step.append(lambda: hold(sim.state(), sim.now))
    for goods, sender, recipient in wishes:
        sim.request(goods, sender=sender, recipient=recipient)
        sim.run(rng.randint(1, 40) * SECOND)
        if rng.random() < 0.3:
            sim.crash_manager()  # raises when the journal gives other claims: I13
    assert sim.run_until(sim.is_calm, limit_ms=4 * HOUR), 'I11: something waits for ever'
    assert sim.oracle.violations == []
    assert sim.oracle.all_ended(sim.state()) == []


@pytest.mark.slow
@pytest.mark.timeout(24 * 3_600)
@given(house=st.integers(0, len(HOUSES) - 1), seed=st.integers(0, 1_000_000_000))
@settings(max_examples=MORNINGS, suppress_health_check=[HealthCheck.too_slow])
def test_invariants_hold_in_many_other_mornings(house: int, seed: int) -> None:
    test_invariants_hold_through_delays_replans_and_crashes_and_nothing_starves.hypothesis.inner_test(
        house, seed
    )


def test_robots_behind_a_stuck_one_take_the_other_way_and_an_operator_is_called() -> None:
    sim = simulated(loop(robots=4, size=18), 1)
    sim.request('drug', sender='s3', recipient='s11')
    first = sim.run_until(lambda: under_way(sim, 'D000001'), limit_ms=10 * MINUTE)
    assert first
    stuck = sim.state().deliveries['D000001'].robot  # type: ignore[index]
    assert stuck is not None
    assert sim.run_until(lambda: sim.state().robots[stuck].node == 'F1.w4', limit_ms=10 * MINUTE)
    stick(sim, stuck)
    for sender, recipient in (('s3', 's9'), ('s1', 's9'), ('s1', 's11')):
        sim.request('drug', sender=sender, recipient=recipient)
        sim.run(5 * SECOND)
    others = ('D000002', 'D000003', 'D000004')
    assert sim.run_until(lambda: all(ended(sim, d) for d in others), limit_ms=30 * MINUTE)
    assert sim.oracle.violations == []
    round_about = {
        e.robot for _, e in sim.events if isinstance(e, NodeReached) and e.node == 'F1.w14'
    }
    assert {last_robot(sim, delivery) for delivery in others} <= round_about
    raised = [e for _, e in sim.events if isinstance(e, AlertRaised) and e.code == 'robot_stuck']
    assert [e.subject for e in raised] == [stuck]
    robot = sim.state().robots[stuck]
    assert robot.released > robot.done, 'it keeps what it was let onto'
    held = [q[0].robot for q in sim.state().queues.values() if q[0].robot == stuck]
    assert held


@pytest.mark.thorough
def test_a_robot_stuck_on_the_only_way_stops_those_behind_it_and_nobody_else() -> None:
    sim = simulated(corridor(robots=5, length=9), 2)
    sim.run(2 * SECOND)
    sim.request('drug', sender='middle', recipient='east')
    assert sim.run_until(lambda: under_way(sim, 'D000001'), limit_ms=10 * MINUTE)
    stuck = sim.state().deliveries['D000001'].robot  # type: ignore[index]
    assert stuck is not None
    assert sim.run_until(lambda: sim.state().robots[stuck].node == 'F1.w6', limit_ms=10 * MINUTE)
    stick(sim, stuck)
    sim.request('drug', sender='west', recipient='east')
    sim.request('drug', sender='west', recipient='middle')
    sim.run(STUCK_MS + 2 * MINUTE)
    assert sim.run_until(lambda: ended(sim, 'D000003'), limit_ms=30 * MINUTE), 'not behind it'
    sim.run(10 * MINUTE)
    assert not ended(sim, 'D000002'), 'the place it is for is behind the one that is stuck'
    blocked = [chain for chain in waits(sim.manager.kernel.turn()).values() if len(chain) > 0]
    assert any(chain[-1].cause in (Cause.STUCK, Cause.NO_WAY) for chain in blocked)
    free_again(sim, stuck)
    assert sim.run_until(sim.is_calm, limit_ms=HOUR)
    assert sim.oracle.violations == []


@pytest.mark.thorough
def test_two_robots_swap_places_again_and_again() -> None:
    sim = simulated(corridor(robots=2, length=5), 3, 'r1')
    for _ in range(8):
        sim.request('drug', sender='west', recipient='east')
        sim.request('drug', sender='east', recipient='west')
        assert sim.run_until(sim.is_calm, limit_ms=2 * HOUR)
    assert sim.oracle.violations == []


def test_a_robot_that_is_stuck_is_given_no_delivery() -> None:
    sim = simulated(corridor(robots=2, length=5), 4)
    sim.request('drug', sender='middle', recipient='east')
    assert sim.run_until(lambda: ended(sim, 'D000001'), limit_ms=20 * MINUTE)
    carrier = last_robot(sim, 'D000001')
    stick(sim, carrier)
    sim.run(STUCK_MS + 30 * SECOND)
    assert sim.state().robots[carrier].released > sim.state().robots[carrier].done
    delivery = sim.request('drug', sender='west', recipient='middle')
    sim.run(5 * SECOND)
    assert last_robot(sim, delivery) != carrier


@pytest.mark.thorough
def test_on_a_busy_morning_plans_are_changed_and_counted_and_few_of_them_twice() -> None:
    sim = simulated(loop(robots=6, size=10), 5, 'r1', 'r2')
    rng = Random(6)
    for _ in range(24):
        goods, sender, recipient = rng.choice(possible(sim.world.hospital))
        sim.request(goods, sender=sender, recipient=recipient)
        sim.run(20 * SECOND)
    assert sim.run_until(sim.is_calm, limit_ms=4 * HOUR)
    changed = [e for _, e in sim.events if isinstance(e, LegsReplanned)]
    assert changed
    assert all(event.gain_ms > 0 for event in changed)
    steps = [e for _, e in sim.events if isinstance(e, NodeReached)]
    assert sum(len(event.legs) for event in changed) < len(steps) / 10
    counted = sum(robot.replans for robot in sim.state().robots.values())
    assert counted >= sum(len(event.legs) for event in changed)
    assert sim.oracle.violations == []


def under_way(sim: Simulation, delivery: str) -> bool:
    return sim.state().deliveries[delivery].state is DeliveryState.UNDER_WAY  # type: ignore[index]


def ended(sim: Simulation, delivery: str) -> bool:
    return sim.state().deliveries[delivery].state in ENDS  # type: ignore[index]


def last_robot(sim: Simulation, delivery: str) -> str:
    given = [e for _, e in sim.events if isinstance(e, RunAssigned) and e.delivery == delivery]
    return given[-1].robot


def free_again(sim: Simulation, robot: str) -> None:
    """Somebody moves what stands in front of the robot."""
    body = sim.world.robots[RobotId(robot)]
    assert isinstance(body._delays, Obstructed)
    body._delays.stuck.discard(robot)
    if body.edge is not None:
        body.edge.driven_ms = body.edge.total_ms
