"""Safe-interval path planning for one robot among the plans of all others.

A place is free when all is that a robot holds on it: itself, and what it shares with places so
close that two robots would touch.

After Phillips and Likhachev, "SIPP: Safe interval path planning for dynamic environments" (ICRA
2011), on a graph whose lanes and lift cars are resources too, with the rule of a hop: the target
and the lane are claimed when a hop starts, the place behind is given back when it is done.
Times are integer milliseconds; ties are broken by node id, then by order of discovery.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from types import MappingProxyType
from typing import Final, Protocol

from fleet_manager.domain.ids import FloorId, LaneId, LiftId, NodeId, ResourceId, node_resource
from fleet_manager.domain.traffic.steps import Step, StepGraph
from fleet_manager.domain.units import FOREVER

#: Where cars are of which nothing is known.
NOWHERE: Final[Mapping[LiftId, FloorId]] = MappingProxyType({})

#: The one gap of a place that nobody else has anything of: its starts, its ends.
_ALWAYS: Final = ([0], [int(FOREVER)])
#: A node and the number of one of its gaps, as a number: the node's above this many bits.
_GAP_BITS: Final = 32

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


#: Starts and ends of the times at which a place is free.
_Free = tuple[list[int], list[int]]


class Gaps:
    """The safe intervals of each place: the times between those others have anything of it."""

    def __init__(self, graph: StepGraph, busy: Busy) -> None:
        self._graph = graph
        self._busy = busy
        #: What was asked for already.
        self.known: dict[ResourceId, _Free] = {}

    def of(self, place: ResourceId) -> _Free:
        """Return starts and ends of the safe intervals, from 0 to FOREVER."""
        found = self.known.get(place)
        if found is None:
            graph, busy = self._graph, self._busy
            beside = graph.shared.get(place, ()), graph.zones.get(place, ())
            spans: Sequence[tuple[int, int]] = busy.get(place, ())
            if beside != ((), ()):
                more = (span for those in beside for one in those for span in busy.get(one, ()))
                spans = sorted((*spans, *more))
            found = self.known[place] = _between(spans) if spans else _ALWAYS
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


def search(  # noqa: C901 - the innermost loop of every plan
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
    origin = graph.number_of(start) << _GAP_BITS | first
    end_of_all = graph.number_of(goal) << _GAP_BITS | final
    known, left_from, bays = gaps.known, rest.ms, graph.bays
    steps, lifted = graph.steps, graph.lifted if cars else ()
    best = {origin: at}
    came: dict[int, tuple[int, Step, int]] = {}
    leave_by = {origin: gaps.of(node_resource(start))[1][first]}
    done: set[int] = set()
    heap: list[tuple[int, NodeId, int, int]] = [(at + rest[start], start, 0, origin)]
    pushed = 0
    while heap and len(done) < MAX_EXPANSIONS:
        _, node, _, state = heappop(heap)
        if state in done:
            continue
        done.add(state)
        if state == end_of_all:
            return _unwind(came, state)
        arrived, until = best[state], leave_by[state]
        for step in steps[node] if node not in lifted else graph.called(node, cars):
            left, onto = left_from[step.number], step.target
            if left < 0 or step.lane in shut:
                continue
            if onto in bays and onto != start and onto != goal:
                continue
            if step.lift in closed:
                continue
            duration, there = step.duration, known.get(step.place) or gaps.of(step.place)
            held = known.get(step.held) or gaps.of(step.held)
            if there is _ALWAYS and held is _ALWAYS:
                if arrived + step.leave > until:
                    continue
                ways: Sequence[tuple[int, int]] = ((arrived, 0),)
            else:
                ways = _departures(held, there, step, arrived, until)
            for begin, target in ways:
                then, end = step.number << _GAP_BITS | target, begin + duration
                if end + left < before and end < best.get(then, FOREVER):
                    best[then] = end
                    came[then] = (state, step, begin)
                    leave_by[then] = there[1][target]
                    pushed += 1
                    heappush(heap, (end + left, onto, pushed, then))
    return None


def _departures(
    held_gaps: _Free, gaps_there: _Free, step: Step, arrived: int, leave_by: int
) -> list[tuple[int, int]]:
    """Return (start, target interval) of each way to take `step`: the earliest per interval."""
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


def _unwind(came: Mapping[int, tuple[int, Step, int]], state: int) -> tuple[Move, ...]:
    moves = []
    while state in came:
        state, step, begin = came[state]
        moves.append(Move(step, begin, begin + step.duration))
    return tuple(reversed(moves))
