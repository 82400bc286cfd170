"""The books: catalogue, stock and proposals of replenishment.

    books = SqlBooks('sqlite:///books.db')
    books.book(bookings, bookmark, today='2026-11-23')

Every change takes the row of the bookmark first, so that changes come one after the other: on
PostgreSQL by its lock, on SQLite because writing is begun at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, text, update

from fleet_manager.adapters.db import engines, errors
from fleet_manager.adapters.db import ledger as entries
from fleet_manager.adapters.db.books_schema import (
    bookmark,
    consignment,
    item,
    line,
    packing,
    proposal,
    stock,
)
from fleet_manager.adapters.db.migrate import opened
from fleet_manager.application.ports import Bookmark
from fleet_manager.application.stock.bookings import Booking, Move
from fleet_manager.application.stock.model import (
    CLAIMED_FOR,
    KEY_OF_PROPOSAL,
    MAX_PACKED,
    Held,
    Item,
    Line,
    Packed,
    Proposal,
    ProposalState,
    Shelf,
)
from fleet_manager.application.stock.sheet import Sheet
from fleet_manager.domain.ids import DeliveryId, StationId
from fleet_manager.domain.maps.model import Name
from fleet_manager.domain.units import Instant

_ITEM: Final = text(
    'INSERT INTO item (code, name_zh, name_en, goods, unit) '
    'VALUES (:code, :name_zh, :name_en, :goods, :unit) ON CONFLICT (code) DO UPDATE SET '
    'name_zh = excluded.name_zh, name_en = excluded.name_en, goods = excluded.goods, '
    'unit = excluded.unit'
)
_LINE: Final = text(
    'INSERT INTO line (station, item, warning, target, source) '
    'VALUES (:station, :item, :warning, :target, :source) '
    'ON CONFLICT (station, item) DO UPDATE SET warning = excluded.warning, '
    'target = excluded.target, source = excluded.source'
)
_PACK: Final = text(
    'INSERT INTO packing (delivery, item, pieces) VALUES (:delivery, :item, :pieces) '
    'ON CONFLICT (delivery, item) DO UPDATE SET pieces = excluded.pieces'
)
_UNDER_WAY: Final = (ProposalState.OPEN.value, ProposalState.ACCEPTED.value)


class SqlBooks:
    """Implements the port `Books`. Safe from several threads and several processes."""

    def __init__(self, url: str) -> None:
        """Open the database and bring its tables up to date. Raises StoreUnavailable."""
        self._engine = opened(url, 'books', 'the books')
        self._reading = engines.read_only(self._engine)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    # --- reading  ---

    def items(self) -> dict[str, Item]:
        """Return the catalogue by code."""
        with self._read() as connection:
            return _items(connection)

    def shelves(self, station: StationId) -> tuple[Shelf, ...]:
        """Return what a station has, or should have, by code."""
        with self._read() as connection:
            known = _items(connection)
            lots: dict[str, list[Held]] = {}
            for row in connection.execute(select(stock).where(stock.c.station == station)):
                lots.setdefault(row.item, []).append(entries.held_of(row))
            lines = {
                row.item: _line(row)
                for row in connection.execute(select(line).where(line.c.station == station))
            }
            codes = sorted({*lots, *lines})
            coming = {code: entries.coming(connection, station, code) for code in codes}
        return tuple(
            Shelf(
                known[code],
                tuple(
                    sorted(lots.get(code, ()), key=lambda one: (one.expires or '9999', one.lot))
                ),
                lines.get(code),
                coming[code],
            )
            for code in codes
        )

    def held(self) -> tuple[tuple[Held, ...], tuple[Line, ...]]:
        """Return every lot and every line, for an export."""
        with self._read() as connection:
            lots = tuple(entries.held_of(row) for row in connection.execute(select(stock)))
            return lots, tuple(_line(row) for row in connection.execute(select(line)))

    def proposals(self, station: StationId | None) -> tuple[Proposal, ...]:
        """Return what is open or on its way, to or from a station, oldest first."""
        query = select(proposal).where(proposal.c.state.in_(_UNDER_WAY))
        if station is not None:
            query = query.where((proposal.c.station == station) | (proposal.c.source == station))
        return self._proposals(query.order_by(proposal.c.number))

    def proposal(self, proposal_id: str) -> Proposal | None:
        """Return one proposal, whatever became of it."""
        number = _number(proposal_id)
        found = self._proposals(select(proposal).where(proposal.c.number == number))
        return found[0] if found else None

    def packed(self, delivery_id: DeliveryId) -> tuple[Packed, ...]:
        """Return what is in a delivery."""
        query = select(packing).where(packing.c.delivery == delivery_id).order_by(packing.c.item)
        with self._read() as connection:
            known, missing = _items(connection), entries.missing_of(connection, delivery_id)
            return tuple(
                Packed(known[row.item], row.pieces, missing.get(row.item, 0))
                for row in connection.execute(query)
            )

    def bookmark(self) -> Bookmark:
        """Return how far the journal was followed."""
        with self._read() as connection:
            return _bookmark(connection)

    # --- changing  ---

    def take_over(self, sheet: Sheet, *, at: Instant, actor: str, today: str) -> int:
        """Take over a file, whole or not at all; return how many counts changed."""
        changed = 0
        with self._change() as connection:
            for one in sheet.items.values():
                connection.execute(_ITEM, _item_row(one))
            for held in sheet.counts.values():
                changed += entries.set_count(connection, held, at=at, actor=actor)
            for row in sheet.lines.values():
                connection.execute(_LINE, _line_row(row))
            touched = {(one.station, one.item) for one in sheet.counts.values()}
            touched |= {(one.station, one.item) for one in sheet.lines.values()}
            entries.propose(connection, touched, at=at, today=today)
        return changed

    def count(self, held: Held, *, at: Instant, actor: str, today: str) -> None:
        """Set a lot to what was counted. Raises LookupError for an unknown item."""
        with self._change() as connection:
            if not _known(connection, held.item):
                raise LookupError(held.item)
            entries.set_count(connection, held, at=at, actor=actor)
            entries.propose(connection, {(held.station, held.item)}, at=at, today=today)

    def claim(self, proposal_id: str, *, at: Instant, actor: str) -> bool:
        """Let one person accept an open proposal; False when another is at it or was."""
        free = (
            proposal.c.decided_by.is_(None)
            | (proposal.c.decided_by == actor)
            | (proposal.c.decided_ms <= at - CLAIMED_FOR)
        )
        return self._decide(proposal_id, free, decided_by=actor, decided_ms=at)

    def dismiss(self, proposal_id: str, *, at: Instant, actor: str) -> bool:
        """Say no to an open proposal; False when it is open no more."""
        state = ProposalState.DISMISSED.value
        return self._decide(proposal_id, decided_by=actor, decided_ms=at, state=state)

    def pack(self, delivery_id: DeliveryId, code: str, count: int) -> bool:
        """Say what is in a delivery, 0 for none of it; False once it has left its sender.

        Raises LookupError for an unknown item or more items than a delivery holds.
        """
        mine = packing.c.delivery == delivery_id
        with self._change() as connection:
            if not _known(connection, code):
                raise LookupError(code)
            state = connection.execute(
                select(consignment.c.state).where(consignment.c.delivery == delivery_id)
            ).scalar_one_or_none()
            if state not in (None, Move.ASKED.value):
                return False
            if count <= 0:
                connection.execute(delete(packing).where(mine, packing.c.item == code))
                return True
            row = {'delivery': delivery_id, 'item': code, 'pieces': count}
            connection.execute(_PACK, row)
            kinds = select(func.count()).select_from(packing).where(mine)
            if connection.execute(kinds).scalar_one() > MAX_PACKED:
                connection.rollback()
                raise LookupError(f'more than {MAX_PACKED} items')
        return True

    def missing(
        self,
        delivery_id: DeliveryId,
        code: str,
        count: int,
        *,
        at: Instant,
        actor: str,
        today: str,
    ) -> bool:
        """Say how many of an item did not come, of a delivery with several items.

        False where it has not been received, or has one item, of which what was signed says it.
        Raises LookupError for an item that was not in it, ValueError for more than were.
        """
        this = consignment.c.delivery == delivery_id
        with self._change() as connection:
            row = connection.execute(select(consignment).where(this)).one_or_none()
            if row is None or row.state != Move.IN.value:
                return False
            here = row.recipient
            if not entries.set_missing(
                connection, delivery_id, here, code, count, at=at, actor=actor
            ):
                return False
            entries.propose(connection, {(here, code)}, at=at, today=today)
        return True

    def book(self, bookings: Sequence[Booking], mark: Bookmark, *, today: str) -> None:
        """Book steps of deliveries and turn the page, both or neither. Repeats change nothing."""
        with self._change() as connection:
            done = _bookmark(connection).seq
            touched: set[tuple[str, str]] = set()
            at = Instant(0)
            for booking in bookings:
                if booking.seq > done:
                    touched |= _book(connection, booking)
                    at = booking.at
            if touched:
                entries.propose(connection, touched, at=at, today=today)
            if mark.seq > done:
                page = update(bookmark).where(bookmark.c.id == 1)
                connection.execute(page.values(seq=mark.seq, hash=mark.hash))

    def propose(self, *, at: Instant, today: str) -> None:
        """Look at every line: propose, withdraw, ask again a day after a no."""
        with self._change() as connection:
            every = {
                (row.station, row.item)
                for row in connection.execute(select(line.c.station, line.c.item))
            }
            entries.propose(connection, every, at=at, today=today)

    # --- inside  ---

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with errors.failed('cannot read the books'), self._reading.begin() as connection:
            yield connection

    @contextmanager
    def _change(self) -> Iterator[Connection]:
        with errors.failed('cannot write the books'), self._engine.begin() as connection:
            connection.execute(select(bookmark).where(bookmark.c.id == 1).with_for_update())
            yield connection

    def _proposals(self, query: Select[Any]) -> tuple[Proposal, ...]:
        with self._read() as connection:
            known = _items(connection)
            return tuple(_proposal(row, known[row.item]) for row in connection.execute(query))

    def _decide(self, proposal_id: str, *where: Any, **values: Any) -> bool:
        mine = update(proposal).where(
            proposal.c.number == _number(proposal_id),
            proposal.c.state == ProposalState.OPEN.value,
            *where,
        )
        with self._change() as connection:
            return bool(connection.execute(mine.values(values)).rowcount == 1)


def _book(connection: Connection, booking: Booking) -> set[tuple[str, str]]:
    """Book one step; return the stations and items whose count changed."""
    if booking.move is Move.ASKED:
        _follow(connection, booking)
        return set()
    this = consignment.c.delivery == booking.delivery
    row = connection.execute(select(consignment).where(this)).one_or_none()
    if row is None:
        return set()
    asked, out = row.state == Move.ASKED.value, row.state == Move.OUT.value
    touched: set[tuple[str, str]] = set()
    if booking.move is Move.OUT and asked:
        touched = entries.move_out(connection, booking, StationId(row.sender))
    elif booking.move is Move.IN and out:
        touched = entries.move_in(connection, booking, StationId(row.recipient))
    elif booking.move is Move.IN and row.state == Move.IN.value and booking.short is not None:
        touched = entries.take_off(connection, booking, StationId(row.recipient))
    elif booking.move is Move.BACK and out:
        touched = entries.move_in(connection, booking, StationId(row.sender))
    elif booking.move is Move.KEPT and out and booking.recipient is not None:
        touched = entries.move_in(connection, booking, booking.recipient)
    elif booking.move is not Move.OVER:
        return set()
    state = booking.move.value
    connection.execute(update(consignment).where(this).values(state=state))
    if booking.move in (Move.IN, Move.BACK, Move.KEPT, Move.OVER):
        touched |= _finish(connection, booking)
    return touched


def _finish(connection: Connection, booking: Booking) -> set[tuple[str, str]]:
    """A delivery is over: nothing of it is coming any more."""
    mine = proposal.c.delivery == booking.delivery
    mine &= proposal.c.state == ProposalState.ACCEPTED.value
    rows = connection.execute(select(proposal.c.station, proposal.c.item).where(mine)).all()
    connection.execute(update(proposal).where(mine).values(state=ProposalState.DONE.value))
    if booking.move is Move.OVER:
        this = consignment.c.delivery == booking.delivery
        connection.execute(delete(consignment).where(this))
    return {(row.station, row.item) for row in rows}


def _follow(connection: Connection, booking: Booking) -> None:
    """Follow a new delivery; one that a proposal asked for is packed as that said."""
    this = consignment.c.delivery == booking.delivery
    if connection.execute(select(consignment).where(this)).first() is not None:
        return
    row = {
        'delivery': booking.delivery,
        'sender': booking.sender,
        'recipient': booking.recipient,
        'state': Move.ASKED.value,
    }
    connection.execute(insert(consignment), row)
    number = _number(booking.key.removeprefix(KEY_OF_PROPOSAL))
    if not booking.key.startswith(KEY_OF_PROPOSAL) or number < 0:
        return
    asked_for = proposal.c.number == number
    asked_for &= proposal.c.state == ProposalState.OPEN.value
    asked_for &= proposal.c.station == booking.recipient
    asked_for &= proposal.c.source == booking.sender
    found = connection.execute(select(proposal).where(asked_for)).one_or_none()
    if found is None:
        return
    accepted = {
        'state': ProposalState.ACCEPTED.value,
        'delivery': booking.delivery,
        'decided_by': booking.actor,
        'decided_ms': booking.at,
    }
    connection.execute(update(proposal).where(asked_for).values(accepted))
    contents = {'delivery': booking.delivery, 'item': found.item, 'pieces': found.pieces}
    connection.execute(_PACK, contents)


def _known(connection: Connection, code: str) -> bool:
    return connection.execute(select(item.c.code).where(item.c.code == code)).first() is not None


def _items(connection: Connection) -> dict[str, Item]:
    return {
        row.code: Item(row.code, Name(row.name_zh, row.name_en), row.goods, row.unit)
        for row in connection.execute(select(item).order_by(item.c.code))
    }


def _item_row(one: Item) -> dict[str, str]:
    return {
        'code': one.code,
        'name_zh': one.name.zh,
        'name_en': one.name.en,
        'goods': one.goods,
        'unit': one.unit,
    }


def _line(row: Row[Any]) -> Line:
    return Line(StationId(row.station), row.item, row.warning, row.target, StationId(row.source))


def _line_row(one: Line) -> dict[str, Any]:
    return {
        'station': one.station,
        'item': one.item,
        'warning': one.warning,
        'target': one.target,
        'source': one.source,
    }


def _proposal(row: Row[Any], of: Item) -> Proposal:
    return Proposal(
        f'P{row.number:06}',
        StationId(row.station),
        of,
        row.pieces,
        StationId(row.source),
        Instant(row.made_ms),
        ProposalState(row.state),
        None if row.delivery is None else DeliveryId(row.delivery),
    )


def _number(proposal_id: str) -> int:
    """Return the number of a proposal's id, -1 for what is none."""
    digits = proposal_id.removeprefix('P')
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 16 else -1


def _bookmark(connection: Connection) -> Bookmark:
    row = connection.execute(select(bookmark)).one()
    return Bookmark(row.seq, row.hash)
