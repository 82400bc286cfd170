"""Writes a hospital folder. What did not change stays as it was, byte for byte, comments too.

An entry (a node, a lane, a room …) that is new or changed is written on one line where it fits, so
that the difference between two versions of a map is what somebody changed, and can be reviewed.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from fleet_manager.adapters.files.lines import FAST_LOADER, Unreadable, read_yaml

_WIDTH: Final = 99
_MAIN: Final = 'hospital.yaml'
_FLEET: Final = 'fleet.yaml'
_PLACES: Final = 4
#: Sections whose entries stand on lines of their own; all other fields are written as one.
_MAPPINGS: Final = frozenset(
    {'rooms', 'zones', 'nodes', 'doors', 'stations', 'lifts', 'types', 'robots'}
)
_LISTS: Final = frozenset({'lanes', 'walls'})
#: The order of fields in what is written anew; others follow as they come.
_ORDER: Final = (
    *('format', 'id', 'code', 'name', 'at', 'kind', 'level', 'elevation', 'dispatch_phone'),
    *('floors', 'fleet', 'outline', 'types', 'rooms', 'walls', 'zones', 'lifts', 'nodes'),
    *('between', 'via', 'faces', 'cabin', 'speed', 'acceleration', 'door_time', 'stops'),
    *('wait', 'exit', 'door', 'width', 'length', 'turning_radius', 'mass', 'one_way', 'automatic'),
    *('fire', 'badge', 'rating', 'access', 'group', 'node', 'phone', 'second_phone'),
    *('sends', 'takes', 'keeps', 'hours'),
    *('litres', 'home', 'compartments', 'type', 'robots', 'box', 'polygon', 'lanes'),
    *('doors', 'stations'),
)
_PLAIN: Final = re.compile(r'[^\W\d_][\w .()/-]*', re.UNICODE)
_NOT_WORDS: Final = frozenset({'null', 'true', 'false', 'yes', 'no', 'on', 'off', 'y', 'n', '~'})


def save_hospital(raw: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write raw data, as `load_raw` returns it, into `folder`; return the files that changed.

    All files are written beside the old ones before the first is replaced. Files of floors that
    are gone are removed. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = _file_names(raw, folder)
    fleet = _listed(folder).get('fleet')
    fleet_name = fleet if isinstance(fleet, str) else _FLEET
    main = {**raw, 'floors': list(names.values()), 'fleet': fleet_name}
    contents = {names[floor['id']]: floor for floor in raw['floors']}
    contents |= {fleet_name: raw['fleet'], _MAIN: main}
    changed: list[Path] = []
    for name, data in contents.items():
        file = folder / name
        old = _read(file)
        text = to_yaml(data, old)
        if text != old:
            file.with_suffix('.yaml.new').write_text(text, encoding='utf-8')
            changed.append(file)
    gone = [folder / name for name in _floor_files(folder).values() if name not in contents]
    for file in changed:
        file.with_suffix('.yaml.new').replace(file)
    for file in gone:
        file.unlink(missing_ok=True)
    return [*changed, *gone]


def to_yaml(data: Mapping[str, Any], old: str = '') -> str:
    """Return the text of a file that holds `data`. What `old` holds too is copied from it."""
    before = _Text.of(old)
    parts: list[str] = []
    for key in _in_order(data, before.entries):
        value, known = data[key], before.entries.get(key)
        lead = before.lead.get(key, '')
        if known is not None and before.values[key] == value:
            parts.append(lead + known)
        elif key in _MAPPINGS and isinstance(value, Mapping) and value:
            parts.append((lead if known else '\n') + _section(key, value, before.inside(key)))
        elif key in _LISTS and isinstance(value, (list, tuple)) and value:
            parts.append((lead if known else '\n') + _list(key, value, before.inside(key)))
        else:
            parts.append(lead + _entry(key, value, 0))
    return ''.join(parts) + before.tail


@dataclass(frozen=True, slots=True)
class _Text:
    """A block of YAML as text: of each entry its lines, the comments before it, and its value."""

    entries: dict[str, str]
    lead: dict[str, str]
    values: dict[str, Any]
    tail: str = ''

    @classmethod
    def of(cls, text: str) -> _Text:
        """Take apart the text of a file; one that cannot be read has no entries."""
        try:
            data = read_yaml(text, lambda path, line: None)
        except Unreadable:
            return cls({}, {}, {})
        root = yaml.compose(text, Loader=FAST_LOADER)
        if not isinstance(data, dict) or not isinstance(root, yaml.MappingNode) or root.flow_style:
            return cls({}, {}, {})
        starts = [(key.value, key.start_mark.line) for key, _ in root.value]
        return cls._cut(text.splitlines(keepends=True), 0, starts, data)

    def inside(self, key: str) -> _Text:
        """Take apart one section, whose entries are the keys of a mapping or items of a list."""
        text = self.entries.get(key, '')
        root = yaml.compose(text, Loader=FAST_LOADER) if text else None
        node = root.value[0][1] if isinstance(root, yaml.MappingNode) else None
        if node is None or isinstance(node, yaml.ScalarNode) or node.flow_style:
            return _Text({}, {}, {})
        value = self.values[key]
        if isinstance(node, yaml.MappingNode):
            starts = [(own.value, own.start_mark.line) for own, _ in node.value]
            values = value
        else:
            starts = [(str(place), own.start_mark.line) for place, own in enumerate(node.value)]
            values = {str(place): own for place, own in enumerate(value)}
        return self._cut(text.splitlines(keepends=True), 1, starts, values)

    @classmethod
    def _cut(
        cls,
        lines: Sequence[str],
        first: int,
        starts: Sequence[tuple[str, int]],
        values: Mapping[str, Any],
    ) -> _Text:
        entries: dict[str, str] = {}
        lead: dict[str, str] = {}
        ends = [line for _, line in starts[1:]] + [len(lines)]
        for (key, start), end in zip(starts, ends, strict=True):
            lead[key] = ''.join(lines[first:start])
            first = end
            while first > start + 1 and _is_comment(lines[first - 1]):
                first -= 1
            entries[key] = ''.join(lines[start:first])
            if not entries[key].endswith('\n'):
                entries[key] += '\n'
        return cls(entries, lead, dict(values), ''.join(lines[first:]))


def _is_comment(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith('#')


def _section(key: str, values: Mapping[str, Any], before: _Text) -> str:
    lead, left = _leads(before, values)
    parts = [f'{key}:\n']
    for name, value in values.items():
        known = name in before.entries and before.values[name] == value
        parts.append(lead.get(name, ''))
        parts.append(before.entries[name] if known else _entry(name, value, 2))
    return ''.join(parts) + left + before.tail


def _leads(before: _Text, kept: Container[str]) -> tuple[dict[str, str], str]:
    """Return the comments before each entry that is kept: those of one that is gone move on."""
    leads, pending = {}, ''
    for name in before.entries:
        pending += before.lead[name]
        if name in kept:
            leads[name], pending = pending, ''
    return leads, pending


def _list(key: str, values: Sequence[Any], before: _Text) -> str:
    """Write a list; items are known by their value, because they have no name."""
    places: dict[str, list[str]] = {}
    for place, value in before.values.items():
        places.setdefault(_mark(value), []).append(place)
    old = [places[mark].pop(0) if places.get(mark := _mark(value)) else '' for value in values]
    lead, left = _leads(before, old)
    parts = [f'{key}:\n']
    for place, value in zip(old, values, strict=True):
        parts.append(lead.get(place, ''))
        parts.append(before.entries[place] if place else f'  - {_flow(value)}\n')
    return ''.join(parts) + left + before.tail


def _entry(key: str, value: Any, indent: int) -> str:
    """Return `key: value` on one line if it fits, else a line for each field."""
    start = f'{" " * indent}{_scalar(key)}:'
    line = f'{start} {_flow(value)}'
    if len(line) <= _WIDTH or not isinstance(value, Mapping):
        return line + '\n'
    fields = (_entry(name, value[name], indent + 2) for name in _in_order(value, {}))
    return f'{start}\n' + ''.join(fields)


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        fields = (f'{_scalar(key)}: {_flow(value[key])}' for key in _in_order(value, {}))
        return '{' + ', '.join(fields) + '}'
    if isinstance(value, (list, tuple)):
        return '[' + ', '.join(map(_flow, value)) + ']'
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return 'null'
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(round(value, _PLACES) + 0.0)
    text = str(value)
    if _PLAIN.fullmatch(text) and text == text.strip() and text.lower() not in _NOT_WORDS:
        return text
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    plain = (c if c.isprintable() and c not in '"\\' else f'\\U{ord(c):08X}' for c in text)
    return f'"{"".join(plain)}"'


def _in_order(data: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """Return the keys: as they stood before, new ones by the usual order behind them."""
    old = [key for key in before if key in data]
    usual = {key: place for place, key in enumerate(_ORDER)}
    new = sorted(
        (key for key in data if key not in before), key=lambda key: usual.get(key, len(usual))
    )
    return [*old, *new]


def _mark(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _file_names(raw: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Return the file of each floor: the one it has, or one named after it."""
    known = _floor_files(folder)
    return {floor['id']: known.get(floor['id'], f'{floor["id"]}.yaml') for floor in raw['floors']}


def _floor_files(folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _listed(folder).get('floors', ()):
        floor = _data(folder / str(name))
        if isinstance(floor.get('id'), str):
            found[floor['id']] = str(name)
    return found


def _listed(folder: Path) -> dict[str, Any]:
    return _data(folder / _MAIN)


def _data(file: Path) -> dict[str, Any]:
    with contextlib.suppress(Unreadable):
        data = read_yaml(_read(file), lambda path, line: None)
        if isinstance(data, dict):
            return data
    return {}


def _read(file: Path) -> str:
    return file.read_text(encoding='utf-8-sig') if file.is_file() else ''
