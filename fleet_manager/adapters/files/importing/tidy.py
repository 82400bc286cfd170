"""Makes a graph of lanes out of a drawing: what crosses meets, what is one place is one node."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import Final

import shapely

from fleet_manager.adapters.files.importing.draft import Spot, Storey, Stretch
from fleet_manager.adapters.files.importing.report import Notebook
from fleet_manager.adapters.files.importing.space import (
    Space,
    along,
    door_point,
)
from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.model import Point
from fleet_manager.domain.maps.problems import BrokenMap, Problem, Severity

#: Metres. Vertices nearer than this, joined or not, are one place drawn twice.
_SAME_PLACE: Final = 0.3
#: Metres. Longer lanes are divided, into pieces of at most `_PIECE`.
_LONG: Final = 12.0
_PIECE: Final = 10.0
#: Crossings on one floor; a drawing with more is no hospital.
_MAX_CROSSINGS: Final = 2_000


def merge_close(
    storey: Storey, space: Space, notes: Notebook, *, cabs: Collection[Spot] = ()
) -> None:
    """Make one of vertices at one place, and of neighbours nearer than robots need."""
    given_up: list[tuple[Spot, Spot]] = []
    while True:
        pair = next(
            (own for own in _close_pairs(storey, space, cabs) if own not in given_up), None
        )
        if pair is None:
            return
        keep, gone = sorted(pair, key=lambda spot: (not spot.roles, storey.spots.index(spot)))
        apart = geometry.distance(keep.at, gone.at)
        what = f'is {apart:.2f} m from {gone.place}'
        at = _place_for_both(storey, space, keep, gone)
        if at is None:
            given_up.append(pair)
            notes.warn(keep.place, what, 'left: merged, its lanes would touch a wall')
            continue
        for stretch in storey.remove(gone):
            if stretch.other(gone) is not keep:
                _reconnect(stretch, gone, keep)
                storey.join(stretch)
        keep.at = at
        keep.roles += gone.roles
        notes.note(keep.place, what, 'made one node')


def _close_pairs(
    storey: Storey, space: Space, cabs: Collection[Spot]
) -> Iterator[tuple[Spot, Spot]]:
    for stretch in storey.stretches:
        if (
            stretch.length() < space.margins.apart
            and stretch.a not in cabs
            and stretch.b not in cabs
        ):
            yield stretch.a, stretch.b
    if len(storey.spots) < 2:
        return
    points = [shapely.Point(spot.at.x, spot.at.y) for spot in storey.spots]
    found = shapely.STRtree(points).query(points, predicate='dwithin', distance=_SAME_PLACE)
    for i, j in sorted(zip(*found.tolist(), strict=True)):
        one, other = storey.spots[i], storey.spots[j]
        if i < j and one not in cabs and other not in cabs:
            yield one, other


def _place_for_both(storey: Storey, space: Space, keep: Spot, gone: Spot) -> Point | None:
    """Return where one node can stand for two without its lanes getting nearer to walls."""
    for at in (keep.at, gone.at, along(keep.at, gone.at, 0.5)):
        if all(
            space.as_good(stretch.line(), (at, stretch.other(spot).at))
            for spot, other in ((keep, gone), (gone, keep))
            for stretch in storey.at(spot)
            if stretch.other(spot) is not other
        ):
            return at
    return None


def _reconnect(stretch: Stretch, old: Spot, new: Spot) -> None:
    if stretch.a is old:
        stretch.a = new
    else:
        stretch.b = new


def join_crossings(storey: Storey, space: Space, notes: Notebook) -> None:
    """Put a node where lanes cross, or let one of them pass the end of the other it touches."""
    left = _MAX_CROSSINGS
    while storey.stretches:
        # What one repair changed is looked at again in the next round.
        changed: set[Stretch] = set()
        found = 0
        for stretch, spot in list(_touches(storey)):
            found += 1
            if stretch not in changed:
                changed.add(stretch)
                _through(storey, stretch, spot)
                what = f'passes {spot.place} closely'
                notes.note(stretch.place, what, 'led through it')
        for one, other in [] if found else list(_crossings(storey)):
            found += 1
            if one not in changed and other not in changed and found <= left:
                changed |= {one, other}
                _meet(storey, space, one, other, f'x{_MAX_CROSSINGS - left + found}', notes)
        if not found:
            return
        left -= found
        if left < 0:
            _refuse(storey)


def _refuse(storey: Storey) -> None:
    place = f'{storey.place}.lanes'
    problem, mend = f'cross more than {_MAX_CROSSINGS} times', 'draw lanes that meet at vertices'
    raise BrokenMap([Problem('too_many_crossings', Severity.ERROR, place, problem, mend)])


def _meet(
    storey: Storey, space: Space, one: Stretch, other: Stretch, hint: str, notes: Notebook
) -> None:
    """Let two lanes meet: at an end of one that is near, else at a new node."""
    what = f'crosses {other.place}'
    at = _meeting(one, other)
    near = min((one.a, one.b, other.a, other.b), key=lambda own: geometry.distance(own.at, at))
    close = geometry.distance(near.at, at) < space.margins.apart
    if close and _fits(space, (one, other), near):
        for stretch in (one, other):
            if near not in (stretch.a, stretch.b):
                _through(storey, stretch, near)
        notes.note(one.place, what, f'led through {near.place}')
        return
    spot = Spot(at, f'where {one.place} and {other.place} cross', hint)
    storey.split(one, [spot])
    storey.split(other, [spot])
    notes.note(one.place, what, 'a node was put where they cross')


def _fits(space: Space, stretches: tuple[Stretch, Stretch], spot: Spot) -> bool:
    """Whether both lanes can pass a spot without getting nearer to walls or past other doors."""
    for stretch in stretches:
        least = min(space.margins.lane_wall, space.clearance(*stretch.line()))
        pieces = [(stretch.a.at, spot.at), (spot.at, stretch.b.at)]
        doors = [door for piece in pieces for door in space.crossed(*piece)]
        if sorted(map(id, doors)) != sorted(map(id, space.crossed(*stretch.line()))):
            return False
        if any(space.clearance(*piece) < least for piece in pieces):
            return False
    return True


def _through(storey: Storey, stretch: Stretch, spot: Spot) -> None:
    """Lead a stretch through a spot; pieces that exist already take it in."""
    storey.stretches.remove(stretch)
    for a, b in ((stretch.a, spot), (spot, stretch.b)):
        piece = Stretch(a, b, stretch.place, stretch.one_way, stretch.speed, stretch.graphs)
        storey.join(piece)


def _lines(storey: Storey) -> shapely.STRtree:
    return shapely.STRtree(
        [shapely.LineString([(p.x, p.y) for p in one.line()]) for one in storey.stretches]
    )


def _touches(storey: Storey) -> Iterator[tuple[Stretch, Spot]]:
    """Return lanes with the spots they pass so closely that they could end there."""
    spots = [shapely.Point(spot.at.x, spot.at.y) for spot in storey.spots]
    near = _lines(storey).query(spots, predicate='dwithin', distance=_SAME_PLACE)
    for i, j in sorted(zip(*near.tolist(), strict=True)):
        spot, stretch = storey.spots[i], storey.stretches[j]
        if spot not in (stretch.a, stretch.b):
            yield stretch, spot


def _crossings(storey: Storey) -> Iterator[tuple[Stretch, Stretch]]:
    """Return lanes that cross between their ends."""
    tree = _lines(storey)
    found = tree.query(tree.geometries, predicate='crosses')
    for i, j in sorted(zip(*found.tolist(), strict=True)):
        one, other = storey.stretches[i], storey.stretches[j]
        if i < j and not {one.a, one.b} & {other.a, other.b}:
            yield one, other


def _meeting(one: Stretch, other: Stretch) -> Point:
    first, second = (shapely.LineString([(p.x, p.y) for p in own.line()]) for own in (one, other))
    middle = first.intersection(second).centroid
    return Point(round(float(middle.x), 3), round(float(middle.y), 3))


def divide_long(storey: Storey, space: Space, notes: Notebook) -> None:
    """Put nodes on lanes that one robot would hold for too long, and between two doors."""
    number = 0
    for stretch in list(storey.stretches):
        places = _dividers(stretch, space)
        if not places:
            continue
        spots = []
        for at in places:
            number += 1
            spots.append(Spot(at, f'{stretch.place}, divided', f'n{number}'))
        what = f'is {stretch.length():.1f} m long'
        if stretch.length() <= _LONG:
            what = 'passes two doors'
        notes.note(stretch.place, what, f'divided by {len(spots)} nodes')
        storey.split(stretch, spots)


def _dividers(stretch: Stretch, space: Space) -> list[Point]:
    a, b = stretch.line()
    length = stretch.length()
    doors = sorted(
        (geometry.distance(a, door_point((a, b), door)), space.from_door(door))
        for door in space.crossed(a, b)
    )
    wished = [(one[0] + other[0]) / 2 for one, other in pairwise(doors)]
    if length > _LONG:
        pieces = math.ceil(length / _PIECE)
        wished += [length * index / pieces for index in range(1, pieces)]
    found: list[float] = []
    for place in sorted(wished):
        free = [
            place + shift
            for shift in (0.0, 0.5, -0.5, 1.0, -1.0, 1.5, -1.5)
            if all(abs(place + shift - door) >= apart for door, apart in doors)
            and all(
                abs(place + shift - other) >= space.margins.apart
                for other in (0.0, *found, length)
            )
        ]
        found += free[:1]
    return [
        Point(round(at.x, 3), round(at.y, 3))
        for at in (along(a, b, place / length) for place in sorted(found))
    ]
