"""A hospital as one SVG picture, with key and problems: it opens in any browser and editor."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape
from typing import Final

from fleet_manager.adapters.files.drawing import key
from fleet_manager.adapters.files.drawing.layout import EDGE, SHEET_POINTS
from fleet_manager.adapters.files.drawing.palette import drawing_css, with_colours
from fleet_manager.adapters.files.drawing.pen import Pen, num
from fleet_manager.adapters.files.drawing.sheet import Sheet, draw_sheet
from fleet_manager.adapters.files.drawing.words import Lang, named, word
from fleet_manager.domain.maps.compile import CompiledMap
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.problems import Problem

#: Points above the floors for the hospital's name.
_HEAD: Final = 74.0


def draw_svg(
    hospital: Hospital,
    problems: Sequence[Problem],
    *,
    lang: Lang,
    floors: Collection[str] | None = None,
    compiled: CompiledMap | None = None,
    note: str = '',
    smallest: float = 0.0,
) -> str:
    """Return a picture of a hospital, of all floors or those in `floors`, as SVG.

    With `compiled` it shows what robots hold too. `note` is a line under the name. Texts of less
    than `smallest` decimetres are left out. Raises MapError for a floor that is not there.
    """
    pen = Pen((lang,), smallest=smallest)
    sheet = draw_sheet(hospital, problems, pen, floors=floors, compiled=compiled, top=_HEAD)
    layout, point = sheet.layout, sheet.layout.point
    foot, high = _foot(hospital, sheet, lang, resources=compiled is not None)
    height = layout.height + (high + EDGE) * point
    size = f'viewBox="0 0 {num(layout.width)} {num(height)}"'
    shown = f'width="{num(SHEET_POINTS)}" height="{num(height / point)}"'
    head = f'<g transform="scale({point:.5g})">{_head(hospital, lang, note)}</g>'
    below = f'translate({num(EDGE * point)} {num(layout.height)}) scale({point:.5g})'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {shown} '
        f'lang="{"zh-CN" if lang == "zh" else "en"}">'
        f'<title>{escape(named(hospital.name, lang))}</title>'
        f'<style>{with_colours(drawing_css())}</style>{sheet.defs}'
        f'<rect class="sheet" width="{num(layout.width)}" height="{num(height)}"/>'
        f'{head}{sheet.body}<g transform="{below}">{foot}</g></svg>\n'
    )


def counts(hospital: Hospital, lang: Lang) -> str:
    """Return how large a hospital is, in one line."""
    return word(
        'counts',
        lang,
        floors=len(hospital.floors),
        nodes=len(hospital.nodes) - len(hospital.lifts),
        lifts=len(hospital.lifts),
        stations=len(hospital.stations),
        robots=len(hospital.robots),
    )


def _head(hospital: Hospital, lang: Lang, note: str) -> str:
    version = word('version', lang, version=hospital.version[:10])
    line = ' · '.join(
        part for part in (hospital.id, counts(hospital, lang), version, note) if part
    )
    return (
        f'<text class="title" x="{num(EDGE)}" y="46" font-size="32">'
        f'{escape(named(hospital.name, lang))}</text>'
        f'<text class="sub" x="{num(EDGE)}" y="70" font-size="14">{escape(line)}</text>'
    )


def _foot(hospital: Hospital, sheet: Sheet, lang: Lang, *, resources: bool) -> tuple[str, float]:
    """Return key, lifts and problems below the floors, and their height, in points."""
    wide = SHEET_POINTS - 2 * EDGE
    shown = [cell.floor for cell in sheet.layout.cells]
    groups = key.entries(hospital, shown, lang, resources=resources)
    lifts, lifts_wide, lifts_high = key.lift_table(hospital, lang)
    drawn_key, key_wide, key_high = key.draw_key(groups)
    parts = [f'<g transform="translate(0 24)">{drawn_key}</g>']
    y = 24.0 + key_high
    beside = key_wide + lifts_wide <= wide
    if lifts and beside:
        parts.append(f'<g transform="translate({num(wide - lifts_wide)} 24)">{lifts}</g>')
        y = 24.0 + max(key_high, lifts_high)
    elif lifts:
        parts.append(f'<g transform="translate(0 {num(y + 20)})">{lifts}</g>')
        y += 20 + lifts_high
    listed, listed_high = key.draw_problems(sheet.marks, lang, wide)
    parts.append(f'<g transform="translate(0 {num(y + 30)})">{listed}</g>')
    return ''.join(parts), y + 30 + listed_high
