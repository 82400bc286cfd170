"""Not now, ten minutes: people at the robot's goal take the parcel later."""

from __future__ import annotations

from fleet_manager.domain.deliveries.goods import PutOff, put_off_rules
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.dispatch.bundles import here
from fleet_manager.domain.errors import Refusal
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.messages import PutOffDelivery, ReceiptPutOff
from fleet_manager.domain.rights import may
from fleet_manager.domain.state import Delivery
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import Instant, Millis

_BROUGHT = frozenset({DeliveryState.AWAITING_RECEIPT, DeliveryState.UNDER_WAY})


def put_off_delivery(turn: Turn, command: PutOffDelivery) -> DeliveryId | Refusal:
    """Take the parcel later, as often as its goods may wait. Twice while it lasts is once.

    What shares its compartment is put off with it: one opening is for all of it.
    """
    delivery = turn.state.deliveries.get(command.delivery)
    if delivery is None:
        return Refusal('unknown_delivery')
    if not may(command.actor, PutOffDelivery, delivery.goal):
        return Refusal('not_your_delivery')
    if put_off_until(turn, delivery) is not None:
        return delivery.id
    if delivery.state is not DeliveryState.AWAITING_RECEIPT or delivery.robot is None:
        return Refusal('robot_not_here')
    robot = turn.state.robots[delivery.robot]
    if turn.state.opening_of(robot) is not None:
        return Refusal('opening_pending')
    bundle = here(turn.state, delivery)
    span = _span(bundle)
    if not span:
        return Refusal('put_off_enough', {'times': str(delivery.put_offs)})
    extends = all(_rules(one).extends for one in bundle)
    until = Instant(turn.now + span)
    for one in bundle:
        turn.emit(ReceiptPutOff(one.id, robot.id, command.actor, until, extends))
    return delivery.id


def put_off_until(turn: Turn, delivery: Delivery) -> Instant | None:
    """Return until when it is put off just now; None: it is not."""
    is_off = delivery.state in _BROUGHT and turn.now < delivery.put_off_until
    return delivery.put_off_until if is_off else None


def may_put_off(turn: Turn, delivery: Delivery) -> Millis:
    """Return for how long people may put it off now; 0: they may not."""
    is_open = delivery.opening is not None and not delivery.opening.expired
    if delivery.state is not DeliveryState.AWAITING_RECEIPT or is_open:
        return Millis(0)
    is_off = put_off_until(turn, delivery) is not None
    return Millis(0) if is_off else _span(here(turn.state, delivery))


def _span(bundle: list[Delivery]) -> Millis:
    """Return for how long all of a bundle may be put off once more."""
    left = all(one.put_offs < _rules(one).times for one in bundle)
    return min(_rules(one).span for one in bundle) if left else Millis(0)


def _rules(delivery: Delivery) -> PutOff:
    return put_off_rules(delivery.goods, delivery.urgency)
