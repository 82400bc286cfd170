"""When will each robot be where, if everybody goes on from now: the plan's times, moved along.

Orders on resources stay; only times move. Robots that are late push those behind them. The result
is what a new leg is planned against, and where arrival times come from.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.ids import ResourceId, RobotId
from fleet_manager.domain.messages import Hop
from fleet_manager.domain.state import Claim, FleetState
from fleet_manager.domain.traffic.hindrances import LATE_MS, Hindrances
from fleet_manager.domain.units import FOREVER, Instant

#: A hop that should be done by now is expected within this time.
ALMOST_THERE_MS: Final = 1_000
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


def retime(state: FleetState, now: Instant, hindered: Hindrances = NOTHING) -> Times:
    """Propagate earliest times along the dependency graph (longest path in a DAG, Kahn 1962).

    What is hindered, and all that waits for it, is expected `LATE_MS` later.
    Raises InvariantBroken when the graph has a cycle: then a plan was accepted that must not be.
    """
    hops = {(r.id, h.sequence): h for r in state.robots.values() for h in r.hops}
    waits_on, followers = _arcs(state, hops)
    times = Times(now, {}, {})
    ready = sorted(key for key, count in waits_on.items() if count == 0)
    while ready:
        key = ready.pop()
        _settle(state, times, key, hops[key], late=_late(state, key, hops[key], hindered))
        for follower, _ in followers.get(key, ()):
            waits_on[follower] -= 1
            if waits_on[follower] == 0:
                ready.append(follower)
    if len(times.end) != len(hops):
        stuck = sorted(set(hops) - set(times.end))
        raise InvariantBroken(f'the dependency graph has a cycle through {stuck[:4]}')
    return times


_Key = tuple[RobotId, int]


def _arcs(
    state: FleetState, hops: dict[_Key, Hop]
) -> tuple[dict[_Key, int], dict[_Key, list[tuple[_Key, ResourceId]]]]:
    waits_on = dict.fromkeys(hops, 0)
    followers: dict[_Key, list[tuple[_Key, ResourceId]]] = {}

    def arc(before: _Key, after: _Key, resource: ResourceId) -> None:
        if before in hops and after in hops and before != after:
            waits_on[after] += 1
            followers.setdefault(before, []).append((after, resource))

    for robot, sequence in hops:
        arc((robot, sequence - 1), (robot, sequence), ResourceId(''))
    for resource, queue in state.queues.items():
        for first, then in itertools.pairwise(queue):
            if first.robot != then.robot:
                if first.freed_by == 0:
                    raise InvariantBroken(f'{then.robot} waits for ever on {resource}')
                arc((first.robot, first.freed_by), (then.robot, then.taken_by), resource)
    return waits_on, followers


def _late(state: FleetState, key: _Key, hop: Hop, hindered: Hindrances) -> int:
    """Return how much later the hop is done than planned because something stands still."""
    robot = state.robots[key[0]]
    stands = key[0] in hindered.robots and hop is robot.hops[0]
    shut = hop.lift in hindered.lifts and key[1] > robot.released
    return LATE_MS if stands or shut else 0


def _settle(state: FleetState, times: Times, key: _Key, hop: Hop, *, late: int) -> None:
    robot, sequence = state.robots[key[0]], key[1]
    duration = hop.end - hop.start
    released = sequence <= robot.released
    if released and sequence == robot.done + 1:
        end = max(robot.moving_since + duration, times.now + ALMOST_THERE_MS) + late
        times.start[key], times.end[key] = times.now, end
        return
    moves = max(times.now, times.end.get((robot.id, sequence - 1), 0)) + late
    for resource in hop.claims:
        for claim in _before(state, resource, key):
            moves = max(moves, times.freed(claim))
    held = released or sequence <= state.frozen(robot)
    times.start[key] = times.now if held else moves
    times.end[key] = moves + duration


def _before(state: FleetState, resource: ResourceId, key: _Key) -> list[Claim]:
    queue = state.queues[resource]
    for place, claim in enumerate(queue):
        if (claim.robot, claim.taken_by) == key:
            before = queue[place - 1 : place]
            return [c for c in before if c.robot != key[0]]
    raise InvariantBroken(f'{key} has no claim on {resource}')
