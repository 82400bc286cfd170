"""At the robot: open with a signature, sign for what was received, rate."""

from __future__ import annotations

from typing import Final

from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.dispatch.bundles import here
from fleet_manager.domain.errors import Refusal
from fleet_manager.domain.ids import CompartmentId, DeliveryId
from fleet_manager.domain.messages import (
    DeliveryRated,
    DeliveryReceived,
    OpenCompartment,
    OpeningAuthorised,
    ParcelTurnedBack,
    PorterTook,
    Purpose,
    RateDelivery,
    RefuseDelivery,
    RobotReport,
    SignDelivery,
    TakeByHand,
)
from fleet_manager.domain.rights import may
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import Instant

#: How long a signature opens the compartment: the person stands in front of it.
OPENING_MS: Final = 30_000


def open_compartment(turn: Turn, command: OpenCompartment) -> DeliveryId | Refusal:
    """Let the robot open the compartment once, for staff of the station it stands at.

    What shares the compartment is put in, or taken out, at the same time.
    """
    delivery = turn.state.deliveries.get(command.delivery)
    if delivery is None:
        return Refusal('unknown_delivery')
    purpose, station = (
        (Purpose.PICK_UP, delivery.sender)
        if delivery.state is DeliveryState.AWAITING_LOAD
        else (Purpose.HAND_OVER, delivery.goal)
    )
    if delivery.state not in (DeliveryState.AWAITING_LOAD, DeliveryState.AWAITING_RECEIPT):
        return Refusal('robot_not_here')
    if not may(command.actor, OpenCompartment, station):
        return Refusal('not_your_delivery')
    if delivery.robot is None or delivery.compartment is None:
        return Refusal('robot_not_here')
    robot = turn.state.robots[delivery.robot]
    sense = turn.heard(robot.id)
    if sense is None or robot.excluded is not None:
        return Refusal('robot_not_here')
    if turn.state.opening_of(robot) is not None:
        return Refusal('opening_pending')
    if purpose is Purpose.PICK_UP and _is_full(sense.report, delivery.compartment):
        return Refusal('compartment_in_use')
    turn.emit(
        OpeningAuthorised(
            robot.id,
            compartment=delivery.compartment,
            delivery=delivery.id,
            grant=max(robot.grant, sense.report.last_grant) + 1,
            purpose=purpose,
            actor=command.actor,
            expires=Instant(turn.now + OPENING_MS),
            also=tuple(d.id for d in here(turn.state, delivery) if d is not delivery),
        )
    )
    return delivery.id


def sign_delivery(turn: Turn, command: SignDelivery) -> DeliveryId | Refusal:
    """Sign for the parcel after it was taken out. Signing twice is once."""
    delivery = turn.state.deliveries.get(command.delivery)
    if delivery is None:
        return Refusal('unknown_delivery')
    if not may(command.actor, SignDelivery, delivery.recipient):
        return Refusal('not_your_delivery')
    if delivery.state is DeliveryState.DELIVERED:
        return delivery.id
    if delivery.state not in (DeliveryState.TAKEN, DeliveryState.CARRIED):
        return Refusal('not_opened')
    turn.emit(DeliveryReceived(delivery.id, command.actor))
    return delivery.id


def refuse_delivery(turn: Turn, command: RefuseDelivery) -> DeliveryId | Refusal:
    """Do not take the parcel: it goes back to its sender. Refusing twice is once.

    What shares its compartment goes back with it: nobody opens it to take out a part.
    """
    delivery = turn.state.deliveries.get(command.delivery)
    if delivery is None:
        return Refusal('unknown_delivery')
    if not may(command.actor, RefuseDelivery, delivery.recipient):
        return Refusal('not_your_delivery')
    if delivery.returning:
        return delivery.id
    if delivery.state is not DeliveryState.AWAITING_RECEIPT or delivery.robot is None:
        return Refusal('robot_not_here')
    if delivery.opening is not None and not delivery.opening.expired:
        return Refusal('opening_pending')
    if not command.reason.strip():
        return Refusal('reason_needed')
    for one in here(turn.state, delivery):
        turn.emit(ParcelTurnedBack(one.id, delivery.robot, f'refused: {command.reason.strip()}'))
    return delivery.id


def take_by_hand(turn: Turn, command: TakeByHand) -> DeliveryId | Refusal:
    """Carry a parcel that no robot carries. Taking it twice is once.

    A porter takes it himself; a dispatcher notes that one took it, under the dispatcher's name.
    """
    delivery = turn.state.deliveries.get(command.delivery)
    if delivery is None:
        return Refusal('unknown_delivery')
    if delivery.state is DeliveryState.CARRIED and delivery.porter == command.actor.account:
        return delivery.id
    if delivery.state is not DeliveryState.PORTER_ASKED:
        return Refusal('not_for_porters')
    turn.emit(PorterTook(delivery.id, command.actor))
    return delivery.id


def rate_delivery(turn: Turn, command: RateDelivery) -> DeliveryId | Refusal:
    """Rate a delivered delivery, once."""
    delivery = turn.state.deliveries.get(command.delivery)
    if delivery is None:
        return Refusal('unknown_delivery')
    if not may(command.actor, RateDelivery, delivery.sender, delivery.recipient):
        return Refusal('not_your_delivery')
    if command.stars not in range(1, 6):
        return Refusal('bad_stars')
    if delivery.state is not DeliveryState.DELIVERED:
        return Refusal('not_received_yet')
    if delivery.rating == command.stars:
        return delivery.id
    if delivery.rating is not None:
        return Refusal('already_rated')
    turn.emit(DeliveryRated(delivery.id, command.stars, command.actor))
    return delivery.id


def _is_full(report: RobotReport, compartment: CompartmentId) -> bool:
    """Whether something is still in it: what is handed over here has to be taken out first."""
    return any(c.occupied for c in report.compartments if c.compartment == compartment)
