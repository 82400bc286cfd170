"""All agents at once, step by step: slow, but it finds a solution where there is one.

Lazy constraints addition search, LaCAM (Okumura, AAAI 2023), with priority inheritance and
backtracking, PIBT (Okumura et al. 2022), to make the next arrangement. For instances where agents
must give way to each other and come back; when all arrangements are tried there is no solution.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

#: Where each agent is, as numbers of cells.
Arrangement = tuple[int, ...]


@dataclass(slots=True)
class _Node:
    """An arrangement; `wishes` are what is still to be asked of the next one, simplest first."""

    cells: Arrangement
    before: _Node | None
    order: list[int]
    waited: list[int]
    wishes: deque[tuple[tuple[int, int], ...]] = field(default_factory=lambda: deque([()]))


class JointSearch:
    """A search under way: call `advance` until it has found something, or is exhausted."""

    def __init__(
        self,
        around: Sequence[Sequence[int]],
        distance: Sequence[Sequence[int]],
        start: Arrangement,
        goal: Arrangement,
    ) -> None:
        """Take the neighbours of each cell, and for each agent the steps to its goal from each."""
        self._around = [sorted(onto for onto in cells if onto >= 0) for cells in around]
        self._distance = distance
        self._goal = goal
        root = self._node(start, None)
        self._known = {start: root}
        self._open = [root]
        #: How often the next arrangement was asked for.
        self.steps = 0

    @property
    def exhausted(self) -> bool:
        """Whether everything was tried: there is no solution."""
        return not self._open

    def advance(self, steps: int) -> list[Arrangement] | None:
        """Go on for so many steps; return the arrangements from start to goal when found."""
        for _ in range(steps):
            if not self._open:
                return None
            node = self._open[-1]
            if node.cells == self._goal:
                return _unwind(node)
            self.steps += 1
            if not node.wishes:
                self._open.pop()
                continue
            wish = node.wishes.popleft()
            if len(wish) < len(node.order):
                self._ask_more(node, wish)
            cells = _Next(self._around, self._distance, node.cells, node.order).make(wish)
            if cells is not None:
                if cells not in self._known:
                    self._known[cells] = self._node(cells, node)
                self._open.append(self._known[cells])
        return None

    def _ask_more(self, node: _Node, wish: tuple[tuple[int, int], ...]) -> None:
        """Wish the same and where one agent more goes, for each cell that leaves it."""
        agent = node.order[len(wish)]
        here = node.cells[agent]
        taken = {cell for _, cell in wish}
        taken |= {node.cells[other] for other, cell in wish if cell == here}
        ways = (*self._around[here], here)
        node.wishes.extend((*wish, (agent, cell)) for cell in ways if cell not in taken)

    def _node(self, cells: Arrangement, before: _Node | None) -> _Node:
        """Those longest away from their goals go first."""
        waited = [
            0 if cell == goal else (before.waited[agent] + 1 if before else 0)
            for agent, (cell, goal) in enumerate(zip(cells, self._goal, strict=True))
        ]
        order = sorted(
            range(len(cells)),
            key=lambda agent: (-waited[agent], -self._distance[agent][cells[agent]], agent),
        )
        return _Node(cells, before, order, waited)


class _Next:
    """The next arrangement in the making: who comes onto which cell."""

    def __init__(
        self,
        around: Sequence[Sequence[int]],
        distance: Sequence[Sequence[int]],
        cells: Arrangement,
        order: Sequence[int],
    ) -> None:
        self._around, self._distance, self._cells, self._order = around, distance, cells, order
        self._here = {cell: agent for agent, cell in enumerate(cells)}
        self._coming: dict[int, int] = {}
        self._onto: dict[int, int] = {}

    def make(self, wish: Sequence[tuple[int, int]]) -> Arrangement | None:
        """Return an arrangement that does as wished, or None when none was found."""
        for agent, cell in wish:
            self._take(agent, cell)
        for agent in self._order:
            if agent not in self._onto and not self._move(agent):
                return None
        return tuple(self._onto[agent] for agent in range(len(self._cells)))

    def _take(self, agent: int, cell: int) -> None:
        self._coming[cell] = agent
        self._onto[agent] = cell

    def _move(self, agent: int) -> bool:
        """Send an agent on, those in its way first; whether it found a cell."""
        here, left = self._cells[agent], self._distance[agent]
        ways = sorted((*self._around[here], here), key=lambda c: (left[c], c in self._here, c))
        for cell in ways:
            if cell in self._coming:
                continue
            other = self._here.get(cell, agent)
            if other != agent and self._onto.get(other) == here:
                continue
            self._take(agent, cell)
            if other == agent or other in self._onto or self._move(other):
                return True
            if self._coming.get(cell) == agent:
                del self._coming[cell]
        self._take(agent, here)
        return False


def _unwind(node: _Node) -> list[Arrangement]:
    found = [node.cells]
    while node.before is not None:
        node = node.before
        found.append(node.cells)
    return found[::-1]
