"""Records of custody, read from the journal. Implements the port `CustodyRecords`."""

from __future__ import annotations

from collections.abc import Iterator

from fleet_manager.adapters.db.reader import MAX_LIMIT, JournalReader
from fleet_manager.application.custody_export import (
    CustodyExport,
    JournalLine,
    TooManyDeliveries,
    sheets_of,
)
from fleet_manager.application.ports import StoredEntry
from fleet_manager.domain.codec import decode_event
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.units import HOUR, Instant

#: A delivery asked for at the end of a period is followed for so long.
FOLLOWED_FOR = 72 * HOUR


class JournalCustody:
    """Reads one journal, with a connection of its own for each export."""

    def __init__(self, url: str) -> None:
        self._url = url

    def of_delivery(self, delivery: DeliveryId) -> CustodyExport:
        """Return the record of one delivery; no sheet when there is none."""
        reader = JournalReader(self._url)
        try:
            head = reader.newest()
            lines = (_line(stored) for stored in _of_one(reader, delivery))
            return CustodyExport(sheets_of(lines), *head)
        finally:
            reader.close()

    def of_period(self, *, begin: Instant, end: Instant, most: int) -> CustodyExport:
        """Return the records of what was asked for in a period. Raises TooManyDeliveries."""
        reader = JournalReader(self._url)
        try:
            head = reader.newest()
            lines = _asked_between(reader, begin, end, most=most)
            return CustodyExport(sheets_of(map(_line, lines)), *head)
        finally:
            reader.close()


def _of_one(reader: JournalReader, delivery: DeliveryId) -> Iterator[StoredEntry]:
    after = 0
    while page := reader.entries(after, MAX_LIMIT, delivery=delivery):
        yield from page
        after = page[-1].seq


def _asked_between(
    reader: JournalReader, begin: Instant, end: Instant, *, most: int
) -> Iterator[StoredEntry]:
    """Read the lines of what was asked for in a period, until all of it is put away."""
    still_open: set[str] = set()
    asked = 0
    after = reader.line_before(begin)
    while page := reader.entries(after, MAX_LIMIT, about_deliveries=True):
        for stored in page:
            entry = stored.entry
            delivery = entry.delivery or ''
            if entry.kind == 'DeliveryRequested' and entry.at < end:
                still_open.add(delivery)
                asked += 1
                if asked > most:
                    raise TooManyDeliveries
            if delivery in still_open:
                yield stored
            if entry.kind == 'DeliveryArchived':
                still_open.discard(delivery)
            if entry.at >= end and (not still_open or entry.at >= end + FOLLOWED_FOR):
                return
        after = page[-1].seq


def _line(stored: StoredEntry) -> JournalLine:
    entry = stored.entry
    delivery = DeliveryId(entry.delivery or '')
    event = decode_event(entry.kind, entry.body)
    return JournalLine(stored.seq, entry.at, delivery, event, stored.hash)
