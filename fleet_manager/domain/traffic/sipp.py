"""Safe-interval path planning for one robot among the plans of all others.

A place is free when all is that a robot holds on it: itself, and what it shares with places so
close that two robots would touch.

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
from types import MappingProxyType
from typing import Final, Protocol

from fleet_manager.domain.ids import FloorId, LaneId, LiftId, NodeId, ResourceId, node_resource
from fleet_manager.domain.traffic.steps import Step, StepGraph
from fleet_manager.domain.units import FOREVER

#: Where cars are of which nothing is known.
NOWHERE: Final[Mapping[LiftId, FloorId]] = MappingProxyType({})

#: The one gap of a place that nobody else has anything of: its starts, its ends.
_ALWAYS: Final = ([0], [int(FOREVER)])

#: A search that expands more states than this is given up; the old plan stays.
MAX_EXPANSIONS = 200_000


class Busy(Protocol):
    """Says when others have a resource; a mapping does."""

    def get(self, resource: ResourceId, default: tuple[()], /) -> Sequence[tuple[int, int]]:
        """Return the times in order and disjoint: (taken, freed).

        Of a zone those in which as many are in it as may be.
        """


@dataclass(frozen=True, slots=True)
class Move:
    """One step at a time: claims from `start`, stands on the target at `end`."""

    step: Step
    start: int
    end: int


class Gaps:
    """The safe intervals of each place: the times between those others have anything of it."""

    def __init__(self, graph: StepGraph, busy: Busy) -> None:
        self._graph = graph
        self._busy = busy
        self._free: dict[ResourceId, tuple[list[int], list[int]]] = {}

    def of(self, place: ResourceId) -> tuple[list[int], list[int]]:
        """Return starts and ends of the safe intervals, from 0 to FOREVER."""
        found = self._free.get(place)
        if found is None:
            graph, busy = self._graph, self._busy
            alone = place not in graph.shared and place not in graph.zones
            if alone:
                spans = busy.get(place, ())
            else:
                everything = (*graph.resources(place), *graph.limits(place))
                spans = sorted(span for one in everything for span in busy.get(one, ()))
            found = self._free[place] = _between(spans) if spans else _ALWAYS
        return found

    def last(self, place: ResourceId) -> int:
        """Return the number of the interval without end, or -1 when somebody stays for ever."""
        starts, _ = self.of(place)
        return len(starts) - 1 if starts[-1] < FOREVER else -1


def _between(spans: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    starts: list[int] = [0]
    ends: list[int] = []
    for taken, freed in spans:
        if ends and taken < starts[-1]:
            starts[-1] = max(starts[-1], freed)
            continue
        ends.append(taken)
        starts.append(freed)
    return starts, [*ends, int(FOREVER)]


def search(
    graph: StepGraph,
    busy: Busy,
    *,
    start: NodeId,
    at: int,
    goal: NodeId,
    closed: Collection[LiftId] = (),
    shut: Collection[LaneId] = (),
    before: int = FOREVER,
    cars: Mapping[LiftId, FloorId] = NOWHERE,
) -> tuple[Move, ...] | None:
    """Return the earliest moves from `start` (standing there at `at`) to stay on `goal` for ever.

    `busy` must not hold the robot's own claims. None when there is no such way that ends `before`:
    the goal is somebody's until then, or the robot cannot get out. Bays are touched only at both
    ends, `closed` lifts and `shut` lanes not at all. `cars` is where the cars of lifts will be
    called from; one that is not in it is expected from its farthest stop.
    """
    gaps = Gaps(graph, busy)
    final = gaps.last(node_resource(goal))
    rest = graph.least_to(goal) if cars else graph.times_to(goal)
    if final < 0 or start not in rest or gaps.of(node_resource(goal))[0][final] >= before:
        return None
    first = bisect_right(gaps.of(node_resource(start))[0], at) - 1
    origin = (start, first)
    best: dict[tuple[NodeId, int], int] = {origin: at}
    came: dict[tuple[NodeId, int], tuple[tuple[NodeId, int], Step, int]] = {}
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
        arrived, leave_by = best[state], gaps.of(node_resource(node))[1][interval]
        for step in graph.steps[node]:
            left, onto = rest.ms[step.number], step.target
            if left < 0 or not graph.may_pass(onto, start=start, goal=goal):
                continue
            if step.lane in shut:
                continue
            if step.lift:
                if step.lift in closed:
                    continue
                step = graph.ride(step, cars)  # noqa: PLW2901 - the same, with today's times
            for begin, target in _departures(gaps, step, arrived, leave_by):
                then, end = (onto, target), begin + step.duration
                if end + left < before and end < best.get(then, FOREVER):
                    best[then] = end
                    came[then] = (state, step, begin)
                    pushed += 1
                    heapq.heappush(heap, (end + left, onto, pushed, target))
    return None


def _departures(gaps: Gaps, step: Step, arrived: int, leave_by: int) -> list[tuple[int, int]]:
    """Return (start, target interval) of each way to take `step`: the earliest per interval."""
    held_gaps, gaps_there = gaps.of(step.held), gaps.of(step.place)
    if held_gaps is _ALWAYS and gaps_there is _ALWAYS:
        return [(arrived, 0)] if arrived + step.leave <= leave_by else []
    (held_starts, held_ends), (starts, ends) = held_gaps, gaps_there
    found = []
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
    came: Mapping[tuple[NodeId, int], tuple[tuple[NodeId, int], Step, int]],
    state: tuple[NodeId, int],
) -> tuple[Move, ...]:
    moves = []
    while state in came:
        state, step, begin = came[state]
        moves.append(Move(step, begin, begin + step.duration))
    return tuple(reversed(moves))
