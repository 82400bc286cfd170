"""What ends by itself: openings nobody used, deliveries that ended long ago."""

from __future__ import annotations

from typing import Final

from fleet_manager.domain.deliveries.lifecycle import ENDS
from fleet_manager.domain.messages import DeliveryArchived, OpeningExpired
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import HOUR

#: A robot may still be opening when the signature just ran out, by its own clock.
OPENING_GRACE_MS: Final = 5_000
#: Ended deliveries stay on the pages for so long; the journal keeps them.
ARCHIVE_AFTER_MS: Final = 24 * HOUR


def keep_promises(turn: Turn) -> None:
    """Let openings and ended deliveries run out."""
    for name in sorted(turn.state.deliveries):
        delivery = turn.state.deliveries[name]
        opening = delivery.opening
        if opening is not None and not opening.expired and not opening.opened:
            if delivery.robot and turn.now > opening.expires + OPENING_GRACE_MS:
                turn.emit(OpeningExpired(delivery.robot, delivery.id, opening.grant))
        if delivery.state in ENDS:
            if turn.now - delivery.times[delivery.state] > ARCHIVE_AFTER_MS:
                turn.emit(DeliveryArchived(delivery.id))
