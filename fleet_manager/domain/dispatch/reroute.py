"""Around what stands still: another way, a bay, or at least no place kept from the others."""

from __future__ import annotations

from fleet_manager.domain.dispatch.bays import bay_leg
from fleet_manager.domain.dispatch.legs import Search, find_leg, is_rested, send
from fleet_manager.domain.maps.model import NodeKind
from fleet_manager.domain.messages import LegPlanned
from fleet_manager.domain.state import Robot
from fleet_manager.domain.traffic.hindrances import hindrances
from fleet_manager.domain.traffic.plan import is_hopeless
from fleet_manager.domain.traffic.retime import Times, expected
from fleet_manager.domain.turn import Turn


def reroute(turn: Turn, budget: int) -> None:
    """Lead robots around what stands still, or into a bay, before they pile up behind it.

    Who cannot move must not keep a station it was going to: in the plan it goes to a bay instead,
    whenever it can.
    """
    hindered = hindrances(turn)
    if not (hindered.robots or hindered.lifts or hindered.lanes or hindered.stopped):
        return
    times = expected(turn)
    for robot in turn.robots():
        if budget == 0 or not robot.hops or not is_rested(turn, robot, Search.WAY_OUT):
            continue
        leg = robot.leg
        if robot.id in hindered.robots:
            if _keeps_station_from_afar(turn, robot):
                budget -= 1
                send(turn, robot, Search.WAY_OUT, bay_leg(turn, robot, patient=True))
        elif turn.may_move(robot) and _waits_in_vain(turn, robot, times):
            budget -= 1
            send(turn, robot, Search.WAY_OUT, _way_out(turn, robot))
        if robot.leg != leg:
            times = expected(turn)


def _way_out(turn: Turn, robot: Robot) -> LegPlanned | None:
    leg = find_leg(turn, robot, robot.purpose, robot.goal) or bay_leg(turn, robot)
    if leg is None and _keeps_station_from_afar(turn, robot):
        return bay_leg(turn, robot, patient=True)
    return leg


def _keeps_station_from_afar(turn: Turn, robot: Robot) -> bool:
    on_its_way = robot.hops[-1].sequence > turn.state.frozen(robot)
    return on_its_way and turn.hospital.nodes[robot.goal].kind is NodeKind.STATION


def _waits_in_vain(turn: Turn, robot: Robot, times: Times) -> bool:
    return is_hopeless(times.end[robot.id, robot.hops[-1].sequence], now=turn.now)
