"""Log in, log out, languages, and what happens when many log in at once."""

from __future__ import annotations

import asyncio
import threading

import pytest

from fleet_manager.adapters.http.auth import Busy
from fleet_manager.adapters.http.routes.session import local_path
from fleet_manager.domain.ids import AccountId
from tests.adapters.http.conftest import Site, hidden
from tests.pages.stand_in import pin_of

OPERATOR = {'kind': 'operator', 'name': 'dispatch', 'password': 'a long secret', 'next': ''}


def ward_form(station: str = 'n2w', **other: str) -> dict[str, str]:
    return {'kind': 'ward', 'station': station, 'pin': pin_of(station), 'next': ''} | other


def test_a_ward_picks_its_station_and_types_its_pin(site: Site) -> None:
    browser = site.browser()
    page = browser.get('/login').text
    assert 'Surgery nurse station · N2W' in page
    assert 'inputmode="numeric"' in page
    answer = browser.post('/login', ward_form())
    assert (answer.status_code, answer.headers['location']) == (303, '/')
    cookie = answer.headers['set-cookie']
    assert {'HttpOnly', 'SameSite=lax', 'Path=/'} <= set(cookie.split('; '))
    assert browser.get('/').headers['location'] == '/ward'
    assert 'Surgery nurse station' in browser.get('/ward').text


def test_an_operator_logs_in_with_name_and_password(site: Site) -> None:
    browser = site.browser()
    assert browser.post('/login', OPERATOR).status_code == 303
    assert browser.get('/').headers['location'] == '/operator'


def test_a_qr_label_fills_in_the_station(site: Site) -> None:
    browser = site.browser()
    answer = browser.get('/r/n2w')
    assert answer.headers['location'] == '/login?next=/r/n2w'
    page = browser.get('/login?next=/r/n2w').text
    assert '<option value="n2w" selected>' in page
    form = page.split('action="/login"')[1]
    answer = browser.post('/login', ward_form(next=hidden(form, 'next')))
    assert answer.headers['location'] == '/r/n2w'
    assert browser.get('/r/n2w').headers['location'] == '/ward'
    assert browser.get('/r/nowhere').status_code == 404


def test_the_label_of_another_station_asks_for_its_pin_and_ends_the_old_session(
    site: Site,
) -> None:
    browser = site.ward('n2w')
    old = site.browser()
    old.client.cookies.update(browser.client.cookies)
    answer = browser.get('/r/n3e')
    assert answer.headers['location'] == '/login?next=/r/n3e'
    page = browser.get('/login?next=/r/n3e').text
    assert 'signed in as Surgery nurse station' in page
    browser.post('/login', ward_form('n3e'))
    assert 'Neurology nurse station' in browser.get('/ward').text
    assert old.get('/ward').status_code == 303


@pytest.mark.parametrize(
    ('form', 'status', 'said'),
    [
        (ward_form(pin='1'), 401, 'does not match'),
        (ward_form('nowhere'), 401, 'does not match'),
        (OPERATOR | {'password': 'x'}, 401, 'does not match'),
        (OPERATOR | {'name': 'ward-n2w', 'password': pin_of('n2w')}, 401, 'does not match'),
        (OPERATOR | {'name': 'nobody'}, 401, 'does not match'),
    ],
)
def test_a_wrong_log_in_says_the_same_whatever_was_wrong(
    site: Site, form: dict[str, str], status: int, said: str
) -> None:
    browser = site.browser()
    answer = browser.post('/login', form)
    assert answer.status_code == status
    assert said in answer.text
    assert 'set-cookie' not in answer.headers
    secret = form.get('pin') or form['password']
    assert f'value="{secret}"' not in answer.text


def test_too_many_tries_lock_and_say_so(site: Site) -> None:
    browser = site.browser()
    for _ in range(5):
        assert browser.post('/login', ward_form(pin='1')).status_code == 401
    answer = browser.post('/login', ward_form())
    assert answer.status_code == 429
    assert 'Wait a few minutes' in answer.text


