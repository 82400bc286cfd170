"""The operator's page and what its buttons do."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from fleet_manager.adapters.http.answers import Done
from fleet_manager.adapters.http.bodies import Body, read_json
from fleet_manager.adapters.http.describe import described
from fleet_manager.adapters.http.pages import REFUSAL_STATUS
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep, words_of
from fleet_manager.domain.ids import LiftId, RobotId
from fleet_manager.domain.messages import (
    AcknowledgeAlert,
    Command,
    PauseFleet,
    PauseRobot,
    ReadmitRobot,
    ReleaseLift,
    ResumeFleet,
    ResumeRobot,
    SignCleaning,
)

router = APIRouter()


class Nothing(Body):
    """The body of a command that needs none: `{}`."""


COMMAND: Final[dict[str, Any]] = described(body=Nothing, body_needed=False, answer=Done)


@router.get('/operator')
async def operator(request: Request, site: SiteDep) -> Response:
    """Every floor, lift, robot, delivery and alert on one page."""
    words, accounts = words_of(request), await site.people.by_name()
    people = {one: site.pages.who(one, accounts, words) for one in accounts}
    return site.pages.page(request, 'operator.html', people=people)


@router.post('/api/v1/robots/{robot}/pause', **COMMAND)
async def pause_robot(robot: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Hold one robot where it is."""
    return await _command(request, site, PauseRobot(person.actor(), RobotId(robot)))


@router.post('/api/v1/robots/{robot}/resume', **COMMAND)
async def resume_robot(robot: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Let a paused robot go on."""
    return await _command(request, site, ResumeRobot(person.actor(), RobotId(robot)))


@router.post('/api/v1/robots/{robot}/readmit', **COMMAND)
async def readmit_robot(
    robot: str, request: Request, site: SiteDep, person: PersonDep
) -> Response:
    """Say that an excluded robot was looked at and is where it says."""
    return await _command(request, site, ReadmitRobot(person.actor(), RobotId(robot)))


@router.post('/api/v1/robots/{robot}/cleaned', **COMMAND)
async def cleaned(robot: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Sign that a robot was cleaned inside, where it stands to be cleaned."""
    return await _command(request, site, SignCleaning(person.actor(), RobotId(robot)))


@router.post('/api/v1/lifts/{lift}/release', **COMMAND)
async def release_lift(lift: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Say that a lift that was recalled was looked at, and may take robots again."""
    return await _command(request, site, ReleaseLift(person.actor(), LiftId(lift)))


@router.post('/api/v1/fleet/pause', **COMMAND)
async def pause_fleet(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Hold every robot where it is. Not an emergency stop: that is the red button on the robot."""
    return await _command(request, site, PauseFleet(person.actor()))


@router.post('/api/v1/fleet/resume', **COMMAND)
async def resume_fleet(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Let the fleet go on."""
    return await _command(request, site, ResumeFleet(person.actor()))


@router.post('/api/v1/alerts/{alert}/acknowledge', **COMMAND)
async def acknowledge(alert: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Say that an alert was seen. Its condition goes on."""
    return await _command(request, site, AcknowledgeAlert(person.actor(), alert))


async def _command(request: Request, site: Site, command: Command) -> Response:
    if await request.body():
        await read_json(request, Nothing)
    reply = await site.submit(command)
    if reply.refusal_code is not None:
        code = reply.refusal_code
        status = REFUSAL_STATUS.get(code, 422)
        return site.pages.error(request.scope, status, code, **reply.refusal_params)
    return JSONResponse({})
