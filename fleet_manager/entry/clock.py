"""The clock of a manager: wall time, or the time of a simulated building."""

from __future__ import annotations

import threading
import time
from typing import Final, Protocol

from fleet_manager.domain.units import Instant

#: Wall seconds without a word after which a simulation may be dead; a busy machine takes its time.
SILENT: Final = 2.0


class Clock(Protocol):
    """Tells the present in UTC milliseconds, to every thread."""

    def now(self) -> Instant:
        """Return the present."""

    def wait(self, seconds: float) -> bool:
        """Wait until the clock knows the time; whether it does."""


class WallClock:
    """The time of this machine."""

    def now(self) -> Instant:
        """Return the present."""
        return Instant(time.time_ns() // 1_000_000)

    def wait(self, seconds: float) -> bool:
        """It always knows the time."""
        del seconds
        return True


class SimClock:
    """Follows the `/clock` of a simulation; 0 until the first message.

    It is never ahead of a simulation that speaks, however much slower that is than it should be:
    what is decided is not dated later than what comes of it. When no message has come for
    `SILENT` it goes on at the speed of the simulation, so that a building that died is noticed.
    It never goes back.
    """

    def __init__(self, *, speed: float) -> None:
        self._speed = speed
        self._base: tuple[int, float] | None = None
        self._latest = 0
        self._heard = threading.Event()
        self._lock = threading.Lock()

    def hear(self, at_ms: int) -> None:
        """Take over the time of one message, in UTC milliseconds."""
        with self._lock:
            self._base = (at_ms, time.monotonic())
        self._heard.set()

    def wait(self, seconds: float) -> bool:
        """Wait for the first message; whether it came."""
        return self._heard.wait(seconds)

    def now(self) -> Instant:
        """Return the present of the simulation."""
        with self._lock:
            if self._base is not None:
                at, heard = self._base
                alone = max(0.0, time.monotonic() - heard - SILENT)
                reached = at + int(alone * 1_000 * self._speed)
                self._latest = max(self._latest, reached)
            return Instant(self._latest)
