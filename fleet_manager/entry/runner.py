"""The thread the kernel lives in: take mail, decide, commit, and only then tell anybody.

One turn:
1. hand the mail to the kernel, and tick when something happened or it is time;
2. write what happened, and what devices are to do now, in one transaction;
3. answer those who wait, send devices their orders, show the new picture.

When the commit fails nothing was promised to anybody: the process ends and starts again from the
journal (exit 75 when another manager took over, 74 when the database failed, 70 on a bug).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

import structlog

from fleet_manager.application.kernel import Kernel, Outcome, entry
from fleet_manager.application.ports import (
    Batch,
    Deposed,
    Devices,
    Directive,
    Reply,
    Store,
    StoreFailed,
)
from fleet_manager.application.space_time import traffic
from fleet_manager.application.track import Track
from fleet_manager.application.views import picture
from fleet_manager.domain.codec import encode
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Event, MapSwapped, RetentionApplied
from fleet_manager.domain.traffic.retime import retime
from fleet_manager.domain.units import Instant
from fleet_manager.entry.crashpoints import Crashpoints
from fleet_manager.entry.mailbox import BoundedMailbox
from fleet_manager.entry.metrics import Metrics
from fleet_manager.entry.view_hub import ViewHub

#: A decision is due at least so often, in seconds of wall time.
TICK_SECONDS: Final = 0.2
#: A picture is shown at most so often, in seconds of wall time.
VIEW_SECONDS: Final = 0.2
#: Only after what a person did it may be shown so soon after the last one.
FRESH_SECONDS: Final = 0.05
#: The leader says so often that it still leads, in seconds; a standby takes over after 15.
BEAT_SECONDS: Final = 3.0
#: Robots say so soon after a start which epoch they have obeyed, in seconds.
RISE_SECONDS: Final = 30.0
#: More starts than a manager can have missed.
HIGHEST_RISE: Final = 100_000
#: Orders are numbered within an epoch; more than a manager sends in years.
ORDERS_AN_EPOCH: Final = 1_000_000_000

log = structlog.get_logger('runner')


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was read back: the kernel, our epoch, the journal lines since the newest snapshot."""

    kernel: Kernel
    epoch: int
    since_snapshot: int


