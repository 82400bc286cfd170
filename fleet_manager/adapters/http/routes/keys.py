"""Keys of programs: make one, shown once; see when each was used; take it back."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from fleet_manager.adapters.http.bodies import Body, Ticked, read_form
from fleet_manager.adapters.http.routes.me import Empty
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep, words_of
from fleet_manager.application.keys import LONGEST_DAYS, SCOPES
from fleet_manager.domain.ids import StationId

router = APIRouter(prefix='/keys')


class NewKey(Body):
    """What the key is for, what it may do, where, and for how many days."""

    label: str
    read: Ticked = False
    order: Ticked = False
    station: str = ''
    days: str

    def scopes(self) -> list[str]:
        """Return the scopes that were ticked."""
        ticked = {'read': self.read, 'order': self.order}
        return [scope for scope in SCOPES if ticked[scope]]


@router.get('')
async def keys(request: Request, site: SiteDep) -> Response:
    """List the keys, and offer a form for a new one."""
    return await _list(request, site)


@router.post('')
async def make(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Make a key; its text is on the page that answers, and nowhere else."""
    form, now, known = await read_form(request, NewKey), site.clock(), site.keys
    if known is None:
        return site.pages.error(request.scope, 404, 'not_found')
    if form.station and form.station not in site.hospital.stations:
        return await _list(request, site, problem='station')
    station = StationId(form.station) if form.station else None
    days = int(form.days) if form.days.isascii() and form.days.isdigit() else 0
    try:
        key, text = await site.people.in_thread(
            lambda label: known.make_key(
                label=label, scopes=form.scopes(), station=station, days=days, now=now
            ),
            form.label,
        )
    except ValueError as wrong:
        return await _list(request, site, problem=str(wrong))
    await site.note(person, 'key_made', subject=f'{key.id} {key.label}')
    return await _list(request, site, made=text)


@router.post('/{key}/revoke')
async def revoke(key: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Let a key open nothing from now on."""
    await read_form(request, Empty)
    known, now = site.keys, site.clock()
    if known is None:
        return site.pages.error(request.scope, 404, 'not_found')
    try:
        await site.people.in_thread(lambda name: known.revoke_key(name, now=now), key)
    except LookupError:
        return site.pages.error(request.scope, 404, 'not_found')
    await site.note(person, 'key_revoked', subject=key)
    return RedirectResponse('/keys', 303)


async def _list(request: Request, site: Site, *, problem: str = '', made: str = '') -> Response:
    known = site.keys
    found = await site.people.ask(lambda _: () if known is None else tuple(known.all_keys()))
    text = words_of(request)(f'keys.problem.{problem}', days=LONGEST_DAYS) if problem else ''
    return site.pages.page(
        request,
        'keys.html',
        status=422 if problem else 200,
        keys=found,
        made=made,
        problem_text=text,
        scopes=tuple(SCOPES),
        longest=LONGEST_DAYS,
        here='/keys',
    )
