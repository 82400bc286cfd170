"""Draws a hospital folder into a file: the kind of picture follows from the file's name."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

from fleet_manager.adapters.files.drawing.html import draw_html
from fleet_manager.adapters.files.drawing.png import PNG_WIDTH, draw_png
from fleet_manager.adapters.files.drawing.readable import Readable, load_for_drawing
from fleet_manager.adapters.files.drawing.svg import draw_svg
from fleet_manager.adapters.files.drawing.words import Lang
from fleet_manager.domain.errors import MapError
from fleet_manager.domain.maps.compile import CompiledMap, compile_hospital

KINDS: Final = ('.svg', '.html', '.png')


def draw_folder(
    folder: Path,
    out: Path,
    *,
    lang: Lang,
    floors: Collection[str] | None = None,
    width: int = PNG_WIDTH,
) -> Readable:
    """Draw the hospital in `folder` into `out`, and return what could be read of it.

    `floors` are the ids of some floors, None for all; `width` is that of a PNG in pixels. Raises
    MapError for a map without anything to draw, an unknown floor, another ending than `KINDS`,
    and OSError when the file cannot be written.
    """
    kind = out.suffix.lower()
    if kind not in KINDS:
        raise MapError(str(out), f'has another ending; name a file {", ".join(KINDS)}')
    readable = load_for_drawing(folder)
    hospital, problems = readable.hospital, readable.problems
    compiled, note = _compiled(readable), readable.note(lang)
    if kind == '.png':
        picture = draw_png(
            hospital,
            problems,
            lang=lang,
            floors=floors,
            compiled=compiled,
            note=note,
            width=width,
        )
        out.write_bytes(picture)
        return readable
    draw = draw_svg if kind == '.svg' else draw_html
    text = draw(hospital, problems, lang=lang, floors=floors, compiled=compiled, note=note)
    out.write_text(text, encoding='utf-8')
    return readable


def _compiled(readable: Readable) -> CompiledMap | None:
    """Return what robots hold, None for a map one could not plan on."""
    try:
        return compile_hospital(readable.hospital)
    except MapError:
        return None
