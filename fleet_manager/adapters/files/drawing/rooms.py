"""Draws a floor's outline, rooms, walls and zones, and their names where they fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fleet_manager.adapters.files.drawing import tips
from fleet_manager.adapters.files.drawing.fit import Box, Clearance, Label, fit
from fleet_manager.adapters.files.drawing.pen import Pen, at, num, path
from fleet_manager.adapters.files.drawing.words import Lang, named, word
from fleet_manager.domain.maps.model import Floor, Room, Zone
from fleet_manager.domain.maps.words import FAMILIES, OPEN_ROOMS

#: Sizes of names in units, the largest that fits is taken.
_CLOSED_SIZES: Final = (9.0, 8.0, 7.0, 6.0, 5.2)
_OPEN_SIZES: Final = (7.5, 6.5, 5.6)
_ZONE_SIZES: Final = (6.2, 5.2)
#: Units from one step of a staircase to the next.
_STEP: Final = 3.0


def draw_rooms(floor: Floor, pen: Pen) -> list[str]:
    """Return the ground, the rooms in the order they are written, the walls and the outer wall."""
    outline = path(map(at, floor.outline), closed=True)
    drawn = [f'<path class="ground" d="{outline}"/>']
    drawn += [_draw_room(room, pen) for room in floor.rooms]
    if floor.walls:
        walls = ''.join(path(map(at, wall)) for wall in floor.walls)
        drawn.append(f'<path class="wall" d="{walls}"/>')
    return [*drawn, f'<path class="outer" d="{outline}"/>']


def draw_zones(floor: Floor, pen: Pen) -> list[str]:
    """Return the zones, each kind with a hatch and a border of its own."""
    drawn = []
    for zone in floor.zones:
        fill = 'none' if zone.kind == 'fire_compartment' else f'url(#h-{zone.kind})'
        d = path(map(at, zone.polygon), closed=True)
        attributes = f'class="zone z-{zone.kind}" fill="{fill}" d="{d}"'
        drawn.append(pen.explained('path', attributes, tips.of_zone(zone)))
    return drawn


def name_rooms(floor: Floor, lang: Lang, clearance: Clearance, pen: Pen) -> str:
    """Return the names of the rooms that have space for one; it is taken from `clearance`."""
    drawn = []
    for room in floor.rooms:
        shape = [at(point) for point in room.polygon]
        opened = room.kind in OPEN_ROOMS
        sizes = [pen.capped(size) for size in (_OPEN_SIZES if opened else _CLOSED_SIZES)]
        label = fit(shape, named(room.name, lang), clearance, sizes=sizes)
        if label is not None:
            clearance.add(label.box)
            drawn.append(_draw_label(label, pen, 'name'))
    return ''.join(drawn)


def name_zones(floor: Floor, lang: Lang, clearance: Clearance, pen: Pen) -> str:
    """Return the names of the zones that have space for one."""
    drawn = []
    sizes = [pen.capped(size, 14.0) for size in _ZONE_SIZES]
    for zone in floor.zones:
        shape = [at(point) for point in zone.polygon]
        text = _zone_name(zone, lang)
        label = fit(shape, text, clearance, sizes=sizes, cornered=True)
        if label is not None:
            clearance.add(label.box)
            drawn.append(_draw_label(label, pen, f'zone-name z-{zone.kind}-t'))
    return ''.join(drawn)


def bounds(shape: Sequence[tuple[float, float]]) -> Box:
    """Return the box around points."""
    xs, ys = [x for x, _ in shape], [y for _, y in shape]
    return min(xs), min(ys), max(xs), max(ys)


def _draw_room(room: Room, pen: Pen) -> str:
    shape = [at(point) for point in room.polygon]
    kinds = FAMILIES[room.kind]
    if room.kind not in OPEN_ROOMS:
        kinds += ' closed'
    attributes = f'class="{kinds}" d="{path(shape, closed=True)}"'
    drawn = pen.explained('path', attributes, tips.of_room(room))
    if room.kind == 'stairs':
        drawn += f'<path class="treads" d="{_treads(bounds(shape))}"/>'
    return drawn


def _treads(box: Box) -> str:
    """Return the steps of a staircase across the longer side of its room."""
    left, top, right, bottom = box
    along = max(right - left, bottom - top)
    steps = [1.0 + _STEP * step for step in range(1, int((along - 2.0) / _STEP) + 1)]
    if bottom - top >= right - left:
        return ''.join(f'M{num(left + 1)} {num(top + s)}H{num(right - 1)}' for s in steps)
    return ''.join(f'M{num(left + s)} {num(top + 1)}V{num(bottom - 1)}' for s in steps)


def _draw_label(label: Label, pen: Pen, kind: str) -> str:
    return ''.join(
        pen.text((x, y), label.size, line, kind=kind, turned=label.turned)
        for line, x, y in label.lines
    )


def _zone_name(zone: Zone, lang: Lang) -> str:
    limit = word('z_robots', lang, n=zone.robots) if zone.robots else ''
    return ' · '.join(part for part in (named(zone.name, lang), limit) if part)
