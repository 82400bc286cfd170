"""Labels in ZPL II, the language of Zebra's label printers and those that understand it.

Text goes as UTF-8 (`^CI28`) in a font with Chinese on the printer, see docs/labels.md. Nothing of
a name can become a command: every byte that is not a plain letter, digit or mark is written as
its number (`^FH`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

import segno

from fleet_manager.application.labels import PAPERS, Label

#: Scalable, with Chinese, and on the printers Zebra sells in China.
FONT: Final = 'E:SIMSUN.TTF'
MARGIN_MM: Final = 2
#: What goes through as it is: not `^`, `~`, `_` and what else a printer may take for a command.
PLAIN: Final = frozenset(
    b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .:/-?=()'
)
#: A printer draws modules of 1 to 10 dots.
MOST_DOTS: Final = 10
#: The smallest letters a printer of 203 dpi prints legibly, in dots.
SMALLEST: Final = 16


def write_labels(labels: Sequence[Label], *, paper: str, dots: int) -> bytes:
    """Return the commands that print some labels. `dots` a mm: 8 for 203 dpi, 12 for 300 dpi.

    Raises KeyError for a paper that is not in `PAPERS`.
    """
    form = PAPERS[paper]
    width, height = round(form.width * dots), round(form.height * dots)
    return b''.join(
        '\n'.join(_label(label, width, height, MARGIN_MM * dots)).encode() + b'\n'
        for label in labels
    )


def escaped(text: str) -> str:
    """Return text for a `^FH` field: it prints as it is and does nothing."""
    return ''.join(chr(b) if b in PLAIN else f'_{b:02X}' for b in text.encode(errors='replace'))


def _fitted(text: str, size: int, room: int) -> tuple[str, int]:
    """Return the text and the size at which it fits: smaller at first, then cut."""
    text = ''.join(c for c in text if c.isprintable())
    wide = [2 if unicodedata.east_asian_width(c) in 'WFA' else 1 for c in text]
    size = max(SMALLEST, min(size, room * 2 // max(1, sum(wide))))
    while sum(wide) * size > room * 2:
        wide.pop()
    return text[: len(wide)], size


def _label(label: Label, width: int, height: int, margin: int) -> Iterator[str]:
    tall = height > width
    side = min(width, height) - 2 * margin
    if not tall:
        side = min(side, round(width * 0.48))
    modules = segno.make(label.address, error='q', micro=False, boost_error=False).symbol_size()[0]
    magnification = max(1, min(MOST_DOTS, side // modules))
    yield '^XA'
    yield '^CI28'
    yield f'^PW{width}'
    yield f'^LL{height}'
    yield '^LH0,0'
    yield f'^FO{margin},{margin}^BQN,2,{magnification}^FH_^FDQA,{escaped(label.address)}^FS'
    left = margin if tall else 2 * margin + side
    top: float = 2 * margin + side if tall else margin
    room = width - left - margin
    unit = (height - top - margin) / 9.4
    for text, share in (
        (label.recipient_code, 2.0),
        (label.recipient, 1.3),
        (label.sender, 1.0),
        (f'{label.goods} · {label.urgency}', 1.0),
        (label.due, 1.0),
        (' · '.join(filter(None, (label.number, label.part))), 1.2),
    ):
        shown, size = _fitted(text, round(unit * share), room)
        yield f'^FO{left},{round(top)}^A@N,{size},{size},{FONT}^FH_^FD{escaped(shown)}^FS'
        top += unit * share * 1.25
    yield '^XZ'
