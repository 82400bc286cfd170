"""Log in by the hospital's OpenID provider, prove it once more there, link an account to it."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from fleet_manager.adapters.http.auth import Person
from fleet_manager.adapters.http.bodies import read_form
from fleet_manager.adapters.http.place import PLACE
from fleet_manager.adapters.http.provider import (
    ATTEMPT_LASTS,
    Attempt,
    ProviderDesk,
    attempt_in,
)
from fleet_manager.adapters.http.routes.me import Empty, show_confirm, show_me
from fleet_manager.adapters.http.routes.session import local_path, seated, show_login
from fleet_manager.adapters.http.security import same_token
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep, words_of
from fleet_manager.application.people import FRESH_MS
from fleet_manager.application.provider_log_in import (
    Identity,
    ProviderDown,
    ProviderRefused,
)
from fleet_manager.domain.ids import AccountId
from fleet_manager.domain.units import Instant

router = APIRouter(prefix='/oidc')

#: What people are told; what is not named here is `login.provider.rejected`, and the audit list
#: has the reason.
_SAID: Final = {
    'down': 'login.provider.down',
    'stale': 'login.provider.stale',
    'denied': 'login.provider.denied',
    'locked': 'login.locked',
    'disabled': 'login.disabled',
    'no_group': 'login.provider.no_group',
    'unknown_station': 'login.provider.bad_group',
    'too_many_stations': 'login.provider.bad_group',
    'name_taken': 'login.provider.name_taken',
    'last_admin': 'login.provider.last_admin',
    'not_fresh': 'login.provider.not_fresh',
    'somebody_else': 'login.provider.somebody_else',
    'linked_already': 'login.provider.linked_already',
}
_STATUS: Final = {'down': 503, 'stale': 400, 'locked': 429}
_DEEDS: Final = {'log_in': 'log_in', 'confirm': 'confirm', 'link': 'account_linked'}
_LONGEST_CODE: Final = 4_096


class NotDone(Exception):
    """The log-in ends here. `code` says why; `about` whom it was about, for the audit list."""

    def __init__(self, code: str, about: str = '', name: str = '?') -> None:
        super().__init__(code)
        self.code, self.about, self.name = code, about, name


@router.get('/start')
async def start(request: Request, site: SiteDep) -> Response:
    """Send the browser to the provider, to log in there."""
    desk = site.provider
    if desk is None:
        return site.pages.error(request.scope, 404, 'not_found')
    back = local_path(request.query_params.get('next', ''))
    try:
        url, attempt = await desk.begin('log_in', back=back)
    except ProviderDown:
        return await _refuse(request, site, None, Attempt('log_in', '', '', '', back), 'down')
    return _keeping(RedirectResponse(url, 303), site, attempt)


@router.get('/confirm')
async def confirm(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Send who is logged in to the provider again, to prove it there."""
    desk = site.provider
    if desk is None or person.account.issuer != desk.issuer:
        return site.pages.error(request.scope, 404, 'not_found')
    back = local_path(request.query_params.get('next', ''))
    try:
        url, attempt = await desk.begin('confirm', back=back, csrf=person.csrf, again=True)
    except ProviderDown:
        return await _refuse(request, site, person, Attempt('confirm', '', '', '', back), 'down')
    return _keeping(RedirectResponse(url, 303), site, attempt)


