"""Subscriptions of other systems: the page for engineers, and the same for programs."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, TypeVar

from fastapi import APIRouter, Request
from pydantic import AfterValidator, Field, StringConstraints
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from fleet_manager.adapters.http import answers
from fleet_manager.adapters.http.auth import Person
from fleet_manager.adapters.http.bodies import BadBody, Body, no_control, read_form, read_json
from fleet_manager.adapters.http.describe import described
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep, words_of
from fleet_manager.application.audit import DONE
from fleet_manager.application.webhooks import (
    BY_HAND,
    MAX_URL,
    MOST_DEAD,
    NAMES,
    DeadLetter,
    Webhook,
    WebhookOffice,
    Webhooks,
    WrongWebhook,
)
from fleet_manager.domain.ids import StationId

router = APIRouter()

EVENTS: Final = tuple(sorted(NAMES.values()))
ACTS: Final = ('pause', 'resume', 'remove')
_API: Final = '/api/v1/webhooks'
#: What fits into a line of the audit list, beside what was dismissed.
LONGEST_REASON: Final = 100
#: Dead letters a subscription shows; the others are counted.
SHOWN: Final = 100
#: One dead letter, or all from one journal line to another.
_LETTERS: Final = re.compile(r'([0-9]{1,15})(?:-([0-9]{1,15}))?')

T = TypeVar('T')


def _event(value: str) -> str:
    if value not in EVENTS:
        raise ValueError('no event')
    return value


EventName = Annotated[str, AfterValidator(_event), Field(json_schema_extra={'enum': list(EVENTS)})]
Url = Annotated[str, StringConstraints(min_length=1, max_length=MAX_URL)]


class NewWebhook(Body):
    """Where events go, which ones (none for all), and of which station, null for all."""

    url: Url
    events: list[EventName] = Field([], max_length=len(EVENTS))
    station: str | None = None


class NewByForm(Body):
    """The same as a form."""

    url: Url
    event: EventName | Literal[''] = ''
    station: str = ''


class Dismissal(Body):
    """Why what was refused is not to be sent any more."""

    reason: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REASON),
        AfterValidator(no_control),
    ]


class Nothing(Body):
    """The body of a command that needs none: `{}`."""


# --- programs ---


@router.get(_API, **described(answer=answers.WebhookList))
async def listed(request: Request, site: SiteDep) -> Response:
    """List the subscriptions, the oldest first."""
    known = await _ask(site, lambda kept: kept.all())
    return JSONResponse({'webhooks': [_shown(one) for one in known]})


@router.post(_API, **described(body=NewWebhook, answer=answers.Webhook, status=201))
async def subscribe(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Subscribe an address to what happens from now on. The answer has its secret, once."""
    body = await read_json(request, NewWebhook)
    try:
        made = await _subscribe(site, person, body.url, frozenset(body.events), body.station)
    except WrongWebhook as wrong:
        return site.pages.error(request.scope, 422, wrong.code, field='url')
    shown = _shown(made) | {'secret': made.secret}
    return JSONResponse(shown, 201, {'location': f'{_API}/{made.id}'})


@router.get(_API + '/{webhook}', **described(answer=answers.WebhookAndDead))
async def one(webhook: str, request: Request, site: SiteDep) -> Response:
    """Return a subscription and what its receiver refused."""
    found = await _ask(site, lambda kept: kept.get(webhook))
    if found is None:
        return site.pages.error(request.scope, 404, 'not_found')
    dead = await _ask(site, lambda kept: kept.dead(webhook))
    return JSONResponse({'webhook': _shown(found), 'dead': [_letter(letter) for letter in dead]})


@router.post(
    _API + '/{webhook}/{act}', **described(body=Nothing, body_needed=False, answer=answers.Done)
)
async def act_by_program(webhook: str, act: str, request: Request, site: SiteDep) -> Response:
    """Pause, resume or remove a subscription. Doing it twice is once.

    A resumed one is told everything it missed, in order.
    """
    if await request.body():
        await read_json(request, Nothing)
    if not await _act(site, webhook, act):
        return site.pages.error(request.scope, 404, 'not_found')
    return JSONResponse({})


@router.post(
    _API + '/{webhook}/dead/{event}',
    **described(body=Nothing, body_needed=False, answer=answers.Done),
)
async def again_by_program(webhook: str, event: str, request: Request, site: SiteDep) -> Response:
    """Send an event once more that the receiver refused."""
    if await request.body():
        await read_json(request, Nothing)
    if not await _again(site, webhook, event):
        return site.pages.error(request.scope, 404, 'not_found')
    return JSONResponse({})


@router.post(
    _API + '/{webhook}/dead/{events}/dismiss',
    **described(body=Dismissal, answer=answers.Dismissed),
)
async def dismiss_by_program(
    webhook: str, events: str, request: Request, site: SiteDep, person: PersonDep
) -> Response:
    """Dismiss what the receiver refused: one event, or all from one to another as `1042-1090`.

    They are never sent again. Doing it twice is once.
    """
    body = await read_json(request, Dismissal)
    gone = await _dismiss(site, person, webhook, events, body.reason)
    return JSONResponse({'dismissed': gone})


# --- the page ---


@router.get('/webhooks')
async def page(request: Request, site: SiteDep) -> Response:
    """Show who is told what, how far, and what was refused."""
    return await _page(request, site)


