"""A hospital as one self-contained page to look around in: no network, no other file."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

import jinja2

from fleet_manager.adapters.files.drawing import key
from fleet_manager.adapters.files.drawing.layout import EDGE
from fleet_manager.adapters.files.drawing.marks import Mark
from fleet_manager.adapters.files.drawing.palette import drawing_css, variables
from fleet_manager.adapters.files.drawing.pen import UNITS, Pen, at, num
from fleet_manager.adapters.files.drawing.sheet import Sheet, draw_sheet
from fleet_manager.adapters.files.drawing.svg import counts
from fleet_manager.adapters.files.drawing.words import LANGUAGES, Lang, named, word
from fleet_manager.domain.ids import FloorId
from fleet_manager.domain.maps.compile import CompiledMap
from fleet_manager.domain.maps.model import Hospital, Name, Point, Room, Zone
from fleet_manager.domain.maps.problems import Problem

_HERE: Final = Path(__file__).parent
_LAYERS: Final = ('rooms', 'names', 'zones', 'graph', 'resources', 'conflicts', 'problems')
_WORDS: Final = (
    'to_lists',
    'light',
    'map_label',
    'nearer',
    'farther',
    'whole',
    'problems',
    'no_problems',
    'find',
    'nothing',
    'floors',
    'layers',
    'key',
)


def draw_html(
    hospital: Hospital,
    problems: Sequence[Problem],
    *,
    lang: Lang,
    floors: Collection[str] | None = None,
    compiled: CompiledMap | None = None,
    note: str = '',
) -> str:
    """Return a page with all floors or those in `floors`, that opens in `lang`.

    It holds both languages, the problems with their places, and layers to switch. With `compiled`
    it shows what robots hold too. `note` stands beside the name. Raises MapError for a floor that
    is not there.
    """
    pen = Pen(LANGUAGES, tips=[])
    sheet = draw_sheet(hospital, problems, pen, floors=floors, compiled=compiled, top=0.0)
    height = sheet.layout.height + EDGE * sheet.layout.point / 2
    drawn = f'<rect class="sheet" width="{num(sheet.layout.width)}" height="{num(height)}"/>'
    layers = [one for one in _LAYERS if compiled or one not in ('resources', 'conflicts')]
    page = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(
        (_HERE / 'page.html').read_text('utf-8')
    )
    return page.render(
        lang='zh-CN' if lang == 'zh' else 'en',
        title=named(hospital.name, lang),
        style=_style(),
        words={key: _both(key) for key in _WORDS},
        hospital=_names(hospital.name),
        counts=[' · '.join(p for p in (counts(hospital, one), note) if p) for one in LANGUAGES],
        width=num(sheet.layout.width),
        height=num(height),
        drawing=sheet.defs + drawn + sheet.body,
        problems=[_listed(mark) for mark in sheet.marks],
        floors=[
            {'id': cell.floor.id, 'name': _names(cell.floor.name)} for cell in sheet.layout.cells
        ],
        layers=[{'id': layer, 'name': _both(f'layer_{layer}')} for layer in layers],
        key=_key(hospital, sheet, resources=compiled is not None),
        data=_json(_data(hospital, sheet, height, pen)),
        script=(_HERE / 'page.js').read_text('utf-8'),
    )


def _style() -> str:
    light, dark = variables(0), variables(1)
    page = (_HERE / 'page.css').read_text('utf-8')
    themes = f':root{{{light}color-scheme:light}}[data-theme=dark]{{{dark}color-scheme:dark}}'
    return f'{themes}\n{drawing_css()}{page}'


def _listed(mark: Mark) -> dict[str, object]:
    problem = mark.problem
    return {
        'number': mark.number,
        'sign': key.mark_sign(mark),
        'severity': _both(problem.severity.value),
        'code': problem.code,
        'place': key.place_of(mark),
        'text': f'{problem.problem}; {problem.mend}',
    }


def _key(hospital: Hospital, sheet: Sheet, *, resources: bool) -> str:
    """Return the key and the table of lifts as a small picture in each language."""
    floors = [cell.floor for cell in sheet.layout.cells]
    drawn = []
    for lang in LANGUAGES:
        groups = key.entries(hospital, floors, lang, resources=resources)
        entries = [entry for group in groups for entry in group]
        inner, _, high = key.draw_key([entries])
        lifts, wide, lifts_high = key.lift_table(hospital, lang)
        inner += f'<g transform="translate(0 {num(high + 20)})">{lifts}</g>'
        box = f'viewBox="0 0 {num(max(300.0, wide))} {num(high + 20 + lifts_high)}"'
        drawn.append(f'<svg class="key in-{lang}" {box} aria-hidden="true">{inner}</svg>')
    return ''.join(drawn)


def _data(hospital: Hospital, sheet: Sheet, height: float, pen: Pen) -> dict[str, Any]:
    """Return what the script of the page needs to know, in units of the sheet."""
    cells = {cell.floor.id: cell for cell in sheet.layout.cells}

    def spot(floor: str, point: Point) -> list[float]:
        x, y = at(point)
        cell = cells[FloorId(floor)]
        return [round(x + cell.x, 1), round(y + cell.y, 1)]

    above = 30 * sheet.layout.point
    return {
        'width': round(sheet.layout.width, 1),
        'height': round(height, 1),
        'units': UNITS,
        'point': sheet.layout.point,
        'title': _names(hospital.name),
        'tips': pen.tips,
        'floors': [
            {
                'id': cell.floor.id,
                'x': cell.x + cell.box[0],
                'y': cell.y + cell.box[1] - above,
                'w': cell.box[2] - cell.box[0],
                'h': cell.box[3] - cell.box[1] + above,
                'dx': cell.x,
                'dy': cell.y,
            }
            for cell in sheet.layout.cells
        ],
        'marks': {
            mark.number: {
                'text': [f'{mark.problem.problem}; {mark.problem.mend}'] * len(LANGUAGES),
                'spots': [spot(floor, point) for floor, point in mark.spots],
            }
            for mark in sheet.marks
        },
        'places': [
            [name, *names, floor, *spot(floor, point)]
            for name, names, floor, point in _places(hospital)
            if floor in cells
        ],
    }


def _places(hospital: Hospital) -> list[tuple[str, list[str], str, Point]]:
    """Return what one can search for: its id, its names, its floor and where it is there."""
    found: list[tuple[str, list[str], str, Point]] = []
    for station in hospital.stations.values():
        node = hospital.nodes[station.node]
        names = [f'{name} {station.code}' for name in _names(station.name)]
        found.append((station.id, names, node.floor, Point(node.x, node.y)))
    for lift in hospital.lifts.values():
        found += [(lift.id, _names(lift.name), stop.floor, lift.at) for stop in lift.stops]
    for door in hospital.doors.values():
        found.append((door.id, _names(door.name), door.floor, door.at))
    for floor in hospital.floors.values():
        areas: tuple[Room | Zone, ...] = (*floor.rooms, *floor.zones)
        for area in areas:
            x, y = (sum(axis) / len(area.polygon) for axis in _axes(area.polygon))
            found.append((area.id, _names(area.name), floor.id, Point(x, y)))
    nodes = (node for node in hospital.nodes.values() if node.floor)
    found += [(node.id, ['', ''], node.floor, Point(node.x, node.y)) for node in nodes]
    return found


def _axes(points: Sequence[Point]) -> tuple[list[float], list[float]]:
    return [point.x for point in points], [point.y for point in points]


def _json(data: object) -> str:
    """Return data for a `<script>`: without `<` nothing in it can end the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(',', ':'))
    return text.replace('<', '\\u003c')


def _both(key: str) -> list[str]:
    return [word(key, lang) for lang in LANGUAGES]


def _names(name: Name) -> list[str]:
    return [named(name, lang) for lang in LANGUAGES]
