"""Whole days of the real kernel: nothing collides, nothing is lost, the same every time."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.sim.day.day import Day
from fleet_manager.application.days.result import DayResult
from fleet_manager.application.days.scenario import (
    Demand,
    Fault,
    FaultKind,
    Fleet,
    GoodsDemand,
    Network,
    Scenario,
    Staff,
)
from fleet_manager.domain.units import HOUR, MINUTE, SECOND
from tests.scenarios.seeds import seeds

MAPS = Path(__file__).parents[2] / 'maps'
ALL_DAY = (1.0,) * 24
CARELESS = Staff(never_load=0.03, never_take=0.03, close_again=0.05, refuse=0.03, cancel=0.03)
BAD_NETWORK = Network(loss=0.02, duplicates=0.02, delay_ms=800)


def demand(a_day: int) -> Demand:
    shares = (('drug', 2), ('supply', 1), ('specimen', 1))
    return Demand(tuple(GoodsDemand(goods, a_day * n // 4, ALL_DAY) for goods, n in shares))


def everything(per_day: float) -> tuple[Fault, ...]:
    lasts = (5 * SECOND, MINUTE, 5 * MINUTE)
    return tuple(Fault(kind, per_day=per_day, lasts=lasts) for kind in FaultKind)


def terrible(hours: float, *, faults: float = 60, a_day: int = 400) -> Scenario:
    return Scenario(
        'terrible',
        'small_hospital',
        starts=8 * HOUR,
        lasts=int(hours * HOUR),
        demand=demand(a_day),
        staff=CARELESS,
        network=BAD_NETWORK,
        faults=everything(faults),
    )


def play(scenario: Scenario, seed: int) -> tuple[Day, DayResult]:
    day = Day(scenario, load_hospital(MAPS / 'small_hospital'), seed=seed)
    day.run()
    return day, day.result_so_far()


def hold(day: Day, result: DayResult) -> None:
    """Assert what must hold after any day."""
    assert result.violations == ()
    assert (result.overlaps, result.deadlocks, result.custody_gaps, result.lost) == (0, 0, 0, 0)
    assert day.is_calm()
    assert result.open == 0
    ends = result.delivered + result.returned + result.cancelled + result.expired
    assert result.accepted == ends + result.failed > 0


@pytest.mark.slow
def test_an_ordinary_morning_delivers_everything() -> None:
    scenario = Scenario('plain', 'small_hospital', starts=8 * HOUR, lasts=HOUR, demand=demand(400))
    day, result = play(scenario, 1)
    hold(day, result)
    assert result.delivered == result.accepted
    assert day.heap.now - day.start < 3 * HOUR
    assert sum(lift.rides for lift in result.lifts) > 0
    assert all(robot.lowest_battery and robot.lowest_battery < 1.0 for robot in result.robots)


@pytest.mark.slow
@pytest.mark.parametrize('seed', [1, 2])
def test_an_hour_in_which_everything_goes_wrong_ends_well(seed: int) -> None:
    day, result = play(terrible(1.0), seed)
    hold(day, result)
    assert sum(result.faults.values()) > 20


@pytest.mark.slow
@pytest.mark.parametrize('seed', seeds(4, first=3))
def test_hours_in_which_everything_goes_wrong_end_well(seed: int) -> None:
    hold(*play(terrible(3.0, faults=100, a_day=600), seed))


@pytest.mark.slow
def test_a_day_can_be_broken_off_and_says_what_there_is() -> None:
    scenario = terrible(1.0)
    day = Day(scenario, load_hospital(MAPS / 'small_hospital'), seed=1)
    told = []
    day.run(day.start + 30 * MINUTE, on_progress=lambda: told.append(day.heap.now))  # type: ignore[arg-type]
    assert day.heap.now == day.start + 30 * MINUTE
    assert len(told) >= 5
    assert day.result_so_far().open > 0


@pytest.mark.thorough
def test_fewer_robots_with_one_compartment_each_work_as_well() -> None:
    plain = Scenario('few', 'small_hospital', starts=8 * HOUR, lasts=HOUR, demand=demand(150))
    day, result = play(replace(plain, fleet=Fleet(robots=3, one_parcel=True)), 1)
    hold(day, result)
    assert len(result.robots) == 3
    assert all(len(r.compartments) == 1 for r in day.hospital.robots.values())


def hash_of(seed: int) -> str:
    """Return the hash of a short terrible day: run as a program this file prints it."""
    return play(terrible(0.4), seed)[1].journal_sha256


@pytest.mark.slow
@pytest.mark.parametrize('hash_seed', ['0', '4711'])
def test_the_same_seed_gives_the_same_journal_in_every_process(hash_seed: str) -> None:
    program = 'from tests.scenarios.test_simulated_days import hash_of; print(hash_of(5))'
    told = subprocess.run(
        [sys.executable, '-c', program],
        env={'PYTHONHASHSEED': hash_seed, 'PYTHONPATH': str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == hash_of(5)


@pytest.mark.slow
def test_another_seed_gives_another_day() -> None:
    assert hash_of(5) != hash_of(6)
