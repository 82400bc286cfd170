"""What ends by itself: openings nobody used, deliveries that ended long ago."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Final

from fleet_manager.domain.deliveries.follow_up import is_open
from fleet_manager.domain.deliveries.lifecycle import ENDS
from fleet_manager.domain.deliveries.ripe import ripe
from fleet_manager.domain.ids import DeliveryId, RobotId
from fleet_manager.domain.messages import DeliveryArchived, OpeningExpired
from fleet_manager.domain.state import Delivery, Opening
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import FOREVER, HOUR, Instant

#: A robot may still be opening when the signature just ran out, by its own clock.
OPENING_GRACE_MS: Final = 5_000
#: Ended deliveries stay on the pages for so long; the journal keeps them.
ARCHIVE_AFTER_MS: Final = 24 * HOUR
#: Those that are followed up stay until that is done, and at most so long.
FOLLOWED_UP_MS: Final = 96 * HOUR


def keep_promises(turn: Turn) -> None:
    """Let openings and ended deliveries run out."""
    state = turn.state
    opened = ripe(state, 'opened', turn.now, among=state.open.values, at=_when_opened)
    old = itertools.takewhile(lambda one: turn.now - one[1] > ARCHIVE_AFTER_MS, _ended(turn))
    for name in sorted([*(d.id for d in opened), *(name for name, _ in old)]):
        delivery = turn.state.deliveries[name]
        opening = delivery.opening
        robot = delivery.robot
        if delivery.state in ENDS and _is_followed_up(turn, delivery):
            continue
        if delivery.state in ENDS:
            turn.emit(DeliveryArchived(delivery.id))
        elif robot and opening is not None and _ran_out_unused(turn, robot, opening):
            turn.emit(OpeningExpired(robot, delivery.id, opening.grant))


def _is_followed_up(turn: Turn, delivery: Delivery) -> bool:
    ended = delivery.times[delivery.state]
    return turn.now - ended <= FOLLOWED_UP_MS and is_open(delivery)


def _when_opened(delivery: Delivery) -> int:
    return 0 if delivery.opening is not None else FOREVER


def _ended(turn: Turn) -> Iterable[tuple[DeliveryId, Instant]]:
    """Return when deliveries ended, the first one first."""
    return turn.state.ended.items()


def _ran_out_unused(turn: Turn, robot: RobotId, opening: Opening) -> bool:
    """Whether the robot itself said, after the time was over, that it did not open.

    A silent robot may stand there open or loaded: then nobody knows, and nothing runs out.
    """
    sense = turn.heard(robot)
    return (
        not (opening.expired or opening.opened)
        and sense is not None
        and sense.heard > opening.expires + OPENING_GRACE_MS
        and sense.report.last_grant < opening.grant
    )
