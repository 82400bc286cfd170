"""The first start: accounts with secrets nobody knows but who reads them now."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.http.fresh import new_pin
from fleet_manager.application.ports import Account
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import Instant
from fleet_manager.entry.first_run import (
    ADMIN,
    DESK,
    OPERATOR,
    PORTER,
    SECRETS_FILE,
    make_accounts,
    own_token,
    read_secrets,
    replace_secret,
)
from fleet_manager.entry.settings import SHIPPED_MAPS

NOW = Instant(1_767_614_400_000)


@pytest.fixture
def whole() -> Hospital:
    return load_hospital(SHIPPED_MAPS / 'small_hospital')


@pytest.fixture
def hospital(hospital: Hospital) -> Hospital:
    """Two stations are enough: each account costs a hash of 50 ms."""
    return replace(hospital, stations=dict(islice(hospital.stations.items(), 2)))


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[SqlAccounts]:
    made = SqlAccounts(f'sqlite:///{tmp_path / "accounts.db"}')
    yield made
    made.close()


def mode_of(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@pytest.mark.thorough
def test_the_first_start_makes_an_account_for_each_station_and_those_who_work_for_all(
    accounts: SqlAccounts, hospital: Hospital, tmp_path: Path
) -> None:
    made = make_accounts(accounts, hospital, folder=tmp_path)
    alone = {OPERATOR, ADMIN, DESK, PORTER}
    assert set(made) == {*alone, *hospital.stations}
    assert len(set(made.values())) == len(made)
    for account in accounts.all():
        assert accounts.verify(account.id, secret=made[account.id], now=NOW) == 'ok'
        assert account.role == (account.id if account.id in alone else 'ward')
        assert account.station == (None if account.id in alone else account.id)
        assert not account.personal


def test_secrets_are_in_a_file_only_its_owner_can_read(
    accounts: SqlAccounts, hospital: Hospital, tmp_path: Path
) -> None:
    made = make_accounts(accounts, hospital, folder=tmp_path)
    assert mode_of(tmp_path / SECRETS_FILE) == 0o600
    assert read_secrets(tmp_path) == made


def test_the_second_start_makes_nothing_and_writes_nothing(
    accounts: SqlAccounts, hospital: Hospital, tmp_path: Path
) -> None:
    make_accounts(accounts, hospital, folder=tmp_path)
    file = tmp_path / SECRETS_FILE
    before = file.read_bytes()
    assert make_accounts(accounts, hospital, folder=tmp_path) == {}
    assert file.read_bytes() == before
    file.unlink()
    assert make_accounts(accounts, hospital, folder=tmp_path) == {}
    assert not file.exists()
    assert read_secrets(tmp_path) == {}


@pytest.mark.thorough
def test_two_installations_share_no_secret(hospital: Hospital, tmp_path: Path) -> None:
    made = []
    for name in 'ab':
        folder = tmp_path / name
        folder.mkdir()
        accounts = SqlAccounts(f'sqlite:///{folder / "accounts.db"}')
        made.append(make_accounts(accounts, hospital, folder=folder))
        accounts.close()
    assert not set(made[0].values()) & {made[1][OPERATOR]}
    assert made[0] != made[1]


def test_pins_have_six_digits_and_none_is_what_people_guess_first() -> None:
    pins = [new_pin() for _ in range(2_000)]
    assert all(re.fullmatch(r'\d{6}', pin) and len(set(pin)) >= 4 for pin in pins)
    assert len(set(pins)) > 1_900


def test_a_password_has_96_bits_of_chance(
    accounts: SqlAccounts, hospital: Hospital, tmp_path: Path
) -> None:
    made = make_accounts(accounts, hospital, folder=tmp_path)
    assert re.fullmatch(r'[A-Za-z0-9_-]{16}', made[OPERATOR])


@pytest.mark.thorough
def test_a_kill_while_accounts_are_made_locks_nobody_out(
    accounts: SqlAccounts,
    hospital: Hospital,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create = SqlAccounts.create

    def dies_at_the_third(self: SqlAccounts, account: Account, *, secret: str) -> None:
        if len(self.all()) == 2:
            raise KeyboardInterrupt
        create(self, account, secret=secret)

    monkeypatch.setattr(SqlAccounts, 'create', dies_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        make_accounts(accounts, hospital, folder=tmp_path)
    monkeypatch.setattr(SqlAccounts, 'create', create)
    make_accounts(accounts, hospital, folder=tmp_path)
    known = read_secrets(tmp_path)
    for account in accounts.all():
        assert accounts.verify(account.id, secret=known[account.id], now=NOW) == 'ok'


def test_a_new_secret_is_noted_only_where_the_file_is_still_there(tmp_path: Path) -> None:
    replace_secret(tmp_path, 'n2w', '135790')
    assert read_secrets(tmp_path) == {}
    (tmp_path / SECRETS_FILE).write_text('n2w\t111111\nn2e\t222222\n')
    replace_secret(tmp_path, 'n2w', '135790')
    assert read_secrets(tmp_path) == {'n2w': '135790', 'n2e': '222222'}


def test_a_token_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / 'metrics-token'
    token = own_token(file)
    assert len(token) >= 40
    assert own_token(file) == token
    assert mode_of(file) == 0o600


def test_a_token_that_was_never_written_is_made_again(tmp_path: Path) -> None:
    file = tmp_path / 'metrics-token'
    file.touch(0o600)
    assert own_token(file) == own_token(file) != ''


@pytest.mark.thorough
def test_a_simulated_hospital_has_two_people_each_where_two_have_to_sign(
    accounts: SqlAccounts, whole: Hospital, tmp_path: Path
) -> None:
    ends = ('pharmacy', 'n2w', 'waste')
    few = replace(whole, stations={name: whole.stations[name] for name in map(StationId, ends)})
    made = make_accounts(accounts, few, folder=tmp_path, people=True)
    people = {one.id: (one.role, one.stations) for one in accounts.all() if one.personal}
    assert people == {
        'pharmacy-1': ('pharmacy', ('pharmacy',)),
        'pharmacy-2': ('pharmacy', ('pharmacy',)),
        'n2w-1': ('ward', ('n2w',)),
        'n2w-2': ('ward', ('n2w',)),
    }
    assert {'desk', 'porter', *people} <= set(made)
    rows = [row.split('\t') for row in (tmp_path / SECRETS_FILE).read_text().splitlines()]
    assert all(len(row) == 3 and row[2] for row in rows), 'each says what it is for'
    assert read_secrets(tmp_path) == made
