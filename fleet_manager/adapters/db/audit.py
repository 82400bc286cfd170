"""The audit list in the database of the accounts: lines are added, read, and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, insert, select

from fleet_manager.adapters.db import errors
from fleet_manager.adapters.db.schema import deed as deeds
from fleet_manager.application.audit import DONE, Line, Wanted
from fleet_manager.domain.units import Instant


class SqlAudit:
    """The audit list of `SqlAccounts`. Implements the port `Audit`."""

    _engine: Engine
    _reading: Engine

    def note(self, line: Line) -> None:
        """Add a line; it is on the disk when this returns. Raises StoreFailed."""
        values = {
            'at_ms': line.at,
            'who': line.who,
            'role': line.role,
            'deed': line.deed,
            'subject': line.subject,
            'outcome': line.outcome,
            'place': line.place,
        }
        with errors.failed('cannot write the audit list'), self._engine.begin() as connection:
            connection.execute(insert(deeds), _storable(values))

    def lines(self, wanted: Wanted, *, limit: int) -> Sequence[Line]:
        """Return the newest lines that are wanted, newest first."""
        query = select(deeds).order_by(deeds.c.seq.desc()).limit(limit)
        if wanted.who:
            query = query.where(deeds.c.who == _plain(wanted.who))
        if wanted.deed:
            query = query.where(deeds.c.deed == _plain(wanted.deed))
        if wanted.refused:
            query = query.where(deeds.c.outcome != DONE)
        if wanted.since:
            query = query.where(deeds.c.at_ms >= wanted.since)
        if wanted.until:
            query = query.where(deeds.c.at_ms < wanted.until)
        if wanted.before:
            query = query.where(deeds.c.seq < wanted.before)
        with errors.failed('cannot read the audit list'), self._reading.begin() as connection:
            rows = connection.execute(query).all()
        return tuple(
            Line(
                Instant(row.at_ms),
                row.who,
                row.role,
                row.deed,
                row.subject,
                row.outcome,
                row.place,
                row.seq,
            )
            for row in rows
        )


def _storable(values: dict[str, Any]) -> dict[str, Any]:
    return {k: _plain(v) if isinstance(v, str) else v for k, v in values.items()}


def _plain(text: str) -> str:
    """Return text a database takes and a reader is not fooled by: no controls, no half pairs."""
    return ''.join(c for c in text if c.isprintable())
