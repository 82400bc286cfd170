"""Asks for what wards planned, in a thread of its own, as long as the manager runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import Final

import structlog

from fleet_manager.application.audit import DONE, Audit, line_of
from fleet_manager.application.ports import Mailbox, Overloaded, Reply, StoreFailed
from fleet_manager.application.run_timetable import run_timetable
from fleet_manager.application.ward_book import WardBook
from fleet_manager.domain.deliveries.meals import MealTimes
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import RequestDelivery
from fleet_manager.domain.units import Instant
from fleet_manager.entry.repeated import Repeated

log = structlog.get_logger('timetable')

#: How often it looks, in seconds of wall time: a window is 15 minutes at least.
LOOK_SECONDS: Final = 5.0
#: The longest wait for an answer. What is asked for again is the same delivery.
ANSWER_SECONDS: Final = 10.0


class Timekeeper:
    """Looks at the wards' timetables. `hospital` returns the map in force."""

    def __init__(
        self,
        *,
        book: WardBook,
        hospital: Callable[[], Hospital],
        mailbox: Mailbox,
        clock: Callable[[], Instant],
        zone: tzinfo,
        cut_off: int,
        times: MealTimes,
        audit: Audit,
    ) -> None:
        self._book, self._hospital, self._mailbox = book, hospital, mailbox
        self._clock, self._zone = clock, zone
        self._cut_off, self._times = cut_off, times
        self._audit = audit
        self._failing = False
        self._thread = Repeated(self._step, name='timetable', first=LOOK_SECONDS)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._thread.stop(within=2.0)

    def look(self) -> None:
        """Ask for everything whose time has come. What fails is asked for at the next look."""
        try:
            noted = run_timetable(
                self._book,
                self._hospital(),
                self._ask,
                zone=self._zone,
                cut_off=self._cut_off,
                times=self._times,
                now=self._clock(),
            )
        except (Overloaded, StoreFailed) as error:
            if not self._failing:
                log.warning('timetable_waits', why=type(error).__name__)
            self._failing = True
            return
        if self._failing:
            log.info('timetable_goes_on')
        self._failing = False
        for one in noted:
            log.info('planned', of=one.subject, day=one.day, outcome=one.outcome)

    def _ask(self, command: RequestDelivery) -> Reply:
        try:
            reply: Reply = self._mailbox.submit(command).result(ANSWER_SECONDS)
        except Overloaded:
            raise
        except Exception:  # noqa: BLE001 - the kernel ended or has no time: the next look asks again
            raise Overloaded from None
        outcome = reply.refusal_code or DONE
        if not reply.replayed:
            self._audit.note(line_of(command, self._clock(), outcome, 'timetable', reply.delivery))
        return reply

    def _step(self) -> float:
        self.look()
        return LOOK_SECONDS
