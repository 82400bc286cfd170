"""The shape of a floor: its outline, and walls as long lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import shapely
from shapely.geometry import LineString, MultiLineString, MultiPoint, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from fleet_manager.adapters.files.importing.draft import Area, Storey
from fleet_manager.adapters.files.importing.report import Notebook
from fleet_manager.domain.maps.fields import MAX_POINTS
from fleet_manager.domain.maps.model import Point

#: Metres of floor around the outermost lanes where no floor is drawn.
_MARGIN: Final = 1.0
#: Metres by which a lane's end lies inside the outline at least.
_INSIDE: Final = 0.4
_CLOSE: Final = 0.05


def polylines(lines: Sequence[tuple[Point, Point]]) -> list[tuple[Point, ...]]:
    """Return the same lines, those that meet end to end as one."""
    if not lines:
        return []
    known = {tuple(sorted(((a.x, a.y), (b.x, b.y)))): None for a, b in lines}
    merged = shapely.line_merge(MultiLineString([list(line) for line in known]))
    parts = merged.geoms if isinstance(merged, MultiLineString) else [merged]
    return [
        points[start : start + MAX_POINTS]
        for points in (_points(part.coords) for part in parts)
        for start in range(0, len(points) - 1, MAX_POINTS - 1)
    ]


def outline_of(storey: Storey, floors: Sequence[Sequence[Point]], notes: Notebook) -> None:
    """Give a storey its outline: the floors drawn, and room for every lane."""
    spots = [(spot.at.x, spot.at.y) for spot in storey.spots]
    drawn = [Polygon([(p.x, p.y) for p in floor]) for floor in floors if len(set(floor)) > 2]
    whole: BaseGeometry = shapely.union_all([shapely.make_valid(one) for one in drawn])
    if whole.area < _MARGIN:
        everything = spots + [(p.x, p.y) for wall in storey.walls for p in wall]
        whole = MultiPoint(everything or [(0.0, 0.0)]).convex_hull.buffer(_MARGIN)
        done = f'the outline is drawn {_MARGIN:g} m around its walls and lanes'
        notes.note(storey.place, 'has no floor', done)
    lanes: list[BaseGeometry] = [
        LineString([(p.x, p.y) for p in one.line()]) for one in storey.stretches
    ]
    doors = [LineString([(p.x, p.y) for p in own.posts]) for own in storey.openings]
    if doors:
        whole = shapely.union_all([whole, *(door.buffer(_CLOSE * 2) for door in doors)])
    outside = [xy for xy in spots if not whole.buffer(-_INSIDE).covers(shapely.Point(xy))]
    if outside:
        whole = shapely.union_all([whole, *(lane.buffer(_MARGIN) for lane in lanes)])
        what = f'{len(outside)} ends of lanes lie outside the floor or at its edge'
        notes.note(storey.place, what, f'the outline is widened {_MARGIN:g} m around lanes')
    if isinstance(whole, MultiPolygon) or not isinstance(whole, Polygon):
        whole = whole.convex_hull
        notes.note(storey.place, 'has floors apart', 'the outline is drawn around them all')
    if whole.interiors:
        notes.note(storey.place, 'has holes between its floors', 'the outline has none')
    ring = Polygon(whole.exterior).simplify(_CLOSE).exterior
    if len(ring.coords) > MAX_POINTS:
        ring = whole.convex_hull.exterior.simplify(_CLOSE)
        notes.note(storey.place, 'has too fine an outline', 'drawn as its convex hull')
    storey.outline = _points(ring.coords[:-1])
    storey.areas = list(_rooms(storey))


def _rooms(storey: Storey) -> Iterator[Area]:
    """Return the named areas, none over another, and the rest of the floor."""
    left: BaseGeometry = Polygon([(p.x, p.y) for p in storey.outline])
    for area in storey.areas:
        own = shapely.make_valid(Polygon([(p.x, p.y) for p in area.polygon])).intersection(left)
        left = left.difference(own)
        for part in _parts(own):
            yield Area(area.name, area.kind, part)
    for part in _parts(left):
        yield Area('Floor', 'corridor', part)


def _parts(shape: BaseGeometry) -> Iterator[tuple[Point, ...]]:
    for part in shapely.get_parts(shape):
        if isinstance(part, Polygon) and part.area > _CLOSE:
            ring = part.exterior
            yield _points(
                ring.simplify(_CLOSE if len(ring.coords) > MAX_POINTS else 0).coords[:-1]
            )


def _points(coordinates: Sequence[Sequence[float]]) -> tuple[Point, ...]:
    return tuple(Point(round(x, 3) + 0.0, round(y, 3) + 0.0) for x, y in coordinates)
