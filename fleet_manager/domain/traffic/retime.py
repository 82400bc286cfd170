"""When will each robot be where, if everybody goes on from now: the plan's times, moved along.

Orders on resources stay; only times move. Robots that are late push those behind them. The result
is what a new leg is planned against, and where arrival times come from.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from typing import Final

from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.ids import LiftId, ResourceId, RobotId, capacity
from fleet_manager.domain.messages import Hop, HopKind
from fleet_manager.domain.state import Claim, FleetState, Robot
from fleet_manager.domain.traffic.hindrances import LATE_MS, Hindrances, hindrances
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import FOREVER, Instant

#: A hop that should be done by now is expected within this time.
ALMOST_THERE_MS: Final = 1_000
#: A robot that is overdue is expected after a third of that time again: who stands in somebody's
#: way for long mostly stands on.
OVERDUE_SHARE: Final = 3
#: When everybody moves.
NOTHING: Final = Hindrances()


@dataclass(frozen=True, slots=True)
class Times:
    """Expected start and end of each hop that is not done, by (robot, sequence)."""

    now: Instant
    start: dict[tuple[RobotId, int], int]
    end: dict[tuple[RobotId, int], int]
    hindered: Hindrances = NOTHING

    def taken(self, claim: Claim) -> int:
        """Return when the claim is (or was) taken."""
        return self.start.get((claim.robot, claim.taken_by), self.now)

    def freed(self, claim: Claim) -> int:
        """Return when the claim is given back; FOREVER where its plan ends."""
        if claim.freed_by == 0:
            return FOREVER
        return self.end[claim.robot, claim.freed_by]

    def arrival(self, robot: Robot) -> int:
        """Return when the robot comes to the end of its plan; now where it stands there."""
        return self.end[robot.id, robot.hops[-1].sequence] if robot.hops else self.now


def expected(turn: Turn) -> Times:
    """Return the times of this turn, with all that stands still late; computed once a state."""
    found = turn.memo.get('expected')
    if not isinstance(found, Times):
        hindered = hindrances(turn)
        before = turn.memo.get('expected before')
        if isinstance(before, Times) and before.hindered == hindered:
            turn.memo['expected'] = before
            return before
        arcs = turn.state.planned.get('arcs')
        if not isinstance(arcs, Arcs):
            arcs = turn.state.planned['arcs'] = Arcs(turn.state)
        found = turn.memo['expected'] = _Run(arcs, turn.state, turn.now, hindered).times()
    return found


def retime(state: FleetState, now: Instant, hindered: Hindrances = NOTHING) -> Times:
    """Propagate earliest times along the dependency graph (longest path in a DAG, Kahn 1962).

    What is hindered, and all that waits for it, is expected `LATE_MS` later.
    Hops are settled in the order of their ends, so that of the earlier claims on a zone those
    count that are given back first.
    Raises InvariantBroken when the graph has a cycle: then a plan was accepted that must not be.
    """
    return _Run(Arcs(state), state, now, hindered).times()


_Key = tuple[RobotId, int]
#: Hops by number, in the order of their robots and of each robot's plan.
_Number = int


class Arcs:
    """What waits for what: the dependency graph of the hops that are not done, without times.

    It holds until the next leg is planned: hops that are done by then free what waits for them.
    Raises InvariantBroken when a claim is missing, or somebody waits for ever.
    """

    def __init__(self, state: FleetState) -> None:
        self.keys: list[_Key] = [(r.id, h.sequence) for r in state.robots.values() for h in r.hops]
        self.hops: list[Hop] = [h for r in state.robots.values() for h in r.hops]
        #: How many things each hop waits for: the hop before, the claims before its own.
        self.waits = [0] * len(self.hops)
        #: Which hops wait for each one, with the next one of the same robot.
        self.then: list[list[_Number]] = [[] for _ in self.hops]
        #: Hops that get into a zone when so many of others are done; and each other's part in it.
        self.turns: list[tuple[int, _Number]] = []
        self.turns_of: dict[_Number, list[int]] = {}
        self._number = {key: number for number, key in enumerate(self.keys)}
        for number, (robot, _) in enumerate(self.keys[1:], 1):
            if self.keys[number - 1][0] == robot:
                self._wait(number - 1, number)
        self._read(state)

    def _read(self, state: FleetState) -> None:
        claimed = [0] * len(self.hops)
        for resource, queue in state.queues.items():
            for claim in queue:
                number = self._number.get((claim.robot, claim.taken_by))
                if number is not None:
                    claimed[number] += 1
            if len(queue) > 1:
                one_at_a_time = capacity(resource) == 1
                (self._line_up if one_at_a_time else self._take_turns)(resource, queue)
        for key, hop, count in zip(self.keys, self.hops, claimed, strict=True):
            if count != len(hop.claims):
                raise InvariantBroken(f'{key} has no claim on one of {hop.claims}')

    def _wait(self, before: _Number, after: _Number) -> None:
        self.then[before].append(after)
        self.waits[after] += 1

    def _line_up(self, resource: ResourceId, queue: list[Claim]) -> None:
        """Let each claim wait for the one before."""
        for first, then in itertools.pairwise(queue):
            if first.robot == then.robot:
                continue
            if first.freed_by == 0:
                raise InvariantBroken(f'{then.robot} waits for ever on {resource}')
            before = self._number.get((first.robot, first.freed_by))
            after = self._number.get((then.robot, then.taken_by))
            if before is not None and after is not None:
                self._wait(before, after)

    def _take_turns(self, resource: ResourceId, queue: list[Claim]) -> None:
        """Let each claim wait until fewer earlier ones than the capacity are still there."""
        slots = capacity(resource)
        for place, claim in enumerate(queue):
            after, missing = self._number.get((claim.robot, claim.taken_by)), place - slots + 1
            if missing <= 0 or after is None:
                continue
            leaving = [c for c in queue[:place] if c.freed_by]
            if len(leaving) < missing:
                raise InvariantBroken(f'{claim.robot} waits for ever on {resource}')
            self.waits[after] += 1
            for earlier in leaving:
                before = self._number.get((earlier.robot, earlier.freed_by))
                if before is not None:
                    self.turns_of.setdefault(before, []).append(len(self.turns))
            self.turns.append((missing, after))


class _Run:
    """One propagation: what each hop still waits for, and from when on it may start."""

    def __init__(self, arcs: Arcs, state: FleetState, now: Instant, hindered: Hindrances) -> None:
        self._arcs, self._state, self._now, self._hindered = arcs, state, now, hindered
        self._frozen = {r.id: state.frozen(r) for r in state.robots.values()}
        self._waits = arcs.waits.copy()
        self._missing = [missing for missing, _ in arcs.turns]
        self._free_at = [0] * len(arcs.hops)
        self._times = Times(now, {}, {}, hindered)
        self._anything_late = bool(
            hindered.robots or hindered.lifts or hindered.lanes or hindered.stopped
        )
        #: Ends and numbers of hops, each as one number: the end above so many bits.
        self._bits = len(arcs.hops).bit_length()
        self._heap: list[int] = []

    def times(self) -> Times:
        arcs, waits, heap, robots = self._arcs, self._waits, self._heap, self._state.robots
        bits, mask = self._bits, (1 << self._bits) - 1
        done = [n for n, (name, step) in enumerate(arcs.keys) if step <= robots[name].done]
        for number in done:
            waits[number] = -1  # never settled
        for number, count in enumerate(waits):
            if count == 0:
                heapq.heappush(heap, self._settle(number) << bits | number)
        for number in done:
            self._let_go(number, 0)
        while heap:
            ended = heapq.heappop(heap)
            self._let_go(ended & mask, ended >> bits)
        if len(self._times.end) + len(done) != len(arcs.keys):
            stuck = sorted(set(arcs.keys) - set(self._times.end))
            raise InvariantBroken(f'the dependency graph has a cycle through {stuck[:4]}')
        return self._times

    def _let_go(self, number: _Number, end: int) -> None:
        """Settle what waits for a hop that ends then, and for nothing else any more."""
        arcs, waits, free_at = self._arcs, self._waits, self._free_at
        followers = arcs.then[number]
        if number in arcs.turns_of:
            followers = [*followers, *self._whose_turn(number)]
        for follower in followers:
            free_at[follower] = end  # ends never go back: the last one is the latest
            waits[follower] -= 1
            if waits[follower] == 0:
                heapq.heappush(self._heap, self._settle(follower) << self._bits | follower)

    def _whose_turn(self, done: _Number) -> list[_Number]:
        """Return the hops that get into a zone because `done` frees it."""
        found = []
        for turn in self._arcs.turns_of[done]:
            self._missing[turn] -= 1
            if self._missing[turn] == 0:
                found.append(self._arcs.turns[turn][1])
        return found

    def _settle(self, number: _Number) -> int:
        """Set start and end of a hop all predecessors of which are settled; return its end."""
        times, key, hop = self._times, self._arcs.keys[number], self._arcs.hops[number]
        name, sequence = key
        robot, now = self._state.robots[name], self._now
        duration = hop.end - hop.start
        late = self._late(key, hop) if self._anything_late else 0
        if robot.done + 1 == sequence <= robot.released:
            times.start[key] = now
            due = robot.moving_since + duration
            overdue = (now - due) // OVERDUE_SHARE
            end = max(due, now + max(ALMOST_THERE_MS, overdue)) + late
        else:
            moves = max(now, times.end.get((name, sequence - 1), 0)) + late
            moves = max(moves, self._free_at[number])
            if self._hindered.waits and hop.kind is HopKind.BOARD and sequence > robot.released:
                moves = max(moves, self._hindered.waits.get(LiftId(hop.lift), 0))
            times.start[key] = now if sequence <= self._frozen[name] else moves
            end = moves + duration
        times.end[key] = end
        return end

    def _late(self, key: _Key, hop: Hop) -> int:
        """Return how much later the hop is done than planned because something stands still."""
        robot = self._state.robots[key[0]]
        stands = key[0] in self._hindered.robots and key[1] == robot.done + 1
        shut = hop.lift in self._hindered.lifts or hop.lane in self._hindered.lanes
        shut = shut and key[1] > robot.released
        return LATE_MS if stands or shut or key in self._hindered.stopped else 0
