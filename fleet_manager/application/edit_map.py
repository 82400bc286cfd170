"""Editing a hospital's map: what is wrong with a draft, and what it changes.

A draft is raw data as `read_hospital` takes it, half finished at times. The desk has the files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from fleet_manager.domain.errors import FleetError
from fleet_manager.domain.maps.build import lane_name, read_hospital, written_ends
from fleet_manager.domain.maps.check import check_hospital
from fleet_manager.domain.maps.problems import BrokenMap, Problem, Severity

#: What a floor holds, as people count it. Lanes are a list, the others have ids.
_ON_FLOORS: Final = ('nodes', 'lanes', 'doors', 'stations', 'rooms', 'zones')


@dataclass(frozen=True, slots=True)
class Sheet:
    """The map as it is on disk. `revision` is another one whenever a file has changed."""

    raw: Mapping[str, Any]
    revision: str


class ChangedOnDisk(FleetError):
    """Somebody else changed the files since they were read."""


class NotWritten(FleetError):
    """The files could not be written; the text says why. What was there is still there."""


class MapDesk(Protocol):
    """The folder of one hospital, chosen when the desk was set up. Calls may block."""

    def read(self) -> Sheet:
        """Return the map. Raises BrokenMap where a file is missing or no YAML."""

    def difference(self, raw: Mapping[str, Any]) -> str:
        """Return what writing `raw` would change in the files, as a unified diff.

        `raw` must be one `read_hospital` accepts. Raises NotWritten.
        """

    def write(self, raw: Mapping[str, Any], *, over: str) -> str:
        """Replace the files of revision `over`; return the new revision.

        `raw` must be one `read_hospital` accepts. Raises ChangedOnDisk, NotWritten.
        """


@dataclass(frozen=True, slots=True)
class Report:
    """All problems of a draft. What is not `readable` has broken fields and cannot be written."""

    problems: tuple[Problem, ...]
    readable: bool

    @property
    def errors(self) -> int:
        """Return how many of them keep the map from being used."""
        return sum(problem.severity is Severity.ERROR for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Change:
    """How many things of one sort came, changed and went."""

    added: int
    changed: int
    removed: int


def examine(raw: Mapping[str, Any]) -> Report:
    """Return everything wrong with a draft, errors first."""
    try:
        hospital = read_hospital(raw)
    except BrokenMap as error:
        return Report(error.problems, readable=False)
    return Report(tuple(check_hospital(hospital, len(hospital.robots))), readable=True)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Change]:
    """Count what differs between two readable maps: by sort, without those that are the same."""
    old, new = _things(before), _things(after)
    counts = {sort: _compare(old[sort], new[sort]) for sort in old}
    return {sort: change for sort, change in counts.items() if change != Change(0, 0, 0)}


def keep_numbers(draft: Any, before: Any) -> Any:
    """Return a draft in which every number that is equal to its old one is written as that was.

    A browser has one kind of numbers: 12.0 comes back as 12, and would be a changed line.
    """
    if isinstance(draft, Mapping) and isinstance(before, Mapping):
        return {key: keep_numbers(value, before.get(key)) for key, value in draft.items()}
    if isinstance(draft, list) and isinstance(before, list):
        if any(written_ends(item) for item in draft):
            lanes = _by_ends(before)
            return [keep_numbers(item, lanes.get(_ends(item))) for item in draft]
        rest = [None] * (len(draft) - len(before))
        pairs = zip(draft, [*before, *rest], strict=False)
        return [keep_numbers(item, old) for item, old in pairs]
    is_number = isinstance(before, float) and isinstance(draft, int)
    return before if is_number and draft == before else draft


def _things(raw: Mapping[str, Any]) -> dict[str, dict[tuple[str, ...], Any]]:
    """Return all things of a map by sort, each with a key that stays when others go."""
    fleet = raw['fleet']
    found: dict[str, dict[tuple[str, ...], Any]] = {sort: {} for sort in _ON_FLOORS}
    found['lifts'] = {(key,): lift for key, lift in (raw.get('lifts') or {}).items()}
    found['robots'] = {(key,): robot for key, robot in fleet['robots'].items()}
    found['types'] = {(key,): one for key, one in (fleet.get('types') or {}).items()}
    found['floors'] = {}
    for floor in raw['floors']:
        name = floor['id']
        found['floors'][(name,)] = {k: v for k, v in floor.items() if k not in _ON_FLOORS}
        for sort in _ON_FLOORS:
            things: Any = floor.get(sort) or {}
            keyed = _by_ends(things) if sort == 'lanes' else things
            found[sort] |= {(name, key): thing for key, thing in keyed.items()}
    own = {k: v for k, v in raw.items() if k not in ('floors', 'fleet', 'lifts')}
    found['hospital'] = {('',): own}
    return found


def _by_ends(lanes: Sequence[Any]) -> dict[str, Any]:
    return {_ends(lane): lane for lane in lanes}


def _ends(lane: Any) -> str:
    ends = written_ends(lane)
    return lane_name(*ends) if ends else ''


def _compare(old: Mapping[tuple[str, ...], Any], new: Mapping[tuple[str, ...], Any]) -> Change:
    return Change(
        added=sum(key not in old for key in new),
        changed=sum(key in old and old[key] != thing for key, thing in new.items()),
        removed=sum(key not in new for key in old),
    )
