"""What is printed on a parcel's label, and on which paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

#: The most labels of one print: a slip of the finger shall not cost a roll.
MAX_LABELS: Final = 30


@dataclass(frozen=True, slots=True)
class Paper:
    """A label's size in mm. On a sheet there are `columns` × `rows`, the first at (`left`, `top`).

    A roll has one label a page.
    """

    width: float
    height: float
    columns: int = 1
    rows: int = 1
    left: float = 0.0
    top: float = 0.0
    sheet: tuple[float, float] | None = None


#: Papers by their code. Sheets are A4.
PAPERS: Final[Mapping[str, Paper]] = MappingProxyType(
    {
        '60x40': Paper(60, 40),
        '50x30': Paper(50, 30),
        '70x50': Paper(70, 50),
        '100x70': Paper(100, 70),
        '100x150': Paper(100, 150),
        'a4-3x8': Paper(70, 37, columns=3, rows=8, top=0.5, sheet=(210, 297)),
        'a4-2x7': Paper(99.1, 38.1, columns=2, rows=7, left=5.9, top=15.15, sheet=(210, 297)),
    }
)


@dataclass(frozen=True, slots=True)
class Label:
    """The lines of one label, in one language. `address` is what its QR code says.

    It carries no name and no note: whoever meets a parcel in a corridor can read it.
    """

    address: str
    recipient: str
    recipient_code: str
    sender: str
    goods: str
    urgency: str
    number: str
    due: str
    part: str = ''


def parcels_of(details: Mapping[str, str], count: int) -> int:
    """Return how many labels a delivery needs: one a scanned code, else one a counted piece."""
    return max(1, min(len(details.get('codes', '').split()) or count, MAX_LABELS))
