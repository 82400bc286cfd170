"""The gate in front of every route: language, role, origin, size and form token, in this order."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fleet_manager.adapters.http import i18n
from fleet_manager.adapters.http.access import METRICS, PANEL, PUBLIC, AccessTable, Open
from fleet_manager.adapters.http.auth import Panel, Person
from fleet_manager.adapters.http.deeds import deed_of, outcome_of
from fleet_manager.adapters.http.pages import PROGRAMS
from fleet_manager.adapters.http.place import NOTED, PLACE, place_of
from fleet_manager.adapters.http.security import (
    BODY_LIMIT,
    SAFE_METHODS,
    BodyTooLarge,
    BodyTooSlow,
    read_body,
    replay,
    same_token,
    trusted_origin,
)
from fleet_manager.domain.rights import RIGHTS, Right

if TYPE_CHECKING:
    from fleet_manager.adapters.http.site import Site

FORM: Final = 'application/x-www-form-urlencoded'
JSON: Final = 'application/json'
FHIR: Final = 'application/fhir+json'
#: Paths whose bodies may be larger: a whole map of a large hospital has some 2 MiB, a catalogue of
#: 20,000 rows 3 million characters, of which each Chinese one is nine in a form.
LARGE_BODIES: Final = {'/api/v1/map/swap': 16 * 1024 * 1024, '/stores/import': 16 * 1024 * 1024}
#: Public pages that look at who is logged in. The others work without a database.
KNOWS_WHO: Final = frozenset({'/login', '/oidc/start', '/oidc/callback'})
#: A websocket that may not be opened; closed before it is accepted, browsers see HTTP 403.
POLICY_VIOLATION: Final = 1008


class Denied(Exception):
    """The request goes no further. `code` names the text of the error page."""

    def __init__(self, status: int, code: str, **headers: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.headers = headers


class Gate:
    """ASGI middleware that lets through what `access.ACCESS` allows and nothing else."""

    def __init__(self, app: ASGIApp, *, site: Site, table: AccessTable) -> None:
        self._app = app
        self._site = site
        self._table = table

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope['type'] not in ('http', 'websocket'):
            await self._app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault('state', {})
        headers = Headers(scope=scope)
        cookies = cookie_parser(headers.get('cookie', ''))
        PLACE.set(place_of(scope, headers))
        lang = i18n.choose(cookies.get('lang'), headers.get('accept-language', ''))
        state['words'] = self._site.words[lang]
        state['person'] = state['panel'] = None
        try:
            receive = await self._check(scope, headers, cookies, receive, state)
        except Denied as denied:
            await self._note(denied, scope, state['person'])
            await self._refuse(denied, scope, receive, send)
            return
        NOTED.set([])
        await self._app(scope, receive, self._noting(scope, state, send))

    def _noting(self, scope: Scope, state: dict[str, Any], send: Send) -> Send:
        """Return `send` that first puts on the audit list what has no line there yet."""
        match = self._table.match(scope.get('method', 'WS'), scope['path'])
        deed = None if match.access is None else deed_of(match.route, match.access)
        if deed is None:
            return send

        async def noting(message: Message) -> None:
            if message['type'] == 'http.response.start' and not NOTED.get():
                who: Person | Panel | None = state['person'] or state['panel']
                station = who.station if isinstance(who, Person) else None
                subject = ' '.join(match.names.values()) or station or ''
                outcome = outcome_of(message['status'])
                await self._site.note(who, deed, subject=subject, outcome=outcome)
            await send(message)

        return noting

    async def _check(
        self,
        scope: Scope,
        headers: Headers,
        cookies: dict[str, str],
        receive: Receive,
        state: dict[str, Any],
    ) -> Receive:
        """Raise Denied, or put the person into `state` and return how to read the body."""
        socket = scope['type'] == 'websocket'
        method = 'WS' if socket else scope['method']
        match = self._table.match(method, scope['path'])
        if match.access is None:
            if match.allowed:
                raise Denied(405, 'method', allow=', '.join(match.allowed))
            raise Denied(404, 'not_found')
        changes = socket or method not in SAFE_METHODS
        key = _key_in(headers, scope['path'])
        if key is not None and not isinstance(match.access, Open):
            return await self._program(key, match.access, scope, headers, receive, state)
        if changes and not trusted_origin(headers, self._site.allowed_origins):
            raise Denied(403, 'origin')
        if match.access is METRICS:
            self._check_metrics(headers)
            return receive
        if match.access is PANEL:
            state['panel'] = await self._panel(match.names['robot'], cookies)
            if not changes or socket:
                return receive
            return await _with_body(headers, receive, BODY_LIMIT, state['panel'])
        person = None
        public = match.access is PUBLIC
        if not public or scope['path'] in KNOWS_WHO:
            person = await self._who(cookies)
        state['person'] = person
        if not isinstance(match.access, Open):
            await self._check_right(person, match.access, cookies)
        if not changes or socket:
            return receive
        limit = LARGE_BODIES.get(scope['path'], BODY_LIMIT)
        who = None if public else person
        return await _with_body(headers, receive, limit, who)

    async def _program(
        self,
        key: str,
        right: Right,
        scope: Scope,
        headers: Headers,
        receive: Receive,
        state: dict[str, Any],
    ) -> Receive:
        """Let a program in by its key. It has no cookie, so nobody else's page can use it."""
        program = await self._site.program(key)
        if program is None:
            raise Denied(401, 'bad_key', **{'www-authenticate': 'Bearer'})
        state['person'] = program
        if not program.may_ever(right):
            raise Denied(403, 'key_scope')
        if scope['type'] == 'websocket' or scope['method'] in SAFE_METHODS:
            return receive
        return await _with_body(headers, receive, BODY_LIMIT, None)

    async def _panel(self, robot: str, cookies: dict[str, str]) -> Panel:
        panel = await self._site.people.panel(cookies.get(self._site.panel_cookie))
        if panel is None or panel.robot != robot:
            raise Denied(401, 'not_paired')
        return panel

    async def _who(self, cookies: dict[str, str]) -> Person | None:
        """Return who is logged in; a station that the map has no more is nobody's."""
        person = await self._site.people.of(cookies.get(self._site.cookie))
        if person is not None and person.station is not None:
            return person if self._site.station_known(person.station) else None
        return person

    async def _check_right(
        self, person: Person | None, right: Right, cookies: dict[str, str]
    ) -> None:
        """Raise Denied unless the person's role has the right, and the secret was given lately."""
        if person is None:
            why = await self._site.people.why_ended(cookies.get(self._site.cookie))
            raise Denied(401, 'account_disabled' if why == 'disabled' else 'signed_out')
        if not person.may_ever(right):
            raise Denied(403, 'forbidden')
        if RIGHTS[right].fresh and not person.proved(self._site.clock()):
            raise Denied(403, 'confirm_first')

    def _check_metrics(self, headers: Headers) -> None:
        token = self._site.metrics_token
        given = headers.get('authorization', '')
        if not token or not hmac.compare_digest(given.encode(), f'Bearer {token}'.encode()):
            raise Denied(401, 'signed_out', **{'www-authenticate': 'Bearer'})

    async def _note(self, denied: Denied, scope: Scope, person: Person | None) -> None:
        """Put on the audit list that somebody known asked for what is not theirs to do."""
        if person is None or denied.code not in ('forbidden', 'key_scope'):
            return
        if scope['type'] == 'http' and scope['method'] not in SAFE_METHODS:
            right = self._table.match(scope['method'], scope['path']).access
            deed = right.__name__ if isinstance(right, type) else str(right)
            await self._site.note(person, deed, subject=scope['path'], outcome='not_allowed')

    async def _refuse(self, denied: Denied, scope: Scope, receive: Receive, send: Send) -> None:
        if scope['type'] == 'websocket':
            await send({'type': 'websocket.close', 'code': POLICY_VIOLATION})
            return
        await self._answer(denied, scope)(scope, receive, send)

    def _answer(self, denied: Denied, scope: Scope) -> Response:
        path: str = scope['path']
        page = not path.startswith(PROGRAMS) and path != '/metrics'
        if denied.code == 'not_paired' and scope['method'] == 'GET':
            return RedirectResponse(f'/robot/{quote(path.split("/")[2])}/pair', 303)
        logs_in = denied.status == 401 and denied.code != 'not_paired'
        if page and (logs_in or denied.code == 'confirm_first'):
            sent = scope['method'] != 'GET'
            here = self._page_of(scope) if not sent or denied.code == 'confirm_first' else '/'
            asked = {'next': here} if here != '/' else {}
            if denied.code == 'account_disabled':
                asked['why'] = 'disabled'
            to = '/confirm' if denied.code == 'confirm_first' else '/login'
            return RedirectResponse(f'{to}?{urlencode(asked, safe="/")}'.rstrip('?'), 303)
        response = self._site.pages.error(scope, denied.status, denied.code)
        response.headers.update(denied.headers)
        return response

    def _page_of(self, scope: Scope) -> str:
        """Return the page that was asked for, or from which something was sent."""
        path: str = scope['path']
        if scope['method'] == 'GET':
            query = scope.get('query_string', b'').decode('ascii', 'replace')
            return f'{path}?{query}' if query else path
        above = (path.rsplit('/', n)[0] for n in range(path.count('/')))
        return next((one for one in above if self._table.match('GET', one).access), '/')


