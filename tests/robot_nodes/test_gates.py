"""Which doors and lifts a robot takes for open."""

from __future__ import annotations

import pytest

from fleet_manager.domain.ids import FloorId
from fleet_manager.domain.units import Instant
from robot_nodes.core.gates import DoorView, LiftView, shut
from robot_nodes.core.order import OrderNode
from tests.robot_nodes.build import F1, node

NOW = Instant(100_000)
F3 = FloorId('F3')
BOARD = node(1, lift='A', boards=True, session='s')
ALIGHT = node(2, lift='A', session='s', floor=F3)


def view(**fields: object) -> LiftView:
    values = {'floor': 'F1', 'door_open': True, 'agv': True, 'session': 's', 'heard': NOW}
    return LiftView(**{**values, **fields})  # type: ignore[arg-type]


def ask(edge: OrderNode, lift: LiftView | None, *, under_way: bool = False) -> str | None:
    lifts = {} if lift is None else {'A': lift}
    return shut(edge, lifts=lifts, doors={}, floor=F1, under_way=under_way, now=NOW)


def test_an_open_car_of_its_own_session_on_its_floor_may_be_entered() -> None:
    assert ask(BOARD, view()) is None
    assert ask(ALIGHT, view(floor='F3')) is None


@pytest.mark.parametrize(
    ('fields', 'why'),
    [
        ({'session': 'other'}, 'lift_serves_another'),
        ({'session': ''}, 'lift_serves_another'),
        ({'agv': False}, 'lift_mode'),
        ({'door_open': False}, 'lift_shut'),
        ({'floor': 'F2'}, 'lift_elsewhere'),
        ({'heard': Instant(NOW - 3_001)}, 'lift_silent'),
        ({'occupied': True}, 'cabin_full'),
        ({'recalled': True, 'agv': False}, 'lift_mode'),
    ],
)
def test_anything_else_may_not(fields: dict[str, object], why: str) -> None:
    assert ask(BOARD, view(**fields)) == why


def test_a_lift_nobody_heard_of_and_a_ride_without_a_session_are_shut() -> None:
    assert ask(BOARD, None) == 'lift_silent'
    assert ask(node(1, lift='A', boards=True), view(session='')) == 'lift_serves_another'


def test_a_car_is_left_at_the_target_floor_only() -> None:
    assert ask(ALIGHT, view(floor='F1')) == 'lift_elsewhere'


def test_who_is_between_the_doors_goes_on_into_a_car_that_counts_it_as_somebody() -> None:
    assert ask(BOARD, view(occupied=True), under_way=True) is None
    assert ask(ALIGHT, view(floor='F3', occupied=True)) is None


def test_a_recalled_car_is_left_where_it_stands_open_on_the_floor_of_the_order() -> None:
    fire = {'recalled': True, 'agv': False, 'session': ''}
    assert ask(ALIGHT, view(floor='F3', **fire)) is None
    assert ask(ALIGHT, view(floor='F3', **fire, door_open=False)) == 'lift_recalled'
    assert ask(ALIGHT, view(floor='F1', **fire)) == 'lift_recalled'


def test_between_the_doors_silence_does_not_stop_but_a_no_does() -> None:
    old = Instant(NOW - 60_000)
    assert ask(BOARD, view(heard=old), under_way=True) is None
    assert ask(BOARD, view(door_open=False), under_way=True) == 'lift_shut'


@pytest.mark.parametrize(
    ('door', 'why'),
    [
        (None, 'door_silent'),
        (DoorView(is_open=True, heard=Instant(NOW - 3_001)), 'door_silent'),
        (DoorView(is_open=False, heard=NOW), 'door_shut'),
        (DoorView(is_open=True, heard=NOW), None),
    ],
)
def test_a_corridor_door_is_open_when_it_said_so_lately(
    door: DoorView | None, why: str | None
) -> None:
    doors = {} if door is None else {'D': door}
    edge = node(1, door='D')
    assert shut(edge, lifts={}, doors=doors, floor=F1, under_way=False, now=NOW) == why
