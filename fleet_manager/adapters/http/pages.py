"""HTML: the templates, what every page shows, and the error page in two languages."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.datastructures import URL
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Scope

from fleet_manager.adapters.http.fhir.resources import MEDIA, outcome
from fleet_manager.adapters.http.i18n import LANGUAGES, Words
from fleet_manager.adapters.http.place import device_of
from fleet_manager.application.ports import Account
from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.maps.model import Hospital, Name, Station
from fleet_manager.domain.messages import Role
from fleet_manager.domain.units import MINUTE, Instant

FOLDER: Final = Path(__file__).parent
#: Where nobody wants a page: an error is JSON there.
PROGRAMS: Final = ('/api/', '/fhir/', '/i18n/')

#: HTTP status of a refusal. What is not named here is 422: the request itself is wrong.
REFUSAL_STATUS: Final[Mapping[str, int]] = {
    'unknown_delivery': 404,
    'not_your_delivery': 404,
    'unknown_robot': 404,
    'unknown_alert': 404,
    'unknown_lift': 404,
    'lift_still_recalled': 409,
    'not_allowed': 403,
    'too_late_to_cancel': 409,
    'already_ended': 409,
    'robot_not_here': 409,
    'opening_pending': 409,
    'put_off_enough': 409,
    'was_put_off': 409,
    'compartment_open': 409,
    'not_opened': 409,
    'not_received_yet': 409,
    'already_rated': 409,
    'robot_still_implausible': 409,
    'station_leaves': 409,
    'map_swap_under_way': 409,
    'map_unchanged': 409,
    'map_without_robots': 409,
    'no_map_swap': 409,
    'unknown_closure': 404,
    'too_many_closures': 409,
    'compartment_in_use': 409,
    'not_for_porters': 409,
    'robot_not_empty': 409,
    'too_many_open': 429,
}


class Pages:
    """Renders templates. One for the app, used from the event loop."""

    def __init__(
        self,
        hospital: Callable[[], Hospital],
        words: Mapping[str, Words],
        clock: Callable[[], Instant],
        zone: tzinfo,
    ) -> None:
        self._map = hospital
        self._words = words
        self._clock, self._zone = clock, zone
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER / 'templates'),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    @property
    def _hospital(self) -> Hospital:
        return self._map()

    def page(
        self, request: HTTPConnection, template: str, *, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """Return a page in the visitor's language. `here` is where its language switch returns."""
        state = request.scope.get('state', {})
        words: Words = state.get('words') or self._words[next(iter(LANGUAGES))]
        person = state.get('person')
        now = self._clock()
        common = {
            't': words,
            'lang': words.lang,
            'languages': LANGUAGES,
            'person': person,
            'csrf': person.csrf if person else '',
            'station': self._hospital.stations.get(person.station) if person else None,
            'operator': person is not None and person.role == Role.OPERATOR,
            'hospital': self._hospital,
            'phone': self._hospital.phone,
            'tel': dialled(self._hospital.phone),
            'name': lambda named: name_of(named, words.lang),
            'called': lambda account: self.called(account, words),
            'who': lambda account, accounts: self.who(account, accounts, words),
            'device': device_of,
            'clock': lambda at: clock_time(at, now=now, words=words, zone=self._zone),
            'wall': lambda at: wall_time(at, now=now, words=words, zone=self._zone),
            'now': now,
            'here': _here(request),
            'refresh': None,
        }
        body = self._templates.get_template(template).render(common | values)
        return HTMLResponse(body, status, headers={'content-language': words.lang})

    def who(self, account: str, accounts: Mapping[AccountId, Account], words: Words) -> str:
        """Return what people call an account of the journal; with the log-in where many share it.

        A station's own log-in is its name; the log-in alone is what is left of one that is gone.
        """
        known = accounts.get(AccountId(account))
        if known is not None and known.personal:
            return known.label
        station = self._hospital.stations.get(StationId(account))
        if station is not None:
            return name_of(station, words.lang)
        return words.kept(account) if known is None else f'{self.called(known, words)} ({account})'

    def called(self, account: Account, words: Words) -> str:
        """Return a person's name; what a station or all of a role share has theirs."""
        if account.personal:
            return account.label
        station = self._hospital.stations.get(account.station or StationId(''))
        if station is not None:
            return name_of(station, words.lang)
        return words.known(f'role.{account.role}', 'accounts.shared')

    def error(
        self, scope: Scope, status: int, code: str, *, field: str = '', **params: object
    ) -> Response:
        """Return an error: a page for people, JSON below /api.

        Its text is `refusal.<code>` for a refusal of the kernel, else `error.<code>`.
        """
        request = HTTPConnection(scope)
        words: Words = scope.get('state', {}).get('words') or self._words[next(iter(LANGUAGES))]
        key = f'refusal.{code}' if f'refusal.{code}' in words.texts else f'error.{code}'
        named = words.or_as_is('details.field.', field)
        params = {'phone': self._hospital.phone, 'field': named} | params
        text = words.known(key, 'error.internal', **params)
        headers = {'retry-after': '2'} if status == 503 else {}
        if scope['path'].startswith('/fhir/'):
            said = outcome(status, text, field=field, code=code)
            return JSONResponse(said, status, headers, media_type=MEDIA)
        if scope['path'].startswith(PROGRAMS) or scope['path'] == '/metrics':
            body = {'code': code, 'message': text} | ({'field': field} if field else {})
            return JSONResponse({'error': body}, status, headers)
        response = self.page(
            request,
            'error.html',
            status=status,
            title=words.known(f'error.title.{status}', 'error.title.500'),
            text=text,
            status_code=status,
        )
        response.headers.update(headers)
        return response

    def refusal_text(self, request: Request, code: str, **params: object) -> str:
        """Return the sentence of a refusal in the visitor's language."""
        words: Words = request.state.words
        if 'field' in params:
            params['field'] = words.or_as_is('details.field.', str(params['field']))
        return words.known(
            f'refusal.{code}', 'error.internal', phone=self._hospital.phone, **params
        )


