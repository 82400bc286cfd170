"""What every `WardBook` must do: keep what wards set down, each its own, across a restart."""

from __future__ import annotations

from sqlalchemy import NullPool, create_engine, inspect

from fleet_manager.adapters.db import engines
from fleet_manager.adapters.db.ward_book import SqlWardBook
from fleet_manager.adapters.db.ward_tables import ward_tables
from fleet_manager.application.ward_book import MAX_FAVOURITES, Favourite
from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.units import Instant

N2W, N3E = StationId('n2w'), StationId('n3e')
NURSE, OTHER = AccountId('nurse'), AccountId('other')
DRUG = Favourite('drug', StationId('pharmacy'), N2W)
NOW = Instant(1_700_000_000_000)


def test_the_migrations_make_the_tables_the_program_uses(book: SqlWardBook, database: str) -> None:
    engine = create_engine(engines.parse(database), poolclass=NullPool)
    found = inspect(engine)
    for table in ward_tables.tables.values():
        assert {c['name'] for c in found.get_columns(table.name)} == set(table.columns.keys())
        key = found.get_pk_constraint(table.name)['constrained_columns']
        assert key == [column.name for column in table.primary_key]


def test_a_favourite_is_ones_own_at_ones_station_and_survives_a_restart(
    book: SqlWardBook, database: str
) -> None:
    specimen = Favourite('specimen', N2W, StationId('lab'))
    assert book.add_favourite(N2W, NURSE, specimen, now=NOW)
    assert book.add_favourite(N2W, NURSE, DRUG, now=Instant(NOW + 1))
    assert book.add_favourite(N2W, NURSE, specimen, now=Instant(NOW + 2)), 'twice is once'
    again = SqlWardBook(database)
    assert list(again.favourites(N2W, NURSE)) == [specimen, DRUG]
    assert list(again.favourites(N2W, OTHER)) == list(again.favourites(N3E, NURSE)) == []
    again.remove_favourite(N2W, NURSE, specimen)
    again.remove_favourite(N2W, NURSE, specimen)
    again.close()
    assert list(book.favourites(N2W, NURSE)) == [DRUG]


def test_there_is_room_for_so_many_favourites_and_no_more(book: SqlWardBook) -> None:
    made = [
        Favourite('supply', N2W, StationId(f's{place}')) for place in range(MAX_FAVOURITES + 1)
    ]
    kept = [book.add_favourite(N2W, NURSE, one, now=NOW) for one in made]
    assert kept == [True] * MAX_FAVOURITES + [False]
    assert book.add_favourite(N2W, OTHER, made[-1], now=NOW)
