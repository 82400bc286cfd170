"""When a lift takes a robot again, and where its car will be: what calls and plans reckon with.

People come first. A lift whose car had people in it, or that served others, rests: nobody asks for
it, each time longer. Of a public lift robots have a share of each hour; STAT goods, and who has
waited for long, are let past that bound, so that nobody starves.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from fleet_manager.domain.deliveries.goods import Urgency
from fleet_manager.domain.ids import FloorId, LiftId, RobotId, car_resource
from fleet_manager.domain.maps.model import Lift
from fleet_manager.domain.messages import HopKind, LiftOutcome
from fleet_manager.domain.state import Robot
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import HOUR, MINUTE, SECOND, Instant, Millis

#: How long people have the car after a session without a ride: longer each time, and no longer
#: than that, so that a robot asks again for ever. A full one is empty again soon.
REST_MS: Final[Mapping[LiftOutcome, tuple[int, ...]]] = MappingProxyType(
    {
        LiftOutcome.FULL: (15 * SECOND, 30 * SECOND, 60 * SECOND, 120 * SECOND),
        LiftOutcome.REFUSED: (60 * SECOND, 120 * SECOND),
        LiftOutcome.TIMED_OUT: (60 * SECOND, 120 * SECOND),
    }
)
#: Robots have a lift that the public uses for no more than this of any hour.
PUBLIC_SHARE: Final = 0.5
#: A robot that has stood in front of a lift for so long rides whatever robots had of it.
WAITED_MS: Final = 5 * MINUTE


def rest(turn: Turn, lift: LiftId, outcome: LiftOutcome) -> Millis:
    """Return how long the lift is left to people after a session that ended so; 0: not at all."""
    times, before = REST_MS.get(outcome, (0,)), turn.state.rests.get(lift)
    tries = before.tries if before is not None else 0
    return Millis(times[min(tries, len(times) - 1)])


def rests_until(turn: Turn, lift: LiftId) -> Instant:
    """Return until when nobody asks for the lift; a time that is over when it may be asked."""
    resting = turn.state.rests.get(lift)
    return resting.until if resting is not None else Instant(0)


def shared_until(turn: Turn, lift: Lift) -> Instant:
    """Return until when robots have had their share of a public lift; now or before: they may."""
    if lift.access != 'public':
        return Instant(0)
    spans = [*turn.state.lift_use.get(lift.id, ())]
    session = turn.state.sessions.get(lift.id)
    if session is not None and session.opened_at is not None:
        spans.append((session.opened_at, turn.now))
    if sum([end - start for start, end in spans]) < PUBLIC_SHARE * HOUR:  # even the whole of it
        return Instant(0)
    begin = turn.now - HOUR
    too_much = sum(max(0, end - max(start, begin)) for start, end in spans)
    too_much -= int(PUBLIC_SHARE * HOUR)
    for start, end in spans:
        if too_much < 0:
            break
        had = max(0, end - max(start, begin))
        if had > too_much:
            return Instant(max(start, begin) + too_much + 1 + HOUR)
        too_much -= had
    return Instant(0)


def asked_from(turn: Turn, lift: Lift, robot: Robot | None = None) -> Instant:
    """Return from when the lift may be asked for, by `robot` or by any robot without haste."""
    share = shared_until(turn, lift)
    if share > turn.now:
        if _is_urgent(turn, lift.id, robot):
            share = Instant(0)
        elif robot is not None and robot.released == robot.done:
            share = min(share, Instant(robot.moving_since + WAITED_MS))
    return max(share, rests_until(turn, lift.id))


def waits(turn: Turn) -> dict[LiftId, Instant]:
    """Return the lifts that take nobody before a time to come."""
    found = {lift.id: asked_from(turn, lift) for lift in turn.hospital.lifts.values()}
    return {lift: at for lift, at in found.items() if at > turn.now}


def cars(turn: Turn) -> dict[LiftId, FloorId]:
    """Return where each car will stand once who is in line has ridden, as far as is known."""
    found = {}
    for lift in turn.hospital.lifts.values():
        floor = _after_line(turn, lift) or _now(turn, lift.id)
        if floor is not None:
            found[lift.id] = floor
    return found


def is_stat(turn: Turn, robot: Robot) -> bool:
    """Whether the robot serves a delivery that everybody makes way for."""
    return any(d.urgency == Urgency.STAT for d in turn.state.served_by(robot))


def line(turn: Turn, lift: LiftId) -> tuple[RobotId, ...]:
    """Return the robots that will ride the lift, in order, without the one it serves."""
    session = turn.state.sessions.get(lift)
    riding = session.robot if session is not None else None
    queue = turn.state.queues.get(car_resource(lift), ())
    return tuple(dict.fromkeys(claim.robot for claim in queue if claim.robot != riding))


def _is_urgent(turn: Turn, lift: LiftId, robot: Robot | None) -> bool:
    """Whether the robot, or one behind it in line, carries STAT goods."""
    if robot is not None and is_stat(turn, robot):
        return True
    return any(is_stat(turn, turn.state.robots[other]) for other in line(turn, lift))


def _after_line(turn: Turn, lift: Lift) -> FloorId | None:
    queue = turn.state.queues.get(car_resource(lift.id), ())
    if not queue:
        return None
    last = queue[-1]
    for hop in turn.state.robots[last.robot].hops:
        if hop.kind is HopKind.ALIGHT and hop.sequence > last.taken_by:
            return turn.hospital.nodes[hop.target].floor
        if hop.kind is HopKind.ALIGHT and hop.sequence == last.freed_by:
            return turn.hospital.nodes[hop.target].floor
    return None


def _now(turn: Turn, lift: LiftId) -> FloorId | None:
    """Return where the car stands or goes, as it said last; people may take it elsewhere."""
    report, _ = turn.sensed.lifts.get(lift, (None, 0))
    return report.destination_floor if report is not None else None
