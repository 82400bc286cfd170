"""A delivery from the request to the stars, and every way it can end before."""

from __future__ import annotations

import pytest

from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import AccountId, DeliveryId
from fleet_manager.domain.messages import (
    Actor,
    CancelDelivery,
    CompartmentOpened,
    DeliveryArchived,
    DeliveryCancelled,
    DeliveryExpired,
    DeliveryRated,
    DeliveryReceived,
    DeliveryRequested,
    OpenCompartment,
    OpeningAuthorised,
    OpeningExpired,
    OpeningUnused,
    ParcelLoaded,
    ParcelTaken,
    RateDelivery,
    RobotArrived,
    Role,
    RunAssigned,
    RunWithdrawn,
    SignDelivery,
)
from fleet_manager.domain.units import HOUR, MINUTE
from tests.application.stage import OPERATOR, Stage, ward
from tests.hospitals import corridor, two_floors

STORY = (
    DeliveryRequested,
    RunAssigned,
    RobotArrived,
    OpeningAuthorised,
    CompartmentOpened,
    OpeningUnused,
    ParcelLoaded,
    ParcelTaken,
    DeliveryReceived,
    DeliveryRated,
    DeliveryCancelled,
    DeliveryExpired,
    RunWithdrawn,
    OpeningExpired,
)


def story(stage: Stage) -> list[str]:
    return [type(e).__name__ for e in stage.events if isinstance(e, STORY)]


# --- the whole way  ---


def test_a_delivery_across_floors_happens_in_order_and_ends_with_stars() -> None:
    stage = Stage(two_floors())
    delivery = stage.request('pharmacy', 'ward')
    stage.reach(delivery, DeliveryState.DELIVERED)
    assert stage.send(RateDelivery(ward('ward'), delivery, 5)).delivery == delivery
    assert story(stage) == [
        'DeliveryRequested',
        'RunAssigned',
        'RobotArrived',
        'OpeningAuthorised',
        'CompartmentOpened',
        'ParcelLoaded',
        'RobotArrived',
        'OpeningAuthorised',
        'CompartmentOpened',
        'ParcelTaken',
        'DeliveryReceived',
        'DeliveryRated',
    ]
    assert stage.kernel.state.delivered == 1
    assert stage.last(ParcelLoaded).actor == ward('pharmacy')
    assert stage.last(ParcelTaken).actor == ward('ward')


def test_the_robot_stands_still_from_loading_until_the_compartment_is_shut() -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.AWAITING_LOAD)
    stage.send(OpenCompartment(ward('pharmacy'), delivery))
    robot = stage.carrier(delivery)
    boxes = stage.boxes(robot, closed=False, locked=False)
    stage.say(robot, last_grant=1, compartments=boxes)
    stage.wait(5_000)
    assert stage.delivery(delivery).state is DeliveryState.LOADING
    assert stage.robot(robot).done == stage.robot(robot).released


def test_after_the_hand_over_the_robot_leaves_the_station_for_a_bay() -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.TAKEN)
    robot = stage.carrier(delivery)
    stage.wait(30_000)
    assert stage.hospital.nodes[stage.robot(robot).node].kind.value in ('parking', 'charger')


def test_a_robot_that_stands_at_the_sender_already_serves_the_next_delivery_from_there() -> None:
    stage = Stage(corridor(robots=1))
    first = stage.request('west', 'east')
    stage.reach(first, DeliveryState.AWAITING_RECEIPT)
    second = stage.request('east', 'west')
    stage.reach(first, DeliveryState.TAKEN)
    stage.tick()
    stage.tick()
    assert stage.delivery(second).state is DeliveryState.AWAITING_LOAD


# --- asking  ---


