"""Boxes drawn in a frame of their own on the plan of a floor."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

import shapely

from robot_nodes.gazebo.scene import XY, Block

#: Boxes turned by quarters are written as boxes that are not turned.
_QUARTER: Final = math.pi / 2
_SAME_ANGLE: Final = 1e-6
_NOT_A_NAME: Final = re.compile(r'[^A-Za-z0-9_]')


def plain(identity: str) -> str:
    """Return an id as a part of the names of models, joints and topics."""
    return _NOT_A_NAME.sub('_', identity)


@dataclass(frozen=True, slots=True)
class Frame:
    """A place on the plan and the direction of its first axis; the second points to the left."""

    at: XY
    yaw: float

    def point(self, u: float, v: float) -> XY:
        """Return a point of the frame on the plan."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return self.at[0] + u * c - v * s, self.at[1] + u * s + v * c

    def inward(self, point: XY) -> XY:
        """Return a point of the plan in the frame."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        dx, dy = point[0] - self.at[0], point[1] - self.at[1]
        return dx * c + dy * s, dy * c - dx * s

    def turned(self, angle: float) -> Frame:
        """Return the frame turned round its origin."""
        return Frame(self.at, self.yaw + angle)

    def area(self, u0: float, u1: float, v0: float, v1: float) -> shapely.Polygon:
        """Return what lies between two places along each axis."""
        corners = ((u0, v0), (u1, v0), (u1, v1), (u0, v1))
        return shapely.Polygon([self.point(u, v) for u, v in corners])

    def block(
        self,
        name: str,
        kind: str,
        u: XY,
        v: XY,
        z: XY,
        *,
        model: str,
        solid: bool = True,
    ) -> Block:
        """Return the box between two places along each axis, which may come in any order."""
        x, y = self.point((u[0] + u[1]) / 2, (v[0] + v[1]) / 2)
        along, across, yaw = abs(u[1] - u[0]), abs(v[1] - v[0]), self.yaw
        quarters = round(yaw / _QUARTER)
        if abs(yaw - quarters * _QUARTER) < _SAME_ANGLE:
            along, across = (across, along) if quarters % 2 else (along, across)
            yaw = 0.0
        size = (along, across, abs(z[1] - z[0]))
        return Block(name, kind, (x, y, (z[0] + z[1]) / 2), size, yaw, model, solid)


def footprint(block: Block) -> shapely.Polygon:
    """Return a block on the plan."""
    along, across = block.size[0] / 2, block.size[1] / 2
    return Frame((block.at[0], block.at[1]), block.yaw).area(-along, along, -across, across)
