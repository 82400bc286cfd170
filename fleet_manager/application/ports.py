"""What the application needs from the outside, as Protocols. Adapters implement them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from fleet_manager.application.custody_export import CustodyExport
from fleet_manager.application.documents import Document
from fleet_manager.application.labels import Label
from fleet_manager.application.reports import PeriodReport
from fleet_manager.application.space_time import Traffic
from fleet_manager.application.stock.bookings import Booking
from fleet_manager.application.stock.model import Held, Item, Line, Packed, Proposal, Shelf
from fleet_manager.application.stock.sheet import Sheet
from fleet_manager.domain.ids import (
    AccountId,
    CompartmentId,
    DeliveryId,
    DoorId,
    FloorId,
    LiftId,
    NodeId,
    RobotId,
    SessionId,
    StationId,
)
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Command, Report
from fleet_manager.domain.units import Instant

# --- what devices should be doing: level-triggered, repeated until the device echoes it --------


@dataclass(frozen=True, slots=True)
class OrderNode:
    """A node of an order and the edge that leads to it. Metres, metres a second."""

    node: NodeId
    sequence: int
    released: bool
    floor: FloorId
    x: float
    y: float
    max_speed: float
    via: tuple[tuple[float, float], ...] = ()
    lift: str = ''
    boards: bool = False
    session: str = ''
    door: str = ''


@dataclass(frozen=True, slots=True)
class RobotOrder:
    """What a robot should be doing. `update` only grows; see interfaces/msg/Order.msg."""

    robot: RobotId
    epoch: int
    order_id: str
    update: int
    map_version: str
    nodes: tuple[OrderNode, ...]
    paused: bool
    charge: bool
    grant: int = 0
    grant_compartment: CompartmentId | None = None
    grant_expires: Instant | None = None


@dataclass(frozen=True, slots=True)
class LiftOrder:
    """What a lift should be doing: a session with a destination and door, or the end of one."""

    lift: LiftId
    session: SessionId
    end_session: bool
    destination: FloorId
    door_open: bool


@dataclass(frozen=True, slots=True)
class DoorOrder:
    """What a door should be doing."""

    door: DoorId
    open: bool


Directive = RobotOrder | LiftOrder | DoorOrder


class Devices(Protocol):
    """Robots, lifts and doors. Called from the runner's thread; must not block."""

    def publish(self, directives: Sequence[Directive]) -> None:
        """Take over the newest directive of each device and repeat it until it changes.

        Called after every commit, also with none: it is the sign that this manager still leads.
        """

    def use_map(self, hospital: Hospital, *, epoch: int) -> None:
        """Work on this map from now on, and go on telling robots and building which it is."""

    def request_states(self, *, epoch: int) -> None:
        """Ask every robot to say its state now; at start."""

    def close(self) -> None:
        """Stop repeating and leave."""


# --- maps  ---


class MapOffice(Protocol):
    """Where new maps are checked, and kept for a restart. Calls block: use a thread."""

    def build(self, raw: Mapping[str, Any]) -> Hospital:
        """Build and check a whole map from plain data. Raises BrokenMap with all problems."""

    def keep(self, hospital: Hospital) -> Hospital:
        """Write the map where a restart finds it; return it with the robots that work there.

        Raises FleetError with the reason when the disk refuses. Call before it is asked for.
        """


# --- stock  ---


@dataclass(frozen=True, slots=True)
class Bookmark:
    """The journal line up to which the books have followed it."""

    seq: int
    hash: str


