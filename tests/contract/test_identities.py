"""Accounts that belong to an identity of an OpenID provider, on every database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from argon2 import PasswordHasher

from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.application.ports import Account
from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.units import Instant

NOW = Instant(1_700_000_000_000)
ISSUER, OTHER_ISSUER = 'https://login.hospital.example', 'https://login.other.example'
EAST = StationId('east')
NURSE = Account(
    AccountId('li.na'), '李娜', 'ward', EAST, stations=(EAST,), personal=True,
    issuer=ISSUER, has_secret=False,
)  # fmt: skip
LOCAL = Account(AccountId('wang'), '王芳', 'desk', None, personal=True)
SHARED = Account(AccountId('east'), 'East', 'ward', EAST)


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch, accounts: SqlAccounts) -> None:
    monkeypatch.setattr('fleet_manager.adapters.db.accounts.HASHER', PasswordHasher(1, 8, 1))
    accounts.create(LOCAL, secret='385062')
    accounts.create(SHARED, secret='274951')


def test_who_was_welcomed_comes_back_by_issuer_and_subject_and_by_nothing_else(
    accounts: SqlAccounts,
) -> None:
    accounts.welcome(NURSE, subject='u-1')
    assert accounts.by_identity(ISSUER, 'u-1') == accounts.get(NURSE.id) == NURSE
    for issuer, subject in (
        (OTHER_ISSUER, 'u-1'), (ISSUER, 'U-1'), (ISSUER, 'u-1 '), (ISSUER, ''), ('', ''),
        ('', 'u-1'), (ISSUER, 'u-\x00'), (ISSUER, '%'),
    ):  # fmt: skip
        assert accounts.by_identity(issuer, subject) is None
    token = accounts.open_session(NURSE.id, now=NOW)
    seat = accounts.seat(token, now=NOW)
    assert seat is not None
    assert seat.account == NURSE


def test_an_identity_has_one_account_and_a_name_is_given_once(accounts: SqlAccounts) -> None:
    accounts.welcome(NURSE, subject='u-1')
    with pytest.raises(ValueError, match='already'):
        accounts.welcome(replace(NURSE, id=AccountId('li.na.2')), subject='u-1')
    with pytest.raises(ValueError, match='already'):
        accounts.welcome(NURSE, subject='u-2')
    with pytest.raises(ValueError, match='another account'):
        accounts.link(LOCAL.id, issuer=ISSUER, subject='u-1')
    assert accounts.get(LOCAL.id) == LOCAL
    # the same name at another provider is somebody else
    accounts.welcome(replace(NURSE, id=AccountId('li.na.2'), issuer=OTHER_ISSUER), subject='u-1')
    assert accounts.by_identity(ISSUER, 'u-1') == NURSE


def test_who_has_no_secret_gets_in_by_none_until_they_choose_one(accounts: SqlAccounts) -> None:
    accounts.welcome(NURSE, subject='u-1')
    for guess in ('', ' ', '274951'):
        assert accounts.verify(NURSE.id, secret=guess, now=NOW) == 'wrong'
    accounts.set_secret(NURSE.id, secret='596173')
    assert accounts.verify(NURSE.id, secret='596173', now=NOW) == 'ok'
    assert accounts.get(NURSE.id) == replace(NURSE, has_secret=True)


def test_a_person_links_an_account_and_the_administrator_cuts_that(accounts: SqlAccounts) -> None:
    accounts.link(LOCAL.id, issuer=ISSUER, subject='u-2')
    assert accounts.by_identity(ISSUER, 'u-2') == replace(LOCAL, issuer=ISSUER)
    assert accounts.verify(LOCAL.id, secret='385062', now=NOW) == 'ok'
    for account in (LOCAL.id, SHARED.id, AccountId('nobody')):
        with pytest.raises(ValueError, match='cannot be linked'):
            accounts.link(account, issuer=ISSUER, subject='u-3')
    token = accounts.open_session(LOCAL.id, now=NOW)
    accounts.unlink(LOCAL.id)
    assert accounts.get(LOCAL.id) == LOCAL
    assert accounts.by_identity(ISSUER, 'u-2') is None
    assert accounts.why_ended(token, now=NOW) == 'changed'
    with pytest.raises(LookupError):
        accounts.unlink(LOCAL.id)
    accounts.link(LOCAL.id, issuer=ISSUER, subject='u-2')


def test_what_the_provider_says_changes_nothing_about_the_link(accounts: SqlAccounts) -> None:
    accounts.welcome(NURSE, subject='u-1')
    accounts.change(replace(NURSE, role='desk', station=None, stations=()))
    found = accounts.by_identity(ISSUER, 'u-1')
    assert found == replace(NURSE, role='desk', station=None, stations=())
