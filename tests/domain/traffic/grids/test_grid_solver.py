"""The solver against what is certain: small grids looked at whole, plans checked by others."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.domain.traffic.grids import kernel, solve
from fleet_manager.domain.traffic.grids.check import cost, faults
from fleet_manager.domain.traffic.grids.formats import Grid, GridError, Place, Task
from fleet_manager.domain.traffic.grids.solve import Solver, Stage
from tests.domain.traffic.grids.drawn import (
    CORNERS,
    LOOP_CHAIN,
    STRING,
    TREE,
    TUNNEL,
    Instance,
    around,
    drawn,
    instances,
    least_cost,
)
from tests.domain.traffic.planned import EXAMPLES


def solved(instance: Instance, *, seed: int = 1, rounds: int = 20, plain: bool = True) -> Solver:
    """Return a solver that has improved its plan so often, or has ended."""
    solver = Solver(*instance, seed=seed, interpreted=plain)
    while not solver.is_over and solver.iterations < rounds:
        solver.advance()
    return solver


def first_plan(instance: Instance, seed: int) -> Solver:
    """Return a solver with a first plan; or without one, where agents need to be joined."""
    solver = Solver(*instance, seed=seed, interpreted=True)
    while solver.stage in (Stage.FIRST, Stage.REPAIR):
        solver.advance()
    return solver


def room(side: int, agents: int) -> Instance:
    """Return a room with pillars, and agents that cross it from end to end."""
    rows = tuple('.' * side if y % 3 else '.#.' * (side // 3) for y in range(side))
    ways = [(x, 0, side - 1 - x, side - 1) for x in range(side) if rows[0][x] == '.']
    back = [(x, 1, side - 1 - x, side - 2) for x in range(side)]
    return drawn(rows, *(ways + back)[:agents])


@pytest.mark.slow
@settings(max_examples=EXAMPLES)
@given(instances(side=3, agents=3), st.integers(0, 9))
def test_a_plan_is_right_never_under_the_least_cost_and_found_wherever_there_is_one(
    instance: Instance, seed: int
) -> None:
    least = least_cost(*instance)
    solver = solved(instance, seed=seed)
    assert solver.is_solved == (least is not None)
    if least is None:
        assert solver.stage is Stage.NO_SOLUTION
        return
    paths = solver.paths()
    assert faults(*instance, paths) == []
    assert cost(paths) == solver.cost
    assert solver.bound <= least <= solver.cost


@pytest.mark.slow
@settings(max_examples=EXAMPLES // 5)
@given(instances(side=5, agents=6), st.integers(0, 9))
def test_cost_never_rises_and_no_step_breaks_the_plan(instance: Instance, seed: int) -> None:
    solver = first_plan(instance, seed)
    before = None
    for _ in range(4 if solver.is_solved else 0):
        assert faults(*instance, solver.paths()) == []
        assert before is None or solver.cost <= before
        before = solver.cost
        solver.improve(5)


def fastest(grid: Grid, task: Task, others: tuple[tuple[Place, ...], ...]) -> int:
    """Return when an agent can come to stay among others that go on their paths: step by step."""
    edge, step, last = {task.start}, 0, max(len(path) for path in others)
    while edge and step < last + grid.width * grid.height:
        stays = all(
            path[min(later, len(path) - 1)] != task.goal
            for path in others
            for later in range(step, max(step, last) + 1)
        )
        if task.goal in edge and stays:
            return step
        now = [path[min(step, len(path) - 1)] for path in others]
        step += 1
        then = [path[min(step, len(path) - 1)] for path in others]
        moves = list(zip(now, then, strict=True))
        edge = {
            near
            for place in edge
            for near in around(grid, place)
            if near not in then and (near, place) not in moves
        }
    return -1


@pytest.mark.slow
@settings(max_examples=EXAMPLES)
@given(instances(side=5, agents=5), st.integers(0, 9))
def test_one_agent_among_others_comes_home_as_early_as_a_search_step_by_step(
    instance: Instance, seed: int
) -> None:
    grid, tasks = instance
    solver = first_plan(instance, seed)
    if not solver.is_solved or len(tasks) < 2:
        return
    board = solver._board
    kernel.release(board, 0)
    found = kernel.search(board, 0, board.path.shape[1] - 1, False)
    early = fastest(grid, tasks[0], solver.paths()[1:])
    assert early == (board.length[0] if found else -1)


@pytest.mark.parametrize(
    ('rows', 'ways'),
    [
        (CORNERS, [(0, 0, 4, 4), (4, 4, 0, 0)]),
        (CORNERS, [(0, 0, 4, 4), (0, 1, 1, 3), (4, 4, 0, 0), (3, 3, 3, 1)]),
        (LOOP_CHAIN, [(0, 0, 1, 2), (1, 2, 0, 0), (3, 0, 2, 0), (2, 0, 3, 0)]),
        (STRING, [(1, 0, 1, 5), (1, 5, 1, 0), (0, 1, 2, 4)]),
        (TUNNEL, [(0, 0, 0, 5), (0, 5, 0, 0), (3, 1, 0, 2)]),
        (TREE, [(1, 0, 0, 3), (0, 3, 1, 0), (2, 3, 2, 1)]),
    ],
    ids=['corners', 'corners-4', 'loop-chain', 'string', 'tunnel', 'tree'],
)
def test_places_where_agents_must_make_room_are_solved(
    rows: tuple[str, ...], ways: list[tuple[int, int, int, int]]
) -> None:
    instance = drawn(rows, *ways)
    solver = solved(instance)
    assert solver.is_solved
    assert faults(*instance, solver.paths()) == []


@pytest.mark.parametrize(
    ('rows', 'ways'),
    [
        (('....',), [(0, 0, 3, 0), (3, 0, 0, 0)]),
        (('..', '#.'), [(0, 0, 1, 1), (1, 1, 0, 0)]),
        (TREE, [(1, 0, 1, 3), (1, 3, 1, 0), (0, 3, 1, 2), (2, 3, 2, 1), (2, 1, 0, 3)]),
    ],
    ids=['lane', 'corner', 'full-tree'],
)
def test_where_there_is_no_solution_it_is_said_after_all_was_tried(
    rows: tuple[str, ...], ways: list[tuple[int, int, int, int]]
) -> None:
    solver = solved(drawn(rows, *ways))
    assert solver.stage is Stage.NO_SOLUTION
    assert solver.is_over
    assert solver.unplanned > 0
    solver.advance()
    assert solver.stage is Stage.NO_SOLUTION


@pytest.mark.thorough
def test_an_instance_with_too_many_arrangements_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(solve, 'MAX_ARRANGEMENTS', 100)
    ways = [(0, 0, 0, 5), (0, 5, 0, 0), (0, 1, 3, 1), (1, 1, 0, 2), (3, 1, 0, 4)]
    assert solved(drawn(TUNNEL, *ways)).stage is Stage.GIVEN_UP


@pytest.mark.slow
def test_compiled_and_as_it_stands_the_kernel_gives_the_same_paths() -> None:
    for instance in (room(9, 12), room(12, 20), drawn(STRING, (1, 0, 1, 5), (1, 5, 1, 0))):
        plain = solved(instance, seed=3, rounds=30)
        fast = solved(instance, seed=3, rounds=30, plain=False)
        assert plain.paths() == fast.paths()
        assert plain.iterations == fast.iterations


@pytest.mark.thorough
def test_the_same_seed_and_rounds_give_the_same_paths_however_they_are_portioned() -> None:
    one, many = (solved(room(12, 16), seed=5, rounds=1) for _ in range(2))
    one.improve(60)
    for rounds in (1, 7, 2, 50):
        many.improve(rounds)
    assert one.paths() == many.paths()
    assert solved(room(12, 16), seed=6, rounds=1).paths() != one.paths()


def test_a_crowd_through_one_door_finds_room_in_memory() -> None:
    rows = ('......', '......', '##.###', '......', '......')
    there = [(x, y, x, y + 3) for x in range(6) for y in range(2)]
    instance = drawn(rows, *there)
    solver = solved(instance, rounds=50)
    assert solver._board.spans.shape[1] > 8
    assert faults(*instance, solver.paths()) == []


def test_agents_that_are_where_they_want_to_be_stay() -> None:
    solver = solved(drawn(('..',), (0, 0, 0, 0), (1, 0, 1, 0)))
    assert (solver.cost, solver.bound, solver.is_over) == (0, 0, True)


def test_a_goal_nobody_can_reach_is_refused() -> None:
    with pytest.raises(GridError, match='no way from 0, 0 to 2, 0 on the map; choose another'):
        Solver(*drawn(('.#.',), (0, 0, 2, 0)), interpreted=True)


def test_an_instance_too_large_for_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solve, 'MAX_NUMBERS', 20)
    with pytest.raises(GridError, match='choose at most 1 agents'):
        Solver(*drawn(('...', '...', '...', '...'), (0, 0, 2, 0), (1, 0, 1, 1)), interpreted=True)


def test_a_place_too_busy_for_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ('......', '......', '##.###', '......', '......')
    instance = drawn(rows, *((x, y, x, y + 3) for x in range(6) for y in range(2)))
    solver = Solver(*instance, interpreted=True)
    monkeypatch.setattr(solve, 'MAX_NUMBERS', 100)
    with pytest.raises(GridError, match='too many visits of one place'):
        _advance(solver, rounds=50)


def _advance(solver: Solver, *, rounds: int) -> None:
    while solver.iterations < rounds:
        solver.advance()
