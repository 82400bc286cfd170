"""In a real browser, over the real kernel: what people do when a delivery leaves its usual way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.http import i18n, pages
from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.messages import LockReport
from fleet_manager.domain.units import HOUR, Instant
from tests.pages.conftest import HOSPITAL
from tests.pages.house import SECOND_PIN, House, fits, loaded, name_of, opened_house
from tests.pages.languages import told_in
from tests.pages.people import PHONE, Nurse, Operator

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = i18n.load()
DESK = {'width': 1280, 'height': 900}
SECRET = 'a long secret'


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened_house(tmp_path) as house:
        yield house


@pytest.mark.parametrize('lang', told_in('en'))
def test_nobody_comes_it_goes_back_and_then_to_a_safe_place(
    browser: Browser, house: House, pictures: Path, lang: str
) -> None:
    t, fleet = WORDS[lang], house.fleet
    nurse = Nurse(browser, house.site, 'n2w', lang=lang)
    stores = Nurse(browser, house.site, 'cssd', lang=lang)
    address = nurse.ask('sterile', 'cssd')
    name = loaded(house, stores, address)
    fleet.until(name, 'awaiting_receipt')
    fleet.wait(GOODS['sterile'].collect_contact + 5_000)
    nurse.page.goto(address)
    nurse.expect_text('.now', t('delivery.reminded.2'))
    nurse.picture(pictures, f'{lang}-nobody-comes')
    fits(nurse, PHONE['width'])
    fleet.wait(GOODS['sterile'].collect_limit - GOODS['sterile'].collect_contact)
    stores.page.goto(address)
    stores.expect_text('.now', t('delivery.turned_back.not_collected', recipient='')[:8])
    fleet.until(name, 'awaiting_receipt')
    fleet.wait(GOODS['sterile'].collect_limit + 5_000)
    fleet.until(name, 'awaiting_receipt')
    keeper = Nurse(browser, house.site, 'stores', lang=lang)
    keeper.page.goto(address)
    keeper.expect_text('button.primary', t('delivery.open.keep'))
    keeper.picture(pictures, f'{lang}-safe-place')
    keeper.open_compartment()
    fleet.opens(name)
    fleet.until(name, 'stored')
    nurse.page.goto(address)
    nurse.expect_text('.says', t('delivery.says.stored'))
    nurse.page.click('a[href$="/custody"]')
    nurse.expect_text('main', t('custody.whole'))
    expect(nurse.page.locator('ol.custody li')).to_have_count(3)
    nurse.picture(pictures, f'{lang}-custody')
    fits(nurse, PHONE['width'])
    for person in (nurse, stores, keeper):
        person.close()


@pytest.mark.parametrize('lang', told_in('zh-CN'))
def test_a_controlled_drug_needs_two_people_and_part_of_it_is_missing(
    browser: Browser, house: House, pictures: Path, lang: str
) -> None:
    t, fleet = WORDS[lang], house.fleet
    nurse = Nurse(browser, house.site, 'n2w', lang=lang)
    pharmacist = Nurse(browser, house.site, 'pharmacy', lang=lang)
    address = nurse.ask('controlled', 'pharmacy')
    name = name_of(address)
    fleet.until(name, 'awaiting_load')
    for person, station in ((pharmacist, 'pharmacy'), (nurse, 'n2w')):
        page = person.page
        page.goto(address)
        page.fill('#pin', house.site.pins[station])
        page.fill('#witness', f'ward-{station}')
        page.fill('#witness_pin', house.site.pins[station])
        if station == 'pharmacy':
            page.fill('#count', '3')
        page.click('form[action$="/open"] button')
        person.expect_text('#problem', t('refusal.second_person_needed'))
        person.picture(pictures, f'{lang}-second-person-{station}')
        fits(person, PHONE['width'])
        page.fill('#pin', house.site.pins[station])
        page.fill('#witness', f'ward-{station}-2')
        page.fill('#witness_pin', SECOND_PIN)
        if station == 'pharmacy':
            page.fill('#count', '3')
        page.click('form[action$="/open"] button')
        fleet.opens(name)
        fleet.until(name, 'awaiting_receipt' if station == 'pharmacy' else 'taken')
    nurse.page.goto(address)
    nurse.page.fill('#count', '2')
    nurse.page.locator('details.partly summary').click()
    nurse.page.fill('#missing', '1 broken')
    nurse.picture(pictures, f'{lang}-partly')
    fits(nurse, PHONE['width'])
    nurse.page.click('.partly button')
    pharmacist.page.goto(address)
    pharmacist.expect_text('.now', t('delivery.missing', what='1 broken'))
    nurse.close()
    pharmacist.close()


@pytest.mark.parametrize('lang', told_in('en'))
def test_cancelled_on_its_way_it_comes_back(
    browser: Browser, house: House, pictures: Path, lang: str
) -> None:
    t, fleet = WORDS[lang], house.fleet
    sender = Nurse(browser, house.site, 'stores', lang=lang)
    address = sender.ask('supply', 'kitchen')
    name = loaded(house, sender, address)
    sender.page.goto(address)
    sender.page.locator('summary', has_text=t('trouble.cancel')).click()
    sender.picture(pictures, f'{lang}-cancel-loaded')
    fits(sender, PHONE['width'])
    sender.page.click('form[action$="/bring-back"] button')
    sender.expect_text('.now', t('delivery.turned_back.cancelled'))
    fleet.until(name, 'awaiting_receipt')
    sender.page.goto(address)
    sender.open_compartment()
    fleet.opens(name)
    fleet.until(name, 'returned')
    sender.close()


@pytest.mark.parametrize('lang', told_in('zh-CN'))
def test_five_wrong_pins_lock_and_the_operator_is_told(
    browser: Browser, house: House, pictures: Path, lang: str
) -> None:
    t, fleet = WORDS[lang], house.fleet
    station = {'en': 'n3w', 'zh-CN': 'n3e'}[lang]
    nurse = Nurse(browser, house.site, station, lang=lang)
    address = nurse.ask('supply', 'stores')
    stores = Nurse(browser, house.site, 'stores', lang=lang)
    name = loaded(house, stores, address)
    fleet.until(name, 'awaiting_receipt')
    nurse.page.goto(address)
    for _ in range(6):
        nurse.page.fill('#pin', '000000')
        with nurse.page.expect_response('**/open'):
            nurse.page.click('form[action$="/open"] button')
        nurse.page.wait_for_selector('form:not([aria-busy=true]) #pin')
    nurse.expect_text('#problem', t('pin.locked', phone='8000')[:12])
    nurse.picture(pictures, f'{lang}-pin-locked')
    until = Instant(fleet.clock() + HOUR)
    fleet.report(LockReport(AccountId('li.na'), until, name='Li Na'))
    fleet.report(LockReport(AccountId('lab'), until))
    fleet.wait(2_000)
    operator = Operator(browser, house.site, lang=lang, viewport=DESK)
    operator.expect_text('#alerts', t('alert.account_locked.do')[:16])
    lab = pages.name_of(load_hospital(HOSPITAL).stations[StationId('lab')], lang)
    for who in ('Li Na', lab):
        operator.expect_text('#alerts', t('alert.account_locked.what', subject=who))
    operator.picture(pictures, f'{lang}-pin-locked-operator')
    for person in (nurse, stores, operator):
        person.close()


@pytest.mark.parametrize('lang', told_in('en'))
def test_a_robot_dies_loaded_and_its_parcel_is_rescued_refused_and_followed_up(
    browser: Browser, house: House, pictures: Path, lang: str
) -> None:
    t, fleet = WORDS[lang], house.fleet
    nurse = Nurse(browser, house.site, 'n2e', lang=lang)
    stores = Nurse(browser, house.site, 'stores', lang=lang)
    address = nurse.ask('supply', 'stores')
    name = loaded(house, stores, address)
    fleet.wait(20_000)
    robot = fleet.delivery(name).robot
    assert robot is not None
    fleet.die(robot)
    fleet.wait(200_000)
    operator = Operator(browser, house.site, lang=lang, viewport=DESK)
    operator.expect_text('#alerts', t('alert.parcel_stranded.do'))
    operator.page.goto(address)
    operator.page.locator('summary', has_text=t('trouble.rescue')).click()
    operator.page.fill('#rescue_why', 'dead')
    operator.picture(pictures, f'{lang}-rescue-ask')
    operator.page.click('form[action$="/rescue"] button')
    operator.expect_text('.says', t('delivery.says.rescue_asked'))
    operator.page.fill('#rescue_pin', 'wrong')
    operator.page.click('form[action$="/rescued"] button')
    operator.expect_text('#problem', t('pin.wrong', phone='8000')[:10])
    operator.page.fill('#rescue_pin', SECRET)
    operator.picture(pictures, f'{lang}-rescue')
    fits(operator, DESK['width'])
    operator.page.click('form[action$="/rescued"] button')
    operator.expect_text('main', t('trouble.carried_title'))
    operator.picture(pictures, f'{lang}-carried-by-me')
    nurse.page.goto(address)
    nurse.page.locator('[data-live=refuse] summary').click()
    nurse.page.fill('#reason', 'too late')
    nurse.page.click('form[action$="/refuse"] button')
    stores.page.goto(address)
    stores.page.click('form[action$="/sign"] button.primary')
    stores.expect_text('.steps .done:last-child', t('delivery.step.returned'))
    operator.page.goto(f'{house.site.url}/follow-ups')
    operator.expect_text('main', t('follow_up.why.refused'))
    fits(operator, DESK['width'])
    operator.picture(pictures, f'{lang}-follow-ups')
    row = operator.page.locator('section.panel', has=operator.page.locator(f'a[href$="{name}"]'))
    row.locator('input[name=reason]').fill('called the ward')
    row.locator('form button').click()
    operator.expect_text('main', t('follow_up.do.solved'))
    for person in (nurse, stores, operator):
        person.close()
