"""What is wrong with a hospital file: values a person can act on, and their error."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fleet_manager.domain.errors import MapError
from fleet_manager.domain.ids import FloorId
from fleet_manager.domain.maps.model import Point

#: Where in the description of a hospital something is: `('floors', 'L1', 'nodes', 's01', 'at')`.
FieldPath = tuple[str, ...]
#: How to name that place to a person; the file adapter answers `L1.yaml:42 nodes.s01.at`.
Where = Callable[[FieldPath], str]

#: A point on a floor.
Spot = tuple[FloorId, Point]

#: Of a severity. More would not be read, and a hostile file could ask for millions.
MAX_PROBLEMS: Final = 100


class Severity(StrEnum):
    """An ERROR makes a hospital unusable; a WARNING is worth a look."""

    ERROR = 'error'
    WARNING = 'warning'


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where, and what to do about it.

    `place` is `path` as a person finds it. `others` are the places of the other things it is
    about. `at` is where to mark it, None where the middle of what `path` names will do.
    """

    code: str
    severity: Severity
    place: str
    problem: str
    mend: str
    path: FieldPath = ()
    at: Spot | None = None
    others: tuple[FieldPath, ...] = ()

    def __str__(self) -> str:
        return f'{self.place}: {self.problem}; {self.mend}'


class BrokenMap(MapError):
    """A hospital with at least one error. `problems` holds all, the text has one line for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        first, *others = self.problems
        lines = [f'{first.problem}; {first.mend}', *map(str, others)]
        super().__init__(first.place, '\n'.join(lines))


def plain_place(path: FieldPath) -> str:
    """Name a place without knowing the files it came from."""
    return '.'.join(path) or 'hospital'


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """Return the advice for an unknown word: the nearest known one, else `otherwise`."""
    near: Sequence[str] = difflib.get_close_matches(word, list(known), n=1)
    return f'did you mean {near[0]!r}?' if near else otherwise


class Findings:
    """Collects problems, at most `MAX_PROBLEMS` of a severity; a person sees all at once."""

    def __init__(self, where: Where) -> None:
        self._where = where
        self._found: list[Problem] = []
        self._room = dict.fromkeys(Severity, MAX_PROBLEMS)

    def error(self, path: FieldPath, code: str, problem: str, mend: str) -> None:
        """Note what makes the hospital unusable."""
        self.note(Severity.ERROR, path, code, problem, mend)

    def warning(self, path: FieldPath, code: str, problem: str, mend: str) -> None:
        """Note what is worth a look."""
        self.note(Severity.WARNING, path, code, problem, mend)

    def note(
        self,
        severity: Severity,
        path: FieldPath,
        code: str,
        problem: str,
        mend: str,
        *,
        at: Spot | None = None,
        others: tuple[FieldPath, ...] = (),
    ) -> None:
        """Note a problem; `at` and `others` as in `Problem`."""
        if self._room[severity]:
            self._room[severity] -= 1
            place = self._where(path)
            self._found.append(Problem(code, severity, place, problem, mend, path, at, others))

    def problems(self) -> list[Problem]:
        """Return what was found, errors first, else in the order of discovery."""
        return sorted(self._found, key=lambda problem: problem.severity is not Severity.ERROR)

    def raise_errors(self) -> None:
        """Raise BrokenMap if there is an error among the problems."""
        errors = [found for found in self._found if found.severity is Severity.ERROR]
        if errors:
            raise BrokenMap(errors)
