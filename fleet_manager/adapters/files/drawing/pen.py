"""Writes SVG: numbers, paths, texts. Everything a person named goes through `escape` here.

The frame of a drawing has `UNITS` to a metre, x to the east, y to the south.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

from fleet_manager.adapters.files.drawing.words import Lang
from fleet_manager.domain.maps.model import Node, Point

#: Of a drawing, to a metre: whole numbers are decimetres, one digit more is enough for the eye.
UNITS: Final = 10.0

Tip = Callable[[Lang], str]


def num(value: float) -> str:
    """Return a number in its shortest form, to a tenth of a unit."""
    text = f'{value:.1f}'
    if text.endswith('.0'):
        text = text[:-2]
    return '0' if text == '-0' else text


def at(point: Point | Node) -> tuple[float, float]:
    """Return a place of a floor in the frame of its drawing."""
    return point.x * UNITS, -point.y * UNITS


def path(points: Iterable[tuple[float, float]], *, closed: bool = False) -> str:
    """Return the `d` of a line through points of the drawing."""
    d = ''.join(f'{"L" if index else "M"}{num(x)} {num(y)}' for index, (x, y) in enumerate(points))
    return d + 'Z' if closed else d


@dataclass
class Pen:
    """Draws for one or both languages.

    A static picture (`tips` is None) explains its parts in `<title>`; on a page each part has the
    number of its entry in `tips`, so that the language can change.
    """

    languages: tuple[Lang, ...]
    tips: list[tuple[str, ...]] | None = None
    #: In units: smaller texts are left out, since nobody could read them.
    smallest: float = 0.0
    #: One point of the sheet in units: on a small floor nothing is written in giant letters.
    point: float = math.inf
    _known: dict[tuple[str, ...], int] = field(default_factory=dict)

    def explained(self, tag: str, attributes: str, tip: Tip, inner: str = '') -> str:
        """Return an element that says what it is when pointed at."""
        texts = tuple(tip(lang) for lang in self.languages)
        if self.tips is None:
            return f'<{tag} {attributes}>{inner}<title>{escape(texts[0])}</title></{tag}>'
        number = self._known.setdefault(texts, len(self.tips))
        if number == len(self.tips):
            self.tips.append(texts)
        if inner:
            return f'<{tag} {attributes} data-t="{number}">{inner}</{tag}>'
        return f'<{tag} {attributes} data-t="{number}"/>'

    def capped(self, size: float, points: float = 18.0) -> float:
        """Return the size of a text in units, at most so many points of the sheet."""
        return min(size, points * self.point)

    def each(self, draw: Callable[[Lang], str]) -> str:
        """Return what is drawn in each language, to be shown in that language only."""
        if len(self.languages) == 1:
            return draw(self.languages[0])
        drawn = ((lang, draw(lang)) for lang in self.languages)
        return ''.join(f'<g class="in-{lang}">{inner}</g>' for lang, inner in drawn if inner)

    def text(
        self,
        where: tuple[float, float],
        size: float,
        text: str,
        *,
        kind: str = '',
        turned: bool = False,
    ) -> str:
        """Return one line of text; `where` is its anchor, at half its height."""
        if size < self.smallest or not text:
            return ''
        x, y = where
        turn = f' transform="rotate(-90 {num(x)} {num(y)})"' if turned else ''
        across, down = (x, y + size * 0.35)
        cls = f' class="{kind}"' if kind else ''
        place = f'x="{num(across)}" y="{num(down)}"'
        return f'<text{cls} {place} font-size="{num(size)}"{turn}>{escape(text)}</text>'


def layer(name: str, parts: Sequence[str]) -> str:
    """Return a group that a page can show or hide."""
    inner = ''.join(parts)
    return f'<g class="{name}">{inner}</g>' if inner else ''
