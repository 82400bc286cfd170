"""A fleet manager without a process: the kernel, and a journal that outlives it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from fleet_manager.application.kernel import Kernel, Outcome, entry
from fleet_manager.application.ports import Entry, Reply
from fleet_manager.domain.dispatch.policy import PLAIN, Policy
from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Event, Message
from fleet_manager.domain.units import Instant

#: Entries after which a snapshot is taken.
SNAPSHOT_EVERY = 500


class SimManager:
    """Drives a kernel as the runner does: what is not in the journal never happened.

    `journal` is what a restart needs beside the last snapshot, and all of it unless it `forgets`.
    `sinks` get every entry and `listeners` every event after it was written; `written` counts
    them. A snapshot is taken after `snapshot_every` entries. It begins with the first `start`.
    """

    def __init__(
        self,
        hospital: Hospital,
        *,
        policy: Policy = PLAIN,
        snapshot_every: int = SNAPSHOT_EVERY,
        forgets: bool = False,
    ) -> None:
        self.hospital = hospital
        self.maps = {hospital.version: hospital}
        self.kernel = Kernel(hospital, policy=policy)
        self.journal: list[Entry] = []
        self.sinks: list[Callable[[Entry], None]] = []
        self.listeners: list[Callable[[Instant, Event], None]] = []
        self.written = 0
        self.epoch = 0
        self._snapshot_every, self._forgets = snapshot_every, forgets
        self._snapshot: tuple[str | None, int] = (None, 0)
        self._hash = hashlib.sha256()

    def start(self, now: Instant) -> None:
        """Begin under a new epoch."""
        self.epoch += 1
        self._commit(self.kernel.start(epoch=self.epoch, now=now))

    def hash(self) -> str:
        """Return the SHA-256 of every byte of the journal so far."""
        return self._hash.hexdigest()

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
        if len(self.journal) - self._snapshot[1] >= self._snapshot_every:
            self._keep(self.kernel.snapshot())

    def crash(self, now: Instant, *, lost: Message | None = None) -> None:
        """Kill it, and read everything back from the last snapshot and the journal.

        `lost` is a message the kernel had taken in when it died, before anything was written: it
        never happened. `start` begins again. Raises InvariantBroken when the journal gives
        another state.
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
            policy=self.kernel.policy,
        )
        if self.kernel.snapshot() != before:
            raise InvariantBroken('the journal gives another state than the kernel had')
        self._keep(before)

    def _keep(self, snapshot: str) -> None:
        if self._forgets:
            self.journal.clear()
        self._snapshot = (snapshot, len(self.journal))

    def _commit(self, outcome: Outcome) -> None:
        for at, event in outcome.events:
            line = entry(at, event)
            self.journal.append(line)
            self.written += 1
            self._hash.update(f'{line.at} {line.kind} {line.body}\n'.encode())
            for sink in self.sinks:
                sink(line)
        for at, event in outcome.events:
            for listener in self.listeners:
                listener(at, event)
