"""Every command and log-in is on the audit list; who may read it, and how."""

from __future__ import annotations

import csv
import io
from concurrent.futures import Future

import pytest

from fleet_manager.adapters.http import i18n
from fleet_manager.adapters.http.access import ACCESS, Open
from fleet_manager.adapters.http.deeds import NO_DEEDS
from fleet_manager.adapters.http.routes.audit import harmless
from fleet_manager.adapters.http.security import form_token
from fleet_manager.application.audit import Line, all_deeds
from fleet_manager.application.people import PEOPLE
from fleet_manager.application.ports import Reply
from fleet_manager.domain.ids import AccountId
from fleet_manager.domain.messages import Actor, Command, Role
from fleet_manager.domain.rights import commands, reach
from fleet_manager.domain.units import Instant
from tests.adapters.http.conftest import Browser, Site
from tests.adapters.http.test_http_access import call, logged_in
from tests.adapters.http.test_http_panel import screen
from tests.domain.test_rights import filled
from tests.static.test_public_surface import ROUTES


def noted(site: Site) -> list[tuple[str, str, str, str]]:
    """Return who, deed, subject and outcome of each line, without log-ins that went well."""
    return [
        (one.who, one.deed, one.subject, one.outcome)
        for one in site.audit.kept
        if (one.deed, one.outcome) != ('log_in', 'ok')
    ]


@pytest.fixture
def auditor(site: Site) -> Browser:
    return site.browser().as_person('auditor-1')


def test_what_is_done_and_what_is_refused_is_there_with_who_and_where(site: Site) -> None:
    delivery = site.delivery()
    nurse = site.browser().as_person('li.na', '274951')
    nurse.post(f'/deliveries/{delivery}/rate', {'stars': '5'})
    nurse.json('/api/v1/fleet/pause', {})
    site.operator().json('/api/v1/robots/nobody/pause', {})
    assert noted(site) == [
        ('ward-n2w', 'RequestDelivery', delivery, 'ok'),
        ('li.na', 'RateDelivery', delivery, 'not_received_yet'),
        ('li.na', 'PauseFleet', '/api/v1/fleet/pause', 'not_allowed'),
        ('dispatch', 'PauseRobot', 'nobody', 'unknown_robot'),
    ]
    assert all('python-httpx' in one.place for one in site.audit.kept)


@pytest.mark.parametrize('command', commands())
def test_every_command_leaves_one_line(
    site: Site, monkeypatch: pytest.MonkeyPatch, command: type[Command]
) -> None:
    answered: Future[Reply] = Future()
    answered.set_result(Reply(refusal_code='not_allowed'))
    monkeypatch.setattr(site.fleet, 'submit', lambda said: answered)
    actor = Actor(AccountId('x'), Role.WARD)
    site.loop.run(site.app.state.site.submit(filled(command, actor)))
    lines = [(one.who, one.role, one.deed, one.outcome) for one in site.audit.kept]
    assert lines == [('x', 'ward', command.__name__, 'not_allowed')]


CHANGING = [
    route for route in ROUTES if route.startswith(('POST', 'PUT')) and route not in NO_DEEDS
]


@pytest.mark.parametrize('route', CHANGING)
def test_every_request_that_would_change_something_leaves_one_line(site: Site, route: str) -> None:
    right = ACCESS[route]
    role = next(
        (one for one in PEOPLE if not isinstance(right, Open) and reach(one, right)), Role.WARD
    )
    if right is Open.PANEL:
        who = screen(site)
        who.csrf = form_token('token-of-r1')
    else:
        who = site.browser() if right is Open.PUBLIC else logged_in(site, role)
    before = len(site.audit.kept)
    call(who, route)
    (line,) = site.audit.kept[before:]
    assert line.deed in all_deeds()
    assert f'audit.deed.{line.deed}' in i18n.load()['zh-CN'].texts
    assert 'python-httpx' in line.place


