"""A hospital as a PNG picture, drawn by resvg with the fonts of this machine."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Final

import resvg_py

from fleet_manager.adapters.files.drawing.layout import lay_out
from fleet_manager.adapters.files.drawing.svg import draw_svg
from fleet_manager.adapters.files.drawing.words import Lang, word
from fleet_manager.domain.errors import MapError
from fleet_manager.domain.maps.compile import CompiledMap
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.problems import Problem

#: Pixels. A wider picture would take gigabytes while it is drawn.
WIDEST: Final = 12_000
NARROWEST: Final = 200
PNG_WIDTH: Final = 2400
#: Pixels: smaller letters are specks.
_LEGIBLE: Final = 5.0


def draw_png(
    hospital: Hospital,
    problems: Sequence[Problem],
    *,
    lang: Lang,
    floors: Collection[str] | None = None,
    compiled: CompiledMap | None = None,
    note: str = '',
    width: int = PNG_WIDTH,
) -> bytes:
    """Return a picture `width` pixels wide, as `draw_svg`, without texts too small to read.

    Where this machine has no Chinese font, `zh` gives English names and says so in the picture.
    Raises MapError for a width that cannot be drawn.
    """
    if not NARROWEST <= width <= WIDEST:
        mend = f'choose {NARROWEST} to {WIDEST} pixels'
        raise MapError('width', f'{width} pixels cannot be drawn; {mend}')
    if lang == 'zh' and not has_chinese_font():
        lang, note = 'en', ' · '.join(part for part in (note, word('no_font', 'en')) if part)
    layout = lay_out(hospital, floors, top=0.0)
    svg = draw_svg(
        hospital,
        problems,
        lang=lang,
        floors=floors,
        compiled=compiled,
        note=note,
        smallest=_LEGIBLE * layout.width / width,
    )
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=width))


@cache
def has_chinese_font() -> bool:
    """Whether this machine can draw Chinese: without a font the letter stays blank."""
    frame = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">{}</svg>'
    letter = '<text y="16" font-size="16" font-family="sans-serif">院</text>'
    drawn, blank = (
        bytes(resvg_py.svg_to_bytes(svg_string=frame.format(inner))) for inner in (letter, '')
    )
    return drawn != blank
