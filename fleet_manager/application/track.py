"""Where robots were lately: the past half of the diagram of places over time.

Kept in memory, bounded, from the events as they are committed; after a restart it begins anew.
The journal has all of it for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from fleet_manager.domain import messages as m
from fleet_manager.domain.ids import NodeId, RobotId
from fleet_manager.domain.units import MINUTE, SECOND, Instant

#: How far back a diagram looks.
KEPT_MS: Final = 10 * MINUTE
#: Marks of one robot: a node every five seconds, with a stop at each, fills half of it.
MAX_MARKS: Final = 512
#: A stop shorter than this is none: the next hop was released in the turn the node was reached.
STOP_MS: Final = 1 * SECOND

#: A moment, and the node the robot stood on then: when it got there, and when it set off again.
Mark = tuple[Instant, NodeId]


class Track:
    """Takes every event after its commit. Belongs to the kernel's thread."""

    def __init__(self) -> None:
        self._marks: dict[RobotId, tuple[Mark, ...]] = {}
        self._done: dict[RobotId, int] = {}
        #: When the first event came: before that nothing is known.
        self.since: Instant | None = None

    def note(self, at: Instant, event: m.Event) -> None:
        """Remember where a robot is, when the event says so."""
        if self.since is None:
            self.since = at
        if isinstance(event, m.RobotPlaced):
            self._add(event.robot, at, event.node)
        elif isinstance(event, m.NodeReached):
            self._done[event.robot] = event.sequence
            self._add(event.robot, at, event.node)
        elif isinstance(event, m.HopsReleased):
            self._set_off(event.robot, at, event.upto)

    def marks(self) -> Mapping[RobotId, tuple[Mark, ...]]:
        """Return the marks of each robot, oldest first. Never changed afterwards."""
        return MappingProxyType(dict(self._marks))

    def _set_off(self, robot: RobotId, at: Instant, upto: int) -> None:
        """Mark the end of a stop: a robot that stood may drive its first hop."""
        marks = self._marks.get(robot)
        if marks is None or upto != self._done.get(robot, 0) + 1:
            return
        arrived, node = marks[-1]
        if at - arrived >= STOP_MS:
            self._add(robot, at, node)

    def _add(self, robot: RobotId, at: Instant, node: NodeId) -> None:
        """Add a mark; of the old ones keep the last before the time that is shown."""
        marks = (*self._marks.get(robot, ())[1 - MAX_MARKS :], (at, node))
        old = sum(then < at - KEPT_MS for then, _ in marks)
        self._marks[robot] = marks[max(0, old - 1) :]
