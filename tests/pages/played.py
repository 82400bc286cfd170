"""A busy simulated hospital behind the pages' seam: the real kernel, with a past."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from fleet_manager.adapters.sim.world import STEP_MS
from fleet_manager.application.ports import Reply, View
from fleet_manager.application.space_time import traffic
from fleet_manager.application.track import Track
from fleet_manager.application.views import picture
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Command, Report
from fleet_manager.domain.traffic.retime import retime
from fleet_manager.domain.units import SECOND, Instant
from tests.scenarios.day import QUICK, Day


class Played:
    """A Mailbox and a ViewSource. It has worked for `past_ms`, and goes on in real time."""

    def __init__(
        self, hospital: Hospital, *, seed: int, robots: int, past_ms: int, busy_lifts: float = 0.05
    ) -> None:
        self.day = Day(
            hospital,
            seed,
            robots=robots,
            deliveries=1_000,
            every_ms=20 * SECOND,
            busy_lifts=busy_lifts,
            habits=QUICK,
        )
        self.track = Track()
        self.day.sim.manager.listeners.append(self.track.note)
        self.day.mishaps.stop()
        self.day.sim.run(past_ms)
        self._lock = threading.Lock()
        self._listeners: list[Callable[[View], None]] = []
        self._seq = 0
        self._view = self._look()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name='played', daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=5)

    def clock(self) -> Instant:
        return self.day.sim.now

    def current(self) -> View:
        return self._view

    def subscribe(self, listener: Callable[[View], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def submit(self, command: Command) -> Future[Reply]:
        future: Future[Reply] = Future()
        with self._lock:
            future.set_result(self.day.sim.send(command) or Reply())
        return future

    def report(self, report: Report) -> None:
        """Devices are inside the simulation."""

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stopped.wait(max(0.0, due - time.monotonic())):
            due += STEP_MS / SECOND
            with self._lock:
                self.day.sim.step()
                self._view = self._look()
            for listener in list(self._listeners):
                listener(self._view)

    def _look(self) -> View:
        turn = self.day.sim.manager.kernel.turn()
        times = retime(turn.state, turn.now)
        self._seq += 1
        return View(
            self._seq, turn.now, picture(turn, (), times), traffic(turn, times, self.track)
        )
