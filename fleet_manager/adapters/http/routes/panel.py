"""The screen on a robot: pair it once, load and collect with a PIN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from fastapi import APIRouter, Request, WebSocket
from starlette.responses import RedirectResponse, Response

from fleet_manager.adapters.http import feed_socket
from fleet_manager.adapters.http.auth import Panel
from fleet_manager.adapters.http.bodies import Body, Id, Pieces, Secret, Word, read_form
from fleet_manager.adapters.http.pages import REFUSAL_STATUS
from fleet_manager.adapters.http.panel_page import PanelPage, Thing, describe
from fleet_manager.adapters.http.site import PanelDep, Site, SiteDep, words_of
from fleet_manager.application.audit import DONE
from fleet_manager.domain.ids import DeliveryId, RobotId
from fleet_manager.domain.messages import (
    Actor,
    Command,
    OpenCompartment,
    PutOffDelivery,
    RefuseDelivery,
    SignDelivery,
)
from fleet_manager.domain.units import MINUTE, Instant

router = APIRouter(prefix='/robot/{robot}')

_Deed = Callable[[Actor, Actor | None, DeliveryId], Command]

#: Why a parcel is not taken, as buttons: there is no keyboard at a robot.
REASONS: Final = ('wrong', 'damaged', 'not_needed', 'later')
#: What may not be right with what was taken out, as buttons too.
FLAWS: Final = ('less', 'damaged', 'other')
#: A screen stays paired; 400 days are the most a browser keeps.
PAIRED_SECONDS: Final = 400 * 24 * 3600
#: Without scripts the page reloads itself this often, but never while a PIN is being typed.
REFRESH_SECONDS: Final = 5


class Code(Body):
    """The code that was read out."""

    code: Secret


class WithPin(Body):
    """A deed at the robot and the PIN of who does it; of two people where the goods need them."""

    delivery: Id
    pin: Secret
    witness: Word = ''
    witness_pin: Word = ''
    count: Pieces = 0


class Signed(WithPin):
    """A signature, and what is not right where not all is."""

    missing: Literal['', 'less', 'damaged', 'other'] = ''


class Refused(WithPin):
    """Why a parcel is not taken."""

    reason: Literal['wrong', 'damaged', 'not_needed', 'later']


@router.get('/pair')
async def pairing(robot: str, request: Request, site: SiteDep) -> Response:
    """Ask for the code that makes this device the robot's panel."""
    if RobotId(robot) not in site.hospital.robots:
        return site.pages.error(request.scope, 404, 'not_found')
    return _pairing(request, site, robot)


@router.post('/pair')
async def pair(robot: str, request: Request, site: SiteDep) -> Response:
    """Make this device the robot's panel."""
    form = await read_form(request, Code)
    code = ''.join(character for character in form.code if character.isdecimal())
    token = await site.people.pair(RobotId(robot), code)
    paired = bool(token) and RobotId(robot) in site.hospital.robots
    await site.note(None, 'panel_paired', subject=robot, outcome=DONE if paired else 'wrong')
    if not paired:
        return _pairing(request, site, robot, failed=words_of(request)('panel.pair.wrong'))
    response = RedirectResponse(f'/robot/{robot}/panel', 303)
    response.set_cookie(
        site.panel_cookie,
        token,
        max_age=PAIRED_SECONDS,
        path='/',
        httponly=True,
        samesite='strict',
        secure=site.secure_cookies,
    )
    return response


@router.get('/panel')
async def panel_page(robot: str, request: Request, site: SiteDep, panel: PanelDep) -> Response:
    """Show what the robot is about, and what to do at it."""
    return _page(request, site, panel)


@router.post('/open')
async def open_here(robot: str, request: Request, site: SiteDep, panel: PanelDep) -> Response:
    """Open one compartment after a PIN: this is the signature of who loads or collects."""
    form = await read_form(request, WithPin)
    thing = _at_hand(site, panel, form.delivery)
    return await _do(
        request, site, panel, thing, form,
        lambda who, second, delivery: OpenCompartment(who, delivery, second, form.count),
    )  # fmt: skip


@router.post('/sign')
async def sign_here(robot: str, request: Request, site: SiteDep, panel: PanelDep) -> Response:
    """Sign, after a PIN, that what was taken out is right."""
    form = await read_form(request, Signed)
    page = _described(site, panel)
    thing = next((one for one in page.to_sign if one.delivery == form.delivery), None)
    missing = words_of(request)(f'panel.flaw.{form.missing}') if form.missing else ''
    return await _do(
        request, site, panel, thing, form,
        lambda who, second, delivery: SignDelivery(who, delivery, second, form.count, missing),
    )  # fmt: skip


@router.post('/refuse')
async def refuse_here(robot: str, request: Request, site: SiteDep, panel: PanelDep) -> Response:
    """Do not take a parcel, after a PIN: it goes back to its sender."""
    form = await read_form(request, Refused)
    thing = _at_hand(site, panel, form.delivery)
    thing = thing if thing is not None and thing.may_refuse else None
    reason = words_of(request)(f'panel.reason.{form.reason}')
    return await _do(
        request, site, panel, thing, form,
        lambda who, second, delivery: RefuseDelivery(who, delivery, reason),
    )  # fmt: skip


