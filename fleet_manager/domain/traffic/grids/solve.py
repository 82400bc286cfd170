"""From a grid and tasks to paths: a first plan, then better ones for as long as one likes.

The same instance, seed and number of rounds give the same paths, compiled or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, cast

import numpy as np

from fleet_manager.domain.traffic.grids import kernel
from fleet_manager.domain.traffic.grids.compiled import Kernel, compiled
from fleet_manager.domain.traffic.grids.formats import Grid, GridError, Place, Task
from fleet_manager.domain.traffic.grids.joint import Arrangement, JointSearch

#: Where each agent is at each step, from its start to when it comes to stay at its goal.
Paths = tuple[tuple[Place, ...], ...]

#: Numbers that one part of a board may have: steps to goals, spans, or paths.
MAX_NUMBERS: Final = 64_000_000
#: Bounds of what one search may look at.
_MIN_LABELS: Final = 1 << 16
_MAX_LABELS: Final = 1 << 20
#: Visits of a cell there is room for at first: more room is more memory to wait for.
_VISITS: Final = 8
#: Orders that are tried before paths are repaired; another one seldom helps where three did not.
_ORDERS: Final = 3
#: Rounds of repair before all agents are planned at once, which is slow but misses nothing.
_REPAIRS: Final = 500
#: Agents, repairs, arrangements and improvements of one step: some milliseconds each.
_AGENTS_A_STEP: Final = 10
_REPAIRS_A_STEP: Final = 10
_ARRANGEMENTS_A_STEP: Final = 50
_IMPROVEMENTS_A_STEP: Final = 10
#: Arrangements after which it is given up: memory has an end.
MAX_ARRANGEMENTS: Final = 1_000_000


class Stage(StrEnum):
    """What a solver does next, or how it ended."""

    FIRST = 'first'
    REPAIR = 'repair'
    JOINT = 'joint'
    IMPROVE = 'improve'
    NO_SOLUTION = 'no_solution'
    GIVEN_UP = 'given_up'


class Solver:
    """A plan under way: call `advance` as often as there is time."""

    def __init__(
        self, grid: Grid, tasks: Sequence[Task], *, seed: int = 1, interpreted: bool = False
    ) -> None:
        """Raise GridError when a goal cannot be reached, or the instance is too large.

        `interpreted` is for tests: the same functions, without compiling them.
        """
        self._kernel = cast(Kernel, kernel) if interpreted else compiled()
        cells = [
            Place(x, y)
            for y, row in enumerate(grid.rows)
            for x, is_open in enumerate(row)
            if is_open
        ]
        self._cells = cells
        self._board = _board(cells, tasks, seed, self._kernel)
        self._horizon = self._board.path.shape[1] - 1
        self._order = np.zeros(0, np.int64)
        self._planned = self._orders = self._repairs = 0
        self._joint: JointSearch | None = None
        self.stage = Stage.FIRST
        #: Rounds of improvement so far.
        self.iterations = 0

    @property
    def is_solved(self) -> bool:
        """Whether all agents have a path."""
        return self.stage is Stage.IMPROVE

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to do: see `stage`."""
        ended = self.stage in (Stage.NO_SOLUTION, Stage.GIVEN_UP)
        return ended or (self.is_solved and self.cost == self.bound)

    @property
    def bound(self) -> int:
        """The sum of the shortest ways, each alone on the grid."""
        board = self._board
        return int(board.distance[np.arange(len(board.start)), board.start].sum())

    @property
    def unplanned(self) -> int:
        """How many agents have no path yet."""
        return int((self._board.length < 0).sum())

    @property
    def cost(self) -> int:
        """The sum of the steps until each agent comes to stay. All agents must have a path."""
        return int(self._board.length.sum())

    def paths(self) -> Paths:
        """Return the plan. All agents must have a path."""
        board = self._board
        return tuple(
            tuple(self._cells[cell] for cell in board.path[agent, : int(length) + 1])
            for agent, length in enumerate(board.length)
        )

    def advance(self) -> None:
        """Do a little more: some milliseconds of work on an instance of usual size."""
        match self.stage:
            case Stage.FIRST:
                self._first()
            case Stage.REPAIR:
                self._repair()
            case Stage.JOINT:
                self._arrange()
            case Stage.IMPROVE:
                self.improve(_IMPROVEMENTS_A_STEP)

    def improve(self, rounds: int) -> None:
        """Better the plan in so many rounds. Cost never rises. All agents must have a path."""
        made = 0
        while made < rounds:
            made += self._kernel.improve(self._board, rounds - made)
            self._grow()
        self.iterations += rounds

    def _first(self) -> None:
        """Plan the next agents of an order; without room for their paths, all of them again."""
        if self._planned == 0:
            self._order = self._next_order()
        end = min(self._planned + _AGENTS_A_STEP, len(self._order))
        self._kernel.prioritise(self._board, self._order, self._planned, end, self._horizon)
        if self._grow():
            self._planned = 0
            return
        self._planned = end
        if end < len(self._order):
            return
        self._planned = 0
        self._orders += 1
        if self.unplanned == 0:
            self.stage = Stage.IMPROVE
        elif self._orders == _ORDERS:
            self.stage = Stage.REPAIR

    def _next_order(self) -> kernel.Longs:
        """Return the agents with the longest ways first; after that in orders by chance."""
        board = self._board
        agents = np.arange(len(board.start), dtype=np.int64)
        if self._orders == 0:
            return np.lexsort((agents, -board.distance[agents, board.start])).astype(np.int64)
        for left in range(len(agents), 1, -1):
            other = kernel.chance(board, left)
            agents[[left - 1, other]] = agents[[other, left - 1]]
        return agents

    def _repair(self) -> None:
        """Find paths for those without, at the price of others."""
        self._kernel.repair(self._board, _REPAIRS_A_STEP, self._horizon)
        self._grow()
        self._repairs += _REPAIRS_A_STEP
        if self.unplanned == 0:
            self.stage = Stage.IMPROVE
        elif self._repairs >= _REPAIRS:
            self.stage = Stage.JOINT

    def _arrange(self) -> None:
        """Look for arrangements of all agents that lead to their goals."""
        board = self._board
        if self._joint is None:
            self._joint = JointSearch(
                board.neighbours.tolist(),
                board.distance.tolist(),
                tuple(board.start.tolist()),
                tuple(board.goal.tolist()),
            )
        found = self._joint.advance(_ARRANGEMENTS_A_STEP)
        if found is not None and len(found) <= MAX_NUMBERS // len(board.start):
            self._adopt(found)
        elif self._joint.exhausted:
            self.stage = Stage.NO_SOLUTION
        elif found is not None or self._joint.steps >= MAX_ARRANGEMENTS:
            self.stage = Stage.GIVEN_UP

    def _adopt(self, arrangements: Sequence[Arrangement]) -> None:
        """Take over paths that were found elsewhere."""
        steps = max(len(arrangements), self._board.path.shape[1])
        self._board = board = _with_steps(self._board, steps)
        board.path[:, : len(arrangements)] = np.array(arrangements, np.int32).T
        away = board.path[:, : len(arrangements)] != board.goal[:, None]
        last = len(arrangements) - np.argmax(away[:, ::-1], axis=1)
        board.length[:] = np.where(away.any(axis=1), last, 0)
        board.counts[:] = 0
        for agent in range(len(board.start)):
            while not kernel.reserve(self._board, agent):
                self._grow()
        self._joint = None
        self.stage = Stage.IMPROVE

    def _grow(self) -> bool:
        """Make room for more visits of a cell when one was full; whether that was so."""
        board, numbers = self._board, self._board.numbers
        if not numbers[kernel.FULL]:
            return False
        cells, visits, _ = board.spans.shape
        if cells * visits * 6 > MAX_NUMBERS:
            raise GridError('too many visits of one place for the memory: choose fewer agents')
        spans = np.zeros((cells, 2 * visits, 3), np.int32)
        spans[:, :visits] = board.spans
        numbers[kernel.FULL] = 0
        self._board = board._replace(spans=spans, seen=_states(cells, 2 * visits))
        return True


