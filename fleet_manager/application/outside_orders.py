"""Orders of other systems: a hospital's information system, a laboratory's, a shop floor's.

Their order number is the idempotency key: one number is one delivery, however often, and over
whichever interface, it comes. So a delivery is found again by the number the other system knows.
"""

from __future__ import annotations

from typing import Final

#: Longest order number that is taken, with the name of its numbering.
MAX_ORDER: Final = 128
_PREFIX: Final = 'order:'


def key_of_order(number: str) -> str:
    """Return the idempotency key of an order. No key of a page or program can be the same."""
    return _PREFIX + number


def order_of_key(key: str) -> str:
    """Return the order number a key was made of, empty where it was none."""
    return key.removeprefix(_PREFIX) if key.startswith(_PREFIX) else ''
