"""See to what did not go well: close what nobody ends, follow up."""

from __future__ import annotations

from typing import Final

from fleet_manager.application.rescue_parcels import BEING_RESCUED
from fleet_manager.domain.deliveries.follow_up import reason_for, steps_left
from fleet_manager.domain.deliveries.lifecycle import ENDS, DeliveryState
from fleet_manager.domain.errors import Refusal
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.messages import (
    CloseDelivery,
    DeliveryClosed,
    FollowUpNoted,
    NoteFollowUp,
    RobotExcluded,
)
from fleet_manager.domain.state import Delivery
from fleet_manager.domain.turn import Turn

#: What people may have forgotten to end, at any time.
_FORGOTTEN: Final = frozenset(
    {DeliveryState.TAKEN, DeliveryState.CARRIED, DeliveryState.RESCUE_ASKED}
)
#: What somebody did at an open compartment: known only where its robot still works.
_IN_HANDS: Final = frozenset({DeliveryState.LOADING, DeliveryState.OPENED})


def close_delivery(turn: Turn, command: CloseDelivery) -> DeliveryId | Refusal:
    """End a delivery that nobody ends, with a reason. Closing twice is once.

    What was taken out and not signed for is delivered; everything else has failed.
    """
    delivery = turn.state.deliveries.get(command.delivery)
    if delivery is None:
        return Refusal('unknown_delivery')
    if delivery.state in ENDS:
        return delivery.id if delivery.closed else Refusal('already_ended')
    if not may_close(turn, delivery):
        return Refusal('not_forgotten')
    if not command.reason.strip():
        return Refusal('reason_needed')
    robot = turn.state.robots[delivery.robot] if delivery.robot is not None else None
    if delivery.state in _IN_HANDS and robot is not None and robot.excluded is None:
        turn.emit(RobotExcluded(robot.id, BEING_RESCUED))  # somebody has to look inside
    turn.emit(DeliveryClosed(delivery.id, command.actor, command.reason.strip()))
    return delivery.id


def may_close(turn: Turn, delivery: Delivery) -> bool:
    """Whether a person may end the delivery: nothing of ours still works on it."""
    if delivery.state in _FORGOTTEN:
        return True
    if delivery.state not in _IN_HANDS or delivery.robot is None:
        return False
    robot = turn.state.robots[delivery.robot]
    return turn.heard(robot.id) is None or robot.excluded is not None


def note_follow_up(turn: Turn, command: NoteFollowUp) -> DeliveryId | Refusal:
    """Note that somebody answered, solved it or called back; each once, in this order."""
    delivery = turn.state.deliveries.get(command.delivery)
    if delivery is None:
        return Refusal('unknown_delivery')
    if command.step.value in delivery.follow_up:
        return delivery.id
    if reason_for(delivery) is None or command.step is not steps_left(delivery)[0]:
        return Refusal('not_followed_up')
    if not command.note.strip():
        return Refusal('reason_needed')
    turn.emit(FollowUpNoted(delivery.id, command.actor, command.step, command.note.strip()))
    return delivery.id
