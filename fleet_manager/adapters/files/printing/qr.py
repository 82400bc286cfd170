"""QR codes as rows of dark and light modules, with the quiet zone scanners need."""

from __future__ import annotations

from typing import Final

import segno

#: Light modules around a code, as the standard asks.
QUIET: Final = 4


def modules(text: str) -> list[list[bool]]:
    """Return the modules of a code: a quarter of it may be smudged or torn."""
    code = segno.make(text, error='q', micro=False, boost_error=False)
    return [[bool(cell) for cell in row] for row in code.matrix_iter(border=QUIET)]
