"""Labels of a delivery's parcels, to print and stick on: a page to choose, then PDF or ZPL."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BeforeValidator, Field
from starlette.responses import Response

from fleet_manager.adapters.http.bodies import BadBody, Body, read_query
from fleet_manager.adapters.http.delivery_labels import labels_of
from fleet_manager.adapters.http.delivery_page import find
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep, words_of
from fleet_manager.application.labels import MAX_LABELS, PAPERS, parcels_of

router = APIRouter()


class Wanted(Body):
    """How many labels on which paper; without `form` the page to choose is shown.

    Without `parcels` there are as many as the delivery needs.
    """

    paper: str = next(iter(PAPERS))
    parcels: Annotated[int, BeforeValidator(int), Field(ge=1, le=MAX_LABELS)] | None = None
    form: Literal['', 'pdf', 'zpl-203', 'zpl-300'] = ''


@router.get('/deliveries/{delivery}/labels')
async def labels(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Choose a paper, then get the labels. Scanning one opens the delivery."""
    entity = find(site.views.current(), delivery, person)
    if entity is None or site.printer is None:
        return site.pages.error(request.scope, 404, 'unknown_delivery')
    wanted = read_query(request, Wanted)
    if wanted.paper not in PAPERS:
        raise BadBody('paper')
    parcels = wanted.parcels or parcels_of(entity['details'], entity['count'])
    if not wanted.form:
        return site.pages.page(
            request,
            'labels.html',
            delivery=delivery,
            number=entity['number'],
            papers=PAPERS,
            most=MAX_LABELS,
            parcels=parcels,
        )
    made = labels_of(
        site.hospital,
        words_of(request),
        delivery,
        entity,
        address=_address(request, site),
        parcels=parcels,
        zone=site.zone,
    )
    printer, name = site.printer, f'labels-{entity["number"]}'
    if wanted.form == 'pdf':
        async with site.paper_turn:
            body = await asyncio.to_thread(printer.labels_pdf, made, paper=wanted.paper)
        return _file(body, 'application/pdf', f'inline; filename="{name}.pdf"')
    dots = 12 if wanted.form == 'zpl-300' else 8
    body = printer.labels_zpl(made, paper=wanted.paper, dots=dots)
    return _file(body, 'application/zpl', f'attachment; filename="{name}.zpl"')


def _address(request: Request, site: Site) -> str:
    """Return the address people reach these pages by: the one this page was asked for, if ours."""
    here = f'{request.url.scheme}://{request.url.netloc}'
    return here if here in site.allowed_origins else min(site.allowed_origins, default=here)


def _file(body: bytes, kind: str, disposition: str) -> Response:
    return Response(body, media_type=kind, headers={'content-disposition': disposition})
