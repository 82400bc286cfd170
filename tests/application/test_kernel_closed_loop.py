"""Every way a delivery leaves its usual course: what people do, where it ends, who has it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.adapters.sim.staff import helper
from fleet_manager.application.stock.bookings import Short, booking_of
from fleet_manager.application.views import picture
from fleet_manager.domain.codec import decode_event
from fleet_manager.domain.deliveries.custody import Custody, custody, gaps
from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.deliveries.lifecycle import ENDS, TRANSITIONS
from fleet_manager.domain.deliveries.lifecycle import DeliveryState as S
from fleet_manager.domain.ids import AccountId, DeliveryId, RobotId, StationId
from fleet_manager.domain.messages import (
    Actor,
    AskRescue,
    CallOffRescue,
    CallRobot,
    CancelDelivery,
    CloseDelivery,
    CollectionReminded,
    Command,
    DeliveryReceived,
    FollowUpStep,
    LockReport,
    NoteFollowUp,
    OpenCompartment,
    OpenLeftBehind,
    ParcelStored,
    PorterAsked,
    PutOffDelivery,
    RateDelivery,
    ReadmitRobot,
    RefuseDelivery,
    RescueParcel,
    Role,
    SignDelivery,
    TakeByHand,
)
from fleet_manager.domain.units import HOUR, Instant
from tests.application.stage import OPERATOR, Stage, ward
from tests.hospitals import corridor, loop, with_version

PORTER = Actor(AccountId('porter-1'), Role.PORTER)
NOBODY_COMES = GOODS['drug'].collect_limit + 5_000


def house(robots: int = 1, *, keeps: tuple[str, ...] = ('drug', 'controlled', 'waste')) -> Stage:
    """A corridor with a safe place in the middle of it."""
    plan = corridor(robots=robots)
    every = tuple(GOODS)
    stations = {
        name: replace(
            one,
            sends=every,
            takes=every,
            second_phone='8999',
            keeps=keeps if name == 'middle' else (),
        )
        for name, one in plan.stations.items()
    }
    return Stage(with_version(replace(plan, stations=stations)))


def ring() -> Stage:
    """A ring, where robots get past one that is dead: west s1, middle s9, east s5."""
    return Stage(with_version(loop(robots=6, size=12)))


def record(stage: Stage, delivery: str) -> Custody:
    found = custody(
        (e.at, decode_event(e.kind, e.body))
        for e in stage.journal
        if e.delivery == delivery or e.kind == 'OpeningAuthorised'
    )
    assert found is not None
    return found


def holders(stage: Stage, delivery: str) -> list[str]:
    found = record(stage, delivery)
    assert gaps(found) == []
    return [one.holder.split('/')[0] for one in found.holdings]


def alerts(stage: Stage) -> set[str]:
    return {alert.code for alert in stage.kernel.state.alerts.values()}


# --- nobody comes  ---


def test_what_nobody_takes_is_called_for_twice_goes_back_and_then_to_a_safe_place() -> None:
    stage = house()
    delivery = stage.request('west', 'east')
    stage.reach(delivery, S.AWAITING_RECEIPT)
    stage.wait(GOODS['drug'].collect_contact + 3_000)
    assert [e.step for e in stage.all(CollectionReminded)] == [1, 2]
    assert 'call_contact' in alerts(stage)
    stage.wait(NOBODY_COMES - GOODS['drug'].collect_contact)
    assert stage.delivery(delivery).returning
    stage.until(lambda: stage.delivery(delivery).state is S.AWAITING_RECEIPT)
    stage.wait(NOBODY_COMES)
    assert stage.delivery(delivery).kept_at == 'middle'
    stage.until(lambda: stage.delivery(delivery).state is S.AWAITING_RECEIPT)
    assert stage.refused(OpenCompartment(ward('west'), delivery)) == 'not_your_delivery'
    stage.reach(delivery, S.STORED)
    assert stage.last(ParcelStored).actor == ward('middle')
    assert holders(stage, delivery) == ['sender:west', 'robot:r1', 'keeper:middle']
    stage.wait(2_000)
    assert not alerts(stage)


def test_where_there_is_no_safe_place_people_know_and_a_porter_may_take_it_out() -> None:
    stage = house(keeps=())
    delivery = stage.request('west', 'east')
    stage.reach(delivery, S.AWAITING_RECEIPT)
    assert stage.refused(OpenLeftBehind(PORTER, delivery)) == 'not_your_delivery'
    stage.wait(NOBODY_COMES)
    stage.until(lambda: stage.delivery(delivery).state is S.AWAITING_RECEIPT)
    stage.wait(NOBODY_COMES)
    assert stage.delivery(delivery).state is S.AWAITING_RECEIPT
    assert 'nobody_takes_it' in alerts(stage)
    assert stage.refused(OpenLeftBehind(PORTER, delivery)) is None
    stage.use_opening(delivery)
    assert stage.delivery(delivery).state is S.RETURNED
    assert record(stage, delivery).holdings[-1].signed_by == PORTER.account


def test_controlled_drugs_are_opened_by_their_stations_only() -> None:
    stage = house(keeps=())
    delivery = stage.request('west', 'east', goods='controlled')
    stage.reach(delivery, S.AWAITING_RECEIPT)
    stage.wait(NOBODY_COMES)
    stage.until(lambda: stage.delivery(delivery).state is S.AWAITING_RECEIPT)
    stage.wait(GOODS['controlled'].collect_reminder + 2_000)
    command = OpenLeftBehind(PORTER, delivery, helper(PORTER))
    assert stage.refused(command) == 'not_your_delivery'


def test_waste_never_goes_back_but_to_a_place_that_keeps_it() -> None:
    stage = house()
    delivery = stage.request('west', 'east', goods='waste')
    stage.reach(delivery, S.AWAITING_RECEIPT)
    refused = stage.refused(RefuseDelivery(ward('east'), delivery, 'torn bag'))
    assert refused == 'may_not_return'
    stage.wait(GOODS['waste'].collect_limit + 2_000)
    assert stage.delivery(delivery).kept_at == 'middle'


# --- cancelled on its way  ---


def test_on_its_way_the_canceller_chooses_to_have_it_back() -> None:
    stage = house()
    delivery = stage.request('west', 'east')
    stage.reach(delivery, S.UNDER_WAY)
    assert stage.refused(CancelDelivery(ward('west'), delivery)) == 'too_late_to_cancel'
    back = CancelDelivery(ward('west'), delivery, bring_back=True)
    assert stage.refused(back) is None
    assert stage.refused(back) is None, 'twice is once'
    stage.reach(delivery, S.RETURNED)
    assert holders(stage, delivery) == ['sender:west', 'robot:r1', 'sender:west']


def test_what_is_taken_out_just_now_does_not_go_back() -> None:
    stage = house()
    delivery = stage.request('west', 'east')
    stage.reach(delivery, S.AWAITING_RECEIPT)
    stage.send(OpenCompartment(ward('east'), delivery))
    back = CancelDelivery(ward('west'), delivery, bring_back=True)
    assert stage.refused(back) == 'too_late_to_cancel'


# --- two people, counts  ---


@pytest.mark.parametrize('second', [None, ward('west'), helper(ward('east')), PORTER])
def test_a_controlled_drug_is_not_loaded_by_one_person(second: Actor | None) -> None:
    stage = house()
    delivery = stage.request('west', 'east', goods='controlled')
    stage.reach(delivery, S.AWAITING_LOAD)
    command = OpenCompartment(ward('west'), delivery, second, 3)
    assert stage.refused(command) == 'second_person_needed'


def test_controlled_drugs_are_counted_and_signed_by_two_at_both_ends() -> None:
    stage = house()
    delivery = stage.request('west', 'east', goods='controlled')
    stage.reach(delivery, S.AWAITING_LOAD)
    west, east = ward('west'), ward('east')
    uncounted = OpenCompartment(west, delivery, helper(west))
    assert stage.refused(uncounted) == 'count_needed'
    assert stage.refused(replace(uncounted, count=-1)) == 'bad_count'
    stage.send(replace(uncounted, count=3))
    stage.use_opening(delivery)
    stage.until(lambda: stage.delivery(delivery).state is S.AWAITING_RECEIPT)
    assert stage.refused(OpenCompartment(east, delivery)) == 'second_person_needed'
    stage.send(OpenCompartment(east, delivery, helper(east)))
    stage.use_opening(delivery)
    assert stage.refused(SignDelivery(east, delivery)) == 'count_needed'
    assert stage.refused(SignDelivery(east, delivery, count=2)) == 'count_differs'
    stage.send(SignDelivery(east, delivery, count=2, missing='one ampoule broken'))
    done = stage.delivery(delivery)
    assert (done.state, done.count, done.received) == (S.DELIVERED, 3, 2)
    assert done.missing == 'one ampoule broken'
    signed = stage.last(DeliveryReceived)
    booked = booking_of(1, stage.now, signed)
    assert booked is not None
    assert booked.short == Short(came=2, loaded=3), 'the books hear of it'
    witnesses = [one.witness for one in record(stage, delivery).holdings]
    assert witnesses == ['', 'ward-west-2', 'ward-east-2']


@pytest.mark.parametrize('goods', ['drug', 'waste'])
def test_who_signs_beside_or_after_whoever_took_it_out_stands_in_the_record(goods: str) -> None:
    stage = house()
    delivery, east = stage.request('west', 'east', goods=goods), ward('east')
    stage.reach(delivery, S.TAKEN)
    before = record(stage, delivery).holdings
    if goods == 'waste':
        assert stage.refused(SignDelivery(east, delivery, east)) == 'second_person_needed'
        stage.send(SignDelivery(east, delivery, helper(east)))
        signed = ('ward-east', 'ward-east-2')
    else:
        stage.send(SignDelivery(helper(east), delivery))
        signed = ('ward-east-2', '')
    assert holders(stage, delivery) == ['sender:west', 'robot:r1', *['recipient:east'] * 2]
    *opened, last = record(stage, delivery).holdings
    assert (last.signed_by, last.witness) == signed
    assert [one.signed_by for one in opened] == [one.signed_by for one in before]


# --- rescue  ---


def stranded(
    stage: Stage, goods: str = 'drug', ends: tuple[str, str] = ('west', 'east')
) -> tuple[DeliveryId, RobotId]:
    """A robot falls silent for ever with a parcel inside."""
    delivery = stage.request(*ends, goods=goods)
    stage.reach(delivery, S.UNDER_WAY)
    robot = stage.carrier(delivery)
    stage.silent.add(robot)
    stage.wait(200_000)
    assert 'parcel_stranded' in alerts(stage)
    return delivery, robot


def test_a_porter_fetches_what_is_in_a_dead_robot_and_the_recipient_signs() -> None:
    stage = house()
    delivery, robot = stranded(stage)
    assert stage.refused(AskRescue(OPERATOR, robot, ' ')) == 'reason_needed'
    assert stage.refused(AskRescue(ward('west'), robot, 'dead')) == 'not_allowed'
    assert stage.refused(AskRescue(OPERATOR, robot, 'dead')) is None
    assert stage.refused(AskRescue(OPERATOR, robot, 'dead')) is None
    stage.tick()
    assert {'rescue_asked'} == alerts(stage) & {'rescue_asked', 'parcel_stranded'}
    assert stage.refused(ReadmitRobot(OPERATOR, robot)) == 'rescue_under_way'
    assert stage.refused(RescueParcel(ward('east'), delivery)) == 'not_allowed'
    assert stage.refused(RescueParcel(PORTER, delivery)) is None
    assert stage.refused(RescueParcel(PORTER, delivery)) is None
    assert not stage.robot(robot).stops
    stage.send(SignDelivery(ward('east'), delivery))
    assert stage.delivery(delivery).state is S.DELIVERED
    expected = ['sender:west', f'robot:{robot}', 'porter:porter-1', 'recipient:east']
    assert holders(stage, delivery) == expected


def test_another_robot_takes_over_what_was_rescued() -> None:
    stage = ring()
    delivery, robot = stranded(stage, ends=('s1', 's5'))
    stage.send(AskRescue(OPERATOR, robot, 'dead'))
    stage.send(RescueParcel(PORTER, delivery))
    other = Actor(AccountId('porter-2'), Role.PORTER)
    call = CallRobot(other, delivery, StationId('s9'))
    assert stage.refused(call) == 'not_yours_to_carry'
    assert stage.refused(replace(call, actor=PORTER, station=StationId('s5'))) == 'same_station'
    stage.send(replace(call, actor=PORTER))
    assert stage.refused(CancelDelivery(ward('s1'), delivery)) == 'too_late_to_cancel'
    stage.until(lambda: stage.delivery(delivery).state is S.AWAITING_LOAD)
    assert stage.carrier(delivery) != robot
    assert stage.refused(OpenCompartment(ward('s1'), delivery)) == 'not_your_delivery'
    assert stage.refused(OpenLeftBehind(other, delivery)) == 'not_your_delivery'
    stage.send(OpenLeftBehind(PORTER, delivery))
    stage.use_opening(delivery)
    stage.reach(delivery, S.DELIVERED)
    second = stage.last_robot(delivery)
    expected = [f'robot:{robot}', 'porter:porter-1', f'robot:{second}', 'recipient:s5']
    assert holders(stage, delivery) == ['sender:s1', *expected]


def test_a_rescuer_for_whom_no_robot_is_loaded_hands_on_to_a_porter() -> None:
    stage = ring()
    delivery, robot = stranded(stage, ends=('s1', 's5'))
    stage.send(AskRescue(OPERATOR, robot, 'dead'))
    stage.send(RescueParcel(OPERATOR, delivery))
    stage.send(CallRobot(OPERATOR, delivery, StationId('s9')))
    stage.until(lambda: stage.delivery(delivery).state is S.AWAITING_LOAD)
    stage.wait(GOODS['drug'].load_limit + 2_000)
    assert stage.last(PorterAsked).reason == 'not_loaded'
    stage.send(TakeByHand(PORTER, delivery))
    stage.send(SignDelivery(ward('s5'), delivery))
    expected = ['porter:operator', 'porter:porter-1', 'recipient:s5']
    assert holders(stage, delivery)[2:] == expected


def test_a_robot_that_works_again_goes_on_with_what_is_inside() -> None:
    stage = house()
    delivery, robot = stranded(stage)
    stage.send(AskRescue(OPERATOR, robot, 'dead'))
    off = CallOffRescue(OPERATOR, robot)
    assert stage.refused(off) == 'robot_still_implausible'
    stage.silent.discard(robot)
    stage.tick()
    assert stage.refused(off) is None
    stage.reach(delivery, S.DELIVERED)
    assert holders(stage, delivery) == ['sender:west', f'robot:{robot}', 'recipient:east']


def test_two_people_fetch_a_controlled_drug_out_of_a_dead_robot() -> None:
    stage = house()
    delivery, robot = stranded(stage, 'controlled')
    stage.send(AskRescue(OPERATOR, robot, 'dead'))
    assert stage.refused(RescueParcel(PORTER, delivery)) == 'second_person_needed'
    assert stage.refused(RescueParcel(PORTER, delivery, OPERATOR)) is None


def test_what_a_porter_carries_may_be_refused_and_is_given_back() -> None:
    stage = house()
    delivery, robot = stranded(stage)
    stage.send(AskRescue(OPERATOR, robot, 'dead'))
    stage.send(RescueParcel(PORTER, delivery))
    stage.send(RefuseDelivery(ward('east'), delivery, 'too late'))
    assert stage.refused(SignDelivery(ward('east'), delivery)) == 'not_your_delivery'
    stage.send(SignDelivery(ward('west'), delivery))
    assert stage.delivery(delivery).state is S.RETURNED
    assert holders(stage, delivery)[-2:] == ['porter:porter-1', 'sender:west']


# --- closed by hand, followed up, locked out  ---


def test_a_forgotten_signature_is_seen_and_closed_and_followed_up() -> None:
    stage = house()
    delivery = stage.request('west', 'east')
    close = CloseDelivery(OPERATOR, delivery, 'signed on paper')
    assert stage.refused(close) == 'not_forgotten'
    stage.reach(delivery, S.TAKEN)
    stage.wait(16 * 60_000)
    assert 'not_signed' in alerts(stage)
    assert stage.refused(replace(close, reason='')) == 'reason_needed'
    assert stage.refused(close) is None
    assert stage.refused(close) is None
    assert stage.delivery(delivery).state is S.DELIVERED
    assert holders(stage, delivery)[-1] == 'recipient:east'
    note = NoteFollowUp(OPERATOR, delivery, FollowUpStep.SOLVED, 'trained')
    assert stage.refused(note) == 'not_followed_up', 'first it is answered'
    for step in FollowUpStep:
        assert stage.refused(replace(note, step=step)) is None
    assert stage.refused(note) is None


def test_a_lost_parcel_ends_as_failed_and_stays_seen_until_it_is_followed_up() -> None:
    stage = house()
    delivery, robot = stranded(stage)
    stage.send(AskRescue(OPERATOR, robot, 'dead'))
    stage.send(CloseDelivery(OPERATOR, delivery, 'burnt'))
    assert stage.delivery(delivery).state is S.FAILED
    stage.tick(30 * HOUR)
    assert delivery in stage.kernel.state.deliveries, 'followed up: not archived yet'
    stage.tick(70 * HOUR)
    assert delivery not in stage.kernel.state.deliveries


def test_what_a_person_did_at_a_robot_that_died_open_is_closed_by_dispatch() -> None:
    stage = house()
    delivery = stage.request('west', 'east')
    stage.reach(delivery, S.AWAITING_LOAD)
    stage.send(OpenCompartment(ward('west'), delivery))
    robot = stage.carrier(delivery)
    boxes = stage.boxes(robot, closed=False, locked=False)
    stage.say(robot, last_grant=1, compartments=boxes)
    close = CloseDelivery(OPERATOR, delivery, 'taken out again')
    assert stage.refused(close) == 'not_forgotten'
    stage.silent.add(robot)
    stage.wait(GOODS['drug'].open_limit + 2_000)
    assert 'left_open' in alerts(stage)
    stage.send(close)
    assert stage.delivery(delivery).state is S.FAILED
    assert stage.robot(robot).excluded == 'being_rescued', 'somebody looks inside'
    assert gaps(record(stage, delivery)) == []


def test_few_stars_are_followed_up_and_many_are_not() -> None:
    stage = house()
    delivery = stage.request('west', 'east')
    stage.reach(delivery, S.DELIVERED)
    note = NoteFollowUp(OPERATOR, delivery, FollowUpStep.ANSWERED, 'sorry')
    assert stage.refused(note) == 'not_followed_up'
    stage.send(RateDelivery(ward('east'), delivery, 2))
    assert stage.refused(note) is None


def test_a_locked_compartment_is_told_of_until_it_opens_again() -> None:
    stage = house()
    until = Instant(stage.now + 60_000)
    stage.hear(LockReport(AccountId(''), until, 'r1/c1'))
    stage.tick()
    (alert,) = stage.kernel.state.alerts.values()
    assert (alert.id, alert.params) == ('compartment_locked:r1/c1', {'until': str(until)})
    stage.wait(60_000)
    assert not alerts(stage)


def test_a_locked_person_is_called_by_name_on_pages_and_not_in_the_journal() -> None:
    stage = house()
    until = Instant(stage.now + 60_000)
    stage.hear(LockReport(AccountId('li.na'), until, name='Li Na'))
    stage.hear(LockReport(AccountId('n2w'), until))
    stage.tick()
    shown = picture(stage.kernel.turn())['alert']
    assert shown['account_locked:li.na']['params'] == {'name': 'Li Na'}
    assert shown['account_locked:n2w']['params'] == {}
    assert 'Li Na' not in repr(stage.kernel.state)
    stage.wait(60_000)
    assert not alerts(stage)


# --- whatever people do  ---

DEEDS = st.lists(st.integers(0, 15), min_size=8, max_size=40)


def deed(stage: Stage, delivery: DeliveryId, choice: int) -> Command | None:
    """Somebody does something, at the right time or not."""
    now = stage.delivery(delivery)
    robot = now.robot or RobotId('r1')
    who = ward(now.goal)
    return (
        CancelDelivery(ward('west'), delivery, bring_back=True),
        RefuseDelivery(who, delivery, 'no'),
        AskRescue(OPERATOR, robot, 'dead'),
        CallOffRescue(OPERATOR, robot),
        RescueParcel(PORTER, delivery),
        RescueParcel(OPERATOR, delivery),
        CallRobot(PORTER, delivery, StationId('middle')),
        OpenLeftBehind(PORTER, delivery),
        SignDelivery(who, delivery),
        TakeByHand(OPERATOR, delivery),
        CloseDelivery(OPERATOR, delivery, 'lost') if choice == 10 and now.rescued else None,
        ReadmitRobot(OPERATOR, robot),
        PutOffDelivery(who, delivery),
        None,
        None,
        None,
    )[choice]


@settings(max_examples=25)
@given(choices=DEEDS)
def test_whatever_people_do_custody_has_no_gap_and_everything_ends_once(
    choices: list[int],
) -> None:
    stage = house(robots=2)
    delivery = stage.request('west', 'east')
    for choice in choices:
        if delivery not in stage.kernel.state.open:
            break
        command = deed(stage, delivery, choice)
        if command is not None:
            stage.send(command)
        elif not stage.help(delivery):
            stage.tick()
            stage.wait(4_000)
    for _ in range(400):
        if delivery not in stage.kernel.state.open:
            break
        now = stage.delivery(delivery)
        if now.state is S.RESCUE_ASKED:
            stage.send(RescueParcel(PORTER, delivery))
        elif now.state is S.PORTER_ASKED:
            stage.send(TakeByHand(PORTER, delivery))
        elif now.state is S.CARRIED:
            stage.send(SignDelivery(ward(now.goal), delivery))
        elif not stage.help(delivery):
            stage.wait(5_000)
            for robot in stage.kernel.state.robots:
                stage.send(ReadmitRobot(OPERATOR, robot))
    found = record(stage, delivery)
    assert found.state in ENDS
    assert gaps(found) == []


def test_every_event_that_moves_a_delivery_is_seen_here_or_beside() -> None:
    """What the table can do some test of the kernel does: no exit is only on paper."""
    kinds = {event.__name__ for _, event in TRANSITIONS}
    folder = __import__('pathlib').Path(__file__).parent
    text = ''.join(file.read_text('utf-8') for file in folder.glob('test_kernel_*.py'))
    spoken = {'ParcelGivenBack': 'given_back', 'RescueCalledOff': 'CallOffRescue'}
    spoken |= {'RobotCalled': 'CallRobot', 'ParcelRescued': 'RescueParcel'}
    spoken |= {'RescueAsked': 'AskRescue', 'DeliveryClosed': 'CloseDelivery'}
    spoken |= {'PorterTook': 'TakeByHand'}
    assert {kind for kind in kinds if spoken.get(kind, kind) not in text} == set()
