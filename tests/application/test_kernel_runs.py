"""Runs: many parcels on one robot, what may not be together, and what if nobody comes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleet_manager.adapters.sim.staff import helper
from fleet_manager.application.kernel import Kernel
from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.dispatch.policy import PLAIN, Dispatch, Policy
from fleet_manager.domain.ids import AccountId, RobotId, StationId
from fleet_manager.domain.maps.model import NodeKind
from fleet_manager.domain.maps.serialise import with_version
from fleet_manager.domain.messages import (
    Actor,
    MalformedReport,
    OpenCompartment,
    ParcelReturned,
    ParcelTurnedBack,
    PorterAsked,
    Purpose,
    RefuseDelivery,
    RobotArrived,
    RobotCleaned,
    RobotSentAway,
    RobotSoiled,
    Role,
    RunAssigned,
    RunWithdrawn,
    SignCleaning,
    SignDelivery,
    TakeByHand,
)
from fleet_manager.domain.units import HOUR, MINUTE, Instant
from tests.application.stage import OPERATOR, Stage, ward
from tests.hospitals import corridor, loop

S = DeliveryState
PORTER = Actor(AccountId('porter-1'), Role.PORTER)


def runs(robots: int = 1, size: int = 12, policy: Policy = PLAIN) -> Stage:
    hospital = loop(robots=robots, size=size)
    stations = {
        name: replace(one, sends=tuple(GOODS), takes=tuple(GOODS))
        for name, one in hospital.stations.items()
    }
    return Stage(replace(hospital, stations=stations), policy=policy)


# --- one run, many parcels  ---


def test_parcels_of_one_station_are_fetched_in_one_run() -> None:
    stage = runs()
    first = stage.request('s1', 's7')
    second = stage.request('s1', 's9')
    stage.wait(3_000)
    assert stage.carrier(first) == stage.carrier(second)
    assert stage.delivery(first).run == stage.delivery(second).run
    assert stage.delivery(first).compartment != stage.delivery(second).compartment
    stage.finish()
    assert stage.robot(stage.last(RunAssigned).robot).run is None


def test_at_a_stop_one_compartment_is_open_at_a_time() -> None:
    stage = runs()
    first, second = stage.request('s1', 's7'), stage.request('s1', 's9')
    stage.until(lambda: len(stage.all(RobotArrived)) == 2)
    stage.send(OpenCompartment(ward('s1'), first))
    assert stage.refused(OpenCompartment(ward('s1'), second)) == 'opening_pending'
    stage.use_opening(first)
    assert stage.refused(OpenCompartment(ward('s1'), second)) is None


def test_a_robot_stays_until_all_of_a_stop_is_done() -> None:
    stage = runs()
    first, second = stage.request('s1', 's7'), stage.request('s1', 's9')
    stage.reach(first, S.UNDER_WAY)
    stage.wait(10_000)
    assert stage.delivery(second).state is S.AWAITING_LOAD
    assert stage.robot('r1').node == 'F1.s1'
    stage.finish()


def test_what_is_handed_over_is_taken_out_before_its_compartment_is_loaded_again() -> None:
    stage = runs()
    there = [stage.request('s1', 's7') for _ in range(2)]
    back = stage.request('s7', 's1')
    for one in there:
        stage.reach(one, S.UNDER_WAY)
    stage.until(lambda: stage.delivery(back).state is S.AWAITING_LOAD, limit=60)
    assert stage.refused(OpenCompartment(ward('s7'), back)) == 'compartment_in_use'
    stage.finish()


def test_what_is_most_urgent_goes_first_on_a_robot_that_is_already_on_its_way() -> None:
    stage = runs()
    stage.request('s7', 's9', goods='supply')
    stage.tick()
    blood = stage.request('s3', 's5', goods='blood')
    stage.tick()
    assert stage.robot('r1').stops[0].delivery == blood
    stage.finish()


def test_a_parcel_whose_robot_is_lost_waits_since_it_was_asked_for() -> None:
    stage = runs(robots=2)
    first = stage.request('s1', 's7')
    asked = stage.delivery(first).requested_at
    stage.wait(3_000)
    stage.hear(MalformedReport(stage.carrier(first), 'x is NaN'))
    stage.tick()
    assert stage.last(RunWithdrawn).delivery == first
    assert stage.delivery(first).requested_at == asked
    stage.restart()
    assert stage.delivery(first).requested_at == asked


def test_a_run_is_the_same_after_a_restart() -> None:
    stage = runs(robots=3)
    for n in range(6):
        stage.request(f's{2 * n + 1}', f's{(2 * n + 5) % 12}')
    stage.wait(20_000)
    again = Kernel.restore(stage.hospital, snapshot=None, entries=stage.journal)
    assert again.snapshot() == stage.kernel.snapshot()
    assert any(robot.stops for robot in again.state.robots.values())
    stage.finish()


# --- what may not be together  ---


def test_controlled_drugs_go_alone_and_direct() -> None:
    stage = runs()
    controlled = stage.request('s1', 's7', goods='controlled')
    others = [stage.request('s1', 's7'), stage.request('s3', 's7')]
    stage.reach(controlled, S.UNDER_WAY)
    assert stage.robot('r1').stops[0].delivery == controlled
    for one in others:
        assert stage.delivery(one).state not in (S.UNDER_WAY, S.AWAITING_RECEIPT)
    stage.finish()


@pytest.mark.parametrize(('one', 'other'), [('meal', 'specimen'), ('sterile', 'waste')])
def test_goods_that_are_kept_apart_are_never_on_board_together(one: str, other: str) -> None:
    assert other in GOODS[one].apart
    stage = runs()
    pair = [stage.request('s1', 's7', goods=one), stage.request('s1', 's7', goods=other)]
    loaded = (S.UNDER_WAY, S.AWAITING_RECEIPT, S.OPENED)
    for _ in range(400):
        for name in pair:
            stage.help(name)
        assert sum(stage.delivery(name).state in loaded for name in pair) <= 1
        stage.tick()
        if stage.all(RobotSoiled) and not stage.all(RobotCleaned):
            stage.kernel.handle(SignCleaning(OPERATOR, RobotId('r1')), stage.now)


def test_what_is_urgent_gets_room_where_runs_are_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('fleet_manager.domain.dispatch.plan_runs.MOST_STOPS', 4)
    stage = runs(size=60)
    inside = stage.request('s1', 's27')
    stage.reach(inside, S.UNDER_WAY)
    later, full = stage.request('s29', 's31'), stage.request('s33', 's35')
    stage.wait(10_000)
    assert [bool(stage.delivery(one).run) for one in (later, full)] == [True, False]
    urgent = stage.request('s37', 's39', goods='controlled')
    stage.wait(10_000)
    assert stage.delivery(urgent).run, 'nothing that is only planned keeps it waiting'
    assert {e.reason for e in stage.all(RunWithdrawn)} == {'more_urgent'}
    stage.finish()
    for one in (inside, later, full, urgent):
        assert stage.delivery(one).state is S.DELIVERED


def test_after_dirty_goods_a_robot_is_cleaned_before_anything_clean_is_loaded() -> None:
    stage = runs()
    dirty = stage.request('s1', 's7', goods='soiled')
    stage.reach(dirty, S.DELIVERED)
    clean = stage.request('s1', 's7', goods='sterile')
    stage.wait(60_000)
    assert stage.delivery(clean).state is S.ACCEPTED
    assert stage.robot('r1').soiled
    assert stage.refused(SignCleaning(PORTER, RobotId('r1'))) == 'not_allowed'
    assert stage.refused(SignCleaning(OPERATOR, RobotId('r1'))) is None
    stage.finish()
    assert stage.delivery(clean).state is S.DELIVERED


def test_a_robot_that_carries_something_is_not_signed_as_clean() -> None:
    stage = runs()
    dirty = stage.request('s1', 's7', goods='soiled')
    stage.reach(dirty, S.UNDER_WAY)
    assert stage.refused(SignCleaning(OPERATOR, RobotId('r1'))) == 'robot_not_here'


def test_a_robot_that_was_cleaned_leaves_the_cleaning_place_to_the_next_one() -> None:
    stage = runs(robots=3)
    homes = {spec.home for spec in stage.hospital.robots.values()}
    bath = next(
        node
        for node in stage.hospital.nodes.values()
        if node.kind is NodeKind.PARKING and node.id not in homes
    )
    nodes = {**stage.hospital.nodes, bath.id: replace(bath, kind=NodeKind.CLEANING)}
    stage = Stage(with_version(replace(stage.hospital, nodes=nodes)))
    for n in range(3):
        stage.request(f's{2 * n + 1}', f's{(2 * n + 5) % 12}', goods='soiled')

    def all_cleaned() -> bool:
        for robot in stage.kernel.state.robots.values():
            if robot.soiled and robot.node == bath.id and not robot.hops:
                stage.send(SignCleaning(OPERATOR, robot.id))
        for delivery in list(stage.kernel.state.deliveries):
            stage.help(delivery)
        soiled = {event.robot for event in stage.all(RobotSoiled)}
        return soiled == {event.robot for event in stage.all(RobotCleaned)} != set()

    stage.until(all_cleaned)
    stage.until(lambda: all(r.node != bath.id for r in stage.kernel.state.robots.values()))


# --- nobody takes it  ---


def test_what_nobody_takes_goes_back_to_its_sender() -> None:
    stage = runs()
    delivery = stage.request('s1', 's7')
    stage.reach(delivery, S.AWAITING_RECEIPT)
    stage.wait(GOODS['drug'].collect_limit + 2_000)
    assert [e.reason for e in stage.all(ParcelTurnedBack)] == ['not_collected']
    stage.until(lambda: stage.delivery(delivery).state is S.AWAITING_RECEIPT)
    assert stage.robot('r1').node == 'F1.s1'
    assert stage.refused(OpenCompartment(ward('s7'), delivery)) == 'not_your_delivery'
    stage.finish()
    assert stage.delivery(delivery).state is S.RETURNED
    assert stage.last(ParcelReturned).actor.station == 's1'


def test_what_the_recipient_refuses_goes_back_and_says_why() -> None:
    stage = runs()
    delivery = stage.request('s1', 's7')
    stage.reach(delivery, S.AWAITING_RECEIPT)
    assert stage.refused(RefuseDelivery(ward('s7'), delivery, ' ')) == 'reason_needed'
    assert stage.refused(RefuseDelivery(ward('s9'), delivery, 'wrong')) == 'not_your_delivery'
    stage.send(RefuseDelivery(ward('s7'), delivery, 'wrong drug'))
    assert stage.refused(RefuseDelivery(ward('s7'), delivery, 'wrong drug')) is None
    assert len(stage.all(ParcelTurnedBack)) == 1
    stage.finish()
    assert stage.delivery(delivery).state is S.RETURNED
    assert 'wrong drug' in stage.delivery(delivery).turned_back


def test_with_more_on_board_a_robot_goes_on_and_comes_again() -> None:
    stage = runs()
    here, there = stage.request('s1', 's3'), stage.request('s1', 's7')
    for one in (here, there):
        stage.reach(one, S.UNDER_WAY)
    stage.reach(here, S.AWAITING_RECEIPT)
    arrived = stage.delivery(here).arrived_at
    stage.wait(GOODS['drug'].collect_reminder + 2_000)
    stage.reach(there, S.DELIVERED)
    stage.reach(here, S.DELIVERED)
    assert stage.delivery(here).arrived_at == arrived, 'on time is when it came first'
    assert not stage.all(ParcelTurnedBack)


def test_where_nobody_came_a_robot_comes_again_after_its_other_stops_however_urgent() -> None:
    stage = runs(size=60)
    there = stage.request('s1', 's31')
    stage.reach(there, S.UNDER_WAY)
    here = stage.request('s1', 's3', goods='blood')
    stage.reach(here, S.AWAITING_RECEIPT)
    stage.wait(GOODS['blood'].collect_reminder + 2_000)
    assert len(stage.all(RobotSentAway)) == 1
    stage.wait(40_000)
    assert stage.delivery(here).state is S.UNDER_WAY
    assert stage.robot(stage.carrier(there)).stops[0].delivery == there or (
        stage.delivery(there).state is not S.UNDER_WAY
    )


# --- porters  ---


def only_clean(stage: Stage) -> None:
    """Let every robot be one for clean goods."""
    types = {name: replace(one, rating='clean') for name, one in stage.hospital.types.items()}
    stage.hospital = replace(stage.hospital, types=types)
    stage.kernel = Kernel(stage.hospital)
    stage.journal.clear()
    stage.events.clear()
    stage._keep(stage.kernel.start(epoch=1, now=stage.now).events)


def test_what_no_robot_may_carry_goes_to_the_porters_with_the_same_custody() -> None:
    stage = runs()
    only_clean(stage)
    waste = stage.request('s1', 's7', goods='waste')
    stage.tick()
    assert stage.last(PorterAsked).reason == 'no_robot_is_built_for_it'
    assert stage.refused(TakeByHand(ward('s1'), waste)) == 'not_allowed'
    stage.send(TakeByHand(PORTER, waste))
    assert stage.delivery(waste).state is S.CARRIED
    other = Actor(AccountId('porter-2'), Role.PORTER)
    assert stage.refused(TakeByHand(other, waste)) == 'not_for_porters'
    assert stage.refused(SignDelivery(ward('s1'), waste)) == 'not_your_delivery'
    assert stage.refused(SignDelivery(ward('s7'), waste)) == 'second_person_needed'
    stage.send(SignDelivery(ward('s7'), waste, helper(ward('s7'))))
    assert stage.delivery(waste).state is S.DELIVERED


def test_what_no_robot_can_carry_today_goes_to_porters_while_they_can_be_in_time() -> None:
    stage = Stage(corridor(robots=1), policy=PLAIN)
    stage.silent.add('r1')
    blood = stage.request('west', 'east', goods='blood')
    stage.wait(14 * MINUTE)
    assert stage.delivery(blood).state is S.ACCEPTED
    stage.wait(2 * MINUTE)
    assert stage.delivery(blood).state is S.PORTER_ASKED
    assert stage.last(PorterAsked).reason == 'not_in_service'


# --- when, and how urgent  ---


def test_a_request_is_raised_one_step_with_a_reason() -> None:
    stage = runs()
    asked = stage.asking('s1', 's7')
    assert stage.refused(replace(asked, raised=True)) == 'reason_needed'
    reply = stage.send(replace(asked, raised=True, note='patient is waiting'))
    assert reply.delivery is not None
    assert stage.delivery(reply.delivery).urgency == 'urgent'
    assert stage.delivery(reply.delivery).promised_at == stage.now + 30 * MINUTE


@pytest.mark.parametrize(
    ('goods', 'opens', 'ends', 'promised'),
    [
        ('drug', 60, 90, 90),
        ('drug', 0, 300, 300),
        ('linen', 30, 200, 200),
        ('waste', 60, 240, 240),
        ('controlled', 60, 300, 90),
        ('controlled', 60, 75, 75),
        ('blood', 0, 10, 10),
        ('drug', 60, 0, 180),
    ],
)
def test_planned_goods_are_promised_at_their_windows_end_and_urgent_ones_never_later(
    goods: str, opens: int, ends: int, promised: int
) -> None:
    stage = runs()
    asked = replace(
        stage.asking('s1', 's7', goods=goods),
        earliest=Instant(stage.now + opens * MINUTE if opens else 0),
        latest=Instant(stage.now + ends * MINUTE if ends else 0),
    )
    delivery = stage.send(asked).delivery
    assert delivery is not None
    assert stage.delivery(delivery).promised_at == stage.now + promised * MINUTE


def test_scheduled_goods_are_promised_by_the_end_of_their_window_and_not_fetched_before() -> None:
    stage = runs()
    start, end = Instant(stage.now + 2 * HOUR), Instant(stage.now + 3 * HOUR)
    asked = replace(stage.asking('s1', 's7', goods='meal'), earliest=start, latest=end)
    assert stage.refused(replace(asked, latest=start)) == 'window_over'
    assert stage.refused(replace(asked, earliest=Instant(start + 48 * HOUR))) == 'too_far_ahead'
    meal = stage.send(asked).delivery
    assert meal is not None
    assert stage.delivery(meal).promised_at == end
    stage.wait(10 * MINUTE)
    assert stage.delivery(meal).state is S.ACCEPTED
    stage.tick(100 * MINUTE)
    stage.wait(10 * MINUTE)
    assert stage.delivery(meal).state is not S.ACCEPTED


def test_robots_are_kept_for_stat_by_the_hour() -> None:
    stage = runs(robots=2, policy=Policy(stat_reserve=(1,)))
    for n in (1, 5, 9):
        stage.request(f's{n}', f's{n + 2}')
    stage.wait(3_000)
    assert sum(bool(robot.stops) for robot in stage.kernel.state.robots.values()) == 1
    blood = stage.request('s9', 's11', goods='blood')
    stage.wait(6_000)
    assert stage.delivery(blood).state is not S.ACCEPTED
    stage.finish()


def test_arrivals_are_expected_with_a_range_that_is_not_empty() -> None:
    stage = runs()
    delivery = stage.request('s1', 's7')
    stage.tick()
    likely, nearly = stage.delivery(delivery).eta
    assert stage.now < likely < nearly
    assert stage.robot('r1').stops[0].station == StationId('s1')
    assert stage.robot('r1').stops[1].purpose is Purpose.HAND_OVER


# --- baselines to compare with  ---


def test_an_auction_gives_one_parcel_at_a_time_onto_the_end_of_a_queue() -> None:
    stage = runs(robots=2, policy=Policy(Dispatch.AUCTION))
    first = stage.request('s1', 's7')
    stage.request('s1', 's7')
    stage.tick()
    assert not stage.all(RunAssigned), 'bids are taken for two seconds'
    stage.wait(2_000)
    assert [e.delivery for e in stage.all(RunAssigned)] == [first]
    stage.wait(3_000)
    assert len(stage.all(RunAssigned)) == 2
    stage.finish()


def test_first_come_gives_the_oldest_to_the_nearest_free_robot() -> None:
    stage = runs(policy=Policy(Dispatch.NEAREST))
    supply = stage.request('s7', 's9', goods='supply')
    blood = stage.request('s1', 's3', goods='blood')
    stage.tick()
    assert [e.delivery for e in stage.all(RunAssigned)] == [supply]
    stage.reach(supply, S.DELIVERED)
    stage.reach(blood, S.DELIVERED)
