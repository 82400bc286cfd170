"""Traffic on the operator's page: who waits for whom, places over time, lines for lifts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from fleet_manager.adapters.http import i18n
from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.messages import ReleaseLift
from fleet_manager.domain.units import MINUTE
from tests.pages.conftest import RunningSite, running_site
from tests.pages.people import Operator
from tests.pages.played import Played
from tests.pages.stand_in import now
from tests.scenarios.day import small_hospital

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = i18n.load()
DESK = {'width': 1440, 'height': 900}
WALL = {'width': 1920, 'height': 1080}
PHONE = {'width': 390, 'height': 844}


@pytest.fixture(scope='module')
def scripted() -> Iterator[RunningSite]:
    """Return pages with a scripted fleet behind them."""
    with running_site() as site:
        yield site


@pytest.fixture(scope='module')
def busy() -> Iterator[RunningSite]:
    """Return pages of a simulated hospital that has worked for twelve minutes."""
    played = Played(small_hospital(), seed=5, robots=8, past_ms=12 * MINUTE)
    with running_site(played=played) as site:
        yield site


@pytest.fixture(autouse=True)
def quiet(scripted: RunningSite) -> Iterator[None]:
    """Nobody waits at the start and at the end of a story."""
    yield
    fleet = scripted.stand_in
    assert fleet is not None
    fleet.lifts.clear()
    for robot in fleet.robots.values():
        robot.waits_for = None


def wait_of(code: str, seconds: int, **params: str) -> dict[str, Any]:
    return {'code': code, 'params': params, 'since': now() - seconds * 1_000}


def they_wait(site: RunningSite, **waits: dict[str, Any]) -> None:
    assert site.stand_in is not None
    for robot, wait in waits.items():
        site.stand_in.robots[RobotId(robot)].waits_for = wait


@pytest.mark.parametrize('lang', ['en'])
def test_a_robot_that_waits_has_an_arrow_with_its_age_and_the_chain_in_words(
    browser: Browser, scripted: RunningSite, pictures: Path, lang: str
) -> None:
    t = WORDS[lang]
    they_wait(
        scripted,
        r3=wait_of('robot', 12, robot='r4', place='node:L1.s03'),
        r4=wait_of('lift', 40, lift='A'),
        r5=wait_of('door', 20, door='L2.west-ward'),
        r6=wait_of('robot', -60, robot='r2', place='node:L1.s03'),
    )
    operator = Operator(browser, scripted, lang=lang, viewport=DESK)
    page = operator.page
    expect(page.locator('.arrows .wait')).to_have_count(3)
    expect(page.locator('.arrows [data-waits=r6]')).to_have_count(0)
    arrow = page.locator('.arrows [data-waits=r3]')
    expect(arrow).to_have_attribute('visibility', 'visible')
    expect(arrow).to_contain_text(t('unit.s', n=1).replace('1', '').strip())
    note = page.locator('.waits-note')
    expect(note).to_be_hidden()
    page.locator('.robot[data-robot=r3] .hull').hover(force=True)
    expect(note.locator('p')).to_have_count(2)
    expect(note.locator('p').first).to_contain_text('R4')
    lift = t('lift.mode.human')
    expect(note.locator('p').last).to_contain_text(lift)
    page.locator('.robot[data-robot=r3]').focus()
    label = page.get_attribute('.robot[data-robot=r3]', 'aria-label')
    assert label is not None
    assert 'R4' in label
    expect(page.locator('#robots li[data-key=r3] .where')).to_contain_text(lift)
    operator.picture(pictures, f'{lang}-waits')
    page.mouse.move(0, 0)
    expect(note).to_be_visible()
    page.keyboard.press('Escape')
    expect(note).to_be_hidden()
    operator.close()


def test_robots_that_wait_for_each_other_are_said_to_and_the_chain_ends(
    browser: Browser, scripted: RunningSite, pictures: Path
) -> None:
    they_wait(
        scripted,
        r3=wait_of('robot', 12, robot='r4', place='node:L1.s03'),
        r4=wait_of('robot', 14, robot='r3', place='node:L1.s04'),
    )
    operator = Operator(browser, scripted, lang='en', viewport=PHONE, has_touch=True)
    page = operator.page
    expect(page.locator('.arrows .wait')).to_have_count(2)
    page.locator('.robot[data-robot=r3]').dispatch_event('click')
    lines = page.locator('.waits-note p')
    expect(lines).to_have_count(3)
    expect(lines.last).to_have_text('R3 again: they wait for each other')
    box, width = page.locator('.waits-note').bounding_box(), PHONE['width']
    assert box is not None
    assert box['x'] >= 0
    assert box['x'] + box['width'] <= width
    operator.picture(pictures, 'waits-loop')
    operator.close()


def opened(page: Page) -> None:
    expect(page.locator('#space-time')).to_be_visible()
    expect(page.locator('#space-time-plot .plot-run').first).to_be_attached()


@pytest.mark.parametrize(
    ('lang', 'size'),
    [('en', WALL), ('zh-CN', DESK), ('zh-CN', PHONE)],
    ids=['wall', 'desk', 'phone'],
)
def test_places_over_time_open_by_mouse(
    browser: Browser, busy: RunningSite, pictures: Path, lang: str, size: dict[str, int]
) -> None:
    t = WORDS[lang]
    operator = Operator(browser, busy, lang=lang, viewport=size)
    page, width = operator.page, size['width']
    drives = page.locator('#robots li', has_text=t('robot.state.to_hand_over')).first
    drives.locator('[data-part=over-time]').click()
    opened(page)
    robot = drives.get_attribute('data-key')
    expect(page.locator('#space-time-along')).to_have_value(f'robot:{robot}')
    expect(page.locator('.plot-now-text')).to_be_visible()
    for kind in ('past', 'planned'):
        expect(page.locator(f'.plot-run.{kind}').first).to_be_attached()
    expect(page.locator(f'.plot-who[data-robot={robot}] text')).to_be_visible()
    expect(page.locator('.way path')).to_be_attached()
    assert page.evaluate('document.documentElement.scrollWidth') <= width
    page.locator('#space-time').screenshot(
        path=str(pictures / f'{lang}-over-time-{width}-robot.png')
    )
    page.select_option('#space-time-along', 'lift:A')
    expect(page.locator('.plot-lift').first).to_be_attached()
    expect(page.locator('#space-time-title')).to_contain_text('A')
    page.locator('#space-time').screenshot(
        path=str(pictures / f'{lang}-over-time-{width}-lift.png')
    )
    page.locator('#space-time-close').click()
    expect(page.locator('#space-time')).to_be_hidden()
    expect(page.locator('.way path')).to_have_count(0)
    operator.close()


@pytest.mark.parametrize('lang', ['zh-CN'])
def test_places_over_time_need_no_mouse_and_no_eyes(
    browser: Browser, busy: RunningSite, pictures: Path, lang: str
) -> None:
    t = WORDS[lang]
    operator = Operator(browser, busy, lang=lang, viewport=DESK)
    page = operator.page
    page.locator('#space-time-open').focus()
    page.keyboard.press('Enter')
    opened(page)
    assert page.evaluate('document.activeElement.id') == 'space-time-title'
    page.keyboard.press('Tab')
    assert page.evaluate('document.activeElement.id') == 'space-time-along'
    page.select_option('#space-time-along', 'lift:A')
    expect(page.locator('.plot-lift').first).to_be_attached()
    label = page.locator('.plot-who').first
    label.focus()
    robot = label.get_attribute('data-robot')
    expect(page.locator(f'#robots li.selected[data-key={robot}]')).to_have_count(1)
    page.wait_for_timeout(2_500)
    kept = page.evaluate('document.activeElement.dataset.robot')
    assert kept == robot, 'the focus stays while the diagram goes on'
    page.locator('#space-time-table summary').focus()
    page.keyboard.press('Enter')
    rows = page.locator('#space-time-table tbody tr')
    expect(rows.first).to_be_visible()
    expect(rows.filter(has_text=t('space_time.past')).first).to_be_visible()
    times = [text[:8] for text in rows.locator('td:first-child').all_inner_texts()]
    assert times == sorted(times)
    page.locator('#space-time').screenshot(path=str(pictures / f'{lang}-over-time-table.png'))
    page.keyboard.press('Escape')
    expect(page.locator('#space-time')).to_be_hidden()
    assert page.evaluate('document.activeElement.id') == 'space-time-open'
    operator.close()


def test_two_taps_on_the_map_choose_a_way(
    browser: Browser, busy: RunningSite, pictures: Path
) -> None:
    operator = Operator(browser, busy, lang='en', viewport=WALL)
    page = operator.page
    page.locator('#space-time-open').click()
    page.select_option('#space-time-along', 'ways')
    expect(page.locator('#space-time-ends')).to_be_visible()
    expect(page.locator('.way path')).to_be_attached()
    before = page.locator('.way path').get_attribute('d')
    for station in (2, 3):
        page.locator('#map .station').nth(station).locator('rect').click(force=True)
    stations = small_hospital().stations
    ends = [page.input_value(f'#space-time-{end}') for end in ('start', 'end')]
    assert ends == [one.node for one in list(stations.values())[2:4]]
    expect(page.locator('.way path')).not_to_have_attribute('d', before or '')
    operator.picture(pictures, 'over-time-way')
    page.select_option('#space-time-start', ends[1])
    expect(page.locator('#space-time-said')).to_have_text(WORDS['en']('space_time.no_way'))
    operator.close()


@pytest.mark.parametrize('lang', ['zh-CN'])
def test_a_lift_says_what_it_does_who_is_next_and_what_is_wrong(
    browser: Browser, scripted: RunningSite, pictures: Path, lang: str
) -> None:
    t, fleet = WORDS[lang], scripted.stand_in
    assert fleet is not None
    since = now() - 20_000
    fleet.lifts['A'] = {
        'mode': 'agv',
        'session': {'robot': 'r1', 'stage': 'riding', 'since': since},
        'queue': [
            {
                'robot': 'r2',
                'code': 'behind',
                'params': {'robot': 'r1'},
                'expected': now() + 55_000,
            },
            {'robot': 'r3', 'code': 'newer_than_this_page', 'params': {}, 'expected': None},
        ],
    }
    fleet.lifts['B'] = {'mode': 'fire', 'recalled': {'mode': 'fire', 'since': since}}
    operator = Operator(browser, scripted, lang=lang, viewport=DESK)
    page = operator.page
    first, second = page.locator('#lifts li.lift').nth(0), page.locator('#lifts li.lift').nth(1)
    expect(first.locator('.state')).to_contain_text(t('lift.stage.riding'))
    expect(first.locator('.line li')).to_have_count(2)
    expect(first.locator('.line li').first).to_contain_text(t('lift.why.behind', robot='R1'))
    expect(first.locator('.line li').last).to_contain_text(t('lift.why.other'))
    expect(first.locator('.says')).to_be_hidden()
    expect(first.locator('[data-part=release]')).to_be_hidden()
    expect(second.locator('.says')).to_have_text(t('lift.says.fire'))
    expect(second.locator('[data-part=release]')).to_be_hidden()
    operator.picture(pictures, f'{lang}-lifts')
    fleet.lifts['B'] = {'mode': 'human', 'recalled': {'mode': 'fire', 'since': since}}
    expect(second.locator('.says')).to_contain_text(t('lift.mode.fire'))
    second.get_by_role('button', name=t('lift.release')).click()
    expect(second.locator('.says')).to_be_hidden()
    assert isinstance(fleet.commands[-1], ReleaseLift)
    operator.close()
