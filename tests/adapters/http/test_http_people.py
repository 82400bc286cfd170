"""Personal accounts on the pages: log in, own sessions, step-up, the administrator's pages."""

from __future__ import annotations

import re

import pytest

from fleet_manager.adapters.http.place import device_of
from fleet_manager.application.people import FRESH_MS
from fleet_manager.domain import messages as m
from fleet_manager.domain.ids import AccountId, DeliveryId
from fleet_manager.domain.units import Instant
from tests.adapters.http.conftest import Browser, Site

NURSE = AccountId('li.na')


@pytest.fixture
def admin(site: Site) -> Browser:
    return site.browser().as_person('admin-1')


def nurse(site: Site) -> Browser:
    return site.browser().as_person('li.na', '274951')


def test_a_person_works_at_a_station_of_theirs_and_signs_with_their_own_name(site: Site) -> None:
    browser = nurse(site)
    assert browser.get('/').headers['location'] == '/ward'
    assert 'Surgery nurse station' in browser.get('/ward').text
    answer = browser.post('/me/station', {'station': 'n3e'})
    assert answer.status_code == 303
    assert 'Neurology nurse station' in browser.get('/ward').text
    assert browser.post('/me/station', {'station': 'pharmacy'}).status_code == 422
    browser.json(
        '/api/v1/deliveries',
        {'goods': 'drug', 'sender': 'pharmacy', 'recipient': 'n3e'},
        idempotency_key='key-of-a-person',
    )
    assert site.fleet.commands[-1].actor == m.Actor('li.na', m.Role.WARD, 'n3e')


def test_who_has_an_account_is_told_the_same_as_who_has_none(site: Site) -> None:
    def said(name: str, secret: str) -> tuple[int, str]:
        form = {'kind': 'person', 'name': name, 'password': secret, 'next': ''}
        answer = site.browser().post('/login', form)
        return answer.status_code, re.sub(rf'value="{re.escape(name)}"', '', answer.text)

    assert said('li.na', 'wrong') == said('nobody.here', 'wrong') == said('ward-n2w', 'wrong')


def test_a_badge_logs_in_and_a_wrong_one_does_not(site: Site) -> None:
    site.accounts.add_badge(NURSE, code='BADGE-0001', now=Instant(0))
    browser = site.browser()
    assert browser.post('/login', {'kind': 'badge', 'code': 'BADGE-0002'}).status_code == 401
    assert browser.post('/login', {'kind': 'badge', 'code': 'BADGE-0001'}).status_code == 303
    assert 'Li.Na' in browser.get('/me').text


def test_a_colleagues_badge_opens_in_the_colleagues_name(site: Site) -> None:
    delivery = site.delivery(state='awaiting_receipt')
    site.accounts.add_badge(NURSE, code='BADGE-0001', now=Instant(0))
    site.ward('n2w').post(f'/deliveries/{delivery}/open', {'pin': 'BADGE-0001'})
    opened = site.fleet.commands[-1]
    assert opened == m.OpenCompartment(m.Actor('li.na', m.Role.WARD, 'n2w'), DeliveryId(delivery))


def test_a_disabled_person_is_refused_at_the_next_act_and_nothing_is_lost(site: Site) -> None:
    delivery = site.delivery(state='awaiting_receipt')
    browser, said = nurse(site), len(site.fleet.commands)
    site.accounts.set_disabled(NURSE, disabled=True)
    answer = browser.post(f'/deliveries/{delivery}/open', {'pin': '274951'})
    assert answer.headers['location'] == '/login?why=disabled'
    assert 'switched off' in browser.get('/login?why=disabled').text
    api = browser.get('/api/v1/state')
    assert (api.status_code, api.json()['error']['code']) == (401, 'account_disabled')
    assert len(site.fleet.commands) == said
    assert site.fleet._deliveries[delivery]['state'] == 'awaiting_receipt'


def test_five_wrong_pins_raise_an_alert_for_a_known_account_only(site: Site) -> None:
    for name in ('li.na', 'nobody.here'):
        for _ in range(6):
            form = {'kind': 'person', 'name': name, 'password': 'x', 'next': ''}
            site.browser().post('/login', form)
    locks = [one for one in site.fleet.reports if isinstance(one, m.LockReport)]
    assert [(lock.account, lock.name) for lock in locks] == [(NURSE, 'Li.Na')]


def test_own_sessions_are_seen_and_ended_and_nobody_elses(site: Site) -> None:
    here, there, other = nurse(site), nurse(site), site.browser().as_person('desk-1')
    page = here.get('/me').text
    paths = re.findall(r'action="(/me/sessions/[^"]+/end)"', page)
    assert len(paths) == 1
    other.post(paths[0])
    assert there.get('/ward').status_code == 200
    assert here.post(paths[0]).status_code == 303
    assert there.get('/ward').status_code == 303
    assert here.get('/ward').status_code == 200


