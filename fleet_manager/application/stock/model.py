"""Items, lots and lines; which lot goes first, and when more is proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fleet_manager.domain.ids import DeliveryId, StationId
from fleet_manager.domain.maps.model import Name
from fleet_manager.domain.units import HOUR, Instant

#: No shelf holds more of one lot; a longer number is a slip of the keyboard.
MAX_COUNT: Final = 1_000_000
#: The most items of one delivery: a compartment holds a few boxes.
MAX_PACKED: Final = 50
#: Who says no to a proposal is not asked again for a day.
DISMISSED_FOR: Final = 24 * HOUR
#: Somebody who accepts a proposal and is never heard of again keeps it from others for so long.
CLAIMED_FOR: Final = 60_000
#: A delivery asked for by a proposal has this and the proposal's id as its key.
KEY_OF_PROPOSAL: Final = 'stock-'


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the catalogue. `goods` is the class it travels as, `unit` what is counted."""

    code: str
    name: Name
    goods: str
    unit: str


@dataclass(frozen=True, slots=True)
class Held:
    """So many of one lot of an item at a station. `expires` is an ISO date, '' for never.

    A negative `count` is what left beyond what the books knew of: count the shelf again.
    """

    station: StationId
    item: str
    lot: str
    expires: str
    count: int

    def usable(self, today: str) -> bool:
        """Whether it has not expired. `today` is an ISO date."""
        return not self.expires or self.expires >= today


@dataclass(frozen=True, slots=True)
class Line:
    """Below `warning` a station is proposed to fill up to `target`, from `source`."""

    station: StationId
    item: str
    warning: int
    target: int
    source: StationId


@dataclass(frozen=True, slots=True)
class Shelf:
    """One item at one station: its lots, first to expire first; `coming` is on its way."""

    item: Item
    lots: tuple[Held, ...]
    line: Line | None
    coming: int

    def count(self, today: str) -> int:
        """Return how many there are that have not expired."""
        return sum(lot.count for lot in self.lots if lot.usable(today))

    def is_low(self, today: str) -> bool:
        """Whether it is below its line."""
        return self.line is not None and self.count(today) < self.line.warning


class ProposalState(StrEnum):
    """What became of a proposal. `WITHDRAWN`: there was enough again before anybody answered."""

    OPEN = 'open'
    ACCEPTED = 'accepted'
    DONE = 'done'
    DISMISSED = 'dismissed'
    WITHDRAWN = 'withdrawn'


@dataclass(frozen=True, slots=True)
class Proposal:
    """Bring `count` of an item from `source` to `station`: one tap asks for the delivery."""

    id: str
    station: StationId
    item: Item
    count: int
    source: StationId
    made_at: Instant
    state: ProposalState
    delivery: DeliveryId | None = None

    @property
    def key(self) -> str:
        """Return the key of its delivery: accepted twice it is one delivery."""
        return f'{KEY_OF_PROPOSAL}{self.id}'


@dataclass(frozen=True, slots=True)
class Packed:
    """So many of an item in a delivery; `missing` of them did not come."""

    item: Item
    count: int
    missing: int = 0


def first_out(lots: Sequence[Held], count: int) -> list[tuple[str, str, int]]:
    """Return which lots `count` pieces are taken from, as (lot, expires, pieces).

    First to expire goes first. What the lots do not have is taken from the lot without a name.
    """
    taken: list[tuple[str, str, int]] = []
    for held in sorted(lots, key=lambda one: (one.expires or '9999-12-31', one.lot)):
        pieces = min(held.count, count)
        if pieces > 0:
            taken.append((held.lot, held.expires, pieces))
            count -= pieces
    if count > 0:
        taken.append(('', '', count))
    return taken


def to_order(line: Line, *, usable: int, coming: int) -> int:
    """Return how many to propose: 0 at or above the line, else what is missing to the target."""
    if usable + coming >= line.warning:
        return 0
    return min(MAX_COUNT, line.target - usable - coming)
