"""Opening: one manager a file, a version we know, a whole file; refusals say what to do."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData

from fleet_manager.adapters.db import engines, schema
from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.adapters.db.books import SqlBooks
from fleet_manager.adapters.db.books_schema import book_tables
from fleet_manager.adapters.db.migrate import HEADS, migrate
from fleet_manager.adapters.db.panels import SqlPanels
from fleet_manager.adapters.db.reader import JournalReader
from fleet_manager.adapters.db.retention import SqlRetention
from fleet_manager.adapters.db.retention_tables import retention_tables
from fleet_manager.adapters.db.store import open_store
from fleet_manager.adapters.db.webhooks import SqlWebhooks
from fleet_manager.application.ports import StoreUnavailable
from fleet_manager.domain.deliveries.lifecycle import LOADED, DeliveryState
from fleet_manager.domain.units import Instant
from tests.adapters.db import outside
from tests.adapters.db.story import batch, requested

NOW = Instant(1_700_000_000_000)
open_panels = partial(SqlPanels, clock=lambda: NOW)
HOLD = """
import sys
from fleet_manager.adapters.db.store import open_store
store = open_store(sys.argv[1])
print('open', flush=True)
sys.stdin.read()
"""


def url_of(file: Path) -> str:
    return f'sqlite:///{file}'


def fill(url: str, lines: int = 3) -> None:
    store = open_store(url)
    store.take_over(holder='a', now=NOW)
    for number in range(1, lines + 1):
        store.commit(batch(requested(number)), now=NOW)
    store.close()


@pytest.mark.thorough
def test_a_second_manager_is_refused_and_told_who_holds_the_file(file: Path) -> None:
    command = [sys.executable, '-c', HOLD, url_of(file)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == 'open\n'
        with pytest.raises(StoreUnavailable, match=f'in use by process {holder.pid}'):
            open_store(url_of(file))
        holder.kill()
    open_store(url_of(file)).close()


def test_a_link_to_the_file_is_the_same_file(file: Path) -> None:
    store = open_store(url_of(file))
    link = file.with_name('link.db')
    link.symlink_to(file)
    with pytest.raises(StoreUnavailable, match='in use by process'):
        open_store(url_of(link))
    store.close()


def test_a_refused_opening_does_not_keep_the_lock(file: Path) -> None:
    file.write_bytes(b'no database at all, but long enough to be read as a header' * 100)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match='damaged or no database: restore a backup'):
            open_store(url_of(file))


@pytest.mark.parametrize(
    ('lineage', 'opens'),
    [
        ('journal', open_store),
        ('accounts', SqlAccounts),
        ('desk', open_panels),
        ('books', SqlBooks),
        ('retention', SqlRetention),
        ('webhooks', SqlWebhooks),
    ],
)
def test_a_database_of_a_newer_program_is_refused(database: str, lineage: str, opens: Any) -> None:
    opens(database).close()
    outside.run(database, f"UPDATE {lineage}_version SET version_num = 'of_the_future'")
    with pytest.raises(StoreUnavailable, match='of_the_future, which this program does not know'):
        opens(database)


@pytest.mark.parametrize(
    ('lineage', 'tables', 'opens'),
    [
        ('journal', schema.journal_tables, open_store),
        ('accounts', schema.account_tables, SqlAccounts),
        ('desk', schema.desk_tables, open_panels),
        ('books', book_tables, SqlBooks),
        ('retention', retention_tables, SqlRetention),
        ('webhooks', schema.webhook_tables, SqlWebhooks),
    ],
)
def test_the_migrations_build_exactly_the_tables_the_program_uses(
    database: str, lineage: str, tables: MetaData, opens: Any
) -> None:
    opens(database).close()
    with outside.connection(database) as connection:
        context = MigrationContext.configure(
            connection, opts={'version_table': f'{lineage}_version', 'compare_type': True}
        )
        assert compare_metadata(context, tables) == []


def test_opening_again_changes_nothing(database: str) -> None:
    fill(database)
    before = outside.rows(database, 'SELECT * FROM event')
    open_store(database).close()
    assert outside.rows(database, 'SELECT * FROM event') == before


@pytest.mark.parametrize(
    ('url', 'says'),
    [
        ('sqlite://', 'SQLite needs a file'),
        ('sqlite:///:memory:', 'SQLite needs a file'),
        ('mysql://u:hunter2@host/db', 'mysql is not supported'),
        ('fleet.db', 'not a database URL'),
        ('sqlite:////no/such/folder/fleet.db', 'No such file or directory'),
        ('postgresql://fleet:hunter2@127.0.0.1:1/x', 'cannot open the database'),
    ],
)
def test_a_wrong_url_is_refused_in_words_without_its_password(url: str, says: str) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        open_store(url)
    assert says in str(caught.value)
    assert 'hunter2' not in str(caught.value)


def test_a_database_file_is_private(file: Path) -> None:
    fill(url_of(file))
    SqlAccounts(url_of(file.with_name('accounts.db'))).close()
    for name in ('fleet.db', 'fleet.db.lock', 'accounts.db'):
        assert stat.S_IMODE(file.with_name(name).stat().st_mode) == 0o600


def test_an_old_sqlite_is_noted(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, 'SAFE_WAL', (99, 0, 0))
    store = open_store(url_of(file))
    assert 'can damage a WAL file' in store.notes[0]
    store.close()
    monkeypatch.setattr(engines, 'SAFE_WAL', (3, 0, 0))
    store = open_store(url_of(file))
    assert store.notes == ()
    store.close()


def test_the_disk_has_it_when_a_commit_returns(file: Path) -> None:
    store = open_store(url_of(file))
    asked = {
        name: store._connection.exec_driver_sql(f'PRAGMA {name}').scalar_one()
        for name in ('journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout')
    }
    store.close()
    assert asked == {
        'journal_mode': 'wal', 'synchronous': 2, 'foreign_keys': 1, 'busy_timeout': 5_000,
    }  # fmt: skip


def test_the_journal_is_read_while_a_manager_writes(database: str) -> None:
    store = open_store(database)
    store.take_over(holder='a', now=NOW)
    store.commit(batch(requested(1)), now=NOW)
    reader = JournalReader(database)
    for number in range(2, 5):
        store.commit(batch(requested(number)), now=NOW)
        assert reader.verify().count == number
    reader.close()
    store.close()


def test_a_reader_cannot_write(database: str) -> None:
    fill(database)
    reader = JournalReader(database)
    with reader._engine.connect() as connection, pytest.raises(Exception, match='read-?only'):
        connection.exec_driver_sql('DELETE FROM snapshot')
    reader.close()


def test_a_copied_file_is_read_even_where_nothing_may_be_written(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(url_of(file))
    folder = file.parent / 'sealed # 100%'
    folder.mkdir()
    copy = folder / 'copy of journal.db'
    shutil.copy(file, copy)
    folder.chmod(0o500)
    monkeypatch.setattr('os.access', lambda *_: False)  # root may write everywhere
    reader = JournalReader(url_of(copy))
    assert reader.verify().count == 3
    reader.close()
    assert [path.name for path in folder.iterdir()] == [copy.name]
    folder.chmod(0o700)


def test_a_journal_is_read_after_its_manager_was_killed(file: Path) -> None:
    store = open_store(url_of(file))
    store.take_over(holder='a', now=NOW)
    store.commit(batch(requested(1)), now=NOW)
    left = file.with_name('left.db')
    for suffix in ('', '-wal'):  # what a kill -9 leaves: lines that are only in the WAL file
        shutil.copy(f'{file}{suffix}', f'{left}{suffix}')
    store.close()
    reader = JournalReader(url_of(left))
    assert reader.verify().count == 1
    reader.close()


def test_reading_what_is_no_journal_is_refused(file: Path) -> None:
    with pytest.raises(StoreUnavailable, match='no such file'):
        JournalReader(url_of(file))
    file.write_bytes(b'x' * 5_000)
    reader = JournalReader(url_of(file))
    with pytest.raises(StoreUnavailable, match='damaged or no database'):
        reader.verify()
    reader.close()


@pytest.mark.thorough
def test_a_flipped_byte_is_found_at_the_start_or_changes_nothing(file: Path) -> None:
    fill(url_of(file), lines=40)
    whole = file.read_bytes()
    store = open_store(url_of(file))
    good = store.take_over(holder='b', now=NOW).entries
    store.close()
    refused = 0
    for place in range(40, len(whole), len(whole) // 60):
        flipped = bytearray(whole)
        flipped[place] ^= 0xFF
        file.write_bytes(flipped)
        for rest in ('-wal', '-shm'):
            file.with_name(file.name + rest).unlink(missing_ok=True)
        try:
            store = open_store(url_of(file))
            try:
                assert store.take_over(holder='c', now=NOW).entries == good
            finally:
                store.close()
        except StoreUnavailable:
            refused += 1
    assert refused > 10


def test_the_states_that_fill_a_compartment_are_those_of_the_life_cycle() -> None:
    # nothing is loaded into a robot out of which something is fetched
    loaded = {*LOADED} - {DeliveryState.RESCUE_ASKED}
    assert set(schema.OCCUPYING) == {DeliveryState.LOADING, *loaded}


@pytest.mark.parametrize('lineage', sorted(HEADS))
def test_the_newest_revision_is_the_one_the_program_takes_for_current(lineage: str) -> None:
    folder = Path(migrate.__code__.co_filename).with_name('migrations')
    assert ScriptDirectory(str(folder / lineage)).get_heads() == [HEADS[lineage]]
