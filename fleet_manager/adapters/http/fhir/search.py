"""A FHIR search: which deliveries are asked for, and the page of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from fleet_manager.adapters.http.fhir.resources import (
    SEARCHED,
    Entity,
    changed_at,
    identifiers,
    status_of,
)
from fleet_manager.application.outside_orders import WrongOrder
from fleet_manager.domain.units import HOUR, SECOND

DAY: Final = 24 * HOUR
#: Resources on one page, and at most.
COUNT: Final = 50
MAX_COUNT: Final = 500
#: Where the next page goes on; ours, as servers may.
BEFORE: Final = '_before'
_ALLOWED: Final = frozenset({*SEARCHED, '_count', '_format', BEFORE})
_FORMATS: Final = frozenset({'json', 'application/json', 'application/fhir+json'})
_DATE: Final = re.compile(
    r'(eq|ge|gt|le|lt|sa|eb)?(\d{4}-\d\d-\d\d(?:T[\d:.]{5,15}(?:Z|[+-]\d\d:\d\d))?)'
)
#: A search has a handful of parameters.
MAX_PARAMETERS: Final = 20


@dataclass(frozen=True, slots=True)
class Span:
    """A bound of `_lastUpdated`: the named moment or day is `begin` <= it < `end`, UTC ms."""

    how: str
    begin: int
    end: int

    def has(self, at: int) -> bool:
        """Whether a moment is within the bound."""
        return {
            'eq': self.begin <= at < self.end,
            'ge': at >= self.begin,
            'gt': at >= self.end,
            'sa': at >= self.end,
            'le': at < self.end,
            'lt': at < self.begin,
            'eb': at < self.begin,
        }[self.how]


@dataclass(slots=True)
class Search:
    """What is asked for. Everything given has to fit."""

    kind: str
    ids: frozenset[str] = frozenset()
    identifier: str = ''
    statuses: frozenset[str] = frozenset()
    spans: list[Span] = field(default_factory=list)
    count: int = COUNT
    before: int | None = None

    def fits(self, name: str, entity: Entity) -> bool:
        """Whether a delivery is found, as a resource of this kind."""
        status = status_of(self.kind, entity)
        return (
            status is not None
            and (not self.ids or name in self.ids)
            and (not self.statuses or status in self.statuses)
            and (not self.identifier or _is_called(self.identifier, entity))
            and all(span.has(changed_at(entity)) for span in self.spans)
        )


def read_search(kind: str, items: Iterable[tuple[str, str]]) -> Search:
    """Read the parameters of a search. Raises WrongOrder naming the parameter."""
    search, seen = Search(kind), set[str]()
    for number, (name, value) in enumerate(items):
        if name not in _ALLOWED or number >= MAX_PARAMETERS:
            raise WrongOrder(
                name[:40], f'cannot be searched by: use {", ".join(sorted(_ALLOWED))}'
            )
        if name in seen and name != '_lastUpdated':
            raise WrongOrder(name, 'may be given once')
        seen.add(name)
        _read(search, name, value)
    return search


def query_of(items: Iterable[tuple[str, str]], *, before: int | None = None) -> str:
    """Return the query of a page: of this one, or of the one that goes on below `before`."""
    kept = [(name, value) for name, value in items if name != BEFORE or before is None]
    if before is not None:
        kept.append((BEFORE, str(before)))
    return f'?{urlencode(kept)}' if kept else ''


def _read(search: Search, name: str, value: str) -> None:
    match name:
        case '_id':
            search.ids = frozenset(value.split(','))
        case 'identifier':
            if not value.strip('|'):
                raise WrongOrder(name, 'give system|value, or a value')
            search.identifier = value
        case 'status':
            search.statuses = frozenset(value.split(','))
        case '_lastUpdated':
            search.spans.append(_span(value))
        case '_count':
            search.count = _number(name, value, most=MAX_COUNT)
        case '_before':
            search.before = _number(name, value, most=10**15)
        case _:
            if value not in _FORMATS:
                raise WrongOrder(name, 'there is JSON only')


def _is_called(wanted: str, entity: Entity) -> bool:
    """Whether a delivery has an identifier: `value`, `system|value`, or `|value` without one.

    Orders of HL7 v2 have a name of their system that is no URI: all of it is the value.
    """
    system, bar, value = wanted.rpartition('|')
    return wanted == entity['reference'] or any(
        one['value'] == value and (not bar or one.get('system', '') == system)
        for one in identifiers(entity)
    )


def _number(name: str, value: str, *, most: int) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) < 17 and int(value) <= most):
        raise WrongOrder(name, f'is a number up to {most}')
    return int(value)


def _span(value: str) -> Span:
    found = _DATE.fullmatch(value)
    at = _moment(found[2]) if found else None
    if found is None or at is None:
        raise WrongOrder(
            '_lastUpdated', 'give a day or a time with its zone, like ge2026-09-01T08:00:00Z'
        )
    begin = int(at.timestamp() * 1_000)
    second = 1 if at.microsecond else SECOND
    return Span(found[1] or 'eq', begin, begin + (DAY if 'T' not in value else second))


def _moment(text: str) -> datetime | None:
    """Return a time, or the beginning of a day in UTC; None where there is no such thing."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
