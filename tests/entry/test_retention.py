"""The run that erases old personal data: by itself at night, when asked, and after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.adapters.db.desk_book import SqlDeskBook
from fleet_manager.adapters.db.reader import JournalReader
from fleet_manager.adapters.db.retention import SqlRetention
from fleet_manager.adapters.db.store import open_store
from fleet_manager.application.audit import Line, Wanted
from fleet_manager.application.ports import Account
from fleet_manager.application.retention import DAY
from fleet_manager.domain.deliveries.custody import gaps
from fleet_manager.domain.ids import AccountId, DeliveryId, StationId
from fleet_manager.domain.units import Instant
from fleet_manager.entry.cli import app
from fleet_manager.entry.clock import WallClock
from fleet_manager.entry.retainer import Keeping, last_night
from fleet_manager.entry.settings import Settings
from tests.adapters.db import outside
from tests.adapters.db.story import batch
from tests.adapters.db.test_db_erasing import told
from tests.postgres import fresh_database

CANARY = 'zz.canary'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a state folder with three old deliveries, one of them waste, and one of today."""
    now = WallClock().now()
    settings = Settings(state_dir=tmp_path)
    store = open_store(settings.journal_url)
    store.take_over(holder='a', now=now)
    for number, days in ((1, 400), (2, 400), (3, 400), (4, 0)):
        who = CANARY if number < 3 else 'kept.name'
        events = told(number, who, f'{who} text', goods='waste' if number == 3 else 'drug')
        at = now - days * DAY
        store.commit(batch(*events, at=at), now=now)
    store.close()
    return tmp_path


def fill_the_others(folder: Path, url: str = '') -> None:
    """Write old personal data into the other stores."""
    settings = Settings(state_dir=folder, database_url=url)
    old = Instant(WallClock().now() - 400 * DAY)
    who = AccountId(CANARY)
    accounts = SqlAccounts(settings.accounts_url)
    accounts.create(
        Account(who, f'{CANARY} label', 'ward', StationId('w'), personal=True), secret='1928374'
    )
    accounts.note(Line(old, who, 'ward', 'log_in', '', 'ok', f'10.0.0.7 {CANARY} browser'))
    accounts.verify(who, secret='wrong', now=old)
    accounts.set_disabled(who, disabled=True)
    accounts.close()
    desk = SqlDeskBook(settings.desk_url)
    desk.write_note(key='k', author=who, text=f'{CANARY} note', now=old)
    desk.complain(key='c', author=who, station=StationId('w'), delivery=None, text=CANARY, now=old)
    desk.answer_complaint(1, who, f'{CANARY} answer', now=old)
    desk.close_complaint(1, who, now=old)
    desk.claim(DeliveryId('d1'), who, now=old)
    desk.close()
    kept = SqlRetention(settings.retention_url)
    names = Keeping(settings, kept).times
    kept.leaving([who], names, now=Instant(old))
    kept.close()


def fleet(folder: Path, *words: str) -> str:
    done = CliRunner().invoke(app, ['retention', *words, '--state-dir', str(folder)])
    assert done.exit_code == 0, done.output
    return done.output


def holds_a_canary(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob('*') if path.is_file()
            and CANARY.encode() in path.read_bytes()]  # fmt: skip


@pytest.mark.thorough
def test_a_run_leaves_no_byte_of_what_is_over_and_the_record_whole(folder: Path) -> None:
    fill_the_others(folder)
    before = holds_a_canary(folder)
    assert {'fleet.db', 'accounts.db', 'desk.db'} <= {name.removesuffix('-wal') for name in before}
    assert 'names' in fleet(folder, 'show')
    assert holds_a_canary(folder) == before, 'show changes nothing'
    fleet(folder, 'run')
    assert holds_a_canary(folder) == []
    reader = JournalReader(Settings(state_dir=folder).journal_url)
    assert reader.verify().first_bad is None
    for name in ('d1', 'd2', 'd3', 'd4'):
        record = reader.custody(name)
        assert record is not None
        assert gaps(record) == []
    waste = reader.custody('d3')
    assert waste is not None
    assert 'kept.name-porter' in {one.signed_by for one in waste.holdings}
    entries = [one.entry for one in reader.entries(0, 1_000)]
    assert entries[-1].kind == 'RetentionApplied'
    reader.close()


