"""Dataclasses to canonical JSON and back: the form of every journal line and snapshot.

    body = encode(event)                  # same value, same bytes: sorted keys, ASCII, no spaces
    event = decode(ParcelLoaded, body)    # strict: JournalError names the field that is wrong

Every field is written, also when it has its default value; a field that is missing when reading
takes its default, so that a newer program reads an older journal. Nothing else is forgiven: an
unknown field, a bool for an int or a float that is not finite. Writing checks types as reading
does: what is once in the journal can be read back.

Fields with `init=False` are derived and never written. Plans are made once for each class.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from math import isfinite
from typing import (
    Any,
    Final,
    NamedTuple,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from fleet_manager.domain.errors import JournalError
from fleet_manager.domain.messages import Event

T = TypeVar('T')
_Convert = Callable[[Any], Any]

#: ASCII only: the bytes do not depend on an encoding, and no text can be refused by a database.
_WRITER: Final = json.JSONEncoder(
    sort_keys=True,
    separators=(',', ':'),
    allow_nan=False,
    ensure_ascii=True,
    check_circular=False,
)


def encode(value: Any) -> str:
    """Write a dataclass as canonical JSON. Raises JournalError when a field has a wrong type."""
    cls = type(value)
    if not is_dataclass(cls):
        raise JournalError(f'{cls.__name__} is no dataclass')
    try:
        return _WRITER.encode(_plan(cls).encode(value))
    except _Bad as bad:
        raise bad.error(cls) from None


def decode(cls: type[T], text: str) -> T:
    """Read what `encode` wrote. Raises JournalError naming the path of the field that is wrong."""
    try:
        raw = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise JournalError(f'{cls.__name__}: not JSON: {error}') from None
    try:
        return cast(T, _plan(cls).decode(raw))
    except _Bad as bad:
        raise bad.error(cls) from None


def encode_event(event: Event) -> tuple[str, str]:
    """Return the kind (class name) and the canonical JSON of an event."""
    kind = type(event).__name__
    if EVENT_TYPES.get(kind) is not type(event):
        raise JournalError(f'{kind} is no event')
    return kind, encode(event)


def decode_event(kind: str, body: str) -> Event:
    """Read an event back. Raises JournalError for a kind this program does not know."""
    cls = EVENT_TYPES.get(kind)
    if cls is None:
        raise JournalError(f'unknown event {kind!r}: was the journal written by a newer program?')
    return cast(Event, decode(cls, body))


#: Every event there is, by kind.
EVENT_TYPES: Final[dict[str, type]] = {cls.__name__: cls for cls in get_args(Event)}


# --- plans  ---


class _Plan(NamedTuple):
    """How one type is written as plain JSON values, and read from them."""

    encode: _Convert
    decode: _Convert


class _Bad(Exception):
    """A value that does not fit. The path grows while the exception goes up."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.path = ''

    def within(self, step: str) -> _Bad:
        self.path = step + self.path
        return self

    def error(self, cls: type) -> JournalError:
        return JournalError(f'{cls.__name__}{self.path}: {self.args[0]}')


_plans: dict[Any, _Plan] = {}


def _plan(kind: Any) -> _Plan:
    plan = _plans.get(kind)
    if plan is None:
        plan = _plans[kind] = _make(kind)
    return plan


def _make(kind: Any) -> _Plan:
    if kind in _SCALARS:
        return _SCALARS[kind]
    if hasattr(kind, '__supertype__'):
        return _plan(kind.__supertype__)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        return _record(kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType) and len(arguments) == 2 and type(None) in arguments:
        return _optional(next(item for item in arguments if item is not type(None)))
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return _sequence(arguments[0], tuple)
        return _fixed(arguments)
    if origin is list:
        return _sequence(arguments[0], list)
    if origin in (set, frozenset):
        return _sequence(arguments[0], origin, arrange=sorted)
    if origin is dict:
        return _mapping(*arguments)
    raise TypeError(f'the journal has no form for {kind!r}')


def _name(raw: Any) -> str:
    return 'null' if raw is None else type(raw).__name__


def _no_constant(name: str) -> None:
    raise ValueError(f'{name} is no number of JSON')


def _text(raw: Any) -> str:
    if isinstance(raw, str):
        return raw
    raise _Bad(f'text expected, got {_name(raw)}')


def _int(raw: Any) -> int:
    if isinstance(raw, int) and raw is not True and raw is not False:
        return raw
    raise _Bad(f'whole number expected, got {_name(raw)}')


def _float(raw: Any) -> float:
    if not isinstance(raw, (float, int)) or raw is True or raw is False:
        raise _Bad(f'number expected, got {_name(raw)}')
    try:
        number = float(raw) + 0.0  # 1 and 1.0, and both zeros, are the same value: same bytes
    except OverflowError:
        raise _Bad('number too large') from None
    if not isfinite(number):
        raise _Bad(f'finite number expected, got {number}')
    return number


def _bool(raw: Any) -> bool:
    if raw is True or raw is False:
        return raw
    raise _Bad(f'true or false expected, got {_name(raw)}')


_SCALARS: Final[dict[Any, _Plan]] = {
    str: _Plan(_text, _text),
    int: _Plan(_int, _int),
    float: _Plan(_float, _float),
    bool: _Plan(_bool, _bool),
}


