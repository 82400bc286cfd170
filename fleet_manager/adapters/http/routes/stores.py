"""The stock of a station: what is there, what is proposed, counting, and the file of it all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from starlette.responses import JSONResponse, RedirectResponse, Response

from fleet_manager.adapters.http.answers import NotCome
from fleet_manager.adapters.http.auth import Person
from fleet_manager.adapters.http.bodies import (
    BadBody,
    Body,
    Id,
    Note,
    read_form,
    read_json,
    read_query,
)
from fleet_manager.adapters.http.days import today
from fleet_manager.adapters.http.delivery_page import find
from fleet_manager.adapters.http.describe import described
from fleet_manager.adapters.http.pages import REFUSAL_STATUS
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep, words_of
from fleet_manager.adapters.http.stock_words import problem_text
from fleet_manager.application.ports import Books, Overloaded, StoreFailed
from fleet_manager.application.stock.model import MAX_COUNT, Held, ProposalState
from fleet_manager.application.stock.sheet import BrokenSheet, read_sheet, write_sheet
from fleet_manager.domain.ids import DeliveryId, StationId
from fleet_manager.domain.messages import RequestDelivery
from fleet_manager.domain.rights import Deed, kept_to, may

router = APIRouter()

#: A file of 20,000 rows has some 2 million characters.
MAX_FILE: Final = 3_000_000
#: A lot that expires within so many days is marked.
SOON_DAYS: Final = 30

#: Why nothing was booked as missing, by status.
_WHY: Final = {403: 'forbidden', 404: 'unknown_delivery', 409: 'not_partly'}

T = TypeVar('T')


def _date(value: str) -> str:
    return date.fromisoformat(value).isoformat() if value else ''


Count = Annotated[int, BeforeValidator(int), Field(ge=0, le=MAX_COUNT)]


class WhichStation(Body):
    """Whose shelves: only who is not of a station chooses."""

    station: str = ''


class Counted(Body):
    """A lot as it was counted on the shelf."""

    station: Id
    item: Id
    lot: Annotated[Note, StringConstraints(max_length=40, strip_whitespace=True)] = ''
    expires: Annotated[str, AfterValidator(_date)] = ''
    count: Count


class File(Body):
    """A file, as its text."""

    csv: Annotated[str, StringConstraints(max_length=MAX_FILE)]


class Contents(Body):
    """So many of an item in a delivery; 0 for none of it."""

    item: Annotated[Note, StringConstraints(strip_whitespace=True, min_length=1)]
    count: Count


class Missing(Contents):
    """So many of an item did not come; 0 where all of it is there."""


class MissingBody(Body):
    """The same from a program."""

    item: Annotated[Note, StringConstraints(strip_whitespace=True, min_length=1)]
    count: Annotated[int, Field(ge=0, le=MAX_COUNT)]


class Button(Body):
    """A form that is only a button."""


@router.get('/stores')
async def stores(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """What the station has, what is low, what is proposed and on its way."""
    return await _page(request, site, person)


@router.post('/stores/count')
async def count(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Set a lot to what was counted."""
    form = await read_form(request, Counted)
    station = StationId(form.station)
    if not site.station_known(station) or not may(person.actor(), Deed.KEEP_STOCK, station):
        return site.pages.error(request.scope, 403, 'forbidden')
    held = Held(station, form.item, form.lot, form.expires, form.count)
    now = site.clock()
    try:
        await _in(
            site,
            lambda books: books.count(
                held,
                at=now,
                actor=person.account.id,
                today=_day(site),
            ),
        )
    except LookupError:
        raise BadBody('item') from None
    return RedirectResponse(f'/stores?station={station}', 303)


@router.get('/stores/export.csv')
async def export(site: SiteDep, person: PersonDep) -> Response:
    """Return catalogue and stock as the file that can be imported again."""
    mine = kept_to(person.actor(), Deed.SEE_STOCK)

    def write(books: Books) -> str:
        held, lines = books.held()
        return write_sheet(
            books.items(),
            [one for one in held if mine in (None, one.station)],
            [one for one in lines if mine in (None, one.station)],
        )

    text = await _in(site, write)
    headers = {'content-disposition': 'attachment; filename="stock.csv"'}
    # with its mark: spreadsheets in China take a file without one for GBK
    body = '\ufeff'.encode() + text.encode(errors='replace')
    return Response(body, media_type='text/csv; charset=utf-8', headers=headers)


@router.get('/stores/import')
async def import_page(request: Request, site: SiteDep) -> Response:
    """Choose a file, or paste its text."""
    return _import(request, site)


