"""Keys of programs: what they open, and what they never open."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fleet_manager.adapters.http.access import ACCESS
from fleet_manager.application.keys import ALWAYS, SCOPES
from fleet_manager.domain import messages as m
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.units import Instant
from tests.adapters.http.conftest import Site
from tests.adapters.http.test_http_access import close_code
from tests.pages.stand_in import now

ORDER = {'goods': 'drug', 'sender': 'pharmacy', 'recipient': 'n2w', 'reference': 'HIS-1'}


def key(site: Site, *scopes: str, station: str | None = None) -> dict[str, str]:
    at = StationId(station) if station else None
    _, text = site.keys.make_key(label='HIS', scopes=scopes, station=at, days=1, now=now())
    return {'authorization': f'Bearer {text}'}


def send(site: Site, method: str, path: str, headers: dict[str, str], **how: Any) -> Any:
    browser = site.browser()
    del browser.client.headers['origin']
    return browser.send(method, path, headers=headers, **how)


def test_a_key_orders_and_follows_without_cookie_origin_or_token(site: Site) -> None:
    opens = key(site, 'read', 'order')
    made = send(site, 'POST', '/api/v1/deliveries', opens, json=ORDER)
    assert made.status_code == 201
    assert site.fleet.commands[-1].actor == m.Actor('key-00000000', m.Role.INTEGRATION)
    seen = send(site, 'GET', f'/api/v1/deliveries/{made.json()["id"]}', opens)
    assert seen.status_code == 200
    assert ('key-00000000', 'RequestDelivery') in [(o.who, o.deed) for o in site.audit.kept]
    assert close_code(site.browser(), '/api/v1/feed', **opens, origin='') == 0


def test_each_scope_opens_its_own_and_nothing_else(site: Site) -> None:
    reads, orders = key(site, 'read'), key(site, 'order')
    for path in ('/api/v1/state', '/api/v1/deliveries'):
        assert send(site, 'GET', path, reads).status_code == 200
        answer = send(site, 'GET', path, orders)
        assert (answer.status_code, answer.json()['error']['code']) == (403, 'key_scope')
    assert send(site, 'POST', '/api/v1/deliveries', reads, json=ORDER).status_code == 403
    assert site.fleet.commands == []


def test_no_key_steers_robots_or_gets_a_page(site: Site) -> None:
    opens = key(site, *SCOPES)
    rights = {*ALWAYS, *(right for scope in SCOPES.values() for right in scope)}
    for route, right in ACCESS.items():
        method, path = route.split(' ')
        if method == 'POST' and path.startswith('/api/v1') and right not in rights:
            path = re.sub(r'{\w+}', 'x', path)
            assert send(site, method, path, opens, json={}).status_code == 403, route
    assert send(site, 'GET', '/me', opens).status_code == 303
    assert send(site, 'GET', '/metrics', opens).status_code == 401


def test_a_key_of_a_station_sees_its_own_only(site: Site) -> None:
    delivery = site.delivery()
    ours, theirs = (key(site, 'read', station=one) for one in ('n2w', 'lab'))
    assert send(site, 'GET', f'/api/v1/deliveries/{delivery}', ours).status_code == 200
    assert send(site, 'GET', f'/api/v1/deliveries/{delivery}', theirs).status_code == 404
    assert send(site, 'GET', '/api/v1/state', theirs).json()['entities']['delivery'] == {}


@pytest.mark.parametrize('text', ['', 'x', 'fleet_00000000_wrong', 'x' * 5_000])
def test_a_wrong_key_is_401_whatever_it_is(site: Site, text: str) -> None:
    answer = send(site, 'GET', '/api/v1/state', {'authorization': f'Bearer {text}'})
    assert (answer.status_code, answer.json()['error']['code']) == (401, 'bad_key')


def test_the_administrator_makes_a_key_sees_it_once_and_revokes_it(site: Site) -> None:
    admin = site.browser().as_person('admin-1')
    form = {'label': '<HIS>', 'read': 'yes', 'station': '', 'days': '30'}
    page = admin.post('/keys', form).text
    text = re.search(r'fleet_[0-9a-f]{8}_\w+', page)
    assert text is not None
    opens = {'authorization': f'Bearer {text[0]}'}
    assert text[0] not in admin.get('/keys').text
    assert '&lt;HIS&gt;' in page
    assert send(site, 'GET', '/api/v1/state', opens).status_code == 200
    assert admin.post('/keys/00000000/revoke').status_code == 303
    assert send(site, 'GET', '/api/v1/state', opens).status_code == 401
    assert admin.post('/keys/ffffffff/revoke').status_code == 404
    for seat in site.accounts.sessions.values():
        seat.fresh = Instant(0)
    assert admin.get('/keys').headers['location'] == '/confirm?next=/keys'


@pytest.mark.parametrize(
    ('changes', 'said'),
    [
        ({'label': ' '}, '1 to 60'),
        ({'read': ''}, 'Tick what'),
        ({'days': '0'}, '1 to 730'),
        ({'days': '1e3'}, '1 to 730'),
        ({'days': '９９'}, '1 to 730'),
        ({'station': 'moon'}, 'no such station'),
    ],
)
def test_a_key_that_makes_no_sense_is_refused_with_what_to_do(
    site: Site, changes: dict[str, str], said: str
) -> None:
    form = {'label': 'HIS', 'read': 'yes', 'station': '', 'days': '30'} | changes
    form = {name: value for name, value in form.items() if value or name != 'read'}
    answer = site.browser().as_person('admin-1').post('/keys', form)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert site.keys.made == {}
