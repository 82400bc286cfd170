"""Pinyin initials of place names, so that `hsz` finds 护士站.

GB 2312 orders its 3,755 common characters by pinyin: the code of a character tells its initial.
Rarer characters have none and are skipped in a search.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

#: First GB 2312 code of each initial. No syllable begins with i, u or v.
_FIRST: Final = (
    0xB0A1, 0xB0C5, 0xB2C1, 0xB4EE, 0xB6EA, 0xB7A2, 0xB8C1, 0xB9FE, 0xBBF7, 0xBFA6, 0xC0AC,
    0xC2E8, 0xC4C3, 0xC5B6, 0xC5BE, 0xC6DA, 0xC8BB, 0xC8F6, 0xCBFA, 0xCDDA, 0xCEF4, 0xD1B9,
    0xD4D1,
)  # fmt: skip
_INITIALS: Final = 'abcdefghjklmnopqrstwxyz'
_END: Final = 0xD7FA


def initials(text: str) -> str:
    """Return the initials of `text`, ASCII kept, lower case: `3N 护士站` -> `3nhsz`."""
    return ''.join(_initial(character) for character in text.lower())


def _initial(character: str) -> str:
    if character.isascii():
        return character if character.isalnum() else ''
    try:
        high, low = character.encode('gb2312')
    except (UnicodeEncodeError, ValueError):
        return ''
    code = high << 8 | low
    return _INITIALS[bisect_right(_FIRST, code) - 1] if _FIRST[0] <= code < _END else ''
