"""What a laser sees on the way: how far a robot may roll before it meets something.

The protective field is the strip the robot's body sweeps along its way, as far as it is going to
drive: what stands beside the strip, or behind the place it stops at, is none of its concern.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fleet_manager.domain.units import Instant, Millis
from robot_nodes.core.order import XY, Pose

#: Metres ahead that are looked at: the braking distance of the fastest robot, and some.
LOOK: Final = 3.0
#: Metres kept free on both sides of the body, for errors of localisation and laser.
BESIDE: Final = 0.06
#: Metres a robot stops short of what is in its way.
GAP: Final = 0.25
#: Older scans are none: a robot with a laser does not drive without one.
SCAN_FRESH: Final = Millis(1_000)
#: A robot that cannot get on for so long says that it is blocked.
BLOCKED_AFTER: Final = Millis(2_000)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scan:
    """One turn of a laser: `ranges` (n,) in metres from `first`, `step` radians apart, inf: free.

    Angles count from where the robot looks, `at` is when it was taken.
    """

    first: float
    step: float
    ranges: Floats
    at: Instant

    def points(self, pose: Pose) -> Floats:
        """Return what was hit within reach, (n, 2) in the frame of the pose's floor."""
        near = np.isfinite(self.ranges) & (self.ranges < LOOK + 1.0)
        angles = pose.yaw + self.first + self.step * np.flatnonzero(near)
        hit = self.ranges[near]
        return np.column_stack((pose.x + hit * np.cos(angles), pose.y + hit * np.sin(angles)))


@dataclass(frozen=True, slots=True)
class Body:
    """The footprint of a robot in metres."""

    length: float
    width: float


def room(way: Sequence[XY], points: Floats, body: Body) -> float:
    """Return how many metres the robot may roll along `way`, which begins at its middle.

    inf where nothing is in the strip. Behind the end of the way the strip ends with the body.
    """
    done, nearest = 0.0, math.inf
    half = body.width / 2 + BESIDE
    for i, (start, end) in enumerate(itertools.pairwise(way)):
        length = math.dist(start, end)
        if length == 0.0:
            continue
        last = i == len(way) - 2
        along, across = _along_and_across(points, start, end)
        reach = length + (body.length / 2 + BESIDE if last else 0.0)
        inside = (np.abs(across) < half) & (along > 0.0) & (along < reach)
        if inside.any():
            nearest = min(nearest, done + float(along[inside].min()))
        done += length
    return nearest - body.length / 2 - GAP


def _along_and_across(points: Floats, start: XY, end: XY) -> tuple[Floats, Floats]:
    length = math.dist(start, end)
    ux, uy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    x, y = points[:, 0] - start[0], points[:, 1] - start[1]
    return x * ux + y * uy, y * ux - x * uy