@pytest.mark.thorough
def test_what_is_held_stays_until_it_is_released(folder: Path) -> None:
    fleet(folder, 'hold', 'd1', '--why', 'police, file 4711')
    assert 'police, file 4711' in fleet(folder, 'show')
    fleet(folder, 'run')
    reader = JournalReader(Settings(state_dir=folder).journal_url)
    record, other = reader.custody('d1'), reader.custody('d2')
    assert record is not None
    assert other is not None
    assert f'{CANARY}-porter' in {one.signed_by for one in record.holdings}
    assert not any(CANARY in one.signed_by for one in other.holdings)
    fleet(folder, 'release', 'd1')
    fleet(folder, 'run')
    reader.close()
    assert holds_a_canary(folder) == []
    accounts = SqlAccounts(Settings(state_dir=folder).accounts_url)
    deeds = [one.deed for one in accounts.lines(Wanted(), limit=10)]
    assert {'retention_held', 'retention_released', 'retention_asked'} <= set(deeds)
    accounts.close()


def test_an_unknown_delivery_or_one_without_a_reason_is_not_held(folder: Path) -> None:
    for words in (['d99', '--why', 'x'], ['d1', '--why', ' ']):
        done = CliRunner().invoke(app, ['retention', 'hold', *words, '--state-dir', str(folder)])
        assert done.exit_code == 1


#: Runs in children that are killed at these statements of the journal's connection.
KILLED = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from fleet_manager.adapters.db import store
from fleet_manager.adapters.db.reader import JournalReader
from fleet_manager.entry import retention_cli
from fleet_manager.entry.settings import Settings

opened = store.open_store

def run(point):
    left = [point]
    def count(*_):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    def trapped(url):
        made = opened(url)
        event.listen(made._engine, 'before_cursor_execute', count)
        event.listen(made._engine, 'commit', count)
        return made
    store.open_store = trapped
    retention_cli.run(Path(sys.argv[1]), '')

for point in map(int, sys.argv[2:]):
    child = os.fork()
    if child == 0:
        run(point)
        os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    reader = JournalReader(Settings(state_dir=Path(sys.argv[1])).journal_url)
    print(ended, reader.verify().problem, reader.head(), sep=',')
    reader.close()
"""


@pytest.mark.slow
def test_killed_anywhere_in_a_run_the_journal_is_whole_and_the_next_run_ends_it(
    folder: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, '-c', KILLED, str(folder), '6', '8', '9', '10', '16', '30'],
        capture_output=True, check=False, text=True,
        env={**os.environ, 'PYTHONPATH': str(Path.cwd())},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    after = [line.split(',') for line in done.stdout.splitlines() if line.count(',') == 2]
    assert [(code, problem) for code, problem, _ in after] == [(str(-signal.SIGKILL), '')] * 6
    assert len({lines for *_, lines in after}) > 1, 'some were killed after they had begun'
    fleet(folder, 'run')
    assert holds_a_canary(folder) == []


@pytest.mark.parametrize(
    ('field', 'value', 'says'),
    [
        ('retention_waste_days', 365, 'three years'),
        ('retention_controlled_days', 365, 'three years'),
        ('retention_audit_days', 30, 'six months'),
        ('retention_names_days', 1, 'seven days'),
        ('retention_texts_days', 0, 'seven days'),
        ('retention_codes_days', -1, 'seven days'),
    ],
)
def test_a_time_that_no_rule_allows_is_refused_with_the_reason(
    field: str, value: int, says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        Settings(**{field: value})


def test_the_night_is_the_hospitals() -> None:
    zone = ZoneInfo('Asia/Shanghai')
    noon = Instant(1_700_020_800_000)  # 12:00 in Shanghai
    assert last_night(noon, 3, zone) == noon - 9 * 3_600_000
    assert last_night(noon, 13, zone) == noon - 23 * 3_600_000


@pytest.mark.postgres
def test_a_run_erases_the_same_in_postgresql(tmp_path: Path) -> None:
    url = fresh_database('postgresql', tmp_path)
    now = WallClock().now()
    store = open_store(url)
    store.take_over(holder='a', now=now)
    for number in (1, 2):
        events = told(number, CANARY, f'{CANARY} text', goods='drug')
        store.commit(batch(*events, at=now - 400 * DAY), now=now)
    store.close()
    fill_the_others(tmp_path, url)
    done = CliRunner().invoke(
        app, ['retention', 'run', '--database-url', url, '--state-dir', str(tmp_path)]
    )
    assert done.exit_code == 0, done.output
    reader = JournalReader(url)
    report = reader.verify()
    assert report.first_bad is None, report.problem
    assert not any(CANARY in one.entry.body for one in reader.entries(0, 1_000))
    reader.close()
    for table in ('account', 'note', 'complaint', 'claim', 'deed', 'retention_disabled'):
        rows = outside.rows(url, f'SELECT * FROM {table}')
        assert not any(CANARY in str(row) for row in rows), table
