"""Every page people work with: faults, themes, narrow, large text, keyboard, no scripts."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from fleet_manager.adapters.http.access import ACCESS
from fleet_manager.application.webhooks import BY_HAND, DeadLetter, Webhook
from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.units import Instant
from tests.pages.conftest import Office
from tests.pages.languages import BOTH
from tests.pages.people import Nurse, Person
from tests.pages.stand_in import now
from tests.pages.test_ward_story import labels_missing

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: Of each page, who looks at it. None is nobody in particular.
PAGES = {
    None: ('/login', '/login?next=/ward', '/r/n2w', '/robot/r1/pair', '/nothing'),
    'n2w': (
        '/ward',
        '/ward/new?q=lab',
        '/ward/new?goods=supply',
        '/ward/new?goods=specimen&way=send&other=lab&kind=stat',
        '/ward/timetable?goods=specimen&sender=n2w&recipient=lab',
        '/ward/meals',
        '/deliveries/D000001',
        '/deliveries/D000001/custody',
        '/deliveries/D000001/labels',
        '/stores',
        '/stores/import',
        '/guide/nurse',
        '/guide/pharmacist',
    ),
    'pharmacy': ('/deliveries/D000001/contents',),
    'own-desk': (
        '/desk', '/desk?q=D0', '/desk/old?q=D0', '/desk/new', '/desk/book', '/desk/today',
        '/follow-ups', '/guide/desk', '/deliveries/D000001',
    ),
    'own-porter': ('/porter', '/guide/porter'),
    'own-auditor': ('/audit', '/reports', '/custody'),
    'admin': (
        '/accounts', '/accounts/own-desk', '/keys', '/webhooks', '/retention', '/confirm',
        '/webhooks/w1/dead/8-9/dismiss',
    ),
    'operator': ('/operator',),
    'own-engineer': ('/me',),
    'screen': ('/robot/r1/panel',),
}  # fmt: skip
#: What is not a page: for programs, to download, or leading to a page. The log-in at a provider
#: has a story of its own.
NO_PAGE = re.compile(
    r'/$|/guide$|.*\.csv$|/(api|fhir|i18n|oidc|static)/|/(healthz|readyz|metrics)$'
)
#: Whether somebody wants to look at all of them.
LOOK = 'PAGES_PICTURES' in os.environ
#: What a first visit may weigh, in bytes, and the pages that are opened on a phone.
WEIGHT = 150_000
LIGHT = ('/ward', '/ward/new', '/deliveries/D000001', '/stores', '/me')
#: What reaches over the right edge, where the page has to be scrolled sideways.
WIDER = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.body.querySelectorAll('*')]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
    .map((one) => one.outerHTML.slice(0, 120))"""
#: Controls that Tab has not come to; of buttons to choose one with it comes to one.
MISSED = """() => [...document.querySelectorAll(
    'a[href], button, input, select, textarea, summary')]
  .filter((one) => one.checkVisibility() && !one.disabled && !('tabbed' in one.dataset))
  .filter((one) => !(one.type === 'radio' &&
    document.querySelector(`input[name="${one.name}"][data-tabbed]`)))
  .map((one) => one.outerHTML.slice(0, 120))"""
#: Note where the focus is; whether it can be seen, and whether it is on the page at all.
FOCUS = """() => {
  const one = document.activeElement;
  const parts = ['date', 'time'].includes(one.type);
  if (one === document.body || ('tabbed' in one.dataset && !parts)) return 'end';
  if ('tabbed' in one.dataset) return '';
  one.dataset.tabbed = '';
  const style = getComputedStyle(one);
  const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  return seen || style.boxShadow !== 'none' ? '' : one.outerHTML.slice(0, 120);
}"""
#: What looks like something to press and does nothing without a script.
DEAD = """() => [...document.querySelectorAll('button')]
  .filter((one) => one.checkVisibility() && !one.form)
  .map((one) => one.outerHTML.slice(0, 120))"""


@pytest.fixture(scope='module')
def filled(office: Office, browser: Browser) -> Office:
    """Return the office with a delivery on its way, a note, a complaint and a list of stock."""
    nurse = Nurse(browser, office.site, 'n2w', lang='en')
    nurse.ask('drug', 'pharmacy', note='<b>with care</b>')
    nurse.go('/stores/import')
    nurse.page.fill(
        '#csv', 'code,name_zh,name_en,goods,unit,station,lot,expires,count,warning,target,source\n'
        'SAL,生理盐水,Saline,drug,瓶,n2w,A,2099-03-31,3,5,12,pharmacy\n',
    )  # fmt: skip
    nurse.page.click('button.primary')
    nurse.close()
    desk = seated(browser, office, 'own-desk', lang='en')
    desk.go('/desk/book')
    desk.page.fill('#note', 'lift B is serviced')
    desk.page.click('form[action="/desk/notes"] button')
    desk.close()
    refused_by_another_system(office)
    return office