@pytest.mark.parametrize(
    ('code', 'changes'),
    [
        ('unknown_goods', {'goods': 'elephant'}),
        ('unknown_station', {'sender': 'moon', 'actor': OPERATOR}),
        ('unknown_station', {'recipient': 'moon'}),
        ('same_station', {'recipient': 'pharmacy'}),
        ('not_allowed', {'actor': ward('lab')}),
        ('not_allowed', {'actor': Actor(AccountId('s'), Role.SYSTEM)}),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(code: str, changes: dict[str, str]) -> None:
    assert Stage().refused(Stage().asking(**changes)) == code  # type: ignore[arg-type]


def test_goods_are_sent_and_taken_only_where_the_map_says(small: Stage) -> None:
    assert small.refused(small.asking('kitchen', 'n2w', goods='drug')) == 'goods_not_sent_here'
    assert small.refused(small.asking('pharmacy', 'lab', goods='drug')) == 'goods_not_taken_here'


@pytest.mark.parametrize('actor', [ward('pharmacy'), ward('stores'), OPERATOR])
def test_both_ends_and_operators_may_ask(actor: Actor) -> None:
    assert Stage().request(actor=actor)


def test_the_same_key_and_body_is_one_delivery() -> None:
    stage = Stage()
    first = stage.send(stage.asking(key='k'))
    again = stage.send(stage.asking(key='k'))
    assert (first.delivery, first.replayed) == (again.delivery, False)
    assert again.replayed
    assert len(stage.all(DeliveryRequested)) == 1


def test_the_same_key_with_another_body_is_refused() -> None:
    stage = Stage()
    stage.request(key='k')
    assert stage.refused(stage.asking(key='k', note='other')) == 'key_reused'


def test_two_people_may_use_the_same_key() -> None:
    stage = Stage()
    assert stage.request(key='k') != stage.request(key='k', actor=ward('stores'))


def test_too_many_open_deliveries_are_refused_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('fleet_manager.application.request_delivery.MAX_OPEN', 2)
    stage = Stage()
    stage.request(key='a')
    stage.request(key='b')
    assert stage.refused(stage.asking(key='c')) == 'too_many_open'


def test_the_promise_is_kept_with_the_delivery() -> None:
    stage = Stage()
    delivery = stage.delivery(stage.request(goods='blood'))
    assert delivery.promised_at - delivery.requested_at == 30 * MINUTE
    assert delivery.urgency == 'stat'


# --- cancelling  ---


@pytest.mark.parametrize(
    'state', [DeliveryState.ACCEPTED, DeliveryState.ASSIGNED, DeliveryState.AWAITING_LOAD]
)
def test_before_it_is_loaded_a_delivery_is_cancelled_at_once(state: DeliveryState) -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, state)
    assert stage.send(CancelDelivery(ward('stores'), delivery)).delivery == delivery
    assert stage.delivery(delivery).state is DeliveryState.CANCELLED
    assert all(robot.delivery is None for robot in stage.kernel.state.robots.values())
    withdrawn = stage.all(RunWithdrawn)
    assert [w.reason for w in withdrawn] == (
        [] if state is DeliveryState.ACCEPTED else ['cancelled']
    )


@pytest.mark.parametrize(
    'state',
    [DeliveryState.UNDER_WAY, DeliveryState.AWAITING_RECEIPT, DeliveryState.TAKEN],
)
def test_what_is_loaded_is_not_cancelled_any_more(state: DeliveryState) -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, state)
    assert stage.refused(CancelDelivery(ward('pharmacy'), delivery)) == 'too_late_to_cancel'


def test_while_somebody_may_be_opening_nothing_is_cancelled() -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.AWAITING_LOAD)
    stage.send(OpenCompartment(ward('pharmacy'), delivery))
    assert stage.refused(CancelDelivery(OPERATOR, delivery)) == 'too_late_to_cancel'


def test_an_opening_that_ran_out_unused_keeps_nobody_from_cancelling() -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.AWAITING_LOAD)
    stage.send(OpenCompartment(ward('pharmacy'), delivery))
    stage.until(lambda: bool(stage.all(OpeningExpired)))
    assert stage.refused(CancelDelivery(OPERATOR, delivery)) is None


def test_cancelling_twice_is_once() -> None:
    stage = Stage()
    delivery = stage.request()
    stage.send(CancelDelivery(OPERATOR, delivery))
    assert stage.send(CancelDelivery(OPERATOR, delivery)).delivery == delivery
    assert len(stage.all(DeliveryCancelled)) == 1


