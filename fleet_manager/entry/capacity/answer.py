"""What a sweep says: how many robots are enough, how sure that is, and what is in the way."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fleet_manager.entry.capacity.point import Point, Row

#: With fewer days at a point their spread says nothing, and single deliveries are counted.
FEWEST_DAYS: Final = 3
_RESAMPLES: Final = 2_000
#: Of 95 % of a normal distribution.
_Z: Final = 1.959964
#: A lift that robots have for more of the day than this is what others wait for.
BUSY_LIFT: Final = 0.7


@dataclass(frozen=True, slots=True)
class Estimate:
    """The share on time at a point with its 95 % interval, over `days` days."""

    point: Point
    share: float
    low: float
    high: float
    days: int
    due: int
    busy: float
    busiest_lift: str
    lift_use: float
    lift_wait_p95: float | None
    violations: int


@dataclass(frozen=True, slots=True)
class Answer:
    """For one demand and one use of lifts: the fewest robots that reach the target.

    `enough` reaches it on average, `surely` with the lower end of its interval; None: no number
    that was tried does.
    """

    case: Point
    enough: int | None
    surely: int | None
    curve: tuple[Estimate, ...]


def estimate(point: Point, rows: Sequence[Row]) -> Estimate:
    """Return the share on time at a point.

    The interval is that of the bootstrap over days (Efron and Tibshirani, 1993), since deliveries
    of one day are late together; with fewer than three days it is Wilson's over deliveries, which
    is too narrow.
    """
    due, on_time = sum(row.due for row in rows), sum(row.on_time for row in rows)
    share = on_time / due if due else 0.0
    low, high = bootstrap(rows) if len(rows) >= FEWEST_DAYS else wilson(on_time, due)
    use = {
        lift: sum(row.lifts.get(lift, 0.0) for row in rows) / len(rows) for lift in rows[0].lifts
    }
    busiest = max(use, key=lambda lift: (use[lift], lift), default='')
    waits = [row.lift_wait_p95 for row in rows if row.lift_wait_p95 is not None]
    return Estimate(
        point=point,
        share=share,
        low=low,
        high=high,
        days=len(rows),
        due=due,
        busy=sum(row.busy for row in rows) / len(rows),
        busiest_lift=busiest,
        lift_use=use.get(busiest, 0.0),
        lift_wait_p95=max(waits, default=None),
        violations=sum(row.violations for row in rows),
    )


def answers(rows: Iterable[Row], target: float) -> list[Answer]:
    """Answer for each demand and each use of lifts."""
    by_point: dict[Point, list[Row]] = {}
    for row in rows:
        by_point.setdefault(row.point, []).append(row)
    cases: dict[Point, list[Estimate]] = {}
    for point in sorted(by_point):
        days = sorted(by_point[point], key=lambda row: row.seed)
        cases.setdefault(replace(point, robots=0), []).append(estimate(point, days))
    return [
        Answer(
            case,
            _fewest(curve, target, lambda one: one.share),
            _fewest(curve, target, lambda one: one.low),
            tuple(curve),
        )
        for case, curve in sorted(cases.items())
    ]


def sentences(answer: Answer, target: float) -> list[str]:
    """Say the answer, and why there is none where there is none."""
    best = max(answer.curve, key=lambda one: (one.share, -one.point.robots))
    if answer.enough is None:
        most, at_best = answer.curve[-1].point.robots, best.point.robots
        named = f'{case_name(answer.case)}: {target:.1%} is not reached with up to {most} robots'
        said = [f'{named}; the best is {_said(best)} with {at_best}']
    else:
        at = next(one for one in answer.curve if one.point.robots == answer.enough)
        said = [f'{case_name(answer.case)}: {_robots(answer.enough)} ({_said(at)})']
        if answer.surely is None:
            said.append('the interval still reaches below: play more seeds, or try more robots')
        elif answer.surely > answer.enough:
            said.append(f'{_robots(answer.surely)} to be sure of it (95 %)')
        best = at
    if best.busiest_lift:
        wait = '' if best.lift_wait_p95 is None else f', waits up to {best.lift_wait_p95:.1f} min'
        limit = ': the lifts are the limit' if _limits(best, answer, target) else ''
        said.append(
            f'busiest lift {best.busiest_lift}: robots have it {best.lift_use:.0%} of the day'
            f'{wait} (p95){limit}; robots are busy {best.busy:.0%}'
        )
    return said


def case_name(case: Point) -> str:
    """Name a demand and a use of lifts."""
    words = [f'demand x {case.demand:g}']
    if case.share >= 0:
        words.append(f'{case.share:.0%} of lift time')
    if case.lifts:
        words.append(f'lifts {" ".join(case.lifts)}')
    return ', '.join(words)


def wilson(good: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson, 1927)."""
    if of == 0:
        return 0.0, 1.0
    share, z2 = good / of, _Z * _Z
    middle = share + z2 / (2 * of)
    half = _Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    scale = 1 + z2 / of
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def bootstrap(rows: Sequence[Row]) -> tuple[float, float]:
    """Return the 95 % interval of the share over days drawn again and again."""
    chance = random.Random(len(rows))  # noqa: S311 - the same days, the same interval
    shares = []
    for _ in range(_RESAMPLES):
        drawn = chance.choices(rows, k=len(rows))
        due = sum(row.due for row in drawn)
        shares.append(sum(row.on_time for row in drawn) / due if due else 0.0)
    shares.sort()
    return shares[_RESAMPLES // 40], shares[-_RESAMPLES // 40 - 1]


def as_row(answer: Answer, target: float) -> Mapping[str, object]:
    """Return an answer for programs."""
    return {
        'demand': answer.case.demand,
        'lift_share': None if answer.case.share < 0 else answer.case.share,
        'lifts': list(answer.case.lifts),
        'target': target,
        'robots': answer.enough,
        'robots_surely': answer.surely,
        'curve': [
            {
                'robots': one.point.robots,
                'on_time': round(one.share, 5),
                'low': round(one.low, 5),
                'high': round(one.high, 5),
                'days': one.days,
                'due': one.due,
                'robots_busy': round(one.busy, 4),
                'busiest_lift': one.busiest_lift,
                'lift_use': round(one.lift_use, 4),
                'lift_wait_p95': one.lift_wait_p95,
                'violations': one.violations,
            }
            for one in answer.curve
        ],
    }


def _fewest(
    curve: Sequence[Estimate], target: float, value: Callable[[Estimate], float]
) -> int | None:
    """Return the fewest robots from which on the target holds with every larger number tried."""
    found = None
    for one in reversed(curve):
        if value(one) < target:
            break
        found = one.point.robots
    return found


def _limits(best: Estimate, answer: Answer, target: float) -> bool:
    return best.share < target and (
        best.lift_use >= BUSY_LIFT or best.point.robots < answer.curve[-1].point.robots
    )


def _said(one: Estimate) -> str:
    return f'{one.share:.2%} on time, {one.low:.2%} to {one.high:.2%} over {one.days} days'


def _robots(count: int) -> str:
    return f'{count} robot{"s" if count > 1 else ""}'
