"""What becomes of a plan when robots are late: who waits for whom stays, only times move.

1. The claims of all hops stand in the queues of the product, in the order of their planned times.
2. A robot starts its next hop when all claims of that hop stand at the head of their queues.
3. The hop takes its planned time and what its robot is late; then it frees what is behind.
4. That goes on until nobody drives. Whoever is not at the end of its way then is stuck.

With `first_come`, claims are queued only when a robot wants to drive on: locking one hop at a time
in the order of asking, as fleets without a plan do. It is here to be compared with.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log1p
from typing import Final

from fleet_manager.domain.ids import (
    LaneId,
    LiftId,
    NodeId,
    ResourceId,
    RobotId,
    capacity,
    car_resource,
    lane_resource,
    node_resource,
)
from fleet_manager.domain.maps.compile import compile_hospital, limits
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Hop, HopKind
from fleet_manager.domain.traffic import claims
from fleet_manager.domain.traffic.planner.model import Instance, Plan, PlannedHop
from fleet_manager.domain.units import MINUTE, SECOND, Instant

#: Driving among people: each hop takes this share longer on average, exponentially distributed.
SLOWER: Final = 0.3
#: One hop in so many is stopped by somebody, for a time between these two.
STOP_SHARE: Final = 0.01
STOP_MS: Final = (30 * SECOND, 5 * MINUTE)

#: How much longer than planned a hop takes, in ms: by the number of its robot, in the order of
#: the ways, the number of the hop on its way, and its planned time in ms.
Late = Callable[[int, int, int], int]


@dataclass(frozen=True, slots=True)
class Way:
    """A robot's part of a plan: what it holds where it stands, and its hops, numbered from 1.

    It sets off at `start_at` or later.
    """

    start: NodeId
    holds: tuple[ResourceId, ...]
    hops: tuple[Hop, ...]
    start_at: int = 0


Ways = Mapping[RobotId, Way]
#: From when to when a robot is somewhere.
_Span = tuple[int, int, RobotId]


@dataclass(frozen=True, slots=True)
class Driven:
    """A hop as it was driven, in ms after the start of the plan."""

    robot: RobotId
    hop: Hop
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Execution:
    """How a plan was driven. Times in ms.

    `driven` is in the order of ends, `arrived` says when robots came to the end of their ways,
    `stuck` are the others. `cost` is the sum of times from setting off to arriving, of those that
    arrived; `planned` is that of the plan, `alone` what robots would need on these ways with
    nobody else there and the same delays, and `free` what they would need without delays too.
    """

    driven: tuple[Driven, ...]
    arrived: Mapping[RobotId, int]
    stuck: tuple[RobotId, ...]
    cost: int
    planned: int
    alone: int
    free: int

    @property
    def delay_only(self) -> int:
        """The cost of the plan if delays made it longer just as they do for robots alone."""
        return round(self.planned * self.alone / self.free) if self.free else 0

    @property
    def own_delay(self) -> int:
        """The cost of the plan if each robot were late by its own delays and by no other's."""
        return self.planned + self.alone - self.free


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two robots where there is room for one, or the last two of too many, at a time in ms."""

    one: RobotId
    other: RobotId
    place: ResourceId
    at: int


def ways_of(plan: Plan, instance: Instance) -> Ways:
    """Return the hops of a plan as robots get them: a ride is two, into the car and out of it.

    Robots of the instance that have no way stay where they are.
    """
    planned = {one.robot: one for one in plan.robots}
    ways: dict[RobotId, Way] = {}
    for task in instance.tasks:
        one, robot = planned.get(task.robot), RobotId(task.robot)
        if one is not None:
            ways[robot] = Way(one.start, one.stands, tuple(_hops(one.hops)), one.start_at)
        else:
            ways[robot] = Way(task.start, (node_resource(task.start),), ())
    return ways


def on_time(robot: int, hop: int, planned: int) -> int:
    """Everybody drives as planned."""
    del robot, hop, planned
    return 0


def randomly_late(seed: int) -> Late:
    """Return delays as among people: a little on every hop, a long stop now and then.

    The same for the same seed, whatever else happens, so that two ways of executing a plan can be
    compared.
    """

    def late(robot: int, hop: int, planned: int) -> int:
        slower, stops, stop = (_chance(seed, robot, hop, draw) for draw in range(3))
        extra = -SLOWER * log1p(-slower) * planned
        if stops < STOP_SHARE:
            extra += STOP_MS[0] + stop * (STOP_MS[1] - STOP_MS[0])
        return round(extra)

    return late


def stopped_once(robot: int, hop: int, *, stop_ms: int) -> Late:
    """Return delays of one hop alone: its robot stops for so long."""
    return lambda number, at, planned: stop_ms if (number, at) == (robot, hop) else 0


def worst_stops(ways: Ways) -> list[tuple[int, int]]:
    """Return for each robot the hop on which a stop holds up most, the worst robot first.

    As (robot, hop), numbered as in `Late`. That is the last hop on which a stop still has the
    most hops of other robots behind it in the graph of who waits for whom.
    """
    keys = [(robot, hop.sequence) for robot, way in ways.items() for hop in way.hops]
    numbers = {key: number for number, key in enumerate(keys)}
    followers: dict[int, list[int]] = {}
    for before, after in arcs(ways, queues_of(ways)):
        followers.setdefault(numbers[before], []).append(numbers[after])
    start = {(r, h.sequence): (h.start, h.sequence) for r, way in ways.items() for h in way.hops}
    behind = [0] * len(keys)
    for key in sorted(keys, key=start.__getitem__, reverse=True):
        number = numbers[key]
        for follower in followers.get(number, ()):
            behind[number] |= behind[follower] | 1 << follower
    ranked = []
    for robot, (name, way) in enumerate(ways.items()):
        own = sum(1 << numbers[name, hop.sequence] for hop in way.hops)
        counts = [(behind[numbers[name, hop.sequence]] & ~own).bit_count() for hop in way.hops]
        if counts:
            most = max(counts)
            last = len(counts) - 1 - counts[::-1].index(most)
            ranked.append((-most, robot, last))
    return [(robot, hop) for _, robot, hop in sorted(ranked)]


def queues_of(ways: Ways) -> claims.Queues:
    """Return the queues of the whole plan, before anybody drives.

    Raises InvariantBroken when two robots start on one place, or a hop frees what it never claims.
    """
    queues = _bodies(ways)
    hops = [
        (hop.start, hop.sequence, robot, hop) for robot, way in ways.items() for hop in way.hops
    ]
    for _, _, robot, hop in sorted(hops, key=lambda row: row[:3]):
        _queue_up(queues, robot, hop)
    return queues


def arcs(
    ways: Ways, queues: claims.Queues
) -> list[tuple[tuple[RobotId, int], tuple[RobotId, int]]]:
    """Return who waits for whom: the hop that has to be done, and the one that waits for it.

    Zones for several robots are left out: there, any of those that came earlier may leave first.
    """
    found = [
        ((robot, first.sequence), (robot, then.sequence))
        for robot, way in ways.items()
        for first, then in itertools.pairwise(way.hops)
    ]
    for resource, queue in queues.items():
        alone = capacity(resource) == 1
        for first, then in itertools.pairwise(queue if alone else ()):
            if first.robot != then.robot and first.freed_by:
                found.append(((first.robot, first.freed_by), (then.robot, then.taken_by)))
    return found


def execute(ways: Ways, late: Late, *, first_come: bool = False) -> Execution:
    """Drive the plan to its end, or until everybody left is stuck."""
    run = _Run(ways, late, first_come=first_come)
    run.drive()
    arrived = {robot: way.start_at for robot, way in ways.items() if not way.hops}
    for driven in run.driven:
        if driven.hop is ways[driven.robot].hops[-1]:
            arrived[driven.robot] = driven.end
    hops = [hop for way in ways.values() for hop in way.hops]
    return Execution(
        tuple(run.driven),
        {robot: arrived[robot] for robot in ways if robot in arrived},
        tuple(robot for robot in ways if robot not in arrived),
        cost=sum(at - ways[robot].start_at for robot, at in arrived.items()),
        planned=sum(way.hops[-1].end - way.start_at for way in ways.values() if way.hops),
        alone=sum(map(sum, run.took.values())),
        free=sum(hop.end - hop.start for hop in hops),
    )


def overlaps(hospital: Hospital, ways: Ways, driven: Sequence[Driven]) -> list[Overlap]:
    """Return where two robots were too close at one time, from the map and the drive alone.

    Claims are not looked at. A robot may be anywhere between the ends of the hop it drives, and
    stays where it arrived; too close is one place, or two that the map says are too close. More
    robots in a zone than its limit are found as well.
    """
    rivals, within = _rivals(hospital), limits(hospital)
    spans: dict[ResourceId, list[_Span]] = {}
    zones: dict[ResourceId, list[_Span]] = {}
    for place, start, end, robot in _presence(ways, driven):
        spans.setdefault(place, []).append((start, end, robot))
        for zone in within.get(place, ()):
            zones.setdefault(zone, []).append((start, end, robot))
    found = [over for zone, inside in zones.items() for over in _crowds(zone, inside)]
    for place, mine in spans.items():
        for other in (place, *(r for r in rivals.get(place, ()) if r > place)):
            found += _meetings(place, mine, spans.get(other, ()))
    return sorted(set(found), key=lambda one: (one.at, one.place, one.one, one.other))


class _Run:
    """One drive through a plan."""

    def __init__(self, ways: Ways, late: Late, *, first_come: bool) -> None:
        self.driven: list[Driven] = []
        self._ways = ways
        self._number = {robot: number for number, robot in enumerate(ways)}
        self._names = list(ways)
        self.took = {
            robot: [
                hop.end - hop.start + late(number, index, hop.end - hop.start)
                for index, hop in enumerate(way.hops)
            ]
            for number, (robot, way) in enumerate(ways.items())
        }
        self._first_come = first_come
        self._queues = _bodies(ways) if first_come else queues_of(ways)
        self._next = dict.fromkeys(ways, 0)
        self._driving: dict[RobotId, tuple[int, int]] = {}
        #: When something happens to which robot: it may set off, or is done with a hop.
        self._events = sorted((way.start_at, n) for n, way in enumerate(ways.values()))

    def drive(self) -> None:
        for robot in self._names:
            self._ask(robot)
        while self._events:
            now, number = heapq.heappop(self._events)
            robot = self._names[number]
            start, end = self._driving.get(robot, (0, -1))
            if end != now:
                self._start(robot, now)
                continue
            del self._driving[robot]
            hop = self._ways[robot].hops[self._next[robot]]
            self.driven.append(Driven(robot, hop, start, now))
            claims.free(self._queues, robot, done=hop)
            self._next[robot] += 1
            self._ask(robot)
            for near in sorted({robot, *self._next_on(hop.frees)}, key=self._number.__getitem__):
                self._start(near, now)

    def _next_on(self, resources: Sequence[ResourceId]) -> Iterator[RobotId]:
        """Return whose turn it is, or goes on being, on each of these."""
        for resource in resources:
            for claim in self._queues.get(resource, ())[: capacity(resource)]:
                yield claim.robot

    def _ask(self, robot: RobotId) -> None:
        """Get in line for the next hop, where nobody planned it."""
        if self._first_come and self._next[robot] < len(self._ways[robot].hops):
            _queue_up(self._queues, robot, self._ways[robot].hops[self._next[robot]])

    def _start(self, robot: RobotId, now: int) -> None:
        """Start the robot's next hop if it is its turn."""
        at, hops = self._next[robot], self._ways[robot].hops
        if robot in self._driving or at == len(hops) or now < self._ways[robot].start_at:
            return
        if claims.is_head(self._queues, robot, hops[at]):
            end = now + self.took[robot][at]
            self._driving[robot] = (now, end)
            heapq.heappush(self._events, (end, self._number[robot]))


