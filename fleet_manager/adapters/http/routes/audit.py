"""The audit list: a page with filters, and the same as CSV."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, tzinfo
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from fleet_manager.adapters.http.days import midnight
from fleet_manager.adapters.http.i18n import Words
from fleet_manager.adapters.http.site import Site, SiteDep, words_of
from fleet_manager.application.audit import DONE, Line, Wanted, all_deeds
from fleet_manager.domain.units import Instant

router = APIRouter()

A_PAGE: Final = 50
IN_A_FILE: Final = 20_000
_DAY: Final = re.compile(r'\d{4}-\d{2}-\d{2}')
#: A cell that begins so is a formula to a spreadsheet.
_FORMULA: Final = ('=', '+', '-', '@', '\t', '\r')


@router.get('/audit')
async def audit(request: Request, site: SiteDep) -> Response:
    """Show who did what, newest first."""
    wanted, asked = _wanted(request, site.zone)
    lines = await _read(site, wanted, A_PAGE + 1)
    older = ''
    if len(lines) > A_PAGE:
        older = urlencode(asked | {'before': str(lines[A_PAGE - 1].seq)})
    return site.pages.page(
        request,
        'audit.html',
        lines=lines[:A_PAGE],
        deeds=all_deeds(),
        asked=asked,
        older=older,
        newest=not wanted.before,
        filters=urlencode(asked),
        done=DONE,
        last_run=await _last_run(site),
        why=lambda outcome: _why(words_of(request), outcome),
    )


@router.get('/audit.csv')
async def audit_csv(request: Request, site: SiteDep) -> Response:
    """Return the same as a file for a spreadsheet, at most `IN_A_FILE` lines."""
    wanted, _ = _wanted(request, site.zone)
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(['number', 'time_utc', 'who', 'role', 'deed', 'subject', 'outcome', 'place'])
    for line in await _read(site, wanted, IN_A_FILE):
        at = datetime.fromtimestamp(line.at / 1_000, UTC).isoformat(timespec='milliseconds')
        cells = (line.who, line.role, line.deed, line.subject, line.outcome, line.place)
        sheet.writerow([line.seq, at, *map(harmless, cells)])
    return Response(
        '\ufeff' + out.getvalue(),
        media_type='text/csv; charset=utf-8',
        headers={'content-disposition': 'attachment; filename="audit.csv"'},
    )


async def _last_run(site: Site) -> Instant | None:
    """Return when old personal data was last erased, None for never."""
    office = site.retention
    if office is None:
        return None
    runs = await site.people.ask(lambda _: office.runs(2))
    return next((run.ended for run in runs if run.ended is not None), None)


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _why(words: Words, outcome: str) -> str:
    """Return the reason of a refusal as a sentence; what has none stays a code."""
    for key in (f'audit.why.{outcome}', f'refusal.{outcome}'):
        if key in words.texts:
            return words(key, phone='')
    return outcome


def _wanted(request: Request, zone: tzinfo) -> tuple[Wanted, dict[str, str]]:
    """Read the filters; what makes no sense is as if it were not there."""
    given = request.query_params
    asked = {name: given.get(name, '').strip()[:64] for name in ('who', 'deed', 'from', 'to')}
    asked['refused'] = 'yes' if given.get('refused') == 'yes' else ''
    before = given.get('before', '')
    number = int(before) if re.fullmatch(r'[0-9]{1,18}', before) else 0
    asked = {name: value for name, value in asked.items() if value}
    until = _midnight(asked.get('to', ''), zone, after=1)
    wanted = Wanted(
        asked.get('who', ''),
        asked.get('deed', ''),
        refused='refused' in asked,
        since=_midnight(asked.get('from', ''), zone),
        until=until,
        before=number,
    )
    return wanted, asked


def _midnight(day: str, zone: tzinfo, *, after: int = 0) -> Instant:
    """Return when a day begins at the hospital, or one `after` it; 0 where it is no day."""
    if not _DAY.fullmatch(day):
        return Instant(0)
    try:
        return midnight(date.fromisoformat(day), zone, after=after)
    except (ValueError, OverflowError, OSError):
        return Instant(0)


async def _read(site: Site, wanted: Wanted, limit: int) -> tuple[Line, ...]:
    kept = site.audit
    if kept is None:
        return ()
    return tuple(await site.people.in_thread(lambda one: kept.lines(one, limit=limit), wanted))
