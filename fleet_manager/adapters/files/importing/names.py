"""Ids and words for what another program calls by names of its own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from fleet_manager.domain.maps.fields import MAX_NAME, MAX_WRITTEN_ID

_NOT_ID: Final = re.compile(r'[^A-Za-z0-9_-]+')
#: What a name tells about a station, in the order in which it is asked.
_KINDS: Final = (
    ('pharmacy', 'pharma|dispensary|drug'),
    ('lab', r'\blab|laborator|patholog|specimen'),
    ('kitchen', 'kitchen|pantry|catering|canteen'),
    ('cssd', 'cssd|steril'),
    ('laundry', 'laundry|linen'),
    ('waste', 'waste|trash|garbage'),
    ('icu', r'\bicu\b|intensive'),
    ('emergency', r'emergency|\ber\b|triage'),
    ('theatre', 'theatre|theater|operating|surgery'),
    ('porters', 'porter'),
    ('ward', 'ward|nurse|patient|bed'),
    ('clinic', 'clinic|treatment|procedure|consult|exam|counter|negative.air|reception'),
    ('stores', 'suppl|store|stock|warehouse|hardware|loading|dock'),
)
#: Letters kept for a number behind a name of a robot.
_NUMBER: Final = 4
_GOODS: Final = {
    'pharmacy': ('drug',),
    'lab': (),
    'kitchen': ('meal',),
    'cssd': ('sterile',),
    'laundry': ('linen',),
}
#: What each kind takes beside supplies, where some station sends it.
_TAKES: Final = {
    'ward': ('drug', 'meal', 'linen'),
    'icu': ('drug', 'sterile', 'linen'),
    'emergency': ('drug', 'sterile', 'linen'),
    'clinic': ('drug', 'linen'),
    'theatre': ('drug', 'sterile', 'linen'),
}


def station_kind(name: str) -> str:
    """Return the kind of station a name tells, or '' if it tells none."""
    words = name.lower().replace('_', ' ').replace('-', ' ')
    return next((kind for kind, pattern in _KINDS if re.search(pattern, words)), '')


def goods_of(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what a station of a kind sends and takes, as far as its kind tells."""
    return (*_GOODS.get(kind, ()), 'supply'), (*_TAKES.get(kind, ()), 'supply')


def slug(text: str, longest: int = MAX_WRITTEN_ID) -> str:
    """Return the letters and digits of a text as an id of at most `longest`, or ''."""
    plain = unicodedata.normalize('NFKD', text).encode('ascii', 'ignore').decode()
    return _NOT_ID.sub('-', plain).strip('-_')[:longest].strip('-_')


def title(text: str) -> str:
    """Return a name for people: printable, of a length that fits, spaces for underscores."""
    plain = ''.join(letter if letter.isprintable() else ' ' for letter in text.replace('_', ' '))
    return ' '.join(plain.split())[:MAX_NAME].strip()


class NameBook:
    """Gives out ids, each once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def identity(self, wish: str, otherwise: str, longest: int = MAX_WRITTEN_ID) -> str:
        """Return an id like `wish`, numbered if it is taken, else like `otherwise`."""
        base = slug(wish, longest) or otherwise
        found, number = base, 1
        while found in self._taken:
            number += 1
            found = f'{base[: longest - len(str(number)) - 1].rstrip("-_")}-{number}'
        self._taken.add(found)
        return found

    def ros_name(self, wish: str) -> str:
        """Return an id that is a name in ROS too: a letter, then letters, digits and _."""
        plain = slug(wish, MAX_WRITTEN_ID - _NUMBER).replace('-', '_')
        if not plain[:1].isalpha():
            plain = f'r_{plain}'[: MAX_WRITTEN_ID - _NUMBER].rstrip('_')
        found, number = plain, 1
        while found in self._taken:
            number += 1
            found = f'{plain}_{number}'
        self._taken.add(found)
        return found
