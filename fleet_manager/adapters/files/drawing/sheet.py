"""Puts a drawing together: all floors with their layers, names, and marked problems."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from fleet_manager.adapters.files.drawing import graph, openings, resources, rooms
from fleet_manager.adapters.files.drawing.fit import Clearance, width_of
from fleet_manager.adapters.files.drawing.key import mark_sign
from fleet_manager.adapters.files.drawing.layout import Cell, Layout, lay_out
from fleet_manager.adapters.files.drawing.marks import Mark, mark_problems
from fleet_manager.adapters.files.drawing.pen import UNITS, Pen, at, layer, num, path
from fleet_manager.adapters.files.drawing.symbols import definitions
from fleet_manager.adapters.files.drawing.words import Lang, named, word
from fleet_manager.domain.maps.compile import CompiledMap
from fleet_manager.domain.maps.model import Floor, Hospital, Point
from fleet_manager.domain.maps.problems import Problem

#: Metres of a scale bar, the longest that is at most a sixth of the floor.
_BARS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
#: Points from one mark to the next at the same place.
_MARK_STEP: Final = 22.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A drawing: `body` goes into an `<svg>` of `layout`'s size, after `defs`."""

    layout: Layout
    marks: tuple[Mark, ...]
    defs: str
    body: str


def draw_sheet(
    hospital: Hospital,
    problems: Iterable[Problem],
    pen: Pen,
    *,
    floors: Collection[str] | None,
    compiled: CompiledMap | None,
    top: float,
) -> Sheet:
    """Draw the floors. `top` points are left free above them. Raises MapError as `lay_out`."""
    layout = lay_out(hospital, floors, top=top)
    pen.point = layout.point
    colours = resources.group_colours(compiled) if compiled else {}
    facts = _facts_that_fit(hospital, layout, pen)
    parts = []
    for cell in layout.cells:
        inner = _draw_floor(hospital, cell.floor, compiled, colours, pen)
        inner += _title(hospital, cell, layout, facts, pen)
        place = f'translate({num(cell.x)} {num(cell.y)})'
        name = escape(cell.floor.id)
        parts.append(f'<g class="floor" data-floor="{name}" transform="{place}">{inner}</g>')
    marks = mark_problems(hospital, problems, [cell.floor.id for cell in layout.cells])
    parts.append(layer('problems', _draw_marks(marks, layout)))
    return Sheet(layout, tuple(marks), f'<defs>{definitions()}</defs>', ''.join(parts))


def _draw_floor(
    hospital: Hospital,
    floor: Floor,
    compiled: CompiledMap | None,
    colours: Mapping[int, int],
    pen: Pen,
) -> str:
    taken = graph.taken_by_graph(hospital, floor.id)
    taken += [
        openings.car_box(lift)
        for lift in hospital.lifts.values()
        if any(stop.floor == floor.id for stop in lift.stops)
    ]
    taken += [
        openings.door_box(door) for door in hospital.doors.values() if door.floor == floor.id
    ]
    clearance = Clearance(taken)
    parts = [
        layer('rooms', rooms.draw_rooms(floor, pen)),
        layer('zones', rooms.draw_zones(floor, pen)),
    ]
    if compiled:
        bands = resources.draw_groups(hospital, compiled, colours, floor.id, pen)
        parts.append(layer('resources', bands))
    parts.append(layer('doors', openings.draw_doors(hospital, floor.id, pen)))
    parts.append(layer('lifts', openings.draw_lifts(hospital, floor.id, pen)))
    lanes, nodes = (draw(hospital, floor.id, pen) for draw in (graph.draw_lanes, graph.draw_nodes))
    rings = resources.draw_articulation(hospital, compiled, floor.id, pen) if compiled else []
    parts += [layer('graph', lanes), layer('resources', rings), layer('graph', nodes)]
    parts.append(layer('graph', graph.draw_stations(hospital, floor.id, clearance, pen)))
    ids = layer('ids', graph.draw_ids(hospital, floor.id, clearance, pen))
    parts.append(layer('names', [pen.each(lambda lang: _names(floor, lang, clearance, pen))]))
    parts.append(ids)
    if compiled:
        ties = resources.draw_conflicts(hospital, compiled, floor.id, pen)
        parts.append(layer('conflicts', ties))
    return ''.join(parts)


def _names(floor: Floor, lang: Lang, clearance: Clearance, pen: Pen) -> str:
    own = clearance.copy()
    return rooms.name_rooms(floor, lang, own, pen) + layer(
        'zone-names', [rooms.name_zones(floor, lang, own, pen)]
    )


