"""Crash points: SIGKILL at a named place, and nothing at all when none is armed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fleet_manager.entry.crashpoints import SAID, VARIABLE, Crashpoints

PASSES = """
import sys
from fleet_manager.entry.crashpoints import Crashpoints
points = Crashpoints()
for name in sys.argv[1:]:
    points.reach(name)
    print(name, flush=True)
"""
ROOT = Path(__file__).parents[2]


def run(armed: str, *passes: str) -> tuple[int, list[str], str]:
    done = subprocess.run(
        [sys.executable, '-c', PASSES, *passes],
        env=os.environ | {VARIABLE: armed},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.split(), done.stderr


def test_an_armed_point_kills_at_once_without_a_goodbye_and_says_its_name() -> None:
    code, passed, said = run('b', 'a', 'b', 'c')
    assert (code, passed) == (-signal.SIGKILL, ['a'])
    assert said.splitlines()[-1] == f'{SAID}b'


def test_a_point_may_be_armed_for_a_later_pass() -> None:
    assert run('b:3', 'b', 'a', 'b', 'b', 'b')[:2] == (-signal.SIGKILL, ['b', 'a', 'b'])


def test_of_several_points_the_one_reached_first_kills() -> None:
    code, passed, said = run('c,b:2', 'b', 'a', 'b', 'c')
    assert (code, passed) == (-signal.SIGKILL, ['b', 'a'])
    assert said.splitlines()[-1] == f'{SAID}b'


@pytest.mark.parametrize('armed', ['', 'never'])
def test_a_point_that_is_not_armed_does_nothing(armed: str) -> None:
    points = Crashpoints(armed)
    for _ in range(3):
        points.reach('a')


def test_only_the_whole_name_counts() -> None:
    points = Crashpoints('committed.ParcelLoaded')
    points.reach('committed')
    points.reach('committed.Parcel')
    points.reach('ParcelLoaded')
