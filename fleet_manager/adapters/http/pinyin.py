"""Pinyin of Chinese names, so that `yaofang` and `yf` find 药房.

The table of readings takes half a second and some 50 MB: it is read at the first name, or by
`warm_up` in a thread when the pages start.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

#: Names of places and goods of a hospital; more are read again.
_KEPT: Final = 4_096


@lru_cache(_KEPT)
def syllables(text: str) -> tuple[str, ...]:
    """Return the syllables of `text`, lower case, words in ASCII as they are, marks left out."""
    from pypinyin import lazy_pinyin

    found = lazy_pinyin(text.lower(), errors=_readable)
    return tuple(one for part in found for one in map(_plain, part.split()) if one)


def initials(text: str) -> str:
    """Return the initials of `text`, ASCII kept: `3N 护士站` -> `3nhsz`."""
    return ''.join(_initial(one, text.lower()) for one in syllables(text))


def full(text: str) -> str:
    """Return the whole syllables without spaces: `药房` -> `yaofang`."""
    return ''.join(syllables(text))


def warm_up() -> None:
    """Read the table of readings. Call in a thread."""
    syllables('\u836f')


def _initial(syllable: str, text: str) -> str:
    return syllable if syllable in text else syllable[0]


def _readable(text: str) -> str:
    """Return what has no reading as it is; only letters and digits of it are kept later."""
    return f' {text} '


def _plain(text: str) -> str:
    return ''.join(character for character in text if character.isascii() and character.isalnum())
