"""Distances in the plane of a floor, in metres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from fleet_manager.domain.maps.model import Point


def distance(a: Point, b: Point) -> float:
    """Return how far two points are apart."""
    return math.hypot(a.x - b.x, a.y - b.y)


def length(line: Sequence[Point]) -> float:
    """Return the length of a line over all its points."""
    return sum(distance(a, b) for a, b in pairwise(line))


def point_to_line(point: Point, line: Sequence[Point]) -> float:
    """Return how close a line of at least two points comes to a point."""
    return min(_point_to_segment(point, a, b) for a, b in pairwise(line))


def line_to_line(one: Sequence[Point], other: Sequence[Point]) -> float:
    """Return how close two lines come to each other, 0 where they cross or touch."""
    pairs = pairwise(one)
    return min(_segment_to_segment(a, b, c, d) for a, b in pairs for c, d in pairwise(other))


def inside(point: Point, polygon: Sequence[Point]) -> bool:
    """Whether a polygon holds a point, by counting the edges to its right."""
    odd = False
    for a, b in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if (a.y > point.y) != (b.y > point.y):
            x = a.x + (point.y - a.y) * (b.x - a.x) / (b.y - a.y)
            odd ^= x > point.x
    return odd


def area(polygon: Sequence[Point]) -> float:
    """Return the area of a polygon in square metres."""
    edges = zip(polygon, (*polygon[1:], polygon[0]), strict=True)
    return abs(sum(a.x * b.y - b.x * a.y for a, b in edges)) / 2


def _point_to_segment(point: Point, a: Point, b: Point) -> float:
    dx, dy = b.x - a.x, b.y - a.y
    square = dx * dx + dy * dy
    if square == 0:
        return distance(point, a)
    along = ((point.x - a.x) * dx + (point.y - a.y) * dy) / square
    along = min(1.0, max(0.0, along))
    return math.hypot(point.x - a.x - along * dx, point.y - a.y - along * dy)


def _segment_to_segment(a: Point, b: Point, c: Point, d: Point) -> float:
    if _cross(a, b, c) * _cross(a, b, d) < 0 and _cross(c, d, a) * _cross(c, d, b) < 0:
        return 0.0
    return min(
        _point_to_segment(a, c, d),
        _point_to_segment(b, c, d),
        _point_to_segment(c, a, b),
        _point_to_segment(d, a, b),
    )


def _cross(origin: Point, a: Point, b: Point) -> float:
    return (a.x - origin.x) * (b.y - origin.y) - (a.y - origin.y) * (b.x - origin.x)
