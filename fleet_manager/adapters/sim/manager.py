"""A fleet manager without a process: the kernel, and a journal that outlives it."""

from __future__ import annotations

from collections.abc import Callable

from fleet_manager.application.kernel import Kernel, Outcome, entry
from fleet_manager.application.ports import Entry, Reply
from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Event, Message
from fleet_manager.domain.units import Instant

#: Entries after which a snapshot is taken.
SNAPSHOT_EVERY = 500


class SimManager:
    """Drives a kernel as the runner does: what is not in the journal never happened."""

    def __init__(self, hospital: Hospital, now: Instant) -> None:
        self.hospital = hospital
        self.maps = {hospital.version: hospital}
        self.kernel = Kernel(hospital)
        self.journal: list[Entry] = []
        self.listeners: list[Callable[[Instant, Event], None]] = []
        self._epoch = 1
        self._snapshot: tuple[str | None, int] = (None, 0)
        self._commit(self.kernel.start(epoch=1, now=now))

    def handle(self, message: Message, now: Instant) -> Reply | None:
        """Give the kernel a message and write down what came of it."""
        outcome = self.kernel.handle(message, now)
        self._commit(outcome)
        return outcome.reply

    def keep_map(self, hospital: Hospital) -> None:
        """Keep a map where a restart finds it."""
        self.maps[hospital.version] = hospital

    def tick(self, now: Instant) -> None:
        """Let the kernel decide, and write down what it decided."""
        self._commit(self.kernel.tick(now))
        if len(self.journal) - self._snapshot[1] >= SNAPSHOT_EVERY:
            self._snapshot = (self.kernel.snapshot(), len(self.journal))

    def crash(self, now: Instant, *, lost: Message | None = None) -> None:
        """Kill and start again under a new epoch, from the last snapshot and the journal.

        `lost` is a message the kernel had taken in when it died, before anything was written: it
        never happened. Raises InvariantBroken when the journal gives another state.
        """
        before = self.kernel.snapshot()
        if lost is not None:
            self.kernel.handle(lost, now)
        else:
            self.kernel.tick(now)
        snapshot, at = self._snapshot
        self.kernel = Kernel.restore(
            self.hospital,
            snapshot=snapshot,
            entries=self.journal[at:],
            kept=self.maps.__getitem__,
        )
        if self.kernel.snapshot() != before:
            raise InvariantBroken('the journal gives another state than the kernel had')
        self._epoch += 1
        self._commit(self.kernel.start(epoch=self._epoch, now=now))

    def _commit(self, outcome: Outcome) -> None:
        self.journal += [entry(at, event) for at, event in outcome.events]
        for at, event in outcome.events:
            for listener in self.listeners:
                listener(at, event)