class Runner:
    """Drives one kernel in one thread."""

    def __init__(
        self,
        recover: Callable[[int], Recovery],
        *,
        snapshot_every: int,
        store: Store,
        devices: Devices,
        mailbox: BoundedMailbox,
        views: ViewHub,
        metrics: Metrics,
        clock: Callable[[], Instant],
        witness: Callable[[Instant, Event], None],
        show_map: Callable[[Hospital], None] = lambda hospital: None,
        crashpoints: Crashpoints | None = None,
    ) -> None:
        self._recover, self._snapshot_every = recover, snapshot_every
        self._store, self._devices = store, devices
        self._mailbox, self._views, self._metrics = mailbox, views, metrics
        self._clock, self._witness, self._show_map = clock, witness, show_map
        self._crash = crashpoints if crashpoints is not None else Crashpoints()
        self._track = Track()
        self._order_number = 0
        self._since_snapshot = 0
        self._next_tick = self._next_view = self._next_beat = 0.0
        self._shown = 0.0
        self._died: Callable[[int], None] = lambda code: None
        self._thread = threading.Thread(target=self._run, name='kernel', daemon=True)
        self._stopping = threading.Event()
        self._begun: Future[int] = Future()
        self._may_rise_until = 0.0

    def start(self, *, died: Callable[[int], None]) -> None:
        """Read the journal back, begin under a new epoch, ask every device how it is.

        Raises what made that impossible (StoreUnavailable, JournalError). Later `died` is called
        from the kernel's thread, with an exit code, when it cannot go on.
        """
        self._died = died
        self._may_rise_until = time.monotonic() + RISE_SECONDS
        self._thread.start()
        self._begun.result()

    def stop(self, *, timeout: float = 3.0) -> None:
        """Finish the turn under way, answer what was accepted, leave."""
        self._mailbox.close()  # first: what comes after the last turn must be refused
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        """Whether the kernel's thread runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        """The whole life of the kernel and the store: they belong to this thread alone."""
        try:
            self._begin()
        except Exception as error:  # noqa: BLE001 - handed to whoever called start()
            self._begun.set_exception(error)
        else:
            self._begun.set_result(0)
            self._go_on()
        finally:
            self._mailbox.close()
            self._store.close()

    def _begin(self, *, at_least: int = 0) -> None:
        found = self._recover(at_least)
        self._kernel, self._since_snapshot = found.kernel, found.since_snapshot
        self._order_number = found.epoch * ORDERS_AN_EPOCH
        self._turn_over(self._kernel.start(epoch=found.epoch, now=self._clock()), [])
        self._use_map()
        self._devices.request_states(epoch=found.epoch)

    def _rise(self) -> None:
        """Begin again above the epoch a robot has obeyed: an older database was restored.

        Only soon after the start, and not for any figure, so that a robot gone mad cannot have
        the manager begin again and again.
        """
        seen, ours = self._kernel.sensed.highest_epoch, self._kernel.state.epoch
        if ours < seen <= ours + HIGHEST_RISE and time.monotonic() < self._may_rise_until:
            log.warning('epoch_raised', ours=ours, seen=seen)
            self._begin(at_least=seen)

    def _go_on(self) -> None:
        try:
            while not self._stopping.is_set():
                self._turn()
            self._turn()
        except Deposed:
            log.warning('deposed', hint='another manager has taken over; this one ends')
            self._died(75)
        except StoreFailed:
            log.exception('store_failed', hint='nothing was promised; a restart goes on')
            self._died(74)
        except Exception:
            log.exception('kernel_broken', hint='the journal is whole; a restart goes on from it')
            self._died(70)

    def _turn(self) -> None:
        due_in = min(self._next_tick, self._next_view) - time.monotonic()
        mail = self._mailbox.take(wait=max(0.0, due_in))
        now = self._clock()
        events: list[tuple[Instant, Event]] = []
        replies: list[tuple[Future[Reply], Reply]] = []
        for report in mail.reports:
            events += self._kernel.handle(report, now).events
        for command, future in mail.commands:
            outcome = self._kernel.handle(command, now)
            events += outcome.events
            replies.append((future, outcome.reply or Reply()))
        self._metrics.messages.inc(len(mail.reports) + len(mail.commands))
        if mail.commands:
            # Answer people first: accepting never waits for a plan.
            self._turn_over(Outcome(tuple(events)), replies)
            self._next_view = min(self._next_view, self._shown + FRESH_SECONDS)
            events = []
        if mail.commands or events or time.monotonic() >= self._next_tick:
            events += self._tick(self._clock())
        self._turn_over(Outcome(tuple(events)), [])
        self._rise()
        self._show()

    def _tick(self, now: Instant) -> tuple[tuple[Instant, Event], ...]:
        self._next_tick = time.monotonic() + TICK_SECONDS
        with self._metrics.tick_seconds.time():
            return self._kernel.tick(now).events

    def _turn_over(self, outcome: Outcome, replies: list[tuple[Future[Reply], Reply]]) -> None:
        """Commit what happened, then tell everybody who has to know."""
        orders = self._kernel.changed_directives()
        self._order_number += len(orders)
        due = bool(outcome.events or orders) or time.monotonic() >= self._next_beat
        if due:
            self._commit(outcome, orders)
        for future, reply in replies:
            if future.set_running_or_notify_cancel():
                future.set_result(reply)
        if replies:
            self._crash.reach('replied')
        if any(isinstance(event, MapSwapped) for _, event in outcome.events):
            self._use_map()
        if due:
            self._devices.publish(list(orders.values()))
        if orders:
            self._crash.reach('published')
        for at, event in outcome.events:
            self._witness(at, event)
            self._track.note(at, event)

    def _use_map(self) -> None:
        """Have devices and pages work on the map in force, once the journal says that it is."""
        self._devices.use_map(self._kernel.hospital, epoch=self._kernel.state.epoch)
        self._show_map(self._kernel.hospital)
        self._next_view = 0.0  # pages see the new map and the picture on it together
        self._crash.reach('map_published')

    def _commit(self, outcome: Outcome, orders: dict[str, Directive]) -> None:
        kinds = [type(event).__name__ for _, event in outcome.events]
        for kind in kinds:
            self._crash.reach(f'decided.{kind}')
        self._since_snapshot += len(kinds)
        due = self._since_snapshot >= self._snapshot_every
        due |= any(isinstance(e, RetentionApplied) and e.through for _, e in outcome.events)
        batch = Batch(
            tuple(entry(at, event) for at, event in outcome.events),
            tuple((name, self._order_number, encode(order)) for name, order in orders.items()),
            snapshot=self._kernel.snapshot() if due else None,
        )
        with self._metrics.commit_seconds.time():
            self._store.commit(batch, now=self._kernel.now)
        self._next_beat = time.monotonic() + BEAT_SECONDS
        if due:
            self._since_snapshot = 0
            self._crash.reach('snapshot')
        self._metrics.events.inc(len(kinds))
        for kind in kinds:
            self._crash.reach(f'committed.{kind}')

    def _show(self) -> None:
        now = time.monotonic()
        if now < self._next_view:
            return
        self._shown, self._next_view = now, now + VIEW_SECONDS
        turn = self._kernel.turn()
        times = retime(turn.state, turn.now)
        entities = picture(turn, self._kernel.held_map(), times)
        self._metrics.see(entities, waiting=self._mailbox.waiting())
        self._views.publish(entities, turn.now, traffic(turn, times, self._track))