def _title(hospital: Hospital, cell: Cell, layout: Layout, facts: int, pen: Pen) -> str:
    """Return the floor's name above its left end and the scale above its right end."""
    floor = cell.floor
    left, top, right, _ = cell.box
    metres = _bar((right - left) / UNITS)
    start, y = right - metres * UNITS, top - 9 * layout.point
    tick = 4 * layout.point
    bar = f'M{num(start)} {num(y - tick)}V{num(y)}H{num(right)}V{num(y - tick)}'

    def title(lang: Lang) -> str:
        sub = escape(' · '.join(_subtitle(hospital, floor, lang)[:facts]))
        if sub:
            sub = f'<tspan class="sub" dx="12" font-size="13" font-weight="400">{sub}</tspan>'
        name = escape(named(floor.name, lang))
        return f'<text class="title" font-size="20">{name}{sub}</text>'

    scale = f'<text class="sub end" x="-8" font-size="12">{metres} m</text>'
    return (
        _still(left, y, layout.point, pen.each(title), 'still capped')
        + f'<path class="scale" d="{bar}" stroke-width="{num(1.4 * layout.point)}"/>'
        + _still(start, y, layout.point, scale, 'still capped')
    )


def _subtitle(hospital: Hospital, floor: Floor, lang: Lang) -> list[str]:
    """Return what stands behind the name of a floor, the most important first."""
    stations = sum(
        hospital.nodes[station.node].floor == floor.id for station in hospital.stations.values()
    )
    elevation = f'{floor.elevation:+g}' if floor.elevation else '0'
    return [floor.id, f'{elevation} m', word('stations', lang, n=stations)]


def _facts_that_fit(hospital: Hospital, layout: Layout, pen: Pen) -> int:
    """Return how many facts of `_subtitle` fit between name and scale on every floor."""
    fewest = 3
    for cell in layout.cells:
        wide = cell.box[2] - cell.box[0]
        room = (wide - _bar(wide / UNITS) * UNITS) / layout.point - 60.0
        for lang in pen.languages:
            name = width_of(named(cell.floor.name, lang)) * 21.0
            facts = _subtitle(hospital, cell.floor, lang)[:fewest]
            while facts and name + width_of(' · '.join(facts)) * 13.5 > room:
                facts.pop()
            fewest = len(facts)
    return fewest


def _bar(wide: float) -> int:
    """Return how many metres a scale bar shows on a floor `wide` metres across."""
    return max((bar for bar in _BARS if bar <= wide / 6), default=_BARS[0])


def _draw_marks(marks: Sequence[Mark], layout: Layout) -> list[str]:
    """Return the numbered signs of all problems, those at one place beside each other."""
    cells = {cell.floor.id: cell for cell in layout.cells}
    ties, drawn = [], []
    placed: list[tuple[float, float]] = []
    for mark in marks:
        for floor, point in mark.spots:
            x, y = _on_sheet(cells[floor], point)
            for other_floor, other in mark.others:
                if other_floor == floor and other != point:
                    line = path(((x, y), _on_sheet(cells[floor], other)))
                    ties.append(
                        f'<path class="mark-tie" d="{line}" data-n="{mark.number}" '
                        f'stroke-width="{num(1.6 * layout.point)}"/>'
                    )
            near = _MARK_STEP * layout.point * 0.8
            beside = sum(math.dist((x, y), one) < near for one in placed)
            placed.append((x, y))
            sign = f'<g transform="translate({num(beside * _MARK_STEP)} 0)">{mark_sign(mark)}</g>'
            kind = f'mark {mark.problem.severity}'
            text = f'{mark.problem.code}: {mark.problem.problem}; {mark.problem.mend}'
            drawn.append(
                f'<g class="{kind}" data-n="{mark.number}">'
                f'<title>{escape(text)}</title>{_still(x, y, layout.point, sign)}</g>'
            )
    # Errors lie above warnings, the first above the last.
    return [*ties, *reversed(drawn)]


def _on_sheet(cell: Cell, point: Point) -> tuple[float, float]:
    x, y = at(point)
    return x + cell.x, y + cell.y


def _still(x: float, y: float, point: float, inner: str, kind: str = 'still') -> str:
    """Return what keeps its size on a page however near one looks; `inner` is in points.

    What is `capped` grows no larger than on the whole sheet.
    """
    scale = f'scale({point:.4g})'
    return (
        f'<g transform="translate({num(x)} {num(y)})">'
        f'<g class="{kind}" transform="{scale}">{inner}</g></g>'
    )
