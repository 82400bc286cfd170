"""Nothing that stands still is in the way from the robot to the sender, or on to the recipient."""

from __future__ import annotations

from fleet_manager.domain.ids import NodeId
from fleet_manager.domain.state import Delivery, Robot
from fleet_manager.domain.traffic.hindrances import Hindrances, held_places
from fleet_manager.domain.turn import Turn


class Ways:
    """Which places can be reached from where, past robots and lifts that stand still now."""

    def __init__(self, turn: Turn, hindered: Hindrances) -> None:
        self._turn = turn
        self._free = not hindered.robots and not hindered.lifts
        self._blocked = held_places(turn, hindered)
        self._closed = hindered.lifts
        self._to: dict[NodeId, frozenset[NodeId]] = {}

    def lead(self, start: NodeId, goal: NodeId) -> bool:
        """Whether there is a way from `start` to `goal`."""
        if self._free:
            return True
        if goal not in self._to:
            self._to[goal] = self._turn.graph.leading_to(
                goal, blocked=self._blocked, closed=self._closed
            )
        return start in self._to[goal]


def can_get_there(turn: Turn, ways: Ways, robot: Robot, delivery: Delivery) -> bool:
    """Whether the robot can reach both stations, from the end of what it may not take back."""
    stations = turn.hospital.stations
    sender, recipient = stations[delivery.sender].node, stations[delivery.recipient].node
    return ways.lead(turn.state.frozen_end(robot), sender) and ways.lead(sender, recipient)
