"""From a goal to a leg: search among all other plans, then check, then hand over the hops.

A leg is accepted only if on every resource its claims and those of all others are disjoint in
planned time (rule P1), and it ends in a bay that nobody else wants. Otherwise nothing changes.

Nobody gets later by it: the robot's own claims beyond its frozen steps go, and the new ones fit
into the gaps of the times at which the others are expected now, its old plan still in force. By
induction along the new order each hop of the others has predecessors that are done no later than
before: claims of others, which only move forward, or one of the new ones, which ends before the
gap does. The same holds for several legs planned one after the other (`Draft`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fleet_manager.domain.ids import (
    LiftId,
    NodeId,
    ResourceId,
    RobotId,
    capacity,
    car_resource,
    is_zone,
)
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
    times: Times | None = None,
) -> LegPlanned | None:
    """Return a leg from where the robot's frozen steps end to `goal`, or None: keep the old plan.

    `goal` must be a bay. What is released, and a ride under way, stays as it is. A leg that would
    have to wait for what is hindered is none, unless `patient`. `times` are those of the state
    with `hindered`, when they are known already.
    """
    times = times or retime(state, now, hindered)
    return Draft(state, graph, times, hindered, (robot,)).plan(robot, goal, purpose, patient)


def plan_legs(
    state: FleetState,
    graph: StepGraph,
    robots: Sequence[Robot],
    *,
    hindered: Hindrances,
    times: Times,
) -> tuple[LegPlanned, ...] | None:
    """Return new legs of several robots to their goals, planned in this order, or None.

    All their steps that are not frozen are taken out first. Whether the legs hold together, and
    are better, is for the caller to see: by `retime` of the state they lead to.
    """
    draft, legs = Draft(state, graph, times, hindered, robots), []
    for robot in robots:
        leg = draft.plan(robot, robot.goal, robot.purpose)
        if leg is None:
            return None
        legs.append(leg)
    return tuple(legs)


def is_hopeless(end: int, *, now: Instant) -> bool:
    """Whether a hop that is expected to be done at `end` waits for something that stands still."""
    return end - now >= LATE_MS


@dataclass(slots=True)
class _Span:
    """When a robot has a resource: from `taken` to `freed`; its place is that in the line."""

    robot: RobotId
    taken: int
    freed: int
    #: Its end is where the robot's frozen steps end: it moves when the robot gets a new leg.
    is_open: bool = False


class Draft:
    """The plans of all, with those of some robots taken out: these are planned anew, in turn.

    Nothing of it is committed. While a robot has no new leg yet it is taken to leave the place
    where its frozen steps end as soon as it can; once it has one, the others come after it.
    """

    def __init__(
        self,
        state: FleetState,
        graph: StepGraph,
        times: Times,
        hindered: Hindrances,
        anew: Sequence[Robot],
    ) -> None:
        self._state, self._graph, self._times, self._hindered = state, graph, times, hindered
        self._frozen = {robot.id: state.frozen(robot) for robot in anew}
        self._leaves = {robot.id: self._soonest(robot) for robot in anew}
        self._lines: dict[ResourceId, list[_Span]] = {}
        self._rests = {car_resource(lift): int(at) for lift, at in hindered.waits.items()}
        #: What anybody has, or wants, or people have for a while.
        self.busy: set[ResourceId] = {*state.queues, *self._rests}

    def plan(
        self, robot: Robot, goal: NodeId, purpose: Purpose, patient: bool = False
    ) -> LegPlanned | None:
        """Return a leg to `goal` and keep it in the draft, or None. See `plan_leg`."""
        start, at = self._frozen_end(robot)
        late = self._times.now + LATE_MS
        graph, frozen = self._graph.of_robot(robot.id), self._frozen[robot.id]
        moves = search(
            graph,
            _Others(self, robot.id),
            start=start,
            at=at,
            goal=goal,
            closed=() if patient else self._hindered.lifts,
            shut=() if patient else self._hindered.lanes,
            before=FOREVER if patient else max(late, at + 1),
            cars=self._hindered.cars,
        )
        if moves is None:
            return None
        behind = kept_at_end(self._state.queues, robot.id, frozen=frozen)
        hops = self._place(robot, _hops(graph, moves, behind, first=frozen + 1), behind)
        if hops is None:
            return None
        return LegPlanned(
            robot.id, leg=robot.leg + 1, after=frozen, purpose=purpose, goal=goal, hops=hops
        )

    def spans(self, resource: ResourceId, but: RobotId) -> list[tuple[int, int]]:
        """Return when no more robots beside `but` may have `resource`, in order and disjoint."""
        line = [span for span in self.line(resource) if span.robot != but]
        slots = capacity(resource)
        if slots > 1:
            return _full(_as_ordered(line), slots)
        spans = [(span.taken, span.freed) for span in line]
        rests = self._rests.get(resource)
        return sorted([*spans, (0, rests)]) if rests is not None else spans

    def line(self, resource: ResourceId) -> list[_Span]:
        """Return the queue as it will stand, without the claims that are planned anew."""
        found = self._lines.get(resource)
        if found is None:
            self.busy.add(resource)
            found = self._lines[resource] = self._read(resource)
        return found

    def _read(self, resource: ResourceId) -> list[_Span]:
        line, times = [], self._times
        for claim in self._state.queues.get(resource, ()):
            frozen = self._frozen.get(claim.robot)
            if frozen is None or 0 < claim.freed_by <= frozen:
                line.append(_Span(claim.robot, times.taken(claim), times.freed(claim)))
            elif claim.taken_by <= frozen:
                leaves = self._leaves[claim.robot]
                line.append(_Span(claim.robot, times.taken(claim), leaves, is_open=True))
        return line

    def _soonest(self, robot: Robot) -> int:
        """Return when the robot can have left the place where its frozen steps end."""
        start, at = self._frozen_end(robot)
        steps = self._graph.of_robot(robot.id).steps[start]
        return at + min((step.leave for step in steps), default=0)

    def _frozen_end(self, robot: Robot) -> tuple[NodeId, int]:
        node, at = robot.node, int(self._times.now)
        for hop in robot.hops:
            if hop.sequence <= self._frozen[robot.id]:
                node, at = hop.target, self._times.end[robot.id, hop.sequence]
        return node, at

    def _place(
        self, robot: Robot, hops: list[Hop], behind: tuple[ResourceId, ...]
    ) -> tuple[Hop, ...] | None:
        """Give each claim its place in the queue. None when two claims would overlap (rule P1)."""
        until = _until(hops, behind)
        for resource in behind:
            for span in self.line(resource):
                if span.robot == robot.id and span.is_open:
                    span.freed = until[resource, 0]
        placed: list[Hop] = []
        for hop in hops:
            places = []
            for resource in hop.claims:
                line = self.line(resource)
                new = _Span(robot.id, int(hop.start), until[resource, hop.sequence])
                place = _fit(line, new, capacity(resource))
                if place is None:
                    return None
                line.insert(place, new)
                places.append(place)
            placed.append(replace(hop, places=tuple(places)))
        return tuple(placed)


@dataclass(frozen=True, slots=True)
class _Others:
    """When others than `but` have what: read from the queues when the search asks for it."""

    draft: Draft
    but: RobotId

    def get(self, resource: ResourceId, default: tuple[()], /) -> Sequence[tuple[int, int]]:
        return self.draft.spans(resource, self.but) if resource in self.draft.busy else default


def _hops(
    graph: StepGraph, moves: tuple[Move, ...], kept: tuple[ResourceId, ...], *, first: int
) -> list[Hop]:
    """Return the hops of `moves`. The first one frees what is `kept`, what the robot stands on.

    A zone with a limit is claimed by the hop that enters it and freed by the one that leaves it.
    """
    hops: list[Hop] = []
    behind = tuple(one for one in kept if not is_zone(one))
    inside = tuple(one for one in kept if is_zone(one))
    for move in moves:
        step, sequence = move.step, first + len(hops)
        held, onto = graph.resources(step.held), graph.resources(step.place)
        there = graph.limits(step.place)
        entered = [z for z in dict.fromkeys((*graph.limits(step.held), *there)) if z not in inside]
        left = tuple(zone for zone in (*inside, *entered) if zone not in there)
        hop = Hop(
            sequence=sequence,
            kind=HopKind.DRIVE,
            origin=step.origin,
            target=step.target,
            lane=step.lane,
            lift=step.lift,
            door=step.door,
            claims=(*held, *onto, *entered),
            places=(),
            frees=(*held, *behind, *left),
            start=Instant(move.start),
            end=Instant(move.end),
        )
        if step.lift:
            board_frees = (*behind, *left)
            hops += _ride(graph.hospital, hop, held, board_frees, inside=move.start + step.leave)
        else:
            hops.append(hop)
        behind, inside = onto, there
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


def _until(hops: list[Hop], kept: Sequence[ResourceId]) -> dict[tuple[ResourceId, int], int]:
    """Return when each claim of `hops` is given back, and what is `kept` from before, by hop 0."""
    freed: dict[ResourceId, int] = {}
    until: dict[tuple[ResourceId, int], int] = {}
    for hop in reversed(hops):
        freed.update(dict.fromkeys(hop.frees, int(hop.end)))
        for resource in hop.claims:
            until[resource, hop.sequence] = freed.get(resource, int(FOREVER))
    return until | {(resource, 0): freed.get(resource, int(FOREVER)) for resource in kept}


def _fit(line: Sequence[_Span], new: _Span, slots: int) -> int | None:
    """Return the place of a claim in a line of disjoint ones, `slots` at a time. None: no room."""
    if slots > 1:
        others = [span for span in line if span.robot != new.robot]
        full = _full(_as_ordered(others), slots)
        if any(taken < new.freed and new.taken < freed for taken, freed in full):
            return None
        return sum(taken <= new.taken for taken, _ in _as_ordered(line))
    place = 0
    while place < len(line) and line[place].freed <= new.taken:
        place += 1
    if place < len(line) and line[place].taken < new.freed:
        return None
    return place


def _as_ordered(line: Sequence[_Span]) -> list[tuple[int, int]]:
    """Return (taken, freed) of claims on a zone in their order: one keeps a slot from the later.

    A claim counts from when a later one is taken, though its robot comes later still.
    """
    spans, first = [], int(FOREVER)
    for span in reversed(line):
        first = min(first, span.taken)
        spans.append((first, span.freed))
    return spans[::-1]


def _full(spans: Sequence[tuple[int, int]], slots: int) -> list[tuple[int, int]]:
    """Return when `slots` or more of `spans` are at once, in order and disjoint."""
    changes = sorted([(taken, 1) for taken, _ in spans] + [(freed, -1) for _, freed in spans])
    found, count, since = list[tuple[int, int]](), 0, 0
    for at, change in changes:
        if count == slots - 1 and change == 1:
            since = at
        if count == slots and change == -1 and at > since:
            found.append((since, at))
        count += change
    return found
