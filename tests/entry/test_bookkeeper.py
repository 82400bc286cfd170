"""The books follow the journal: once, across restarts, and never another journal."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from fleet_manager.adapters.db.books import SqlBooks
from fleet_manager.adapters.db.store import SqlStore, open_store
from fleet_manager.application.stock.model import Held, Item
from fleet_manager.application.stock.sheet import Sheet
from fleet_manager.domain import messages as m
from fleet_manager.domain.ids import DeliveryId, StationId
from fleet_manager.domain.maps.model import Name
from fleet_manager.domain.units import Instant
from fleet_manager.entry.bookkeeper import Bookkeeper, JournalChanged
from tests.adapters.db.story import NURSE, PORTER, batch, requested

NOW = Instant(1_800_000_000_000)
ITEM = Item('SAL500', Name('盐水', 'Saline'), 'drug', 'bottle')
D1 = DeliveryId('d1')
STORY: list[m.Event] = [
    m.PorterAsked(D1, 'no_robot_fits'),
    m.PorterTook(D1, PORTER),
    m.DeliveryReceived(D1, NURSE),
    m.DeliveryArchived(D1),
]


class Desk:
    """A journal, books, and bookkeepers that come and go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = f'sqlite:///{folder / "fleet.db"}'
        self.store: SqlStore = open_store(self.journal)
        self.store.take_over(holder='test', now=NOW)
        self.books = SqlBooks(f'sqlite:///{folder / "books.db"}')
        sheet = Sheet({ITEM.code: ITEM})
        held = Held(StationId('pharmacy'), ITEM.code, 'A', '', 10)
        sheet.counts['pharmacy', ITEM.code, 'A'] = held
        self.books.take_over(sheet, at=NOW, actor='ph', today='2027-01-15')

    def happen(self, event: m.Event) -> None:
        self.store.commit(batch(event), now=NOW)

    def catch_up(self) -> int:
        keeper = Bookkeeper(self.journal, self.books, lambda: NOW, UTC)
        try:
            return keeper.catch_up()
        finally:
            keeper.stop()

    def counts(self) -> dict[str, int]:
        found = {}
        for station in ('pharmacy', 'ward_3'):
            shelves = self.books.shelves(StationId(station))
            found[station] = sum(shelf.count('2027-01-15') for shelf in shelves)
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    made.happen(requested(1, sender='pharmacy', recipient='ward_3'))
    yield made
    made.books.close()
    made.store.close()


def test_a_delivery_moves_stock_once_with_a_restart_after_every_line(desk: Desk) -> None:
    assert desk.catch_up() == 1
    desk.books.pack(D1, ITEM.code, 4)
    seen = []
    for event in STORY:
        desk.happen(event)
        moved = 0 if isinstance(event, m.PorterAsked) else 1
        assert (desk.catch_up(), desk.catch_up()) == (moved, 0)
        seen.append((desk.counts()['pharmacy'], desk.counts()['ward_3']))
    assert seen == [(10, 0), (6, 0), (6, 4), (6, 4)]


def test_another_journal_is_not_followed(desk: Desk, tmp_path: Path) -> None:
    desk.happen(STORY[0])
    desk.catch_up()
    desk.store.close()
    shutil.move(tmp_path / 'fleet.db', tmp_path / 'followed.db')
    desk.store = open_store(desk.journal)
    desk.store.take_over(holder='test', now=NOW)
    for number in range(5):
        desk.happen(requested(number + 2))
    before = desk.books.bookmark()
    with pytest.raises(JournalChanged):
        desk.catch_up()
    assert desk.books.bookmark() == before
