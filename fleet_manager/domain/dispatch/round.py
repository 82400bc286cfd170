"""The policy: parcels into runs, runs along their stops, others out of the way. A line a rule."""

from __future__ import annotations

from typing import Final

from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.dispatch.bays import (
    bay_leg,
    is_nearer_by,
    should_be_cleaned,
    should_charge,
    should_leave_cleaning,
)
from fleet_manager.domain.dispatch.improve import improve
from fleet_manager.domain.dispatch.insert import insert_parcels
from fleet_manager.domain.dispatch.leave_recalled import leave_recalled
from fleet_manager.domain.dispatch.legs import Search, find_leg, kept_by_another, may_search, send
from fleet_manager.domain.dispatch.move_on import move_on, put_off
from fleet_manager.domain.dispatch.other_lift import change_lifts
from fleet_manager.domain.dispatch.porters import ask_porters
from fleet_manager.domain.dispatch.predicates.can_get_there import Ways, can_get_there
from fleet_manager.domain.dispatch.reroute import reroute
from fleet_manager.domain.dispatch.runs import take_away
from fleet_manager.domain.dispatch.urgency import errand, most_urgent_first
from fleet_manager.domain.maps.model import NodeKind
from fleet_manager.domain.messages import DeliveryExpired, PorterAsked
from fleet_manager.domain.state import Delivery, Robot
from fleet_manager.domain.traffic.hindrances import hindrances, is_stuck
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import SECOND

#: A robot that may not move for so long loses a delivery that is not loaded.
WITHDRAW_AFTER_MS: Final = 60_000
#: Searches a turn: the rest waits for the next one, so that a turn stays short.
LEGS_A_TURN: Final = 4
#: A robot whose next station is taken moves to a bay that is nearer to it by so much.
COME_NEAR_MS: Final = 30 * SECOND
#: Searches a turn for better plans than those that robots follow.
IMPROVEMENTS_A_TURN: Final = 4


def dispatch_round(turn: Turn) -> None:
    """Decide what is to be decided now. Idempotent: without news a second round does nothing."""
    ways = Ways(turn, hindrances(turn))
    withdraw(turn, ways)
    move_on(turn)
    ask_porters(turn)
    insert_parcels(turn, ways)
    continue_runs(turn, LEGS_A_TURN)
    clear_stations(turn, LEGS_A_TURN)
    reroute(turn, LEGS_A_TURN)
    change_lifts(turn, LEGS_A_TURN)
    leave_recalled(turn)
    improve(turn, IMPROVEMENTS_A_TURN)


def withdraw(turn: Turn, ways: Ways) -> None:
    """Take deliveries from robots that cannot come, and end those nobody loads."""
    for robot in turn.robots():
        if not robot.stops:
            continue
        is_lost = _is_lost(turn, robot)
        if not is_lost and ways.are_free and not turn.state.is_at_stop(robot):
            continue
        for delivery in turn.state.served_by(robot):
            if not delivery.is_surely_empty:
                continue
            if is_lost:
                take_away(turn, robot, delivery, 'robot_unavailable')
            elif _nobody_loads(turn, delivery):
                take_away(turn, robot, delivery, 'not_loaded')
                held = delivery.meets_at is not None  # by a rescuer: it is not back at its sender
                event = PorterAsked(delivery.id, 'not_loaded') if held else None
                turn.emit(event or DeliveryExpired(delivery.id))
            elif _cannot_come(turn, ways, robot, delivery):
                take_away(turn, robot, delivery, 'no_way')


def continue_runs(turn: Turn, budget: int) -> None:
    """Plan the next leg of robots that serve a delivery, as soon as nobody keeps their goal.

    A robot without a way waits in a bay, where it keeps nobody from a station.
    """
    for robot in most_urgent_first(turn, [r for r in turn.robots() if _has_to_go(turn, r)]):
        goal = errand(turn, robot)
        if goal is None or budget == 0 or kept_by_another(turn, robot, goal[1]):
            continue
        budget -= 1
        leg = find_leg(turn, robot, *goal)
        if leg is None:
            put_off(turn, robot, 'no_way', Ways(turn, hindrances(turn)))
        if leg is None and turn.hospital.nodes[robot.goal].kind is NodeKind.STATION:
            leg = bay_leg(turn, robot)
        send(turn, robot, Search.ERRAND, leg)


def clear_stations(turn: Turn, budget: int) -> None:
    """Send robots without an errand to a charger or a parking bay, off the stations.

    A robot with an errand whose goal is taken clears its station too, so that two robots that each
    stand where the other has to go do not wait for ever.
    """
    standing = [
        robot
        for robot in turn.robots()
        if not _is_settled(turn, robot)
        and may_search(turn, robot, Search.BAY)
        and _should_clear(turn, robot)
    ]
    for robot in most_urgent_first(turn, standing)[:budget]:
        if _should_clear(turn, robot):
            send(turn, robot, Search.BAY, bay_leg(turn, robot))


def _has_to_go(turn: Turn, robot: Robot) -> bool:
    """Whether the robot needs a leg for its delivery and there may be one."""
    goal = errand(turn, robot)
    if goal is None or robot.goal == goal[1] or not may_search(turn, robot, Search.ERRAND):
        return False
    return not kept_by_another(turn, robot, goal[1])


def _is_settled(turn: Turn, robot: Robot) -> bool:
    """Whether the robot is where it has to be, or on its way there: true of most of the busy."""
    if not robot.stops:
        return False
    if turn.hospital.nodes[robot.goal].kind is not NodeKind.STATION:
        return bool(robot.hops)
    goal = errand(turn, robot)
    return goal is None or goal[1] == robot.goal


def _should_clear(turn: Turn, robot: Robot) -> bool:
    if turn.hospital.nodes[robot.goal].kind is not NodeKind.STATION:
        if robot.stops:
            return not robot.hops and is_nearer_by(turn, robot) >= COME_NEAR_MS
        if should_leave_cleaning(turn, robot):
            return True
        return should_be_cleaned(turn, robot) or should_charge(turn, robot)
    if not robot.stops:
        return True
    goal = errand(turn, robot)
    if goal is None or goal[1] == robot.goal:
        return False
    return kept_by_another(turn, robot, goal[1])


def _is_lost(turn: Turn, robot: Robot) -> bool:
    if robot.excluded is not None or is_stuck(turn, robot):
        return True
    sense = turn.sensed.robots.get(robot.id)
    heard = sense.heard if sense is not None else turn.sensed.started
    return turn.now - heard > WITHDRAW_AFTER_MS


def _nobody_loads(turn: Turn, delivery: Delivery) -> bool:
    if delivery.state is not DeliveryState.AWAITING_LOAD:
        return False
    arrived = delivery.times[DeliveryState.AWAITING_LOAD]
    return turn.now - arrived > GOODS[delivery.goods].load_limit


def _cannot_come(turn: Turn, ways: Ways, robot: Robot, delivery: Delivery) -> bool:
    """Whether the robot is kept from its work by what stands still, and could do other work."""
    if delivery.state is not DeliveryState.ASSIGNED or not turn.may_move(robot):
        return False
    since = turn.now - delivery.times[DeliveryState.ASSIGNED]
    return since > WITHDRAW_AFTER_MS and not can_get_there(turn, ways, robot, delivery)
