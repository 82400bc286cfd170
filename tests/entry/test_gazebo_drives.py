"""`fleet gazebo calibrate` and `record` on what a drive has left behind: 0 done, 1 not."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from pathlib import Path

import pytest
import yaml
from mcap.reader import make_reader
from typer.testing import CliRunner

from fleet_manager.adapters.db.store import open_store
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.sim.day.day import Day
from fleet_manager.application.days.scenario import (
    Corridors,
    Demand,
    GoodsDemand,
    Motion,
    Scenario,
)
from fleet_manager.domain.maps.serialise import hospital_to_json
from fleet_manager.domain.units import HOUR, MINUTE
from fleet_manager.entry.cli import app
from fleet_manager.entry.settings import SHIPPED_MAPS

SMALL = SHIPPED_MAPS / 'small_hospital'
DRIVEN = Motion(node=0.2, turn=0.8, start=0.5, stop=0.4)
QUIET = Scenario(
    'quiet',
    str(SMALL),
    starts=8 * HOUR,
    lasts=20 * MINUTE,
    motion=DRIVEN,
    lift_people={},
    corridors=Corridors(clutter=(1.0,) * 24, metres_per_stop=0.0),
    demand=Demand((GoodsDemand('supply', 600, (1.0,) * 24),)),
)


@pytest.fixture(scope='module')
def driven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the state folder of a drive: a day on a file, and a truth of two moments."""
    state = tmp_path_factory.mktemp('driven')
    hospital = load_hospital(SMALL)
    store = open_store(f'sqlite:///{state / "fleet.db"}')
    day = Day(QUIET, hospital, seed=3, store=store)
    day.run()
    store.close()
    (state / 'hospital.json').write_text(json.dumps(hospital_to_json(hospital)), 'utf-8')
    robots = {
        robot: [one.x, one.y, 0.0, 0.0, one.floor, ''] for robot, one in day.world.robots.items()
    }
    visitor = {'name': 'visitor', 'kind': 'person', 'floor': 'L1', 'at': [30.0, 7.5]}
    (state / 'walkers.json').write_text(json.dumps([visitor]), 'utf-8')
    people = {'visitor': [30.0, 8.4]}
    still = {'robots': robots, 'lifts': {}, 'doors': {}, 'walkers': people, 'wall': 0.0}
    lines = [
        json.dumps({'at': day.start + 200 * n, 'seconds': 0.2 * n, **still}) for n in range(2)
    ]
    torn = '{"at": 17'
    (state / 'truth.jsonl').write_text('\n'.join([*lines, torn]), 'utf-8')
    return state


def fleet(*words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ['gazebo', *map(str, words)])
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.thorough
def test_a_drive_is_fitted_and_what_is_written_goes_into_a_scenario(
    driven: Path, tmp_path: Path
) -> None:
    out = tmp_path / 'motion.yaml'
    code, said, _ = fleet('calibrate', driven, '--out', out)
    assert code == 0
    first, *_, last = said.splitlines()
    assert re.fullmatch(r'small-hospital: \d+ hops', first)
    assert last == f'written: {out}'
    assert 'as a day computes it: node: 1.5, turn: 0.0, start: 0.0, stop: 0.0' in said
    fitted = yaml.safe_load(out.read_text('utf-8'))['motion']
    assert Motion(**fitted).turn == pytest.approx(DRIVEN.turn, abs=0.02)
    assert 'error p50 0.0 %, p90 0.0 %' in said, 'a day is computed by its own figures'


def test_a_drive_is_recorded_with_all_of_its_journal(driven: Path, tmp_path: Path) -> None:
    out = tmp_path / 'drive.mcap'
    code, said, _ = fleet('record', driven, '--out', out)
    with sqlite3.connect(driven / 'fleet.db') as database:
        ((entries,),) = database.execute('SELECT count(*) FROM event')
    assert (code, said) == (0, f'{out}: {1 + 2 * 2 + entries} messages\n')
    with out.open('rb') as file:
        read = list(make_reader(file).iter_messages())
    topics = [channel.topic for _, channel, _ in read]
    assert topics.count('/journal') == entries
    scenes = [json.loads(one.data) for _, channel, one in read if channel.topic == '/scene']
    drawn = {one['id'] for one in scenes[-1]['entities']}
    assert drawn == {'visitor', *(f'robot {robot}' for robot in load_hospital(SMALL).robots)}


def refusal(command: str, *words: object) -> str:
    """Return the one sentence with which a command gave up."""
    code, said, problem = fleet(command, *words)
    assert (code, said) == (1, '')
    assert problem.count('\n') == 1, problem
    head = f'fleet gazebo {command}: '
    assert problem.startswith(head)
    return problem.removeprefix(head).strip()


@pytest.mark.parametrize('command', ['calibrate', 'record'])
def test_a_folder_that_is_not_there_is_named(command: str, tmp_path: Path) -> None:
    gone = tmp_path / 'gone'
    assert refusal(command, gone) == f'{gone}: there is no such folder'


@pytest.mark.parametrize('command', ['calibrate', 'record'])
def test_a_drive_without_a_hospital_says_how_to_give_one(
    command: str, driven: Path, tmp_path: Path
) -> None:
    shutil.copy(driven / 'truth.jsonl', tmp_path)
    assert refusal(command, tmp_path) == f'{tmp_path} has no hospital.json: give --hospital'
    broken = tmp_path / 'broken'
    broken.mkdir()
    for name in ('hospital.yaml', 'fleet.yaml'):
        (broken / name).write_text('{}', 'utf-8')
    assert str(broken) in refusal(command, tmp_path, '--hospital', broken)


@pytest.mark.thorough
@pytest.mark.parametrize('command', ['calibrate', 'record'])
def test_a_drive_without_a_journal_is_no_drive(command: str, driven: Path, tmp_path: Path) -> None:
    for name in ('truth.jsonl', 'hospital.json'):
        shutil.copy(driven / name, tmp_path)
    told = f'{tmp_path} has no fleet.db: give the state folder of a drive'
    assert refusal(command, tmp_path) == told
    (tmp_path / 'fleet.db').write_text('no database', 'utf-8')
    assert 'fleet.db' in refusal(command, tmp_path)


def test_a_drive_that_was_not_in_gazebo_cannot_be_recorded(driven: Path, tmp_path: Path) -> None:
    for name in ('fleet.db', 'hospital.json'):
        shutil.copy(driven / name, tmp_path)
    out = tmp_path / 'drive.mcap'
    told = f'{tmp_path} has no truth.jsonl: that was no drive in Gazebo'
    assert refusal('record', tmp_path, '--out', out) == told
    assert not out.exists()


@pytest.mark.thorough
def test_too_few_hops_are_not_fitted(driven: Path, tmp_path: Path) -> None:
    shutil.copy(driven / 'hospital.json', tmp_path)
    store = open_store(f'sqlite:///{tmp_path / "fleet.db"}')
    Day(QUIET, load_hospital(SMALL), seed=3, store=store)
    store.close()
    told = '0 hops are too few to fit anything: drive 20 or more'
    assert refusal('calibrate', tmp_path) == told


@pytest.mark.parametrize('command', ['calibrate', 'record'])
def test_a_file_that_cannot_be_written_is_named(
    command: str, driven: Path, tmp_path: Path
) -> None:
    out = tmp_path / 'no' / 'folder'
    code, _, problem = fleet(command, driven, '--out', out)
    assert code == 1
    assert problem.startswith(f'fleet gazebo {command}: ')
    assert str(out) in problem
    assert problem.count('\n') == 1
