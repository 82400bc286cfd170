"""A building without a fleet manager: what faults and people do to it, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from fleet_manager.adapters.sim.day.desk import Desk
from fleet_manager.adapters.sim.day.heap import Heap
from fleet_manager.adapters.sim.day.network import CALM
from fleet_manager.adapters.sim.day.trouble import in_the_building
from fleet_manager.adapters.sim.day.world import DayWorld, Trouble
from fleet_manager.application.days.scenario import FaultKind, Scenario
from fleet_manager.application.ports import Reply
from fleet_manager.domain.evolve import apply
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Command, Event
from fleet_manager.domain.state import FleetState
from fleet_manager.domain.units import Instant

#: A Monday midnight where the hospital is.
MIDNIGHT = Instant(1_767_542_400_000)

#: What goes wrong outside the building.
ELSEWHERE = (
    FaultKind.ROBOT_CUT,
    FaultKind.NETWORK_CUT,
    FaultKind.NETWORK_FLOOD,
    FaultKind.MANAGER_CRASHES,
    FaultKind.MANAGER_FREEZES,
)


class Site(Desk):
    """The real building; the manager's part is played by the test. `answer` None: it is down."""

    def __init__(self, scenario: Scenario, hospital: Hospital) -> None:
        self.heap = Heap(Instant(MIDNIGHT + scenario.starts))
        self.world = DayWorld(
            hospital, scenario, self.heap, Random, rhythm=CALM, say=lambda device, report: None
        )
        self.listeners = []
        self.said: list[tuple[Instant, Command]] = []
        self.calls: list[str] = []
        self.world.troubles |= in_the_building(self.world)
        self.world.troubles |= {kind: self._trouble(kind) for kind in ELSEWHERE}
        self.answer: Callable[[Command], Reply | None] = lambda command: Reply()
        self.fleet = FleetState()

    def send(self, command: Command) -> Reply | None:
        self.said.append((self.heap.now, command))
        return self.answer(command)

    def state(self) -> FleetState:
        return self.fleet

    def happen(self, event: Event) -> None:
        """Let the manager write an event."""
        apply(self.fleet, event, self.heap.now)
        for listener in self.listeners:
            listener(self.heap.now, event)

    def run(self, ms: int) -> None:
        self.heap.run_until(Instant(self.heap.now + ms))

    def _trouble(self, kind: FaultKind) -> Trouble:
        """Note the begin and end of what the building does not do by itself."""

        def begin(subject: str) -> bool:
            self.calls.append(f'{kind.value} {subject}'.strip())
            return True

        return Trouble(begin, lambda subject: self.calls.append(f'{kind.value} over'))
