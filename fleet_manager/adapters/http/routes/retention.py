"""Personal data: how long it is kept, what the last runs erased, what is held."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import StringConstraints
from starlette.responses import RedirectResponse, Response

from fleet_manager.adapters.http.bodies import Body, read_form
from fleet_manager.adapters.http.routes.me import Empty
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep, words_of
from fleet_manager.application.retention import MAX_WHY
from fleet_manager.domain.ids import MAX_ID_LENGTH, DeliveryId
from fleet_manager.domain.rights import Deed, reach

router = APIRouter(prefix='/retention')

#: Runs on the page: two weeks of nights.
RUNS_SHOWN: Final = 14


class NewHold(Body):
    """Which delivery, and why."""

    delivery: Annotated[str, StringConstraints(max_length=MAX_ID_LENGTH)]
    why: Annotated[str, StringConstraints(max_length=MAX_WHY)]


@router.get('')
async def retention(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Show how long what is kept, and what became of it."""
    return await _page(request, site, person)


@router.post('/run')
async def run(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Erase what is over within some seconds, and not only at night."""
    await read_form(request, Empty)
    office = site.retention
    if office is None:
        return site.pages.error(request.scope, 404, 'not_found')
    await site.people.in_thread(office.ask, person.account.id)
    await site.note(person, 'retention_asked')
    return RedirectResponse('/retention', 303)


@router.post('/holds')
async def hold(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Keep everything of a delivery until it is released."""
    form = await read_form(request, NewHold)
    office, delivery = site.retention, DeliveryId(form.delivery.strip().upper())
    if office is None:
        return site.pages.error(request.scope, 404, 'not_found')
    problem = await site.people.in_thread(
        lambda name: office.hold(name, why=form.why, by=person.account.id), delivery
    )
    if problem:
        return await _page(request, site, person, problem=problem, typed=form)
    await site.note(person, 'retention_held', subject=delivery)
    return RedirectResponse('/retention', 303)


@router.post('/holds/{delivery}/release')
async def release(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Hold a delivery no more. Doing it twice is once."""
    await read_form(request, Empty)
    office = site.retention
    if office is None:
        return site.pages.error(request.scope, 404, 'not_found')
    await site.people.in_thread(office.release, DeliveryId(delivery))
    await site.note(person, 'retention_released', subject=delivery)
    return RedirectResponse('/retention', 303)


async def _page(
    request: Request,
    site: Site,
    person: PersonDep,
    *,
    problem: str = '',
    typed: NewHold | None = None,
) -> Response:
    office = site.retention
    if office is None:
        return site.pages.error(request.scope, 404, 'not_found')
    due, holds, runs = await site.people.ask(
        lambda _: (office.due(), office.holds(), office.runs(RUNS_SHOWN))
    )
    return site.pages.page(
        request,
        'retention.html',
        status=422 if problem else 200,
        times=office.times,
        hour=f'{office.hour:02}:00',
        due={kind: count for kind, count in due.items() if count},
        holds=holds,
        runs=runs,
        accounts=await site.people.by_name(),
        changes=reach(person.role, Deed.MANAGE_RETENTION) is not None,
        typed=typed,
        problem_text=words_of(request)(f'retention.problem.{problem}') if problem else '',
        here='/audit',
    )
