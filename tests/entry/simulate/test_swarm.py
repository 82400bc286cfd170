"""Many seeds: each is told once, what fails is kept, and what was played is not played again."""

from __future__ import annotations

import json
import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fleet_manager.application.days.scenario import FaultKind
from fleet_manager.entry.cli import app
from fleet_manager.entry.simulate import swarm
from fleet_manager.entry.simulate.pool import NoWorkers, side_by_side
from fleet_manager.entry.simulate.setting import Wish, load_setting


def simulate(*arguments: str | Path) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ['simulate', *map(str, arguments)])
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran.exit_code, ran.output


@pytest.mark.slow
def test_seeds_are_played_side_by_side_and_not_again(quiet: Path, tmp_path: Path) -> None:
    kept, said = tmp_path / 'kept', tmp_path / 'all.json'
    code, out = simulate(quiet, '--seeds', '1..3', '--jobs', '2', '--artifacts', kept)
    assert (code, '3 seeds, 24 deliveries' in out, '0 seeds failed' in out) == (0, True, True)
    lines = [json.loads(line) for line in (kept / 'seeds.jsonl').read_text('utf-8').splitlines()]
    assert sorted(line['seed'] for line in lines) == [1, 2, 3]
    assert len({line['journal_sha256'] for line in lines}) == 3
    code, out = simulate(
        quiet, '--seeds', '1..3', '--jobs', '1', '--artifacts', kept, '--json', said
    )
    assert (code, '3 of 3 seeds were played before' in out) == (0, True)
    row = json.loads(said.read_text('utf-8'))
    assert (row['seeds'], row['complete'], row['failed'], row['accepted']) == (3, True, [], 24)
    assert set(row['never']) <= set(row['sometimes'])


def test_seeds_of_another_scenario_do_not_count(quiet: Path, late: Path, tmp_path: Path) -> None:
    kept = tmp_path / 'seeds.jsonl'
    setting = load_setting(str(quiet), Wish())
    task = swarm.Task(str(quiet), Wish(), 1, 'memory')
    kept.write_text(swarm.noted(swarm.play_seed(task)) + '{"seed": 2, "ke', 'utf-8')
    assert [line.seed for line in swarm.earlier(kept, swarm.key_of(setting))] == [1]
    other = swarm.key_of(load_setting(str(late), Wish()))
    fewer = swarm.key_of(load_setting(str(quiet), Wish(robots=3)))
    assert swarm.earlier(kept, other) == swarm.earlier(kept, fewer) == []
    assert swarm.earlier(tmp_path / 'gone', other) == []


@pytest.mark.slow
def test_a_failing_seed_is_kept_with_its_line_and_made_small(late: Path, tmp_path: Path) -> None:
    kept = tmp_path / 'kept'
    code, out = simulate(
        late, '--seeds', '3', '--jobs', '1', '--artifacts', kept, '--shrink', '--shrink-days', '6'
    )  # fmt: skip
    assert code == 1
    assert f'reproduce: fleet simulate {late} --seed 3\n' in out
    assert (kept / 'late-seed3' / 'journal.jsonl').is_file()
    smallest = kept / 'late-seed3-smallest.yaml'
    assert f'reproduce: fleet simulate {smallest} --seed 3' in out
    found = load_setting(str(smallest), Wish()).scenario
    assert found.faults == ()
    assert simulate(smallest, '--seed', '3')[0] == 1, 'the smallest day fails too'


@pytest.mark.slow
def test_ctrl_c_ends_a_swarm_with_what_there_is(quiet: Path) -> None:
    heard: list[int] = []

    def note(line: swarm.Line) -> None:
        heard.append(line.seed)
        raise KeyboardInterrupt

    tasks = (swarm.Task(str(quiet), Wish(), seed, 'memory') for seed in range(1, 1_000))
    with ThreadPoolExecutor(1) as executor:
        assert not side_by_side(swarm.play_seed, tasks, executor, jobs=1, note=note)
    assert len(heard) == 1


def test_a_worker_that_dies_is_told() -> None:
    with ProcessPoolExecutor(1) as executor, pytest.raises(NoWorkers, match='fewer --jobs'):
        side_by_side(os._exit, [3], executor, jobs=1, note=print)


@pytest.mark.thorough
def test_a_state_counts_once_a_seed_and_what_no_seed_reached_is_named(quiet: Path) -> None:
    tally = swarm.Tally()
    line = swarm.play_seed(swarm.Task(str(quiet), Wish(), 1, 'memory'))
    row = {**json.loads(swarm.noted(line)), 'sometimes': {'fire': 7, 'flood': 0}}
    for seed in (1, 2):
        tally.add(swarm.Line(**{**row, 'seed': seed}))
    assert (tally.sometimes['fire'], tally.never) == (2, ['flood'])


def test_a_cluster_that_is_not_there_is_told(quiet: Path) -> None:
    code, out = simulate(quiet, '--seeds', '1..2', '--scheduler', 'tcp://127.0.0.1:1')
    assert code == 2
    assert '--scheduler' in out


def test_every_so_many_seeds_have_a_real_store() -> None:
    assert [swarm.store_of('', seed) for seed in (49, 50)] == ['memory', 'sqlite']
    assert swarm.store_of('memory', 50) == 'memory'


def test_the_swarm_that_is_shipped_has_every_fault() -> None:
    scenario = load_setting('swarm', Wish()).scenario
    assert {fault.kind for fault in scenario.faults} == set(FaultKind)