@router.post('/stores/import')
async def import_file(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Take over a file whole, or say everything that is wrong with it and change nothing."""
    form = await read_form(request, File)
    words, now = words_of(request), site.clock()
    known = await _in(site, lambda books: books.items())
    try:
        sheet = await asyncio.to_thread(read_sheet, form.csv, site.hospital, known)
    except BrokenSheet as broken:
        wrong = [problem_text(words, problem) for problem in broken.problems]
        return _import(request, site, wrong=wrong, text=form.csv, status=422)
    mine = kept_to(person.actor(), Deed.KEEP_STOCK)
    foreign = sheet.stations() - {mine} if mine is not None else set()
    renamed = [c for c, one in sheet.items.items() if mine and known.get(c, one) != one]
    if foreign or renamed:
        key = 'stores.not_yours' if foreign else 'stores.not_your_item'
        wrong = [words(key, what=', '.join(sorted([*foreign, *renamed])[:5]))]
        return _import(request, site, wrong=wrong, text=form.csv, status=403)
    changed = await _in(
        site,
        lambda books: books.take_over(
            sheet,
            at=now,
            actor=person.account.id,
            today=_day(site),
        ),
    )
    done = words('stores.imported', items=len(sheet.items), counts=changed)
    return _import(request, site, done=done)


@router.post('/stores/proposals/{proposal}/accept')
async def accept(proposal: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Ask for the delivery a proposal is about. Two taps, of one or of two people, are one."""
    await read_form(request, Button)
    found = await _in(site, lambda books: books.proposal(proposal))
    actor = person.actor()
    if found is None or not may(actor, RequestDelivery, found.station, found.source):
        return site.pages.error(request.scope, 404, 'not_found')
    now = site.clock()
    claimed = await _in(site, lambda books: books.claim(found.id, at=now, actor=actor.account))
    if found.delivery is not None:
        return RedirectResponse(f'/deliveries/{found.delivery}', 303)
    if found.state is not ProposalState.OPEN or not claimed:
        text = words_of(request)('stores.taken')
        return await _page(request, site, person, problem=text, status=409)
    reply = await site.submit(
        RequestDelivery(actor, found.key, found.item.goods, found.source, found.station)
    )
    if reply.delivery is None:
        code = reply.refusal_code or 'not_allowed'
        text = site.pages.refusal_text(request, code, **reply.refusal_params)
        status = REFUSAL_STATUS.get(code, 422)
        return await _page(request, site, person, problem=text, status=status)
    created = reply.delivery
    await site.settle(lambda view: created in view.entities.get('delivery', {}))
    return RedirectResponse(f'/deliveries/{created}', 303)


@router.post('/stores/proposals/{proposal}/dismiss')
async def dismiss(proposal: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Say no; it is not proposed again for a day."""
    await read_form(request, Button)
    found = await _in(site, lambda books: books.proposal(proposal))
    if found is None or not may(person.actor(), Deed.KEEP_STOCK, found.station, found.source):
        return site.pages.error(request.scope, 404, 'not_found')
    now = site.clock()
    await _in(site, lambda books: books.dismiss(found.id, at=now, actor=person.account.id))
    return RedirectResponse(f'/stores?station={found.station}', 303)


@router.get('/deliveries/{delivery}/contents')
async def contents(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """What is in a delivery: it leaves the stock when loaded, and comes in when collected."""
    return await _contents(request, site, person, delivery)


@router.post('/deliveries/{delivery}/contents')
async def pack(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Say how many of an item are in it, until it has left."""
    form = await read_form(request, Contents)
    entity = find(site.views.current(), delivery, person)
    if entity is None or site.books is None:
        return site.pages.error(request.scope, 404, 'unknown_delivery')
    ends = (StationId(entity['sender']), StationId(entity['recipient']))
    if not may(person.actor(), Deed.KEEP_STOCK, *ends):
        return site.pages.error(request.scope, 403, 'forbidden')
    words = words_of(request)
    try:
        kept = await _in(
            site, lambda books: books.pack(DeliveryId(delivery), form.item, form.count)
        )
    except LookupError:
        text = words('stores.unknown_item', code=form.item)
        return await _contents(request, site, person, delivery, problem=text, status=422)
    if not kept:
        text = words('stores.has_left')
        return await _contents(request, site, person, delivery, problem=text, status=409)
    return RedirectResponse(f'/deliveries/{delivery}/contents', 303)


@router.post('/deliveries/{delivery}/missing')
async def missing(delivery: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Say which items of a delivery that was partly received did not come."""
    form, words = await read_form(request, Missing), words_of(request)
    try:
        wrong = await _set_missing(site, person, delivery, form.item, form.count)
    except BadBody as bad:
        text = words('stores.unknown_item', code=form.item)
        text = words('stores.missing_more') if bad.problem == 'count' else text
        return await _contents(request, site, person, delivery, problem=text, status=422)
    if wrong == 409:
        text = words('error.not_partly')
        return await _contents(request, site, person, delivery, problem=text, status=409)
    if wrong:
        return site.pages.error(request.scope, wrong, _WHY[wrong])
    return RedirectResponse(f'/deliveries/{delivery}/contents', 303)


@router.post(
    '/api/v1/deliveries/{delivery}/missing', **described(body=MissingBody, answer=NotCome)
)
async def missing_by_program(
    delivery: str, request: Request, site: SiteDep, person: PersonDep
) -> Response:
    """Say how many of an item did not come with a delivery of several that was partly received.

    They are taken off the recipient's stock. It can be said again: the last figure counts.
    """
    body = await read_json(request, MissingBody)
    wrong = await _set_missing(site, person, delivery, body.item, body.count)
    if wrong:
        return site.pages.error(request.scope, wrong, _WHY[wrong])
    return JSONResponse({'item': body.item, 'missing': body.count})


async def _set_missing(site: Site, person: Person, delivery: str, item: str, count: int) -> int:
    """Book what did not come; return 0, or the status of why not. Raises BadBody."""
    entity = find(site.views.current(), delivery, person)
    if entity is None or site.books is None:
        return 404
    if not may(person.actor(), Deed.KEEP_STOCK, StationId(entity['recipient'])):
        return 403
    if not _partly(entity):
        return 409
    now, day = site.clock(), _day(site)
    try:
        booked = await _in(
            site,
            lambda books: books.missing(
                DeliveryId(delivery), item, count, at=now, actor=person.account.id, today=day
            ),
        )
    except LookupError:
        raise BadBody('item') from None
    except ValueError:
        raise BadBody('count') from None
    return 0 if booked else 409


def _partly(entity: Mapping[str, Any]) -> bool:
    return entity['state'] == 'delivered' and bool(entity['missing'])


async def _in(site: Site, call: Callable[[Books], T]) -> T:
    """Ask the books, in a thread. Raises Overloaded when they cannot be read or written."""
    if site.books is None:
        raise Overloaded
    try:
        return await asyncio.to_thread(call, site.books)
    except StoreFailed:
        raise Overloaded from None


def _day(site: Site) -> str:
    return today(site.clock(), site.zone).isoformat()


async def _page(
    request: Request, site: Site, person: Person, *, problem: str = '', status: int = 200
) -> Response:
    asked = request.query_params if request.method == 'GET' else {}
    actor, chosen = person.actor(), StationId(asked.get('station', ''))
    mine = kept_to(actor, Deed.SEE_STOCK)
    station = chosen if mine is None and site.station_known(chosen) else mine
    if request.method == 'GET':
        read_query(request, WhichStation)
    shelves = await _in(site, lambda books: books.shelves(station) if station else ())
    proposals = await _in(site, lambda books: books.proposals(station))
    day = today(site.clock(), site.zone)
    soon = date.fromordinal(day.toordinal() + SOON_DAYS).isoformat()
    values: dict[str, Any] = {
        'shelves': shelves,
        'proposals': [one for one in proposals if {one.station, one.source} <= set(_all(site))],
        'shown': site.hospital.stations.get(station) if station else None,
        'chooses': mine is None,
        'stations': list(site.hospital.stations.values()),
        'at': site.hospital.stations,
        'today': day.isoformat(),
        'soon': soon,
        'keeps': station is not None and may(actor, Deed.KEEP_STOCK, station),
        'accepts': lambda one: may(actor, RequestDelivery, one.station, one.source),
        'most': MAX_COUNT,
        'problem_text': problem,
        'here': f'/stores?station={station}' if station else '/stores',
    }
    return site.pages.page(request, 'stores.html', status=status, **values)


def _all(site: Site) -> list[StationId]:
    return list(site.hospital.stations)


def _import(
    request: Request,
    site: Site,
    *,
    wrong: list[str] | None = None,
    done: str = '',
    text: str = '',
    status: int = 200,
) -> Response:
    return site.pages.page(
        request,
        'stores_import.html',
        status=status,
        wrong=wrong or [],
        done=done,
        text=text,
        here='/stores/import',
    )


async def _contents(
    request: Request,
    site: Site,
    person: Person,
    delivery: str,
    *,
    problem: str = '',
    status: int = 200,
) -> Response:
    entity = find(site.views.current(), delivery, person)
    if entity is None or site.books is None:
        return site.pages.error(request.scope, 404, 'unknown_delivery')
    packed = await _in(site, lambda books: books.packed(DeliveryId(delivery)))
    known = await _in(site, lambda books: books.items())
    ends = (StationId(entity['sender']), StationId(entity['recipient']))
    return site.pages.page(
        request,
        'contents.html',
        status=status,
        delivery=delivery,
        number=entity['number'],
        packed=packed,
        items=[item for item in known.values() if item.goods == entity['goods']],
        keeps=may(person.actor(), Deed.KEEP_STOCK, *ends) and entity['state'] != 'delivered',
        asks_missing=len(packed) > 1
        and _partly(entity)
        and may(person.actor(), Deed.KEEP_STOCK, ends[1]),
        most=MAX_COUNT,
        problem_text=problem,
        here=f'/deliveries/{delivery}/contents',
    )
