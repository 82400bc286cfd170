"""Somebody is told when a condition begins, once, and again when it ends."""

from __future__ import annotations

from dataclasses import replace

from fleet_manager.domain.alerts.conditions import MALFORMED_FOR_MS, SETTLE_MS
from fleet_manager.domain.deliveries.goods import GOODS, PROMISES, Urgency
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.messages import (
    AcknowledgeAlert,
    AlertAcknowledged,
    AlertCleared,
    AlertRaised,
    DoorPosition,
    DoorReport,
    MalformedReport,
    OpenCompartment,
    RunWithdrawn,
)
from tests.application.stage import OPERATOR, Stage, ward
from tests.hospitals import two_floors


def raised(stage: Stage, code: str) -> list[str]:
    return [e.subject for e in stage.all(AlertRaised) if e.code == code]


def cleared(stage: Stage, code: str) -> list[str]:
    return [e.alert for e in stage.all(AlertCleared) if e.alert.startswith(f'{code}:')]


def test_a_quiet_fleet_raises_nothing() -> None:
    stage = Stage()
    stage.wait(60_000)
    assert not stage.all(AlertRaised)


def test_a_silent_robot_is_an_alert_until_it_speaks() -> None:
    stage = Stage()
    stage.tick()
    stage.silent.add('r1')
    stage.wait(40_000)
    assert raised(stage, 'robot_silent') == ['r1']
    stage.silent.clear()
    stage.tick()
    assert cleared(stage, 'robot_silent') == ['robot_silent:r1']
    assert not stage.kernel.state.alerts


def test_after_a_restart_nobody_is_called_before_devices_had_time_to_speak() -> None:
    stage = Stage()
    stage.tick()
    stage.silent |= {'r1', 'r2', 'A'}
    stage.restart()
    stage.wait(SETTLE_MS)
    assert not stage.all(AlertRaised)
    stage.wait(15_000)
    assert sorted(a.code for a in stage.all(AlertRaised)) == [
        'lift_silent',
        'robot_silent',
        'robot_silent',
    ]


def test_an_excluded_robot_is_an_alert_with_the_reason() -> None:
    stage = Stage()
    stage.tick()
    stage.say('r1', x=9.0)
    stage.tick(1)
    alert = stage.last(AlertRaised)
    assert (alert.alert, alert.params) == ('robot_excluded:r1', {'reason': 'off_route'})


def test_a_low_battery_is_an_alert_unless_it_is_charging() -> None:
    stage = Stage()
    stage.tick()
    stage.say('r1', battery=0.1)
    stage.tick()
    stage.say('r1', charging=True)
    stage.tick()
    assert raised(stage, 'battery_low') == ['r1']
    assert cleared(stage, 'battery_low')


def test_a_robot_that_may_drive_and_does_not_is_stuck_until_it_moves() -> None:
    stage = Stage()
    delivery = stage.request('stores', 'pharmacy')
    stage.tick()
    robot = stage.carrier(delivery)
    stage.silent.add(robot)
    for _ in range(100):
        stage.tick()
        stage.say(robot)
    assert raised(stage, 'robot_stuck') == [robot]
    stage.silent.clear()
    stage.wait(3_000)
    assert cleared(stage, 'robot_stuck') == [f'robot_stuck:{robot}']


def test_a_silent_lift_and_a_silent_door_are_alerts() -> None:
    stage = Stage(two_floors(door=True))
    stage.silent |= {'A', 'D'}
    stage.request('pharmacy', 'stores')
    stage.reach('D000001', DeliveryState.UNDER_WAY)
    stage.wait(40_000)
    assert raised(stage, 'lift_silent') == ['A']
    assert raised(stage, 'door_overdue') == ['D']
    stage.silent.clear()
    stage.wait(3_000)
    assert cleared(stage, 'lift_silent')
    assert cleared(stage, 'door_overdue')