@router.post('/later')
async def put_off_here(robot: str, request: Request, site: SiteDep, panel: PanelDep) -> Response:
    """Take a parcel later, after a PIN: the robot comes again, or waits."""
    form = await read_form(request, WithPin)
    thing = _at_hand(site, panel, form.delivery)
    return await _do(
        request, site, panel, thing, form,
        lambda who, second, delivery: PutOffDelivery(who, delivery),
    )  # fmt: skip


@router.websocket('/feed')
async def feed(websocket: WebSocket) -> None:
    """Send what changes the screen. The gate has checked the pairing and the origin."""
    site: Site = websocket.app.state.site
    await feed_socket.serve_panel(websocket, site, websocket.state.panel)


async def _do(
    request: Request, site: Site, panel: Panel, thing: Thing | None, form: WithPin, deed: _Deed
) -> Response:
    """Check the PIN of the station the robot stands at, and of a second person; then do it.

    `thing` is None where there is nothing of the kind to do here any more.
    """
    if thing is None:
        return _gone(request, site, panel)
    box = f'{panel.robot}/{thing.compartment}'
    until = await site.people.locked_at(box, thing.delivery)
    if until:
        return _locked(request, site, panel, thing, until)
    outcome, who = await site.people.at_robot(thing.station.id, form.pin)
    second, key = None, f'pin.{outcome}'
    if who is not None and (form.witness or form.witness_pin):
        outcome, second = await site.people.colleague(form.witness, form.witness_pin)
        key = 'second_pin.wrong' if outcome == 'wrong' else f'pin.{outcome}'
    if outcome == 'wrong' and (until := await site.people.wrong_at(box, thing.delivery)):
        return _locked(request, site, panel, thing, until)
    if who is None or outcome != 'ok':
        text = words_of(request)(key, phone=site.hospital.phone)
        status = {'locked': 429, 'disabled': 403}.get(outcome, 422)
        return _page(request, site, panel, chosen=thing.delivery, problem=text, status=status)
    await site.people.right_at(box, thing.delivery)
    before = site.views.current().entities['delivery'].get(thing.delivery)
    reply = await site.submit(deed(who, second, DeliveryId(thing.delivery)))
    if reply.refusal_code is not None:
        code = reply.refusal_code
        text = site.pages.refusal_text(request, code, **reply.refusal_params)
        status = REFUSAL_STATUS.get(code, 422)
        return _page(request, site, panel, chosen=thing.delivery, problem=text, status=status)
    await site.settle(lambda view: view.entities['delivery'].get(thing.delivery) != before)
    return RedirectResponse(f'/robot/{panel.robot}/panel', 303)


def _locked(request: Request, site: Site, panel: Panel, thing: Thing, until: Instant) -> Response:
    """Say that nobody opens it here for some minutes, whose PIN ever it is."""
    minutes = -(-(until - site.clock()) // MINUTE)
    text = words_of(request).plural(
        'panel.locked.', max(1, minutes), compartment=thing.compartment, phone=site.hospital.phone
    )
    return _page(request, site, panel, chosen=thing.delivery, problem=text, status=429)


def _described(site: Site, panel: Panel, chosen: str = '') -> PanelPage:
    view, now = site.views.current(), site.clock()
    return describe(site.hospital, view, panel.robot, now=now, chosen=chosen)


def _at_hand(site: Site, panel: Panel, delivery: str) -> Thing | None:
    """Return what is to be done with a delivery at this robot now, or None."""
    things = _described(site, panel).things
    return next((thing for thing in things if thing.delivery == delivery), None)


def _gone(request: Request, site: Site, panel: Panel) -> Response:
    text = site.pages.refusal_text(request, 'robot_not_here')
    return _page(request, site, panel, problem=text, status=409)


def _page(
    request: Request,
    site: Site,
    panel: Panel,
    *,
    chosen: str = '',
    problem: str = '',
    status: int = 200,
) -> Response:
    chosen = chosen or request.query_params.get('delivery', '')
    page = _described(site, panel, chosen)
    return site.pages.page(
        request,
        'panel.html',
        status=status,
        page=page,
        problem_text=problem,
        csrf=panel.csrf,
        reasons=REASONS,
        flaws=FLAWS,
        now=site.clock(),
        path=f'/robot/{panel.robot}',
        here=f'/robot/{panel.robot}/panel',
        refresh=None if problem or page.asks_pin else REFRESH_SECONDS,
    )


def _pairing(request: Request, site: Site, robot: str, *, failed: str = '') -> Response:
    return site.pages.page(
        request,
        'panel_pair.html',
        status=422 if failed else 200,
        robot=robot,
        failed=failed,
        here=f'/robot/{robot}/pair',
    )
