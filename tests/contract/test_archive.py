"""Deliveries of any age are found in the journal, a page at a time, on every database."""

from __future__ import annotations

import pytest

from fleet_manager.adapters.db import archive as archives
from fleet_manager.adapters.db.archive import JournalArchive
from fleet_manager.domain import messages as m
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.units import HOUR, MINUTE, Instant
from tests.adapters.db.story import NURSE, batch, requested
from tests.contract.conftest import Stores

BEGIN, DAY = Instant(1_700_000_000_000), 24 * HOUR


@pytest.fixture
def archive(stores: Stores, database: str) -> JournalArchive:
    """Return the archive of a journal with a delivery a day; every third was cancelled."""
    store = stores.start()
    store.take_over(holder='a', now=BEGIN)
    for number in range(1, 21):
        at = BEGIN + number * DAY
        note = 'blue box' if number % 2 else 'red box'
        store.commit(batch(requested(number, note=note), at=at), now=Instant(at))
        if number % 3 == 0:
            gone = m.DeliveryCancelled(DeliveryId(f'd{number}'), NURSE)
            store.commit(batch(gone, at=at + MINUTE), now=Instant(at + MINUTE))
    return JournalArchive(database)


def test_a_search_goes_back_a_page_at_a_time_and_ends(archive: JournalArchive) -> None:
    pages, before = [], 0
    while True:
        leaf = archive.search(lambda asked: 'blue' in asked.note, before=before, most=4)
        pages.append([one.asked.number for one in leaf.found])
        before = leaf.further
        if not before:
            break
    assert pages == [[19, 17, 15, 13], [11, 9, 7, 5], [3, 1]]
    assert leaf.looked_to == BEGIN + DAY


def test_what_became_of_each_is_told(archive: JournalArchive) -> None:
    found = archive.search(lambda asked: asked.number in (3, 4), before=0, most=9).found
    assert [(one.state, one.since - one.asked_at) for one in found] == [
        ('accepted', 0),
        ('cancelled', MINUTE),
    ]


def test_one_call_looks_at_so_many_and_says_where_to_go_on(
    archive: JournalArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, 'MOST_LOOKED_AT', 5)
    monkeypatch.setattr(archives, 'MAX_LIMIT', 5)
    first = archive.search(lambda asked: asked.number == 12, before=0, most=4)
    assert (first.found, first.looked_to) == ((), BEGIN + 16 * DAY)
    second = archive.search(lambda asked: asked.number == 12, before=first.further, most=4)
    assert [one.asked.number for one in second.found] == [12]
