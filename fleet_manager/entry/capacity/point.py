"""One point of the sweep, played: so many robots, so much demand, so much of these lifts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from fleet_manager import __version__
from fleet_manager.application.days.scenario import (
    Expectations,
    Fault,
    FaultKind,
    LiftPeople,
    Scenario,
)
from fleet_manager.domain.errors import MapError
from fleet_manager.domain.ids import LiftId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.entry.simulate.fleet import with_robots
from fleet_manager.entry.simulate.play import play
from fleet_manager.entry.simulate.setting import Setting, Wish, load_setting

#: Rides an hour that fill a car when nobody else rides in it (design 10: 45 s a ride).
FULL_RIDES: Final = 80.0


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """Where to measure. `share` of lift time is left to robots; -1: as in the scenario.

    `lifts` are those robots may use; empty for all.
    """

    robots: int
    demand: float = 1.0
    share: float = -1.0
    lifts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """One day to play at a point. `hospital` is a folder instead of the scenario's, or ''."""

    scenario: str
    hospital: str
    dispatch: str
    point: Point
    seed: int


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one day: of `due` deliveries `on_time` arrived as promised."""

    point: Point
    seed: int
    due: int
    on_time: int
    open: int
    violations: int
    lifts: Mapping[str, float]
    lift_wait_p95: float | None
    busy: float
    wall_seconds: float
    key: str


def measure(task: Task) -> Row:
    """Play one day."""
    setting = prepared(task)
    result = play(setting, seed=task.seed).result
    due = sum(one.n for one in result.by_urgency)
    waits = [lift.wait.p95 for lift in result.lifts if lift.wait.p95 is not None]
    robots = result.robots
    return Row(
        point=task.point,
        seed=task.seed,
        due=due,
        on_time=round((result.on_time or 0.0) * due),
        open=result.open,
        violations=len(result.violations),
        lifts={lift.lift: lift.utilisation for lift in result.lifts},
        lift_wait_p95=max(waits, default=None),
        busy=sum(robot.busy for robot in robots) / max(1, len(robots)),
        wall_seconds=result.wall_seconds,
        key=key_of(task),
    )


def key_of(task: Task) -> str:
    """Return what a day was played with, as a hash: program, scenario and hospital."""
    setting = base(task.scenario, task.hospital, task.dispatch)
    text = f'{__version__} {setting.scenario!r} {setting.hospital.version}'
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def prepared(task: Task) -> Setting:
    """Return the setting of a point. Raises MapError where there are too few bays or no lift."""
    setting = base(task.scenario, task.hospital, task.dispatch)
    point, scenario = task.point, setting.scenario
    hospital = with_robots(setting.hospital, point.robots)
    unknown = sorted(set(point.lifts) - set(hospital.lifts))
    if unknown:
        known = ', '.join(hospital.lifts)
        raise MapError('--lifts', f'there is no lift {unknown[0]!r}; the lifts are: {known}')
    people = scenario.lift_people
    if point.share >= 0:
        people = {access: _leaving(point.share, one) for access, one in people.items()}
    scenario = replace(
        scenario,
        fleet=replace(scenario.fleet, robots=point.robots),
        demand=replace(scenario.demand, factor=scenario.demand.factor * point.demand),
        lift_people=people,
        faults=(*scenario.faults, *_shut(scenario, hospital, point.lifts)),
        expect=Expectations(),
    )
    return Setting(setting.file, scenario, hospital)


@lru_cache(maxsize=2)
def base(scenario: str, hospital: str, dispatch: str) -> Setting:
    """Read the scenario, in another hospital where one is named."""
    from fleet_manager.adapters.files.scenario import load_scenario
    from fleet_manager.entry.simulate.setting import find_scenario, hospital_of

    if not hospital:
        return load_setting(scenario, Wish(dispatch=dispatch))
    file = find_scenario(scenario)
    loaded = load_scenario(file)
    there = replace(
        loaded.scenario,
        hospital=str(Path(hospital)),
        generated=None,
        dispatch=dispatch or loaded.scenario.dispatch,
    )
    return Setting(file, there, hospital_of(there))


def _leaving(share: float, people: LiftPeople) -> LiftPeople:
    """Return people who leave this share of a lift's time at their busiest hour, as by day."""
    most = max(people.trips)
    if most == 0:
        return people
    scale = (1 - share) * FULL_RIDES / most
    return replace(people, trips=tuple(trips * scale for trips in people.trips))


def _shut(scenario: Scenario, hospital: Hospital, lifts: tuple[str, ...]) -> list[Fault]:
    """Let every other lift be out of service for robots all day."""
    span = scenario.lasts + scenario.calm
    return [
        Fault(FaultKind.LIFT_OUT, at=scenario.starts, lasts=(span,) * 3, subject=LiftId(lift))
        for lift in hospital.lifts
        if lifts and lift not in lifts
    ]
