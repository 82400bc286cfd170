"""Fetch what is inside a robot that is dead or stuck for good, and bring it on."""

from __future__ import annotations

from fleet_manager.application.handle_parcel import lacks_second_person
from fleet_manager.application.observe import why_not_believed
from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.errors import Refusal
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.messages import (
    AskRescue,
    CallOffRescue,
    CallRobot,
    ParcelRescued,
    RescueAsked,
    RescueCalledOff,
    RescueParcel,
    RobotCalled,
    RobotExcluded,
    RobotReadmitted,
)
from fleet_manager.domain.state import Delivery, Robot
from fleet_manager.domain.turn import Turn

#: Why a robot gets nothing more while people take out what is inside.
BEING_RESCUED = 'being_rescued'


def ask_rescue(turn: Turn, command: AskRescue) -> Refusal | None:
    """Ask for people to fetch all that is inside a robot, which stays where it is from now on.

    Asking twice is once.
    """
    robot = turn.state.robots.get(command.robot)
    if robot is None:
        return Refusal('unknown_robot', {'robot': command.robot[:40]})
    if not command.reason.strip():
        return Refusal('reason_needed')
    inside = _inside(turn, robot, DeliveryState.UNDER_WAY, DeliveryState.AWAITING_RECEIPT)
    if not inside:
        asked = _inside(turn, robot, DeliveryState.RESCUE_ASKED)
        return None if asked else Refusal('nothing_to_rescue', {'robot': robot.id})
    if turn.heard(robot.id) is not None and turn.state.opening_of(robot) is not None:
        return Refusal('opening_pending')
    if robot.excluded is None:
        turn.emit(RobotExcluded(robot.id, BEING_RESCUED))
    for delivery in inside:
        turn.emit(RescueAsked(delivery.id, robot.id, command.actor, command.reason.strip()))
    return None


def call_off_rescue(turn: Turn, command: CallOffRescue) -> Refusal | None:
    """Let a robot that works again go on with what is inside; twice is once."""
    robot = turn.state.robots.get(command.robot)
    if robot is None:
        return Refusal('unknown_robot', {'robot': command.robot[:40]})
    sense = turn.heard(robot.id)
    inside = _inside(turn, robot, DeliveryState.RESCUE_ASKED)
    if not inside:
        return None
    reason = why_not_believed(turn, sense.report) if sense is not None else 'silent'
    if reason is not None:
        return Refusal('robot_still_implausible', {'reason': reason})
    for delivery in inside:
        turn.emit(RescueCalledOff(delivery.id, robot.id, command.actor))
    if robot.excluded == BEING_RESCUED:
        turn.emit(RobotReadmitted(robot.id, command.actor))
    return None


def rescue_parcel(turn: Turn, command: RescueParcel) -> DeliveryId | Refusal:
    """Take a parcel, and what shares its compartment, out of a robot that does not work.

    The person who does it has it from then on. Twice is once.
    """
    delivery = turn.state.deliveries.get(command.delivery)
    if delivery is None:
        return Refusal('unknown_delivery')
    actor = command.actor
    if delivery.rescued and delivery.porter == actor.account:
        return delivery.id
    if delivery.state is not DeliveryState.RESCUE_ASKED or delivery.robot is None:
        return Refusal('nothing_to_rescue', {'robot': delivery.robot or ''})
    if GOODS[delivery.goods].two_people and lacks_second_person(actor, command.witness):
        return Refusal('second_person_needed')
    robot = turn.state.robots[delivery.robot]
    for one in _inside(turn, robot, DeliveryState.RESCUE_ASKED):
        if one.compartment == delivery.compartment and one.compartment is not None:
            turn.emit(ParcelRescued(one.id, robot.id, one.compartment, actor, command.witness))
    return delivery.id


def call_robot(turn: Turn, command: CallRobot) -> DeliveryId | Refusal:
    """Let a robot fetch what a person carries at a station, and bring it on."""
    delivery = turn.state.deliveries.get(command.delivery)
    if delivery is None:
        return Refusal('unknown_delivery')
    actor = command.actor
    if delivery.meets_at == command.station and delivery.porter == actor.account:
        return delivery.id
    if delivery.state is not DeliveryState.CARRIED or delivery.porter != actor.account:
        return Refusal('not_yours_to_carry')
    if command.station not in turn.hospital.stations or command.station in turn.leaving:
        return Refusal('unknown_station', {'station': command.station[:40]})
    if command.station == delivery.goal:
        return Refusal('same_station', {'station': command.station})
    turn.emit(RobotCalled(delivery.id, actor, command.station))
    return delivery.id


def _inside(turn: Turn, robot: Robot, *states: DeliveryState) -> list[Delivery]:
    return [one for one in turn.state.served_by(robot) if one.state in states]
