"""A technician at `fleet map edit`: a new ward drawn, checked and saved without touching YAML."""

from __future__ import annotations

import filecmp
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from fleet_manager.adapters.files.hospital import check_folder, load_raw
from fleet_manager.adapters.http.editor.app import load_words
from tests.pages.conftest import HOSPITAL

pytestmark = [pytest.mark.browser]

FLEET = [str(Path(sys.executable).with_name('fleet'))]
WORDS = load_words()
DESK = {'width': 1440, 'height': 900}
TABLET = {'width': 1024, 'height': 768}

#: Where a point of the plan is on the screen.
TO_SCREEN = """([x, y]) => {
  const svg = document.querySelector('#plan > svg');
  const at = new DOMPoint(x, -y).matrixTransform(svg.getScreenCTM());
  return [at.x, at.y];
}"""


class Technician:
    """Somebody with a browser in front of the editor of one folder."""

    def __init__(self, page: Page, folder: Path, address: str, lang: str) -> None:
        self.page = page
        self.folder = folder
        self.address = address
        self.t = WORDS[lang]
        self.problems: list[str] = []
        page.set_default_timeout(30_000)
        page.on('pageerror', lambda error: self.problems.append(str(error)))
        page.on('console', self._console)
        page.goto(address)
        self.ready()

    def _console(self, message: Any) -> None:
        if message.type == 'error' and 'Failed to load resource' not in message.text:
            self.problems.append(message.text)

    def ready(self) -> None:
        self.page.locator('html[data-ready=yes]').wait_for()

    def checked(self, text: str) -> None:
        expect(self.page.locator('#checking')).to_have_text(text)

    def tool(self, name: str) -> None:
        self.page.click(f'[data-tool={name}]')

    def at(self, x: float, y: float) -> tuple[float, float]:
        right, down = self.page.evaluate(TO_SCREEN, [x, y])
        return right, down

    def tap(self, x: float, y: float) -> None:
        self.page.mouse.click(*self.at(x, y))

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*self.at(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(*end), steps=5)
        self.page.mouse.up()

    def fill(self, name: str, value: str) -> None:
        field = self.page.locator(f'#fields [name="{name}"]')
        field.fill(value)
        field.press('Enter')

    def find(self, sought: str) -> None:
        self.page.fill('#sought', sought)
        self.page.press('#sought', 'Enter')

    def room(self, box: tuple[float, ...], kind: str, zh: str, en: str) -> None:
        self.tool('room')
        self.drag((box[0], box[1]), (box[2], box[3]))
        for name, value in zip(('x1', 'y1', 'x2', 'y2'), box, strict=True):
            self.fill(f'box-{name}', str(value))
        self.page.select_option('#fields [name=kind]', kind)
        self.fill('name-zh', zh)
        self.fill('name-en', en)

    def save(self) -> None:
        self.page.click('#save')
        self.page.click('dialog button[value=save]')
        expect(self.page.locator('#state')).to_have_text(self.t('editor.all_saved'))

    def floor(self, floor: str) -> dict[str, Any]:
        raw, _ = load_raw(self.folder)
        found: dict[str, Any] = next(one for one in raw['floors'] if one['id'] == floor)
        return found


@contextmanager
def editing(
    browser: Browser, folder: Path, *, lang: str = 'en', viewport: dict[str, int] = DESK
) -> Iterator[Technician]:
    """Run `fleet map edit` on a copy of the small hospital and open its link."""
    shutil.copytree(HOSPITAL, folder)
    command = [*FLEET, 'map', 'edit', str(folder), '--port', '0']
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r'http://127\.0\.0\.1:\d+/\?token=\S+', line)
            assert found, line
            context = browser.new_context(viewport=viewport, locale=lang)
            technician = Technician(context.new_page(), folder, found[0], lang)
            yield technician
            context.close()
            assert not technician.problems
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()


