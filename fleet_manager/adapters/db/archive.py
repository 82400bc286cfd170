"""Old deliveries, searched in the journal. Implements the port `Archive`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fleet_manager.adapters.db.reader import MAX_LIMIT, JournalReader
from fleet_manager.application.archive import Leaf, Past, past
from fleet_manager.application.ports import StoredEntry
from fleet_manager.domain.codec import decode_event
from fleet_manager.domain.messages import DeliveryRequested
from fleet_manager.domain.units import Instant

#: Requests looked at in one go: two days of a large hospital, a third of a second.
MOST_LOOKED_AT: Final = 6_000


class JournalArchive:
    """Reads one journal, with a connection of its own for each search."""

    def __init__(self, url: str) -> None:
        self._url = url

    def search(self, fits: Callable[[DeliveryRequested], bool], *, before: int, most: int) -> Leaf:
        """Look for requests that fit, newest first. Raises StoreUnavailable."""
        reader = JournalReader(self._url)
        try:
            return _search(reader, fits, before, most)
        finally:
            reader.close()


def _search(
    reader: JournalReader, fits: Callable[[DeliveryRequested], bool], before: int, most: int
) -> Leaf:
    found: list[Past] = []
    looked_to, looked_at = Instant(0), 0
    while page := reader.requests_before(before, MAX_LIMIT):
        for stored in page:
            before, looked_to = stored.seq, stored.entry.at
            asked = decode_event(stored.entry.kind, stored.entry.body)
            assert isinstance(asked, DeliveryRequested)  # noqa: S101 - the query asks for these
            if fits(asked):
                found.append(_past(reader, stored, asked))
                if len(found) == most:
                    return Leaf(tuple(found), looked_to, before)
        looked_at += len(page)
        if looked_at >= MOST_LOOKED_AT:
            return Leaf(tuple(found), looked_to, before)
    return Leaf(tuple(found), looked_to, 0)


def _past(reader: JournalReader, stored: StoredEntry, asked: DeliveryRequested) -> Past:
    lines = reader.entries(stored.seq, MAX_LIMIT, delivery=asked.delivery)
    then = ((one.entry.at, decode_event(one.entry.kind, one.entry.body)) for one in lines)
    return past(asked, stored.entry.at, then)
