"""The battery lasts for a run and the way to a charger."""

from __future__ import annotations

from fleet_manager.domain.robots.battery import ENOUGH_FOR_A_RUN, STAY_ON_CHARGER_BELOW
from fleet_manager.domain.state import Robot
from fleet_manager.domain.turn import Turn


def has_battery_for_a_run(turn: Turn, robot: Robot) -> bool:
    """Whether the battery is known and full enough; more is asked of a robot that is charging."""
    report = turn.sensed.robots[robot.id].report
    if report.battery is None:
        return False
    return report.battery >= (STAY_ON_CHARGER_BELOW if report.charging else ENOUGH_FOR_A_RUN)
