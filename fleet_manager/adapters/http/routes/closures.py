"""Closing lanes, zones, lifts and floors to robots, and opening them again."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from fleet_manager.adapters.http.answers import Closed, Closures, Done
from fleet_manager.adapters.http.bodies import Body, Id, read_json
from fleet_manager.adapters.http.describe import described
from fleet_manager.adapters.http.pages import REFUSAL_STATUS
from fleet_manager.adapters.http.routes.swap import Reason
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep
from fleet_manager.application.ports import View
from fleet_manager.domain.ids import ClosureId
from fleet_manager.domain.messages import ClosePlace, Command, OpenPlace, PlaceKind
from fleet_manager.domain.units import Instant

router = APIRouter(prefix='/api/v1/closures')


class CloseBody(Body):
    """What is closed, why, and until when: UTC milliseconds, 0 until it is opened again.

    Without `robot_type` it is closed to all robots.
    """

    kind: Literal['lane', 'zone', 'lift', 'floor']
    place: Id
    reason: Reason
    until: int = Field(ge=0)
    robot_type: Id | None = None


class Nothing(Body):
    """The body of a command that needs none: `{}`."""


@router.get('', **described(answer=Closures))
async def closures(site: SiteDep) -> Response:
    """Return what is closed now, and what that cuts off from the rest."""
    view = site.views.current()
    return JSONResponse({'closures': dict(_closures(view)), 'cut_off': _cut_off(view)})


@router.post('', **described(body=CloseBody, answer=Closed))
async def close(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Close a place. Said again it is the same closure, with the new reason and end.

    The answer says which stations and robots are cut off from the rest now.
    """
    body = await read_json(request, CloseBody)
    command = ClosePlace(
        person.actor(),
        PlaceKind(body.kind),
        body.place,
        body.reason,
        Instant(body.until),
        body.robot_type or '',
    )
    refused = await _say(request, site, command)
    if refused is not None:
        return refused
    await site.settle(lambda view: _find(view, command) is not None)
    view = site.views.current()
    return JSONResponse({'closure': _find(view, command), 'cut_off': _cut_off(view)})


@router.post('/{closure}/open', **described(body=Nothing, body_needed=False, answer=Done))
async def open_again(closure: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """End a closure before its time. Doing it twice is once."""
    if await request.body():
        await read_json(request, Nothing)
    refused = await _say(request, site, OpenPlace(person.actor(), ClosureId(closure)))
    if refused is not None:
        return refused
    await site.settle(lambda view: closure not in _closures(view))
    return JSONResponse({})


async def _say(request: Request, site: Site, command: Command) -> Response | None:
    reply = await site.submit(command)
    if reply.refusal_code is None:
        return None
    code = reply.refusal_code
    status = REFUSAL_STATUS.get(code, 422)
    return site.pages.error(request.scope, status, code, **reply.refusal_params)


def _closures(view: View) -> Any:
    return view.entities.get('closure', {})


def _cut_off(view: View) -> Any:
    fleet = view.entities.get('fleet', {}).get('fleet', {})
    return fleet.get('cut_off', {'stations': [], 'robots': []})


def _find(view: View, command: ClosePlace) -> str | None:
    """Return the closure a picture shows for what was asked."""
    wanted = {
        'kind': command.kind.value,
        'place': command.place,
        'robot_type': command.robot_type,
        'reason': command.reason,
        'until': command.until or None,
    }
    for name, entity in _closures(view).items():
        if wanted.items() <= entity.items():
            return str(name)
    return None
