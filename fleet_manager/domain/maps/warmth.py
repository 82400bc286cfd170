"""How warm it is in an insulated compartment, as simulated robots say it."""

from __future__ import annotations

from math import exp, pi, sin
from typing import Final

from fleet_manager.domain.units import MINUTE, Instant

#: °C: what the cooling keeps and how far it swings, and the room that comes in by an open door.
KEPT: Final = 4.0
SWING: Final = 0.6
ROOM: Final = 22.0
#: How long one swing takes, and the time constants: cooled behind a shut door, warmed by an open.
CYCLE_MS: Final = 20 * MINUTE
COOLED_MS: Final = 10 * MINUTE
WARMED_MS: Final = 15 * MINUTE


class Warmth:
    """One compartment, from the first time somebody asks."""

    def __init__(self) -> None:
        self._at: Instant | None = None
        self._celsius = KEPT

    def now(self, now: Instant, *, is_open: bool) -> float:
        """Return °C to one decimal; `is_open` is how the door was since it was asked last."""
        passed = 0 if self._at is None else now - self._at
        self._at = now
        goal, lasts = (ROOM, WARMED_MS) if is_open else (KEPT, COOLED_MS)
        self._celsius = goal + (self._celsius - goal) * exp(-passed / lasts)
        return round(self._celsius + SWING * sin(2 * pi * now / CYCLE_MS), 1)
