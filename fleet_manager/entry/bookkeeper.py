"""Keeps the books: follows the journal line by line and books what deliveries move.

Where it stands is in the books, in the transaction that books: killed at any moment it goes on
exactly there. A journal that is not the one followed so far, as of a restored backup, is not
followed: somebody has to look first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Final

import structlog

from fleet_manager.adapters.db.reader import JournalReader
from fleet_manager.application.ports import (
    Bookmark,
    Books,
    StoredEntry,
    StoreFailed,
    StoreUnavailable,
)
from fleet_manager.application.stock.bookings import Booking, booking_of
from fleet_manager.domain.codec import decode_event
from fleet_manager.domain.units import HOUR, Instant
from fleet_manager.entry.repeated import Repeated

log = structlog.get_logger('fleet')

#: Lines read at once.
PAGE: Final = 1_000
#: How often the journal is looked at, in seconds, and after something failed.
EVERY: Final = 1.0
AFTER_FAILURE: Final = 15.0


class JournalChanged(Exception):
    """The line the books stand at is gone or another one."""


class Bookkeeper:
    """Follows one journal into the books, in a thread of its own."""

    def __init__(
        self, journal_url: str, books: Books, clock: Callable[[], Instant], zone: tzinfo
    ) -> None:
        self._url = journal_url
        self._books = books
        self._clock = clock
        self._zone = zone
        self._reader: JournalReader | None = None
        self._looked_at = Instant(-HOUR)
        self._checked = False
        self._said = ''
        self._thread = Repeated(self._step, name='bookkeeper', first=EVERY)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is being booked."""
        self._thread.stop(within=10)
        if self._reader is not None:
            self._reader.close()

    def catch_up(self) -> int:
        """Book everything there is; return how many steps. Raises JournalChanged."""
        if self._reader is None:
            self._reader = JournalReader(self._url)
        done = 0
        while not self._thread.stopping:
            mark = self._books.bookmark()
            self._check(self._reader, mark)
            lines = self._reader.entries(mark.seq, PAGE)
            if not lines:
                return done
            bookings = [found for found in map(_booking, lines) if found is not None]
            last = lines[-1]
            self._books.book(
                bookings, Bookmark(last.seq, last.hash), today=today(self._clock(), self._zone)
            )
            done += len(bookings)
        return done

    def _check(self, reader: JournalReader, mark: Bookmark) -> None:
        """Compare the line the books stand at, once a start."""
        if self._checked or mark.seq == 0:
            return
        found = reader.entries(mark.seq - 1, 1)
        if not found or (found[0].seq, found[0].hash) != (mark.seq, mark.hash):
            raise JournalChanged(f'journal line {mark.seq} is not the one that was booked')
        self._checked = True

    def _step(self) -> float | None:
        try:
            self.catch_up()
            now = self._clock()
            if now - self._looked_at >= HOUR:
                self._books.propose(at=now, today=today(now, self._zone))
                self._looked_at = now
        except JournalChanged as problem:
            log.warning('books_stopped', problem=str(problem), hint='see docs/stores.md')
            return None
        except (StoreFailed, StoreUnavailable) as problem:
            if str(problem) != self._said:
                log.warning('books_wait', problem=str(problem))
            self._said = str(problem)
            return AFTER_FAILURE
        self._said = ''
        return EVERY


def today(now: Instant, zone: tzinfo) -> str:
    """Return the date at the hospital, as ISO."""
    return datetime.fromtimestamp(now / 1_000, zone).date().isoformat()


def _booking(stored: StoredEntry) -> Booking | None:
    entry = stored.entry
    if entry.delivery is None:
        return None
    return booking_of(stored.seq, entry.at, decode_event(entry.kind, entry.body))
