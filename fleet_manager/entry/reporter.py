"""Follows the journal for reports: deliveries of the last weeks, with what their time went on.

Reads in a thread of its own, at half the pace it could, so that a start is not held up. What it
knows is only in memory: after a restart it reads the weeks again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

import structlog

from fleet_manager.adapters.db.reader import JournalReader
from fleet_manager.application.days.collect import FOLLOWED, Collector
from fleet_manager.application.days.scenario import Scenario
from fleet_manager.application.ports import StoreUnavailable
from fleet_manager.application.reports import PeriodReport, Rates, make_report
from fleet_manager.domain.codec import decode_event
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import HOUR, Instant
from fleet_manager.entry.repeated import Repeated

log = structlog.get_logger('fleet')

#: Lines read at once.
PAGE: Final = 1_000
#: How often the journal is looked at once it is read, in seconds, and after a failure.
EVERY: Final = 2.0
AFTER_FAILURE: Final = 15.0


class Reporter:
    """Implements the port `Reports` on one journal. Safe from several threads."""

    def __init__(
        self,
        journal_url: str,
        hospital: Hospital,
        clock: Callable[[], Instant],
        *,
        days: int,
        rates: Rates,
    ) -> None:
        self._url = journal_url
        self._hospital = hospital
        self._clock = clock
        self._keeps = days * 24 * HOUR
        self._rates = rates
        self._collector = Collector(Scenario('reports', str(hospital.id)), hospital)
        self._seq = -1
        self._as_of = Instant(0)
        self._read = False
        self._lock = threading.Lock()
        self._said = ''
        self._thread = Repeated(self._step, name='reporter', first=0.0)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """End after the page that is being read."""
        self._thread.stop(within=10)

    def oldest(self) -> Instant:
        """Return since when deliveries are looked at."""
        return Instant(max(0, self._clock() - self._keeps))

    def report(self, *, begin: Instant, end: Instant) -> PeriodReport:
        """Return the report of a period."""
        with self._lock:
            as_of = Instant(max(self._as_of, self._clock()) if self._read else self._as_of)
            return make_report(
                self._collector.parcels(as_of),
                begin=begin,
                end=end,
                as_of=as_of,
                complete=self._read,
                robots=len(self._hospital.robots),
                rates=self._rates,
                wards=list(self._hospital.stations),
            )

    def catch_up(self) -> None:
        """Read to the end of the journal. Raises StoreUnavailable."""
        reader = JournalReader(self._url)
        try:
            if self._seq < 0:
                self._seq = reader.line_before(self.oldest())
            while not self._thread.stopping:
                began = time.monotonic()
                if not self._page(reader):
                    return
                if not self._read:  # others want the processor at a start
                    self._thread.wait(time.monotonic() - began)
        finally:
            reader.close()

    def _page(self, reader: JournalReader) -> bool:
        """Take in some lines; return whether there were any."""
        lines = reader.entries(self._seq, PAGE)
        with self._lock:
            for stored in lines:
                entry = stored.entry
                if entry.kind in FOLLOWED:
                    self._collector.note(entry.at, decode_event(entry.kind, entry.body))
                self._seq, self._as_of = stored.seq, entry.at
            self._collector.forget(self.oldest())
            if not lines:
                self._read = True
        return bool(lines)

    def _step(self) -> float:
        try:
            self.catch_up()
        except StoreUnavailable as problem:
            if str(problem) != self._said:
                log.warning('reports_wait', problem=str(problem))
            self._said = str(problem)
            return AFTER_FAILURE
        self._said = ''
        return EVERY
