"""There is an empty, closed and locked compartment."""

from __future__ import annotations

from fleet_manager.domain.ids import CompartmentId
from fleet_manager.domain.state import Robot
from fleet_manager.domain.turn import Turn


def empty_compartment(turn: Turn, robot: Robot) -> CompartmentId | None:
    """Return the first compartment that is ready to be loaded, as the robot senses it."""
    for compartment in turn.sensed.robots[robot.id].report.compartments:
        if compartment.closed and compartment.locked and not compartment.occupied:
            return compartment.compartment
    return None
