"""What of the journal is over: read beside a running manager, erased by the manager itself."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from fleet_manager.adapters.db import engines, errors, rows
from fleet_manager.adapters.db.personal import OVER
from fleet_manager.adapters.db.reader import JournalReader
from fleet_manager.adapters.db.schema import delivery, event, idempotency, personal
from fleet_manager.adapters.db.sealing import CLEAR
from fleet_manager.application.retention import Times
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.personal import Sort
from fleet_manager.domain.units import Instant


class JournalPersonal:
    """Implements the port `JournalData`. Close it after a run: readers keep WAL files long."""

    def __init__(self, url: str) -> None:
        self._engine = engines.reader(engines.parse(url))
        self._reader = JournalReader(url)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()
        self._reader.close()

    def count(self, sort: Sort, times: Times, *, now: Instant, held: Collection[str]) -> int:
        """Return how many names or texts are to be erased. Raises StoreUnavailable."""
        through = self.through(sort, times, now=now)
        of_deliveries = personal.c.delivery.in_(_over(sort, times, now, held))
        of_none = personal.c.delivery.is_(None) & (personal.c.seq <= through)
        query = select(func.count()).select_from(personal)
        there = personal.c.sort == sort.value, personal.c.salt != OVER
        query = query.where(*there, of_deliveries | of_none)
        with errors.unavailable('cannot read the journal'), self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def deliveries(
        self, sort: Sort, times: Times, *, now: Instant, held: Collection[str], limit: int
    ) -> tuple[DeliveryId, ...]:
        """Return the oldest deliveries that have something to be erased."""
        theirs = exists().where(
            personal.c.delivery == delivery.c.id,
            personal.c.sort == sort.value,
            personal.c.salt != OVER,
        )
        query = _over(sort, times, now, held).where(theirs)
        query = query.order_by(delivery.c.number).limit(limit)
        with errors.unavailable('cannot read the journal'), self._engine.connect() as connection:
            return tuple(DeliveryId(name) for name in connection.scalars(query))

    def through(self, sort: Sort, times: Times, *, now: Instant) -> int:
        """Return the last line that is over, of those about no delivery; 0 for none."""
        return self._reader.line_before(times.before(sort, now))

    def in_clear(self) -> int:
        """Return how many lines an older program wrote, with names and texts in them for ever."""
        with errors.unavailable('cannot read the journal'), self._engine.connect() as connection:
            if 'form' not in rows.columns(connection):
                return int(connection.execute(select(func.count(event.c.seq))).scalar_one())
            query = select(func.count(event.c.seq)).where(event.c.form == CLEAR)
            return int(connection.execute(query).scalar_one())

    def knows(self, name: DeliveryId) -> bool:
        """Whether there is a delivery of that name."""
        query = select(delivery.c.id).where(delivery.c.id == name)
        with errors.unavailable('cannot read the journal'), self._engine.connect() as connection:
            return connection.execute(query).first() is not None


def _over(sort: Sort, times: Times, now: Instant, held: Collection[str]) -> Select[Any]:
    """Select the deliveries whose time is over, that are out of sight and held by nobody."""
    ended, goods = delivery.c.ended_at, delivery.c.goods
    usual = and_(goods.not_in(list(times.longer)), ended < times.before(sort, now))
    longer: list[ColumnElement[bool]] = [
        and_(goods == name, ended < times.before(sort, now, name)) for name in times.longer
    ]
    in_sight = exists().where(idempotency.c.delivery == delivery.c.id)
    return select(delivery.c.id).where(
        or_(usual, *longer), ~in_sight, delivery.c.id.not_in(list(held))
    )
