"""Cancel a delivery while nothing is loaded. Afterwards a parcel never just vanishes."""

from __future__ import annotations

from fleet_manager.domain.deliveries.lifecycle import ENDS, DeliveryState
from fleet_manager.domain.errors import Refusal
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.messages import CancelDelivery, DeliveryCancelled, RunWithdrawn
from fleet_manager.domain.rights import may
from fleet_manager.domain.state import Delivery
from fleet_manager.domain.turn import Turn


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
        return Refusal('too_late_to_cancel')
    if delivery.robot is not None and delivery.run is not None:
        turn.emit(RunWithdrawn(delivery.run, delivery.robot, delivery.id, 'cancelled'))
    turn.emit(DeliveryCancelled(delivery.id, command.actor))
    return delivery.id


def may_cancel(delivery: Delivery) -> bool:
    """Whether one tap still cancels: not loaded, and nobody was just allowed to open."""
    return delivery.is_surely_empty
