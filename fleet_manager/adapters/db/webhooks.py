"""Subscriptions of other systems: who is told what, and how far they are told.

The secrets are kept as they are, since each POST is signed with one: the file is readable by its
owner only.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from fleet_manager.adapters.db import engines, errors
from fleet_manager.adapters.db.migrate import opened
from fleet_manager.adapters.db.schema import dead_letter, webhook
from fleet_manager.application.webhooks import MAX_WEBHOOKS, MOST_DEAD, DeadLetter, Webhook
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.units import Instant

#: The most dead letters one call returns.
MAX_LIMIT: Final = 1_000


class SqlWebhooks:
    """Implements the port `Webhooks`. Safe from several threads and several processes."""

    def __init__(self, url: str) -> None:
        """Open the database and bring its tables up to date. Raises StoreUnavailable."""
        self._engine = opened(url, 'webhooks', 'the webhooks')
        self._reading = engines.read_only(self._engine)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def all(self) -> tuple[Webhook, ...]:
        """Return every subscription, the oldest first."""
        query = select(webhook).order_by(webhook.c.made_at, webhook.c.id)
        with errors.failed('cannot read the webhooks'), self._reading.begin() as connection:
            return tuple(_webhook(row) for row in connection.execute(query))

    def get(self, webhook_id: str) -> Webhook | None:
        """Return one subscription."""
        query = select(webhook).where(webhook.c.id == webhook_id)
        with errors.failed('cannot read the webhooks'), self._reading.begin() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _webhook(row)

    def add(self, new: Webhook) -> bool:
        """Keep a new one. False when there are `MAX_WEBHOOKS` already."""
        count = select(func.count()).select_from(webhook)
        with errors.failed('cannot write the webhook'), self._engine.begin() as connection:
            if connection.execute(count).scalar_one() >= MAX_WEBHOOKS:
                return False
            fixed = {
                'id': new.id,
                'url': new.url,
                'secret': new.secret,
                'events': ' '.join(sorted(new.events)),
                'station': new.station,
                'made_by': new.made_by,
                'made_at': new.made_at,
                'paused': new.paused,
            }
            connection.execute(insert(webhook), fixed | _progress(new))
        return True

    def remove(self, webhook_id: str) -> None:
        """Forget a subscription and its dead letters; nothing when there is none."""
        with errors.failed('cannot remove the webhook'), self._engine.begin() as connection:
            connection.execute(delete(dead_letter).where(dead_letter.c.webhook == webhook_id))
            connection.execute(delete(webhook).where(webhook.c.id == webhook_id))

    def save(self, now: Webhook, *, dead: DeadLetter | None = None) -> None:
        """Write how far a subscription is, in one step with what was set aside."""
        values = _progress(now) | ({'paused': now.paused} if now.paused else {})
        with errors.failed('cannot write the webhook'), self._engine.begin() as connection:
            changed = update(webhook).where(webhook.c.id == now.id).values(values)
            if connection.execute(changed).rowcount == 1 and dead is not None:
                _set_aside(connection, dead)

    def set_paused(self, webhook_id: str, reason: str) -> None:
        """Pause, or go on with an empty reason: at once, and as if nothing had failed."""
        values: dict[str, Any] = {'paused': reason}
        if not reason:
            values |= {'tries': 0, 'next_at': 0, 'problem': ''}
        with errors.failed('cannot write the webhook'), self._engine.begin() as connection:
            connection.execute(update(webhook).where(webhook.c.id == webhook_id).values(values))

    def dead(
        self, webhook_id: str, *, again: bool = False, limit: int = 100
    ) -> tuple[DeadLetter, ...]:
        """Return what was set aside, the oldest first; with `again` what is to be sent again."""
        query = select(dead_letter).where(dead_letter.c.webhook == webhook_id)
        if again:
            query = query.where(dead_letter.c.again.is_(True))
        query = query.order_by(dead_letter.c.seq).limit(min(limit, MAX_LIMIT))
        with errors.failed('cannot read the webhooks'), self._reading.begin() as connection:
            rows = connection.execute(query).all()
        return tuple(
            DeadLetter(row.webhook, row.seq, row.event, Instant(row.at_ms), row.problem, row.again)
            for row in rows
        )

    def refused(self, *, since: Instant) -> frozenset[str]:
        """Return the subscriptions that refused something since then that is still set aside."""
        newest = select(dead_letter.c.webhook).where(dead_letter.c.at_ms >= since).distinct()
        with errors.failed('cannot read the webhooks'), self._reading.begin() as connection:
            return frozenset(connection.execute(newest).scalars())

    def send_again(self, webhook_id: str, seq: int) -> bool:
        """Ask for a dead letter to be sent once more. False when there is none."""
        changed = update(dead_letter).where(*_this(webhook_id, seq)).values(again=True)
        with errors.failed('cannot write the webhook'), self._engine.begin() as connection:
            return connection.execute(changed).rowcount == 1

    def dismiss(self, webhook_id: str, first: int, last: int) -> int:
        """Forget the dead letters from line `first` to `last` for good; return how many."""
        these = dead_letter.c.webhook == webhook_id, dead_letter.c.seq.between(first, last)
        with errors.failed('cannot write the webhook'), self._engine.begin() as connection:
            return connection.execute(delete(dead_letter).where(*these)).rowcount

    def settle(self, webhook_id: str, seq: int, *, problem: str = '') -> None:
        """Forget a dead letter that was taken, or note why it was not."""
        this = _this(webhook_id, seq)
        with errors.failed('cannot write the webhook'), self._engine.begin() as connection:
            if problem:
                values = {'again': False, 'problem': problem}
                connection.execute(update(dead_letter).where(*this).values(values))
            else:
                connection.execute(delete(dead_letter).where(*this))


def _this(webhook_id: str, seq: int) -> tuple[Any, Any]:
    return dead_letter.c.webhook == webhook_id, dead_letter.c.seq == seq


def _progress(now: Webhook) -> dict[str, Any]:
    return {
        'position': now.position,
        'tries': now.tries,
        'next_at': now.next_at,
        'problem': now.problem,
        'delivered': now.delivered,
    }


def _set_aside(connection: Connection, dead: DeadLetter) -> None:
    """Keep a dead letter once, and the newest `MOST_DEAD` of them."""
    connection.execute(delete(dead_letter).where(*_this(dead.webhook, dead.seq)))
    values = {
        'webhook': dead.webhook,
        'seq': dead.seq,
        'event': dead.event,
        'at_ms': dead.at,
        'problem': dead.problem,
        'again': dead.again,
    }
    connection.execute(insert(dead_letter), values)
    mine = dead_letter.c.webhook == dead.webhook
    kept = select(dead_letter.c.seq).where(mine).order_by(dead_letter.c.seq.desc())
    connection.execute(
        delete(dead_letter).where(mine, dead_letter.c.seq.not_in(kept.limit(MOST_DEAD)))
    )


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        secret=row.secret,
        events=frozenset(row.events.split()),
        station=None if row.station is None else StationId(row.station),
        position=row.position,
        made_by=row.made_by,
        made_at=Instant(row.made_at),
        tries=row.tries,
        next_at=Instant(row.next_at),
        problem=row.problem,
        paused=row.paused,
        delivered=row.delivered,
    )
