"""Which language a story is told in.

Every page is walked in both by test_every_page.py, and the nurse's first story is told in both.
The others are told in one of them, or in both with `FLEET_LANGUAGES=both`.
"""

from __future__ import annotations

import os
from typing import Final

BOTH: Final = ('en', 'zh-CN')


def told_in(lang: str) -> tuple[str, ...]:
    """Return the languages of a story that is told in `lang` unless somebody wants more."""
    return BOTH if os.environ.get('FLEET_LANGUAGES') == 'both' else (lang,)