def test_what_ended_otherwise_cannot_be_cancelled() -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.DELIVERED)
    assert stage.refused(CancelDelivery(OPERATOR, delivery)) == 'already_ended'


def test_only_the_two_stations_and_operators_may_cancel() -> None:
    stage = Stage()
    delivery = stage.request()
    assert stage.refused(CancelDelivery(ward('lab'), delivery)) == 'not_your_delivery'
    assert stage.refused(CancelDelivery(OPERATOR, DeliveryId('D9'))) == 'unknown_delivery'


# --- nobody comes  ---


def test_a_robot_that_nobody_loads_leaves_and_the_delivery_expires() -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.AWAITING_LOAD)
    stage.wait(GOODS['drug'].load_limit + 2_000)
    assert stage.delivery(delivery).state is DeliveryState.EXPIRED
    assert story(stage)[-2:] == ['RunWithdrawn', 'DeliveryExpired']
    assert stage.last(RunWithdrawn).reason == 'not_loaded'


def test_an_opening_that_ran_out_unused_does_not_keep_the_robot_for_ever() -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.AWAITING_LOAD)
    stage.send(OpenCompartment(ward('pharmacy'), delivery))
    stage.wait(GOODS['drug'].load_limit + 2_000)
    assert stage.delivery(delivery).state is DeliveryState.EXPIRED


def test_what_nobody_collects_stays_in_the_robot_and_never_expires() -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.AWAITING_RECEIPT)
    stage.wait(40 * MINUTE)
    assert stage.delivery(delivery).state is DeliveryState.AWAITING_RECEIPT


def test_ended_deliveries_leave_the_live_state_after_a_day_and_free_their_key() -> None:
    stage = Stage()
    delivery = stage.request(key='k')
    stage.send(CancelDelivery(OPERATOR, delivery))
    stage.tick(23 * HOUR)
    assert delivery in stage.kernel.state.deliveries
    stage.tick(2 * HOUR)
    assert delivery not in stage.kernel.state.deliveries
    assert [e.delivery for e in stage.all(DeliveryArchived)] == [delivery]
    assert stage.request(key='k') != delivery


# --- receiving and rating  ---


def test_the_parcel_is_signed_for_only_after_it_was_taken_out_and_only_once() -> None:
    stage = Stage()
    delivery = stage.request()
    sign = SignDelivery(ward('stores'), delivery)
    stage.reach(delivery, DeliveryState.AWAITING_RECEIPT)
    assert stage.refused(sign) == 'not_opened'
    assert stage.refused(SignDelivery(ward('pharmacy'), delivery)) == 'not_your_delivery'
    assert stage.refused(SignDelivery(OPERATOR, delivery)) == 'not_allowed'
    assert stage.refused(SignDelivery(ward('stores'), DeliveryId('D9'))) == 'unknown_delivery'
    stage.reach(delivery, DeliveryState.DELIVERED)
    assert stage.send(sign).delivery == delivery
    assert len(stage.all(DeliveryReceived)) == 1


def test_stars_are_given_once_by_the_people_concerned() -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.TAKEN)
    assert stage.refused(RateDelivery(ward('stores'), delivery, 4)) == 'not_received_yet'
    stage.reach(delivery, DeliveryState.DELIVERED)
    for stars in (0, 6):
        assert stage.refused(RateDelivery(ward('stores'), delivery, stars)) == 'bad_stars'
    assert stage.refused(RateDelivery(ward('lab'), delivery, 4)) == 'not_your_delivery'
    assert stage.refused(RateDelivery(ward('lab'), DeliveryId('D9'), 4)) == 'unknown_delivery'
    assert stage.refused(RateDelivery(ward('stores'), delivery, 4)) is None
    assert stage.refused(RateDelivery(ward('stores'), delivery, 4)) is None
    assert stage.refused(RateDelivery(ward('stores'), delivery, 5)) == 'already_rated'
    assert [e.stars for e in stage.all(DeliveryRated)] == [4]
