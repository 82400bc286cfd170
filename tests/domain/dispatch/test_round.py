"""Which robot serves which delivery, where it goes, and where the others stand meanwhile."""

from __future__ import annotations

import pytest

from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.dispatch.cost import LIFT_TURN_MS, time_to
from fleet_manager.domain.dispatch.insert import RUNNERS_UP
from fleet_manager.domain.dispatch.legs import SEARCH_AGAIN_MS
from fleet_manager.domain.dispatch.round import LEGS_A_TURN
from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.ids import NodeId, RobotId
from fleet_manager.domain.messages import (
    CancelDelivery,
    LegPlanned,
    PauseRobot,
    Purpose,
    ResumeRobot,
    RunAssigned,
    RunWithdrawn,
)
from fleet_manager.domain.units import MINUTE
from tests.application.stage import OPERATOR, Stage
from tests.hospitals import corridor, loop, two_floors


def kinds(stage: Stage) -> set[str]:
    """Return what the robots stand on."""
    return {stage.hospital.nodes[r.node].kind.value for r in stage.kernel.state.robots.values()}


# --- who  ---


def test_the_robot_that_is_there_soonest_is_chosen_and_the_next_ones_are_remembered() -> None:
    stage = Stage(corridor(robots=5, length=7))
    stage.tick()
    stage.request('east', 'west')
    stage.tick()
    chosen = stage.last(RunAssigned)
    assert chosen.robot == 'r5'
    assert [robot for robot, _ in chosen.runners_up] == ['r4', 'r3', 'r2']
    assert len(chosen.runners_up) == RUNNERS_UP
    costs = [chosen.cost_ms, *(cost for _, cost in chosen.runners_up)]
    assert costs == sorted(costs)


def test_the_most_urgent_delivery_gets_the_robot() -> None:
    stage = Stage(corridor(robots=1))
    stage.request('west', 'east', goods='supply')
    blood = stage.request('middle', 'east', goods='blood')
    stage.tick()
    assert stage.last(RunAssigned).delivery == blood


def test_what_waited_long_enough_outranks_what_is_fresh_and_urgent() -> None:
    stage = Stage(corridor(robots=1))
    stage.silent.add('r1')
    old = stage.request('west', 'east', goods='supply')
    stage.tick(100 * MINUTE)
    stage.request('middle', 'east', goods='blood')
    stage.silent.clear()
    stage.tick()
    assert stage.last(RunAssigned).delivery == old


def test_one_robot_at_a_time_is_sent_to_load_at_a_station() -> None:
    stage = Stage(loop(robots=3))
    stage.request('s1', 's5')
    stage.request('s1', 's3')
    other = stage.request('s7', 's3')
    stage.tick()
    assert sorted(e.delivery for e in stage.all(RunAssigned)) == ['D000001', other]
    stage.reach('D000001', DeliveryState.UNDER_WAY)
    stage.wait(3_000)
    assert stage.delivery('D000002').state is not DeliveryState.ACCEPTED


def test_with_an_empty_battery_a_robot_is_given_nothing() -> None:
    stage = Stage(corridor(robots=1))
    stage.tick()
    stage.say('r1', battery=0.2)
    stage.request('west', 'east')
    stage.wait(5_000)
    assert not stage.all(RunAssigned)


def test_a_line_in_front_of_the_lift_makes_another_floor_farther() -> None:
    stage = Stage(two_floors(robots=4))
    stage.tick()
    turn = stage.kernel.turn()
    robot, goal = stage.robot('r2'), NodeId('F2.ward')
    empty = time_to(turn, robot, goal)
    here = time_to(turn, robot, NodeId('F1.stores'))
    stage.reach(stage.request('pharmacy', 'lab'), DeliveryState.UNDER_WAY)
    stage.tick()
    turn = stage.kernel.turn()
    assert empty is not None
    assert time_to(turn, robot, goal) == empty + LIFT_TURN_MS
    assert time_to(turn, robot, NodeId('F1.stores')) == here


def test_where_no_way_leads_there_is_no_cost() -> None:
    stage = Stage(two_floors(robots=1))
    stage.tick()
    turn = stage.kernel.turn()
    assert time_to(turn, stage.robot('r1'), NodeId('car.A')) is None


# --- where  ---


def test_two_robots_that_each_stand_where_the_other_has_to_go_make_room() -> None:
    stage = Stage(corridor(robots=2))
    there = stage.request('west', 'east')
    back = stage.request('east', 'west')
    stage.reach(there, DeliveryState.AWAITING_LOAD)
    stage.reach(back, DeliveryState.AWAITING_LOAD)
    stage.reach(there, DeliveryState.UNDER_WAY)
    stage.reach(back, DeliveryState.UNDER_WAY)
    stage.reach(there, DeliveryState.DELIVERED)
    stage.reach(back, DeliveryState.DELIVERED)


def test_many_robots_that_want_the_same_places_all_get_there() -> None:
    stage = Stage(loop(robots=6))
    for a, b in (('s1', 's5'), ('s5', 's1'), ('s3', 's7'), ('s7', 's3'), ('s1', 's3')):
        stage.request(a, b)
    stage.finish()


