"""The processes of a demo: started, started again, and all ended, the stubborn ones too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fleet_manager.entry import children as module
from fleet_manager.entry.children import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    WELL_SECONDS,
    Child,
    end_all,
)
from fleet_manager.entry.demo import _revive
from tests.entry.manager import wait_until

POLITE = 'import time; print("here", flush=True); time.sleep(60)'
STUBBORN = (
    'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); '
    'print("here", flush=True); time.sleep(60)'
)
PARENT = """
import pathlib, sys, time
from fleet_manager.entry.children import Child
child = Child('c', [sys.executable, '-c', sys.argv[1]], pathlib.Path(sys.argv[2]), {})
child.start()
print(child.process.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[list[Child]]:
    made: list[Child] = []
    yield made
    for child in made:
        if child.process is not None and child.process.poll() is None:
            child.process.kill()
            child.process.wait()


def child(nursery: list[Child], folder: Path, code: str) -> Child:
    made = Child(
        f'c{len(nursery)}', [sys.executable, '-c', code], folder / f'{len(nursery)}.log', {}
    )
    nursery.append(made)
    return made


def started(nursery: list[Child], folder: Path, code: str) -> Child:
    made = child(nursery, folder, code)
    made.start()
    wait_until(lambda: made.log.exists() and 'here' in made.log.read_text())
    return made


def test_a_child_writes_to_its_log_and_tells_how_it_ended(
    nursery: list[Child], tmp_path: Path
) -> None:
    code = 'import sys; print("here"); print("oh", file=sys.stderr); sys.exit(3)'
    made = child(nursery, tmp_path, code)
    assert made.ended() is None
    made.start()
    wait_until(lambda: made.ended() is not None)
    assert made.ended() == 3
    assert sorted(made.log.read_text().split()) == ['here', 'oh']


def test_a_child_has_a_session_of_its_own_so_that_ctrl_c_reaches_it_through_us_only(
    nursery: list[Child], tmp_path: Path
) -> None:
    made = started(nursery, tmp_path, POLITE)
    assert made.process is not None
    assert os.getsid(made.process.pid) == made.process.pid != os.getsid(0)


@pytest.mark.thorough
def test_end_all_asks_first_and_kills_only_the_stubborn(
    nursery: list[Child], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, 'END_SECONDS', 0.4)
    polite = started(nursery, tmp_path, POLITE)
    stubborn = started(nursery, tmp_path, STUBBORN)
    end_all([stubborn, polite, child(nursery, tmp_path, POLITE)])
    assert polite.ended() == -signal.SIGTERM
    assert stubborn.ended() == -signal.SIGKILL


@pytest.mark.thorough
def test_several_stubborn_children_share_one_deadline(
    nursery: list[Child], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, 'END_SECONDS', 0.4)
    stubborn = [started(nursery, tmp_path, STUBBORN) for _ in range(4)]
    begun = time.monotonic()
    end_all(stubborn)
    assert time.monotonic() - begun < 1.5
    assert all(made.ended() == -signal.SIGKILL for made in stubborn)


def test_what_has_ended_is_started_again_after_a_pause(
    nursery: list[Child], tmp_path: Path
) -> None:
    made = started(nursery, tmp_path, POLITE)
    assert made.process is not None
    first = made.process.pid
    _revive(made, now=0.0)
    assert made.process.pid == first, 'what runs is left alone'
    made.process.kill()
    made.process.wait()
    _revive(made, now=10.0)
    _revive(made, now=10.0 + FIRST_PAUSE / 2)
    assert made.process.pid == first, 'too early'
    _revive(made, now=10.0 + FIRST_PAUSE)
    assert made.process.pid != first
    assert made.ended() is None


class Ages:
    """The monotonic clock, moved by the test."""

    def __init__(self) -> None:
        self.now = 1_000.0


@pytest.fixture
def ages(monkeypatch: pytest.MonkeyPatch) -> Ages:
    found = Ages()
    monkeypatch.setattr(module.time, 'monotonic', lambda: found.now)
    return found


def live(made: Child, ages: Ages, seconds: float) -> float:
    """Start a child, have it end after so long, and return how long it must wait."""
    made.start()
    assert made.process is not None
    made.process.wait()
    ages.now += seconds
    return made.pause()


def test_what_ends_again_and_again_waits_longer_each_time_but_not_for_ever(
    nursery: list[Child], tmp_path: Path, ages: Ages
) -> None:
    made = Child('c', ['true'], tmp_path / 'log', os.environ)
    pauses = [live(made, ages, 0.1) for _ in range(7)]
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, LONGEST_PAUSE, LONGEST_PAUSE]


def test_what_was_well_for_a_while_is_started_again_soon(
    nursery: list[Child], tmp_path: Path, ages: Ages
) -> None:
    made = Child('c', ['true'], tmp_path / 'log', os.environ)
    for _ in range(6):
        live(made, ages, 0.1)
    assert live(made, ages, WELL_SECONDS) == FIRST_PAUSE
    assert live(made, ages, 0.1) == FIRST_PAUSE


def test_children_end_with_a_demo_that_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, '-c', PARENT, POLITE, str(tmp_path / 'log')],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    with parent.stdout:
        orphan = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        parent.wait()
    wait_until(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE)