class Books(Protocol):
    """Catalogue, stock and proposals. Safe from several threads; calls block: use a thread.

    `today` is an ISO date at the hospital.
    """

    def items(self) -> Mapping[str, Item]:
        """Return the catalogue by code."""

    def shelves(self, station: StationId) -> tuple[Shelf, ...]:
        """Return what a station has, or should have, by code."""

    def held(self) -> tuple[tuple[Held, ...], tuple[Line, ...]]:
        """Return every lot and every line, for an export."""

    def take_over(self, sheet: Sheet, *, at: Instant, actor: str, today: str) -> int:
        """Take over a file, whole or not at all; return how many counts changed."""

    def count(self, held: Held, *, at: Instant, actor: str, today: str) -> None:
        """Set a lot to what was counted. Raises LookupError for an unknown item."""

    def proposals(self, station: StationId | None) -> tuple[Proposal, ...]:
        """Return what is open or on its way, to or from a station, oldest first."""

    def proposal(self, proposal: str) -> Proposal | None:
        """Return one proposal, whatever became of it."""

    def claim(self, proposal: str, *, at: Instant, actor: str) -> bool:
        """Let one person accept an open proposal; False when another is at it or was."""

    def dismiss(self, proposal: str, *, at: Instant, actor: str) -> bool:
        """Say no to an open proposal; False when it is open no more."""

    def pack(self, delivery: DeliveryId, item: str, count: int) -> bool:
        """Say what is in a delivery, 0 for none of it; False once it has left its sender.

        Raises LookupError for an unknown item or more items than a delivery holds.
        """

    def packed(self, delivery: DeliveryId) -> tuple[Packed, ...]:
        """Return what is in a delivery."""

    def missing(
        self, delivery: DeliveryId, item: str, count: int, *, at: Instant, actor: str, today: str
    ) -> bool:
        """Say how many of an item did not come, of a delivery with several items.

        False where it has not been received, or has one item, of which what was signed says it.
        Raises LookupError for an item that was not in it, ValueError for more than were.
        """

    def bookmark(self) -> Bookmark:
        """Return how far the journal was followed."""

    def book(self, bookings: Sequence[Booking], bookmark: Bookmark, *, today: str) -> None:
        """Book steps of deliveries and turn the page, both or neither. Repeats change nothing."""

    def propose(self, *, at: Instant, today: str) -> None:
        """Look at every line: propose, withdraw, ask again a day after a no."""


# --- reports  ---


class Reports(Protocol):
    """Reports of periods. Calls take up to a second: use a thread."""

    def oldest(self) -> Instant:
        """Return since when deliveries are looked at."""

    def report(self, *, begin: Instant, end: Instant) -> PeriodReport:
        """Return the report of a period."""


class CustodyRecords(Protocol):
    """Records of custody, from the journal. Calls read the disk: use a thread.

    Raise StoreUnavailable when the journal cannot be read.
    """

    def of_delivery(self, delivery: DeliveryId) -> CustodyExport:
        """Return the record of one delivery; no sheet when there is none."""

    def of_period(self, *, begin: Instant, end: Instant, most: int) -> CustodyExport:
        """Return the records of what was asked for in a period. Raises TooManyDeliveries."""


# --- paper  ---


class Printer(Protocol):
    """Makes documents for paper. Calls block: use a thread."""

    def labels_pdf(self, labels: Sequence[Label], *, paper: str) -> bytes:
        """Return a PDF. `paper` is a key of `application.labels.PAPERS`."""

    def document_pdf(self, document: Document) -> bytes:
        """Return a PDF of tables on numbered pages."""

    def labels_zpl(self, labels: Sequence[Label], *, paper: str, dots: int) -> bytes:
        """Return ZPL for a label printer of `dots` a mm."""


# --- the journal  ---


@dataclass(frozen=True, slots=True)
class Entry:
    """One journal line before it has a number: canonical JSON of one event."""

    at: Instant
    actor: str
    kind: str
    delivery: str | None
    robot: str | None
    body: str


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A journal line: `hash` = SHA-256 over the previous hash and this line as it was written.

    `form` says how: an older line holds its texts, a newer one commitments to them.
    """

    seq: int
    epoch: int
    entry: Entry
    prev_hash: str
    hash: str
    form: int = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """What one turn of the kernel changed: committed whole or not at all.

    `commands` are the newest directives of the devices whose directive changed: (device, number,
    canonical JSON). `snapshot` is the state after the last entry, now and then.
    """

    entries: tuple[Entry, ...]
    commands: tuple[tuple[str, int, str], ...] = ()
    snapshot: str | None = None


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a store gives back at start: our epoch, the newest snapshot, what came after."""

    epoch: int
    snapshot: str | None
    snapshot_seq: int
    entries: tuple[StoredEntry, ...]


