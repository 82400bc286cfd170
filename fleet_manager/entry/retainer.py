"""Erases personal data whose time is over: every night, and whenever somebody asks.

Who asks writes that into the store of the retention, so that a command line beside a running
manager can ask as well; so does this, at night. A run that was killed has no end there: it is
done again at the next start, and finds only what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

import structlog

from fleet_manager.adapters.db import sweeping
from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.adapters.db.retained import JournalPersonal
from fleet_manager.adapters.db.retention import SqlRetention
from fleet_manager.application.ports import Mailbox, Overloaded, StoreFailed, StoreUnavailable
from fleet_manager.application.retention import (
    MAX_WHY,
    Hold,
    Run,
    Times,
    erase_old,
    what_is_due,
)
from fleet_manager.domain.errors import FleetError
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.messages import ApplyRetention
from fleet_manager.domain.units import Instant
from fleet_manager.entry.repeated import Repeated
from fleet_manager.entry.settings import Settings

log = structlog.get_logger('retention')

#: How often it looks whether there is something to do, in seconds of wall time.
LOOK_SECONDS: Final = 5.0
#: After a start others come first, for so many seconds.
FIRST_SECONDS: Final = 30.0
#: Between two batches, in seconds: whoever waits for a commit waits for one batch at most.
PAUSE_SECONDS: Final = 0.3
ANSWER_SECONDS: Final = 30.0
AFTER_FAILURE_SECONDS: Final = 300.0


def times_of(settings: Settings) -> Times:
    """Return how long what is kept."""
    return Times(
        names=settings.retention_names_days,
        texts=settings.retention_texts_days,
        codes=settings.retention_codes_days,
        waste=settings.retention_waste_days,
        controlled=settings.retention_controlled_days,
        audit=settings.retention_audit_days,
        accounts=settings.retention_accounts_days,
    )


@dataclass(frozen=True, slots=True)
class Keeping:
    """Everything one run works on."""

    settings: Settings
    store: SqlRetention

    @property
    def times(self) -> Times:
        """How long what is kept."""
        return times_of(self.settings)

    def held(self) -> Collection[str]:
        """Return the deliveries that are held now."""
        return [one.delivery for one in self.store.holds()]

    def due(self, now: Instant) -> Mapping[str, int]:
        """Return how many things a run would erase, by kind."""
        journal = JournalPersonal(self.settings.journal_url)
        try:
            return what_is_due(
                journal, self._places(), times=self.times, now=now, held=self.held()
            )
        finally:
            journal.close()

    def erase(self, send: Callable[[ApplyRetention], None], now: Instant) -> Mapping[str, int]:
        """Erase everything that is over; return how much, by kind."""
        journal = JournalPersonal(self.settings.journal_url)
        try:
            counts = erase_old(
                journal, self._places(), send, times=self.times, now=now, held=self.held
            )
        finally:
            journal.close()
        self._leaving(self.times, now)  # what is gone is known no more
        return counts

    def in_clear(self) -> int:
        """Return how many lines of the journal keep names and texts for ever."""
        journal = JournalPersonal(self.settings.journal_url)
        try:
            return journal.in_clear()
        finally:
            journal.close()

    def hold(self, delivery: DeliveryId, *, why: str, by: str, now: Instant) -> str:
        """Hold a delivery; return '' or the code of what is wrong."""
        if not why.strip():
            return 'reason_needed'
        journal = JournalPersonal(self.settings.journal_url)
        try:
            if not journal.knows(delivery):
                return 'unknown_delivery'
        finally:
            journal.close()
        kept = self.store.hold(Hold(delivery, why.strip()[:MAX_WHY], by, now))
        return '' if kept else 'too_many'

    def _places(self) -> Sequence[sweeping.Place]:
        s = self.settings
        leaving = self._leaving
        return (
            sweeping.Place(s.desk_url, 'desk', sweeping.of_desk),
            sweeping.Place(s.ward_url, 'ward', sweeping.of_ward, leaving),
            sweeping.Place(s.webhooks_url, 'webhooks', sweeping.of_webhooks, leaving),
            sweeping.Place(s.books_url, 'books', sweeping.of_books),
            sweeping.Place(s.accounts_url, 'accounts', sweeping.of_accounts, leaving),
        )

    def _leaving(self, times: Times, now: Instant) -> Collection[str]:
        accounts = SqlAccounts(self.settings.accounts_url)
        try:
            disabled = [one.id for one in accounts.all() if one.disabled and one.personal]
        finally:
            accounts.close()
        return self.store.leaving(disabled, times, now=now)


class Retainer:
    """Implements the port `RetentionOffice`, and does the erasing once started."""

    def __init__(
        self,
        keeping: Keeping,
        *,
        mailbox: Mailbox,
        clock: Callable[[], Instant],
        zone: tzinfo,
        forget: Callable[[], None],
    ) -> None:
        self._keeping, self._mailbox, self._clock = keeping, mailbox, clock
        self._zone, self._forget = zone, forget
        self._thread = Repeated(self._step, name='retention', first=FIRST_SECONDS)

    @property
    def times(self) -> Times:
        """How long what is kept."""
        return self._keeping.times

    @property
    def hour(self) -> int:
        """The hour of the day of the nightly run, at the hospital."""
        return self._keeping.settings.retention_hour

    def due(self) -> Mapping[str, int]:
        """Return how many things the next run erases, by kind."""
        return self._keeping.due(self._clock())

    def holds(self) -> Sequence[Hold]:
        """Return what is held, the oldest first."""
        return self._keeping.store.holds()

    def hold(self, delivery: DeliveryId, *, why: str, by: str) -> str:
        """Hold a delivery; return '' or the code of what is wrong."""
        return self._keeping.hold(delivery, why=why, by=by, now=self._clock())

    def release(self, delivery: DeliveryId) -> bool:
        """Hold it no more; return whether it was held."""
        return self._keeping.store.release(delivery)

    def runs(self, limit: int) -> Sequence[Run]:
        """Return the newest runs, newest first."""
        return self._keeping.store.runs(limit)

    def ask(self, by: str) -> None:
        """Have a run begin within some seconds; one that is under way is enough."""
        self._keeping.store.ask(by, now=self._clock())

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End after the batch under way; the rest is for the next start."""
        self._thread.stop(within=2.0)
        self._keeping.store.close()

    def look(self) -> bool:
        """Do what was asked for, or is due tonight; return whether there was something."""
        now, store = self._clock(), self._keeping.store
        newest = next(iter(store.runs(1)), None)
        if newest is None or newest.asked < last_night(now, self.hour, self._zone):
            store.ask('system', now=now)
            newest = store.runs(1)[0]
        if newest.ended is not None:
            return False
        try:
            counts = self._keeping.erase(self._send, now)
        except Overloaded:
            log.warning('retention_waits', hint='the manager is busy: it goes on in some minutes')
            raise
        except (StoreFailed, StoreUnavailable) as error:
            log.warning('retention_failed', problem=str(error))
            store.end(newest.number, counts={}, problem=str(error), now=self._clock())
            raise
        self._forget()
        store.end(newest.number, counts=counts, now=self._clock())
        log.info('retention_done', **counts)
        return True

    def _send(self, command: ApplyRetention) -> None:
        if self._thread.wait(PAUSE_SECONDS):
            raise _Stopped
        try:
            self._mailbox.submit(command).result(ANSWER_SECONDS)
        except Overloaded:
            raise
        except Exception:  # noqa: BLE001 - the kernel ended or has no time: the next run goes on
            raise Overloaded from None

    def _step(self) -> float | None:
        try:
            self.look()
        except (StoreFailed, StoreUnavailable, Overloaded):
            return AFTER_FAILURE_SECONDS
        except _Stopped:
            return None
        return LOOK_SECONDS


class _Stopped(FleetError):
    """The manager ends; the next one goes on."""


def last_night(now: Instant, hour: int, zone: tzinfo) -> Instant:
    """Return when it was last that hour of the day."""
    local = datetime.fromtimestamp(now / 1_000, zone)
    then = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    if then > local:
        then -= timedelta(days=1)
    return Instant(int(then.timestamp() * 1_000))
