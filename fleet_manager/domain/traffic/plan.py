"""From a goal to a leg: search among all other plans, then check, then hand over the hops.

The leg is accepted only if on every resource its claims and those of all others are disjoint in
planned time, and it ends in a bay that nobody else wants. Otherwise nothing changes.
"""

from __future__ import annotations

from dataclasses import replace

from fleet_manager.domain.ids import LiftId, NodeId, ResourceId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Hop, HopKind, LegPlanned, Purpose
from fleet_manager.domain.state import FleetState, Robot
from fleet_manager.domain.traffic.claims import kept_at_end
from fleet_manager.domain.traffic.hindrances import LATE_MS, Hindrances
from fleet_manager.domain.traffic.retime import NOTHING, Times, retime
from fleet_manager.domain.traffic.sipp import Move, search
from fleet_manager.domain.traffic.steps import StepGraph
from fleet_manager.domain.units import FOREVER, Instant


def plan_leg(
    state: FleetState,
    graph: StepGraph,
    robot: Robot,
    *,
    goal: NodeId,
    purpose: Purpose,
    now: Instant,
    hindered: Hindrances = NOTHING,
    patient: bool = False,
) -> LegPlanned | None:
    """Return a leg from where the robot's frozen steps end to `goal`, or None: keep the old plan.

    `goal` must be a bay. What is released, and a ride under way, stays as it is. A leg that would
    have to wait for what is hindered is none, unless `patient`.
    """
    times = retime(state, now, hindered)
    frozen = state.frozen(robot)
    start, at = _frozen_end(robot, times, frozen)
    others = _others(state, times, robot)
    busy = {r: [(s, e) for s, e, _ in spans] for r, spans in others.items()}
    closed, before = ((), FOREVER) if patient else (hindered.lifts, now + LATE_MS)
    graph = graph.of_robot(robot.id)
    moves = search(
        graph, busy, start=start, at=at, goal=goal, closed=closed, before=max(before, at + 1)
    )
    if moves is None:
        return None
    behind = kept_at_end(state.queues, robot.id, frozen=frozen)
    hops = _hops(graph, moves, behind, first=frozen + 1)
    placed = _places(hops, others, state, robot, frozen)
    if placed is None:
        return None
    return LegPlanned(
        robot.id, leg=robot.leg + 1, after=frozen, purpose=purpose, goal=goal, hops=placed
    )


def is_hopeless(end: int, *, now: Instant) -> bool:
    """Whether a hop that is expected to be done at `end` waits for something that stands still."""
    return end - now >= LATE_MS


def _frozen_end(robot: Robot, times: Times, frozen: int) -> tuple[NodeId, int]:
    node, at = robot.node, int(times.now)
    for hop in robot.hops:
        if hop.sequence <= frozen:
            node, at = hop.target, times.end[robot.id, hop.sequence]
    return node, at


_Spans = dict[ResourceId, list[tuple[int, int, int]]]


def _others(state: FleetState, times: Times, robot: Robot) -> _Spans:
    """Return when others have each resource: (taken, freed, place in the queue)."""
    return {
        resource: [
            (times.taken(claim), times.freed(claim), place)
            for place, claim in enumerate(queue)
            if claim.robot != robot.id
        ]
        for resource, queue in state.queues.items()
    }


def _hops(
    graph: StepGraph, moves: tuple[Move, ...], behind: tuple[ResourceId, ...], *, first: int
) -> list[Hop]:
    """Return the hops of `moves`. The first one frees `behind`, what the robot stands on."""
    hops: list[Hop] = []
    for move in moves:
        step, sequence = move.step, first + len(hops)
        held, onto = graph.resources(step.held), graph.resources(step.place)
        hop = Hop(
            sequence=sequence,
            kind=HopKind.DRIVE,
            origin=step.origin,
            target=step.target,
            lane=step.lane,
            lift=step.lift,
            door=step.door,
            claims=(*held, *onto),
            places=(),
            frees=(*held, *behind),
            start=Instant(move.start),
            end=Instant(move.end),
        )
        if step.lift:
            hops += _ride(graph.hospital, hop, held, behind, inside=move.start + step.leave)
        else:
            hops.append(hop)
        behind = onto
    return hops


def _ride(
    hospital: Hospital,
    whole: Hop,
    slot: tuple[ResourceId, ...],
    behind: tuple[ResourceId, ...],
    *,
    inside: int,
) -> list[Hop]:
    """Split a ride: into the car, with the exit cell claimed already, and out of it."""
    car = hospital.lifts[LiftId(whole.lift)].car
    board = replace(whole, kind=HopKind.BOARD, target=car, frees=behind, end=Instant(inside))
    alight = replace(
        whole,
        sequence=whole.sequence + 1,
        kind=HopKind.ALIGHT,
        origin=car,
        claims=(),
        frees=slot,
        start=Instant(inside),
    )
    return [board, alight]


def _places(
    hops: list[Hop], others: _Spans, state: FleetState, robot: Robot, frozen: int
) -> tuple[Hop, ...] | None:
    """Give each claim its place in the queue. None when two claims would overlap (rule P1)."""
    until = _until(hops)
    lines: dict[ResourceId, list[tuple[int, int]]] = {}
    placed: list[Hop] = []
    for hop in hops:
        places = []
        for resource in hop.claims:
            if resource not in lines:
                lines[resource] = _line(state, others, robot, resource, frozen)
            end = until[resource, hop.sequence]
            place = _fit(lines[resource], int(hop.start), end)
            if place is None:
                return None
            lines[resource].insert(place, (int(hop.start), end))
            places.append(place)
        placed.append(replace(hop, places=tuple(places)))
    return tuple(placed)


def _until(hops: list[Hop]) -> dict[tuple[ResourceId, int], int]:
    """Return when each claim of `hops` is given back: with the next hop that frees it."""
    freed: dict[ResourceId, int] = {}
    until: dict[tuple[ResourceId, int], int] = {}
    for hop in reversed(hops):
        freed.update(dict.fromkeys(hop.frees, int(hop.end)))
        for resource in hop.claims:
            until[resource, hop.sequence] = freed.get(resource, int(FOREVER))
    return until


def _line(
    state: FleetState, others: _Spans, robot: Robot, resource: ResourceId, frozen: int
) -> list[tuple[int, int]]:
    """Return the queue as it will stand when the robot's old claims after `frozen` are gone."""
    by_place = {place: (taken, done) for taken, done, place in others.get(resource, ())}
    line = []
    for place, claim in enumerate(state.queues.get(resource, ())):
        if place in by_place:
            line.append(by_place[place])
        elif claim.robot == robot.id and claim.taken_by <= frozen:
            line.append((-1, -1))
    return line


def _fit(line: list[tuple[int, int]], start: int, end: int) -> int | None:
    place = 0
    while place < len(line) and line[place][1] <= start:
        place += 1
    if place < len(line) and line[place][0] < end:
        return None
    return place
