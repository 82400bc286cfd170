"""Meals of a ward: a bed list with diets, ordered for each meal until its cut-off."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from pydantic import StringConstraints
from starlette.responses import RedirectResponse, Response

from fleet_manager.adapters.http.bodies import BadBody, Body, read_form
from fleet_manager.adapters.http.request_form import Scanned, plain
from fleet_manager.adapters.http.routes.ward import StationDep
from fleet_manager.adapters.http.site import Site, SiteDep, words_of
from fleet_manager.domain.deliveries.details import DIETS
from fleet_manager.domain.deliveries.meals import (
    MAX_BED,
    MAX_BEDS,
    Bed,
    MealRound,
    bed_list,
    counts,
    rounds,
)
from fleet_manager.domain.maps.model import Station

router = APIRouter()

_BED: Final = 'bed.'


class BedsForm(Body):
    """The beds of a ward, one a line."""

    beds: Annotated[Scanned, StringConstraints(max_length=(MAX_BED + 2) * MAX_BEDS)]


@router.get('/ward/meals')
async def meals(request: Request, site: SiteDep, station: StationDep) -> Response:
    """Show the next meals, and the beds of one of them with their diets."""
    if 'meal' not in station.takes:
        return site.pages.error(request.scope, 404, 'not_found')
    return await _page(request, site, station, wanted=request.query_params.get('round', ''))


@router.post('/ward/meals')
async def order(request: Request, site: SiteDep, station: StationDep) -> Response:
    """Order a meal, or change the order; until the cut-off the last one counts."""
    fields = await _fields(request)
    wanted = fields.pop('round', '')
    beds = await site.in_book(lambda book: book.beds(station.id))
    chosen = [Bed(one.bed, fields.get(f'{_BED}{one.bed}', '')) for one in beds]
    if {f'{_BED}{one.bed}' for one in beds} != set(fields):
        return await _page(request, site, station, wanted=wanted, problem='beds_changed')
    if not all(one.diet in ('', *DIETS) for one in chosen):
        raise BadBody('diet')
    if wanted not in [one.id for one in _open(site)]:
        return await _page(request, site, station, wanted='', problem='closed')

    await site.in_book(lambda book: book.order_meal(wanted, station.id, chosen))
    await site.in_book(lambda book: book.set_beds(station.id, chosen))
    return RedirectResponse(f'/ward/meals?round={wanted}', 303)


@router.post('/ward/beds')
async def set_beds(request: Request, site: SiteDep, station: StationDep) -> Response:
    """Replace the bed list; a bed that was there keeps its diet."""
    form = await read_form(request, BedsForm)
    beds = bed_list(plain(form.beds))
    if beds is None:
        return await _page(request, site, station, wanted='', problem='beds', typed=form.beds)
    known = {one.bed: one for one in await site.in_book(lambda book: book.beds(station.id))}
    now = [known.get(bed, Bed(bed, DIETS[0])) for bed in beds]
    await site.in_book(lambda book: book.set_beds(station.id, now))
    return RedirectResponse('/ward/meals', 303)


def _open(site: Site) -> list[MealRound]:
    return rounds(site.zone, site.clock(), cut_off=site.meal_cut_off, times=site.meal_times)


async def _fields(request: Request) -> dict[str, str]:
    """Read the form: a field for each bed, so there may be many. Raises BadBody."""
    body = await request.body()
    try:
        pairs = parse_qsl(
            body.decode('ascii'),
            keep_blank_values=True,
            errors='strict',
            max_num_fields=MAX_BEDS + 2,
        )
    except ValueError:
        raise BadBody('form') from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise BadBody('form')
    fields.pop('csrf', None)
    return fields


async def _page(
    request: Request,
    site: Site,
    station: Station,
    *,
    wanted: str,
    problem: str = '',
    typed: str | None = None,
) -> Response:
    open_now = _open(site)
    chosen = next((one for one in open_now if one.id == wanted), open_now[0])
    ordered = {}
    for one in open_now:
        orders = await site.in_book(lambda book, one=one: book.meal_orders(one.id))  # type: ignore[misc]
        if station.id in orders:
            ordered[one.id] = orders[station.id]
    listed = await site.in_book(lambda book: book.beds(station.id))
    diets = {bed.bed: bed.diet for bed in ordered.get(chosen.id, ())}
    beds = [Bed(bed.bed, diets.get(bed.bed, bed.diet)) for bed in listed]
    words = words_of(request)
    return site.pages.page(
        request,
        'meals.html',
        status=422 if problem else 200,
        problem_text=words(f'meals.wrong.{problem}') if problem else '',
        rounds=open_now,
        chosen=chosen,
        ordered=ordered,
        counts={one: counts(of) for one, of in ordered.items()},
        beds=beds,
        diets=DIETS,
        typed='\n'.join(bed.bed for bed in listed) if typed is None else typed,
        here='/ward/meals',
    )
