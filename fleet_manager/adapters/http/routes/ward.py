"""The ward's pages: ask for a delivery in three taps, and follow it until it is signed."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from fleet_manager.adapters.http.auth import Person
from fleet_manager.adapters.http.bodies import Body, Note, Pieces, Secret, Word, read_form
from fleet_manager.adapters.http.delivery_page import describe, find, of_station
from fleet_manager.adapters.http.pages import REFUSAL_STATUS
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep, words_of
from fleet_manager.application.ports import Overloaded, StoreFailed, View
from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.ids import DeliveryId, StationId
from fleet_manager.domain.maps.model import Station
from fleet_manager.domain.messages import (
    Actor,
    CancelDelivery,
    Command,
    OpenCompartment,
    PutOffDelivery,
    RateDelivery,
    RefuseDelivery,
    SignDelivery,
    TakeByHand,
)

router = APIRouter()

#: Deeds for which something is typed: the page does not load itself again meanwhile.
WRITES: Final = frozenset({'rescued', 'open_left', 'call_robot'})


class Empty(Body):
    """A form that is only a button."""


class Pin(Body):
    """The PIN, asked for again at the robot, or the badge of a colleague.

    Of two people, and with a count, where the goods need it.
    """

    pin: Secret
    witness: Word = ''
    witness_pin: Word = ''
    count: Pieces = 0


class Receipt(Body):
    """What was there, what was not, and the second signature where the goods need one."""

    witness: Word = ''
    witness_pin: Word = ''
    count: Pieces = 0
    missing: Note = ''


class Reason(Body):
    """Why a parcel is not taken."""

    reason: Note


class Stars(Body):
    """One tap of five."""

    stars: Literal['1', '2', '3', '4', '5']


def my_station(site: SiteDep, person: PersonDep) -> Station:
    """FastAPI dependency: the station of ward staff."""
    assert person.station is not None  # noqa: S101 - People.of lets no ward in without one
    return site.hospital.stations[person.station]


StationDep = Annotated[Station, Depends(my_station)]


@router.get('/r/{station}')
async def from_label(station: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """The address on a station's QR label."""
    if not site.station_known(station):
        return site.pages.error(request.scope, 404, 'not_found')
    if person.station != station:
        return RedirectResponse(f'/login?next=/r/{station}', 303)
    return RedirectResponse('/ward', 303)


