"""A drawn page needs nothing but itself, and people find their way in it by mouse and keyboard."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from fleet_manager.adapters.files.drawing import draw_html
from fleet_manager.adapters.files.drawing.readable import load_for_drawing
from fleet_manager.domain.maps.compile import compile_hospital
from fleet_manager.domain.maps.problems import Problem, Severity
from tests.adapters.files.drawing.conftest import HOSTILE, MAPS

PROBLEMS = [
    Problem(
        'one',
        Severity.ERROR,
        'L1.yaml:1',
        'is <b>wrong</b>',
        'mend',
        ('floors', 'L1', 'nodes', 's05'),
    ),
    Problem(
        'two', Severity.WARNING, 'L3.yaml:2', 'is odd', 'look', ('floors', 'L3', 'nodes', 's01')
    ),
    Problem('three', Severity.WARNING, 'hospital.yaml:3', 'is old', 'write anew', ('format',)),
]
AT_REST = """async () => {
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  await new Promise(requestAnimationFrame);
  do { await pause(50); } while (document.getElementById('map').style.transform !== '');
}"""
DESKTOP, PHONE = {'width': 1280, 'height': 800}, {'width': 390, 'height': 844}


@pytest.fixture
def page_file(rich: Path, tmp_path: Path) -> Path:
    hospital = load_for_drawing(rich).hospital
    text = draw_html(hospital, PROBLEMS, lang='en', compiled=compile_hospital(hospital))
    file = tmp_path / 'map.html'
    file.write_text(text, encoding='utf-8')
    return file


@pytest.fixture
def opened(page_file: Path, browser: Browser) -> Iterator[Page]:
    """Return the page in a browser, where any error and any request fails the test."""
    context = browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
    page = context.new_page()
    wrong: list[str] = []
    page.on('pageerror', lambda error: wrong.append(str(error)))
    page.on('console', lambda said: wrong.append(said.text))
    page.on('request', lambda request: wrong.append(request.url))
    page.on('dialog', lambda dialog: wrong.append(dialog.message))
    page.goto(page_file.as_uri())
    wrong.remove(page_file.as_uri())
    yield page
    context.close()
    assert wrong == []


def view(page: Page) -> tuple[float, ...]:
    """Return what part of the sheet is shown, once the picture is at rest."""
    page.evaluate(AT_REST)
    box = page.get_attribute('#map', 'viewBox') or ''
    return tuple(map(float, box.split()))


@pytest.mark.thorough
def test_a_page_refers_to_nothing_outside_itself(page_file: Path) -> None:
    text = page_file.read_text('utf-8')
    assert re.findall(r'https?://(?!www\.w3\.org/2000/svg)', text) == []
    assert not re.search(r'(?:src|srcset|action)\s*=|@import|<link|<img|url\((?!#)', text)
    assert {href[:1] for href in re.findall(r'href="([^"]*)"', text)} == {'#'}


def test_names_that_are_markup_stay_text(page_file: Path) -> None:
    text = page_file.read_text('utf-8')
    assert HOSTILE not in text
    assert text.count('<script') == 2
    data = json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])  # type: ignore[index]
    assert any(HOSTILE in tip[0] for tip in data['tips'])


@pytest.mark.browser
def test_pointing_at_a_thing_says_what_it_is_in_the_language_of_the_page(opened: Page) -> None:
    lane = opened.locator('.floor[data-floor=L1] .lift').first
    lane.hover()
    assert 'Lift A (A) · dirty goods' in opened.inner_text('#tip')
    assert opened.inner_text('#here').startswith('L1 · x 21.0 · y 12.3 m')
    opened.click('[data-lang="zh-CN"]')
    lane.hover()
    assert 'A 号电梯 (A) · 污梯' in opened.inner_text('#tip')
    assert opened.get_attribute('html', 'lang') == 'zh-CN'
    assert opened.inner_text('h1') == '松林医院'
    assert opened.title() == '松林医院'
    opened.click('[data-lang=en]')
    assert opened.inner_text('h1') == 'Pinewood Hospital'


@pytest.mark.browser
def test_a_problem_in_the_list_shows_its_place_and_its_mark_shows_the_list(opened: Page) -> None:
    whole = view(opened)
    opened.click('#problems button >> nth=1')
    view(opened)
    near = view(opened)
    assert near[2] < whole[2] / 2
    spot = opened.locator('.mark[data-n="2"]').bounding_box()
    frame = opened.locator('main').bounding_box()
    assert spot
    assert frame
    assert abs(spot['x'] + spot['width'] / 2 - frame['x'] - frame['width'] / 2) < 20
    assert abs(spot['y'] + spot['height'] / 2 - frame['y'] - frame['height'] / 2) < 20
    assert 'chosen' in (opened.get_attribute('.mark[data-n="2"]', 'class') or '')
    opened.click('#whole')
    view(opened)
    opened.locator('.mark[data-n="1"]').click()
    assert opened.get_attribute('#problems button >> nth=0', 'aria-pressed') == 'true'
    assert opened.get_attribute('#problems button >> nth=1', 'aria-pressed') == 'false'
    assert opened.inner_text('#problems button >> nth=0 >> small').startswith('L1.yaml:1')
    assert 'is <b>wrong</b>; mend' in opened.inner_text('#problems')
    opened.click('#problems button >> nth=2')


@pytest.mark.browser
def test_one_moves_and_zooms_with_keys_wheel_and_mouse(opened: Page) -> None:
    whole = view(opened)
    opened.focus('#map')
    for key in ('+', '+', 'ArrowRight', 'ArrowDown'):
        opened.keyboard.press(key)
    view(opened)
    by_keys = view(opened)
    assert by_keys[2] == pytest.approx(whole[2] * 0.64, rel=0.01)
    assert by_keys[0] > whole[0]
    opened.keyboard.press('0')
    view(opened)
    assert view(opened) == pytest.approx(whole, rel=0.01)
    opened.mouse.move(400, 400)
    opened.mouse.wheel(0, -300)
    view(opened)
    by_wheel = view(opened)
    assert by_wheel[2] < whole[2] * 0.7
    opened.mouse.down()
    opened.mouse.move(300, 350, steps=4)
    opened.mouse.up()
    view(opened)
    assert view(opened)[0] > by_wheel[0]
    assert view(opened)[1] > by_wheel[1]


@pytest.mark.browser
def test_layers_are_switched_and_places_found(opened: Page) -> None:
    for layer, part in (('rooms', '.rooms .care'), ('zones', '.zone'), ('graph', '.code')):
        assert opened.locator(part).first.is_visible()
        opened.uncheck(f'[data-layer={layer}]')
        assert not opened.locator(part).first.is_visible()
        opened.check(f'[data-layer={layer}]')
    for layer in ('resources', 'conflicts', 'names', 'problems'):
        opened.uncheck(f'[data-layer={layer}]')
    opened.fill('#search', 'pharm')
    assert 'Pharmacy PH' in opened.inner_text('#found')
    opened.click('#found button')
    view(opened)
    assert view(opened)[2] < 600
    opened.fill('#search', 'no such place')
    assert opened.locator('#nothing').is_visible()
    opened.click('[data-go=L3]')
    view(opened)
    assert opened.locator('.floor[data-floor=L3]').is_visible()
    assert not opened.locator('.floor[data-floor=L1] .outer').is_visible()


@pytest.mark.browser
def test_light_and_dark_are_switched(opened: Page) -> None:
    back = "getComputedStyle(document.querySelector('.sheet')).fill"
    light = opened.evaluate(back)
    opened.click('#theme')
    assert opened.evaluate(back) != light


@pytest.mark.browser
@pytest.mark.parametrize('size', [DESKTOP, PHONE], ids=['desktop', 'phone'])
def test_the_large_hospital_fits_a_screen_and_moves_at_once(
    browser: Browser, tmp_path: Path, size: dict[str, int]
) -> None:
    largest = max(MAPS.glob('*/hospital.yaml'), key=lambda file: len(list(file.parent.iterdir())))
    hospital = load_for_drawing(largest.parent).hospital
    text = draw_html(hospital, [], lang='zh', compiled=compile_hospital(hospital))
    assert len(text.encode()) < 6_000_000
    (tmp_path / 'large.html').write_text(text, encoding='utf-8')
    page = browser.new_page(viewport=size)  # type: ignore[arg-type]
    page.goto((tmp_path / 'large.html').as_uri())
    view(page)
    wide = page.evaluate('[document.documentElement.scrollWidth, innerWidth]')
    assert wide[0] <= wide[1]
    for floor in hospital.floors:
        assert page.locator(f'.floor[data-floor={floor}] .outer').is_visible()
    page.close()
