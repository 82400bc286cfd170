"""Timetable, scanning, search, arrivals; languages, themes, keyboard, narrow, long words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from fleet_manager.adapters.db.ward_book import SqlWardBook
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.http import i18n
from fleet_manager.adapters.http.i18n import Words
from tests.pages.conftest import HOSPITAL, QUICK, RunningSite, running_site
from tests.pages.languages import told_in
from tests.pages.people import Nurse

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = i18n.load()
PAGES = [
    '/ward',
    '/ward/new?q=lab',
    '/ward/new?goods=supply',
    '/ward/new?goods=waste&way=send&other=waste',
    '/ward/new?goods=specimen&way=send&other=lab&kind=stat',
    '/ward/timetable?goods=specimen&sender=n2w&recipient=lab',
    '/ward/meals',
]
#: What reaches over the right edge, where the page has to be scrolled sideways.
WIDER = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.body.querySelectorAll('*')]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
    .map((one) => one.outerHTML.slice(0, 120))"""
LONG = str.maketrans({vowel: vowel * 2 for vowel in 'aeiouAEIOU'})


@pytest.fixture(scope='module')
def ward_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Return pages of a hospital with meals and a timetable."""
    book = SqlWardBook(f'sqlite:///{tmp_path_factory.mktemp("book") / "ward.db"}')
    hospital = load_hospital(HOSPITAL)
    zone = ZoneInfo('Asia/Shanghai')
    with running_site(speed=QUICK, hospital=hospital, ward_book=book, zone=zone) as running:
        yield running
    book.close()


#: A browser that reads one code, and a camera, as far as a page sees of them.
READS_CODES = """() => {
  window.BarcodeDetector = class {
    async detect() { return [{ rawValue: 'CAM-7' }]; }
  };
  navigator.mediaDevices.getUserMedia = async () => {
    const canvas = document.createElement('canvas');
    const draw = () => canvas.getContext('2d').fillRect(0, 0, Math.random() * 99, 99);
    setInterval(draw, 50);
    draw();
    return canvas.captureStream();
  };
}"""


@pytest.mark.parametrize('lang', told_in('zh-CN'))
def test_a_request_is_planned_for_certain_days(
    browser: Browser, ward_site: RunningSite, pictures: Path, lang: str
) -> None:
    t, ward = WORDS[lang], {'en': 'n2w', 'zh-CN': 'n3w'}[lang]
    nurse = Nurse(browser, ward_site, ward, lang=lang)
    nurse.go('/ward/new?goods=specimen&way=send&other=lab')
    nurse.page.click('a[href^="/ward/timetable"]')
    nurse.page.click('button.primary')
    nurse.expect_text('#problem', t('timetable.wrong.days'))
    nurse.page.check('input[name=day0]')
    nurse.page.click('button.primary')
    nurse.expect_text('.plan', '08:00–09:00')
    nurse.picture(pictures, f'{lang}-timetable')
    nurse.close()


def test_a_code_is_read_by_the_camera_where_the_browser_can(
    browser: Browser, ward_site: RunningSite
) -> None:
    nurse = Nurse(browser, ward_site, 'n2w', lang='en')
    nurse.context.add_init_script(f'({READS_CODES})()')
    nurse.go('/ward/new?goods=specimen&way=send&other=lab')
    allowed = "document.featurePolicy?.allowsFeature('camera') ?? true"
    assert nurse.page.evaluate(allowed), 'the page may use the camera'
    nurse.page.click('details summary')
    button = nurse.page.locator('[data-scan=codes]')
    button.click()
    expect(nurse.page.locator('#codes')).to_have_value('CAM-7')
    expect(button).to_contain_text(WORDS['en']('scan.stop'))
    button.click()
    expect(nurse.page.locator('video')).to_have_count(0)
    expect(button).to_contain_text(WORDS['en']('scan.camera'))
    nurse.close()


def test_the_search_answers_while_typing_and_the_network_may_go(
    browser: Browser, ward_site: RunningSite
) -> None:
    nurse = Nurse(browser, ward_site, 'n3w', lang='zh-CN')
    nurse.go('/ward/new')
    nurse.page.type('#q', 'yaofang')
    nurse.expect_text('[data-live=found] .choice', 'PH')
    nurse.page.click('[data-live=found] a.choice')
    nurse.page.click('summary')
    nurse.page.fill('#note', 'cut in the middle')
    nurse.page.route('**/deliveries', answer_is_lost)
    nurse.page.click('button.primary')
    nurse.expect_text('#problem', WORDS['zh-CN']('send.failed'))
    assert nurse.page.input_value('#note') == 'cut in the middle'
    nurse.page.unroute('**/deliveries')
    nurse.page.click('button.primary')
    nurse.page.wait_for_url('**/deliveries/*')
    found = [d for d in nurse.state()['entities']['delivery'].values() if d['note']]
    assert [one['note'] for one in found] == ['cut in the middle'], 'one delivery'
    nurse.close()


def answer_is_lost(route: Route) -> None:
    """Let the request through, and cut the network before its answer is there."""
    route.fetch(max_redirects=0)
    route.abort()


def test_what_waits_is_said_once_and_sounds_only_when_turned_on(
    browser: Browser, ward_site: RunningSite
) -> None:
    nurse = Nurse(browser, ward_site, 'n3e', lang='en')
    pharmacist = Nurse(browser, ward_site, 'pharmacy', lang='en')
    switch = pharmacist.page.locator('[data-tone-switch]')
    expect(switch).to_have_attribute('aria-pressed', 'false')
    switch.click()
    expect(switch).to_have_attribute('aria-pressed', 'true')
    nurse.ask('drug', 'pharmacy')
    said = pharmacist.page.locator('.hidden-text[role=status]')
    expect(said).to_contain_text('Waiting to be loaded: Medicines to', timeout=60_000)
    switch.click()
    expect(switch).to_have_attribute('aria-pressed', 'false')
    nurse.close()
    pharmacist.close()


def test_all_of_a_request_works_by_keyboard_alone(
    browser: Browser, ward_site: RunningSite
) -> None:
    nurse = Nurse(browser, ward_site, 'n2e', lang='en')
    for selector in ('a.new', 'a.tile[href$="drug"]', 'a.choice', 'button.primary'):
        tab_to(nurse.page, selector)
        assert (
            nurse.page.evaluate('getComputedStyle(document.activeElement).outlineWidth') != '0px'
        )
        url = nurse.page.url
        nurse.page.keyboard.press('Enter')
        nurse.page.wait_for_url(lambda now, url=url: now != url)  # type: ignore[misc]
    assert '/deliveries/' in nurse.page.url
    nurse.close()


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the first of these has the focus."""
    page.locator(selector).first.wait_for()
    for _ in range(60):
        page.keyboard.press('Tab')
        if page.evaluate('(one) => document.activeElement.matches(one)', selector):
            return
    raise AssertionError(f'Tab never reaches {selector}')


