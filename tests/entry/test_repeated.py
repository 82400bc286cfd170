"""A part of the manager that does the same again and again: until it ends, or is stopped."""

from __future__ import annotations

import threading

from fleet_manager.entry.repeated import Repeated

LONG = 3_600.0
PATIENCE = 60.0


def test_it_is_done_again_until_it_says_never() -> None:
    left, over = [0.0, 0.0, None], threading.Event()

    def step() -> float | None:
        pause = left.pop(0)
        if pause is None:
            over.set()
        return pause

    part = Repeated(step, name='part', first=0.0)
    part.start()
    assert over.wait(PATIENCE)
    part.stop(within=PATIENCE)
    assert left == []


def test_who_waits_in_a_step_or_between_two_is_woken_to_end() -> None:
    begun, ended = threading.Event(), list[bool]()

    def step() -> float:
        begun.set()
        ended.append(part.wait(LONG))
        return LONG

    part = Repeated(step, name='part', first=0.0)
    part.start()
    assert begun.wait(PATIENCE)
    assert not part.stopping
    part.stop(within=PATIENCE)
    assert (ended, part.stopping) == ([True], True)


def test_what_never_began_can_be_stopped() -> None:
    part = Repeated(lambda: None, name='part', first=LONG)
    part.stop(within=PATIENCE)
    assert part.stopping
