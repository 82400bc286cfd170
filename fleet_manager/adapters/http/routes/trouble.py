"""What people do when a delivery does not go its usual way, and the record of who had it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from fleet_manager.adapters.http.answers import CustodyRecord
from fleet_manager.adapters.http.auth import Person
from fleet_manager.adapters.http.bodies import Body, Note, Pieces, Secret, Word, read_form
from fleet_manager.adapters.http.delivery_page import audience_of, find
from fleet_manager.adapters.http.describe import described
from fleet_manager.adapters.http.routes.ward import Empty, act, signed_by, step_up
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep
from fleet_manager.domain.deliveries.custody import Custody, Holding, gaps
from fleet_manager.domain.deliveries.follow_up import STEPS
from fleet_manager.domain.ids import DeliveryId, RobotId, StationId
from fleet_manager.domain.maps.model import Station
from fleet_manager.domain.messages import (
    AskRescue,
    CallOffRescue,
    CallRobot,
    CancelDelivery,
    CloseDelivery,
    FollowUpStep,
    NoteFollowUp,
    OpenLeftBehind,
    RescueParcel,
)
from fleet_manager.domain.units import Instant

router = APIRouter()


class Why(Body):
    """Why somebody does it."""

    reason: Note


class Step(Body):
    """A step of a follow-up, and what was done."""

    step: Literal['answered', 'solved', 'called_back']
    reason: Note


class Where(Body):
    """A station of the hospital."""

    station: Word


class Opens(Body):
    """A secret, asked for again at the robot; of two people where the goods need them."""

    pin: Secret
    witness: Word = ''
    witness_pin: Word = ''
    count: Pieces = 0


@router.post('/deliveries/{delivery}/bring-back')
async def bring_back(
    delivery: str, request: Request, site: SiteDep, person: PersonDep
) -> Response:
    """Cancel on its way: it goes back to its sender."""
    await read_form(request, Empty)
    command = CancelDelivery(person.actor(), DeliveryId(delivery), bring_back=True)
    return await act(request, site, person, delivery, command)


@router.post('/deliveries/{delivery}/rescue')
async def rescue(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Ask for people to fetch what is in the robot of a delivery."""
    form = await read_form(request, Why)
    robot = _robot_of(site, delivery, person)
    command = AskRescue(person.actor(), RobotId(robot), form.reason.strip())
    return await act(request, site, person, delivery, command)


