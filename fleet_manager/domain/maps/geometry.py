"""Distances and areas in the plane of a floor, in metres."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from fleet_manager.domain.maps.model import Door, Floor, Point
from fleet_manager.domain.maps.words import OPEN_ROOMS

Geometries = NDArray[np.object_]

#: Metres a door may lie off its wall, as drawn.
DOOR_OFF_WALL: Final = 0.3
#: Metres wider than its door a doorway is cut, so that nothing of the wall stays in it.
_JAMB: Final = 0.02


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
    return float(shapely.distance(linestring(one), linestring(other)))


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


def linestring(line: Sequence[Point]) -> shapely.LineString:
    """Return a line of at least two points for shapely."""
    return shapely.LineString([(point.x, point.y) for point in line])


def array_of(parts: Sequence[BaseGeometry]) -> Geometries:
    """Return geometries as an array shapely works on, even if there are none."""
    array = np.empty(len(parts), dtype=np.object_)
    array[:] = parts
    return array


def surface(polygon: Sequence[Point]) -> BaseGeometry:
    """Return what three or more points enclose; in valid parts where their edges cross."""
    drawn = shapely.Polygon([(point.x, point.y) for point in polygon])
    return drawn if drawn.is_valid else surfaces(shapely.make_valid(drawn))


def surfaces(geometry: BaseGeometry) -> BaseGeometry:
    """Return the surfaces among the parts of a geometry, without its lines and points."""
    if geometry.geom_type in ('Polygon', 'MultiPolygon'):
        return geometry
    parts = shapely.get_parts(geometry)
    flat = [part for part in parts for part in shapely.get_parts(part)]
    return shapely.union_all([part for part in flat if part.geom_type == 'Polygon'])


class Rooms(NamedTuple):
    """The rooms of a floor in their order, and what is open and closed where all are drawn.

    A room drawn later covers those below it: what is left of the others is in `open` or `closed`.
    """

    drawn: Geometries
    open: list[BaseGeometry]
    closed: list[BaseGeometry]


def rooms_of(floor: Floor) -> Rooms:
    """Return the areas of the rooms of a floor."""
    drawn = array_of([surface(room.polygon) for room in floor.rooms])
    is_open = [room.kind in OPEN_ROOMS for room in floor.rooms]
    covers: list[list[BaseGeometry]] = [[] for _ in drawn]
    below, above = shapely.STRtree(drawn).query(drawn, predicate='intersects')
    for one, other in zip(below.tolist(), above.tolist(), strict=True):
        if one < other and is_open[one] != is_open[other]:
            covers[one].append(drawn[other])
    rooms = Rooms(drawn, [], [])
    for shape, over, opens in zip(drawn, covers, is_open, strict=True):
        left = surfaces(shape.difference(shapely.union_all(over))) if over else shape
        (rooms.open if opens else rooms.closed).append(left)
    return rooms


def walls_of(
    floor: Floor, doors: Iterable[Door] = (), *, rooms: Rooms | None = None, beside: float = 0.0
) -> BaseGeometry:
    """Return the lines on a floor that nobody drives through.

    Its written walls and the borders of its closed rooms, with a gap as wide as the door where one
    of `doors` is drawn on them, and `beside` metres more on both sides. `rooms` are those of the
    floor, if they are known already.
    """
    closed = (rooms or rooms_of(floor)).closed
    walls = [linestring(line) for line in floor.walls]
    drawn = shapely.union_all([*walls, *(room.boundary for room in closed if not room.is_empty)])
    gaps = []
    for door in doors:
        middle = shapely.Point(door.at.x, door.at.y)
        off = shapely.distance(middle, drawn)
        if off <= DOOR_OFF_WALL:
            gaps.append(middle.buffer(math.hypot(door.width / 2 + _JAMB + beside, off)))
    return drawn.difference(shapely.union_all(gaps)) if gaps else drawn


def _point_to_segment(point: Point, a: Point, b: Point) -> float:
    dx, dy = b.x - a.x, b.y - a.y
    square = dx * dx + dy * dy
    if square == 0:
        return distance(point, a)
    along = ((point.x - a.x) * dx + (point.y - a.y) * dy) / square
    along = min(1.0, max(0.0, along))
    return math.hypot(point.x - a.x - along * dx, point.y - a.y - along * dy)


def course(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Return the way from one point to another in radians, counter-clockwise from x."""
    return math.atan2(end[1] - start[1], end[0] - start[0])
