"""In a real browser: more urgently, back to the sender, by a porter; a robot is cleaned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from fleet_manager.adapters.http import i18n
from fleet_manager.domain.ids import RobotId, StationId
from fleet_manager.domain.messages import RefuseDelivery, RequestDelivery, SignCleaning, TakeByHand
from tests.pages.conftest import QUICK, RunningSite, running_site
from tests.pages.languages import told_in
from tests.pages.people import PHONE, Nurse, Operator
from tests.pages.stand_in import StandIn

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = i18n.load()
DESK = {'width': 1440, 'height': 900}


@pytest.fixture(scope='module')
def scripted() -> Iterator[RunningSite]:
    """Return pages with a scripted fleet behind them."""
    with running_site(speed=QUICK) as site:
        yield site


def fleet_of(site: RunningSite) -> StandIn:
    assert site.stand_in is not None
    return site.stand_in


@pytest.mark.parametrize('lang', told_in('en'))
def test_a_parcel_is_refused_with_a_reason_and_taken_back_by_its_sender(
    browser: Browser, scripted: RunningSite, pictures: Path, lang: str
) -> None:
    t = WORDS[lang]
    nurse = Nurse(browser, scripted, 'n2w', lang=lang)
    pharmacist = Nurse(browser, scripted, 'pharmacy', lang=lang)
    address = nurse.ask('drug', 'pharmacy')
    pharmacist.page.goto(address)
    pharmacist.open_compartment()
    nurse.wait('[data-live=refuse] summary')
    nurse.page.locator('[data-live=refuse] summary').click()
    nurse.page.fill('#reason', 'not ours')
    nurse.picture(pictures, f'{lang}-refuse')
    nurse.page.click('form[action$="/refuse"] button')
    nurse.expect_text('.steps .current', t('delivery.step.going_back'))
    expect(nurse.page.locator('form[action$="/refuse"]')).to_have_count(0)
    assert any(isinstance(c, RefuseDelivery) for c in fleet_of(scripted).commands)
    pharmacist.expect_text('.now', 'not ours')
    pharmacist.wait('#pin')
    pharmacist.expect_text('button.primary', t('delivery.open.take_back'))
    pharmacist.picture(pictures, f'{lang}-returned')
    pharmacist.open_compartment()
    pharmacist.expect_text('.steps .done:last-child', t('delivery.step.returned'), patient=True)
    width = pharmacist.page.evaluate('document.documentElement.scrollWidth')
    assert width <= PHONE['width']
    nurse.close()
    pharmacist.close()


def test_more_urgently_needs_a_reason_and_nothing_typed_is_lost(
    browser: Browser, scripted: RunningSite
) -> None:
    t = WORDS['en']
    nurse = Nurse(browser, scripted, 'n3e', lang='en')
    nurse.go('/ward/new?goods=supply')
    nurse.page.click('a.choice[href$="other=stores"]')
    nurse.page.click('summary')
    nurse.page.check('input[name=raised]')
    nurse.page.click('button.primary')
    nurse.expect_text('#problem', t('refusal.reason_needed'))
    expect(nurse.page.locator('input[name=raised]')).to_be_checked()
    nurse.page.fill('#note', 'theatre waits')
    nurse.page.click('button.primary')
    nurse.page.wait_for_url('**/deliveries/*')
    nurse.expect_text('.facts', t('delivery.raised'))
    command = fleet_of(scripted).commands[-1]
    assert isinstance(command, RequestDelivery)
    assert (command.raised, command.note) == (True, 'theatre waits')
    nurse.page.click('form[action$="/cancel"] button')
    nurse.expect_text('.says', t('delivery.says.cancelled'))
    nurse.close()


@pytest.mark.parametrize('lang', ['en'])
def test_a_porters_delivery_is_marked_taken_and_signed(
    browser: Browser, scripted: RunningSite, pictures: Path, lang: str
) -> None:
    t, fleet = WORDS[lang], fleet_of(scripted)
    nurse = Nurse(browser, scripted, 'n3w', lang=lang)
    address = nurse.ask('drug', 'pharmacy')
    with fleet._lock:
        fleet._set(address.rsplit('/', 1)[1], 'porter_asked')
    operator = Operator(browser, scripted, lang=lang, viewport=DESK)
    row = operator.page.locator('#deliveries li', has_text=t('delivery.state.porter_asked'))
    row.locator('a').click()
    operator.page.click('form[action$="/take"] button')
    operator.expect_text('.steps .current', t('delivery.step.carried'))
    assert any(isinstance(c, TakeByHand) for c in fleet.commands)
    nurse.wait('form[action$="/sign"] button.primary')
    nurse.picture(pictures, f'{lang}-carried')
    nurse.page.click('form[action$="/sign"] button.primary')
    nurse.expect_text('.says', t('delivery.says.delivered'))
    operator.close()
    nurse.close()


@pytest.mark.parametrize('lang', ['zh-CN'])
def test_the_operator_reads_a_run_and_signs_that_a_robot_was_cleaned(
    browser: Browser, scripted: RunningSite, pictures: Path, lang: str
) -> None:
    t, fleet = WORDS[lang], fleet_of(scripted)
    nurse = Nurse(browser, scripted, 'n2w', lang=lang)
    nurse.ask('supply', 'stores')
    named = fleet.hospital.stations[StationId('stores')].name
    stores = named.zh if lang == 'zh-CN' else named.en
    fleet.robots[RobotId('r6')].soiled = True
    operator = Operator(browser, scripted, lang=lang, viewport=DESK)
    load = t('robot.stop.pick_up', place=stores, n=1)
    expect(operator.page.locator('#robots .run', has_text=load).first).to_be_visible()
    row = operator.page.locator('#robots li[data-key=r6]')
    expect(row.locator('.tag')).to_have_text(t('robot.state.needs_cleaning'))
    operator.picture(pictures, f'{lang}-run-and-cleaning')
    assert operator.page.evaluate('document.documentElement.scrollWidth') <= DESK['width']
    button = row.get_by_role('button', name=t('operator.cleaned'), exact=True)
    button.click()
    expect(button).to_be_hidden()
    assert isinstance(fleet.commands[-1], SignCleaning)
    operator.close()
    nurse.close()
