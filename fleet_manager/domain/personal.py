"""What in an event is about a person: one table of fields, and for how long they are needed.

A journal keeps these values beside its lines, so that they can be erased one day while the lines
stay as they were written. Whoever adds a field of text to an event says here what it is; a test
asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Sort(StrEnum):
    """Sorts of personal data, each with a time of its own.

    `NAMES`: the accounts of people. `TEXTS`: what somebody wrote. `CODES`: barcodes of parcels,
    by which other systems find a patient. `KEYS`: what a request is known by to who asked for it,
    and the hash of its text; as long as the shorter one of texts and codes.
    """

    NAMES = 'names'
    TEXTS = 'texts'
    CODES = 'codes'
    KEYS = 'keys'


@dataclass(frozen=True, slots=True)
class Personal:
    """A field with personal data. What begins otherwise than with `start` is none."""

    sort: Sort
    start: str = ''


#: What stands where a text was.
ERASED: Final = '(erased)'
_STAND_IN: Final = 'person-'
_PSEUDONYM: Final = re.compile(_STAND_IN + '([0-9a-f]{8})')
#: Fields of every event that hold an actor.
PEOPLE: Final = ('actor', 'witness')

_TEXT: Final = Personal(Sort.TEXTS)
_KEY: Final = Personal(Sort.KEYS)
_REASON: Final[Mapping[str, Personal]] = MappingProxyType({'reason': _TEXT})

#: By kind of event, then by field; `details.codes` is one entry of a field that is a mapping.
FIELDS: Final[Mapping[str, Mapping[str, Personal]]] = MappingProxyType(
    {
        'DeliveryRequested': {
            'note': _TEXT,
            'asked_by': _TEXT,
            'key': _KEY,
            'body_hash': _KEY,
            'details.codes': Personal(Sort.CODES),
        },
        'DeliveryReceived': {'missing': _TEXT},
        'ParcelTurnedBack': {'reason': Personal(Sort.TEXTS, start='refused: ')},
        'RescueAsked': _REASON,
        'DeliveryClosed': _REASON,
        'FollowUpNoted': {'note': _TEXT},
        'PlaceClosed': _REASON,
        'MapSwapAsked': _REASON,
        'MapSwapped': _REASON,
        'MapSwapCancelled': _REASON,
    }
)


def pseudonym(token: str) -> str:
    """Return what an account is called once its name is erased."""
    return f'{_STAND_IN}{token[:8]}'


def told_apart_by(account: str) -> str:
    """Return what tells a person whose name was erased from others, '' for any other name."""
    found = _PSEUDONYM.fullmatch(account)
    return '' if found is None else found[1]
