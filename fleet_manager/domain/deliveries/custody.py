"""Who had a parcel from when to when, read off the journal: a chain without a gap, or a sentence.

    record = custody(events)         # of one delivery, oldest first
    gaps(record)                     # what is wrong with it; nothing is the only good answer

A holder is `sender:<station>`, `robot:<id>/<compartment>`, `porter:<account>`,
`recipient:<station>` or `keeper:<station>`. The recipient is there twice where others sign to have
received it than took it out, as the two who sign for waste.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from fleet_manager.domain import messages as m
from fleet_manager.domain.deliveries.lifecycle import (
    ENDS,
    START,
    TRANSITIONS,
    DeliveryState,
    next_state,
)
from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.units import Instant


@dataclass(frozen=True, slots=True)
class Holding:
    """One holder of a parcel: since when, until when (None: now), and how it came there.

    `event` is the kind of the event that says so; `signed_by` and `witness` are accounts, ''
    where nobody signed.
    """

    holder: str
    since: Instant
    until: Instant | None
    event: str
    signed_by: str = ''
    witness: str = ''


@dataclass(frozen=True, slots=True)
class Measured:
    """How warm it was where the parcel lay, in °C; `out`: not what its goods are kept at."""

    at: Instant
    celsius: float
    out: bool


@dataclass(frozen=True, slots=True)
class Custody:
    """The record of one delivery: its holders in order, and the state it is in.

    `wrong` are events that cannot have happened, as sentences.
    """

    delivery: DeliveryId
    holdings: tuple[Holding, ...]
    state: DeliveryState
    at: Instant
    wrong: tuple[str, ...] = ()
    temperatures: tuple[Measured, ...] = ()


def custody(events: Iterable[tuple[Instant, m.Event]]) -> Custody | None:
    """Return the record of one delivery from its events; None where it was never asked for.

    Events of other deliveries are passed over, but for openings that were for this one as well.
    """
    reader: CustodyReader | None = None
    for at, event in events:
        if reader is None and isinstance(event, m.DeliveryRequested):
            reader = CustodyReader(event, at)
        elif reader is not None:
            reader.note(at, event)
    return reader.record() if reader is not None else None


class CustodyReader:
    """Reads the custody of one delivery, an event at a time."""

    def __init__(self, asked: m.DeliveryRequested, at: Instant) -> None:
        self._asked, self._at = asked, at
        self._state = START
        self._wrong: list[str] = []
        self._measured: list[Measured] = []
        self._opening: m.OpeningAuthorised | None = None
        sender = f'sender:{asked.sender}'
        self._holdings = [Holding(sender, at, None, type(asked).__name__)]

    def note(self, at: Instant, event: m.Event) -> None:
        """Take in the next event, of this delivery or of another one."""
        if isinstance(event, m.OpeningAuthorised):
            if self._asked.delivery in (event.delivery, *event.also):
                self._opening = event
            return
        if getattr(event, 'delivery', None) != self._asked.delivery:
            return
        if isinstance(event, m.TemperatureNoted):
            self._measured.append(Measured(at, event.celsius, event.out))
            return
        before = self._state
        if type(event) in _STEPS:
            try:
                self._state = next_state(before, event)
            except InvariantBroken as bug:
                self._wrong.append(str(bug))
        self._at = at
        taker = _TAKERS.get(type(event))
        if taker is not None:
            self._hand_over(at, event, taker(event, self._asked))

    def record(self) -> Custody:
        """Return the record so far."""
        holdings = tuple(self._holdings)
        return Custody(
            self._asked.delivery,
            holdings,
            self._state,
            self._at,
            tuple(self._wrong),
            tuple(self._measured),
        )

    def _hand_over(self, at: Instant, event: m.Event, holder: str) -> None:
        last = self._holdings[-1]
        if last.holder == holder and not _signs_anew(event, last):
            return
        giver = _GIVERS.get(type(event))
        if giver is not None and not last.holder.startswith(giver):
            self._wrong.append(f'{type(event).__name__} takes it from {last.holder}')
        witness = getattr(event, 'witness', None)
        if witness is None and isinstance(event, _BY_OPENING) and self._opening is not None:
            witness = self._opening.witness
        self._holdings[-1] = replace(last, until=at)
        actor: m.Actor | None = getattr(event, 'actor', None)
        self._holdings.append(
            Holding(
                holder,
                at,
                None,
                type(event).__name__,
                actor.account if actor is not None else '',
                witness.account if witness is not None else '',
            )
        )


def _signs_anew(event: m.Event, last: Holding) -> bool:
    """Whether somebody signs to have received it who did not sign to take it out."""
    if not isinstance(event, m.DeliveryReceived):
        return False
    people = {one.account for one in (event.actor, event.witness) if one is not None}
    return not people <= {last.signed_by, last.witness}


def holder_after(event: m.Event, asked: m.DeliveryRequested) -> str | None:
    """Return who has the parcel after an event of its delivery; None where it changes no hands."""
    if isinstance(event, m.DeliveryRequested):
        return f'sender:{event.sender}'
    taker = _TAKERS.get(type(event))
    return None if taker is None else taker(event, asked)


def gaps(record: Custody) -> list[str]:
    """Return what is wrong with a record, as sentences; nothing when the chain is whole."""
    wrong = [f'{record.delivery}: {one}' for one in record.wrong]
    for before, after in zip(record.holdings, record.holdings[1:], strict=False):
        if before.until != after.since:
            wrong.append(f'{record.delivery}: nobody has it after {before.holder}')
        if after.since < before.since:
            wrong.append(f'{record.delivery}: {after.holder} has it before {before.holder}')
        if not after.signed_by:
            wrong.append(f'{record.delivery}: nobody signed for {after.holder}')
    last = record.holdings[-1]
    if last.until is not None:
        wrong.append(f'{record.delivery}: nobody has it after {last.holder}')
    right = _AT_END.get(record.state)
    if record.state in ENDS and right and not last.holder.startswith(right):
        wrong.append(f'{record.delivery} is {record.state.value}, {last.holder} has it')
    return wrong


def _inside(e: Any, asked: m.DeliveryRequested) -> str:
    del asked
    return f'robot:{e.robot}/{e.compartment}'


def _recipient(e: Any, asked: m.DeliveryRequested) -> str:
    del e
    return f'recipient:{asked.recipient}'


def _sender(e: Any, asked: m.DeliveryRequested) -> str:
    del e
    return f'sender:{asked.sender}'


def _porter(e: Any, asked: m.DeliveryRequested) -> str:
    del asked
    return f'porter:{e.actor.account}'


def _keeper(e: m.ParcelStored, asked: m.DeliveryRequested) -> str:
    del asked
    return f'keeper:{e.station}'


#: Who has it after an event. What is not here moves nothing.
_TAKERS: Final[Mapping[type, Callable[[Any, m.DeliveryRequested], str]]] = MappingProxyType(
    {
        m.ParcelLoaded: _inside,
        m.ParcelTaken: _recipient,
        m.ParcelReturned: _sender,
        m.ParcelGivenBack: _sender,
        m.ParcelStored: _keeper,
        m.ParcelRescued: _porter,
        m.PorterTook: _porter,
        m.DeliveryReceived: _recipient,
    }
)
#: From whom an event takes it, where that is certain.
_GIVERS: Final[Mapping[type, tuple[str, ...]]] = MappingProxyType(
    {
        m.ParcelLoaded: ('sender:', 'porter:'),
        m.ParcelTaken: ('robot:',),
        m.ParcelReturned: ('robot:',),
        m.ParcelGivenBack: ('porter:',),
        m.ParcelStored: ('robot:', 'porter:'),
        m.ParcelRescued: ('robot:',),
        m.PorterTook: ('sender:', 'porter:'),
        m.DeliveryReceived: ('porter:', 'recipient:'),
    }
)
#: What an opening's witness signed.
_BY_OPENING: Final = (m.ParcelLoaded, m.ParcelTaken, m.ParcelReturned, m.ParcelStored)
#: With whom a parcel is at an end; a failed one is where it was seen last.
_AT_END: Final[Mapping[DeliveryState, tuple[str, ...]]] = MappingProxyType(
    {
        DeliveryState.DELIVERED: ('recipient:',),
        DeliveryState.RETURNED: ('sender:',),
        DeliveryState.CANCELLED: ('sender:',),
        DeliveryState.EXPIRED: ('sender:',),
        DeliveryState.STORED: ('keeper:',),
    }
)


#: Events that move a delivery to another state.
_STEPS: Final = frozenset(event for _, event in TRANSITIONS)
