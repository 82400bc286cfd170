"""Hospitals sketched as text: one letter a place, four metres apart.

`.` is a way, a small letter a bay, `> < ^ v` a lane that is driven that way only, and `- |` a lane
in both directions. `W` and `X` are the waiting and the exit cell of lift A, `Y` and `Z` those of
lift B. Ways are joined to ways beside them; bays and cells to the ways beside them, so that nobody
passes through them. A bay is called after its letter: `F1.a`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fleet_manager.domain.ids import NodeId
from fleet_manager.domain.maps.model import Hospital, NodeKind
from tests.domain.traffic.tight import Tight

APART: Final = 4.0
_CELLS: Final = {'W': ('A', 0), 'X': ('A', 1), 'Y': ('B', 0), 'Z': ('B', 1)}
_ALONG: Final = {'-': (1, 0), '|': (0, 1), '>': (1, 0), '<': (-1, 0), '^': (0, -1), 'v': (0, 1)}


def sketched(floors: Mapping[str, str]) -> Hospital:
    """Return the hospital on these floors, the lowest first."""
    drawing = Tight()
    cells: dict[str, dict[str, dict[int, NodeId]]] = {}
    for level, (floor, text) in enumerate(floors.items()):
        drawing.floor(floor, level, elevation=4.0 * level)
        places = _places(drawing, floor, text)
        _join(drawing, text, places)
        for (x, y), node in places.items():
            if (sign := text.split('\n')[y][x]) in _CELLS:
                lift, side = _CELLS[sign]
                cells.setdefault(lift, {}).setdefault(floor, {})[side] = node
    for number, (lift, stops) in enumerate(sorted(cells.items())):
        pairs = [(both[0], both[1]) for both in stops.values()]
        drawing.lift(lift, x=60.0 + 4.0 * number, y=30.0, cells=pairs)
    return drawing.hospital()


def _places(drawing: Tight, floor: str, text: str) -> dict[tuple[int, int], NodeId]:
    found = {}
    for y, row in enumerate(text.split('\n')):
        for x, sign in enumerate(row):
            if sign == '.':
                name, kind = f'w{x}_{y}', NodeKind.WAY
            elif sign.isalpha() and sign.islower() and sign != 'v':
                name, kind = sign, NodeKind.PARKING
            elif sign in _CELLS:
                name = sign
                kind = NodeKind.LIFT_EXIT if _CELLS[sign][1] else NodeKind.LIFT_WAIT
            else:
                assert sign in _ALONG or sign == ' ', f'{sign!r} in line {y} of {floor}'
                continue
            found[x, y] = drawing.node(floor, name, APART * x, -APART * y, kind)
    return found


def _join(drawing: Tight, text: str, places: Mapping[tuple[int, int], NodeId]) -> None:
    rows = text.split('\n')
    for (x, y), node in places.items():
        for near in ((x + 1, y), (x, y + 1)):
            if near in places and '.' in (rows[y][x], rows[near[1]][near[0]]):
                drawing.road(node, places[near])
    for y, row in enumerate(rows):
        for x, sign in enumerate(row):
            if sign not in _ALONG or (x, y) in places:
                continue
            dx, dy = _ALONG[sign]
            start, end = places[x - dx, y - dy], places[x + dx, y + dy]
            drawing.road(start, end, one_way=sign not in '-|')
