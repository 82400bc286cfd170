"""A floor while it is drawn: rooms with pieces cut out, streets with nodes along them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import shapely

#: `x1, y1, x2, y2` in metres, the smaller ones first.
Box = tuple[float, float, float, float]
Point = tuple[float, float]
#: A name in both languages as it is written in this package: `药房 Pharmacy`.
Words = str

#: Metres. A street gets more nodes where two are further apart: a lane holds one robot.
_LONGEST: Final = 9.5
#: Metres a second next to people: alcoves, lobbies and niches.
SLOW: Final = 0.4


def named(words: Words) -> dict[str, str]:
    """Return `药房 Pharmacy` as a name in both languages: what is before the first blank is zh."""
    zh, _, en = words.partition(' ')
    return {'zh': zh.replace('_', ' '), 'en': en}


def numbered(words: Words, what: str, number: int) -> Words:
    """Return a name with a number: `眼科2病区 Ophthalmology 2`, where `what` is `病区`."""
    zh, _, en = words.partition(' ')
    return f'{zh}{number}{what} {en} {number}'


@dataclass(slots=True)
class Street:
    """A corridor's centre line along an axis: `x` for one that runs east, `y` for north.

    `at` is its coordinate on the other axis, `marks` are the nodes by their place along it.
    """

    id: str
    axis: str
    at: float
    width: float
    speed: float | None
    marks: dict[float, str] = field(default_factory=dict)
    doors: dict[float, str] = field(default_factory=dict)

    def point(self, along: float) -> Point:
        """Return the point of the centre line at a coordinate."""
        return (along, self.at) if self.axis == 'x' else (self.at, along)


class Sheet:
    """One floor: draw rooms first, then streets, then what is cut out of rooms along them."""

    def __init__(
        self, floor: str, words: Words, level: int, elevation: float, outline: Sequence[Point]
    ) -> None:
        self.floor = floor
        self._head = {
            'id': floor,
            'name': named(words),
            'level': level,
            'elevation': round(elevation, 2),
            'outline': _points(outline),
        }
        self._rooms: dict[str, tuple[dict[str, str], str, shapely.Polygon]] = {}
        self._walls: list[list[list[float]]] = [_points([*outline, outline[0]])]
        self._zones: dict[str, dict[str, Any]] = {}
        self.streets: dict[str, Street] = {}
        self._nodes: dict[str, dict[str, Any]] = {}
        self._lanes: list[dict[str, Any]] = []
        self._doors: dict[str, dict[str, Any]] = {}
        self._stations: dict[str, dict[str, Any]] = {}

    def room(self, room: str, words: Words, kind: str, box: Box) -> None:
        """Draw a room."""
        _unique(room, self._rooms)
        self._rooms[room] = (named(words), kind, shapely.box(*box))

    def cut(self, room: str, words: Words, kind: str, box: Box) -> None:
        """Draw a room that is taken from those that are there already."""
        piece = shapely.box(*box)
        for other, (name, own, shape) in self._rooms.items():
            if shape.intersection(piece).area > 0:
                left = shape.difference(piece)
                if not isinstance(left, shapely.Polygon) or left.is_empty:
                    raise ValueError(f'{room} leaves nothing whole of {other} on {self.floor}')
                self._rooms[other] = (name, own, left)
        self.room(room, words, kind, box)

    def wall(self, *line: Point) -> None:
        """Draw a wall that no closed room gives."""
        self._walls.append(_points(line))

    def zone(self, zone: str, words: Words, kind: str, box: Box, **more: Any) -> None:
        """Draw an area with a rule; `more` are `robots` and `hours`."""
        _unique(zone, self._zones)
        self._zones[zone] = {'name': named(words), 'kind': kind, 'box': _numbers(box), **more}

    def street(
        self, street: str, axis: str, at: float, width: float, *, speed: float | None = None
    ) -> Street:
        """Start a street without nodes."""
        _unique(street, self.streets)
        self.streets[street] = Street(street, axis, at, width, speed)
        return self.streets[street]

    def mark(self, street: Street, along: float) -> str:
        """Return the node of a street at a coordinate, which is made if it is not there."""
        along = round(along, 2)
        if along not in street.marks:
            node = f'{street.id}{math.floor(along)}'
            street.marks[along] = self.node(node, street.point(along), 'way')
        return street.marks[along]

    def cross(self, east: Street, north: Street) -> None:
        """Join two streets where they cross."""
        north.marks[east.at] = self.mark(east, north.at)

    def node(self, node: str, at: Point, kind: str) -> str:
        """Draw a node and return its id."""
        _unique(node, self._nodes)
        self._nodes[node] = {'at': _numbers(at), 'kind': kind}
        return node

    def lane(self, one: str, other: str, width: float, **more: Any) -> None:
        """Join two nodes."""
        self._lanes.append({'between': [one, other], 'width': round(width, 2), **more})

    def door(self, door: str, words: Words, at: Point, width: float, **more: Any) -> str:
        """Draw a door, for a lane to name, and return its id."""
        _unique(door, self._doors)
        self._doors[door] = {'name': named(words), 'at': _numbers(at), 'width': width, **more}
        return door

    def station(self, station: str, *, at: Point, **fields: Any) -> None:
        """Draw a station with a node of the same id."""
        _unique(station, self._stations)
        self.node(station, at, 'station')
        self._stations[station] = {'node': station, **fields}

    def raw(self) -> dict[str, Any]:
        """Return the floor as its file holds it; nothing can be drawn after that."""
        for street in self.streets.values():
            self._finish(street)
        along = {
            node: (order, at)
            for order, street in reversed(list(enumerate(self.streets.values())))
            for at, node in street.marks.items()
        }
        last = (len(self.streets), 0.0)
        order = sorted(self._nodes, key=lambda node: along.get(node, last))
        return {
            **self._head,
            'rooms': {room: _room(*parts) for room, parts in self._rooms.items()},
            'walls': self._walls,
            'zones': self._zones,
            'nodes': {node: self._nodes[node] for node in order},
            'lanes': self._lanes,
            'doors': self._doors,
            'stations': self._stations,
        }

    def _finish(self, street: Street) -> None:
        """Put nodes where they are far apart, and join them one to the next."""
        for a, b in pairwise(sorted(street.marks)):
            pieces = math.ceil((b - a) / _LONGEST)
            for piece in range(1, pieces):
                self.mark(street, a + (b - a) * piece / pieces)
        more = {} if street.speed is None else {'speed': street.speed}
        for a, b in pairwise(sorted(street.marks)):
            doors = [{'door': door} for at, door in street.doors.items() if a < at < b]
            door = doors[0] if doors else {}
            self.lane(street.marks[a], street.marks[b], street.width, **more, **door)


def _unique(word: str, known: Mapping[str, object]) -> None:
    if word in known:
        raise ValueError(f'{word} is drawn twice')


def _room(name: dict[str, str], kind: str, shape: shapely.Polygon) -> dict[str, Any]:
    x1, y1, x2, y2 = shape.bounds
    if math.isclose(shape.area, (x2 - x1) * (y2 - y1)):
        return {'name': name, 'kind': kind, 'box': _numbers(shape.bounds)}
    return {'name': name, 'kind': kind, 'polygon': _corners(shape)}


def _corners(shape: shapely.Polygon) -> list[list[float]]:
    """Return the corners counter-clockwise from the south-west one: the same on every machine."""
    ring = _points(shapely.orient_polygons(shape).exterior.coords[:-1])
    around = zip([ring[-1], *ring[:-1]], ring, [*ring[1:], ring[0]], strict=True)
    corners = [here for before, here, after in around if not _in_line(before, here, after)]
    first = corners.index(min(corners))
    return [*corners[first:], *corners[:first]]


def _in_line(a: Sequence[float], b: Sequence[float], c: Sequence[float]) -> bool:
    return a[0] == b[0] == c[0] or a[1] == b[1] == c[1]


def _points(points: Sequence[Point]) -> list[list[float]]:
    return [_numbers(point) for point in points]


def _numbers(numbers: Sequence[float]) -> list[float]:
    """Return metres to the centimetre, whole ones without decimals."""
    rounded = [round(float(number), 2) for number in numbers]
    return [int(number) if number.is_integer() else number for number in rounded]
