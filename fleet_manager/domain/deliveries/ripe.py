"""Open deliveries whose time for something has come, without asking each of them every turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import cast

from fleet_manager.domain.state import Delivery, FleetState
from fleet_manager.domain.units import FOREVER, Instant


def ripe(
    state: FleetState,
    what: str,
    now: Instant,
    *,
    among: Callable[[], Iterable[Delivery]],
    at: Callable[[Delivery], int],
) -> Sequence[Delivery]:
    """Return those of the deliveries that are due `at` now or before, in their order.

    They are looked for when an event of a delivery came, or when the next one is due: `among` and
    `at` must follow from the deliveries and the map alone. `what` names the question.
    """
    known = state.of_deliveries.get(what)
    if known is None or now >= cast(tuple[Sequence[Delivery], int], known)[1]:
        found, then = list[Delivery](), int(FOREVER)
        for delivery in among():
            due = at(delivery)
            if due <= now:
                found.append(delivery)
            else:
                then = min(then, due)
        known = state.of_deliveries[what] = (found, then)
    return cast(tuple[Sequence[Delivery], int], known)[0]
