"""Cancel a delivery: at once while nothing is loaded, by bringing it back afterwards."""

from __future__ import annotations

from typing import Final

from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.deliveries.lifecycle import ENDS, DeliveryState
from fleet_manager.domain.dispatch.bundles import here
from fleet_manager.domain.errors import Refusal
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.messages import (
    CancelDelivery,
    DeliveryCancelled,
    ParcelTurnedBack,
    RunWithdrawn,
)
from fleet_manager.domain.rights import may
from fleet_manager.domain.state import Delivery
from fleet_manager.domain.turn import Turn

#: Why it goes back that somebody cancelled on its way.
CANCELLED: Final = 'cancelled'
_ON_THE_WAY: Final = frozenset(
    {DeliveryState.UNDER_WAY, DeliveryState.AWAITING_RECEIPT, DeliveryState.CARRIED}
)


def cancel_delivery(turn: Turn, command: CancelDelivery) -> DeliveryId | Refusal:
    """Cancel, and take the robot back if one was coming. Cancelling twice is once."""
    delivery = turn.state.deliveries.get(command.delivery)
    if delivery is None:
        return Refusal('unknown_delivery')
    if not may(command.actor, CancelDelivery, delivery.sender, delivery.recipient):
        return Refusal('not_your_delivery')
    if delivery.state is DeliveryState.CANCELLED:
        return delivery.id
    if delivery.state in ENDS:
        return Refusal('already_ended')
    if not may_cancel(delivery):
        return _bring_back(turn, command, delivery)
    if delivery.robot is not None and delivery.run is not None:
        turn.emit(RunWithdrawn(delivery.run, delivery.robot, delivery.id, 'cancelled'))
    turn.emit(DeliveryCancelled(delivery.id, command.actor))
    return delivery.id


def may_cancel(delivery: Delivery) -> bool:
    """Whether one tap still cancels: not loaded, and nobody was just allowed to open."""
    return delivery.is_surely_empty and delivery.meets_at is None


def may_bring_back(delivery: Delivery) -> bool:
    """Whether it is on its way to the recipient, and may be brought back to its sender."""
    if delivery.returning or not GOODS[delivery.goods].may_return:
        return False
    pending = delivery.opening is not None and not delivery.opening.expired
    return delivery.state in _ON_THE_WAY and not pending


def _bring_back(turn: Turn, command: CancelDelivery, delivery: Delivery) -> DeliveryId | Refusal:
    """Bring back what is on its way, with all that shares its compartment."""
    if delivery.returning and delivery.turned_back == CANCELLED:
        return delivery.id
    if not command.bring_back or not may_bring_back(delivery):
        return Refusal('too_late_to_cancel')
    for one in here(turn.state, delivery):
        turn.emit(ParcelTurnedBack(one.id, delivery.robot, CANCELLED))
    return delivery.id
