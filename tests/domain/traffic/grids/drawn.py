"""Grids drawn as text: a dot is open, letters are starts, their capitals the goals."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import product

from hypothesis import strategies as st

from fleet_manager.domain.traffic.grids.formats import Grid, Place, Task

Instance = tuple[Grid, tuple[Task, ...]]

#: Where prioritised planning alone fails: agents must make room and come back.
CORNERS = ('.####', '....#', '#.#.#', '#....', '####.')
LOOP_CHAIN = ('....', '.#.#', '...#')
STRING = ('#.#', '..#', '#..', '..#', '#..', '..#')
TUNNEL = ('.###', '....', '.###', '.###', '.###', '.###')
TREE = ('#.#', '#..', '#.#', '...')


def grid_of(rows: tuple[str, ...]) -> Grid:
    return Grid(len(rows[0]), len(rows), tuple(tuple(c != '#' for c in row) for row in rows))


def drawn(rows: tuple[str, ...], *ways: tuple[int, int, int, int]) -> Instance:
    """Return a drawing as a grid, with an agent for each (start x, start y, goal x, goal y)."""
    return grid_of(rows), tuple(Task(Place(a, b), Place(c, d)) for a, b, c, d in ways)


def open_places(grid: Grid) -> list[Place]:
    return [
        Place(x, y)
        for y, x in product(range(grid.height), range(grid.width))
        if grid.is_open(Place(x, y))
    ]


def around(grid: Grid, place: Place) -> Iterator[Place]:
    """The place itself and the open ones next to it."""
    x, y = place
    for near in (place, Place(x, y - 1), Place(x + 1, y), Place(x, y + 1), Place(x - 1, y)):
        if grid.is_open(near):
            yield near


def reachable(grid: Grid, start: Place) -> list[Place]:
    found, edge = {start}, [start]
    while edge:
        edge = [near for place in edge for near in around(grid, place) if near not in found]
        found.update(edge)
    return sorted(found)


@st.composite
def instances(draw: st.DrawFn, *, side: int = 4, agents: int = 4) -> Instance:
    """Return a small grid with walls, and agents whose goals can be reached."""
    width, height = draw(st.integers(2, side)), draw(st.integers(1, side))
    walls = draw(st.sets(st.integers(0, width * height - 1), max_size=width * height // 2))
    grid = Grid(
        width,
        height,
        tuple(tuple(y * width + x not in walls for x in range(width)) for y in range(height)),
    )
    component = reachable(grid, draw(st.sampled_from(open_places(grid))))
    count = draw(st.integers(1, min(agents, len(component))))
    starts = draw(st.permutations(component))[:count]
    goals = draw(st.permutations(component))[:count]
    return grid, tuple(Task(start, goal) for start, goal in zip(starts, goals, strict=True))


def least_cost(grid: Grid, tasks: tuple[Task, ...]) -> int | None:
    """Return the best sum of costs there is, by looking at every arrangement; None without any.

    An agent pays for each step until it has come to stay: on its goal it decides whether it has.
    """
    start = tuple((task.start, False) for task in tasks)
    best, heap = {start: 0}, [(0, start)]
    while heap:
        cost, state = heappop(heap)
        if all(resting for _, resting in state):
            return cost
        if best[state] < cost:
            continue
        for then, price in _next(grid, tasks, state):
            if cost + price < best.get(then, 1 << 30):
                best[then] = cost + price
                heappush(heap, (cost + price, then))
    return None


_State = tuple[tuple[Place, bool], ...]


def _next(grid: Grid, tasks: tuple[Task, ...], state: _State) -> Iterator[tuple[_State, int]]:
    """Yield each state a step later, and what those not at rest pay; resting is free and final."""
    ways = []
    for task, (place, resting) in zip(tasks, state, strict=True):
        if resting:
            ways.append([(place, True, 0)])
            continue
        moves = [(near, False, 1) for near in around(grid, place)]
        if place == task.goal:
            moves.append((place, True, 0))
        ways.append(moves)
    for chosen in product(*ways):
        places = [place for place, _, _ in chosen]
        if len(set(places)) < len(places):
            continue
        here = {place: agent for agent, (place, _) in enumerate(state)}
        swapped = any(
            here.get(place, agent) != agent and places[here[place]] == state[agent][0]
            for agent, place in enumerate(places)
        )
        if not swapped:
            yield (
                tuple((place, resting) for place, resting, _ in chosen),
                sum(price for _, _, price in chosen),
            )
