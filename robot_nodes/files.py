"""Small JSON files that survive a power cut: written whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_json(path: Path, data: Any) -> None:
    """Replace `path` by `data`: after a crash either the old or the new content is there.

    Raises OSError when the disk is full or the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f'.{path.name}.{os.getpid()}')
    try:
        with beside.open('w', encoding='utf-8') as file:
            json.dump(data, file, separators=(',', ':'))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_json(path: Path) -> Any | None:
    """Return the content of `path`, or None where there is no such file.

    Raises ValueError for a file that is no JSON, OSError for one that cannot be read.
    """
    try:
        text = path.read_text(encoding='utf-8')
    except FileNotFoundError:
        return None
    return json.loads(text)
