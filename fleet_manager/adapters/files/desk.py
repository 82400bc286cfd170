"""The folder of one hospital, to be edited: what a draft would change in it, and writing it."""

from __future__ import annotations

import difflib
import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from fleet_manager.adapters.files.hospital import load_raw
from fleet_manager.adapters.files.save import save_hospital
from fleet_manager.application.edit_map import ChangedOnDisk, MapDesk, NotWritten, Sheet

#: Enough to review; a whole new hospital is not read line by line.
MAX_DIFFERENCE: Final = 2_000


class FolderDesk(MapDesk):
    """A `MapDesk` over one folder. Use from one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last: Sheet | None = None

    def read(self) -> Sheet:
        """See MapDesk."""
        revision = self._revision()
        if self._last is None or self._last.revision != revision:
            raw, _ = load_raw(self._folder)
            self._last = Sheet(raw, revision)
        return self._last

    def difference(self, raw: Mapping[str, Any]) -> str:
        """See MapDesk. Longer ones than `MAX_DIFFERENCE` lines end in a count of the rest."""
        lines: list[str] = []
        with _said(self._folder), tempfile.TemporaryDirectory(prefix='fleet-map-') as place:
            copy = Path(place)
            for file in self._files():
                shutil.copyfile(file, copy / file.name)
            for file in sorted(save_hospital(raw, copy)):
                old, new = _lines(self._folder / file.name), _lines(file)
                lines += difflib.unified_diff(old, new, file.name, file.name, n=1)
        more = len(lines) - MAX_DIFFERENCE
        return ''.join(lines[:MAX_DIFFERENCE]) + (f'… {more} …\n' if more > 0 else '')

    def write(self, raw: Mapping[str, Any], *, over: str) -> str:
        """See MapDesk."""
        if self._revision() != over:
            raise ChangedOnDisk(f'{self._folder} was changed by somebody else')
        with _said(self._folder):
            save_hospital(raw, self._folder)
        return self._revision()

    def _revision(self) -> str:
        digest = hashlib.sha256()
        with _said(self._folder):
            for file in self._files():
                content = file.read_bytes()
                digest.update(f'{file.name} {len(content)}\n'.encode())
                digest.update(content)
        return digest.hexdigest()

    def _files(self) -> list[Path]:
        return sorted(f for f in self._folder.glob('*.y*ml') if f.is_file())


def _lines(file: Path) -> list[str]:
    if not file.is_file():
        return []
    return file.read_text('utf-8-sig').splitlines(keepends=True)


@contextmanager
def _said(folder: Path) -> Iterator[None]:
    """Say in one line why files could not be read or written."""
    try:
        yield
    except OSError as error:
        name = Path(error.filename).name if isinstance(error.filename, str) else folder.name
        raise NotWritten(f'{name}: {error.strerror}') from error
