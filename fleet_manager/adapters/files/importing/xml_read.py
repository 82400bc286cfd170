"""Reads XML from people we do not know: elements with their lines, and nothing that expands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

#: Bytes; a plant of 2,000 points has less than 2 MB.
MAX_BYTES: Final = 20 * 1024 * 1024
MAX_ELEMENTS: Final = 400_000
MAX_DEPTH: Final = 20


class UnreadableXml(Exception):
    """The text is no XML, or none that is allowed here."""

    def __init__(self, line: int, problem: str, mend: str) -> None:
        super().__init__(f'line {line}: {problem}; {mend}')
        self.line = line
        self.problem = problem
        self.mend = mend


@dataclass(frozen=True, slots=True)
class Element:
    """An element: its name, attributes, children, and the line it begins in."""

    tag: str
    attributes: Mapping[str, str]
    line: int
    children: list[Element] = field(default_factory=list)

    def each(self, tag: str) -> Iterator[Element]:
        """Return the children of one name."""
        return (child for child in self.children if child.tag == tag)


def read_xml(text: str) -> Element:
    """Return the root element. Raises UnreadableXml at the first thing that isn't allowed."""
    if len(text.encode(errors='replace')) > MAX_BYTES:
        raise UnreadableXml(1, 'is larger than 20 MB', 'remove what is no map from it')
    return _Reader().read(text)


class _Reader:
    def __init__(self) -> None:
        self._parser = expat.ParserCreate('utf-8')
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._open: list[Element] = []
        self._root: Element | None = None
        self._count = 0

    def read(self, text: str) -> Element:
        """Return the root element of a text."""
        try:
            self._parser.Parse(text.encode(errors='replace'), True)
        except expat.ExpatError as error:
            problem = f'is no XML here: {expat.ErrorString(error.code)}'
            raise UnreadableXml(error.lineno, problem, 'mend the text') from error
        if self._root is None:
            raise UnreadableXml(1, 'is empty', 'write a plant model')
        return self._root

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        line = self._parser.CurrentLineNumber
        if self._count > MAX_ELEMENTS:
            raise UnreadableXml(line, f'has more than {MAX_ELEMENTS} elements', 'split the model')
        if len(self._open) >= MAX_DEPTH:
            raise UnreadableXml(line, f'is nested deeper than {MAX_DEPTH}', 'check the tags')
        element = Element(tag, attributes, line)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)

    def _end(self, tag: str) -> None:
        self._open.pop()

    def _refuse(self, *_: object) -> None:
        line = self._parser.CurrentLineNumber
        raise UnreadableXml(line, 'has a DOCTYPE or an entity', 'remove the declaration')
