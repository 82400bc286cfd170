"""Whether a day was as it must be: one verdict for each expectation and each invariant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fleet_manager.application.days.result import ClassResult, DayResult
from fleet_manager.application.days.scenario import Expectations
from fleet_manager.domain.deliveries.goods import Urgency

#: Classes that are held to `on_time_urgent`.
URGENT: Final = (Urgency.STAT, Urgency.URGENT)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was to hold; `problem` says in one sentence how it did not, '' where it held."""

    name: str
    problem: str = ''


def verdicts(result: DayResult, expect: Expectations) -> tuple[Verdict, ...]:
    """Judge a day. One that was broken off is not blamed for what is still open."""
    return tuple(_verdicts(result, expect))


def unmet(found: tuple[Verdict, ...]) -> tuple[str, ...]:
    """Return what did not hold, a sentence each."""
    return tuple(verdict.problem for verdict in found if verdict.problem)


def _verdicts(result: DayResult, expect: Expectations) -> Iterator[Verdict]:
    broken = len(result.violations)
    first = f': {result.violations[0]}' if result.violations else ''
    yield _at_most('no invariant is violated', broken, expect.violations, 'violations', first)
    yield _at_most('no two robots overlap', result.overlaps, 0, 'overlaps')
    yield _at_most('no robots block each other for ever', result.deadlocks, 0, 'deadlocks')
    yield _at_most('custody has no gap', result.custody_gaps, 0, 'gaps in custody')
    yield _at_most('nothing is lost', result.lost, expect.lost, 'lost deliveries')
    yield _on_time('on time', result.on_time, expect.on_time)
    for one in result.by_urgency:
        if one.name in URGENT:
            yield _on_time(f'{one.name} on time', _share(one), expect.on_time_urgent)
    if expect.alerts_per_hour:
        rate, most = result.alerts_per_hour, expect.alerts_per_hour
        problem = f'{rate:.2f} alerts an hour, at most {most:g} were expected'
        yield Verdict(f'at most {most:g} alerts an hour', problem if rate > most else '')
    if expect.still_open >= 0 and not result.partial:
        name = 'every delivery comes to its end'
        yield _at_most(name, result.open, expect.still_open, 'deliveries still open')


def _at_most(name: str, count: int, most: int, what: str, first: str = '') -> Verdict:
    said = f'{count} {what}, at most {most} expected' if most else f'{count} {what}'
    return Verdict(name, said + first if count > most else '')


def _on_time(name: str, share: float | None, least: float) -> Verdict:
    said = f'{name}: {least:.1%} or more'
    if share is None or share >= least:
        return Verdict(said)
    return Verdict(said, f'{name} were {share:.2%}, {least:.2%} expected')


def _share(one: ClassResult) -> float | None:
    return one.on_time if one.n else None
