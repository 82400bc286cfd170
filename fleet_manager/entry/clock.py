"""The one clock of a manager: wall time, or simulated time that runs faster."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from fleet_manager.domain.units import Instant


@dataclass(frozen=True, slots=True)
class Clock:
    """Simulated time `sim_ms` at wall time `wall_ms`, running at `speed`. Real time by default."""

    wall_ms: int = 0
    sim_ms: int = 0
    speed: float = 1.0

    def now(self) -> Instant:
        """Return the present in UTC milliseconds of this clock."""
        wall = time.time_ns() // 1_000_000
        return Instant(self.sim_ms + int((wall - self.wall_ms) * self.speed))

    @classmethod
    def beginning(cls, *, speed: float, not_before: int) -> Clock:
        """Return a clock that starts now, or where an earlier, faster run has got to."""
        wall = time.time_ns() // 1_000_000
        return cls(wall, max(wall, not_before), speed)

    @classmethod
    def load(cls, file: Path) -> Clock:
        """Read a clock that another process of the same demo shares."""
        return cls(**json.loads(file.read_text()))

    def save(self, file: Path) -> None:
        """Write the clock for the other processes, whole or not at all."""
        temporary = file.with_suffix('.new')
        temporary.write_text(json.dumps(asdict(self)))
        temporary.replace(file)