def draw_a_ward(one: Technician) -> None:
    """East of level 3: a corridor, a hand-over place, a parking bay; 14 m of building for it."""
    page = one.page
    page.select_option('#floor', 'L3')
    one.fill('outline', '0 0; 74 0; 74 24; 0 24')
    page.click('#whole')
    one.room((60, 7.2, 74, 9.6), 'corridor', '东区走廊', 'East wing corridor')
    one.room((69.6, 5.4, 72, 7.2), 'handover', '东区交接口', 'East wing hatch')
    one.room((63.6, 9.6, 66, 11.4), 'robot', '东区停靠位', 'East wing robot bay')
    one.tool('node')
    one.tap(58.8, 8.4)
    one.tap(64.8, 8.4)
    one.tap(70.8, 8.4)
    page.select_option('#options select', 'parking')
    one.tap(64.8, 10.4)
    one.tool('station')
    one.tap(70.8, 6.4)
    page.fill('dialog [name=id]', 'n3x')
    page.fill('dialog [name=code]', 'N3X')
    page.fill('dialog [name=name-zh]', '三楼东区')
    page.fill('dialog [name=name-en]', 'Ward 3 East Wing')
    page.fill('dialog [name=phone]', '8399')
    page.click('dialog button[value=add]')


@pytest.mark.parametrize(('lang', 'viewport'), [('en', DESK), ('zh-CN', TABLET)])
def test_a_technician_adds_a_ward(
    browser: Browser, tmp_path: Path, pictures: Path, lang: str, viewport: dict[str, int]
) -> None:
    with editing(browser, tmp_path / 'hospital', lang=lang, viewport=viewport) as one:
        page, t = one.page, one.t
        one.checked(t('editor.no_problems'))
        page.screenshot(path=str(pictures / f'{lang}-editor.png'))
        draw_a_ward(one)
        one.checked(t('editor.no_problems'))
        expect(page.locator('#panel-title')).to_contain_text(
            '三楼东区' if lang == 'zh-CN' else 'Ward 3 East Wing'
        )
        page.screenshot(path=str(pictures / f'{lang}-editor-ward.png'))
        page.click('#save')
        expect(page.locator('dialog')).to_contain_text(
            t('editor.change', sort=t('editor.sort.nodes'), added=4, changed=0, removed=0)
        )
        page.click('dialog summary')
        expect(page.locator('dialog pre .added').first).to_be_visible()
        page.screenshot(path=str(pictures / f'{lang}-editor-save.png'))
        page.click('dialog button[value=save]')
        expect(page.locator('#said')).to_have_text(t('editor.saved'))

        check = [*FLEET, 'map', 'check', str(one.folder)]
        done = subprocess.run(check, capture_output=True, text=True, check=True)
        assert done.stdout == f'{one.folder}: no problems\n'
        floor = one.floor('L3')
        station = floor['stations']['n3x']
        assert station['code'] == 'N3X'
        assert floor['nodes'][station['node']] == {'at': [70.8, 6.4], 'kind': 'station'}
        assert [lane for lane in floor['lanes'] if station['node'] in lane['between']] == [
            {'between': ['w-2', 'n3x'], 'speed': 0.4}
        ]
        for name in ('L1.yaml', 'L2.yaml', 'fleet.yaml', 'hospital.yaml'):
            assert filecmp.cmp(one.folder / name, HOSPITAL / name, shallow=False), name


def test_a_mistake_is_marked_at_once_and_undone(
    browser: Browser, tmp_path: Path, pictures: Path
) -> None:
    with editing(browser, tmp_path / 'hospital') as one:
        page, t = one.page, one.t
        one.checked(t('editor.no_problems'))
        one.find('park-1')
        page.click('#whole')
        one.drag((6.6, 10.3), (6.6, 12.9))
        problem = page.locator('.problem.error').first
        expect(problem).to_contain_text('park-1')
        expect(page.locator('.marks .error').first).to_be_attached()
        page.screenshot(path=str(pictures / 'editor-mistake.png'))
        page.select_option('#floor', 'L2')
        problem.locator('button').click()
        expect(page.locator('#floor')).to_have_value('L1')
        expect(page.locator('#panel-title')).to_contain_text('park-1')
        page.keyboard.press('Control+z')
        one.checked(t('editor.no_problems'))
        expect(page.locator('#state')).to_have_text(t('editor.all_saved'))
        page.keyboard.press('Control+y')
        expect(page.locator('.problem.error').first).to_be_visible()
        page.click('#save')
        expect(page.locator('dialog')).to_contain_text('errors')
        assert one.floor('L1')['nodes']['park-1']['at'] == [6.6, 10.3]
        page.click('dialog button[value=save]')
        expect(page.locator('#state')).to_have_text(t('editor.all_saved'))
        assert any(p.code for p in check_folder(one.folder))
        assert one.floor('L1')['nodes']['park-1']['at'] == [6.6, 12.9]


