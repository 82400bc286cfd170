"""A door is open as long as anybody needs it, and not much longer."""

from __future__ import annotations

from fleet_manager.domain.units import Instant
from robot_nodes.core.door_controller import HOLD, MAX_REQUESTERS, DoorController


def test_it_opens_when_asked_and_shuts_when_the_last_one_is_done() -> None:
    door = DoorController(now=Instant(0))
    door.ask('a', to_open=True, now=Instant(1))
    door.ask('b', to_open=True, now=Instant(2))
    assert door.step(Instant(3)) == 1.0
    door.ask('a', to_open=False, now=Instant(4))
    assert door.step(Instant(5)) == 1.0
    door.ask('b', to_open=False, now=Instant(6))
    assert door.step(Instant(7)) == 0.0


def test_it_shuts_when_nobody_has_asked_for_a_while() -> None:
    door = DoorController(now=Instant(0))
    door.ask('a', to_open=True, now=Instant(0))
    assert door.step(Instant(HOLD)) == 1.0
    assert door.step(Instant(HOLD + 1)) == 0.0


def test_a_stranger_closing_it_does_not_shut_it_on_others() -> None:
    door = DoorController(now=Instant(0))
    door.ask('a', to_open=True, now=Instant(0))
    door.ask('x', to_open=False, now=Instant(1))
    assert door.step(Instant(2)) == 1.0


def test_after_a_restart_it_leaves_the_door_alone_for_a_while() -> None:
    door = DoorController(now=Instant(0))
    assert door.step(Instant(HOLD)) is None
    assert door.step(Instant(HOLD + 1)) == 0.0


def test_a_clock_that_jumps_back_does_not_hold_it_open_for_ever() -> None:
    door = DoorController(now=Instant(1_000_000))
    door.ask('a', to_open=True, now=Instant(1_000_000))
    assert door.step(Instant(0)) == 1.0
    assert door.step(Instant(HOLD + 1)) == 0.0


def test_many_requesters_are_bounded() -> None:
    door = DoorController(now=Instant(0))
    for i in range(MAX_REQUESTERS + 10):
        door.ask(f'r{i}', to_open=True, now=Instant(i))
    for i in range(10, MAX_REQUESTERS + 10):
        door.ask(f'r{i}', to_open=False, now=Instant(100))
    assert door.step(Instant(101)) == 0.0


def test_it_does_not_let_go_of_a_door_that_something_stands_in() -> None:
    door = DoorController(now=Instant(0))
    door.ask('a', to_open=True, now=Instant(0))
    door.feel(obstructed=True)
    assert door.step(Instant(HOLD + 60_000)) == 1.0
    door.feel(obstructed=False)
    assert door.step(Instant(HOLD + 60_050)) == 0.0


def test_after_a_restart_it_does_not_shut_on_what_stands_in_the_door() -> None:
    door = DoorController(now=Instant(0))
    door.feel(obstructed=True)
    assert door.step(Instant(HOLD + 60_000)) is None
    door.feel(obstructed=False)
    assert door.step(Instant(HOLD + 60_050)) == 0.0
