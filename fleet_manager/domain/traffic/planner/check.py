"""Whether a plan keeps the rules: an independent check that shares no code with the search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fleet_manager.domain.ids import LiftId, NodeId, ResourceId, RobotId, capacity, node_resource
from fleet_manager.domain.traffic import durations
from fleet_manager.domain.traffic.planner.model import Instance, Plan, PlannedHop, RobotPlan
from fleet_manager.domain.traffic.planner.network import Network
from fleet_manager.domain.traffic.steps import Step, StepGraph
from fleet_manager.domain.units import FOREVER, millis

#: From, until, who.
_Span = tuple[int, int, str]


def problems_of(network: Network, plan: Plan, instance: Instance | None = None) -> list[str]:
    """Return what is wrong with a plan, a sentence each; nothing when it may be driven.

    Rule P1: on every resource the claims are disjoint in planned time, or no more at once than its
    capacity; hops join, take as long as on the map, and end in a bay that is kept for ever. Cars
    have the time to come. With the `instance` those who stay at their start hold it, too.
    """
    found = [
        f'{own.robot}: {problem}' for own in plan.robots for problem in _hop_problems(network, own)
    ]
    spans: dict[ResourceId, list[_Span]] = {}
    for own in plan.robots:
        for resource, span in _claims(own):
            spans.setdefault(resource, []).append(span)
    for task in instance.tasks if instance else ():
        if task.robot in plan.unsolved and task.start in network.number:
            for resource in _held(network.graph, node_resource(task.start)):
                spans.setdefault(resource, []).append((0, FOREVER, task.robot))
    for resource, claims in spans.items():
        found += _overlaps(resource, sorted(claims))
    found += _lift_problems(network, plan)
    cost = sum(own.arrival - own.start_at for own in plan.robots)
    if plan.cost != cost:
        found.append(f'the plan says it costs {plan.cost} ms, its robots take {cost} ms')
    if plan.bound > cost:
        found.append(f'the plan costs {cost} ms, less than its bound of {plan.bound} ms')
    return found


def _held(graph: StepGraph, place: ResourceId) -> set[ResourceId]:
    return {*graph.resources(place), *graph.limits(place)}


def _hop_problems(network: Network, own: RobotPlan) -> Iterator[str]:
    hospital, graph = network.hospital, network.graph
    node, free_at = own.start, own.start_at
    held = _held(graph, node_resource(node))
    if set(own.stands) != held:
        yield f'does not hold all of {node} at its start'
    for count, hop in enumerate(own.hops):
        where = f'hop {count + 1} to {hop.target}'
        step = _step_of(graph.of_robot(RobotId(own.robot)), hop)
        if hop.origin != node:
            yield f'{where} starts on {hop.origin}, the robot is on {node}'
        if hop.start < free_at:
            yield f'{where} starts at {hop.start} ms, the one before ends at {free_at} ms'
        if step is None:
            yield f'{where} from {hop.origin} is no step on the map'
            return
        yield from (f'{where} {problem}' for problem in _time_problems(network, hop, step))
        over, onto = _held(graph, step.held), _held(graph, step.place)
        if set(hop.claims) != (over | onto) - held:
            yield f'{where} does not claim what it needs'
        if {*hop.left, *hop.frees} != (over | held) - onto:
            yield f'{where} does not free what is behind'
        held, node, free_at = onto, hop.target, hop.end
        if hospital.is_bay(node) and node != own.start and count + 1 < len(own.hops):
            yield f'{where} goes through a bay'
    if node != own.goal:
        yield f'ends on {node}, not on {own.goal}'
    if not hospital.is_bay(NodeId(node)):
        yield f'ends on {node}, which is no bay'


def _step_of(graph: StepGraph, hop: PlannedHop) -> Step | None:
    for step in graph.steps.get(hop.origin, ()):
        if (step.target, step.lane, step.lift) == (hop.target, hop.lane, hop.lift):
            return step
    return None


def _time_problems(network: Network, hop: PlannedHop, step: Step) -> Iterator[str]:
    if not step.lift:
        if hop.end - hop.start != step.duration or hop.leave not in (hop.start, hop.end):
            yield f'takes {hop.end - hop.start} ms, on the map {step.duration} ms'
        return
    hospital = network.hospital
    lift = hospital.lifts[LiftId(hop.lift)]
    start, end = (hospital.nodes[node].floor for node in (hop.origin, hop.target))
    inside = millis(lift.door_time) + millis(durations.THRESHOLD_SECONDS)
    takes = inside + durations.ride(hospital, lift, start, end)
    if hop.end - hop.start < takes:
        yield f'rides in {hop.end - hop.start} ms, on the map {takes} ms'


def _claims(own: RobotPlan) -> Iterator[tuple[ResourceId, _Span]]:
    since: dict[ResourceId, int] = dict.fromkeys(own.stands, 0)
    for hop in own.hops:
        for resource in hop.claims:
            since.setdefault(resource, hop.start)
        for freed, when in ((hop.left, hop.leave), (hop.frees, hop.end)):
            for resource in freed:
                if resource in since:
                    yield resource, (since.pop(resource), when, own.robot)
    for resource, start in since.items():
        yield resource, (start, FOREVER, own.robot)


def _overlaps(resource: ResourceId, claims: Sequence[_Span]) -> Iterator[str]:
    """Say where more robots have a resource than may; `claims` are in order."""
    most = capacity(resource)
    inside: list[_Span] = []
    for claim in claims:
        inside = [other for other in inside if other[1] > claim[0]]
        inside.append(claim)
        if len(inside) > most:
            who = ' and '.join(sorted(name for _, _, name in inside))
            yield f'{resource} is claimed by {who} at {claim[0]} ms; it is for {most}'


def _lift_problems(network: Network, plan: Plan) -> Iterator[str]:
    """Say where a car would have to be on two floors at once."""
    hospital = network.hospital
    for lift in hospital.lifts.values():
        rides = sorted(
            (hop.start, hop.end, hop.origin, hop.target, own.robot)
            for own in plan.robots
            for hop in own.hops
            if hop.lift == lift.id
        )
        inside = millis(lift.door_time) + millis(durations.THRESHOLD_SECONDS)
        free_at, floor = 0, None
        for _, end, origin, target, robot in rides:
            here, there = hospital.nodes[origin].floor, hospital.nodes[target].floor
            come = durations.comes(hospital, lift, here)
            if floor is not None:
                come = durations.travel(hospital, lift, floor, here)
            if free_at + come + inside + durations.ride(hospital, lift, here, there) > end:
                yield f'{lift.id} cannot bring {robot} to {target} by {end} ms'
            free_at, floor = end, there
