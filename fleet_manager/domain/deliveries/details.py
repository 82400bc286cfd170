"""What is asked about some goods beyond their class and places: one table of fields.

Values are short text, as they were typed or scanned. None of them may name a patient: a code of
the hospital is all a parcel needs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Literal

from fleet_manager.domain.deliveries.goods import GOODS, RAISED, Urgency

#: The five classes of medical waste.
WASTE_TYPES: Final = ('infectious', 'sharps', 'pathological', 'pharmaceutical', 'chemical')
MEALS: Final = ('breakfast', 'lunch', 'dinner')
DIETS: Final = ('normal', 'diabetic', 'low_salt', 'halal', 'festive')
#: Kinds of goods that are more urgent than their class: a frozen section, for one.
STAT: Final[Literal['stat']] = 'stat'
#: A bag heavier than this is several bags, or a slip of the point.
MAX_KG: Final = 100.0
#: Barcodes of one parcel, and characters of one.
MAX_CODES: Final = 20
MAX_CODE: Final = 40
#: Meals of one diet of a ward.
MAX_MEALS: Final = 200

_CODE: Final = re.compile(rf'[A-Za-z0-9][A-Za-z0-9./+_:-]{{2,{MAX_CODE - 1}}}')
_KILOGRAMS: Final = re.compile(r'[0-9]{1,3}(\.[0-9]{1,2})?')


def _is_code(value: str) -> bool:
    return _CODE.fullmatch(value) is not None


def _are_codes(value: str) -> bool:
    codes = value.split(' ')
    return len(codes) <= MAX_CODES and len(set(codes)) == len(codes) and all(map(_is_code, codes))


def _is_weight(value: str) -> bool:
    return _KILOGRAMS.fullmatch(value) is not None and 0 < float(value) <= MAX_KG


def _is_count(value: str) -> bool:
    return value.isascii() and value.isdigit() and 0 < int(value[:4]) <= MAX_MEALS


Check = Callable[[str], bool]
_CODES: Final[Mapping[str, Check]] = {'codes': _are_codes}
_FIELDS: Final[Mapping[str, Mapping[str, Check]]] = MappingProxyType(
    dict.fromkeys(GOODS, _CODES)
    | {
        'specimen': {**_CODES, 'kind': STAT.__eq__},
        'waste': {
            'waste_type': WASTE_TYPES.__contains__,
            'weight_kg': _is_weight,
            'bag': _is_code,
        },
        'meal': {'meal': MEALS.__contains__} | {f'diet_{diet}': _is_count for diet in DIETS},
    }
)
#: A bag is labelled wholly or, where it is not yet there, not at all.
_TOGETHER: Final[Mapping[str, tuple[str, ...]]] = {'waste': ('waste_type', 'weight_kg', 'bag')}


def wrong_field(goods: str, details: Mapping[str, str]) -> str | None:
    """Return the first field that is unknown for these goods, missing or not possible."""
    known = _FIELDS[goods]
    for name, value in details.items():
        if name not in known or not known[name](value):
            return name[:MAX_CODE]
    if details:
        missing = [name for name in _TOGETHER.get(goods, ()) if name not in details]
        return missing[0] if missing else None
    return None


def fields_of(goods: str) -> tuple[str, ...]:
    """Return the fields there are for these goods, in the order pages ask for them."""
    return tuple(_FIELDS[goods])


def urgency_of(goods: str, details: Mapping[str, str], *, raised: bool) -> Urgency:
    """Return how soon: as the class says, STAT for a STAT kind, one step more where raised."""
    urgency = Urgency.STAT if details.get('kind') == STAT else GOODS[goods].urgency
    return RAISED[urgency] if raised else urgency
