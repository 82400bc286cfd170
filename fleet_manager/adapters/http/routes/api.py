"""JSON for scripts and programs: the map, the picture, deliveries and the live feed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Request, WebSocket
from pydantic import BeforeValidator, Field
from starlette.responses import JSONResponse, Response

from fleet_manager.adapters.http import feed_socket
from fleet_manager.adapters.http.answers import (
    Deliveries,
    Map,
    OneDelivery,
    Session,
    State,
    Timeline,
)
from fleet_manager.adapters.http.bodies import (
    BadBody,
    Body,
    Details,
    Id,
    Moment,
    Note,
    OrderNumber,
    is_key,
    read_json,
    read_query,
)
from fleet_manager.adapters.http.delivery_page import audience_of, find, is_cancelled
from fleet_manager.adapters.http.describe import described
from fleet_manager.adapters.http.feed import encode, visible
from fleet_manager.adapters.http.pages import REFUSAL_STATUS
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep
from fleet_manager.application.outside_orders import key_of_order
from fleet_manager.domain.deliveries.goods import Urgency
from fleet_manager.domain.deliveries.lifecycle import ENDS, DeliveryState
from fleet_manager.domain.ids import DeliveryId, StationId
from fleet_manager.domain.messages import CancelDelivery, PutOffDelivery, RequestDelivery
from fleet_manager.domain.units import Instant

#: Deliveries on one page of a list.
PAGE: Final = 50
MAX_PAGE: Final = 500

router = APIRouter(prefix='/api/v1')


class Nothing(Body):
    """The body of a command that needs none: `{}`."""


class DeliveryBody(Body):
    """A request for a delivery.

    Its key comes in the header `Idempotency-Key`; `reference`, the order number in the system that
    asks, takes the place of a key: one number is one delivery, however often it is sent.
    `raised` asks one step more urgently, and the note says why. Nobody comes before `earliest`;
    `latest` is the end of its window, when it is promised; what is urgent as soon as its class is,
    if that is sooner. `details` are fields some goods have.
    """

    goods: Id
    sender: Id
    recipient: Id
    note: Note = ''
    raised: bool = False
    earliest: Moment = 0
    latest: Moment = 0
    details: Details = Field(default_factory=dict)
    reference: OrderNumber = ''


def _number(value: object) -> object:
    return (
        int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 16 else value
    )


def _state(value: object) -> object:
    return next((state for state in DeliveryState if state == value), value)


def _urgency(value: object) -> object:
    return next((urgency for urgency in Urgency if urgency == value), value)


Number = Annotated[int, BeforeValidator(_number), Field(ge=0)]


class Wanted(Body):
    """Which deliveries are listed: those that fit all that is given."""

    state: Annotated[DeliveryState | None, BeforeValidator(_state)] = None
    open: Literal['true', 'false'] | None = Field(None, description='not ended yet, or ended')
    goods: Id | None = None
    sender: Id | None = None
    recipient: Id | None = None
    station: Id | None = Field(None, description='sender or recipient')
    urgency: Annotated[Urgency | None, BeforeValidator(_urgency)] = None
    robot: Id | None = None
    reference: OrderNumber | None = None
    since: Number | None = Field(None, description='changed at this moment or later, in ms')
    before: Number | None = Field(None, description='with a lower number: `next` of a page')
    limit: Annotated[int, BeforeValidator(_number), Field(ge=1, le=MAX_PAGE)] = PAGE

    def fits(self, entity: Mapping[str, Any]) -> bool:
        """Whether a delivery is to be listed."""
        asked = self.model_dump(
            include={'state', 'goods', 'sender', 'recipient', 'urgency', 'robot', 'reference'},
            exclude_none=True,
        )
        ended = entity['state'] in ENDS
        return (
            all(entity[name] == value for name, value in asked.items())
            and self.station in (None, entity['sender'], entity['recipient'])
            and (self.open is None or (self.open == 'false') == ended)
            and (self.since is None or changed_at(entity) >= self.since)
        )


def changed_at(entity: Mapping[str, Any]) -> int:
    """Return when a delivery came into a state last, in UTC ms."""
    return int(max(entity['times'].values()))


@router.get('/session', **described(answer=Session))
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


@router.get('/map', **described(answer=Map, also={304: 'As before.'}))
async def hospital_map(request: Request, site: SiteDep) -> Response:
    """Return everything that does not move. Changes with the map's version only."""
    hospital, as_json = site.shown.now
    etag = f'"{hospital.version}"'
    headers = {'etag': etag, 'cache-control': 'private, no-cache'}
    if request.headers.get('if-none-match') == etag:
        return Response(status_code=304, headers=headers)
    return Response(as_json, media_type='application/json', headers=headers)


