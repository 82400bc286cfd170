"""An automatic door: opens when asked, closes when nobody asks any more."""

from __future__ import annotations

from typing import Final

from fleet_manager.application.ports import DoorOrder
from fleet_manager.domain.ids import DoorId
from fleet_manager.domain.messages import DoorPosition, DoorReport
from fleet_manager.domain.units import Instant

#: Opening or closing takes so long.
_TURN_MS: Final = 2_000


class SimDoor:
    """One door. `stuck` doors stay as they are."""

    def __init__(self, door: DoorId) -> None:
        self.id = door
        self.position = DoorPosition.CLOSED
        self.stuck = False
        self._wanted = DoorPosition.CLOSED
        self._until = Instant(0)

    def hear(self, order: DoorOrder) -> None:
        """Take over what the door should be."""
        self._wanted = DoorPosition.OPEN if order.open else DoorPosition.CLOSED

    def step(self, now: Instant) -> None:
        """Move on to `now`."""
        if self.stuck or now < self._until or self.position is self._wanted:
            return
        if self.position is DoorPosition.MOVING:
            self.position = self._wanted
        else:
            self.position, self._until = DoorPosition.MOVING, Instant(now + _TURN_MS)

    def report(self) -> DoorReport:
        """Return what the door says."""
        return DoorReport(self.id, self.position)
