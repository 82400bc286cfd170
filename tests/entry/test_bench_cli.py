"""`fleet bench …`, as a person and a script meet it."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from fleet_manager.domain.traffic.grids.check import faults
from fleet_manager.domain.traffic.grids.formats import Place, read_map, read_scen
from fleet_manager.entry.cli import app
from fleet_manager.entry.settings import SHIPPED_MAPS

ROWS = ('....', '.T.T', '...T')
SCEN = (
    'version 1\n'
    '0\tloop.map\t4\t3\t0\t0\t1\t2\t0\n'
    '0\tloop.map\t4\t3\t1\t2\t0\t0\t0\n'
    '0\tloop.map\t4\t3\t3\t0\t2\t0\t0\n'
    '0\tloop.map\t4\t3\t2\t0\t3\t0\t0\n'
)
LANE = 'version 1\n0 l.map 3 1 0 0 2 0 0\n0 l.map 3 1 2 0 0 0 0\n'


def written(folder: Path, rows: tuple[str, ...] = ROWS, scen: str = SCEN) -> list[str]:
    """Write a map and a scenario; return the options that name them."""
    head = f'type octile\nheight {len(rows)}\nwidth {len(rows[0])}\nmap\n'
    (folder / 'loop.map').write_text(head + '\n'.join(rows) + '\n')
    (folder / 'loop.scen').write_text(scen)
    return ['--map', str(folder / 'loop.map'), '--scen', str(folder / 'loop.scen')]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds by looks at the clock, ten thousand a second: the same on a busy machine."""
    looks = itertools.count()
    clock = 'fleet_manager.entry.bench_cli.time.perf_counter'
    monkeypatch.setattr(clock, lambda: next(looks) / 10_000)


def fleet(*words: str) -> Result:
    return CliRunner().invoke(app, ['bench', 'grid', *words])


@pytest.mark.thorough
def test_a_run_says_what_it_cost_against_the_bound_and_its_paths_are_right(
    tmp_path: Path, counted: None
) -> None:
    options = written(tmp_path)
    paths = tmp_path / 'paths.json'
    done = fleet(*options, '--agents', '4', '--time-limit', '1', '--json', '--paths', str(paths))
    assert done.exit_code == 0
    said = json.loads(done.stdout)
    assert said['solved']
    assert said['reason'] is None
    assert said['agents'] == 4
    assert said['bound'] <= said['cost'] <= said['first_cost']
    assert said['ratio'] == round(said['cost'] / said['bound'], 4)
    assert said['first_seconds'] <= said['seconds']
    assert set(said) == {
        *('map', 'scen', 'solved', 'reason', 'cost', 'bound', 'ratio', 'first_cost'),
        *('first_seconds', 'seconds', 'iterations', 'seed', 'agents', 'compile_seconds'),
    }
    grid = read_map((tmp_path / 'loop.map').read_text(), name='loop.map')
    tasks = read_scen(SCEN, grid, name='loop.scen', agents=4)
    ways = [[Place(*place) for place in way] for way in json.loads(paths.read_text())['paths']]
    assert faults(grid, tasks, ways) == []


def test_a_person_is_told_in_one_line(tmp_path: Path, counted: None) -> None:
    done = fleet(*written(tmp_path), '--agents', '1', '--time-limit', '0.1')
    assert done.exit_code == 0
    assert done.stdout.startswith('1 agents: cost 3, 1.0 of the bound 3; first 3 after')
    assert done.stdout.count('\n') == 1


def test_agents_that_stand_at_their_goals_cost_nothing(tmp_path: Path) -> None:
    options = written(tmp_path, ('..',), 'version 1\n0 l.map 2 1 0 0 0 0 0\n')
    said = json.loads(fleet(*options, '--agents', '1', '--json').stdout)
    assert (said['cost'], said['bound'], said['ratio']) == (0, 0, 1.0)


def test_an_instance_without_a_solution_ends_with_the_reason(tmp_path: Path) -> None:
    options = written(tmp_path, ('...',), LANE)
    done = fleet(*options, '--agents', '2', '--json', '--paths', str(tmp_path / 'paths.json'))
    assert done.exit_code == 1
    said = json.loads(done.stdout)
    assert not said['solved']
    assert said['reason'] == 'all arrangements of the agents were tried: there is no solution'
    assert said['cost'] is said['first_cost'] is said['ratio'] is None
    assert not (tmp_path / 'paths.json').exists()
    assert 'there is no solution' in fleet(*options, '--agents', '2').stdout


def test_no_plan_in_time_is_said_with_what_is_left_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = iter(range(100))
    monkeypatch.setattr('fleet_manager.entry.bench_cli.time.perf_counter', lambda: next(ticks))
    done = fleet(*written(tmp_path), '--agents', '4', '--time-limit', '0.5')
    assert done.exit_code == 1
    assert '4 of 4 agents have no path; give more time, or fewer agents' in done.stdout


def test_wrong_files_and_options_end_with_2_and_one_line(tmp_path: Path) -> None:
    options = written(tmp_path)
    (tmp_path / 'picture.map').write_bytes(b'\x89PNG\xff')
    wrong = [
        ([*options, '--agents', '9'], 'loop.scen: 4 agents, 9 are asked for; choose fewer'),
        ([*options, '--agents', '0'], '0 agents: choose 1 to 2,000'),
        (['--map', 'no.map', *options[2:], '--agents', '1'], 'there is no file no.map'),
        (['--map', str(tmp_path / 'picture.map'), *options[2:], '--agents', '1'], 'is not text'),
        (['--map', options[3], *options[2:], '--agents', '1'], 'loop.scen line 1: "version 1"'),
        ([*options, '--agents', '1', '--paths', str(tmp_path / 'no' / 'p')], 'No such file'),
    ]
    for words, problem in wrong:
        done = fleet(*words, '--time-limit', '0.1')
        assert done.exit_code == 2, words
        assert problem in done.stderr
        assert done.stderr.startswith('fleet bench grid: ')
        assert done.stderr.count('\n') == 1


def test_a_file_larger_than_any_benchmark_is_not_read(tmp_path: Path) -> None:
    options = written(tmp_path)
    with (tmp_path / 'loop.map').open('wb') as file:
        file.truncate(17 * 1024 * 1024)
    done = fleet(*options, '--agents', '1')
    assert done.exit_code == 2
    assert 'is larger than 16 MiB' in done.stderr


def bench_traffic(*words: str) -> Result:
    house = str(SHIPPED_MAPS / 'small_hospital')
    return CliRunner().invoke(app, ['bench', 'traffic', '--hospital', house, *words])


@pytest.mark.thorough
def test_plans_of_a_hospital_are_measured_against_the_bound() -> None:
    done = bench_traffic('--robots', '4', '--runs', '3', '--time-limit', '0.05', '--json')
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert (said['robots'], said['runs'], said['unsolved']) == (4, 3, 0)
    assert 1.0 <= said['ratio_min'] <= said['ratio'] <= said['ratio_max']
    assert said['first_ms'] > 0


def test_more_robots_than_bays_are_refused_in_words() -> None:
    done = bench_traffic('--robots', '999')
    assert done.exit_code == 2
    assert 'fleet bench traffic: --robots: 999 robots have' in done.stderr