def test_every_text_comes_from_the_catalogs_and_longer_ones_fit(
    browser: Browser, ward_site: RunningSite, pictures: Path
) -> None:
    words: dict[str, Words] = ward_site.app.state.site.words
    kept = words['en']
    nurse = Nurse(browser, ward_site, 'n2w', lang='en', viewport={'width': 320, 'height': 740})
    delivery = nurse.ask('supply', 'n3e').removeprefix(ward_site.url)
    words['en'] = Words('en', {k: pseudo(k, v) for k, v in kept.texts.items()}, b'{}', '"x"')
    try:
        for path in (*PAGES, delivery):
            nurse.go(path)
            assert nurse.page.evaluate(WIDER) == [], path
            assert own_words(nurse, ward_site) == [], path
            nurse.page.set_viewport_size({'width': 640, 'height': 740})
            nurse.page.evaluate("document.documentElement.style.fontSize = '200%'")
            assert nurse.page.evaluate(WIDER) == [], f'{path} with 200 % text'
            nurse.page.set_viewport_size({'width': 320, 'height': 740})
        nurse.picture(pictures, 'pseudo')
    finally:
        words['en'] = kept
    nurse.close()


def pseudo(key: str, text: str) -> str:
    """Return a text a third longer and in brackets, its placeholders as they are."""
    if key.startswith('date.'):
        return text
    parts = re.split(r'({\w+})', text)
    return f'⟦{"".join(one if one.startswith("{") else one.translate(LONG) for one in parts)}⟧'


def own_words(nurse: Nurse, site: RunningSite) -> list[str]:
    """Return words of the page that are neither from the catalogs nor names and codes."""
    text = str(nurse.page.evaluate("document.body.innerText.replaceAll('\\n', ' ')"))
    for _ in range(4):
        text = re.sub(r'⟦[^⟦⟧]*⟧', ' ', text)
    hospital = site.app.state.site.hospital
    names = {hospital.name.en, *(s.name.en for s in hospital.stations.values())}
    names |= {s.code for s in hospital.stations.values()}
    names |= {robot.name for robot in hospital.robots.values()}
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, ' ')
    text = re.sub(r'\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b|(?<=\d )[A-Z][a-z]{2}\b', ' ', text)
    return re.findall(r'[A-Za-z]{3,}', text)


@pytest.mark.parametrize('lang', told_in('en'))
def test_an_arrival_is_said_while_a_form_is_open_and_nothing_typed_is_lost(
    browser: Browser, ward_site: RunningSite, pictures: Path, lang: str
) -> None:
    fleet = ward_site.stand_in
    assert fleet is not None
    ward = {'en': 'n3w', 'zh-CN': 'n3e'}[lang]
    nurse = Nurse(browser, ward_site, ward, lang=lang)
    nurse.ask('drug', 'pharmacy')
    delivery = nurse.page.url.rsplit('/', 1)[1]
    nurse.go('/ward/new?goods=waste&way=send&other=waste')
    nurse.page.fill('#weight_kg', '2.')
    expect(nurse.page.locator('#arrived')).to_have_attribute('role', 'status')
    arrived = nurse.page.locator(f'#arrived p[data-about^="{delivery} "]')
    expect(arrived).to_have_count(0)
    with fleet._lock:
        fleet._deliveries[delivery] |= {'robot': 'r1', 'goal': ward}
        fleet._set(delivery, 'awaiting_receipt')
        fleet.publish()
    number = str(fleet._deliveries[delivery]['number'])
    said = WORDS[lang]('arrived.collect', robot='R1', n=number)
    expect(arrived).to_contain_text(said)
    assert nurse.page.evaluate('document.activeElement.id') == 'weight_kg'
    nurse.page.keyboard.type('5')
    assert nurse.page.input_value('#weight_kg') == '2.5'
    assert '/ward/new' in nurse.page.url
    assert nurse.violations() == []
    nurse.picture(pictures, f'{lang}-arrived')
    expect(arrived.locator('a')).to_have_attribute('href', f'/deliveries/{delivery}')
    arrived.get_by_role('button').click()
    expect(arrived).to_have_count(0)
    nurse.close()
