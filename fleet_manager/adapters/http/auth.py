"""Who somebody is: log-in, sessions and the PIN asked for again before a compartment opens."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from fleet_manager.adapters.http.security import form_token
from fleet_manager.application.keys import ApiKey
from fleet_manager.application.people import FRESH_MS
from fleet_manager.application.ports import Account, Accounts, Panels
from fleet_manager.domain.ids import AccountId, RobotId, StationId
from fleet_manager.domain.messages import Actor, LockReport, Role
from fleet_manager.domain.rights import RIGHTS, Deed, Right, may, reach
from fleet_manager.domain.units import Instant

#: A hash takes some 50 ms of a core. Two leave the others to the fleet.
HASHING_THREADS: Final = 2
#: Who comes after these would wait more than half a second: better to be told at once.
HASHING_QUEUE: Final = 16
#: Looking up a session is a read of one row.
LOOKUP_THREADS: Final = 2

#: Who may log in: everybody with pages. Programs have keys, simulated staff has neither.
PAGE_ROLES: Final = RIGHTS[Deed.ENTER].everywhere

T = TypeVar('T')
A = TypeVar('A')


class Busy(Exception):
    """Too many people log in at this moment: 503, try again."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is logged in. `token` is the session cookie, `csrf` goes into forms."""

    account: Account
    role: Role
    token: str
    csrf: str
    fresh: Instant = Instant(0)
    seat: str = ''
    #: What a program came with, instead of a session.
    key: ApiKey | None = None

    @property
    def station(self) -> StationId | None:
        """Return the station somebody works at, None for who works for all of them."""
        return self.account.station

    def actor(self) -> Actor:
        """Return how the kernel and the journal know this person."""
        return Actor(self.account.id, self.role, self.account.station)

    def may_ever(self, right: Right) -> bool:
        """Whether the person, or a program by its key, has a right on anything at all."""
        if self.key is not None and not self.key.may(right):
            return False
        return reach(self.role, right) is not None

    def proved(self, now: Instant) -> bool:
        """Whether the secret was given lately enough for what cannot be taken back."""
        return self.fresh > now - FRESH_MS

    def may(self, right: Right, *stations: StationId) -> bool:
        """Whether the person has a right, on a thing of these stations."""
        return may(self.actor(), right, *stations)


@dataclass(frozen=True, slots=True)
class Panel:
    """The screen of a robot. `token` is its cookie, `csrf` goes into its forms."""

    robot: RobotId
    token: str
    csrf: str


