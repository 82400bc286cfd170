"""The journal cannot be changed unseen: not by statement, not by a tool, not by cutting it off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from fleet_manager.adapters.db.reader import JournalReader, VerifyReport
from fleet_manager.adapters.db.store import open_store
from fleet_manager.application.ports import StoreUnavailable
from fleet_manager.domain.units import Instant
from tests.adapters.db import outside
from tests.adapters.db.story import batch, requested

NOW = Instant(1_700_000_000_000)
LINES = 12


def filled(database: str) -> str:
    """Write twelve lines of two epochs."""
    for first in (1, 7):
        store = open_store(database)
        store.take_over(holder='a', now=NOW)
        for number in range(first, first + 6):
            store.commit(batch(requested(number), at=number), now=NOW)
        store.close()
    return database


@pytest.fixture
def journal(database: str) -> str:
    """Return a database of either kind with twelve lines."""
    return filled(database)


@pytest.fixture
def reader(journal: str) -> Iterator[JournalReader]:
    found = JournalReader(journal)
    yield found
    found.close()


def test_a_journal_nobody_touched_is_whole(reader: JournalReader) -> None:
    report = reader.verify()
    assert report == VerifyReport(LINES, reader.entries(LINES - 1, 1)[0].hash)
    assert reader.verify(expect_head=(report.count, report.head_hash)) == report


def test_an_older_anchor_still_holds_when_the_journal_has_grown(reader: JournalReader) -> None:
    line = reader.entries(4, 1)[0]
    assert reader.verify(expect_head=(line.seq, line.hash)).first_bad is None


@pytest.mark.parametrize(
    'statement',
    [
        "UPDATE event SET body = '{}' WHERE seq = 3",
        'DELETE FROM event WHERE seq = 12',
        "UPDATE custody SET signed_by = 'me'",
        'DELETE FROM custody',
    ],
)
def test_the_database_refuses_to_change_the_record(journal: str, statement: str) -> None:
    outside.run(journal, "INSERT INTO custody VALUES ('d1', 1, 'a', 'b', 1, 'c')")
    with pytest.raises(DBAPIError, match='append-only'):
        outside.run(journal, statement)


def test_sqlite_refuses_to_replace_a_line(file: Path) -> None:
    journal = filled(f'sqlite:///{file}')
    with pytest.raises(DBAPIError, match='append-only'):
        outside.run(journal, 'INSERT OR REPLACE INTO event SELECT * FROM event WHERE seq = 3')


@pytest.mark.postgres
def test_postgresql_refuses_to_empty_the_table(postgresql: str) -> None:
    journal = filled(postgresql)
    with pytest.raises(DBAPIError, match='append-only'):
        outside.run(journal, 'TRUNCATE event')


@pytest.mark.parametrize(
    'change',
    [
        'at_ms = at_ms + 1',
        'epoch = epoch + 1',
        "actor = 'somebody'",
        "kind = 'DeliveryCancelled'",
        'delivery = NULL',
        "robot = 'r9'",
        "body = replace(body, 'drug', 'meal')",
        "hash = replace(hash, 'a', 'b')",
        "prev_hash = replace(prev_hash, 'a', 'b')",
    ],
)
def test_a_changed_line_is_found_by_its_number(
    journal: str, reader: JournalReader, change: str
) -> None:
    outside.unguard(journal)
    outside.run(journal, f'UPDATE event SET {change} WHERE seq = 5')
    report = reader.verify()
    assert (report.count, report.first_bad) == (4, 5)
    assert report.problem


def test_a_blob_in_the_place_of_a_text_is_found(file: Path) -> None:
    journal = filled(f'sqlite:///{file}')
    reader = JournalReader(journal)
    outside.unguard(journal)
    outside.run(journal, "UPDATE event SET body = x'00ff' WHERE seq = 5")
    assert reader.verify().first_bad == 5
    outside.run(journal, "UPDATE event SET body = CAST(x'ff41' AS TEXT) WHERE seq = 4")
    assert reader.verify().first_bad == 4
    reader.close()


def test_a_line_taken_out_is_found(journal: str, reader: JournalReader) -> None:
    outside.unguard(journal)
    outside.run(journal, 'DELETE FROM event WHERE seq = 8')
    report = reader.verify()
    assert (report.count, report.first_bad) == (7, 8)
    assert 'missing' in report.problem


@pytest.mark.thorough
def test_a_cut_tail_is_found_against_an_anchor(journal: str, reader: JournalReader) -> None:
    whole = reader.verify()
    outside.unguard(journal)
    outside.run(journal, 'DELETE FROM event WHERE seq > 9')
    assert reader.verify().first_bad is None  # by itself it looks like a shorter journal
    report = reader.verify(expect_head=(whole.count, whole.head_hash))
    assert (report.count, report.first_bad) == (9, 10)
    assert 'cut off' in report.problem


def test_a_forged_tail_is_found_against_an_anchor(journal: str, reader: JournalReader) -> None:
    whole = reader.verify()
    outside.unguard(journal)
    outside.run(journal, 'DELETE FROM event WHERE seq = 12', 'DELETE FROM idempotency',
                'DELETE FROM delivery')  # fmt: skip
    store = open_store(journal)
    store.take_over(holder='forger', now=NOW)
    store.commit(batch(requested(12, goods='meal')), now=NOW)
    store.close()
    assert reader.verify().first_bad is None
    report = reader.verify(expect_head=(whole.count, whole.head_hash))
    assert report.first_bad == 12


def test_a_manager_does_not_start_on_a_changed_line(journal: str) -> None:
    outside.unguard(journal)
    outside.run(journal, "UPDATE event SET robot = 'r9' WHERE seq = 5")
    store = open_store(journal)
    with pytest.raises(StoreUnavailable, match='journal line 5.*backup'):
        store.take_over(holder='b', now=NOW)
    store.close()
    assert outside.rows(journal, 'SELECT epoch FROM leader') == [(2,)]


def test_a_manager_does_not_start_from_a_changed_snapshot(journal: str) -> None:
    store = open_store(journal)
    store.take_over(holder='b', now=NOW)
    store.commit(batch(snapshot='state'), now=NOW)
    store.close()
    outside.run(journal, "UPDATE snapshot SET body = 'other'")
    store = open_store(journal)
    with pytest.raises(StoreUnavailable, match='snapshot after journal line 12.*may be removed'):
        store.take_over(holder='c', now=NOW)
    outside.run(journal, 'DELETE FROM snapshot WHERE seq = 12')
    assert len(store.take_over(holder='c', now=NOW).entries) == LINES
    store.close()


def test_a_manager_does_not_start_when_lines_before_the_snapshot_are_gone(journal: str) -> None:
    store = open_store(journal)
    store.take_over(holder='b', now=NOW)
    store.commit(batch(snapshot='state'), now=NOW)
    store.close()
    outside.unguard(journal)
    outside.run(journal, 'DELETE FROM event WHERE seq = 12')
    store = open_store(journal)
    with pytest.raises(StoreUnavailable, match='journal line 12: is missing'):
        store.take_over(holder='c', now=NOW)
    store.close()


def test_a_journal_is_read_by_delivery_robot_and_kind(reader: JournalReader) -> None:
    assert [line.seq for line in reader.entries(0, 100, delivery='d3')] == [3]
    assert [line.seq for line in reader.entries(9, 2)] == [10, 11]
    assert reader.entries(0, 100, robot='r1') == ()
    assert len(reader.entries(0, 100, kind='DeliveryRequested')) == LINES
    assert reader.entries(0, 100, kind='DeliveryRequested', delivery='nothing') == ()
    assert reader.entries(0, -1) == ()
