"""Plans for all robots of an instance: a first one, and better ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from types import MappingProxyType, SimpleNamespace
from typing import Final

import numpy as np

from fleet_manager.domain.deliveries.goods import Urgency
from fleet_manager.domain.traffic.planner import kernel
from fleet_manager.domain.traffic.planner.bound import lower_bound
from fleet_manager.domain.traffic.planner.compiling import compiled
from fleet_manager.domain.traffic.planner.distances import fill_distances
from fleet_manager.domain.traffic.planner.kernel import (
    AT,
    GOAL,
    HOME,
    ROW,
    STAYS,
    Ints,
    Job,
)
from fleet_manager.domain.traffic.planner.model import Instance, Plan
from fleet_manager.domain.traffic.planner.network import Network
from fleet_manager.domain.traffic.planner.output import robot_plan
from fleet_manager.domain.traffic.planner.tables import Tables
from fleet_manager.domain.traffic.planner.tasks import refused

_RANKS: Final = {urgency.value: rank for rank, urgency in enumerate(Urgency)}
#: Orders that are tried, each with those who found no way further ahead, before some stay.
_MAX_ORDERS: Final = 40
#: Orders with waits that are tried after that, for one robot; for more robots fewer, but some.
_MAX_TANGLED: Final = 2_000
_FEW: Final = 20
#: How a robot without a plan is explained.
_NO_WAY: Final = 'finds no way among the others that ends in a place it may keep'


class Planner:
    """Plans an instance; call `first`, then `improve` as often as there is time.

    The same network, instance and seed give the same plans, however the iterations are cut into
    calls. `instant_hand_over` frees the place behind as soon as a hop starts: with that no order
    of hops is safe when robots are late, so it is for comparing figures only. `functions`
    are the compiled ones unless given: `compiling.plain()` needs no compiler.
    """

    def __init__(
        self,
        network: Network,
        instance: Instance,
        *,
        seed: int = 1,
        instant_hand_over: bool = False,
        functions: SimpleNamespace | None = None,
    ) -> None:
        self._network = network
        self._tasks = instance.tasks
        self._run = functions or compiled()
        self._unsolved = refused(network, instance)
        self._tables = Tables(network.net, len(self._tasks))
        self._tables.desk.luck[0] = 1 + seed % 2_147_483_645
        self._bound: int | None = None
        fill_distances(network, self._tasks, self._run, self._tables)
        self._job = self._make_job(instant_hand_over)
        for robot, task in enumerate(self._tasks):
            if self._job.robot[robot, ROW] < 0 and task.robot not in self._unsolved:
                self._unsolved[task.robot] = f'has no way from {task.start} to {task.goal}'
        self._plan: Plan | None = None

    def first(self) -> Plan:
        """Return a first plan, as `start` makes it."""
        self.start()
        return self.plan

    def improve(self, iterations: int) -> Plan:
        """Return a plan that is no worse, after `work` on it."""
        self.work(iterations)
        return self.plan

    def start(self) -> None:
        """Make a plan robot by robot.

        The urgent first, then whoever can arrive earliest, as cars are taken so far.
        Where one finds no way among those before it, it goes first in another order. After
        `_MAX_ORDERS`, orders are drawn by chance and about half of the robots wait at their start
        for a while, so that others get out of their way; `work` wins back what they wait too
        long. After `_MAX_TANGLED` of these, who failed most often stays at its start for good,
        and the plan says so.
        """
        ahead, failed, known = list[int](), Counter[int](), self._job.robot.copy()
        while True:
            self._keep_goals()
            tangled = failed.total() >= _MAX_ORDERS
            order = self._drawn(known) if tangled else ahead
            self._stand()
            robot = self._place(order, alone=tangled)
            if robot is None:
                break
            failed[robot] += 1
            ahead.append(robot)
            few = max(_FEW, _MAX_TANGLED // len(self._solved()))
            if failed.total() >= _MAX_ORDERS + few:
                robot = min(failed, key=lambda one: (-failed[one], one))
                self._unsolved[self._tasks[robot].robot] = _NO_WAY
                self._job.robot[:] = known
                ahead, failed = [], Counter()
        solved = np.array(self._solved(), dtype=np.int64)[:, None]
        self._job.robot[solved, (AT, STAYS)] = known[solved, (AT, STAYS)]
        self._plan = self._bound = None

    def _keep_goals(self) -> None:
        """Leave those at their start whose goal is the start of one that stays."""
        home = {task.start: task.robot for task in self._tasks}
        left = [task for task in self._tasks if task.robot not in self._unsolved]
        while stuck := [task for task in left if home.get(task.goal) in self._unsolved]:
            for task in stuck:
                reason = f'goes to {task.goal}, where {home[task.goal]} stays; choose another bay'
                self._unsolved[task.robot] = reason
            left = [task for task in left if task.robot not in self._unsolved]

    def _drawn(self, known: Ints) -> list[int]:
        """Return an order by chance, and let about half of the robots set off later."""
        job, desk, chance = self._job, self._tables.desk, self._run.chance
        order = self._solved()
        for place in range(len(order) - 1, 0, -1):
            other = int(chance(desk, place + 1))
            order[place], order[other] = order[other], order[place]
        longest = int(job.far[known[order, ROW], known[order, HOME]].sum())
        for robot in order:
            wait = int(chance(desk, longest + 1)) if chance(desk, 2) else 0
            job.robot[robot, (AT, STAYS)] = known[robot, (AT, STAYS)] + wait
        return order

    def work(self, iterations: int) -> None:
        """Replan so many neighbourhoods; what makes the sum of arrivals worse is not kept.

        `cost` then says how far one is; reading `plan` takes longer, it is for the end.
        """
        tables, robots = self._tables, np.array(self._solved(), dtype=np.int64)
        if robots.size:
            tables.desk.picked[:] = 1
            tables.desk.picked[robots] = 0
            done = np.zeros(1, np.int64)
            while done[0] < iterations:
                code = self._run.improve(
                    self._network.net,
                    self._job,
                    tables.book,
                    tables.desk,
                    tables.ways,
                    tables.kept,
                    tables.was,
                    robots,
                    iterations,
                    done,
                )
                tables.grow(code)
            self._plan = None

    def replan(self, robot: int) -> int:
        """Plan one robot anew, by its number in the instance; return what it gained in ms.

        Below 0 when it stays as it was.
        """
        tables, self._plan = self._tables, None
        tables.desk.size[kernel.CHOSEN : kernel.LEAST] = 1
        tables.desk.chosen[0] = robot
        while True:
            gained = self._run.replan(
                self._network.net,
                self._job,
                tables.book,
                tables.desk,
                tables.ways,
                tables.kept,
                tables.was,
                1,
            )
            if gained >= kernel.NONE:
                return int(gained)
            tables.grow(gained)

    def arrival_among(self, robot: int) -> int | None:
        """Return when one robot, by its number, could arrive while all others do as planned.

        None where it finds no way. Nothing changes.
        """
        network, job, tables = self._network.net, self._job, self._tables
        book, desk, ways = tables.book, tables.desk, tables.ways
        self._run.leave(network, job, book, desk, ways, robot)
        state = self._run.search(network, job, book, desk, robot, kernel.NEVER, 1)
        self._run.enter(network, job, book, desk, ways, robot)
        return int(desk.state[state, kernel.REACHED]) if state >= 0 else None

    @property
    def cost(self) -> int:
        """The cost of the plan as it is, in ms, without the hops being written out."""
        arrival, ways, job = kernel.arrival, self._tables.ways, self._job
        return sum(
            int(arrival(job, ways, robot) - job.robot[robot, AT]) for robot in self._solved()
        )

    @property
    def bound(self) -> int:
        """What no plan of the robots that have one costs less than, in ms."""
        if self._bound is None:
            tasks = tuple(self._tasks[robot] for robot in self._solved())
            self._bound = lower_bound(self._network, Instance(tasks), functions=self._run)
        return self._bound

    @property
    def plan(self) -> Plan:
        """The plan as it is, hop by hop."""
        if self._plan is None:
            robots = tuple(
                robot_plan(self._network, self._tasks[robot], self._tables.ways, robot)
                for robot in self._solved()
            )
            unsolved = MappingProxyType(dict(self._unsolved))
            self._plan = Plan(robots, self.cost, self.bound, unsolved)
        return self._plan

    def _make_job(self, instant: bool) -> Job:
        network, tasks = self._network, self._tasks
        start = [network.number.get(task.start, 0) for task in tasks]
        goal = [network.number.get(task.goal, 0) for task in tasks]
        kind = [network.kind_of(task.robot, task.robot_type) for task in tasks]
        rows: list[Ints] = []
        row, stays = [], []
        for number, task in enumerate(tasks):
            far = network.far.get((goal[number], kind[number]))
            if task.robot in self._unsolved or far is None or far[start[number]] < 0:
                row.append(-1)
            else:
                row.append(len(rows))
                rows.append(far)
            first = [s.leave for s in network.graph.steps.get(task.start, ())]
            stays.append(task.start_at + (0 if instant else min(first, default=0)))
        far_rows = np.array(rows) if rows else np.full((1, len(network.nodes)), -1)
        ranks = [_RANKS.get(task.urgency, len(_RANKS) - 1) for task in tasks]
        at = [task.start_at for task in tasks]
        columns = (start, at, goal, kind, ranks, row, stays)
        return Job(
            robot=np.array(columns, dtype=np.int64).reshape(len(columns), -1).T.copy(),
            far=far_rows.astype(np.int64),
            instant=np.array([instant], dtype=np.int64),
        )

    def _solved(self) -> list[int]:
        return [n for n, task in enumerate(self._tasks) if task.robot not in self._unsolved]

    def _stand(self) -> None:
        """Take all plans back: each robot stands at its start, for good where it has none."""
        tables, job = self._tables, self._job
        tables.clear()
        for robot, task in enumerate(self._tasks):
            if task.robot in self._unsolved:
                if task.start not in self._network.number:
                    continue
                job.robot[robot, STAYS] = kernel.NEVER
            while True:
                code = self._run.enter(
                    self._network.net, job, tables.book, tables.desk, tables.ways, robot
                )
                if code == 0:
                    break
                tables.grow(code)

    def _place(self, ahead: Sequence[int], *, alone: bool) -> int | None:
        """Plan all robots, the last of `ahead` first; return one that finds no way.

        Who stands in the goal of another one goes before it, unless `alone` the order counts.
        """
        tables, job = self._tables, self._job
        robots = np.array(self._solved(), dtype=np.int64)
        if not robots.size:
            return None
        keys = np.zeros(len(self._tasks), np.int64)
        for number, robot in enumerate(ahead, start=1):
            keys[robot] = -number
        home = {int(job.robot[robot, HOME]): int(robot) for robot in robots}
        inside = np.full(len(self._tasks), -1, np.int64)
        for robot in () if alone else robots:
            other = home.get(int(job.robot[robot, GOAL]), robot)
            inside[robot] = -1 if other == robot else other
        while True:
            code = self._run.place_all(
                self._network.net,
                job,
                tables.book,
                tables.desk,
                tables.ways,
                robots,
                keys,
                inside,
                kernel.NEVER,
                1,
            )
            if code >= kernel.NONE:
                return None if code == 0 else int(tables.desk.chosen[0])
            tables.grow(code)
