"""Orders of other systems: a hospital's information system, a laboratory's, a shop floor's.

    order = OutsideOrder('HIS-4711', goods='MED', sender='APO', recipient='2W')
    command = command_of(order, codes, hospital, actor)      # raises WrongOrder

Their order number is the idempotency key: one number is one delivery, however often, and over
whichever interface, it comes. So a delivery is found again by the number the other system knows.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from fleet_manager.domain.deliveries.goods import GOODS, PROMISES, Urgency
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Actor, RequestDelivery
from fleet_manager.domain.units import Instant

#: Longest order number that is taken, with the name of its numbering.
MAX_ORDER: Final = 128
#: Longest note; what is longer is cut, since nobody at the other end can shorten it.
MAX_NOTE: Final = 200
#: Codes shown to whoever used one we do not know.
CODES_SHOWN: Final = 12
_PREFIX: Final = 'order:'


class WrongOrder(Exception):
    """An order that cannot be one. `field` names what is wrong, `problem` says what to do."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f'{field}: {problem}')
        self.field = field
        self.problem = problem


@dataclass(frozen=True, slots=True)
class OtherEnd:
    """Where goods come `from`, or go `to`, when an order names only the ward."""

    way: str
    station: StationId


@dataclass(frozen=True, slots=True)
class Codes:
    """What codes of other systems mean here. Our own ids are always understood.

    `other_ends` is by goods.
    """

    stations: Mapping[str, StationId] = field(default_factory=dict)
    goods: Mapping[str, str] = field(default_factory=dict)
    other_ends: Mapping[str, OtherEnd] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OutsideOrder:
    """What another system asks for, in its own codes. `urgency` is '' for that of the goods."""

    number: str
    goods: str
    sender: str
    recipient: str
    note: str = ''
    urgency: str = ''
    earliest: Instant = Instant(0)
    latest: Instant = Instant(0)


def key_of_order(number: str) -> str:
    """Return the idempotency key of an order. No key of a page or program can be the same."""
    return _PREFIX + number


def order_of_key(key: str) -> str:
    """Return the order number a key was made of, empty where it was none."""
    return key.removeprefix(_PREFIX) if key.startswith(_PREFIX) else ''


def command_of(
    order: OutsideOrder, codes: Codes, hospital: Hospital, actor: Actor
) -> RequestDelivery:
    """Return the request an order is. Raises WrongOrder; the kernel may still refuse it.

    More urgent than the goods are by themselves is one step more: the note says whose wish it is.
    """
    if not order.number or len(order.number) > MAX_ORDER or not _is_plain(order.number):
        raise WrongOrder('number', f'an order number has 1 to {MAX_ORDER} printable characters')
    goods = _known('goods', order.goods, codes.goods, GOODS)
    sender = _known('sender', order.sender, codes.stations, hospital.stations)
    recipient = _known('recipient', order.recipient, codes.stations, hospital.stations)
    raised = bool(order.urgency) and _is_above(order.urgency, GOODS[goods].urgency)
    note = ' '.join(_printable(order.note).split())[:MAX_NOTE]
    return RequestDelivery(
        actor,
        key_of_order(order.number),
        goods,
        StationId(sender),
        StationId(recipient),
        note or (f'{order.urgency}: {order.number}'[:MAX_NOTE] if raised else ''),
        raised=raised,
        earliest=order.earliest,
        latest=order.latest,
    )


def _known(field: str, code: str, codes: Mapping[str, str], ours: Collection[str]) -> str:
    meant = codes.get(code, code)
    if meant in ours:
        return meant
    shown = sorted({*codes, *ours})
    some = ', '.join(shown[:CODES_SHOWN]) + (', …' if len(shown) > CODES_SHOWN else '')
    said = repr(_printable(code[:40])) if code else 'no code'
    raise WrongOrder(field, f'{said} means nothing here: use one of {some}')


def _is_above(wanted: str, own: Urgency) -> bool:
    try:
        return PROMISES[Urgency(wanted)].rank < PROMISES[own].rank
    except ValueError:
        known = ', '.join(Urgency)
        raise WrongOrder('urgency', f'use one of {known}') from None


def _is_plain(text: str) -> bool:
    return text == text.strip() and _printable(text) == text


def _printable(text: str) -> str:
    """Return the text without characters that control something, or are half of one."""
    return ''.join(one if unicodedata.category(one)[0] != 'C' else ' ' for one in text)
