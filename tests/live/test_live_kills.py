"""A hundred kill -9 of real managers at random moments under load."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.live.hospital import READY_SECONDS
from tests.live.kills import random_kills

pytestmark = [pytest.mark.ros, pytest.mark.slow]

#: Two hospitals side by side, one for each core: most of a restart is one process at its imports.
HOSPITALS, KILLS = 2, 100
SEED = 20_261


@pytest.mark.timeout(1_800)
def test_a_hundred_kills_under_load_lose_nothing_that_was_acknowledged() -> None:
    with ThreadPoolExecutor(HOSPITALS) as pool:
        seeds = range(SEED, SEED + HOSPITALS)
        first, *others = pool.map(
            lambda seed: random_kills(KILLS // HOSPITALS, seed, warm=True), seeds
        )
    report = sum(others, start=first)
    print(f'\n{report.summary()}')
    assert report.kills == KILLS
    assert report.lost == 0
    assert report.ended_once == report.deliveries
    assert report.recovery(0.5) <= READY_SECONDS
