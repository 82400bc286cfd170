"""A report in a real browser: on a phone, in the dark, in Chinese, without a script, on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from fleet_manager.adapters.files.day_report import draw_comparison, draw_day
from fleet_manager.adapters.files.hospital import load_hospital
from tests.adapters.files.day_report.made_up import made_up, scenario

pytestmark = pytest.mark.browser

SMALL = Path(__file__).parents[4] / 'maps' / 'small_hospital'
WIDTHS = (1280, 390, 320)
#: Parts of the page that reach out of it to the right, but for what scrolls on its own.
TOO_WIDE = """() => [...document.querySelectorAll('body *')]
  .filter((one) => !one.closest('.scroll, pre, svg, .skip'))
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
  .map((one) => one.outerHTML.slice(0, 80))"""


@pytest.fixture(scope='module', params=['day', 'comparison'])
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    hospital = load_hospital(SMALL)
    day = made_up(hospital, deliveries=400)
    if request.param == 'day':
        text = draw_day(day, hospital, scenario(), command='fleet simulate x', lang='en')
    else:
        text = draw_comparison([('runs', day)], title=('Days', '对比'), target=0.99, lang='en')
    path = tmp_path_factory.mktemp('report') / 'report.html'
    path.write_text(text, encoding='utf-8')
    return path


@pytest.fixture
def opened(file: Path, browser: Browser) -> Iterator[Page]:
    """Return the report, where any error and any request fails the test."""
    page = browser.new_page(viewport={'width': 1280, 'height': 800})
    wrong: list[str] = []
    page.on('pageerror', lambda error: wrong.append(str(error)))
    page.on('console', lambda said: wrong.append(said.text))
    page.on('request', lambda request: wrong.append(request.url))
    page.goto(file.as_uri())
    wrong.remove(file.as_uri())
    yield page
    page.close()
    assert wrong == []


def style(page: Page, selector: str, name: str) -> Any:
    script = '([s, n]) => getComputedStyle(document.querySelector(s))[n]'
    return page.evaluate(script, [selector, name])


def test_the_language_is_switched_in_place(opened: Page) -> None:
    assert opened.locator('h1 .in-zh').is_hidden()
    opened.click('[data-lang="zh-CN"]')
    assert opened.locator('h1 .in-zh').is_visible()
    assert opened.locator('h1 .in-en').is_hidden()
    assert opened.get_attribute('html', 'lang') == 'zh-CN'
    assert opened.get_attribute('[data-lang="zh-CN"]', 'aria-pressed') == 'true'
    opened.click('[data-lang="en"]')
    assert opened.locator('h1 .in-en').is_visible()


def test_the_theme_follows_the_system_and_can_be_switched(opened: Page) -> None:
    light = style(opened, 'html', 'backgroundColor')
    opened.emulate_media(color_scheme='dark')
    dark = style(opened, 'html', 'backgroundColor')
    assert dark != light
    opened.click('#theme')
    assert style(opened, 'html', 'backgroundColor') == light
    opened.click('#theme')
    assert style(opened, 'html', 'backgroundColor') == dark


@pytest.mark.parametrize('width', WIDTHS)
@pytest.mark.parametrize('lang', ['en', 'zh-CN'])
def test_nothing_reaches_out_of_a_narrow_screen(opened: Page, width: int, lang: str) -> None:
    opened.set_viewport_size({'width': width, 'height': 800})
    opened.click(f'[data-lang="{lang}"]')
    assert opened.evaluate(TOO_WIDE) == []


def test_on_paper_it_is_light_and_whole(opened: Page) -> None:
    opened.emulate_media(media='print', color_scheme='dark')
    assert style(opened, 'html', 'backgroundColor') == 'rgb(255, 255, 255)'
    assert style(opened, 'h2', 'color') == 'rgb(27, 39, 48)'
    assert style(opened, '.buttons', 'display') == 'none'


def test_it_can_be_read_without_a_script(file: Path, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.locator('h1').is_visible()
    assert page.locator('.buttons').is_hidden()
    assert page.locator('table').first.is_visible()
    context.close()
