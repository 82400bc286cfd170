"""Better plans while robots drive: for one that is late or waits, alone or with those before it.

1. Alone. What the robot has planned and was not released goes; the new leg fits into the gaps of
   the others' expected times. So it may now pass before one that is late (its arc is reversed),
   and nobody else gets later: see traffic/plan.py.
2. With up to three robots it waits for, directly or through each other: all their plans go, the
   late one is planned first, the others by urgency. The new plan is tried on a copy: it is taken,
   whole and in one event, only if it has no cycle, so that rule P1 holds for the union, everybody
   ends in its own bay, and the sum of arrivals, weighted by urgency, drops. Otherwise nothing
   has changed, not a byte.

Each plan that is taken lowers that sum by a few seconds and per cent at least. Only new delays
raise it again: two robots never make room for each other for ever (open-rmf/rmf_traffic#108).
The sum takes each robot by its own urgency, since those that wait for it are in the sum too: by
an inherited one, which changes with the plan, two plans could each be better than the other.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Final

from fleet_manager.domain.dispatch.urgency import most_urgent_first, own_urgency, urgencies, weight
from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.evolve import apply
from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.messages import Hop, LegPlanned, LegsReplanned
from fleet_manager.domain.state import Claim, FleetState, Robot
from fleet_manager.domain.traffic.hindrances import Hindrances, hindrances, stands_still
from fleet_manager.domain.traffic.plan import is_hopeless, plan_leg, plan_legs
from fleet_manager.domain.traffic.retime import Times, expected, retime
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import SECOND, Instant, Millis

#: A plan is changed for no less: robots that turn round for a second look lost.
MIN_GAIN_MS: Final = 5 * SECOND
#: And for no smaller share of the time that is left, in per cent.
MIN_GAIN_PERCENT: Final = 5
#: Robots are looked at so often; when something began or ceased to stand still, at once.
LOOK_EVERY_MS: Final = 2 * SECOND
#: The plan of a robot is looked at again after so long, twice as long after each time in vain.
AGAIN_MS: Final = (10 * SECOND, 20 * SECOND, 40 * SECOND, 80 * SECOND)
#: Robots planned anew together.
NEIGHBOURS: Final = 4


def improve(turn: Turn, budget: int) -> None:
    """Look for better plans with `budget` searches, where most is lost first."""
    if not _is_time(turn):
        return
    for robot in _losing(turn):
        if budget == 0:
            return
        budget -= 1
        event = _alone(turn, robot)
        if event is None:
            together = _in_its_way(turn, robot)
            if not 1 < len(together) <= budget:
                _look_again(turn, robot, in_vain=True)
                continue
            budget -= len(together)
            event = _together(turn, together)
        _look_again(turn, robot, in_vain=event is None)
        if event is not None:
            turn.emit(event)


def _is_time(turn: Turn) -> bool:
    """Whether robots are looked at now. After news all are, whenever they were looked at last."""
    hindered, sensed = hindrances(turn), turn.sensed
    standing = frozenset[str](
        (*hindered.robots, *hindered.lifts, *sensed.failed_doors, *turn.state.closures)
    )
    if standing != sensed.standing:
        sensed.standing = standing
        sensed.improved.clear()
    elif turn.now - sensed.looked < LOOK_EVERY_MS:
        return False
    sensed.looked = turn.now
    return True


def _losing(turn: Turn) -> list[Robot]:
    """Return the robots that arrive later than on an empty floor, the greatest loss first.

    Loss counts by urgency. Whose plan was looked at lately waits for its turn.
    """
    found = []
    moving = [r for r in turn.robots() if _is_due(turn, r) and _may_change(turn, r)]
    if not moving:
        return []
    times = expected(turn)
    for robot in moving:
        loss = _loss(turn, robot, times)
        if loss >= _least_gain(times.arrival(robot) - turn.now):
            found.append((loss, robot))
    if len(found) < 2:
        return [robot for _, robot in found]
    known = urgencies(turn)
    found.sort(key=lambda one: (-one[0] * weight(known[one[1].id]), one[1].id))
    return [robot for _, robot in found]


def _may_change(turn: Turn, robot: Robot) -> bool:
    """Whether the robot moves and has steps that are not released, nor part of its ride."""
    if not robot.hops or turn.state.session_of(robot.id) is not None:
        return False
    ahead = robot.hops[-1].sequence > turn.state.frozen(robot)
    return ahead and turn.may_move(robot) and not stands_still(turn, robot)


def _is_due(turn: Turn, robot: Robot) -> bool:
    last = turn.sensed.improved.get(robot.id)
    return last is None or turn.now >= last[0]


def _look_again(turn: Turn, robot: Robot, *, in_vain: bool) -> None:
    """Note when the plan of the robot may be looked at next."""
    last = turn.sensed.improved.get(robot.id)
    times = min(last[1] + 1, len(AGAIN_MS) - 1) if in_vain and last is not None else 0
    turn.sensed.improved[robot.id] = (Instant(turn.now + AGAIN_MS[times]), times)


def _loss(turn: Turn, robot: Robot, times: Times) -> int:
    """Return how much later than on an empty floor the robot arrives; 0 where that is hopeless."""
    node, at, frozen = robot.node, int(turn.now), turn.state.frozen(robot)
    for hop in robot.hops:
        if hop.sequence <= frozen:
            node, at = hop.target, times.end[robot.id, hop.sequence]
    alone, arrival = turn.graph.of_robot(robot.id).times_to(robot.goal), times.arrival(robot)
    if node not in alone or is_hopeless(arrival, now=turn.now):
        return 0
    return arrival - at - alone[node]


def _least_gain(left: int) -> int:
    return max(MIN_GAIN_MS, left * MIN_GAIN_PERCENT // 100)


def _alone(turn: Turn, robot: Robot) -> LegsReplanned | None:
    """Return a better leg of one robot; with it nobody gets later."""
    times = expected(turn)
    leg = plan_leg(
        turn.state,
        turn.graph,
        robot,
        goal=robot.goal,
        purpose=robot.purpose,
        now=turn.now,
        hindered=_hindered(turn),
        times=times,
    )
    if leg is None or not leg.hops:
        return None
    before = times.arrival(robot)
    gain = before - leg.hops[-1].end
    if gain < _least_gain(before - turn.now):
        return None
    return LegsReplanned(robot.id, (leg,), gain_ms=Millis(gain))


def _together(turn: Turn, robots: list[Robot]) -> LegsReplanned | None:
    """Return better legs of robots planned in this order, if all of them hold together."""
    times, hindered = expected(turn), _hindered(turn)
    legs = plan_legs(turn.state, turn.graph, robots, hindered=hindered, times=times)
    if legs is None:
        return None
    then = _tried(turn, LegsReplanned(robots[0].id, legs, 0), hindered)
    if then is None:
        return None
    weights = {robot.id: weight(own_urgency(turn, robot)) for robot in turn.robots()}
    gain = sum(weights[r.id] * (times.arrival(r) - then[r.id]) for r in turn.robots())
    left = sum(weights[r.id] * (times.arrival(r) - turn.now) for r in robots)
    heaviest = max(weights[robot.id] for robot in robots)
    if gain < max(MIN_GAIN_MS * heaviest, left * MIN_GAIN_PERCENT // 100):
        return None
    return LegsReplanned(robots[0].id, legs, gain_ms=gain)


def _hindered(turn: Turn) -> Hindrances:
    """Return what stands still, and nothing of where cars are just now.

    A car is somewhere else soon: a plan is not better because a car happens to be near.
    """
    return replace(hindrances(turn), cars={})


def _tried(turn: Turn, event: LegsReplanned, hindered: Hindrances) -> dict[RobotId, int] | None:
    """Return when all arrive with the new legs; None when somebody would wait for ever."""
    state = _copy(turn.state, event.legs)
    apply(state, event, turn.now)
    try:
        times = retime(state, turn.now, hindered)
    except InvariantBroken:
        return None  # two of the legs wait for each other: planned apart, they need not fit
    return {robot.id: times.arrival(robot) for robot in state.robots.values()}


def _copy(state: FleetState, legs: tuple[LegPlanned, ...]) -> FleetState:
    """Return a state in which legs may be replanned while the given one stays as it is."""
    robots, deliveries = dict(state.robots), dict(state.deliveries)
    for leg in legs:
        robot = robots[leg.robot] = replace(state.robots[leg.robot])
        for name in robot.deliveries:
            deliveries[name] = replace(deliveries[name])
    queues = {
        resource: [Claim(c.robot, c.taken_by, c.freed_by) for c in queue]
        for resource, queue in state.queues.items()
    }
    return replace(state, robots=robots, deliveries=deliveries, queues=queues)


def _in_its_way(turn: Turn, robot: Robot) -> list[Robot]:
    """Return the robot and those it waits for, directly or through each other, in planning order.

    The robot itself first, then by urgency; only those that may get another plan.
    """
    times, found, ahead = expected(turn), dict[RobotId, Robot](), [robot]
    while ahead and len(found) + len(ahead) <= NEIGHBOURS:
        one = ahead.pop(0)
        if one.id in found or not _may_change(turn, one):
            continue
        found[one.id] = one
        ahead += [turn.state.robots[other] for other in _waited_for(turn, one, times)]
    others = [one for one in found.values() if one is not robot]
    return [robot, *most_urgent_first(turn, others)] if robot.id in found else []


def _waited_for(turn: Turn, robot: Robot, times: Times) -> list[RobotId]:
    """Return for whom the robot waits on its way, the longest wait first."""
    waits: dict[RobotId, int] = {}
    there = int(turn.now)
    for hop in robot.hops:
        start, end = times.start[robot.id, hop.sequence], times.end[robot.id, hop.sequence]
        if start > there:
            other = _last_before(turn, robot, hop, times)
            if other is not None:
                waits[other] = max(waits.get(other, 0), start - there)
        there = end
    return sorted(waits, key=lambda other: (-waits[other], other))


def _last_before(turn: Turn, robot: Robot, hop: Hop, times: Times) -> RobotId | None:
    """Return whose claim, of those just before the robot's own, is given back last."""
    found: list[tuple[int, RobotId]] = []
    for resource in hop.claims:
        queue = turn.state.queues[resource]
        for first, then in pairwise(queue):
            if (then.robot, then.taken_by) == (robot.id, hop.sequence) and first.freed_by:
                found.append((times.freed(first), first.robot))
    other = max(found)[1] if found else robot.id
    return other if other != robot.id else None
