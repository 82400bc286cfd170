"""What wards keep for themselves beside the journal: favourites, timetables, meals.

None of it is a delivery. A delivery is what the kernel accepted, and the journal has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from fleet_manager.domain.deliveries.meals import Bed
from fleet_manager.domain.deliveries.timetable import Plan
from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.units import HOUR, Instant

#: Recurring requests of a station.
MAX_PLANS: Final = 40
#: What came of plans is told for so long.
NOTES_KEPT_MS: Final = 30 * 24 * HOUR
#: Favourites of one person at one station: more are slower to read than the search.
MAX_FAVOURITES: Final = 8


@dataclass(frozen=True, slots=True)
class Favourite:
    """A request somebody makes often: what, from where, to where."""

    goods: str
    sender: StationId
    recipient: StationId


@dataclass(frozen=True, slots=True)
class Noted:
    """What came of a plan or a meal on a day: `outcome` is `asked`, `missed` or a refusal's code.

    `subject` is the plan's id, or `meal:station:meal`; `delivery` is empty where there is none.
    """

    subject: str
    station: StationId
    day: str
    at: Instant
    outcome: str
    delivery: str


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

    def plans(self, station: StationId | None) -> Sequence[Plan]:
        """Return the recurring requests of a station, or of all; the earliest in a day first."""

    def keep_plan(self, plan: Plan) -> bool:
        """Keep a plan, or what became of it. Return False when its station has too many."""

    def remove_plan(self, station: StationId, plan: str) -> None:
        """Forget a plan of a station; nothing when it has none such."""

    def noted(self, *, since: Instant) -> set[tuple[str, str]]:
        """Return what was asked for, or given up, since: which plan or meal, and its day."""

    def note(self, noted: Noted) -> None:
        """Note what came of a plan or meal on a day. Once: what is there stays."""

    def outcomes(self, station: StationId, *, limit: int) -> Sequence[Noted]:
        """Return what came of a station's plans and meals, the newest first."""

    def beds(self, station: StationId) -> Sequence[Bed]:
        """Return the bed list of a ward, in the ward's order."""

    def set_beds(self, station: StationId, beds: Sequence[Bed]) -> None:
        """Replace the bed list of a ward."""

    def order_meal(self, round_id: str, station: StationId, beds: Sequence[Bed]) -> None:
        """Order a meal for a ward, in place of what was ordered before."""

    def meal_orders(self, round_id: str) -> Mapping[StationId, Sequence[Bed]]:
        """Return what each ward ordered of a meal."""