def _enum(kind: type[Enum]) -> _Plan:
    members = {(type(member.value), member.value): member for member in kind}

    def write(value: Any) -> Any:
        if isinstance(value, kind):
            return value.value
        raise _Bad(f'{kind.__name__} expected, got {_name(value)}')

    def read(raw: Any) -> Enum:
        try:
            return members[type(raw), raw]
        except (KeyError, TypeError):
            raise _Bad(f'{str(raw)[:40]!r} is no {kind.__name__}') from None

    return _Plan(write, read)


def _optional(item: Any) -> _Plan:
    plan = _plan(item)

    def write(value: Any) -> Any:
        return None if value is None else plan.encode(value)

    def read(raw: Any) -> Any:
        return None if raw is None else plan.decode(raw)

    return _Plan(write, read)


def _sequence(item: Any, kind: type, arrange: Callable[[list[Any]], list[Any]] = list) -> _Plan:
    plan = _plan(item)

    def convert(values: Any, one: _Convert) -> list[Any]:
        done: list[Any] = []
        for value in values:
            try:
                done.append(one(value))
            except _Bad as bad:
                raise bad.within(f'[{len(done)}]') from None
        return done

    def write(value: Any) -> list[Any]:
        if not isinstance(value, kind):
            raise _Bad(f'{kind.__name__} expected, got {_name(value)}')
        return arrange(convert(value, plan.encode))

    def read(raw: Any) -> Any:
        if type(raw) is not list:
            raise _Bad(f'list expected, got {_name(raw)}')
        return kind(convert(raw, plan.decode))

    return _Plan(write, read)


def _fixed(items: tuple[Any, ...]) -> _Plan:
    plans = tuple(_plan(item) for item in items)

    def convert(values: Any, ones: tuple[_Convert, ...]) -> list[Any]:
        if len(values) != len(ones):
            raise _Bad(f'{len(ones)} items expected, got {len(values)}')
        done: list[Any] = []
        for one, value in zip(ones, values, strict=True):
            try:
                done.append(one(value))
            except _Bad as bad:
                raise bad.within(f'[{len(done)}]') from None
        return done

    writers = tuple(plan.encode for plan in plans)
    readers = tuple(plan.decode for plan in plans)

    def write(value: Any) -> list[Any]:
        if not isinstance(value, tuple):
            raise _Bad(f'tuple expected, got {_name(value)}')
        return convert(value, writers)

    def read(raw: Any) -> tuple[Any, ...]:
        if type(raw) is not list:
            raise _Bad(f'list expected, got {_name(raw)}')
        return tuple(convert(raw, readers))

    return _Plan(write, read)


def _mapping(key: Any, item: Any) -> _Plan:
    if _plan(key) is not _SCALARS[str]:
        raise TypeError(f'the journal needs text as keys of a dict, not {key!r}')
    plan = _plan(item)

    def convert(values: Any, one: _Convert) -> dict[str, Any]:
        if not isinstance(values, dict):
            raise _Bad(f'object expected, got {_name(values)}')
        done: dict[str, Any] = {}
        for name, value in values.items():
            try:
                done[_text(name)] = one(value)
            except _Bad as bad:
                raise bad.within(f'[{str(name)[:40]!r}]') from None
        return done

    return _Plan(lambda value: convert(value, plan.encode), lambda raw: convert(raw, plan.decode))


class _Field(NamedTuple):
    name: str
    required: bool
    encode: _Convert
    decode: _Convert


def _record(cls: type) -> _Plan:
    record = _Record(cls)
    return _Plan(record.encode, record.decode)


class _Record:
    """The plan of a dataclass. Its fields are planned at first use: a class may hold itself."""

    __slots__ = ('_cls', '_table')

    def __init__(self, cls: type) -> None:
        self._cls = cls
        self._table: list[_Field] = []

    def encode(self, value: Any) -> dict[str, Any]:
        if type(value) is not self._cls:
            raise _Bad(f'{self._cls.__name__} expected, got {_name(value)}')
        done = {}
        for name, _, one, _ in self._table or self._plan_fields():
            try:
                done[name] = one(getattr(value, name))
            except _Bad as bad:
                raise bad.within(f'.{name}') from None
        return done

    def decode(self, raw: Any) -> Any:
        if type(raw) is not dict:
            raise _Bad(f'object expected, got {_name(raw)}')
        done = {}
        for name, required, _, one in self._table or self._plan_fields():
            if name in raw:
                try:
                    done[name] = one(raw[name])
                except _Bad as bad:
                    raise bad.within(f'.{name}') from None
            elif required:
                raise _Bad('missing').within(f'.{name}')
        if len(raw) != len(done):
            unknown = min(name for name in raw if name not in done)
            raise _Bad('unknown field').within(f'.{unknown[:40]}')
        try:
            return self._cls(**done)
        except (TypeError, ValueError) as error:
            raise _Bad(str(error)) from None

    def _plan_fields(self) -> list[_Field]:
        hints = get_type_hints(self._cls)
        table: list[_Field] = []
        for item in fields(self._cls):
            if not item.init:
                continue
            try:
                plan = _plan(hints[item.name])
            except TypeError as error:
                raise TypeError(f'{self._cls.__name__}.{item.name}: {error}') from None
            required = item.default is MISSING and item.default_factory is MISSING
            table.append(_Field(item.name, required, *plan))
        self._table = table  # whole or not at all: another thread may be reading it
        return table
