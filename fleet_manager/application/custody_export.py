"""Who had what, for an inspector: every journal line of some deliveries, with holder and hash.

It says what the journal says, line by line; nothing that somebody typed is in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fleet_manager.domain import messages as m
from fleet_manager.domain.deliveries.custody import holder_after
from fleet_manager.domain.ids import DeliveryId, StationId
from fleet_manager.domain.units import Instant

#: Fields that hold a code of the program, with what follows it cut off: that may be typed.
_CODES: Final = ('reason', 'purpose', 'step')
#: Kinds whose reason is a sentence of a person.
_TYPED: Final = (m.DeliveryClosed, m.RescueAsked)


@dataclass(frozen=True, slots=True)
class CustodyLine:
    """One journal line. `holder` is who has the parcel from then on: `robot:r1/c2`, `sender:lab`.

    `actor` and `witness` are accounts, '' where nobody signed. `detail`: a code, a figure, or ''.
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
    """A journal line about a delivery, with its event."""

    seq: int
    at: Instant
    delivery: DeliveryId
    event: m.Event
    hash: str


def sheets_of(lines: Iterable[JournalLine]) -> tuple[CustodySheet, ...]:
    """Return the records of every delivery that is asked for in these lines, in that order."""
    asked: dict[DeliveryId, m.DeliveryRequested] = {}
    found: dict[DeliveryId, list[CustodyLine]] = {}
    for line in lines:
        if isinstance(line.event, m.DeliveryRequested):
            asked.setdefault(line.delivery, line.event)
        if line.delivery not in asked:
            continue
        so_far = found.setdefault(line.delivery, [])
        holder = holder_after(line.event, asked[line.delivery])
        so_far.append(_line(line, holder or so_far[-1].holder))
    return tuple(
        CustodySheet(
            delivery,
            request.number,
            request.goods,
            request.urgency,
            request.sender,
            request.recipient,
            tuple(found[delivery]),
        )
        for delivery, request in asked.items()
    )


def _line(line: JournalLine, holder: str) -> CustodyLine:
    event = line.event
    return CustodyLine(
        line.seq,
        line.at,
        type(event).__name__,
        _account(event, 'actor'),
        _account(event, 'witness'),
        str(getattr(event, 'robot', None) or ''),
        str(getattr(event, 'compartment', None) or ''),
        holder,
        _detail(event),
        line.hash,
    )


def _detail(event: m.Event) -> str:
    parts = []
    for name in _CODES:
        value = getattr(event, name, None)
        if value not in (None, '') and not (name == 'reason' and isinstance(event, _TYPED)):
            parts.append(str(value).partition(':')[0])
    if getattr(event, 'count', 0):
        parts.append(f'{getattr(event, "count", 0)}×')
    if isinstance(event, m.TemperatureNoted):
        parts += [f'{event.celsius:.1f} °C', *(['out_of_range'] if event.out else [])]
    if isinstance(event, m.DeliveryRated):
        parts.append(f'{event.stars}/5')
    return ' '.join(parts)


def _account(event: m.Event, field: str) -> str:
    actor: m.Actor | None = getattr(event, field, None)
    return '' if actor is None else actor.account
