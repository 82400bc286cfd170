"""The command `fleet`, as a person and a script meet it: 0 done, 1 failed, 2 wrong usage."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
import typer
from typer.testing import CliRunner

from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.domain.ids import AccountId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import CancelDelivery
from fleet_manager.domain.units import Instant
from fleet_manager.entry.cli import app
from fleet_manager.entry.first_run import make_accounts, read_secrets
from fleet_manager.entry.settings import SHIPPED_MAPS
from tests.adapters.db import outside
from tests.entry.manager import NURSE, SECONDS, Manager, at_home, wait_until, wish

FLEET = [str(Path(sys.executable).with_name('fleet'))]
WIDE = {'COLUMNS': '200'}
ROOT = Path(__file__).parents[2]
NOW = Instant(1_767_614_400_000)


def commands() -> dict[str, typer.core.TyperCommand]:
    """Return every command by the words one types."""
    found: dict[str, typer.core.TyperCommand] = {}

    def walk(group: typer.core.TyperGroup, words: str) -> None:
        for name, command in group.commands.items():
            if isinstance(command, typer.core.TyperGroup):
                walk(command, f'{words}{name} ')
            else:
                found[words + name] = command

    walk(typer.main.get_command(app), '')
    return found


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def fleet(*arguments: str | Path, **variables: str) -> Done:
    """Run a command in this process: starting one each costs a second."""
    unset = dict.fromkeys(name for name in os.environ if name.startswith('FLEET_'))
    ran = CliRunner().invoke(app, list(map(str, arguments)), env=unset | WIDE | variables)
    structlog.reset_defaults()  # `serve` logs to a stream that is closed now
    return Done(ran.exit_code, ran.stdout, ran.stderr)


def process(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a person does."""
    command = [*FLEET, *map(str, arguments)]
    return subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith('FLEET_')}
    return kept | WIDE


@pytest.fixture
def state(hospital: Hospital, tmp_path: Path) -> Path:
    """A state folder in which something happened."""
    with Manager(hospital, tmp_path) as manager:
        manager.mailbox.report(at_home(hospital))
        for number in range(3):
            manager.mailbox.submit(wish(f'key-{number}')).result(SECONDS)
        delivery = manager.mailbox.submit(wish('key-0')).result(SECONDS).delivery
        manager.mailbox.submit(CancelDelivery(NURSE, delivery)).result(SECONDS)
    return tmp_path


# --- help and usage ------------------------------------------------------------------------------


@pytest.mark.parametrize('command', sorted(commands()))
def test_the_help_of_every_command_has_an_example_of_that_command(command: str) -> None:
    text = commands()[command].help or ''
    found = re.search(r'^Example: (fleet .+)$', text, re.MULTILINE)
    assert found, text
    assert found[1].startswith(f'fleet {command}')


@pytest.mark.thorough
@pytest.mark.parametrize('command', sorted(commands()))
def test_every_option_says_what_it_does(command: str) -> None:
    for parameter in commands()[command].params:
        assert getattr(parameter, 'help', ''), f'{command} {parameter.name}'


@pytest.mark.thorough
def test_help_is_printed_with_exit_code_0() -> None:
    done = process('map', 'check', '--help')
    assert done.returncode == 0
    assert 'Example: fleet map check' in done.stdout


def test_version_is_the_one_of_the_project() -> None:
    done = fleet('version')
    assert done.returncode == 0
    assert f'version = "{done.stdout.strip()}"' in (ROOT / 'pyproject.toml').read_text()


@pytest.mark.parametrize(
    'wrong',
    [
        ('fly',),
        ('demo', '--speed', 'fast'),
        ('demo', '--robots', '0'),
        ('journal', 'show', '--limit', '0'),
        ('serve', '--port', '99999'),
        ('serve', '--host', '0.0.0.0'),
    ],
    ids=' '.join,
)
def test_wrong_usage_ends_with_2_and_says_which_word_was_wrong(wrong: tuple[str, ...]) -> None:
    done = fleet(*wrong)
    assert (done.returncode, done.stdout) == (2, '')
    assert wrong[-2 if len(wrong) > 1 else -1].lstrip('-') in done.stderr
    assert 'Traceback' not in done.stderr


def test_a_bad_variable_is_wrong_usage_too_and_named() -> None:
    done = fleet('serve', FLEET_SIM_SPEED='50')
    assert done.returncode == 2
    assert done.stderr.startswith('fleet: sim_speed: ')


# --- maps ----------------------------------------------------------------------------------------


