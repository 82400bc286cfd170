"""Moving stock: every change is a line of the ledger, and the sum of the ledger is the stock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, text, update

from fleet_manager.adapters.db.books_schema import line, movement, packing, proposal, stock
from fleet_manager.application.stock.bookings import Booking
from fleet_manager.application.stock.model import (
    CLAIMED_FOR,
    DISMISSED_FOR,
    Held,
    Line,
    ProposalState,
    first_out,
    to_order,
)
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.units import Instant

LOADED: Final = 'loaded'
COLLECTED: Final = 'collected'
COUNTED: Final = 'counted'
MISSING: Final = 'missing'

_ADD: Final = text(
    'INSERT INTO stock (station, item, lot, expires, pieces) '
    'VALUES (:station, :item, :lot, :expires, :change) '
    'ON CONFLICT (station, item, lot) DO UPDATE SET pieces = stock.pieces + excluded.pieces, '
    'expires = excluded.expires'
)


def held_of(row: Row[Any]) -> Held:
    """Return a lot from its row."""
    return Held(StationId(row.station), row.item, row.lot, row.expires, row.pieces)


def set_count(connection: Connection, held: Held, *, at: Instant, actor: str) -> bool:
    """Set a lot to what was counted; return whether that changed anything."""
    here = stock.c.station == held.station
    here &= stock.c.item == held.item
    here &= stock.c.lot == held.lot
    before = connection.execute(select(stock).where(here)).one_or_none()
    change = held.count - (before.pieces if before is not None else 0)
    same_date = before is None or before.expires == held.expires
    if change == 0 and same_date:
        return False
    row = _row(held.station, held.item, held.lot, held.expires, change)
    _move(connection, row, at=at, actor=actor, reason=COUNTED)
    return True


def move_out(connection: Connection, booking: Booking, sender: StationId) -> set[tuple[str, str]]:
    """Take what is packed from the sender's shelves, first to expire first."""
    query = select(packing).where(packing.c.delivery == booking.delivery)
    touched = set()
    for packed in connection.execute(query.order_by(packing.c.item)).all():
        here = select(stock).where(stock.c.station == sender, stock.c.item == packed.item)
        lots = [held_of(row) for row in connection.execute(here)]
        for lot, expires, pieces in first_out(lots, packed.pieces):
            row = _row(sender, packed.item, lot, expires, -pieces)
            _book(connection, booking, row, LOADED)
        touched.add((str(sender), packed.item))
    return touched


def move_in(connection: Connection, booking: Booking, station: StationId) -> set[tuple[str, str]]:
    """Put what left with this delivery, and came, on the shelves of `station`, lot by lot."""
    touched = set()
    for gone, missing in _left(connection, booking):
        row = _row(station, gone.item, gone.lot, gone.expires, -gone.change - missing)
        _book(connection, booking, row, COLLECTED)
        touched.add((str(station), gone.item))
    return touched


def take_off(connection: Connection, booking: Booking, station: StationId) -> set[tuple[str, str]]:
    """Take off the shelves of `station` what was put there and did not come, as was signed."""
    touched = set()
    for gone, missing in _left(connection, booking):
        if missing:
            row = _row(station, gone.item, gone.lot, gone.expires, -missing)
            _book(connection, booking, row, MISSING)
            touched.add((str(station), gone.item))
    return touched


def _left(connection: Connection, booking: Booking) -> list[tuple[Row[Any], int]]:
    """Return the lots that left with a delivery, and how much of each is missing.

    Of several items nobody said yet which one is missing: see `set_missing`.
    """
    lots = _loaded(connection, booking.delivery)
    short = booking.short if len({lot.item for lot in lots}) == 1 else None
    missing = short.missing_of(-sum(lot.change for lot in lots)) if short is not None else 0
    return _spread(lots, missing)


def set_missing(
    connection: Connection,
    delivery: str,
    station: str,
    code: str,
    count: int,
    *,
    at: Instant,
    actor: str,
) -> bool:
    """Take off the shelves of `station` what did not come of an item; 0 puts it there again.

    False where the delivery has only one item. Raises LookupError, ValueError as the port does.
    """
    lots = _loaded(connection, delivery)
    if len({lot.item for lot in lots}) < 2:
        return False
    mine = [lot for lot in lots if lot.item == code]
    if not mine:
        raise LookupError(code)
    if count > -sum(lot.change for lot in mine):
        raise ValueError(count)
    booked = movement.c.delivery == delivery
    booked &= movement.c.station == station
    booked &= movement.c.item == code
    booked &= movement.c.reason.in_((COLLECTED, MISSING))
    there: dict[str, int] = {}
    for row in connection.execute(select(movement).where(booked)):
        there[row.lot] = there.get(row.lot, 0) + row.change
    for lot, of_lot in _spread(mine, count):
        change = -lot.change - of_lot - there.get(lot.lot, 0)
        if change:
            moved = _row(station, code, lot.lot, lot.expires, change)
            _move(connection, moved, at=at, actor=actor, reason=MISSING, delivery=delivery)
    return True


