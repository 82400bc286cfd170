"""Tells subscribers what happened: a thread that follows the journal for each of them.

1. Look twice a second which subscriptions may be told something, and give each to a worker.
2. A worker sends one event at a time, in the order of the journal, and writes down that it was
   taken before it sends the next: after a kill the last one may come twice, none is left out.
3. What is refused for good is set aside, a receiver that is away is tried again ever more rarely,
   and left alone after some two hours: then a person is needed.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

import structlog

from fleet_manager.adapters.db.reader import JournalReader
from fleet_manager.adapters.db.webhooks import SqlWebhooks
from fleet_manager.adapters.webhooks.sender import Sender
from fleet_manager.application.ports import StoredEntry, StoreFailed, StoreUnavailable
from fleet_manager.application.webhooks import (
    NAMES,
    UNREACHABLE,
    DeadLetter,
    Verdict,
    Webhook,
    Webhooks,
    WrongWebhook,
    after,
    payload,
    signed,
    verdict,
    wants,
)
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.messages import WebhookReport
from fleet_manager.domain.units import HOUR, Instant
from fleet_manager.entry.metrics import Metrics
from fleet_manager.entry.repeated import Repeated

#: How late an event may be told, in seconds, where nothing else holds it up.
POLL_SECONDS: Final = 0.5
#: Receivers told at the same time; a slow one holds up a worker for 15 s at most.
WORKERS: Final = 4
#: Journal lines looked at in one go.
PAGE: Final = 500
#: Lines passed over in silence until the position is written all the same.
SILENT_LINES: Final = 5_000
#: How long operators are told of an event that was refused and not sent again, in ms.
ALERT_MS: Final = 24 * HOUR
#: Deliveries whose first line is remembered.
REMEMBERED: Final = 2_000

log = structlog.get_logger('webhooks')


class Courier:
    """Implements the port `WebhookOffice`, and does the telling once started."""

    def __init__(
        self,
        *,
        kept: SqlWebhooks,
        sender: Sender,
        journal: str,
        clock: Callable[[], Instant],
        metrics: Metrics,
        report: Callable[[WebhookReport], None],
    ) -> None:
        """`report` tells operators which subscriptions need a person."""
        self._kept, self._sender, self._journal = kept, sender, journal
        self._clock, self._metrics, self._report = clock, metrics, report
        self._troubles: dict[str, str] = {}
        self._reader: JournalReader | None = None
        self._passed: dict[str, int] = {}
        self._first: OrderedDict[str, StoredEntry] = OrderedDict()
        self._lock = threading.Lock()
        self._busy: dict[str, Future[None]] = {}
        self._failing = False
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix='webhook')
        self._thread = Repeated(self._step, name='webhooks', first=POLL_SECONDS)

    # --- what people ask for ---

    @property
    def kept(self) -> Webhooks:
        """Where subscriptions are kept."""
        return self._kept

    def subscribe(
        self, *, url: str, events: frozenset[str], station: StationId | None, made_by: str
    ) -> Webhook:
        """Make one that is told what happens from now on. Raises WrongWebhook."""
        self._sender.check(url)
        made = Webhook(
            id=f'w{secrets.token_hex(8)}',
            url=url,
            secret=f'whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}',
            events=events,
            station=station,
            position=self._journal_reader().head(),
            made_by=made_by,
            made_at=self._clock(),
        )
        if not self._kept.add(made):
            raise WrongWebhook('webhook_too_many')
        return made

    # --- telling ---

    def start(self) -> None:
        """Begin to tell."""
        self._thread.start()

    def stop(self) -> None:
        """Tell nobody anything more; what is being sent may come again after the next start."""
        self._thread.stop(within=POLL_SECONDS * 4)
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._reader is not None:
            self._reader.close()
        self._kept.close()

    def forget(self) -> None:
        """Read again what is told: names and texts may have been erased meanwhile."""
        with self._lock:
            self._first.clear()

    def _step(self) -> float:
        try:
            self._look()
            self._failing = False
        except (StoreFailed, StoreUnavailable) as error:
            if not self._failing:
                log.warning('webhooks_unread', problem=str(error))
            self._failing = True
        return POLL_SECONDS

    def _look(self) -> None:
        known = self._kept.all()
        self._metrics.webhooks_paused.set(sum(bool(one.paused) for one in known))
        self._tell_operators(known)
        self._busy = {name: job for name, job in self._busy.items() if not job.done()}
        for webhook in known:
            due = webhook.next_at <= self._clock()
            if due and webhook.id not in self._busy and not self._thread.stopping:
                self._busy[webhook.id] = self._pool.submit(self._work, webhook.id)

    def _tell_operators(self, known: Sequence[Webhook]) -> None:
        """Report the troubles that began or ended since the last look.

        A subscription that a person paused is as it was wanted.
        """
        refused = self._kept.refused(since=Instant(self._clock() - ALERT_MS))
        now = dict.fromkeys(sorted(refused), 'refused')
        now |= {one.id: 'paused' for one in known if one.paused == UNREACHABLE}
        for name in sorted(now.keys() | self._troubles.keys()):
            if now.get(name) != self._troubles.get(name):
                self._report(WebhookReport(name, now.get(name, '')))
        self._troubles = now

    def _work(self, name: str) -> None:
        """Tell one subscriber all there is, until it fails or somebody stops it."""
        try:
            self._send_again(name)
            while not self._thread.stopping and self._tell_next(name):
                pass
        except (StoreFailed, StoreUnavailable) as error:
            log.warning('webhook_held_up', webhook=name, problem=str(error))
        except Exception:
            log.exception('webhook_broken', webhook=name)

    def _tell_next(self, name: str) -> bool:
        webhook = self._kept.get(name)
        if webhook is None or webhook.paused or webhook.next_at > self._clock():
            return False
        found = self._next(webhook)
        if found is None:
            return False
        stored, told = found
        what, problem = self._post(webhook, told)
        then = after(webhook, stored.seq, what, problem=problem, now=self._clock())
        dead = None
        if what is Verdict.REFUSED:
            dead = DeadLetter(name, stored.seq, told['type'], self._clock(), problem)
            log.warning('webhook_refused', webhook=name, seq=stored.seq, problem=problem)
        self._kept.save(then, dead=dead)
        if then.paused:
            log.error('webhook_paused', webhook=name, tries=then.tries, problem=problem)
        return what is not Verdict.FAILED

    def _send_again(self, name: str) -> None:
        webhook = self._kept.get(name)
        for dead in self._kept.dead(name, again=True):
            if webhook is None or self._thread.stopping:
                return
            (stored,) = self._journal_reader().entries(dead.seq - 1, 1)
            what, problem = self._post(webhook, self._told(stored))
            self._kept.settle(name, dead.seq, problem='' if what is Verdict.TAKEN else problem)

    def _post(self, webhook: Webhook, told: Mapping[str, Any]) -> tuple[Verdict, str]:
        body = json.dumps(told, separators=(',', ':')).encode()
        headers = {
            'content-type': 'application/json',
            'user-agent': 'hospital-fleet',
            **signed(webhook.secret, name=f'e{told["id"]}', at=self._clock(), body=body),
        }
        status, problem = self._sender.post(webhook.url, headers, body)
        what = verdict(status)
        self._metrics.webhook_posts.labels(what.value).inc()
        return what, problem or f'http_{status}'

    def _next(self, webhook: Webhook) -> tuple[StoredEntry, Mapping[str, Any]] | None:
        """Return the next line the subscriber is to be told of, as it is told."""
        seq = max(webhook.position, self._passed.get(webhook.id, 0))
        while page := self._journal_reader().entries(seq, PAGE):
            for stored in page:
                if stored.entry.kind in NAMES:
                    told = self._told(stored)
                    if wants(webhook, told):
                        return stored, told
                seq = self._passed[webhook.id] = stored.seq
            if seq - webhook.position > SILENT_LINES:
                webhook = replace(webhook, position=seq)
                self._kept.save(webhook)
        return None

    def _told(self, stored: StoredEntry) -> Mapping[str, Any]:
        delivery = stored.entry.delivery or ''
        with self._lock:
            first = self._first.get(delivery)
        if first is None:
            found = self._journal_reader().entries(
                0, 1, delivery=delivery, kind='DeliveryRequested'
            )
            first = found[0] if found else None
            if first is not None:
                with self._lock:
                    self._first[delivery] = first
                    if len(self._first) > REMEMBERED:
                        self._first.popitem(last=False)
        return payload(stored, first)

    def _journal_reader(self) -> JournalReader:
        with self._lock:
            if self._reader is None:
                self._reader = JournalReader(self._journal)
            return self._reader
