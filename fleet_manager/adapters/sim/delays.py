"""How long things take in the simulated hospital, and how often people are in the way."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from fleet_manager.domain.ids import RobotId


@dataclass(frozen=True, slots=True)
class Delays:
    """Robots drive slower than planned and stop for people (design 10). Shares are 0..1.

    Replace `edge_ms` in a subclass to delay one robot on purpose.
    """

    slowest: float = 0.6
    stop_share: float = 0.05
    longest_stop_ms: int = 30_000
    hands_ms: tuple[int, int] = (5_000, 20_000)

    def edge_ms(self, rng: Random, robot: RobotId, free_ms: int) -> int:
        """Return the time over an edge that takes `free_ms` when nobody is in the way."""
        del robot
        time = int(free_ms / rng.uniform(self.slowest, 1.0))
        if rng.random() < self.stop_share:
            time += rng.randint(2_000, self.longest_stop_ms)
        return time


#: Everybody drives as planned and nobody is in the way.
NO_DELAYS = Delays(slowest=1.0, stop_share=0.0, hands_ms=(5_000, 5_000))
