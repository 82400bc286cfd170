"""The administrator's pages: who has an account, with which role, where, with which badges."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from fleet_manager.adapters.http.auth import Person
from fleet_manager.adapters.http.bodies import Body, Secret, read_form
from fleet_manager.adapters.http.fresh import new_secret
from fleet_manager.adapters.http.routes.me import Empty
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep, words_of
from fleet_manager.application.people import PEOPLE, STATIONS_EACH, problem_of
from fleet_manager.application.ports import Account
from fleet_manager.domain.ids import AccountId, StationId

router = APIRouter(prefix='/accounts')

_SHOWN = 400


class Details(Body):
    """What an administrator says of somebody; a station that is not chosen is empty."""

    label: str
    role: str
    station1: str = ''
    station2: str = ''
    station3: str = ''

    def stations(self) -> tuple[StationId, ...]:
        """Return the chosen stations, each once."""
        chosen = (self.station1, self.station2, self.station3)[:STATIONS_EACH]
        return tuple(dict.fromkeys(StationId(one) for one in chosen if one))


class NewPerson(Details):
    """The same, with the name to log in with."""

    name: str


class NewBadge(Body):
    """What the scanner read."""

    code: Secret


@router.get('')
async def accounts(request: Request, site: SiteDep) -> Response:
    """List everybody, and offer a form for somebody new."""
    return await _list(request, site)


@router.post('')
async def create(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Make an account; its first secret is shown once, on the page that answers."""
    form = await read_form(request, NewPerson)
    name = form.name.strip().lower()
    account = Account(
        AccountId(name), form.label.strip(), form.role, next(iter(form.stations()), None),
        stations=form.stations(), personal=True,
    )  # fmt: skip
    problem = problem_of(account, site.hospital.stations)
    if not problem and await site.people.ask(lambda known: known.get(account.id)) is not None:
        problem = 'taken'
    if problem:
        text = words_of(request)(f'accounts.problem.{problem}')
        return await _list(request, site, problem=text, form=form)
    secret = new_secret(account.role)
    await site.people.create(account, secret)
    await site.note(person, 'account_made', subject=account.id)
    return await _one(request, site, account.id, secret=secret)


@router.get('/{account}')
async def one(account: str, request: Request, site: SiteDep) -> Response:
    """Show one account with its badges and sessions."""
    return await _one(request, site, AccountId(account))


