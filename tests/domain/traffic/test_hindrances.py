"""Who is not waited for, and how the others get around it."""

from __future__ import annotations

from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import LiftId, RobotId
from fleet_manager.domain.messages import (
    LegPlanned,
    LiftMode,
    MalformedReport,
    NodeReached,
    PauseFleet,
    PauseRobot,
    Purpose,
    ReadmitRobot,
    ResumeFleet,
)
from fleet_manager.domain.traffic.hindrances import (
    LOST_MS,
    STUCK_MS,
    Hindrances,
    hindrances,
)
from fleet_manager.domain.units import MINUTE
from tests.application.stage import OPERATOR, Stage
from tests.hospitals import corridor, loop, two_floors

R1 = RobotId('r1')


def now(stage: Stage) -> Hindrances:
    return hindrances(stage.kernel.turn())


# --- who  ---


def test_a_moving_fleet_has_none() -> None:
    stage = Stage()
    stage.reach(stage.request('pharmacy', 'ward'), DeliveryState.DELIVERED)
    assert not now(stage).robots
    assert not now(stage).lifts


def test_a_robot_is_not_waited_for_when_it_is_held_excluded_or_silent_for_long() -> None:
    stage = Stage(two_floors(robots=4))
    stage.tick()
    stage.send(PauseRobot(OPERATOR, R1))
    stage.hear(MalformedReport('r2', 'NaN'))
    stage.silent.add('r3')
    assert now(stage).robots == {'r1', 'r2'}
    stage.wait(LOST_MS + 1_000)
    assert now(stage).robots == {'r1', 'r3'}, 'r2 made sense again meanwhile'


