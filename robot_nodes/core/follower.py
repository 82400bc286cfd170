"""Drive a differential-drive robot along a polyline: pose in, speeds out.

The line is cut at its corners. On a stretch the heading is led back to the line in proportion to
the distance from it (after Stanley); before a corner the robot slows so far that turning keeps it
within centimetres of both stretches, and sharp corners are turned on the spot. The speed towards
the end follows the root of the braking distance left, so that the robot stops on the last point.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from robot_nodes.core.geometry import along_and_across, distance_to_segment, wrap
from robot_nodes.core.order import XY, OrderNode, Pose

ACCELERATION: Final = 0.5
#: Speed towards a stop is planned for a little less than the robot can do.
BRAKING: Final = 0.4
#: Radians a second when turning.
MAX_TURN: Final = 1.2
#: From the pose's time until wheels turn: one period of localisation and one of control.
REACTION: Final = 0.1
#: Seconds in which the last centimetres are driven.
SETTLE: Final = 0.4
#: Metres: nearer to the end of a stretch, the next one begins.
AT_CORNER: Final = 0.015
#: Radians off course: more, and the robot turns on the spot until it is nearly gone.
TURN_FROM: Final = 0.45
TURN_UNTIL: Final = 0.08
#: Metres: points of a way that are nearer to each other are one.
SAME_POINT: Final = 0.001
#: Metres from a node at which it counts as reached while driving on.
REACHED: Final = 0.15
#: Metres from the middle of a car within which the robot counts as inside.
INSIDE: Final = 0.1
#: Metres from it within which a robot that rolled too far stands inside all the same.
TOO_FAR_IN: Final = 0.3
#: Metres from a node the robot drove up to, but beside the line: it counts as reached too.
BESIDE: Final = 0.5
#: Metres from the line: farther, and the robot is not where its order says.
LOST: Final = 0.6
_TO_HEADING: Final = 2.0
_TO_LINE: Final = 1.5
_CREEP: Final = 0.02
_CORNER: Final = 0.05


@dataclass(frozen=True, slots=True)
class Speeds:
    """Metres a second ahead, radians a second counter-clockwise."""

    ahead: float = 0.0
    turn: float = 0.0


STILL: Final = Speeds()


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A point of the way: the `part`-th of the edge to node `sequence`, the last is the node."""

    at: XY
    sequence: int
    part: int
    limit: float


def waypoints(nodes: Iterable[OrderNode]) -> list[Waypoint]:
    """Return the points of the edges to `nodes`, in order."""
    points = []
    for node in nodes:
        line = (*node.via, node.xy)
        for part, at in enumerate(line):
            if part + 1 == len(line) or math.dist(at, line[part + 1]) > SAME_POINT:
                points.append(Waypoint(at, node.sequence, part, node.max_speed))
    return points


