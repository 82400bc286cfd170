"""How a row of rooms is shared out along a front, in metres."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, TypeVar

#: From one x to a larger one.
Slot = tuple[float, float]
_T = TypeVar('_T')

#: The room with a station, and the narrowest stretch that is left beside it.
_DESK: Final = 4.8
_NARROWEST: Final = 2.4


def with_desk(
    stretches: Sequence[Slot], rooms: Sequence[_T], desk: float | None
) -> list[tuple[Slot, _T]]:
    """Return rooms with their places, west to east.

    With a desk, the first room stands round that x and the others share what is left; else all
    follow each other.
    """
    if desk is None:
        return list(zip(share_out(stretches, len(rooms)), rooms, strict=True))
    first, *others = rooms
    left: list[Slot] = []
    own = (desk, desk)
    for west, east in stretches:
        if not west < desk < east:
            left.append((west, east))
            continue
        own = (desk - _DESK / 2, desk + _DESK / 2)
        beside = [(west, own[0]), (own[1], east)]
        too_many = len(stretches) + 1 - len(others)
        narrow = sorted(beside, key=lambda slot: slot[1] - slot[0])[: max(0, too_many)]
        for slot in beside:
            if slot in narrow or slot[1] - slot[0] < _NARROWEST:
                own = (min(own[0], slot[0]), max(own[1], slot[1]))
            else:
                left.append(slot)
    placed = [(own, first), *zip(share_out(left, len(others)), others, strict=True)]
    return sorted(placed, key=lambda one: one[0])


def share_out(stretches: Sequence[Slot], rooms: int) -> list[Slot]:
    """Share stretches out among rooms, at least one in each, so that all are about as wide."""
    if not rooms:
        return []
    counts = [1] * len(stretches)
    for _ in range(rooms - len(stretches)):
        widths = [(e - w) / count for (w, e), count in zip(stretches, counts, strict=True)]
        counts[widths.index(max(widths))] += 1
    found: list[Slot] = []
    for (west, east), count in zip(stretches, counts, strict=True):
        edges = [round(west + (east - west) * order / count, 1) for order in range(count + 1)]
        found += pairwise(edges)
    return found
