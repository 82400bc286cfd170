"""`fleet traffic` as a person and a script meet it: 0 done, 1 no way or a bad file, 2 usage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from typer.testing import CliRunner

from fleet_manager.adapters.files.instance import MAX_BYTES, MAX_ROBOTS
from fleet_manager.domain.traffic.planner.planner import Planner
from fleet_manager.entry.cli import app
from fleet_manager.entry.settings import SHIPPED_MAPS

HOSPITAL = SHIPPED_MAPS / 'small_hospital'
#: Two robots that swap floors, one that stays.
ROBOTS = [
    {'id': 'r1', 'start': 'L1.charge-1', 'goal': 'L3.theatre', 'urgency': 'stat'},
    {'id': 'r2', 'start': 'L3.theatre', 'goal': 'L1.charge-1'},
    {'id': 'r3', 'start': 'L2.lab', 'goal': 'L2.lab', 'type': 'standard'},
]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def row(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


def traffic(command: str, *arguments: str | Path, hospital: Path = HOSPITAL) -> Done:
    words = ['traffic', command, '--hospital', str(hospital), *map(str, arguments)]
    ran = CliRunner().invoke(app, words, env={'COLUMNS': '200'})
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return Done(ran.exit_code, ran.stdout, ran.stderr)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path, ROBOTS)


def written(folder: Path, robots: object) -> Path:
    file = folder / 'robots.json'
    file.write_text(json.dumps({'robots': robots}, indent=1))
    return file


# --- plan  ---


def test_a_plan_leads_each_robot_from_its_start_to_its_goal_hop_by_hop(file: Path) -> None:
    done = traffic('plan', '--instance', file, '--time-limit', '0.1', '--json')
    assert (done.code, done.err) == (0, '')
    assert [robot['id'] for robot in done.row['robots']] == ['r1', 'r2', 'r3']
    for robot, wish in zip(done.row['robots'], ROBOTS, strict=True):
        at, now = wish['start'], 0
        for hop in robot['hops']:
            assert hop['from'] == at
            assert now <= hop['start_ms'] < hop['leave_ms'] <= hop['end_ms']
            assert bool(hop['lane']) != bool(hop['lift'])
            at, now = hop['to'], hop['end_ms']
        assert (at, now) == (wish['goal'], robot['arrival_ms'])
    assert done.row['robots'][2]['hops'] == []
    assert done.row['robots'][0]['urgency'] == 'stat'
    assert done.row['cost_ms'] == sum(robot['arrival_ms'] for robot in done.row['robots'])
    assert done.row['ratio'] == pytest.approx(done.row['cost_ms'] / done.row['bound_ms'], abs=1e-3)
    assert done.row['ratio'] >= 1
    assert done.row['unsolved'] == {}


def test_people_get_a_table_and_what_it_is_worth(file: Path) -> None:
    done = traffic('plan', '--instance', file, '--time-limit', '0')
    assert done.code == 0
    assert 'L3.theatre' in done.out
    assert '3 of 3 robots planned' in done.out
    assert 'times the bound' in done.out
    assert 'first plan after' in done.out


def test_the_same_robots_may_be_written_in_yaml(file: Path, tmp_path: Path) -> None:
    other = tmp_path / 'robots.yaml'
    other.write_text(yaml.safe_dump({'robots': ROBOTS}))
    plans = [
        traffic('plan', '--instance', one, '--time-limit', '0', '--json').row['robots']
        for one in (file, other)
    ]
    assert plans[0] == plans[1]


@pytest.mark.thorough
def test_random_robots_are_the_same_for_the_same_seed_and_can_be_written(tmp_path: Path) -> None:
    out = tmp_path / 'out.json'
    options = ('--time-limit', '0', '--json')
    one = traffic('plan', '--robots', '6', '--seed', '3', '--write', out, *options).row
    same = traffic('plan', '--robots', '6', '--seed', '3', *options).row
    other = traffic('plan', '--robots', '6', '--seed', '4', *options).row
    read = traffic('plan', '--instance', out, '--seed', '3', *options).row
    assert one['robots'] == same['robots'] == read['robots']
    assert one['robots'] != other['robots']


def test_the_picture_has_a_bar_for_each_time_a_shared_place_is_held(tmp_path: Path) -> None:
    out = tmp_path / 'plan.svg'
    assert traffic('plan', '--robots', '8', '--time-limit', '0', '--svg', out).code == 0
    svg = ET.fromstring(out.read_text())
    tips = [tip.text or '' for tip in svg.iter('{http://www.w3.org/2000/svg}title')]
    assert len(tips) > 20
    assert all(tip.startswith('r') and tip.endswith(' s') for tip in tips)


def test_a_picture_of_robots_that_all_stay_is_no_error(tmp_path: Path) -> None:
    file, out = written(tmp_path, ROBOTS[2:]), tmp_path / 'plan.svg'
    assert traffic('plan', '--instance', file, '--time-limit', '0', '--svg', out).code == 0
    ET.fromstring(out.read_text())


def test_a_picture_that_cannot_be_written_is_told(file: Path, tmp_path: Path) -> None:
    out = tmp_path / 'nowhere' / 'plan.svg'
    done = traffic('plan', '--instance', file, '--time-limit', '0', '--svg', out)
    assert done.code == 1
    assert str(out) in done.err


def test_ctrl_c_prints_the_best_plan_so_far(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work, calls = Planner.work, []

    def interrupted(planner: Planner, iterations: int) -> None:
        calls.append(iterations)
        if len(calls) > 3:
            raise KeyboardInterrupt
        work(planner, iterations)

    monkeypatch.setattr(Planner, 'work', interrupted)
    done = traffic('plan', '--instance', file, '--time-limit', '60', '--json')
    assert done.code == 0
    assert done.row['interrupted'] is True
    assert len(done.row['robots']) == 3


def test_robots_without_a_way_end_with_1_and_the_reason(tmp_path: Path) -> None:
    bays = ['L1.charge-1', 'L1.charge-2', 'L2.lab']
    robots = [{'id': f'r{n}', 'start': bay, 'goal': bay} for n, bay in enumerate(bays)]
    hospital = cut_off(tmp_path / 'hospital')
    robots[2]['goal'] = 'L1.park-1'
    file = written(tmp_path, robots)
    done = traffic('plan', '--instance', file, '--time-limit', '0', hospital=hospital)
    assert done.code == 1
    assert '2 of 3 robots planned' in done.out
    assert 'r2 has no way' in done.out
    row = traffic('plan', '--instance', file, '--json', hospital=hospital).row
    assert [robot['id'] for robot in row['robots']] == ['r0', 'r1']
    assert set(row['unsolved']) == {'r2'}


def cut_off(folder: Path) -> Path:
    """Copy the hospital, with the lane of one bay for robots of another type only."""
    folder.mkdir()
    for file in HOSPITAL.glob('*.yaml'):
        (folder / file.name).write_text(file.read_text())
    floor = folder / 'L1.yaml'
    found: Any = yaml.safe_load(floor.read_text())
    for lane in found['lanes']:
        if 'park-1' in lane['between']:
            lane['robots'] = ['tug']
    floor.write_text(yaml.safe_dump(found, allow_unicode=True))
    fleet = folder / 'fleet.yaml'
    kinds: Any = yaml.safe_load(fleet.read_text())
    tug = {'name': {'zh': '拖', 'en': 'Tug'}, 'length': 0.6, 'width': 0.5, 'turning_radius': 0.4}
    kinds.setdefault('types', {})['tug'] = tug
    fleet.write_text(yaml.safe_dump(kinds, allow_unicode=True))
    return folder


# --- broken files  ---


@pytest.mark.thorough
@pytest.mark.parametrize(
    ('change', 'place', 'said'),
    [
        ({'start': 'L1.charge-99'}, 'robots.1.start', "there is no node 'L1.charge-99'"),
        ({'start': 'L3.theater'}, 'robots.1.start', "did you mean 'L3.theatre'?"),
        ({'start': 'L1.charge-1'}, 'robots.1.start', 'L1.charge-1 is that of r1 too'),
        ({'goal': 'L3.theatre'}, 'robots.1.goal', 'L3.theatre is that of r1 too'),
        ({'goal': 'L1.s01'}, 'robots.1.goal', 'is a node of kind way'),
        ({'goal': None}, 'robots.1.goal', 'is empty'),
        ({'goal': 7}, 'robots.1.goal', 'put it in quotes'),
        ({'goal': 'x' * 100}, 'robots.1.goal', 'the limit is 64'),
        ({'id': 'r1'}, 'robots.1.id', "'r1' is robot 0 too"),
        ({'id': '../r'}, 'robots.1.id', 'is no id'),
        ({'urgency': 'soon'}, 'robots.1.urgency', 'choose one of: stat, urgent'),
        ({'type': 'tank'}, 'robots.1.type', 'the types of this hospital are: standard'),
        ({'colour': 'red'}, 'robots.1.colour', 'is not a field'),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_with_file_line_field_and_what_to_do(
    tmp_path: Path, change: Mapping[str, object], place: str, said: str
) -> None:
    file = written(tmp_path, [ROBOTS[0], ROBOTS[1] | change, ROBOTS[2]])
    done = traffic('plan', '--instance', file)
    assert (done.code, done.out) == (1, '')
    lines = [line for line in done.err.splitlines() if place in line]
    assert lines, done.err
    assert lines[0].startswith(f'{file}:')
    assert said in lines[0]
    assert done.err.splitlines()[-1].endswith('nothing was planned')


@pytest.mark.slow
@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('', 'write a mapping'),
        ('[]', 'is a list'),
        ('{}', '`robots: …`'),
        ('robots: 3', 'write a list'),
        ('robots: [3]', 'write a mapping'),
        ('{"robots": [', 'is no YAML'),
        ('robots: &a [*a]', 'alias'),
        ('robots: !!python/object:os.system []', 'has the tag'),
        ('\0', 'control character'),
        (
            'robots: [' + '{id: r, start: x, goal: y}, ' * (MAX_ROBOTS + 1) + ']',
            'the limit is 500',
        ),
        ('#' * (MAX_BYTES + 1), 'is larger than 1 MiB'),
        ('[' * 30_000, 'nested deeper'),
    ],
    ids=lambda text: text[:20],
)
def test_whatever_stands_in_the_file_the_answer_is_in_words(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / 'robots.yaml'
    file.write_text(text)
    done = traffic('run', '--instance', file)
    assert (done.code, done.out) == (1, '')
    assert said in done.err
    assert str(file) in done.err


def test_a_file_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    file = tmp_path / 'robots.json'
    file.write_bytes(b'\xff\xfe{')
    assert 'is not UTF-8' in traffic('plan', '--instance', file).err


def test_a_broken_hospital_is_told_as_the_check_tells_it(tmp_path: Path, file: Path) -> None:
    (tmp_path / 'hospital.yaml').write_text('format: 9')
    done = traffic('plan', '--instance', file, hospital=tmp_path)
    assert (done.code, done.out) == (1, '')
    assert 'hospital.yaml:1' in done.err


def test_no_robots_at_all_are_planned_at_once(tmp_path: Path) -> None:
    done = traffic('plan', '--instance', written(tmp_path, []), '--json')
    assert done.code == 0
    assert done.row['robots'] == []
    assert done.row['ratio'] == 1


# --- wrong usage  ---


@pytest.mark.parametrize(
    ('command', 'options', 'said'),
    [
        ('plan', (), 'give --instance FILE, or --robots N'),
        ('plan', ('--instance', 'x.json', '--robots', '3'), 'give --instance FILE, or'),
        ('plan', ('--instance', 'no-such.json'), 'there is no such file'),
        ('plan', ('--robots', '33'), '33 robots have 32 bays'),
        ('plan', ('--robots', '0'), '--robots'),
        ('plan', ('--robots', '3', '--time-limit', '-1'), '--time-limit'),
        ('plan', ('--robots', '3', '--time-limit', 'nan'), '--time-limit'),
        ('run', ('--robots', '3', '--delay-model', 'snow'), 'none, random, adversarial'),
        ('run', ('--robots', '3', '--runs', '0'), '--runs'),
    ],
    ids=str,
)
def test_wrong_usage_ends_with_2_and_says_what_to_give(
    command: str, options: tuple[str, ...], said: str
) -> None:
    done = traffic(command, *options)
    assert (done.code, done.out) == (2, '')
    assert said in done.err


def test_what_is_no_folder_is_wrong_usage(tmp_path: Path) -> None:
    done = traffic('plan', '--robots', '3', hospital=tmp_path / 'nowhere')
    assert done.code == 2
    assert 'there is no such folder' in done.err


def test_writing_robots_that_are_in_a_file_already_is_wrong_usage(
    file: Path, tmp_path: Path
) -> None:
    done = traffic('plan', '--instance', file, '--write', tmp_path / 'other.json')
    assert done.code == 2


# --- run  ---


@pytest.mark.thorough
@pytest.mark.parametrize('model', ['none', 'random', 'adversarial'])
def test_every_drive_finishes_without_overlap_whatever_the_delays(model: str) -> None:
    options = ('--robots', '10', '--time-limit', '0', '--runs', '12', '--json')
    done = traffic('run', '--delay-model', model, *options)
    assert done.code == 0
    row = done.row
    assert (row['runs'], row['finished'], row['overlaps'], row['deadlocks']) == (12, 12, 0, 0)
    assert row['executed_ms'] >= row['alone_ms'] > 0
    assert row['first_come']['finished'] + row['first_come']['deadlocks'] == 12
    if model == 'none':
        assert row['executed_ms'] <= row['cost_ms'] == row['delay_only_ms'] == row['own_delay_ms']


@pytest.mark.thorough
def test_the_same_seed_drives_the_same_and_another_one_does_not() -> None:
    options = ('--robots', '10', '--time-limit', '0', '--runs', '3', '--json')
    figures = [
        traffic('run', '--seed', seed, *options).row['executed_ms'] for seed in ('1', '1', '2')
    ]
    assert figures[0] == figures[1] != figures[2]


def test_people_see_the_plan_beside_first_come_first_served() -> None:
    done = traffic('run', '--robots', '30', '--time-limit', '0', '--runs', '3')
    assert done.code == 0
    assert 'first come, first served' in done.out
    deadlocks = next(line for line in done.out.splitlines() if 'deadlocks' in line).split()
    assert deadlocks[1:] == ['0', '3'], 'with every bay full, nobody gets far without a plan'


def test_a_search_that_grows_too_large_is_given_up_in_words(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('fleet_manager.domain.traffic.planner.tables.STATES', 4)
    monkeypatch.setattr('fleet_manager.domain.traffic.planner.tables.MAX_STATES', 4)
    done = traffic('plan', '--instance', file, '--time-limit', '0')
    assert (done.code, done.out) == (1, '')
    assert done.err.splitlines()[-1] == (
        'fleet traffic: a search of 4 states is too much; plan fewer robots at once'
    )
