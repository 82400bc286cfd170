"""A nurse, a pharmacist and a robot, in a real browser on a phone, in both languages."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from fleet_manager.adapters.http import i18n
from tests.pages.conftest import RunningSite
from tests.pages.languages import BOTH
from tests.pages.people import Nurse, Person

pytestmark = [pytest.mark.browser, pytest.mark.ros, pytest.mark.slow]

WORDS = i18n.load()

#: Every control a finger can hit, with its size; texts inside a sentence are not controls.
SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input, select, summary')]
  .filter((one) => one.checkVisibility() && !one.closest('p:not(.crumb)') && one.type !== 'hidden')
  .filter((one) => !one.classList.contains('skip'))
  .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
  .filter(([, box]) => box.width < 47.5 || box.height < 47.5)
  .map(([what, box]) => `${what} ${box.width}x${box.height}`)"""


@pytest.mark.parametrize('lang', BOTH)
def test_a_nurse_gets_medicines_from_the_pharmacy(
    browser: Browser, site: RunningSite, pictures: Path, lang: str
) -> None:
    t = WORDS[lang]
    nurse = Nurse(browser, site, 'n2w', lang=lang)
    nurse.page.click('.new')
    nurse.taps = 0
    nurse.tap('a.tile[href$="drug"]')
    nurse.tap('a.choice')
    nurse.picture(pictures, f'{lang}-check')
    nurse.tap('button.primary')
    nurse.page.wait_for_url('**/deliveries/*')
    assert nurse.taps == 3
    assert nurse.page.get_attribute('html', 'lang') == lang
    delivery = nurse.page.url.removeprefix(site.url)
    nurse.page.evaluate('window.never_reloaded = true')

    pharmacist = Nurse(browser, site, 'pharmacy', lang=lang)
    pharmacist.go(delivery)
    pharmacist.wait('#pin')
    pharmacist.page.fill('#pin', '1')
    pharmacist.page.click('form[action$="/open"] button')
    pharmacist.expect_text('#problem', t('pin.wrong', phone='').split('.')[0].split('。')[0][:6])
    pharmacist.picture(pictures, f'{lang}-wrong-pin')
    pharmacist.open_compartment()
    pharmacist.expect_text('.steps', t('delivery.step.under_way'), patient=True)
    pharmacist.wait('.now.moving')
    expect(pharmacist.page.locator('form[action$="/cancel"]')).to_have_count(0)
    expect(pharmacist.page.locator('form[action$="/bring-back"]')).to_have_count(1)

    nurse.wait('#pin')
    nurse.picture(pictures, f'{lang}-arrived')
    nurse.open_compartment()
    nurse.wait('form[action$="/sign"]')
    nurse.picture(pictures, f'{lang}-sign')
    nurse.page.click('form[action$="/sign"] button.primary')
    nurse.expect_text('.says', t('delivery.says.delivered'))
    taps = nurse.taps
    nurse.tap('.stars button[value="5"]')
    assert nurse.taps == taps + 1
    nurse.expect_text('.rated', t('delivery.rated', n=5))
    nurse.picture(pictures, f'{lang}-rated')
    assert nurse.page.evaluate('window.never_reloaded')

    nurse.page.reload()
    nurse.expect_text('.rated', t('delivery.rated', n=5))
    pharmacist.close()
    nurse.close()


def test_a_double_tap_is_one_delivery(browser: Browser, site: RunningSite) -> None:
    nurse = Nurse(browser, site, 'n3e', lang='en')
    note = uuid.uuid4().hex
    nurse.go('/ward/new?goods=sterile&way=fetch&other=cssd')
    nurse.page.click('summary')
    nurse.page.fill('#note', note)
    nurse.page.dblclick('button.primary')
    nurse.page.wait_for_url('**/deliveries/*')
    found = [d for d in nurse.state()['entities']['delivery'].values() if d['note'] == note]
    assert len(found) == 1
    nurse.page.go_back()
    nurse.page.click('button.primary')
    nurse.page.wait_for_url('**/deliveries/*')
    found = [d for d in nurse.state()['entities']['delivery'].values() if d['note'] == note]
    assert len(found) == 1
    cancel(nurse)
    nurse.close()


def test_a_delivery_is_cancelled_in_one_tap(browser: Browser, site: RunningSite) -> None:
    lang = 'zh-CN'
    nurse = Nurse(browser, site, 'n3w', lang=lang)
    nurse.ask('drug', 'pharmacy')
    taps = nurse.taps
    cancel(nurse)
    assert nurse.taps == taps + 1
    nurse.expect_text('.says', WORDS[lang]('delivery.says.cancelled'))
    nurse.close()


def cancel(nurse: Nurse) -> None:
    nurse.tap('form[action$="/cancel"] button')
    nurse.wait('.steps li.current:last-child')
    expect(nurse.page.locator('form[action$="/cancel"]')).to_have_count(0)


def test_everything_works_without_scripts(browser: Browser, site: RunningSite) -> None:
    nurse = Nurse(browser, site, 'n2e', lang='en', java_script_enabled=False)
    url = nurse.ask('drug', 'pharmacy')
    pharmacist = Nurse(browser, site, 'pharmacy', lang='en', java_script_enabled=False)
    pharmacist.page.goto(url)
    pharmacist.open_compartment()
    nurse.open_compartment()
    nurse.wait('form[action$="/sign"]')
    nurse.page.click('form[action$="/sign"] button.primary')
    nurse.page.click('.stars button[value="4"]')
    nurse.expect_text('.rated', '4 of 5')
    pharmacist.close()
    nurse.close()


