"""Favourites, timetables and meals of wards, in SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, update

from fleet_manager.adapters.db import engines, errors
from fleet_manager.adapters.db.migrate import opened
from fleet_manager.adapters.db.ward_tables import bed as beds
from fleet_manager.adapters.db.ward_tables import favourite as favourites
from fleet_manager.adapters.db.ward_tables import meal as meals
from fleet_manager.adapters.db.ward_tables import noted as notes
from fleet_manager.adapters.db.ward_tables import plan as plans
from fleet_manager.application.ward_book import (
    MAX_FAVOURITES,
    MAX_PLANS,
    NOTES_KEPT_MS,
    Favourite,
    Noted,
)
from fleet_manager.domain.deliveries.meals import Bed
from fleet_manager.domain.deliveries.timetable import Plan
from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.units import Instant


class SqlWardBook:
    """Implements the port `WardBook`. Safe from several threads and several processes."""

    def __init__(self, url: str) -> None:
        """Open the database and bring its tables up to date. Raises StoreUnavailable."""
        self._engine = opened(url, 'ward', "the wards' book")
        self._reading = engines.read_only(self._engine)

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

    # --- timetable ---

    def plans(self, station: StationId | None) -> Sequence[Plan]:
        """Return the recurring requests of a station, or of all; the earliest in a day first."""
        query = select(plans).order_by(plans.c.start_min, plans.c.id)
        if station is not None:
            query = query.where(plans.c.station == station)
        with errors.failed('cannot read the timetable'), self._reading.begin() as connection:
            return tuple(_plan(row) for row in connection.execute(query).all())

    def keep_plan(self, plan: Plan) -> bool:
        """Keep a plan, or what became of it. Return False when its station has too many."""
        values = {
            'station': plan.station,
            'goods': plan.goods,
            'sender': plan.sender,
            'recipient': plan.recipient,
            'days': ''.join(str(day) for day in plan.days),
            'start_min': plan.start,
            'window_min': plan.window,
            'note': plan.note,
            'paused': plan.paused,
            'since_ms': plan.since,
        }
        with errors.failed('cannot keep the plan'), self._engine.begin() as connection:
            same = plans.c.id == plan.id, plans.c.station == plan.station
            if connection.execute(update(plans).where(*same).values(values)).rowcount:
                return True
            mine = select(func.count()).select_from(plans).where(plans.c.station == plan.station)
            if connection.execute(mine).scalar_one() >= MAX_PLANS:
                return False
            connection.execute(insert(plans), values | {'id': plan.id})
        return True

    def remove_plan(self, station: StationId, plan: str) -> None:
        """Forget a plan of a station; nothing when it has none such."""
        with errors.failed('cannot forget the plan'), self._engine.begin() as connection:
            connection.execute(delete(plans).where(plans.c.id == plan, plans.c.station == station))

    def noted(self, *, since: Instant) -> set[tuple[str, str]]:
        """Return what was asked for, or given up, since: which plan or meal, and its day."""
        query = select(notes.c.subject, notes.c.day).where(notes.c.at_ms >= since)
        with errors.failed('cannot read the timetable'), self._reading.begin() as connection:
            return {(row.subject, row.day) for row in connection.execute(query).all()}

    def note(self, noted: Noted) -> None:
        """Note what came of a plan or meal on a day. Once: what is there stays."""
        this = notes.c.subject == noted.subject, notes.c.day == noted.day
        with errors.failed('cannot note the run'), self._engine.begin() as connection:
            if connection.execute(select(notes.c.subject).where(*this)).one_or_none() is None:
                values = {
                    'subject': noted.subject,
                    'day': noted.day,
                    'station': noted.station,
                    'at_ms': noted.at,
                    'outcome': noted.outcome,
                    'delivery': noted.delivery,
                }
                connection.execute(insert(notes), values)
            _forget_old(connection, noted.at)

    def outcomes(self, station: StationId, *, limit: int) -> Sequence[Noted]:
        """Return what came of a station's plans and meals, the newest first."""
        query = select(notes).where(notes.c.station == station)
        query = query.order_by(notes.c.at_ms.desc(), notes.c.subject).limit(limit)
        with errors.failed('cannot read the timetable'), self._reading.begin() as connection:
            rows = connection.execute(query).all()
        return tuple(
            Noted(
                row.subject, StationId(row.station), row.day, Instant(row.at_ms), row.outcome,
                row.delivery,
            )
            for row in rows
        )  # fmt: skip

    # --- meals ---

    def beds(self, station: StationId) -> Sequence[Bed]:
        """Return the bed list of a ward, in the ward's order."""
        query = select(beds).where(beds.c.station == station).order_by(beds.c.place, beds.c.bed)
        with errors.failed('cannot read the beds'), self._reading.begin() as connection:
            return tuple(Bed(row.bed, row.diet) for row in connection.execute(query).all())

    def set_beds(self, station: StationId, beds_now: Sequence[Bed]) -> None:
        """Replace the bed list of a ward."""
        rows = [{'station': station} | _bed(place, one) for place, one in enumerate(beds_now)]
        with errors.failed('cannot keep the beds'), self._engine.begin() as connection:
            connection.execute(delete(beds).where(beds.c.station == station))
            if rows:
                connection.execute(insert(beds), rows)

    def order_meal(self, round_id: str, station: StationId, beds_now: Sequence[Bed]) -> None:
        """Order a meal for a ward, in place of what was ordered before."""
        this = {'round': round_id, 'station': station}
        rows = [this | _bed(place, one) for place, one in enumerate(beds_now)]
        with errors.failed('cannot keep the order'), self._engine.begin() as connection:
            before = meals.c.round == round_id, meals.c.station == station
            connection.execute(delete(meals).where(*before))
            if rows:
                connection.execute(insert(meals), rows)

    def meal_orders(self, round_id: str) -> Mapping[StationId, Sequence[Bed]]:
        """Return what each ward ordered of a meal."""
        query = select(meals).where(meals.c.round == round_id)
        query = query.order_by(meals.c.station, meals.c.place, meals.c.bed)
        with errors.failed('cannot read the orders'), self._reading.begin() as connection:
            rows = connection.execute(query).all()
        found: dict[StationId, list[Bed]] = {}
        for row in rows:
            found.setdefault(StationId(row.station), []).append(Bed(row.bed, row.diet))
        return found


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


def _plan(row: Row[Any]) -> Plan:
    return Plan(
        row.id,
        StationId(row.station),
        row.goods,
        StationId(row.sender),
        StationId(row.recipient),
        tuple(int(day) for day in row.days),
        row.start_min,
        row.window_min,
        row.note,
        paused=bool(row.paused),
        since=Instant(row.since_ms),
    )


def _bed(place: int, bed: Bed) -> dict[str, Any]:
    return {'bed': bed.bed, 'place': place, 'diet': bed.diet}


def _forget_old(connection: Connection, now: Instant) -> None:
    """Forget what came of plans, and what was eaten, a month ago."""
    since = now - NOTES_KEPT_MS
    connection.execute(delete(notes).where(notes.c.at_ms < since))
    day = datetime.fromtimestamp(since / 1_000, UTC).date().isoformat()
    connection.execute(delete(meals).where(meals.c.round < day))
