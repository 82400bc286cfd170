"""What a log-in by a provider makes of an account: groups, names, and who is left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.application.people import problem_of
from fleet_manager.application.ports import Account
from fleet_manager.application.provider_log_in import (
    GroupRule,
    Identity,
    LogInByProvider,
    standing_of,
)
from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.messages import Role

ISSUER = 'https://login.hospital.example'
EAST, WEST, GONE = StationId('east'), StationId('west'), StationId('gone')
STATIONS = frozenset({EAST, WEST, StationId('north'), StationId('south')})
RULES = (
    GroupRule('admins', Role.ADMIN),
    GroupRule('east', Role.WARD, (EAST,)),
    GroupRule('west', Role.WARD, (WEST,)),
    GroupRule('others', Role.WARD, (StationId('north'), StationId('south'))),
    GroupRule('old', Role.WARD, (GONE,)),
    GroupRule('desk', Role.DESK),
)
LI_NA = Identity(ISSUER, 'u-1', 'Li.Na@hospital.example', '李娜', ('east',))


@pytest.fixture
def accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqlAccounts]:
    monkeypatch.setattr('fleet_manager.adapters.db.accounts.HASHER', PasswordHasher(1, 8, 1))
    made = SqlAccounts(f'sqlite:///{tmp_path / "accounts.db"}')
    made.create(Account(AccountId('east'), 'East', 'ward', EAST), secret='274951')
    yield made
    made.close()


@pytest.fixture
def use(accounts: SqlAccounts) -> LogInByProvider:
    return LogInByProvider(accounts, accounts, RULES)


def test_the_first_log_in_makes_an_account_and_the_next_finds_it(
    accounts: SqlAccounts, use: LogInByProvider
) -> None:
    first = use.settle(LI_NA, STATIONS)
    made = Account(
        AccountId('li.na'), '李娜', 'ward', EAST, stations=(EAST,), personal=True,
        issuer=ISSUER, has_secret=False,
    )  # fmt: skip
    assert (first.outcome, first.account, first.deed) == ('ok', made, 'account_made')
    again = use.settle(replace(LI_NA, username='somebody.else'), STATIONS)
    assert (again.outcome, again.account, again.deed) == ('ok', made, '')


def test_role_and_stations_follow_the_groups_at_each_log_in(
    accounts: SqlAccounts, use: LogInByProvider
) -> None:
    use.settle(LI_NA, STATIONS)
    moved = use.settle(replace(LI_NA, groups=('west', 'east'), label='李 娜'), STATIONS)
    assert moved.deed == 'account_changed'
    assert moved.account is not None
    assert (moved.account.label, moved.account.stations) == ('李 娜', (EAST, WEST))
    desk = use.settle(replace(LI_NA, groups=('desk',)), STATIONS)
    assert desk.account is not None
    assert (desk.account.role, desk.account.stations) == ('desk', ())
    assert accounts.get(AccountId('li.na')) == desk.account


@pytest.mark.parametrize(
    ('groups', 'outcome'),
    [
        ((), 'no_group'),
        (('East', 'choir'), 'no_group'),
        (('old',), 'unknown_station'),
        (('east', 'west', 'others'), 'too_many_stations'),
    ],
)
def test_who_fits_nowhere_is_left_out_and_nothing_changes(
    accounts: SqlAccounts, use: LogInByProvider, groups: tuple[str, ...], outcome: str
) -> None:
    assert use.settle(replace(LI_NA, groups=groups), STATIONS).outcome == outcome
    assert accounts.get(AccountId('li.na')) is None
    use.settle(LI_NA, STATIONS)
    before = list(accounts.all())
    assert use.settle(replace(LI_NA, groups=groups), STATIONS).outcome == outcome
    assert list(accounts.all()) == before


def test_who_was_switched_off_stays_so_whatever_the_provider_says(
    accounts: SqlAccounts, use: LogInByProvider
) -> None:
    use.settle(LI_NA, STATIONS)
    accounts.set_disabled(AccountId('li.na'), disabled=True)
    assert use.settle(replace(LI_NA, groups=('admins',)), STATIONS).outcome == 'disabled'
    known = accounts.get(AccountId('li.na'))
    assert known is not None
    assert (known.role, known.disabled) == ('ward', True)


def test_the_last_administrator_is_not_lost_by_a_log_in(
    accounts: SqlAccounts, use: LogInByProvider
) -> None:
    boss = replace(LI_NA, groups=('admins',))
    use.settle(boss, STATIONS)
    assert use.settle(LI_NA, STATIONS).outcome == 'last_admin'
    known = accounts.get(AccountId('li.na'))
    assert known is not None
    assert known.role == 'admin'
    accounts.create(Account(AccountId('admin'), 'Admin', 'admin', None), secret='a long secret')
    accounts.set_disabled(AccountId('admin'), disabled=True)
    assert use.settle(LI_NA, STATIONS).outcome == 'last_admin'
    accounts.set_disabled(AccountId('admin'), disabled=False)
    assert use.settle(LI_NA, STATIONS).outcome == 'ok'


def test_a_colleagues_account_is_not_taken_over_by_a_name(
    accounts: SqlAccounts, use: LogInByProvider
) -> None:
    local = Account(AccountId('li.na'), '李娜', 'desk', None, personal=True)
    accounts.create(local, secret='a long secret')
    assert use.settle(LI_NA, STATIONS).outcome == 'name_taken'
    assert accounts.get(local.id) == local
    accounts.link(local.id, issuer=ISSUER, subject='u-1')
    linked = use.settle(LI_NA, STATIONS)
    assert linked.account is not None
    assert (linked.outcome, linked.account.id, linked.account.role) == ('ok', 'li.na', 'ward')
    # of two people with one name, the second gets a name of their own
    other = use.settle(replace(LI_NA, subject='u-2'), STATIONS)
    assert other.account is not None
    assert other.account.id.startswith('p-')


@pytest.mark.parametrize('username', ['east', 'EAST', '', '李娜', '..', 'x', '@hospital.example'])
def test_a_name_that_cannot_be_one_here_or_is_a_stations_gives_way(
    accounts: SqlAccounts, use: LogInByProvider, username: str
) -> None:
    found = use.settle(replace(LI_NA, username=username), STATIONS)
    assert found.account is not None
    assert found.account.id.startswith('p-')
    assert accounts.get(AccountId('east')) == Account(AccountId('east'), 'East', 'ward', EAST)


@given(
    username=st.text(max_size=80),
    label=st.text(max_size=200),
    groups=st.lists(st.sampled_from([rule.group for rule in RULES]), max_size=6),
)
def test_whatever_a_provider_says_an_account_that_is_made_is_one_people_could_make(
    username: str, label: str, groups: list[str]
) -> None:
    class Nothing:
        """Accounts of a hospital where nobody has one."""

        made: Account | None = None

        def by_identity(self, issuer: str, subject: str) -> None:
            return None

        def get(self, account: AccountId) -> None:
            return None

        def welcome(self, account: Account, *, subject: str) -> None:
            self.made = account

    kept = Nothing()
    identity = Identity(ISSUER, 'u-1', username, label, tuple(groups))
    settled = LogInByProvider(kept, kept, RULES).settle(identity, STATIONS)  # type: ignore[arg-type]
    standing = standing_of(groups, RULES)
    assert (settled.outcome == 'ok') == (kept.made is not None)
    if kept.made is not None:
        assert problem_of(kept.made, STATIONS) == ''
        assert standing == (kept.made.role, kept.made.stations)
