"""Where a body is at each moment of an edge, and how close two of them come."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

#: (ms, x, y): the body is there then, and goes straight and evenly to the next knot.
Knot = tuple[int, float, float]
XY = tuple[float, float]


def trajectory(
    points: Sequence[XY], start: int, drive_ms: int, stops: Sequence[tuple[float, int]] = ()
) -> list[Knot]:
    """Return the knots of a drive along `points` in `drive_ms`, longer by what it stops for.

    `stops` are (metres from the start, ms), in the order of the way.
    """
    length = sum(math.dist(a, b) for a, b in pairwise(points))
    knots: list[Knot] = [(start, *points[0])]
    at, waited, left = 0.0, 0, list(stops)
    for a, b in pairwise(points):
        part = math.dist(a, b)
        while left and left[0][0] <= at + part:
            metres, wait = left.pop(0)
            share = (metres - at) / part if part else 0.0
            x, y = a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
            when = start + waited + int(drive_ms * metres / length) if length else start + waited
            knots += [(when, x, y), (when + wait, x, y)]
            waited += wait
        at += part
        done = drive_ms * at / length if length else drive_ms
        knots.append((start + waited + int(done), *b))
    end = start + waited + drive_ms
    return [*knots[:-1], (end, *points[-1])]


def place_at(knots: Sequence[Knot], now: int) -> XY:
    """Return where the body is at `now`; before the first knot and after the last at these."""
    before = knots[0]
    for knot in knots:
        if knot[0] > now:
            span = knot[0] - before[0]
            share = (now - before[0]) / span if span > 0 else 1.0
            share = max(0.0, share)
            return (
                before[1] + share * (knot[1] - before[1]),
                before[2] + share * (knot[2] - before[2]),
            )
        before = knot
    return (before[1], before[2])


def closest(one: Sequence[Knot], other: Sequence[Knot]) -> tuple[float, int]:
    """Return the least distance of two bodies in metres and when, from now until both stand.

    Each body stays at its last knot. Exact: between knots both go straight, so the square of
    their distance is a parabola in time.
    """
    times = sorted({knot[0] for knot in (*one, *other)})
    begin = max(one[0][0], other[0][0])
    times = [begin, *(time for time in times if time > begin)]
    ax, ay = place_at(one, begin)
    bx, by = place_at(other, begin)
    dx, dy = ax - bx, ay - by
    least, when = dx * dx + dy * dy, begin
    for start, end in pairwise(times):
        ax, ay = place_at(one, end)
        bx, by = place_at(other, end)
        ex, ey = ax - bx, ay - by
        vx, vy = ex - dx, ey - dy
        square = vx * vx + vy * vy
        share = min(1.0, max(0.0, -(dx * vx + dy * vy) / square)) if square else 1.0
        mx, my = dx + share * vx, dy + share * vy
        if mx * mx + my * my < least:
            least, when = mx * mx + my * my, start + int(share * (end - start))
        dx, dy = ex, ey
    return math.sqrt(least), when
