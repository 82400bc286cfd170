"""The ward's timetable: requests that come again on certain days, and what came of them."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from typing import Final, Literal

from babel.dates import get_day_names
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from fleet_manager.adapters.http import choices
from fleet_manager.adapters.http.auth import Person
from fleet_manager.adapters.http.bodies import Body, Id, Note, Ticked, read_form
from fleet_manager.adapters.http.i18n import LANGUAGES
from fleet_manager.adapters.http.request_form import Short, plain
from fleet_manager.adapters.http.routes.ward import StationDep
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep, words_of
from fleet_manager.domain.deliveries.timetable import (
    DAYS,
    MINUTES_A_DAY,
    Plan,
    next_runs,
    wrong_field,
)
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Station

router = APIRouter()

#: Runs shown of each plan, and outcomes below.
NEXT: Final = 3
OUTCOMES: Final = 12
_TIME: Final = re.compile(r'([01]?[0-9]|2[0-3]):([0-5][0-9])')


class PlanForm(Body):
    """A new recurring request. Times are on the clock of the wall."""

    goods: Id
    sender: Id
    recipient: Id
    start: Short = ''
    end: Short = ''
    note: Note = ''
    day0: Ticked = False
    day1: Ticked = False
    day2: Ticked = False
    day3: Ticked = False
    day4: Ticked = False
    day5: Ticked = False
    day6: Ticked = False

    def days(self) -> tuple[int, ...]:
        """Return the days that are ticked, 0 is Monday."""
        return tuple(day for day in range(7) if getattr(self, f'day{day}'))


class Change(Body):
    """What becomes of a plan."""

    what: Literal['pause', 'resume', 'remove']


@router.get('/ward/timetable')
async def timetable(
    request: Request, site: SiteDep, person: PersonDep, station: StationDep
) -> Response:
    """Show the plans of a station; with goods and both ends, the form of a new one."""
    asked = request.query_params
    ends = StationId(asked.get('sender', '')), StationId(asked.get('recipient', ''))
    form = None
    if asked.get('goods'):
        if not choices.is_possible(site.hospital, station, asked['goods'], *ends):
            return site.pages.error(request.scope, 404, 'not_found')
        form = PlanForm(
            goods=asked['goods'], sender=ends[0], recipient=ends[1], start='08:00', end='09:00'
        )
    return await _page(request, site, person, station, form)


@router.post('/ward/timetable')
async def add(request: Request, site: SiteDep, person: PersonDep, station: StationDep) -> Response:
    """Keep a new plan."""
    form = await read_form(request, PlanForm)
    ends = StationId(form.sender), StationId(form.recipient)
    if not choices.is_possible(site.hospital, station, form.goods, *ends):
        return site.pages.error(request.scope, 422, 'bad_body', field='goods')
    start, end = _minutes(form.start), _minutes(form.end)
    window = (end - start) % MINUTES_A_DAY if start is not None and end is not None else 0
    plan = Plan(
        f'P{secrets.token_hex(6)}',
        station.id,
        form.goods,
        *ends,
        form.days(),
        -1 if start is None else start,
        window,
        form.note.strip(),
        paused=False,
        since=site.clock(),
    )
    wrong = wrong_field(plan)
    if wrong is None and await site.in_book(lambda book: book.keep_plan(plan)):
        return RedirectResponse('/ward/timetable', 303)
    reason = wrong or 'full'
    problem = words_of(request)(f'timetable.wrong.{reason}')
    return await _page(request, site, person, station, form, problem=problem, status=422)


@router.post('/ward/timetable/{plan}')
async def change(plan: str, request: Request, site: SiteDep, station: StationDep) -> Response:
    """Pause a plan, let it go on from now, or remove it."""
    form = await read_form(request, Change)
    known = [one for one in await site.in_book(lambda b: b.plans(station.id)) if one.id == plan]
    if not known:
        return site.pages.error(request.scope, 404, 'not_found')
    if form.what == 'remove':
        await site.in_book(lambda book: book.remove_plan(station.id, plan))
    else:
        # runs that were skipped meanwhile are not made up for
        changed = replace(known[0], paused=form.what == 'pause', since=site.clock())
        await site.in_book(lambda book: book.keep_plan(changed))
    return RedirectResponse('/ward/timetable', 303)


def _minutes(typed: str) -> int | None:
    found = _TIME.fullmatch(plain(typed).strip())
    return int(found[1]) * 60 + int(found[2]) if found else None


async def _page(
    request: Request,
    site: Site,
    person: Person,
    station: Station,
    form: PlanForm | None,
    *,
    problem: str = '',
    status: int = 200,
) -> Response:
    del person
    words, stations = words_of(request), site.hospital.stations
    plans = await site.in_book(lambda book: book.plans(station.id))
    outcomes = await site.in_book(lambda book: book.outcomes(station.id, limit=OUTCOMES))
    names = get_day_names('abbreviated', locale=LANGUAGES[words.lang])
    known = [one for one in plans if {one.sender, one.recipient} <= set(stations)]
    return site.pages.page(
        request,
        'timetable.html',
        status=status,
        problem_text=problem,
        form=form,
        ends=[stations[StationId(end)] for end in (form.sender, form.recipient)] if form else [],
        days=[names[day] for day in DAYS],
        plans=known,
        gone=len(plans) - len(known),
        next_of=lambda plan: next_runs(plan, site.zone, site.clock(), NEXT),
        outcomes=outcomes,
        plan_of={plan.id: plan for plan in known},
        here='/ward/timetable',
    )
