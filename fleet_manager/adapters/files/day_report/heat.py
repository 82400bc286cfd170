"""Where robots waited: circles on the floor plans, the floors with the most first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from fleet_manager.adapters.files.day_report.parts import Pair, box, number, text, tip
from fleet_manager.adapters.files.day_report.places import Places
from fleet_manager.adapters.files.drawing.pen import Pen, at, num, path
from fleet_manager.adapters.files.drawing.rooms import draw_rooms
from fleet_manager.adapters.files.drawing.words import LANGUAGES
from fleet_manager.domain.ids import NodeId
from fleet_manager.domain.maps.model import Floor, Hospital
from fleet_manager.domain.units import HOUR, MINUTE

#: Floors drawn large; the others are small beside each other.
LARGE: Final = 2
#: Places listed in words.
LISTED: Final = 8
#: Radius of the largest circle, as a share of the longer side of the widest floor.
_LARGEST: Final = 0.05
#: Circles of less are a dot nobody sees; they count in the sums.
_LEAST_MS: Final = 30_000
_EDGE: Final = 12.0


@dataclass(frozen=True, slots=True)
class HeatFloor:
    """A floor with its circles, and how long robots waited on it."""

    name: Pair
    waited: str
    drawing: Markup


@dataclass(frozen=True, slots=True)
class Heat:
    """All of it: floors large and small, and the worst places in words, with node and minutes."""

    large: tuple[HeatFloor, ...]
    small: tuple[HeatFloor, ...]
    worst: tuple[tuple[Pair, str, str], ...]
    total: str
    most: str


def heat(waiting_ms: dict[str, int], hospital: Hospital, places: Places) -> Heat | None:
    """Draw the floors on which robots waited. None where none did, or only out of sight."""
    on: dict[str, dict[str, int]] = {}
    for name, waited in waiting_ms.items():
        node = hospital.nodes.get(NodeId(name))
        if node is not None and node.floor and waited > 0:
            on.setdefault(node.floor, {})[name] = waited
    if not on:
        return None
    floors = [hospital.floors[floor] for floor in hospital.floors if floor in on]
    floors.sort(key=lambda floor: (-sum(on[floor.id].values()), floor.level))
    longest = max(max(wide, high) for _, _, wide, high in map(_box, floors))
    unit = _LARGEST * longest / math.sqrt(max(max(nodes.values()) for nodes in on.values()))
    drawn = [
        HeatFloor(
            places.floor(floor.id),
            number(sum(on[floor.id].values()) / MINUTE, 0),
            _draw(hospital, floor, on[floor.id], unit, places, large=place < LARGE),
        )
        for place, floor in enumerate(floors)
    ]
    worst = sorted(waiting_ms.items(), key=lambda row: (-row[1], row[0]))[:LISTED]
    return Heat(
        tuple(drawn[:LARGE]),
        tuple(drawn[LARGE:]),
        tuple((places.node(name), name, number(waited / MINUTE, 0)) for name, waited in worst),
        number(sum(waiting_ms.values()) / HOUR),
        number(max(max(nodes.values()) for nodes in on.values()) / MINUTE, 0),
    )


def _box(floor: Floor) -> tuple[float, float, float, float]:
    xs, ys = zip(*map(at, floor.outline), strict=True)
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def _draw(
    hospital: Hospital,
    floor: Floor,
    waited: dict[str, int],
    unit: float,
    places: Places,
    *,
    large: bool,
) -> Markup:
    x, y, wide, high = _box(floor)
    parts = [_plan(floor, large=large)]
    lifts = [
        (str(lift.id), *at(lift.at), lift)
        for lift in hospital.lifts.values()
        if any(stop.floor == floor.id for stop in lift.stops)
    ]
    parts += [
        box(cx - lift.width * 5, cy - lift.depth * 5, lift.width * 10, lift.depth * 10, 'car')
        for _, cx, cy, lift in lifts
    ]
    for name, ms in sorted(waited.items(), key=lambda row: -row[1]):
        if ms < _LEAST_MS:
            continue
        cx, cy = at(hospital.nodes[NodeId(name)])
        english, chinese = places.node(name)
        said = number(ms / MINUTE)
        title = tip((f'{english}: {said} min', f'{chinese}：{said} 分钟'))
        radius = max(unit * math.sqrt(ms), 4.0)
        parts.append(f'<circle class="heat" cx="{num(cx)}" cy="{num(cy)}" r="{num(radius)}">')
        parts.append(f'{title}</circle>')
    if large:
        parts += [text(cx, cy + 6, name, 'mid plan-lift') for name, cx, cy, _ in lifts]
    frame = f'{num(x - _EDGE)} {num(y - _EDGE)} {num(wide + 2 * _EDGE)} {num(high + 2 * _EDGE)}'
    label = escape(' / '.join(dict.fromkeys(places.floor(floor.id))))
    return Markup(  # noqa: S704 - drawing escapes every name
        f'<svg class="plan" viewBox="{frame}" role="img" aria-label="{label}">'
        f'{"".join(parts)}</svg>'
    )


def _plan(floor: Floor, *, large: bool) -> str:
    """Return the floor under the circles: with its rooms, or only its outline and corridors."""
    if large:
        return ''.join(draw_rooms(floor, Pen(LANGUAGES, tips=[])))
    outline = path(map(at, floor.outline), closed=True)
    ways = [room for room in floor.rooms if room.kind in ('corridor', 'lobby', 'lift_lobby')]
    shapes = ''.join(path(map(at, room.polygon), closed=True) for room in ways)
    return (
        f'<path class="service" d="{outline}"/><path class="way-area" d="{shapes}"/>'
        f'<path class="outer" d="{outline}"/>'
    )