@router.post('/link')
async def link(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Link the own account to the one at the provider: prove that one, too.

    The answer is a page that goes on by itself: the policy of our forms ends at our own address.
    """
    await read_form(request, Empty)
    desk, account = site.provider, person.account
    if desk is None or not account.personal or account.issuer:
        return site.pages.error(request.scope, 404, 'not_found')
    if not person.proved(site.clock()):
        return RedirectResponse('/confirm?next=/me', 303)
    try:
        url, attempt = await desk.begin('link', back='/me', csrf=person.csrf, again=True)
    except ProviderDown:
        return await _refuse(request, site, person, Attempt('link', '', '', '', '/me'), 'down')
    return _keeping(site.pages.page(request, 'leave.html', to=url, here='/me'), site, attempt)


@router.get('/callback')
async def callback(request: Request, site: SiteDep) -> Response:
    """Take what the provider says of who logged in there."""
    desk, person = site.provider, request.state.person
    if desk is None:
        return site.pages.error(request.scope, 404, 'not_found')
    attempt = attempt_in(request.cookies.get(_cookie(site), ''))
    try:
        identity = await _came_back(request, site, desk, attempt, person)
        response = await _done(site, desk, attempt or _NONE, identity, person)
    except NotDone as not_done:
        response = await _refuse(request, site, person, attempt or _NONE, not_done.code, not_done)
    response.delete_cookie(
        _cookie(site), path='/', httponly=True, samesite='lax', secure=site.secure_cookies
    )
    return response


async def _came_back(
    request: Request,
    site: Site,
    desk: ProviderDesk,
    attempt: Attempt | None,
    person: Person | None,
) -> Identity:
    """Return who logged in at the provider, for this browser's own attempt. Raises NotDone."""
    given = request.query_params
    if attempt is None or not attempt.answers(given.get('state', '')):
        raise NotDone('stale')
    if attempt.purpose != 'log_in' and (
        person is None or not same_token(attempt.csrf, person.csrf)
    ):
        raise NotDone('stale')
    if 'error' in given:
        raise NotDone('denied')
    code, now = given.get('code', ''), site.clock()
    place = f'log-ins by a provider from {PLACE.get()}'
    if not 1 <= len(code) <= _LONGEST_CODE:
        raise NotDone('code')
    ask = site.people.ask
    if await ask(lambda known: known.locked_until(AccountId(place), now=now)):
        raise NotDone('locked')
    try:
        identity = await desk.finish(attempt, code, given.get('iss'))
    except ProviderDown:
        raise NotDone('down') from None
    except ProviderRefused as refused:
        await ask(lambda known: known.count_wrong_at(place, now=now))
        raise NotDone(refused.code) from None
    await ask(lambda known: known.forgive(place))
    return identity


async def _done(
    site: Site, desk: ProviderDesk, attempt: Attempt, identity: Identity, person: Person | None
) -> Response:
    """Do what the log-in at the provider was for. Raises NotDone."""
    if attempt.purpose == 'log_in' or person is None:
        return await _log_in(site, desk, attempt, identity, person)
    if identity.age_ms is None or identity.age_ms >= FRESH_MS:
        raise NotDone('not_fresh')
    if attempt.purpose == 'confirm':
        return await _confirm(site, desk, attempt, identity, person)
    return await _link(site, desk, identity, person)


async def _log_in(
    site: Site, desk: ProviderDesk, attempt: Attempt, identity: Identity, before: Person | None
) -> Response:
    stations, who = site.hospital.stations, f'provider: {identity.username or identity.subject}'
    async with desk.turn:
        settled = await site.people.ask(lambda _: desk.use.settle(identity, stations))
    account = settled.account
    if settled.outcome != 'ok' or account is None:
        raise NotDone(settled.outcome, who, account.id if account else '?')
    token = await site.people.open(account.id, device=PLACE.get())
    # how long ago the password was typed there, not here
    proved = Instant(0 if identity.age_ms is None else site.clock() - identity.age_ms)
    await site.people.ask(lambda accounts: accounts.confirm(token, now=proved))
    person = await site.people.of(token)
    if person is None:
        raise NotDone('disabled', who, account.id)
    if settled.deed:
        await site.note(person, settled.deed, subject=account.id)
    await site.note(person, 'log_in', subject=who)
    if before is not None:
        await site.people.log_out(before.token)
    return seated(RedirectResponse(local_path(attempt.back) or '/', 303), site, token)


async def _confirm(
    site: Site, desk: ProviderDesk, attempt: Attempt, identity: Identity, person: Person
) -> Response:
    await _check_same(desk, site, identity, person)
    proved = Instant(site.clock() - (identity.age_ms or 0))
    await site.people.ask(lambda accounts: accounts.confirm(person.token, now=proved))
    await site.note(person, 'confirm', subject='provider')
    return RedirectResponse(local_path(attempt.back) or '/', 303)


async def _link(site: Site, desk: ProviderDesk, identity: Identity, person: Person) -> Response:
    if not person.proved(site.clock()):
        raise NotDone('not_fresh')
    try:
        await site.people.ask(
            lambda _: desk.identities.link(
                person.account.id, issuer=identity.issuer, subject=identity.subject
            )
        )
    except ValueError:
        raise NotDone('linked_already', identity.username) from None
    who = f'provider: {identity.username or identity.subject}'
    await site.note(person, 'account_linked', subject=who)
    return RedirectResponse('/me?done=linked', 303)


async def _check_same(desk: ProviderDesk, site: Site, identity: Identity, person: Person) -> None:
    known = await site.people.ask(
        lambda _: desk.identities.by_identity(identity.issuer, identity.subject)
    )
    if known is None or known.id != person.account.id:
        raise NotDone('somebody_else', identity.username)


async def _refuse(
    request: Request,
    site: Site,
    person: Person | None,
    attempt: Attempt,
    code: str,
    why: NotDone | None = None,
) -> Response:
    """Say what went wrong, on the page where the log-in was begun, and note it."""
    about = why.about if why is not None else ''
    who, name = (person, '') if attempt.purpose != 'log_in' else (None, why.name if why else '?')
    deed = _DEEDS.get(attempt.purpose, 'log_in')
    more = {'subject': about or 'provider', 'outcome': code}
    await site.note(who, deed, **more, **({} if who is not None else {'name': name or '?'}))
    key = _SAID.get(code, 'login.provider.rejected')
    text = words_of(request)(key, phone=site.hospital.phone)
    status, back = _STATUS.get(code, 403), local_path(attempt.back)
    if attempt.purpose == 'confirm' and person is not None:
        return show_confirm(request, site, back=back, failed=text, status=status)
    if attempt.purpose == 'link' and person is not None:
        return await show_me(request, site, person, problem=text, status=status)
    return await show_login(request, site, back=back, text=text, status=status)


def _keeping(response: Response, site: Site, attempt: Attempt) -> Response:
    """Have the browser keep the attempt until it comes back."""
    response.set_cookie(
        _cookie(site),
        attempt.as_cookie(),
        max_age=ATTEMPT_LASTS,
        path='/',
        httponly=True,
        samesite='lax',
        secure=site.secure_cookies,
    )
    return response


def _cookie(site: Site) -> str:
    return '__Host-oidc' if site.secure_cookies else 'oidc'


_NONE: Final = Attempt('log_in', '', '', '', '')
