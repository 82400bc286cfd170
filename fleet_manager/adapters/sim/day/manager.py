"""The fleet manager of a simulated day: the real kernel, driven as the runner drives it.

Decisions fall on a grid of half a second, when something was heard since the last one, and after
five seconds at the latest. Directives go out when they change, and again and again, since the
network may lose them. It can crash, freeze, and be replaced by a standby.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fleet_manager.adapters.sim.day.heap import Heap
from fleet_manager.adapters.sim.day.network import Rhythm
from fleet_manager.adapters.sim.manager import SimManager
from fleet_manager.application.ports import (
    Batch,
    Directive,
    DoorOrder,
    Entry,
    LiftOrder,
    Reply,
    RobotOrder,
    Store,
)
from fleet_manager.domain.codec import encode
from fleet_manager.domain.dispatch.policy import Policy
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import (
    Command,
    DoorPosition,
    DoorReport,
    LiftDoor,
    LiftReport,
    Report,
    RobotReport,
)
from fleet_manager.domain.state import FleetState
from fleet_manager.domain.units import SECOND, Instant

#: Decisions fall on multiples of this.
GRID_MS: Final = 500
#: Without news a decision is due after so long.
IDLE_MS: Final = 5 * SECOND
#: A standby takes over from a manager that was silent for so long.
LEASE_MS: Final = 15 * SECOND
#: Entries after which a snapshot is taken; far apart, since a day has few crashes.
SNAPSHOT_EVERY: Final = 20_000


class DayManager:
    """One manager after another over one journal. `publish` sends a directive to a device.

    `ask_states` makes every device say what it is. With a `store` every turn is committed to it as
    the runner does, at each decision and before each answer.
    """

    def __init__(
        self,
        heap: Heap,
        hospital: Hospital,
        *,
        policy: Policy,
        rhythm: Rhythm,
        publish: Callable[[str, Directive], None],
        ask_states: Callable[[], None],
        store: Store | None = None,
    ) -> None:
        self.core = SimManager(
            hospital, policy=policy, snapshot_every=SNAPSHOT_EVERY, forgets=True
        )
        self.ticks = 0
        self.crashes = 0
        self.take_overs = 0
        self._heap, self._rhythm = heap, rhythm
        self._publish, self._ask_states = publish, ask_states
        self._store = store
        self._lines: list[Entry] = []
        self._orders: dict[str, Directive] = {}
        self._lifts = [f'lift:{lift}' for lift in sorted(hospital.lifts)]
        self._turning: set[str] = set()
        self._order_number = 0
        self._changed: dict[str, Directive] = {}
        self._down = False
        self._frozen_at: Instant | None = None
        self._stale: dict[str, Directive] = {}
        self._mail: dict[str, Report] = {}
        self._said: dict[str, tuple[object, str]] = {}
        self._tick_at = 0
        self._asks = False
        if store is not None:
            store.take_over(holder='simulation', now=heap.now)
            self.core.sinks.append(self._lines.append)

    def start(self) -> None:
        """Begin the day."""
        self._begin()
        self._repeat()

    def state(self) -> FleetState:
        """Return what the manager knows."""
        return self.core.kernel.state

    def hash(self) -> str:
        """Return the SHA-256 of every byte of the journal so far."""
        return self.core.hash()

    def is_up(self) -> bool:
        """Whether it answers."""
        return not self._down and self._frozen_at is None

    # --- what comes in  ---

    def receive(self, device: str, report: Report) -> None:
        """Take in what a device said."""
        if self._down:
            return
        if self._frozen_at is not None:
            self._mail[device] = report
            return
        written = self.core.written
        self.core.handle(report, self._heap.now)
        is_news = self._is_news(device, report)
        if is_news or self.core.written > written:
            self._soon()

    def send(self, command: Command) -> Reply | None:
        """Take a command; None means that the manager does not answer."""
        if not self.is_up():
            return None
        reply = self.core.handle(command, self._heap.now)
        self._write()
        self._soon()
        return reply

    def _is_news(self, device: str, report: Report) -> bool:
        """Whether a report says anything to decide on but what the device said before.

        Doors and cars that are on their way are waited for, and are news when they are there.
        """
        said: object = report
        is_open = ''
        if isinstance(report, RobotReport):
            said = (report.errors, report.compartments, report.charging, report.last_sequence)
        elif isinstance(report, LiftReport):
            said = (report.mode, report.occupied, report.session)
            if report.session and report.door is LiftDoor.OPEN and not report.moving:
                is_open = report.current_floor
        elif isinstance(report, DoorReport):
            said = report.position is DoorPosition.OFFLINE
            is_open = 'open' if report.position is DoorPosition.OPEN else ''
        before, was_open = self._said.get(device, (None, ''))
        self._said[device] = (said, is_open)
        return said != before or is_open not in ('', was_open)

    # --- what it decides  ---

    def _soon(self) -> None:
        """Decide at the next point of the grid."""
        due = (self._heap.now // GRID_MS + 1) * GRID_MS
        if not self._tick_at or due < self._tick_at:
            self._tick_at = due
            self._heap.at(due, lambda: self._tick(due))

    def _tick(self, due: int) -> None:
        if due != self._tick_at:
            return
        self._tick_at = 0
        if self.is_up():
            self.ticks += 1
            self.core.tick(self._heap.now)
            self._push()
            self._write()
        idle = due + IDLE_MS
        if not self._tick_at:
            self._tick_at = idle
            self._heap.at(idle, lambda: self._tick(idle))

    def _push(self) -> None:
        """Send the directives that changed."""
        self._orders = self.core.kernel.directives()
        for device, order in self.core.kernel.changed_directives().items():
            if type(order) is DoorOrder:
                self._turning.add(device)
            self._changed[device] = order
            self._publish(device, order)
        self._ask_on()

    def _repeat(self) -> None:
        """Send again what robots should do, and what the building has not done yet."""
        if self.is_up():
            for device, order in self._orders.items():
                if type(order) is not DoorOrder:
                    self._publish(device, order)
            for device in sorted(self._turning):
                self._repeat_door(device)
        self._heap.after(self._rhythm.repeat, self._repeat)

    def _repeat_door(self, device: str) -> None:
        """Tell a door again what it should be, until it is shut and should be."""
        order = self._orders.get(device)
        if not isinstance(order, DoorOrder):
            self._turning.discard(device)
            return
        report, _ = self.core.kernel.sensed.doors.get(order.door, (None, 0))
        if order.open or (report is not None and report.position is not DoorPosition.CLOSED):
            self._publish(device, order)
        else:
            self._turning.discard(device)

    def _ask_on(self) -> None:
        """Ask lifts again and again that have not taken up what they were asked for."""
        if not self._asks and self._unheard():
            self._asks = True
            self._heap.after(self._rhythm.ask, self._ask_again)

    def _ask_again(self) -> None:
        self._asks = False
        if self.is_up():
            for device, order in self._unheard():
                self._publish(device, order)
            self._ask_on()

    def _unheard(self) -> list[tuple[str, LiftOrder]]:
        lifts = self.core.kernel.sensed.lifts
        found = []
        for device in self._lifts:
            order = self._orders.get(device)
            if not isinstance(order, LiftOrder):
                continue
            report, _ = lifts.get(order.lift, (None, 0))
            has_it = report is not None and report.session == order.session
            if has_it == order.end_session:
                found.append((device, order))
        return found

    def _write(self) -> None:
        """Commit what happened, where there is a store."""
        changed, self._changed = self._changed, {}
        if self._store is None or not (self._lines or changed):
            return
        commands = []
        for device, order in changed.items():
            self._order_number += 1
            commands.append((device, self._order_number, encode(order)))
        self._store.commit(Batch(tuple(self._lines), tuple(commands)), now=self._heap.now)
        self._lines.clear()

    # --- what goes wrong with it  ---

    def crash(self, *, lost: Command | Report | None = None) -> None:
        """Kill it, perhaps with a message it had taken in and not written down. `restart` it."""
        self.crashes += 1
        self._write()
        self.core.crash(self._heap.now, lost=lost)
        self._down, self._frozen_at = True, None
        self._mail.clear()

    def restart(self) -> None:
        """Start it again, under a new epoch."""
        self._down = False
        self._begin()

    def freeze(self) -> None:
        """Stop it in the middle of what it does. A standby takes over when that takes long."""
        frozen_at = self._frozen_at = self._heap.now
        stale = dict(self._orders)
        self._heap.after(LEASE_MS, lambda: self._take_over(frozen_at, stale))

    def wake(self) -> None:
        """Let the frozen manager go on: it still leads, or says its last orders and ends."""
        if self._frozen_at is None:
            for device, order in self._stale.items():
                if isinstance(order, RobotOrder):
                    self._publish(device, order)
            self._stale = {}
            return
        self._frozen_at = None
        mail, self._mail = self._mail, {}
        for device, report in mail.items():
            self.receive(device, report)
        self._soon()

    def _take_over(self, frozen_at: Instant, stale: dict[str, Directive]) -> None:
        if self._frozen_at != frozen_at or self._down:
            return
        self.take_overs += 1
        self._stale = stale
        self.crash()
        self.crashes -= 1
        self.restart()

    def _begin(self) -> None:
        self._orders, self._said = {}, {}
        self.core.start(self._heap.now)
        self._push()
        self._write()
        self._ask_states()
        self._soon()
