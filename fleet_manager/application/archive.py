"""Deliveries of any age, from the journal: other pages show none that ended a day ago."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from fleet_manager.domain import messages as m
from fleet_manager.domain.deliveries.lifecycle import START, TRANSITIONS, DeliveryState
from fleet_manager.domain.units import Instant


@dataclass(frozen=True, slots=True)
class Past:
    """A delivery as the journal tells of it; it is in `state` since then."""

    asked: m.DeliveryRequested
    asked_at: Instant
    state: DeliveryState
    since: Instant


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page of a search, newest first.

    It looked back to `looked_to`. `further` is where the next page begins, 0 where nothing is
    older.
    """

    found: tuple[Past, ...]
    looked_to: Instant
    further: int


class Archive(Protocol):
    """Where old deliveries are. Calls read the disk: use a thread."""

    def search(
        self, fits: Callable[[m.DeliveryRequested], bool], *, before: int, most: int
    ) -> Leaf:
        """Look for up to `most` requests among those before a journal line; 0 is the newest.

        Looks at a bounded number of them. Raises StoreUnavailable.
        """


def past(asked: m.DeliveryRequested, at: Instant, then: Iterable[tuple[Instant, object]]) -> Past:
    """Return what became of a request, from the events of its delivery after it."""
    state, since = START, at
    for moment, event in then:
        after = TRANSITIONS.get((state, type(event)))
        if after is not None:
            state, since = after, moment
    return Past(asked, at, state, since)