@pytest.mark.parametrize(
    ('current', 'new', 'again', 'status', 'said'),
    [
        ('x', '385062', '385062', 422, 'does not match'),
        ('274951', '38506', '38506', 422, 'too short'),
        ('274951', '123456', '123456', 422, 'too easily'),
        ('274951', '111222', '111222', 422, 'too easily'),
        ('274951', '385062', '385063', 422, 'not the same'),
        ('274951', '385062', '385062', 303, ''),
    ],
)
def test_a_new_pin_needs_the_old_one_and_is_not_too_easy(
    site: Site, current: str, new: str, again: str, status: int, said: str
) -> None:
    here, there = nurse(site), nurse(site)
    answer = here.post('/me/secret', {'current': current, 'new': new, 'again': again})
    assert (answer.status_code, said in answer.text) == (status, True)
    if status == 303:
        assert here.get('/me').status_code == 200
        assert there.get('/me').status_code == 303
        assert site.accounts.secrets['li.na'] == '385062'


def test_a_shared_pin_is_nobodys_to_change(site: Site) -> None:
    answer = site.ward().post('/me/secret', {'current': 'a', 'new': '385062', 'again': '385062'})
    assert answer.status_code == 403


@pytest.mark.parametrize('path', ['lifts/A/release', 'map/swap'])
def test_what_cannot_be_taken_back_asks_operators_for_the_secret_again(
    site: Site, path: str
) -> None:
    operator = site.operator()
    for seat in site.accounts.sessions.values():
        seat.fresh = Instant(seat.fresh - FRESH_MS)
    answer = operator.json(f'/api/v1/{path}', {})
    assert (answer.status_code, answer.json()['error']['code']) == (403, 'confirm_first')
    assert not site.fleet.commands
    assert operator.json('/api/v1/robots/r1/pause', {}).status_code == 200
    form = {'secret': 'a long secret', 'next': '/operator'}
    assert operator.post('/confirm', form).headers['location'] == '/operator'
    assert (
        operator.json(f'/api/v1/{path}', {}).json().get('error', {}).get('code') != 'confirm_first'
    )


@pytest.mark.thorough
def test_closing_a_delivery_asks_for_the_secret_again_once_in_ten_minutes(site: Site) -> None:
    first, second = site.delivery(state='taken'), site.delivery(state='taken')
    for delivery in (first, second):
        site.fleet._deliveries[delivery] |= {'may_close': True}
    site.fleet.publish()
    desk = site.browser().as_person('desk-1')
    form, why = f'action="/deliveries/{first}/close"', {'reason': 'signed on paper'}
    assert form in desk.get(f'/deliveries/{first}').text
    for seat in site.accounts.sessions.values():
        seat.fresh = Instant(seat.fresh - FRESH_MS)
    page = desk.get(f'/deliveries/{first}').text
    assert form not in page
    assert f'href="/confirm?next=/deliveries/{first}"' in page
    # a page that was open before leads back to where it was sent from
    answer = desk.post(f'/deliveries/{first}/close', why)
    assert answer.headers['location'] == f'/confirm?next=/deliveries/{first}'
    assert not any(isinstance(one, m.CloseDelivery) for one in site.fleet.commands)
    given = {'secret': 'a long secret', 'next': f'/deliveries/{first}'}
    assert desk.post('/confirm', given).headers['location'] == f'/deliveries/{first}'
    for delivery in (first, second):
        desk.post(f'/deliveries/{delivery}/close', why)
    closed = [one for one in site.fleet.commands if isinstance(one, m.CloseDelivery)]
    assert [one.delivery for one in closed] == [first, second]


def test_dangerous_deeds_ask_for_the_secret_again(site: Site, admin: Browser) -> None:
    assert admin.get('/accounts').status_code == 200
    for seat in site.accounts.sessions.values():
        seat.fresh = Instant(seat.fresh - FRESH_MS)
    answer = admin.get('/accounts?q=li')
    assert answer.headers['location'] == '/confirm?next=/accounts%3Fq%3Dli'
    back = admin.post('/accounts/li.na/disable').headers['location']
    assert back == '/confirm?next=/accounts/li.na'
    assert not site.accounts.accounts['li.na'].disabled
    page = admin.get('/confirm?next=/accounts%3Fq%3Dli').text
    assert 'value="/accounts?q=li"' in page
    wrong = admin.post('/confirm', {'secret': 'x', 'next': '/accounts?q=li'})
    assert (wrong.status_code, 'does not match' in wrong.text) == (422, True)
    right = admin.post('/confirm', {'secret': 'a long secret', 'next': '/accounts?q=li'})
    assert right.headers['location'] == '/accounts?q=li'
    assert admin.get('/accounts?q=li').status_code == 200


