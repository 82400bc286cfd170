"""Personal data beside the line: the chain holds commitments, a table holds what they stand for.

    seal:  {"note": "for bed 4", …}         →  {"~": {"texts": "9f86…"}, …} and a row with the text
           {"account": "anna", …}           →  {"account": "60303a…", …}    and a row with the name
    open:  the other way; where the row was erased `(erased)` and `person-60303a1b` stand for it

A commitment is SHA-256(salt, line feed, JSON of the value) with 16 random bytes of salt in the
row: whoever erases the row erases what could be guessed from it, and whoever changes the row is
found, since it no longer fits the line. A name has one commitment a delivery: the record still
says which of several people did what. The line's own hash covers the commitments, so nothing of
the chain changes when a row goes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from fleet_manager.application.ports import Entry
from fleet_manager.domain.messages import Role
from fleet_manager.domain.personal import ERASED, FIELDS, PEOPLE, Sort, pseudonym

#: How a line is written: with its texts in it, or with commitments to them.
CLEAR: Final = 1
SEALED: Final = 2
#: Where the commitments to texts stand in a body; no field is called so.
_MARK: Final = '~'

#: Roles of programs: their accounts are no people.
_PROGRAMS: Final = frozenset({Role.SYSTEM.value, Role.INTEGRATION.value, Role.DEMO.value})
_JSON: Final = json.JSONEncoder(sort_keys=True, separators=(',', ':'), ensure_ascii=True)


@dataclass(frozen=True, slots=True)
class Secret:
    """What a commitment stands for: `text` is JSON, a name or a mapping of fields to values."""

    token: str
    sort: Sort
    salt: str
    text: str

    @property
    def fits(self) -> bool:
        """Whether it is what was committed to."""
        return commitment(self.salt, self.text) == self.token

    @property
    def value(self) -> Any:
        """The name, or the texts by their fields."""
        return json.loads(self.text)


def commitment(salt: str, text: str) -> str:
    """Return the commitment to a text."""
    return sha256(f'{salt}\n{text}'.encode()).hexdigest()


def secret(sort: Sort, value: Any, salt: str) -> Secret:
    """Make the commitment to a value."""
    text = _JSON.encode(value)
    return Secret(commitment(salt, text), sort, salt, text)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A line as it is written, how it reads when all is erased, and its texts."""

    entry: Entry
    hidden: Entry
    texts: tuple[Secret, ...] = ()


def seal(entry: Entry, *, token: Callable[[str], str], salt: Callable[[], str]) -> Sealed:
    """Take what is personal out of an entry. `token` returns the commitment to an account."""
    if not _may_be_personal(entry):
        return Sealed(entry, entry)
    body = json.loads(entry.body)
    for field in _people(body):
        body[field]['account'] = token(body[field]['account'])
    actor = body['actor']['account'] if 'actor' in _people(body) else entry.actor
    texts = _take_texts(entry.kind, body, salt)
    if texts:
        body[_MARK] = {one.sort.value: one.token for one in texts}
    sealed = replace(entry, actor=actor, body=_JSON.encode(body))
    return Sealed(sealed, unseal(sealed, {})[0], texts)


def tokens_of(entry: Entry) -> frozenset[str]:
    """Return the commitments in a sealed entry."""
    if not _may_be_personal(entry):
        return frozenset()
    body = json.loads(entry.body)
    names = (body[field]['account'] for field in _people(body))
    return frozenset((*names, *body.get(_MARK, {}).values()))


def unseal(entry: Entry, secrets: Mapping[str, Secret]) -> tuple[Entry, frozenset[Sort]]:
    """Put what is known back into an entry; return it and the sorts of what is not."""
    body = json.loads(entry.body)
    gone: set[Sort] = set()
    for field in _people(body):
        token = body[field]['account']
        found = secrets.get(token)
        if found is None:
            gone.add(Sort.NAMES)
        body[field]['account'] = pseudonym(token) if found is None else found.value
    actor = body['actor']['account'] if 'actor' in _people(body) else entry.actor
    for name, token in body.pop(_MARK, {}).items():
        sort, found = Sort(name), secrets.get(token)
        if found is None:
            gone.add(sort)
        _put_texts(entry.kind, body, sort, None if found is None else found.value)
    return replace(entry, actor=actor, body=_JSON.encode(body)), frozenset(gone)


def _may_be_personal(entry: Entry) -> bool:
    return entry.kind in FIELDS or '"actor":{' in entry.body or '"witness":{' in entry.body


def _is_person(actor: Any) -> bool:
    return isinstance(actor, dict) and actor.get('role') not in _PROGRAMS


def _people(body: dict[str, Any]) -> list[str]:
    return [field for field in PEOPLE if _is_person(body.get(field))]


def _take_texts(kind: str, body: dict[str, Any], salt: Callable[[], str]) -> tuple[Secret, ...]:
    """Take the texts that are not empty out of a body, those of a sort together."""
    by_sort: dict[Sort, dict[str, str]] = {}
    for path, field in FIELDS.get(kind, {}).items():
        holder, name = _holder(body, path)
        value = holder.get(name, '')
        if isinstance(value, str) and value and value.startswith(field.start):
            by_sort.setdefault(field.sort, {})[path] = holder.pop(name)
    return tuple(secret(sort, values, salt()) for sort, values in by_sort.items())


def _put_texts(
    kind: str, body: dict[str, Any], sort: Sort, values: Mapping[str, str] | None
) -> None:
    for path, field in FIELDS.get(kind, {}).items():
        holder, name = _holder(body, path)
        if values is not None and path in values:
            holder[name] = values[path]
        elif values is None and field.sort is sort and holder is body and name not in body:
            body[name] = field.start + ERASED


def _holder(body: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    outer, dot, inner = path.partition('.')
    return (body.get(outer, {}), inner) if dot else (body, outer)