def test_a_lane_gets_a_bend_a_door_and_a_direction(browser: Browser, tmp_path: Path) -> None:
    with editing(browser, tmp_path / 'hospital') as one:
        page = one.page
        one.tool('bend')
        one.tap(9.0, 8.4)
        one.drag((9.0, 8.4), (9.0, 8.9))
        one.tool('door')
        one.tap(27.0, 8.4)
        one.fill('width', '2.4')
        one.fill('id', 'hall-door')
        one.tool('select')
        one.tap(24.5, 8.4)
        page.check('#fields [name=one_way]')
        page.get_by_role('button', name=one.t('editor.turn')).click()
        one.fill('speed', '0.4')
        one.find('s02')
        one.fill('id', 'kitchen-way')
        assert page.locator('#fields .field').count() > 2
        one.save()
        floor = one.floor('L1')
        lanes = {tuple(lane['between']): lane for lane in floor['lanes']}
        assert lanes[('kitchen-way', 's03')]['via'] == [[9, 8.9]]
        hall = lanes[('s07', 's06')]
        assert hall == {
            'between': ['s07', 's06'], 'speed': 0.4, 'door': 'hall-door', 'one_way': True,
        }  # fmt: skip
        assert floor['doors']['hall-door'] == {
            'name': {'zh': '门 1', 'en': 'Door 1'}, 'at': [27, 8.4], 'width': 2.4,
        }  # fmt: skip
        assert ('kitchen-way', 'kitchen') in lanes
        assert ('s01', 'kitchen-way') in lanes


def test_a_station_is_copied_to_another_floor(
    browser: Browser, tmp_path: Path, pictures: Path
) -> None:
    with editing(browser, tmp_path / 'hospital') as one:
        page = one.page
        one.find('PH')
        page.get_by_role('button', name=one.t('editor.copy.button')).click()
        page.select_option('dialog select', 'L2')
        page.click('dialog button[value=copy]')
        assert page.input_value('dialog [name=phone]') == '8101'
        page.click('dialog button[value=add]')
        assert page.evaluate('document.activeElement.name') == 'id'
        page.fill('dialog [name=id]', 'pharmacy')
        page.fill('dialog [name=code]', 'PH')
        page.click('dialog button[value=add]')
        assert page.locator('dialog[open]').count() == 1
        page.fill('dialog [name=id]', 'ph2')
        page.fill('dialog [name=code]', 'PH2')
        page.screenshot(path=str(pictures / 'editor-station.png'))
        page.click('dialog button[value=add]')
        expect(page.locator('#floor')).to_have_value('L2')
        one.save()
        station = one.floor('L2')['stations']['ph2']
        assert (station['kind'], station['sends']) == (
            'pharmacy',
            ['drug', 'controlled', 'supply'],
        )
        assert any(station['node'] in lane['between'] for lane in one.floor('L2')['lanes'])


def test_the_keys_alone_move_join_and_delete(browser: Browser, tmp_path: Path) -> None:
    with editing(browser, tmp_path / 'hospital') as one:
        page = one.page
        one.find('s02')
        page.locator('#plan > svg').focus()
        for key in ('ArrowRight', 'ArrowRight', 'Shift+ArrowUp'):
            page.keyboard.press(key)
        expect(page.locator('#fields [name="at-x"]')).to_have_value('6.8')
        expect(page.locator('#fields [name="at-y"]')).to_have_value('9.4')
        page.keyboard.press('Control+z')
        expect(page.locator('#fields [name="at-x"]')).to_have_value('6.6')
        page.fill('#fields [name=join]', 'n02')
        page.press('#fields [name=join]', 'Enter')
        expect(page.locator('.about')).to_contain_text('n02-s02')
        page.locator('#plan > svg').focus()
        page.keyboard.press('Delete')
        dialog = page.locator('dialog')
        expect(dialog).to_contain_text('kitchen-s02')
        page.keyboard.press('Escape')
        expect(dialog).to_be_hidden()
        page.locator('#plan > svg').focus()
        page.keyboard.press('Delete')
        page.click('dialog button[value=delete]')
        one.save()
        floor = one.floor('L1')
        assert 's02' not in floor['nodes']
        assert not [lane for lane in floor['lanes'] if 's02' in lane['between']]


