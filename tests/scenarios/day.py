"""Random days in a hospital, for tests; run as a program it prints the hash of a day's journal."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from random import Random

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.sim.delays import Delays
from fleet_manager.adapters.sim.demand import Demand
from fleet_manager.adapters.sim.lifts import People
from fleet_manager.adapters.sim.link import Weather
from fleet_manager.adapters.sim.mishaps import Mishaps, Rates
from fleet_manager.adapters.sim.simulation import Simulation
from fleet_manager.adapters.sim.staff import Habits
from fleet_manager.adapters.sim.world import NOBODY
from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import HOUR, MINUTE, SECOND
from tests.hospitals import two_floors

SMALL_HOSPITAL = Path(__file__).parents[2] / 'maps' / 'small_hospital'
BAD_NETWORK = Weather(loss=0.1, duplicates=0.05, delay_ms=1_500)
PEOPLE = Habits(never_load=0.05, close_again=0.1)
#: People who come soon: the same things happen in a third of the time.
QUICK = Habits(come_ms=(0, 10 * SECOND, 90 * SECOND), close_again=0.1)


def small_hospital() -> Hospital:
    return load_hospital(SMALL_HOSPITAL)


class Day:
    """A hospital with deliveries coming in and, perhaps, everything going wrong meanwhile."""

    def __init__(
        self,
        hospital: Hospital,
        seed: int,
        *,
        robots: int,
        deliveries: int,
        every_ms: int = 40 * SECOND,
        weather: Weather = BAD_NETWORK,
        rates: Rates | None = None,
        busy_lifts: float = 0.05,
        people: Mapping[str, People] = NOBODY,
        habits: Habits = PEOPLE,
        careful: bool = True,
    ) -> None:
        rng = Random(seed)
        self.sim = Simulation(
            hospital,
            rng,
            robots=[RobotId(f'r{n + 1}') for n in range(robots)],
            delays=Delays(),
            habits=habits,
            weather=weather,
            busy_lifts=busy_lifts,
            people=people,
            careful=careful,
        )
        self.demand = Demand(self.sim, Random(rng.random()), count=deliveries, every_ms=every_ms)
        self.mishaps = Mishaps(self.sim, Random(rng.random()), *([rates] if rates else []))
        self.sim.on_step += [self.demand.step, self.mishaps.step]

    def run(self, *, rough_ms: int = 20 * MINUTE, limit_ms: int = 8 * HOUR) -> bool:
        """Run through faults, then calm; return whether all came to rest."""
        self.sim.run(rough_ms)
        self.sim.run_until(lambda: not self.demand.left, limit_ms=limit_ms)
        self.mishaps.stop()
        return self.sim.run_until(self.sim.is_calm, limit_ms=limit_ms)

    def hash(self) -> str:
        """Return a hash over every byte of the journal."""
        return self.sim.manager.hash()


if __name__ == '__main__':
    house = two_floors(robots=4, lifts=2, door=True)
    day = Day(house, int(sys.argv[1]), robots=4, deliveries=6, every_ms=20 * SECOND, habits=QUICK)
    day.run()
    print(day.hash(), len(day.sim.manager.journal))
