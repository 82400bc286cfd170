"""Which dispatch policy the kernel follows, and what a site may set about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fleet_manager.domain.units import HOUR, Instant


class Dispatch(StrEnum):
    """`RUNS` is ours. The others are baselines to compare with in the same world.

    `NEAREST`: first come, first served, by the nearest free robot, one parcel a trip.
    `AUCTION`: one task at a time to the robot that bids the least, after a window of 2 s, onto
    the end of its queue, as Open-RMF's dispatcher is documented to work. `SINGLE`: most urgent
    first, one parcel a trip, by the robot that is there soonest.
    """

    RUNS = 'runs'
    NEAREST = 'nearest'
    AUCTION = 'auction'
    SINGLE = 'single'


@dataclass(frozen=True, slots=True)
class Policy:
    """Settings of dispatch. They are not in the journal: what was decided with them is.

    `stat_reserve`: by local hour, how many robots stay empty or interruptible for STAT; empty for
    none. `utc_offset`: local time minus UTC in ms. `bundles`: whether parcels may share a
    compartment, in runs.
    """

    dispatch: Dispatch = Dispatch.RUNS
    stat_reserve: tuple[int, ...] = ()
    utc_offset: int = 0
    bundles: bool = True

    def reserve_at(self, now: Instant) -> int:
        """Return how many robots are kept for STAT at this hour."""
        if not self.stat_reserve:
            return 0
        hour = (now + self.utc_offset) // HOUR % 24
        return self.stat_reserve[hour % len(self.stat_reserve)]


#: Runs, without a reserve.
PLAIN: Final = Policy()
