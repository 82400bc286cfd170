"""Labels as PDF: the code on the left, or above on a tall label, and where it goes in large."""

from __future__ import annotations

import io
from collections.abc import Sequence
from hashlib import sha256
from itertools import groupby
from typing import Final

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from fleet_manager.adapters.files.printing import qr, text
from fleet_manager.application.labels import PAPERS, Label, Paper

MARGIN: Final = 2.0 * mm
SMALLEST: Final = 5.0


def draw_labels(labels: Sequence[Label], *, paper: str) -> bytes:
    """Return the PDF of some labels. Raises KeyError for a paper that is not in `PAPERS`."""
    text.load_font()
    form = PAPERS[paper]
    page = form.sheet or (form.width, form.height)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(page[0] * mm, page[1] * mm), invariant=True)
    canvas.setTitle(', '.join(sorted({text.printable(label.number) for label in labels})))
    each = form.columns * form.rows
    for place, label in enumerate(labels):
        row, column = divmod(place % each, form.columns)
        x = (form.left + column * form.width) * mm
        y = (page[1] - form.top - (row + 1) * form.height) * mm
        _label(canvas, label, form, x, y)
        if place % each == each - 1 or place == len(labels) - 1:
            canvas.showPage()
    canvas.save()
    return out.getvalue()


def _label(canvas: Canvas, label: Label, form: Paper, x: float, y: float) -> None:
    width, height = form.width * mm, form.height * mm
    tall = height > width
    side = min(width, height) - 2 * MARGIN
    if not tall:
        side = min(side, width * 0.48)
    _code(canvas, label.address, x + MARGIN, y + height - MARGIN - side, side)
    if tall:
        left, top, room = x + MARGIN, y + height - MARGIN - side, width - 2 * MARGIN
        below = top - y - MARGIN
    else:
        left, top = x + 1.5 * MARGIN + side, y + height - MARGIN
        room, below = width - side - 2.5 * MARGIN, height - 2 * MARGIN
    _lines(canvas, label, left, top, room, below)


def _lines(
    canvas: Canvas, label: Label, left: float, top: float, room: float, below: float
) -> None:
    wanted = (
        (label.recipient_code, 2.0),
        (label.recipient, 1.3),
        (label.sender, 1.0),
        (f'{label.goods} · {label.urgency}', 1.0),
        (label.due, 1.0),
        (' · '.join(filter(None, (label.number, label.part))), 1.2),
    )
    unit = below / sum(share * 1.25 for _, share in wanted)
    for line, share in wanted:
        shown, size = text.fitted(line, size=unit * share, smallest=SMALLEST, room=room)
        top -= unit * share * 1.25
        text.write(canvas, left, top + unit * share * 0.25, shown, size)


def _code(canvas: Canvas, address: str, x: float, y: float, side: float) -> None:
    """Draw a code; in the file it is there once, however many labels carry it."""
    name = f'code-{sha256(address.encode()).hexdigest()}'
    rows = qr.modules(address)
    if not canvas.hasForm(name):
        canvas.beginForm(name)
        _modules(canvas, rows)
        canvas.endForm()
    canvas.saveState()
    canvas.translate(x, y)
    canvas.scale(side / len(rows), side / len(rows))
    canvas.doForm(name)
    canvas.restoreState()


def _modules(canvas: Canvas, rows: list[list[bool]]) -> None:
    """Draw the dark modules, each run of a row as one box: printers leave no lines between."""
    for number, row in enumerate(rows):
        at = 0
        for dark, cells in groupby(row):
            length = len(list(cells))
            if dark:
                canvas.rect(at, len(rows) - number - 1, length, 1, stroke=0, fill=1)
            at += length
