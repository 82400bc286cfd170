"""Reads typed fields out of plain data; notes every problem instead of stopping at the first."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from fleet_manager.domain.ids import MAX_ID_LENGTH
from fleet_manager.domain.maps.model import Name, Point
from fleet_manager.domain.maps.problems import FieldPath, Findings, did_you_mean

#: `floor.node-node` is the longest identifier made of three written ones; it must stay within 64.
MAX_WRITTEN_ID: Final = (MAX_ID_LENGTH - 2) // 3
MAX_NAME: Final = 60
MAX_POINTS: Final = 500
MAX_ENTRIES: Final = 20_000
#: Metres. Larger than any hospital; keeps squares and sums exact enough.
MAX_COORDINATE: Final = 10_000.0

_ID: Final = re.compile(r'[A-Za-z0-9][A-Za-z0-9_-]*')
_HOURS: Final = re.compile(r'([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)')
#: Decimals of a coordinate in metres that are kept.
_MICRONS: Final = 6
_ABSENT: Final = object()
#: Numbers larger than this may not even fit a float.
_PRINTABLE: Final = 1e15

_T = TypeVar('_T')


class Unfit(Exception):
    """A value that is written in a way of its own is wrong; the text says what to write."""


class Fields:
    """The fields of one mapping. Ask for each, then `finish` refuses those nobody asked for.

    A field that is wrong is noted in the findings and comes back as a harmless value of its type,
    so that reading goes on; look at the findings before using anything.
    """

    def __init__(self, raw: object, path: FieldPath, findings: Findings) -> None:
        self.path = path
        self._findings = findings
        self._asked: list[str] = []
        self._readable = isinstance(raw, Mapping)
        self._raw: Mapping[object, object] = raw if isinstance(raw, Mapping) else {}
        if not self._readable:
            self._wrong((), f'is {_kind(raw)}', 'write a mapping of fields here')

    def text(self, key: str, *, longest: int = MAX_NAME, default: str | None = None) -> str:
        """Read a text of 1 to `longest` printable characters; with a default, '' is one too."""
        value = self._take(key, default is None)
        if value is _ABSENT or (value == '' and default is not None):
            return default or ''
        return self._as_text(value, (key,), longest)

    def matching(self, key: str, pattern: re.Pattern[str], shape: str) -> str:
        """Read a text all of which matches `pattern`; `shape` says in words what that is."""
        value = self.text(key)
        if value and not pattern.fullmatch(value):
            self._wrong((key,), f'is {value!r}', f'write {shape}')
            return ''
        return value

    def identifier(self, key: str) -> str:
        """Read an identifier as people write them in a hospital file."""
        value = self.text(key)
        return value if value and self._is_id(value, (key,)) else ''

    def optional_identifier(self, key: str) -> str:
        """Read an identifier, or '' where it is left out."""
        return self.identifier(key) if self.has(key) else self.text(key, default='')

    def identifiers(self, key: str, *, needed: bool = True) -> tuple[str, ...]:
        """Read a list of identifiers."""
        found = []
        for index, item in enumerate(self._list(key, needed=needed)):
            value = self._as_text(item, (key, str(index)), MAX_NAME)
            if value and self._is_id(value, (key, str(index))):
                found.append(value)
        return tuple(found)

    def flag(self, key: str, *, default: bool) -> bool:
        """Read true or false."""
        value = self._take(key, needed=False)
        if value is _ABSENT:
            return default
        if not isinstance(value, bool):
            self._wrong((key,), f'is {_kind(value)}', 'write true or false')
            return default
        return value

    def choice(self, key: str, allowed: Sequence[str], *, default: str | None = None) -> str:
        """Read one of the words `allowed`; without a default it must be there."""
        if default is not None and not self.has(key):
            return self.text(key, default=default)
        value = self.text(key)
        return value if value and self._is_allowed(value, (key,), allowed) else ''

    def lines(self, key: str) -> tuple[tuple[Point, ...], ...]:
        """Read a list of lines, each of two points or more; it may be left out."""
        found = []
        for index, item in enumerate(self._list(key, needed=False)):
            place = (key, str(index))
            if not isinstance(item, (list, tuple)) or not 2 <= len(item) <= MAX_POINTS:
                self._wrong(place, 'is no line', f'write 2 to {MAX_POINTS} points [[x, y], …]')
                continue
            points = enumerate(item)
            found.append(tuple(self._as_point(p, (*place, str(i))) for i, p in points))
        return tuple(found)

    def hours(self, key: str) -> tuple[str, ...]:
        """Read a list of spans of the day, `HH:MM-HH:MM`; it may be left out for always."""
        found = []
        for index, item in enumerate(self._list(key, needed=False)):
            value = self._as_text(item, (key, str(index)), MAX_NAME)
            if value and not _HOURS.fullmatch(value):
                mend = "write a span of the day, such as '07:00-19:00'"
                self._wrong((key, str(index)), f'is {value!r}', mend)
            elif value:
                found.append(value)
        return tuple(found)

    def choices(self, key: str, allowed: Sequence[str]) -> tuple[str, ...]:
        """Read a list of words `allowed`, each at most once."""
        found: list[str] = []
        for index, item in enumerate(self._list(key)):
            place = (key, str(index))
            value = self._as_text(item, place, MAX_NAME)
            if value in found:
                self._wrong(place, f'names {value!r} twice', 'remove one of the two')
            elif value and self._is_allowed(value, place, allowed):
                found.append(value)
        return tuple(found)

    def number(self, key: str, low: float, high: float, *, default: float | None = None) -> float:
        """Read a finite number from `low` to `high`."""
        value = self._take(key, default is None)
        if value is _ABSENT:
            return low if default is None else default
        return self._as_number(value, (key,), low, high)

    def optional_number(self, key: str, low: float, high: float) -> float | None:
        """Read a finite number from `low` to `high`, or None where it is left out or empty."""
        value = self._take(key, needed=False)
        if value is _ABSENT or value is None:
            return None
        return self._as_number(value, (key,), low, high)

    def integer(self, key: str, low: int, high: int) -> int:
        """Read a whole number from `low` to `high`."""
        value = self.number(key, low, high)
        if value != int(value):
            self._wrong((key,), f'is {value:g}', 'write a whole number')
        return int(value)

    def name(self, key: str) -> Name:
        """Read a name in both languages."""
        value = self._take(key, needed=True)
        if value is _ABSENT:
            return Name('', '')
        fields = Fields(value, (*self.path, key), self._findings)
        name = Name(zh=fields.text('zh'), en=fields.text('en'))
        fields.finish()
        return name

    def point(self, key: str) -> Point:
        """Read a point `[x, y]` in metres."""
        value = self._take(key, needed=True)
        return Point(0.0, 0.0) if value is _ABSENT else self._as_point(value, (key,))

    def points(self, key: str, *, least: int = 0) -> tuple[Point, ...]:
        """Read a list of at least `least` points; the field may be left out if `least` is 0."""
        items = self._list(key, needed=least > 0, most=MAX_POINTS)
        points = [self._as_point(item, (key, str(index))) for index, item in enumerate(items)]
        if self.has(key) and len(points) < least:
            self._wrong((key,), f'has {len(points)} points', f'write at least {least}')
        return tuple(points)

    def numbers(self, key: str, count: int, low: float, high: float) -> tuple[float, ...]:
        """Read a list of exactly `count` numbers."""
        items = self._list(key)
        if self.has(key) and len(items) != count:
            self._wrong((key,), f'has {len(items)} numbers', f'write {count}')
        if len(items) != count:
            return (low,) * count
        numbers = enumerate(items)
        return tuple(self._as_number(item, (key, str(i)), low, high) for i, item in numbers)

    def section(self, key: str) -> Fields:
        """Read a mapping that must be there."""
        value = self._take(key, needed=True)
        absent: dict[str, object] = {}
        if value is _ABSENT:
            fields = Fields(absent, (*self.path, key), self._findings)
            fields._readable = False
            return fields
        return Fields(value, (*self.path, key), self._findings)

    def entries(self, key: str, *, needed: bool = True) -> Iterator[tuple[str, Fields]]:
        """Read a mapping of identifiers to mappings."""
        value = self._take(key, needed)
        if value is _ABSENT or (value is None and not needed):
            return
        if not isinstance(value, Mapping):
            self._wrong((key,), f'is {_kind(value)}', 'write a mapping of identifiers here')
            return
        if len(value) > MAX_ENTRIES:
            self._wrong((key,), f'has {len(value)} entries', f'the limit is {MAX_ENTRIES}')
            return
        for name, raw in value.items():
            text = self._as_text(name, (key, str(name)[:MAX_NAME]), MAX_NAME)
            if text and self._is_id(text, (key, text)):
                yield text, Fields(raw, (*self.path, key, text), self._findings)

    def parsed(
        self, key: str, parse: Callable[[object], _T], default: _T, *, needed: bool = False
    ) -> _T:
        """Read a value by `parse`, which raises Unfit; where it is left out it is `default`."""
        value = self._take(key, needed)
        return default if value is _ABSENT else self._as_parsed(value, (key,), parse, default)

    def parsed_list(
        self, key: str, parse: Callable[[object], _T], count: int, default: tuple[_T, ...]
    ) -> tuple[_T, ...]:
        """Read a list of exactly `count` values by `parse`; left out it is `default`."""
        if not self.has(key):
            self._asked.append(key)
            return default
        items = self._list(key)
        if len(items) != count:
            if isinstance(self._raw[key], (list, tuple)):
                self._wrong((key,), f'has {len(items)} values', f'write {count}')
            return default
        found = enumerate(items)
        return tuple(self._as_parsed(v, (key, str(i)), parse, default[0]) for i, v in found)

    def texts(self, key: str, *, longest: int = MAX_NAME) -> tuple[str, ...]:
        """Read a list of texts."""
        items = enumerate(self._list(key))
        return tuple(self._as_text(item, (key, str(index)), longest) for index, item in items)

    def elements(self, key: str) -> Iterator[Fields]:
        """Read a list of mappings."""
        for index, raw in enumerate(self._list(key)):
            yield Fields(raw, (*self.path, key, str(index)), self._findings)

    def items(self, key: str) -> Iterator[tuple[int, object]]:
        """Read a list whose elements the caller reads."""
        yield from enumerate(self._list(key))

    def has(self, key: str) -> bool:
        """Whether the field is written at all."""
        return key in self._raw

    def refuse(self, key: str, problem: str, mend: str) -> None:
        """Note what is wrong with a field that was read, beside others."""
        self._wrong((key,), problem, mend)

    def finish(self) -> None:
        """Refuse every field that was not asked for."""
        for key in self._raw:
            if key not in self._asked:
                known = ', '.join(self._asked)
                mend = did_you_mean(str(key), self._asked, f'the fields here are: {known}')
                place = (*self.path, str(key)[:MAX_NAME])
                self._findings.error(place, 'unknown_field', 'is not a field', mend)

    def _take(self, key: str, needed: bool) -> object:
        self._asked.append(key)
        if key in self._raw:
            return self._raw[key]
        if needed and self._readable:
            place = (*self.path, key)
            self._findings.error(place, 'missing_field', 'is missing', f'add `{key}: …`')
        return _ABSENT

    def _list(self, key: str, *, needed: bool = True, most: int = MAX_ENTRIES) -> Sequence[object]:
        value = self._take(key, needed)
        if value is _ABSENT:
            return ()
        if not isinstance(value, (list, tuple)):
            self._wrong((key,), f'is {_kind(value)}', 'write a list: [ … ]')
            return ()
        if len(value) > most:
            self._wrong((key,), f'has {len(value)} elements', f'the limit is {most}')
            return ()
        return value

    def _as_text(self, value: object, place: FieldPath, longest: int) -> str:
        if not isinstance(value, str):
            is_scalar = isinstance(value, (bool, int, float))
            mend = 'put it in quotes' if is_scalar else 'write a text'
            self._wrong(place, f'is {_kind(value)}', mend)
        elif not value.strip():
            self._wrong(place, 'is empty', 'write a text')
        elif len(value) > longest:
            self._wrong(place, f'has {len(value)} characters', f'the limit is {longest}')
        elif not value.isprintable():
            self._wrong(place, 'has an invisible character', 'write plain text on one line')
        else:
            return value
        return ''

    def _as_number(self, value: object, place: FieldPath, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self._wrong(place, f'is {_kind(value)}', 'write a number')
        elif isinstance(value, float) and not math.isfinite(value):
            self._wrong(place, 'is not a finite number', 'write a number')
        elif not low <= value <= high:
            said = f'{value:g}' if abs(value) < _PRINTABLE else 'far too large'
            unit = ' in metres, not millimetres' if high == MAX_COORDINATE else ''
            self._wrong(place, f'is {said}', f'write a number from {low:g} to {high:g}{unit}')
        else:
            return float(value)
        return low

    def _as_parsed(
        self, value: object, place: FieldPath, parse: Callable[[object], _T], default: _T
    ) -> _T:
        try:
            return parse(value)
        except Unfit as error:
            said = repr(value) if isinstance(value, str) else _kind(value)
            self._wrong(place, f'is {said[:MAX_NAME]}', str(error))
            return default

    def _as_point(self, value: object, place: FieldPath) -> Point:
        if not isinstance(value, (list, tuple)) or len(value) != 2:
            self._wrong(place, 'is not a point', 'write [x, y] in metres')
            return Point(0.0, 0.0)
        x, y = (self._as_number(v, place, -MAX_COORDINATE, MAX_COORDINATE) for v in value)
        return Point(round(x, _MICRONS), round(y, _MICRONS))

    def _is_id(self, value: str, place: FieldPath) -> bool:
        if not _ID.fullmatch(value):
            mend = 'use letters, digits, - and _, and begin with a letter or digit'
            self._findings.error((*self.path, *place), 'bad_id', f'{value!r} is no id', mend)
            return False
        if len(value) > MAX_WRITTEN_ID:
            problem = f'{value!r} has {len(value)} characters'
            mend = f'the limit is {MAX_WRITTEN_ID}'
            self._findings.error((*self.path, *place), 'bad_id', problem, mend)
            return False
        return True

    def _is_allowed(self, value: str, place: FieldPath, allowed: Sequence[str]) -> bool:
        if value in allowed:
            return True
        mend = did_you_mean(value, allowed, f'choose one of: {", ".join(allowed)}')
        self._findings.error((*self.path, *place), 'unknown_word', f'{value!r} is unknown', mend)
        return False

    def _wrong(self, place: FieldPath, problem: str, mend: str) -> None:
        self._findings.error((*self.path, *place), 'wrong_value', problem, mend)


def _kind(value: object) -> str:
    """Say in a person's words what a plain value is."""
    if value is None:
        return 'empty'
    if isinstance(value, bool):
        return 'true or false'
    if isinstance(value, (int, float)):
        return f'the number {value:g}' if abs(value) < _PRINTABLE else 'a number'
    if isinstance(value, str):
        return f'the text {value[:40]!r}'
    return 'a mapping' if isinstance(value, Mapping) else 'a list'
