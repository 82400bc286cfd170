"""The book of the service desk: porters' claims, notes between shifts, complaints.

book = SqlDeskBook('sqlite:///desk.db')
book.write_note(key=key, author=account, text='lift B is serviced at six', now=now)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from fleet_manager.adapters.db import engines, errors
from fleet_manager.adapters.db.migrate import opened
from fleet_manager.adapters.db.schema import claim as claims
from fleet_manager.adapters.db.schema import complaint as complaints
from fleet_manager.adapters.db.schema import note as notes
from fleet_manager.application.desk_book import (
    DONE_IN_SIGHT,
    MOST_OPEN,
    BookFull,
    Complaint,
    Note,
)
from fleet_manager.domain.ids import AccountId, DeliveryId, StationId
from fleet_manager.domain.units import HOUR, Instant

#: A claim whose delivery nobody carried or cancelled meanwhile means nothing any more.
CLAIM_LASTS: Final = 24 * HOUR


class SqlDeskBook:
    """Implements the port `DeskBook`. Safe from several threads and several processes."""

    def __init__(self, url: str) -> None:
        """Open the database and bring its tables up to date. Raises StoreUnavailable."""
        self._engine = opened(url, 'desk', 'the book of the desk')
        self._reading = engines.read_only(self._engine)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    # --- porters ---

    def claim(self, delivery: DeliveryId, account: AccountId, *, now: Instant) -> AccountId:
        """Say that a porter goes for a delivery; return who does: the first who said so."""
        row = {'delivery': delivery, 'account': account, 'at_ms': now}
        with errors.failed('cannot write the claim'):
            try:
                with self._engine.begin() as connection:
                    old = claims.c.at_ms <= now - CLAIM_LASTS
                    connection.execute(delete(claims).where(old))
                    connection.execute(insert(claims), row)
            except IntegrityError:
                return self.claims().get(delivery, account)
        return account

    def unclaim(self, delivery: DeliveryId, account: AccountId) -> None:
        """Let another porter go; nothing where the claim is somebody else's."""
        mine = claims.c.delivery == delivery, claims.c.account == account
        with errors.failed('cannot write the claim'), self._engine.begin() as connection:
            connection.execute(delete(claims).where(*mine))

    def claims(self) -> Mapping[DeliveryId, AccountId]:
        """Return who goes for what."""
        with errors.failed('cannot read the claims'), self._reading.begin() as connection:
            rows = connection.execute(select(claims)).all()
        return {DeliveryId(row.delivery): AccountId(row.account) for row in rows}

    # --- notes ---

    def write_note(self, *, key: str, author: AccountId, text: str, now: Instant) -> None:
        """Add a line to the hand-over book, once for each key. Raises BookFull."""
        values = {'key': key, 'at_ms': now, 'author': author, 'body': text}
        self._add(notes, notes.c.taken_at, values)

    def take_over(self, note: int, account: AccountId, *, now: Instant) -> bool:
        """Take a line over; return whether it was open."""
        this = notes.c.id == note, notes.c.taken_at.is_(None)
        return self._set(update(notes).where(*this).values(taken_by=account, taken_at=now))

    def notes(self, *, now: Instant) -> Sequence[Note]:
        """Return the open lines, oldest first, then those taken over lately, newest first."""
        return [
            Note(
                row.id,
                Instant(row.at_ms),
                AccountId(row.author),
                row.body,
                _account(row.taken_by),
                _moment(row.taken_at),
            )
            for row in self._open_then_done(notes, notes.c.taken_at, now)
        ]

    # --- complaints ---

    def complain(
        self,
        *,
        key: str,
        author: AccountId,
        station: StationId,
        delivery: DeliveryId | None,
        text: str,
        now: Instant,
    ) -> None:
        """Record a complaint, once for each key. Raises BookFull."""
        values = {
            'key': key,
            'at_ms': now,
            'author': author,
            'station': station,
            'delivery': delivery,
            'body': text,
            'answer': '',
        }
        self._add(complaints, complaints.c.closed_at, values)

    def answer_complaint(
        self, complaint: int, account: AccountId, text: str, *, now: Instant
    ) -> bool:
        """Answer a complaint, or correct the answer; return whether it is open."""
        this = complaints.c.id == complaint, complaints.c.closed_at.is_(None)
        values = {'answer': text, 'answered_by': account, 'answered_at': now}
        return self._set(update(complaints).where(*this).values(values))

    def close_complaint(self, complaint: int, account: AccountId, *, now: Instant) -> bool:
        """Close an answered complaint; return whether it was open and answered."""
        this = (
            complaints.c.id == complaint,
            complaints.c.closed_at.is_(None),
            complaints.c.answered_at.is_not(None),
        )
        return self._set(update(complaints).where(*this).values(closed_by=account, closed_at=now))

    def complaints(self, *, now: Instant) -> Sequence[Complaint]:
        """Return the open ones, oldest first, then those closed lately, newest first."""
        return [
            Complaint(
                row.id,
                Instant(row.at_ms),
                AccountId(row.author),
                StationId(row.station),
                None if row.delivery is None else DeliveryId(row.delivery),
                row.body,
                row.answer,
                _account(row.answered_by),
                _moment(row.answered_at),
                _account(row.closed_by),
                _moment(row.closed_at),
            )
            for row in self._open_then_done(complaints, complaints.c.closed_at, now)
        ]

    # --- both ---

    def _add(self, table: Table, done: Any, values: dict[str, Any]) -> None:
        with errors.failed('cannot write into the book'):
            try:
                with self._engine.begin() as connection:
                    if _count_open(connection, table, done) >= MOST_OPEN:
                        raise BookFull
                    connection.execute(insert(table), values)
            except IntegrityError:
                return  # the same key: it is written already

    def _set(self, change: Any) -> bool:
        with errors.failed('cannot write into the book'), self._engine.begin() as connection:
            return connection.execute(change).rowcount == 1

    def _open_then_done(self, table: Table, done: Any, now: Instant) -> Sequence[Row[Any]]:
        still_open = select(table).where(done.is_(None)).order_by(table.c.id)
        lately = select(table).where(done > now - DONE_IN_SIGHT)
        lately = lately.order_by(done.desc(), table.c.id.desc()).limit(MOST_OPEN)
        with errors.failed('cannot read the book'), self._reading.begin() as connection:
            return [*connection.execute(still_open), *connection.execute(lately)]


def _count_open(connection: Connection, table: Table, done: Any) -> int:
    query = select(func.count()).select_from(table).where(done.is_(None))
    return int(connection.execute(query).scalar_one())


def _account(value: str | None) -> AccountId | None:
    return None if value is None else AccountId(value)


def _moment(value: int | None) -> Instant | None:
    return None if value is None else Instant(value)
