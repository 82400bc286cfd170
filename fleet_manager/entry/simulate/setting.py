"""What a simulated day needs before it begins: its scenario and its hospital, as asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from fleet_manager.adapters.files.generating.hospital import generate
from fleet_manager.adapters.files.generating.plan import PODIUM_FLOORS, USUAL_WARD_BEDS, Plan
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.files.scenario import load_scenario
from fleet_manager.adapters.files.scenario.words import time
from fleet_manager.application.days.scenario import Generated, Scenario
from fleet_manager.domain.errors import MapError
from fleet_manager.domain.maps.build import build_hospital
from fleet_manager.domain.maps.fields import Unfit
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import HOUR
from fleet_manager.entry.settings import SHIPPED_SCENARIOS
from fleet_manager.entry.simulate.fleet import with_robots

#: Towers of a generated hospital, and wards on each of their floors.
_TOWERS: Final = 2
_WARDS: Final = 2
_DAY: Final = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line changes about a scenario; None and '' leave it as it is."""

    dispatch: str = ''
    robots: int | None = None
    #: Multiplies what is asked for by rate.
    demand: float = 1.0
    one_parcel: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """A scenario and the hospital it takes place in; `file` is where it was read from."""

    file: Path
    scenario: Scenario
    hospital: Hospital


def find_scenario(name: str) -> Path:
    """Return the file of a scenario: a path, or the name of one that comes with the program."""
    given = Path(name)
    if given.is_file() or given.suffix in ('.yaml', '.yml'):
        return given
    shipped = SHIPPED_SCENARIOS / f'{name}.yaml'
    if shipped.is_file():
        return shipped
    files = sorted(SHIPPED_SCENARIOS.rglob('*.yaml'))
    known = ', '.join(str(f.relative_to(SHIPPED_SCENARIOS).with_suffix('')) for f in files)
    raise MapError(name, f'there is no such scenario; name a file, or one of: {known}')


def name_of(file: Path) -> str:
    """Return what `find_scenario` finds the file by, short for one that is shipped."""
    whole = file.resolve()
    if not whole.is_relative_to(SHIPPED_SCENARIOS):
        return str(file)
    return str(whole.relative_to(SHIPPED_SCENARIOS).with_suffix(''))


def load_setting(name: str, wish: Wish) -> Setting:
    """Read a scenario and its hospital. Raises MapError with all that is wrong."""
    file = find_scenario(name)
    loaded = load_scenario(file)
    hospital = hospital_of(loaded.scenario)
    loaded.check(hospital)
    return wished(Setting(file, loaded.scenario, hospital), wish)


def hospital_of(scenario: Scenario) -> Hospital:
    """Read the scenario's hospital, or draw it. The same one again is not read twice."""
    if scenario.generated is not None:
        return _drawn(scenario.generated)
    return _read(Path(scenario.hospital))


def wished(setting: Setting, wish: Wish) -> Setting:
    """Return the setting as the command line wants it. Raises MapError for too many robots."""
    scenario = setting.scenario
    robots = scenario.fleet.robots if wish.robots is None else wish.robots
    hospital = with_robots(setting.hospital, robots) if robots else setting.hospital
    one_parcel = scenario.fleet.one_parcel or wish.one_parcel
    scenario = replace(
        scenario,
        fleet=replace(scenario.fleet, robots=robots, one_parcel=one_parcel),
        demand=replace(scenario.demand, factor=scenario.demand.factor * wish.demand),
        dispatch=wish.dispatch or scenario.dispatch,
    )
    return Setting(setting.file, scenario, hospital)


def local_time(text: str) -> int:
    """Return a time such as `14:03:22` in ms after the local midnight before the day began.

    Hours from 24 on are those of the next day. Raises MapError.
    """
    try:
        return time(text)
    except Unfit as error:
        raise MapError('--until', f'is {text!r}: {error}') from error


def said_time(scenario: Scenario, at: int) -> str:
    """Write an instant as `local_time` reads it."""
    seconds = ((at + scenario.utc_offset) % _DAY) // 1_000
    if seconds * 1_000 < scenario.starts:
        seconds += _DAY // 1_000
    return f'{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}'


def changes(wish: Wish) -> Mapping[str, str]:
    """Return the options that make the same wish again."""
    found = {}
    if wish.dispatch:
        found['--dispatch'] = wish.dispatch
    if wish.robots is not None:
        found['--robots'] = str(wish.robots)
    return found


@lru_cache(maxsize=4)
def _read(folder: Path) -> Hospital:
    return load_hospital(folder)


@lru_cache(maxsize=4)
def _drawn(wanted: Generated) -> Hospital:
    wards = (wanted.floors - PODIUM_FLOORS) * _TOWERS * _WARDS
    plan = Plan(
        beds=wards * USUAL_WARD_BEDS,
        floors=wanted.floors,
        towers=_TOWERS,
        robots=wanted.robots,
        seed=wanted.seed,
    )
    return build_hospital(generate(plan))