def _here(request: HTTPConnection) -> str:
    """Return where a page can be reached again: for a failed POST, where it was posted from."""
    url = URL(scope=request.scope)
    path = quote(url.path)
    if request.scope.get('method', 'GET') != 'GET':
        return path.rsplit('/', 1)[0] if path.count('/') > 2 else '/'
    return f'{path}?{url.query}' if url.query else path


def name_of(named: Name | Station | Any, lang: str) -> str:
    """Return a place's name in a language."""
    name: Name = named if isinstance(named, Name) else named.name
    return name.zh if lang == 'zh-CN' else name.en


def dialled(phone: str) -> str:
    """Return a number as a `tel:` link wants it."""
    return ''.join(character for character in phone if character in '+0123456789')


def clock_time(at: int, *, now: int, words: Words, zone: tzinfo) -> Markup:
    """Return a 24 h time as HTML, with the day if that is not today. Scripts localise it."""
    text = _day_and_time(at, now, words, zone)
    return Markup('<time datetime="{}" data-at="{}">{}</time>').format(_stamp(at), at, text)


def wall_time(at: int, *, now: int, words: Words, zone: tzinfo) -> Markup:
    """Return the same by the clock on the wall, whatever the device's is: for what is planned."""
    text = _day_and_time(at, now, words, zone)
    return Markup('<time datetime="{}">{}</time>').format(_stamp(at), text)


def _day_and_time(at: int, now: int, words: Words, zone: tzinfo) -> str:
    local = datetime.fromtimestamp(at / 1_000, zone)
    if local.date() == datetime.fromtimestamp(now / 1_000, zone).date():
        return f'{local:%H:%M}'
    this_year = local.year == datetime.fromtimestamp(now / 1_000, zone).year
    form = words('date.day' if this_year else 'date.day_of_year')
    day = format_date(local.date(), form, locale=LANGUAGES[words.lang])
    return f'{day} {local:%H:%M}'


def _stamp(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000, UTC).isoformat(timespec='seconds')


def minutes_until(at: int, now: int) -> int:
    """Return whole minutes, rounded up: a page never promises too early. Never negative."""
    return max(0, math.ceil((at - now) / MINUTE))
