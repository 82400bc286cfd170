"""Reads YAML into plain data and remembers the line of everything in it.

Narrower than YAML on purpose: no aliases, no tags, no duplicate keys; `yes`, `on` and `1:30` are
text, as everybody expects. What can be written is what JSON can hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import yaml

from fleet_manager.domain.maps.problems import FieldPath

#: Enough for the largest hospital in one file, far below what would fill the memory.
MAX_VALUES: Final = 100_000
MAX_DEPTH: Final = 20
#: No number in a hospital needs more digits.
MAX_DIGITS: Final = 30

_INTEGER: Final = re.compile(r'[-+]?[0-9]+')
_REAL: Final = re.compile(r'[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?')
_NOT_FINITE: Final = re.compile(r'[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)')
_WORDS: Final = {'': None, '~': None, 'null': None, 'true': True, 'false': False}

#: Called with the path of a value and its line, counted from 1.
Mark = Callable[[FieldPath, int], None]


class Unreadable(Exception):
    """The text is no YAML, or none that is allowed here."""

    def __init__(self, line: int, problem: str, mend: str) -> None:
        super().__init__(f'line {line}: {problem}; {mend}')
        self.line = line
        self.problem = problem
        self.mend = mend


#: The parser in C where PyYAML was built with it, which is ten times as fast.
FAST_LOADER: Final[Any] = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)


def read_yaml(text: str, mark: Mark, *, most: int = MAX_VALUES) -> object:
    """Return the plain data in `text`. Raises Unreadable at the first thing that isn't allowed.

    `most` is how many values it may hold.
    """
    try:
        reader = _Reader(yaml.parse(text, Loader=FAST_LOADER), mark, most)
        return reader.document()
    except yaml.reader.ReaderError as error:
        line = text.count('\n', 0, error.position) + 1
        raise Unreadable(line, 'has a control character', 'remove it') from error
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        line = at.line + 1 if at else 1
        problem = error.problem or error.context or 'is no YAML'
        raise Unreadable(line, f'is no YAML here: {problem}', 'mend the text') from error


class _Reader:
    """Makes plain data of a parser's events, within limits, as they come."""

    def __init__(self, events: Iterator[yaml.Event], mark: Mark, most: int) -> None:
        self._events = events
        self._mark = mark
        self._most = most
        self._values = 0

    def document(self) -> object:
        """Return the data of the only document; None if there is none."""
        found: object = None
        count = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                count += 1
                if count > 1:
                    raise Unreadable(_line(event), 'begins a second document', 'remove the ---')
                found = self._value(next(self._events), (), 1)
        return found

    def _value(self, event: yaml.Event, path: FieldPath, depth: int) -> object:
        line = _line(event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, 'anchor', None):
            raise Unreadable(line, 'has an anchor or alias', 'write the value out again')
        tag = getattr(event, 'tag', None)
        if tag:
            raise Unreadable(line, f'has the tag {tag[:40]!r}', 'remove it')
        self._values += 1
        if self._values > self._most:
            raise Unreadable(line, f'has more than {self._most} values', 'split the file')
        if depth > MAX_DEPTH:
            raise Unreadable(line, f'is nested deeper than {MAX_DEPTH}', 'check the brackets')
        self._mark(path, line)
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event, line)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path, depth)
        return self._mapping(path, depth)

    def _list(self, path: FieldPath, depth: int) -> list[object]:
        found: list[object] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._value(event, (*path, str(len(found))), depth + 1))
        return found

    def _mapping(self, path: FieldPath, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent) or event.tag or event.anchor:
                raise Unreadable(line, 'has a key that is no word', 'write `key: value`')
            key = event.value
            if key in found:
                problem = f'has {key[:40]!r} twice, first in line {lines[key]}'
                raise Unreadable(line, problem, 'rename or remove one')
            lines[key] = line
            found[key] = self._value(next(self._events), (*path, key), depth + 1)
            self._mark((*path, key), line)
        return found


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _scalar(event: yaml.ScalarEvent, line: int) -> object:
    text: str = event.value
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_FINITE.fullmatch(text):
        return float(text.replace('.', ''))
    if len(text) <= MAX_DIGITS and _INTEGER.fullmatch(text):
        return int(text)
    if len(text) <= MAX_DIGITS and _REAL.fullmatch(text):
        return float(text)
    return text
