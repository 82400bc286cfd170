"""The service desk: requests on behalf, the queue, a search, the book, complaints, figures."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from pydantic import AfterValidator, StringConstraints
from starlette.responses import RedirectResponse, Response

from fleet_manager.adapters.http import desk_page
from fleet_manager.adapters.http.bodies import (
    Body,
    Id,
    Key,
    Note,
    Ticked,
    no_control,
    read_form,
)
from fleet_manager.adapters.http.pages import REFUSAL_STATUS
from fleet_manager.adapters.http.routes.porter import ask, described
from fleet_manager.adapters.http.site import PersonDep, Site, SiteDep, words_of
from fleet_manager.application.archive import Leaf
from fleet_manager.application.desk_book import BookFull, Complaint, DeskBook
from fleet_manager.application.ports import Overloaded, Reply, StoreUnavailable
from fleet_manager.domain.deliveries.goods import GOODS, RAISED
from fleet_manager.domain.ids import DeliveryId, StationId
from fleet_manager.domain.messages import RequestDelivery
from fleet_manager.domain.units import Instant

router = APIRouter(prefix='/desk')


def _lines(value: str) -> str:
    """Allow several lines, as a browser sends them, and no other control character."""
    return '\n'.join(no_control(line) for line in value.splitlines())


#: A line of the book, a complaint or an answer.
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000),
    AfterValidator(_lines),
]
#: Who asked: a name and an extension.
Caller = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80),
    AfterValidator(no_control),
]
#: What a search looks for; longer is no search.
LONGEST_SEARCH: Final = 64


class Empty(Body):
    """A form that is only a button."""


class OnBehalf(Body):
    """What somebody asked for by telephone."""

    key: Key
    goods: Id
    sender: Id
    recipient: Id
    asked_by: Caller
    note: Note = ''
    raised: Ticked = False


class Line(Body):
    """A line for the next shift."""

    key: Key
    text: Text


class Grievance(Body):
    """What somebody is not content with; `number` is the delivery's, or empty."""

    key: Key
    station: Id
    number: Annotated[str, StringConstraints(pattern=r'^\s*\d{0,9}\s*$')] = ''
    text: Text


class Answer(Body):
    """What was said or done about a complaint."""

    text: Text