class Store(Protocol):
    """State, journal and pending commands in one transaction, under one epoch."""

    def take_over(
        self,
        *,
        holder: str,
        now: Instant,
        at_least: int = 0,
        readable: Callable[[str], bool] = lambda snapshot: True,
    ) -> Recovered:
        """Become the leader with a higher epoch and read back what was committed.

        `at_least` is the highest epoch a robot has obeyed: a restored backup may be below it.
        A snapshot that is not `readable` is left aside: the whole journal comes back.
        """

    def commit(self, batch: Batch, *, now: Instant) -> int:
        """Write the batch; return the sequence of its last entry. Raises Deposed, StoreFailed."""

    def close(self) -> None:
        """Give the lock back."""


class Deposed(Exception):
    """Another manager has a higher epoch: write nothing more, end with exit code 75."""


class StoreFailed(Exception):
    """The database could not commit. Nothing was acknowledged: end and start again."""


class StoreUnavailable(Exception):
    """The database cannot be opened: locked by another manager, corrupt, unknown version."""


# --- people  ---


@dataclass(frozen=True, slots=True)
class Account:
    """A person, or a log-in that a station shares.

    `station` is where somebody works now, None for who works for all; `stations` are all those a
    person may choose from. `personal`: one person's own, not a station's. `issuer` is the OpenID
    provider that says who it is, '' for who is known only here.
    """

    id: AccountId
    label: str
    role: str
    station: StationId | None
    disabled: bool = False
    stations: tuple[StationId, ...] = ()
    personal: bool = False
    issuer: str = ''
    has_secret: bool = True


@dataclass(frozen=True, slots=True)
class Seat:
    """An open session: whose, since when the secret was last given, and from where.

    `id` names it on pages; it is no token.
    """

    id: str
    account: Account
    opened: Instant
    seen: Instant
    fresh: Instant
    device: str = ''


@dataclass(frozen=True, slots=True)
class Badge:
    """A badge of a person. `id` names it on pages; its code is not kept."""

    id: str
    added: Instant


