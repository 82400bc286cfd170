"""The feed over real sockets: uvicorn on one side, websockets and a bare socket on the other."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from fleet_manager.domain.ids import AccountId
from tests.pages.conftest import RunningSite, running_site

LIMIT = 1024


@pytest.fixture(scope='module')
def running() -> Iterator[RunningSite]:
    with running_site() as site:
        yield site


def cookie(site: RunningSite, station: str | None = None) -> str:
    form = {'kind': 'ward', 'station': station or '', 'pin': site.pins.get(station or '', '')}
    if station is None:
        form = {'kind': 'operator', 'name': site.operator_name}
        form['password'] = site.operator_password
    answer = httpx.post(f'{site.url}/login', data=form, headers={'origin': site.url})
    assert answer.status_code == 303
    return answer.headers['set-cookie'].partition(';')[0]


def opened(site: RunningSite, station: str | None = None, **how: Any) -> Any:
    headers = {'Cookie': cookie(site, station)}
    url = site.url.replace('http', 'ws') + '/api/v1/feed'
    return connect(url, additional_headers=headers, origin=how.pop('origin', site.url), **how)


async def heard(page: ClientConnection, kind: str) -> Any:
    async with asyncio.timeout(10):
        while True:
            message = json.loads(await page.recv())
            if message['type'] == kind:
                return message


def test_hello_then_the_picture_then_what_changes(running: RunningSite) -> None:
    async def scenario() -> None:
        async with opened(running) as page:
            hello = json.loads(await page.recv())
            assert (hello['type'], hello['role'], hello['station']) == ('hello', 'operator', None)
            snapshot = json.loads(await page.recv())
            assert snapshot['type'] == 'snapshot'
            assert len(snapshot['entities']['robot']) == 6
            first, second = await heard(page, 'delta'), await heard(page, 'delta')
            assert first['prev'] == snapshot['seq']
            assert second['prev'] == first['seq'] < second['seq']

    asyncio.run(scenario())


@pytest.mark.thorough
def test_a_heart_beats_every_five_seconds_with_the_age_of_the_picture(
    running: RunningSite,
) -> None:
    async def scenario() -> float:
        async with opened(running, 'n2w') as page:
            first = await heard(page, 'beat')
            second = await heard(page, 'beat')
            assert abs(second['as_of'] - second['now']) < 2_000
            return (second['now'] - first['now']) / 1_000

    assert asyncio.run(scenario()) == pytest.approx(5, abs=0.5)


@pytest.mark.parametrize('origin', ['http://evil.test', None])
def test_another_site_cannot_listen(running: RunningSite, origin: Any) -> None:
    async def scenario() -> None:
        async with opened(running, origin=origin):
            pass

    with pytest.raises(InvalidStatus, match='403'):
        asyncio.run(scenario())


@pytest.mark.thorough
def test_a_disabled_account_is_cut_off_within_five_seconds(running: RunningSite) -> None:
    stand_in = running.accounts
    assert stand_in is not None

    async def scenario() -> tuple[float, int]:
        async with opened(running, 'cssd') as page:
            await heard(page, 'snapshot')
            stand_in.set_disabled(AccountId('ward-cssd'), disabled=True)
            began = time.monotonic()
            return await until_closed(page), round(time.monotonic() - began)

    code, seconds = asyncio.run(scenario())
    stand_in.set_disabled(AccountId('ward-cssd'), disabled=False)
    assert (code, seconds <= 5) == (1008, True)


async def until_closed(page: ClientConnection) -> int:
    async with asyncio.timeout(20):
        await page.wait_closed()
    assert page.close_code is not None
    return page.close_code


@pytest.mark.thorough
def test_a_page_that_talks_too_much_is_closed(running: RunningSite) -> None:
    async def flood() -> int:
        async with opened(running, 'n2w') as page:
            for _ in range(25):
                await page.send('x')
            return await until_closed(page)

    async def shout() -> int:
        async with opened(running, 'n2w') as page:
            await page.send('x' * (LIMIT + 1))
            return await until_closed(page)

    async def murmur() -> None:
        async with opened(running, 'n2w') as page:
            for _ in range(30):
                await page.send('x' * LIMIT)
                await asyncio.sleep(0.06)
            await heard(page, 'beat')

    assert asyncio.run(flood()) == 1008
    assert asyncio.run(shout()) == 1009
    asyncio.run(murmur())


@pytest.mark.slow
def test_a_page_that_stops_reading_is_closed_and_delays_nobody(running: RunningSite) -> None:
    """The slow page's buffers fill up with long notes; the other page is told all the same."""
    fleet = running.stand_in
    assert fleet is not None
    plain = fleet._entities
    numbers = itertools.count()

    def fat() -> Any:
        note = {'code': 'x', 'subject': 'y' * 500_000 + str(next(numbers)), 'params': {}}
        return {**plain(), 'alert': {'a1': note}}

    fleet._entities = fat  # type: ignore[method-assign]
    deaf = stopped_reading(running)

    async def scenario() -> list[float]:
        gaps = []
        async with opened(running, 'n2w') as page:
            await heard(page, 'snapshot')
            began = last = time.monotonic()
            while time.monotonic() - began < 10:
                await heard(page, 'delta')
                gaps.append(time.monotonic() - last)
                last = time.monotonic()
        return gaps

    # the ward hears of robots only while one serves it
    ask(running, 'n2w')
    try:
        gaps = asyncio.run(scenario())
    finally:
        fleet._entities = plain  # type: ignore[method-assign]
    assert sorted(gaps)[len(gaps) // 2] < 0.6
    assert pages_open(running) == 0
    deaf.close()


def stopped_reading(site: RunningSite) -> socket.socket:
    """Open an operator's feed and never read from it."""
    host, port = site.url.removeprefix('http://').split(':')
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect((host, int(port)))
    key = base64.b64encode(os.urandom(16)).decode()
    deaf.sendall(
        (
            f'GET /api/v1/feed HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n'
            f'Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n'
            f'Origin: {site.url}\r\nCookie: {cookie(site)}\r\n\r\n'
        ).encode()
    )
    assert deaf.recv(12) == b'HTTP/1.1 101'
    return deaf


def ask(site: RunningSite, ward: str) -> None:
    headers = {'origin': site.url, 'cookie': cookie(site, ward), 'idempotency-key': 'feed-test-1'}
    session = httpx.get(f'{site.url}/api/v1/session', headers=headers).json()
    answer = httpx.post(
        f'{site.url}/api/v1/deliveries',
        json={'goods': 'drug', 'sender': 'pharmacy', 'recipient': ward},
        headers=headers | {'x-csrf-token': session['csrf']},
    )
    assert answer.status_code == 201


def pages_open(site: RunningSite) -> int:
    deadline = time.monotonic() + 3
    while site.app.state.site.hub.pages and time.monotonic() < deadline:
        time.sleep(0.05)
    count: int = site.app.state.site.hub.pages
    return count
