"""Documents of tables as PDF: A4, numbered pages, a heading is never alone at the end of one."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from fleet_manager.adapters.files.printing import text
from fleet_manager.application.documents import Document

PAGE: Final = landscape(A4)
MARGIN: Final = 12 * mm
LINE: Final = 4.2 * mm
SIZE: Final = 8.0
SMALL: Final = 6.0
#: Rows on a page, between the title and the footer.
ROWS: Final = 38


@dataclass(frozen=True, slots=True)
class _Row:
    """A line on a page: cells of a table, or a heading over the whole width."""

    cells: tuple[str, ...]
    heading: bool = False


def draw_document(document: Document) -> bytes:
    """Return the PDF of a document."""
    text.load_font()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=PAGE, invariant=True)
    canvas.setTitle(text.printable(document.title))
    pages = _pages(document)
    for number, rows in enumerate(pages, 1):
        _page(canvas, document, rows, document.page.format(page=number, pages=len(pages)))
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _pages(document: Document) -> list[list[_Row]]:
    """Share the rows out to pages; the heading is said again where a table goes on."""
    pages: list[list[_Row]] = [[]]
    for part in document.parts:
        heading = _Row((part.heading,), heading=True)
        if len(pages[-1]) + 3 > ROWS:
            pages.append([])
        pages[-1].append(heading)
        for cells in part.rows:
            if len(pages[-1]) >= ROWS:
                pages.append([heading])
            pages[-1].append(_Row(cells))
    return pages


def _page(canvas: Canvas, document: Document, rows: list[_Row], page: str) -> None:
    width, top = PAGE[0] - 2 * MARGIN, PAGE[1] - MARGIN
    text.write(canvas, MARGIN, top - 3 * mm, *text.fitted(
        document.title, size=12, smallest=SIZE, room=width
    ))  # fmt: skip
    top -= 6 * mm
    for line in document.about[:2]:
        top -= LINE
        text.write(canvas, MARGIN, top, *text.fitted(line, size=SIZE, smallest=SMALL, room=width))
    top -= 1.5 * LINE
    _cells(canvas, document, document.columns, top)
    canvas.line(MARGIN, top - 1.2 * mm, PAGE[0] - MARGIN, top - 1.2 * mm)
    for row in rows:
        top -= LINE
        if row.heading:
            canvas.setFillGray(0.92)
            canvas.rect(MARGIN, top - 1 * mm, width, LINE, stroke=0, fill=1)
            canvas.setFillGray(0)
            shown = text.fitted(row.cells[0], size=SIZE + 1, smallest=SMALL, room=width)
            text.write(canvas, MARGIN, top, *shown)
        else:
            _cells(canvas, document, row.cells, top)
    foot = MARGIN - 4 * mm
    room = width - text.width(page, SIZE) - 6 * mm
    text.write(
        canvas, MARGIN, foot, *text.fitted(document.footer, size=SIZE, smallest=4, room=room)
    )
    text.write(canvas, PAGE[0] - MARGIN - text.width(page, SIZE), foot, page, SIZE)


def _cells(canvas: Canvas, document: Document, cells: tuple[str, ...], y: float) -> None:
    x, width = MARGIN, PAGE[0] - 2 * MARGIN
    for cell, share in zip(cells, document.widths, strict=True):
        room = share * width - 1.5 * mm
        text.write(canvas, x, y, *text.fitted(cell, size=SIZE, smallest=SMALL, room=room))
        x += share * width
