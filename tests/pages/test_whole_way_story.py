"""In a real browser, over the real kernel: a specimen, waste and meals, from hand to hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from fleet_manager.adapters.http import i18n
from fleet_manager.adapters.http.i18n import Words
from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.maps.model import Station
from fleet_manager.domain.state import Delivery
from fleet_manager.domain.units import HOUR, MINUTE
from tests.pages.house import SECOND_PIN, House, fits, loaded, name_of, opened_house
from tests.pages.languages import told_in
from tests.pages.people import PHONE, Nurse, Operator
from tests.pages.test_panel_story import Screen
from tests.pages.test_panel_story import fits as fits_the_screen

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = i18n.load()
DESK = {'width': 1280, 'height': 900}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened_house(tmp_path) as house:
        yield house


def place(house: House, station: str, lang: str) -> str:
    """Return what people call a station."""
    name = next(one.name for one in stations(house) if one.id == station)
    return name.zh if lang == 'zh-CN' else name.en


def signer(house: House, station: str, lang: str, *, second: bool = False) -> str:
    """Return what the page calls who signs with what a station shares."""
    account = f'ward-{station}-2' if second else f'ward-{station}'
    return f'{place(house, station, lang)} ({account})'


def stations(house: House) -> list[Station]:
    return list(house.site.app.state.site.hospital.stations.values())


def boxes(house: House, robot: RobotId | None) -> list[dict[str, object]]:
    """Return the compartments of a robot, as all may see them."""
    return list(house.fleet.current().entities['robot'][robot or '']['compartments'])


def takes(house: House, person: Nurse, name: str) -> None:
    """Come to the robot that waits, and take out what is in it."""
    house.fleet.until(name, 'awaiting_receipt')
    person.go(f'/deliveries/{name}')
    person.open_compartment()
    house.fleet.opens(name)
    house.fleet.until(name, 'taken')
    person.wait('form[action$="/sign"] button.primary')


def custody_is_whole(person: Nurse, t: Words, name: str, signed: list[str]) -> None:
    """The page says who had it: no gap, and who signed for each hand."""
    person.go(f'/deliveries/{name}')
    person.page.click('a[href$="/custody"]')
    person.expect_text('main', t('custody.whole'))
    hands = person.page.locator('ol.custody li')
    expect(hands).to_have_count(len(signed))
    for number, who in enumerate(signed):
        expect(hands.nth(number)).to_contain_text(who)
    expect(hands.last).to_contain_text(t('custody.now'))
    fits(person, PHONE['width'])


@pytest.mark.parametrize('lang', told_in('zh-CN'))
def test_a_stat_specimen_in_three_taps_scanned_by_hand_reaches_the_laboratory(
    browser: Browser, house: House, pictures: Path, lang: str
) -> None:
    t = WORDS[lang]
    nurse = Nurse(browser, house.site, 'n3e', lang=lang)
    nurse.go('/ward/new')
    nurse.tap('a.tile.stat')
    nurse.tap('a.choice')
    nurse.page.click('details summary')
    nurse.page.focus('#codes')
    for code in ('LAB-001', 'LAB-002'):
        nurse.page.keyboard.type(code)
        nurse.page.keyboard.press('Enter')
    expect(nurse.page.locator('button[data-scan]')).to_be_hidden()
    nurse.picture(pictures, f'{lang}-stat')
    nurse.tap('button.primary')
    nurse.page.wait_for_url('**/deliveries/*')
    assert nurse.taps == 3
    name = name_of(nurse.page.url)
    asked = house.fleet.delivery(name)
    assert asked.details == {'kind': 'stat', 'codes': 'LAB-001 LAB-002'}
    assert asked.urgency == 'stat'

    house.fleet.until(name, 'awaiting_load')
    nurse.wait('#pin')
    nurse.picture(pictures, f'{lang}-stat-load')
    loaded(house, nurse, nurse.page.url)
    nurse.wait('.now.moving')
    laboratory = Nurse(browser, house.site, 'lab', lang=lang)
    laboratory.expect_text('main', t('goods.specimen'))
    laboratory.picture(pictures, f'{lang}-stat-expected')
    takes(house, laboratory, name)
    laboratory.expect_text('.facts', 'LAB-001 LAB-002')
    laboratory.picture(pictures, f'{lang}-stat-sign')
    fits(laboratory, PHONE['width'])
    laboratory.page.click('form[action$="/sign"] button.primary')
    laboratory.expect_text('.says', t('delivery.says.delivered'))
    nurse.expect_text('.says', t('delivery.says.delivered'))
    arrived = house.fleet.current().entities['delivery'][name]
    assert not arrived['late']
    signed = [t('custody.signed', who=signer(house, who, lang)) for who in ('n3e', 'lab')]
    custody_is_whole(laboratory, t, name, ['', *signed])
    laboratory.picture(pictures, f'{lang}-stat-custody')
    nurse.close()
    laboratory.close()


@pytest.mark.parametrize('lang', told_in('en'))
def test_waste_with_a_scanned_bag_is_signed_for_by_two_and_the_robot_is_cleaned(
    browser: Browser, house: House, pictures: Path, lang: str
) -> None:
    t = WORDS[lang]
    nurse = Nurse(browser, house.site, 'n2e', lang=lang)
    nurse.go('/ward/new?goods=waste&way=send&other=waste')
    nurse.page.select_option('#waste_type', 'sharps')
    nurse.page.fill('#weight_kg', '2.5 kg')
    nurse.page.focus('#bag')
    nurse.page.keyboard.type('BAG-0815')
    nurse.page.keyboard.press('Enter')
    assert nurse.page.url.endswith('other=waste'), "the scanner's Enter does not send"
    nurse.page.click('button.primary')
    nurse.expect_text('#problem', t('details.field.weight_kg'))
    assert nurse.page.input_value('#bag') == 'BAG-0815'
    nurse.picture(pictures, f'{lang}-waste')
    assert nurse.violations() == []
    nurse.page.fill('#weight_kg', '2.5')
    nurse.page.click('button.primary')
    nurse.page.wait_for_url('**/deliveries/*')
    name = loaded(house, nurse, nurse.page.url)

    yard = Nurse(browser, house.site, 'waste', lang=lang)
    house.fleet.until(name, 'awaiting_receipt')
    yard.go(f'/deliveries/{name}')
    yard.wait('#pin')
    expect(yard.page.locator('form[action$="/refuse"]')).to_have_count(0)
    takes(house, yard, name)
    for value in (t('details.waste_type.sharps'), '2.5', 'BAG-0815'):
        yard.expect_text('.facts', value)
    second = {'waste': house.site.pins['waste'], 'waste-2': SECOND_PIN}
    for who, pin in second.items():
        yard.page.fill('#witness', f'ward-{who}')
        yard.page.fill('#witness_pin', pin)
        yard.page.click('form[action$="/sign"] button.primary')
        if who == 'waste':
            yard.expect_text('#problem', t('refusal.second_person_needed'))
            yard.picture(pictures, f'{lang}-waste-sign')
            fits(yard, PHONE['width'])
    yard.expect_text('.says', t('delivery.says.delivered'))
    yard.picture(pictures, f'{lang}-waste-delivered')
    nurse_s, yard_s = (
        t('custody.signed', who=signer(house, who, lang)) for who in ('n2e', 'waste')
    )
    witness = t('custody.witness', who=signer(house, 'waste', lang, second=True))
    custody_is_whole(yard, t, name, ['', nurse_s, yard_s, f'{yard_s} · {witness}'])
    yard.picture(pictures, f'{lang}-waste-custody')

    house.fleet.wait(3 * MINUTE)
    operator = Operator(browser, house.site, lang=lang, viewport=DESK)
    row = operator.page.locator('#robots li', has_text=t('robot.state.needs_cleaning'))
    expect(row).to_have_count(1, timeout=30_000)
    operator.picture(pictures, f'{lang}-waste-cleaning')
    row.get_by_role('button', name=t('operator.cleaned'), exact=True).click()
    expect(row).to_have_count(0, timeout=30_000)
    for person in (nurse, yard, operator):
        person.close()


def orders(nurse: Nurse, t: Words, diet: str) -> None:
    """Order breakfast: one bed as usual, one with a diet, one that gets nothing."""
    nurse.go('/ward/meals')
    nurse.page.fill('#beds', '12\n13\n14A')
    nurse.page.click('form[action="/ward/beds"] button')
    nurse.wait('.beds')
    nurse.page.select_option('#bed-2', diet)
    nurse.page.select_option('#bed-3', '')
    nurse.page.click('form[action="/ward/meals"] button')
    nurse.expect_text('form .hint', f'{t("details.field.diet_" + diet)} 1')
    assert nurse.violations() == []


def loads_both(
    browser: Browser, house: House, pictures: Path, names: Mapping[str, str], lang: str
) -> dict[str, Delivery]:
    """Load the meals of both wards at the robot, a compartment each; return the deliveries."""
    house.fleet.until(names['n2w'], 'awaiting_load', limit=HOUR)
    house.fleet.until(names['n2e'], 'awaiting_load')
    trays = {ward: house.fleet.delivery(name) for ward, name in names.items()}
    assert trays['n2w'].robot == trays['n2e'].robot, 'one round, one robot'
    screen = Screen(browser, house.site, str(trays['n2w'].robot), lang=lang)
    kitchen = Nurse(browser, house.site, 'kitchen', lang=lang)
    kitchen.go(f'/deliveries/{names["n2w"]}')
    kitchen.expect_text('.facts', WORDS[lang]('details.field.diet_halal'))
    kitchen.picture(pictures, f'{lang}-meals-kitchen')
    fits(kitchen, PHONE['width'])
    choice = screen.page.locator(f'.choices a[href$="={names["n2w"]}"]')
    expect(choice).to_contain_text('N2W')
    choice.tap()
    for ward in ('n2w', 'n2e'):
        screen.expect_text('.todo .what', place(house, ward, lang))
        screen.expect_text('.boxes .mine', trays[ward].compartment or '?')
        screen.picture(pictures, f'{lang}-meals-panel-{ward}')
        fits_the_screen(screen.page)
        if ward == 'n2w':
            screen.type_pin(house.site.pins['kitchen'])
            screen.page.tap('.pin .primary')
        else:
            screen.page.wait_for_function("document.activeElement.id === 'pin'")
            screen.page.keyboard.type(house.site.pins['kitchen'])  # as a badge reader does
            screen.page.keyboard.press('Enter')
        house.fleet.opens(names[ward])
        house.fleet.until(names[ward], 'under_way')
    screen.close()
    kitchen.close()
    return trays


@pytest.mark.parametrize('lang', told_in('zh-CN'))
def test_a_meal_round_is_ordered_by_bed_loaded_in_the_kitchen_and_signed_by_each_ward(
    browser: Browser, house: House, pictures: Path, lang: str
) -> None:
    t, diets = WORDS[lang], {'n2w': 'halal', 'n2e': 'diabetic'}
    wards = {ward: Nurse(browser, house.site, ward, lang=lang) for ward in diets}
    for ward, nurse in wards.items():
        orders(nurse, t, diets[ward])
    wards['n2w'].picture(pictures, f'{lang}-meals')
    assert house.ask_what_is_planned() == [], 'the order is still open'
    house.fleet.wait(6 * MINUTE)
    names = {str(noted.station): noted.delivery for noted in house.ask_what_is_planned()}
    assert names.keys() == diets.keys()
    assert house.ask_what_is_planned() == []

    trays = loads_both(browser, house, pictures, names, lang)
    first, last = sorted(names, key=lambda ward: house.fleet.delivery(names[ward]).eta)
    for ward in (first, last):
        nurse, name = wards[ward], names[ward]
        takes(house, nurse, name)
        inside = [box['occupied'] for box in boxes(house, trays[ward].robot)]
        assert inside.count(True) == (1 if ward == first else 0), 'only their own'
        nurse.picture(pictures, f'{lang}-meals-sign-{ward}')
        nurse.page.click('form[action$="/sign"] button.primary')
        nurse.expect_text('.says', t('delivery.says.delivered'))
    signed = [t('custody.signed', who=signer(house, who, lang)) for who in ('kitchen', last)]
    custody_is_whole(wards[last], t, names[last], ['', *signed])
    wards[last].picture(pictures, f'{lang}-meals-custody')
    for nurse in wards.values():
        nurse.close()
