"""Records of custody for an inspector: of one delivery or of some days, as CSV and PDF."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import date
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Request
from pydantic import BeforeValidator
from starlette.responses import Response

from fleet_manager.adapters.http import record_words
from fleet_manager.adapters.http.bodies import BadBody, Body, Note, read_query
from fleet_manager.adapters.http.days import a_day, midnight, today
from fleet_manager.adapters.http.site import Site, SiteDep, words_of
from fleet_manager.application.custody_export import CustodyExport, TooManyDeliveries
from fleet_manager.application.ports import CustodyRecords, Overloaded, StoreUnavailable
from fleet_manager.application.stock.sheet import safe_cell
from fleet_manager.domain.ids import DeliveryId

router = APIRouter()

#: The most deliveries of one export: a day of a large hospital, and a book of 300 pages.
MAX_CSV: Final = 5_000
MAX_PDF: Final = 500
MAX_DAYS: Final = 31


class Wanted(Body):
    """A delivery by its id, or days; without `form` the page to choose is shown."""

    delivery: Note = ''
    first: Annotated[date | None, BeforeValidator(a_day)] = None
    last: Annotated[date | None, BeforeValidator(a_day)] = None
    form: Literal['', 'csv', 'pdf'] = ''


@router.get('/custody')
async def custody(request: Request, site: SiteDep) -> Response:
    """Choose what to export, or get it."""
    if site.records is None or site.printer is None:
        raise Overloaded
    wanted = read_query(request, Wanted)
    if not wanted.form:
        return _page(request, site, wanted)
    most = MAX_CSV if wanted.form == 'csv' else MAX_PDF
    days = first, last = _days(wanted, site)
    words = words_of(request)
    async with site.paper_turn:
        try:
            export = await asyncio.to_thread(_read, site, site.records, wanted, days, most)
        except TooManyDeliveries:
            text = words('records.too_many', most=most)
            return _page(request, site, wanted, problem=text, status=422)
        except StoreUnavailable:
            raise Overloaded from None
        if not export.sheets:
            return _page(request, site, wanted, problem=words('records.none'), status=404)
        period = wanted.delivery.strip() or (f'{first}' if first == last else f'{first} – {last}')
        if wanted.form == 'csv':
            body = await asyncio.to_thread(_csv, export, request)
            return _file(body, 'text/csv; charset=utf-8', 'csv')
        document = record_words.document(
            export, words, site.hospital, period=period, made_at=site.clock(), zone=site.zone
        )
        body = await asyncio.to_thread(site.printer.document_pdf, document)
    return _file(body, 'application/pdf', 'pdf')


def _read(
    site: Site, records: CustodyRecords, wanted: Wanted, days: tuple[date, date], most: int
) -> CustodyExport:
    if wanted.delivery.strip():
        return records.of_delivery(DeliveryId(wanted.delivery.strip()))
    begin, end = midnight(days[0], site.zone), midnight(days[1], site.zone, after=1)
    return records.of_period(begin=begin, end=end, most=most)


def _csv(export: CustodyExport, request: Request) -> bytes:
    out = io.StringIO(newline='')
    rows = record_words.table(export, words_of(request))
    csv.writer(out).writerows([safe_cell(cell) for cell in row] for row in rows)
    return '\ufeff'.encode() + out.getvalue().encode(errors='replace')


def _days(wanted: Wanted, site: Site) -> tuple[date, date]:
    first = wanted.first or today(site.clock(), site.zone)
    last = wanted.last or first
    if last < first:
        raise BadBody('last')
    if (last - first).days >= MAX_DAYS or first.year < 1971 or last.year > 9998:
        raise BadBody('first')
    return first, last


def _file(body: bytes, kind: str, suffix: str) -> Response:
    headers = {'content-disposition': f'attachment; filename="custody-record.{suffix}"'}
    return Response(body, media_type=kind, headers=headers)


def _page(
    request: Request, site: Site, wanted: Wanted, *, problem: str = '', status: int = 200
) -> Response:
    now = today(site.clock(), site.zone)
    return site.pages.page(
        request,
        'records.html',
        status=status,
        delivery=wanted.delivery,
        first=wanted.first or now,
        last=wanted.last or wanted.first or now,
        problem_text=problem,
        here='/custody',
    )
