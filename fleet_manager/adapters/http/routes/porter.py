"""The porters' page: go for what no robot carries, take it, hand it over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from fleet_manager.adapters.http.bodies import Body, Pieces, Secret, Word, read_form
from fleet_manager.adapters.http.pages import REFUSAL_STATUS
from fleet_manager.adapters.http.porter_page import Errand, PorterPage, describe
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep, words_of
from fleet_manager.application.desk_book import DeskBook
from fleet_manager.domain.ids import AccountId, DeliveryId
from fleet_manager.domain.messages import Command, SignDelivery, TakeByHand

router = APIRouter(prefix='/porter')

T = TypeVar('T')


class Empty(Body):
    """A form that is only a button."""


class Received(Body):
    """The PIN of the station that gets the parcel, typed on the porter's phone."""

    pin: Secret
    witness: Word = ''
    witness_pin: Word = ''
    count: Pieces = 0


@router.get('')
async def porter(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Show what people have to carry."""
    return await _page(request, site, person.account.id)


@router.post('/{delivery}/claim')
async def claim(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Say that one goes for it, so that no second porter does."""
    await read_form(request, Empty)
    errand = await _find(site, delivery)
    if errand is None:
        return await _refused(request, site, person.account.id, 'not_for_porters')
    me, now = person.account.id, site.clock()
    goes = await ask(site, lambda book: book.claim(DeliveryId(delivery), me, now=now), me)
    if goes != me:
        words, accounts = words_of(request), await site.people.by_name()
        text = words('porter.claimed', who=site.pages.who(goes, accounts, words))
        return await _page(request, site, me, problem=text, status=409)
    return RedirectResponse('/porter', 303)


@router.post('/{delivery}/unclaim')
async def unclaim(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Let somebody else go."""
    await read_form(request, Empty)
    me = person.account.id
    await ask(site, lambda book: book.unclaim(DeliveryId(delivery), me), None)
    return RedirectResponse('/porter', 303)


@router.post('/{delivery}/take')
async def take(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Say that one has the parcel in one's hands: custody goes to the porter."""
    await read_form(request, Empty)
    command = TakeByHand(person.actor(), DeliveryId(delivery))
    return await _do(request, site, person.account.id, delivery, command)


@router.post('/{delivery}/hand-over')
async def hand_over(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Hand it over: the receiving station signs with its PIN on the porter's phone."""
    form = await read_form(request, Received)
    errand = await _find(site, delivery)
    if errand is None:
        return await _refused(request, site, person.account.id, 'not_opened')
    outcome, who = await site.people.at_robot(errand.goal.id, form.pin)
    second = None
    if who is not None and (form.witness or form.witness_pin):
        outcome, second = await site.people.colleague(form.witness, form.witness_pin)
    if who is None or outcome != 'ok':
        text = words_of(request)(f'porter.pin.{outcome}', phone=site.hospital.phone)
        status = {'locked': 429, 'disabled': 403}.get(outcome, 422)
        return await _page(request, site, person.account.id, problem=text, status=status)
    command = SignDelivery(who, DeliveryId(delivery), second, form.count)
    return await _do(request, site, person.account.id, delivery, command)


async def ask(site: Site, call: Callable[[DeskBook], T], otherwise: T) -> T:
    """Ask the book of the desk in a thread; `otherwise` where there is none."""
    book = site.book
    if book is None:
        return otherwise
    return await site.people.in_thread(call, book)


async def _do(
    request: Request, site: Site, me: AccountId, delivery: str, command: Command
) -> Response:
    deliveries = site.views.current().entities.get('delivery', {})
    before = deliveries.get(delivery)
    reply = await site.submit(command)
    if reply.refusal_code is not None:
        return await _refused(request, site, me, reply.refusal_code, **reply.refusal_params)
    await site.settle(lambda view: view.entities['delivery'].get(delivery) != before)
    await ask(site, lambda book: book.unclaim(DeliveryId(delivery), me), None)
    return RedirectResponse('/porter', 303)


async def _refused(
    request: Request, site: Site, me: AccountId, code: str, **params: object
) -> Response:
    text = site.pages.refusal_text(request, code, **params)
    status = REFUSAL_STATUS.get(code, 422)
    return await _page(request, site, me, problem=text, status=status)


async def _find(site: Site, delivery: str) -> Errand | None:
    page = await described(site, None)
    errands = (*page.waiting, *page.carried)
    return next((errand for errand in errands if errand.delivery == delivery), None)


async def described(site: Site, me: AccountId | None) -> PorterPage:
    """Return what porters have to do now."""
    nobody: Mapping[DeliveryId, AccountId] = {}
    claims = await ask(site, lambda book: book.claims(), nobody)
    return describe(site.hospital, site.views.current(), claims, me=me)


async def _page(
    request: Request, site: Site, me: AccountId, *, problem: str = '', status: int = 200
) -> Response:
    return site.pages.page(
        request,
        'porter.html',
        status=status,
        page=await described(site, me),
        accounts=await site.people.by_name(),
        me=me,
        problem_text=problem,
        here='/porter',
        refresh=None if problem else 10,
    )
