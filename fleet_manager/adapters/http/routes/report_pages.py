"""Reports of a period: a page, a table for a spreadsheet, and JSON."""

from __future__ import annotations

import asyncio
import csv
import io
from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import BeforeValidator
from starlette.responses import JSONResponse, Response

from fleet_manager.adapters.http.answers import ReportAnswer
from fleet_manager.adapters.http.bodies import BadBody, Body, read_query
from fleet_manager.adapters.http.days import a_day, midnight, today
from fleet_manager.adapters.http.describe import described
from fleet_manager.adapters.http.site import Site, SiteDep
from fleet_manager.application.ports import Overloaded
from fleet_manager.application.reports import PeriodReport, table
from fleet_manager.application.stock.sheet import safe_cell

router = APIRouter()

#: A period nobody chose: today and the six days before.
USUAL_DAYS: Final = 7
#: A longer period is a slip of the keyboard.
MAX_DAYS: Final = 400


class Period(Body):
    """The first and the last day, local; without them the last seven days."""

    first: Annotated[date | None, BeforeValidator(a_day)] = None
    last: Annotated[date | None, BeforeValidator(a_day)] = None


@router.get('/reports')
async def page(request: Request, site: SiteDep) -> Response:
    """On time, completion, ratings and cost by class and ward."""
    first, last = _period(request, site)
    report = await _report(site, first, last)
    now = today(site.clock(), site.zone)
    periods = {
        'today': (now, now),
        'yesterday': (now - timedelta(1), now - timedelta(1)),
        'week': (now - timedelta(6), now),
        'month': (now - timedelta(30), now),
    }
    return site.pages.page(
        request,
        'reports.html',
        report=report,
        first=first,
        last=last,
        periods=periods,
        groups=(
            ('urgency', report.by_urgency),
            ('goods', report.by_goods),
            ('ward', report.by_ward),
        ),
        stations=site.hospital.stations,
        oldest=site.reports.oldest() if site.reports else 0,
        hours=(report.end - report.begin) / 3_600_000,
        percent=_percent,
    )


@router.get('/reports/table.csv')
async def as_csv(request: Request, site: SiteDep) -> Response:
    """The same as a table; cells that a spreadsheet would run begin with an apostrophe."""
    first, last = _period(request, site)
    report = await _report(site, first, last)
    out = io.StringIO(newline='')
    writer = csv.writer(out)
    writer.writerows([safe_cell(c) if isinstance(c, str) else c for c in r] for r in table(report))
    name = f'report-{first}-{last}'
    return Response(
        '\ufeff'.encode() + out.getvalue().encode(),
        media_type='text/csv; charset=utf-8',
        headers={'content-disposition': f'attachment; filename="{name}.csv"'},
    )


@router.get(
    '/api/v1/reports',
    **described(
        answer=ReportAnswer,
        parameters={
            'first': 'first day, as 2026-11-01; without it six days before the last one',
            'last': 'last day; without it today',
        },
    ),
)
async def as_json(request: Request, site: SiteDep) -> Response:
    """On time, completion, ratings and cost of a period. Shares are 0..1."""
    first, last = _period(request, site)
    return JSONResponse(asdict(await _report(site, first, last)))


def _period(request: Request, site: Site) -> tuple[date, date]:
    asked = read_query(request, Period)
    last = asked.last or max(today(site.clock(), site.zone), asked.first or date.min)
    first = asked.first or last - timedelta(USUAL_DAYS - 1)
    if first > last:
        raise BadBody('last')
    if (last - first).days >= MAX_DAYS or first.year < 1971 or last.year > 9998:
        raise BadBody('first')
    return first, last


async def _report(site: Site, first: date, last: date) -> PeriodReport:
    if site.reports is None:
        raise Overloaded
    begin, end = midnight(first, site.zone), midnight(last, site.zone, after=1)
    async with site.paper_turn:
        return await asyncio.to_thread(site.reports.report, begin=begin, end=end)


def _percent(share: float | None) -> str:
    """Return a share with one decimal, cut and not rounded up; a dash where there is none."""
    return '–' if share is None else f'{int(share * 1_000) / 10:.1f} %'
