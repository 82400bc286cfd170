"""Mechanisms taken out of the controller one by one: how many days of faults until it is seen.

Each mutant of `tests/scenarios/mutants.py` is the real code without one mechanism. It plays days
of the small hospital, seed 1, 2, 3: one hour in which everything of `scenarios/swarm.yaml` goes
wrong, then calm until all has ended. It is caught when the oracle, an invariant of the code or
the end of the day finds something wrong. `--quick` gives up after a dozen days.
"""

from __future__ import annotations

from benchmarks.figure import Figure, spread
from tests.scenarios.mutants import MUTANTS, seeds_until_caught

DAYS, DAYS_QUICK = 60, 12


def run(quick: bool) -> list[Figure]:
    """Play until each mutant is caught; print what caught it."""
    took = []
    print()
    for mutant in MUTANTS:
        tried, found = seeds_until_caught(mutant, first=1, most=DAYS_QUICK if quick else DAYS)
        print(f'  {mutant.name:<28} {tried or "-":>3}  {found[:64]}', flush=True)
        took.append(tried)
    caught = [tried for tried in took if tried]
    return [
        Figure(
            'mutations.caught',
            'Mechanisms whose loss a day of faults shows',
            '去掉后会被故障日发现的机制',
            '%',
            {'': 100 * len(caught) / len(took)},
            len(took),
        ),
        Figure(
            'mutations.days',
            'Days until it shows',
            '被发现所需的天数',
            '',
            spread([float(tried) for tried in caught]),
            len(caught),
        ),
    ]
