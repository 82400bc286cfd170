"""Who may call what: every route, every role, and no route outside the table."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from fastapi import FastAPI

from fleet_manager.adapters.http import access
from fleet_manager.adapters.http.access import (
    ACCESS,
    METRICS,
    PANEL,
    PUBLIC,
    AccessTable,
    RouteWithoutAccess,
)
from fleet_manager.adapters.http.app import routes_of
from fleet_manager.application.people import AT_STATION, PEOPLE
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Role
from fleet_manager.domain.rights import reach
from tests.adapters.http.conftest import URL, Browser, Loop, Site
from tests.static.test_public_surface import ROUTES

GUARDED = [route for route in ROUTES if ACCESS[route] not in (PUBLIC, METRICS, PANEL)]
#: What the log-in many operators share is not allowed.
OF_PERSONAL_ACCOUNTS = ('POST /me/secret', 'POST /me/sessions/{seat}/end')
FILLED = {
    'act': 'pause',
    'delivery': 'd1',
    'event': '7',
    'events': '7-9',
    'webhook': 'w1',
    'kind': 'Task',
    'guide': 'nurse',
    'note': '1',
    'complaint': '1',
    'lang': 'en',
    'station': 'n2w',
    'robot': 'r1',
    'lift': 'A',
    'alert': 'a1',
    'closure': 'C1',
    'proposal': 'P1',
    'account': 'desk-1',
    'seat': '0',
    'key': '0badc0de',
    'badge': 'b1',
    'path': 'x',
    'plan': 'P1',
}


def filled(path: str) -> str:
    return re.sub(r'{(\w+)(?::path)?}', lambda found: FILLED[found[1]], path)


def call(browser: Browser, route: str) -> int:
    """Return the status of a request, or the close code of a websocket."""
    method, path = route.split(' ')
    if method == 'WS':
        return close_code(browser, filled(path))
    changes = method in ('POST', 'PUT')
    fields = {'csrf': browser.csrf} if changes else None
    headers = {'x-csrf-token': browser.csrf} if changes else {}
    return browser.send(method, filled(path), data=fields, headers=headers).status_code


def close_code(browser: Browser, path: str, **headers: str) -> int:
    """Open a websocket by hand; 0 means it was accepted."""
    cookies = '; '.join(f'{cookie.name}={cookie.value}' for cookie in browser.client.cookies.jar)
    all_headers = {'cookie': cookies, 'origin': URL, 'host': 'fleet.test'} | headers
    scope = {
        'type': 'websocket',
        'path': path,
        'query_string': b'',
        'headers': [(k.encode(), v.encode()) for k, v in all_headers.items() if v],
        'subprotocols': [],
        'scheme': 'ws',
        'client': None,
        'server': None,
    }
    sent: list[dict[str, Any]] = []
    heard = iter([{'type': 'websocket.connect'}, {'type': 'websocket.disconnect', 'code': 1000}])

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.05)
        return next(heard)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    app: Any = browser.client._transport.app  # type: ignore[attr-defined]
    browser.loop.run(app(scope, receive, send))
    return 0 if sent[0]['type'] == 'websocket.accept' else int(sent[0]['code'])


def test_the_routes_are_these_and_each_has_an_entry(site: Site) -> None:
    assert routes_of(site.app) == ROUTES == sorted(ACCESS)


@pytest.mark.thorough
def test_nobody_gets_in_without_a_session(site: Site) -> None:
    inside = {}
    for route in GUARDED:
        status = call(site.browser(), route)
        if status not in ((1008,) if route.startswith('WS') else (303, 401)):
            inside[route] = status
    assert inside == {}
    assert not site.fleet.commands


@pytest.mark.thorough
@pytest.mark.parametrize('role', PEOPLE)
def test_each_role_gets_what_the_table_says(
    site: Site, hospital: Hospital, loop: Loop, role: Role
) -> None:
    browser = logged_in(site, role)
    wrong = {}
    for route in GUARDED:
        allowed = reach(role, ACCESS[route]) is not None  # type: ignore[arg-type]
        if route in OF_PERSONAL_ACCOUNTS and role is Role.OPERATOR:
            allowed = False
        if allowed and not route.startswith('GET'):  # it may change what the next one meets
            status = call_anew(hospital, loop, role, route)
        else:
            status = call(browser, route)
        if (status not in (401, 403, 1008)) != allowed:
            wrong[route] = status
    assert wrong == {}


def call_anew(hospital: Hospital, loop: Loop, role: Role, route: str) -> int:
    site = Site(hospital, loop)
    try:
        return call(logged_in(site, role), route)
    finally:
        site.close()


def logged_in(site: Site, role: Role) -> Browser:
    if role is Role.OPERATOR:
        return site.operator()
    if role in AT_STATION:
        name = 'li.na' if role is Role.WARD else 'pharm-1'
        return site.browser().as_person(name, '274951')
    return site.browser().as_person(f'{role}-1')


def test_api_answers_401_and_pages_lead_to_the_log_in(site: Site) -> None:
    browser = site.browser()
    assert browser.get('/api/v1/state').status_code == 401
    answer = browser.get('/deliveries/d1?x=1')
    assert (answer.status_code, answer.headers['location']) == (
        303,
        '/login?next=/deliveries/d1%3Fx%3D1',
    )


@pytest.mark.thorough
@pytest.mark.parametrize(
    'path',
    ['/docs', '/redoc', '/openapi.json', '/admin', '/static', '/api/v1/robots/r1', '/ward/'],
)
def test_what_is_not_in_the_table_does_not_exist(site: Site, path: str) -> None:
    assert site.operator().get(path).status_code == 404


def test_another_method_is_not_allowed(site: Site) -> None:
    answer = site.ward().send('DELETE', '/ward')
    assert (answer.status_code, answer.headers['allow']) == (405, 'GET')


@pytest.mark.parametrize('name', ['x' * 65, '%00', 'a%0Ab', '%E2%80%AE', 'a%20b', '%2e%2e%2fward'])
def test_an_id_that_cannot_be_one_is_not_found(site: Site, name: str) -> None:
    assert site.operator().get(f'/api/v1/deliveries/{name}').status_code == 404
    assert site.ward().get(f'/deliveries/{name}').status_code == 404


def test_a_route_without_an_entry_fails_at_start(site: Site) -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.get('/forgotten')(lambda: None)
    with pytest.raises(RouteWithoutAccess, match=r'GET /forgotten'):
        access.check_complete(routes_of(app))
    with pytest.raises(RouteWithoutAccess, match=r'without a route: .*POST /login'):
        access.check_complete([])


def test_a_route_nobody_can_see_fails_at_start_too(site: Site) -> None:
    app = FastAPI()
    app.router.routes.append(object())  # type: ignore[arg-type]
    with pytest.raises(RouteWithoutAccess):
        access.check_complete(routes_of(app))


def test_the_table_tells_the_methods_of_a_path() -> None:
    table = AccessTable()
    assert table.match('GET', '/login').access == PUBLIC
    assert table.match('PUT', '/login').allowed == ('GET', 'POST')
    assert table.match('GET', '/nothing').allowed == ()
    assert table.match('GET', '/api/v1/feed').allowed == ()


def test_metrics_need_their_token(site: Site) -> None:
    browser = site.browser()
    assert browser.get('/metrics').status_code == 401
    wrong = {'authorization': 'Bearer metrics-tokem'}
    assert browser.get('/metrics', headers=wrong).status_code == 401
    right = {'authorization': 'Bearer metrics-token'}
    assert browser.get('/metrics', headers=right).text == 'fleet_robots 8\n'
    assert site.operator().get('/metrics').status_code == 401


def test_without_a_token_set_nobody_gets_metrics(hospital: Any, loop: Any) -> None:
    site = Site(hospital, loop, metrics_token='')
    for header in ('Bearer ', 'Bearer', ''):
        answer = site.browser().get('/metrics', headers={'authorization': header})
        assert answer.status_code == 401
    site.close()


def test_a_websocket_from_another_site_is_refused(site: Site) -> None:
    browser = site.ward()
    assert close_code(browser, '/api/v1/feed') == 0
    assert close_code(browser, '/api/v1/feed', origin='http://evil.test') == 1008
    assert close_code(browser, '/api/v1/feed', origin='') == 1008
    assert close_code(browser, '/api/v1/nothing') == 1008
