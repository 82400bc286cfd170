"""The figures of a day, exactly, from journals written by hand and from a real short day."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.sim.day.day import Day
from fleet_manager.application.days.figures import spread
from fleet_manager.application.days.result import Spread
from fleet_manager.application.days.scenario import (
    Demand,
    Fault,
    FaultKind,
    GoodsDemand,
    Scenario,
    Staff,
)
from fleet_manager.domain.ids import DeliveryId, NodeId, RobotId, RunId
from fleet_manager.domain.messages import (
    AlertCleared,
    AlertRaised,
    CompartmentOpened,
    DeliveryCancelled,
    DeliveryExpired,
    Event,
    ManagerStarted,
    OpeningUnused,
    ParcelReturned,
    ParcelTurnedBack,
    PorterAsked,
    PorterTook,
    Purpose,
    RobotExcluded,
    RobotPaused,
    RobotReadmitted,
    RobotResumed,
    RunWithdrawn,
)
from fleet_manager.domain.units import HOUR, MINUTE
from tests.adapters.sim.day.told import NURSE, Told, at, minutes

R1, D1 = RobotId('r1'), DeliveryId('D1')


def withdrawn(reason: str) -> RunWithdrawn:
    return RunWithdrawn(RunId('R1'), R1, D1, reason)


# --- one delivery, from end to end  ---


def test_the_time_of_a_late_delivery_is_told_by_what_it_was_spent_on() -> None:
    told = Told()
    told.bring(within=300)
    late = told.late()
    assert late.causes == {
        'robot': 10_000,
        'coming': 20_000,
        'staff': 60_000,
        'loading': 30_000,
        'blocked': 5_000,
        'lift': 40_000,
        'ride': 45_000,
        'driving': 110_000,
    }
    assert sum(late.causes.values()) == 320_000
    assert (late.late_ms, late.cause, late.robot) == (20_000, 'staff', 'r1')


def test_arrival_and_signature_are_two_clocks_from_the_request() -> None:
    told = Told()
    told.bring()
    result = told.result()
    (urgent,) = result.by_urgency
    (drug,) = result.by_goods
    assert urgent.to_arrival == Spread(minutes(320), minutes(320), minutes(320))
    assert urgent.to_signature == Spread(minutes(410), minutes(410), minutes(410))
    assert (urgent.name, urgent.n, urgent.on_time) == ('urgent', 1, 1.0)
    assert (drug.name, drug.to_arrival) == ('drug', urgent.to_arrival)
    assert (result.accepted, result.delivered, result.open, result.on_time) == (1, 1, 0, 1.0)
    assert result.by_hour == ((8, 1, 1),)
    (line,) = result.lines
    assert (line.assigned_at, line.loaded_at) == (at(10), at(120))
    assert (line.arrived_at, line.received_at, line.eta_p80) == (at(320), at(410), at(400))
    assert line.state == 'delivered'


def test_metres_busy_time_and_battery_of_a_robot() -> None:
    told = Told()
    told.bring()
    for battery, charging in ((0.8, False), (0.31, True), (0.5, True), (None, False)):
        told.collector.sample(R1, battery=battery, charging=charging)
    one, other = told.result().robots
    assert (one.robot, one.metres_empty, one.metres_loaded) == ('r1', 4.0, 37.0)
    assert (one.busy, one.parcels, one.runs) == (round(390 / 3_600, 4), 1, 1)
    assert (one.charging, one.lowest_battery) == (0.5, 0.31)
    assert (other.robot, other.busy, other.metres_loaded, other.lowest_battery) == (
        'r2',
        0.0,
        0.0,
        None,
    )


def test_a_lift_is_used_while_a_session_holds_it_and_waited_for_while_a_robot_stands() -> None:
    told = Told()
    told.bring()
    (lift,) = told.result().lifts
    assert (lift.rides, lift.outcomes) == (1, {'done': 1})
    assert lift.utilisation == round(95 / 3_600, 4)
    assert lift.wait == Spread(minutes(40), minutes(40), minutes(40))
    (hour,) = lift.by_hour
    assert (hour.hour, hour.utilisation, hour.wait_p95) == (8, lift.utilisation, minutes(40))
    assert told.result().waiting_ms == {'F1.A-wait': 40_000, 'F1.pharmacy': 5_000}


def test_a_lift_that_stood_open_was_not_waited_for_and_counts_as_a_wait_of_nothing() -> None:
    told = Told()
    told.plan(0, ('F1.w1', 'F1.w2', 'F1.w3', 'F1.w4', 'F1.A-wait', 'car.A'), Purpose.PARK)
    told.go(0, 60, 'F1.w1', 'F1.w2', 'F1.w3', 'F1.w4', 'F1.A-wait', 'car.A')
    assert told.result().lifts[0].wait == Spread(0.0, 0.0, 0.0)


def test_a_robot_led_elsewhere_has_waited_for_the_lift_it_left() -> None:
    told = Told()
    way = ('F1.w1', 'F1.w2', 'F1.w3', 'F1.w4', 'F1.A-wait')
    told.plan(0, (*way, 'car.A'), Purpose.PARK)
    told.go(0, 50, *way)
    told.plan(80, ('F1.w4',), Purpose.PARK)
    told.go(80, 90, 'F1.w4')
    assert told.result().lifts[0].wait.max == minutes(30)


def test_a_trail_has_a_mark_for_each_node_and_two_where_the_robot_stood() -> None:
    told = Told()
    told.plan(10, ('F1.w1', 'F1.w2'), Purpose.PARK)
    told.go(10, 20, 'F1.w1')
    told.go(30, 40, 'F1.w2')
    trail = told.result(60).trails[0]
    assert trail.marks == (
        (at(0), 'F1.c1'),
        (at(10), 'F1.c1'),
        (at(20), 'F1.w1'),
        (at(30), 'F1.w1'),
        (at(40), 'F1.w2'),
        (at(60), 'F1.w2'),
    )


# --- runs  ---


def test_other_stops_of_a_run_are_told_apart_from_the_way_all_parcels_share() -> None:
    told = Told()
    told.ask(0, 'D1', recipient='stores')
    told.ask(0, 'D2', recipient='stores')
    told.ask(0, 'D3', recipient='ward', within=100)
    for number, name in enumerate(('D1', 'D2', 'D3')):
        told.assign(0, name, cell=f'c{number}')
    told.plan(0, ('F1.w1', 'F1.pharmacy'), Purpose.PICK_UP)
    told.go(0, 10, 'F1.w1', 'F1.pharmacy')
    for name in ('D1', 'D2', 'D3'):
        told.arrive(10, name, loads=True)
    for number, name in enumerate(('D1', 'D2', 'D3')):
        told.open(30 + 10 * number, name, cell=f'c{number}')
        told.load(35 + 10 * number, name, cell=f'c{number}')
    told.plan(55, ('F1.w1', 'F1.w2', 'F1.w3', 'F1.stores'), Purpose.HAND_OVER)
    told.go(55, 95, 'F1.w1', 'F1.w2', 'F1.w3', 'F1.stores')
    told.arrive(95, 'D1')
    told.arrive(95, 'D2')
    told.open(120, 'D1', cell='c0')
    told.take(130, 'D1', cell='c0')
    told.open(140, 'D2', cell='c1')
    told.take(150, 'D2', cell='c1')
    told.plan(150, ('F1.w3', 'F1.w4', 'F1.A-wait'), Purpose.PARK)
    told.go(150, 180, 'F1.w3', 'F1.w4', 'F1.A-wait')
    late = told.late(180)
    assert late.delivery == 'D3'
    # 20 s nobody came, 5 s each for the three, 10 s between them; then to the first stop
    assert late.causes == {
        'coming': 10_000,
        'staff': 30_000,
        'loading': 15_000,
        'driving': 40_000,
        'other_stops': 85_000,
    }
    assert told.result(180).parcels_per_run == 3.0


def test_a_robot_that_goes_elsewhere_first_is_not_coming_yet() -> None:
    told = Told()
    told.ask(0, 'D1', within=10)
    told.assign(0)
    told.plan(0, ('F1.w1', 'F1.w2', 'F1.w3', 'F1.stores'), Purpose.HAND_OVER)
    told.go(0, 40, 'F1.w1', 'F1.w2', 'F1.w3', 'F1.stores')
    assert told.late(50).causes == {'other_stops': 40_000, 'turn': 10_000}
    assert told.result(50).waiting_ms == {'F1.stores': 10_000}


def test_a_run_counts_once_it_carried_something() -> None:
    told = Told()
    told.bring()
    told.ask(500, 'D2')
    told.assign(500, 'D2', run='R2')
    result = told.result()
    assert (result.parcels_per_run, result.robots[0].runs) == (1.0, 1)


def test_a_plan_taken_back_for_another_on_the_way_is_a_replan() -> None:
    told = Told()
    told.ask(0)
    told.assign(0)
    told.plan(0, ('F1.w1', 'F1.pharmacy'), Purpose.PICK_UP)
    told.plan(5, ('F1.w1', 'F1.pharmacy'), Purpose.PICK_UP)
    assert told.result().replans_per_delivery == 1.0


# --- what goes wrong  ---


FAULTS: dict[str, tuple[Callable[[], Event], Callable[[], Event]]] = {
    'excluded': (lambda: RobotExcluded(R1, 'x'), lambda: RobotReadmitted(R1, NURSE)),
    'paused': (lambda: RobotPaused(R1, NURSE), lambda: RobotResumed(R1, NURSE)),
    'silent': (
        lambda: AlertRaised('robot_silent:r1', 'robot_silent', 'r1', {}),
        lambda: AlertCleared('robot_silent:r1'),
    ),
}


@pytest.mark.parametrize('name', FAULTS)
def test_the_time_in_which_a_robot_does_not_work_is_a_fault(name: str) -> None:
    begin, end = FAULTS[name]
    told = Told()
    told.ask(0, within=10)
    told.assign(0)
    told.plan(0, ('F1.w1', 'F1.pharmacy'), Purpose.PICK_UP)
    told.say(5, begin())
    told.say(65, end())
    told.go(65, 85, 'F1.w1', 'F1.pharmacy')
    told.arrive(85, loads=True)
    late = told.late(85)
    assert late.causes == {'blocked': 5_000, 'fault': 60_000, 'coming': 20_000}
    assert late.cause == 'fault'


def test_a_robot_that_does_not_get_on_is_blocked() -> None:
    told = Told()
    told.ask(0, within=10)
    told.assign(0)
    told.plan(0, ('F1.w1', 'F1.pharmacy'), Purpose.PICK_UP)
    told.go(0, 10, 'F1.w1')
    told.plan(10, ('F1.pharmacy',), Purpose.PICK_UP)
    told.say(10, AlertRaised('robot_stuck:r1', 'robot_stuck', 'r1', {}))
    told.say(40, AlertCleared('robot_stuck:r1'))
    assert told.late(40).causes == {'coming': 10_000, 'blocked': 30_000}


def test_while_the_manager_is_down_nothing_goes_on() -> None:
    told = Told()
    told.ask(0, within=10)
    told.say(20, AlertRaised('x:y', 'x', 'y', {}))
    told.say(80, ManagerStarted(2, ''))
    assert told.late(100).causes == {'robot': 40_000, 'fault': 60_000}


def test_what_a_robot_that_failed_had_done_was_in_vain() -> None:
    told = Told()
    told.ask(0, within=10)
    told.assign(10)
    told.plan(10, ('F1.w1', 'F1.pharmacy'), Purpose.PICK_UP)
    told.go(10, 20, 'F1.w1')
    told.say(50, withdrawn('robot_unavailable'))
    assert told.late(60).causes == {'robot': 20_000, 'fault': 40_000}


def test_nobody_loads_and_the_compartment_closed_as_it_was_is_waiting_for_staff() -> None:
    told = Told()
    told.ask(0, within=10)
    told.assign(0)
    told.plan(0, ('F1.w1', 'F1.pharmacy'), Purpose.PICK_UP)
    told.go(0, 10, 'F1.w1', 'F1.pharmacy')
    told.arrive(10, loads=True)
    told.open(20)
    told.say(30, OpeningUnused(D1, R1, CompartmentOpened(R1, 'c1', D1, 1).compartment))  # type: ignore[arg-type]
    told.say(90, withdrawn('not_loaded'), DeliveryExpired(D1))
    late = told.late(100)
    assert late.causes == {'coming': 10_000, 'staff': 70_000, 'loading': 10_000}
    assert (late.late_ms, late.cause, told.result().expired) == (80_000, 'staff', 1)


def test_alerts_are_counted_by_the_hour() -> None:
    told = Told()
    for second in range(3):
        told.say(second, AlertRaised(f'x:{second}', 'x', str(second), {}))
    assert told.result(7_200).alerts_per_hour == 1.5


# --- who is judged  ---


def test_a_delivery_ended_or_open_before_it_was_due_is_not_judged() -> None:
    told = Told()
    told.ask(0, 'D1', within=600)
    told.ask(0, 'D2', within=600)
    told.ask(0, 'D3', within=100)
    told.say(50, DeliveryCancelled(D1, NURSE))
    result = told.result(300)
    assert [one.delivery for one in result.late] == ['D3']
    assert (result.on_time, result.by_urgency[0].n, result.cancelled, result.open) == (
        0.0,
        1,
        1,
        2,
    )


def test_without_anything_due_there_is_no_share() -> None:
    told = Told()
    assert told.result().on_time is None
    told.ask(0)
    assert told.collector.on_time_so_far(at(5)) is None
    assert told.collector.on_time_so_far(at(3_600)) == 0.0


def test_what_is_asked_for_ahead_counts_from_when_it_may_be_fetched() -> None:
    told = Told()
    told.ask(0, urgency='scheduled', goods='meal', earliest=3_600, within=7_200)
    told.assign(3_000)
    told.plan(3_590, ('F1.w1', 'F1.pharmacy'), Purpose.PICK_UP)
    told.go(3_590, 3_610, 'F1.w1', 'F1.pharmacy')
    told.arrive(3_610, loads=True)
    told.open(3_620)
    told.load(3_630)
    told.to_ward(3_630)
    told.arrive(3_830)
    result = told.result(3_900)
    assert result.by_urgency[0].to_arrival.max == minutes(230)
    assert result.by_hour == ((9, 1, 1),)
    assert result.lines[0].ready_at == at(3_600)


def test_an_estimate_holds_when_the_robot_arrived_by_its_late_end() -> None:
    told = Told()
    told.bring()
    told.ask(1_000, 'D2', recipient='stores')
    told.assign(1_000, 'D2', 'r2', p80=1_030)
    told.plan(1_000, ('F1.w2', 'F1.w1', 'F1.pharmacy'), Purpose.PICK_UP, 'r2')
    told.go(1_000, 1_020, 'F1.w2', 'F1.w1', 'F1.pharmacy', robot='r2')
    told.arrive(1_020, 'D2', 'r2', loads=True)
    told.open(1_020, 'D2', 'r2')
    told.load(1_030, 'D2', 'r2')
    told.arrive(1_100, 'D2', 'r2')
    assert told.result().eta_p80_held == 0.5


def test_a_porters_delivery_arrives_when_it_is_signed_for() -> None:
    told = Told()
    told.ask(0, within=300)
    told.say(10, PorterAsked(D1, 'no_compartment'))
    told.say(200, PorterTook(D1, NURSE))
    told.sign(400)
    result = told.result()
    assert result.late[0].causes == {'robot': 10_000, 'porter': 390_000}
    assert (result.by_porter, result.delivered, result.custody_gaps) == (1, 1, 0)
    assert result.by_urgency[0].to_arrival.max == minutes(400)


def test_a_parcel_turned_back_arrived_once_and_ends_as_returned() -> None:
    told = Told()
    told.ask(0)
    told.assign(0)
    told.load(10)
    told.arrive(100)
    told.say(160, ParcelTurnedBack(D1, R1, 'not_collected'))
    told.arrive(300)
    told.open(310)
    told.say(320, ParcelReturned(D1, R1, 'c1', NURSE))  # type: ignore[arg-type]
    result = told.result()
    assert (result.returned, result.delivered, result.open) == (1, 0, 0)
    assert (result.on_time, result.lines[0].arrived_at) == (1.0, at(100))
    assert (result.custody_gaps, result.lost, result.violations) == (0, 0, ())


# --- custody, as the journal has it  ---


def test_a_delivery_told_in_order_has_no_gap() -> None:
    told = Told()
    told.bring()
    told.bring(1_000, name='D2')
    result = told.result()
    assert (result.custody_gaps, result.lost, result.violations) == (0, 0, ())


def test_a_parcel_nobody_gave_away_cannot_change_hands() -> None:
    told = Told()
    told.ask(0)
    told.assign(0)
    told.load(10)
    told.take(50, robot='r2')
    told.sign(60)
    result = told.result()
    assert result.custody_gaps == 1
    assert result.violations == ('08:00:50 custody: D1 was taken from r2 and was with r1',)


def test_two_parcels_in_one_compartment_are_a_gap() -> None:
    told = Told()
    for name in ('D1', 'D2'):
        told.ask(0, name)
        told.assign(0, name)
        told.load(10, name)
    assert told.result().custody_gaps == 1


def test_what_one_opening_was_for_is_together_in_a_compartment() -> None:
    told = Told()
    for name in ('D1', 'D2'):
        told.ask(0, name)
        told.assign(0, name)
    told.authorise(5, 'D1', 'D2')
    for name in ('D1', 'D2'):
        told.load(10, name)
    for name in ('D1', 'D2'):
        told.take(50, name)
    assert told.result().custody_gaps == 0


def test_a_delivery_cancelled_inside_a_robot_or_signed_for_in_it_is_a_gap() -> None:
    told = Told()
    for name, cell in (('D1', 'c1'), ('D2', 'c2')):
        told.ask(0, name)
        told.assign(0, name, cell=cell)
        told.load(10, name, cell=cell)
    told.say(20, DeliveryCancelled(D1, NURSE))
    told.sign(20, 'D2')
    assert told.result().custody_gaps == 2


def test_what_ended_does_not_go_on() -> None:
    told = Told()
    told.bring()
    told.sign(500)
    told.assign(600)
    result = told.result()
    assert (result.lost, result.delivered, result.custody_gaps) == (1, 1, 0)
    assert len(result.violations) == 2


def test_a_delivery_the_manager_forgot_is_lost() -> None:
    told = Told()
    told.ask(0)
    assert told.result(known=[D1]).lost == 0
    assert told.result(known=[]).lost == 1


def test_what_was_never_accepted_is_told() -> None:
    told = Told()
    told.load(5, 'D9')
    result = told.result()
    assert (result.lost, result.accepted) == (1, 0)
    assert 'D9 was never accepted' in result.violations[0]


# --- numbers  ---


def test_percentiles_are_values_that_occurred() -> None:
    spans = [number * MINUTE for number in range(1, 101)]
    assert spread(spans) == Spread(50.0, 95.0, 100.0)
    assert spread([3 * MINUTE]) == Spread(3.0, 3.0, 3.0)
    assert spread([]) == Spread(None, None, None)


@pytest.mark.thorough
def test_a_share_is_never_rounded_up_to_all() -> None:
    told = Told()
    told.ask(0, 'late', within=10)
    told.say(3_000, PorterAsked(DeliveryId('late'), ''), PorterTook(DeliveryId('late'), NURSE))
    told.sign(3_000, 'late')
    for number in range(24_999):
        name = f'D{number}'
        told.ask(0, name)
        told.say(1, PorterAsked(DeliveryId(name), ''), PorterTook(DeliveryId(name), NURSE))
        told.sign(2, name)
    assert told.result().on_time == 0.9999


def test_what_others_know_is_passed_on() -> None:
    result = Told().result(
        violations=['r1 and r2 overlap'], overlaps=1, faults={'fire': 2}, ticks=7, partial=True
    )
    assert (result.violations, result.overlaps) == (('r1 and r2 overlap',), 1)
    assert (result.faults, result.ticks, result.partial) == ({'fire': 2}, 7, True)


# --- a real day  ---


@lru_cache(maxsize=1)
def real_day() -> Day:
    hospital = load_hospital(Path(__file__).parents[4] / 'maps' / 'small_hospital')
    scenario = Scenario(
        name='an hour',
        hospital='small_hospital',
        starts=8 * HOUR,
        lasts=HOUR,
        calm=2 * HOUR,
        demand=Demand(
            goods=(
                GoodsDemand('drug', 600, (1.0,) * 24),
                GoodsDemand('blood', 100, (1.0,) * 24),
            )
        ),
        staff=Staff(never_load=0.05, never_take=0.05, cancel=0.05),
        faults=(Fault(FaultKind.ROBOT_DIES, at=8 * HOUR + 20 * MINUTE),),
    )
    day = Day(scenario, hospital, seed=5)
    day.run()
    return day


@pytest.mark.thorough
def test_a_real_day_is_told_without_a_gap_and_agrees_with_the_manager() -> None:
    day = real_day()
    result, state = day.result_so_far(), day.state()
    assert result.accepted == state.deliveries_made > 15
    assert (result.custody_gaps, result.lost) == (0, 0)
    assert result.delivered == state.delivered
    ends = result.delivered + result.returned + result.cancelled + result.expired
    assert ends + result.open == result.accepted
    assert sum(lift.rides for lift in result.lifts) == state.lift_outcomes.get('done', 0) > 5
    assert sum(robot.parcels for robot in result.robots) >= result.delivered
    assert all(0 <= robot.busy <= 1 for robot in result.robots)
    assert all(0 <= lift.utilisation <= 1 for lift in result.lifts)


@pytest.mark.thorough
def test_all_the_time_of_late_deliveries_of_a_real_day_is_accounted_for() -> None:
    result = real_day().result_so_far()
    lines = {line.delivery: line for line in result.lines}
    for late in result.late:
        line = lines[late.delivery]
        if line.state in ('cancelled', 'expired'):
            continue
        until = line.arrived_at or result.ended_at
        assert sum(late.causes.values()) == until - late.ready_at
        assert late.late_ms == until - line.promised_at > 0


def test_the_nodes_of_a_real_days_trails_follow_each_other_on_the_map() -> None:
    day = real_day()
    hospital, result = day.hospital, day.result_so_far()
    for trail in result.trails:
        times = [when for when, _ in trail.marks]
        assert times == sorted(times)
        assert all(NodeId(node) in hospital.nodes for _, node in trail.marks)
