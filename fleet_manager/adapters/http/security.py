"""What every answer carries and what every request must: headers, origin, size, form token."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: A form or command is a few hundred bytes; more than this is no page of ours.
BODY_LIMIT: Final = 64 * 1024
#: A phone on a bad network sends a form in a second; who takes longer holds a connection for us.
BODY_SECONDS: Final = 10.0
SAFE_METHODS: Final = frozenset({'GET', 'HEAD', 'OPTIONS'})


class BodyTooLarge(Exception):
    """The body is longer than it may be, whatever its header says."""


class BodyTooSlow(Exception):
    """The body did not come within `BODY_SECONDS`, or the client went away."""


def form_token(session: str) -> str:
    """Return the token a form of this session carries. Survives a restart, tells nothing."""
    return hmac.new(session.encode(), b'form', hashlib.sha256).hexdigest()


def same_token(given: str, expected: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(given.encode(), expected.encode())


def trusted_origin(headers: Headers, allowed: Collection[str]) -> bool:
    """Whether a changing request, or a websocket, comes from our own pages.

    Browsers send `Origin` with both. A request that has neither header is no browser's page and
    has to say an allowed origin itself.
    """
    origin = headers.get('origin')
    site = headers.get('sec-fetch-site')
    if site is not None and site != 'same-origin':
        return False
    if origin is None:
        return site == 'same-origin'
    return origin in allowed


async def read_body(headers: Headers, receive: Receive, *, limit: int = BODY_LIMIT) -> bytes:
    """Read a body, also one without a length. Raises BodyTooLarge or BodyTooSlow."""
    try:
        if int(headers.get('content-length') or 0) > limit:
            raise BodyTooLarge
    except ValueError:
        raise BodyTooLarge from None
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            more = True
            while more:
                message = await receive()
                if message['type'] != 'http.request':
                    raise BodyTooSlow
                body += message.get('body', b'')
                more = message.get('more_body', False)
                if len(body) > limit:
                    raise BodyTooLarge
    except TimeoutError:
        raise BodyTooSlow from None
    return bytes(body)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body that was read already, then the rest."""
    waiting = True

    async def again() -> Message:
        nonlocal waiting
        if waiting:
            waiting = False
            return {'type': 'http.request', 'body': body, 'more_body': False}
        return await receive()

    return again


def headers_of_every_answer(
    allowed_origins: Iterable[str], *, secure_cookies: bool
) -> dict[str, str]:
    """Return the security headers. Sockets are named: older browsers leave them out of 'self'."""
    sockets = ' '.join(sorted({_socket_origin(origin) for origin in allowed_origins}))
    policy = {
        'default-src': "'self'",
        'connect-src': f"'self' {sockets}".strip(),
        'img-src': "'self' data:",
        'object-src': "'none'",
        'base-uri': "'none'",
        'form-action': "'self'",
        'frame-ancestors': "'none'",
    }
    headers = {
        'content-security-policy': '; '.join(f'{name} {value}' for name, value in policy.items()),
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        # not no-referrer: browsers would then send `Origin: null` with our own forms
        'referrer-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'permissions-policy': 'camera=(self), geolocation=(), microphone=()',
    }
    if secure_cookies:
        headers['strict-transport-security'] = 'max-age=31536000'
    return headers


def _socket_origin(origin: str) -> str:
    parts = urlsplit(origin)
    return f'{"wss" if parts.scheme == "https" else "ws"}://{parts.netloc}'


class AnswerHeaders:
    """Put the security headers on every answer; what has no cache rule of its own isn't stored."""

    def __init__(self, app: ASGIApp, *, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope['type'] != 'http':
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message['type'] == 'http.response.start':
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault('cache-control', 'no-store')
            await send(message)

        await self._app(scope, receive, send_with_headers)
