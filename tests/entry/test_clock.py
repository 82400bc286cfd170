"""The manager's clock: it never goes back, and it goes on when the building dies."""

from __future__ import annotations

import threading
import time

import pytest

from fleet_manager.entry import clock as module
from fleet_manager.entry.clock import SILENT, SimClock, WallClock

NOON = 1_767_614_400_000


class Hands:
    """The monotonic clock, moved by the test."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    found = Hands()
    monkeypatch.setattr(module.time, 'monotonic', found.monotonic)
    return found


def test_wall_time_is_this_machines_and_known_at_once() -> None:
    clock = WallClock()
    assert clock.wait(0)
    assert abs(clock.now() - time.time() * 1_000) < 1_000


def test_before_the_first_word_of_the_building_there_is_no_time() -> None:
    clock = SimClock(speed=1.0)
    assert not clock.wait(0)
    assert clock.now() == 0


def test_the_first_word_wakes_who_waits() -> None:
    clock, known = SimClock(speed=1.0), []
    waiter = threading.Thread(target=lambda: known.append(clock.wait(10)))
    waiter.start()
    clock.hear(NOON)
    waiter.join(5)
    assert known == [True]
    assert clock.now() >= NOON


@pytest.mark.parametrize('speed', [0.1, 1.0, 20.0])
def test_it_is_not_ahead_of_a_building_that_is_slower_than_it_should_be(
    hands: Hands, speed: float
) -> None:
    clock = SimClock(speed=speed)
    for step in range(20):
        clock.hear(NOON + step)
        hands.seconds += 0.4
        assert clock.now() == NOON + step


def test_it_goes_on_when_the_building_dies(hands: Hands) -> None:
    clock = SimClock(speed=2.0)
    clock.hear(NOON)
    hands.seconds += SILENT + 3_600.0
    assert clock.now() == NOON + 7_200_000


def test_it_never_goes_back_when_the_building_is_late_or_starts_again(hands: Hands) -> None:
    clock = SimClock(speed=1.0)
    clock.hear(NOON)
    hands.seconds += SILENT + 10.0
    assert clock.now() == NOON + 10_000
    clock.hear(NOON + 4_000)
    assert clock.now() == NOON + 10_000
    hands.seconds += SILENT + 3.0
    assert clock.now() == NOON + 10_000
    hands.seconds += 4.0
    assert clock.now() == NOON + 11_000
    clock.hear(NOON - 86_400_000)
    assert clock.now() == NOON + 11_000


def test_it_follows_a_building_that_is_ahead(hands: Hands) -> None:
    clock = SimClock(speed=1.0)
    clock.hear(NOON)
    clock.hear(NOON + 60_000)
    assert clock.now() == NOON + 60_000


def test_no_thread_sees_it_go_back() -> None:
    clock, backwards = SimClock(speed=5.0), []
    stop = threading.Event()
    clock.hear(NOON)

    def look() -> None:
        last = 0
        while not stop.is_set():
            now = clock.now()
            if now < last:
                backwards.append((last, now))
            last = now

    lookers = [threading.Thread(target=look) for _ in range(2)]
    for looker in lookers:
        looker.start()
    for step in range(100):
        clock.hear(NOON + step * 7 - (step % 5) * 40)
        time.sleep(0.0002)
    stop.set()
    for looker in lookers:
        looker.join()
    assert backwards == []
