"""There is a compartment for the goods that is free and, as the robot senses it, ready."""

from __future__ import annotations

from fleet_manager.domain.deliveries.goods import GoodsClass
from fleet_manager.domain.dispatch.predicates.may_carry import takes
from fleet_manager.domain.ids import CompartmentId
from fleet_manager.domain.state import Robot
from fleet_manager.domain.turn import Turn


def free_box(turn: Turn, robot: Robot, goods: GoodsClass) -> CompartmentId | None:
    """Return the smallest compartment for the goods that no delivery of the run has."""
    boxes = [
        (box.litres, order, box.id)
        for order, box in enumerate(turn.hospital.compartments(robot.id))
        if takes(box, goods) and box.id in usable_boxes(turn, robot)
    ]
    return min(boxes)[2] if boxes else None


def usable_boxes(turn: Turn, robot: Robot) -> frozenset[CompartmentId]:
    """Return the compartments that are closed, locked and empty, and not given to a delivery."""
    given = {delivery.compartment for delivery in turn.state.served_by(robot)}
    sense = turn.sensed.robots[robot.id]
    return frozenset(
        one.compartment
        for one in sense.report.compartments
        if one.closed and one.locked and not one.occupied and one.compartment not in given
    )
