"""Who had what, for an inspector: every journal line of some deliveries, with holder and hash.

It says what the journal says, line by line; nothing that somebody typed is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from fleet_manager.domain.ids import DeliveryId, StationId
from fleet_manager.domain.units import Instant

#: Kinds of events by which a parcel changes hands, and whose it is then.
HOLDERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        'DeliveryRequested': 'sender',
        'ParcelLoaded': 'robot',
        'ParcelTaken': 'recipient',
        'DeliveryReceived': 'recipient',
        'ParcelReturned': 'sender',
        'ParcelGivenBack': 'sender',
        'ParcelStored': 'keeper',
        'PorterTook': 'porter',
        'ParcelRescued': 'porter',
    }
)
#: Fields that hold a code of the program, with what follows it cut off: that may be typed.
_CODES: Final = ('reason', 'purpose', 'step')
#: Kinds whose reason is a sentence of a person.
_TYPED: Final = frozenset({'DeliveryClosed', 'RescueAsked', 'FollowUpNoted'})


@dataclass(frozen=True, slots=True)
class CustodyLine:
    """One journal line. `holder` is who has the parcel from then on: `robot:r1/c2`, `sender:lab`.

    `actor` and `witness` are accounts, '' where nobody signed. `detail` is a code, a count, or ''.
    """

    seq: int
    at: Instant
    kind: str
    actor: str
    witness: str
    robot: str
    compartment: str
    holder: str
    detail: str
    hash: str


@dataclass(frozen=True, slots=True)
class CustodySheet:
    """The record of one delivery, oldest line first."""

    delivery: DeliveryId
    number: int
    goods: str
    urgency: str
    sender: StationId
    recipient: StationId
    lines: tuple[CustodyLine, ...]


@dataclass(frozen=True, slots=True)
class CustodyExport:
    """Some records, and the end of the journal's hash chain when they were read.

    Whoever keeps `head_seq` and `head_hash` can tell later whether a line was changed.
    """

    sheets: tuple[CustodySheet, ...]
    head_seq: int
    head_hash: str


class TooManyDeliveries(Exception):
    """A period has more deliveries than one export takes."""


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A journal line with its body read as JSON."""

    seq: int
    at: Instant
    kind: str
    delivery: DeliveryId
    body: Mapping[str, Any]
    hash: str


def sheets_of(lines: Iterable[JournalLine]) -> tuple[CustodySheet, ...]:
    """Return the records of every delivery that is asked for in these lines, in that order."""
    asked: dict[DeliveryId, Mapping[str, Any]] = {}
    found: dict[DeliveryId, list[CustodyLine]] = {}
    holders: dict[DeliveryId, str] = {}
    for line in lines:
        if line.kind == 'DeliveryRequested':
            asked.setdefault(line.delivery, line.body)
        if line.delivery not in asked:
            continue
        holder = _holder(line, asked[line.delivery]) or holders.get(line.delivery, '')
        holders[line.delivery] = holder
        found.setdefault(line.delivery, []).append(_line(line, holder))
    return tuple(
        CustodySheet(
            delivery,
            int(body['number']),
            str(body['goods']),
            str(body['urgency']),
            StationId(body['sender']),
            StationId(body['recipient']),
            tuple(found[delivery]),
        )
        for delivery, body in asked.items()
    )


def _line(line: JournalLine, holder: str) -> CustodyLine:
    body = line.body
    return CustodyLine(
        line.seq,
        line.at,
        line.kind,
        _account(body.get('actor')),
        _account(body.get('witness')),
        str(body.get('robot') or ''),
        str(body.get('compartment') or ''),
        holder,
        _detail(line.kind, body),
        line.hash,
    )


def _holder(line: JournalLine, asked: Mapping[str, Any]) -> str:
    kind = HOLDERS.get(line.kind)
    if kind is None:
        return ''
    named = {
        'sender': asked['sender'],
        'recipient': asked['recipient'],
        'robot': f'{line.body.get("robot")}/{line.body.get("compartment")}',
        'keeper': line.body.get('station') or '',
        'porter': _account(line.body.get('actor')),
    }
    return f'{kind}:{named[kind]}'


def _detail(kind: str, body: Mapping[str, Any]) -> str:
    parts = []
    for name in _CODES:
        value = body.get(name)
        if value not in (None, '') and not (name == 'reason' and kind in _TYPED):
            parts.append(str(value).partition(':')[0])
    if body.get('count'):
        parts.append(f'{body["count"]}×')
    if body.get('stars'):
        parts.append(f'{body["stars"]}/5')
    return ' '.join(parts)


def _account(actor: Any) -> str:
    return str(actor.get('account', '')) if isinstance(actor, Mapping) else ''
