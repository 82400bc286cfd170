"""At the robot: open with a signature, sign for what was received, rate."""

from __future__ import annotations

from typing import Final

from fleet_manager.application.put_off_delivery import put_off_until
from fleet_manager.domain.deliveries.goods import GOODS, Count
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.dispatch.bundles import here
from fleet_manager.domain.errors import Refusal
from fleet_manager.domain.ids import CompartmentId, DeliveryId, StationId
from fleet_manager.domain.messages import (
    Actor,
    DeliveryRated,
    DeliveryReceived,
    OpenCompartment,
    OpeningAuthorised,
    OpenLeftBehind,
    ParcelGivenBack,
    ParcelStored,
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
from fleet_manager.domain.state import Delivery
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import Instant

#: How long a signature opens the compartment: the person stands in front of it.
OPENING_MS: Final = 30_000
#: More pieces than any compartment holds: a slip.
MOST_PIECES: Final = 9_999
_SIGNED: Final = frozenset({DeliveryState.DELIVERED, DeliveryState.RETURNED, DeliveryState.STORED})


def open_compartment(
    turn: Turn, command: OpenCompartment | OpenLeftBehind
) -> DeliveryId | Refusal:
    """Let the robot open the compartment once, for staff of the station it stands at.

    Others may open what is left behind: see `OpenLeftBehind`. What shares the compartment is put
    in, or taken out, at the same time.
    """
    delivery = turn.state.deliveries.get(command.delivery)
    if delivery is None:
        return Refusal('unknown_delivery')
    purpose, station = (
        (Purpose.PICK_UP, delivery.origin)
        if delivery.state is DeliveryState.AWAITING_LOAD
        else (Purpose.HAND_OVER, delivery.goal)
    )
    if delivery.state not in (DeliveryState.AWAITING_LOAD, DeliveryState.AWAITING_RECEIPT):
        was_put_off = put_off_until(turn, delivery) is not None
        return Refusal('was_put_off' if was_put_off else 'robot_not_here')
    if not _may_open(command, delivery, station):
        return Refusal('not_your_delivery')
    if delivery.robot is None or delivery.compartment is None:
        return Refusal('robot_not_here')
    if GOODS[delivery.goods].two_people and lacks_second_person(
        command.actor, command.witness, station
    ):
        return Refusal('second_person_needed')
    if purpose is Purpose.PICK_UP and (wrong := _wrong_count(delivery, command.count)):
        return wrong
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
            witness=command.witness,
            count=command.count if purpose is Purpose.PICK_UP else 0,
        )
    )
    return delivery.id


def sign_delivery(turn: Turn, command: SignDelivery) -> DeliveryId | Refusal:
    """Sign for the parcel after it was taken out, or brought by a person. Twice is once."""
    delivery = turn.state.deliveries.get(command.delivery)
    if delivery is None:
        return Refusal('unknown_delivery')
    if not may(command.actor, SignDelivery, delivery.goal):
        return Refusal('not_your_delivery')
    if delivery.state in _SIGNED:
        return delivery.id
    if delivery.state not in (DeliveryState.TAKEN, DeliveryState.CARRIED):
        return Refusal('not_opened')
    goods = GOODS[delivery.goods]
    if goods.two_signatures and lacks_second_person(command.actor, command.witness):
        return Refusal('second_person_needed')
    if delivery.kept_at is not None:
        turn.emit(ParcelStored(delivery.id, None, None, command.actor, delivery.kept_at))
    elif delivery.returning:
        turn.emit(ParcelGivenBack(delivery.id, command.actor))
    elif (wrong := _wrong_receipt(delivery, command)) is not None:
        return wrong
    else:
        turn.emit(
            DeliveryReceived(
                delivery.id,
                command.actor,
                command.witness,
                count=command.count,
                missing=command.missing.strip(),
                loaded=delivery.count,
            )
        )
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
    if delivery.state not in (DeliveryState.AWAITING_RECEIPT, DeliveryState.CARRIED):
        return Refusal('robot_not_here')
    if delivery.opening is not None and not delivery.opening.expired:
        return Refusal('opening_pending')
    if not command.reason.strip():
        return Refusal('reason_needed')
    if not GOODS[delivery.goods].may_return:
        return Refusal('may_not_return')
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


def lacks_second_person(actor: Actor, witness: Actor | None, station: str = '') -> bool:
    """Whether no other person signs as well: of the same station where one is named."""
    if witness is None or witness.account == actor.account:
        return True
    return bool(station) and not may(witness, OpenCompartment, StationId(station))


def _wrong_count(delivery: Delivery, count: int) -> Refusal | None:
    if not 0 <= count <= MOST_PIECES:
        return Refusal('bad_count')
    needed = GOODS[delivery.goods].count is Count.NEEDED
    return Refusal('count_needed') if needed and count == 0 else None


def _wrong_receipt(delivery: Delivery, command: SignDelivery) -> Refusal | None:
    """Return what a signature lacks: a count, or a word on why it is not what was put in."""
    if not 0 <= command.count <= MOST_PIECES:
        return Refusal('bad_count')
    if command.missing.strip():
        return None
    if GOODS[delivery.goods].count is Count.NEEDED and command.count == 0:
        return Refusal('count_needed')
    counted = delivery.count > 0 and command.count > 0
    return Refusal('count_differs') if counted and command.count != delivery.count else None


def _is_full(report: RobotReport, compartment: CompartmentId) -> bool:
    """Whether something is still in it: what is handed over here has to be taken out first."""
    return any(c.occupied for c in report.compartments if c.compartment == compartment)


def _may_open(
    command: OpenCompartment | OpenLeftBehind, delivery: Delivery, station: StationId
) -> bool:
    """Whether somebody may open: at his station, or for the whole house what is left behind."""
    actor = command.actor
    if isinstance(command, OpenCompartment):
        return may(actor, OpenCompartment, station)
    if delivery.state is DeliveryState.AWAITING_LOAD:
        return delivery.meets_at is not None and delivery.porter == actor.account
    left = delivery.kept_at is not None or (delivery.returning and delivery.reminded > 0)
    return left and GOODS[delivery.goods].porters_open
