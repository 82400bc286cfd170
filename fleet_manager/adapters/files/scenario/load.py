"""Reads the file of a scenario and those it extends, and remembers the line of everything."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fleet_manager.adapters.files.lines import Unreadable, read_yaml
from fleet_manager.adapters.files.scenario.names import note_unknown_names
from fleet_manager.adapters.files.scenario.read import read_scenario
from fleet_manager.application.days.scenario import Scenario
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.problems import FieldPath, Findings

MAX_BYTES: Final = 1024 * 1024
#: A scenario that extends one that extends one …; nobody reads a longer chain.
MAX_FILES: Final = 5

#: These are replaced as a whole, not field by field: half a profile of another day is neither.
_WHOLE: Final = frozenset({'hours', 'trips', 'clutter', 'generated'})


@dataclass(frozen=True, slots=True)
class Loaded:
    """A scenario, and the lines it was read from."""

    scenario: Scenario
    _files: _Files

    def check(self, hospital: Hospital) -> None:
        """Refuse names the hospital does not have. Raises BrokenMap with all of them."""
        findings = Findings(self._files.where)
        note_unknown_names(self.scenario, hospital, findings)
        findings.raise_errors()


def load_scenario(file: Path) -> Loaded:
    """Read a scenario. Raises BrokenMap with everything that is wrong in it, and where.

    Its name is that of the file. Paths in it are relative to the file they are written in.
    """
    files = _Files(file)
    raw = files.read(file, ())
    files.findings.raise_errors()
    scenario = read_scenario(raw, file.stem, files.findings)
    files.findings.raise_errors()
    return Loaded(scenario, files)


class _Files:
    """The files of one scenario, the first extending the others."""

    def __init__(self, first: Path) -> None:
        self.findings = Findings(self.where)
        self._first = first
        self._marks: dict[FieldPath, tuple[Path, int]] = {}

    def where(self, path: FieldPath) -> str:
        """Name a place: `scenarios/night.yaml:12 demand.factor`."""
        for end in range(len(path), -1, -1):
            if path[:end] in self._marks:
                file, line = self._marks[path[:end]]
                return f'{file}:{line} {".".join(path)}'.rstrip()
        return f'{self._first}:1 {".".join(path)}'.rstrip()

    def read(self, file: Path, above: tuple[Path, ...]) -> dict[str, Any]:
        """Return the data of `file` over that of what it extends; `above` extend it."""
        lines: dict[FieldPath, int] = {}
        raw = self._data(file, lines)
        base: dict[str, Any] = {}
        if 'extends' in raw:
            base = self._extended(file, raw.pop('extends'), lines, above)
        if isinstance(raw.get('hospital'), str):
            raw['hospital'] = _beside(file, raw['hospital'])
        self._lay(base, raw, ())
        self._marks |= {path: (file, line) for path, line in lines.items()}
        return base

    def _extended(
        self, file: Path, name: object, lines: Mapping[FieldPath, int], above: tuple[Path, ...]
    ) -> dict[str, Any]:
        self._marks[('extends',)] = (file, lines[('extends',)])
        if not isinstance(name, str) or not name:
            mend = 'write the name of a .yaml file beside this one'
            self.findings.error(('extends',), 'bad_file_name', 'is no file name', mend)
            return {}
        base, chain = Path(_beside(file, name)), (*above, file)
        if base in map(Path, map(os.path.normpath, chain)):
            problem = f'{base} extends this file'
            self.findings.error(('extends',), 'circle', problem, 'extend another one')
            return {}
        if len(chain) >= MAX_FILES:
            mend = f'the limit is {MAX_FILES} files, each extending the next'
            self.findings.error(('extends',), 'too_many_files', 'is one file too many', mend)
            return {}
        if not base.is_file():
            mend = 'add it, or correct the name'
            self.findings.error(('extends',), 'no_file', f'there is no file {base}', mend)
            return {}
        return self.read(base, chain)

    def _lay(self, base: dict[str, Any], over: Mapping[str, Any], path: FieldPath) -> None:
        """Lay `over` onto `base`: mappings field by field; what is empty takes a field away."""
        for key, value in over.items():
            there = base.get(key)
            if isinstance(value, Mapping) and isinstance(there, dict) and key not in _WHOLE:
                self._lay(there, value, (*path, key))
                continue
            self._forget((*path, key))
            if value is None:
                base.pop(key, None)
            else:
                base[key] = value

    def _forget(self, path: FieldPath) -> None:
        for marked in [mark for mark in self._marks if mark[: len(path)] == path]:
            del self._marks[marked]

    def _data(self, file: Path, lines: dict[FieldPath, int]) -> dict[str, Any]:
        """Return what stands in a file, or nothing with the reason in the findings."""
        problem = ('has no fields', 'write a mapping: `hospital: …`')
        line = 1
        try:
            if file.stat().st_size > MAX_BYTES:
                problem = ('is larger than 1 MiB', 'leave out what is not needed')
            else:
                raw = read_yaml(file.read_bytes().decode('utf-8-sig'), lines.__setitem__)
                if isinstance(raw, dict):
                    return raw
        except Unreadable as error:
            problem, line = (error.problem, error.mend), error.line
        except UnicodeDecodeError:
            problem = ('is not UTF-8', 'save it as UTF-8')
        except OSError as error:
            problem = (f'cannot be read: {error.strerror}', 'correct the name')
        self._marks[()] = (file, line)
        self.findings.error((), 'unreadable', *problem)
        return {}


def _beside(file: Path, name: str) -> str:
    return os.path.normpath(file.parent / name)
