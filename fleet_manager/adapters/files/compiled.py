"""Keeps compiled maps in a folder, so that a large hospital starts at once.

A file is named by the version of its map and holds the arrays and a hash over them. One that is
missing, damaged or of an older program is made anew: it is a copy, nothing is lost with it.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fleet_manager.domain.errors import MapError
from fleet_manager.domain.maps.compile import (
    ARRAYS,
    COMPILED_FORMAT,
    CompiledMap,
    compile_hospital,
    from_arrays,
    remember,
)
from fleet_manager.domain.maps.model import Hospital

#: Of a file, and of what is in it: a hospital of 10,000 nodes has 2 MB.
MAX_BYTES: Final = 64 * 1024 * 1024
_HASH: Final = 'sha256'


def load_compiled(folder: Path, hospital: Hospital) -> CompiledMap:
    """Return the compiled map of `hospital`, from the file in `folder` or computed and kept there.

    `compile_hospital` returns it from then on. Raises MapError as that does; a folder nobody can
    write to only costs time.
    """
    compiled = _read(_file(folder, hospital.version), hospital)
    if compiled is None:
        compiled = compile_hospital(hospital)
        with contextlib.suppress(OSError):
            save_compiled(folder, compiled)
    remember(compiled)
    return compiled


def save_compiled(folder: Path, compiled: CompiledMap) -> Path:
    """Write the compiled map into `folder` at once or not at all. Raises OSError."""
    arrays: dict[str, Any] = dict(compiled.arrays())
    arrays[_HASH] = _hash(compiled.version, arrays)
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    folder.mkdir(parents=True, exist_ok=True)
    file = _file(folder, compiled.version)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=file.stem, suffix='.tmp')
    try:
        with os.fdopen(handle, 'wb') as out:
            out.write(packed.getbuffer())
        Path(temporary).replace(file)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
    return file


def _file(folder: Path, version: str) -> Path:
    return folder / f'{version}-{COMPILED_FORMAT}.npz'


def _read(file: Path, hospital: Hospital) -> CompiledMap | None:
    """Return what a file holds, or None where it is not exactly what was written."""
    try:
        if file.stat().st_size > MAX_BYTES:
            return None
        data = io.BytesIO(file.read_bytes())
        with zipfile.ZipFile(data) as packed:
            if sum(member.file_size for member in packed.infolist()) > MAX_BYTES:
                return None
        data.seek(0)
        with np.load(data, allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        kept = arrays.pop(_HASH, None)
        if kept is None or not np.array_equal(kept, _hash(hospital.version, arrays)):
            return None
        return from_arrays(hospital, arrays)
    except (OSError, ValueError, KeyError, EOFError, MemoryError, NotImplementedError,
            RuntimeError, zipfile.BadZipFile, zlib.error, MapError):  # fmt: skip
        return None


def _hash(version: str, arrays: dict[str, Any]) -> NDArray[np.uint8]:
    """Return a hash over the version and each array with its name, type and shape."""
    digest = hashlib.sha256(f'{COMPILED_FORMAT} {version}'.encode())
    for name in ARRAYS:
        array = np.ascontiguousarray(arrays[name])
        digest.update(f' {name} {array.dtype.str} {array.shape} '.encode())
        digest.update(array.tobytes())
    return np.frombuffer(digest.digest(), dtype=np.uint8)