@router.post('/webhooks')
async def subscribe_by_form(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Subscribe an address; the page that follows shows its secret, once."""
    form = await read_form(request, NewByForm)
    events = frozenset({form.event} - {''})
    try:
        made = await _subscribe(site, person, form.url.strip(), events, form.station or None)
    except WrongWebhook as wrong:
        text = words_of(request)(f'error.{wrong.code}')
        return await _page(request, site, status=422, problem_text=text, typed=form)
    return await _page(request, site, status=201, made=made)


@router.post('/webhooks/{webhook}/{act}')
async def act_by_form(webhook: str, act: str, request: Request, site: SiteDep) -> Response:
    """Pause, resume or remove a subscription."""
    await read_form(request, Nothing)
    if not await _act(site, webhook, act):
        return site.pages.error(request.scope, 404, 'not_found')
    return RedirectResponse('/webhooks', 303)


@router.post('/webhooks/{webhook}/dead/{event}')
async def again_by_form(webhook: str, event: str, request: Request, site: SiteDep) -> Response:
    """Send an event once more."""
    await read_form(request, Nothing)
    if not await _again(site, webhook, event):
        return site.pages.error(request.scope, 404, 'not_found')
    return RedirectResponse('/webhooks', 303)


@router.get('/webhooks/{webhook}/dead/{events}/dismiss')
async def ask_to_dismiss(webhook: str, events: str, request: Request, site: SiteDep) -> Response:
    """Ask whether to dismiss what was refused, and why."""
    first, last = _letters(events)
    found = await _ask(site, lambda kept: kept.get(webhook))
    dead = await _ask(site, lambda kept: kept.dead(webhook, limit=MOST_DEAD))
    dead = tuple(one for one in dead if first <= one.seq <= last)
    if found is None or not dead:
        return site.pages.error(request.scope, 404, 'not_found')
    return site.pages.page(
        request,
        'webhooks_dismiss.html',
        one=found,
        dead=dead[:SHOWN],
        count=len(dead),
        events=events,
        longest=LONGEST_REASON,
    )


@router.post('/webhooks/{webhook}/dead/{events}/dismiss')
async def dismiss_by_form(
    webhook: str, events: str, request: Request, site: SiteDep, person: PersonDep
) -> Response:
    """Dismiss it. Where somebody else was faster there is nothing left to do."""
    form = await read_form(request, Dismissal)
    await _dismiss(site, person, webhook, events, form.reason)
    return RedirectResponse('/webhooks', 303)


# --- both ---


async def _page(request: Request, site: Site, *, status: int = 200, **more: Any) -> Response:
    def look(kept: Webhooks) -> list[tuple[Webhook, tuple[DeadLetter, ...]]]:
        return [(one, kept.dead(one.id, limit=MOST_DEAD)) for one in kept.all()]

    values = {'made': None, 'problem_text': '', 'typed': None} | more
    return site.pages.page(
        request,
        'webhooks.html',
        status=status,
        known=await _ask(site, look),
        events=EVENTS,
        most=MAX_URL,
        shown=SHOWN,
        **values,
    )


async def _subscribe(
    site: Site, person: Person, url: str, events: frozenset[str], station: str | None
) -> Webhook:
    """Make a subscription. Raises WrongWebhook, BadBody."""
    office = _office(site)
    if station is not None and not site.station_known(station):
        raise BadBody('station')
    return await asyncio.to_thread(
        office.subscribe,
        url=url,
        events=events,
        station=None if station is None else StationId(station),
        made_by=person.account.id,
    )


async def _act(site: Site, webhook: str, act: str) -> bool:
    """Do it; False where there is no such subscription or deed."""

    def do(kept: Webhooks) -> bool:
        if act not in ACTS or (kept.get(webhook) is None and act != 'remove'):
            return False
        if act == 'remove':
            kept.remove(webhook)
        else:
            kept.set_paused(webhook, BY_HAND if act == 'pause' else '')
        return True

    return await _ask(site, do)


async def _again(site: Site, webhook: str, event: str) -> bool:
    if not (event.isascii() and event.isdecimal() and len(event) < 16):
        return False
    return await _ask(site, lambda kept: kept.send_again(webhook, int(event)))


async def _dismiss(site: Site, person: Person, webhook: str, events: str, reason: str) -> int:
    """Forget dead letters, and say so on the audit list; return how many."""
    first, last = _letters(events)
    gone = await _ask(site, lambda kept: kept.dismiss(webhook, first, last))
    outcome = DONE if gone else 'not_found'
    about = f'{webhook} {events}: {reason}'
    await site.note(person, 'dead_letters_dismissed', subject=about, outcome=outcome)
    return gone


def _letters(events: str) -> tuple[int, int]:
    """Return the first and the last line of `1042` or `1042-1090`. Raises HTTPException 404."""
    found = _LETTERS.fullmatch(events)
    if found is None:
        raise HTTPException(404)
    return int(found[1]), int(found[2] or found[1])


async def _ask(site: Site, ask: Callable[[Webhooks], T]) -> T:
    """Ask the store in a thread. Raises HTTPException 404 where nobody tells anybody anything."""
    return await asyncio.to_thread(ask, _office(site).kept)


def _office(site: Site) -> WebhookOffice:
    if site.webhooks is None:
        raise HTTPException(404)
    return site.webhooks


def _shown(one: Webhook) -> dict[str, Any]:
    return {
        'id': one.id,
        'url': one.url,
        'events': sorted(one.events),
        'station': one.station,
        'position': one.position,
        'delivered': one.delivered,
        'tries': one.tries,
        'next_at': one.next_at,
        'problem': one.problem,
        'paused': one.paused,
        'made_by': one.made_by,
        'made_at': one.made_at,
    }


def _letter(one: DeadLetter) -> dict[str, Any]:
    return {
        'event': one.seq,
        'type': one.event,
        'at': one.at,
        'problem': one.problem,
        'again': one.again,
    }
