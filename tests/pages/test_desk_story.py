"""In a real browser: a porter carries what no robot does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from fleet_manager.adapters.http import i18n
from fleet_manager.domain.messages import SignDelivery, TakeByHand
from tests.pages.conftest import RunningSite, running_site
from tests.pages.people import PHONE, Nurse, Staff
from tests.pages.test_ward_story import SMALL_TARGETS, labels_missing

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = i18n.load()
LANGUAGES = ['en', 'zh-CN']


@pytest.fixture(scope='module')
def scripted() -> Iterator[RunningSite]:
    """Return pages with a scripted fleet behind them."""
    with running_site() as site:
        yield site


@pytest.mark.parametrize('lang', LANGUAGES)
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
