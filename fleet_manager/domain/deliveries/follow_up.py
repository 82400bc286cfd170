"""What did not go well is followed up: answered, solved, and the ward called back, in time."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.messages import FollowUpStep
from fleet_manager.domain.state import Delivery
from fleet_manager.domain.units import HOUR, Instant, Millis

#: How soon each step is due, from when it was known.
DUE: Final[Mapping[FollowUpStep, Millis]] = MappingProxyType(
    {
        FollowUpStep.ANSWERED: Millis(2 * HOUR),
        FollowUpStep.SOLVED: Millis(24 * HOUR),
        FollowUpStep.CALLED_BACK: Millis(48 * HOUR),
    }
)
#: The steps by name, in their order.
STEPS: Final = tuple(step.value for step in FollowUpStep)
#: Fewer stars than these ask for an answer.
CONTENT: Final = 3
#: Ends that nobody wanted, by their reason.
_ENDS: Final = frozenset({DeliveryState.STORED, DeliveryState.FAILED, DeliveryState.EXPIRED})


def reason_for(delivery: Delivery) -> str | None:
    """Return why a delivery is followed up, as a code; None: it is not."""
    if delivery.state in _ENDS:
        return delivery.state.value
    if delivery.state is DeliveryState.RETURNED:
        code = delivery.turned_back.partition(':')[0]
        return None if code == 'cancelled' else code or None
    if delivery.missing:
        return 'missing'
    if delivery.state is DeliveryState.DELIVERED and delivery.closed:
        return 'not_signed'
    if delivery.rating is not None and delivery.rating < CONTENT:
        return 'rating'
    return None


def since(delivery: Delivery) -> Instant:
    """Return when it was known: at the end, or when the stars were given."""
    return max(delivery.times[delivery.state], delivery.rated_at)


def steps_left(delivery: Delivery) -> tuple[FollowUpStep, ...]:
    """Return what is still to be done, in order."""
    return tuple(step for step in FollowUpStep if step.value not in delivery.follow_up)


def is_open(delivery: Delivery) -> bool:
    """Whether somebody still has something to do about it."""
    return reason_for(delivery) is not None and bool(steps_left(delivery))
