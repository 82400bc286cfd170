"""Units: SI and radians inside; integer milliseconds for every time."""

from __future__ import annotations

from typing import Final, NewType

#: A moment: milliseconds since 1970-01-01T00:00Z. Comes in as an argument, never from a clock.
Instant = NewType('Instant', int)
#: A span of time in milliseconds.
Millis = NewType('Millis', int)

SECOND: Final = Millis(1_000)
MINUTE: Final = Millis(60_000)
HOUR: Final = Millis(3_600_000)

#: A time later than any plan: "for ever" in a reservation.
FOREVER: Final = Instant(1 << 60)


def after(start: Instant, span: int) -> Instant:
    """Return the moment `span` milliseconds after `start`."""
    return Instant(start + span)


def millis(seconds: float) -> Millis:
    """Round a span in seconds up to whole milliseconds, so that a plan never promises too much."""
    return Millis(-int(-seconds * 1_000 // 1))
