"""Whatever is asked: the rules of goods and robots hold, and looking on never makes it worse."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.domain.dispatch.solver import Rates, Solution, solve
from fleet_manager.domain.dispatch.solver.compiling import compiled
from tests.domain.dispatch.solver.drawn_problems import after, drawn
from tests.domain.dispatch.solver.referee import cost, problems

SEEDS = st.integers(0, 1_000_000)


def routes(solution: Solution) -> list[tuple[object, ...]]:
    return [route.stops for route in solution.routes]


@pytest.mark.thorough
@settings(max_examples=150)
@given(seed=SEEDS, robots=st.integers(1, 4), parcels=st.integers(0, 12), plain=st.booleans())
def test_a_solution_breaks_no_rule_and_costs_what_it_says(
    seed: int, robots: int, parcels: int, plain: bool
) -> None:
    problem = drawn(seed, robots=robots, parcels=parcels, plain=plain)
    for rounds in (0, 12):
        solution = solve(problem, rounds=rounds, seed=seed)
        assert problems(problem, solution) == []
        if not solution.unplaced:
            assert solution.cost == cost(problem, routes(solution))


@pytest.mark.thorough
@settings(max_examples=150)
@given(seed=SEEDS, robots=st.integers(1, 4), parcels=st.integers(1, 10), rounds=st.integers(0, 25))
def test_rules_hold_for_robots_under_way_and_what_is_fixed_stays(
    seed: int, robots: int, parcels: int, rounds: int
) -> None:
    first = drawn(seed, robots=robots, parcels=parcels)
    problem = after(first, solve(first, rounds=5), seed)
    problem = after(problem, solve(problem), seed + 1)
    solution = solve(problem, rounds=rounds, seed=seed)
    assert problems(problem, solution) == []
    if not solution.unplaced:
        assert solution.cost == cost(problem, routes(solution))


@pytest.mark.thorough
@settings(max_examples=60)
@given(seed=SEEDS, heat=st.sampled_from((0, 100_000)))
def test_improvement_never_makes_it_worse(seed: int, heat: int) -> None:
    problem = drawn(seed, robots=3, parcels=9)
    problem = replace(problem, rates=replace(problem.rates, heat=heat))
    before = solve(problem)
    solution = solve(problem, rounds=40, seed=seed)
    assert solution.first == before.cost
    assert solution.cost <= before.cost


def test_the_same_problem_has_the_same_solution_whatever_the_order_it_is_given_in() -> None:
    problem = drawn(7, robots=4, parcels=12, plain=True)
    turned = replace(problem, vehicles=problem.vehicles[::-1], parcels=problem.parcels[::-1])
    one, other = solve(problem, rounds=60, seed=3), solve(turned, rounds=60, seed=3)
    assert one.routes == other.routes[::-1]
    assert one == replace(other, routes=one.routes)
    assert one == solve(problem, rounds=60, seed=3)


@pytest.mark.slow
@pytest.mark.parametrize('seed', range(6))
def test_compiled_functions_do_the_very_same_as_plain_ones(seed: int) -> None:
    compiled()
    first = drawn(seed, robots=4, parcels=14)
    problem = replace(
        after(first, solve(first, rounds=5), seed), rates=Rates(heat=50_000, once=60_000)
    )
    for rounds in (0, 40):
        ours = solve(problem, rounds=rounds, seed=seed, interpreted=False)
        assert ours == solve(problem, rounds=rounds, seed=seed)
