"""Which lift a robot takes, what it costs, and how much of it robots may have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import FloorId, LiftId
from fleet_manager.domain.lifts import outlook
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import HopKind, LiftSessionStarted
from fleet_manager.domain.traffic import durations
from fleet_manager.domain.units import HOUR, MINUTE, Instant
from tests.application.stage import Stage
from tests.hospitals import two_floors

A, B = LiftId('A'), LiftId('B')
F2 = FloorId('F2')


def tower(**drawn: Any) -> Hospital:
    """Two floors 40 m apart: a car that comes from the other one takes 41 s longer."""
    hospital = two_floors(**drawn)
    high = replace(hospital.floors[F2], elevation=40.0)
    return replace(hospital, floors={**hospital.floors, F2: high})


def at(stage: Stage, **floors: str) -> None:
    """The cars stand, free and shut, on these floors."""
    stage.saying = {
        lift: {'current_floor': floor, 'destination_floor': floor}
        for lift, floor in floors.items()
    }
    stage.tick()


def planned_lift(stage: Stage, robot: str = 'r1') -> str:
    return next(hop.lift for hop in stage.robot(robot).hops if hop.lift)


def send_up(stage: Stage, sender: str = 'pharmacy', recipient: str = 'ward') -> str:
    delivery = stage.request(sender, recipient)
    stage.reach(delivery, DeliveryState.UNDER_WAY)
    stage.until(lambda: any(hop.lift for hop in stage.robot(stage.carrier(delivery)).hops))
    return stage.carrier(delivery)


@pytest.mark.parametrize('here', ['A', 'B'])
def test_the_lift_whose_car_is_here_is_taken_and_not_the_one_upstairs(here: str) -> None:
    stage = Stage(tower(robots=1, lifts=2))
    at(stage, **{'A': 'F2', 'B': 'F2', here: 'F1'})
    robot = send_up(stage)
    assert planned_lift(stage, robot) == here


def test_a_ride_is_planned_from_where_the_car_is() -> None:
    spans = {}
    for floor in ('F1', 'F2'):
        stage = Stage(tower(robots=1))
        at(stage, A=floor)
        send_up(stage)
        board = next(hop for hop in stage.robot('r1').hops if hop.kind is HopKind.BOARD)
        spans[floor] = board.end - board.start
    lift = stage.hospital.lifts[A]
    comes = durations.travel(stage.hospital, lift, F2, FloorId('F1'))
    assert spans['F2'] - spans['F1'] == comes == 41_000
    assert spans['F2'] == durations.call(stage.hospital, lift, FloorId('F1'))


def test_a_ride_is_planned_from_where_the_one_before_it_leaves_the_car() -> None:
    stage = Stage(tower(robots=2))
    at(stage, A='F1')
    send_up(stage)
    assert outlook.cars(stage.kernel.turn()) == {A: 'F2'}
    send_up(stage, 'stores', 'lab')
    board = next(hop for hop in stage.robot('r2').hops if hop.kind is HopKind.BOARD)
    assert board.end - board.start == durations.call(
        stage.hospital, stage.hospital.lifts[A], FloorId('F1')
    )


def test_nothing_is_known_of_a_car_that_never_spoke() -> None:
    stage = Stage(tower(robots=1))
    stage.silent.add('A')
    stage.tick()
    assert outlook.cars(stage.kernel.turn()) == {}


def test_two_robots_at_one_lobby_take_different_cars() -> None:
    """rmf_ros2#472: both chose the same lift while the other one was idle."""
    stage = Stage(tower(robots=2, lifts=2))
    at(stage, A='F1', B='F1')
    send_up(stage)
    send_up(stage, 'stores', 'lab')
    assert {planned_lift(stage, 'r1'), planned_lift(stage, 'r2')} == {'A', 'B'}


# --- the public's share  ---


def public(*, used: int, goods: str = 'drug') -> Stage:
    """A robot on its way to a public lift that robots had for `used` minutes until just now."""
    hospital = two_floors(robots=1)
    lifts = {A: replace(hospital.lifts[A], access='public')}
    stage = Stage(replace(hospital, lifts=lifts))
    begin = Instant(stage.now - used * MINUTE)
    stage.kernel.state.lift_use[A] = [(begin, stage.now)]
    delivery = stage.request('pharmacy', 'ward', goods=goods)
    stage.reach(delivery, DeliveryState.UNDER_WAY)
    stage.until(lambda: stage.robot('r1').node == 'F1.A-wait')
    return stage


def wait_for_ride(stage: Stage) -> int:
    """Return how long it takes until the lift is called, in ms."""
    before = stage.now
    stage.until(lambda: bool(stage.all(LiftSessionStarted)))
    return stage.now - before


def test_robots_that_had_less_than_their_share_ride_at_once() -> None:
    assert wait_for_ride(public(used=25)) == 0


def test_robots_that_had_their_share_leave_a_public_lift_to_people() -> None:
    stage = public(used=34)
    stage.wait(60_000)
    assert not stage.all(LiftSessionStarted)
    assert stage.robot('r1').node == 'F1.A-wait'


def test_who_has_waited_for_long_rides_all_the_same() -> None:
    assert wait_for_ride(public(used=50)) == pytest.approx(outlook.WAITED_MS, abs=5_000)


def test_stat_goods_are_not_held_back() -> None:
    assert wait_for_ride(public(used=50, goods='blood')) == 0


def test_a_service_lift_has_no_share() -> None:
    stage = public(used=50)
    turn = stage.kernel.turn()
    service = replace(turn.hospital.lifts[A], access='service')
    assert outlook.shared_until(turn, service) <= turn.now
    assert outlook.shared_until(turn, turn.hospital.lifts[A]) > turn.now


def test_the_share_is_of_the_last_hour_and_comes_back_as_rides_grow_old() -> None:
    stage = public(used=40)
    turn, lift = stage.kernel.turn(), stage.hospital.lifts[A]
    begin, end = stage.kernel.state.lift_use[A][0]
    until = outlook.shared_until(turn, lift)
    assert until == begin + HOUR + (end - begin - HOUR // 2) + 1
    later = replace(turn, now=until)
    assert outlook.shared_until(later, lift) <= until
    assert outlook.shared_until(replace(turn, now=Instant(until - 2)), lift) == until
