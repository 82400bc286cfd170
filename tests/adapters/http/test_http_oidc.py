"""Log in by the hospital's OpenID provider, from the first tap to the log-out; who gets nowhere.

The provider is a real one, see `tests.adapters.oidc.provider`; the accounts are real, too.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from argon2 import PasswordHasher

from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.adapters.http.provider import ProviderDesk
from fleet_manager.adapters.oidc.fetch import Fetch
from fleet_manager.adapters.oidc.provider import Client, OidcProvider
from fleet_manager.application.audit import Line, Wanted
from fleet_manager.application.people import FRESH_MS
from fleet_manager.application.ports import Account
from fleet_manager.application.provider_log_in import GroupRule, LogInByProvider
from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Role
from fleet_manager.domain.units import Instant
from tests.adapters.http.conftest import URL, Browser, Loop, Site
from tests.adapters.oidc.provider import (
    CLIENT,
    REDIRECT,
    SECRET,
    Provider,
    User,
    running,
    sent_back,
)
from tests.pages.stand_in import now

RULES = (
    GroupRule('fleet-admins', Role.ADMIN),
    GroupRule('nurses-surgery', Role.WARD, (StationId('n2w'),)),
    GroupRule('nurses-neurology', Role.WARD, (StationId('n3e'),)),
    GroupRule('dispatch', Role.OPERATOR),
)
NURSE = AccountId('li.na')
FETCH = Fetch()


class House(Site):
    """The app with real accounts and a provider."""

    def __init__(self, hospital: Hospital, loop: Loop, kept: SqlAccounts, provider: Provider):
        client = OidcProvider(
            Client(provider.issuer, CLIENT, SECRET, REDIRECT, f'{URL}/login'), FETCH
        )
        self.kept, self.provider = kept, provider
        desk = ProviderDesk(client, kept, LogInByProvider(kept, kept, RULES))
        super().__init__(hospital, loop, accounts=kept, audit=kept, provider=desk)

    def logged_in(self, path: str = '/oidc/start') -> Browser:
        browser = self.browser()
        assert self.come_back(browser, path).status_code == 303
        return browser.with_token()

    def come_back(self, browser: Browser, path: str = '/oidc/start') -> httpx.Response:
        """Go to the provider and come back with what it gave; return what we say to that."""
        return browser.get(self.way_back(browser, path))

    def way_back(self, browser: Browser, path: str = '/oidc/start') -> str:
        there = browser.get(path)
        assert there.status_code == 303, there.text
        return self.from_provider(there.headers['location'])

    def from_provider(self, url: str) -> str:
        assert url.startswith(f'{self.provider.issuer}/authorize?')
        return sent_back(url).removeprefix(URL)

    def lines(self, deed: str = 'log_in') -> list[Line]:
        return list(self.kept.lines(Wanted(deed=deed), limit=50))

    def grown_old(self, browser: Browser) -> None:
        """Let it be long ago that this person proved who they are."""
        token = browser.client.cookies['session']
        self.kept.confirm(token, now=Instant(now() - FRESH_MS))


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqlAccounts]:
    monkeypatch.setattr('fleet_manager.adapters.db.accounts.HASHER', PasswordHasher(1, 8, 1))
    made = SqlAccounts(f'sqlite:///{tmp_path / "accounts.db"}', badge_key='a key')
    made.create(Account(AccountId('admin'), 'Admin', 'admin', None), secret='a long secret')
    made.create(Account(AccountId('ward-n2w'), 'Ward', 'ward', StationId('n2w')), secret='274951')
    yield made
    made.close()


@pytest.fixture
def house(
    hospital: Hospital, loop: Loop, kept: SqlAccounts, provider: Provider
) -> Iterator[House]:
    made = House(hospital, loop, kept, provider)
    yield made
    made.close()


def who(browser: Browser) -> str:
    return str(browser.get('/api/v1/session').json().get('account', ''))


def test_without_a_provider_there_is_nothing_of_it_on_any_page(site: Site) -> None:
    browser = site.browser()
    assert 'oidc' not in browser.get('/login').text
    for path in ('/oidc/start', '/oidc/callback?code=x&state=y'):
        assert browser.get(path).status_code == 404
    person = site.browser().as_person('li.na', '274951')
    assert 'oidc' not in person.get('/me').text + person.get('/confirm').text
    assert person.get('/oidc/confirm').status_code == 404
    assert person.post('/oidc/link').status_code == 404


def test_a_nurse_logs_in_with_the_hospital_account_and_works_at_her_station(
    house: House, provider: Provider
) -> None:
    browser = house.browser()
    assert 'href="/oidc/start?next=/r/n2w"' in browser.get('/login?next=/r/n2w').text
    there = browser.get('/oidc/start?next=/r/n2w')
    asked = dict(parse_qsl(urlsplit(there.headers['location']).query))
    assert (asked['redirect_uri'], asked['code_challenge_method']) == (REDIRECT, 'S256')
    cookie = there.headers['set-cookie']
    assert {'HttpOnly', 'SameSite=lax', 'Path=/', 'Max-Age=600'} <= set(cookie.split('; '))
    back = browser.get(house.from_provider(there.headers['location']))
    assert (back.status_code, back.headers['location']) == (303, '/r/n2w')
    assert 'oidc' not in browser.client.cookies
    assert 'Surgery nurse station' in browser.get('/ward').text
    assert '李娜' in browser.get('/me').text
    assert [(line.who, line.outcome) for line in house.lines()] == [('li.na', 'ok')]
    assert [line.subject for line in house.lines('account_made')] == ['li.na']
    # the groups decide, each time
    assert provider.user is not None
    provider.user.groups = ['dispatch']
    assert house.logged_in().get('/').headers['location'] == '/operator'
    assert browser.get('/ward').status_code == 303, 'the session of the old role is over'
    assert [line.subject for line in house.lines('account_changed')] == ['li.na']


def test_the_pages_are_where_the_settings_say_whatever_host_is_asked_for(
    house: House,
) -> None:
    there = house.browser().get('/oidc/start', headers={'host': 'evil.example'})
    asked = dict(parse_qsl(urlsplit(there.headers['location']).query))
    assert asked['redirect_uri'] == REDIRECT


@pytest.mark.parametrize('back', ['//evil.example', 'https://evil.example', '/\\evil', '/a\nb'])
def test_nobody_is_led_elsewhere_after_the_log_in(house: House, back: str) -> None:
    browser = house.browser()
    there = browser.get('/oidc/start', params={'next': back})
    answer = browser.get(house.from_provider(there.headers['location']))
    assert answer.headers['location'] == '/'
    browser = house.browser()
    way = house.way_back(browser)
    kept = json.loads(urlsafe_b64decode(browser.client.cookies['oidc']))
    changed = urlsafe_b64encode(json.dumps(kept | {'back': back}).encode()).decode()
    browser.client.cookies.clear()
    browser.client.cookies.set('oidc', changed)
    assert browser.get(way).headers['location'] == '/'


def test_a_session_is_a_new_one_and_the_one_before_is_over(house: House) -> None:
    browser = house.logged_in()
    old = house.browser()
    old.client.cookies.update(browser.client.cookies)
    assert house.come_back(browser).status_code == 303
    assert browser.client.cookies['session'] != old.client.cookies['session']
    assert browser.get('/me').status_code == 200
    assert old.get('/me').status_code == 303


def test_an_answer_is_taken_only_by_the_browser_that_asked_and_only_once(
    house: House, provider: Provider
) -> None:
    attacker, victim = house.browser(), house.browser()
    way = house.way_back(attacker)
    for path in (way, '/oidc/callback', '/oidc/callback?code=x', f'{way}x'):
        assert victim.get(path).status_code == 400
    victim.get('/oidc/start')
    answer = victim.get(way)
    assert (answer.status_code, 'another window' in answer.text) == (400, True)
    assert 'session' not in victim.client.cookies
    assert attacker.get(way).status_code == 303
    assert attacker.get(way).status_code == 400
    # with another attempt of one's own, the code is still used up
    fresh = house.browser()
    state = dict(parse_qsl(urlsplit(house.way_back(fresh)).query))['state']
    code = dict(parse_qsl(urlsplit(way).query))['code']
    assert fresh.get(f'/oidc/callback?code={code}&state={state}').status_code == 403
    assert house.lines()[0].outcome == 'code'


@pytest.mark.parametrize(
    'cookie',
    ['', 'x', 'é', 'eyJ9', urlsafe_b64encode(b'[]').decode(), urlsafe_b64encode(b'{}').decode(),
     urlsafe_b64encode(b'[' * 2_000).decode(), 'A' * 4_000,
     urlsafe_b64encode(json.dumps(dict.fromkeys(
         ('purpose', 'state', 'nonce', 'verifier', 'back', 'csrf'), 7)).encode()).decode(),
     urlsafe_b64encode(json.dumps({'purpose': 'log_in'} | dict.fromkeys(
         ('state', 'nonce', 'verifier', 'back', 'csrf'), '\ud800')).encode()).decode()],
)  # fmt: skip
def test_a_cookie_that_is_none_of_ours_is_no_attempt(house: House, cookie: str) -> None:
    browser = house.browser()
    headers = {'cookie': f'oidc={cookie}'.encode()}
    assert browser.get('/oidc/callback?code=x&state=y', headers=headers).status_code == 400


@pytest.mark.parametrize(
    ('change', 'outcome'),
    [({'nonce': 'x'}, 'nonce'), ({'aud': 'x'}, 'audience'), ({'exp': 1}, 'expired')],
)
def test_a_token_that_proves_nothing_logs_nobody_in_and_the_list_says_why(
    house: House, provider: Provider, change: dict[str, object], outcome: str
) -> None:
    provider.spoil = lambda claims: claims | change
    browser = house.browser()
    answer = house.come_back(browser)
    assert (answer.status_code, 'could not be trusted' in answer.text) == (403, True)
    assert 'session' not in browser.client.cookies
    assert [line.outcome for line in house.lines()] == [outcome]
    assert house.kept.get(NURSE) is None


def test_after_five_answers_that_prove_nothing_a_device_waits_and_others_do_not(
    house: House, provider: Provider
) -> None:
    provider.spoil = lambda claims: claims | {'nonce': 'x'}
    assert [house.come_back(house.browser()).status_code for _ in range(5)] == [403] * 5
    provider.spoil = lambda claims: claims
    locked = house.come_back(house.browser())
    assert (locked.status_code, 'Too many tries' in locked.text) == (429, True)
    other = house.browser()
    other.client.headers['user-agent'] = 'another device'
    assert house.come_back(other).status_code == 303


def test_who_is_in_no_group_is_told_whom_to_call_and_gets_no_account(
    house: House, provider: Provider
) -> None:
    provider.user = User('u-2', 'wang', groups=['choir'])
    answer = house.come_back(house.browser())
    assert answer.status_code == 403
    assert 'none of its groups' in answer.text
    assert house.hospital.phone in answer.text
    assert house.kept.get(AccountId('wang')) is None
    line = house.lines()[0]
    assert (line.who, line.subject, line.outcome) == ('?', 'provider: wang', 'no_group')


@pytest.mark.parametrize('name', ['<script>alert(1)</script>', '\x00\u202e' * 50, '=cmd', ''])
def test_a_name_from_the_provider_is_text_and_nothing_else(
    house: House, provider: Provider, name: str
) -> None:
    provider.user = User('u-7', name, name)
    page = house.logged_in().get('/me')
    assert page.status_code == 200
    assert '<script>alert' not in page.text
    assert '\u202e' not in page.text
    assert house.browser().as_person('admin').get('/accounts').status_code == 200
    assert len(house.lines()) == 2


def test_who_says_no_at_the_provider_can_start_again(house: House, provider: Provider) -> None:
    provider.user = None
    browser = house.browser()
    answer = house.come_back(browser, '/oidc/start?next=/ward')
    assert 'not signed in there' in answer.text
    assert 'href="/oidc/start?next=/ward"' in answer.text


def test_a_switched_off_account_stays_so(house: House) -> None:
    browser = house.logged_in()
    house.kept.set_disabled(NURSE, disabled=True)
    assert browser.get('/me').headers['location'] == '/login?next=/me&why=disabled'
    answer = house.come_back(house.browser())
    assert (answer.status_code, 'switched off' in answer.text) == (403, True)
    assert house.lines()[0].outcome == 'disabled'


def test_with_the_provider_down_people_are_told_and_pins_still_work(
    hospital: Hospital, loop: Loop, kept: SqlAccounts
) -> None:
    with running() as gone:
        pass
    house = House(hospital, loop, kept, gone)
    browser = house.browser()
    answer = browser.get('/oidc/start?next=/ward')
    assert (answer.status_code, 'does not answer' in answer.text) == (503, True)
    form = {'kind': 'ward', 'station': 'n2w', 'pin': '274951', 'next': '/ward'}
    assert browser.post('/login', form).headers['location'] == '/ward'
    assert [line.outcome for line in house.lines()] == ['ok', 'down']
    house.close()


def test_dangerous_deeds_are_confirmed_at_the_provider_by_who_has_no_pin(
    house: House, provider: Provider
) -> None:
    assert provider.user is not None
    provider.user.groups = ['fleet-admins']
    provider.user.proved -= 3_600
    browser = house.logged_in()
    # the log-in at the provider was an hour ago, though it was here just now
    assert browser.get('/accounts').headers['location'] == '/confirm?next=/accounts'
    page = browser.get('/confirm?next=/accounts').text
    assert 'href="/oidc/confirm?next=/accounts"' in page
    assert 'type="password"' not in page
    there = browser.get('/oidc/confirm?next=/accounts')
    asked = dict(parse_qsl(urlsplit(there.headers['location']).query))
    assert (asked['prompt'], asked['max_age']) == ('login', '0')
    back = browser.get(house.from_provider(there.headers['location']))
    assert back.headers['location'] == '/accounts'
    assert browser.get('/accounts').status_code == 200
    assert [line.outcome for line in house.lines('confirm')] == ['ok']


def test_another_persons_proof_or_an_old_one_confirms_nothing(
    house: House, provider: Provider
) -> None:
    assert provider.user is not None
    provider.user.groups = ['fleet-admins']
    browser, nurse = house.logged_in(), provider.user
    house.grown_old(browser)
    provider.user = User('u-9', 'wang', groups=['fleet-admins'])
    answer = house.come_back(browser, '/oidc/confirm?next=/accounts')
    assert (answer.status_code, 'somebody else' in answer.text) == (403, True)
    provider.user = nurse
    for old in ({'auth_time': 1_700_000_000}, {'auth_time': None}):
        provider.spoil = lambda claims, old=old: claims | old  # type: ignore[misc]
        answer = house.come_back(browser, '/oidc/confirm?next=/accounts')
        assert 'just proved' in answer.text
    assert browser.get('/accounts').status_code == 303
    assert {line.outcome for line in house.lines('confirm')} == {'somebody_else', 'not_fresh'}


def test_who_has_no_pin_chooses_one_after_a_fresh_log_in_and_signs_with_it(
    house: House,
) -> None:
    browser = house.logged_in()
    assert 'You have none yet' in browser.get('/me').text
    house.grown_old(browser)
    chosen = {'new': '596173', 'again': '596173'}
    assert browser.post('/me/secret', chosen).headers['location'] == '/confirm?next=/me'
    assert house.kept.verify(NURSE, secret='596173', now=now()) == 'wrong'
    assert house.come_back(browser, '/oidc/confirm?next=/me').headers['location'] == '/me'
    assert browser.post('/me/secret', chosen).headers['location'] == '/me?done=secret'
    assert house.kept.verify(NURSE, secret='596173', now=now()) == 'ok'
    browser.with_token()
    # from now on it takes the old one to choose another
    again = browser.post('/me/secret', {'new': '617359', 'again': '617359'})
    assert (again.status_code, 'does not match' in again.text) == (422, True)


def test_an_account_from_here_is_linked_by_who_proves_both(
    house: House, provider: Provider
) -> None:
    local = Account(NURSE, '李娜', 'desk', None, personal=True)
    house.kept.create(local, secret='a long secret')
    taken = house.come_back(house.browser())
    assert (taken.status_code, 'link the two' in taken.text) == (403, True)
    browser = house.browser().as_person('li.na')
    assert 'action="/oidc/link"' in browser.get('/me').text
    csrf, browser.csrf = browser.csrf, 'of somebody else'
    assert browser.post('/oidc/link').status_code == 403
    browser.csrf = csrf
    house.grown_old(browser)
    assert browser.post('/oidc/link').headers['location'] == '/confirm?next=/me'
    browser.post('/confirm', {'secret': 'a long secret', 'next': '/me'})
    page = browser.post('/oidc/link').text
    url = page.split('http-equiv="refresh" content="0; url=')[1].split('"')[0]
    back = browser.get(house.from_provider(url.replace('&amp;', '&')))
    assert back.headers['location'] == '/me?done=linked'
    assert [line.subject for line in house.lines('account_linked')] == [
        'provider: li.na@hospital.example'
    ]
    assert house.logged_in().get('/').headers['location'] == '/ward'
    assert browser.get('/me').status_code == 303, 'role and stations come from the groups now'


def test_a_link_that_was_begun_by_somebody_else_comes_to_nothing(
    house: House, provider: Provider
) -> None:
    for name in ('chen', 'zhao'):
        account = Account(AccountId(name), name, 'desk', None, personal=True)
        house.kept.create(account, secret='a long secret')
    chen, zhao = house.browser().as_person('chen'), house.browser().as_person('zhao')
    page = chen.post('/oidc/link').text
    url = page.split('content="0; url=')[1].split('"')[0].replace('&amp;', '&')
    way = house.from_provider(url)
    zhao.client.cookies.set('oidc', chen.client.cookies['oidc'])
    assert zhao.get(way).status_code == 400
    assert house.kept.by_identity(provider.issuer, 'u-1') is None


def test_who_logs_out_here_is_offered_to_log_out_there(house: House, provider: Provider) -> None:
    browser = house.logged_in()
    out = browser.post('/logout')
    assert out.headers['location'] == '/login?why=out'
    assert browser.get('/me').status_code == 303
    browser.csrf = ''
    page = browser.get('/login?why=out').text
    assert f'href="{provider.issuer}/logout?client_id={CLIENT}&amp;' in page
    assert 'could sign in as you' in page
    local = house.browser()
    form = {'kind': 'ward', 'station': 'n2w', 'pin': '274951', 'next': ''}
    local.post('/login', form)
    assert local.with_token().post('/logout').headers['location'] == '/login'


def test_the_administrator_sees_whose_account_comes_from_the_provider_and_cuts_the_link(
    house: House, provider: Provider
) -> None:
    nurse, admin = house.logged_in(), house.browser().as_person('admin')
    assert 'hospital account' in admin.get('/accounts').text
    page = admin.get('/accounts/li.na').text
    assert provider.issuer in page
    assert 'action="/accounts/li.na/change"' not in page
    form = {'label': 'x', 'role': 'admin'}
    refused = admin.post('/accounts/li.na/change', form)
    assert (refused.status_code, 'change its groups there' in refused.text) == (422, True)
    assert admin.post('/accounts/li.na/unlink').status_code == 303
    assert nurse.get('/me').status_code == 303
    assert admin.post('/accounts/li.na/unlink').status_code == 404
    noted = [(line.subject, line.outcome) for line in house.lines('account_unlinked')]
    assert noted == [('li.na', 'not_found'), ('li.na', 'ok')]
    assert 'action="/accounts/li.na/change"' in admin.get('/accounts/li.na').text
    assert 'link the two' in house.come_back(house.browser()).text


def test_the_sentences_are_in_the_language_of_the_visit(house: House, provider: Provider) -> None:
    provider.user = User(groups=[])
    browser = house.browser()
    browser.client.headers['accept-language'] = 'zh-CN'
    assert '使用医院统一账号登录' in browser.get('/login').text
    assert '都无权使用机器人' in house.come_back(browser).text
