"""Where each floor lies on the sheet: below each other from the highest, in equal columns."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from fleet_manager.adapters.files.drawing.fit import Box
from fleet_manager.adapters.files.drawing.pen import UNITS, at
from fleet_manager.domain.errors import MapError
from fleet_manager.domain.ids import FloorId
from fleet_manager.domain.maps.model import Floor, Hospital

#: A sheet is this many points wide, whatever the hospital: texts beside the floors are in points.
SHEET_POINTS: Final = 1600.0
#: Points: above a floor for its name, below it, beside it, and at the edge of the sheet.
_ABOVE, _BELOW, _BESIDE, EDGE = 46.0, 14.0, 36.0, 40.0
#: Width to height of all floors together that one sees best on a screen.
_ASPECT: Final = 1.5


@dataclass(frozen=True, slots=True)
class Cell:
    """A floor on the sheet. Add `x` and `y` to its own frame; `box` is the floor in that frame."""

    floor: Floor
    x: float
    y: float
    box: Box


@dataclass(frozen=True, slots=True)
class Layout:
    """All floors on a sheet, in units; `point` is one point of the sheet in units."""

    cells: tuple[Cell, ...]
    width: float
    height: float
    point: float


def lay_out(hospital: Hospital, only: Collection[str] | None, *, top: float) -> Layout:
    """Place the floors, all or `only` some; `top` points are left free above them.

    Floors of one column have the same x, so that towers and lifts stand above each other. Raises
    MapError for a floor that is not there.
    """
    for name in only or ():
        if name not in hospital.floors:
            known = ', '.join(hospital.floors)
            raise MapError(
                'floors', f'{name!r} is no floor of this hospital; choose from: {known}'
            )
    wanted = [floor for floor in hospital.floors.values() if only is None or floor.id in set(only)]
    if not wanted:
        raise MapError('floors', 'there is no floor to draw; add one to the map')
    floors = sorted(wanted, key=lambda floor: floor.level, reverse=True)
    boxes = {floor.id: _box(hospital, floor) for floor in floors}
    options = (_columns(floors, boxes, count, top) for count in range(1, len(floors) + 1))
    return min(options, key=_ugliness)


def _columns(floors: list[Floor], boxes: dict[FloorId, Box], count: int, top: float) -> Layout:
    left = min(box[0] for box in boxes.values())
    across = max(box[2] for box in boxes.values()) - left
    point = count * across / (SHEET_POINTS - 2 * EDGE - (count - 1) * _BESIDE)
    heights = [
        boxes[floor.id][3] - boxes[floor.id][1] + (_ABOVE + _BELOW) * point for floor in floors
    ]
    highest = _shortest(heights, count)
    cells, column, y = [], 0, 0.0
    for floor, height in zip(floors, heights, strict=True):
        if y and y + height > highest:
            column, y = column + 1, 0.0
        x = EDGE * point + column * (across + _BESIDE * point) - left
        box = boxes[floor.id]
        cells.append(Cell(floor, x, (top + _ABOVE) * point + y - box[1], box))
        y += height
    return Layout(tuple(cells), SHEET_POINTS * point, top * point + highest, point)


def _shortest(heights: list[float], count: int) -> float:
    """Return how high `count` columns must be to hold all heights in their order."""
    starts = range(len(heights))
    spans = (itertools.accumulate(heights[start:]) for start in starts)
    possible = sorted({round(height, 6) for span in spans for height in span})

    def holds(limit: float) -> bool:
        column, used = 0.0, 1
        for height in heights:
            if column and column + height > limit + 1e-6:
                column, used = 0.0, used + 1
            column += height
        return max(heights) <= limit + 1e-6 and used <= count

    return possible[bisect.bisect_left(possible, True, key=holds)] + 1e-5


def _ugliness(layout: Layout) -> float:
    """Return how far a sheet is from the wanted shape, and how much of it stays empty."""
    drawn = sum((cell.box[2] - cell.box[0]) * (cell.box[3] - cell.box[1]) for cell in layout.cells)
    shape = abs(math.log(layout.width / layout.height / _ASPECT))
    return shape + 1.5 * (1.0 - drawn / (layout.width * layout.height))


def _box(hospital: Hospital, floor: Floor) -> Box:
    """Return the box around a floor and all that is drawn on it, also what is outside."""
    points = [*floor.outline]
    for room in floor.rooms:
        points += room.polygon
    for wall in floor.walls:
        points += wall
    spots = [at(point) for point in points]
    spots += [at(node) for node in hospital.nodes.values() if node.floor == floor.id]
    spots += [at(door.at) for door in hospital.doors.values() if door.floor == floor.id]
    xs, ys = [x for x, _ in spots], [y for _, y in spots]
    # A floor of no size would make everything else of no size.
    return min(xs), min(ys), max(*xs, min(xs) + UNITS), max(*ys, min(ys) + UNITS)
