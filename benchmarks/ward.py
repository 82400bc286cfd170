"""The ward's page: a request as a nurse makes it, what a page weighs, and sending under load.

A scripted nurse with a phone of 360 x 740 in Chromium asks for a drug: her taps, and the seconds
from the first tap until the page says that it is accepted, without the time a person thinks. The
weight is every byte of the ward's page on a first visit, the paint is the first content on it.
Then 200 pages stay open and follow the fleet while requests are sent, 20 a second, whether or not
those before are answered: the time is from when one was due until its answer. Then the API is
read in the same way: the fleet, all deliveries, one of them, and its timeline, in turn.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from httpx import Response
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.crowd import Crowd
from benchmarks.figure import Figure, spread
from benchmarks.pages import Page as Client
from benchmarks.pages import page_of
from benchmarks.running_demo import RunningDemo

WARD: Final = 'n2w'
PHONE: Final = {'width': 360, 'height': 740}
CHROMIUM: Final = '/usr/bin/chromium'
#: A first visit, and the taps of a request for a drug.
TAPS: Final = ('a.new', 'a.tile[href$="drug"]', 'a.choice', 'button.primary')
OPEN_PAGES: Final = 200
A_SECOND: Final = 20
FIRST_PAINT: Final = (
    "performance.getEntriesByName('first-contentful-paint').map((one) => one.startTime)[0] ?? 0"
)


def run(quick: bool) -> list[Figure]:
    """Measure all of it on one running demo."""
    with RunningDemo() as demo:
        with _chromium() as browser:
            nurse = [_request(browser, demo) for _ in range(3 if quick else 15)]
            visits = [_visit(browser, demo) for _ in range(3 if quick else 15)]
        sent, read = asyncio.run(_under_load(demo, seconds=3 if quick else 20))
    return [
        Figure(
            'ward.taps',
            'A drug asked for on a phone: taps from the ward’s page until accepted',
            '手机申请药品：从病区页到受理的点击次数',
            '',
            {'': float(len(TAPS))},
            len(nurse),
        ),
        Figure(
            'ward.request',
            'The same, without the time a person thinks',
            '同上，不含思考时间',
            's',
            spread(nurse),
            len(nurse),
        ),
        Figure(
            'ward.weight',
            'The ward’s page on a first visit',
            '病区页首次打开的数据量',
            'kB',
            {'max': max(weight for weight, _ in visits) / 1e3},
            len(visits),
        ),
        Figure(
            'ward.paint',
            'First content of it on the screen',
            '首次内容呈现',
            'ms',
            spread([paint for _, paint in visits]),
            len(visits),
        ),
        Figure(
            'ward.submit',
            f'A request sent → answered, {A_SECOND} a second beside {OPEN_PAGES} open pages',
            f'提交 → 答复（每秒 {A_SECOND} 单，{OPEN_PAGES} 个页面打开）',
            'ms',
            spread(sent, factor=1e3),
            len(sent),
        ),
        Figure(
            'ward.api',
            f'The API read → answered, {A_SECOND} a second beside them',
            f'API 读取 → 答复（每秒 {A_SECOND} 次，页面同上）',
            'ms',
            spread(read, factor=1e3),
            len(read),
        ),
    ]


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=['--no-sandbox'])
        try:
            yield browser
        finally:
            browser.close()


def _logged_in(browser: Browser, demo: RunningDemo) -> Page:
    page = browser.new_context(viewport=PHONE, locale='zh-CN').new_page()  # type: ignore[arg-type]
    page.goto(f'{demo.url}/r/{WARD}')
    page.fill('#pin', demo.secret(WARD))
    page.locator('form[action="/login"] button').first.click()
    page.wait_for_url('**/ward')
    return page


def _request(browser: Browser, demo: RunningDemo) -> float:
    """Return the seconds of one request, cancelled afterwards."""
    page = _logged_in(browser, demo)
    begun = time.monotonic()
    for selector in TAPS:
        page.locator(selector).first.click()
    page.wait_for_url('**/deliveries/*')
    page.locator('.says').wait_for()
    took = time.monotonic() - begun
    page.locator('form[action$="/cancel"] button').click()
    page.locator('form[action$="/cancel"]').wait_for(state='detached')
    page.context.close()
    return took


def _visit(browser: Browser, demo: RunningDemo) -> tuple[float, float]:
    """Return the bytes of a first visit, and the ms until its first content."""
    page = _logged_in(browser, demo)
    cookies = page.context.cookies()
    page.context.close()
    fresh = browser.new_context(viewport=PHONE, locale='zh-CN')  # type: ignore[arg-type]
    fresh.add_cookies(cookies)  # type: ignore[arg-type]
    page, weights = fresh.new_page(), list[int]()
    page.on('requestfinished', lambda one: weights.append(one.sizes()['responseBodySize']))
    page.goto(f'{demo.url}/ward', wait_until='networkidle')
    page.wait_for_function(f'({FIRST_PAINT}) > 0')
    paint = float(page.evaluate(FIRST_PAINT))
    fresh.close()
    return float(sum(weights)), paint


async def _under_load(demo: RunningDemo, *, seconds: int) -> tuple[list[float], list[float]]:
    """Return the seconds from when something was due until its answer: of requests, of reading."""
    async with page_of(demo, WARD) as ward:
        with Crowd(demo.url, ward.cookie, reading=OPEN_PAGES, silent=0):
            await asyncio.sleep(1.0)
            sent = await _paced(lambda number: _send(ward, number), seconds * A_SECOND)
            some = next(iter((await ward.state())['delivery']))
            one = f'/api/v1/deliveries/{some}'
            paths = ('/api/v1/state', '/api/v1/deliveries', one, f'{one}/timeline')
            read = await _paced(
                lambda number: _read(ward, paths[number % len(paths)]), seconds * A_SECOND
            )
            return sent, read


async def _paced(act: Callable[[int], Awaitable[None]], times: int) -> list[float]:
    """Act so often, `A_SECOND` a second; return the seconds each took from when it was due."""
    begun = time.monotonic()

    async def when_due(number: int) -> float:
        due = begun + number / A_SECOND
        await asyncio.sleep(due - time.monotonic())
        await act(number)
        return time.monotonic() - due

    return await asyncio.gather(*map(when_due, range(times)))


async def _send(ward: Client, number: int) -> None:
    form = {
        'key': f'ward-bench-{number:05d}-{time.monotonic_ns()}',
        'goods': 'drug',
        'sender': 'pharmacy',
        'recipient': WARD,
    }
    _check(await ward.post('/deliveries', data=form), 303)


async def _read(ward: Client, path: str) -> None:
    _check(await ward.get(path), 200)


def _check(answer: Response, status: int) -> None:
    if answer.status_code != status:
        raise RuntimeError(f'{answer.url} was answered with {answer.status_code}')
