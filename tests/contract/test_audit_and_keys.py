"""The audit list and the keys of programs, on every database."""

from __future__ import annotations

import pytest
from sqlalchemy import NullPool, create_engine, text

from fleet_manager.adapters.db import engines
from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.application.audit import Line, Wanted
from fleet_manager.application.keys import DAY
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.units import MINUTE, Instant

NOW = Instant(1_700_000_000_000)


def line(number: int, **other: str) -> Line:
    told = {'who': 'li.na', 'role': 'ward', 'deed': 'SignDelivery', 'outcome': 'ok'} | other
    return Line(Instant(NOW + number), subject=f'D{number}', place='10.0.0.7', **told)


@pytest.fixture
def ten(accounts: SqlAccounts) -> list[Line]:
    lines = [
        line(n, who='wang' if n % 2 else 'li.na', outcome='not_allowed' if n == 4 else 'ok')
        for n in range(10)
    ]
    for one in lines:
        accounts.note(one)
    return lines


def subjects(accounts: SqlAccounts, wanted: Wanted, limit: int = 100) -> list[int]:
    return [int(one.subject[1:]) for one in accounts.lines(wanted, limit=limit)]


def test_lines_come_back_as_written_the_newest_first(
    accounts: SqlAccounts, ten: list[Line]
) -> None:
    found = accounts.lines(Wanted(), limit=100)
    assert [(one.at, one.who, one.role, one.deed, one.outcome, one.place) for one in found] == [
        (one.at, one.who, one.role, one.deed, one.outcome, one.place) for one in reversed(ten)
    ]
    numbers = [one.seq for one in found]
    assert numbers == sorted(set(numbers), reverse=True)


@pytest.mark.usefixtures('ten')
def test_lines_are_found_by_who_what_when_and_outcome(accounts: SqlAccounts) -> None:
    assert subjects(accounts, Wanted(who='wang')) == [9, 7, 5, 3, 1]
    assert subjects(accounts, Wanted(deed='log_in')) == []
    assert subjects(accounts, Wanted(refused=True)) == [4]
    between = Wanted(since=Instant(NOW + 2), until=Instant(NOW + 5))
    assert subjects(accounts, between) == [4, 3, 2]
    assert subjects(accounts, Wanted(who="' OR 1=1 --\x00")) == []


@pytest.mark.usefixtures('ten')
def test_pages_follow_each_other_whatever_is_added_meanwhile(accounts: SqlAccounts) -> None:
    first = accounts.lines(Wanted(), limit=4)
    accounts.note(line(11))
    second = accounts.lines(Wanted(before=first[-1].seq), limit=4)
    assert [one.subject for one in (*first, *second)] == [f'D{n}' for n in range(9, 1, -1)]


def test_hostile_text_is_kept_readable(accounts: SqlAccounts) -> None:
    accounts.note(line(1, who='a\x00b\u202e\ud83d', deed='log_in'))
    assert [one.who for one in accounts.lines(Wanted(deed='log_in'), limit=1)] == ['ab']


def test_a_key_opens_until_it_expires_or_is_revoked(accounts: SqlAccounts) -> None:
    station = StationId('pharmacy')
    key, secret = accounts.make_key(
        label='HIS', scopes=['read', 'order'], station=station, days=2, now=NOW
    )
    known = accounts.key_of(secret, now=NOW)
    assert known is not None
    assert (known.id, known.scopes, known.station) == (key.id, ('read', 'order'), station)
    assert accounts.key_of(secret, now=Instant(NOW + 2 * DAY - 1)) is not None
    assert accounts.key_of(secret, now=Instant(NOW + 2 * DAY)) is None
    accounts.revoke_key(key.id, now=NOW)
    assert accounts.key_of(secret, now=NOW) is None
    assert [one.revoked for one in accounts.all_keys()] == [NOW]
    with pytest.raises(LookupError):
        accounts.revoke_key('nosuchkey', now=NOW)


def test_what_is_no_key_opens_nothing(accounts: SqlAccounts) -> None:
    key, secret = accounts.make_key(label='a', scopes=['read'], station=None, days=1, now=NOW)
    other = f'fleet_{key.id}_{"A" * 43}'
    for wrong in ('', 'fleet_', secret[:-1], secret + 'A', secret.upper(), other, '\x00'):
        assert accounts.key_of(wrong, now=NOW) is None


@pytest.mark.parametrize(
    ('code', 'changes'),
    [
        ('label', {'label': ' '}),
        ('label', {'label': 'a\nb'}),
        ('scopes', {'scopes': ['everything']}),
        ('days', {'days': 10_000}),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(
    accounts: SqlAccounts, code: str, changes: dict[str, object]
) -> None:
    asked: dict[str, object] = {'label': 'HIS', 'scopes': ['read'], 'days': 1} | changes
    with pytest.raises(ValueError, match=code):
        accounts.make_key(station=None, now=NOW, **asked)  # type: ignore[arg-type]
    assert accounts.all_keys() == ()


def test_the_list_says_when_a_key_was_used_and_never_its_secret(
    accounts: SqlAccounts, database: str
) -> None:
    _, secret = accounts.make_key(label='a', scopes=['read'], station=None, days=1, now=NOW)
    accounts.key_of(secret, now=Instant(NOW + MINUTE))
    assert [one.last_used for one in accounts.all_keys()] == [NOW + MINUTE]
    engine = create_engine(engines.parse(database), poolclass=NullPool)
    with engine.connect() as connection:
        rows = connection.execute(text('SELECT * FROM api_key')).all()
    assert secret.split('_', 2)[2] not in str(rows)
