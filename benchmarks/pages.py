"""A person at a page: logged in, with the forms' token, and the live feed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.running_demo import RunningDemo


class Page:
    """One browser. `cookie` may be shared: the same person with several windows."""

    def __init__(self, demo: RunningDemo) -> None:
        self.url = demo.url
        self._demo = demo
        self._http = httpx.AsyncClient(
            base_url=demo.url, headers={'origin': demo.url}, trust_env=False, timeout=10.0
        )
        self._csrf = ''

    async def log_in(self, account: str) -> None:
        """Log in as `operator`, or at a station."""
        secret = self._demo.secret(account)
        form = {'kind': 'ward', 'station': account, 'pin': secret}
        if account == 'operator':
            form = {'kind': 'operator', 'name': account, 'password': secret}
        answer = await self._http.post('/login', data=form)
        if answer.status_code != 303:
            raise RuntimeError(f'log-in as {account}: {answer.status_code}')
        self._csrf = (await self._http.get('/api/v1/session')).json()['csrf']
        self._http.headers['x-csrf-token'] = self._csrf

    @property
    def cookie(self) -> str:
        """Return the session for a Cookie header."""
        return '; '.join(f'{name}={value}' for name, value in self._http.cookies.items())

    async def post(self, path: str, **arguments: Any) -> httpx.Response:
        """Send a form or JSON."""
        return await self._http.post(path, **arguments)

    async def get(self, path: str) -> httpx.Response:
        """Read something."""
        return await self._http.get(path)

    async def state(self) -> dict[str, Any]:
        """Return all entities."""
        found: dict[str, Any] = (await self._http.get('/api/v1/state')).json()['entities']
        return found

    async def wait_for(
        self, shows: Callable[[dict[str, Any]], bool], *, seconds: float, what: str
    ) -> None:
        """Wait until the picture shows something."""
        deadline = time.monotonic() + seconds
        while not shows(await self.state()):
            if time.monotonic() > deadline:
                raise RuntimeError(f'no {what} within {seconds:g} s')
            await asyncio.sleep(0.1)

    def feed(self, **options: Any) -> connect:
        """Open the live feed; use with `async with`."""
        return open_feed(self.url, self.cookie, **options)

    async def close(self) -> None:
        """Close the window."""
        await self._http.aclose()


@contextlib.asynccontextmanager
async def page_of(demo: RunningDemo, account: str) -> AsyncIterator[Page]:
    """Open a page, log in, close it at the end."""
    page = Page(demo)
    try:
        await page.log_in(account)
        yield page
    finally:
        await page.close()


def open_feed(url: str, cookie: str, **options: Any) -> connect:
    """Open the live feed of a logged-in page."""
    return connect(
        f'{url.replace("http", "ws", 1)}/api/v1/feed',
        origin=url,  # type: ignore[arg-type]
        additional_headers={'cookie': cookie},
        compression=None,
        proxy=None,
        max_size=None,
        **options,
    )


async def heard(feed: ClientConnection) -> AsyncIterator[tuple[float, dict[str, Any]]]:
    """Return each message of a feed with the moment it was there, on the monotonic clock."""
    async for text in feed:
        at = time.monotonic()
        yield at, json.loads(text)
