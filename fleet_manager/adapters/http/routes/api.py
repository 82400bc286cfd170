"""JSON for scripts and programs: the map, the picture, deliveries and the live feed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request, WebSocket
from pydantic import Field
from starlette.responses import JSONResponse, Response

from fleet_manager.adapters.http import feed_socket
from fleet_manager.adapters.http.bodies import BadBody, Body, Details, Id, Moment, Note, read_json
from fleet_manager.adapters.http.delivery_page import audience_of, find
from fleet_manager.adapters.http.feed import encode, visible
from fleet_manager.adapters.http.pages import REFUSAL_STATUS
from fleet_manager.adapters.http.request_form import NewDelivery, request_delivery
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep
from fleet_manager.domain.ids import DeliveryId

router = APIRouter(prefix='/api/v1')


class DeliveryBody(Body):
    """A request for a delivery; its key comes in the header `Idempotency-Key`.

    `raised` asks one step more urgently, and the note says why. Nobody comes before `earliest`;
    `latest` is when scheduled goods are promised. `details` are fields some goods have.
    """

    goods: Id
    sender: Id
    recipient: Id
    note: Note = ''
    raised: bool = False
    earliest: Moment = 0
    latest: Moment = 0
    details: Details = Field(default_factory=dict)


@router.get('/session')
async def session(person: PersonDep) -> Response:
    """Say who asks, and give the token that changing requests carry as `X-CSRF-Token`."""
    account = person.account
    return JSONResponse(
        {
            'account': account.id,
            'label': account.label,
            'role': account.role,
            'station': account.station,
            'csrf': person.csrf,
        }
    )


@router.get('/map')
async def hospital_map(request: Request, site: SiteDep) -> Response:
    """Return everything that does not move. Changes with the map's version only."""
    hospital, as_json = site.shown.now
    etag = f'"{hospital.version}"'
    headers = {'etag': etag, 'cache-control': 'private, no-cache'}
    if request.headers.get('if-none-match') == etag:
        return Response(status_code=304, headers=headers)
    return Response(as_json, media_type='application/json', headers=headers)


@router.get('/state')
async def state(site: SiteDep, person: PersonDep) -> Response:
    """Return the whole picture, as far as the person may see it."""
    view = site.views.current()
    entities = visible(view.entities, audience_of(person))
    body = {'seq': view.seq, 'now': view.now, 'entities': entities}
    return Response(encode(body), media_type='application/json')


@router.post('/deliveries')
async def create(
    request: Request,
    site: SiteDep,
    person: PersonDep,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Response:
    """Ask for a delivery: 201, or 200 where the key was used before for the same request."""
    body = await read_json(request, DeliveryBody)
    try:
        asked = body.model_dump(exclude={'earliest', 'latest', 'details'})
        form = NewDelivery(key=idempotency_key or '', **asked)
    except ValueError:
        raise BadBody('Idempotency-Key') from None
    command = request_delivery(
        person, form, earliest=body.earliest, latest=body.latest, details=body.details
    )
    reply = await site.submit(command)
    if reply.delivery is None:
        code = reply.refusal_code or 'not_allowed'
        status = REFUSAL_STATUS.get(code, 422)
        return site.pages.error(request.scope, status, code, **reply.refusal_params)
    created = reply.delivery
    await site.settle(lambda view: created in view.entities.get('delivery', {}))
    entity = find(site.views.current(), created, person)
    return JSONResponse(
        {'id': created, 'delivery': None if entity is None else _shown(entity, created, person)},
        200 if reply.replayed else 201,
        {'location': f'/api/v1/deliveries/{created}'},
    )


@router.get('/deliveries/{delivery}')
async def one(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Return one delivery."""
    entity = find(site.views.current(), delivery, person)
    if entity is None:
        return site.pages.error(request.scope, 404, 'unknown_delivery')
    return JSONResponse({'id': delivery, 'delivery': _shown(entity, delivery, person)})


@router.get('/deliveries/{delivery}/timeline')
async def timeline(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Return what happened to a delivery, from the journal: who, what, when."""
    entity = find(site.views.current(), delivery, person)
    if site.timeline is None or entity is None:
        return site.pages.error(request.scope, 404, 'unknown_delivery')
    return JSONResponse({'id': delivery, 'events': await _read_timeline(site, delivery)})


@router.websocket('/feed')
async def feed(websocket: WebSocket) -> None:
    """Send the picture and then what changes. The gate has checked session and origin."""
    site: Site = websocket.app.state.site
    await feed_socket.serve(websocket, site, websocket.state.person)


def _shown(entity: object, delivery: str, person: PersonDep) -> object:
    shown = visible({'delivery': {delivery: entity}}, audience_of(person))  # type: ignore[dict-item]
    return shown['delivery'][delivery]


async def _read_timeline(site: Site, delivery: str) -> list[dict[str, object]]:
    assert site.timeline is not None  # noqa: S101 - the route answers 404 without one
    return await site.people.in_thread(site.timeline, DeliveryId(delivery))
