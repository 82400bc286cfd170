"""A building between its source and our format: in metres, y up, and changed by the repairs."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.model import STANDARD_TYPE, NodeKind, Point


@dataclass(slots=True, eq=False)
class Role:
    """What people use a spot for."""

    kind: NodeKind
    name: str
    place: str
    sends: bool = True
    takes: bool = True
    #: The name alone made it a station.
    guessed: bool = False


@dataclass(slots=True, eq=False)
class Spot:
    """A node to be. `place` is where it comes from, `hint` what its id is made of."""

    at: Point
    place: str
    hint: str
    roles: list[Role] = field(default_factory=list)
    kind: NodeKind = NodeKind.WAY


@dataclass(frozen=True, slots=True, eq=False)
class Bay:
    """A spot that has a role, and nothing passing through."""

    role: Role
    spot: Spot


@dataclass(slots=True, eq=False)
class Stretch:
    """A lane to be, from `a` to `b` only if `one_way`. `speed` 0 is not said; m/s.

    `graphs` names the navigation graphs it belongs to.
    """

    a: Spot
    b: Spot
    place: str
    one_way: bool = False
    speed: float = 0.0
    graphs: frozenset[int] = frozenset()

    def other(self, spot: Spot) -> Spot:
        """Return the end that isn't `spot`."""
        return self.b if self.a is spot else self.a

    def line(self) -> tuple[Point, Point]:
        """Return both ends as points."""
        return (self.a.at, self.b.at)

    def length(self) -> float:
        """Return its length in metres."""
        return geometry.distance(self.a.at, self.b.at)


@dataclass(slots=True, eq=False)
class Opening:
    """A door between two posts. `driven`: it opens on request, without a person."""

    name: str
    place: str
    posts: tuple[Point, Point]
    kind: str
    driven: bool

    def middle(self) -> Point:
        """Return the point between the posts."""
        one, other = self.posts
        return Point((one.x + other.x) / 2, (one.y + other.y) / 2)

    def width(self) -> float:
        """Return the metres between the posts."""
        return geometry.distance(*self.posts)


@dataclass(slots=True, eq=False)
class Area:
    """A named area of a floor."""

    name: str
    kind: str
    polygon: tuple[Point, ...]


@dataclass(slots=True, eq=False)
class Storey:
    """A floor: its lanes change, the rest stays."""

    id: str
    name: str
    place: str
    elevation: float
    outline: tuple[Point, ...]
    walls: list[tuple[Point, ...]] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    bays: list[Bay] = field(default_factory=list)

    def at(self, spot: Spot) -> list[Stretch]:
        """Return the stretches that end at `spot`."""
        return [one for one in self.stretches if one.a is spot or one.b is spot]

    def neighbours(self, spot: Spot) -> list[Spot]:
        """Return the other ends of the stretches at `spot`."""
        return [one.other(spot) for one in self.at(spot)]

    def graphs_at(self, spot: Spot) -> frozenset[int]:
        """Return the graphs of all stretches at `spot`."""
        return frozenset().union(*(one.graphs for one in self.at(spot)))

    def between(self, one: Spot, other: Spot) -> Stretch | None:
        """Return the stretch that joins two spots."""
        for stretch in self.at(one):
            if stretch.other(one) is other:
                return stretch
        return None

    def split(self, stretch: Stretch, spots: list[Spot]) -> None:
        """Put spots, in order from `a` to `b`, on a stretch."""
        chain = [stretch.a, *spots, stretch.b]
        pieces = [
            Stretch(a, b, stretch.place, stretch.one_way, stretch.speed, stretch.graphs)
            for a, b in pairwise(chain)
        ]
        place = self.stretches.index(stretch)
        self.stretches[place : place + 1] = pieces
        self.spots += [spot for spot in spots if spot not in self.spots]

    def remove(self, spot: Spot) -> list[Stretch]:
        """Take a spot away and return the stretches that went with it."""
        gone = self.at(spot)
        self.stretches = [one for one in self.stretches if one not in gone]
        self.spots.remove(spot)
        return gone

    def join(self, stretch: Stretch) -> None:
        """Add a stretch; one between the same spots takes it in, and both ways are open then."""
        known = self.between(stretch.a, stretch.b)
        if known is None:
            self.stretches.append(stretch)
            return
        if not stretch.one_way or known.a is not stretch.a:
            known.one_way = False
        known.graphs |= stretch.graphs
        known.speed = known.speed or stretch.speed


@dataclass(slots=True, eq=False)
class Stop:
    """Where a lift opens on a floor: `door` front or rear, `faces` the way out in radians.

    `gap` is from the middle of the car to the door, `width` the door's, in metres. `cab` is the
    source's spot inside the car; it is gone when the lobby is made, with `wait` and `exit`.
    """

    storey: Storey
    door: str
    faces: float
    gap: float
    width: float
    cab: Spot
    wait: Spot | None = None
    exit: Spot | None = None


@dataclass(slots=True, eq=False)
class Shaft:
    """A lift that a program can call."""

    name: str
    place: str
    at: Point
    width: float
    depth: float
    faces: float
    stops: list[Stop] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Machine:
    """A robot; `spot` is where the source puts it. Its home is chosen later."""

    name: str
    place: str
    kind: str
    spot: Spot | None
    storey: Storey | None
    home: Spot | None = None


@dataclass(slots=True, eq=False)
class Make:
    """A type of robots, and the graphs it drives on (none: all). Metres."""

    name: str
    graphs: frozenset[int] = frozenset()
    length: float = STANDARD_TYPE.length
    width: float = STANDARD_TYPE.width
    turning_radius: float = STANDARD_TYPE.turning_radius


@dataclass(slots=True, eq=False)
class Building:
    """All of it. Storeys from the lowest."""

    id: str
    name: str
    storeys: list[Storey] = field(default_factory=list)
    shafts: list[Shaft] = field(default_factory=list)
    machines: list[Machine] = field(default_factory=list)
    makes: list[Make] = field(default_factory=list)