def missing_of(connection: Connection, delivery: str) -> dict[str, int]:
    """Return how many of each item left with a delivery that was received, and did not come."""
    query = select(movement.c.item, movement.c.reason, func.sum(movement.c.change))
    query = query.where(movement.c.delivery == delivery)
    sums: dict[str, dict[str, int]] = {}
    for code, reason, change in connection.execute(
        query.group_by(movement.c.item, movement.c.reason)
    ):
        sums.setdefault(code, {})[reason] = int(change)
    return {code: -sum(of.values()) for code, of in sums.items() if COLLECTED in of}


def _loaded(connection: Connection, delivery: str) -> Sequence[Row[Any]]:
    """Return the lots that left with a delivery, first to expire first."""
    of_it = movement.c.delivery == delivery
    query = select(movement).where(of_it, movement.c.reason == LOADED).order_by(movement.c.id)
    return connection.execute(query).all()


def _spread(lots: Sequence[Row[Any]], missing: int) -> list[tuple[Row[Any], int]]:
    """Return how much of each lot is missing: of the last to expire first."""
    found = []
    for lot in reversed(lots):
        of_lot = min(missing, -lot.change)
        missing -= of_lot
        found.append((lot, of_lot))
    return found[::-1]


def coming(connection: Connection, station: str, code: str) -> int:
    """Return how many are on their way by proposals that were accepted."""
    query = select(func.coalesce(func.sum(proposal.c.pieces), 0)).where(
        proposal.c.station == station,
        proposal.c.item == code,
        proposal.c.state == ProposalState.ACCEPTED.value,
    )
    return int(connection.execute(query).scalar_one())


def propose(
    connection: Connection, touched: Iterable[tuple[str, str]], *, at: Instant, today: str
) -> None:
    """Make, change or withdraw the proposals of these stations and items."""
    for station, code in sorted(touched):
        rule = connection.execute(
            select(line).where(line.c.station == station, line.c.item == code)
        ).one_or_none()
        if rule is None:
            continue
        lots = select(stock).where(stock.c.station == station, stock.c.item == code)
        usable = sum(
            held.count for held in map(held_of, connection.execute(lots)) if held.usable(today)
        )
        wanted = to_order(
            Line(StationId(station), code, rule.warning, rule.target, StationId(rule.source)),
            usable=usable,
            coming=coming(connection, station, code),
        )
        _settle(connection, rule, wanted, at)


def _settle(connection: Connection, rule: Row[Any], wanted: int, at: Instant) -> None:
    """Bring the one open proposal of a station and item to what is wanted now."""
    here = proposal.c.station == rule.station
    here &= proposal.c.item == rule.item
    is_open = here & (proposal.c.state == ProposalState.OPEN.value)
    before = connection.execute(select(proposal).where(is_open)).one_or_none()
    if before is not None:
        if before.decided_by is not None and before.decided_ms > at - CLAIMED_FOR:
            return  # somebody accepts it at this moment: what they saw is what is sent
        values: dict[str, Any] = {'pieces': wanted, 'source': rule.source}
        if wanted == 0:
            values = {'state': ProposalState.WITHDRAWN.value}
        connection.execute(update(proposal).where(is_open).values(values))
        return
    no = here & (proposal.c.state == ProposalState.DISMISSED.value)
    no &= proposal.c.decided_ms > at - DISMISSED_FOR
    if wanted == 0 or connection.execute(select(proposal).where(no)).first() is not None:
        return
    row = {
        'station': rule.station,
        'item': rule.item,
        'pieces': wanted,
        'source': rule.source,
        'made_ms': at,
        'state': ProposalState.OPEN.value,
    }
    connection.execute(insert(proposal), row)


def _row(station: str, code: str, lot: str, expires: str, change: int) -> dict[str, Any]:
    return {'station': station, 'item': code, 'lot': lot, 'expires': expires, 'change': change}


def _book(connection: Connection, booking: Booking, row: dict[str, Any], reason: str) -> None:
    _move(
        connection,
        row,
        at=booking.at,
        actor=booking.actor,
        reason=reason,
        seq=booking.seq,
        delivery=booking.delivery,
    )


def _move(
    connection: Connection,
    row: dict[str, Any],
    *,
    at: Instant,
    actor: str,
    reason: str,
    seq: int | None = None,
    delivery: str | None = None,
) -> None:
    written = row | {'at_ms': at, 'actor': actor, 'reason': reason}
    connection.execute(insert(movement), written | {'seq': seq, 'delivery': delivery})
    connection.execute(_ADD, row)
    nothing_left = stock.c.pieces == 0
    connection.execute(delete(stock).where(stock.c.station == row['station'], nothing_left))
