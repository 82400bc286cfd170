"""The ward's pages: ask for a delivery in three taps, and follow it until it is signed."""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from fleet_manager.adapters.http import choices
from fleet_manager.adapters.http.auth import Person
from fleet_manager.adapters.http.bodies import Body, Id, Key, Note, Secret, Ticked, read_form
from fleet_manager.adapters.http.delivery_page import describe, find, of_station
from fleet_manager.adapters.http.pages import REFUSAL_STATUS
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep, words_of
from fleet_manager.application.ports import Reply, View
from fleet_manager.domain.deliveries.goods import GOODS, RAISED
from fleet_manager.domain.ids import DeliveryId, StationId
from fleet_manager.domain.maps.model import Station
from fleet_manager.domain.messages import (
    CancelDelivery,
    Command,
    OpenCompartment,
    RateDelivery,
    RefuseDelivery,
    RequestDelivery,
    SignDelivery,
    TakeByHand,
)
from fleet_manager.domain.units import Instant

router = APIRouter()


class NewDelivery(Body):
    """The check page's form."""

    key: Key
    goods: Id
    sender: Id
    recipient: Id
    note: Note = ''
    raised: Ticked = False


class Empty(Body):
    """A form that is only a button."""


class Pin(Body):
    """The PIN, asked for again at the robot; or the badge of a colleague."""

    pin: Secret


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
        paused=bool(fleet.get('paused')),
        stores=site.books is not None,
        refresh=5,
    )


@router.get('/ward/new')
async def new(request: Request, site: SiteDep, station: StationDep) -> Response:
    """Ask what, then from or to where, then show the check page with the one button that sends."""
    goods = request.query_params.get('goods', '')
    other = request.query_params.get('other', '')
    way = request.query_params.get('way', '')
    if not goods:
        mine = choices.goods_of(site.hospital, station)
        return site.pages.page(request, 'new_goods.html', goods=mine, urgency=_urgency)
    ways = choices.ways(site.hospital, station, goods)
    if not ways:
        return site.pages.error(request.scope, 404, 'not_found')
    if not other:
        typed = request.query_params.get('q', '')[:64]
        groups = choices.groups(site.hospital, site.views.current(), station, goods, typed=typed)
        return site.pages.page(
            request, 'new_station.html', goods=goods, groups=groups, typed=typed
        )
    if other not in [known.id for known in ways.get(way, ())]:
        return site.pages.error(request.scope, 404, 'not_found')
    ends = (other, station.id) if way == choices.FETCH else (station.id, other)
    return _check_page(request, site, goods, ends, key=secrets.token_urlsafe(16))


@router.post('/deliveries')
async def create(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Ask for a delivery. The form's key makes a double tap one delivery."""
    form = await read_form(request, NewDelivery)
    reply = await site.submit(request_delivery(person, form))
    if reply.delivery is not None:
        created = reply.delivery
        await site.settle(lambda view: created in view.entities.get('delivery', {}))
        return RedirectResponse(f'/deliveries/{created}', 303)
    code = reply.refusal_code or 'not_allowed'
    stations = site.hospital.stations
    if form.goods not in GOODS or not {form.sender, form.recipient} <= set(stations):
        return site.pages.error(request.scope, REFUSAL_STATUS.get(code, 422), code)
    return _check_page(
        request,
        site,
        form.goods,
        (form.sender, form.recipient),
        key=secrets.token_urlsafe(16) if code == 'key_reused' else form.key,
        note=form.note,
        raised=form.raised,
        refused=reply,
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
    return await _act(request, site, person, delivery, command)


@router.post('/deliveries/{delivery}/open')
async def open_compartment(
    delivery: str, request: Request, site: SiteDep, person: PersonDep
) -> Response:
    """Open the robot's compartment after the PIN was given again: this is the signature."""
    form = await read_form(request, Pin)
    if find(site.views.current(), delivery, person) is None:
        return site.pages.error(request.scope, 404, 'unknown_delivery')
    outcome, actor = await site.people.signer(person, form.pin)
    if outcome != 'ok':
        text = words_of(request)(f'pin.{outcome}', phone=site.hospital.phone)
        status = {'locked': 429, 'disabled': 403}.get(outcome, 422)
        return _delivery_page(request, site, person, delivery, problem=text, status=status)
    command = OpenCompartment(actor, DeliveryId(delivery))
    return await _act(request, site, person, delivery, command)


@router.post('/deliveries/{delivery}/sign')
async def sign(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Sign that the parcel was taken out and is right."""
    await read_form(request, Empty)
    command = SignDelivery(person.actor(), DeliveryId(delivery))
    return await _act(request, site, person, delivery, command)


@router.post('/deliveries/{delivery}/refuse')
async def refuse(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Do not take the parcel the robot brought: it goes back to its sender."""
    form = await read_form(request, Reason)
    command = RefuseDelivery(person.actor(), DeliveryId(delivery), form.reason.strip())
    return await _act(request, site, person, delivery, command)


@router.post('/deliveries/{delivery}/take')
async def take(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Note that a porter took the parcel from its sender."""
    await read_form(request, Empty)
    command = TakeByHand(person.actor(), DeliveryId(delivery))
    return await _act(request, site, person, delivery, command)


@router.post('/deliveries/{delivery}/rate')
async def rate(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Give one to five stars."""
    form = await read_form(request, Stars)
    command = RateDelivery(person.actor(), DeliveryId(delivery), int(form.stars))
    return await _act(request, site, person, delivery, command)


def request_delivery(
    person: Person, form: NewDelivery, *, earliest: int = 0, latest: int = 0
) -> RequestDelivery:
    """Return the command of a filled-in check page."""
    return RequestDelivery(
        person.actor(),
        form.key,
        form.goods,
        StationId(form.sender),
        StationId(form.recipient),
        form.note.strip(),
        raised=form.raised,
        earliest=Instant(earliest),
        latest=Instant(latest),
    )


async def _act(
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
        problem_text=problem,
        prints=site.printer is not None,
        holds=site.books is not None,
        # without scripts the page reloads itself, but never while a PIN is being typed
        refresh=None if page.ended or page.opens or problem else 5,
        path=f'/deliveries/{delivery}',
    )


def _check_page(
    request: Request,
    site: Site,
    goods: str,
    ends: tuple[str, str],
    *,
    key: str,
    note: str = '',
    raised: bool = False,
    refused: Reply | None = None,
) -> Response:
    sender, recipient = (site.hospital.stations[StationId(end)] for end in ends)
    values: dict[str, Any] = {'problem_text': '', 'status': 200}
    if refused is not None and refused.refusal_code is not None:
        code = refused.refusal_code
        values['problem_text'] = site.pages.refusal_text(request, code, **refused.refusal_params)
        values['status'] = REFUSAL_STATUS.get(code, 422)
        values['here'] = f'/ward/new?goods={goods}'
    return site.pages.page(
        request,
        'new_check.html',
        goods=goods,
        sender=sender,
        recipient=recipient,
        urgency=_urgency(goods),
        may_raise=RAISED[GOODS[goods].urgency] is not GOODS[goods].urgency,
        key=key,
        note=note,
        raised=raised,
        **values,
    )


def _urgency(goods: str) -> str:
    return str(GOODS[goods].urgency)
