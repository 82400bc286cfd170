"""The port `Printer`: everything that is made for paper."""

from __future__ import annotations

from collections.abc import Sequence

from fleet_manager.application.documents import Document
from fleet_manager.application.labels import Label


class DocumentPrinter:
    """Implements the port `Printer`. PDF libraries are loaded when they are first needed."""

    def labels_pdf(self, labels: Sequence[Label], *, paper: str) -> bytes:
        """Return a PDF with one label a page, or sheets full of them."""
        from fleet_manager.adapters.files.printing.label_pdf import draw_labels

        return draw_labels(labels, paper=paper)

    def labels_zpl(self, labels: Sequence[Label], *, paper: str, dots: int) -> bytes:
        """Return what a label printer of `dots` a mm (8 or 12) is sent."""
        from fleet_manager.adapters.files.printing.label_zpl import write_labels

        return write_labels(labels, paper=paper, dots=dots)

    def document_pdf(self, document: Document) -> bytes:
        """Return a PDF of tables on numbered pages."""
        from fleet_manager.adapters.files.printing.document_pdf import draw_document

        return draw_document(document)
