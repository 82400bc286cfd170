"""Nothing that stands still is in the way from the robot to the sender, or on to the recipient."""

from __future__ import annotations

from collections.abc import Sequence

from fleet_manager.domain.ids import NodeId, ResourceId, RobotId
from fleet_manager.domain.state import Delivery, Robot
from fleet_manager.domain.traffic.hindrances import Hindrances, held_places
from fleet_manager.domain.turn import Turn


class Ways:
    """Which places can be reached from where, past robots and lifts that stand still now."""

    def __init__(self, turn: Turn, hindered: Hindrances) -> None:
        self._turn = turn
        self._free = not hindered.robots and not hindered.lifts and not hindered.lanes
        self._blocked = frozenset[ResourceId]() if self._free else held_places(turn, hindered)
        self._closed = hindered.lifts

    @property
    def are_free(self) -> bool:
        """Whether nothing stands still: then every way leads where it leads."""
        return self._free

    def lead(self, start: NodeId, goal: NodeId, robot: RobotId) -> bool:
        """Whether there is a way from `start` to `goal` for `robot`."""
        if self._free:
            return True
        graph = self._turn.graph.of_robot(robot)
        return start in graph.leading_to(goal, blocked=self._blocked, closed=self._closed)

    def among(self, goals: Sequence[NodeId], start: NodeId, robot: RobotId) -> Sequence[NodeId]:
        """Return those of many goals that there is a way to from `start` for `robot`."""
        if self._free:
            return goals
        graph = self._turn.graph.of_robot(robot)
        reached = graph.led_to(start, blocked=self._blocked, closed=self._closed)
        return [goal for goal in goals if goal in reached]


def can_get_there(turn: Turn, ways: Ways, robot: Robot, delivery: Delivery) -> bool:
    """Whether the robot can reach both stations, from the end of what it may not take back."""
    if ways.are_free:
        return True
    stations = turn.hospital.stations
    sender, recipient = stations[delivery.origin].node, stations[delivery.goal].node
    start = turn.state.frozen_end(robot)
    return ways.lead(start, sender, robot.id) and ways.lead(sender, recipient, robot.id)
