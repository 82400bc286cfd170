"""A manager's kernel, runner and SQLite store in a folder, without pages and without ROS."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fleet_manager.adapters.db.reader import JournalReader
from fleet_manager.adapters.db.store import SqlStore, open_store
from fleet_manager.application.kernel import Kernel
from fleet_manager.application.ports import Batch, Directive, Recovered, StoredEntry
from fleet_manager.domain.ids import AccountId, RobotId, StationId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Actor, RequestDelivery, RobotReport, Role
from fleet_manager.domain.units import Instant
from fleet_manager.entry.composition import _recover
from fleet_manager.entry.crashpoints import Crashpoints
from fleet_manager.entry.mailbox import BoundedMailbox
from fleet_manager.entry.maps import Maps
from fleet_manager.entry.metrics import Metrics
from fleet_manager.entry.runner import Recovery, Runner
from fleet_manager.entry.settings import Settings
from fleet_manager.entry.view_hub import ViewHub

NURSE = Actor(AccountId('n2w'), Role.WARD, StationId('n2w'))
SECONDS = 30.0


def wish(key: str = 'key-00000001') -> RequestDelivery:
    """Return a request that is accepted."""
    return RequestDelivery(NURSE, key, 'drug', StationId('pharmacy'), StationId('n2w'))


def at_home(
    hospital: Hospital, robot: str = 'r1', *, sequence: int = 1, epoch: int = 0
) -> RobotReport:
    """Return what a robot says that stands in its home bay and has no order."""
    spec = hospital.robots[RobotId(robot)]
    node = hospital.nodes[spec.home]
    return RobotReport(
        robot=spec.id,
        incarnation='one',
        sequence=sequence,
        epoch=epoch,
        map_version=hospital.version,
        order_id='',
        order_update=0,
        last_node='',
        last_sequence=0,
        floor=node.floor,
        x=node.x,
        y=node.y,
        yaw=0.0,
        speed=0.0,
        battery=0.9,
        charging=True,
        mode='idle',
        last_grant=0,
        compartments=(),
    )


def wait_until(true: Callable[[], Any], *, seconds: float = SECONDS) -> None:
    """Wait until something is true; fail when it is not in time."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, 'it did not come about in time'
        time.sleep(0.005)


class Wall:
    """The time of this machine."""

    def now(self) -> Instant:
        return Instant(time.time_ns() // 1_000_000)

    def wait(self, seconds: float) -> bool:
        return True


@dataclass
class Devices:
    """Notes what devices were sent."""

    sent: list[Directive] = field(default_factory=list)
    confirmed: int = 0
    asked: list[int] = field(default_factory=list)
    maps: list[Hospital] = field(default_factory=list)

    def publish(self, directives: Sequence[Directive]) -> None:
        self.sent += directives
        self.confirmed += 1

    def use_map(self, hospital: Hospital, *, epoch: int) -> None:
        self.maps.append(hospital)

    def request_states(self, *, epoch: int) -> None:
        self.asked.append(epoch)

    def close(self) -> None:
        """Nothing to leave."""


class WatchedStore:
    """A real store. `before(batch)` may hold a commit up, or make it fail."""

    def __init__(self, url: str) -> None:
        self.real: SqlStore = open_store(url)
        self.committed: list[Batch] = []
        self.before: Callable[[Batch], None] = lambda batch: None

    def take_over(self, *, holder: str, now: Instant) -> Recovered:
        return self.real.take_over(holder=holder, now=now)

    def commit(self, batch: Batch, *, now: Instant) -> int:
        self.before(batch)
        seq = self.real.commit(batch, now=now)
        self.committed.append(batch)
        return seq

    def close(self) -> None:
        self.real.close()


class Manager:
    """Starts on entering, stops on leaving. `ends` gets the exit code when it dies by itself."""

    def __init__(
        self,
        hospital: Hospital,
        folder: Path,
        *,
        kernel: Callable[[Kernel], Kernel] = lambda kernel: kernel,
        crashpoints: str = '',
        snapshot_every: int = 2_000,
    ) -> None:
        self.hospital = hospital
        self.maps = Maps(Settings(state_dir=folder))
        self.url = f'sqlite:///{folder / "fleet.db"}'
        self.store = WatchedStore(self.url)
        self.devices, self.mailbox, self.views = Devices(), BoundedMailbox(), ViewHub()
        self.metrics = Metrics()
        self.ends: queue.Queue[int] = queue.Queue()
        self._kernel = kernel
        self.runner = Runner(
            self._recover,
            snapshot_every=snapshot_every,
            store=self.store,
            devices=self.devices,
            mailbox=self.mailbox,
            views=self.views,
            metrics=self.metrics,
            clock=Wall().now,
            witness=lambda at, event: None,
            crashpoints=Crashpoints(crashpoints),
        )

    def _recover(self, at_least: int) -> Recovery:
        found = _recover(self.store.real, self.hospital, Wall(), at_least, self.maps)
        return Recovery(self._kernel(found.kernel), found.epoch, found.since_snapshot)

    def __enter__(self) -> Self:
        self.runner.start(died=self.ends.put)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.runner.stop()
        assert not self.runner.alive

    def journal(self) -> list[StoredEntry]:
        """Read what is on the disk."""
        reader = JournalReader(self.url)
        try:
            return list(reader.entries(0, 1_000))
        finally:
            reader.close()

    def kinds(self) -> list[str]:
        return [stored.entry.kind for stored in self.journal()]


class Gate:
    """Something that waits until it is let go on."""

    def __init__(self) -> None:
        self.reached, self._open = threading.Event(), threading.Event()

    def wait(self) -> None:
        self.reached.set()
        assert self._open.wait(SECONDS)

    def open(self) -> None:
        self._open.set()
