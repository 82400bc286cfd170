"""Plans found the slow way: every order of robots, one after the other, and every joint move.

What the planner finds is compared with these. They share the map and the rule of a hop with it,
and nothing else.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Mapping, Sequence

from fleet_manager.domain.ids import NodeId, ResourceId, RobotId, node_resource
from fleet_manager.domain.traffic.sipp import Move, search
from fleet_manager.domain.traffic.steps import Step, StepGraph
from fleet_manager.domain.units import FOREVER

#: Start and goal of each robot.
Wishes = Mapping[RobotId, tuple[NodeId, NodeId]]


def prioritised(
    graph: StepGraph, wishes: Wishes, order: Sequence[RobotId]
) -> dict[RobotId, tuple[Move, ...]] | None:
    """Plan one robot after the other among those before it; None when one finds no way."""
    busy: dict[ResourceId, list[tuple[int, int]]] = {}
    found: dict[RobotId, tuple[Move, ...]] = {}
    for robot in order:
        start, goal = wishes[robot]
        moves = search(graph.of_robot(robot), busy, start=start, at=0, goal=goal)
        if moves is None or not _may_stand(graph, busy, start, moves):
            return None
        found[robot] = moves
        for resource, taken, freed in claims_of(graph, start, moves):
            busy[resource] = sorted([*busy.get(resource, ()), (taken, freed)])
    return found


def orders(robots: Sequence[RobotId]) -> Iterator[tuple[RobotId, ...]]:
    """Return every order of robots."""
    return itertools.permutations(robots)


def cost(plan: Mapping[RobotId, tuple[Move, ...]]) -> int:
    """Return the sum of arrivals, in ms."""
    return sum(moves[-1].end for moves in plan.values() if moves)


def claims_of(
    graph: StepGraph, start: NodeId, moves: Sequence[Move]
) -> Iterator[tuple[ResourceId, int, int]]:
    """Return what a robot has from when to when, written out from the rule of a hop."""
    place, since = node_resource(start), 0
    for move in moves:
        for resource in graph.resources(place):
            yield resource, since, move.start + move.step.leave
        for resource in graph.resources(move.step.held):
            yield resource, move.start, move.end
        place, since = move.step.place, move.start
    for resource in graph.resources(place):
        yield resource, since, int(FOREVER)


def _may_stand(
    graph: StepGraph,
    busy: Mapping[ResourceId, Sequence[tuple[int, int]]],
    start: NodeId,
    moves: Sequence[Move],
) -> bool:
    """Whether nobody is where the robot stands until it has left."""
    left = moves[0].start + moves[0].step.leave if moves else int(FOREVER)
    spans = [s for r in graph.resources(node_resource(start)) for s in busy.get(r, ())]
    return all(freed <= 0 or left <= taken for taken, freed in spans)


# --- all robots at once  ---


def is_solvable(graph: StepGraph, wishes: Wishes, *, most: int = 200_000) -> bool | None:
    """Whether robots can be led to their goals at all, one hop of one robot at a time.

    Any plan by the rule of a hop can be driven one hop at a time, in the order of starts: what a
    hop that is under way holds contains what it holds when it is done. None: too much to search.
    """
    names = list(wishes)
    goal = tuple(wishes[r][1] for r in names)
    first = tuple(wishes[r][0] for r in names)
    seen, ahead = {first}, [first]
    while ahead:
        here = ahead.pop()
        if here == goal:
            return True
        if len(seen) > most:
            return None
        for number, name in enumerate(names):
            held = {
                r
                for other, node in enumerate(here)
                if other != number
                for r in graph.resources(node_resource(node))
            }
            for step in graph.of_robot(name).steps[here[number]]:
                if _is_open(graph, step, held, wishes[name]):
                    then = (*here[:number], step.target, *here[number + 1 :])
                    if then not in seen:
                        seen.add(then)
                        ahead.append(then)
    return False


def _is_open(
    graph: StepGraph, step: Step, held: set[ResourceId], ends: tuple[NodeId, NodeId]
) -> bool:
    if not graph.may_pass(step.target, start=ends[0], goal=ends[1]):
        return False
    return held.isdisjoint((*graph.resources(step.held), *graph.resources(step.place)))


def optimum(graph: StepGraph, wishes: Wishes, *, most: int = 40_000) -> int | None:
    """Return the least sum of arrivals in ms on a map on which every hop takes the same time.

    A* over what all robots do at once, one hop long at a time. That is exact: rounding all starts
    of a plan down to whole hops keeps who goes first everywhere, and nobody arrives later. On its
    goal a robot is done once it says so, and stays. None: no plan, or too much to search.
    """
    lengths = {s.duration for steps in graph.steps.values() for s in steps}
    assert len(lengths) == 1, f'hops take {sorted(lengths)} ms'
    hop = lengths.pop()
    names = list(wishes)
    ends = [wishes[name][1] for name in names]
    rest = [graph.of_robot(name).times_to(wishes[name][1]) for name in names]
    if any(wishes[name][0] not in rest[number] for number, name in enumerate(names)):
        return None
    first = tuple((wishes[name][0], False) for name in names)
    best = {first: 0}
    heap = [(sum(rest[n][node] for n, (node, _) in enumerate(first)), 0, first)]
    while heap:
        _, spent, state = heapq.heappop(heap)
        if len(best) > most:
            return None
        if spent > best[state]:
            continue
        if all(node == ends[number] for number, (node, _) in enumerate(state)):
            return spent
        for then in _together(graph, names, wishes, state):
            more = spent + hop * sum(not done for _, done in then)
            if more < best.get(then, more + 1):
                best[then] = more
                left = sum(rest[n][node] for n, (node, done) in enumerate(then) if not done)
                heapq.heappush(heap, (more + left, more, then))
    return None


_State = tuple[tuple[NodeId, bool], ...]


def _together(
    graph: StepGraph, names: Sequence[RobotId], wishes: Wishes, state: _State
) -> Iterator[_State]:
    """Return where robots may be one hop later; those that stay are done from now on."""
    bodies = [frozenset(graph.resources(node_resource(node))) for node, _ in state]
    options: list[list[tuple[tuple[NodeId, bool], frozenset[ResourceId]]]] = []
    for number, (name, (node, done)) in enumerate(zip(names, state, strict=True)):
        mine: list[tuple[tuple[NodeId, bool], frozenset[ResourceId]]] = []
        if done or node == wishes[name][1]:
            mine.append(((node, True), bodies[number]))
        if not done:
            mine.append(((node, False), bodies[number]))
            others = set().union(*(b for n, b in enumerate(bodies) if n != number))
            for step in graph.of_robot(name).steps[node]:
                if _is_open(graph, step, others, wishes[name]):
                    taken = {*graph.resources(step.held), *graph.resources(step.place)}
                    mine.append(((step.target, False), bodies[number] | taken))
        options.append(mine)

    def chosen(number: int, held: frozenset[ResourceId]) -> Iterator[_State]:
        if number == len(options):
            yield ()
            return
        for where, taken in options[number]:
            if held.isdisjoint(taken):
                for others in chosen(number + 1, held | taken):
                    yield (where, *others)

    yield from chosen(0, frozenset())
