"""The controller of one door: open while anybody asks for it, shut soon after nobody does.

| state | on | becomes |
|---|---|---|
| shut | MODE_OPEN from anybody | open |
| open | MODE_CLOSED from the last who asked | shut |
| open | no MODE_OPEN for `HOLD` | shut |

A controller that starts again does not know who asked: it leaves the door alone for `HOLD`.

A manager that dies asks no more, while a robot it let in is still on its way through. The robot
begins to pass only within the lease of its order, and goes on only within `CROSSING` of
`core/robot.py`. `HOLD` is longer than that and its braking, and the same as a lift's lease.
"""

from __future__ import annotations

from typing import Final

from fleet_manager.domain.units import Instant, Millis

#: How long an open request counts without being repeated.
HOLD: Final = Millis(30_000)
#: Requesters kept; the oldest goes. A fleet has fewer.
MAX_REQUESTERS: Final = 64


class DoorController:
    """Decides whether the door should be open. Its set point is None until it has a reason."""

    def __init__(self, *, now: Instant) -> None:
        self._asked: dict[str, Instant] = {}
        self._started = now
        self._wanted: float | None = None
        self._obstructed = False

    def feel(self, *, obstructed: bool) -> None:
        """Take over whether something stands in the light curtain of the door."""
        self._obstructed = obstructed

    def ask(self, requester: str, *, to_open: bool, now: Instant) -> None:
        """Hear a request."""
        self._asked.pop(requester, None)
        if to_open:
            self._asked[requester] = now
            while len(self._asked) > MAX_REQUESTERS:
                del self._asked[next(iter(self._asked))]
        self._wanted = 1.0 if self._asked else 0.0

    def step(self, now: Instant) -> float | None:
        """Return the set point: 0 shut, 1 open, None = leave the door as it is."""
        self._started = min(self._started, now)
        self._asked = {who: min(at, now) for who, at in self._asked.items() if now - at <= HOLD}
        if self._asked:
            self._wanted = 1.0
        elif not self._obstructed and (self._wanted is not None or now - self._started > HOLD):
            self._wanted = 0.0
        return self._wanted
