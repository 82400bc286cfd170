"""What each device should be doing, and when it is to be told again. Pure; times are seconds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fleet_manager.application.ports import Directive, DoorOrder, LiftOrder
from fleet_manager.domain.maps.model import Hospital

#: An order is also the sign that the manager lives: a tenth of the order's lease.
REPEAT_SECONDS: Final = 1.0
#: A closed door is a door left alone: its request only has to survive a controller's restart.
CLOSED_DOOR_REPEAT_SECONDS: Final = 5.0
#: A manager that confirmed nothing for so long says nothing more. Another one may lead after 15 s,
#: and only robots and lifts can tell whose word is old: a door would shut on who was let in since.
STALE_SECONDS: Final = 10.0


@dataclass(slots=True)
class _Wanted:
    directive: Directive
    due: float


class Repeats:
    """The newest directive of each device, as long as they are confirmed. Not thread-safe.

    `speed` is how many seconds pass for the devices in one of ours.
    """

    def __init__(self, *, speed: float = 1.0) -> None:
        self._speed = speed
        self._wanted: dict[tuple[str, str], _Wanted] = {}
        self._confirmed = -math.inf

    def put(self, directives: Sequence[Directive], *, at: float) -> bool:
        """Take over new directives; True when one changed and is therefore due `at` once.

        All others are confirmed by that, also by none. An equal directive changes nothing: its
        next repetition stays where it was.
        """
        changed, self._confirmed = False, at
        for directive in directives:
            device = _device(directive)
            before = self._wanted.get(device)
            if before is None or before.directive != directive:
                self._wanted[device] = _Wanted(directive, at)
                changed = True
        return changed

    def take_due(self, *, at: float) -> list[Directive]:
        """Return what is to be said now, and plan the next repetition of each."""
        if self._is_stale(at):
            return []
        due = [wanted for wanted in self._wanted.values() if wanted.due <= at]
        for wanted in due:
            wanted.due = at + _period(wanted.directive) / self._speed
        return [wanted.directive for wanted in due]

    def forget_gone(self, hospital: Hospital) -> None:
        """Say nothing more to lifts and doors the hospital has no more."""
        known = {
            *(('lift', str(lift)) for lift in hospital.lifts),
            *(('door', str(door)) for door in hospital.doors),
        }
        self._wanted = {
            device: wanted
            for device, wanted in self._wanted.items()
            if device[0] == 'robot' or device in known
        }

    def next_due(self, *, at: float) -> float | None:
        """When `take_due` has something to return, or None."""
        if self._is_stale(at):
            return None
        return min((wanted.due for wanted in self._wanted.values()), default=None)

    def _is_stale(self, at: float) -> bool:
        return at - self._confirmed > STALE_SECONDS


def _device(directive: Directive) -> tuple[str, str]:
    if isinstance(directive, LiftOrder):
        return 'lift', directive.lift
    if isinstance(directive, DoorOrder):
        return 'door', directive.door
    return 'robot', directive.robot


def _period(directive: Directive) -> float:
    if isinstance(directive, DoorOrder) and not directive.open:
        return CLOSED_DOOR_REPEAT_SECONDS
    return REPEAT_SECONDS
