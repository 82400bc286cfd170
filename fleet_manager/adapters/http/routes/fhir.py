"""FHIR R4B for a hospital's information system: order with a SupplyRequest, follow its Task."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from fleet_manager.adapters.http.answers import Resource, SupplyRequest, Withdrawn
from fleet_manager.adapters.http.auth import Person
from fleet_manager.adapters.http.bodies import BadBody, strict_json
from fleet_manager.adapters.http.delivery_page import audience_of, find, is_cancelled
from fleet_manager.adapters.http.describe import described
from fleet_manager.adapters.http.feed import visible
from fleet_manager.adapters.http.fhir import resources
from fleet_manager.adapters.http.fhir.orders import (
    PLACES,
    WITHDRAWN,
    check_withdrawn,
    order_of,
)
from fleet_manager.adapters.http.fhir.search import query_of, read_search
from fleet_manager.adapters.http.pages import REFUSAL_STATUS
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep
from fleet_manager.application.outside_orders import WrongOrder, command_of
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.messages import CancelDelivery

router = APIRouter(prefix='/fhir')

_SEARCH: Final = {
    'identifier': 'the order number: `system|value`, or a value',
    'status': 'one of these, with commas',
    '_lastUpdated': 'a day or time, with ge, gt, le or lt before it; may be given twice',
    '_id': 'one of these, with commas',
    '_count': 'resources on a page, up to 500',
    '_before': 'as the link `next` of a page has it',
}


@router.get('/metadata', **described(answer=Resource))
async def metadata(request: Request, site: SiteDep) -> Response:
    """Say what this server can do: a CapabilityStatement."""
    return _answer(resources.capabilities(base=_base(request, site), at=site.clock()))


@router.post(
    '/SupplyRequest',
    **described(answer=Resource, status=201, also={200: Resource}, body=SupplyRequest),
)
async def order(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Order a delivery: 201, or 200 where the order number was used before for the same.

    Its identifier is the order number in your system, its item the goods, `deliverFrom` and
    `deliverTo` stations, by their ids here or by the codes in `integration.yaml`.
    """
    body = strict_json(await request.body())
    if not isinstance(body, dict):
        raise BadBody('json')
    try:
        asked = await asyncio.to_thread(order_of, body)
        command = command_of(asked, site.codes, site.hospital, person.actor())
    except WrongOrder as wrong:
        return _wrong(422, wrong)
    reply = await site.submit(command)
    if reply.delivery is None:
        code = reply.refusal_code or 'not_allowed'
        status = REFUSAL_STATUS.get(code, 422)
        return site.pages.error(request.scope, status, code, **reply.refusal_params)
    created = reply.delivery
    await site.settle(lambda view: created in view.entities.get('delivery', {}))
    location = {'location': f'{_base(request, site)}/fhir/SupplyRequest/{created}'}
    status = 200 if reply.replayed else 201
    answer = _one(site, person, 'SupplyRequest', created)
    return (
        Response(status_code=status, headers=location)
        if answer is None
        else _answer(answer, status, location)
    )


@router.put('/{kind}/{delivery}', **described(answer=Resource, body=Withdrawn))
async def withdraw(
    kind: str, delivery: str, request: Request, site: SiteDep, person: PersonDep
) -> Response:
    """Cancel a delivery: its SupplyRequest or Task with the status `cancelled`.

    Nothing else of them is changed here. Doing it twice is once. What is being loaded, or has
    ended, cannot be cancelled any more: the answer says whom to call.
    """
    if kind not in WITHDRAWN or find(site.views.current(), delivery, person) is None:
        return site.pages.error(request.scope, 404, 'unknown_delivery')
    body = strict_json(await request.body())
    if not isinstance(body, dict):
        raise BadBody('json')
    try:
        check_withdrawn(kind, delivery, body)
    except WrongOrder as wrong:
        return _wrong(422, wrong)
    reply = await site.submit(CancelDelivery(person.actor(), DeliveryId(delivery)))
    if reply.refusal_code is not None:
        status = REFUSAL_STATUS.get(reply.refusal_code, 422)
        return site.pages.error(request.scope, status, reply.refusal_code, **reply.refusal_params)
    await site.settle(lambda view: is_cancelled(view, delivery))
    return _answer(_one(site, person, kind, delivery))


@router.get('/{kind}/{delivery}', **described(answer=Resource))
async def read(
    kind: str, delivery: str, request: Request, site: SiteDep, person: PersonDep
) -> Response:
    """Return a delivery as SupplyRequest, Task or SupplyDelivery; all have its id.

    There is a SupplyDelivery once something was loaded, and all until 24 h after the end.
    """
    found = _one(site, person, kind, delivery) if kind in resources.TYPES else None
    if found is None:
        return site.pages.error(request.scope, 404, 'unknown_delivery')
    return _answer(found)


@router.get('/{kind}', **described(answer=Resource, parameters=_SEARCH, also={400: Resource}))
async def search(kind: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Search deliveries as SupplyRequest, Task or SupplyDelivery: a Bundle, newest first."""
    if kind not in resources.TYPES:
        return site.pages.error(request.scope, 404, 'not_found')
    items = request.query_params.multi_items()
    try:
        wanted = read_search(kind, items)
    except WrongOrder as wrong:
        return _wrong(400, wrong)
    known = visible(site.views.current().entities, audience_of(person)).get('delivery', {})
    newest = sorted(known.items(), key=lambda one: one[1]['number'], reverse=True)
    fitting = [one for one in newest if wanted.fits(*one)]
    rest = [one for one in fitting if wanted.before is None or one[1]['number'] < wanted.before]
    page = rest[: wanted.count]
    last = page[-1][1]['number'] if page and len(rest) > len(page) else None
    return _answer(
        resources.bundle(
            kind,
            [resources.resource(kind, name, entity, site.hospital) for name, entity in page],
            base=_base(request, site),
            total=len(fitting),
            here=query_of(items),
            after=None if last is None else query_of(items, before=last),
        )
    )


def _one(site: Site, person: Person, kind: str, delivery: str) -> resources.Resource | None:
    entity = find(site.views.current(), delivery, person)
    if entity is None or resources.status_of(kind, entity) is None:
        return None
    return resources.resource(kind, delivery, entity, site.hospital)


def _wrong(status: int, wrong: WrongOrder) -> Response:
    field = PLACES.get(wrong.field, wrong.field)
    return _answer(resources.outcome(status, f'{field}: {wrong.problem}', field=field), status)


def _answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(body, status, headers, media_type=resources.MEDIA)


def _base(request: Request, site: Site) -> str:
    """Return the address we are called by, if it is one of ours: `Host` is anybody's word."""
    origins = sorted(site.allowed_origins)
    asked = f'{request.url.scheme}://{request.url.netloc}'
    return asked if asked in origins or not origins else origins[0]
