"""Maps that are in force, were, or may be soon: one file a version, found again by a restart."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Final

from fleet_manager.domain.errors import FleetError, MapError
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.serialise import hospital_from_json, hospital_to_json

#: Files kept beside those that are needed: to go back, and to look at afterwards.
KEPT: Final = 20

_VERSION: Final = re.compile(r'[0-9a-f]{8,64}')


class MapNotKept(FleetError):
    """The map could not be written to the disk. The text says why; nothing was changed."""


class KeptMaps:
    """A folder of maps. Safe from several threads: a file is there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, hospital: Hospital) -> None:
        """Write the map, through to the disk. Raises MapNotKept."""
        text = json.dumps(hospital_to_json(hospital), ensure_ascii=False, separators=(',', ':'))
        file = self._file(hospital.version)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if file.is_file() and file.read_text('utf-8') == text:
                os.utime(file)
                return
            _write(file, text)
        except OSError as error:
            raise MapNotKept(f'{file} cannot be written: {error.strerror}') from error

    def load(self, version: str) -> Hospital:
        """Read a map back. Raises MapError when it is not there, or damaged."""
        if not _VERSION.fullmatch(version):
            raise MapError('map', f'{version[:64]!r} is no version of one')
        file = self._file(version)
        try:
            hospital = hospital_from_json(json.loads(file.read_text('utf-8')))
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else 'it is no JSON'
            raise MapError(str(file), f'cannot be read: {why}') from error
        if hospital.version != version:
            raise MapError(str(file), f'holds version {hospital.version}; restore a backup')
        return hospital

    def forget_old(self, *, needed: Collection[str]) -> None:
        """Remove what was not used for longest, but nothing that is needed. Call at start."""
        others = [file for file in self._folder.glob('*.json') if file.stem not in needed]
        others.sort(key=lambda file: file.stat().st_mtime_ns, reverse=True)
        for file in others[KEPT:]:
            file.unlink(missing_ok=True)

    def _file(self, version: str) -> Path:
        return self._folder / f'{version}.json'


def _write(file: Path, text: str) -> None:
    beside = file.with_name(f'.{file.name}.{os.getpid()}')
    try:
        with beside.open('w', encoding='utf-8') as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(file)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
