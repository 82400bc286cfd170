"""What every `WardBook` must do: keep what wards set down, each its own, across a restart."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import NullPool, create_engine, inspect

from fleet_manager.adapters.db import engines
from fleet_manager.adapters.db.ward_book import SqlWardBook
from fleet_manager.adapters.db.ward_tables import ward_tables
from fleet_manager.application.ward_book import MAX_FAVOURITES, MAX_PLANS, Favourite, Noted
from fleet_manager.domain.deliveries.meals import Bed
from fleet_manager.domain.deliveries.timetable import Plan
from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.units import Instant

N2W, N3E = StationId('n2w'), StationId('n3e')
NURSE, OTHER = AccountId('nurse'), AccountId('other')
DRUG = Favourite('drug', StationId('pharmacy'), N2W)
NOW = Instant(1_700_000_000_000)
PLAN = Plan(
    'P1', N2W, 'drug', StationId('pharmacy'), N2W, (0, 6), 480, 60, 'x', paused=False, since=NOW
)


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


def test_plans_notes_beds_and_meals_survive_a_restart(book: SqlWardBook, database: str) -> None:
    plan = Plan(
        'P1',
        N2W,
        'drug',
        StationId('pharmacy'),
        N2W,
        (0, 6),
        480,
        60,
        'x',
        paused=False,
        since=NOW,
    )
    assert book.keep_plan(plan)
    assert book.keep_plan(replace(plan, paused=True))
    noted = Noted('P1', N2W, '2026-11-23', NOW, 'asked', 'D000001')
    book.note(noted)
    book.note(replace(noted, outcome='missed'))
    beds = [Bed('12', 'halal'), Bed('3', '')]
    book.set_beds(N2W, [Bed('1', 'normal')])
    book.set_beds(N2W, beds)
    book.order_meal('2026-11-23-lunch', N2W, beds)
    again = SqlWardBook(database)
    assert list(again.plans(N2W)) == list(again.plans(None)) == [replace(plan, paused=True)]
    assert list(again.outcomes(N2W, limit=5)) == [noted], 'the first note stays'
    assert again.noted(since=NOW) == {('P1', '2026-11-23')}
    assert list(again.beds(N2W)) == beds
    assert again.meal_orders('2026-11-23-lunch') == {N2W: beds}
    assert list(again.plans(N3E)) == list(again.beds(N3E)) == list(again.outcomes(N3E, limit=5))
    again.remove_plan(N3E, 'P1')
    assert len(again.plans(None)) == 1, 'of another station'
    again.remove_plan(N2W, 'P1')
    again.close()
    assert list(book.plans(None)) == []


def test_a_station_has_so_many_plans_and_no_more(book: SqlWardBook) -> None:
    kept = [book.keep_plan(replace(PLAN, id=f'P{n}')) for n in range(MAX_PLANS + 1)]
    assert kept == [True] * MAX_PLANS + [False]
    assert book.keep_plan(replace(PLAN, id='P0', paused=True))
