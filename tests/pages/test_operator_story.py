"""The operator's page in a real browser: one map of everything, and buttons that hold robots."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from fleet_manager.adapters.http import i18n
from tests.pages.conftest import RunningSite
from tests.pages.languages import BOTH
from tests.pages.people import PHONE, Nurse, Operator
from tests.pages.stand_in import now

pytestmark = [pytest.mark.browser, pytest.mark.ros, pytest.mark.slow]

WORDS = i18n.load()
DESK = {'width': 1440, 'height': 900}

#: How often a robot that moves is drawn somewhere else within two seconds: 10 updates come.
MOVES = """() => new Promise((done) => {
  const seen = new Map();
  const begin = performance.now();
  const look = (at) => {
    for (const one of document.querySelectorAll('.robot')) {
      const places = seen.get(one.dataset.robot) ?? new Set();
      seen.set(one.dataset.robot, places.add(one.getAttribute('transform')));
    }
    if (at - begin < 2000) requestAnimationFrame(look);
    else done(Math.max(...[...seen.values()].map((places) => places.size)));
  };
  requestAnimationFrame(look);
})"""


@pytest.mark.parametrize('lang', BOTH)
def test_every_floor_lift_robot_and_delivery_is_on_one_page(
    browser: Browser, site: RunningSite, pictures: Path, lang: str
) -> None:
    t = WORDS[lang]
    nurse = Nurse(browser, site, 'n3w', lang=lang)
    number = nurse.ask('supply', 'stores')
    operator = Operator(browser, site, lang=lang, viewport=DESK)
    page = operator.page
    expect(page.locator('.floor')).to_have_count(3)
    expect(page.locator('.car')).to_have_count(2)
    row = page.locator(f'#deliveries a[href="{number.removeprefix(site.url)}"]')
    row.wait_for()
    page.locator('.lane.allocated').first.wait_for(state='attached')
    page.locator('.lane.claimed').first.wait_for(state='attached')
    robots = operator.state()['entities']['robot']
    expect(page.locator('#robots li')).to_have_count(len(robots))
    assert '/' in page.inner_text('[data-kpi=robots] dd')
    assert t('operator.not_stop') in page.inner_text('main')
    assert page.evaluate('document.documentElement.scrollWidth') <= DESK['width']
    operator.picture(pictures, f'{lang}-operator')
    nurse.page.goto(number)
    nurse.page.click('form[action$="/cancel"] button')
    operator.close()
    nurse.close()


def test_a_robot_is_paused_and_resumed(browser: Browser, site: RunningSite) -> None:
    operator = Operator(browser, site, lang='en', viewport=DESK)
    page = operator.page
    row = page.locator('#robots li').first
    row.get_by_role('button', name='Pause').click()
    expect(row.locator('.tag')).to_have_text('Paused')
    robot = row.get_attribute('data-key')
    expect(page.locator(f'.robot.paused[data-robot={robot}]')).to_be_visible()
    row.get_by_role('button', name='Resume').click()
    expect(row.locator('.tag')).not_to_have_text('Paused')
    operator.close()


def test_the_fleet_is_paused_and_resumed(browser: Browser, site: RunningSite) -> None:
    operator = Operator(browser, site, lang='en', viewport=DESK)
    page = operator.page
    button = page.locator('#pause-fleet')
    button.click()
    expect(page.locator('#fleet-paused')).to_be_visible()
    expect(button).to_have_text('Resume all robots')
    nurse = Nurse(browser, site, 'n2w', lang='en')
    nurse.expect_text('main', 'All robots are paused by dispatch')
    button.click()
    expect(page.locator('#fleet-paused')).to_be_hidden()
    expect(nurse.page.locator('.notice')).to_have_count(0)
    nurse.close()
    operator.close()


def test_a_robot_is_shown_in_the_map_and_in_the_lists(browser: Browser, site: RunningSite) -> None:
    operator = Operator(browser, site, lang='en', viewport=DESK)
    page = operator.page
    row = page.locator('#robots li').nth(1)
    robot = row.get_attribute('data-key')
    row.locator('.name').focus()
    expect(page.locator(f'.robot.selected[data-robot={robot}]')).to_have_count(1)
    other = page.locator('#robots li').nth(2).get_attribute('data-key')
    page.locator(f'.robot[data-robot={other}]').dispatch_event('click')
    expect(page.locator(f'#robots li.selected[data-key={other}]')).to_have_count(1)
    expect(page.locator('.robot.selected')).to_have_count(1)
    label = page.get_attribute(f'.robot[data-robot={other}]', 'aria-label')
    assert label
    assert label.startswith('Robot ')
    operator.close()


def test_robots_move_smoothly_unless_people_ask_for_less_motion(
    browser: Browser, site: RunningSite
) -> None:
    nurse = Nurse(browser, site, 'n3e', lang='en')
    moves = {}
    for motion in ('no-preference', 'reduce'):
        operator = Operator(browser, site, lang='en', viewport=DESK, reduced_motion=motion)
        nurse.ask('supply', 'stores')
        operator.page.locator('.robot.to_pick_up').first.wait_for(timeout=site.patience * 1_000)
        tries = [operator.page.evaluate(MOVES) for _ in range(3)]  # a robot may have to stop
        moves[motion] = max(tries)
        nurse.page.click('form[action$="/cancel"] button')
        nurse.wait('.steps li.current:last-child')
        operator.close()
    assert moves['no-preference'] > 14
    assert moves['reduce'] <= 12
    nurse.close()


@pytest.mark.parametrize('lang', ['zh-CN'])
def test_an_alert_says_what_where_since_and_what_to_do(
    browser: Browser, stand_in_site: RunningSite, pictures: Path, lang: str
) -> None:
    site, fleet = stand_in_site, stand_in_site.stand_in
    assert fleet is not None
    t = WORDS[lang]
    fleet.raise_alert('a1', 'robot_stuck', 'r3')
    fleet.raise_alert('a2', 'not_loaded', 'd9')
    fleet.raise_alert('a3', 'newer_than_this_page', 'A')
    fleet.robots['r3'].waits_for = {
        'code': 'robot',
        'params': {'robot': 'r4', 'place': 'node:L1.s03'},
        'since': now() - 12_000,
    }
    fleet.robots['r5'].excluded = 'teleported'
    operator = Operator(browser, site, lang=lang, viewport=DESK)
    page = operator.page
    expect(page.locator('#alerts li')).to_have_count(3)
    first = page.locator('#alerts li').first
    expect(first).to_contain_text(t('alert.level.high'))
    expect(first).to_contain_text(t('alert.robot_stuck.do'))
    assert t('robot.label', name='R3') in first.inner_text()
    expect(page.locator('.arrows .wait')).to_have_count(1)
    expect(page.locator('#robots li[data-key=r3]')).to_contain_text('R4')
    operator.picture(pictures, f'{lang}-alerts')
    first.get_by_role('button').click()
    seen = page.locator('#alerts li[data-key=a1]')
    expect(seen).to_contain_text(
        t('operator.acknowledged', who=f'{t("role.operator")} ({site.operator_name})')
    )
    page.locator('#robots li[data-key=r5]').get_by_role(
        'button', name=t('operator.readmit')
    ).click()
    expect(page.locator('#robots li[data-key=r5] [data-part=pause]')).to_be_visible()
    fleet.alerts.clear()
    fleet.robots['r3'].waits_for = None
    expect(page.locator('#alerts li')).to_have_count(0)
    operator.close()


def test_a_refused_command_is_said(browser: Browser, site: RunningSite) -> None:
    operator = Operator(browser, site, lang='en', viewport=DESK)
    page = operator.page
    page.locator('#robots li').first.wait_for()
    page.route('**/api/v1/robots/**', lambda route: route.abort())
    page.locator('#robots li button[data-part=pause]:visible').first.click()
    expect(page.locator('#said')).to_have_text('Not done: no connection. Try again.')
    operator.close()


def test_a_lost_connection_greys_the_map_within_ten_seconds(
    browser: Browser, site: RunningSite, pictures: Path
) -> None:
    operator = Operator(browser, site, lang='en', viewport=DESK)
    page = operator.page
    page.wait_for_timeout(500)
    operator.context.set_offline(True)
    page.route('**/*', lambda route: route.abort())
    page.locator('#offline:visible').wait_for(timeout=30_000)
    assert page.locator('html[data-lost]').count() == 1
    operator.picture(pictures, 'operator-lost')
    page.unroute('**/*')
    operator.context.set_offline(False)
    page.locator('#offline').wait_for(state='hidden', timeout=30_000)
    operator.close()


@pytest.mark.parametrize('lang', BOTH)
def test_the_page_fits_a_phone(
    browser: Browser, site: RunningSite, pictures: Path, lang: str
) -> None:
    for width in (320, PHONE['width']):
        operator = Operator(browser, site, lang=lang, viewport={'width': width, 'height': 740})
        operator.page.locator('#robots li').first.wait_for()
        assert operator.page.evaluate('document.documentElement.scrollWidth') <= width
        operator.picture(pictures, f'{lang}-operator-{width}')
        operator.close()
