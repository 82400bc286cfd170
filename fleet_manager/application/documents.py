"""A document of tables, ready to be printed: all words are chosen, nothing is looked up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a document, under its heading."""

    heading: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """Tables with the same columns. `widths` are shares of the page's width.

    `footer` stands on every page; `page` is its number, with `{page}` and `{pages}`.
    """

    title: str
    about: tuple[str, ...]
    columns: tuple[str, ...]
    widths: tuple[float, ...]
    parts: tuple[Part, ...]
    footer: str
    page: str
