"""kill -9 of the manager at random moments under load; `python -m tests.live.kills 20` alone.

    report = random_kills(100, seed=7)
    print(report.summary())

Used by the tests and by the benchmarks: a hospital of its own, people who ask, load, sign and
cancel all the time, and a manager that dies again and again. Then calm: all has to end well.
"""

from __future__ import annotations

import math
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.live.hospital import LiveHospital
from tests.live.records import Records
from tests.live.ward import Crowd, Ward

#: A manager lives so long after it was ready, in seconds: shortest, longest, most likely.
LIFE_SECONDS = (0.2, 3.0, 0.5)
#: After the last kill everything that is under way has so long to be delivered.
CALM_SECONDS = 300.0
#: Small, so that most starts read a snapshot and what came after it.
SNAPSHOT_EVERY = 150


@dataclass(frozen=True)
class KillReport:
    """What became of it. `lost` were acknowledged and are not in the journal: must be 0."""

    seeds: tuple[int, ...]
    kills: int
    seconds: float
    acknowledged: int
    lost: int
    deliveries: int
    delivered: int
    ended_once: int
    journal_lines: int
    recoveries: tuple[float, ...]

    def recovery(self, share: float) -> float:
        """Return the seconds from a kill until people are served again, as a quantile."""
        ordered = sorted(self.recoveries)
        return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]

    def summary(self) -> str:
        """Return one line for people."""
        figures = [self.recovery(share) for share in (0.5, 0.99, 1.0)]
        p50, p99, longest = (f'{figure:.1f}' for figure in figures)
        return (
            f'{self.kills} kills in {self.seconds:.0f} s (seeds {self.seeds}):'
            f' {self.acknowledged} acknowledged, {self.lost} lost; {self.deliveries} deliveries,'
            f' {self.ended_once} ended once, {self.delivered} of them delivered;'
            f' recovery p50 {p50} s, p99 {p99} s, max {longest} s'
        )

    def __add__(self, other: KillReport) -> KillReport:
        """Return both together; they ran side by side."""
        return KillReport(
            self.seeds + other.seeds,
            self.kills + other.kills,
            max(self.seconds, other.seconds),
            self.acknowledged + other.acknowledged,
            self.lost + other.lost,
            self.deliveries + other.deliveries,
            self.delivered + other.delivered,
            self.ended_once + other.ended_once,
            self.journal_lines + other.journal_lines,
            self.recoveries + other.recoveries,
        )


def random_kills(count: int, seed: int, *, warm: bool = False) -> KillReport:
    """Kill a manager `count` times under load; raises AssertionError on any broken rule.

    `warm` managers are ready sooner than those of a hospital: their imports are done. Where a
    rule is broken its folder is left; the error says where.
    """
    folder = Path(tempfile.mkdtemp(prefix='fleet-kills-'))
    try:
        report = _kills(count, seed, folder, warm=warm)
    except AssertionError as error:
        error.add_note(f'everything is in {folder}')
        raise
    shutil.rmtree(folder)
    return report


def _kills(count: int, seed: int, folder: Path, *, warm: bool) -> KillReport:
    chance = random.Random(seed)
    began = time.monotonic()
    settings = {'snapshot_every': SNAPSHOT_EVERY, 'log_level': 'warning'}
    with LiveHospital(folder, settings=settings, warm=warm) as hospital, Ward(hospital) as ward:
        with Crowd(ward, random.Random(seed + 1)) as crowd:
            for _ in range(count):
                time.sleep(chance.triangular(*LIFE_SECONDS))
                assert not crowd.failures, crowd.failures
                assert hospital.manager.runs, hospital.manager.said()
                hospital.restart_manager()
            crowd.finish(seconds=CALM_SECONDS)
        records = Records.of(hospital)
        lost = records.lost(ward.promised)
        records.check()
        ended = records.check_ended_once()
        hospital.assert_nothing_forbidden_happened()
    kinds = records.kinds()
    return KillReport(
        seeds=(seed,),
        kills=count,
        seconds=time.monotonic() - began,
        acknowledged=len(ward.promised),
        lost=len(lost),
        deliveries=kinds['DeliveryRequested'],
        delivered=kinds['DeliveryReceived'],
        ended_once=ended,
        journal_lines=len(records.lines),
        recoveries=tuple(hospital.recoveries),
    )


if __name__ == '__main__':
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    print(random_kills(kills, seed=int(sys.argv[2]) if len(sys.argv) > 2 else 1).summary())
