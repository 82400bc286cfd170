"""Measures commits: `python -m tests.adapters.db.commit_speed [folder or URL] [commits]`.

Each commit holds five events of which three change tables. Run it on the disk the database will be
on: with synchronous=FULL the disk decides.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from fleet_manager.adapters.db.reader import JournalReader
from fleet_manager.adapters.db.store import open_store
from fleet_manager.application.ports import Batch
from fleet_manager.domain import messages as m
from fleet_manager.domain.ids import AccountId, RobotId
from fleet_manager.domain.units import Instant
from tests.adapters.db.story import NURSE, assigned, entry, requested

OPERATOR = m.Actor(AccountId('operator'), m.Role.OPERATOR)


def turn(number: int) -> Batch:
    """Return five events as one turn of the kernel might make them."""
    robot = RobotId('r1')
    delivery = requested(number)
    events = (
        m.RobotPaused(robot, OPERATOR),
        delivery,
        assigned(delivery.delivery, 'r1'),
        m.RunWithdrawn(
            assigned(delivery.delivery, 'r1').run, robot, delivery.delivery, 'measured'
        ),
        m.RobotResumed(robot, NURSE),
    )
    return Batch(tuple(entry(event) for event in events), commands=(('robot:r1', number, '{}'),))


def measure(url: str, commits: int) -> str:
    """Commit so many batches and return what it took."""
    store = open_store(url)
    store.take_over(holder='measure', now=Instant(0))
    took = []
    for number in range(commits):
        batch = turn(number)
        start = time.perf_counter()
        store.commit(batch, now=Instant(number))
        took.append(time.perf_counter() - start)
    store.close()
    took.sort()
    reader = JournalReader(url)
    start = time.perf_counter()
    count = reader.verify().count
    verified = time.perf_counter() - start
    reader.close()
    return (
        f'{commits / sum(took):.0f} commits/s of 5 events, '
        f'p50 {took[commits // 2] * 1e3:.1f} ms, p99 {took[commits * 99 // 100] * 1e3:.1f} ms; '
        f'verify {count / verified:.0f} lines/s'
    )


if __name__ == '__main__':
    where = sys.argv[1] if len(sys.argv) > 1 else '.'
    commits = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000
    if '://' in where:
        print(measure(where, commits))
    else:
        with tempfile.TemporaryDirectory(dir=where) as folder:
            print(measure(f'sqlite:///{Path(folder) / "fleet.db"}', commits))
