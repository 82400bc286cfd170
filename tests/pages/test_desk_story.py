"""In a real browser: the desk asks for others and hands over; a porter carries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from fleet_manager.adapters.http import i18n
from fleet_manager.domain.messages import SignDelivery, TakeByHand
from tests.pages.conftest import QUICK, RunningSite, running_site
from tests.pages.languages import told_in
from tests.pages.people import PHONE, Nurse, Staff
from tests.pages.test_ward_story import SMALL_TARGETS, labels_missing

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = i18n.load()
WIDE = {'width': 1440, 'height': 900}


@pytest.fixture(scope='module')
def scripted() -> Iterator[RunningSite]:
    """Return pages with a scripted fleet behind them."""
    with running_site(speed=QUICK) as site:
        yield site


@pytest.mark.parametrize('lang', told_in('en'))
def test_a_porter_goes_takes_and_hands_over(
    browser: Browser, scripted: RunningSite, pictures: Path, lang: str
) -> None:
    t, fleet = WORDS[lang], scripted.stand_in
    assert fleet is not None
    nurse = Nurse(browser, scripted, 'n3w', lang=lang)
    porter = Staff(browser, scripted, 'porter', '/porter', lang=lang)
    porter.expect_text('[data-live=waiting]', t('porter.none'))
    delivery = nurse.ask('drug', 'pharmacy').rsplit('/', 1)[1]
    with fleet._lock:
        fleet._set(delivery, 'porter_asked')
    porter.page.click('form[action$="/claim"] button')
    porter.picture(pictures, f'{lang}-porter-goes')
    porter.page.click('form[action$="/take"] button')
    pin = porter.page.locator('input[type=password]')
    porter.expect_text('[data-live=carried]', t('porter.hand_over'))
    if not pin.is_visible():
        porter.page.click('[data-live=carried] summary')
    assert porter.page.evaluate(SMALL_TARGETS) == []
    assert labels_missing(porter.page) == []
    assert porter.violations() == []
    assert porter.page.evaluate('document.documentElement.scrollWidth') <= PHONE['width']
    porter.picture(pictures, f'{lang}-porter-carries')
    pin.fill(scripted.pins['n3w'])
    porter.page.click('form[action$="/hand-over"] button')
    porter.expect_text('[data-live=waiting]', t('porter.done'))
    expect(porter.page.locator('.errand')).to_have_count(0)
    assert [type(command) for command in fleet.commands[-2:]] == [TakeByHand, SignDelivery]
    nurse.expect_text('.says', t('delivery.says.delivered'))
    porter.close()
    nurse.close()


@pytest.mark.parametrize('lang', told_in('zh-CN'))
def test_the_desk_asks_for_a_ward_finds_it_again_and_hands_over_the_shift(
    browser: Browser, scripted: RunningSite, pictures: Path, lang: str
) -> None:
    t = WORDS[lang]
    desk = Staff(browser, scripted, 'desk', '/desk', lang=lang, viewport=WIDE)
    desk.page.click('.tabs a[href="/desk/new"]')
    desk.page.fill('#asked_by', 'Dr Li 4711')
    for field, value in (('goods', 'drug'), ('sender', 'pharmacy'), ('recipient', 'n2w')):
        desk.page.select_option(f'#{field}', value)
    desk.picture(pictures, f'{lang}-desk-new')
    desk.page.click('button.primary')
    desk.page.wait_for_url('**/deliveries/*')
    desk.expect_text('.facts', 'Dr Li 4711')
    delivery = desk.page.url.rsplit('/', 1)[1]
    desk.page.click('.crumb a')
    desk.page.fill('#q', 'li 4711')
    desk.page.click('.search button')
    desk.expect_text('#found', 'li 4711')
    expect(desk.page.locator(f'section a[href$="{delivery}"]').first).to_be_visible()
    desk.picture(pictures, f'{lang}-desk-found')
    desk.page.click('.tabs a[href="/desk/book"]')
    desk.page.fill('#note', 'lift B is serviced')
    desk.page.click('form[action="/desk/notes"] button')
    desk.page.click('details.panel summary')
    desk.page.select_option('#station', 'n2w')
    desk.page.fill('#complaint', 'late twice')
    desk.page.click('form[action="/desk/complaints"] button')
    desk.page.locator('article summary').last.click()
    desk.page.locator('article textarea').last.fill('called back')
    desk.page.locator('form[action$="/answer"] button').last.click()
    desk.picture(pictures, f'{lang}-desk-book')
    desk.page.locator('form[action$="/close"] button').last.click()
    desk.page.locator('form[action$="/take"] button').last.click()
    expect(desk.page.locator('.entry:not(.over)')).to_have_count(0)
    desk.page.click('.tabs a[href="/desk/today"]')
    desk.expect_text('.figures', t('goods.drug'))
    desk.picture(pictures, f'{lang}-desk-today')
    for path in ('/desk', '/desk/new', '/desk/book', '/desk/today'):
        for width in (WIDE['width'], 320):
            desk.page.set_viewport_size({'width': width, 'height': 900})
            desk.go(path)
            assert desk.page.evaluate('document.documentElement.scrollWidth') <= width, path
            small = desk.page.evaluate(SMALL_TARGETS)
            # of a box to tick the whole line is the target
            assert [one for one in small if 'checkbox' not in one] == [], path
            assert labels_missing(desk.page) == [], path
        assert desk.violations() == [], path
    desk.close()
