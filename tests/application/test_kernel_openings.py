"""A compartment opens for the right person, once, in time, and never on the way."""

from __future__ import annotations

from dataclasses import replace

from fleet_manager.application.handle_parcel import OPENING_MS
from fleet_manager.application.keep_promises import OPENING_GRACE_MS
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import CompartmentId, DeliveryId
from fleet_manager.domain.messages import (
    CompartmentOpened,
    MalformedReport,
    OpenCompartment,
    OpeningExpired,
    OpeningUnused,
    ParcelLoaded,
    ParcelTaken,
    RobotExcluded,
)
from tests.application.stage import OPERATOR, Stage, ward


def at_sender() -> tuple[Stage, DeliveryId, str]:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.AWAITING_LOAD)
    return stage, delivery, stage.carrier(delivery)


def authorised() -> tuple[Stage, DeliveryId, str]:
    stage, delivery, robot = at_sender()
    assert stage.refused(OpenCompartment(ward('pharmacy'), delivery)) is None
    return stage, delivery, robot


def test_a_signature_opens_one_compartment_for_a_short_time() -> None:
    stage, delivery, robot = authorised()
    order = stage.order(robot)
    assert order.grant == 1
    assert order.grant_compartment == stage.delivery(delivery).compartment == 'c1'
    assert order.grant_expires == stage.now + OPENING_MS


def test_a_used_grant_is_not_repeated() -> None:
    stage, _, robot = authorised()
    stage.say(robot, last_grant=1, compartments=stage.boxes(robot, closed=False, locked=False))
    assert stage.order(robot).grant == 0


def test_only_staff_of_the_station_the_robot_stands_at_may_open() -> None:
    stage, delivery, _ = at_sender()
    for actor in (ward('stores'), ward('lab')):
        assert stage.refused(OpenCompartment(actor, delivery)) == 'not_your_delivery'
    assert stage.refused(OpenCompartment(OPERATOR, delivery)) == 'not_allowed'
    unknown = OpenCompartment(ward('pharmacy'), DeliveryId('D9'))
    assert stage.refused(unknown) == 'unknown_delivery'


def test_nothing_opens_where_the_robot_is_not() -> None:
    stage = Stage()
    delivery = stage.request()
    opening = OpenCompartment(ward('pharmacy'), delivery)
    assert stage.refused(opening) == 'robot_not_here'
    stage.reach(delivery, DeliveryState.UNDER_WAY)
    assert stage.refused(opening) == 'robot_not_here'


def test_a_silent_or_excluded_robot_is_not_here() -> None:
    stage, delivery, robot = at_sender()
    stage.say(robot, x=-10.0)
    assert stage.refused(OpenCompartment(ward('pharmacy'), delivery)) == 'robot_not_here'
    stage, delivery, robot = at_sender()
    stage.silent.add(robot)
    stage.wait(12_000)
    assert stage.refused(OpenCompartment(ward('pharmacy'), delivery)) == 'robot_not_here'


def test_one_opening_at_a_time() -> None:
    stage, delivery, _ = authorised()
    assert stage.refused(OpenCompartment(ward('pharmacy'), delivery)) == 'opening_pending'


def test_an_opening_nobody_used_runs_out_and_the_next_one_has_a_higher_number() -> None:
    stage, delivery, robot = authorised()
    stage.wait(OPENING_MS + OPENING_GRACE_MS)
    assert not stage.all(OpeningExpired)
    stage.wait(2_000)
    assert [e.grant for e in stage.all(OpeningExpired)] == [1]
    assert stage.order(robot).grant == 0
    assert stage.refused(OpenCompartment(ward('pharmacy'), delivery)) is None
    assert stage.order(robot).grant == 2


def test_an_opening_of_a_silent_robot_does_not_run_out_because_it_may_have_been_used() -> None:
    stage, delivery, robot = authorised()
    stage.silent.add(robot)
    stage.wait(90_000)
    assert not stage.all(OpeningExpired)
    assert stage.delivery(delivery).robot == robot, 'nor is the delivery given to another robot'
    stage.silent.clear()
    boxes = stage.boxes(robot, occupied=True)
    stage.say(robot, last_grant=1, compartments=boxes)
    assert stage.delivery(delivery).state is DeliveryState.UNDER_WAY


def test_loading_counts_when_the_box_is_shut_locked_and_full() -> None:
    stage, delivery, robot = authorised()
    stage.say(robot, last_grant=1, compartments=stage.boxes(robot, closed=False, locked=False))
    assert stage.delivery(delivery).state is DeliveryState.LOADING
    assert stage.box(robot, closed=True, occupied=True) == []
    assert [type(e) for e in stage.box(robot, locked=True)] == [ParcelLoaded]


def test_opening_and_closing_seen_in_one_report_is_two_events() -> None:
    stage, _, robot = authorised()
    boxes = stage.boxes(robot, occupied=True)
    events = stage.say(robot, last_grant=1, compartments=boxes)
    assert [type(e) for e in events] == [CompartmentOpened, ParcelLoaded]


def test_a_box_that_is_shut_empty_leaves_the_robot_waiting_and_may_be_opened_again() -> None:
    stage, delivery, robot = authorised()
    stage.say(robot, last_grant=1, compartments=stage.boxes(robot, closed=False, locked=False))
    events = stage.box(robot, closed=True, locked=True)
    assert [type(e) for e in events] == [OpeningUnused]
    assert stage.delivery(delivery).state is DeliveryState.AWAITING_LOAD
    assert stage.refused(OpenCompartment(ward('pharmacy'), delivery)) is None


def test_a_parcel_left_inside_at_the_recipient_is_not_taken() -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.AWAITING_RECEIPT)
    robot = stage.carrier(delivery)
    stage.send(OpenCompartment(ward('stores'), delivery))
    stage.say(robot, last_grant=2, compartments=stage.boxes(robot, closed=False, locked=False))
    stage.box(robot, closed=True, locked=True)
    assert not stage.all(ParcelTaken)
    assert stage.delivery(delivery).state is DeliveryState.AWAITING_RECEIPT


def test_another_box_or_no_box_proves_nothing() -> None:
    stage, delivery, robot = authorised()
    stage.box(robot, 'c2', occupied=True)
    stage.say(robot, last_grant=1, compartments=stage.boxes(robot, 'c2')[1:])
    assert stage.delivery(delivery).state is DeliveryState.AWAITING_LOAD


def test_an_excluded_robot_gets_no_grant() -> None:
    stage, _, robot = authorised()
    events = stage.hear(MalformedReport(robot, 'NaN'))
    assert [type(e) for e in events] == [RobotExcluded]
    assert stage.order(robot).grant == 0


def test_a_box_that_is_not_empty_is_not_promised_to_anybody() -> None:
    stage = Stage()
    stage.tick()
    for robot in stage.hospital.robots:
        stage.say(robot, compartments=stage.boxes(robot, 'c1', occupied=True))
    delivery = stage.request()
    stage.tick()
    assert stage.delivery(delivery).compartment == CompartmentId('c2')


def test_a_robot_with_no_box_ready_is_given_nothing() -> None:
    stage = Stage()
    stage.tick()
    for robot in stage.hospital.robots:
        report = stage.reports[robot]
        stage.say(robot, compartments=tuple(replace(c, locked=False) for c in report.compartments))
    delivery = stage.request()
    stage.wait(5_000)
    assert stage.delivery(delivery).state is DeliveryState.ACCEPTED
