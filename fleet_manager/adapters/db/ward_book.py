"""Favourites, timetables and meals of wards, in SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select

from fleet_manager.adapters.db import engines, errors
from fleet_manager.adapters.db.migrate import migrate
from fleet_manager.adapters.db.ward_tables import favourite as favourites
from fleet_manager.application.ward_book import MAX_FAVOURITES, Favourite
from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.units import Instant


class SqlWardBook:
    """Implements the port `WardBook`. Safe from several threads and several processes."""

    def __init__(self, url: str) -> None:
        """Open the database and bring its tables up to date. Raises StoreUnavailable."""
        self._engine = engines.pool(engines.parse(url))
        self._reading = engines.read_only(self._engine)
        try:
            with (
                errors.unavailable("cannot open the wards' book"),
                self._engine.begin() as connection,
            ):
                migrate(connection, 'ward')
        except BaseException:
            self._engine.dispose()
            raise

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    # --- favourites ---

    def favourites(self, station: StationId, account: AccountId) -> Sequence[Favourite]:
        """Return the favourites of a person at a station, the oldest first."""
        mine = favourites.c.station == station, favourites.c.account == account
        order = (
            favourites.c.added_ms,
            favourites.c.goods,
            favourites.c.sender,
            favourites.c.recipient,
        )
        with errors.failed('cannot read favourites'), self._reading.begin() as connection:
            rows = connection.execute(select(favourites).where(*mine).order_by(*order)).all()
        return tuple(
            Favourite(row.goods, StationId(row.sender), StationId(row.recipient)) for row in rows
        )

    def add_favourite(
        self, station: StationId, account: AccountId, favourite: Favourite, *, now: Instant
    ) -> bool:
        """Keep a favourite; twice is once. Return False when there is no room for another."""
        with errors.failed('cannot keep the favourite'), self._engine.begin() as connection:
            if _has(connection, station, account, favourite):
                return True
            mine = favourites.c.station == station, favourites.c.account == account
            count = select(func.count()).select_from(favourites).where(*mine)
            if connection.execute(count).scalar_one() >= MAX_FAVOURITES:
                return False
            connection.execute(
                insert(favourites),
                {
                    'station': station,
                    'account': account,
                    'goods': favourite.goods,
                    'sender': favourite.sender,
                    'recipient': favourite.recipient,
                    'added_ms': now,
                },
            )
        return True

    def remove_favourite(
        self, station: StationId, account: AccountId, favourite: Favourite
    ) -> None:
        """Forget a favourite; nothing when there is none."""
        with errors.failed('cannot forget the favourite'), self._engine.begin() as connection:
            connection.execute(delete(favourites).where(_is(station, account, favourite)))


def _has(
    connection: Connection, station: StationId, account: AccountId, favourite: Favourite
) -> bool:
    found = select(favourites.c.goods).where(_is(station, account, favourite))
    return connection.execute(found).one_or_none() is not None


def _is(station: StationId, account: AccountId, favourite: Favourite) -> ColumnElement[bool]:
    return and_(
        favourites.c.station == station,
        favourites.c.account == account,
        favourites.c.goods == favourite.goods,
        favourites.c.sender == favourite.sender,
        favourites.c.recipient == favourite.recipient,
    )
