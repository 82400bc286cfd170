"""One open page on the live feed: three tasks, and the first that ends closes the page."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from fleet_manager.adapters.http.auth import Panel, Person
from fleet_manager.adapters.http.delivery_page import audience_of
from fleet_manager.adapters.http.feed import (
    HEARTBEAT_SECONDS,
    STALL_SECONDS,
    Audience,
    Outbox,
    TooManyPages,
    encode,
)

if TYPE_CHECKING:
    from fleet_manager.adapters.http.site import Site

#: A disabled account is out within five seconds.
RECHECK_SECONDS: Final = 4.0
MESSAGES_A_SECOND: Final = 20
MESSAGE_LIMIT: Final = 1024

TRY_AGAIN_LATER: Final = 1013
POLICY_VIOLATION: Final = 1008
TOO_BIG: Final = 1009
SERVER_ERROR: Final = 1011
CLOSE_SECONDS: Final = 2.0


async def serve(websocket: WebSocket, site: Site, person: Person) -> None:
    """Serve one page until it goes, stalls, misbehaves or its session ends."""

    async def is_in() -> bool:
        again = site.program if person.key is not None else site.people.of
        known = await again(person.token)
        return known is not None and known.account == person.account

    who = {'role': person.role, 'station': person.station}
    await _serve(websocket, site, audience_of(person), who, is_in)


async def serve_panel(websocket: WebSocket, site: Site, panel: Panel) -> None:
    """Serve the screen of a robot until it goes, stalls or is paired no more."""

    async def is_paired() -> bool:
        return await site.people.panel(panel.token) == panel

    audience = Audience(None, robot=panel.robot)
    await _serve(websocket, site, audience, {'robot': panel.robot}, is_paired)


async def _serve(
    websocket: WebSocket,
    site: Site,
    audience: Audience,
    who: dict[str, Any],
    still_in: Callable[[], Awaitable[bool]],
) -> None:
    await websocket.accept()
    try:
        view, entities, outbox = site.hub.join(audience)
    except TooManyPages:
        await websocket.close(TRY_AGAIN_LATER)
        return
    hello = {
        'type': 'hello',
        **who,
        'map_version': site.hospital.version,
        'heartbeat_ms': int(HEARTBEAT_SECONDS * 1_000),
    }
    snapshot = {'type': 'snapshot', 'seq': view.seq, 'now': view.now, 'entities': entities}
    first = [encode(hello), encode(snapshot)]
    tasks = [
        asyncio.create_task(_write(websocket, site, outbox, first)),
        asyncio.create_task(_read(websocket)),
        asyncio.create_task(_watch_session(still_in)),
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        code = _close_code(done)
    finally:
        site.hub.leave(audience, outbox)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if code is not None:
        await _close(websocket, code)


def _close_code(done: set[asyncio.Task[int | None]]) -> int | None:
    """Return the code to close with; None where the page is gone already."""
    codes = [SERVER_ERROR if task.exception() else task.result() for task in done]
    return None if None in codes else codes[0]


async def _close(websocket: WebSocket, code: int) -> None:
    """Close, without waiting for a page that does not read."""
    if websocket.application_state is not WebSocketState.CONNECTED:
        return
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await websocket.close(code)
    except (TimeoutError, RuntimeError, WebSocketDisconnect):
        return


async def _write(websocket: WebSocket, site: Site, outbox: Outbox, first: list[str]) -> int | None:
    """Send what waits, and a heartbeat when nothing does."""
    beat_at = 0.0
    loop = asyncio.get_running_loop()
    waiting = list(first)
    while True:
        if outbox.overflowed:
            return TRY_AGAIN_LATER
        if loop.time() - beat_at >= HEARTBEAT_SECONDS:
            beat_at = loop.time()
            newest = site.views.current()
            beat = {'type': 'beat', 'now': site.clock(), 'as_of': newest.now}
            waiting.append(encode(beat))
        try:
            for text in waiting:
                async with asyncio.timeout(STALL_SECONDS):
                    await websocket.send_text(text)
        except TimeoutError:
            return TRY_AGAIN_LATER
        except (WebSocketDisconnect, RuntimeError):
            return None
        await outbox.wait(max(0.0, beat_at + HEARTBEAT_SECONDS - loop.time()))
        newer = outbox.take()
        waiting = [] if newer is None else [newer]


async def _read(websocket: WebSocket) -> int | None:
    """Read and ignore; a page has nothing to say here. Too much of it ends the page."""
    loop = asyncio.get_running_loop()
    times: deque[float] = deque(maxlen=MESSAGES_A_SECOND)
    while True:
        message = await websocket.receive()
        if message['type'] == 'websocket.disconnect':
            return None
        size = len(message.get('bytes') or b'') or len((message.get('text') or '').encode())
        if size > MESSAGE_LIMIT:
            return TOO_BIG
        if len(times) == MESSAGES_A_SECOND and loop.time() - times[0] < 1.0:
            return POLICY_VIOLATION
        times.append(loop.time())


async def _watch_session(still_in: Callable[[], Awaitable[bool]]) -> int | None:
    """End when the session does: logged out, expired, the account disabled, the panel unpaired."""
    while True:
        await asyncio.sleep(RECHECK_SECONDS)
        if not await still_in():
            return POLICY_VIOLATION