def _hops(planned: Sequence[PlannedHop]) -> list[Hop]:
    """Return planned hops as hops of an order. Places in the queues are not given yet."""
    hops: list[Hop] = []
    for one in planned:
        whole = Hop(
            sequence=len(hops) + 1,
            kind=HopKind.BOARD if one.lift else HopKind.DRIVE,
            origin=one.origin,
            target=one.target,
            lane=one.lane,
            lift=one.lift,
            door=one.door,
            claims=one.claims,
            places=(),
            frees=one.left if one.lift else (*one.left, *one.frees),
            start=Instant(one.start),
            end=Instant(one.leave),
        )
        hops.append(whole)
        if one.lift:
            alight = replace(
                whole,
                sequence=len(hops) + 1,
                kind=HopKind.ALIGHT,
                claims=(),
                frees=one.frees,
                start=Instant(one.leave),
                end=Instant(one.end),
            )
            hops.append(alight)
    return hops


def _bodies(ways: Ways) -> claims.Queues:
    queues: claims.Queues = {}
    for robot, way in ways.items():
        claims.place_body(queues, robot, *way.holds)
    return queues


def _queue_up(queues: claims.Queues, robot: RobotId, hop: Hop) -> None:
    """Put the claims of a hop to the ends of their queues."""
    places = tuple(len(queues.get(resource, ())) for resource in hop.claims)
    claims.insert(queues, robot, [replace(hop, places=places)])


