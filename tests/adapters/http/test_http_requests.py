"""What every request must be and every answer carries."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from fleet_manager.adapters.http import security
from fleet_manager.adapters.http.security import BODY_LIMIT
from tests.adapters.http.conftest import URL, Site

DELIVERY = {'goods': 'drug', 'sender': 'pharmacy', 'recipient': 'n2w'}
KEY = {'idempotency_key': 'a-key-000001'}


def test_every_answer_carries_the_security_headers(site: Site) -> None:
    for path in ('/login', '/ward', '/nothing', '/static/ward.css', '/api/v1/state', '/healthz'):
        headers = site.browser().get(path).headers
        policy = headers['content-security-policy']
        assert "default-src 'self'" in policy, path
        assert "frame-ancestors 'none'" in policy
        assert 'unsafe' not in policy
        assert 'ws://fleet.test' in policy
        assert headers['x-content-type-options'] == 'nosniff'
        assert headers['referrer-policy'] == 'same-origin'
        assert 'strict-transport-security' not in headers


def test_pages_are_not_stored_and_files_are_checked_again(site: Site) -> None:
    ward = site.ward()
    assert ward.get('/ward').headers['cache-control'] == 'no-store'
    assert ward.get('/api/v1/state').headers['cache-control'] == 'no-store'
    answer = ward.get('/static/ward.js')
    assert answer.headers['cache-control'] == 'public, no-cache'
    assert 'javascript' in answer.headers['content-type']
    again = ward.get('/static/ward.js', headers={'if-none-match': answer.headers['etag']})
    assert again.status_code == 304


def test_no_page_has_inline_script_or_style(site: Site) -> None:
    delivery = site.delivery(state='awaiting_receipt')
    ward = site.ward()
    pages = [ward.get(path).text for path in ('/ward', '/ward/new', f'/deliveries/{delivery}')]
    pages += [site.browser().get('/login').text, site.operator().get('/operator').text]
    for page in pages:
        assert ' style=' not in page
        assert '<style' not in page
        assert ' onclick' not in page
        assert '<script type="module" src="/static/' in page
        assert page.count('<script') == 1


@pytest.mark.parametrize(
    'headers',
    [
        {'origin': 'http://evil.test'},
        {'origin': 'null'},
        {'origin': ''},
        {'origin': URL, 'sec-fetch-site': 'cross-site'},
        {'origin': URL, 'sec-fetch-site': 'same-site'},
    ],
)
def test_a_change_asked_for_by_another_site_is_refused(
    site: Site, headers: dict[str, str]
) -> None:
    delivery = site.delivery()
    ward = site.ward()
    commands = len(site.fleet.commands)
    for path in (f'/deliveries/{delivery}/cancel', '/language', '/login', '/logout'):
        assert ward.post(path, headers=headers).status_code == 403, path
    assert len(site.fleet.commands) == commands


def test_a_form_needs_the_token_of_its_session(site: Site) -> None:
    delivery = site.delivery()
    ward, other = site.ward(), site.ward('pharmacy')
    for token in ('', 'x', other.csrf, ward.csrf + 'é'):
        ward_csrf, ward.csrf = ward.csrf, ''
        answer = ward.post(f'/deliveries/{delivery}/cancel', {'csrf': token})
        ward.csrf = ward_csrf
        assert answer.status_code == 403
    assert site.fleet._deliveries[delivery]['state'] == 'accepted'
    assert ward.post(f'/deliveries/{delivery}/cancel').status_code == 303


def test_a_json_command_needs_the_token_in_its_header(site: Site) -> None:
    operator = site.operator()
    assert operator.send('POST', '/api/v1/fleet/pause').status_code == 403
    in_body = operator.send('POST', '/api/v1/fleet/pause', json={'csrf': operator.csrf})
    assert in_body.status_code == 403
    assert operator.json('/api/v1/fleet/pause', {}).status_code == 200


def test_a_long_body_is_refused_with_a_length(site: Site) -> None:
    ward = site.ward()
    answer = ward.json('/api/v1/deliveries', DELIVERY | {'note': 'x' * BODY_LIMIT}, **KEY)
    assert answer.status_code == 413
    assert answer.json()['error']['code'] == 'too_large'


def test_a_long_body_is_refused_without_a_length(site: Site) -> None:
    ward = site.ward()
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 8192
            yield b'x' * 8192

    answer = ward.send('POST', '/deliveries', content=endless())
    assert answer.status_code == 413
    assert read <= BODY_LIMIT + 3 * 8192


def test_a_length_that_is_no_number_is_refused(site: Site) -> None:
    headers = {'content-length': 'many', 'x-csrf-token': 'x'}
    assert site.ward().send('POST', '/deliveries', headers=headers).status_code == 413


def test_a_body_that_never_comes_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, 'BODY_SECONDS', 0.05)

    async def stuck() -> AsyncIterator[bytes]:
        yield b'goods='
        await asyncio.sleep(5)

    assert site.ward().send('POST', '/deliveries', content=stuck()).status_code == 408


@pytest.mark.parametrize(
    'body',
    [
        b'{"goods": NaN}',
        b'{"goods": Infinity, "sender": -Infinity}',
        b'[' * 60_000,
        b'{"goods": "drug"',
        b'\xff\xfe',
        b'null',
        b'3',
        b'{"goods": "drug", "goods": "blood", "sender": "pharmacy", "recipient": "n2w"}',
        json.dumps(DELIVERY | {'priority': 1}).encode(),
        json.dumps(DELIVERY | {'goods': 1}).encode(),
        json.dumps(DELIVERY | {'goods': True}).encode(),
        json.dumps(DELIVERY | {'goods': 'x' * 65}).encode(),
        json.dumps(DELIVERY | {'goods': 'a\x00b'}).encode(),
        json.dumps(DELIVERY | {'note': 'a\nb'}).encode(),
        json.dumps(DELIVERY | {'note': 'a\u202eb'}).encode(),
        json.dumps(DELIVERY | {'note': '\ud83d'}).encode(),
        json.dumps(DELIVERY | {'note': 'x' * 201}).encode(),
        json.dumps({'goods': 'drug'}).encode(),
    ],
)
def test_json_that_no_page_sends_is_refused_and_never_a_500(site: Site, body: bytes) -> None:
    ward = site.ward()
    headers = {
        'x-csrf-token': ward.csrf,
        'content-type': 'application/json',
        'idempotency-key': 'a-key-000001',
    }
    answer = ward.send('POST', '/api/v1/deliveries', content=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()['error']['code'] == 'bad_body'
    assert not site.fleet.commands


@pytest.mark.parametrize('key', ['', 'short', 'x' * 65, 'with space 123', 'é' * 12])
def test_the_idempotency_key_is_checked(site: Site, key: str) -> None:
    ward = site.ward()
    headers = [
        (b'x-csrf-token', ward.csrf.encode()),
        (b'idempotency-key', key.encode()),
    ]
    answer = ward.send('POST', '/api/v1/deliveries', json=DELIVERY, headers=headers)
    assert answer.status_code == 422
    assert answer.json()['error']['field'] == 'Idempotency-Key'


@pytest.mark.parametrize(
    'fields',
    [
        {'extra': '1'},
        {'goods': ''},
        {'goods': 'a\u200bb'},
        {'key': 'x'},
        {'note': 'line\x07'},
    ],
)
def test_a_form_that_no_page_sends_is_refused(site: Site, fields: dict[str, str]) -> None:
    form = DELIVERY | {'key': 'a-key-000001', 'note': ''} | fields
    answer = site.ward().post('/deliveries', form)
    assert answer.status_code == 422
    assert '8000' in answer.text
    assert not site.fleet.commands


def test_a_form_field_twice_or_too_many_fields_are_refused(site: Site) -> None:
    ward = site.ward()
    headers = {'content-type': 'application/x-www-form-urlencoded'}
    for body in (
        f'csrf={ward.csrf}&goods=drug&goods=blood',
        f'csrf={ward.csrf}&' + '&'.join(f'f{n}=1' for n in range(20)),
        f'csrf={ward.csrf}&goods=%ff%fe',
    ):
        answer = ward.send('POST', '/deliveries', content=body, headers=headers)
        assert answer.status_code == 422


def test_other_kinds_of_content_are_refused(site: Site) -> None:
    ward = site.ward()
    for kind in ('multipart/form-data; boundary=x', 'text/plain', 'application/xml', ''):
        headers = {'content-type': kind, 'x-csrf-token': ward.csrf}
        answer = ward.send('POST', '/deliveries', content=b'csrf=1', headers=headers)
        assert answer.status_code == 415, kind


def test_a_bug_says_nothing_about_itself(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise RuntimeError('the secret of the house')

    ward = site.ward()
    monkeypatch.setattr(site.fleet, 'current', broken)
    for path in ('/ward', '/api/v1/state'):
        answer = ward.get(path)
        assert answer.status_code == 500
        assert 'secret' not in answer.text
        assert answer.headers['cache-control'] == 'no-store'
        assert "default-src 'self'" in answer.headers['content-security-policy']
    assert '8000' in ward.get('/ward').text


def test_a_full_mailbox_is_a_503_that_can_be_tried_again(site: Site) -> None:
    ward = site.ward()
    site.fleet.full = True
    form = DELIVERY | {'key': 'a-key-000001', 'note': ''}
    page = ward.post('/deliveries', form)
    assert (page.status_code, page.headers['retry-after']) == (503, '2')
    assert 'Nothing is lost' in page.text
    api = ward.json('/api/v1/deliveries', DELIVERY, **KEY)
    assert (api.status_code, api.json()['error']['code']) == (503, 'busy')
    site.fleet.full = False
    assert ward.post('/deliveries', form).status_code == 303


def test_a_kernel_that_does_not_answer_is_a_503(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('fleet_manager.adapters.http.site.REPLY_SECONDS', 0.05)
    ward = site.ward()
    site.fleet.silent = True
    assert ward.json('/api/v1/deliveries', DELIVERY, **KEY).status_code == 503


def test_secure_cookies_come_with_their_name_and_hsts(hospital: Any, loop: Any) -> None:
    site = Site(hospital, loop, secure_cookies=True, allowed_origins=['https://fleet.test'])
    browser = site.browser()
    fields = {'kind': 'operator', 'name': 'dispatch', 'password': 'a long secret', 'next': ''}
    origin = {'origin': 'https://fleet.test'}
    answer = browser.post('https://fleet.test/login', fields, headers=origin)
    cookie = answer.headers['set-cookie']
    assert cookie.startswith('__Host-session=')
    assert {'HttpOnly', 'Secure', 'SameSite=lax', 'Path=/'} <= set(cookie.split('; '))
    assert 'Domain' not in cookie
    assert 'max-age' in answer.headers['strict-transport-security']
    assert 'wss://fleet.test' in answer.headers['content-security-policy']
    site.close()


def test_health_and_files_need_no_database(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = site.ward()
    monkeypatch.setattr(site.accounts, 'seat', None)
    for path in ('/healthz', '/readyz', '/static/ward.css'):
        assert browser.get(path).status_code == 200
    assert browser.get('/ward').status_code == 500


def test_health_and_readiness(site: Site) -> None:
    browser = site.browser()
    assert browser.get('/healthz').json() == {'alive': True}
    assert browser.get('/readyz').json() == {'leader': True, 'database': True, 'ros': True}
    site.health = type(site.health)(
        alive=False, leader=False, database=True, ros_link=True, detail='/secret/path'
    )
    assert browser.get('/healthz').status_code == 503
    answer: httpx.Response = browser.get('/readyz')
    assert (answer.status_code, answer.json()['leader']) == (503, False)
    assert 'secret' not in answer.text
