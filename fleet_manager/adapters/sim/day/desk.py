"""What people and faults of a simulated day need of it: time, the manager's desk, the building."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final, Protocol

from fleet_manager.adapters.sim.day.heap import Heap
from fleet_manager.adapters.sim.day.world import DayWorld
from fleet_manager.application.days.scenario import Scenario, Spread
from fleet_manager.application.days.timetable import DAY
from fleet_manager.application.ports import Reply
from fleet_manager.domain.ids import AccountId
from fleet_manager.domain.messages import Actor, Command, Event, Role
from fleet_manager.domain.state import FleetState
from fleet_manager.domain.units import SECOND, Instant

OPERATOR: Final = Actor(AccountId('operator'), Role.OPERATOR)
#: Whoever gets no answer, since the manager is down, tries again after so long.
TRY_AGAIN: Final[Spread] = (5 * SECOND, 15 * SECOND, 30 * SECOND)


class Desk(Protocol):
    """The day: where commands go, and what is heard of the journal."""

    #: Called for each event of the journal, after it was written.
    listeners: list[Callable[[Instant, Event], None]]

    heap: Heap
    world: DayWorld

    def send(self, command: Command) -> Reply | None:
        """Give the manager a command; None: it is down, or went down before it answered."""

    def state(self) -> FleetState:
        """Return what pages show; what they showed last while the manager is down."""


def midnight_of(scenario: Scenario, start: Instant) -> Instant:
    """Return the local midnight before a day that began at `start`."""
    return Instant(start - scenario.starts)


def next_at(scenario: Scenario, start: Instant, time_of_day: int) -> Instant:
    """Return when it is that time of day first, in a day that began at `start`."""
    when = midnight_of(scenario, start) + time_of_day
    return Instant(when if when >= start else when + DAY)


def drawn(rng: Random, spread: Spread, factor: float = 1.0) -> int:
    """Draw a span in ms from a triangular distribution."""
    soonest, usual, latest = spread
    return int(rng.triangular(soonest, latest, usual) * factor)


def child(rng: Random, name: str) -> Random:
    """Return a generator of its own for one part, the same for the same draws before."""
    return Random(f'{rng.getrandbits(64)} {name}')  # noqa: S311 - a simulation, not a secret
