"""Out of closed places: around them, out of them the shortest way, or not on from where they are.

A robot that finds no other way keeps its plan and is not let onto the closed place: it goes on
when that is opened. Its delivery is not lost, and others are led around it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from fleet_manager.domain.deliveries.lifecycle import ENDS, DeliveryState
from fleet_manager.domain.dispatch.bays import bay_leg
from fleet_manager.domain.dispatch.legs import Search, find_leg, may_search, send
from fleet_manager.domain.dispatch.predicates.may_drive_there import may_drive_there
from fleet_manager.domain.messages import LegPlanned, RobotSentAway, RunWithdrawn
from fleet_manager.domain.state import Delivery, Robot
from fleet_manager.domain.traffic.closures import Closed
from fleet_manager.domain.turn import Turn

#: With people at its compartment the robot stays until they are done.
_IN_HANDS: Final = frozenset({DeliveryState.LOADING, DeliveryState.OPENED})


def keep_out(turn: Turn) -> None:
    """Turn away every robot whose plan leads into what is closed, and send out who is inside.

    Call after everything else is planned and before anything is released, in the same turn.
    """
    closed = turn.closed
    if closed is None:
        return
    for robot in turn.robots():
        _withdraw(turn, robot)
        if _is_in_hands(turn, robot):
            continue
        if not may_search(turn, robot, Search.KEEP_OUT):
            continue
        if _is_turned_away(turn, closed, robot):
            _leave(turn, robot, _way_out(turn, closed, robot))
        elif _goes_the_long_way(closed, robot):
            _leave(turn, robot, _way(turn, closed, robot))


def is_closed_off(turn: Turn, delivery: Delivery) -> bool:
    """Whether only closures keep the delivery from going on: from its robot, or from any."""
    closed = turn.closed
    if closed is None or delivery.state in ENDS:
        return False
    robot = turn.state.robots[delivery.robot] if delivery.robot is not None else None
    if robot is not None:
        return _is_kept_from(turn, closed, robot, delivery)
    if delivery.state is not DeliveryState.ACCEPTED:
        return False
    here = turn.robots()
    before = replace(turn, graph=closed.before, closed=None)
    return any(may_drive_there(before, r, delivery) for r in here) and not any(
        may_drive_there(turn, r, delivery) for r in here
    )


def is_shut_in(turn: Turn, robot: Robot) -> bool:
    """Whether the robot is in a closed place and the last search found no way to a bay outside."""
    closed = turn.closed
    if closed is None or (robot.id, Search.KEEP_OUT.value) not in turn.sensed.in_vain:
        return False
    return closed.is_inside(robot.id, turn.state.frozen_end(robot))


def _is_kept_from(turn: Turn, closed: Closed, robot: Robot, delivery: Delivery) -> bool:
    """Whether the robot of a delivery cannot get to where it has to go with it."""
    if delivery.is_surely_empty:
        before = replace(turn, graph=closed.before, closed=None)
        return may_drive_there(before, robot, delivery) and not may_drive_there(
            turn, robot, delivery
        )
    goal, start = turn.hospital.stations[delivery.goal].node, turn.state.frozen_end(robot)
    if delivery.state is not DeliveryState.UNDER_WAY:
        return False
    if closed.is_inside(robot.id, goal):
        return True
    is_cut = start not in closed.graph.of_robot(robot.id).times_to(goal)
    return is_cut and start in closed.before.of_robot(robot.id).times_to(goal)


def _withdraw(turn: Turn, robot: Robot) -> None:
    """Take what is not loaded from a robot that cannot serve it: another may, later."""
    for delivery in turn.state.served_by(robot):
        if not delivery.is_surely_empty or delivery.run is None:
            continue
        if is_closed_off(turn, delivery):
            turn.emit(RunWithdrawn(delivery.run, robot.id, delivery.id, 'closed'))


def _is_in_hands(turn: Turn, robot: Robot) -> bool:
    in_hands = any(d.state in _IN_HANDS for d in turn.state.at_stop(robot))
    return in_hands or turn.state.opening_of(robot) is not None


def _is_turned_away(turn: Turn, closed: Closed, robot: Robot) -> bool:
    """Whether the plan ends in what is closed, or a step of it leads there that may be changed."""
    return closed.is_inside(robot.id, robot.goal) or _is_stopped(turn, closed, robot)


def _goes_the_long_way(closed: Closed, robot: Robot) -> bool:
    """Whether the robot would go on within the closed place, past the nearest way out."""
    return any(
        hop.sequence > robot.released and not closed.leads_nearer(robot.id, hop)
        for hop in robot.hops
    )


def _leave(turn: Turn, robot: Robot, leg: LegPlanned | None) -> None:
    for delivery in turn.state.at_stop(robot) if leg is not None else ():
        if delivery.state is DeliveryState.AWAITING_RECEIPT:
            turn.emit(RobotSentAway(robot.id, delivery.id))
        elif delivery.run is not None:
            turn.emit(RunWithdrawn(delivery.run, robot.id, delivery.id, 'closed'))
    send(turn, robot, Search.KEEP_OUT, leg)


def _way_out(turn: Turn, closed: Closed, robot: Robot) -> LegPlanned | None:
    """Return another way: the nearest out, else any out, else to where it keeps nobody out.

    That is a bay behind what stands still, one in the closed place when there is none outside or,
    for a robot that can do nothing until it is opened, any but the station it was bound for.
    """
    leg = _way(turn, closed, robot)
    is_inside = closed.is_inside(robot.id, turn.state.frozen_end(robot))
    if leg is None and is_inside:
        leg = _way(replace(turn, graph=closed.any_way_out), closed, robot)
    leg = leg or bay_leg(turn, robot, patient=True)
    if leg is None and is_inside and _is_stopped(turn, closed, robot):
        leg = bay_leg(replace(turn, graph=closed.within), robot)
    if leg is None and robot.hops and turn.hospital.station_at(robot.goal) is not None:
        leg = bay_leg(replace(turn, graph=closed.before), robot, patient=True)
    return leg


def _is_stopped(turn: Turn, closed: Closed, robot: Robot) -> bool:
    frozen = turn.state.frozen(robot)
    return any(hop.sequence > frozen and closed.stops(robot, hop) for hop in robot.hops)


def _way(turn: Turn, closed: Closed, robot: Robot) -> LegPlanned | None:
    leg = None
    if not closed.is_inside(robot.id, robot.goal):
        leg = find_leg(turn, robot, robot.purpose, robot.goal)
    return leg or bay_leg(turn, robot)