def test_log_ins_are_there_and_a_password_typed_as_a_name_is_not(site: Site) -> None:
    for name, secret in (('li.na', 'wrong'), ('hunter2-secret', 'x')):
        form = {'kind': 'person', 'name': name, 'password': secret, 'next': ''}
        site.browser().post('/login', form)
    browser = site.browser().as_person('li.na', '274951')
    browser.post('/logout')
    assert [(one.who, one.deed, one.outcome) for one in site.audit.kept] == [
        ('li.na', 'log_in', 'wrong'),
        ('?', 'log_in', 'wrong'),
        ('li.na', 'log_in', 'ok'),
        ('li.na', 'log_out', 'ok'),
    ]
    assert 'hunter2' not in str(site.audit.kept)


def test_changes_of_accounts_are_there_without_their_secrets(site: Site) -> None:
    admin = site.browser().as_person('admin-1')
    admin.post('/accounts/li.na/disable')
    admin.post('/accounts/li.na/enable')
    admin.post('/accounts/li.na/secret')
    admin.post('/accounts/li.na/badges', {'code': 'BADGE-0001'})
    deeds = ['account_disabled', 'account_enabled', 'secret_renewed', 'badge_given']
    assert [one[1] for one in noted(site)] == deeds
    assert 'BADGE' not in str(site.audit.kept)
    assert site.accounts.secrets['li.na'] not in str(site.audit.kept)


def test_the_auditor_filters_and_turns_pages_in_both_languages(
    site: Site, auditor: Browser
) -> None:
    for number in range(120):
        who, outcome = ('a', 'ok') if number % 2 else ('b', 'not_allowed')
        subject = f'D{number:03}'
        site.audit.note(Line(Instant(1), who, 'ward', 'SignDelivery', subject, outcome, 'here'))
    page = auditor.get('/audit?who=a').text
    assert 'D119' in page
    assert 'D118' not in page
    older = page.split('href="/audit?who=a&amp;before=')[1].split('"')[0]
    assert 'D019' in auditor.get(f'/audit?who=a&before={older}').text
    assert 'D119' not in auditor.get('/audit?refused=yes').text
    assert 'D119' not in auditor.get('/audit?from=2020-01-01').text
    assert 'D119' in auditor.get('/audit?to=2020-01-01&who=a').text
    auditor.post('/language', {'lang': 'zh-CN', 'next': '/audit'})
    assert '签收' in auditor.get('/audit?who=a').text


@pytest.mark.parametrize(
    'query',
    [
        'before=x',
        'before=' + '9' * 40,
        'from=2020-99-99',
        'to=9999-12-31',
        'from=0001-01-01',
        'who=%00',
        'deed=%27%20OR',
        'refused=maybe',
        'who=' + 'x' * 5000,
    ],
)
def test_filters_that_make_no_sense_do_no_harm(auditor: Browser, query: str) -> None:
    assert auditor.get(f'/audit?{query}').status_code == 200
    assert auditor.get(f'/audit.csv?{query}').status_code == 200


def test_the_csv_holds_no_formula_and_no_broken_line(site: Site, auditor: Browser) -> None:
    for who in ('=HYPERLINK("x")', '+1', '-1', '@x', '\t=1', 'a,"b"'):
        site.audit.note(Line(Instant(1), who, 'ward', 'log_in', '', 'ok', ''))
    answer = auditor.get('/audit.csv')
    assert answer.headers['content-type'] == 'text/csv; charset=utf-8'
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix('\ufeff'))))
    assert rows[1][2] == 'a,"b"'
    assert all(cell[:1] not in ('=', '+', '-', '@', '\t') for row in rows for cell in row)
    assert harmless('\r=1') == "'\r=1"


def test_markup_in_a_line_is_text(site: Site, auditor: Browser) -> None:
    site.audit.note(Line(Instant(1), '<script>', 'x', 'new_deed', '<b>', 'odd', '"><i>'))
    page = auditor.get('/audit').text
    assert '<b>' not in page
    assert '&lt;script&gt;' in page
