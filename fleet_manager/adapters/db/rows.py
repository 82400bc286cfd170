"""Journal lines to rows and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, inspect, literal, select

from fleet_manager.adapters.db.schema import event
from fleet_manager.adapters.db.sealing import CLEAR
from fleet_manager.application.ports import Entry, StoredEntry
from fleet_manager.domain.units import Instant

#: Lines read at once, so that a long journal is not in the memory twice.
PAGE: Final = 1_000

ALL: Final = select(event).order_by(event.c.seq)

_BEFORE: Final = select(
    *(column for column in event.c if column.name != 'form'), literal(CLEAR).label('form')
).order_by(event.c.seq)


def all_lines(connection: Connection) -> Select[Any]:
    """Return the query of every line, also of a file that an older program wrote."""
    return ALL if 'form' in columns(connection) else _BEFORE


def columns(connection: Connection) -> set[str]:
    """Return the columns the lines have in this database."""
    return {column['name'] for column in inspect(connection).get_columns('event')}


def to_row(stored: StoredEntry) -> dict[str, Any]:
    """Return the columns of a journal line."""
    entry = stored.entry
    return {
        'seq': stored.seq,
        'at_ms': entry.at,
        'epoch': stored.epoch,
        'actor': entry.actor,
        'kind': entry.kind,
        'delivery': entry.delivery,
        'robot': entry.robot,
        'body': entry.body,
        'prev_hash': stored.prev_hash,
        'hash': stored.hash,
        'form': stored.form,
    }


def from_row(row: Row[Any]) -> StoredEntry:
    """Return the journal line of a row, as it was written."""
    entry = Entry(
        at=Instant(row.at_ms),
        actor=row.actor,
        kind=row.kind,
        delivery=row.delivery,
        robot=row.robot,
        body=row.body,
    )
    return StoredEntry(row.seq, row.epoch, entry, row.prev_hash, row.hash, row.form)


def after(connection: Connection, seq: int) -> Iterator[StoredEntry]:
    """Read every line after `seq` as it was written, a page at a time."""
    while True:
        rows = page(connection, ALL, after=seq, limit=PAGE)
        if not rows:
            return
        yield from rows
        seq = rows[-1].seq


def page(
    connection: Connection, query: Select[Any], *, after: int, limit: int
) -> tuple[StoredEntry, ...]:
    """Read up to `limit` lines of `query` after a sequence."""
    found = connection.execute(query.where(event.c.seq > after).limit(limit))
    return tuple(from_row(row) for row in found)
