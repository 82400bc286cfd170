"""Better plans while robots drive: when, how much better, and never round and round."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.domain.codec import encode
from fleet_manager.domain.dispatch.improve import AGAIN_MS, LOOK_EVERY_MS, MIN_GAIN_MS, improve
from fleet_manager.domain.dispatch.urgency import own_urgency, weight
from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.messages import LegsReplanned
from fleet_manager.domain.traffic.retime import expected
from fleet_manager.domain.units import SECOND, Instant
from tests.domain.dispatch.driving import Driving
from tests.domain.traffic.fleet import EXAMPLES
from tests.domain.traffic.test_replans import HOUSES
from tests.hospitals import corridor, loop

ENOUGH = 20


def behind() -> Driving:
    """r3 is planned behind r5, which stands still on its first step."""
    fleet = Driving(corridor(robots=5, length=7))
    assert fleet.send('r5', 'F1.west')
    fleet.release('r5')
    assert fleet.send('r3', 'F1.middle')
    return fleet


def cost(fleet: Driving) -> int:
    """Return the weighted sum of arrivals: what every replan lowers."""
    turn = fleet.turn()
    times = expected(turn)
    return sum(weight(own_urgency(turn, r)) * times.arrival(r) for r in turn.robots())


def wait(fleet: Driving, ms: int) -> None:
    fleet.now = Instant(fleet.now + ms)


def test_a_robot_behind_one_that_is_late_gets_a_plan_before_it() -> None:
    fleet = behind()
    wait(fleet, 80 * SECOND)
    before = cost(fleet)
    improve(fleet.turn(), ENOUGH)
    (event,) = fleet.replans()
    assert [leg.robot for leg in event.legs] == ['r3']
    assert event.robot == 'r3'
    assert event.gain_ms >= MIN_GAIN_MS
    assert cost(fleet) < before
    fleet.check()
    assert fleet.robot('r3').replans == 1
    assert fleet.robot('r5').replans == 0


def test_replans_are_counted_for_the_delivery_as_well() -> None:
    fleet = behind()
    delivery = fleet.carry('r3', 'drug')
    wait(fleet, 80 * SECOND)
    improve(fleet.turn(), ENOUGH)
    assert fleet.state.deliveries[delivery].replans == 1


def test_a_loss_of_a_few_seconds_is_not_worth_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Driving(corridor(robots=1, length=7))
    assert fleet.send('r1', 'F1.east')
    fleet.release('r1')
    due = fleet.robot('r1').hops[0].end
    monkeypatch.delattr('fleet_manager.domain.dispatch.improve.plan_leg')
    fleet.now = Instant(due + MIN_GAIN_MS - 2 * SECOND)
    improve(fleet.turn(), ENOUGH)
    assert not fleet.replans()


def test_a_budget_of_none_searches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    searches = []
    monkeypatch.setattr(
        'fleet_manager.domain.dispatch.improve.plan_leg',
        lambda *args, **kwargs: searches.append(args),
    )
    fleet = behind()
    wait(fleet, 80 * SECOND)
    improve(fleet.turn(), 0)
    assert not searches
    wait(fleet, LOOK_EVERY_MS)
    improve(fleet.turn(), 1)
    assert len(searches) == 1


def test_a_plan_that_was_looked_at_in_vain_waits_longer_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[int] = []
    monkeypatch.setattr(
        'fleet_manager.domain.dispatch.improve.plan_leg',
        lambda *args, **kwargs: looked.append(kwargs['now']),
    )
    monkeypatch.setattr('fleet_manager.domain.dispatch.improve._in_its_way', lambda *args: [])
    fleet = behind()
    fleet.turn()
    for _ in range(80):
        wait(fleet, 1 * SECOND)
        fleet.state.robots[RobotId('r5')].moving_since = Instant(fleet.now - 60 * SECOND)
        improve(fleet.turn(), ENOUGH)
    gaps = [b - a for a, b in pairwise(looked)]
    assert gaps[0] >= AGAIN_MS[0]
    assert all(b >= 2 * a - LOOK_EVERY_MS for a, b in pairwise(gaps))
    assert len(looked) <= len(AGAIN_MS)


def test_when_something_begins_to_stand_still_plans_are_looked_at_at_once() -> None:
    fleet = behind()
    wait(fleet, 80 * SECOND)
    fleet.sensed.improved[RobotId('r3')] = (Instant(fleet.now + 60 * SECOND), 3)
    improve(fleet.turn(), ENOUGH)
    assert not fleet.replans(), 'it was looked at lately'
    wait(fleet, 1 * SECOND)
    fleet.state.robots[RobotId('r1')].paused = True
    improve(fleet.turn(), ENOUGH)
    assert len(fleet.replans()) == 1


def test_a_robot_that_may_not_move_or_rides_keeps_its_plan() -> None:
    fleet = behind()
    fleet.state.robots[RobotId('r3')].paused = True
    wait(fleet, 80 * SECOND)
    improve(fleet.turn(), ENOUGH)
    assert not fleet.replans()


def test_two_that_are_in_each_others_way_are_planned_together() -> None:
    """r1 waits for r2, which goes the long way round behind it: alone neither gains anything."""
    found: list[LegsReplanned] = []
    for seed in range(40):
        fleet, rng = Driving(loop(robots=6)), Random(seed)
        _jam(fleet, rng)
        before, state = cost(fleet), encode(fleet.state)
        improve(fleet.turn(), ENOUGH)
        fleet.check()
        assert cost(fleet) <= before
        assert fleet.replans() or encode(fleet.state) == state
        found += [event for event in fleet.replans() if len(event.legs) > 1]
    assert found, 'some of them gained together'
    assert all(2 <= len(event.legs) <= 4 for event in found)


def _jam(fleet: Driving, rng: Random) -> None:
    """Send everybody somewhere, and let some be late."""
    for name in sorted(fleet.state.robots):
        fleet.send(name, rng.choice(fleet.bays()))
    for _ in range(rng.randint(0, 12)):
        if moves := fleet.moves():
            fleet.move(*rng.choice(moves))
    wait(fleet, rng.choice((15, 40, 80)) * SECOND)


@pytest.mark.slow
@given(
    name=st.sampled_from(sorted(HOUSES)),
    robots=st.integers(2, 6),
    seed=st.integers(0, 10_000_000),
)
@settings(max_examples=max(1_000, EXAMPLES))
def test_each_replan_lowers_the_weighted_arrivals_so_that_they_end_by_themselves(
    name: str, robots: int, seed: int
) -> None:
    fleet, rng = Driving(HOUSES[name](robots)), Random(seed)
    for robot in sorted(fleet.state.robots):
        if rng.random() < 0.5:
            fleet.carry(robot, rng.choice(('blood', 'drug', 'supply', 'meal')))
    for _ in range(3):
        _jam(fleet, rng)
        for _ in range(12):
            before, count = cost(fleet), len(fleet.replans())
            fleet.sensed.improved.clear()
            fleet.sensed.looked = Instant(0)
            improve(fleet.turn(), ENOUGH)
            fleet.check()
            if len(fleet.replans()) == count:
                break
            assert cost(fleet) <= before - MIN_GAIN_MS, 'I7: a replan that costs'
        else:
            raise AssertionError('plans change for ever while nobody moves')
    fleet.run_dry(rng)
    assert not fleet.drive_order()
