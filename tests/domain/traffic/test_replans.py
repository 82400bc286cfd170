"""Plans taken back for better ones: as sound as the first ones, whole or not at all."""

from __future__ import annotations

from copy import deepcopy
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.domain.codec import decode_event, encode, encode_event
from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.evolve import apply
from fleet_manager.domain.ids import NodeId, RobotId, node_resource
from fleet_manager.domain.messages import LegsReplanned
from fleet_manager.domain.state import FleetState
from fleet_manager.domain.traffic.plan import plan_leg, plan_legs
from fleet_manager.domain.traffic.retime import NOTHING, Times, retime
from fleet_manager.domain.units import Instant
from tests.domain.traffic.fleet import EXAMPLES, Fleet
from tests.domain.traffic.test_traffic_invariants import BUILDINGS, building
from tests.domain.traffic.zoned import court, hall
from tests.hospitals import corridor

HOUSES = {
    **{name: lambda robots, name=name: building(name, robots) for name in BUILDINGS},
    'hall': lambda robots: hall(limit=2, robots=min(robots, 4)),
    'court': lambda robots: court(limit=2, robots=min(robots, 4)),
}


def arrivals(state: FleetState, times: Times) -> dict[RobotId, int]:
    return {robot.id: times.arrival(robot) for robot in state.robots.values()}


def replan(fleet: Fleet, *names: str) -> LegsReplanned | None:
    """Look for new legs of some robots together, planned in this order."""
    times = retime(fleet.state, fleet.now)
    robots = [fleet.robot(name) for name in names]
    legs = plan_legs(fleet.state, fleet.graph, robots, hindered=NOTHING, times=times)
    return LegsReplanned(robots[0].id, legs, 0) if legs is not None else None


def tried(fleet: Fleet, event: LegsReplanned) -> dict[RobotId, int] | None:
    """Return when all arrive once the legs are in force; None when somebody waits for ever."""
    state = deepcopy(fleet.state)
    apply(state, event, fleet.now)
    try:
        return arrivals(state, retime(state, fleet.now))
    except InvariantBroken:
        return None


def test_a_robot_goes_before_one_that_is_late_and_nobody_gets_later() -> None:
    fleet = Fleet(corridor(robots=5, length=7))
    assert fleet.send('r5', 'F1.west')
    fleet.release('r5')
    assert fleet.send('r3', 'F1.middle')
    fleet.now = Instant(fleet.now + 80_000)  # r5 still stands in front of its bay
    late = arrivals(fleet.state, retime(fleet.state, fleet.now))
    line = fleet.state.queues[node_resource(NodeId('F1.w4'))]
    assert [claim.robot for claim in line] == ['r5', 'r3'], 'r3 is planned behind r5'
    event = replan(fleet, 'r3')
    assert event is not None
    fleet.apply(event)
    line = fleet.state.queues[node_resource(NodeId('F1.w4'))]
    assert [claim.robot for claim in line] == ['r3', 'r5'], 'the arc between them is reversed'
    after = arrivals(fleet.state, retime(fleet.state, fleet.now))
    assert after['r5'] <= late['r5']
    assert after['r3'] < late['r3'] - 10_000
    fleet.check()


def test_a_replan_takes_all_plans_back_before_it_puts_the_new_ones_in() -> None:
    fleet = Fleet(corridor(robots=3, length=6))
    for name, goal in (('r3', 'F1.east'), ('r2', 'F1.b5'), ('r1', 'F1.b4')):
        assert fleet.send(name, goal)
    event = replan(fleet, 'r1', 'r2', 'r3')
    assert event is not None
    assert decode_event(*encode_event(event)) == event
    updates = {name: fleet.robot(name).update for name in ('r1', 'r2', 'r3')}
    fleet.apply(event)
    fleet.check()
    for name, update in updates.items():
        assert fleet.robot(name).update == update + 1
        assert fleet.robot(name).replans == 1
    fleet.run_dry()
    assert not fleet.drive_order()


def test_a_replan_that_takes_back_released_hops_is_a_bug() -> None:
    fleet = Fleet(corridor(robots=2, length=6))
    assert fleet.send('r2', 'F1.east')
    event = replan(fleet, 'r2')
    assert event is not None
    fleet.release('r2')
    with pytest.raises(InvariantBroken, match='takes back'):
        fleet.apply(event)


def test_only_plans_taken_back_on_the_way_count_as_replans() -> None:
    fleet = Fleet(corridor(robots=2, length=6))
    assert fleet.send('r2', 'F1.east')
    assert fleet.robot('r2').replans == 0
    assert fleet.send('r2', 'F1.b6')
    assert fleet.robot('r2').replans == 1


@pytest.mark.slow
@given(
    name=st.sampled_from(sorted(HOUSES)),
    robots=st.integers(2, 6),
    seed=st.integers(0, 10_000_000),
)
@settings(max_examples=EXAMPLES)
def test_replans_of_one_or_more_hold_whoever_is_delayed_and_a_rejected_one_changes_nothing(
    name: str, robots: int, seed: int
) -> None:
    fleet, rng = Fleet(HOUSES[name](robots)), Random(seed)
    names = sorted(fleet.state.robots)
    for _ in range(40):
        chance = rng.random()
        if chance < 0.2:
            fleet.send(rng.choice(names), rng.choice(fleet.bays()))
        elif chance < 0.4:
            fleet.now = Instant(fleet.now + rng.choice((0, 5_000, 60_000)))
            _replan_some(fleet, rng, [n for n in names if fleet.robot(n).hops])
        elif moves := fleet.moves():
            fleet.move(*rng.choice(moves))
        fleet.check()
    fleet.run_dry(rng)
    fleet.check()
    assert not fleet.drive_order()


def _replan_some(fleet: Fleet, rng: Random, names: list[str]) -> None:
    """Replan some robots if that is better; assert what must hold whether it is or not."""
    if not names:
        return
    times = retime(fleet.state, fleet.now)
    late, before = arrivals(fleet.state, times), encode(fleet.state)
    some = rng.sample(names, k=min(len(names), rng.randint(1, 4)))
    event = replan(fleet, *some)
    then = tried(fleet, event) if event is not None else None
    assert encode(fleet.state) == before, 'I5: looking for a plan changed something'
    if len(some) == 1:
        alone = plan_leg(
            fleet.state,
            fleet.graph,
            fleet.robot(some[0]),
            goal=fleet.robot(some[0]).goal,
            purpose=fleet.robot(some[0]).purpose,
            now=fleet.now,
        )
        assert alone is None if event is None else event.legs == (alone,)
        assert event is None or then is not None, 'a plan of one robot always holds'
    if event is None or then is None:
        return
    others = [robot for robot in then if robot not in some]
    assert all(then[robot] <= late[robot] for robot in others), 'somebody else gets later'
    if len(some) == 1:
        assert then[some[0]] <= late[some[0]], 'the old plan is one of those that are searched'
    if sum(then.values()) < sum(late.values()):
        fleet.apply(event)
        assert arrivals(fleet.state, retime(fleet.state, fleet.now)) == then
