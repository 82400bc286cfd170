"""In front of the editor: this machine's own name, the person who started it, and no large bodies.

The link that `fleet map edit` prints works once: it gives the browser that opens it a cookie.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from fleet_manager.adapters.http import i18n
from fleet_manager.adapters.http.i18n import Words
from fleet_manager.adapters.http.security import (
    SAFE_METHODS,
    BodyTooLarge,
    BodyTooSlow,
    read_body,
    replay,
    same_token,
    trusted_origin,
)

#: A hospital of 4,000 beds is 2 MB; more is no map of ours.
BODY_LIMIT: Final = 8 * 1024 * 1024


class Gate:
    """ASGI middleware. `token` is what the printed link carries, `port` the one it names."""

    def __init__(self, app: ASGIApp, *, token: str, port: int, words: Mapping[str, Words]) -> None:
        self._app = app
        self._token: str | None = token
        self._words = words
        self._hosts = frozenset({f'127.0.0.1:{port}', f'localhost:{port}'})
        self._origins = frozenset(f'http://{host}' for host in self._hosts)
        # cookies know no ports: two editors on one machine must not take each other's
        self._cookie = f'editor-{port}'
        self._session = secrets.token_urlsafe(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope['type'] == 'websocket':
            await send({'type': 'websocket.close', 'code': 1008})
            return
        if scope['type'] != 'http':
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        cookies = cookie_parser(headers.get('cookie', ''))
        lang = i18n.choose(cookies.get('lang'), headers.get('accept-language', ''))
        state: dict[str, Any] = scope.setdefault('state', {})
        state['words'] = self._words[lang]
        refused = self._refuse(scope, headers, cookies)
        if refused is None and scope['method'] not in SAFE_METHODS:
            try:
                body = await read_body(headers, receive, limit=BODY_LIMIT)
            except BodyTooLarge:
                refused = answer(scope, 413, 'too_large')
            except BodyTooSlow:
                refused = answer(scope, 408, 'too_slow')
            else:
                receive = replay(body, receive)
        await (refused or self._app)(scope, receive, send)

    def _refuse(
        self, scope: Scope, headers: Headers, cookies: Mapping[str, str]
    ) -> Response | None:
        # another name for this address means somebody else's page sent the browser here
        if headers.get('host', '').lower() not in self._hosts:
            return answer(scope, 403, 'host')
        if not same_token(cookies.get(self._cookie, ''), self._session):
            return self._let_in(scope) or answer(scope, 403, 'closed')
        if scope['method'] not in SAFE_METHODS and not trusted_origin(headers, self._origins):
            return answer(scope, 403, 'origin')
        return None

    def _let_in(self, scope: Scope) -> Response | None:
        """Give the cookie to whoever brings the link first."""
        given = Request(scope).query_params.get('token', '')
        if scope['path'] != '/' or scope['method'] != 'GET' or self._token is None:
            return None
        if not same_token(given, self._token):
            return None
        self._token = None
        response = RedirectResponse('/', 303)
        response.set_cookie(
            self._cookie, self._session, path='/', httponly=True, samesite='strict'
        )
        return response


def answer(scope: Scope, status: int, code: str, **more: object) -> Response:
    """Return an error in the visitor's language: plain text for `/`, else JSON."""
    words: Words = scope['state']['words']
    text = words.known(f'editor.error.{code}', 'editor.error.internal', **more)
    headers = {'connection': 'close'} if status in (408, 413) else {}
    if scope['path'].startswith('/api/'):
        return JSONResponse({'error': {'code': code, 'message': text, **more}}, status, headers)
    return PlainTextResponse(f'{text}\n', status, headers)
