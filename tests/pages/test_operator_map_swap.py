"""A change of the map on the operator's page: what it waits for, then the page on the new map."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from fleet_manager.adapters.http import i18n
from tests.pages.conftest import running_site
from tests.pages.people import Operator
from tests.redrawn import with_lane

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = i18n.load()
HOLDS = [
    {'code': 'robot', 'params': {'robot': 'r1', 'place': 'node:L1.s03', 'why': 'paused'}},
    {'code': 'lift', 'params': {'lift': 'A', 'robot': 'r2'}},
]


@pytest.mark.parametrize('lang', ['en'])
def test_the_operator_reads_what_a_change_waits_for_and_then_sees_the_new_map(
    browser: Browser, lang: str
) -> None:
    t = WORDS[lang]
    with running_site() as site:
        operator = Operator(browser, site, lang=lang)
        page = operator.page
        banner = page.locator('#map-swap')
        expect(banner).to_be_hidden()
        page.locator('.lane').first.wait_for(state='attached')
        lanes = page.locator('#map .lane').count()
        site.stand_in.map_swap = {
            'version': 'v2',
            'asked_by': 'dispatch',
            'reason': 'a link',
            'asked_at': 0,
            'deadline': 1,
            'waits_for': HOLDS,
        }
        first = t('map_hold.robot', robot='r1', place='L1.s03', why=t('map_hold.why.paused'))
        waits = t('map_swap.more', first=first, n=1)
        expect(banner).to_have_text(t('map_swap.under_way', waits=waits), timeout=30_000)

        house = with_lane(site.stand_in.hospital, 'L1.s05', 'L1.n05')
        site.app.state.site.use_map(house)
        site.stand_in.map_swap = None
        site.stand_in.hospital = house
        expect(page.locator('#map .lane')).to_have_count(lanes + 1, timeout=30_000)
        expect(banner).to_be_hidden()
        operator.close()
