"""On a touch screen of 1280×800: a robot's own page, from pairing to signing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from fleet_manager.adapters.http import i18n
from fleet_manager.application.ports import Account
from fleet_manager.domain.ids import AccountId, RobotId, StationId
from fleet_manager.domain.messages import OpenCompartment, SignDelivery
from tests.pages.conftest import QUICK, RunningSite, running_site
from tests.pages.languages import told_in
from tests.pages.people import Nurse, Person
from tests.pages.test_ward_story import SMALL_TARGETS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = i18n.load()
TEN_INCHES = {'width': 1280, 'height': 800}


@pytest.fixture(scope='module')
def scripted() -> Iterator[RunningSite]:
    """Return pages with a scripted fleet behind them."""
    with running_site(robots=1, speed=QUICK) as site:
        yield site


class Screen(Person):
    """The screen of a robot. Its keys are the only keys there are."""

    def __init__(self, browser: Browser, site: RunningSite, robot: str, **how: object) -> None:
        super().__init__(browser, site, viewport=TEN_INCHES, has_touch=True, **how)
        assert site.panels is not None
        code = site.panels.offer(RobotId(robot))
        self.go(f'/robot/{robot}/panel')
        self.page.fill('#pin', code)
        self.page.click('button.primary')
        self.page.wait_for_url(f'**/robot/{robot}/panel')

    def type_pin(self, pin: str) -> None:
        for digit in pin:
            self.page.tap(f'.keypad button[value="{digit}"]')

    def expect_face(self, face: str) -> None:
        expect(self.page.locator(f'.todo.{face}')).to_be_visible(timeout=60_000)


def fits(page: Page) -> None:
    """Nothing scrolls sideways, and everything to tap is large enough for a gloved finger."""
    assert page.evaluate('document.documentElement.scrollWidth') <= TEN_INCHES['width']
    assert page.evaluate(SMALL_TARGETS) == []


@pytest.mark.parametrize('lang', told_in('zh-CN'))
def test_a_parcel_is_loaded_and_collected_at_the_screen_of_the_robot(
    browser: Browser, scripted: RunningSite, pictures: Path, lang: str
) -> None:
    t, pins = WORDS[lang], scripted.pins
    screen = Screen(browser, scripted, 'r1', lang=lang)
    screen.expect_face('idle')
    nurse = Nurse(browser, scripted, 'n2w', lang=lang)
    nurse.ask('drug', 'pharmacy', note='not for the corridor')
    screen.expect_face('load')
    screen.picture(pictures, f'{lang}-panel-load')
    fits(screen.page)
    screen.type_pin('0000')
    screen.page.tap('.pin .primary')
    screen.expect_text('#problem', t('pin.wrong', phone=8000))
    expect(screen.page.locator('#pin')).to_have_value('')
    screen.type_pin(pins['pharmacy'])
    screen.page.tap('.pin .primary')
    screen.expect_face('driving')
    screen.picture(pictures, f'{lang}-panel-driving')
    screen.expect_face('collect')
    screen.type_pin(pins['n2w'])
    screen.page.tap('button[formaction$="/later"]')
    screen.expect_text('.todo', t('panel.put_off'))
    expect(screen.page.locator('button[formaction$="/later"]')).to_have_count(0)
    nurse.expect_text('.now', t('delivery.put_off'))
    nurse.picture(pictures, f'{lang}-put-off')
    screen.page.locator('.deed summary').tap()
    screen.picture(pictures, f'{lang}-panel-collect')
    assert screen.violations() == []
    fits(screen.page)
    expect(screen.page.locator('body')).not_to_contain_text('not for the corridor')
    screen.type_pin(pins['n2w'])
    screen.page.tap('.pin .primary')
    screen.expect_face('sign')
    screen.picture(pictures, f'{lang}-panel-sign')
    screen.type_pin(pins['n2w'])
    screen.page.tap('.pin .primary')
    screen.expect_face('idle' if lang == 'en' else 'driving')
    fleet = scripted.stand_in
    assert fleet is not None
    deeds = [type(c) for c in fleet.commands if isinstance(c, OpenCompartment | SignDelivery)]
    assert deeds[-3:] == [OpenCompartment, OpenCompartment, SignDelivery]
    nurse.close()
    screen.close()


def test_a_screen_without_contact_shows_nothing_that_may_be_old(
    browser: Browser, scripted: RunningSite, pictures: Path
) -> None:
    screen = Screen(browser, scripted, 'r1', lang='en')
    expect(screen.page.locator('.todo')).to_be_visible()
    screen.context.set_offline(True)
    expect(screen.page.locator('.offline')).to_be_visible(timeout=30_000)
    expect(screen.page.locator('main')).to_be_hidden()
    screen.picture(pictures, 'panel-lost')
    screen.context.set_offline(False)
    expect(screen.page.locator('.todo')).to_be_visible(timeout=60_000)
    screen.close()


def test_the_screen_works_without_scripts(browser: Browser, scripted: RunningSite) -> None:
    screen = Screen(browser, scripted, 'r1', lang='en', java_script_enabled=False)
    expect(screen.page.locator('.says')).to_be_visible()
    expect(screen.page.locator('meta[http-equiv=refresh]')).to_have_count(1)
    screen.close()


@pytest.mark.parametrize('lang', ['zh-CN'])
def test_two_people_load_a_controlled_drug(browser: Browser, pictures: Path, lang: str) -> None:
    with running_site(robots=1, speed=QUICK) as site:
        assert site.accounts is not None
        assert site.stand_in is not None
        second = Account(AccountId('li'), 'Li', 'pharmacy', StationId('pharmacy'))
        site.accounts.create(second, secret='2580')
        screen = Screen(browser, site, 'r1', lang=lang)
        nurse = Nurse(browser, site, 'n2w', lang=lang)
        nurse.ask('controlled', 'pharmacy')
        screen.expect_face('load')
        screen.type_pin(site.pins['pharmacy'])
        screen.page.fill('#witness', 'li')
        screen.page.focus('#witness_pin')
        screen.type_pin('2580')
        screen.page.focus('#count')
        screen.type_pin('6')
        screen.picture(pictures, f'{lang}-panel-two-people')
        fits(screen.page)
        assert screen.violations() == []
        screen.page.tap('.pin .primary')
        screen.expect_face('driving')
        opened = [c for c in site.stand_in.commands if isinstance(c, OpenCompartment)]
        assert [(c.witness and c.witness.account, c.count) for c in opened] == [('li', 6)]
        nurse.close()
        screen.close()
