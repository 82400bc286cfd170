"""The page of personal data: who sees it, who changes it, and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest

from fleet_manager.application.ports import Account
from fleet_manager.application.retention import Hold, Run, Times
from fleet_manager.domain.ids import AccountId, DeliveryId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Role
from fleet_manager.domain.units import Instant
from tests.adapters.http.conftest import Browser, Loop, Site
from tests.pages.stand_in import now


class Office:
    """Holds and runs in memory."""

    times = Times(365, 90, 90, 1_096, 1_827, 365, 90)
    hour = 3

    def __init__(self) -> None:
        self.held: dict[DeliveryId, Hold] = {}
        self.asked: list[str] = []

    def due(self) -> Mapping[str, int]:
        return {'names': 7, 'texts': 0, 'dead_letters': 3}

    def holds(self) -> Sequence[Hold]:
        return list(self.held.values())

    def hold(self, delivery: DeliveryId, *, why: str, by: str) -> str:
        if delivery != 'D000123' or not why.strip():
            return 'unknown_delivery' if why.strip() else 'reason_needed'
        self.held[delivery] = Hold(delivery, why, by, Instant(1_700_000_000_000))
        return ''

    def release(self, delivery: DeliveryId) -> bool:
        return self.held.pop(delivery, None) is not None

    def runs(self, limit: int) -> Sequence[Run]:
        at = Instant(1_700_000_000_000)
        return [
            Run(3, 'system', at, None, {}),
            Run(2, 'root', at, at, {'names': 42, 'audit': 0}),
            Run(1, 'system', at, at, {}, 'disk full <b>'),
        ][:limit]

    def ask(self, by: str) -> None:
        self.asked.append(by)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def site(hospital: Hospital, loop: Loop, office: Office) -> Iterator[Site]:
    made = Site(hospital, loop, retention=office)
    yield made
    made.close()


def as_(site: Site, role: Role) -> Browser:
    account = Account(AccountId(role), role, role.value, None)
    site.accounts.accounts[account.id] = account
    browser = site.browser()
    browser.client.cookies.set('session', site.accounts.open_session(account.id, now=now()))
    return browser.with_token()


def test_an_auditor_reads_and_changes_nothing(site: Site, office: Office) -> None:
    auditor = as_(site, Role.AUDITOR)
    page = auditor.get('/retention').text
    for said in (
        '1096 days',
        '1827 days',
        '03:00',
        'names: 7',
        'names: 42',
        'disk full &lt;b&gt;',
    ):
        assert said in page, said
    assert 'texts: 0' not in page
    assert '<form method="post" action="/retention' not in page
    assert auditor.post('/retention/run', {}).status_code == 403
    assert auditor.post('/retention/holds', {}).status_code == 403
    assert not office.asked
    assert '/retention' in auditor.get('/audit').text


def test_an_administrator_holds_releases_and_erases(site: Site, office: Office) -> None:
    admin = as_(site, Role.ADMIN)
    wrong = admin.post('/retention/holds', {'delivery': 'D9', 'why': 'police'})
    assert wrong.status_code == 422
    assert 'There is no such delivery' in wrong.text
    assert 'value="police"' in wrong.text, 'what was typed stays'
    admin.post('/retention/holds', {'delivery': ' d000123', 'why': 'police <4711>'})
    assert office.held[DeliveryId('D000123')].by == 'admin'
    assert 'police &lt;4711&gt;' in admin.get('/retention').text
    admin.post('/retention/holds/D000123/release', {})
    assert not office.held
    admin.post('/retention/run', {})
    assert office.asked == ['admin']


@pytest.mark.parametrize('role', ['ward', 'operator'])
def test_nobody_else_sees_it(site: Site, role: str) -> None:
    browser = site.ward() if role == 'ward' else site.operator()
    assert browser.get('/retention').status_code == 403
