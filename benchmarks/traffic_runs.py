"""Plans driven with delays: nobody meets, nobody locks up, and what waiting for order costs.

Plans for 20, 50 and 100 robots from bay to bay in `maps/general_hospital`, each improved for one
second, are driven 1,000 times: most with random delays (each hop longer by an exponential share of
0.3 on average, one in a hundred stopped for 30 to 300 s), some with one robot stopped for five
minutes or more where most others wait for it. Beside each drive stands the same with locking one
hop at a time, first come first served, on the same ways with the same delays.

"Delay alone" is the plan's cost times what the delays do to robots that are alone; "own delays" is
the plan's cost and each robot's own delays, as if they held up nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from benchmarks.figure import Figure, percentile
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.traffic.execution import (
    Execution,
    Late,
    Ways,
    execute,
    overlaps,
    randomly_late,
    stopped_once,
    ways_of,
    worst_stops,
)
from fleet_manager.domain.units import MINUTE
from fleet_manager.entry.settings import SHIPPED_MAPS
from fleet_manager.entry.traffic_cli import make_plan, random_instance

HOSPITAL: Final = SHIPPED_MAPS / 'general_hospital'
#: Robots, and how many drives with random delays and with one robot stopped.
SIZES: Final = ((20, 350, 50), (50, 350, 50), (100, 150, 50))
SEED: Final = 1


@dataclass(slots=True)
class _Runs:
    """What came of all drives."""

    drives: int = 0
    unfinished: int = 0
    overlaps: int = 0
    locked: int = 0


def run(quick: bool) -> list[Figure]:
    hospital = load_hospital(HOSPITAL)
    runs = _Runs()
    figures = []
    for robots, random, adversarial in SIZES:
        instance = random_instance(hospital, robots, SEED)
        made = make_plan(hospital, instance, limit=1.0, seed=SEED)
        ways = ways_of(made.plan, instance)
        share = 20 if quick else 1
        lates = [randomly_late(SEED + number) for number in range(random // share)]
        drives = [_drive(hospital, ways, late, runs) for late in lates]
        stops = worst_stops(ways)
        for number in range(adversarial // share):
            robot, hop = stops[number % len(stops)]
            stop = 5 * MINUTE * (1 + number // len(stops))
            _drive(hospital, ways, stopped_once(robot, hop, stop_ms=stop), runs)
        figures += _ratios(robots, drives)
    return [*_counts(runs), *figures]


def _drive(hospital: Hospital, ways: Ways, late: Late, runs: _Runs) -> Execution:
    done = execute(ways, late)
    runs.drives += 1
    runs.unfinished += bool(done.stuck)
    runs.overlaps += len(overlaps(hospital, ways, done.driven))
    runs.locked += bool(execute(ways, late, first_come=True).stuck)
    return done


def _counts(runs: _Runs) -> list[Figure]:
    counts = {'overlaps': runs.overlaps, 'deadlocks': runs.unfinished}
    return [
        Figure(
            'traffic_runs.safe',
            'Plans driven with random and adversarial delays, 20 to 100 robots',
            '在随机与对抗性延误下执行的计划（20 至 100 台机器人）',
            '',
            {name: float(count) for name, count in counts.items()},
            runs.drives,
        ),
        Figure(
            'traffic_runs.first_come',
            'The same with first-come locking: drives that end in a deadlock',
            '同上，先到先得加锁：以死锁告终的比例',
            '%',
            {'': 100 * runs.locked / runs.drives},
            runs.drives,
        ),
    ]


def _ratios(robots: int, drives: list[Execution]) -> list[Figure]:
    kinds = (
        ('delay_only', 'delay alone', '仅延误'),
        ('own_delay', 'the plan with each robot’s own delays', '计划加各自延误'),
    )
    figures = []
    for key, en, zh in kinds:
        ratios = [one.cost / getattr(one, key) for one in drives]
        figures.append(
            Figure(
                f'traffic_runs.{key}_{robots}',
                f'{robots} robots driven with random delays, against {en}',
                f'{robots} 台机器人在随机延误下执行，相对{zh}',
                '×',
                {'p50': percentile(ratios, 0.5), 'p99': percentile(ratios, 0.99)},
                len(ratios),
            )
        )
    return figures
