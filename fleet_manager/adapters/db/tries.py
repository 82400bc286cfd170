"""Wrong tries, counted for what was typed: a name, or the device wrong badges come from."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, func, select, text, update

from fleet_manager.adapters.db.schema import attempt as attempts
from fleet_manager.domain.units import HOUR, MINUTE, SECOND, Instant

TRIES: Final = 5
FIRST_LOCK: Final = 60 * SECOND
LONGEST_LOCK: Final = 15 * MINUTE
#: Tries are forgotten after a day.
TRIES_KEPT_FOR: Final = 24 * HOUR
#: The most names whose tries are counted, known or not.
NAMES_KEPT: Final = 10_000

_START_COUNTING: Final = text(
    'INSERT INTO attempt (name_hash, failures, locked_until, last_ms) '
    'VALUES (:name, 0, 0, :now) ON CONFLICT (name_hash) DO NOTHING'
)


def count_try(connection: Connection, name: str, now: Instant) -> bool:
    """Count a try as wrong until it proves right. Returns False while the name is locked."""
    connection.execute(_START_COUNTING, {'name': name, 'now': now})
    this = attempts.c.name_hash == name
    row = connection.execute(select(attempts).where(this).with_for_update()).one()
    if row.locked_until > now:
        return False
    failures = 1 if row.last_ms <= now - TRIES_KEPT_FOR else row.failures + 1
    values = {'failures': failures, 'locked_until': _lock(failures, now), 'last_ms': now}
    connection.execute(update(attempts).where(this).values(values))
    _forget_names(connection, name)
    return True


def _lock(failures: int, now: Instant) -> int:
    if failures < TRIES:
        return 0
    doubled = FIRST_LOCK << min(failures - TRIES, 10)
    return now + min(doubled, LONGEST_LOCK)


def _forget_names(connection: Connection, name: str) -> None:
    """Keep the table small. Names with many tries stay: a flood of new ones unlocks nobody."""
    count = connection.execute(select(func.count()).select_from(attempts)).scalar_one()
    if count > NAMES_KEPT:
        least = (
            select(attempts.c.name_hash)
            .where(attempts.c.name_hash != name)
            .order_by(attempts.c.failures, attempts.c.last_ms)
            .limit(count - NAMES_KEPT)
        )
        connection.execute(delete(attempts).where(attempts.c.name_hash.in_(least)))
