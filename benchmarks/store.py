"""How fast the journal is on this machine's disk: SQLite in WAL mode, synchronous=FULL.

Each commit is a turn as a busy manager makes them: five events, three of which change the state
tables, and one robot's order. It is on the disk when the clock stops; nothing is batched further.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.figure import Figure, spread
from benchmarks.running_demo import ROOT
from fleet_manager.adapters.db.store import open_store
from fleet_manager.application.kernel import entry
from fleet_manager.application.ports import Batch
from fleet_manager.domain import messages as m
from fleet_manager.domain.ids import (
    AccountId,
    CompartmentId,
    DeliveryId,
    RobotId,
    RunId,
    StationId,
)
from fleet_manager.domain.units import Instant

NURSE: Final = m.Actor(AccountId('n2w'), m.Role.WARD, StationId('n2w'))
ROBOT: Final = RobotId('r1')


def run(quick: bool) -> list[Figure]:
    folder = ROOT / 'build' / 'benchmarks'
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as here:
        took = _commit(Path(here) / 'fleet.db', 200 if quick else 1_000)
    return [
        Figure(
            'store.commit',
            'SQLite, synchronous=FULL: one commit of five events',
            'SQLite（synchronous=FULL）：每次提交五个事件',
            'ms',
            spread(took, factor=1e3) | {'': len(took) / sum(took)},
            len(took),
            {'': 'commits/s'},
        )
    ]


def _commit(file: Path, commits: int) -> list[float]:
    store = open_store(f'sqlite:///{file}')
    took = []
    try:
        store.take_over(holder='benchmark', now=Instant(0))
        for number in range(1, commits + 1):
            batch = _turn(number)
            begun = time.perf_counter()
            store.commit(batch, now=Instant(number))
            took.append(time.perf_counter() - begun)
    finally:
        store.close()
    return took


def _turn(number: int) -> Batch:
    delivery, run, at = DeliveryId(f'D{number:06d}'), RunId(f'run-{number}'), Instant(number)
    events: tuple[m.Event, ...] = (
        m.DeliveryRequested(
            delivery,
            number=number,
            key=f'key-{number}',
            body_hash='0' * 32,
            actor=NURSE,
            goods='drug',
            sender=StationId('pharmacy'),
            recipient=StationId('n2w'),
            urgency='urgent',
            promised_at=Instant(number + 1_800_000),
        ),
        m.RunAssigned(run, ROBOT, delivery, CompartmentId('c1'), 1_000, ()),
        m.RobotPaused(ROBOT, NURSE),
        m.RobotResumed(ROBOT, NURSE),
        m.RunWithdrawn(run, ROBOT, delivery, 'measured'),
    )
    order = ('robot:r1', number, '{"nodes":[]}')
    return Batch(tuple(entry(at, event) for event in events), commands=(order,))
