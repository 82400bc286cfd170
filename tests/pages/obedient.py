"""A simulated hospital behind the pages' seam in which people do only what the test does.

The real kernel, with robots, lifts and doors that work. Time stands still until somebody waits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from random import Random
from typing import Any

from fleet_manager.adapters.sim.simulation import Simulation
from fleet_manager.adapters.sim.world import STEP_MS
from fleet_manager.application.ports import Reply, View
from fleet_manager.application.space_time import traffic
from fleet_manager.application.track import Track
from fleet_manager.application.views import picture
from fleet_manager.domain.deliveries.custody import Custody, custody
from fleet_manager.domain.ids import DeliveryId, RobotId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Command, Report
from fleet_manager.domain.state import Delivery
from fleet_manager.domain.traffic.retime import retime
from fleet_manager.domain.units import MINUTE, Instant

FOR_EVER = 100 * 60 * MINUTE


class Obedient:
    """A Mailbox and a ViewSource. Nobody loads, takes or signs by themselves."""

    def __init__(self, hospital: Hospital, *, robots: int = 4) -> None:
        names = list(hospital.robots)[:robots]
        self.sim = Simulation(hospital, Random(7), robots=names)
        self.sim.staff.step = lambda desk, now: None  # type: ignore[method-assign]
        self.track = Track()
        self.sim.manager.listeners.append(self.track.note)
        self._lock = threading.Lock()
        self._listeners: list[Callable[[View], None]] = []
        self._seq = 0
        self.sim.run(5_000)
        self._view = self._look()

    def start(self) -> None:
        """Nothing happens by itself."""

    def close(self) -> None:
        """Nothing runs."""

    def clock(self) -> Instant:
        return self.sim.now

    def current(self) -> View:
        return self._view

    def subscribe(self, listener: Callable[[View], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def submit(self, command: Command) -> Future[Reply]:
        future: Future[Reply] = Future()
        with self._lock:
            future.set_result(self.sim.send(command) or Reply())
        self._show()
        return future

    def report(self, report: Report) -> None:
        """Take in what the pages themselves report; devices are inside the simulation."""
        with self._lock:
            self.sim.manager.handle(report, self.sim.now)

    def custody(self, delivery: DeliveryId) -> Custody | None:
        """Return who had a parcel, from what happened."""
        mine = (
            (at, event)
            for at, event in self.sim.events
            if getattr(event, 'delivery', None) == delivery
        )
        return custody(mine)

    def delivery(self, name: str) -> Delivery:
        return self.sim.state().deliveries[DeliveryId(name)]

    def wait(self, ms: int) -> None:
        """Let time pass, and show what it did."""
        with self._lock:
            for _ in range(ms // STEP_MS):
                self.sim.step()
        self._show()

    def opens(self, name: str) -> None:
        """Wait for what a page was told just now: somebody opens. No time passes meanwhile."""
        deadline = time.monotonic() + 20
        while self.delivery(name).opening is None:
            assert time.monotonic() < deadline, f'{name} is not opened'
            time.sleep(0.05)

    def until(self, name: str, state: str, *, limit: int = 20 * MINUTE) -> None:
        """Let time pass until a delivery is in a state."""
        with self._lock:
            done = self.sim.run_until(lambda: self.delivery(name).state == state, limit_ms=limit)
        self._show()
        assert done, (name, self.delivery(name).state)

    def die(self, robot: RobotId) -> None:
        """A robot says and hears nothing any more."""
        self.sim.mute(robot, for_ms=FOR_EVER)

    def _show(self) -> None:
        with self._lock:
            self._view = self._look()
        for listener in list(self._listeners):
            listener(self._view)

    def _look(self) -> View:
        turn = self.sim.manager.kernel.turn()
        times = retime(turn.state, turn.now)
        self._seq += 1
        entities: Any = picture(turn, (), times)
        return View(self._seq, turn.now, entities, traffic(turn, times, self.track))
