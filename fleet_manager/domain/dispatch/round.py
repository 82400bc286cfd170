"""The policy: which robot serves which delivery, and where the others go. Each line is a rule."""

from __future__ import annotations

from typing import Final

from fleet_manager.domain.deliveries.goods import GOODS, Urgency
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.dispatch.bays import bay_leg, should_charge
from fleet_manager.domain.dispatch.cost import time_to
from fleet_manager.domain.dispatch.improve import improve
from fleet_manager.domain.dispatch.leave_recalled import leave_recalled
from fleet_manager.domain.dispatch.legs import Search, find_leg, kept_by_another, may_search, send
from fleet_manager.domain.dispatch.other_lift import change_lifts
from fleet_manager.domain.dispatch.predicates.can_get_there import Ways, can_get_there
from fleet_manager.domain.dispatch.predicates.has_an_empty_compartment import empty_compartment
from fleet_manager.domain.dispatch.predicates.has_battery_for_a_run import has_battery_for_a_run
from fleet_manager.domain.dispatch.predicates.is_free_and_in_service import is_free_and_in_service
from fleet_manager.domain.dispatch.predicates.may_drive_there import may_drive_there
from fleet_manager.domain.dispatch.reroute import reroute
from fleet_manager.domain.dispatch.urgency import errand, most_urgent_first, urgency_key
from fleet_manager.domain.ids import RunId
from fleet_manager.domain.maps.model import NodeKind
from fleet_manager.domain.messages import (
    DeliveryExpired,
    RunAssigned,
    RunWithdrawn,
)
from fleet_manager.domain.state import Delivery, Robot
from fleet_manager.domain.traffic.hindrances import hindrances
from fleet_manager.domain.turn import Turn

#: A robot that may not move for so long loses a delivery that is not loaded.
WITHDRAW_AFTER_MS: Final = 60_000
#: Searches a turn: the rest waits for the next one, so that a turn stays short.
LEGS_A_TURN: Final = 4
#: Searches a turn for better plans than those that robots follow.
IMPROVEMENTS_A_TURN: Final = 4
#: Robots that bring something to one station: one hands over, one is coming. A third one would
#: wait with its parcel (60 parcels, 8 robots: mean time to arrival 8 % longer without this).
ROBOTS_FOR_A_STATION: Final = 2
#: Runners-up kept with an assignment, to explain it.
RUNNERS_UP: Final = 3


def dispatch_round(turn: Turn) -> None:
    """Decide what is to be decided now. Idempotent: without news a second round does nothing."""
    ways = Ways(turn, hindrances(turn))
    withdraw(turn, ways)
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
        delivery = turn.state.deliveries[robot.delivery] if robot.delivery else None
        if delivery is None or not delivery.is_surely_empty:
            continue
        if _is_lost(turn, robot):
            turn.emit(RunWithdrawn(_run(delivery), robot.id, delivery.id, 'robot_unavailable'))
        elif _nobody_loads(turn, delivery):
            turn.emit(RunWithdrawn(_run(delivery), robot.id, delivery.id, 'not_loaded'))
            turn.emit(DeliveryExpired(delivery.id))
        elif _cannot_come(turn, ways, robot, delivery):
            turn.emit(RunWithdrawn(_run(delivery), robot.id, delivery.id, 'no_way'))


def insert_parcels(turn: Turn, ways: Ways) -> None:
    """Give each waiting delivery, most urgent first, the robot that is there soonest."""
    waiting = [d for d in turn.state.deliveries.values() if d.state is DeliveryState.ACCEPTED]
    free = [robot for robot in turn.robots() if is_free_and_in_service(turn, robot)]
    if not waiting or not free:
        return
    for delivery in sorted(waiting, key=lambda d: urgency_key(turn, d)):
        chosen = None if stands_in_line(turn, delivery) else _assign(turn, ways, delivery, free)
        if chosen is not None:
            free.remove(chosen)


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
        if may_search(turn, robot, Search.BAY) and _should_clear(turn, robot)
    ]
    for robot in most_urgent_first(turn, standing)[:budget]:
        if _should_clear(turn, robot):
            send(turn, robot, Search.BAY, bay_leg(turn, robot))


def _assign(turn: Turn, ways: Ways, delivery: Delivery, free: list[Robot]) -> Robot | None:
    """Give the delivery the one of the free robots that is there soonest, and return it."""
    sender = turn.hospital.stations[delivery.sender].node
    offers = []
    for robot in free:
        if not has_battery_for_a_run(turn, robot) or kept_by_another(turn, robot, sender):
            continue
        if not may_drive_there(turn, robot, delivery):
            continue
        if not can_get_there(turn, ways, robot, delivery):
            continue
        compartment = empty_compartment(turn, robot)
        cost = time_to(turn, robot, sender)
        if compartment is not None and cost is not None:
            offers.append((cost, robot.id, compartment))
    if not offers:
        return None
    offers.sort()
    cost, chosen, compartment = offers[0]
    turn.emit(
        RunAssigned(
            run=RunId(f'R{turn.state.runs_made + 1:06d}'),
            robot=chosen,
            delivery=delivery.id,
            compartment=compartment,
            cost_ms=cost,
            runners_up=tuple((robot, cost) for cost, robot, _ in offers[1 : RUNNERS_UP + 1]),
        )
    )
    return turn.state.robots[chosen]


def stands_in_line(turn: Turn, delivery: Delivery) -> bool:
    """Whether another robot for its stations would only stand in line while others need it.

    A place to load is for one robot. What is most urgent goes first at its recipient all the same.
    """
    working = [r for r in turn.robots() if turn.may_move(r)]
    served = [turn.state.deliveries[r.delivery] for r in working if r.delivery is not None]
    coming = [d for d in served if d.recipient == delivery.recipient]
    if any(d.sender == delivery.sender and d.state is DeliveryState.ASSIGNED for d in served):
        return True
    return len(coming) >= ROBOTS_FOR_A_STATION and delivery.urgency != Urgency.STAT


def _has_to_go(turn: Turn, robot: Robot) -> bool:
    """Whether the robot needs a leg for its delivery and there may be one."""
    goal = errand(turn, robot)
    if goal is None or robot.goal == goal[1] or not may_search(turn, robot, Search.ERRAND):
        return False
    return not kept_by_another(turn, robot, goal[1])


def _should_clear(turn: Turn, robot: Robot) -> bool:
    if turn.hospital.nodes[robot.goal].kind is not NodeKind.STATION:
        return should_charge(turn, robot)
    if robot.delivery is None:
        return True
    goal = errand(turn, robot)
    if goal is None or goal[1] == robot.goal:
        return False
    return kept_by_another(turn, robot, goal[1])


def _is_lost(turn: Turn, robot: Robot) -> bool:
    if robot.excluded is not None:
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


def _run(delivery: Delivery) -> RunId:
    if delivery.run is None:
        raise LookupError(f'{delivery.id} has no run')
    return delivery.run
