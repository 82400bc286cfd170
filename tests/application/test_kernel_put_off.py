"""Not now, ten minutes: a parcel that has arrived is taken later, once or twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleet_manager.adapters.sim.staff import helper
from fleet_manager.application.views import picture
from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.dispatch.policy import PLAIN
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.messages import (
    CollectionReminded,
    OpenCompartment,
    ParcelTurnedBack,
    PutOffDelivery,
    ReceiptPutOff,
    RobotSentAway,
)
from fleet_manager.domain.units import MINUTE
from tests.application.stage import Stage, ward
from tests.hospitals import loop

S = DeliveryState
DRUG = GOODS['drug']
LATER = DRUG.put_off.span
CODES = {'not_collected', 'call_contact'}


def there(goods: str = 'drug', *, raised: bool = False) -> tuple[Stage, DeliveryId]:
    """A parcel that has arrived from s1 at s7."""
    hospital = loop(robots=1, size=12)
    stations = {
        name: replace(one, sends=tuple(GOODS), takes=tuple(GOODS))
        for name, one in hospital.stations.items()
    }
    stage = Stage(replace(hospital, stations=stations), policy=PLAIN)
    asking = replace(stage.asking('s1', 's7', goods=goods, note='bleeds'), raised=raised)
    delivery = stage.send(asking).delivery
    assert delivery is not None
    stage.reach(delivery, S.AWAITING_RECEIPT)
    return stage, DeliveryId(delivery)


def later(stage: Stage, delivery: str, station: str = 's7') -> str | None:
    return stage.refused(PutOffDelivery(ward(station), DeliveryId(delivery)))


def shown(stage: Stage, delivery: str) -> dict[str, object]:
    return picture(stage.kernel.turn())['delivery'][delivery]


def test_reminders_and_the_way_back_move_with_it_and_everybody_sees_until_when() -> None:
    stage, delivery = there()
    assert shown(stage, delivery)['may_put_off'] == LATER
    assert later(stage, delivery) is None
    until = stage.now + LATER
    now = shown(stage, delivery)
    assert (now['state'], now['put_off_until']) == ('awaiting_receipt', until)
    assert now['may_put_off'] == 0
    stage.wait(LATER - 2_000)
    assert not stage.all(CollectionReminded)
    stage.wait(4_000)
    assert [e.step for e in stage.all(CollectionReminded)] == [1], 'now it is time'
    assert shown(stage, delivery)['put_off_until'] is None
    stage.wait(DRUG.collect_limit - 10_000)
    assert CODES & {one.code for one in stage.kernel.state.alerts.values()}
    assert not stage.all(ParcelTurnedBack)
    stage.wait(20_000)
    assert stage.delivery(delivery).returning
    assert stage.delivery(delivery).put_offs == 0, 'who gets it back may put it off as well'


def test_two_taps_are_one_and_after_two_times_it_is_somebodys_turn() -> None:
    stage, delivery = there()
    for times in (1, 2):
        assert later(stage, delivery) is None
        assert later(stage, delivery) is None
        assert len(stage.all(ReceiptPutOff)) == times
        stage.wait(LATER + 1_000)
    assert later(stage, delivery) == 'put_off_enough'
    stage.reach(delivery, S.DELIVERED)
    stage.restart()
    assert stage.delivery(delivery).put_offs == 2


def test_only_who_may_take_it_puts_it_off_and_not_while_it_is_open() -> None:
    stage, delivery = there()
    assert later(stage, delivery, 's1') == 'not_your_delivery'
    assert later(stage, 'D999999') == 'unknown_delivery'
    stage.send(OpenCompartment(ward('s7'), delivery))
    assert shown(stage, delivery)['may_put_off'] == 0
    assert later(stage, delivery) == 'opening_pending', 'who opened was first'
    stage.use_opening(delivery)
    assert later(stage, delivery) == 'robot_not_here'


def test_who_comes_after_it_was_put_off_still_opens_it_while_the_robot_stands_there() -> None:
    stage, delivery = there()
    assert later(stage, delivery) is None
    assert stage.refused(OpenCompartment(ward('s7'), delivery)) is None
    stage.reach(delivery, S.DELIVERED)


@pytest.mark.parametrize(
    ('goods', 'raised'), [('blood', False), ('controlled', True), ('meal', False)]
)
def test_what_cannot_wait_is_put_off_for_a_moment_and_goes_back_as_if_it_were_not(
    goods: str, raised: bool
) -> None:
    stage, delivery = there(goods, raised=raised)
    arrived = stage.delivery(delivery).times['awaiting_receipt']
    assert later(stage, delivery) is None
    span = stage.delivery(delivery).put_off_until - stage.now
    assert span == (5 if goods == 'meal' else 3) * MINUTE
    stage.wait(span + 1_000)
    assert later(stage, delivery) == 'put_off_enough'
    stage.until(lambda: bool(stage.all(ParcelTurnedBack)), limit=2_000)
    assert stage.now - arrived <= GOODS[goods].collect_limit + 5_000


def test_a_robot_with_more_on_board_goes_on_at_once_and_comes_again() -> None:
    stage, here = there()
    stage.reach(here, S.DELIVERED)
    here, elsewhere = stage.request('s1', 's3'), stage.request('s1', 's7')
    for one in (here, elsewhere):
        stage.reach(one, S.UNDER_WAY)
    stage.reach(here, S.AWAITING_RECEIPT)
    assert later(stage, here, 's3') is None
    until = stage.delivery(here).put_off_until
    stage.tick()
    assert [e.delivery for e in stage.all(RobotSentAway)] == [here]
    assert stage.refused(OpenCompartment(ward('s3'), here)) == 'was_put_off'
    assert later(stage, here, 's3') is None, 'it is put off already'
    eta = shown(stage, here)['eta']
    assert isinstance(eta, dict)
    assert until <= eta['early'] <= eta['late']
    stage.reach(elsewhere, S.DELIVERED)
    stage.until(lambda: stage.delivery(here).state is S.AWAITING_RECEIPT)
    stage.wait(30_000)
    assert len(stage.all(RobotSentAway)) == 1, 'it waits now'
    assert not stage.all(CollectionReminded)
    stage.reach(here, S.DELIVERED)


def test_two_people_put_a_controlled_drug_off_by_one_of_them() -> None:
    stage, delivery = there('controlled')
    assert later(stage, delivery) is None
    east = ward('s7')
    stage.send(OpenCompartment(east, delivery, helper(east)))
    stage.use_opening(delivery)
    assert stage.delivery(delivery).state is S.TAKEN
