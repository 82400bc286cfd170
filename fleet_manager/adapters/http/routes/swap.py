"""Changing the map while the fleet works: ask for it, look how far it is, give it up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from pydantic import AfterValidator, Field, StringConstraints
from starlette.responses import JSONResponse, Response

from fleet_manager.adapters.http.answers import Done, SwapAsked, SwapState
from fleet_manager.adapters.http.bodies import Body, Note, read_json
from fleet_manager.adapters.http.describe import described
from fleet_manager.adapters.http.i18n import Words
from fleet_manager.adapters.http.pages import REFUSAL_STATUS
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep, words_of
from fleet_manager.application.ports import View
from fleet_manager.domain.errors import FleetError, MapError
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.problems import BrokenMap, Problem, Severity
from fleet_manager.domain.messages import CancelMapSwap, Command, SwapMap
from fleet_manager.domain.units import HOUR, SECOND

router = APIRouter(prefix='/api/v1/map/swap')

#: Longest wait that can be asked for, in seconds; see application/swap_map.py.
MAX_WAIT_SECONDS: Final = 24 * HOUR // SECOND


def _said(value: str) -> str:
    if not value.strip():
        raise ValueError('empty')
    return value


Reason = Annotated[Note, StringConstraints(min_length=1), AfterValidator(_said)]


class SwapBody(Body):
    """A whole map as plain data (the files of its folder as one), why, and how long to wait."""

    map: dict[str, Any]
    reason: Reason
    wait_seconds: int = Field(ge=0, le=MAX_WAIT_SECONDS)


class CancelBody(Body):
    """Why the change is given up."""

    reason: Reason


@router.get('', **described(answer=SwapState))
async def state(request: Request, site: SiteDep) -> Response:
    """Say which map is in force, what a change under way waits for, how the last one ended."""
    fleet = site.views.current().entities.get('fleet', {}).get('fleet', {})
    words = words_of(request)
    return JSONResponse(
        {
            'map_version': site.hospital.version,
            'swap': _told(fleet.get('map_swap'), words),
            'last': _told(fleet.get('map_swap_end'), words),
            'robots_on_old_map': list(fleet.get('robots_on_old_map', ())),
        }
    )


@router.post(
    '',
    **described(
        body=SwapBody,
        answer=SwapAsked,
        status=202,
        also={200: SwapAsked, 507: 'The disk does not keep the map.'},
    ),
)
async def swap(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Take a new map: 202 when the change began, 200 when it is the map in force already.

    422 with all problems and places where the map is wrong; then nothing changes.
    """
    body = await read_json(request, SwapBody)
    maps = site.maps
    if maps is None:
        return site.pages.error(request.scope, 404, 'not_found')
    async with site.map_turn:  # checking one takes a core for seconds
        try:
            hospital = await asyncio.to_thread(maps.build, body.map)
            if hospital.version == site.hospital.version:
                return _answer(hospital, 'unchanged', 200)
            hospital = await asyncio.to_thread(maps.keep, hospital)
        except MapError as error:
            response = site.pages.error(request.scope, 422, 'broken_map')
            return _with_problems(response, error)
        except FleetError as error:
            return site.pages.error(request.scope, 507, 'map_not_kept', why=str(error))
    command = SwapMap(person.actor(), hospital, body.reason, body.wait_seconds * SECOND)
    refused = await _say(request, site, command)
    if refused is not None:
        return refused
    await site.settle(lambda view: _is_told(view, hospital.version))
    return _answer(hospital, 'asked', 202)


@router.post('/cancel', **described(body=CancelBody, answer=Done))
async def cancel(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Give up the change under way; the map in force stays."""
    body = await read_json(request, CancelBody)
    refused = await _say(request, site, CancelMapSwap(person.actor(), body.reason))
    return JSONResponse({}) if refused is None else refused


async def _say(request: Request, site: Site, command: Command) -> Response | None:
    reply = await site.submit(command)
    if reply.refusal_code is None:
        return None
    code = reply.refusal_code
    status = REFUSAL_STATUS.get(code, 422)
    return site.pages.error(request.scope, status, code, **reply.refusal_params)


def _is_told(view: View, version: str) -> bool:
    """Whether the picture shows a change to this version, under way or over."""
    fleet = view.entities.get('fleet', {}).get('fleet', {})
    told = (fleet.get('map_swap'), fleet.get('map_swap_end'))
    return any(swap is not None and swap['version'] == version for swap in told)


def _answer(hospital: Hospital, outcome: str, status: int) -> Response:
    return JSONResponse({'outcome': outcome, 'version': hospital.version}, status)


def _with_problems(response: Response, broken: MapError) -> Response:
    error = json.loads(bytes(response.body))['error']
    found = broken.problems if isinstance(broken, BrokenMap) else (_whole(broken),)
    problems = [
        {'code': p.code, 'place': p.place, 'problem': p.problem, 'mend': p.mend} for p in found
    ]
    return JSONResponse({'error': error | {'problems': problems}}, response.status_code)


def _whole(error: MapError) -> Problem:
    """Return what is wrong with a map as a whole as a problem like the others."""
    mend = 'look at the map with fleet map draw'
    return Problem('unusable', Severity.ERROR, error.place, error.problem, mend)


def _told(swap: Mapping[str, Any] | None, words: Words) -> Mapping[str, Any] | None:
    """Add to what a change waits for, or waited for, a sentence for people."""
    if swap is None:
        return None
    waits_for = [
        hold
        | {
            'text': words.known(
                f'map_hold.{hold["code"]}', 'error.internal', **_named(hold, words)
            )
        }
        for hold in swap['waits_for']
    ]
    return {**swap, 'waits_for': waits_for}


def _named(hold: Mapping[str, Any], words: Words) -> dict[str, str]:
    """Return the figures of a sentence, with codes in words."""
    params = dict(hold['params'])
    if 'why' in params:
        params['why'] = words.known(f'map_hold.why.{params["why"]}', 'map_hold.why.other')
    if 'state' in params:
        params['state'] = words.known(f'delivery.state.{params["state"]}', 'map_hold.why.other')
    if 'place' in params:
        params['place'] = params['place'].partition(':')[2]
    return params