@router.get('/state', **described(answer=State))
async def state(site: SiteDep, person: PersonDep) -> Response:
    """Return the whole picture, as far as the person may see it."""
    view = site.views.current()
    entities = visible(view.entities, audience_of(person))
    body = {'seq': view.seq, 'now': view.now, 'entities': entities}
    return Response(encode(body), media_type='application/json')


@router.get('/deliveries', **described(query=Wanted, answer=Deliveries))
async def deliveries(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """List deliveries, newest first, a page at a time.

    There are those that are open and those that ended within the last 24 hours.
    """
    wanted = read_query(request, Wanted)
    known = visible(site.views.current().entities, audience_of(person)).get('delivery', {})
    newest = sorted(known.items(), key=lambda one: one[1]['number'], reverse=True)
    found: list[dict[str, Any]] = [
        {'id': name, 'delivery': entity}
        for name, entity in newest
        if (wanted.before is None or entity['number'] < wanted.before) and wanted.fits(entity)
    ]
    page = found[: wanted.limit]
    more = page[-1]['delivery']['number'] if len(found) > len(page) else None
    return Response(encode({'deliveries': page, 'next': more}), media_type='application/json')


@router.post(
    '/deliveries',
    **described(
        body=DeliveryBody,
        answer=OneDelivery,
        status=201,
        also={200: OneDelivery},
        headers={'Idempotency-Key': '8 to 64 of A-Z a-z 0-9 _ -; needed without `reference`'},
    ),
)
async def create(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Ask for a delivery: 201, or 200 where the key was used before for the same request."""
    body = await read_json(request, DeliveryBody)
    command = RequestDelivery(
        person.actor(),
        key_of_order(body.reference) if body.reference else _key(request),
        body.goods,
        StationId(body.sender),
        StationId(body.recipient),
        body.note.strip(),
        raised=body.raised,
        earliest=Instant(body.earliest),
        latest=Instant(body.latest),
        details=dict(body.details),
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


@router.get('/deliveries/{delivery}', **described(answer=OneDelivery))
async def one(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Return one delivery."""
    entity = find(site.views.current(), delivery, person)
    if entity is None:
        return site.pages.error(request.scope, 404, 'unknown_delivery')
    return JSONResponse({'id': delivery, 'delivery': _shown(entity, delivery, person)})


@router.post(
    '/deliveries/{delivery}/cancel',
    **described(body=Nothing, body_needed=False, answer=OneDelivery),
)
async def cancel(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Cancel a delivery, until it is being loaded. Doing it twice is once."""
    if await request.body():
        await read_json(request, Nothing)
    if find(site.views.current(), delivery, person) is None:
        return site.pages.error(request.scope, 404, 'unknown_delivery')
    reply = await site.submit(CancelDelivery(person.actor(), DeliveryId(delivery)))
    if reply.refusal_code is not None:
        status = REFUSAL_STATUS.get(reply.refusal_code, 422)
        return site.pages.error(request.scope, status, reply.refusal_code, **reply.refusal_params)
    await site.settle(lambda view: is_cancelled(view, delivery))
    entity = find(site.views.current(), delivery, person)
    return JSONResponse({'id': delivery, 'delivery': entity and _shown(entity, delivery, person)})


@router.post(
    '/deliveries/{delivery}/put-off',
    **described(body=Nothing, body_needed=False, answer=OneDelivery),
)
async def put_off(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Take what has arrived later, as long as its goods class lets it wait.

    Only while its robot stands there, and no compartment is open. Twice while it lasts is once.
    """
    if await request.body():
        await read_json(request, Nothing)
    before = find(site.views.current(), delivery, person)
    if before is None:
        return site.pages.error(request.scope, 404, 'unknown_delivery')
    reply = await site.submit(PutOffDelivery(person.actor(), DeliveryId(delivery)))
    if reply.refusal_code is not None:
        status = REFUSAL_STATUS.get(reply.refusal_code, 422)
        return site.pages.error(request.scope, status, reply.refusal_code, **reply.refusal_params)
    await site.settle(lambda view: find(view, delivery, person) != before)
    entity = find(site.views.current(), delivery, person)
    return JSONResponse({'id': delivery, 'delivery': entity and _shown(entity, delivery, person)})


@router.get('/deliveries/{delivery}/timeline', **described(answer=Timeline))
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


def _key(request: Request) -> str:
    """Return the idempotency key of a request. Raises BadBody."""
    key = request.headers.get('idempotency-key', '')
    if not is_key(key):
        raise BadBody('Idempotency-Key')
    return key


def _shown(entity: object, delivery: str, person: PersonDep) -> object:
    shown = visible({'delivery': {delivery: entity}}, audience_of(person))  # type: ignore[dict-item]
    return shown['delivery'][delivery]


async def _read_timeline(site: Site, delivery: str) -> list[dict[str, object]]:
    assert site.timeline is not None  # noqa: S101 - the route answers 404 without one
    return await site.people.in_thread(site.timeline, DeliveryId(delivery))