def test_a_finger_drags_and_pinches(browser: Browser, tmp_path: Path) -> None:
    with editing(browser, tmp_path / 'hospital', viewport=TABLET) as one:
        page = one.page
        session = page.context.new_cdp_session(page)

        def touch(kind: str, *points: tuple[float, float]) -> None:
            spots = [{'x': x, 'y': y, 'id': n} for n, (x, y) in enumerate(points)]
            session.send('Input.dispatchTouchEvent', {'type': kind, 'touchPoints': spots})

        scale = 'document.querySelector("#plan > svg").getScreenCTM().a'
        before = page.evaluate(scale)
        x, y = one.at(30, 12)
        touch('touchStart', (x - 30, y), (x + 30, y))
        for n in range(1, 6):
            touch('touchMove', (x - 30 - n * 10, y), (x + 30 + n * 10, y))
        touch('touchEnd')
        assert page.evaluate(scale) > before * 2
        page.click('#whole')
        x, y = one.at(33.6, 10.3)
        there = one.at(33.6, 10.8)
        touch('touchStart', (x, y))
        for n in range(1, 5):
            touch('touchMove', (x, y + (there[1] - y - 6) * n / 4))
        touch('touchMove', there)
        touch('touchEnd')
        expect(page.locator('#fields [name="at-y"]')).to_have_value('10.8')


def test_a_change_of_somebody_else_is_not_overwritten_unasked(
    browser: Browser, tmp_path: Path, pictures: Path
) -> None:
    with editing(browser, tmp_path / 'hospital') as one:
        page, t = one.page, one.t
        one.find('park-1')
        one.fill('at-x', '6.7')
        file = one.folder / 'L2.yaml'
        theirs = file.read_text('utf-8').replace('speed: 0.4', 'speed: 0.3', 1)
        file.write_text(theirs, 'utf-8')
        page.click('#save')
        expect(page.locator('dialog')).to_contain_text(t('editor.changed.title'))
        page.screenshot(path=str(pictures / 'editor-changed.png'))
        page.keyboard.press('Escape')
        assert one.floor('L1')['nodes']['park-1']['at'] == [6.6, 10.3]
        page.click('#save')
        with page.expect_navigation():
            page.click('dialog button[value=reload]')
        one.ready()
        one.find('park-1')
        expect(page.locator('#fields [name="at-x"]')).to_have_value('6.6')
        assert file.read_text('utf-8') == theirs


def test_what_is_not_saved_survives_the_other_language_and_leaving_is_asked(
    browser: Browser, tmp_path: Path
) -> None:
    with editing(browser, tmp_path / 'hospital') as one:
        page = one.page
        one.find('park-1')
        one.fill('at-x', '6.7')
        with page.expect_navigation():
            page.click('.languages button[lang=zh-CN]')
        expect(page.locator('#state')).to_have_text(WORDS['zh-CN']('editor.unsaved'))
        one.ready()
        one.find('park-1')
        expect(page.locator('#fields [name="at-x"]')).to_have_value('6.7')
        asked: list[str] = []
        page.once('dialog', lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
        page.evaluate('setTimeout(() => location.assign("/"), 0)')
        page.wait_for_timeout(500)
        assert asked == ['beforeunload']


def test_the_link_works_once(browser: Browser, tmp_path: Path) -> None:
    with editing(browser, tmp_path / 'hospital') as one:
        stranger = browser.new_context()
        page = stranger.new_page()
        answer = page.goto(one.address)
        assert answer is not None
        assert answer.status == 403
        assert 'editor' in page.inner_text('body').lower()
        stranger.close()
