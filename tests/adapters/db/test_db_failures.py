"""A disk that is full, a file that is locked: what fails is named, nothing is half written."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from fleet_manager.adapters.db import engines, errors
from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.adapters.db.store import open_store
from fleet_manager.application.ports import Account, StoreFailed, StoreUnavailable
from fleet_manager.domain.errors import JournalError
from fleet_manager.domain.ids import AccountId
from fleet_manager.domain.units import Instant
from tests import postgres
from tests.adapters.db.story import batch, requested

NOW = Instant(1_700_000_000_000)


def test_a_full_disk_fails_the_commit_whole_and_says_so(file: Path) -> None:
    store = open_store(f'sqlite:///{file}')
    store.take_over(holder='a', now=NOW)
    store.commit(batch(requested(1)), now=NOW)
    store._connection.exec_driver_sql('PRAGMA max_page_count = 1')
    store._connection.rollback()
    with pytest.raises(StoreFailed, match='the disk is full: make room and start again'):
        store.commit(batch(*(requested(number) for number in range(2, 500))), now=NOW)
    store.close()
    store = open_store(f'sqlite:///{file}')
    assert len(store.take_over(holder='b', now=NOW).entries) == 1
    store.close()


def test_a_file_locked_by_another_program_fails_and_says_so(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, '_BUSY_MS', 50)
    store = open_store(f'sqlite:///{file}')
    store.take_over(holder='a', now=NOW)
    with sqlite3.connect(file, isolation_level=None) as other:
        other.execute('BEGIN IMMEDIATE')
        with pytest.raises(StoreFailed, match='another program keeps the database locked'):
            store.commit(batch(requested(1)), now=NOW)
        other.execute('ROLLBACK')
    other.close()
    store.close()


def test_committing_from_another_thread_is_refused(file: Path) -> None:
    store = open_store(f'sqlite:///{file}')
    store.take_over(holder='a', now=NOW)
    caught: list[str] = []

    def commit() -> None:
        with pytest.raises(StoreFailed) as failure:
            store.commit(batch(requested(1)), now=NOW)
        caught.append(str(failure.value))

    thread = threading.Thread(target=commit)
    thread.start()
    thread.join()
    assert 'from that thread only' in caught[0]
    assert store.commit(batch(requested(1)), now=NOW) == 1
    store.close()


def test_accounts_on_a_damaged_file_are_refused(file: Path) -> None:
    file.write_bytes(b'x' * 5_000)
    with pytest.raises(StoreUnavailable, match='cannot open the accounts: .*restore a backup'):
        SqlAccounts(f'sqlite:///{file}')


def test_accounts_that_cannot_be_written_fail_with_a_reason(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, '_BUSY_MS', 50)
    accounts = SqlAccounts(f'sqlite:///{file}')
    with sqlite3.connect(file, isolation_level=None) as other:
        other.execute('BEGIN IMMEDIATE')
        with pytest.raises(StoreFailed, match='cannot write the account: another program'):
            accounts.create(Account(AccountId('a'), 'A', 'ward', None), secret='4711')
        assert accounts.all() == ()  # reading does not wait for a writer
        other.execute('ROLLBACK')
    other.close()
    accounts.close()


@pytest.mark.parametrize(
    ('error', 'text'),
    [
        (OSError(28, 'No space left on device'), 'the disk is full'),
        (sqlite3.OperationalError('disk I/O error'), 'the disk reports an error'),
        (sqlite3.DatabaseError('database disk image is malformed'), 'the file is damaged'),
        (sqlite3.OperationalError('attempt to write a readonly database'), 'check its rights'),
        (sqlite3.OperationalError('something new\nwith details'), 'x: something new'),
        (sqlite3.OperationalError(), 'x: OperationalError'),
        (UnicodeEncodeError('utf-8', 'a', 0, 1, 'surrogates not allowed'), 'surrogates'),
        (JournalError('AlertCleared.alert: missing'), 'AlertCleared.alert: missing'),
    ],
)
def test_every_error_of_a_library_becomes_ours(error: Exception, text: str) -> None:
    with pytest.raises(StoreFailed) as caught, errors.failed('x'):
        raise error
    assert str(caught.value).startswith('x: ')
    assert text in str(caught.value)
    assert '\n' not in str(caught.value)


def test_without_a_postgresql_its_tests_say_why_they_are_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, 'DEBIAN', tmp_path)
    monkeypatch.setenv('PATH', str(tmp_path))
    assert postgres.server.__wrapped__() == (
        'no PostgreSQL server here: apt-get install postgresql'
    )


def test_a_bug_stays_a_bug() -> None:
    with pytest.raises(ZeroDivisionError), errors.failed('x'), errors.unavailable('y'):
        raise ZeroDivisionError
