"""Robots of its type may use the lanes to the sender, and on to the recipient."""

from __future__ import annotations

from fleet_manager.domain.state import Delivery, Robot
from fleet_manager.domain.turn import Turn


def may_drive_there(turn: Turn, robot: Robot, delivery: Delivery) -> bool:
    """Whether there is a way at all over lanes open to the robot, whoever stands in it now."""
    graph, stations = turn.graph.of_robot(robot.id), turn.hospital.stations
    sender, recipient = stations[delivery.origin].node, stations[delivery.goal].node
    start, closed = turn.state.frozen_end(robot), turn.closed
    if closed is not None and any(closed.is_inside(robot.id, n) for n in (sender, recipient)):
        return False
    return start in graph.times_to(sender) and sender in graph.times_to(recipient)
