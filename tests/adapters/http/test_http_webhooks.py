"""The page of webhooks, and its API: who may, what is refused, what is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fleet_manager.adapters.db.webhooks import SqlWebhooks
from fleet_manager.application.ports import Account
from fleet_manager.application.webhooks import DeadLetter, Webhook, Webhooks, WrongWebhook
from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Role
from tests.adapters.http.conftest import Browser, Loop, Site
from tests.pages.stand_in import now

URL = 'https://calls.example/fleet?a=<b>'


class Office:
    """Subscribes without a journal."""

    def __init__(self, folder: Path) -> None:
        self.store = SqlWebhooks(f'sqlite:///{folder / "webhooks.db"}')

    @property
    def kept(self) -> Webhooks:
        return self.store

    def subscribe(
        self, *, url: str, events: frozenset[str], station: StationId | None, made_by: str
    ) -> Webhook:
        if 'inside' in url:
            raise WrongWebhook('webhook_inside')
        name = f'w{len(self.store.all())}'
        made = Webhook(name, url, 'whsec_c2VjcmV0', events, station, 7, made_by, now())
        self.store.add(made)
        return made


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def site(hospital: Hospital, loop: Loop, office: Office) -> Iterator[Site]:
    made = Site(hospital, loop, webhooks=office)
    yield made
    made.close()


def engineer(site: Site) -> Browser:
    account = Account(AccountId('eng'), 'Engineer', Role.ENGINEER.value, None)
    site.accounts.accounts[account.id] = account
    browser = site.browser()
    token = site.accounts.open_session(account.id, now=now())
    browser.client.cookies.set('session', token)
    return browser.with_token()


def test_a_receiver_is_made_on_the_page_and_its_secret_is_shown_once(
    site: Site, office: Office
) -> None:
    browser = engineer(site)
    fields = {'url': f' {URL} ', 'event': 'delivery.loaded', 'station': 'n2w'}
    page = browser.post('/webhooks', fields)
    assert page.status_code == 201
    assert 'whsec_c2VjcmV0' in page.text
    assert 'a=&lt;b&gt;' in page.text
    assert '<b>' not in page.text
    (made,) = office.store.all()
    assert (made.url, made.events, made.station) == (URL, {'delivery.loaded'}, 'n2w')
    assert 'whsec' not in browser.get('/webhooks').text
    assert 'whsec' not in browser.get('/api/v1/webhooks').text


def test_a_wrong_address_comes_back_with_what_was_typed(site: Site) -> None:
    page = engineer(site).post('/webhooks', {'url': 'https://inside/', 'event': '', 'station': ''})
    assert page.status_code == 422
    assert 'value="https://inside/"' in page.text
    assert 'FLEET_WEBHOOK_NETWORKS' in page.text


def test_who_is_behind_is_shown_in_words_and_what_was_refused_can_be_sent_again(
    site: Site, office: Office
) -> None:
    one = office.subscribe(url=URL, events=frozenset(), station=None, made_by='eng')
    letter = DeadLetter(one.id, 9, 'delivery.loaded', now(), 'http_410')
    office.store.save(replace(one, paused='unreachable', problem='no_answer'), dead=letter)
    browser = engineer(site)
    page = browser.get('/webhooks').text
    assert 'Nothing is lost' in page
    assert 'The receiver answered 410.' in page
    assert browser.post(f'/webhooks/{one.id}/dead/9').status_code == 303
    assert office.store.dead(one.id)[0].again
    assert browser.post(f'/webhooks/{one.id}/resume').status_code == 303
    assert office.store.all()[0].paused == ''
    browser.client.headers['accept-language'] = 'zh'
    assert '正在重新发送' in browser.get('/webhooks').text
    assert browser.post(f'/webhooks/{one.id}/remove').status_code == 303
    assert office.store.all() == ()


def refused(office: Office, *lines: int) -> Webhook:
    one = office.subscribe(url=URL, events=frozenset(), station=None, made_by='eng')
    for line in lines:
        office.store.save(one, dead=DeadLetter(one.id, line, 'delivery.loaded', now(), 'http_410'))
    return one


def test_what_was_refused_is_dismissed_after_a_question_with_a_reason_that_is_kept(
    site: Site, office: Office
) -> None:
    one, browser = refused(office, 9, 10, 12), engineer(site)
    other = refused(office, 9)
    page = browser.get('/webhooks').text
    single, everything = (f'/webhooks/{one.id}/dead/{what}/dismiss' for what in ('9', '9-12'))
    assert f'href="{single}"' in page
    assert f'href="{everything}"' in page
    assert '1 event is' in browser.get(single).text
    assert len(office.store.dead(one.id)) == 3, 'asking changes nothing'
    assert browser.post(single, {'reason': ' '}).status_code == 422
    assert browser.post(single, {'reason': 'an old test'}).headers['location'] == '/webhooks'
    assert [letter.seq for letter in office.store.dead(one.id)] == [10, 12]
    assert '2 events are' in browser.get(everything).text
    # one that came after the question was asked stays
    office.store.save(one, dead=DeadLetter(one.id, 13, 'delivery.loaded', now(), 'http_410'))
    assert browser.post(everything, {'reason': 'out of use'}).status_code == 303
    assert [letter.seq for letter in office.store.dead(one.id)] == [13]
    assert len(office.store.dead(other.id)) == 1
    browser.post(everything, {'reason': 'out of use'})
    lines = [(line.subject, line.outcome) for line in site.audit.kept]
    kinds = {line.deed for line in site.audit.kept}
    assert lines[-3:] == [
        (f'{one.id} 9: an old test', 'ok'),
        (f'{one.id} 9-12: out of use', 'ok'),
        (f'{one.id} 9-12: out of use', 'not_found'),
    ]
    assert kinds == {'dead_letters_dismissed'}


def test_a_program_dismisses_too_and_is_told_how_many(site: Site, office: Office) -> None:
    one, browser = refused(office, 9, 10), engineer(site)
    path = f'/api/v1/webhooks/{one.id}/dead/9-10/dismiss'
    assert browser.json(path, {'reason': 'x' * 101}).json()['error']['field'] == 'reason'
    assert [browser.json(path, {'reason': 'old'}).json() for _ in range(2)] == [
        {'dismissed': 2},
        {'dismissed': 0},
    ]
    assert browser.json(path.replace('9-10', '9-'), {'reason': 'old'}).status_code == 404
    assert site.operator().json(path, {'reason': 'old'}).status_code == 403


@pytest.mark.parametrize(
    ('body', 'field'),
    [
        ({'url': ''}, 'url'),
        ({'url': 'https://' + 'x' * 500}, 'url'),
        ({'url': URL, 'events': ['delivery.stolen']}, 'events'),
        ({'url': URL, 'station': 'moon'}, 'station'),
        ({'url': 'https://inside/'}, 'url'),
    ],
)
def test_a_wrong_subscription_names_its_field(
    site: Site, body: dict[str, object], field: str
) -> None:
    answer = engineer(site).json('/api/v1/webhooks', body)
    assert (answer.status_code, answer.json()['error']['field']) == (422, field)


@pytest.mark.parametrize(
    'path', ['/api/v1/webhooks/w9/pause', '/api/v1/webhooks/w9/dead/x', '/api/v1/webhooks/w9/eat']
)
def test_what_there_is_not_is_not_found(site: Site, path: str) -> None:
    assert engineer(site).json(path, {}).status_code == 404


def test_an_engineer_finds_the_page_and_nobody_else_is_shown_it(site: Site) -> None:
    link = 'href="/webhooks"'
    assert link in engineer(site).get('/operator').text
    assert link not in site.operator().get('/operator').text


def test_wards_and_operators_have_no_business_here(site: Site) -> None:
    for browser in (site.ward(), site.operator()):
        assert browser.get('/webhooks').status_code == 403
        assert browser.json('/api/v1/webhooks', {'url': URL}).status_code == 403
