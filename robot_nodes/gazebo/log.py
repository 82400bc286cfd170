"""The log of a simulator: what it tells of a failure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

#: Words of lines that tell of a failure.
_TELLING: Final = ('cannot', 'Error', '[Err]', '[error]', 'rror while', 'terminate', 'what()')
#: A server without a window complains of having none.
_NO_DISPLAY: Final = 'RenderEngine.cc'
_COLOUR: Final = re.compile(r'\x1b\[[0-9;]*m')


def written(log: Path) -> list[str]:
    """Return the lines of a log, without colours and empty ones."""
    try:
        text = log.read_text('utf-8', 'replace')
    except OSError:
        return []
    return [line for line in map(str.strip, _COLOUR.sub('', text).splitlines()) if line]


def why(log: Path) -> str:
    """Return the last line that tells what went wrong."""
    lines = [line for line in written(log) if _NO_DISPLAY not in line]
    telling = [line for line in lines if any(word in line for word in _TELLING)]
    return (telling or lines or ['it said nothing'])[-1]
