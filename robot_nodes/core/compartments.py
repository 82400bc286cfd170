"""The lockable compartments of a robot: opened once by each grant, closed by people.

| state | sensors | ends when |
|---|---|---|
| shut | locked, closed | a grant is carried out: open |
| open | not locked, not closed | hands close the door: shut |
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

from fleet_manager.domain.units import SECOND, Instant
from robot_nodes.core.memory import Compartment, Memory
from robot_nodes.core.order import Order

#: Seconds the simulated hands take where nothing else is said.
HANDS_SECONDS: Final = 4.0


class Compartments:
    """What the compartments of one robot do. `hands_seconds` 0 = somebody else is the hands.

    Simulated hands move the parcel after half of `hands_seconds` (in if there is none, out if
    there is one) and close the door at its end; the lock falls in by itself.
    """

    def __init__(
        self, names: Sequence[str], memory: Memory, *, hands_seconds: float, now: Instant
    ) -> None:
        remembered = {c.id: c for c in memory.compartments}
        self._all = {name: remembered.get(name, Compartment(name)) for name in names}
        self._hands = int(hands_seconds * SECOND)
        self._opened = {c.id: now for c in self._all.values() if not c.closed}
        self._moved: set[str] = set()
        self.last_grant = memory.last_grant

    def all(self) -> tuple[Compartment, ...]:
        """Return every compartment, in the order of the robot's description."""
        return tuple(self._all.values())

    def any_open(self) -> bool:
        """Whether the robot must not move."""
        return any(not (c.closed and c.locked) for c in self._all.values())

    def carry_out(self, order: Order, *, stands: bool, now: Instant) -> str | None:
        """Open what the order grants, if it is due; say why not when it never will be.

        `stands`: the robot stands still and has nothing released in front of it.
        """
        if order.grant <= self.last_grant:
            return None
        compartment = self._all.get(order.grant_compartment)
        if compartment is None:
            return 'unknown_compartment'
        if now >= order.grant_expires:
            return 'expired'
        if not stands or self.any_open():
            return None
        self.last_grant = order.grant
        self._all[compartment.id] = dataclasses.replace(compartment, locked=False, closed=False)
        self._opened[compartment.id] = now
        self._moved.discard(compartment.id)
        return None

    def step(self, now: Instant) -> None:
        """Let the simulated hands do what is due."""
        if not self._hands:
            return
        for name, since in sorted(self._opened.items()):
            if now - since >= self._hands / 2 and name not in self._moved:
                self._moved.add(name)
                self.move_parcel(name)
            if now - since >= self._hands:
                self.close(name)

    def move_parcel(self, name: str) -> bool:
        """Put a parcel in, or take it out. False when the door is closed."""
        compartment = self._all.get(name)
        if compartment is None or compartment.closed:
            return False
        self._all[name] = dataclasses.replace(compartment, occupied=not compartment.occupied)
        return True

    def close(self, name: str) -> bool:
        """Close the door; it locks. False when it was not open."""
        compartment = self._all.get(name)
        if compartment is None or compartment.closed:
            return False
        self._all[name] = dataclasses.replace(compartment, closed=True, locked=True)
        self._opened.pop(name, None)
        return True
