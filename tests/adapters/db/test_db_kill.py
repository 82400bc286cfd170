"""kill -9 at any moment loses nothing that was acknowledged."""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest

from fleet_manager.adapters.db.reader import JournalReader
from fleet_manager.adapters.db.store import open_store
from fleet_manager.domain.units import Instant
from tests.adapters.db import outside
from tests.adapters.db.victim import Victim

KILLS = 20
#: A third commit that was under way: its two predecessors had 1 and 4 events.
POINTS = ('statement:1', 'statement:2', 'statement:3', 'statement:8', 'commit', 'committed')
BEFORE, AFTER = 5, 9


@pytest.mark.slow
def test_twenty_kills_lose_nothing_that_was_acknowledged(database: str) -> None:
    chance = random.Random(7)
    kills = KILLS if database.startswith('sqlite') else KILLS // 2
    lines, epoch = 0, 0
    for number in range(kills):
        point = POINTS[number] if number < len(POINTS) else ''
        victim = Victim(database, number * 1_000, *filter(None, [point]))
        if not point:
            victim.hear(chance.randint(1, 25))
            time.sleep(chance.random() * 0.01)
        else:
            victim.process.wait(timeout=60)
        victim.kill()
        found = check_everything(database, epoch=epoch)
        epoch += 2
        assert found >= max(victim.acknowledged, lines), point
        if point:
            assert found - lines == (AFTER if point == 'committed' else BEFORE), point
        lines = found


def check_everything(url: str, *, epoch: int) -> int:
    """Start as the next manager would and compare tables with the journal; return its length."""
    store = open_store(url)
    started = time.monotonic()
    recovered = store.take_over(holder='next', now=Instant(1))
    assert time.monotonic() - started < 5, 'the lock of a killed manager is free at once'
    assert recovered.epoch == epoch + 2
    lines = store.head()[0]
    assert recovered.snapshot_seq + len(recovered.entries) == lines
    store.close()
    reader = JournalReader(url)
    report = reader.verify()
    reader.close()
    assert (report.count, report.first_bad) == (lines, None)
    kinds = Counter(kind for (kind,) in outside.rows(url, 'SELECT kind FROM event'))
    states = Counter(state for (state,) in outside.rows(url, 'SELECT state FROM delivery'))
    assert sum(states.values()) == kinds['DeliveryRequested']
    assert states['delivered'] == kinds['DeliveryReceived']
    handed = outside.rows(url, 'SELECT count(*) FROM custody')[0][0]
    assert handed == kinds['ParcelLoaded'] + kinds['ParcelTaken']
    assert outside.rows(url, 'SELECT count(*) FROM snapshot')[0][0] <= 2
    return lines
