"""What every `Accounts` must do: secrets kept as hashes, tries counted, sessions that end."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import pytest
from argon2 import PasswordHasher
from sqlalchemy import NullPool, create_engine, inspect, text

from fleet_manager.adapters.db import engines
from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.adapters.db.seats import SESSIONS_EACH
from fleet_manager.application.ports import Account
from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.units import HOUR, MINUTE, SECOND, Instant

MODULE = 'fleet_manager.adapters.db.accounts'
NOW = Instant(1_700_000_000_000)
WARD = Account(AccountId('ward-3'), '三病区', 'ward', StationId('ward_3'))
DESK = Account(AccountId('desk'), 'Service desk', 'operator', None)


def later(span: int) -> Instant:
    return Instant(NOW + span)


def fail(accounts: SqlAccounts, *, times: int, now: Instant = NOW) -> list[str]:
    return [accounts.verify(WARD.id, secret='wrong', now=now) for _ in range(times)]


def who(accounts: SqlAccounts, token: str, *, now: Instant) -> Account | None:
    seat = accounts.seat(token, now=now)
    return None if seat is None else seat.account


@pytest.fixture
def real_cost() -> None:
    """Ask for this where the cost of a hash is what is tested."""


@pytest.fixture
def cheap_hashes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if 'real_cost' not in request.fixturenames:
        monkeypatch.setattr(f'{MODULE}.HASHER', PasswordHasher(1, 8, 1))


@pytest.fixture(autouse=True)
def two_accounts(cheap_hashes: None, accounts: SqlAccounts) -> None:
    accounts.create(WARD, secret='4711')
    accounts.create(DESK, secret='a long secret')


def test_accounts_come_back_by_id(accounts: SqlAccounts) -> None:
    assert list(accounts.all()) == [DESK, WARD]
    assert accounts.get(WARD.id) == WARD
    assert accounts.get(AccountId('nobody')) is None


def test_a_name_is_given_once(accounts: SqlAccounts) -> None:
    with pytest.raises(ValueError, match='already'):
        accounts.create(WARD, secret='0815')
    assert accounts.verify(WARD.id, secret='4711', now=NOW) == 'ok'


@pytest.mark.parametrize('name', ['', 'x' * 65, 'a\x00b', 'a\nb', 'a\ud83d'])
def test_a_hostile_name_is_refused_and_unknown(accounts: SqlAccounts, name: str) -> None:
    with pytest.raises(ValueError, match='an account name'):
        accounts.create(Account(AccountId(name), 'x', 'ward', None), secret='4711')
    assert accounts.get(AccountId(name)) is None
    assert accounts.verify(AccountId(name), secret='4711', now=NOW) == 'wrong'
    assert who(accounts, accounts.open_session(AccountId(name), now=NOW), now=NOW) is None


@pytest.mark.parametrize('secret', ['', '  ', 'x' * 257])
def test_an_empty_or_endless_secret_is_refused(accounts: SqlAccounts, secret: str) -> None:
    with pytest.raises(ValueError, match='a secret has'):
        accounts.set_secret(WARD.id, secret=secret)
    assert accounts.verify(WARD.id, secret=secret, now=NOW) == 'wrong'


def test_only_the_right_secret_is_ok(accounts: SqlAccounts) -> None:
    assert accounts.verify(WARD.id, secret='4711', now=NOW) == 'ok'
    assert accounts.verify(WARD.id, secret='4712', now=NOW) == 'wrong'
    assert accounts.verify(WARD.id, secret='\ud83d', now=NOW) == 'wrong'
    assert accounts.verify(AccountId('nobody'), secret='4711', now=NOW) == 'wrong'


def test_digits_of_a_chinese_keyboard_are_digits(accounts: SqlAccounts) -> None:
    assert accounts.verify(WARD.id, secret='４７１１', now=NOW) == 'ok'


def test_five_wrong_tries_lock_for_a_minute_even_for_the_right_secret(
    accounts: SqlAccounts,
) -> None:
    assert fail(accounts, times=7) == ['wrong'] * 5 + ['locked'] * 2
    assert accounts.verify(WARD.id, secret='4711', now=later(59 * SECOND)) == 'locked'
    assert accounts.verify(DESK.id, secret='a long secret', now=NOW) == 'ok'
    assert accounts.verify(WARD.id, secret='4711', now=later(60 * SECOND)) == 'ok'


def test_each_further_wrong_try_doubles_the_lock_up_to_a_quarter_of_an_hour(
    accounts: SqlAccounts,
) -> None:
    fail(accounts, times=4)
    now = NOW
    for minutes in (1, 2, 4, 8, 15, 15):
        assert fail(accounts, times=1, now=now) == ['wrong']
        now = Instant(now + minutes * MINUTE)
        assert fail(accounts, times=1, now=Instant(now - 1)) == ['locked']


def test_a_right_secret_forgives_the_wrong_ones(accounts: SqlAccounts) -> None:
    for _ in range(3):
        assert fail(accounts, times=4) == ['wrong'] * 4
        assert accounts.verify(WARD.id, secret='4711', now=NOW) == 'ok'


def test_wrong_tries_are_forgotten_after_a_day(accounts: SqlAccounts) -> None:
    fail(accounts, times=4)
    assert fail(accounts, times=2, now=later(25 * HOUR)) == ['wrong', 'wrong']
    assert accounts.verify(WARD.id, secret='4711', now=later(25 * HOUR)) == 'ok'


def test_many_tries_at_once_do_not_pass_the_limit(accounts: SqlAccounts) -> None:
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(fail, accounts, times=4) for _ in range(4)]
        answers = [answer for one in asked for answer in one.result()]
    assert answers.count('wrong') == 5


def test_an_unknown_account_is_locked_like_a_known_one(accounts: SqlAccounts) -> None:
    nobody = AccountId('nobody')
    answers = [accounts.verify(nobody, secret='x', now=NOW) for _ in range(6)]
    assert answers == ['wrong'] * 5 + ['locked']


@pytest.mark.usefixtures('real_cost')
def test_an_unknown_account_takes_as_long_as_a_wrong_secret(accounts: SqlAccounts) -> None:
    def seconds(account: AccountId) -> float:
        start = time.perf_counter()
        accounts.verify(account, secret='x', now=NOW)
        return time.perf_counter() - start

    known = median(seconds(AccountId(f'{name}')) for name in (WARD.id, DESK.id) * 2)
    unknown = median(seconds(AccountId(f'nobody-{number}')) for number in range(4))
    assert 0.3 < unknown / known < 3  # without the dummy hash it is some 0.05


def test_a_flood_of_names_neither_fills_the_disk_nor_unlocks_anybody(
    accounts: SqlAccounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('fleet_manager.adapters.db.tries.NAMES_KEPT', 3)
    fail(accounts, times=5)
    for number in range(8):
        accounts.verify(AccountId(f'nobody-{number}'), secret='x', now=NOW)
    with accounts._engine.begin() as connection:
        assert connection.execute(text('SELECT count(*) FROM attempt')).scalar_one() == 3
    assert accounts.verify(WARD.id, secret='4711', now=NOW) == 'locked'


def test_a_new_secret_replaces_the_old_and_ends_sessions_and_locks(accounts: SqlAccounts) -> None:
    token = accounts.open_session(WARD.id, now=NOW)
    fail(accounts, times=6)
    accounts.set_secret(WARD.id, secret='2222')
    assert who(accounts, token, now=NOW) is None
    assert accounts.verify(WARD.id, secret='2222', now=NOW) == 'ok'
    assert accounts.verify(WARD.id, secret='4711', now=NOW) == 'wrong'


def test_changing_an_unknown_account_is_an_error(accounts: SqlAccounts) -> None:
    with pytest.raises(LookupError):
        accounts.set_secret(AccountId('nobody'), secret='4711')
    with pytest.raises(LookupError):
        accounts.set_disabled(AccountId('nobody'), disabled=True)


def test_a_session_belongs_to_its_account_and_ends_at_log_out(accounts: SqlAccounts) -> None:
    ward, desk = (accounts.open_session(account.id, now=NOW) for account in (WARD, DESK))
    assert who(accounts, ward, now=NOW) == WARD
    accounts.close_session(ward)
    accounts.close_session('unknown')
    assert who(accounts, ward, now=NOW) is None
    assert who(accounts, desk, now=NOW) == DESK
    assert who(accounts, '', now=NOW) is None
    assert who(accounts, '\ud83d\x00', now=NOW) is None


def test_a_session_ends_after_twelve_hours_however_busy(accounts: SqlAccounts) -> None:
    token = accounts.open_session(WARD.id, now=NOW)
    for hours in range(12):
        assert who(accounts, token, now=later(hours * HOUR)) == WARD
    assert who(accounts, token, now=later(12 * HOUR - 1)) == WARD
    assert who(accounts, token, now=later(12 * HOUR)) is None


def test_disabling_ends_sessions_at_once_and_enabling_does_not_bring_them_back(
    accounts: SqlAccounts,
) -> None:
    token = accounts.open_session(WARD.id, now=NOW)
    assert who(accounts, token, now=NOW) == WARD
    accounts.set_disabled(WARD.id, disabled=True)
    assert who(accounts, token, now=NOW) is None
    assert accounts.verify(WARD.id, secret='4711', now=NOW) == 'disabled'
    assert accounts.verify(WARD.id, secret='wrong', now=NOW) == 'wrong'
    late = accounts.open_session(WARD.id, now=NOW)
    accounts.set_disabled(WARD.id, disabled=False)
    assert who(accounts, token, now=NOW) is who(accounts, late, now=NOW) is None
    assert accounts.verify(WARD.id, secret='4711', now=NOW) == 'ok'


def test_past_the_limit_the_oldest_session_of_an_account_ends(accounts: SqlAccounts) -> None:
    tokens = [
        accounts.open_session(WARD.id, now=later(number)) for number in range(SESSIONS_EACH + 1)
    ]
    now = later(SESSIONS_EACH)
    assert who(accounts, tokens[0], now=now) is None
    assert all(who(accounts, token, now=now) for token in tokens[1:])


@pytest.mark.usefixtures('real_cost')
def test_neither_secret_nor_token_is_anywhere_in_the_database(
    accounts: SqlAccounts, database: str
) -> None:
    token = accounts.open_session(WARD.id, now=NOW)
    engine = create_engine(engines.parse(database), poolclass=NullPool)
    with engine.connect() as connection:
        stored = [
            str(value)
            for table in inspect(connection).get_table_names()
            for row in connection.execute(text(f'SELECT * FROM {table}'))
            for value in row
        ]
    assert len(stored) > 10
    assert not [value for value in stored if value == '4711' or token in value]
    assert any(value.startswith('$argon2id$v=19$m=19456,t=2,p=1$') for value in stored)


def test_a_hash_of_other_costs_is_made_anew_at_log_in(
    accounts: SqlAccounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f'{MODULE}.HASHER', PasswordHasher(1, 16, 1))
    assert accounts.verify(WARD.id, secret='4711', now=NOW) == 'ok'
    with accounts._engine.begin() as connection:
        query = text("SELECT secret_hash FROM account WHERE id = 'ward-3'")
        assert '$m=16,t=1,p=1$' in connection.execute(query).scalar_one()
    assert accounts.verify(WARD.id, secret='4711', now=NOW) == 'ok'


def test_sessions_are_safe_from_many_threads(accounts: SqlAccounts) -> None:
    start = threading.Barrier(6)

    def ride(number: int) -> bool:
        start.wait()
        token = accounts.open_session(WARD.id, now=later(number))
        known = who(accounts, token, now=later(number + 2 * MINUTE)) == WARD
        accounts.close_session(token)
        return known and who(accounts, token, now=later(number)) is None

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(ride, range(6)))


def test_accounts_are_there_for_the_next_program(accounts: SqlAccounts, database: str) -> None:
    again = SqlAccounts(database)
    assert again.get(WARD.id) == WARD
    again.close()
