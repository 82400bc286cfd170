"""Plane geometry of robots, doors and edges: metres and radians."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from robot_nodes.core.order import XY


def wrap(angle: float) -> float:
    """Return the same direction in -pi..pi."""
    return math.remainder(angle, math.tau)


def along_and_across(point: XY, start: XY, end: XY) -> tuple[float, float]:
    """Return how far `point` is along the line from `start` to `end`, and how far left of it.

    A line without length points along x.
    """
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy)
    ux, uy = (dx / length, dy / length) if length > 0.0 else (1.0, 0.0)
    px, py = point[0] - start[0], point[1] - start[1]
    return px * ux + py * uy, uy * -px + ux * py


def distance_to_segment(point: XY, start: XY, end: XY) -> float:
    """Return the distance of `point` to the nearest point between `start` and `end`."""
    length = math.dist(start, end)
    if length == 0.0:
        return math.dist(point, start)
    along, _ = along_and_across(point, start, end)
    share = min(1.0, max(0.0, along / length))
    nearest = (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]))
    return math.dist(point, nearest)


def distance_to_line(point: XY, line: Sequence[XY]) -> float:
    """Return the distance of `point` to a polyline of at least one point."""
    if len(line) == 1:
        return math.dist(point, line[0])
    return min(distance_to_segment(point, a, b) for a, b in itertools.pairwise(line))


def rectangle(x: float, y: float, yaw: float, length: float, width: float) -> tuple[XY, ...]:
    """Return the corners of a rectangle around a point, its length along `yaw`."""
    c, s = math.cos(yaw), math.sin(yaw)
    corners = []
    for along, across in ((1, 1), (-1, 1), (-1, -1), (1, -1)):
        a, b = along * length / 2, across * width / 2
        corners.append((x + a * c - b * s, y + a * s + b * c))
    return tuple(corners)


def overlap(first: Sequence[XY], second: Sequence[XY]) -> bool:
    """Whether two convex shapes overlap (separating axes). Two points make a line."""
    return not (_is_apart(first, second) or _is_apart(second, first))


def _is_apart(first: Sequence[XY], second: Sequence[XY]) -> bool:
    for i, (ax, ay) in enumerate(first):
        bx, by = first[i - 1]
        nx, ny = by - ay, ax - bx
        if nx == 0.0 and ny == 0.0:
            continue
        one = [nx * x + ny * y for x, y in first]
        two = [nx * x + ny * y for x, y in second]
        if max(one) <= min(two) or max(two) <= min(one):
            return True
    return False