def test_after_its_work_a_robot_parks_or_charges_by_its_battery() -> None:
    for battery, goal in ((0.9, 'parking'), (0.5, 'charger')):
        stage = Stage(corridor(robots=1))
        stage.tick()
        stage.say('r1', battery=battery)
        stage.reach(stage.request('middle', 'east'), DeliveryState.TAKEN)
        stage.wait(30_000)
        assert stage.hospital.nodes[stage.robot('r1').node].kind == goal


def test_a_parked_robot_whose_battery_gets_low_goes_to_a_charger() -> None:
    stage = Stage(corridor(robots=2))
    stage.silent.add('r1')
    stage.tick()
    stage.say('r2', battery=0.5)
    stage.wait(10_000)
    assert not stage.all(LegPlanned), 'the only charger is the home of a robot not seen yet'
    stage = Stage(loop(robots=2))
    stage.tick()
    stage.reach(stage.request('s1', 's3'), DeliveryState.ASSIGNED)
    away = stage.carrier('D000001')
    assert away == 'r1', 'which leaves the charger'
    stage.reach('D000001', DeliveryState.AWAITING_LOAD)
    stage.say('r2', battery=0.5)
    stage.wait(30_000)
    assert stage.hospital.nodes[stage.robot('r2').node].kind == 'charger'
    assert stage.robot('r2').purpose is Purpose.CHARGE


def test_a_robot_whose_delivery_was_cancelled_clears_the_station() -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.AWAITING_LOAD)
    stage.send(CancelDelivery(OPERATOR, delivery))
    stage.wait(30_000)
    assert kinds(stage) <= {'parking', 'charger'}


def test_a_search_in_vain_is_not_repeated_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    searches = []
    monkeypatch.setattr(
        'fleet_manager.domain.dispatch.legs.plan_leg',
        lambda *args, **kwargs: searches.append(kwargs['now']),
    )
    stage = Stage(corridor(robots=1))
    stage.request('east', 'west')
    for _ in range(8):
        stage.tick(SEARCH_AGAIN_MS // 4)
    assert len(searches) == 2


def test_a_turn_looks_for_a_few_routes_only_and_the_next_one_goes_on() -> None:
    stage = Stage(loop(robots=6, size=12))
    for sender, recipient in (
        ('s1', 's3'),
        ('s3', 's5'),
        ('s5', 's7'),
        ('s7', 's9'),
        ('s9', 's1'),
    ):
        stage.request(sender, recipient)
    stage.tick()
    assert len(stage.all(RunAssigned)) == 5
    assert len(stage.all(LegPlanned)) == LEGS_A_TURN
    stage.tick()
    assert len(stage.all(LegPlanned)) >= 5


def test_a_robot_held_on_its_way_gives_the_station_up_and_takes_it_again() -> None:
    stage = Stage(corridor(robots=1))
    delivery = stage.request('east', 'west')
    stage.tick()
    stage.send(PauseRobot(OPERATOR, RobotId('r1')))
    stage.wait(5_000)
    assert stage.robot('r1').goal != 'F1.east'
    stage.send(ResumeRobot(OPERATOR, RobotId('r1')))
    stage.reach(delivery, DeliveryState.DELIVERED)


def test_a_robot_never_serves_two_deliveries() -> None:
    stage = Stage(corridor(robots=1))
    stage.request('west', 'east')
    stage.request('middle', 'east')
    stage.tick()
    given = stage.last(RunAssigned)
    assert len(stage.all(RunAssigned)) == 1
    with pytest.raises(InvariantBroken):
        stage.kernel._emit(given)


def test_a_robot_that_cannot_come_any_more_gets_other_work() -> None:
    stage = Stage(corridor(robots=2, length=6))
    stage.tick()
    stage.auto = False
    stage.request('middle', 'east')
    stage.tick()
    blocked = stage.request('east', 'middle')
    stage.tick()
    stage.auto = True
    assert stage.carrier(blocked) == 'r1', 'r2 is closer to the middle'
    stage.silent.add('r2')
    stage.wait(90_000)
    assert stage.delivery(blocked).state is DeliveryState.ACCEPTED
    assert 'no_way' in {e.reason for e in stage.all(RunWithdrawn)}
    assert stage.robot('r1').delivery is None
    stage.silent.clear()
    stage.finish()


def test_two_robots_bring_something_to_a_station_and_a_third_only_what_is_most_urgent() -> None:
    stage = Stage(loop(robots=6))
    stage.request('s1', 's7')
    stage.request('s3', 's7')
    routine = stage.request('s5', 's7')
    stage.tick()
    assert len(stage.all(RunAssigned)) == 2
    blood = stage.request('s5', 's7', goods='blood')
    stage.tick()
    assert [e.delivery for e in stage.all(RunAssigned)][2:] == [blood]
    assert stage.delivery(routine).state is DeliveryState.ACCEPTED
    stage.finish()


def test_robots_that_are_held_do_not_count_as_coming() -> None:
    stage = Stage(loop(robots=2))
    stage.request('s5', 's7')
    stage.tick()
    stage.send(PauseRobot(OPERATOR, stage.carrier('D000001')))
    stage.request('s5', 's7')
    stage.wait(3_000)
    assert stage.delivery('D000002').state is not DeliveryState.ACCEPTED
