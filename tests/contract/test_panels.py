"""What every `Panels` must do: a code pairs one device with one robot, once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fleet_manager.adapters.db.panels import CODE_LASTS, CODE_TRIES, SqlPanels
from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.units import Instant

NOW = Instant(1_700_000_000_000)
R1, R2 = RobotId('r1'), RobotId('r2')


class Clock:
    """A clock that stands until somebody moves it."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> Instant:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def panels(database: str, clock: Clock) -> Iterator[SqlPanels]:
    found = SqlPanels(database, clock=clock.now)
    yield found
    found.close()


def test_a_code_pairs_a_device_once_and_the_token_says_whose_it_is(panels: SqlPanels) -> None:
    code = panels.offer(R1)
    token = panels.pair(R1, code=code)
    assert panels.robot(token) == R1
    assert panels.pair(R1, code=code) == ''
    assert panels.robot('nonsense') is None
    assert panels.robot(token) == R1


def test_a_code_is_for_one_robot_and_for_ten_minutes(panels: SqlPanels, clock: Clock) -> None:
    code = panels.offer(R1)
    panels.offer(R2)
    assert panels.pair(R2, code=code) == ''
    clock.at = Instant(NOW + CODE_LASTS)
    assert panels.pair(R1, code=code) == ''
    clock.at = Instant(NOW + CODE_LASTS - 1)
    assert panels.pair(R1, code=code) != ''


def test_a_code_is_void_after_five_wrong_tries_and_a_new_one_is_not(panels: SqlPanels) -> None:
    code = panels.offer(R1)
    wrong = str((int(code) + 1) % 10**8).zfill(8)
    assert [panels.pair(R1, code=wrong) for _ in range(CODE_TRIES)] == [''] * CODE_TRIES
    assert panels.pair(R1, code=code) == ''
    assert panels.pair(R1, code=panels.offer(R1)) != ''


def test_a_new_device_or_none_ends_the_one_before(panels: SqlPanels) -> None:
    first = panels.pair(R1, code=panels.offer(R1))
    second = panels.pair(R1, code=panels.offer(R1))
    assert (panels.robot(first), panels.robot(second)) == (None, R1)
    assert panels.forget(R1)
    assert panels.robot(second) is None
    assert not panels.forget(R1)


def test_pairings_outlive_a_restart(database: str, clock: Clock) -> None:
    first = SqlPanels(database, clock=clock.now)
    token = first.pair(R1, code=first.offer(R1))
    first.close()
    second = SqlPanels(database, clock=clock.now)
    assert second.robot(token) == R1
    second.close()
