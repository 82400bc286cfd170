"""A map on its way to the page and back.

The order of nodes, stations and so on is that of the files. A JSON object in a browser does not
keep it where ids are digits, so what has ids goes as a list of `[id, value]`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

_TOP: Final = ('lifts',)
_FLEET: Final = ('robots', 'types')
_FLOOR: Final = ('rooms', 'zones', 'nodes', 'doors', 'stations')


class DoubledId(ValueError):
    """An id is there twice."""


def to_wire(raw: Any) -> Any:
    """Return the data of a map for the page."""
    return _each(raw, lambda value: [[*pair] for pair in value.items()], dict)


def from_wire(data: Any) -> Any:
    """Return what `to_wire` was given. What is no list of pairs stays: reading it says why.

    Raises DoubledId.
    """
    return _each(data, _pairs, list)


def _pairs(value: list[Any]) -> Any:
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        return value
    if not all(isinstance(pair[0], str) for pair in value):
        return value
    found = dict(value)
    if len(found) < len(value):
        raise DoubledId
    return found


def _each(data: Any, convert: Callable[[Any], Any], kind: type) -> Any:
    """Convert every mapping of ids in a map, in a copy."""

    def at(owner: Any, keys: tuple[str, ...]) -> Any:
        if not isinstance(owner, dict):
            return owner
        return {
            key: convert(value) if key in keys and isinstance(value, kind) else value
            for key, value in owner.items()
        }

    def inside(owner: Any, key: str, keys: tuple[str, ...]) -> None:
        """Convert the mappings within each value of a mapping, converted or not."""
        found = owner.get(key) if isinstance(owner, dict) else None
        if isinstance(found, dict):
            owner[key] = {name: at(value, keys) for name, value in found.items()}
        elif isinstance(found, list):
            owner[key] = [
                [pair[0], at(pair[1], keys)] if isinstance(pair, list) and len(pair) == 2 else pair
                for pair in found
            ]

    if not isinstance(data, dict):
        return data
    made = at(data, _TOP)
    if isinstance(made.get('floors'), list):
        made['floors'] = [at(floor, _FLOOR) for floor in made['floors']]
    if 'fleet' in made:
        made['fleet'] = at(made['fleet'], _FLEET)
        inside(made['fleet'], 'types', ('compartments',))
    inside(made, 'lifts', ('stops',))
    return made