class Follower:
    """Keeps the place on the way between two calls. One for each robot."""

    def __init__(self, *, max_speed: float) -> None:
        self._max_speed = max_speed
        self._start: XY | None = None
        self._way: deque[Waypoint] = deque()
        self._speed = 0.0
        self._turning = False

    @property
    def commanded(self) -> float:
        """The speed of the last command in metres a second."""
        return self._speed

    def forget(self) -> None:
        """Find the place on the way anew at the next `lead`: the order was replaced."""
        self._start, self._way = None, deque()

    def lead(self, origin: XY, nodes: Sequence[OrderNode], pose: Pose) -> None:
        """Take over the way from `origin`, the last node reached, over the released `nodes`.

        May be called again whenever the way grows. The stretch being driven is kept.
        """
        way = waypoints(nodes)
        if self._start is not None and self._way:
            key = (self._way[0].sequence, self._way[0].part)
            kept = [w for w in way if (w.sequence, w.part) >= key]
            first = (kept[0].sequence, kept[0].part) if kept else (math.inf, 0)
            passing = [w for w in self._way if (w.sequence, w.part) < first]
            self._way = deque((*passing, *kept))
            return
        if self._start is not None and way:
            self._way = deque(way)
            return
        self._locate(origin, nodes, (pose.x, pose.y))

    def _locate(self, origin: XY, nodes: Sequence[OrderNode], at: XY) -> None:
        """Begin on the stretch of the first edge that is nearest to the robot.

        A program that was killed has not noted the last nodes its robot rolled past: off the first
        edge, it begins on a later one, but never behind a door or lift it has not noted.
        """
        way = waypoints(nodes)
        if not way:
            return
        starts = [origin, *(w.at for w in way[:-1])]
        gaps = [distance_to_segment(at, a, w.at) for a, w in zip(starts, way, strict=True)]
        shut = next((n.sequence for n in nodes[1:] if n.lift or n.door), math.inf)
        first = sum(w.sequence == way[0].sequence for w in way)
        if min(gaps[:first]) > LOST:
            first = sum(w.sequence < shut for w in way)
        nearest = gaps.index(min(gaps[:first]))
        self._start, self._way = starts[nearest], deque(way[nearest:])

    def passed(self, node: OrderNode, pose: Pose, *, stop: bool) -> bool:
        """Whether the robot has come to `node`. `stop`: only when it stands right on it."""
        gap = math.dist((pose.x, pose.y), node.xy)
        if stop:
            return gap <= INSIDE or (gap <= TOO_FAR_IN and self._is_at_end(node, pose))
        if gap <= REACHED or (self._way and self._way[0].sequence > node.sequence):
            return True
        return gap <= BESIDE and self._is_at_end(node, pose)

    def _is_at_end(self, node: OrderNode, pose: Pose) -> bool:
        if self._start is None or len(self._way) != 1 or self._way[0].sequence != node.sequence:
            return False
        length = math.dist(self._start, node.xy)
        along, _ = along_and_across((pose.x, pose.y), self._start, node.xy)
        return length - along <= AT_CORNER

    def off_line(self, pose: Pose) -> float:
        """Return how far the robot is from the stretch it drives, in metres."""
        if self._start is None or not self._way:
            return 0.0
        return distance_to_segment((pose.x, pose.y), self._start, self._way[0].at)

    def halt(self) -> Speeds:
        """Stand still at once; the base brakes as hard as it can."""
        self._speed, self._turning = 0.0, False
        return STILL

    def ahead(self, pose: Pose, *, until: int, metres: float) -> list[XY]:
        """Return the way from the pose towards node `until`, about `metres` of it."""
        points, far = [(pose.x, pose.y)], 0.0
        for point in self._way:
            if point.sequence > until or far > metres:
                break
            far += math.dist(points[-1], point.at)
            points.append(point.at)
        return points

    def drive(self, pose: Pose, *, until: int, seconds: float, room: float = math.inf) -> Speeds:
        """Return the speeds towards the node of number `until`, `seconds` after the last call.

        `room` is how many metres are free.
        """
        at = (pose.x, pose.y)
        self._pass_corners(at, until)
        if self._start is None or not self._way or self._way[0].sequence > until:
            return self.halt()
        target = self._way[0]
        along, across = along_and_across(at, self._start, target.at)
        length = math.dist(self._start, target.at)
        left = length - along if length > SAME_POINT else 0.0
        if self._is_last(until) and left <= AT_CORNER / 2:
            return self.halt()
        course = math.atan2(target.at[1] - self._start[1], target.at[0] - self._start[0])
        back = math.atan2(_TO_LINE * across, max(0.25, self._speed))
        off = wrap(course - max(-1.0, min(1.0, back)) - pose.yaw)
        turn = max(-MAX_TURN, min(MAX_TURN, _TO_HEADING * off))
        self._turning = abs(off) > (TURN_UNTIL if self._turning else TURN_FROM)
        if self._turning:
            self._speed = 0.0
            return Speeds(0.0, turn)
        free = room - REACTION * self._speed
        if free <= 0.0:
            return self.halt()
        wanted = self._wanted(left, until) * max(0.2, math.cos(2 * off))
        wanted = min(wanted, math.sqrt(2 * BRAKING * free))
        self._speed = min(wanted, self._speed + ACCELERATION * seconds)
        return Speeds(self._speed, turn)

    def _is_last(self, until: int) -> bool:
        return len(self._way) == 1 or self._way[1].sequence > until

    def _pass_corners(self, at: XY, until: int) -> None:
        """Begin the next stretch where the robot has come to the end of this one."""
        while self._start is not None and self._way and not self._is_last(until):
            target = self._way[0]
            length = math.dist(self._start, target.at)
            along, _ = along_and_across(at, self._start, target.at)
            if length - along > AT_CORNER and length > SAME_POINT:
                return
            self._start = target.at
            self._way.popleft()

    def _wanted(self, left: float, until: int) -> float:
        """Return the highest speed that still keeps every limit in front."""
        speed = self._max_speed
        before = self._start
        ahead = left
        for i, point in enumerate(self._way):
            if before is None or point.sequence > until:
                break
            if i == 0:
                speed = min(speed, point.limit)
            room = max(0.0, ahead - REACTION * self._speed)
            after = self._way[i + 1] if i + 1 < len(self._way) else None
            if after is None or after.sequence > until:
                return max(_CREEP, min(speed, math.sqrt(2 * BRAKING * room), room / SETTLE))
            slow = min(_corner_speed(before, point.at, after.at), after.limit)
            speed = min(speed, math.sqrt(slow * slow + 2 * BRAKING * room))
            if ahead > self._max_speed**2 / (2 * BRAKING) + 0.5:
                break
            ahead += math.dist(point.at, after.at)
            before = point.at
        return max(_CREEP, speed)


def _corner_speed(before: XY, corner: XY, after: XY) -> float:
    """Return how fast a corner may be taken without leaving the line by more than 3 cm."""
    if before == corner or corner == after:
        return math.inf
    there = math.atan2(corner[1] - before[1], corner[0] - before[0])
    onward = math.atan2(after[1] - corner[1], after[0] - corner[0])
    bend = abs(wrap(onward - there))
    if bend > TURN_FROM:
        return _CORNER
    return max(_CORNER, 0.04 / (bend + 1e-6))
