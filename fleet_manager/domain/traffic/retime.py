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
        found = turn.memo['expected'] = retime(turn.state, turn.now, hindrances(turn))
    return found


def retime(state: FleetState, now: Instant, hindered: Hindrances = NOTHING) -> Times:
    """Propagate earliest times along the dependency graph (longest path in a DAG, Kahn 1962).

    What is hindered, and all that waits for it, is expected `LATE_MS` later.
    Hops are settled in the order of their ends, so that of the earlier claims on a zone those
    count that are given back first.
    Raises InvariantBroken when the graph has a cycle: then a plan was accepted that must not be.
    """
    return _Run(state, now, hindered).times()


_Key = tuple[RobotId, int]


class _Run:
    """One propagation: what each hop still waits for, and from when on it may start."""

    def __init__(self, state: FleetState, now: Instant, hindered: Hindrances) -> None:
        self._state, self._now, self._hindered = state, now, hindered
        self._hops = {(r.id, h.sequence): h for r in state.robots.values() for h in r.hops}
        self._frozen = {r.id: state.frozen(r) for r in state.robots.values()}
        self._waits = dict.fromkeys(self._hops, 0)
        self._free_at: dict[_Key, int] = {}
        self._then: dict[_Key, list[_Key]] = {}
        self._turns: dict[_Key, list[list[int | _Key]]] = {}
        self._times = Times(now, {}, {})
        self._arcs()

    def times(self) -> Times:
        hops, waits, free_at, then = self._hops, self._waits, self._free_at, self._then
        ends, heap = self._times.end, list[tuple[int, _Key]]()
        for key, count in waits.items():
            if count == 0:
                heapq.heappush(heap, (self._settle(key), key))
        while heap:
            end, key = heapq.heappop(heap)
            after = key[0], key[1] + 1
            freed = then.get(key, [])
            if key in self._turns:
                freed = [*freed, *self._whose_turn(key)]
            for follower in freed:
                free_at[follower] = end  # ends never go back: the last one is the latest
                waits[follower] -= 1
                if waits[follower] == 0:
                    heapq.heappush(heap, (self._settle(follower), follower))
            if after in hops:
                waits[after] -= 1
                if waits[after] == 0:
                    heapq.heappush(heap, (self._settle(after), after))
        if len(ends) != len(hops):
            stuck = sorted(set(hops) - set(ends))
            raise InvariantBroken(f'the dependency graph has a cycle through {stuck[:4]}')
        return self._times

    def _arcs(self) -> None:
        claimed = dict.fromkeys(self._hops, 0)
        for robot, sequence in self._hops:
            if (robot, sequence - 1) in self._hops:
                self._waits[robot, sequence] += 1
        for resource, queue in self._state.queues.items():
            for claim in queue:
                key = claim.robot, claim.taken_by
                if key in claimed:
                    claimed[key] += 1
            if len(queue) > 1:
                one_at_a_time = capacity(resource) == 1
                (self._line_up if one_at_a_time else self._take_turns)(resource, queue)
        for key, hop in self._hops.items():
            if claimed[key] != len(hop.claims):
                raise InvariantBroken(f'{key} has no claim on one of {hop.claims}')

    def _line_up(self, resource: ResourceId, queue: list[Claim]) -> None:
        """Let each claim wait for the one before."""
        for first, then in itertools.pairwise(queue):
            if first.robot == then.robot:
                continue
            if first.freed_by == 0:
                raise InvariantBroken(f'{then.robot} waits for ever on {resource}')
            before, after = (first.robot, first.freed_by), (then.robot, then.taken_by)
            if before in self._hops and after in self._hops:
                self._waits[after] += 1
                self._then.setdefault(before, []).append(after)

    def _take_turns(self, resource: ResourceId, queue: list[Claim]) -> None:
        """Let each claim wait until fewer earlier ones than the capacity are still there."""
        slots = capacity(resource)
        for place, claim in enumerate(queue):
            key, missing = (claim.robot, claim.taken_by), place - slots + 1
            if missing <= 0 or key not in self._hops:
                continue
            leaving = [c for c in queue[:place] if c.freed_by]
            if len(leaving) < missing:
                raise InvariantBroken(f'{claim.robot} waits for ever on {resource}')
            self._waits[key] += 1
            turn: list[int | _Key] = [missing, key]
            for earlier in leaving:
                self._turns.setdefault((earlier.robot, earlier.freed_by), []).append(turn)

    def _whose_turn(self, done: _Key) -> list[_Key]:
        """Return the hops that get into a zone because `done` frees it."""
        found = []
        for turn in self._turns[done]:
            turn[0] -= 1  # type: ignore[operator]
            if turn[0] == 0:
                found.append(turn[1])
        return found  # type: ignore[return-value]

    def _settle(self, key: _Key) -> int:
        """Set start and end of a hop all predecessors of which are settled; return its end."""
        times, hop = self._times, self._hops[key]
        robot, sequence = self._state.robots[key[0]], key[1]
        duration, late = hop.end - hop.start, self._late(key, hop)
        if robot.done + 1 == sequence <= robot.released:
            times.start[key] = self._now
            due = robot.moving_since + duration
            overdue = (self._now - due) // OVERDUE_SHARE
            end = max(due, self._now + max(ALMOST_THERE_MS, overdue)) + late
        else:
            moves = max(self._now, times.end.get((robot.id, sequence - 1), 0)) + late
            moves = max(moves, self._free_at.get(key, 0), self._opens(key, hop))
            times.start[key] = self._now if sequence <= self._frozen[robot.id] else moves
            end = moves + duration
        times.end[key] = end
        return end

    def _opens(self, key: _Key, hop: Hop) -> int:
        """Return from when on the lift takes the robot that boards with this hop; 0: now."""
        boards = hop.kind is HopKind.BOARD and key[1] > self._state.robots[key[0]].released
        return self._hindered.waits.get(LiftId(hop.lift), 0) if boards else 0

    def _late(self, key: _Key, hop: Hop) -> int:
        """Return how much later the hop is done than planned because something stands still."""
        robot = self._state.robots[key[0]]
        stands = key[0] in self._hindered.robots and hop is robot.hops[0]
        shut = hop.lift in self._hindered.lifts or hop.lane in self._hindered.lanes
        shut = shut and key[1] > robot.released
        return LATE_MS if stands or shut or key in self._hindered.stopped else 0
