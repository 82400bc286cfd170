"""What an event of the journal means for the books."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fleet_manager.domain import messages as m
from fleet_manager.domain.ids import DeliveryId, StationId
from fleet_manager.domain.units import Instant


class Move(StrEnum):
    """A step of a delivery, as the books see it.

    `ASKED`: it exists. `OUT`: it left its sender. `IN`: its recipient has it. `BACK`: its sender
    has it again. `KEPT`: it is at the safe place. `OVER`: it ended; what is out and came nowhere
    stays written off.
    """

    ASKED = 'asked'
    OUT = 'out'
    IN = 'in'
    BACK = 'back'
    KEPT = 'kept'
    OVER = 'over'


@dataclass(frozen=True, slots=True)
class Short:
    """Not all came: `came` pieces were counted of `loaded`, 0 where nobody counted then."""

    came: int
    loaded: int

    def missing_of(self, listed: int) -> int:
        """Return how many of the `listed` pieces did not come.

        0 where those who loaded it counted something else than the list does, as bags of pieces.
        """
        return max(0, listed - self.came) if self.loaded in (0, listed) else 0


@dataclass(frozen=True, slots=True)
class Booking:
    """A step to book. `seq` is the journal line; only `ASKED` has sender and key.

    `recipient` is also the safe place of `KEPT`; `short` is there where not all came.
    """

    seq: int
    at: Instant
    move: Move
    delivery: DeliveryId
    actor: str = 'system'
    sender: StationId | None = None
    recipient: StationId | None = None
    key: str = ''
    short: Short | None = None


_MOVES = {
    m.ParcelLoaded: Move.OUT,
    m.PorterTook: Move.OUT,
    m.ParcelTaken: Move.IN,
    m.DeliveryReceived: Move.IN,
    m.ParcelReturned: Move.BACK,
    m.ParcelGivenBack: Move.BACK,
    m.ParcelStored: Move.KEPT,
    m.DeliveryClosed: Move.OVER,
    m.DeliveryCancelled: Move.OVER,
    m.DeliveryExpired: Move.OVER,
    m.DeliveryArchived: Move.OVER,
}


def booking_of(seq: int, at: Instant, event: m.Event) -> Booking | None:
    """Return what to book for a journal line, None where it moves nothing.

    What was taken and then signed for is said twice; the books take the first word, and from the
    second what was missing.
    """
    if isinstance(event, m.DeliveryRequested):
        return Booking(
            seq,
            at,
            Move.ASKED,
            event.delivery,
            event.actor.account,
            event.sender,
            event.recipient,
            event.key,
        )
    move = _MOVES.get(type(event))
    if move is None:
        return None
    actor: m.Actor | None = getattr(event, 'actor', None)
    delivery: DeliveryId = event.delivery  # type: ignore[union-attr]
    place = event.station if isinstance(event, m.ParcelStored) else None
    who = actor.account if actor is not None else 'system'
    return Booking(seq, at, move, delivery, who, recipient=place, short=_short(event))


def _short(event: m.Event) -> Short | None:
    if isinstance(event, m.DeliveryReceived) and event.count > 0 and event.missing:
        return Short(event.count, event.loaded)
    return None