@router.post('/deliveries/{delivery}/call-off')
async def call_off(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Let the robot of a delivery go on: it works again."""
    await read_form(request, Empty)
    robot = _robot_of(site, delivery, person)
    command = CallOffRescue(person.actor(), RobotId(robot))
    return await act(request, site, person, delivery, command)


@router.post('/deliveries/{delivery}/rescued')
async def rescued(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Take a parcel out of a robot that does not work, after the secret was given again."""
    form = await read_form(request, Opens)
    actor = await step_up(request, site, person, delivery, form.pin)
    if isinstance(actor, Response):
        return actor
    second = await signed_by(request, site, person, delivery, form.witness, form.witness_pin)
    if isinstance(second, Response):
        return second
    command = RescueParcel(actor, DeliveryId(delivery), second)
    return await act(request, site, person, delivery, command)


@router.post('/deliveries/{delivery}/open-left')
async def open_left(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Open a compartment for what nobody else loads or takes out."""
    form = await read_form(request, Opens)
    actor = await step_up(request, site, person, delivery, form.pin)
    if isinstance(actor, Response):
        return actor
    second = await signed_by(request, site, person, delivery, form.witness, form.witness_pin)
    if isinstance(second, Response):
        return second
    command = OpenLeftBehind(actor, DeliveryId(delivery), second, form.count)
    return await act(request, site, person, delivery, command)


@router.post('/deliveries/{delivery}/call-robot')
async def call_robot(
    delivery: str, request: Request, site: SiteDep, person: PersonDep
) -> Response:
    """Let a robot fetch what the person carries at a station."""
    form = await read_form(request, Where)
    command = CallRobot(person.actor(), DeliveryId(delivery), StationId(form.station))
    return await act(request, site, person, delivery, command)


@router.post('/deliveries/{delivery}/close')
async def close(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """End a delivery that nobody else ends."""
    form = await read_form(request, Why)
    command = CloseDelivery(person.actor(), DeliveryId(delivery), form.reason.strip())
    return await act(request, site, person, delivery, command)


@router.post('/deliveries/{delivery}/follow-up')
async def follow_up(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Note that somebody answered, solved it or called back."""
    form = await read_form(request, Step)
    step = FollowUpStep(form.step)
    command = NoteFollowUp(person.actor(), DeliveryId(delivery), step, form.reason.strip())
    return await act(request, site, person, delivery, command)


@router.get('/follow-ups')
async def follow_ups(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Everything somebody still has to see to, what is due first at the top."""
    audience, found = audience_of(person), []
    for name, entity in site.views.current().entities.get('delivery', {}).items():
        open_one = entity.get('follow_up')
        if open_one and open_one['open'] and audience.sees(entity):
            found.append(_due(name, entity, site.clock()))
    found.sort(key=lambda one: (one['due'], one['id']))
    return site.pages.page(request, 'follow_ups.html', follow_ups=found, refresh=30)


@router.get('/deliveries/{delivery}/custody')
async def custody_page(
    delivery: str, request: Request, site: SiteDep, person: PersonDep
) -> Response:
    """Who had the parcel from when to when."""
    record = await _record(site, delivery, person)
    if record is None:
        return site.pages.error(request.scope, 404, 'unknown_delivery')
    entity = find(site.views.current(), delivery, person) or {}
    shown = {
        'delivery': record.delivery,
        'holdings': [
            _shown(site, one, before)
            for before, one in zip((None, *record.holdings), record.holdings, strict=False)
        ],
    }
    return site.pages.page(
        request,
        'custody.html',
        record=shown,
        wrong=gaps(record),
        accounts=await site.people.by_name(),
        temperatures=record.temperatures,
        cold_chain=entity.get('cold_chain'),
        now=site.clock(),
        number=entity.get('number', ''),
    )


@router.get('/api/v1/deliveries/{delivery}/custody', **described(answer=CustodyRecord))
async def custody_json(
    delivery: str, request: Request, site: SiteDep, person: PersonDep
) -> Response:
    """Return who had the parcel from when to when, and what is wrong with that."""
    record = await _record(site, delivery, person)
    if record is None:
        return site.pages.error(request.scope, 404, 'unknown_delivery')
    holdings = [asdict(one) for one in record.holdings]
    temperatures = [asdict(one) for one in record.temperatures]
    return JSONResponse(
        {
            'id': delivery,
            'holdings': holdings,
            'temperatures': temperatures,
            'gaps': gaps(record),
        }
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    """A holding as people read it. `who` is `received` where others sign than took it out."""

    who: str
    place: str
    station: Station | None
    since: Instant
    until: Instant | None
    signed_by: str
    witness: str


def _shown(site: Site, one: Holding, before: Holding | None) -> _Shown:
    who, _, place = one.holder.partition(':')
    if before is not None and before.holder == one.holder:
        who = 'received'
    station = site.hospital.stations.get(StationId(place))
    name, _, compartment = place.partition('/')
    robot = site.hospital.robots.get(RobotId(name))
    if robot is not None:
        place = f'{robot.name} · {compartment}'
    return _Shown(who, place, station, one.since, one.until, one.signed_by, one.witness)


def _due(name: str, entity: Mapping[str, Any], now: Instant) -> dict[str, Any]:
    follow = entity['follow_up']
    step = next(step for step in STEPS if step not in follow['done'])
    due = follow['due'][step]
    return {
        'id': name,
        'number': entity['number'],
        'goods': entity['goods'],
        'follow_up': follow,
        'step': step,
        'due': due,
        'late': now > due,
    }


def _robot_of(site: Site, delivery: str, person: Person) -> str:
    entity = find(site.views.current(), delivery, person)
    return str(entity['robot'] or '') if entity is not None else ''


async def _record(site: Site, delivery: str, person: Person) -> Custody | None:
    """Return the custody of a delivery the person may see, from the journal."""
    if site.custody is None or find(site.views.current(), delivery, person) is None:
        return None
    return await site.people.in_thread(site.custody, DeliveryId(delivery))
