"""What people at the service desk and the porters write down beside the deliveries.

Nothing here moves a parcel: the journal is the truth of deliveries. A claim says which porter goes
for one; notes stay in the hand-over book until somebody of the next shift takes them over;
complaints stay until they are answered and closed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from fleet_manager.domain.ids import AccountId, DeliveryId, StationId
from fleet_manager.domain.units import HOUR, Instant

#: What is taken over or closed stays in sight for so long.
DONE_IN_SIGHT: Final = 24 * HOUR
#: The most notes and the most complaints that are open at once; more nobody reads.
MOST_OPEN: Final = 500


@dataclass(frozen=True, slots=True)
class Note:
    """A line of the hand-over book. Open until `taken_by` somebody at `taken_at`."""

    id: int
    at: Instant
    author: AccountId
    text: str
    taken_by: AccountId | None = None
    taken_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """What somebody is not content with. Open until it was answered, and closed.

    `delivery` is None where it is about none. `author` is who recorded it, `station` who said it.
    """

    id: int
    at: Instant
    author: AccountId
    station: StationId
    delivery: DeliveryId | None
    text: str
    answer: str = ''
    answered_by: AccountId | None = None
    answered_at: Instant | None = None
    closed_by: AccountId | None = None
    closed_at: Instant | None = None


class BookFull(Exception):
    """`MOST_OPEN` notes or complaints are open: take over, or close, some first."""


class DeskBook(Protocol):
    """Kept on disk before a call returns. Calls block: use a thread.

    `key` is made by the page, once for what is written: a double tap writes one line.
    """

    def claim(self, delivery: DeliveryId, account: AccountId, *, now: Instant) -> AccountId:
        """Say that a porter goes for a delivery; return who does: the first who said so."""

    def unclaim(self, delivery: DeliveryId, account: AccountId) -> None:
        """Let another porter go; nothing where the claim is somebody else's."""

    def claims(self) -> Mapping[DeliveryId, AccountId]:
        """Return who goes for what."""

    def write_note(self, *, key: str, author: AccountId, text: str, now: Instant) -> None:
        """Add a line to the hand-over book. Raises BookFull."""

    def take_over(self, note: int, account: AccountId, *, now: Instant) -> bool:
        """Take a line over; return whether it was open."""

    def notes(self, *, now: Instant) -> Sequence[Note]:
        """Return the open lines, oldest first, then those taken over lately, newest first."""

    def complain(
        self,
        *,
        key: str,
        author: AccountId,
        station: StationId,
        delivery: DeliveryId | None,
        text: str,
        now: Instant,
    ) -> None:
        """Record a complaint. Raises BookFull."""

    def answer_complaint(
        self, complaint: int, account: AccountId, text: str, *, now: Instant
    ) -> bool:
        """Answer a complaint, or correct the answer; return whether it is open."""

    def close_complaint(self, complaint: int, account: AccountId, *, now: Instant) -> bool:
        """Close an answered complaint; return whether it was open and answered."""

    def complaints(self, *, now: Instant) -> Sequence[Complaint]:
        """Return the open ones, oldest first, then those closed lately, newest first."""