@router.post('/{account}/change')
async def change(account: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Give somebody another name, role or other stations; their sessions end."""
    form = await read_form(request, Details)
    known = await _personal(site, account)
    if known is None:
        return site.pages.error(request.scope, 404, 'not_found')
    if known.id == person.account.id and form.role != known.role:
        return await _refused(request, site, account, 'yourself')
    if known.issuer:
        return await _refused(request, site, account, 'from_provider')
    stations = form.stations()
    changed = replace(
        known, label=form.label.strip(), role=form.role,
        station=next(iter(stations), None), stations=stations,
    )  # fmt: skip
    problem = problem_of(changed, site.hospital.stations)
    if problem:
        return await _refused(request, site, account, problem)
    await site.people.ask(lambda accounts: accounts.change(changed))
    await site.note(person, 'account_changed', subject=account)
    return RedirectResponse(f'/accounts/{account}', 303)


@router.post('/{account}/disable')
async def disable(account: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Let nobody in under this name any more; what they loaded stays as it is."""
    await read_form(request, Empty)
    if account == person.account.id:
        return await _refused(request, site, account, 'yourself')
    return await _able(request, site, person, account, disabled=True)


@router.post('/{account}/enable')
async def enable(account: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Let them in again."""
    await read_form(request, Empty)
    return await _able(request, site, person, account, disabled=False)


@router.post('/{account}/secret')
async def renew(account: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Draw a new PIN or password, shown once; the old one and all sessions end."""
    await read_form(request, Empty)
    name = AccountId(account)
    known = await site.people.ask(lambda accounts: accounts.get(name))
    if known is None:
        return site.pages.error(request.scope, 404, 'not_found')
    secret = new_secret(known.role)
    await site.people.set_secret(name, secret)
    await site.note(person, 'secret_renewed', subject=account)
    return await _one(request, site, name, secret=secret)


@router.post('/{account}/unlink')
async def unlink(account: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Let the account at the provider in no more; role and stations are given here again."""
    await read_form(request, Empty)
    if account == person.account.id:
        return await _refused(request, site, account, 'yourself')
    try:
        await site.people.ask(lambda known: known.unlink(AccountId(account)))
    except LookupError:
        return site.pages.error(request.scope, 404, 'not_found')
    await site.note(person, 'account_unlinked', subject=account)
    return RedirectResponse(f'/accounts/{account}', 303)


@router.post('/{account}/badges')
async def add_badge(account: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Give somebody the badge that was read."""
    form, name, now = await read_form(request, NewBadge), AccountId(account), site.clock()
    if await _personal(site, account) is None:
        return site.pages.error(request.scope, 404, 'not_found')
    try:
        await site.people.ask(lambda known: known.add_badge(name, code=form.code, now=now))
    except ValueError:
        return await _refused(request, site, account, 'badge')
    await site.note(person, 'badge_given', subject=account)
    return RedirectResponse(f'/accounts/{account}', 303)


@router.post('/{account}/badges/{badge}/remove')
async def remove_badge(
    account: str, badge: str, request: Request, site: SiteDep, person: PersonDep
) -> Response:
    """Take a badge away; it opens nothing from now on."""
    await read_form(request, Empty)
    await site.people.ask(lambda known: known.remove_badge(AccountId(account), badge))
    await site.note(person, 'badge_removed', subject=account)
    return RedirectResponse(f'/accounts/{account}', 303)


@router.post('/{account}/sessions/{seat}/end')
async def end_session(
    account: str, seat: str, request: Request, site: SiteDep, person: PersonDep
) -> Response:
    """Log one device of somebody out."""
    await read_form(request, Empty)
    await site.people.ask(lambda known: known.end_seat(AccountId(account), seat))
    await site.note(person, 'session_ended', subject=account)
    return RedirectResponse(f'/accounts/{account}', 303)


async def _able(
    request: Request, site: Site, person: Person, account: str, *, disabled: bool
) -> Response:
    try:
        await site.people.ask(
            lambda known: known.set_disabled(AccountId(account), disabled=disabled)
        )
    except LookupError:
        return site.pages.error(request.scope, 404, 'not_found')
    deed = 'account_disabled' if disabled else 'account_enabled'
    await site.note(person, deed, subject=account)
    return RedirectResponse(f'/accounts/{account}', 303)


async def _personal(site: Site, account: str) -> Account | None:
    """Return a person's account; what a station shares follows the map."""
    known = await site.people.ask(lambda accounts: accounts.get(AccountId(account)))
    return known if known is not None and known.personal else None


async def _refused(request: Request, site: Site, account: str, problem: str) -> Response:
    text = words_of(request)(f'accounts.problem.{problem}')
    return await _one(request, site, AccountId(account), problem=text)


async def _list(
    request: Request, site: Site, *, problem: str = '', form: NewPerson | None = None
) -> Response:
    everybody = await site.people.ask(lambda known: tuple(known.all()))
    asked = request.query_params.get('q', '').strip().lower()[:64]
    found = [
        one for one in everybody
        if asked in f'{one.id} {one.label} {one.role} {" ".join(one.stations)}'.lower()
    ]  # fmt: skip
    found.sort(key=lambda one: (not one.personal, one.id))
    return site.pages.page(
        request,
        'accounts.html',
        status=422 if problem else 200,
        accounts=found[:_SHOWN],
        more=max(0, len(found) - _SHOWN),
        asked=asked,
        problem_text=problem,
        form=form or NewPerson(name='', label='', role='ward'),
        roles=PEOPLE,
        here='/accounts',
    )


async def _one(
    request: Request, site: Site, account: AccountId, *, secret: str = '', problem: str = ''
) -> Response:
    now = site.clock()
    known = await site.people.ask(lambda accounts: accounts.get(account))
    if known is None:
        return site.pages.error(request.scope, 404, 'not_found')
    badges, seats = await site.people.ask(
        lambda accounts: (accounts.badges(account), accounts.seats(account, now=now))
    )
    chosen = [*known.stations, '', '', ''][:STATIONS_EACH]
    return site.pages.page(
        request,
        'account.html',
        status=422 if problem else 200,
        account=known,
        badges=badges,
        seats=seats,
        secret=secret,
        problem_text=problem,
        roles=PEOPLE,
        chosen=chosen,
        here=f'/accounts/{account}',
    )