class Accounts(Protocol):
    """Accounts, badges and sessions. Secrets are kept only as Argon2id hashes.

    Hashing takes some 50 ms of a core: call from a bounded pool, never from the event loop.
    """

    def all(self) -> Sequence[Account]:
        """Return every account, by id."""

    def get(self, account: AccountId) -> Account | None:
        """Return one account."""

    def create(self, account: Account, *, secret: str) -> None:
        """Add an account; `secret` is its password, or PIN for ward staff.

        Raises ValueError for a bad name, one there is already, or no secret.
        """

    def change(self, account: Account) -> None:
        """Give an account this label, role and stations; ends its sessions. Raises LookupError."""

    def set_secret(self, account: AccountId, *, secret: str) -> None:
        """Replace the secret, end the account's sessions, forgive wrong tries.

        Raises LookupError when unknown, ValueError for an empty secret.
        """

    def set_disabled(self, account: AccountId, *, disabled: bool) -> None:
        """Disable or enable; both end its sessions. Raises LookupError when unknown."""

    def unlink(self, account: AccountId) -> None:
        """Let its OpenID provider in no more, and end its sessions. Raises LookupError."""

    def verify(self, account: AccountId, *, secret: str, now: Instant) -> str:
        """Check a secret: 'ok', 'wrong', 'locked' (too many tries) or 'disabled'."""

    def locked_until(self, account: AccountId, *, now: Instant) -> Instant:
        """Return when a locked name may try again, 0 while it is not locked."""

    def count_wrong_at(self, place: str, *, now: Instant) -> Instant:
        """Count a wrong secret typed at a place; return until when it is locked, or 0."""

    def forgive(self, place: str) -> None:
        """Forget what was counted at a place: a right secret was typed there."""

    def by_badge(self, code: str, *, device: str, now: Instant) -> tuple[str, Account | None]:
        """Return the outcome as `verify` does, and whose badge it is when 'ok'.

        Wrong codes are counted for the `device` they come from; '' where tries are counted by the
        caller.
        """

    def badges(self, account: AccountId) -> Sequence[Badge]:
        """Return the badges of an account, oldest first."""

    def add_badge(self, account: AccountId, *, code: str, now: Instant) -> None:
        """Give somebody a badge. Raises ValueError for a code too short or given already."""

    def remove_badge(self, account: AccountId, badge: str) -> None:
        """Take a badge away; nothing when there is none."""

    def open_session(
        self,
        account: AccountId,
        *,
        now: Instant,
        station: StationId | None = None,
        device: str = '',
    ) -> str:
        """Return a new session token; only its hash is kept."""

    def seat(self, token: str, *, now: Instant) -> Seat | None:
        """Return whose session a token is, or None when unknown, expired, ended or disabled."""

    def why_ended(self, token: str, *, now: Instant) -> str:
        """Return why a session is over: 'disabled', 'secret', 'changed', 'ended', '' unknown."""

    def seats(self, account: AccountId, *, now: Instant) -> Sequence[Seat]:
        """Return the open sessions of an account, newest first."""

    def confirm(self, token: str, *, now: Instant) -> None:
        """Note that the secret was given again in this session."""

    def sit_at(self, token: str, station: StationId) -> None:
        """Work at another station in this session. Raises LookupError: not one of theirs."""

    def close_session(self, token: str) -> None:
        """End a session."""

    def end_seat(self, account: AccountId, seat: str) -> None:
        """End a session by its public name, as `close_session` does by its token."""


class Panels(Protocol):
    """The screens on robots: which device belongs to which robot. Calls block: use a thread.

    A code, read out once by who administers the fleet, turns a device into the robot's panel; its
    token is then good until another device is paired, or none is.
    """

    def offer(self, robot: RobotId) -> str:
        """Return a new code for the robot's panel, good for ten minutes and five tries."""

    def pair(self, robot: RobotId, *, code: str) -> str:
        """Return the token of the device that gave the right code, '' for a wrong or old one.

        A code is good once. The device paired before is one no more.
        """

    def robot(self, token: str) -> RobotId | None:
        """Return whose panel a token belongs to, or None."""

    def forget(self, robot: RobotId) -> bool:
        """End the pairing, and a code that was offered; return whether there was any."""


# --- the kernel, as adapters see it  ---


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a command, after commit. Exactly one of `delivery`, `refusal` may be set."""

    refusal_code: str | None = None
    refusal_params: Mapping[str, str] = field(default_factory=dict)
    delivery: str | None = None
    replayed: bool = False


class Overloaded(Exception):
    """The mailbox is full or the manager is stopping: try again in a moment (HTTP 503)."""


class Mailbox(Protocol):
    """How adapters reach the kernel. Safe from every thread; never blocks."""

    def submit(self, command: Command) -> Any:
        """Post a command; return a `concurrent.futures.Future[Reply]` done after the commit.

        Raises Overloaded at once when the mailbox is full.
        """

    def report(self, report: Report) -> None:
        """Post what a device said. Newest wins for each device: an old report may be skipped."""


class ViewSource(Protocol):
    """The newest picture of everything, for pages. Immutable once published."""

    def current(self) -> View:
        """Return the newest view."""

    def subscribe(self, listener: Any) -> Any:
        """Call `listener(view)` from the runner's thread at each new view; return the way out."""


@dataclass(frozen=True, slots=True)
class View:
    """A picture: `entities[kind][id]` are JSON objects, see docs/views.md. `seq` grows by one.

    `traffic` is what a diagram of places over time is drawn from, where somebody asks for one.
    """

    seq: int
    now: Instant
    entities: Mapping[str, Mapping[str, Mapping[str, Any]]]
    traffic: Traffic | None = None
