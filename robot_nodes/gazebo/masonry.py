"""The walls and slabs of a floor, as few boxes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry

from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.model import Door, Floor
from fleet_manager.domain.maps.words import FAMILIES
from robot_nodes.gazebo.plan_frame import Frame
from robot_nodes.gazebo.scene import XY, Block

WALL: Final = 0.1
WALL_HEIGHT: Final = 2.4
SLAB: Final = 0.2
#: Metres a slab reaches beyond what is drawn, so that outer walls stand on it.
_LEDGE: Final = 0.3
#: Metres beside a wall at which it is asked what lies there.
_BESIDE: Final = 0.06
#: Shorter pieces of wall are slips of the pen.
_SHORTEST: Final = 0.03
#: Metres between two pieces of one line that are one wall.
_JOIN: Final = 0.02
#: Thickness of the colour of a room's floor.
_CARPET: Final = 0.004
#: Lines are one where they agree to this, in metres and in radians.
_SAME_OFFSET: Final = 0.005
_SAME_ANGLE: Final = 1e-4


class _Piece(NamedTuple):
    kind: str
    angle: float
    offset: float
    start: float
    end: float


def walls(
    floor: Floor, doors: Iterable[Door], *, cut: BaseGeometry, height: float, model: str
) -> list[Block]:
    """Return the walls of a floor: those of its closed rooms, written ones, its outline.

    They stand on the side of the line where nobody drives, so that corridors keep their width.
    There are none where `cut` is. Partitions between two closed rooms are only to be seen.
    """
    rooms = geometry.rooms_of(floor)
    outline = geometry.surface(floor.outline).boundary
    drawn = geometry.walls_of(floor, doors, rooms=rooms).union(outline).difference(cut)
    open_area = shapely.union_all(rooms.open)
    outside = outline.buffer(_BESIDE)
    shapely.prepare(open_area)
    shapely.prepare(outside)
    pieces = []
    for line in shapely.get_parts(drawn):
        if line.geom_type != 'LineString':
            continue
        for a, b in itertools.pairwise(line.coords):
            if math.dist(a, b) >= _SHORTEST:
                pieces.append(_piece(a, b, open_area, outside))
    blocks = []
    bottom, top = floor.elevation, floor.elevation + height
    for number, piece in enumerate(_merged(pieces)):
        middle = (piece.start + piece.end) / 2
        at = Frame((0.0, 0.0), piece.angle).point(middle, piece.offset)
        half = (piece.end - piece.start) / 2
        block = Frame(at, piece.angle).block(
            f'{piece.kind}_{number}',
            piece.kind,
            (-half, half),
            (-WALL / 2, WALL / 2),
            (bottom, top),
            model=model,
            solid=piece.kind != 'partition',
        )
        blocks.append(block)
    return blocks


def _piece(a: XY, b: XY, open_area: BaseGeometry, outside: BaseGeometry) -> _Piece:
    """Return a piece of wall, moved off the side where robots drive if that is one side only."""
    angle = math.atan2(b[1] - a[1], b[0] - a[0])
    if angle <= -_SAME_ANGLE or angle > math.pi - _SAME_ANGLE:
        a, b, angle = b, a, math.remainder(angle + math.pi, math.tau)
    frame = Frame(a, angle)
    half = math.dist(a, b) / 2
    left, right = (
        bool(shapely.contains_xy(open_area, *frame.point(half, side)))
        for side in (_BESIDE, -_BESIDE)
    )
    kind = 'wall'
    if not left and not right:
        is_outer = shapely.contains_xy(outside, *frame.point(half, 0.0))
        kind = 'wall' if is_outer else 'partition'
    aside = 0.0 if left == right else -WALL / 2 if left else WALL / 2
    along, across = Frame((0.0, 0.0), angle).inward(a)
    return _Piece(kind, angle, across + aside, along, along + 2 * half)


def _merged(pieces: Iterable[_Piece]) -> list[_Piece]:
    """Return pieces of one line that touch or overlap as one."""
    lines: dict[tuple[str, int, int], list[_Piece]] = {}
    for piece in pieces:
        offset = round(piece.offset / _SAME_OFFSET)
        lines.setdefault((piece.kind, round(piece.angle / _SAME_ANGLE), offset), []).append(piece)
    merged = []
    for line in lines.values():
        longest = max(line, key=lambda piece: piece.end - piece.start)
        start, end = math.inf, -math.inf
        for piece in sorted(line, key=lambda piece: (piece.start, piece.end)):
            if piece.start > end + _JOIN:
                if end > start:
                    merged.append(longest._replace(start=start, end=end))
                start, end = piece.start, piece.end
            end = max(end, piece.end)
        merged.append(longest._replace(start=start, end=end))
    return sorted(merged, key=lambda piece: (piece.kind != 'wall', piece[1:]))


def slabs(floor: Floor, holes: Sequence[tuple[Frame, float, float]], *, model: str) -> list[Block]:
    """Return what one stands on: the box around a floor without the holes of shafts.

    A hole is its frame with half its length and half its width.
    """
    xs, ys = [point.x for point in floor.outline], [point.y for point in floor.outline]
    x0, x1 = min(xs) - _LEDGE, max(xs) + _LEDGE
    y0, y1 = min(ys) - _LEDGE, max(ys) + _LEDGE
    boxes = [frame.area(-u, u, -v, v).bounds for frame, u, v in holes]
    z = (floor.elevation - SLAB, floor.elevation)
    plan = Frame((0.0, 0.0), 0.0)
    blocks: list[Block] = []
    for left, low, right, high in _around(boxes, (x0, y0, x1, y1)):
        name = f'slab_{len(blocks)}'
        blocks.append(plan.block(name, 'slab', (left, right), (low, high), z, model=model))
    for frame, u, v in holes:
        # The corners between a turned hole and the box around it.
        corner = abs(math.sin(frame.yaw) * math.cos(frame.yaw))
        for quarter, along, across in ((0, u, v), (1, v, u), (2, u, v), (3, v, u)):
            if corner * across > 0.01:
                edge = frame.turned(quarter * math.pi / 2)
                reach = (along, along + 2 * across * corner)
                name = f'slab_{len(blocks)}'
                block = edge.block(name, 'slab', reach, (-across, across), z, model=model)
                blocks.append(block)
    return blocks


def carpets(
    floor: Floor, holes: Sequence[tuple[Frame, float, float]], *, model: str
) -> list[Block]:
    """Return the colours of rooms, only to be seen: boxes where edges lie along the axes."""
    gaps = shapely.union_all([frame.area(-u, u, -v, v) for frame, u, v in holes])
    z = (floor.elevation, floor.elevation + _CARPET)
    plan = Frame((0.0, 0.0), 0.0)
    blocks: list[Block] = []
    for family in dict.fromkeys(FAMILIES.values()):
        rooms = [geometry.surface(r.polygon) for r in floor.rooms if FAMILIES[r.kind] == family]
        if family == 'way' or not rooms:
            continue
        for part in shapely.get_parts(shapely.union_all(rooms).difference(gaps)):
            for x0, y0, x1, y1 in _boxes(part):
                name, kind = f'room_{len(blocks)}', f'room_{family}'
                block = plan.block(name, kind, (x0, x1), (y0, y1), z, model=model, solid=False)
                blocks.append(block)
    return blocks


def _boxes(area: shapely.Polygon) -> list[Box]:
    """Return an area with edges along the axes as boxes; nothing of one that has others."""
    rings = [list(ring.coords) for ring in (area.exterior, *area.interiors)]
    for ring in rings:
        for a, b in itertools.pairwise(ring):
            if min(abs(a[0] - b[0]), abs(a[1] - b[1])) > _SAME_OFFSET:
                return []
    corners = [corner for ring in rings for corner in ring]
    xs, ys = (sorted({corner[axis] for corner in corners}) for axis in (0, 1))
    spans: dict[XY, Box] = {}
    done: list[Box] = []
    for low, high in itertools.pairwise(ys):
        middle = (low + high) / 2
        row: list[XY] = []
        for left, right in itertools.pairwise(xs):
            if shapely.contains_xy(area, (left + right) / 2, middle):
                start = row.pop()[0] if row and row[-1][1] == left else left
                row.append((start, right))
        ended = [span for span in spans if span not in row]
        done += [spans.pop(span) for span in ended]
        for span in row:
            bottom = spans[span][1] if span in spans else low
            spans[span] = (span[0], bottom, span[1], high)
    return [*done, *spans.values()]


Box = tuple[float, float, float, float]


def _around(holes: Sequence[Box], whole: Box) -> list[Box]:
    """Return boxes that cover `whole` without the holes, in bands from bottom to top."""
    x0, y0, x1, y1 = whole
    edges = sorted({y0, y1, *(y for hole in holes for y in (hole[1], hole[3]) if y0 < y < y1)})
    found: list[Box] = []
    for low, high in itertools.pairwise(edges):
        x = x0
        for left, _, right, _ in sorted(h for h in holes if h[1] < high and h[3] > low):
            if left > x:
                found.append((x, low, min(left, x1), high))
            x = max(x, right)
        if x < x1:
            found.append((x, low, x1, high))
    return found
