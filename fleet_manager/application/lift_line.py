"""Who stands in line for a lift, why each one is not riding yet, and until when it may take."""

from __future__ import annotations

from typing import Any, Final

from fleet_manager.domain.ids import LiftId, RobotId
from fleet_manager.domain.lifts import outlook
from fleet_manager.domain.maps.model import Lift
from fleet_manager.domain.messages import Hop, HopKind
from fleet_manager.domain.state import Robot
from fleet_manager.domain.traffic.hindrances import is_out_of_service
from fleet_manager.domain.traffic.retime import Times
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import SECOND

#: Expected times are told in such steps, so that pages do not hear of each second they slip.
STEP_MS: Final = 5 * SECOND


def line(turn: Turn, times: Times, lift: Lift) -> list[dict[str, Any]]:
    """Return the robots that will ride the lift after the one it serves, in order.

    Each with why it waits, as a code and its figures, and when it is expected to enter the car.
    """
    session = turn.state.sessions.get(lift.id)
    before = session.robot if session is not None else None
    found = []
    for robot in outlook.line(turn, lift.id):
        code, params = _why(turn, lift, turn.state.robots[robot], before)
        expected = _expected(turn, times, lift.id, turn.state.robots[robot])
        found.append({'robot': robot, 'code': code, 'params': params, 'expected': expected})
        before = robot
    return found


def _why(
    turn: Turn, lift: Lift, robot: Robot, before: RobotId | None
) -> tuple[str, dict[str, Any]]:
    if is_out_of_service(turn, lift.id):
        return 'no_robots', {}
    if before is not None:
        return 'behind', {'robot': before}
    rests, asked = outlook.rests_until(turn, lift.id), outlook.asked_from(turn, lift, robot)
    if asked > turn.now:
        return ('people' if rests == asked else 'share'), {'until': asked}
    hop = robot.next_hop()
    stands = robot.released == robot.done and hop is not None and hop.lift == lift.id
    return ('next' if stands else 'comes'), {}


def _expected(turn: Turn, times: Times, lift: LiftId, robot: Robot) -> int | None:
    hop = _boards(robot, lift)
    end = times.end.get((robot.id, hop.sequence)) if hop is not None else None
    if hop is None or end is None or is_out_of_service(turn, lift):
        return None
    enters = max(turn.now, end - (hop.end - hop.start))
    return -(-enters // STEP_MS) * STEP_MS


def _boards(robot: Robot, lift: LiftId) -> Hop | None:
    for hop in robot.hops:
        if hop.kind is HopKind.BOARD and hop.lift == lift:
            return hop
    return None
