"""The search finds the earliest arrival: compared with a search that tries every half second."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.domain.ids import LiftId, NodeId, ResourceId, node_resource
from fleet_manager.domain.traffic import sipp
from fleet_manager.domain.traffic.sipp import search
from fleet_manager.domain.traffic.steps import StepGraph
from fleet_manager.domain.units import FOREVER
from tests.domain.traffic.tight import hairpin, lobby, one_way_ring, twin
from tests.hospitals import corridor, loop, two_floors

#: All durations of the drawn hospitals are multiples of this: the grid of the brute-force search.
GRID = 500
#: Nothing is taken after this, but for ever.
END = 120_000

Busy = Mapping[ResourceId, Sequence[tuple[int, int]]]

GRAPHS = {
    'corridor': StepGraph.of(corridor(length=4)),
    'loop': StepGraph.of(loop(size=5)),
    'two floors': StepGraph.of(two_floors()),
    'twin': StepGraph.of(twin(length=3)),
    'hairpin': StepGraph.of(hairpin()),
    'lobby': StepGraph.of(lobby()),
    'one way': StepGraph.of(one_way_ring()),
}


def is_free(graph: StepGraph, busy: Busy, place: ResourceId, start: int, end: int) -> bool:
    """Whether nobody has the place, or anything it shares with places too close to it."""
    everything = (place, *graph.shared.get(place, ()))
    spans = [span for resource in everything for span in busy.get(resource, ())]
    return all(freed <= start or end <= taken for taken, freed in spans)


def earliest(graph: StepGraph, busy: Busy, *, start: NodeId, at: int, goal: NodeId) -> int | None:
    """Dijkstra on the graph expanded over time, with the rule of a hop written out."""
    heap, seen = [(at, start)], set()
    while heap:
        now, node = heapq.heappop(heap)
        if (now, node) in seen or now > END + 200_000:
            continue
        seen.add((now, node))
        if node == goal and is_free(graph, busy, node_resource(node), now, FOREVER):
            return now
        if is_free(graph, busy, node_resource(node), now, now + GRID):
            heapq.heappush(heap, (now + GRID, node))
        for step in graph.steps[node]:
            end = now + step.duration
            if (
                graph.may_pass(step.target, start=start, goal=goal)
                and is_free(graph, busy, step.held, now, end)
                and is_free(graph, busy, node_resource(step.target), now, end)
                and is_free(graph, busy, node_resource(node), now, now + step.leave)
            ):
                heapq.heappush(heap, (end, step.target))
    return None


def random_busy(graph: StepGraph, rng: Random, *, spare: NodeId) -> Busy:
    """Take some nodes, lanes and cars away for some time; `spare` is free at the start."""
    resources = sorted({s.held for steps in graph.steps.values() for s in steps})
    resources += [node_resource(node) for node in graph.hospital.nodes]
    shared = {pair for pairs in graph.shared.values() for pair in pairs}
    resources += sorted(shared)
    busy: dict[ResourceId, list[tuple[int, int]]] = {}
    for resource in rng.sample(resources, k=rng.randint(0, len(resources) // 2)):
        at = 2 * GRID if resource in graph.resources(node_resource(spare)) else 0
        spans = []
        for _ in range(rng.randint(1, 3)):
            taken = at + GRID * rng.randint(0, 20)
            freed = taken + GRID * rng.randint(1, 40)
            spans.append((taken, freed))
            at = freed
        if rng.random() < 0.1:
            spans[-1] = (spans[-1][0], int(FOREVER))
        busy[resource] = spans
    return busy


def test_every_duration_of_the_drawn_hospitals_is_on_the_grid() -> None:
    for graph in GRAPHS.values():
        for steps in graph.steps.values():
            assert all(s.duration % GRID == 0 and s.leave % GRID == 0 for s in steps)


@pytest.mark.slow
@given(name=st.sampled_from(sorted(GRAPHS)), seed=st.integers(0, 10_000_000))
@settings(max_examples=250)
def test_the_search_arrives_as_early_as_a_search_over_every_half_second(
    name: str, seed: int
) -> None:
    graph, rng = GRAPHS[name], Random(seed)
    nodes = sorted(n.id for n in graph.hospital.nodes.values() if n.floor)
    start, goal = rng.choice(nodes), rng.choice(nodes)
    busy = random_busy(graph, rng, spare=start)
    moves = search(graph, busy, start=start, at=0, goal=goal)
    right = earliest(graph, busy, start=start, at=0, goal=goal)
    if moves is None:
        assert right is None
        return
    assert (moves[-1].end if moves else 0) == right
    at, node = 0, start
    for move in moves:
        assert move.step.origin == node
        assert move.start >= at
        assert is_free(graph, busy, move.step.held, move.start, move.end)
        assert is_free(graph, busy, node_resource(move.step.target), move.start, move.end)
        assert is_free(graph, busy, node_resource(node), at, move.start + move.step.leave)
        at, node = move.end, move.step.target
    assert is_free(graph, busy, node_resource(goal), at, FOREVER)


def test_a_goal_that_is_kept_for_ever_has_no_way_to_it() -> None:
    graph, goal = GRAPHS['corridor'], NodeId('F1.east')
    busy = {node_resource(goal): [(5_000, int(FOREVER))]}
    assert search(graph, busy, start=NodeId('F1.b1'), at=0, goal=goal) is None


def test_a_closed_lift_is_not_ridden_even_where_there_is_no_other_way() -> None:
    graph = GRAPHS['two floors']
    start, goal = NodeId('F1.c1'), NodeId('F2.c1')
    assert search(graph, {}, start=start, at=0, goal=goal)
    assert search(graph, {}, start=start, at=0, goal=goal, closed=[LiftId('A')]) is None


def test_a_bay_is_never_passed_through() -> None:
    graph = GRAPHS['loop']
    moves = search(graph, {}, start=NodeId('F1.b1'), at=0, goal=NodeId('F1.b3'))
    assert moves is not None
    assert not any(graph.hospital.is_bay(move.step.target) for move in moves[:-1])


def test_a_place_that_cannot_be_reached_has_no_way_to_it() -> None:
    graph = GRAPHS['two floors']
    assert search(graph, {}, start=NodeId('car.A'), at=0, goal=NodeId('F1.c1')) is None


def test_a_search_that_expands_too_much_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sipp, 'MAX_EXPANSIONS', 2)
    graph = GRAPHS['loop']
    assert search(graph, {}, start=NodeId('F1.b1'), at=0, goal=NodeId('F1.b3')) is None
