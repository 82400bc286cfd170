"""Hospitals of a growing size for scenarios: what a planner would build for so many robots."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

from fleet_manager.adapters.files.generating.core import MOST_CLEAN_LIFTS
from fleet_manager.adapters.files.generating.hospital import generate
from fleet_manager.adapters.files.generating.plan import (
    PODIUM_FLOORS,
    USUAL_WARD_BEDS,
    WARDS_A_FLOOR,
    Plan,
)
from fleet_manager.application.days.scenario import Generated
from fleet_manager.domain.maps.build import read_hospital
from fleet_manager.domain.maps.model import Hospital

#: Robots to a clean lift that stops on 15 floors, where runs carry several parcels: a robot rides
#: about 6 times an hour, a ride takes a minute, and a lift that is busy more than 0.65 of the time
#: makes robots queue.
_ROBOTS_A_LIFT: Final = 6.5
_FLOORS: Final = 15
#: Of a ride, the share that grows with the height: the rest is doors, in and out.
_HEIGHT_SHARE: Final = 0.4
_TOWERS: Final = (2, 4)
#: Clean lifts of a tower before another tower is built.
_USUAL_LIFTS: Final = 4


def plan_of(size: Generated) -> Plan:
    """Return what is built for a size: 2 to 4 towers full of wards, lifts after robots and floors.

    Raises MapError where no hospital has so many floors or robots.
    """
    rides = 1.0 + _HEIGHT_SHARE * ((size.floors + 1) / _FLOORS - 1.0)
    lifts = math.ceil(size.robots * rides / _ROBOTS_A_LIFT)
    least, most = _TOWERS
    towers = max(least, min(most, math.ceil(lifts / _USUAL_LIFTS)))
    wards = max(1, size.floors - PODIUM_FLOORS) * towers * WARDS_A_FLOOR
    return Plan(
        beds=wards * USUAL_WARD_BEDS,
        floors=size.floors,
        towers=towers,
        robots=size.robots,
        lifts=max(2, min(MOST_CLEAN_LIFTS, math.ceil(lifts / towers))),
        seed=size.seed,
    )


@lru_cache(maxsize=4)
def drawn(size: Generated) -> Hospital:
    """Return the hospital of a scenario's `generated`: the same for the same size.

    What the generator makes passes the check, which tests hold and this does not repeat. Raises
    MapError as `plan_of` does, and where there are fewer bays than robots.
    """
    return read_hospital(generate(plan_of(size)))
