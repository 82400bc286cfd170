"""Reads YAML into plain data and remembers the line of everything in it.

Narrower than YAML on purpose: no aliases, no tags, no duplicate keys; `yes`, `on` and `1:30` are
text, as everybody expects. What can be written is what JSON can hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

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


def read_yaml(text: str, mark: Mark) -> object:
    """Return the plain data in `text`. Raises Unreadable at the first thing that isn't allowed."""
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        line = text.count('\n', 0, error.position) + 1
        raise Unreadable(line, 'has a control character', 'remove it') from error
    try:
        node = loader.get_single_node()
        return None if node is None else _plain(node, (), mark)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        line = at.line + 1 if at else 1
        problem = error.problem or error.context or 'is no YAML'
        raise Unreadable(line, f'is no YAML here: {problem}', 'mend the text') from error
    finally:
        loader.dispose()


class _Loader(yaml.SafeLoader):
    """Composes nodes only, within limits; `_plain` makes the values."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._values = 0
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, 'anchor', None):
            raise Unreadable(line, 'has an anchor or alias', 'write the value out again')
        if getattr(event, 'tag', None):
            raise Unreadable(line, f'has the tag {event.tag[:40]!r}', 'remove it')
        self._values += 1
        self._depth += 1
        if self._values > MAX_VALUES:
            raise Unreadable(line, f'has more than {MAX_VALUES} values', 'split the file')
        if self._depth > MAX_DEPTH:
            raise Unreadable(line, f'is nested deeper than {MAX_DEPTH}', 'check the brackets')
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _plain(node: yaml.Node, path: FieldPath, mark: Mark) -> object:
    line = node.start_mark.line + 1
    mark(path, line)
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, line)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, str(index)), mark) for index, child in enumerate(node.value)]
    found: dict[str, object] = {}
    lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise Unreadable(line, 'has a key that is no word', 'write `key: value`')
        key = key_node.value
        if key in found:
            problem = f'has {key[:40]!r} twice, first in line {lines[key]}'
            raise Unreadable(line, problem, 'rename or remove one')
        lines[key] = line
        found[key] = _plain(value_node, (*path, key), mark)
        mark((*path, key), line)
    return found


def _scalar(node: yaml.ScalarNode, line: int) -> object:
    text: str = node.value
    if node.style is not None:
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
