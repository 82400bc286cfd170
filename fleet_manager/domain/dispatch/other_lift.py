"""Another lift for robots whose lift people have for a while, where that brings them there sooner.

The robot leaves the line of the one and joins that of the other, or waits on: whichever plan ends
first. With no other lift it keeps its place.
"""

from __future__ import annotations

from typing import Final

from fleet_manager.domain.dispatch.legs import Search, find_leg, may_search, send
from fleet_manager.domain.ids import LiftId
from fleet_manager.domain.messages import HopKind
from fleet_manager.domain.state import Robot
from fleet_manager.domain.traffic.hindrances import hindrances
from fleet_manager.domain.traffic.retime import expected
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import SECOND

#: A robot changes lifts only to arrive sooner by so much: what is predicted is not that exact.
SOONER_MS: Final = 10 * SECOND


def change_lifts(turn: Turn, budget: int) -> None:
    """Give robots that would wait for a lift people have another one, if they arrive sooner."""
    waits = hindrances(turn).waits
    if not waits:
        return
    for robot in turn.robots():
        if budget == 0 or _next_lift(turn, robot) not in waits:
            continue
        if not may_search(turn, robot, Search.OTHER_LIFT):
            continue
        budget -= 1
        leg = find_leg(turn, robot, robot.purpose, robot.goal)
        sooner = leg is not None and leg.hops[-1].end + SOONER_MS <= expected(turn).arrival(robot)
        send(turn, robot, Search.OTHER_LIFT, leg if sooner else None)


def _next_lift(turn: Turn, robot: Robot) -> LiftId | None:
    """Return the lift the robot boards next in its plan, as far as that may be changed."""
    for hop in robot.hops:
        if hop.kind is HopKind.BOARD:
            return LiftId(hop.lift) if hop.sequence > turn.state.frozen(robot) else None
    return None
