"""My own account: where I work, my secret, my sessions; and the secret asked for again."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from fleet_manager.adapters.http.auth import Person
from fleet_manager.adapters.http.bodies import Body, Id, Secret, Word, read_form
from fleet_manager.adapters.http.place import PLACE
from fleet_manager.adapters.http.routes.session import local_path, seated
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep, words_of
from fleet_manager.application.people import problem_of_secret
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.rights import Deed

router = APIRouter()

_STATUS = {'locked': 429, 'disabled': 403}
_LINKS = (
    (Deed.MANAGE_ACCOUNTS, '/accounts', 'accounts.title'),
    (Deed.MANAGE_KEYS, '/keys', 'keys.title'),
    (Deed.MANAGE_WEBHOOKS, '/webhooks', 'webhooks.title'),
    (Deed.READ_AUDIT, '/audit', 'audit.title'),
    (Deed.SEE_REPORTS, '/reports', 'reports.title'),
)


class Empty(Body):
    """A form that is only a button."""


class NewSecret(Body):
    """The secret there is, empty where there is none yet, and the next one twice."""

    current: Word = ''
    new: Secret
    again: Secret


class Workplace(Body):
    """A station of one's own."""

    station: Id


class Confirm(Body):
    """The secret, given again."""

    secret: Secret
    next: str = ''


@router.get('/me')
async def me(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Who I am here, where I work, and where I am logged in."""
    return await show_me(request, site, person)


@router.post('/me/secret')
async def change_secret(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Choose another PIN or password. All sessions end but this one."""
    account, words = person.account, words_of(request)
    if not account.personal:
        return site.pages.error(request.scope, 403, 'forbidden')
    form = await read_form(request, NewSecret)
    problem = problem_of_secret(account.role, form.new) or (
        '' if form.new == form.again else 'differ'
    )
    if problem:
        return await show_me(
            request, site, person, problem=words(f'me.secret.{problem}'), status=422
        )
    if not account.has_secret and not person.proved(site.clock()):
        return RedirectResponse('/confirm?next=/me', 303)
    checked = account.has_secret
    outcome = await site.people.check(account.id, form.current) if checked else 'ok'
    if outcome != 'ok':
        await site.note(person, 'secret_changed', outcome=outcome)
        text = words(f'login.{outcome}', phone=site.hospital.phone)
        return await show_me(request, site, person, problem=text, status=_STATUS.get(outcome, 422))
    await site.people.set_secret(account.id, form.new)
    token = await site.people.open(account.id, device=PLACE.get())
    await site.note(person, 'secret_changed')
    return seated(RedirectResponse('/me?done=secret', 303), site, token)


@router.post('/me/station')
async def change_station(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Work at another of my stations from now on, in this session."""
    form = await read_form(request, Workplace)
    station = StationId(form.station)
    if station not in person.account.stations:
        return site.pages.error(request.scope, 422, 'bad_body', field='station')
    await site.people.ask(lambda accounts: accounts.sit_at(person.token, station))
    await site.note(person, 'station_chosen', subject=station)
    return RedirectResponse('/', 303)


@router.post('/me/sessions/{seat}/end')
async def end_session(seat: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Log one of my devices out."""
    if not person.account.personal:
        return site.pages.error(request.scope, 403, 'forbidden')
    await read_form(request, Empty)
    await site.people.ask(lambda accounts: accounts.end_seat(person.account.id, seat))
    await site.note(person, 'session_ended', subject=person.account.id)
    return RedirectResponse('/me', 303)


@router.get('/confirm')
async def confirm_page(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Ask for the secret again, before something dangerous."""
    back = local_path(request.query_params.get('next', ''))
    return show_confirm(request, site, back=back)


@router.post('/confirm')
async def confirm(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Check it and go on to where it was asked for."""
    form = await read_form(request, Confirm)
    back = local_path(form.next)
    outcome = await site.people.check(person.account.id, form.secret)
    await site.note(person, 'confirm', outcome=outcome)
    if outcome != 'ok':
        text = words_of(request)(f'login.{outcome}', phone=site.hospital.phone)
        status = _STATUS.get(outcome, 422)
        return show_confirm(request, site, back=back, failed=text, status=status)
    now = site.clock()
    await site.people.ask(lambda accounts: accounts.confirm(person.token, now=now))
    return RedirectResponse(back or '/', 303)


def show_confirm(
    request: Request, site: Site, *, back: str, failed: str = '', status: int = 200
) -> Response:
    """Ask for the secret again, or send to the provider who is known there."""
    here = f'/confirm?next={quote(back)}' if back else '/confirm'
    return site.pages.page(
        request,
        'confirm.html',
        status=status,
        back=back,
        failed=failed,
        provider=site.provider,
        here=here,
    )


async def show_me(
    request: Request, site: Site, person: Person, *, problem: str = '', status: int = 200
) -> Response:
    """Show the own account, with what went wrong."""
    now, mine = site.clock(), person.account
    seats = await site.people.ask(
        lambda accounts: accounts.seats(mine.id, now=now) if mine.personal else ()
    )
    stations = [one for one in site.hospital.stations.values() if one.id in mine.stations]
    return site.pages.page(
        request,
        'me.html',
        status=status,
        seats=seats,
        stations=stations,
        problem_text=problem,
        done=request.query_params.get('done', ''),
        provider=site.provider,
        links=[(to, text) for right, to, text in _LINKS if person.may_ever(right)],
        here='/me',
    )
