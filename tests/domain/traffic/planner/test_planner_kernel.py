"""The search is right: as early as every moment tried, compiled as it stands, at any size."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.domain.ids import LiftId, NodeId, ResourceId, capacity, node_resource
from fleet_manager.domain.traffic import durations
from fleet_manager.domain.traffic.planner import (
    Network,
    Planner,
    RobotPlan,
    Task,
    bound,
    problems_of,
    tables,
)
from fleet_manager.domain.traffic.planner.compiling import compiled, plain
from fleet_manager.domain.traffic.planner.network import ride_time
from fleet_manager.domain.traffic.steps import Step
from fleet_manager.domain.units import FOREVER
from tests.domain.traffic.planner.drawn import DRAWN, network, wishes

NAMES = st.sampled_from(sorted(DRAWN))
SEEDS = st.integers(0, 10_000_000)

Spans = Mapping[ResourceId, Sequence[tuple[int, int]]]


def spans_of(plans: Sequence[RobotPlan], unplanned: Sequence[Task], on: Network) -> Spans:
    """Return when robots have each resource, from the hops alone."""
    found: dict[ResourceId, list[tuple[int, int]]] = {}
    for own in plans:
        since = dict.fromkeys(own.stands, 0)
        for hop in own.hops:
            since |= dict.fromkeys(hop.claims, hop.start)
            for freed, when in ((hop.left, hop.leave), (hop.frees, hop.end)):
                for resource in freed:
                    found.setdefault(resource, []).append((since.pop(resource), when))
        for resource, start in since.items():
            found.setdefault(resource, []).append((start, FOREVER))
    for task in unplanned:
        place = node_resource(task.start)
        for resource in (*on.graph.resources(place), *on.graph.limits(place)):
            found.setdefault(resource, []).append((0, FOREVER))
    return found


def is_free(on: Network, spans: Spans, place: ResourceId, start: int, end: int) -> bool:
    """Whether there is room for one more all the time on a place and all it shares."""
    for resource in (*on.graph.resources(place), *on.graph.limits(place)):
        near = [span for span in spans.get(resource, ()) if span[0] < end and span[1] > start]
        for at in (start, *(s for s, _ in near if s > start)):
            if sum(s <= at < e for s, e in near) >= capacity(resource):
                return False
    return True


def rides_of(plans: Sequence[RobotPlan], lift: str) -> list[tuple[int, int, str, str]]:
    return sorted(
        (hop.start, hop.end, hop.origin, hop.target)
        for own in plans
        for hop in own.hops
        if hop.lift == lift
    )


def can_ride(
    on: Network, rides: list[tuple[int, int, str, str]], step: Step, start: int, end: int
) -> bool:
    """Whether a car can do this ride between those it has, door to door."""
    hospital, floors = on.hospital, on.hospital.nodes
    lift = hospital.lifts[LiftId(step.lift)]
    line = sorted([*rides, (start, end, step.origin, step.target)])
    free_at, floor = 0, None
    for began, done, origin, target in line:
        if began < free_at:
            return False
        here = floors[NodeId(origin)].floor
        come = durations.comes(hospital, lift, here)
        if floor is not None:
            come = durations.travel(hospital, lift, floor, here)
        takes = ride_time(
            hospital,
            next(
                s
                for s in on.graph.steps[NodeId(origin)]
                if s.lift == step.lift and s.target == target
            ),
        )
        if free_at + come + takes > done:
            return False
        free_at, floor = done, floors[NodeId(target)].floor
    return True


def arrivals_of_cars(
    on: Network, rides: Mapping[str, list[tuple[int, int, str, str]]]
) -> Iterator[int]:
    """Return when a car could be at a floor, after each ride and before the first."""
    for name, those in rides.items():
        lift = on.hospital.lifts[LiftId(name)]
        for stop in lift.stops:
            yield durations.comes(on.hospital, lift, stop.floor)
            for _, end, _, target in those:
                floor = on.hospital.nodes[NodeId(target)].floor
                yield end + durations.travel(on.hospital, lift, floor, stop.floor)


def earliest(on: Network, plans: Sequence[RobotPlan], spans: Spans, task: Task) -> int | None:
    """Dijkstra on the graph expanded over time, with the rule of a hop written out.

    A hop starts at once, or when something is given back or a car could be there.
    """
    rides = {lift: rides_of(plans, lift) for lift in on.hospital.lifts}
    times = sorted(
        {end for those in spans.values() for _, end in those if end < FOREVER}
        | set(arrivals_of_cars(on, rides))
    )
    heap, seen = [(task.start_at, task.start)], set()
    while heap:
        now, node = heapq.heappop(heap)
        if (now, node) in seen:
            continue
        seen.add((now, node))
        here = node_resource(node)
        if node == task.goal and is_free(on, spans, here, now, FOREVER):
            return now
        later = next((time for time in times if time > now), None)
        if later is not None and is_free(on, spans, here, now, later):
            heapq.heappush(heap, (later, node))
        for step in on.graph.steps[node]:
            if on.hospital.is_bay(step.target) and step.target != task.goal:
                continue
            if step.lift:
                end = now + ride_time(on.hospital, step)
                leave = end - durations.ride(
                    on.hospital,
                    on.hospital.lifts[LiftId(step.lift)],
                    on.hospital.nodes[step.origin].floor,
                    on.hospital.nodes[step.target].floor,
                )
                fits = can_ride(on, rides[step.lift], step, now, end)
            else:
                end = leave = now + step.duration
                fits = is_free(on, spans, step.held, now, end)
            if (
                fits
                and is_free(on, spans, step.place, now, end)
                and is_free(on, spans, here, now, leave)
            ):
                heapq.heappush(heap, (end, step.target))
    return None


@pytest.mark.slow
@given(name=NAMES, robots=st.integers(1, 4), seed=SEEDS)
@settings(max_examples=100)
def test_a_robot_arrives_as_early_as_a_search_over_every_moment(
    name: str, robots: int, seed: int
) -> None:
    on = network(name)
    instance = wishes(on.hospital, robots, seed)
    planner = Planner(on, instance, seed=seed)
    plan = planner.first()
    number, task = len(instance.tasks) - 1, instance.tasks[-1]
    if task.robot in plan.unsolved:
        return
    others = [own for own in plan.robots if own.robot != task.robot]
    unplanned = [one for one in instance.tasks if one.robot in plan.unsolved]
    right = earliest(on, others, spans_of(others, unplanned, on), task)
    assert planner.arrival_among(number) == right


@pytest.mark.thorough
@given(name=NAMES, robots=st.integers(1, 4), seed=SEEDS)
@settings(max_examples=15)
def test_compiled_functions_make_the_very_same_plans(name: str, robots: int, seed: int) -> None:
    on = network(name)
    instance = wishes(on.hospital, robots, seed)
    plans = []
    for functions in (plain(), compiled()):
        planner = Planner(on, instance, seed=seed, functions=functions)
        planner.first()
        plans.append(planner.improve(15).robots)
    assert plans[0] == plans[1]


@pytest.mark.thorough
def test_compiled_functions_find_the_very_same_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bound, '_ROUNDS', 4)
    monkeypatch.setattr(bound, '_BUCKETS', 20)
    on = network('lobby')
    for seed in range(5):
        instance = wishes(on.hospital, 4, seed)
        both = [bound.lower_bound(on, instance, functions=run) for run in (plain(), compiled())]
        assert both[0] == both[1]


@pytest.mark.parametrize('name', ['ROWS', 'HOPS', 'STATES', 'CLAIMS'])
def test_tables_that_are_too_small_grow_and_the_plan_is_the_same(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on = network('lobby')
    for seed in range(10):
        instance = wishes(on.hospital, 4, seed)
        plans: list[Any] = []
        for size in (getattr(tables, name), 1):
            monkeypatch.setattr(tables, name, size)
            planner = Planner(on, instance, seed=seed)
            planner.first()
            plans.append(planner.improve(20))
        monkeypatch.undo()
        assert plans[0] == plans[1]
        assert problems_of(on, plans[1], instance) == []
