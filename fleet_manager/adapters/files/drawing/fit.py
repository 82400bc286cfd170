"""Finds a place for a name inside its room, clear of what is drawn there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

#: left, top, right, bottom, in units of the drawing.
Box = tuple[float, float, float, float]
Boxes = npt.NDArray[np.float64]

_NARROW: Final = frozenset("iljtfrI.,:;|!'()[] ")
_WIDE: Final = frozenset('mwMWQO@%&')
_LINE: Final = 1.18
_MOST_LINES: Final = 5
#: The letters after this one are as wide as high, and lines may break between them.
_CHINESE: Final = '\u2e80'
#: How much larger a text must become to be worth another line.
_FEWER: Final = 0.82
#: Where in a room a name may be, as shares of the room left over: the middle first.
_OFFSETS: Final = (0.0, -0.5, 0.5, -1.0, 1.0, -0.25, 0.25, -0.75, 0.75)


@dataclass(frozen=True, slots=True)
class Label:
    """Lines of text with their middles; `turned` ones are read from the right-hand side."""

    lines: tuple[tuple[str, float, float], ...]
    size: float
    turned: bool
    box: Box


def width_of(text: str) -> float:
    """Return about how wide a text is, in parts of its size: fonts differ from one to another."""
    return sum(map(_em, text))


def wrapped(text: str, widest: float) -> list[str]:
    """Break a text into lines of at most `widest`, in parts of its size, between words."""
    lines, line = [], ''
    for piece in _pieces(text):
        if line and width_of(line + piece.rstrip()) > widest:
            lines.append(line.rstrip())
            line = ''
        line += piece
    return [*lines, line.rstrip()] if line.strip() else lines


def boxes_of(line: Sequence[tuple[float, float]], reach: float) -> Iterator[Box]:
    """Return boxes along a line, `reach` to each side of it."""
    for (ax, ay), (bx, by) in pairwise(line):
        # The box of a long slanting line would cover half a room.
        slant = min(abs(ax - bx), abs(ay - by))
        parts = 1 + int(slant / 10.0)
        for part in range(parts):
            x1, x2 = (ax + (bx - ax) * (part + step) / parts for step in (0, 1))
            y1, y2 = (ay + (by - ay) * (part + step) / parts for step in (0, 1))
            yield (
                min(x1, x2) - reach,
                min(y1, y2) - reach,
                max(x1, x2) + reach,
                max(y1, y2) + reach,
            )


class Clearance:
    """What is drawn on a floor already, as boxes that names keep clear of."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        self._boxes: Boxes = np.array(boxes, dtype=np.float64).reshape(-1, 4)
        self._extra: list[Box] = []

    def add(self, box: Box) -> None:
        """Keep clear of this as well."""
        self._extra.append(box)

    def copy(self) -> Clearance:
        """Return one that can be added to without changing this one."""
        other = Clearance(())
        other._boxes, other._extra = self._boxes, [*self._extra]
        return other

    def is_free(self, box: Box) -> bool:
        """Whether nothing is drawn in `box` yet."""
        return not len(self.near(box))

    def near(self, box: Box) -> Boxes:
        """Return the boxes that touch `box`."""
        every = self._boxes
        if self._extra:
            every = self._boxes = np.vstack((every, np.array(self._extra, dtype=np.float64)))
            self._extra = []
        left, top, right, bottom = box
        touching = (
            (every[:, 0] < right)
            & (every[:, 2] > left)
            & (every[:, 1] < bottom)
            & (every[:, 3] > top)
        )
        return every[touching]


def fit(
    polygon: Sequence[tuple[float, float]],
    text: str,
    clearance: Clearance,
    *,
    sizes: Sequence[float],
    margin: float = 4.0,
    cornered: bool = False,
) -> Label | None:
    """Return where `text` stands in `polygon`, as large as it can be, or None where it can't.

    It is broken into up to five lines; what is too narrow for that is tried turned. It stands near
    the middle, or `cornered` near the upper left corner.
    """
    xs, ys = [x for x, _ in polygon], [y for _, y in polygon]
    bounds = (min(xs), min(ys), max(xs), max(ys))
    near = clearance.near(bounds)
    shape = None if _is_box(polygon, bounds) else shapely.Polygon(polygon)
    if shape is not None:
        shapely.prepare(shape)
    aim = -1.0 if cornered else 0.0
    for turned, size, lines in _options(text, tuple(sizes)):
        wide = max(map(width_of, lines)) * size + margin
        high = len(lines) * size * _LINE + margin * 0.6
        span = (high, wide) if turned else (wide, high)
        middle = _place(bounds, span, near, shape, aim)
        if middle is not None:
            return _label(lines, size, turned, middle, span)
    return None


