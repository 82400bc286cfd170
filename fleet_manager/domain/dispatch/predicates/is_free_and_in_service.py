"""The robot is in service, heard, not held by anybody, and serves nothing else."""

from __future__ import annotations

from fleet_manager.domain.state import Robot
from fleet_manager.domain.turn import Turn


def is_free_and_in_service(turn: Turn, robot: Robot) -> bool:
    """Whether a delivery may be given to the robot at all."""
    return robot.delivery is None and turn.may_move(robot)
