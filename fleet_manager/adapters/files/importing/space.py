"""Where on a floor a robot fits: clear of walls, doors, lift cars and other places."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import shapely
from shapely.geometry import LineString, MultiLineString, MultiPoint, Polygon
from shapely.prepared import PreparedGeometry, prep

from fleet_manager.adapters.files.importing.draft import Opening, Spot, Storey, Stretch
from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.model import Point

#: Metres from the middle of a lift car, whatever robots there are.
FROM_CAR: Final = 1.55
#: Metres of air beyond what `check_hospital` asks for: what is placed here shall pass.
_AIR: Final = 0.05
#: Beyond this nothing is in the way of a bay or a lobby, in metres.
_REACH: Final = 12.0
_ON_THE_WAY: Final = 1e-6
#: Metres. A wider hinged door has two leaves.
_ONE_LEAF: Final = 1.25
#: Metres a door may lie off its lane and still be drawn in its middle.
_OFF_MIDDLE: Final = 0.45


@dataclass(frozen=True, slots=True)
class Margins:
    """What robots of a turning radius and width keep, in metres from the middle of one."""

    radius: float
    width: float

    @property
    def apart(self) -> float:
        """From one that turns to one that turns at the other end of a lane."""
        return 2 * self.radius + 0.1 + _AIR / 2

    @property
    def clear(self) -> float:
        """From one that turns to one that passes, or to a door."""
        return 2 * self.radius + _AIR

    @property
    def wall(self) -> float:
        """From one that turns to a wall."""
        return self.radius + _AIR

    @property
    def lane_wall(self) -> float:
        """From one that passes to a wall."""
        return self.width / 2 + 0.1 + _AIR / 2


class Space:
    """The free space of a storey. The walls stay; lanes and nodes are asked for each time."""

    def __init__(self, storey: Storey, cars: Sequence[Point], margins: Margins) -> None:
        self._storey = storey
        self.cars = tuple(cars)
        self.margins = margins

    def from_door(self, opening: Opening) -> float:
        """Return how far from a door robots may stand, in metres: out of the way of its leaf."""
        if opening.kind != 'hinged':
            return self.margins.clear
        leaf = opening.width() if opening.width() <= _ONE_LEAF else opening.width() / 2
        return max(self.margins.clear, leaf + self.margins.wall)

    def crossed(self, a: Point, b: Point) -> tuple[Opening, ...]:
        """Return the doors a straight lane passes."""
        return doors_on(self._storey, (a, b))

    def clearance(self, a: Point, b: Point) -> float:
        """Return how close a straight lane comes to a wall, in metres."""
        return float(self._walls.distance(_line(a, b))) if self._storey.walls else math.inf

    def as_good(self, before: tuple[Point, Point], after: tuple[Point, Point]) -> bool:
        """Whether a moved lane passes the same doors and is no nearer to a wall than it may be."""
        if self.crossed(*before) != self.crossed(*after):
            return False
        least = min(self.margins.lane_wall, self.clearance(*before) - _ON_THE_WAY)
        return self.clearance(*after) >= least

    def holds(self, at: Point) -> bool:
        """Whether a robot can stand there: on the floor, off walls, doors and cars."""
        return bool(self._free.covers(shapely.Point(at.x, at.y)))

    def lets_through(self, a: Point, b: Point) -> bool:
        """Whether a robot gets from `a`, where it stands already, straight to `b`."""
        length = geometry.distance(a, b)
        if length <= self.margins.wall:
            return self.holds(b)
        if self.clearance(a, b) < min(self.margins.lane_wall, self.clearance(a, a) - _ON_THE_WAY):
            return False
        return bool(self._free.covers(_line(along(a, b, self.margins.wall / length), b)))

    @cached_property
    def _walls(self) -> MultiLineString:
        return MultiLineString([[(p.x, p.y) for p in wall] for wall in self._storey.walls])

    @cached_property
    def _free(self) -> PreparedGeometry:
        floor = Polygon([(p.x, p.y) for p in self._storey.outline]).buffer(-self.margins.wall)
        doors = [_line(*own.posts).buffer(self.from_door(own)) for own in self._storey.openings]
        cars = MultiPoint([(p.x, p.y) for p in self.cars])
        taken = [self._walls.buffer(self.margins.wall), cars.buffer(FROM_CAR), *doors]
        return prep(floor.difference(shapely.union_all(taken)))


class Around:
    """What stands and runs near a place, to test many places for something new."""

    def __init__(
        self, storey: Storey, margins: Margins, middle: Point, without: Iterable[Spot] = ()
    ) -> None:
        self._margins = margins
        gone = list(without)
        near = [spot for spot in storey.spots if spot not in gone]
        self.spots = [one for one in near if geometry.distance(one.at, middle) < _REACH]
        self.stretches = [
            one
            for one in storey.stretches
            if one.a not in gone
            and one.b not in gone
            and geometry.point_to_line(middle, one.line()) < _REACH
        ]

    def leaves_room(self, at: Point, beside: Sequence[Spot] = ()) -> bool:
        """Whether a new spot is off all others, and off all lanes but those of `beside`."""
        if any(geometry.distance(at, spot.at) < self._margins.apart for spot in self.spots):
            return False
        return all(
            geometry.point_to_line(at, one.line()) >= self._margins.clear
            for one in self.stretches
            if one.a not in beside and one.b not in beside
        )

    def lets_pass(
        self, a: Point, b: Point, ends: Sequence[Spot], but: Stretch | None = None
    ) -> bool:
        """Whether a new lane is off all spots but its `ends`, and off lanes that end elsewhere.

        `but` is a lane it begins on.
        """
        line = (a, b)
        if any(
            geometry.point_to_line(spot.at, line) < self._margins.clear
            for spot in self.spots
            if spot not in ends
        ):
            return False
        return all(
            lines_apart(line, one.line()) >= self._margins.clear
            for one in self.stretches
            if one.a not in ends and one.b not in ends and one is not but
        )


def lines_apart(one: tuple[Point, Point], other: tuple[Point, Point]) -> float:
    """Return how close two straight lines come to each other, 0 where they cross."""
    (a, b), (c, d) = one, other
    if _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0:
        return 0.0
    ends = ((a, other), (b, other), (c, one), (d, one))
    return min(geometry.point_to_line(point, line) for point, line in ends)


def _side(origin: Point, a: Point, b: Point) -> float:
    """Return more than 0 if `b` lies to the left of the way from `origin` to `a`."""
    return (a.x - origin.x) * (b.y - origin.y) - (a.y - origin.y) * (b.x - origin.x)


def along(a: Point, b: Point, part: float) -> Point:
    """Return the point on the way from `a` to `b` after a part of it."""
    return Point(a.x + (b.x - a.x) * part, a.y + (b.y - a.y) * part)


def steps(origin: Point, direction: float, lateral: float, forward: float) -> Point:
    """Return the point `forward` metres in a direction and `lateral` to the left of it."""
    cos, sin = math.cos(direction), math.sin(direction)
    return Point(
        round(origin.x + forward * cos - lateral * sin, 3),
        round(origin.y + forward * sin + lateral * cos, 3),
    )


def rings(origin: Point, radii: Sequence[float], directions: int) -> Iterator[Point]:
    """Return points around a place, the nearest ones first."""
    for radius in radii:
        for index in range(directions):
            yield steps(origin, 2 * math.pi * index / directions, 0.0, radius)


def doors_on(storey: Storey, line: tuple[Point, Point]) -> tuple[Opening, ...]:
    """Return the doors of a storey that a straight lane passes."""
    return tuple(
        own
        for own in storey.openings
        if _boxes_meet(line, own.posts) and lines_apart(line, own.posts) < _ON_THE_WAY
    )


def _boxes_meet(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    (a, b), (c, d) = one, other
    return (
        min(a.x, b.x) <= max(c.x, d.x)
        and min(c.x, d.x) <= max(a.x, b.x)
        and min(a.y, b.y) <= max(c.y, d.y)
        and min(c.y, d.y) <= max(a.y, b.y)
    )


def door_point(line: tuple[Point, Point], opening: Opening) -> Point:
    """Return where a lane passes a door: its middle, or where it is crossed far from that."""
    middle = opening.middle()
    if geometry.point_to_line(middle, line) <= _OFF_MIDDLE:
        return middle
    meeting = _line(*line).intersection(_line(*opening.posts))
    if meeting.is_empty:
        return middle
    point = meeting.centroid
    return Point(round(float(point.x), 3), round(float(point.y), 3))


def _line(a: Point, b: Point) -> LineString:
    return LineString([(a.x, a.y), (b.x, b.y)])
