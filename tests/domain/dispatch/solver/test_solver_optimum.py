"""How far from the best there is: all plans of tiny problems, tried one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from fleet_manager.domain.dispatch.solver import Problem, Rates, Visit, solve
from tests.domain.dispatch.solver.drawn_problems import drawn
from tests.domain.dispatch.solver.referee import cost, problems

Run = tuple[Visit, ...]


def orders(parcels: tuple[str, ...], inside: tuple[str, ...] = ()) -> Iterator[Run]:
    """Yield all orders of pick-ups and hand-overs with room for two."""
    if not parcels and not inside:
        yield ()
    for n, parcel in enumerate(parcels if len(inside) < 2 else ()):
        for then in orders(parcels[:n] + parcels[n + 1 :], (*inside, parcel)):
            yield (Visit(parcel, True), *then)  # type: ignore[arg-type]
    for n, parcel in enumerate(inside):
        for then in orders(parcels, inside[:n] + inside[n + 1 :]):
            yield (Visit(parcel, False), *then)  # type: ignore[arg-type]


def optimum(problem: Problem) -> int:
    """Return the cost of the best plan; robots have two compartments that fit everything."""
    names = [parcel.id for parcel in problem.parcels]
    best = None
    for robots in product(range(len(problem.vehicles)), repeat=len(names)):
        shares = [
            tuple(name for name, robot in zip(names, robots, strict=True) if robot == one)
            for one in range(len(problem.vehicles))
        ]
        for runs in product(*(tuple(orders(share)) for share in shares)):
            found = cost(problem, runs)
            best = found if best is None else min(best, found)
    assert best is not None
    return best


def easy(seed: int) -> Problem:
    """Two like robots, three parcels, nothing refused, and no fees that need a full search."""
    problem = drawn(seed, robots=2, parcels=3, plain=True, rates=Rates(crowd=20_000))
    robots = tuple(
        replace(v, kind='slim', drive_ms=1 << 60, soiled=False, boxes=problem.vehicles[0].boxes)
        for v in problem.vehicles
    )
    robots = tuple(
        replace(v, boxes=tuple(replace(box, kind='std', litres=30) for box in v.boxes))
        for v in robots
    )
    return replace(problem, vehicles=robots, refusals=lambda _: {})


@pytest.mark.thorough
def test_tiny_problems_are_solved_best_or_nearly_so() -> None:
    first, then = [], []
    for seed in range(40):
        problem = easy(seed)
        best = optimum(problem)
        for rounds, gaps in ((0, first), (60, then)):
            solution = solve(problem, rounds=rounds, seed=seed)
            assert problems(problem, solution) == []
            assert solution.cost >= best
            gaps.append(solution.cost / best - 1)
    print(f'gap to the optimum: regret mean {sum(first) / 40:.2%}, worst {max(first):.2%}')
    print(f'with 60 rounds: mean {sum(then) / 40:.3%}, worst {max(then):.2%}')
    assert sum(first) / 40 < 0.05
    assert sum(then) / 40 < 0.002
    assert sum(gap == 0 for gap in then) >= 36
