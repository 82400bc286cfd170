"""`fleet simulate` as a person and a script meet it: 0 as expected, 1 not, 2 wrong usage."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from fleet_manager.adapters.sim.day.manager import DayManager
from fleet_manager.entry.cli import app
from fleet_manager.entry.simulate.play import play
from fleet_manager.entry.simulate.setting import Wish, load_setting


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


def simulate(*arguments: str | Path) -> Done:
    ran = CliRunner().invoke(app, ['simulate', *map(str, arguments)])
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return Done(ran.exit_code, ran.stdout, ran.stderr)


@pytest.mark.thorough
def test_a_day_as_expected_ends_with_0_and_its_figures(quiet: Path, tmp_path: Path) -> None:
    said, cases, page = tmp_path / 'day.json', tmp_path / 'day.xml', tmp_path / 'day.html'
    kept = tmp_path / 'kept'
    done = simulate(
        quiet, '--seed', '3', '--json', said, '--junit', cases, '--report', page,
        '--artifacts', kept,
    )  # fmt: skip
    assert done.code == 0, done.out
    assert '8 accepted: 8 delivered' in done.out
    row = json.loads(said.read_text('utf-8'))
    assert (row['scenario'], row['seed'], row['accepted'], row['open']) == ('quiet', 3, 8, 0)
    assert (row['on_time'], row['violations'], row['unmet']) == (1.0, [], [])
    assert row['wall_seconds'] > 0
    assert row['version']
    assert 'lines' not in row
    suite = ET.fromstring(cases.read_text('utf-8'))
    assert (suite.get('failures'), suite.find('.//failure')) == ('0', None)
    assert {case.get('name') for case in suite.iter('testcase')} >= {
        'nothing is lost',
        'no invariant is violated',
        'every delivery comes to its end',
    }
    assert 'Quiet' in page.read_text('utf-8')
    assert not any(kept.rglob('*.*')), 'nothing is kept of a good day'


@pytest.mark.slow
def test_the_same_seed_gives_the_same_journal_and_another_seed_another(quiet: Path) -> None:
    setting = load_setting(str(quiet), Wish())
    first, again, other = (play(setting, seed=seed).result for seed in (3, 3, 4))
    assert first.journal_sha256 == again.journal_sha256
    assert first.journal_sha256 != other.journal_sha256


@pytest.mark.slow
def test_a_real_store_changes_nothing_of_the_day(quiet: Path) -> None:
    setting = load_setting(str(quiet), Wish())
    memory, sqlite = (
        play(setting, seed=3, until=int(9.2 * 3_600_000), store=store).result
        for store in ('memory', 'sqlite')
    )
    assert memory.journal_sha256 == sqlite.journal_sha256
    assert sqlite.violations == ()


@pytest.mark.slow
def test_a_day_that_fails_is_told_and_kept_with_the_line_that_repeats_it(
    late: Path, tmp_path: Path
) -> None:
    kept, cases = tmp_path / 'kept', tmp_path / 'day.xml'
    done = simulate(late, '--seed', '3', '--artifacts', kept, '--junit', cases)
    assert done.code == 1
    again = f'fleet simulate {late} --seed 3'
    assert 'not as expected: on time were' in done.out
    assert f'reproduce: {again}\n' in done.out
    folder = kept / 'late-seed3'
    assert (folder / 'reproduce.txt').read_text('utf-8') == f'{again}\n'
    row = json.loads((folder / 'summary.json').read_text('utf-8'))
    assert row['on_time'] < 0.9
    assert (folder / 'report.html').stat().st_size > 10_000
    failure = ET.fromstring(cases.read_text('utf-8')).find('.//failure')
    assert failure is not None
    assert again in str(failure.text)
    digest = sha256()
    for line in (folder / 'journal.jsonl').read_text('utf-8').splitlines():
        entry = json.loads(line)
        body = line.partition('"body":')[2][:-1]
        digest.update(f'{entry["at"]} {entry["kind"]} {body}\n'.encode())
    assert digest.hexdigest() == row['journal_sha256'], 'the kept journal is the whole one'


@pytest.mark.thorough
def test_what_breaks_the_program_is_a_finding_with_a_picture_and_the_second(
    quiet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick = DayManager._tick

    def broken(self: DayManager, *arguments: int) -> None:
        tick(self, *arguments)
        if self._heap.now % 86_400_000 > 72 * 60_000:  # 09:12 there
            raise RuntimeError('r1 and r2 are one')

    monkeypatch.setattr(DayManager, '_tick', broken)
    done = simulate(quiet, '--seed', '3', '--artifacts', tmp_path / 'kept')
    assert done.code == 1
    assert 'RuntimeError: r1 and r2 are one' in done.out
    assert 'Traceback' not in done.out + done.err
    assert '--seed 3 --until 09:12:0' in done.out
    picture = (tmp_path / 'kept' / 'quiet-seed3' / 'moment.svg').read_text('utf-8')
    assert 'r1 and r2 are one' in picture


def test_until_stops_the_day_at_that_time(quiet: Path, tmp_path: Path) -> None:
    said = tmp_path / 'day.json'
    done = simulate(quiet, '--until', '09:10:30', '--json', said)
    assert done.code == 0, done.out
    assert 'not the whole day' in done.out
    row = json.loads(said.read_text('utf-8'))
    assert row['partial'] is True
    assert row['ended_at'] - row['started_at'] == 630_000


def test_ctrl_c_ends_a_day_with_what_there_is(quiet: Path) -> None:
    setting = load_setting(str(quiet), Wish())
    told: list[float] = []

    def tell(done: float, text: str) -> None:
        told.append(done)
        assert text.startswith('09:')
        os.kill(os.getpid(), signal.SIGINT)

    result = play(setting, seed=3, tell=tell).result
    assert result.partial
    assert len(told) == 1
    assert 0 < result.accepted < 8
    assert result.unmet == ()


def test_another_policy_and_fleet_can_be_asked_for(quiet: Path, tmp_path: Path) -> None:
    said = tmp_path / 'day.json'
    done = simulate(quiet, '--dispatch', 'nearest', '--robots', '2', '--json', said)
    row = json.loads(said.read_text('utf-8'))
    assert (row['dispatch'], len(row['robots'])) == ('nearest', 2)
    assert done.code == int(bool(row['unmet']))
    assert '--dispatch nearest --robots 2' in row['reproduce']


@pytest.mark.parametrize(
    ('arguments', 'told'),
    [
        (['--dispatch', 'magic'], 'choose runs, nearest'),
        (['--store', 'paper'], 'choose memory or sqlite'),
        (['--seeds', '5..1'], 'write 1..2000'),
        (['--seeds', 'some'], 'write 1..2000'),
        (['--seeds', '1..3', '--seed', '1'], '--seeds goes without --seed'),
        (['--jobs', '2'], 'need --seeds'),
    ],
)
def test_wrong_usage_is_told_and_ends_with_2(quiet: Path, arguments: list[str], told: str) -> None:
    done = simulate(quiet, *arguments)
    assert (done.code, told in done.err) == (2, True)


@pytest.mark.parametrize(
    ('name', 'arguments', 'told'),
    [
        ('no_such_day', [], 'name a file, or one of: bad_day, clinic'),
        ('gone.yaml', [], 'No such file'),
        ('clinic', ['--until', 'noon'], 'write a time of day'),
        ('clinic', ['--robots', '400'], '400 are more than there are bays for'),
    ],
)
def test_what_cannot_be_played_is_told_and_ends_with_1(
    name: str, arguments: list[str], told: str
) -> None:
    done = simulate(name, *arguments)
    assert done.code == 1
    assert told in done.out + done.err


def test_a_broken_scenario_is_told_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / 'day.yaml'
    file.write_text('hospital: nowhere\nlasts: long\nstarts: noon\n', 'utf-8')
    done = simulate(file)
    assert done.code == 1
    assert f'{file}:2 lasts' in done.out
    assert f'{file}:3 starts' in done.out
    assert '2 errors, nothing was played' in done.err