class People:
    """Accounts for an event loop: nothing here blocks it, and hashing has a bounded queue."""

    def __init__(
        self,
        accounts: Accounts,
        clock: Callable[[], Instant],
        panels: Panels | None = None,
        *,
        on_lock: Callable[[LockReport], None] = lambda report: None,
    ) -> None:
        """`on_lock` is told of an account that was locked, or a compartment."""
        self._on_lock = on_lock
        self._accounts = accounts
        self._panels = panels
        self._clock = clock
        self._hashing = ThreadPoolExecutor(HASHING_THREADS, thread_name_prefix='hashing')
        self._lookups = ThreadPoolExecutor(LOOKUP_THREADS, thread_name_prefix='sessions')
        self._places = threading.Semaphore(HASHING_THREADS + HASHING_QUEUE)

    async def of(self, token: str | None) -> Person | None:
        """Return who a session cookie belongs to, or None."""
        if not token or len(token) > 256 or not token.isascii():
            return None
        seat = await self._look_up(lambda: self._accounts.seat(token, now=self._clock()))
        if seat is None or seat.account.disabled or seat.account.role not in PAGE_ROLES:
            return None
        account = seat.account
        works_at_station = reach(Role(account.role), Deed.WORK_AT_STATION) is not None
        if works_at_station and account.station is None:
            return None
        fresh, csrf = seat.fresh, form_token(token)
        return Person(account, Role(account.role), token, csrf, fresh, seat.id)

    async def why_ended(self, token: str | None) -> str:
        """Return why a session is over, '' when that is not known."""
        if not token or len(token) > 256 or not token.isascii():
            return ''
        return await self.ask(lambda accounts: accounts.why_ended(token, now=self._clock()))

    async def panel(self, token: str | None) -> Panel | None:
        """Return whose panel a device is, or None."""
        if self._panels is None or not token or len(token) > 256 or not token.isascii():
            return None
        panels = self._panels
        robot = await self._look_up(lambda: panels.robot(token))
        return None if robot is None else Panel(robot, token, form_token(token))

    async def pair(self, robot: RobotId, code: str) -> str:
        """Return the token of a device that gave the robot's code, else ''."""
        if self._panels is None:
            return ''
        panels = self._panels
        return await self._look_up(lambda: panels.pair(robot, code=code))

    async def at_robot(self, station: StationId, secret: str) -> tuple[str, Actor | None]:
        """Check the PIN, or badge, of who stands at `station`; return the outcome and who."""
        account, now = await self.ward_account(station), self._clock()
        if account is None:
            return 'wrong', None
        if await self.ask(lambda known: known.locked_until(account.id, now=now)):
            return 'locked', None
        _, person = await self.ask(lambda known: known.by_badge(secret, device='', now=now))
        if person is not None and station in person.stations:
            return 'ok', Actor(person.id, Role(person.role), station)
        outcome = await self.check(account.id, secret)
        return outcome, Actor(account.id, Role(account.role), station) if outcome == 'ok' else None

    async def locked_at(self, compartment: str, delivery: str) -> Instant:
        """Return until when nobody opens `r1/c1` for a delivery at its robot's screen, or 0."""
        place, now = AccountId(_place(compartment, delivery)), self._clock()
        return await self.ask(lambda known: known.locked_until(place, now=now))

    async def wrong_at(self, compartment: str, delivery: str) -> Instant:
        """Count a wrong secret there; return until when it is locked now, and tell, or 0."""
        place, now = _place(compartment, delivery), self._clock()
        until = await self.ask(lambda known: known.count_wrong_at(place, now=now))
        if until:
            self._on_lock(LockReport(AccountId(''), until, compartment))
        return until

    async def right_at(self, compartment: str, delivery: str) -> None:
        """Forgive the wrong secrets there: a right one was given."""
        place = _place(compartment, delivery)
        await self.ask(lambda known: known.forgive(place))

    async def ward_account(self, station: StationId) -> Account | None:
        """Return the shared log-in of a station."""
        for account in await self._all():
            if _is_shared(account) and account.station == station and not account.disabled:
                return account
        return None

    async def stations(self) -> set[StationId]:
        """Return the stations somebody can log in for."""
        return {
            account.station
            for account in await self._all()
            if _is_shared(account) and account.station and not account.disabled
        }

    async def by_name(self) -> dict[AccountId, Account]:
        """Return every account by its log-in."""
        return {account.id: account for account in await self._all()}

    async def verify(self, account: AccountId, secret: str) -> str:
        """Return 'ok', 'wrong', 'locked' or 'disabled'. Raises Busy when too many wait."""
        return await self._hash(
            lambda accounts: accounts.verify(account, secret=secret, now=self._clock())
        )

    async def _tell_of_lock(self, account: AccountId) -> None:
        now = self._clock()
        until = await self.ask(lambda accounts: accounts.locked_until(account, now=now))
        known = await self.ask(lambda accounts: accounts.get(account)) if until else None
        if known is not None:
            self._on_lock(LockReport(account, until, name=known.label if known.personal else ''))

    async def _hash(self, call: Callable[[Accounts], T]) -> T:
        if not self._places.acquire(blocking=False):
            raise Busy
        job = self._hashing.submit(lambda: call(self._accounts))
        # with the job, not with the request: a page that went away still costs its hash
        job.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(job)

    async def colleague(self, name: str, secret: str) -> tuple[str, Actor | None]:
        """Check who signs as the second person; return the outcome and, when 'ok', who it is.

        By log-in and PIN, or by badge where no name is given.
        """
        if name:
            outcome = await self.check(AccountId(name), secret)
            known = await self.ask(lambda a: a.get(AccountId(name))) if outcome == 'ok' else None
        else:
            now = self._clock()
            outcome, known = await self.ask(lambda a: a.by_badge(secret, device='', now=now))
        if known is None:
            return ('wrong' if outcome == 'ok' else outcome), None
        return outcome, Actor(known.id, Role(known.role), known.station)

    async def log_in(
        self, account: AccountId, secret: str, *, shared: bool, device: str
    ) -> tuple[str, str]:
        """Check a secret and open a session; return the outcome and, when 'ok', its token.

        `shared`: it must be the log-in of a station, else it must not be one.
        """
        outcome = await self.check(account, secret)
        if outcome != 'ok':
            return outcome, ''
        known = await self.ask(lambda accounts: accounts.get(account))
        if known is None or known.role not in PAGE_ROLES or _is_shared(known) != shared:
            return 'wrong', ''
        return 'ok', await self.open(account, device=device)

    async def log_in_with_badge(self, code: str, *, device: str) -> tuple[str, str]:
        """Open a session for who has the badge; return as `log_in` does."""
        outcome, known = await self.ask(
            lambda accounts: accounts.by_badge(code, device=device, now=self._clock())
        )
        if known is None or known.role not in PAGE_ROLES:
            return ('wrong' if outcome == 'ok' else outcome), ''
        return 'ok', await self.open(known.id, device=device)

    async def open(self, account: AccountId, *, device: str) -> str:
        """Open a session without a look at secrets; return its token."""
        now = self._clock()
        return await self.ask(
            lambda accounts: accounts.open_session(account, now=now, device=device)
        )

    async def check(self, account: AccountId, secret: str) -> str:
        """Check a secret as `verify` does, and tell operators when that locked the account."""
        outcome = await self.verify(account, secret)
        if outcome == 'wrong':
            await self._tell_of_lock(account)
        return outcome

    async def signer(self, person: Person, given: str) -> tuple[str, Actor]:
        """Return the outcome, and who signs: the person by PIN, or whose badge was read.

        A badge of somebody who works at the person's station too signs for that station.
        """
        now, me = self._clock(), person.account.id
        if await self.ask(lambda accounts: accounts.locked_until(me, now=now)):
            return 'locked', person.actor()
        outcome, known = await self.ask(lambda a: a.by_badge(given, device='', now=now))
        if known is not None and known.role in PAGE_ROLES:
            here = person.station if person.station in known.stations else known.station
            return 'ok', Actor(known.id, Role(known.role), here)
        if outcome == 'disabled':
            return 'disabled', person.actor()
        return await self.check(me, given), person.actor()

    async def set_secret(self, account: AccountId, secret: str) -> None:
        """Replace a secret. Raises Busy when too many wait, LookupError, ValueError."""
        await self._hash(lambda accounts: accounts.set_secret(account, secret=secret))

    async def create(self, account: Account, secret: str) -> None:
        """Add an account. Raises Busy when too many wait, ValueError."""
        await self._hash(lambda accounts: accounts.create(account, secret=secret))

    async def ask(self, call: Callable[[Accounts], T]) -> T:
        """Run a call that reads or writes a few rows."""
        return await self._look_up(lambda: call(self._accounts))

    async def log_out(self, token: str) -> None:
        """End a session."""
        await self._look_up(lambda: self._accounts.close_session(token))

    async def in_thread(self, call: Callable[[A], T], argument: A) -> T:
        """Run another blocking read where sessions are read."""
        return await self._look_up(lambda: call(argument))

    def close(self) -> None:
        """Let the threads go. Nobody waits for a hash at the end."""
        self._hashing.shutdown(wait=False, cancel_futures=True)
        self._lookups.shutdown(wait=False, cancel_futures=True)

    async def _all(self) -> tuple[Account, ...]:
        return await self._look_up(lambda: tuple(self._accounts.all()))

    async def _look_up(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._lookups, call)


def _place(compartment: str, delivery: str) -> str:
    return f'at {compartment} for {delivery}'


def _is_shared(account: Account) -> bool:
    """Whether it is the log-in of a station, which its staff share."""
    return not account.personal and account.role == Role.WARD and account.station is not None
