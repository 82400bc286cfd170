"""Closed places on the operator's page: drawn, listed, closed from the map, opened again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.http import i18n
from fleet_manager.domain.messages import PlaceKind
from fleet_manager.domain.units import MINUTE
from tests.pages.conftest import HOSPITAL, RunningSite, running_site
from tests.pages.people import PHONE, Operator
from tests.pages.played import Played
from tests.redrawn import with_zone

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = i18n.load()
DESK = {'width': 1440, 'height': 900}


@pytest.fixture(scope='module')
def played() -> Iterator[tuple[RunningSite, Played]]:
    """The real rules behind the pages, with robots that have worked for a while."""
    fleet = Played(load_hospital(HOSPITAL), seed=2, robots=4, past_ms=4 * MINUTE, busy_lifts=0.0)
    with running_site(played=fleet) as site:
        yield site, fleet


@pytest.mark.parametrize('lang', ['zh-CN'])
def test_an_operator_closes_a_lane_tapped_on_the_map_and_a_lift_and_opens_them_again(
    browser: Browser, played: tuple[RunningSite, Played], pictures: Path, lang: str
) -> None:
    site, fleet = played
    t = WORDS[lang]
    operator = Operator(browser, site, lang=lang, viewport=DESK)
    page = operator.page
    closures = fleet.day.sim.state().closures
    expect(page.locator('[data-empty=closures]')).to_have_text(t('closures.none'))

    page.click('#closure-new')
    lane = page.evaluate(
        """() => {
          const lines = [...document.querySelectorAll('#map path.lane')];
          const line = lines.find((one) => one.getTotalLength() > 6);
          const at = line.getPointAtLength(line.getTotalLength() / 2);
          const there = at.matrixTransform(line.getScreenCTM());
          return [there.x, there.y];
        }"""
    )
    page.mouse.click(*lane)
    name = page.locator('#closure-form [name=place]').input_value()
    assert page.locator('.chosen-place path').count() > 0
    page.fill('#closure-form [name=reason]', 'bed in the way')
    page.click('#closure-form .strong')
    row = page.locator('#closures .row')
    expect(row).to_have_count(1)
    expect(row).to_contain_text('bed in the way')
    expect(row).to_contain_text('dispatch')
    expect(page.locator('.closed.of-lane .tape.light')).to_have_count(1)
    [closed] = closures.values()
    assert (closed.kind, closed.place) == (PlaceKind.LANE, name)
    assert 14 * MINUTE < closed.until - fleet.clock() <= 15 * MINUTE

    for lift in ('A', 'B'):
        page.click('#closure-new')
        page.select_option('#closure-form [name=kind]', 'lift')
        page.select_option('#closure-form [name=place]', lift)
        page.select_option('#closure-form [name=end]', 'opened')
        page.fill('#closure-form [name=reason]', 'serviced')
        page.keyboard.press('Enter')
        expect(page.locator('#closure-form')).to_be_hidden()
    expect(row).to_have_count(3)
    expect(page.locator('#closures-said')).to_have_text(t('closures.done'))
    expect(page.locator('#closures-cut-off')).to_contain_text(
        t('closures.cut_off', what='').strip()
    )
    page.locator('.closures').scroll_into_view_if_needed()
    operator.picture(pictures, f'{lang}-operator-closed')

    while page.locator('#closures .row').count():
        before = page.locator('#closures .row').count()
        page.locator('#closures .row button').first.click()
        expect(row).to_have_count(before - 1)
    expect(page.locator('.closed-places .closed')).to_have_count(0)
    expect(page.locator('#closures-cut-off')).to_be_hidden()
    assert not closures
    operator.close()


def test_what_is_refused_is_said_and_the_form_keeps_what_was_typed(
    browser: Browser, played: tuple[RunningSite, Played]
) -> None:
    site, _ = played
    operator = Operator(browser, site, lang='en', viewport=DESK)
    page = operator.page
    page.click('#closure-new')
    page.fill('#closure-form [name=reason]', '   ')
    page.click('#closure-form .strong')
    expect(page.locator('#closures-said')).to_be_visible()
    expect(page.locator('#closure-form')).to_be_visible()
    page.keyboard.press('Escape')
    expect(page.locator('#closure-form')).to_be_hidden()
    operator.close()


def test_closed_zones_and_floors_are_hatched_and_the_form_fits_a_phone(
    browser: Browser, pictures: Path
) -> None:
    house = with_zone(load_hospital(HOSPITAL), 'spill', 8.0, 1.0, 20.0, 12.0, floor='L2')
    fleet = Played(house, seed=2, robots=4, past_ms=MINUTE, busy_lifts=0.0)
    with running_site(played=fleet) as site:
        site.app.state.site.use_map(house)
        operator = Operator(browser, site, lang='en', viewport=PHONE, has_touch=True)
        page = operator.page
        page.tap('#closure-new')
        for kind, floor in (('zone', 'L2'), ('floor', '')):
            if page.locator('#closure-form').is_hidden():
                page.tap('#closure-new')
            page.select_option('#closure-form [name=kind]', kind)
            if floor:
                page.select_option('#closure-form [name=floor]', floor)
            else:
                page.select_option('#closure-form [name=place]', 'L3')
            page.fill('#closure-form [name=reason]', 'spill')
            assert page.evaluate('document.documentElement.scrollWidth') <= PHONE['width']
            sizes = page.evaluate(
                """() => [...document.querySelectorAll('.closures :is(button, select, input)')]
                  .filter((one) => one.offsetParent)
                  .map((one) => one.getBoundingClientRect().height)"""
            )
            assert min(sizes) >= 44
            page.locator('#closure-form .strong').tap()
            expect(page.locator('#closure-form')).to_be_hidden()
        expect(page.locator('.closed .area')).to_have_count(2)
        operator.picture(pictures, 'phone-operator-closed')
        page.set_viewport_size({'width': 1440, 'height': 900})
        operator.picture(pictures, 'en-operator-zone-closed')
        operator.close()
