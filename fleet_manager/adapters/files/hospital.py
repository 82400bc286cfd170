"""Reads a hospital folder. Every problem names its file, line and field, and what to do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from fleet_manager.adapters.files.lines import Unreadable, read_yaml
from fleet_manager.domain.maps.build import build_hospital, lane_name, read_hospital, written_ends
from fleet_manager.domain.maps.check import check_hospital
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.problems import BrokenMap, FieldPath, Findings, Problem, Where

MAX_BYTES: Final = 2 * 1024 * 1024
#: Of floors.
MAX_FILES: Final = 64

_FILE_NAME: Final = re.compile(r'[A-Za-z0-9][A-Za-z0-9_.-]{0,60}\.ya?ml')
_MAIN: Final = 'hospital.yaml'


def load_hospital(folder: Path) -> Hospital:
    """Read and check the hospital in `folder`. Raises MapError with all problems found."""
    raw, where = load_raw(folder)
    return build_hospital(raw, where=where)


def check_folder(folder: Path, *, robots: int | None = None) -> list[Problem]:
    """Return everything wrong with the hospital in `folder`, warnings too, errors first.

    `robots` is how many are to work there; None means as many as its fleet has.
    """
    try:
        raw, where = load_raw(folder)
        hospital = read_hospital(raw, where=where)
    except BrokenMap as error:
        return list(error.problems)
    count = len(hospital.robots) if robots is None else robots
    return check_hospital(hospital, count, where=where)


def load_raw(folder: Path) -> tuple[dict[str, Any], Where]:
    """Return the data of all files as one, for `read_hospital`, and where each thing stands.

    Raises BrokenMap if a file is missing, too large or no YAML.
    """
    files = _Files(folder)
    raw = files.read(_MAIN, (), named_at=())
    files.findings.raise_errors()
    found: dict[str, Any] = raw if isinstance(raw, dict) else {}
    if not found:
        files.findings.error((), 'wrong_value', 'is no hospital', 'write a mapping of fields')
    floors = found.get('floors')
    if isinstance(floors, list) and len(floors) > MAX_FILES:
        mend = f'the limit is {MAX_FILES}'
        files.findings.error(('floors',), 'too_many_files', f'names {len(floors)} files', mend)
    elif isinstance(floors, list):
        found['floors'] = [
            files.read_named(name, ('floors', str(index))) for index, name in enumerate(floors)
        ]
    if 'fleet' in found:
        found['fleet'] = files.read_named(found['fleet'], ('fleet',))
    files.findings.raise_errors()
    return found, files.where


class _Files:
    """The files read so far, and the line of every value in them."""

    def __init__(self, folder: Path) -> None:
        self.findings = Findings(self.where)
        self._folder = folder
        #: Of each value: its file, its line, and how many steps of its path lie outside the file.
        self._marks: dict[FieldPath, tuple[str, int, int]] = {}
        #: What is not marked yet, because nobody asked: name, path, lines and data of files.
        self._unmarked: list[tuple[str, FieldPath, dict[FieldPath, int], object]] = []

    def where(self, path: FieldPath) -> str:
        """Name a place: `L1.yaml:42 nodes.s01.at`, with the line of what is nearest above it."""
        self._mark()
        for end in range(len(path), -1, -1):
            mark = self._marks.get(path[:end])
            if mark is not None:
                file, line, outside = mark
                field = '.'.join(path[outside:])
                return f'{self._folder / file}:{line} {field}'.rstrip()
        return f'{self._folder / _MAIN} {".".join(path)}'.rstrip()

    def read_named(self, name: object, path: FieldPath) -> object:
        """Read the file that another one names at `path`."""
        if not isinstance(name, str) or not _FILE_NAME.fullmatch(name):
            mend = 'write the name of a .yaml file in this folder'
            self.findings.error(path, 'bad_file_name', 'is no file name', mend)
            return None
        return self.read(name, path, named_at=path)

    def read(self, name: str, path: FieldPath, *, named_at: FieldPath) -> object:
        """Return the data in a file, to stand at `path`, or None with the reason in findings."""
        text = self._text(name, named_at)
        if text is None:
            return None
        lines: dict[FieldPath, int] = {}
        try:
            data = read_yaml(text, lines.__setitem__)
        except Unreadable as error:
            self._mark()
            self._marks[path] = (name, error.line, len(path))
            self.findings.error(path, 'unreadable', error.problem, error.mend)
            return None
        self._unmarked.append((name, path, lines, data))
        return data

    def _mark(self) -> None:
        """Note the line of every value. A map without problems is read in half the time."""
        for name, path, lines, data in self._unmarked:
            for local, line in lines.items():
                for place in _also_known_as(local, data, path):
                    self._marks[place] = (name, line, len(path))
        self._unmarked.clear()

    def _text(self, name: str, named_at: FieldPath) -> str | None:
        """Return the text of a file within the limits, or None with the reason in findings."""
        file = self._folder / name
        problem = ''
        try:
            if not file.is_file():
                problem, mend = f'there is no file {file}', 'add it, or correct the name'
            elif file.stat().st_size > MAX_BYTES:
                problem, mend = f'{file} is larger than 2 MiB', 'split it into several floors'
            else:
                return file.read_bytes().decode('utf-8-sig')
        except UnicodeDecodeError:
            problem, mend = f'{file} is not UTF-8', 'save it as UTF-8'
        except OSError as error:
            problem, mend = f'{file} cannot be read: {error.strerror}', 'check its permissions'
        self.findings.error(named_at, 'no_file', problem, mend)
        return None


def _also_known_as(local: FieldPath, data: object, path: FieldPath) -> list[FieldPath]:
    """Return the paths of a value: by position as in the file, and by id as in messages."""
    starts = [path]
    if path[:1] == ('floors',) and isinstance(data, dict) and isinstance(data.get('id'), str):
        starts.append(('floors', data['id']))
    ends = [local]
    lanes = data.get('lanes') if isinstance(data, dict) else None
    if len(local) > 1 and local[0] == 'lanes' and isinstance(lanes, list):
        between = written_ends(lanes[int(local[1])])
        if between is not None:
            ends.append(('lanes', lane_name(*between), *local[2:]))
    return [(*start, *end) for start in starts for end in ends]