def test_the_shipped_hospital_is_fine() -> None:
    done = fleet('map', 'check', 'maps/small_hospital')
    assert (done.returncode, done.stderr) == (0, '')


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A hospital in which one station stands at a node that is none; and its line."""
    folder = tmp_path / 'broken'
    shutil.copytree(SHIPPED_MAPS / 'small_hospital', folder)
    floor = folder / 'L1.yaml'
    floor.write_text(floor.read_text().replace('node: pharmacy\n', 'node: nowhere\n'))
    return folder


def line_of(file: Path, text: str) -> int:
    return next(n for n, line in enumerate(file.read_text().splitlines(), 1) if text in line)


def test_a_broken_map_ends_with_1_and_names_file_and_line(broken: Path) -> None:
    done = fleet('map', 'check', broken)
    assert done.returncode == 1
    assert f'L1.yaml:{line_of(broken / "L1.yaml", "nowhere")} ' in done.stdout
    assert 'Traceback' not in done.stderr


def test_a_broken_map_is_told_to_programs_as_json(broken: Path) -> None:
    done = fleet('map', 'check', broken, '--json')
    assert done.returncode == 1
    rows = json.loads(done.stdout)
    assert {'code', 'severity', 'place', 'problem', 'mend', 'path', 'at'} == set(rows[0])
    assert 'error' in [row['severity'] for row in rows]


def test_no_manager_starts_on_a_broken_map(broken: Path, tmp_path: Path) -> None:
    done = fleet('serve', '--hospital', broken, '--state-dir', tmp_path / 's', '--no-ros')
    assert done.returncode == 1
    assert 'nowhere' in done.stderr
    assert 'Traceback' not in done.stderr


# --- journal -------------------------------------------------------------------------------------


def test_a_whole_journal_is_verified_with_exit_code_0(state: Path) -> None:
    done = fleet('journal', 'verify', '--state-dir', state)
    assert done.returncode == 0
    assert re.fullmatch(r'\d+ entries, chain whole, head [0-9a-f]{64}\n', done.stdout)


def test_a_journal_somebody_changed_ends_with_1_and_names_the_entry(state: Path) -> None:
    url = f'sqlite:///{state / "fleet.db"}'
    outside.unguard(url)
    outside.run(url, "UPDATE event SET actor = 'n3e' WHERE kind = 'DeliveryCancelled'")
    (seq,) = outside.rows(url, "SELECT seq FROM event WHERE kind = 'DeliveryCancelled'")[0]
    done = fleet('journal', 'verify', '--state-dir', state)
    assert done.returncode == 1
    assert done.stderr.startswith(f'broken at entry {seq}: ')


def test_a_file_that_is_no_database_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / 'fleet.db').write_bytes(b'this is not a database, and long enough' * 100)
    for command in ('verify', 'show'):
        done = fleet('journal', command, '--state-dir', tmp_path)
        assert done.returncode == 1
        assert done.stderr.startswith('fleet journal: ')
        assert len(done.stderr.splitlines()) == 1


def test_a_journal_that_is_not_there_is_said_and_not_made(tmp_path: Path) -> None:
    done = fleet('journal', 'verify', '--state-dir', tmp_path)
    assert done.returncode == 1
    assert 'there is no such file' in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_show_tells_programs_one_object_a_line(state: Path) -> None:
    done = fleet('journal', 'show', '--json', '--state-dir', state)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [row['seq'] for row in rows] == list(range(1, len(rows) + 1))
    assert set(rows[0]) == {'seq', 'at', 'actor', 'kind', 'body', 'hash'}
    assert rows[0]['kind'] == 'ManagerStarted'
    assert [row['actor'] for row in rows if row['kind'] == 'DeliveryCancelled'] == ['n2w']


@pytest.mark.slow
@pytest.mark.parametrize(
    ('options', 'kept'),
    [
        (('--delivery', 'D000002'), lambda row: row['body'].get('delivery') == 'D000002'),
        (('--robot', 'r1'), lambda row: row['body'].get('robot') == 'r1'),
        (('--kind', 'DeliveryRequested'), lambda row: row['kind'] == 'DeliveryRequested'),
        (('--after', '3'), lambda row: row['seq'] > 3),
        (('--limit', '2'), lambda row: row['seq'] <= 2),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else '',
)
def test_show_keeps_only_what_was_asked_for(state: Path, options: object, kept: object) -> None:
    assert isinstance(options, tuple)
    assert callable(kept)
    everything = fleet('journal', 'show', '--json', '--state-dir', state).stdout.splitlines()
    found = fleet('journal', 'show', '--json', '--state-dir', state, *options).stdout.splitlines()
    assert found == [line for line in everything if kept(json.loads(line))] != []


def test_show_gives_more_than_one_page_when_asked(state: Path) -> None:
    url = f'sqlite:///{state / "fleet.db"}'
    columns = 'epoch, at_ms, actor, kind, delivery, robot, body, prev_hash, hash'
    before = outside.rows(url, 'SELECT count(*) FROM event')[0][0]
    outside.run(
        url,
        'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) '
        f'INSERT INTO event (seq, {columns}) SELECT {before} + i, {columns} FROM event, n '
        'WHERE seq = 1',
    )
    done = fleet('journal', 'show', '--json', '--limit', '2200', '--state-dir', state)
    rows = [json.loads(line)['seq'] for line in done.stdout.splitlines()]
    assert rows == list(range(1, 2_201))


def test_show_has_a_table_for_people_with_times_in_utc(state: Path) -> None:
    done = fleet('journal', 'show', '--state-dir', state)
    assert done.returncode == 0
    assert 'time (UTC)' in done.stdout
    assert re.search(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +n2w +DeliveryRequested', done.stdout)


def test_the_state_folder_may_come_from_its_variable(state: Path) -> None:
    assert fleet('journal', 'verify', FLEET_STATE_DIR=str(state)).returncode == 0


def test_a_running_managers_journal_can_be_read(hospital: Hospital, tmp_path: Path) -> None:
    with Manager(hospital, tmp_path):
        assert fleet('journal', 'verify', '--state-dir', tmp_path).returncode == 0


# --- accounts ------------------------------------------------------------------------------------


@pytest.fixture
def accounts(hospital: Hospital, tmp_path: Path) -> Iterator[SqlAccounts]:
    made = SqlAccounts(f'sqlite:///{tmp_path / "accounts.db"}')
    make_accounts(made, hospital, folder=tmp_path)
    yield made
    made.close()


@pytest.mark.thorough
def test_reset_shows_a_new_secret_ends_sessions_and_the_old_one_is_wrong(
    accounts: SqlAccounts, tmp_path: Path
) -> None:
    old = read_secrets(tmp_path)
    for name, form in (('operator', r'[\w-]{16}'), ('n2w', r'\d{6}')):
        account = AccountId(name)
        token = accounts.open_session(account, now=NOW)
        done = fleet('accounts', 'reset', name, '--state-dir', tmp_path)
        assert done.returncode == 0
        found = re.fullmatch(rf'{name}: ({form})\n', done.stdout)
        assert found, done.stdout
        assert accounts.seat(token, now=NOW) is None
        assert accounts.verify(account, secret=old[name], now=NOW) == 'wrong'
        assert accounts.verify(account, secret=found[1], now=NOW) == 'ok'
        assert read_secrets(tmp_path)[name] == found[1], 'the demo greets with the new one'


@pytest.mark.thorough
def test_reset_of_an_unknown_account_ends_with_1_and_lists_the_known(
    accounts: SqlAccounts, tmp_path: Path
) -> None:
    done = fleet('accounts', 'reset', 'nobody', '--state-dir', tmp_path)
    assert (done.returncode, done.stdout) == (1, '')
    assert 'operator, pharmacy' in done.stderr


def test_reset_makes_no_accounts_where_there_are_none(tmp_path: Path) -> None:
    done = fleet('accounts', 'reset', 'operator', '--state-dir', tmp_path)
    assert done.returncode == 1
    assert list(tmp_path.iterdir()) == []


# --- serve and demo ------------------------------------------------------------------------------


@pytest.fixture
def port() -> Iterator[int]:
    """A port somebody listens on."""
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_a_demo_on_a_port_in_use_says_so_and_starts_nothing(port: int, tmp_path: Path) -> None:
    folder = tmp_path / 'demo'
    done = fleet('demo', '--port', str(port), '--state-dir', folder)
    assert done.returncode == 1
    assert done.stderr == (f'fleet demo: port {port} is in use. Another demo? Else: --port 8090\n')
    assert not folder.exists()


@pytest.mark.slow
def test_a_manager_on_a_port_in_use_ends_with_1(port: int, tmp_path: Path) -> None:
    done = process('serve', '--no-ros', '--port', str(port), '--state-dir', tmp_path)
    assert done.returncode == 1
    assert 'address already in use' in done.stderr


@pytest.mark.slow
def test_a_manager_without_ros_says_so_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, 'fleet_manager.adapters.ros.link', None)
    done = fleet('serve', '--state-dir', tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith('fleet serve: there is no ROS 2 here')


@pytest.mark.slow
def test_a_second_manager_on_one_state_folder_is_refused_and_told_who_has_it(
    hospital: Hospital, tmp_path: Path
) -> None:
    with Manager(hospital, tmp_path) as first:
        done = process('serve', '--no-ros', '--state-dir', tmp_path)
        assert done.returncode == 1
        assert f'is in use by process {os.getpid()}' in done.stderr
        assert 'Traceback' not in done.stderr
        assert first.mailbox.submit(wish()).result(SECONDS).delivery


@pytest.mark.slow
def test_a_manager_serves_keeps_its_files_private_and_ends_with_0_on_sigterm(
    tmp_path: Path,
) -> None:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    folder = tmp_path / 'state'
    manager = subprocess.Popen(
        [*FLEET, 'serve', '--no-ros', '--port', str(port), '--state-dir', str(folder)],
        env=environment(),
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: answers(port) or manager.poll() is not None, seconds=30)
        assert manager.poll() is None
        for name in ('', 'fleet.db', 'accounts.db', 'first-run-secrets.txt', 'metrics-token'):
            assert (folder / name).stat().st_mode & 0o077 == 0, name
        begun = time.monotonic()
        manager.terminate()
        assert manager.wait(10) == 0
        assert time.monotonic() - begun < 5
    finally:
        manager.kill()
        manager.wait()
    with sqlite3.connect(folder / 'fleet.db') as database:
        kinds = database.execute('SELECT kind FROM event').fetchall()
    assert kinds == [('ManagerStarted',)]


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(('127.0.0.1', port)) == 0