@router.get('/ward')
async def ward(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """My station: what waits for us, what comes, what we sent."""
    view, now = site.views.current(), site.clock()
    lists = of_station(site.hospital, view, person, now)
    fleet = view.entities.get('fleet', {}).get('fleet', {})
    return site.pages.page(
        request,
        'ward.html',
        lists=lists,
        again=last_request(view, person),
        favourites=await favourites_of(site, person),
        key=secrets.token_urlsafe(16),
        plans_here=site.ward_book is not None,
        paused=bool(fleet.get('paused')),
        stores=site.books is not None,
        refresh=5,
    )


@router.get('/deliveries/{delivery}')
async def delivery_page(
    delivery: str, request: Request, site: SiteDep, person: PersonDep
) -> Response:
    """The living page of one delivery."""
    return _delivery_page(request, site, person, delivery)


@router.post('/deliveries/{delivery}/cancel')
async def cancel(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Cancel, until it is being loaded."""
    await read_form(request, Empty)
    command = CancelDelivery(person.actor(), DeliveryId(delivery))
    return await act(request, site, person, delivery, command)


@router.post('/deliveries/{delivery}/open')
async def open_compartment(
    delivery: str, request: Request, site: SiteDep, person: PersonDep
) -> Response:
    """Open the robot's compartment after the PIN was given again: this is the signature."""
    form = await read_form(request, Pin)
    actor = await step_up(request, site, person, delivery, form.pin)
    if isinstance(actor, Response):
        return actor
    second = await signed_by(request, site, person, delivery, form.witness, form.witness_pin)
    if isinstance(second, Response):
        return second
    command = OpenCompartment(actor, DeliveryId(delivery), second, form.count)
    return await act(request, site, person, delivery, command)


@router.post('/deliveries/{delivery}/sign')
async def sign(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Sign that the parcel was taken out, all of it or not."""
    form = await read_form(request, Receipt)
    second = await signed_by(request, site, person, delivery, form.witness, form.witness_pin)
    if isinstance(second, Response):
        return second
    command = SignDelivery(
        person.actor(), DeliveryId(delivery), second, form.count, form.missing.strip()
    )
    done = await act(request, site, person, delivery, command)
    if done.status_code == 303 and command.missing and await _holds_several(site, delivery):
        return RedirectResponse(f'/deliveries/{delivery}/contents', 303)
    return done


async def _holds_several(site: Site, delivery: str) -> bool:
    """Whether the stock has several items of a delivery: then it asks which are missing."""
    if site.books is None:
        return False
    with suppress(StoreFailed):
        return len(await asyncio.to_thread(site.books.packed, DeliveryId(delivery))) > 1
    return False


@router.post('/deliveries/{delivery}/refuse')
async def refuse(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Do not take the parcel the robot brought: it goes back to its sender."""
    form = await read_form(request, Reason)
    command = RefuseDelivery(person.actor(), DeliveryId(delivery), form.reason.strip())
    return await act(request, site, person, delivery, command)


@router.post('/deliveries/{delivery}/put-off')
async def put_off(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Take the parcel later: not now."""
    await read_form(request, Empty)
    command = PutOffDelivery(person.actor(), DeliveryId(delivery))
    return await act(request, site, person, delivery, command)


@router.post('/deliveries/{delivery}/take')
async def take(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Note that a porter took the parcel from its sender."""
    await read_form(request, Empty)
    command = TakeByHand(person.actor(), DeliveryId(delivery))
    return await act(request, site, person, delivery, command)


@router.post('/deliveries/{delivery}/rate')
async def rate(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Give one to five stars."""
    form = await read_form(request, Stars)
    command = RateDelivery(person.actor(), DeliveryId(delivery), int(form.stars))
    return await act(request, site, person, delivery, command)


def last_request(view: View, person: Person) -> Mapping[str, Any] | None:
    """Return what this person asked for last, of what the picture still has."""
    mine = [
        entity
        for entity in view.entities.get('delivery', {}).values()
        if entity['requested_by'] == person.account.id
        and person.station in (entity['sender'], entity['recipient'])
    ]
    return max(mine, key=lambda entity: entity['number'], default=None)


async def step_up(
    request: Request, site: Site, person: Person, delivery: str, pin: str
) -> Actor | Response:
    """Return who signs, by PIN or badge given again, or the page that says what is wrong."""
    if find(site.views.current(), delivery, person) is None:
        return site.pages.error(request.scope, 404, 'unknown_delivery')
    outcome, actor = await site.people.signer(person, pin)
    if outcome == 'ok':
        return actor
    return _wrong_secret(request, site, person, delivery, f'pin.{outcome}', outcome)


async def signed_by(
    request: Request, site: Site, person: Person, delivery: str, name: str, secret: str
) -> Actor | Response | None:
    """Return who signs as the second person, None where nobody is named, or what is wrong."""
    if not name and not secret:
        return None
    outcome, second = await site.people.colleague(name, secret)
    if second is not None:
        return second
    text = 'second_pin.wrong' if outcome == 'wrong' else f'pin.{outcome}'
    return _wrong_secret(request, site, person, delivery, text, outcome)


def _wrong_secret(
    request: Request, site: Site, person: Person, delivery: str, key: str, outcome: str
) -> Response:
    text = words_of(request)(key, phone=site.hospital.phone)
    status = {'locked': 429, 'disabled': 403}.get(outcome, 422)
    return _delivery_page(request, site, person, delivery, problem=text, status=status)


async def act(
    request: Request, site: Site, person: Person, delivery: str, command: Command
) -> Response:
    """Submit a command on a delivery the person may see, and show what became of it."""
    before = find(site.views.current(), delivery, person)
    if before is None:
        return site.pages.error(request.scope, 404, 'unknown_delivery')
    reply = await site.submit(command)
    if reply.refusal_code is not None:
        text = site.pages.refusal_text(request, reply.refusal_code, **reply.refusal_params)
        status = REFUSAL_STATUS.get(reply.refusal_code, 422)
        return _delivery_page(request, site, person, delivery, problem=text, status=status)

    def changed(view: View) -> bool:
        return find(view, delivery, person) != before

    await site.settle(changed)
    return RedirectResponse(f'/deliveries/{delivery}', 303)


def _delivery_page(
    request: Request,
    site: Site,
    person: Person,
    delivery: str,
    *,
    problem: str = '',
    status: int = 200,
) -> Response:
    view = site.views.current()
    entity = find(view, delivery, person)
    if entity is None:
        return site.pages.error(request.scope, 404, 'unknown_delivery')
    page = describe(site.hospital, view, delivery, entity, person, site.clock())
    return site.pages.page(
        request,
        'delivery.html',
        status=status,
        page=page,
        stations=[s for s in site.hospital.stations.values() if s.id != page.raw.get('goal')],
        problem_text=problem,
        now=site.clock(),
        prints=site.printer is not None,
        holds=site.books is not None,
        # without scripts the page reloads itself, but never while a PIN is being typed
        refresh=None if page.ended or page.opens or problem or page.deeds & WRITES else 5,
        path=f'/deliveries/{delivery}',
    )


async def favourites_of(site: Site, person: Person) -> list[tuple[str, Station, Station]]:
    """Return goods and both ends, as far as the map has them; none while they cannot be read."""
    station, account = StationId(person.account.station or ''), person.account.id
    known = site.hospital.stations
    with suppress(Overloaded):
        kept = await site.in_book(lambda book: book.favourites(station, account))
        return [
            (one.goods, known[one.sender], known[one.recipient])
            for one in kept
            if {one.sender, one.recipient} <= set(known) and one.goods in GOODS
        ]
    return []
