"""The same days give the same bytes, everywhere, and after every change that should not matter.

A change of the rules changes the journals: look at what changed, then write the new hashes with
`python -m tests.scenarios.test_golden_days`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fleet_manager.entry.simulate.play import play
from fleet_manager.entry.simulate.setting import Wish, load_setting

GOLDEN = Path(__file__).with_name('golden_days.json')
#: Scenario, seed, until this hour.
DAYS = (('clinic', 1, 9), ('small_hospital', 1, 7), ('swarm_hour', 1, 24), ('swarm_hour', 7, 24))


def journal(name: str, seed: int, hour: int) -> str:
    setting = load_setting(name, Wish())
    return play(setting, seed=seed, until=hour * 3_600_000).result.journal_sha256


def key(name: str, seed: int, hour: int) -> str:
    return f'{name} {seed} {hour}'


@pytest.mark.slow
@pytest.mark.parametrize(('name', 'seed', 'hour'), DAYS)
def test_a_golden_day_is_the_same_to_the_byte(name: str, seed: int, hour: int) -> None:
    assert journal(name, seed, hour) == json.loads(GOLDEN.read_text())[key(name, seed, hour)]


if __name__ == '__main__':
    hashes = {key(*day): journal(*day) for day in DAYS}
    GOLDEN.write_text(json.dumps(hashes, indent=2) + '\n')