def refused_by_another_system(office: Office) -> None:
    kept, at = office.served.manager.courier.kept, Instant(now())
    to = Webhook('w1', 'https://calls.example/', 'whsec_c2VjcmV0', frozenset(), None, 9, 'x', at)
    kept.add(replace(to, paused=BY_HAND))
    for line in (8, 9):
        kept.save(to, dead=DeadLetter('w1', line, 'delivery.loaded', at, 'http_410'))


def seated(browser: Browser, office: Office, account: str | None, **how: object) -> Person:
    """Return somebody who is logged in, or the screen of a robot."""
    person = Person(browser, office.site, **how)
    if account == 'screen':
        code = office.served.manager.panels.offer(RobotId('r1'))
        person.go('/robot/r1/pair')
        person.page.fill('#pin', code)
        person.page.click('button.primary')
        person.page.wait_for_url('**/panel')
    elif account is not None:
        person.sit(office.token(account))
    return person


def test_no_page_is_left_out() -> None:
    visited = {path.partition('?')[0] for paths in PAGES.values() for path in paths}
    pages = [route.removeprefix('GET ') for route in ACCESS if route.startswith('GET ')]
    shapes = {page: re.sub(r'{\w+}', '[^/]+', page) for page in pages if not NO_PAGE.match(page)}
    left = [p for p, shape in shapes.items() if not any(re.fullmatch(shape, v) for v in visited)]
    assert left == []


@pytest.mark.parametrize('lang', BOTH)
def test_no_page_has_a_fault_axe_finds_or_reaches_over_the_edge(
    browser: Browser, filled: Office, pictures: Path, lang: str
) -> None:
    found = list[str]()
    for account, paths in PAGES.items():
        person = seated(browser, filled, account, lang=lang)
        page = person.page
        for path in paths:
            page.emulate_media(color_scheme='light')
            page.set_viewport_size({'width': 320, 'height': 740})
            person.go(path)
            found += [f'{path}: {one}' for one in person.violations()]
            found += [f'{path}: wider than 320 px: {one}' for one in page.evaluate(WIDER)]
            found += [f'{path}: no name: {one}' for one in labels_missing(page)]
            if page.locator('.error').count() and path != '/nothing':
                found.append(f'{path}: not seen, but an error')
            if page.locator('h1').count() != 1:
                found.append(f'{path}: one headline')
            page.emulate_media(color_scheme='dark')
            dark = person.violations(only=('color-contrast',))
            found += [f'{path}: dark: {one}' for one in dark]
            page.emulate_media(color_scheme='light')
            page.set_viewport_size({'width': 640, 'height': 740})
            page.evaluate("document.documentElement.style.fontSize = '200%'")
            found += [f'{path}: 200 % text: {one}' for one in page.evaluate(WIDER)]
            if LOOK:
                page.evaluate("document.documentElement.style.fontSize = ''")
                for width in (320, 1280):
                    page.set_viewport_size({'width': width, 'height': 740})
                    name = re.sub(r'\W+', '-', f'every-{lang}-{account}{path}-{width}')
                    person.picture(pictures, name)
        person.close()
    assert not found, '\n'.join(found)


def test_the_tab_key_comes_to_everything_and_one_sees_where_it_is(
    browser: Browser, filled: Office
) -> None:
    found = list[str]()
    for account, paths in PAGES.items():
        person = seated(browser, filled, account, lang='en')
        for path in paths:
            person.go(path)
            to_the_top(person.page)
            for _ in range(150):
                person.page.keyboard.press('Tab')
                said = person.page.evaluate(FOCUS)
                if said == 'end':
                    break
                found += [f'{path}: not seen: {said}'] if said else []
            found += [f'{path}: never: {one}' for one in person.page.evaluate(MISSED)]
        person.close()
    assert not found, '\n'.join(found)


def to_the_top(page: Page) -> None:
    """Go back before everything, where a page puts the focus into a field by itself."""
    if not page.locator('[autofocus]').count():
        return
    page.wait_for_function("document.activeElement.matches('[autofocus]')")
    for _ in range(20):
        page.keyboard.press('Shift+Tab')
        if page.evaluate('document.activeElement === document.body'):
            return


def test_nothing_is_dead_without_scripts(browser: Browser, filled: Office) -> None:
    found = list[str]()
    for account, paths in PAGES.items():
        person = seated(browser, filled, account, lang='zh-CN', java_script_enabled=False)
        for path in paths:
            person.go(path)
            person.page.locator('h1').first.wait_for()
            found += [f'{path}: {one}' for one in person.page.evaluate(DEAD)]
        person.close()
    assert not found, '\n'.join(found)


def test_a_first_visit_is_light(browser: Browser, filled: Office) -> None:
    for path in LIGHT:
        person, weights = seated(browser, filled, 'n2w', lang='zh-CN'), list[int]()
        person.page.on(
            'requestfinished',
            lambda one, to=weights: to.append(one.sizes()['responseBodySize']),  # type: ignore[misc]
        )
        person.page.goto(filled.site.url + path, wait_until='networkidle')
        assert 5_000 < sum(weights) <= WEIGHT, (path, weights)
        person.close()
