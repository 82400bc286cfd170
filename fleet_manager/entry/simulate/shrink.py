"""Finds the smallest day that fails in the same way: less of everything, as long as it fails.

Delta debugging (Zeller and Hildebrandt, 2002) on the parts of the scenario, with one change at a
time where parts cannot be halved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from fleet_manager.application.days.scenario import (
    Fault,
    GoodsDemand,
    Network,
    Request,
    Round,
    Scenario,
    Staff,
)
from fleet_manager.domain.units import MINUTE

#: A day is made shorter in steps of at least this.
_SHORTEST: Final = 5 * MINUTE
_SHARES: Final = ('never_load', 'never_take', 'close_again', 'refuse', 'cancel')

_T = TypeVar('_T')

#: Whether a scenario fails in the way that is looked for.
Fails = Callable[[Scenario], bool]


class _Enough(Exception):
    """As many days were played as were allowed."""


@dataclass(slots=True)
class _Trials:
    """Plays candidates and keeps the smallest that failed."""

    best: Scenario
    fails: Fails
    left: int
    tell: Callable[[str], None]

    def take(self, candidate: Scenario, what: str) -> bool:
        """Keep the candidate if it still fails."""
        if candidate == self.best:
            return False
        if self.left == 0:
            raise _Enough
        self.left -= 1
        if not self.fails(candidate):
            return False
        self.best = candidate
        self.tell(f'still fails {what}')
        return True


def shrink(
    scenario: Scenario, fails: Fails, *, runs: int, tell: Callable[[str], None]
) -> Scenario:
    """Return the smallest scenario found that still fails, playing `runs` days at most.

    Call it with one that fails. `tell` hears what could be left out.
    """
    trials = _Trials(scenario, fails, runs, tell)
    try:
        while True:
            before = trials.best
            for step in (_shorter, _fewer_faults, _calmer, _fewer_goods, _less, _fewer_robots):
                step(trials)
            if trials.best == before:
                break
    except _Enough:
        tell(f'stopped after {runs} days')
    return trials.best


def _shorter(trials: _Trials) -> None:
    """Let demand and faults end earlier."""
    step = trials.best.lasts // 2
    while step >= _SHORTEST:
        lasts = trials.best.lasts - step
        shorter = replace(trials.best, lasts=lasts)
        if lasts < _SHORTEST or not trials.take(shorter, f'with {lasts // MINUTE} min'):
            step //= 2


def _fewer_faults(trials: _Trials) -> None:
    def build(kept: tuple[Fault, ...]) -> Scenario:
        return replace(trials.best, faults=kept)

    _minimise(trials, trials.best.faults, build, 'kinds of faults')


def _calmer(trials: _Trials) -> None:
    """Let messages through, and people do what they should."""
    trials.take(replace(trials.best, network=Network()), 'with a clear network')
    for name in _SHARES:
        changed: dict[str, Any] = {name: 0.0}
        staff = replace(trials.best.staff, **changed)
        trials.take(replace(trials.best, staff=staff), f'without {name}')
    trials.take(replace(trials.best, staff=Staff()), 'with usual people')
    silent = {
        access: replace(people, trips=(0.0,) * 24, held=0.0, step_in=0.0)
        for access, people in trials.best.lift_people.items()
    }
    trials.take(replace(trials.best, lift_people=silent), 'with lifts for robots alone')


def _fewer_goods(trials: _Trials) -> None:
    def goods(kept: tuple[GoodsDemand, ...]) -> Scenario:
        return replace(trials.best, demand=replace(trials.best.demand, goods=kept))

    def rounds(kept: tuple[Round, ...]) -> Scenario:
        return replace(trials.best, demand=replace(trials.best.demand, rounds=kept))

    def requests(kept: tuple[Request, ...]) -> Scenario:
        return replace(trials.best, demand=replace(trials.best.demand, requests=kept))

    _minimise(trials, trials.best.demand.goods, goods, 'goods')
    _minimise(trials, trials.best.demand.rounds, rounds, 'rounds')
    _minimise(trials, trials.best.demand.requests, requests, 'requests')


def _less(trials: _Trials) -> None:
    """Halve what is asked for by rate."""
    demand = trials.best.demand
    most = max((one.count * demand.factor for one in demand.goods), default=0.0)
    while most >= 1.0:
        most /= 2
        demand = replace(trials.best.demand, factor=trials.best.demand.factor / 2)
        if not trials.take(replace(trials.best, demand=demand), f'with factor {demand.factor:g}'):
            break


def _fewer_robots(trials: _Trials) -> None:
    step = trials.best.fleet.robots // 2
    while step:
        robots = trials.best.fleet.robots - step
        fleet = replace(trials.best.fleet, robots=robots)
        if robots < 1 or not trials.take(
            replace(trials.best, fleet=fleet), f'with {robots} robots'
        ):
            step //= 2


def _minimise(
    trials: _Trials,
    parts: Sequence[_T],
    build: Callable[[tuple[_T, ...]], Scenario],
    what: str,
) -> None:
    """Leave out as many parts as possible: first halves of them, then smaller and smaller ones."""
    kept = tuple(parts)
    pieces = 1
    while kept:
        for rest in _complements(kept, pieces):
            if trials.take(build(rest), f'with {len(rest)} {what}'):
                kept, pieces = rest, max(pieces - 1, 1)
                break
        else:
            if pieces >= len(kept):
                return
            pieces = min(2 * pieces, len(kept))


def _complements(parts: tuple[_T, ...], pieces: int) -> Iterator[tuple[_T, ...]]:
    """Return the parts without each of so many pieces in turn."""
    size = -(-len(parts) // pieces)
    for start in range(0, len(parts), size):
        yield (*parts[:start], *parts[start + size :])
