"""The robot is in service, heard, not held by anybody, not stuck, and serves nothing else."""

from __future__ import annotations

from fleet_manager.domain.state import Robot
from fleet_manager.domain.traffic.hindrances import stands_still
from fleet_manager.domain.turn import Turn


def is_free_and_in_service(turn: Turn, robot: Robot) -> bool:
    """Whether a delivery may be given to the robot at all."""
    free = not robot.stops and turn.may_move(robot)
    return free and not stands_still(turn, robot)