def test_a_disabled_account_is_out_at_once(site: Site) -> None:
    ward = site.ward()
    site.accounts.set_disabled(AccountId('ward-n2w'), disabled=True)
    answer = ward.get('/ward')
    assert (answer.status_code, answer.headers['location']) == (
        303, '/login?next=/ward&why=disabled',
    )  # fmt: skip
    assert 'switched off' in ward.get(answer.headers['location']).text
    assert 'N2W' not in site.browser().get('/login').text


def test_a_disabled_operator_is_told_whom_to_call(site: Site) -> None:
    site.accounts.set_disabled(AccountId('dispatch'), disabled=True)
    answer = site.browser().post('/login', OPERATOR)
    assert (answer.status_code, 'switched off' in answer.text) == (403, True)


@pytest.mark.thorough
def test_only_18_log_ins_wait_for_a_hash_the_next_one_is_told_to_come_back(site: Site) -> None:
    site.accounts.slow = 0.3
    people = site.app.state.site.people

    async def many() -> list[object]:
        tries = [people.verify(AccountId('dispatch'), 'a long secret') for _ in range(20)]
        return await asyncio.gather(*tries, return_exceptions=True)

    outcomes = site.loop.run(many())
    assert outcomes.count('ok') == 18
    assert sum(isinstance(outcome, Busy) for outcome in outcomes) == 2


def test_a_busy_log_in_is_a_503(site: Site) -> None:
    site.app.state.site.people._places = threading.Semaphore(0)
    answer = site.browser().post('/login', OPERATOR)
    assert (answer.status_code, answer.headers['retry-after']) == (503, '2')


def test_log_out_ends_the_session(site: Site) -> None:
    ward = site.ward()
    stolen = dict(ward.client.cookies)
    assert ward.post('/logout').headers['location'] == '/login'
    thief = site.browser()
    thief.client.cookies.update(stolen)
    assert thief.get('/ward').status_code == 303


@pytest.mark.parametrize('token', ['', 'x', 'x' * 300, 'token-0'])
def test_a_cookie_that_is_no_session_is_nobody(site: Site, token: str) -> None:
    browser = site.browser()
    answer = browser.get('/api/v1/session', headers={'cookie': f'session={token}'})
    assert answer.status_code == 401


def test_the_language_stays_on_the_page(site: Site) -> None:
    browser = site.ward()
    answer = browser.post('/language', {'lang': 'zh-CN', 'next': '/ward/new?goods=drug'})
    assert answer.headers['location'] == '/ward/new?goods=drug'
    page = browser.get('/ward/new?goods=drug').text
    assert '<html lang="zh-CN">' in page
    assert hidden(page, 'next') == '/ward/new?goods=drug'
    assert '药房' in page


def test_the_first_visit_follows_the_browser(site: Site) -> None:
    for accept, lang in (
        ('zh-TW,zh;q=0.9,en;q=0.8', 'zh-CN'),
        ('fr, en;q=0.5, zh;q=0.7', 'zh-CN'),
        ('fr', 'en'),
        ('en;q=x, zh;q=0', 'en'),
        ('', 'en'),
    ):
        page = site.browser().get('/login', headers={'accept-language': accept}).text
        assert f'<html lang="{lang}">' in page, accept


@pytest.mark.parametrize(
    'path',
    [
        'http://evil.test',
        '//evil.test',
        '/\\evil.test',
        '\\\\evil.test',
        'javascript:alert(1)',
        '/a\nb',
        '/' + 'x' * 600,
        'ward',
        '/药',
    ],
)
def test_nobody_is_led_to_another_site(site: Site, path: str) -> None:
    assert local_path(path) == ''
    answer = site.browser().post('/login', ward_form(next=path))
    assert answer.headers['location'] == '/'
    assert site.ward().post('/language', {'lang': 'en', 'next': path}).headers['location'] == '/'


def test_an_unknown_language_is_refused(site: Site) -> None:
    assert site.ward().post('/language', {'lang': 'xx', 'next': '/'}).status_code == 422
    assert site.ward().get('/i18n/xx.json').status_code == 404


def test_the_catalog_is_fetched_once(site: Site) -> None:
    ward = site.ward()
    answer = ward.get('/i18n/zh-CN.json')
    assert answer.json()['delivery.state.accepted'] == '已受理'
    again = ward.get('/i18n/zh-CN.json', headers={'if-none-match': answer.headers['etag']})
    assert again.status_code == 304
