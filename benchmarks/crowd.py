"""Other open pages: some read, some never do.

`python -m benchmarks.crowd URL READING SILENT` takes the session cookie from its standard input,
says `open` when all are, and stays until a signal. A silent page has a small receive buffer and
takes nothing out of it; where the manager closes it, it comes back.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed

from benchmarks.pages import open_feed
from benchmarks.running_demo import ROOT

SMALL_BUFFER: Final = 4_096
AGAIN_SECONDS: Final = 0.5
END_SECONDS: Final = 5.0


class Crowd:
    """The crowd as a process of its own, so that it does not disturb what is measured."""

    def __init__(self, url: str, cookie: str, *, reading: int, silent: int) -> None:
        self._arguments = [url, str(reading), str(silent)]
        self._cookie = cookie

    def __enter__(self) -> Self:
        """Open all pages."""
        self._process = subprocess.Popen(
            [sys.executable, '-m', 'benchmarks.crowd', *self._arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        with self._process.stdin as way_in:
            way_in.write(self._cookie + '\n')
        if self._process.stdout.readline() != 'open\n':
            self._end()
            raise RuntimeError('the other pages could not be opened')
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all pages."""
        self._end()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdout.close()


async def crowd(url: str, cookie: str, *, reading: int, silent: int) -> None:
    """Open all pages, say so, and keep them open."""
    opened = [asyncio.Event() for _ in range(reading + silent)]
    async with asyncio.TaskGroup() as pages:
        for event in opened[:reading]:
            pages.create_task(_read(url, cookie, event))
        for event in opened[reading:]:
            pages.create_task(_stay_silent(url, cookie, event))
        for event in opened:
            await event.wait()
        print('open', flush=True)


async def _read(url: str, cookie: str, opened: asyncio.Event) -> None:
    while True:
        async with open_feed(url, cookie) as feed:
            opened.set()
            try:
                async for _ in feed:
                    pass
            except ConnectionClosed:
                await asyncio.sleep(AGAIN_SECONDS)


async def _stay_silent(url: str, cookie: str, opened: asyncio.Event) -> None:
    parts = urlsplit(url)
    while True:
        plug = socket.socket()
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        plug.connect((parts.hostname, parts.port))
        plug.setblocking(False)
        # the library stops reading the socket when one message waits for us
        async with open_feed(url, cookie, sock=plug, max_queue=1, ping_interval=None) as feed:
            opened.set()
            await feed.wait_closed()
            await asyncio.sleep(AGAIN_SECONDS)


if __name__ == '__main__':
    where, readers, sleepers = sys.argv[1:]
    asyncio.run(
        crowd(where, sys.stdin.readline().strip(), reading=int(readers), silent=int(sleepers))
    )