def test_the_administrator_makes_an_account_and_hands_its_pin_over_once(
    site: Site, admin: Browser
) -> None:
    form = {'name': ' Chen.Jie ', 'label': '陈洁 <b>', 'role': 'ward', 'station1': 'n2w'}
    page = admin.post('/accounts', form).text
    pin = re.search(r'<strong class="secret">(\d{6})</strong>', page)
    assert pin is not None
    assert '陈洁 &lt;b&gt;' in page
    assert pin[1] not in admin.get('/accounts/chen.jie').text
    assert site.browser().as_person('chen.jie', pin[1]).get('/ward').status_code == 200
    assert 'taken' not in page
    assert 'has this name already' in admin.post('/accounts', form).text


@pytest.mark.thorough
@pytest.mark.parametrize(
    ('changes', 'said'),
    [
        ({'name': 'x'}, '2 to 32'),
        ({'name': 'a' * 33}, '2 to 32'),
        ({'name': '../etc'}, '2 to 32'),
        ({'name': '陈洁'}, '2 to 32'),
        ({'label': ' '}, '1 to 60'),
        ({'label': 'x' * 10_000}, '1 to 60'),
        ({'role': 'system'}, 'no such role'),
        ({'role': 'integration'}, 'no such role'),
        ({'station1': 'moon'}, 'no such station'),
        ({'station1': ''}, 'choose one'),
        ({'role': 'auditor'}, 'choose none'),
    ],
)
def test_an_account_that_makes_no_sense_is_refused_with_what_to_do(
    site: Site, admin: Browser, changes: dict[str, str], said: str
) -> None:
    known = dict(site.accounts.accounts)
    form = {'name': 'chen.jie', 'label': 'Chen', 'role': 'ward', 'station1': 'n2w'} | changes
    answer = admin.post('/accounts', form)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert site.accounts.accounts == known


def test_the_administrator_changes_disables_renews_and_takes_badges(
    site: Site, admin: Browser
) -> None:
    details = {'label': 'Li Na', 'role': 'porter'}
    assert admin.post('/accounts/li.na/change', details).status_code == 303
    assert site.accounts.accounts['li.na'].role == 'porter'
    browser = nurse(site)
    admin.post('/accounts/li.na/disable')
    assert browser.get('/me').status_code == 303
    admin.post('/accounts/li.na/enable')
    page = admin.post('/accounts/li.na/secret').text
    pin = re.search(r'<strong class="secret">(\d{6})</strong>', page)
    assert pin is not None
    site.browser().as_person('li.na', pin[1])
    admin.post('/accounts/li.na/badges', {'code': 'BADGE-0001'})
    assert 'cannot be given' in admin.post('/accounts/li.na/badges', {'code': 'short'}).text
    badge = re.search(r'/badges/([^/]+)/remove', admin.get('/accounts/li.na').text)
    assert badge is not None
    admin.post(f'/accounts/li.na/badges/{badge[1]}/remove')
    assert not site.accounts.codes
    seat = re.search(
        r'action="(/accounts/li.na/sessions/[^"]+)"', admin.get('/accounts/li.na').text
    )
    assert seat is not None
    assert admin.post(seat[1]).status_code == 303


def test_nobody_locks_themselves_out_and_unknown_names_are_not_found(
    site: Site, admin: Browser
) -> None:
    assert 'your own account' in admin.post('/accounts/admin-1/disable').text
    itself = {'label': 'Admin', 'role': 'porter'}
    assert 'your own account' in admin.post('/accounts/admin-1/change', itself).text
    assert not site.accounts.accounts['admin-1'].disabled
    for deed in ('disable', 'enable', 'secret'):
        assert admin.post(f'/accounts/nobody/{deed}').status_code == 404
    assert admin.get('/accounts/nobody').status_code == 404
    assert admin.post('/accounts/dispatch/change', itself).status_code == 404


def test_forms_without_their_token_change_nothing(site: Site, admin: Browser) -> None:
    admin.csrf = 'x' * 64
    answer = admin.post('/accounts/li.na/disable')
    assert (answer.status_code, site.accounts.accounts['li.na'].disabled) == (403, False)


def test_what_a_station_shares_has_its_name_in_the_language_of_who_reads(site: Site) -> None:
    admin = site.browser().as_person('admin-1')
    assert 'Surgery nurse station' in admin.get('/accounts').text
    chinese = admin.get('/accounts', headers={'accept-language': 'zh-CN'}).text
    assert '普外科护士站' in chinese
    assert 'Surgery' not in chinese


@pytest.mark.parametrize(
    ('place', 'said'),
    [
        ('10.0.0.7 Mozilla/5.0 (Linux; Android 14) Chrome/130 Safari/537', 'Chrome · Android'),
        ('10.0.0.7 Mozilla/5.0 (iPhone) MicroMessenger/8 Safari/604', 'WeChat · iPhone'),
        ('10.0.0.7 Mozilla/5.0 (Windows NT 10.0) Chrome/130 Edg/130', 'Edge · Windows'),
    ],
)
def test_a_device_is_called_as_people_call_it(place: str, said: str) -> None:
    assert device_of(place) == f'{said} · 10.0.0.7'
    assert device_of('10.0.0.7 his-gateway/2') == '10.0.0.7 his-gateway/2'