def test_a_lost_network_is_said_and_nothing_typed_is_lost(
    browser: Browser, site: RunningSite, pictures: Path
) -> None:
    nurse = Nurse(browser, site, 'n2w', lang='en')
    nurse.go('/ward/new?goods=drug&way=fetch&other=pharmacy')
    nurse.page.click('summary')
    nurse.page.fill('#note', 'keep me')
    lose_network(nurse)
    nurse.page.locator('#offline:visible').wait_for(timeout=30_000)
    assert re.search(r'Connection lost.* \d\d:\d\d\.', nurse.page.inner_text('#offline'))
    nurse.page.click('button.primary')
    nurse.expect_text('#problem', 'Not sent: no connection')
    nurse.picture(pictures, 'lost')
    assert nurse.page.input_value('#note') == 'keep me'
    nurse.page.unroute('**/*')
    nurse.context.set_offline(False)
    nurse.page.locator('#offline').wait_for(state='hidden', timeout=30_000)
    nurse.page.click('button.primary')
    nurse.page.wait_for_url('**/deliveries/*')
    nurse.expect_text('.facts', 'keep me')
    cancel(nurse)
    nurse.close()


def lose_network(person: Person) -> None:
    """Cut everything: Chromium alone would leave an open websocket alive."""
    person.context.set_offline(True)
    person.page.route('**/*', lambda route: route.abort())


def test_an_update_neither_moves_the_focus_nor_eats_the_pin(
    browser: Browser, site: RunningSite
) -> None:
    nurse = Nurse(browser, site, 'n3w', lang='en')
    url = nurse.ask('drug', 'pharmacy')
    nurse.page.focus('.phone')
    pharmacist = Nurse(browser, site, 'pharmacy', lang='en')
    pharmacist.page.goto(url)
    pharmacist.open_compartment()
    nurse.wait('.now.moving')
    nurse.wait('#pin')
    assert nurse.page.evaluate('document.activeElement.className') == 'phone'
    nurse.page.focus('#pin')
    nurse.page.keyboard.type('12')
    for _ in range(3):
        nurse.page.evaluate("import('/static/live.js').then((live) => live.refresh())")
    nurse.page.keyboard.type('34')
    assert nurse.page.input_value('#pin') == '1234'
    assert nurse.page.evaluate('document.activeElement.id') == 'pin'
    nurse.page.fill('#pin', '')
    nurse.open_compartment()
    nurse.wait('form[action$="/sign"]')
    nurse.page.click('form[action$="/sign"] button.primary')
    nurse.wait('.stars')
    pharmacist.close()
    nurse.close()


def test_somebody_who_was_logged_out_is_led_to_the_log_in(
    browser: Browser, site: RunningSite
) -> None:
    nurse = Nurse(browser, site, 'lab', lang='en')
    token = nurse.context.cookies()
    tab = nurse.context.new_page()
    tab.goto(f'{site.url}/ward')
    tab.click('footer button')
    tab.wait_for_url('**/login')
    nurse.page.wait_for_url('**/login?next=%2Fward', timeout=30_000)
    assert token
    nurse.close()


@pytest.mark.parametrize(('lang', 'width'), [('en', 320), ('zh-CN', 1280)])
def test_pages_reflow_and_targets_are_large(
    browser: Browser, site: RunningSite, pictures: Path, lang: str, width: int
) -> None:
    nurse = Nurse(browser, site, 'n2w', lang=lang, viewport={'width': width, 'height': 740})
    delivery = nurse.ask('supply', 'n3e').removeprefix(site.url)
    pages = ['/ward', '/ward/new', '/ward/new?goods=supply', '/nothing', delivery, '/login']
    pages.append('/ward/new?goods=supply&way=send&other=n3e')
    for path in pages:
        nurse.go(path)
        page = nurse.page
        assert page.evaluate('document.documentElement.scrollWidth') <= width, path
        assert page.evaluate(SMALL_TARGETS) == [], path
        assert page.locator('.primary:visible').count() <= 1, path
        assert page.locator('a.phone[href^="tel:"]').count() == 1, path
        assert page.locator('h1').count() == 1, path
        nurse.picture(pictures, f'{lang}-{width}{re.sub("[^a-z]+", "-", path)}')
        assert labels_missing(page) == [], path
    nurse.go(delivery)
    cancel(nurse)
    nurse.close()


def labels_missing(page: Page) -> list[str]:
    """Return the fields without a label, and controls without a name."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('input, select, button, a')]
          .filter((one) => one.checkVisibility())
          .filter((one) => !(one.labels?.length || one.textContent.trim() || one.ariaLabel))
          .map((one) => one.outerHTML)"""
    )
    return found


def test_the_language_switch_stays_on_the_page(browser: Browser, site: RunningSite) -> None:
    nurse = Nurse(browser, site, 'n2w', lang='en')
    nurse.go('/ward/new?goods=supply')
    nurse.page.click('.languages button[lang="zh-CN"]')
    assert nurse.page.url.endswith('/ward/new?goods=supply')
    assert nurse.page.get_attribute('html', 'lang') == 'zh-CN'
    nurse.page.fill('#q', 'XNK')
    expect(nurse.page.locator('a.choice:visible[href$="=n3w"]').first).to_be_visible()
    expect(nurse.page.locator('a.choice:visible:not([href$="=n3w"])')).to_have_count(0)
    nurse.page.fill('#q', 'qqq')
    expect(nurse.page.locator('[data-empty]')).to_be_visible()
    nurse.close()


def test_a_ward_gets_no_word_about_others(browser: Browser, site: RunningSite) -> None:
    nurse = Nurse(browser, site, 'n2e', lang='en')
    entities = nurse.state()['entities']
    mine = entities['delivery'].values()
    assert all('n2e' in (one['sender'], one['recipient']) for one in mine)
    assert 'waits_for' not in json.dumps(entities)
    nurse.close()
