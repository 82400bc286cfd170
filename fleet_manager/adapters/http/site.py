"""Everything the routes need, in one object made by `create_app`. No globals."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from fleet_manager.adapters.http.auth import Panel, People, Person
from fleet_manager.adapters.http.feed import Hub
from fleet_manager.adapters.http.i18n import Words
from fleet_manager.adapters.http.pages import Pages
from fleet_manager.adapters.http.place import NOTED, PLACE
from fleet_manager.adapters.http.provider import ProviderDesk
from fleet_manager.application.archive import Archive
from fleet_manager.application.audit import DONE, Audit, Line, line, line_of
from fleet_manager.application.desk_book import DeskBook
from fleet_manager.application.keys import ApiKey, Keys
from fleet_manager.application.outside_orders import Codes
from fleet_manager.application.ports import (
    Account,
    Books,
    CustodyRecords,
    Deposed,
    Mailbox,
    MapOffice,
    Overloaded,
    Printer,
    Reply,
    Reports,
    StoreFailed,
    View,
    ViewSource,
)
from fleet_manager.application.retention import RetentionOffice
from fleet_manager.application.ward_book import WardBook
from fleet_manager.application.webhooks import WebhookOffice
from fleet_manager.domain.deliveries.custody import Custody
from fleet_manager.domain.deliveries.meals import USUAL_TIMES, MealTimes, meal_times
from fleet_manager.domain.ids import AccountId, DeliveryId, StationId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.serialise import hospital_to_json
from fleet_manager.domain.messages import Command, Role
from fleet_manager.domain.units import Instant

log: Final = logging.getLogger('fleet')
#: A commit takes some 10 ms. Past this the answer is unknown: a repeat with the same key is safe.
REPLY_SECONDS: Final = 5.0
#: How long a page waits to show what was just done, before it shows the picture there is.
FRESH_SECONDS: Final = 1.5

T = TypeVar('T')
Timeline = Callable[[DeliveryId], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Health:
    """How the manager is. `ros_link` is True where no robot link is configured."""

    alive: bool
    leader: bool
    database: bool
    ros_link: bool
    detail: str = ''

    @property
    def ready(self) -> bool:
        """Whether people should be sent here."""
        return self.alive and self.leader and self.database and self.ros_link


class ShownMap:
    """The map pages show, and as they get it. Replaced whole, from any thread."""

    def __init__(self, hospital: Hospital) -> None:
        self.use(hospital)

    def use(self, hospital: Hospital) -> None:
        """Show another one from now on."""
        as_json = json.dumps(hospital_to_json(hospital), ensure_ascii=False).encode()
        self.now = (hospital, as_json)

    @property
    def hospital(self) -> Hospital:
        """The map in force."""
        return self.now[0]


@dataclass(frozen=True, slots=True)
class Site:
    """What a request may use. Without `maps` the map cannot be changed.

    Without `printer` nothing can be printed, without `ward_book` wards keep nothing, without
    `books` there is no stock.
    """

    shown: ShownMap
    mailbox: Mailbox
    views: ViewSource
    people: People
    hub: Hub
    clock: Callable[[], Instant]
    health: Callable[[], Health]
    metrics: Callable[[], bytes]
    metrics_token: str
    allowed_origins: frozenset[str]
    secure_cookies: bool
    timeline: Timeline | None
    words: Mapping[str, Words]
    pages: Pages
    maps: MapOffice | None = None
    ward_book: WardBook | None = None
    #: The clock on the wall, and until how many minutes before a meal it is ordered.
    zone: tzinfo = UTC
    meal_cut_off: int = 120
    meal_times: MealTimes = field(default_factory=lambda: meal_times(USUAL_TIMES))
    custody: Callable[[DeliveryId], Custody | None] | None = None
    printer: Printer | None = None
    books: Books | None = None
    reports: Reports | None = None
    records: CustodyRecords | None = None
    book: DeskBook | None = None
    archive: Archive | None = None
    audit: Audit | None = None
    keys: Keys | None = None
    #: What codes of other systems mean.
    codes: Codes = field(default_factory=Codes)
    webhooks: WebhookOffice | None = None
    retention: RetentionOffice | None = None
    #: Where people of the hospital log in, None where they have no account outside.
    provider: ProviderDesk | None = None
    #: One new map is checked at a time.
    map_turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    #: One document is made at a time: each takes up to a second of a core.
    paper_turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def hospital(self) -> Hospital:
        """The map in force."""
        return self.shown.hospital

    def use_map(self, hospital: Hospital) -> None:
        """Show another map from now on. Safe from every thread."""
        if hospital is not self.hospital:
            self.shown.use(hospital)

    @property
    def cookie(self) -> str:
        """Return the name of the session cookie; `__Host-` is only kept over TLS."""
        return '__Host-session' if self.secure_cookies else 'session'

    @property
    def panel_cookie(self) -> str:
        """Return the name of the cookie that says whose panel a device is."""
        return '__Host-panel' if self.secure_cookies else 'panel'

    async def submit(self, command: Command, *, place: str = '') -> Reply:
        """Post a command, wait for its commit, put it on the audit list.

        The one way for commands of people and programs, from every event loop. `place` is where
        it comes from, where that is no request. Raises Overloaded when no answer came.
        """
        reply = None
        try:
            reply = await self._reply(command)
        finally:
            outcome = 'busy' if reply is None else reply.refusal_code or DONE
            delivery = None if reply is None else reply.delivery
            line = line_of(command, self.clock(), outcome, place or PLACE.get(), delivery)
            await self._write(line)
        return reply

    async def note(self, who: Person | Panel | None, deed: str, **more: str) -> None:
        """Put what somebody did, that is no command, on the audit list.

        `more`: `subject`, `outcome` where it was refused, `name` of who is not logged in.
        """
        name, role = more.pop('name', '?'), ''
        if isinstance(who, Panel):
            name = f'panel-{who.robot}'
        elif who is not None:
            name, role = who.account.id, str(who.role)
        await self._write(line(self.clock(), name, role, deed, place=PLACE.get(), **more))

    async def program(self, key: str) -> Person | None:
        """Return the program that has a key, None when the key opens nothing."""
        keys, now = self.keys, self.clock()
        if keys is None or len(key) > 128:
            return None
        known = await self.people.in_thread(lambda text: keys.key_of(text, now=now), key)
        return None if known is None else _program(known, key)

    async def _write(self, line: Line) -> None:
        """Write a line. A list that cannot be written stops nobody: the journal goes on."""
        noted = NOTED.get()
        if noted is not None:
            noted.append(line.deed)
        if self.audit is None:
            return
        try:
            await self.people.in_thread(self.audit.note, line)
        except StoreFailed:
            log.exception('the audit list cannot be written')

    async def _reply(self, command: Command) -> Reply:
        future = asyncio.wrap_future(self.mailbox.submit(command))
        # wait() cancels nothing: a page that goes away must not stop what the kernel answers
        done, _ = await asyncio.wait({future}, timeout=REPLY_SECONDS)
        if not done or future.cancelled():
            raise Overloaded
        try:
            reply: Reply = future.result()
        except (StoreFailed, Deposed):
            raise Overloaded from None
        return reply

    async def settle(self, shows: Callable[[View], bool]) -> None:
        """Wait until a view shows what was just committed, but not long."""
        await self.hub.wait_for(shows, seconds=FRESH_SECONDS)

    async def in_book(self, call: Callable[[WardBook], T]) -> T:
        """Read or write what wards keep, in a thread. Raises Overloaded where that fails."""
        if self.ward_book is None:
            raise Overloaded
        try:
            return await asyncio.to_thread(call, self.ward_book)
        except StoreFailed:
            raise Overloaded from None

    def station_known(self, station: str) -> bool:
        """Whether there is such a station."""
        return StationId(station) in self.hospital.stations


def _program(key: ApiKey, text: str) -> Person:
    account = Account(AccountId(f'key-{key.id}'), key.label, Role.INTEGRATION, key.station)
    return Person(account, Role.INTEGRATION, text, '', key=key)


def site_of(request: Request) -> Site:
    """FastAPI dependency: the site."""
    site: Site = request.app.state.site
    return site


def person_of(request: Request) -> Person:
    """FastAPI dependency: who asks. The gate has let them through, so there is somebody."""
    person: Person = request.state.person
    return person


def panel_of(request: Request) -> Panel:
    """FastAPI dependency: the robot's panel that asks. The gate has looked at its token."""
    panel: Panel = request.state.panel
    return panel


def words_of(request: HTTPConnection) -> Words:
    """FastAPI dependency: the language of this visit, chosen by the gate."""
    words: Words = request.state.words
    return words


SiteDep = Annotated[Site, Depends(site_of)]
PersonDep = Annotated[Person, Depends(person_of)]
PanelDep = Annotated[Panel, Depends(panel_of)]