def _label(
    lines: Sequence[str],
    size: float,
    turned: bool,
    middle: tuple[float, float],
    span: tuple[float, float],
) -> Label:
    x, y = middle
    steps = [(index - (len(lines) - 1) / 2) * size * _LINE for index in range(len(lines))]
    places = [(x + step, y) if turned else (x, y + step) for step in steps]
    box = (x - span[0] / 2, y - span[1] / 2, x + span[0] / 2, y + span[1] / 2)
    spots = tuple((line, *place) for line, place in zip(lines, places, strict=True))
    return Label(spots, size, turned, box)


def _place(
    bounds: Box,
    span: tuple[float, float],
    near: Boxes,
    shape: shapely.Polygon | None,
    aim: float,
) -> tuple[float, float] | None:
    """Return the middle of a free place of this span.

    It is the one nearest to `aim` in both directions: 0 the middle, -1 the upper left corner.
    """
    left, top, right, bottom = bounds
    spare_x, spare_y = (right - left - span[0]) / 2, (bottom - top - span[1]) / 2
    if spare_x < 0 or spare_y < 0:
        return None
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    if not len(near) and shape is None:
        return middle_x + aim * spare_x, middle_y + aim * spare_y
    across, down = np.meshgrid(_OFFSETS, _OFFSETS)
    order = np.argsort(
        np.hypot((across - aim) * spare_x, (down - aim) * spare_y), axis=None, kind='stable'
    )
    x = middle_x + across.ravel()[order] * spare_x
    y = middle_y + down.ravel()[order] * spare_y
    half_x, half_y = span[0] / 2, span[1] / 2
    free = ~(
        (near[:, 0, None] < x + half_x)
        & (near[:, 2, None] > x - half_x)
        & (near[:, 1, None] < y + half_y)
        & (near[:, 3, None] > y - half_y)
    ).any(axis=0)
    for index in np.flatnonzero(free):
        cx, cy = float(x[index]), float(y[index])
        if shape is None or shape.contains(
            shapely.box(cx - half_x, cy - half_y, cx + half_x, cy + half_y)
        ):
            return cx, cy
    return None


@lru_cache(maxsize=4096)
def _options(text: str, sizes: tuple[float, ...]) -> list[tuple[bool, float, list[str]]]:
    """Return how to write a text, the best first: large, on few lines, not turned.

    Chinese is not turned: it is written downwards, a character or two a line.
    """
    broken = list(_broken(text))
    turns = (False,) if all(letter > _CHINESE for letter in text) else (False, True)
    every = [(turned, size, lines) for turned in turns for size in sizes for lines in broken]
    return sorted(every, key=lambda one: (one[0], -one[1] * _FEWER ** len(one[2])))


def _is_box(polygon: Sequence[tuple[float, float]], bounds: Box) -> bool:
    left, top, right, bottom = bounds
    corners = {(left, top), (right, top), (right, bottom), (left, bottom)}
    return len(polygon) == len(corners) and set(polygon) == corners


def _broken(text: str) -> Iterator[list[str]]:
    """Return the text on one line, on two, and so on."""
    yield [text]
    whole = width_of(text)
    before = [text]
    for count in range(2, _MOST_LINES + 1):
        # As even as its words allow: the narrowest width that gives this many lines.
        for share in (1.0, 1.15, 1.35, 1.6):
            lines = wrapped(text, whole / count * share)
            if len(lines) == count and lines != before:
                yield lines
                before = lines
                break


def _pieces(text: str) -> Iterator[str]:
    """Return what a line may be broken between: words, and single Chinese characters."""
    word = ''
    for letter in text:
        if letter > _CHINESE:
            if word:
                yield word
            yield letter
            word = ''
        else:
            word += letter
            if letter in ' -/':
                yield word
                word = ''
    if word:
        yield word


def _em(letter: str) -> float:
    if letter > _CHINESE:
        return 1.0
    if letter in _NARROW:
        return 0.32
    if letter in _WIDE:
        return 0.88
    return 0.7 if letter.isupper() else 0.58