def test_a_door_that_speaks_but_does_not_open_is_overdue() -> None:
    stage = Stage(two_floors(door=True))
    stage.silent.add('D')
    stage.request('pharmacy', 'stores')
    stage.reach('D000001', DeliveryState.UNDER_WAY)
    for _ in range(90):
        stage.hear(DoorReport('D', DoorPosition.CLOSED))  # type: ignore[arg-type]
        stage.tick()
    assert raised(stage, 'door_overdue') == ['D']


def test_nonsense_from_anybody_is_an_alert_for_a_minute() -> None:
    stage = Stage()
    stage.hear(MalformedReport('thief', 'x' * 500))
    stage.tick()
    assert raised(stage, 'malformed_report') == ['thief']
    assert len(stage.last(AlertRaised).params['problem']) == 120
    stage.wait(MALFORMED_FOR_MS)
    assert cleared(stage, 'malformed_report')


def test_a_robot_that_is_not_loaded_for_long_is_an_alert() -> None:
    stage = Stage()
    stage.reach(stage.request(), DeliveryState.AWAITING_LOAD)
    stage.wait(GOODS['drug'].load_limit // 2 + 2_000)
    assert stage.last(AlertRaised).alert == 'not_loaded:D000001'
    assert stage.last(AlertRaised).params == {'station': 'pharmacy'}


def test_a_parcel_that_is_not_collected_is_an_alert_until_somebody_opens() -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.AWAITING_RECEIPT)
    stage.wait(GOODS['drug'].collect_reminder + 2_000)
    assert raised(stage, 'not_collected') == [delivery]
    stage.reach(delivery, DeliveryState.TAKEN)
    stage.tick()
    assert cleared(stage, 'not_collected')


def test_a_delivery_that_does_not_arrive_as_promised_is_an_alert() -> None:
    stage = Stage()
    stage.silent |= {'r1', 'r2'}
    delivery = stage.request(goods='blood')
    stage.wait(PROMISES[Urgency.STAT].within + 2_000)
    assert raised(stage, 'delivery_late') == [delivery]


def test_an_opening_that_ran_out_is_an_alert_until_somebody_signs_again() -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.AWAITING_LOAD)
    stage.send(OpenCompartment(ward('pharmacy'), delivery))
    stage.wait(40_000)
    assert raised(stage, 'opening_expired') == [delivery]
    stage.send(OpenCompartment(ward('pharmacy'), delivery))
    stage.tick()
    assert cleared(stage, 'opening_expired')


def test_an_operator_acknowledges_an_alert_once_and_it_goes_on() -> None:
    stage = Stage()
    stage.tick()
    stage.say('r1', x=9.0)
    stage.tick()
    acknowledge = AcknowledgeAlert(OPERATOR, 'robot_excluded:r1')
    assert stage.refused(replace(acknowledge, actor=ward('lab'))) == 'not_allowed'
    assert stage.refused(replace(acknowledge, alert='none')) == 'unknown_alert'
    assert stage.refused(acknowledge) is None
    assert stage.refused(acknowledge) is None
    assert len(stage.all(AlertAcknowledged)) == 1
    stage.tick()
    assert stage.kernel.state.alerts['robot_excluded:r1'].acknowledged_by == 'operator'
    assert RobotId('r1') in stage.kernel.state.robots


def test_what_a_stuck_robot_was_to_fetch_is_free_for_another() -> None:
    stage = Stage()
    delivery = stage.request('stores', 'pharmacy')
    stage.tick()
    stuck = stage.carrier(delivery)
    stage.silent.add(stuck)
    for _ in range(100):
        stage.tick()
        stage.say(stuck)
    taken = stage.last(RunWithdrawn)
    assert (taken.robot, taken.reason) == (stuck, 'robot_unavailable')
    stage.silent.clear()
    stage.finish()
    assert stage.delivery(delivery).state is DeliveryState.DELIVERED
