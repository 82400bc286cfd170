"""Personal accounts: stations to choose from, badges, and sessions one can see and end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from sqlalchemy import NullPool, create_engine, text

from fleet_manager.adapters.db import engines
from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.adapters.db.badges import BADGES_EACH
from fleet_manager.application.ports import Account
from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.units import HOUR, MINUTE, SECOND, Instant

NOW = Instant(1_700_000_000_000)
EAST, WEST = StationId('east'), StationId('west')
NURSE = Account(AccountId('li.na'), '李娜', 'ward', EAST, stations=(EAST, WEST), personal=True)
OTHER = Account(AccountId('wang'), '王芳', 'ward', WEST, stations=(WEST,), personal=True)
CODE = 'BADGE-000471'


def later(span: int) -> Instant:
    return Instant(NOW + span)


@pytest.fixture(autouse=True)
def two_nurses(accounts: SqlAccounts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('fleet_manager.adapters.db.accounts.HASHER', PasswordHasher(1, 8, 1))
    accounts.create(NURSE, secret='274951')
    accounts.create(OTHER, secret='385062')


def test_a_person_comes_back_with_all_stations_in_order(accounts: SqlAccounts) -> None:
    assert accounts.get(NURSE.id) == NURSE
    assert list(accounts.all()) == [NURSE, OTHER]


def test_a_session_can_move_to_another_station_of_the_person_and_to_no_other(
    accounts: SqlAccounts,
) -> None:
    token = accounts.open_session(NURSE.id, now=NOW)
    again = accounts.open_session(NURSE.id, now=NOW)
    accounts.sit_at(token, WEST)
    seat, untouched = accounts.seat(token, now=NOW), accounts.seat(again, now=NOW)
    assert seat is not None
    assert seat.account == replace(NURSE, station=WEST)
    assert untouched is not None
    assert untouched.account == NURSE
    with pytest.raises(LookupError):
        accounts.sit_at(token, StationId('pharmacy'))
    # who no longer works there falls back to where they do
    accounts.sit_at(token, WEST)
    accounts.change(replace(NURSE, stations=(EAST,)))
    fresh = accounts.seat(accounts.open_session(NURSE.id, now=NOW, station=WEST), now=NOW)
    assert fresh is not None
    assert fresh.account.station == EAST


def test_another_role_ends_the_sessions_and_says_why(accounts: SqlAccounts) -> None:
    token = accounts.open_session(NURSE.id, now=NOW)
    accounts.change(replace(NURSE, role='desk', station=None, stations=()))
    assert accounts.seat(token, now=NOW) is None
    assert accounts.why_ended(token, now=NOW) == 'changed'
    assert accounts.get(NURSE.id) == replace(NURSE, role='desk', station=None, stations=())
    with pytest.raises(LookupError):
        accounts.change(replace(NURSE, id=AccountId('nobody')))


def test_sessions_are_listed_with_their_device_and_one_is_ended_by_its_name(
    accounts: SqlAccounts,
) -> None:
    phone = accounts.open_session(NURSE.id, now=NOW, device='10.0.0.7 Phone\x00\u202e')
    desk = accounts.open_session(NURSE.id, now=later(SECOND), device='10.0.0.8 PC')
    first, second = accounts.seats(NURSE.id, now=later(SECOND))
    assert (first.device, second.device) == ('10.0.0.8 PC', '10.0.0.7 Phone')
    accounts.end_seat(OTHER.id, second.id)
    assert accounts.seat(phone, now=NOW) is not None
    for hostile in ('', '%', second.id[:8], "' OR 1=1 --"):
        accounts.end_seat(NURSE.id, hostile)
    assert accounts.seat(phone, now=NOW) is not None
    accounts.end_seat(NURSE.id, second.id)
    assert accounts.seat(phone, now=NOW) is None
    assert accounts.seat(desk, now=later(SECOND)) is not None
    assert accounts.why_ended(phone, now=NOW) == 'ended'
    assert [seat.id for seat in accounts.seats(NURSE.id, now=later(SECOND))] == [first.id]


@pytest.mark.thorough
def test_a_session_knows_when_the_secret_was_given_last(accounts: SqlAccounts) -> None:
    token = accounts.open_session(NURSE.id, now=NOW)
    accounts.confirm(token, now=later(20 * MINUTE))
    seat = accounts.seat(token, now=later(21 * MINUTE))
    assert seat is not None
    assert (seat.opened, seat.fresh) == (NOW, later(20 * MINUTE))


def test_a_disabled_person_is_told_so_until_the_session_would_have_ended(
    accounts: SqlAccounts,
) -> None:
    token = accounts.open_session(NURSE.id, now=NOW)
    accounts.set_disabled(NURSE.id, disabled=True)
    assert accounts.seats(NURSE.id, now=NOW) == ()
    assert accounts.why_ended(token, now=NOW) == 'disabled'
    assert accounts.why_ended(token, now=later(13 * HOUR)) == ''
    assert accounts.why_ended('no token', now=NOW) == ''


def test_a_badge_says_whose_it_is_however_a_scanner_writes_it(accounts: SqlAccounts) -> None:
    accounts.add_badge(NURSE.id, code=CODE, now=NOW)
    for read in (CODE, ' badge-000471\n', 'ＢＡＤＧＥ－０００４７１'):
        assert accounts.by_badge(read, device='pc', now=NOW) == ('ok', NURSE)
    with pytest.raises(ValueError, match='already'):
        accounts.add_badge(OTHER.id, code='badge-000471', now=NOW)
    with pytest.raises(ValueError, match='characters'):
        accounts.add_badge(OTHER.id, code='1234567', now=NOW)
    accounts.set_disabled(NURSE.id, disabled=True)
    assert accounts.by_badge(CODE, device='pc', now=NOW) == ('disabled', None)


def test_a_badge_is_taken_away_and_nobody_has_too_many(accounts: SqlAccounts) -> None:
    for number in range(BADGES_EACH):
        accounts.add_badge(NURSE.id, code=f'{CODE}{number}', now=later(number))
    with pytest.raises(ValueError, match='more than'):
        accounts.add_badge(NURSE.id, code=CODE, now=NOW)
    gone = accounts.badges(NURSE.id)[0]
    accounts.remove_badge(OTHER.id, gone.id)
    accounts.remove_badge(NURSE.id, '%')
    assert len(accounts.badges(NURSE.id)) == BADGES_EACH
    accounts.remove_badge(NURSE.id, gone.id)
    assert accounts.by_badge(f'{CODE}0', device='pc', now=NOW) == ('wrong', None)
    assert accounts.by_badge(f'{CODE}1', device='pc', now=NOW) == ('ok', NURSE)


def test_five_wrong_badges_lock_the_device_they_come_from_and_no_other(
    accounts: SqlAccounts,
) -> None:
    accounts.add_badge(NURSE.id, code=CODE, now=NOW)
    for _ in range(5):
        assert accounts.by_badge('BADGE-999999', device='pc', now=NOW) == ('wrong', None)
    assert accounts.by_badge(CODE, device='pc', now=NOW) == ('locked', None)
    assert accounts.by_badge(CODE, device='phone', now=NOW) == ('ok', NURSE)
    assert accounts.by_badge(CODE, device='pc', now=later(60 * SECOND)) == ('ok', NURSE)


def test_a_badge_code_is_nowhere_and_another_key_does_not_know_it(
    accounts: SqlAccounts, database: str
) -> None:
    accounts.add_badge(NURSE.id, code=CODE, now=NOW)
    engine = create_engine(engines.parse(database), poolclass=NullPool)
    with engine.connect() as connection:
        rows = connection.execute(text('SELECT * FROM badge')).all()
    assert CODE not in str(rows)
    for key in ('another', ''):
        thief = SqlAccounts(database, badge_key=key)
        assert thief.by_badge(CODE, device='pc', now=NOW) == ('wrong', None)
        thief.close()


def test_a_lock_says_until_when(accounts: SqlAccounts) -> None:
    assert accounts.locked_until(NURSE.id, now=NOW) == 0
    for _ in range(5):
        accounts.verify(NURSE.id, secret='x', now=NOW)
    assert accounts.locked_until(NURSE.id, now=NOW) == later(60 * SECOND)
    assert accounts.locked_until(NURSE.id, now=later(60 * SECOND)) == 0


def test_wrong_secrets_at_a_place_lock_it_until_a_right_one_is_given(
    accounts: SqlAccounts,
) -> None:
    place = 'at r1/c1 for D000001'
    locks = [accounts.count_wrong_at(place, now=NOW) for _ in range(5)]
    assert locks == [0, 0, 0, 0, later(60 * SECOND)]
    assert accounts.count_wrong_at(place, now=later(60 * SECOND)) == later(180 * SECOND)
    assert accounts.locked_until(NURSE.id, now=NOW) == 0
    accounts.forgive(place)
    assert accounts.count_wrong_at(place, now=NOW) == 0
