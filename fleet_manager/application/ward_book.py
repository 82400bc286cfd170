"""What wards keep for themselves beside the journal: favourites, timetables, meals.

None of it is a delivery. A delivery is what the kernel accepted, and the journal has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.units import Instant

#: Favourites of one person at one station: more are slower to read than the search.
MAX_FAVOURITES: Final = 8


@dataclass(frozen=True, slots=True)
class Favourite:
    """A request somebody makes often: what, from where, to where."""

    goods: str
    sender: StationId
    recipient: StationId


class WardBook(Protocol):
    """Where wards keep these things. Calls block: use a thread. Raises StoreFailed."""

    def favourites(self, station: StationId, account: AccountId) -> Sequence[Favourite]:
        """Return the favourites of a person at a station, the oldest first."""

    def add_favourite(
        self, station: StationId, account: AccountId, favourite: Favourite, *, now: Instant
    ) -> bool:
        """Keep a favourite; twice is once. Return False when there is no room for another."""

    def remove_favourite(
        self, station: StationId, account: AccountId, favourite: Favourite
    ) -> None:
        """Forget a favourite; nothing when there is none."""
