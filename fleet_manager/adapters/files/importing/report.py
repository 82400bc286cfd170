"""What an importer returns: the map, and a note on everything that isn't as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

#: Places a note names before it says "and so many more".
_FEW: Final = 3


class Weight(StrEnum):
    """A NOTE says what was done; a WARNING asks a person to look: a guess, or something lost."""

    NOTE = 'note'
    WARNING = 'warning'


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that was changed, guessed or left out.

    `place` is where it stands in the source, such as `L1.vertices[34] "lift_front"`, shortened
    where the same holds for many; `places` has them all.
    """

    severity: Weight
    place: str
    what: str
    done: str
    places: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f'{self.place}: {self.what}; {self.done}'


@dataclass(frozen=True, slots=True)
class Imported:
    """A hospital as raw data for `read_hospital` and `save_hospital`, warnings first in `notes`.

    The data is well-formed. Whether robots can work on it is for `check_hospital` to say.
    """

    raw: dict[str, Any]
    notes: tuple[Note, ...]


class Notebook:
    """Collects notes; the same remark on many places becomes one note when it is read."""

    def __init__(self) -> None:
        self._found: dict[tuple[Weight, str, str], list[str]] = {}

    def note(self, place: str, what: str, done: str) -> None:
        """Say what was done."""
        self._found.setdefault((Weight.NOTE, what, done), []).append(place)

    def warn(self, place: str, what: str, done: str) -> None:
        """Say what was done and that somebody should look."""
        self._found.setdefault((Weight.WARNING, what, done), []).append(place)

    def notes(self) -> tuple[Note, ...]:
        """Return all notes, warnings first, else in the order of discovery."""
        found = [
            Note(weight, _places(places), what, done, tuple(places))
            for (weight, what, done), places in self._found.items()
        ]
        return tuple(sorted(found, key=lambda note: note.severity is not Weight.WARNING))


def _places(places: Sequence[str]) -> str:
    named = ', '.join(places[:_FEW])
    left = len(places) - _FEW
    return f'{named} and {left} more' if left > 0 else named
