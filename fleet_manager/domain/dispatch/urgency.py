"""How urgent a robot's way is: by its own delivery, and by those of all that wait for it.

Urgency is inherited along the dependency graph, from a robot to the one it waits for and on: a
robot with linen in front of one with blood counts as if it carried blood (priority inheritance,
after Sha, Rajkumar and Lehoczky 1990). It decides whose way is looked for first. What a robot
holds is never taken away for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Final, cast

from fleet_manager.domain.deliveries.goods import Urgency, rank
from fleet_manager.domain.dispatch.legs import kept_by_another
from fleet_manager.domain.ids import NodeId, RobotId, node_resource
from fleet_manager.domain.messages import Purpose
from fleet_manager.domain.state import Delivery, Robot
from fleet_manager.domain.traffic.claims import kept_by
from fleet_manager.domain.traffic.retime import Times, expected
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import FOREVER

#: Rank after its waiting time, promise, id: lower goes first.
Key = tuple[int, int, str]
#: Of a robot without a delivery, for which nobody waits.
IDLE: Final[Key] = (1_000, int(FOREVER), '')
#: What a minute of a robot counts by its rank: of STAT goods as much as that of eight idle ones.
_WEIGHTS: Final = (8, 4, 2, 1)

_Hop = tuple[RobotId, int]


def urgency_key(turn: Turn, delivery: Delivery) -> Key:
    """Return the order of service: rank after its waiting time, promise, id."""
    waited = turn.now - delivery.requested_at
    return (rank(Urgency(delivery.urgency), waited=waited), delivery.promised_at, delivery.id)


def own_urgency(turn: Turn, robot: Robot) -> Key:
    """Return the highest urgency of what the robot serves, `IDLE` without anything."""
    first = IDLE
    for delivery in turn.state.served_by(robot):
        first = min(first, urgency_key(turn, delivery))
    return first


def urgency_of(turn: Turn, robot: Robot) -> Key:
    """Return the highest urgency of the robot's own delivery and of those that wait for it."""
    return urgencies(turn)[robot.id]


def most_urgent_first(turn: Turn, robots: list[Robot]) -> list[Robot]:
    """Return the robots by the urgency they have or inherit, then by id."""
    if len(robots) < 2:
        return robots
    known = urgencies(turn)
    return sorted(robots, key=lambda robot: (known[robot.id], robot.id))


def weight(key: Key) -> int:
    """Return what a minute of a robot of this urgency counts, 1 to 8."""
    return _WEIGHTS[min(max(key[0], 0), len(_WEIGHTS) - 1)]


def urgencies(turn: Turn) -> Mapping[RobotId, Key]:
    """Return the urgency of each robot, inherited. Computed once a state of the turn."""
    found = turn.memo.get('urgencies')
    if found is None:
        found = turn.memo['urgencies'] = MappingProxyType(_inherit(turn))
    return cast(Mapping[RobotId, Key], found)


def errand(turn: Turn, robot: Robot) -> tuple[Purpose, NodeId] | None:
    """Return where the robot has to go for its next stop, and why; None while it is at one."""
    if not robot.stops or turn.state.is_at_stop(robot):
        return None
    stop = robot.stops[0]
    return stop.purpose, turn.hospital.stations[stop.station].node


def _inherit(turn: Turn) -> dict[RobotId, Key]:
    own = {robot.id: own_urgency(turn, robot) for robot in turn.robots()}
    times, waiting = expected(turn), dict[_Hop, list[_Hop]]()
    for before, after in _waits(turn, times):
        waiting.setdefault(before, []).append(after)
    best: dict[_Hop, Key] = {}
    for _, hop in sorted((-end, hop) for hop, end in times.end.items()):
        first = min(own[hop[0]], best.get((hop[0], hop[1] + 1), IDLE))
        for after in waiting.get(hop, ()):
            if after in best:
                first = min(first, best[after])
        best[hop] = first
    for robot in turn.robots():
        if robot.hops:
            own[robot.id] = best[robot.id, robot.hops[0].sequence]
    for robot in sorted(turn.robots(), key=lambda r: own[r.id]):
        keeper = _keeper(turn, robot)
        if keeper is not None:
            own[keeper] = min(own[keeper], own[robot.id])
    return own


def _waits(turn: Turn, times: Times) -> Iterator[tuple[_Hop, _Hop]]:
    """Yield (hop, hop that waits for it): where the second robot is there before it is free."""
    end, now = times.end, int(times.now)
    for queue in turn.state.queues.values():
        if len(queue) == 1:
            continue
        for first, then in pairwise(queue):
            before, after = (first.robot, first.freed_by), (then.robot, then.taken_by)
            if first.robot == then.robot or before not in end or after not in end:
                continue
            if end[before] > end.get((then.robot, then.taken_by - 1), now):
                yield before, after


def _keeper(turn: Turn, robot: Robot) -> RobotId | None:
    """Return who stands, or comes to stay, where the robot has to go."""
    goal = errand(turn, robot)
    if goal is None or goal[1] == robot.goal or not kept_by_another(turn, robot, goal[1]):
        return None
    place = turn.graph.resources(node_resource(goal[1]))
    return kept_by(turn.state.queues, place, but=robot.id)
