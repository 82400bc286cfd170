"""What goes wrong by chance: crashes, restarts and cuts, at a mean rate each."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from fleet_manager.adapters.sim.world import STEP_MS
from fleet_manager.domain.units import MINUTE, SECOND

if TYPE_CHECKING:
    from fleet_manager.adapters.sim.simulation import Simulation


@dataclass(frozen=True, slots=True)
class Rates:
    """Mean time between two mishaps of a kind, in ms; 0 = never."""

    manager_crashes: int = 0
    robot_restarts: int = 0
    robot_cuts: int = 0
    lift_restarts: int = 0


#: Far more than any hospital would bear: the dangerous moments are all reached in an hour.
ROUGH = Rates(
    manager_crashes=8 * MINUTE,
    robot_restarts=3 * MINUTE,
    robot_cuts=5 * MINUTE,
    lift_restarts=8 * MINUTE,
)


class Mishaps:
    """Lets mishaps happen to a simulation until it is told to stop."""

    def __init__(self, sim: Simulation, rng: Random, rates: Rates = ROUGH) -> None:
        self.counts: dict[str, int] = {}
        self._sim, self._rng, self._rates = sim, rng, rates
        self._over = False

    def stop(self) -> None:
        """From now on nothing more goes wrong."""
        self._over = True

    def step(self) -> None:
        """Let happen what happens in one step."""
        if self._over:
            return
        rates = self._rates
        for name, mean, happen in (
            ('manager_crashes', rates.manager_crashes, self._crash_manager),
            ('robot_restarts', rates.robot_restarts, self._restart_robot),
            ('robot_cuts', rates.robot_cuts, self._cut_robot),
            ('lift_restarts', rates.lift_restarts, self._restart_lift),
        ):
            if mean and self._rng.random() < STEP_MS / mean:
                self.counts[name] = self.counts.get(name, 0) + 1
                happen()

    def _crash_manager(self) -> None:
        robot = self._rng.choice(list(self._sim.world.robots.values()))
        lost = robot.report(self._sim.now) if self._rng.random() < 0.5 else None
        self._sim.crash_manager(lost=lost)

    def _restart_robot(self) -> None:
        robot = self._rng.choice(list(self._sim.world.robots.values()))
        robot.restart(self._sim.now, off_ms=self._rng.randint(5 * SECOND, 60 * SECOND))

    def _cut_robot(self) -> None:
        robot = self._rng.choice(list(self._sim.world.robots))
        self._sim.mute(robot, for_ms=self._rng.randint(5 * SECOND, 90 * SECOND))

    def _restart_lift(self) -> None:
        lifts = list(self._sim.world.lifts.values())
        if lifts:
            lift = self._rng.choice(lifts)
            lift.restart(self._sim.now, off_ms=self._rng.randint(5 * SECOND, 20 * SECOND))
