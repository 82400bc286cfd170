"""Asking for a delivery: what, from or to where, and the check page with the one button."""

from __future__ import annotations

import secrets
from typing import Any, Final, Literal

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from fleet_manager.adapters.http import choices, finding
from fleet_manager.adapters.http.auth import Person
from fleet_manager.adapters.http.bodies import Body, Id, read_form
from fleet_manager.adapters.http.finding import MAX_TYPED
from fleet_manager.adapters.http.pages import REFUSAL_STATUS
from fleet_manager.adapters.http.request_form import NewDelivery, request_delivery
from fleet_manager.adapters.http.routes.ward import StationDep, favourites_of
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep
from fleet_manager.application.ports import Reply
from fleet_manager.application.ward_book import Favourite
from fleet_manager.domain.deliveries.details import STAT, WASTE_TYPES, fields_of, urgency_of
from fleet_manager.domain.deliveries.goods import GOODS, RAISED
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Station

router = APIRouter()

#: Goods with a STAT kind of their own on the first page.
HAS_STAT: Final = frozenset(name for name in GOODS if 'kind' in fields_of(name))


class FavouriteForm(Body):
    """What to keep, or to forget."""

    goods: Id
    sender: Id
    recipient: Id
    what: Literal['keep', 'forget']


@router.get('/ward/new')
async def new(request: Request, site: SiteDep, person: PersonDep, station: StationDep) -> Response:
    """Ask what, then from or to where, then show the check page with the one button that sends."""
    asked = request.query_params
    goods, other, way = asked.get('goods', ''), asked.get('other', ''), asked.get('way', '')
    if not goods:
        return _first_step(request, site, station)
    kind: Literal['', 'stat'] = STAT if asked.get('kind') == STAT else ''
    ways = choices.ways(site.hospital, station, goods)
    if not ways or (kind and goods not in HAS_STAT):
        return site.pages.error(request.scope, 404, 'not_found')
    if not other:
        typed = asked.get('q', '')[:MAX_TYPED]
        groups = choices.groups(site.hospital, site.views.current(), station, goods, typed=typed)
        return site.pages.page(
            request, 'new_station.html', goods=goods, kind=kind, groups=groups, typed=typed
        )
    if other not in [known.id for known in ways.get(way, ())]:
        return site.pages.error(request.scope, 404, 'not_found')
    sender, recipient = (other, station.id) if way == choices.FETCH else (station.id, other)
    form = NewDelivery.model_construct(
        key=secrets.token_urlsafe(16), goods=goods, sender=sender, recipient=recipient, kind=kind
    )
    return await _check_page(request, site, person, form)


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
    if code == 'key_reused':
        form = form.model_copy(update={'key': secrets.token_urlsafe(16)})
    return await _check_page(request, site, person, form, refused=reply)


@router.post('/ward/favourites')
async def change_favourites(
    request: Request, site: SiteDep, person: PersonDep, station: StationDep
) -> Response:
    """Keep or forget a favourite, and show the ward's page with what there is now."""
    form = await read_form(request, FavouriteForm)
    wanted = Favourite(form.goods, StationId(form.sender), StationId(form.recipient))
    if form.what == 'forget':
        await site.in_book(lambda b: b.remove_favourite(station.id, person.account.id, wanted))
        return RedirectResponse('/ward#favourites', 303)
    ends = wanted.sender, wanted.recipient
    if not choices.is_possible(site.hospital, station, wanted.goods, *ends):
        return site.pages.error(request.scope, 422, 'bad_body', field='goods')
    now = site.clock()
    kept = await site.in_book(
        lambda b: b.add_favourite(station.id, person.account.id, wanted, now=now)
    )
    if not kept:
        return site.pages.error(request.scope, 422, 'favourites_full')
    return RedirectResponse('/ward#favourites', 303)


def _first_step(request: Request, site: Site, station: Station) -> Response:
    """Show the tiles, and above them what was found of what was typed."""
    typed = request.query_params.get('q', '')[:MAX_TYPED]
    return site.pages.page(
        request,
        'new_goods.html',
        goods=choices.goods_of(site.hospital, station),
        has_stat=HAS_STAT,
        urgency=lambda goods: urgency_of(goods, {}, raised=False).value,
        typed=typed,
        found=finding.find(site.hospital, station, typed, site.words.values()),
    )


async def _check_page(
    request: Request,
    site: Site,
    person: Person,
    form: NewDelivery,
    *,
    refused: Reply | None = None,
) -> Response:
    """Show what is about to be asked for, as it was typed, and why it was refused."""
    goods = form.goods
    sender, recipient = (
        site.hospital.stations[StationId(end)] for end in (form.sender, form.recipient)
    )
    values: dict[str, Any] = {'problem_text': '', 'status': 200}
    if refused is not None and refused.refusal_code is not None:
        code = refused.refusal_code
        values['problem_text'] = site.pages.refusal_text(request, code, **refused.refusal_params)
        values['status'] = REFUSAL_STATUS.get(code, 422)
        values['here'] = f'/ward/new?goods={goods}'
    urgency = urgency_of(goods, {'kind': form.kind}, raised=False)
    return site.pages.page(
        request,
        'new_check.html',
        form=form,
        fields=fields_of(goods),
        waste_types=WASTE_TYPES,
        sender=sender,
        recipient=recipient,
        urgency=urgency.value,
        may_raise=RAISED[urgency] is not urgency,
        keeps=site.ward_book is not None,
        favourite=(goods, sender, recipient) in await favourites_of(site, person),
        **values,
    )
