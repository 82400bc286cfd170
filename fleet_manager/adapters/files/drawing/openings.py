"""Draws doors and lifts: how they lie, which way they open, who may pass."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from fleet_manager.adapters.files.drawing import tips
from fleet_manager.adapters.files.drawing.fit import Box, width_of
from fleet_manager.adapters.files.drawing.pen import UNITS, Pen, at, num, path
from fleet_manager.adapters.files.drawing.words import Lang, word
from fleet_manager.domain.ids import FloorId
from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.model import Door, Floor, Hospital, Lane, Lift, LiftStop, Point
from fleet_manager.domain.maps.words import CLOSED_ROOMS

Spot = tuple[float, float]
#: Units that the signs of a door take beside it.
_SIGN: Final = 5.5


def draw_doors(hospital: Hospital, floor: FloorId, pen: Pen) -> list[str]:
    """Return the doors of a floor, each across the lane that passes it."""
    lanes = {lane.door: lane for lane in hospital.lanes.values() if lane.door}
    doors = [door for door in hospital.doors.values() if door.floor == floor]
    return [_draw_door(hospital, door, lanes.get(door.id), pen) for door in doors]


def draw_lifts(hospital: Hospital, floor: FloorId, pen: Pen) -> list[str]:
    """Return the lifts that stop at a floor, and dashed those that pass it."""
    level = hospital.floors[floor].level
    drawn = []
    for lift in hospital.lifts.values():
        levels = [hospital.floors[stop.floor].level for stop in lift.stops]
        if levels and min(levels) <= level <= max(levels):
            drawn.append(_draw_lift(hospital, lift, floor, pen))
    return drawn


def car_box(lift: Lift) -> Box:
    """Return the box around a car whichever way it faces, in units."""
    reach = max(lift.width, lift.depth) * UNITS / 2
    x, y = at(lift.at)
    return x - reach, y - reach, x + reach, y + reach


def door_box(door: Door) -> Box:
    """Return a box that holds a door and its signs whichever way it lies, in units."""
    reach = door.width * UNITS / 2 + _SIGN
    x, y = at(door.at)
    return x - reach, y - reach, x + reach, y + reach


def _draw_door(hospital: Hospital, door: Door, lane: Lane | None, pen: Pen) -> str:
    (x, y), half = at(door.at), door.width * UNITS / 2
    if lane:
        along = _direction(_line(hospital, lane), door.at)
    else:
        wall = _nearest_wall(hospital.floors[door.floor], door.at)
        right, down = _direction(wall, door.at)
        along = (-down, right)
    across = (-along[1], along[0])

    def place(sideways: float, ahead: float) -> Spot:
        return (
            x + across[0] * sideways + along[0] * ahead,
            y + across[1] * sideways + along[1] * ahead,
        )

    jambs = ''.join(path((place(side, -1.6), place(side, 1.6))) for side in (-half, half))
    parts = [
        f'<path class="gap" d="{path((place(-half, 0), place(half, 0)))}"/>',
        f'<path class="jamb" d="{jambs}"/>',
    ]
    if door.kind == 'hinged':
        leaf = path((place(-half, 0), place(-half, 2 * half)))
        radius = num(2 * half)
        (ax, ay), (bx, by) = place(-half, 2 * half), place(half, 0)
        swing = f'M{num(ax)} {num(ay)}A{radius} {radius} 0 0 0 {num(bx)} {num(by)}'
        parts += [f'<path class="swing" d="{swing}"/>', f'<path class="leaf" d="{leaf}"/>']
    else:
        leaves = path((place(-half, -0.5), place(0.6, -0.5)))
        leaves += path((place(-0.6, 0.5), place(half, 0.5)))
        parts.append(f'<path class="leaf" d="{leaves}"/>')
    signs = [
        sign
        for sign, shown in (
            ('auto', door.automatic),
            ('fire', door.fire),
            ('badge', door.badge),
        )
        if shown
    ]
    for index, sign in enumerate(signs):
        sx, sy = place(-half - 3.2, (index - (len(signs) - 1) / 2) * 4.4)
        parts.append(f'<use href="#s-{sign}" x="{num(sx)}" y="{num(sy)}"/>')
    kind = 'door fire' if door.fire else 'door'
    return pen.explained('g', f'class="{kind}"', tips.of_door(door), ''.join(parts))


def _line(hospital: Hospital, lane: Lane) -> list[Point]:
    ends = [hospital.nodes[end] for end in (lane.a, lane.b)]
    return [Point(ends[0].x, ends[0].y), *lane.via, Point(ends[1].x, ends[1].y)]


def _direction(line: Sequence[Point], place: Point) -> Spot:
    """Return the way a line runs where it is nearest to `place`, in the frame of the drawing."""
    one, other = min(pairwise(line), key=lambda piece: geometry.point_to_line(place, piece))
    long = geometry.distance(one, other) or 1.0
    return (other.x - one.x) / long, -(other.y - one.y) / long


def _nearest_wall(floor: Floor, place: Point) -> Sequence[Point]:
    """Return the wall that a door without a lane is in, or would be."""
    rings = [floor.outline, *(room.polygon for room in floor.rooms if room.kind in CLOSED_ROOMS)]
    walls = [wall for wall in floor.walls if len(wall) > 1]
    walls += [(*ring, ring[0]) for ring in rings]
    return min(walls, key=lambda wall: geometry.point_to_line(place, wall))


def _draw_lift(hospital: Hospital, lift: Lift, floor: FloorId, pen: Pen) -> str:
    stop = next((one for one in lift.stops if one.floor == floor), None)
    (x, y), half_w, half_d = at(lift.at), lift.width * UNITS / 2, lift.depth * UNITS / 2
    turn = _quarter_free(-math.degrees(_faces(hospital, lift, stop)))
    # Before it is turned, a car faces east: its depth lies along x.
    car = f'x="{num(-half_d)}" y="{num(-half_w)}" width="{num(2 * half_d)}"'
    car += f' height="{num(2 * half_w)}" rx="1"'
    kind = 'car' if stop else 'car passing'
    cross = f'M{num(-half_d)} {num(-half_w)}L{num(half_d)} {num(half_w)}'
    cross += f'M{num(-half_d)} {num(half_w)}L{num(half_d)} {num(-half_w)}'
    parts = [f'<rect class="{kind}" {car}/>', f'<path class="cross" d="{cross}"/>']
    if stop:
        side = half_d if stop.door == 'front' or lift.faces is None else -half_d
        door = f'M{num(side)} {num(-half_w)}V{num(half_w)}'
        parts.append(f'<path class="car-door" d="{door}"/>')
    inner = f'<g transform="rotate({num(turn)})">{"".join(parts)}</g>'
    size = min(10.0, 1.8 * min(half_w, half_d) / width_of(lift.id))
    inner += pen.text((0, 0), size, lift.id, kind='lift-id')
    badges = [lift.rating] if lift.rating != 'any' else []
    badges += ['public'] if lift.access == 'public' else []
    for index, badge in enumerate(badges):
        spot = (max(half_d, half_w) * (-0.62 if index == 0 else 0.62), max(half_d, half_w) * 0.62)
        inner += f'<circle class="badge {badge}" cx="{num(spot[0])}" cy="{num(spot[1])}" r="4"/>'

        def letter(lang: Lang, badge: str = badge, spot: Spot = spot) -> str:
            return pen.text(spot, 5.6, word(f'{badge}_badge', lang), kind='badge-text')

        inner += pen.each(letter)
    place = f'class="lift" transform="translate({num(x)} {num(y)})"'
    return pen.explained('g', place, tips.of_lift(hospital, lift, stop), inner)


def _faces(hospital: Hospital, lift: Lift, stop: LiftStop | None) -> float:
    """Return the way the front door looks, in radians; where it isn't said, towards the lobby."""
    if lift.faces is not None:
        return lift.faces
    stops: Iterable[LiftStop] = [stop] if stop else lift.stops[:1]
    cells = [hospital.nodes[cell] for one in stops for cell in (one.wait, one.exit)]
    if not cells:
        return 0.0
    dx = sum(cell.x for cell in cells) / len(cells) - lift.at.x
    dy = sum(cell.y for cell in cells) / len(cells) - lift.at.y
    return round(math.atan2(dy, dx) / (math.pi / 2)) * math.pi / 2


def _quarter_free(degrees: float) -> float:
    """Return an angle within one turn, without the noise of a rounding."""
    return round(degrees, 2) % 360.0
