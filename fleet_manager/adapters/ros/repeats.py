"""What each device should be doing, and when it is to be told again. Pure; times are seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fleet_manager.application.ports import Directive, DoorOrder, LiftOrder
from fleet_manager.domain.maps.model import Hospital

#: An order is also the sign that the manager lives: a tenth of the order's lease.
REPEAT_SECONDS: Final = 1.0
#: A closed door is a door left alone: its request only has to survive a controller's restart.
CLOSED_DOOR_REPEAT_SECONDS: Final = 5.0


@dataclass(slots=True)
class _Wanted:
    directive: Directive
    due: float


class Repeats:
    """The newest directive of each device. Not thread-safe.

    `speed` is how many seconds pass for the devices in one of ours.
    """

    def __init__(self, *, speed: float = 1.0) -> None:
        self._speed = speed
        self._wanted: dict[tuple[str, str], _Wanted] = {}

    def put(self, directives: Sequence[Directive], *, at: float) -> bool:
        """Take over new directives; True when one changed and is therefore due `at` once.

        An equal directive changes nothing: its next repetition stays where it was.
        """
        changed = False
        for directive in directives:
            device = _device(directive)
            before = self._wanted.get(device)
            if before is None or before.directive != directive:
                self._wanted[device] = _Wanted(directive, at)
                changed = True
        return changed

    def take_due(self, *, at: float) -> list[Directive]:
        """Return what is to be said now, and plan the next repetition of each."""
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

    def next_due(self) -> float | None:
        """When `take_due` has something to return, or None."""
        return min((wanted.due for wanted in self._wanted.values()), default=None)


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
