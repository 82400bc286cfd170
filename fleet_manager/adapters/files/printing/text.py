"""Chinese and English text on a PDF page, cut to the width there is.

Latin text is in Helvetica, everything else in a font that is named in the file and not in it: PDF
readers take the Chinese font of their machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

CHINESE: Final = 'STSong-Light'
LATIN: Final = 'Helvetica'
#: Stands for what the font does not have, such as an emoji.
UNKNOWN: Final = '□'
ELLIPSIS: Final = '...'


def load_font() -> None:
    """Make the Chinese font known to reportlab. Call before drawing."""
    if CHINESE not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))


def printable(text: str) -> str:
    """Return `text` without what the fonts cannot show and without control characters."""
    shown = (c if ord(c) <= 0xFFFF else UNKNOWN for c in text)
    return ''.join(c for c in shown if c.isprintable())


def width(text: str, size: float) -> float:
    """Return how wide a printable text is, in points."""
    return sum(float(pdfmetrics.stringWidth(part, font, size)) for font, part in _runs(text))


def fitted(text: str, *, size: float, smallest: float, room: float) -> tuple[str, float]:
    """Return the text and the size at which it fits: smaller at first, then cut."""
    text = printable(text)
    needed = width(text, size)
    if needed <= room:
        return text, size
    size = max(smallest, size * room / needed)
    if width(text, size) <= room * 1.001:
        return text, size
    while text and width(text + ELLIPSIS, size) > room:
        text = text[:-1]
    return text + ELLIPSIS, size


def write(canvas: Canvas, x: float, y: float, text: str, size: float) -> None:
    """Write a printable line with its base line at `y`."""
    for font, part in _runs(text):
        canvas.setFont(font, size)
        canvas.drawString(x, y, part)
        x += float(pdfmetrics.stringWidth(part, font, size))


def _runs(text: str) -> Iterator[tuple[str, str]]:
    for latin, part in groupby(text, key=lambda c: ord(c) <= 0xFF):
        yield (LATIN if latin else CHINESE), ''.join(part)
