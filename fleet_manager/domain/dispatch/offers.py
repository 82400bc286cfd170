"""May this robot serve this delivery? The first reason why not, in words for pages."""

from __future__ import annotations

from fleet_manager.domain.deliveries.goods import GOODS, GoodsClass
from fleet_manager.domain.dispatch.predicates.can_get_there import Ways, can_get_there
from fleet_manager.domain.dispatch.predicates.has_battery_for_a_run import has_battery_for_a_run
from fleet_manager.domain.dispatch.predicates.may_carry import is_built_for, may_carry
from fleet_manager.domain.dispatch.predicates.may_drive_there import may_drive_there
from fleet_manager.domain.state import Delivery, Robot
from fleet_manager.domain.traffic.hindrances import hindrances, stands_still
from fleet_manager.domain.turn import Turn


def why_not(turn: Turn, ways: Ways, robot: Robot, delivery: Delivery) -> str | None:
    """Return why the robot may not serve the delivery now, as a code; None: it may."""
    unfit = why_unfit(turn, robot, GOODS[delivery.goods])
    return unfit or why_no_way(turn, ways, robot, delivery)


def why_unfit(turn: Turn, robot: Robot, goods: GoodsClass) -> str | None:
    """Return why the robot may not have such goods now, wherever they go."""
    hospital = turn.hospital
    if not turn.may_move(robot) or stands_still(turn, robot):
        return 'not_in_service'
    build = hospital.types[hospital.robots[robot.id].type]
    if not is_built_for(build, hospital.compartments(robot.id), goods):
        return 'not_built_for_it'
    if not may_carry(turn, robot, goods):
        return 'needs_cleaning'
    if not has_battery_for_a_run(turn, robot):
        return 'battery_low'
    return None


def why_no_way(turn: Turn, ways: Ways, robot: Robot, delivery: Delivery) -> str | None:
    """Return why the robot does not get to the stations of the delivery now."""
    if not may_drive_there(turn, robot, delivery):
        return 'no_way_for_it'
    if not can_get_there(turn, ways, robot, delivery):
        return 'blocked'
    return None


def reasons(turn: Turn, delivery: Delivery) -> tuple[str, ...]:
    """Return why each robot may not serve the delivery; empty as soon as one may."""
    ways, found = Ways(turn, hindrances(turn)), list[str]()
    for robot in turn.robots():
        reason = why_not(turn, ways, robot, delivery)
        if reason is None:
            return ()
        found.append(reason)
    return tuple(found) or ('not_in_service',)


def no_robot_can(turn: Turn, delivery: Delivery) -> str | None:
    """Return why no robot at all may serve the delivery now; None: one may, when it has time."""
    found = reasons(turn, delivery)
    if not found:
        return None
    most = max(sorted(set(found)), key=found.count)
    return most if most != 'not_in_service' or set(found) == {most} else _but(found)


def _but(found: tuple[str, ...]) -> str:
    """Return what keeps those that are in service from it."""
    others = [reason for reason in found if reason != 'not_in_service']
    return max(sorted(set(others)), key=others.count)
