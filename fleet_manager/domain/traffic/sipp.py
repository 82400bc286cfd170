"""Safe-interval path planning for one robot among the plans of all others.

After Phillips and Likhachev, "SIPP: Safe interval path planning for dynamic environments" (ICRA
2011), on a graph whose lanes and lift cars are resources too, with the rule of a hop: the target
and the lane are claimed when a hop starts, the place behind is given back when it is done.
Times are integer milliseconds; ties are broken by node id, then by order of discovery.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from fleet_manager.domain.ids import LiftId, NodeId, ResourceId, node_resource
from fleet_manager.domain.traffic.steps import Step, StepGraph
from fleet_manager.domain.units import FOREVER

#: Times during which others have a resource, in order and disjoint: (taken, freed).
Busy = Mapping[ResourceId, Sequence[tuple[int, int]]]

#: A search that expands more states than this is given up; the old plan stays.
MAX_EXPANSIONS = 200_000


@dataclass(frozen=True, slots=True)
class Move:
    """One step at a time: claims from `start`, stands on the target at `end`."""

    step: Step
    start: int
    end: int


class Gaps:
    """The safe intervals of each resource: the times between those others have it."""

    def __init__(self, busy: Busy) -> None:
        self._busy = busy
        self._free: dict[ResourceId, tuple[list[int], list[int]]] = {}

    def of(self, resource: ResourceId) -> tuple[list[int], list[int]]:
        """Return starts and ends of the safe intervals, from 0 to FOREVER."""
        if resource not in self._free:
            starts, ends = [0], []
            for taken, freed in self._busy.get(resource, ()):
                ends.append(taken)
                starts.append(freed)
            ends.append(int(FOREVER))
            self._free[resource] = (starts, ends)
        return self._free[resource]

    def last(self, resource: ResourceId) -> int:
        """Return the number of the interval without end, or -1 when somebody stays for ever."""
        starts, _ = self.of(resource)
        return len(starts) - 1 if starts[-1] < FOREVER else -1


def search(
    graph: StepGraph,
    busy: Busy,
    *,
    start: NodeId,
    at: int,
    goal: NodeId,
    closed: Collection[LiftId] = (),
) -> tuple[Move, ...] | None:
    """Return the earliest moves from `start` (standing there at `at`) to stay on `goal` for ever.

    `busy` must not hold the robot's own claims. None when there is no such way: the goal is
    somebody's for ever, or the robot cannot get out. Bays are touched only at both ends, `closed`
    lifts not at all.
    """
    gaps = Gaps(busy)
    final = gaps.last(node_resource(goal))
    rest = graph.times_to(goal)
    if final < 0 or start not in rest:
        return None
    first = bisect_right(gaps.of(node_resource(start))[0], at) - 1
    origin = (start, first)
    best: dict[tuple[NodeId, int], int] = {origin: at}
    came: dict[tuple[NodeId, int], tuple[tuple[NodeId, int], Move]] = {}
    done: set[tuple[NodeId, int]] = set()
    heap: list[tuple[int, NodeId, int, int]] = [(at + rest[start], start, 0, first)]
    pushed = 0
    while heap and len(done) < MAX_EXPANSIONS:
        _, node, _, interval = heapq.heappop(heap)
        state = (node, interval)
        if state in done:
            continue
        done.add(state)
        if node == goal and interval == final:
            return _unwind(came, state)
        leave_by = gaps.of(node_resource(node))[1][interval]
        for step in graph.steps[node]:
            if step.target not in rest or not graph.may_pass(step.target, start=start, goal=goal):
                continue
            if step.lift in closed:
                continue
            for begin, target in _departures(gaps, step, best[state], leave_by):
                then, end = (step.target, target), begin + step.duration
                if then not in done and end < best.get(then, FOREVER):
                    best[then] = end
                    came[then] = (state, Move(step, begin, end))
                    pushed += 1
                    heapq.heappush(heap, (end + rest[step.target], step.target, pushed, target))
    return None


def _departures(gaps: Gaps, step: Step, arrived: int, leave_by: int) -> list[tuple[int, int]]:
    """Return (start, target interval) of each way to take `step`: the earliest per interval."""
    found = []
    held_starts, held_ends = gaps.of(step.held)
    starts, ends = gaps.of(node_resource(step.target))
    for target in range(max(0, bisect_right(starts, arrived) - 1), len(starts)):
        begin = max(arrived, starts[target])
        if begin + step.leave > leave_by:
            break
        for held in range(max(0, bisect_right(held_starts, begin) - 1), len(held_starts)):
            at = max(begin, held_starts[held])
            if at + step.leave > leave_by or at + step.duration > ends[target]:
                break
            if at + step.duration <= held_ends[held]:
                found.append((at, target))
                break
    return found


def _unwind(
    came: Mapping[tuple[NodeId, int], tuple[tuple[NodeId, int], Move]],
    state: tuple[NodeId, int],
) -> tuple[Move, ...]:
    moves = []
    while state in came:
        state, move = came[state]
        moves.append(move)
    return tuple(reversed(moves))
