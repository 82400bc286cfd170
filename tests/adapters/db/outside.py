"""Reaching into a database past the store, as an attacker, a rival or a bad disk would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, NullPool, create_engine, text

from fleet_manager.adapters.db import engines
from fleet_manager.adapters.db import rows as rows_of_lines
from fleet_manager.adapters.db.chain import Chain, line_hash
from fleet_manager.adapters.db.store import open_store
from fleet_manager.application.ports import Entry, StoredEntry


@contextmanager
def connection(url: str) -> Iterator[Connection]:
    """Open a plain connection that commits at the end."""
    engine = create_engine(engines.parse(url), poolclass=NullPool)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def run(url: str, *statements: str, **values: Any) -> None:
    """Run statements."""
    with connection(url) as opened:
        for statement in statements:
            opened.execute(text(statement), values)


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """Return what a query finds."""
    with connection(url) as opened:
        return [tuple(row) for row in opened.execute(text(query))]


def unguard(url: str) -> None:
    """Drop the triggers that keep the journal append-only."""
    if url.startswith('sqlite'):
        run(url, *(f'DROP TRIGGER event_no_{name}' for name in ('update', 'delete', 'replace')))
    else:
        run(
            url, 'DROP TRIGGER event_no_change ON event', 'DROP TRIGGER event_no_truncate ON event'
        )


def old_journal(url: str, entries: Iterable[Entry]) -> None:
    """Make a SQLite journal as programs wrote it that kept names and texts in its lines."""
    open_store(url).close()
    chain = Chain()
    for entry in entries:
        hash_now = line_hash(chain.hash, chain.seq + 1, 1, entry)
        line = StoredEntry(chain.seq + 1, 1, entry, chain.hash, hash_now)
        chain.follow(line)
        columns = rows_of_lines.to_row(line)
        names = ', '.join(columns)
        values = ', '.join(f':{name}' for name in columns)
        run(url, f'INSERT INTO event ({names}) VALUES ({values})', **columns)
    run(
        url,
        'DROP TABLE personal',
        'ALTER TABLE event DROP COLUMN form',
        "UPDATE journal_version SET version_num = 'journal_0002'",
    )
