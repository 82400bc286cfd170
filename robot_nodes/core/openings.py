"""Where a hospital's doors, cars and first places of robots are: one answer for every world."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Final

from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.maps.model import Door, Hospital, Lift
from robot_nodes.core.geometry import distance_to_segment, wrap
from robot_nodes.core.order import XY, Pose

Line = tuple[XY, XY]

#: Radians by which a car that was drawn along a wall may be off it.
_DRAWN: Final = 0.02


@dataclass(frozen=True, slots=True)
class Cage:
    """The inside of a car on the plan: `depth` lies along `yaw`, `width` across it."""

    at: XY
    depth: float
    width: float
    yaw: float

    def inward(self, point: XY) -> XY:
        """Return a point in the frame of the car: along its depth, and left of that."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        dx, dy = point[0] - self.at[0], point[1] - self.at[1]
        return dx * c + dy * s, dy * c - dx * s

    def outward(self, along: float, across: float) -> XY:
        """Return a point of the frame of the car on the plan."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return self.at[0] + along * c - across * s, self.at[1] + along * s + across * c

    def holds(self, point: XY) -> bool:
        """Whether a point is inside."""
        along, across = self.inward(point)
        return abs(along) < self.depth / 2 and abs(across) < self.width / 2

    def side(self, out: XY) -> Line:
        """Return the one of its two ends that looks to a point before it."""
        along, _ = self.inward(out)
        end = math.copysign(self.depth / 2, along)
        return self.outward(end, -self.width / 2), self.outward(end, self.width / 2)


def cage(hospital: Hospital, lift: Lift) -> Cage:
    """Return the inside of a lift's car. Its depth lies along the way in."""
    if lift.faces is None:
        out = hospital.nodes[lift.stops[0].exit]
        dx, dy = out.x - lift.at.x, out.y - lift.at.y
        yaw = math.atan2(0.0, dx) if abs(dx) > abs(dy) else math.atan2(dy, 0.0)
    else:
        yaw = wrap(lift.faces)
    quarters = round(yaw / (math.pi / 2))
    if abs(yaw - quarters * math.pi / 2) < _DRAWN:
        yaw = quarters * math.pi / 2
    return Cage((lift.at.x, lift.at.y), lift.depth, lift.width, yaw)


def door_line(hospital: Hospital, door: Door) -> Line:
    """Return the line across the lane that a door is on."""
    at = (door.at.x, door.at.y)
    best: tuple[float, XY, XY] = (math.inf, (0.0, 0.0), (1.0, 0.0))
    for lane in hospital.lanes.values():
        if lane.door != door.id:
            continue
        a, b = hospital.nodes[lane.a], hospital.nodes[lane.b]
        points = [(a.x, a.y), *((p.x, p.y) for p in lane.via), (b.x, b.y)]
        for start, end in itertools.pairwise(points):
            best = min(best, (distance_to_segment(at, start, end), start, end))
    _, (ax, ay), (bx, by) = best
    length = math.hypot(bx - ax, by - ay) or 1.0
    nx, ny = -(by - ay) / length * door.width / 2, (bx - ax) / length * door.width / 2
    return ((at[0] + nx, at[1] + ny), (at[0] - nx, at[1] - ny))


def home_pose(hospital: Hospital, robot: RobotId) -> Pose:
    """Return where a robot without a past stands: on its home bay, facing its lane."""
    home = hospital.nodes[hospital.robots[robot].home]
    yaw = 0.0
    for lane_id in hospital.lanes_at.get(home.id, ())[:1]:
        lane = hospital.lanes[lane_id]
        via = lane.via if lane.a == home.id else tuple(reversed(lane.via))
        other = hospital.nodes[lane.b if lane.a == home.id else lane.a]
        to = via[0] if via else other
        yaw = math.atan2(to.y - home.y, to.x - home.x)
    return Pose(home.floor, home.x, home.y, yaw)