def warm_up() -> None:
    """Have the kernel compiled, which takes seconds, before time counts."""
    grid = Grid(3, 2, ((True, True, True), (False, True, False)))
    tasks = (Task(Place(0, 0), Place(2, 0)), Task(Place(2, 0), Place(0, 0)))
    solver = Solver(grid, tasks)
    while not solver.is_over and solver.iterations == 0:
        solver.advance()


def _board(
    cells: Sequence[Place], tasks: Sequence[Task], seed: int, functions: Kernel
) -> kernel.Board:
    """Number the cells, measure the ways and make room for the search."""
    agents = len(tasks)
    if len(cells) * agents > MAX_NUMBERS:
        raise GridError(
            f'{agents} agents on {len(cells):,} open places need too much memory; '
            f'choose at most {MAX_NUMBERS // len(cells):,} agents'
        )
    number = {place: at for at, place in enumerate(cells)}
    neighbours = np.full((len(cells), 4), -1, np.int32)
    for at, (x, y) in enumerate(cells):
        around = (Place(x, y - 1), Place(x + 1, y), Place(x, y + 1), Place(x - 1, y))
        found = [number[place] for place in around if place in number]
        neighbours[at, : len(found)] = found
    numbers = np.zeros(8, np.int64)
    numbers[kernel.CHANCE] = seed % 2147483646 + 1
    labels = max(_MIN_LABELS, min(_MAX_LABELS, 16 * len(cells)))
    group = max(kernel.SIZES)
    board = kernel.Board(
        neighbours=neighbours,
        crossings=np.flatnonzero((neighbours >= 0).sum(axis=1) > 2).astype(np.int32),
        distance=np.zeros((agents, len(cells)), np.int32),
        start=np.array([number[task.start] for task in tasks], np.int32),
        goal=np.array([number[task.goal] for task in tasks], np.int32),
        spans=np.zeros((len(cells), _VISITS, 3), np.int32),
        counts=np.zeros(len(cells), np.int32),
        path=np.zeros((agents, 1), np.int32),
        length=np.full(agents, -1, np.int64),
        weight=np.ones(agents, np.int64),
        pending=np.zeros(agents, np.int64),
        seen=_states(len(cells), _VISITS),
        label=np.zeros((labels, 5), np.int32),
        heap=np.zeros((labels, 2), np.int64),
        chosen=np.zeros(group, np.int64),
        kept=np.zeros((group, 1), np.int32),
        kept_length=np.zeros(group, np.int64),
        arms=np.ones(len(kernel.SIZES) * kernel.WAYS, np.float64),
        agent_mark=np.zeros(agents, np.int64),
        cell_mark=np.zeros(len(cells), np.int64),
        queue=np.zeros(len(cells), np.int64),
        numbers=numbers,
    )
    for agent, task in enumerate(tasks):
        functions.measure(board, agent)
        if board.distance[agent, board.start[agent]] < 0:
            raise GridError(
                f'no way from {task.start.x}, {task.start.y} to {task.goal.x}, {task.goal.y} '
                'on the map; choose another start or goal'
            )
    longest = int(board.distance.max())
    steps = min(2 * longest + len(cells) + 2 * agents, MAX_NUMBERS // agents)
    steps = min(max(steps, longest + 1), kernel.LAST_STEP // 2)
    return _with_steps(board, steps)


def _with_steps(board: kernel.Board, steps: int) -> kernel.Board:
    """Make room for paths of so many steps; what stood there is forgotten."""
    agents, group = len(board.start), max(kernel.SIZES)
    return board._replace(
        path=np.zeros((agents, steps), np.int32), kept=np.zeros((group, steps), np.int32)
    )


def _states(cells: int, visits: int) -> kernel.Ints:
    """Return room for what the search knows of each segment of each cell."""
    return np.zeros((cells * (2 * visits + 1), 2), np.int32)