def _chance(seed: int, *numbers: int) -> float:
    """Return a number from 0 up to 1, the same for the same arguments (SplitMix64)."""
    mixed = seed & _WORD
    for number in numbers:
        mixed = (mixed + (number + 1) * 0x9E3779B97F4A7C15) & _WORD
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _WORD
        mixed ^= mixed >> 31
    return (mixed >> 11) / (1 << 53)


_WORD: Final = (1 << 64) - 1


def _rivals(hospital: Hospital) -> dict[ResourceId, list[ResourceId]]:
    """Return for each place those on which another robot would touch one that is there."""
    compiled = compile_hospital(hospital)
    found: dict[ResourceId, list[ResourceId]] = {}
    for pair in compiled.conflict.tolist():
        one, other = map(compiled.resource, pair)
        found.setdefault(one, []).append(other)
        found.setdefault(other, []).append(one)
    return found


def _presence(ways: Ways, driven: Sequence[Driven]) -> list[tuple[ResourceId, int, int, RobotId]]:
    """Return when each robot may have been where: (place, from, to, robot)."""
    last = max((one.end for one in driven), default=0) + 1
    found = []
    since = {robot: (node_resource(way.start), 0) for robot, way in ways.items()}
    for one in sorted(driven, key=lambda one: (one.start, one.end)):
        behind, arrived = since[one.robot]
        hop, target = one.hop, node_resource(one.hop.target)
        through = car_resource(LiftId(hop.lift)) if hop.lift else lane_resource(LaneId(hop.lane))
        ahead = through if hop.kind is HopKind.BOARD else target
        found.append((behind, arrived, one.end, one.robot))
        found += [(place, one.start, one.end, one.robot) for place in {through, ahead} - {behind}]
        since[one.robot] = (ahead, one.start)
    for robot, (place, arrived) in since.items():
        found.append((place, arrived, last, robot))
    return found


def _crowds(zone: ResourceId, inside: Sequence[_Span]) -> Iterator[Overlap]:
    """Return when there are more robots in a zone than its limit."""
    here: list[_Span] = []
    for start, end, robot in sorted(inside):
        here = [span for span in here if span[1] > start]
        others = {span[2] for span in here} - {robot}
        if end > start and len(others) >= capacity(zone):
            last = max(others)
            yield Overlap(min(robot, last), max(robot, last), zone, start)
        here.append((start, end, robot))


def _meetings(place: ResourceId, mine: Sequence[_Span], theirs: Sequence[_Span]) -> list[Overlap]:
    """Return where spans of different robots have more than a moment in common (a sweep)."""
    found = []
    events = sorted([(*span, 0) for span in mine] + [(*span, 1) for span in theirs])
    here: tuple[list[tuple[int, RobotId]], ...] = ([], [])
    for start, end, robot, side in events:
        for open_spans in here:
            open_spans[:] = [span for span in open_spans if span[0] > start]
        if end == start:
            continue
        for _, other in here[1 - side]:
            if other != robot:
                found.append(Overlap(min(robot, other), max(robot, other), place, start))
        here[side].append((end, robot))
    return found