def test_a_robot_that_does_not_reach_its_next_node_is_stuck() -> None:
    stage = Stage(corridor(robots=1))
    stage.request('east', 'west')
    stage.tick()
    stage.auto = False
    for _ in range(STUCK_MS // 1_000):
        stage.tick()
        stage.say('r1')
    assert not now(stage).robots
    stage.tick()
    stage.tick()
    assert now(stage).robots == {'r1'}
    stage.drive('r1')
    assert not now(stage).robots


def test_after_a_silence_a_robot_gets_its_time_again() -> None:
    stage = Stage(corridor(robots=1))
    stage.request('east', 'west')
    stage.tick()
    stage.auto = False
    stage.tick(5 * MINUTE)
    assert now(stage).robots == {'r1'}
    stage.say('r1')
    assert not now(stage).robots


def test_a_robot_that_is_held_or_excluded_for_long_is_not_stuck_afterwards() -> None:
    stage = Stage(corridor(robots=1))
    stage.request('east', 'west')
    stage.tick()
    stage.auto = False
    stage.say('r1', map_version='old')
    stage.tick(5 * MINUTE)
    stage.say('r1', map_version=stage.hospital.version)
    stage.send(ReadmitRobot(OPERATOR, R1))
    assert not now(stage).robots


def test_a_paused_fleet_is_nobodys_hindrance() -> None:
    stage = Stage(corridor(robots=1))
    stage.request('east', 'west')
    stage.tick()
    stage.send(PauseFleet(OPERATOR))
    for _ in range(200):
        stage.tick()
    assert not now(stage).robots
    stage.send(ResumeFleet(OPERATOR))
    assert not now(stage).robots


def test_a_lift_that_is_silent_or_in_another_mode_is_out_of_service() -> None:
    stage = Stage()
    stage.tick()
    for mode in (LiftMode.FIRE, LiftMode.OFFLINE, LiftMode.EMERGENCY, LiftMode.UNKNOWN):
        stage.lift(mode=mode)
        assert now(stage).lifts == {'A'}
    for mode in (LiftMode.HUMAN, LiftMode.AGV):
        stage.lift(mode=mode)
        assert not now(stage).lifts
    stage.silent.add('A')
    stage.wait(LOST_MS + 1_000)
    assert now(stage).lifts == {LiftId('A')}


# --- what the others do  ---


def test_who_was_planned_behind_a_robot_that_died_goes_the_other_way_round() -> None:
    stage = Stage(loop(robots=2, size=10))
    delivery = stage.request('s1', 's5')
    stage.reach(delivery, DeliveryState.AWAITING_LOAD)
    stage.request('s3', 's7')
    stage.tick()
    stage.silent.add('r2')
    stage.reach(delivery, DeliveryState.UNDER_WAY)
    stage.tick()
    ahead = [hop.target for hop in stage.robot('r1').hops]
    assert 'F1.w3' in ahead, 'the short way, behind r2, which stands in it for good'
    stage.reach(delivery, DeliveryState.DELIVERED)
    passed = [e.node for e in stage.all(NodeReached) if e.robot == 'r1']
    assert 'F1.w8' in passed
    assert 'F1.w3' not in passed


def test_who_was_planned_behind_a_robot_that_died_on_the_only_way_waits_in_a_bay() -> None:
    stage = Stage(corridor(robots=2, length=6))
    stage.tick()
    stage.request('east', 'west')
    stage.tick()
    stage.silent.add('r2')
    delivery = stage.request('middle', 'west')
    stage.tick()
    assert stage.robot('r1').goal == 'F1.middle'
    stage.wait(LOST_MS + 10_000)
    assert stage.robot('r1').goal == stage.robot('r1').node == 'F1.b1'
    stage.silent.clear()
    stage.finish()
    assert stage.delivery(delivery).state is DeliveryState.DELIVERED


def test_nobody_is_sent_where_a_dead_robot_blocks_the_only_way() -> None:
    stage = Stage(corridor(robots=2, length=5))
    first = stage.request('middle', 'west')
    stage.tick()
    dead = stage.carrier(first)
    stage.silent.add(dead)
    stage.wait(80_000)
    blocked = stage.request('east', 'middle')
    stage.wait(120_000)
    assert stage.delivery(blocked).state is DeliveryState.ACCEPTED
    assert stage.delivery(first).state is DeliveryState.ACCEPTED


def test_a_robot_on_its_way_to_a_place_it_cannot_reach_any_more_waits_in_a_bay() -> None:
    stage = Stage(corridor(robots=2, length=6))
    stage.reach(stage.request('west', 'east'), DeliveryState.UNDER_WAY)
    carrier = stage.carrier('D000001')
    other = ({'r1', 'r2'} - {carrier}).pop()
    stage.request('middle', 'west')
    stage.until(lambda: stage.robot(other).node == 'F1.middle', limit=30)
    stage.send(PauseRobot(OPERATOR, RobotId(other)))
    stage.wait(120_000)
    assert stage.robot(carrier).node == 'F1.east', 'a station on the way is no hindrance'


def test_a_dead_robot_does_not_keep_the_station_it_was_going_to() -> None:
    stage = Stage(loop(robots=3))
    stage.reach(stage.request('s1', 's5'), DeliveryState.UNDER_WAY)
    dead = stage.carrier('D000001')
    stage.tick()
    stage.silent.add(dead)
    stage.wait(LOST_MS + 5_000)
    assert stage.robot(dead).goal != 'F1.s5'
    assert stage.last(LegPlanned).purpose in (Purpose.PARK, Purpose.CHARGE)
    other = stage.request('s7', 's5')
    stage.reach(other, DeliveryState.DELIVERED)
    stage.silent.clear()
    stage.reach('D000001', DeliveryState.DELIVERED)


def test_who_is_shut_in_by_a_dead_robot_does_not_keep_a_station_either() -> None:
    stage = Stage(corridor(robots=2))
    delivery = stage.request('west', 'east')
    stage.reach(delivery, DeliveryState.AWAITING_LOAD)
    stage.say('r2', battery=0.5)
    stage.tick()
    assert [hop.target for hop in stage.robot('r2').hops] == ['F1.w2', 'F1.w1', 'F1.b1']
    stage.silent.add('r2')
    stage.reach(delivery, DeliveryState.UNDER_WAY)
    stage.tick()
    assert stage.robot('r1').goal == 'F1.east', 'behind r2, on the only way'
    stage.wait(LOST_MS + 10_000)
    assert stage.robot('r1').node == 'F1.west'
    assert stage.robot('r1').goal.startswith('F1.b')
    stage.silent.clear()
    stage.finish()
