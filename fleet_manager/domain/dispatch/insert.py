"""New and released parcels into runs, as the policy says; and why one still waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from fleet_manager.domain.deliveries.goods import GOODS, Urgency
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.deliveries.ripe import ripe
from fleet_manager.domain.dispatch.cost import time_to
from fleet_manager.domain.dispatch.eta import arrivals
from fleet_manager.domain.dispatch.keep_out import is_closed_off
from fleet_manager.domain.dispatch.legs import kept_by_another
from fleet_manager.domain.dispatch.offers import no_robot_can, why_not
from fleet_manager.domain.dispatch.plan_runs import plan_runs
from fleet_manager.domain.dispatch.policy import Dispatch
from fleet_manager.domain.dispatch.predicates.can_get_there import Ways
from fleet_manager.domain.dispatch.predicates.has_a_box_for import free_box
from fleet_manager.domain.dispatch.predicates.is_free_and_in_service import is_free_and_in_service
from fleet_manager.domain.dispatch.runs import put_in
from fleet_manager.domain.dispatch.urgency import urgency_key
from fleet_manager.domain.evolve import stops_of
from fleet_manager.domain.messages import Purpose
from fleet_manager.domain.state import Delivery, Robot
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import MINUTE, SECOND

#: One parcel a trip: robots that bring something to one station: one hands over, one is coming. A
#: third one would wait with its parcel (60 parcels, 8 robots: 8 % longer without this).
ROBOTS_FOR_A_STATION: Final = 2
#: Runners-up kept with an assignment, to explain it.
RUNNERS_UP: Final = 3
#: A robot is sent so long before a parcel may be picked up.
LEAD_MS: Final = 5 * MINUTE
#: An auction closes so long after its first parcel came, and there is one at a time.
AUCTION_MS: Final = 2 * SECOND


def insert_parcels(turn: Turn, ways: Ways) -> None:
    """Put waiting parcels into runs."""
    waiting = list(
        ripe(turn.state, 'to be sent for', turn.now, among=turn.state.waiting, at=_sent_for)
    )
    if waiting or turn.policy.dispatch is Dispatch.RUNS:
        _BY[turn.policy.dispatch](turn, ways, waiting)


def is_early(turn: Turn, delivery: Delivery) -> bool:
    """Whether it is too early to send a robot for the delivery."""
    return turn.now < _sent_for(delivery)


def _sent_for(delivery: Delivery) -> int:
    """Return from when on a robot may be sent for the delivery."""
    return delivery.earliest - LEAD_MS


def why_no_robot(turn: Turn, delivery: Delivery) -> str:
    """Return why a delivery that waits has no robot yet, as a code for pages."""
    if delivery.state is DeliveryState.PORTER_ASKED:
        return 'porter_asked'
    if delivery.state is DeliveryState.CARRIED:
        return 'porter_carries'
    if not any(turn.may_move(robot) for robot in turn.robots()):
        return 'no_robot_in_service'
    if is_closed_off(turn, delivery):
        return 'closed'
    if is_early(turn, delivery):
        return 'not_yet'
    reason = no_robot_can(turn, delivery)
    if reason is not None:
        return _WHY.get(reason, 'no_robot_fits')
    return 'others_first' if stands_in_line(turn, delivery) else 'all_robots_busy'


_WHY: Final = {
    'needs_cleaning': 'no_clean_robot',
    'battery_low': 'robots_charging',
    'blocked': 'no_way_now',
}


# --- baselines: one parcel a trip  ---


def one_parcel_a_trip(turn: Turn, ways: Ways, waiting: list[Delivery]) -> None:
    """Give each, most urgent first, the free robot that is there soonest."""
    free = [robot for robot in turn.robots() if is_free_and_in_service(turn, robot)]
    for delivery in sorted(waiting, key=lambda d: urgency_key(turn, d)) if free else ():
        chosen = None if stands_in_line(turn, delivery) else _nearest(turn, ways, delivery, free)
        if chosen is not None:
            free.remove(chosen)


def first_come(turn: Turn, ways: Ways, waiting: list[Delivery]) -> None:
    """Give each, in the order they were asked for, the nearest free robot."""
    free = [robot for robot in turn.robots() if is_free_and_in_service(turn, robot)]
    for delivery in sorted(waiting, key=lambda d: d.number) if free else ():
        chosen = _nearest(turn, ways, delivery, free)
        if chosen is not None:
            free.remove(chosen)


def _nearest(turn: Turn, ways: Ways, delivery: Delivery, free: list[Robot]) -> Robot | None:
    """Give the delivery the one of the free robots that is there soonest, and return it."""
    sender = turn.hospital.stations[delivery.origin].node
    offers = []
    for robot in free:
        if kept_by_another(turn, robot, sender) or why_not(turn, ways, robot, delivery):
            continue
        box, cost = free_box(turn, robot, GOODS[delivery.goods]), time_to(turn, robot, sender)
        if box is not None and cost is not None:
            offers.append((cost, robot.id, box))
    if not offers:
        return None
    offers.sort()
    _, chosen, box = offers[0]
    others = tuple((robot, cost) for cost, robot, _ in offers[1 : RUNNERS_UP + 1])
    put_in(turn, turn.state.robots[chosen], delivery, box, runners_up=others)
    return turn.state.robots[chosen]


def stands_in_line(turn: Turn, delivery: Delivery) -> bool:
    """Whether another robot for its stations would only stand in line while others need it.

    A place to load is for one robot. What is most urgent goes first at its recipient all the same.
    """
    if turn.policy.dispatch not in (Dispatch.SINGLE, Dispatch.NEAREST):
        return False
    working = [r for r in turn.robots() if turn.may_move(r)]
    served = [d for robot in working for d in turn.state.served_by(robot)]
    coming = [d for d in served if d.recipient == delivery.recipient]
    if any(d.origin == delivery.origin and d.state is DeliveryState.ASSIGNED for d in served):
        return True
    return len(coming) >= ROBOTS_FOR_A_STATION and delivery.urgency != Urgency.STAT


# --- baseline: one task at a time to the robot that bids the least  ---


def auction(turn: Turn, ways: Ways, waiting: list[Delivery]) -> None:
    """Give the oldest parcel to the robot that would bring it soonest, after all it has to do."""
    first = min(waiting, key=lambda d: d.number)
    lately = max((d.times['assigned'] for d in _assigned(turn)), default=0)
    if turn.now < max(first.requested_at, lately) + AUCTION_MS:
        return
    bids = []
    for robot in turn.robots():
        if why_not(turn, ways, robot, first):
            continue
        box = free_box(turn, robot, GOODS[first.goods])
        if box is not None and _may_join(turn, robot, first):
            whole = (*robot.stops, *stops_of(first))
            there = arrivals(turn, robot, whole)[first.id, Purpose.HAND_OVER]
            bids.append((there - turn.now, robot.id, box))
    if bids:
        bids.sort()
        _, chosen, box = bids[0]
        others = tuple((robot, cost) for cost, robot, _ in bids[1 : RUNNERS_UP + 1])
        put_in(turn, turn.state.robots[chosen], first, box, runners_up=others)


def _assigned(turn: Turn) -> list[Delivery]:
    return [d for robot in turn.robots() for d in turn.state.served_by(robot) if d.run]


def _may_join(turn: Turn, robot: Robot, delivery: Delivery) -> bool:
    """Whether the goods may be in one run with what the robot serves."""
    goods = GOODS[delivery.goods]
    others = [GOODS[d.goods] for d in turn.state.served_by(robot)]
    if others and (goods.direct or any(other.direct for other in others)):
        return False
    return not any(o.id in goods.apart or goods.id in o.apart for o in others)


_BY: Final[Mapping[Dispatch, Callable[[Turn, Ways, list[Delivery]], None]]] = MappingProxyType(
    {
        Dispatch.RUNS: plan_runs,
        Dispatch.SINGLE: one_parcel_a_trip,
        Dispatch.NEAREST: first_come,
        Dispatch.AUCTION: auction,
    }
)