async def _with_body(
    headers: Headers, receive: Receive, limit: int, who: Person | Panel | None
) -> Receive:
    """Read the body, refuse what is none of ours, and return how to read it again."""
    try:
        body = await read_body(headers, receive, limit=limit)
    except BodyTooLarge:
        raise Denied(413, 'too_large', connection='close') from None
    except BodyTooSlow:
        raise Denied(408, 'too_slow', connection='close') from None
    _check_form(headers, body, who)
    return replay(body, receive)


def _check_form(headers: Headers, body: bytes, person: Person | Panel | None) -> None:
    """Refuse a body that is neither a form nor JSON, or that lacks its session's token."""
    kind = headers.get('content-type', '').partition(';')[0].strip().lower()
    if body and kind not in (FORM, JSON, FHIR):
        raise Denied(415, 'content_type')
    if person is None:
        return
    token = headers.get('x-csrf-token', '')
    if not token and kind == FORM:
        fields = dict(parse_qsl(body.decode('latin-1')))
        token = fields.get('csrf', '')
    if not same_token(token, person.csrf):
        raise Denied(403, 'form_expired')


def _key_in(headers: Headers, path: str) -> str | None:
    """Return the key a program sends, below the addresses that are for programs."""
    kind, _, key = headers.get('authorization', '').partition(' ')
    return key.strip() if kind.lower() == 'bearer' and path.startswith(PROGRAMS) else None
