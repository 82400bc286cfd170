"""What a generated hospital is to be like, and whether that can be built."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from fleet_manager.adapters.files.generating.core import CLEAN_LIFTS, MOST_CLEAN_LIFTS
from fleet_manager.domain.errors import MapError

#: Storeys above ground that hold departments and no wards: F1 to F3.
PODIUM_FLOORS: Final = 3
#: Wards on each floor of a tower: one west, one east of its lifts.
WARDS_A_FLOOR: Final = 2
#: Most beds of a ward that one nurse station can look after.
WARD_BEDS: Final = 50
#: What wards have where there is room enough.
USUAL_WARD_BEDS: Final = 45

_BEDS: Final = (20, 12_000)
_FLOORS: Final = (PODIUM_FLOORS + 1, 40)
_TOWERS: Final = (1, 4)
_ROBOTS: Final = (1, 500)
_LIFTS: Final = (CLEAN_LIFTS, MOST_CLEAN_LIFTS)
_SEEDS: Final = (0, 2**32 - 1)


@dataclass(frozen=True, slots=True)
class Plan:
    """The hospital to make: `floors` counts the storeys above ground, `seed` picks the variant.

    `lifts` is how many clean lifts each tower has; it has a dirty one as well.

    Raises MapError with the value that cannot be built and what to change.
    """

    beds: int = 2000
    floors: int = 14
    towers: int = 2
    robots: int = 20
    seed: int = 1
    lifts: int = 2

    def __post_init__(self) -> None:
        _within('beds', self.beds, _BEDS)
        _within('floors', self.floors, _FLOORS)
        _within('towers', self.towers, _TOWERS)
        _within('robots', self.robots, _ROBOTS)
        _within('seed', self.seed, _SEEDS)
        _within('lifts', self.lifts, _LIFTS)
        most = self.units * WARD_BEDS
        if self.beds > most:
            a_floor = self.towers * WARDS_A_FLOOR * WARD_BEDS
            floors = PODIUM_FLOORS + math.ceil(self.beds / a_floor)
            taller = f'for {floors} floors or more, ' if floors <= _FLOORS[1] else ''
            towers = '1 tower' if self.towers == 1 else f'{self.towers} towers'
            holds = 'holds' if self.towers == 1 else 'hold'
            problem = f'{self.beds} do not fit: {towers} of {self.floors} floors {holds} {most}'
            mend = f'ask {taller}for more towers, or for at most {most} beds'
            raise MapError('beds', f'{problem}; {mend}')

    @property
    def ward_floors(self) -> int:
        """How many storeys of a tower hold wards."""
        return self.floors - PODIUM_FLOORS

    @property
    def units(self) -> int:
        """How many places for wards there are; those that are no wards are offices and clinics."""
        return self.ward_floors * self.towers * WARDS_A_FLOOR

    @property
    def wards(self) -> int:
        """How many wards the beds need."""
        needed = math.ceil(self.beds / WARD_BEDS)
        return min(self.units, max(needed, round(self.beds / USUAL_WARD_BEDS)))


def _within(name: str, value: int, limits: tuple[int, int]) -> None:
    low, high = limits
    if not low <= value <= high:
        raise MapError(name, f'is {value}; choose a whole number from {low} to {high}')
