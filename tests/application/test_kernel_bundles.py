"""Bundles: parcels that share a compartment are put in and taken out by one opening each."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.application.keep_promises import OPENING_GRACE_MS
from fleet_manager.application.kernel import Kernel
from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.deliveries.lifecycle import LOADED, DeliveryState
from fleet_manager.domain.dispatch.bundles import bundles_of
from fleet_manager.domain.dispatch.policy import PLAIN, Policy
from fleet_manager.domain.ids import CompartmentId, DeliveryId, StationId
from fleet_manager.domain.maps.model import STANDARD_TYPE, Compartment, CompartmentKind
from fleet_manager.domain.messages import (
    CancelDelivery,
    OpenCompartment,
    OpeningAuthorised,
    OpeningExpired,
    OpeningUnused,
    ParcelLoaded,
    ParcelReturned,
    ParcelTaken,
    ParcelTurnedBack,
    Purpose,
    PutOffDelivery,
    ReceiptPutOff,
    RefuseDelivery,
    RequestDelivery,
    RobotSentAway,
    RunWithdrawn,
)
from fleet_manager.domain.units import HOUR, Instant
from tests.application.stage import Stage, ward
from tests.hospitals import loop

S = DeliveryState
#: Three parcels of medicine fit, a fourth does not.
LITRES = 35


def bundles(robots: int = 1, policy: Policy = PLAIN, boxes: int = 2) -> Stage:
    """A ring of stations; robots with so many boxes whose room is known."""
    hospital = loop(robots=robots, size=12)
    stations = {
        name: replace(one, sends=tuple(GOODS), takes=tuple(GOODS))
        for name, one in hospital.stations.items()
    }
    names = [CompartmentId(f'c{n + 1}') for n in range(boxes)]
    build = replace(
        STANDARD_TYPE,
        compartments=tuple(Compartment(one, CompartmentKind.ANY, LITRES) for one in names),
    )
    fleet = {
        name: replace(one, compartments=tuple(names)) for name, one in hospital.robots.items()
    }
    hospital = replace(hospital, stations=stations, robots=fleet, types={build.id: build})
    return Stage(hospital, policy=policy)


def three(stage: Stage, state: DeliveryState) -> list[DeliveryId]:
    """Three parcels of one ward for another, as far as `state`."""
    names = [stage.request('s1', 's7') for _ in range(3)]
    for name in names:
        stage.reach(name, state)
    return names


def boxes(stage: Stage, names: list[DeliveryId]) -> set[tuple[str | None, str | None]]:
    return {(stage.delivery(n).robot, stage.delivery(n).compartment) for n in names}


def states(stage: Stage, names: list[DeliveryId]) -> list[DeliveryState]:
    return [stage.delivery(name).state for name in names]


def test_one_opening_puts_all_of_a_bundle_in_and_one_takes_all_of_it_out() -> None:
    stage = bundles()
    names = three(stage, S.AWAITING_LOAD)
    assert len(boxes(stage, names)) == 1
    stage.finish()
    assert [len(stage.all(kind)) for kind in (ParcelLoaded, ParcelTaken)] == [3, 3]
    assert len(stage.all(OpeningAuthorised)) == 2
    assert states(stage, names) == [S.DELIVERED] * 3


def test_as_many_share_a_compartment_as_fit() -> None:
    stage = bundles()
    names = [stage.request('s1', 's7') for _ in range(4)]
    for name in names:
        stage.reach(name, S.AWAITING_LOAD)
    assert len(boxes(stage, names)) == 2
    assert len(boxes(stage, names[:3])) == 1
    stage.finish()
    assert len(stage.all(OpeningAuthorised)) == 4


@pytest.mark.parametrize(
    'other',
    [('s1', 's9', 'drug'), ('s3', 's7', 'drug'), ('s1', 's7', 'specimen')],
    ids=['another recipient', 'another sender', 'another class'],
)
def test_what_differs_has_a_compartment_of_its_own(other: tuple[str, str, str]) -> None:
    stage = bundles()
    names = [stage.request('s1', 's7'), stage.request(other[0], other[1], goods=other[2])]
    stage.reach(names[0], S.AWAITING_LOAD)
    stage.until(lambda: stage.delivery(names[1]).compartment is not None)
    assert len(boxes(stage, names)) == 2
    stage.finish()


def test_controlled_drugs_share_with_nothing() -> None:
    stage = bundles()
    for _ in range(2):
        stage.request('s1', 's7', goods='controlled')
    stage.finish()
    assert [e.also for e in stage.all(OpeningAuthorised)] == [()] * 4


def test_what_may_be_fetched_later_only_does_not_share_with_what_waits() -> None:
    stage = bundles()
    first = stage.request('s1', 's7')
    later = RequestDelivery(
        ward('s1'),
        key='later',
        goods='drug',
        sender=StationId('s1'),
        recipient=StationId('s7'),
        earliest=Instant(stage.now + HOUR),
    )
    second = DeliveryId(stage.send(later).delivery or '')
    stage.reach(first, S.UNDER_WAY)
    assert stage.delivery(second).state is S.ACCEPTED
    stage.wait(10_000)


def test_without_bundles_each_parcel_has_a_compartment() -> None:
    stage = bundles(policy=Policy(bundles=False))
    names = [stage.request('s1', 's7') for _ in range(2)]
    for name in names:
        stage.reach(name, S.AWAITING_LOAD)
    assert len(boxes(stage, names)) == 2
    stage.finish()


# --- at the robot  ---


def test_a_bundle_whose_compartment_is_shut_empty_waits_on_as_a_whole() -> None:
    stage = bundles()
    names = three(stage, S.AWAITING_LOAD)
    stage.send(OpenCompartment(ward('s1'), names[1]))
    robot, box = stage.carrier(names[0]), stage.delivery(names[0]).compartment or ''
    opened = stage.boxes(robot, box, closed=False, locked=False)
    stage.say(robot, last_grant=1, compartments=opened)
    assert states(stage, names) == [S.LOADING] * 3
    stage.box(robot, box, closed=True, locked=True, occupied=False)
    assert states(stage, names) == [S.AWAITING_LOAD] * 3
    assert len(stage.all(OpeningUnused)) == 3
    stage.finish()


def test_while_anything_is_left_inside_nothing_counts_as_taken() -> None:
    stage = bundles()
    names = three(stage, S.AWAITING_RECEIPT)
    stage.send(OpenCompartment(ward('s7'), names[0]))
    robot, box = stage.carrier(names[0]), stage.delivery(names[0]).compartment or ''
    grant = stage.all(OpeningAuthorised)[-1].grant
    opened = stage.boxes(robot, box, closed=False, locked=False)
    stage.say(robot, last_grant=grant, compartments=opened)
    assert states(stage, names) == [S.OPENED] * 3
    stage.box(robot, box, closed=True, locked=True, occupied=True)
    assert states(stage, names) == [S.AWAITING_RECEIPT] * 3
    assert not stage.all(ParcelTaken)
    stage.finish()


def test_what_its_mate_was_opened_for_is_not_opened_again() -> None:
    stage = bundles()
    names = three(stage, S.UNDER_WAY)
    assert stage.refused(OpenCompartment(ward('s1'), names[1])) == 'robot_not_here'


def test_while_a_hand_may_be_inside_none_of_a_bundle_is_cancelled() -> None:
    stage = bundles()
    names = three(stage, S.AWAITING_LOAD)
    stage.send(OpenCompartment(ward('s1'), names[0]))
    for name in names:
        assert stage.refused(CancelDelivery(ward('s1'), name)) == 'too_late_to_cancel'
        assert stage.refused(OpenCompartment(ward('s1'), name)) is not None


def test_an_opening_nobody_used_runs_out_for_all() -> None:
    stage = bundles()
    names = three(stage, S.AWAITING_LOAD)
    stage.send(OpenCompartment(ward('s1'), names[0]))
    stage.wait(30_000 + OPENING_GRACE_MS + 2_000)
    assert sorted(e.delivery for e in stage.all(OpeningExpired)) == sorted(names)
    assert stage.refused(CancelDelivery(ward('s1'), names[2])) is None
    stage.finish()


def test_one_that_is_cancelled_before_leaves_the_others_together() -> None:
    stage = bundles()
    names = three(stage, S.AWAITING_LOAD)
    stage.send(CancelDelivery(ward('s1'), names[0]))
    stage.finish()
    assert states(stage, names) == [S.CANCELLED, S.DELIVERED, S.DELIVERED]
    assert len(stage.all(OpeningAuthorised)) == 2


# --- joining  ---


def test_one_more_joins_while_the_robot_waits_and_nobody_has_come() -> None:
    stage = bundles(robots=2)
    first = stage.request('s1', 's7')
    stage.reach(first, S.AWAITING_LOAD)
    second = stage.request('s1', 's7')
    stage.reach(second, S.AWAITING_LOAD)
    assert len(boxes(stage, [first, second])) == 1
    stage.finish()
    assert len(stage.all(OpeningAuthorised)) == 2


def test_one_more_does_not_join_once_the_compartment_is_being_opened() -> None:
    stage = bundles()
    first = stage.request('s1', 's7')
    stage.reach(first, S.AWAITING_LOAD)
    stage.send(OpenCompartment(ward('s1'), first))
    second = stage.request('s1', 's7')
    stage.wait(3_000)
    assert stage.delivery(second).compartment != stage.delivery(first).compartment
    stage.finish()


def test_what_came_too_late_for_an_opening_is_left_for_another() -> None:
    stage = bundles(boxes=1)
    first = stage.request('s1', 's7')
    stage.reach(first, S.AWAITING_LOAD)
    second = stage.request('s1', 's7')
    stage.auto = False
    stage.tick()  # it is in the run, and the robot has not said again that it is there
    stage.auto = True
    assert stage.delivery(second).compartment == stage.delivery(first).compartment
    stage.send(OpenCompartment(ward('s1'), first))
    stage.use_opening(first)
    assert [(e.delivery, e.reason) for e in stage.all(RunWithdrawn)] == [(second, 'no_room')]
    assert states(stage, [first, second]) == [S.UNDER_WAY, S.ACCEPTED]
    stage.finish()


def test_nothing_joins_what_is_loaded() -> None:
    stage = bundles()
    first = stage.request('s1', 's7')
    stage.reach(first, S.UNDER_WAY)
    second = stage.request('s1', 's7')
    for _ in range(600):
        pair = [stage.delivery(n) for n in (first, second)]
        if all(one.state in LOADED for one in pair):
            assert pair[0].compartment != pair[1].compartment
        stage.help(first)
        stage.help(second)
        stage.tick()
    assert states(stage, [first, second]) == [S.DELIVERED] * 2


# --- whatever comes, goes and is refused  ---


def check(stage: Stage) -> None:
    """What shares a compartment is of one way and class, fits, and is next to each other."""
    for robot in stage.kernel.state.robots.values():
        for bundle in bundles_of(stage.kernel.state, robot):
            assert len({(d.compartment, d.sender, d.goal, d.goods) for d in bundle}) == 1
            assert len(bundle) == 1 or len(bundle) * GOODS[bundle[0].goods].litres <= LITRES
            names = [d.id for d in bundle]
            for purpose in (Purpose.PICK_UP, Purpose.HAND_OVER):
                of_it = [
                    n
                    for n, stop in enumerate(robot.stops)
                    if stop.delivery in names and stop.purpose is purpose
                ]
                visit = robot.stops[of_it[0] : of_it[-1] + 1] if of_it else []
                assert len({stop.station for stop in visit}) <= 1


@pytest.mark.thorough
@settings(max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_bundles_hold_whatever_people_do(seed: int) -> None:
    rng, stage = Random(seed), bundles(robots=2)
    names: list[DeliveryId] = []
    for _ in range(120):
        what = rng.random()
        if what < 0.2 and len(names) < 14:
            goods = rng.choice(('drug', 'drug', 'specimen', 'controlled'))
            names.append(stage.request('s1', rng.choice(('s7', 's9')), goods=goods))
        elif what < 0.3 and names:
            name = rng.choice(names)
            stage.send(CancelDelivery(ward('s1'), name))
        elif what < 0.35 and names:
            name = rng.choice(names)
            stage.send(RefuseDelivery(ward(stage.delivery(name).recipient), name, 'wrong'))
        elif what < 0.6 and names:
            stage.help(rng.choice(names))
        else:
            stage.tick(rng.choice((1_000, 1_000, 10_000)))
        check(stage)
    stage.finish()


# --- back  ---


def test_who_refuses_one_refuses_all_of_its_compartment() -> None:
    stage = bundles()
    names = three(stage, S.AWAITING_RECEIPT)
    stage.send(RefuseDelivery(ward('s7'), names[1], 'wrong'))
    assert [e.delivery for e in stage.all(ParcelTurnedBack)] == names
    stage.finish()
    assert states(stage, names) == [S.RETURNED] * 3
    assert len(stage.all(ParcelReturned)) == 3
    assert len(stage.all(OpeningAuthorised)) == 2


def test_who_puts_one_off_puts_off_all_of_its_compartment() -> None:
    stage = bundles()
    names = three(stage, S.AWAITING_RECEIPT)
    stage.send(PutOffDelivery(ward('s7'), names[1]))
    assert [e.delivery for e in stage.all(ReceiptPutOff)] == names
    stage.finish()
    assert states(stage, names) == [S.DELIVERED] * 3


def test_what_nobody_collects_goes_back_together() -> None:
    stage = bundles()
    names = three(stage, S.AWAITING_RECEIPT)
    stage.wait(GOODS['drug'].collect_limit + 2_000)
    assert [e.delivery for e in stage.all(ParcelTurnedBack)] == names
    stage.finish()
    assert states(stage, names) == [S.RETURNED] * 3


def test_a_robot_goes_on_and_comes_again_with_all_of_a_bundle() -> None:
    stage = bundles()
    names = [stage.request('s1', 's7') for _ in range(2)]
    other = stage.request('s1', 's9')
    for name in (*names, other):
        stage.reach(name, S.UNDER_WAY)
    stage.until(lambda: all(one is S.AWAITING_RECEIPT for one in states(stage, names)))
    stage.wait(GOODS['drug'].collect_reminder + 2_000)
    assert [e.delivery for e in stage.all(RobotSentAway)] == names
    stage.finish()
    assert states(stage, [*names, other]) == [S.DELIVERED] * 3


# --- what is written down  ---


@pytest.mark.parametrize('state', [S.AWAITING_LOAD, S.UNDER_WAY, S.AWAITING_RECEIPT, S.TAKEN])
def test_a_bundle_is_the_same_after_a_restart(state: DeliveryState) -> None:
    stage = bundles()
    three(stage, state)
    again = Kernel.restore(stage.hospital, snapshot=None, entries=stage.journal)
    assert again.snapshot() == stage.kernel.snapshot()
    kept = Kernel.restore(stage.hospital, snapshot=stage.kernel.snapshot(), entries=())
    assert kept.snapshot() == stage.kernel.snapshot()


def test_a_restart_in_the_middle_of_an_opening_loads_all() -> None:
    stage = bundles()
    names = three(stage, S.AWAITING_LOAD)
    stage.send(OpenCompartment(ward('s1'), names[0]))
    stage.kernel = Kernel.restore(
        stage.hospital, snapshot=None, entries=stage.journal, policy=stage.policy
    )
    stage.kernel.start(epoch=2, now=stage.now)
    stage.use_opening(names[0])
    assert states(stage, names) == [S.UNDER_WAY] * 3
