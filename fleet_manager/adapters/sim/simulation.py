"""A hospital in one loop: the world, the network, people, the manager, and the oracle.

Build a `Simulation`, `request` deliveries, `run` or `run_until`, and look at `oracle.violations`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Final

from fleet_manager.adapters.sim.delays import NO_DELAYS, Delays
from fleet_manager.adapters.sim.hands import AT_RECIPIENT
from fleet_manager.adapters.sim.lifts import People
from fleet_manager.adapters.sim.link import CLEAR, Link, Weather
from fleet_manager.adapters.sim.manager import SimManager
from fleet_manager.adapters.sim.oracle import Oracle
from fleet_manager.adapters.sim.staff import PROMPT, Habits, Staff
from fleet_manager.adapters.sim.world import NOBODY, STEP_MS, SimWorld
from fleet_manager.application.ports import Directive, Reply
from fleet_manager.domain.deliveries.lifecycle import ENDS
from fleet_manager.domain.ids import AccountId, DeliveryId, RobotId, StationId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import (
    Actor,
    Command,
    Event,
    MapSwapped,
    Message,
    OpeningAuthorised,
    ParcelTurnedBack,
    PorterTook,
    Report,
    RequestDelivery,
    RobotReport,
    Role,
    SwapMap,
)
from fleet_manager.domain.state import FleetState
from fleet_manager.domain.units import Instant

#: 2026-01-05T06:00Z: a Monday morning, some epoch far from zero.
START: Final = Instant(1_767_592_800_000)
#: Directives are sent when something happened, and again after so long.
REPEAT_MS: Final = 1_000
#: Who asks for deliveries here.
OPERATOR: Final = Actor(AccountId('operator'), Role.OPERATOR)


class Simulation:
    """Everything of one run. Same arguments and calls, same journal, byte for byte."""

    def __init__(
        self,
        hospital: Hospital,
        rng: Random,
        *,
        robots: Iterable[RobotId] | None = None,
        delays: Delays = NO_DELAYS,
        habits: Habits = PROMPT,
        weather: Weather = CLEAR,
        busy_lifts: float = 0.0,
        people: Mapping[str, People] = NOBODY,
        careful: bool = True,
    ) -> None:
        self.now = START
        self.world = SimWorld(
            hospital,
            Random(rng.getrandbits(64)),  # noqa: S311 - a simulation, not a secret
            robots=robots,
            delays=delays,
            busy_lifts=busy_lifts,
            people=people,
            careful=careful,
        )
        self.up: Link[Report] = Link(Random(rng.getrandbits(64)), weather)  # noqa: S311
        self.down: Link[tuple[int, str, Directive]] = Link(
            Random(rng.getrandbits(64)),  # noqa: S311
            weather,
        )
        self.map_down: Link[Hospital] = Link(Random(1))  # noqa: S311 - keeps order
        self.staff = Staff(Random(rng.getrandbits(64)), habits)  # noqa: S311
        self.manager = SimManager(hospital)
        self.oracle = Oracle(self.world)
        self.events: list[tuple[Instant, Event]] = []
        self.muted: dict[RobotId, Instant] = {}
        self.on_step: list[Callable[[], None]] = []
        self.manager.start(self.now)
        self.manager.listeners += [self._note, self.oracle.note]
        self._requests = 0
        self._published = 0

    # --- what people do  ---

    def state(self) -> FleetState:
        """Return what the manager knows."""
        return self.manager.kernel.state

    def send(self, command: Command, now: Instant | None = None) -> Reply | None:
        """Send a command to the manager."""
        return self.manager.handle(command, self.now if now is None else now)

    def request(
        self, goods: str, *, sender: str, recipient: str, actor: Actor = OPERATOR
    ) -> DeliveryId:
        """Ask for a delivery that must be accepted. Raises ValueError with the refusal's code."""
        self._requests += 1
        reply = self.send(
            RequestDelivery(
                actor,
                key=f'key-{self._requests}',
                goods=goods,
                sender=StationId(sender),
                recipient=StationId(recipient),
            )
        )
        if reply is None or reply.delivery is None:
            raise ValueError(reply.refusal_code if reply is not None else 'no reply')
        return DeliveryId(reply.delivery)

    def swap_map(self, hospital: Hospital, *, wait_ms: int) -> Reply | None:
        """Ask the manager, as an operator, to go over to another map."""
        self.manager.keep_map(hospital)
        return self.send(SwapMap(OPERATOR, hospital, 'a new map', wait_ms))

    # --- what goes wrong  ---

    def mute(self, robot: RobotId, *, for_ms: int) -> None:
        """Cut a robot off the network; it goes on with what it was told last."""
        self.muted[robot] = Instant(self.now + for_ms)

    def crash_manager(self, *, lost: Message | None = None) -> None:
        """Kill the manager in the middle of a turn; what was under way to it is lost."""
        self.up.cut()
        self.down.cut()
        self.manager.crash(self.now, lost=lost)
        self.manager.start(self.now)

    # --- time  ---

    def run(self, for_ms: int) -> None:
        """Go on for `for_ms`."""
        end = self.now + for_ms
        while self.now < end:
            self.step()

    def run_until(self, done: Callable[[], bool], *, limit_ms: int) -> bool:
        """Go on until `done`; return False when it was not within `limit_ms`."""
        end = self.now + limit_ms
        while not done():
            if self.now >= end:
                return False
            self.step()
        return True

    def step(self) -> None:
        """Go on by one step: the world, what it says, people, decisions, what devices hear."""
        self.now = Instant(self.now + STEP_MS)
        for action in self.on_step:
            action()
        self.world.step(self.now)
        self.oracle.look(self.now, self.state())
        for report in self.world.reports(self.now):
            if not (isinstance(report, RobotReport) and self._is_muted(report.robot)):
                self.up.send(self.now, report)
        for report in self.up.receive(self.now):
            self.manager.handle(report, self.now)
        self.staff.step(self, self.now)
        self.manager.tick(self.now)
        if len(self.manager.journal) > self._published or self.now % REPEAT_MS == 0:
            self._published = len(self.manager.journal)
            for device, directive in self.manager.kernel.directives().items():
                self.down.send(self.now, (int(self.now), device, directive))
            self.map_down.send(self.now, self.manager.kernel.hospital)
        for hospital in self.map_down.receive(self.now):
            self.world.hear_map(hospital, self.now)
        for sent, device, directive in self.down.receive(self.now):
            if not self._is_muted(getattr(directive, 'robot', None)):
                self.world.hear(device, directive, sent=sent, now=self.now)

    def is_calm(self) -> bool:
        """Whether every delivery ended, every robot stands where it will stay, lifts are free."""
        state = self.state()
        return (
            all(d.state in ENDS for d in state.deliveries.values())
            and all(r.delivery is None and not r.hops for r in state.robots.values())
            and not state.sessions
        )

    def _is_muted(self, robot: RobotId | None) -> bool:
        return robot is not None and self.muted.get(robot, Instant(0)) > self.now

    def _note(self, at: Instant, event: Event) -> None:
        self.events.append((at, event))
        if isinstance(event, ParcelTurnedBack):
            self.world.hands.turn_back(event)
        if isinstance(event, PorterTook):
            self.world.hands.places[event.delivery] = AT_RECIPIENT
        if isinstance(event, MapSwapped):
            self.world.rebuild(self.manager.maps[event.version])
        if isinstance(event, OpeningAuthorised):
            self.world.hands.note(event)
            if event.delivery in self.staff.closed_again:
                self.staff.closed_again.discard(event.delivery)
                self.world.hands.idle.add(event.delivery)
