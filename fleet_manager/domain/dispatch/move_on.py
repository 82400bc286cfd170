"""When nobody comes, or there is no way: on with the rest of the run, back with the parcel.

A robot that waits in vain keeps the others on board waiting. It tries its other stops first and
comes again. A parcel that nobody takes is called for twice, then brought back to its sender, and
to a safe place where nobody takes it there. Where there is none the robot waits, and people know.
"""

from __future__ import annotations

from fleet_manager.domain.deliveries.goods import GOODS, GoodsClass, put_off_rules
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.dispatch.predicates.can_get_there import Ways
from fleet_manager.domain.dispatch.runs import keep_rules, reorder
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.messages import (
    CollectionReminded,
    ParcelTurnedBack,
    RobotSentAway,
    Stop,
)
from fleet_manager.domain.state import Delivery, Robot
from fleet_manager.domain.turn import Turn


def move_on(turn: Turn) -> None:
    """Let robots go on from stations where nobody takes what they brought."""
    for robot in turn.robots():
        if not robot.stops:
            continue
        here = turn.state.at_stop(robot)
        if turn.state.opening_of(robot) is not None:
            continue
        if any([delivery.returning for delivery in turn.state.served_by(robot)]):  # noqa: C419
            keep_rules(turn, robot)
        if not here:
            continue
        for delivery in here:
            _remind(turn, robot, delivery)
            if not _is_given_up(turn, delivery):
                continue
            after = where_next(turn, delivery)
            if after is not None:
                turn.emit(ParcelTurnedBack(delivery.id, robot.id, *after))
                keep_rules(turn, robot)
        left = turn.state.at_stop(robot)
        if left and all(_comes_again(turn, one) for one in left) and _elsewhere(robot):
            wanted_later = all(_is_put_off(turn, one) for one in left)
            for delivery in left:
                turn.emit(RobotSentAway(robot.id, delivery.id))
            put_off(turn, robot, 'put_off' if wanted_later else 'not_collected')


def where_next(turn: Turn, delivery: Delivery) -> tuple[str, StationId | None] | None:
    """Return why and where to a parcel goes that nobody takes; a place None is its sender.

    None: there is nowhere else, a person has to come.
    """
    if not delivery.returning and _goods(delivery).may_return:
        return 'not_collected', None
    keeper = safe_place(turn, delivery)
    if delivery.kept_at is not None or keeper is None:
        return None
    return 'nobody_takes_it', keeper


def safe_place(turn: Turn, delivery: Delivery) -> StationId | None:
    """Return the station that keeps such goods, on its floor if one is there; else the first."""
    stations = turn.hospital.stations.values()
    keepers = [s for s in stations if delivery.goods in s.keeps and s.id != delivery.goal]
    here = turn.hospital.nodes[turn.hospital.stations[delivery.goal].node].floor
    keepers.sort(key=lambda s: turn.hospital.nodes[s.node].floor != here)
    return keepers[0].id if keepers else None


def _remind(turn: Turn, robot: Robot, delivery: Delivery) -> None:
    """Call people, one after the other, for what they have to take."""
    if delivery.state is not DeliveryState.AWAITING_RECEIPT:
        return
    goods, waited = _goods(delivery), _waited(turn, delivery)
    steps = (goods.collect_reminder, goods.collect_contact)
    step = sum(waited > limit for limit in steps)
    if delivery.put_off_ms and turn.now >= delivery.put_off_until:
        step = max(step, 1)  # the time they named has come
    if step > delivery.reminded:
        turn.emit(CollectionReminded(delivery.id, robot.id, delivery.goal, step))


def put_off(turn: Turn, robot: Robot, reason: str, ways: Ways | None = None) -> None:
    """Serve the station that is next in a run after all the others of the run.

    With `ways` only if there is a way to the one after it.
    """
    if turn.state.at_stop(robot):
        return
    later = _with_hand_overs(robot, robot.stops[0]) if robot.stops else []
    first = [stop for stop in robot.stops if stop not in later]
    if first and (ways is None or _leads(turn, ways, robot, first[0])):
        reorder(turn, robot, [*first, *later], reason)
        keep_rules(turn, robot)


def _with_hand_overs(robot: Robot, head: Stop) -> list[Stop]:
    """Return the stops at the station of `head`, and the hand-overs of what is loaded there."""
    there = {stop.delivery for stop in robot.stops if stop.station == head.station}
    loads = {
        stop.delivery
        for stop in robot.stops
        if stop.station == head.station and _is_before_its_hand_over(robot, stop)
    }
    return [
        stop
        for stop in robot.stops
        if stop.delivery in loads or (stop.delivery in there and stop.station == head.station)
    ]


def _is_before_its_hand_over(robot: Robot, stop: Stop) -> bool:
    of_it = [one for one in robot.stops if one.delivery == stop.delivery]
    return len(of_it) > 1 and of_it[0] == stop


def _leads(turn: Turn, ways: Ways, robot: Robot, stop: Stop) -> bool:
    goal = turn.hospital.stations[stop.station].node
    return ways.lead(turn.state.frozen_end(robot), goal, robot.id)


def _elsewhere(robot: Robot) -> bool:
    return any(stop.station != robot.stops[0].station for stop in robot.stops)


def _comes_again(turn: Turn, delivery: Delivery) -> bool:
    """Whether the robot does something else first: nobody came, or people said later."""
    if delivery.state is not DeliveryState.AWAITING_RECEIPT:
        return False
    in_vain = _waited(turn, delivery) > _goods(delivery).collect_reminder
    return in_vain or _is_put_off(turn, delivery)


def _is_put_off(turn: Turn, delivery: Delivery) -> bool:
    """Whether it was put off, and its robot has not been away for that already."""
    said_at = delivery.put_off_until - put_off_rules(delivery.goods, delivery.urgency).span
    return turn.now < delivery.put_off_until and delivery.sent_away < said_at


def _is_given_up(turn: Turn, delivery: Delivery) -> bool:
    """Whether nobody has taken the parcel for as long as its class is waited for."""
    if delivery.state is not DeliveryState.AWAITING_RECEIPT:
        return False
    return waited_to_go_back(turn, delivery) > _goods(delivery).collect_limit


def waited_to_go_back(turn: Turn, delivery: Delivery) -> int:
    """Return for how long nobody took it, in ms; what spoils does not wait longer when put off."""
    spoils = delivery.put_off_ms and not delivery.put_off_extends
    return turn.now - delivery.times[delivery.state] if spoils else _waited(turn, delivery)


def _waited(turn: Turn, delivery: Delivery) -> int:
    return turn.now - delivery.waits_since


def _goods(delivery: Delivery) -> GoodsClass:
    return GOODS[delivery.goods]
