"""Log in, log out, choose the language."""

from __future__ import annotations

import re
from typing import Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from fleet_manager.adapters.http.auth import Person
from fleet_manager.adapters.http.bodies import Body, Id, Secret, read_form
from fleet_manager.adapters.http.place import PLACE
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep, words_of
from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.messages import PauseFleet, TakeByHand
from fleet_manager.domain.rights import Deed

router = APIRouter()

#: A path of ours: no other host can hide in it.
_LOCAL: Final = re.compile(r'/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,500}')
#: Where the log-in of a station leads to.
_WARDS: Final = ('/r/', '/ward', '/deliveries')
_OUTCOME_STATUS: Final = {'wrong': 401, 'locked': 429, 'disabled': 403}
#: Where people begin: the first page their role has.
HOMES: Final = (
    (Deed.WORK_AT_STATION, '/ward'),
    (PauseFleet, '/operator'),
    (Deed.WORK_AT_DESK, '/desk'),
    (Deed.SEE_FLEET, '/operator'),
    (TakeByHand, '/porter'),
    (Deed.MANAGE_ACCOUNTS, '/accounts'),
    (Deed.ENTER, '/me'),
)
_YEAR: Final = 365 * 24 * 3600


class WardLogIn(Body):
    """A station and its PIN."""

    kind: Literal['ward']
    station: Id
    pin: Secret
    next: str = ''


class BadgeLogIn(Body):
    """A badge, read by a scanner."""

    kind: Literal['badge']
    code: Secret
    next: str = ''


class PersonLogIn(Body):
    """A name and a PIN or password. `operator` is what programs of before say."""

    kind: Literal['person', 'operator']
    name: Id
    password: Secret
    next: str = ''


class AnyLogIn(Body):
    """What both forms have; tells them apart."""

    kind: Literal['ward', 'person', 'operator', 'badge']
    station: str = ''
    pin: str = ''
    name: str = ''
    password: str = ''
    code: str = ''
    next: str = ''


class Language(Body):
    """A language, and the page to come back to."""

    lang: Literal['en', 'zh-CN']
    next: str = '/'


@router.get('/')
async def home(person: PersonDep) -> Response:
    """Go to the page of one's role."""
    return RedirectResponse(next(path for right, path in HOMES if person.may_ever(right)), 303)


@router.get('/login')
async def login_page(request: Request, site: SiteDep) -> Response:
    """Show the log-ins; a QR label fills in the station."""
    why = request.query_params.get('why', '')
    back = local_path(request.query_params.get('next', ''))
    return await show_login(request, site, back=back, why=why)


@router.post('/login')
async def log_in(request: Request, site: SiteDep) -> Response:
    """Check a PIN or password and open a session."""
    form = await read_form(request, AnyLogIn)
    back, people, device = local_path(form.next), site.people, PLACE.get()
    name: AccountId | None = None
    if form.kind == 'ward':
        ward = await read_form(request, WardLogIn)
        account = await site.people.ward_account(StationId(ward.station))
        name = account.id if account else AccountId(f'no station {ward.station}')
        outcome, token = await people.log_in(name, ward.pin, shared=True, device=device)
    elif form.kind == 'badge':
        badge = await read_form(request, BadgeLogIn)
        outcome, token = await people.log_in_with_badge(badge.code, device=device)
    else:
        own = await read_form(request, PersonLogIn)
        name = AccountId(own.name)
        outcome, token = await people.log_in(name, own.password, shared=False, device=device)
    who = await people.of(token) if outcome == 'ok' else None
    known = await people.ask(lambda accounts: accounts.get(name)) if name else None
    said = '?' if known is None else known.id
    await site.note(who, 'log_in', subject=form.kind, outcome=outcome, name=said)
    if outcome != 'ok':
        text = words_of(request)(f'login.{outcome}', phone=site.hospital.phone)
        status = _OUTCOME_STATUS[outcome]
        return await show_login(request, site, back=back, text=text, status=status, form=form)
    before: Person | None = request.state.person
    if before is not None:
        await site.people.log_out(before.token)
    return seated(RedirectResponse(back or '/', 303), site, token)


@router.post('/logout')
async def log_out(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """End the session."""
    await read_form(request, Body)
    await site.people.log_out(person.token)
    await site.note(person, 'log_out')
    known_outside = site.provider is not None and person.account.issuer == site.provider.issuer
    response = RedirectResponse('/login?why=out' if known_outside else '/login', 303)
    response.delete_cookie(
        site.cookie, path='/', httponly=True, samesite='lax', secure=site.secure_cookies
    )
    return response


@router.post('/language')
async def set_language(request: Request, site: SiteDep) -> Response:
    """Remember a language and stay on the page."""
    form = await read_form(request, Language)
    response = RedirectResponse(local_path(form.next) or '/', 303)
    response.set_cookie(
        'lang',
        form.lang,
        max_age=_YEAR,
        path='/',
        httponly=True,
        samesite='lax',
        secure=site.secure_cookies,
    )
    return response


@router.get('/i18n/{lang}.json')
async def texts(lang: str, request: Request, site: SiteDep) -> Response:
    """Return a whole catalog for scripts."""
    words = site.words.get(lang)
    if words is None:
        return site.pages.error(request.scope, 404, 'not_found')
    headers = {'etag': words.etag, 'cache-control': 'private, no-cache'}
    if request.headers.get('if-none-match') == words.etag:
        return Response(status_code=304, headers=headers)
    return Response(words.as_json, media_type='application/json', headers=headers)


def local_path(path: str) -> str:
    """Return `path` when it is one of ours, else ''."""
    return path if _LOCAL.fullmatch(path) else ''


def seated(response: Response, site: Site, token: str) -> Response:
    """Put a session into the browser."""
    response.set_cookie(
        site.cookie, token, path='/', httponly=True, samesite='lax', secure=site.secure_cookies
    )
    return response


async def show_login(
    request: Request,
    site: Site,
    *,
    back: str,
    text: str = '',
    status: int = 200,
    why: str = '',
    form: AnyLogIn | None = None,
) -> Response:
    """Show the log-ins, with `text` where one failed. `why` is 'disabled' or 'out'."""
    with_log_in = await site.people.stations()
    stations = [
        station for station in site.hospital.stations.values() if station.id in with_log_in
    ]
    label = back.removeprefix('/r/') if back.startswith('/r/') else ''
    leave = await site.provider.end_session() if site.provider and why == 'out' else ''
    return site.pages.page(
        request,
        'login.html',
        status=status,
        stations=stations,
        chosen=form.station if form else label,
        own_name=form.name if form else '',
        as_person=form.kind != 'ward' if form else bool(back) and not back.startswith(_WARDS),
        why=why,
        back=back,
        failed=text,
        provider=site.provider,
        leave=leave,
        here=f'/login?next={quote(back)}' if back else '/login',
    )