@router.get('')
async def desk(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Show the queue by promise, what nobody ends, porters; or what a search finds."""
    view, now = site.views.current(), site.clock()
    typed = request.query_params.get('q', '').strip()[:LONGEST_SEARCH]
    found = None
    if typed:
        found = desk_page.search(
            site.hospital, view, person, now, typed=typed, words=words_of(request)
        )
    rows = desk_page.queue(site.hospital, view, person, now)
    return site.pages.page(
        request,
        'desk.html',
        typed=typed,
        found=found,
        rows=rows,
        forgotten=desk_page.forgotten(rows),
        porters=await described(site, None),
        waiting_for=await _open_in_book(site),
        refresh=None if typed else 15,
    )


@router.get('/new')
async def new(request: Request, site: SiteDep) -> Response:
    """Show the form for a request on behalf of a station."""
    return _new(request, site)


@router.post('/new')
async def create(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Ask for a delivery on behalf of a station, and note who asked."""
    form = await read_form(request, OnBehalf)
    command = RequestDelivery(
        person.actor(),
        form.key,
        form.goods,
        StationId(form.sender),
        StationId(form.recipient),
        form.note.strip(),
        raised=form.raised,
        asked_by=form.asked_by,
    )
    reply = await site.submit(command)
    if reply.delivery is None:
        return _new(request, site, form=form, refused=reply)
    created = reply.delivery
    await site.settle(lambda view: created in view.entities.get('delivery', {}))
    return RedirectResponse(f'/deliveries/{created}', 303)


@router.get('/old')
async def old(request: Request, site: SiteDep) -> Response:
    """Search the journal for deliveries of any age, a page at a time."""
    typed = request.query_params.get('q', '').strip()[:LONGEST_SEARCH]
    before, archive = _id(request.query_params.get('before', '0')), site.archive
    leaf = Leaf((), Instant(0), 0)
    if typed and archive is not None:
        fits = desk_page.asked_for(site.hospital, typed, words_of(request))
        async with site.paper_turn:
            try:
                leaf = await asyncio.to_thread(
                    archive.search, fits, before=max(before, 0), most=desk_page.MOST_FOUND
                )
            except StoreUnavailable:
                raise Overloaded from None
    return site.pages.page(
        request,
        'desk_old.html',
        typed=typed,
        rows=leaf.found,
        stations=site.hospital.stations,
        looked_to=leaf.looked_to,
        further=urlencode({'q': typed, 'before': leaf.further}) if leaf.further else '',
    )


@router.get('/book')
async def book_page(request: Request, site: SiteDep) -> Response:
    """Show the hand-over book and the complaints."""
    return await _book(request, site)


@router.post('/notes')
async def write_note(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Write a line for the next shift."""
    form, now, me = await read_form(request, Line), site.clock(), person.account.id

    def write(book: DeskBook) -> bool:
        book.write_note(key=form.key, author=me, text=form.text, now=now)
        return True

    return await _write(request, site, write)


@router.post('/notes/{note}/take')
async def take_over(note: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Take a line over from the shift before."""
    await read_form(request, Empty)
    me, now = person.account.id, site.clock()
    return await _write(request, site, lambda book: book.take_over(_id(note), me, now=now))


@router.post('/complaints')
async def complain(request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Record a complaint."""
    form, now, me = await read_form(request, Grievance), site.clock(), person.account.id
    if not site.station_known(form.station):
        return await _book(request, site, problem='refusal.unknown_station', status=422)
    about = _numbered(site, form.number.strip())
    if form.number.strip() and about is None:
        return await _book(request, site, problem='desk.no_such_number', status=422)

    def write(book: DeskBook) -> bool:
        book.complain(
            key=form.key,
            author=me,
            station=StationId(form.station),
            delivery=about,
            text=form.text,
            now=now,
        )
        return True

    return await _write(request, site, write)


@router.post('/complaints/{complaint}/answer')
async def answer(complaint: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Write down what was said or done about a complaint."""
    form, now, me = await read_form(request, Answer), site.clock(), person.account.id
    return await _write(
        request, site, lambda book: book.answer_complaint(_id(complaint), me, form.text, now=now)
    )


@router.post('/complaints/{complaint}/close')
async def close(complaint: str, request: Request, site: SiteDep, person: PersonDep) -> Response:
    """Close a complaint that was answered."""
    await read_form(request, Empty)
    me, now = person.account.id, site.clock()
    return await _write(
        request, site, lambda book: book.close_complaint(_id(complaint), me, now=now)
    )


@router.get('/today')
async def today(request: Request, site: SiteDep) -> Response:
    """Show the figures of the day by class of goods."""
    figures = desk_page.today(site.views.current(), site.clock(), site.zone)
    return site.pages.page(request, 'desk_today.html', figures=figures, refresh=60)


async def _write(request: Request, site: Site, call: Callable[[DeskBook], bool]) -> Response:
    """Write into the book and show it; say so where somebody else was faster."""
    try:
        done = await ask(site, call, False)
    except BookFull:
        return await _book(request, site, problem='desk.book_full', status=409)
    if not done:
        return await _book(request, site, problem='desk.done_already', status=409)
    return RedirectResponse('/desk/book', 303)


async def _book(request: Request, site: Site, *, problem: str = '', status: int = 200) -> Response:
    now = site.clock()
    words = words_of(request)
    nothing: list[Any] = []
    complaints = await ask(site, lambda book: list(book.complaints(now=now)), nothing)
    return site.pages.page(
        request,
        'desk_book.html',
        status=status,
        notes=await ask(site, lambda book: list(book.notes(now=now)), nothing),
        complaints=[_told(site, one) for one in complaints],
        accounts=await site.people.by_name(),
        stations=list(site.hospital.stations.values()),
        key=secrets.token_urlsafe(16),
        problem_text=words(problem) if problem else '',
        here='/desk/book',
    )


def _told(site: Site, one: Complaint) -> dict[str, Any]:
    known = site.views.current().entities.get('delivery', {}).get(one.delivery or '')
    return {
        'it': one,
        'station': site.hospital.stations.get(one.station),
        'number': known['number'] if known else None,
    }


async def _open_in_book(site: Site) -> dict[str, int]:
    """Return how many lines and complaints are open: they are to be seen from the queue."""
    now = site.clock()

    def count(book: DeskBook) -> dict[str, int]:
        return {
            'notes': sum(note.taken_at is None for note in book.notes(now=now)),
            'complaints': sum(one.closed_at is None for one in book.complaints(now=now)),
        }

    return await ask(site, count, {'notes': 0, 'complaints': 0})


def _new(
    request: Request, site: Site, *, form: OnBehalf | None = None, refused: Reply | None = None
) -> Response:
    status, problem, key = 200, '', secrets.token_urlsafe(16)
    if refused is not None and refused.refusal_code is not None:
        code = refused.refusal_code
        problem = site.pages.refusal_text(request, code, **refused.refusal_params)
        status = REFUSAL_STATUS.get(code, 422)
        key = key if code == 'key_reused' or form is None else form.key
    chosen = form.model_dump() if form is not None else dict(request.query_params)
    return site.pages.page(
        request,
        'desk_new.html',
        status=status,
        chosen={name: chosen.get(name) or '' for name in OnBehalf.model_fields},
        goods=list(GOODS),
        may_raise=any(RAISED[one.urgency] is not one.urgency for one in GOODS.values()),
        stations=list(site.hospital.stations.values()),
        key=key,
        problem_text=problem,
        here='/desk/new',
    )


def _numbered(site: Site, number: str) -> DeliveryId | None:
    """Return the delivery that has a number, of those in sight."""
    for name, entity in site.views.current().entities.get('delivery', {}).items():
        if number and entity['number'] == int(number):
            return DeliveryId(name)
    return None


def _id(value: str) -> int:
    """Return the number of a line; -1, which none has, for what is no number."""
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else -1
