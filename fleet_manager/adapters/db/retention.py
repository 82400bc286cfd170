"""Holds and runs of the retention, and since when accounts are disabled."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import delete, func, insert, select, update

from fleet_manager.adapters.db import engines, errors
from fleet_manager.adapters.db.migrate import opened
from fleet_manager.adapters.db.retention_tables import disabled as disabled_accounts
from fleet_manager.adapters.db.retention_tables import hold as holds
from fleet_manager.adapters.db.retention_tables import run as runs
from fleet_manager.application.retention import DAY, MOST_HOLDS, RUNS_KEPT, Hold, Run, Times
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.units import Instant

MAX_PROBLEM: Final = 300


class SqlRetention:
    """Keeps what people decide about retention. Safe from several threads and processes."""

    def __init__(self, url: str) -> None:
        """Open the database and bring its tables up to date. Raises StoreUnavailable."""
        self._engine = opened(url, 'retention', 'what is held')
        self._reading = engines.read_only(self._engine)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    # --- holds ---

    def holds(self) -> Sequence[Hold]:
        """Return what is held, the oldest first."""
        query = select(holds).order_by(holds.c.at_ms, holds.c.delivery)
        with errors.failed('cannot read the holds'), self._reading.begin() as connection:
            return [
                Hold(DeliveryId(row.delivery), row.why, row.by_whom, Instant(row.at_ms))
                for row in connection.execute(query)
            ]

    def hold(self, one: Hold) -> bool:
        """Hold a delivery, or change the reason. Return False when too many are held."""
        values = {'why': one.why, 'by_whom': one.by, 'at_ms': one.at}
        with errors.failed('cannot write the hold'), self._engine.begin() as connection:
            same = update(holds).where(holds.c.delivery == one.delivery).values(values)
            if connection.execute(same).rowcount:
                return True
            count = select(func.count()).select_from(holds)
            if connection.execute(count).scalar_one() >= MOST_HOLDS:
                return False
            connection.execute(insert(holds), values | {'delivery': one.delivery})
        return True

    def release(self, delivery: DeliveryId) -> bool:
        """Hold a delivery no more; return whether it was held."""
        gone = delete(holds).where(holds.c.delivery == delivery)
        with errors.failed('cannot write the hold'), self._engine.begin() as connection:
            return connection.execute(gone).rowcount == 1

    # --- runs ---

    def ask(self, by: str, *, now: Instant) -> int:
        """Ask for a run, where none waits or goes on already; return its number."""
        with errors.failed('cannot ask for the run'), self._engine.begin() as connection:
            waiting = select(func.max(runs.c.number)).where(runs.c.ended_ms.is_(None))
            number = connection.execute(waiting).scalar_one()
            if number is not None:
                return int(number)
            row = {'by_whom': by, 'asked_ms': now, 'counts': '{}', 'problem': ''}
            connection.execute(insert(runs), row)
            return int(connection.execute(select(func.max(runs.c.number))).scalar_one())

    def end(
        self, number: int, *, counts: Mapping[str, int], problem: str = '', now: Instant
    ) -> None:
        """Note what came of a run."""
        values = {
            'ended_ms': now,
            'counts': json.dumps(dict(counts), sort_keys=True),
            'problem': problem[:MAX_PROBLEM],
        }
        with errors.failed('cannot note the run'), self._engine.begin() as connection:
            connection.execute(update(runs).where(runs.c.number == number).values(values))
            connection.execute(delete(runs).where(runs.c.number <= number - RUNS_KEPT))
        engines.write_anew(self._engine)

    def runs(self, limit: int) -> Sequence[Run]:
        """Return the newest runs, newest first."""
        query = select(runs).order_by(runs.c.number.desc()).limit(limit)
        with errors.failed('cannot read the runs'), self._reading.begin() as connection:
            return [
                Run(
                    row.number,
                    row.by_whom,
                    Instant(row.asked_ms),
                    None if row.ended_ms is None else Instant(row.ended_ms),
                    json.loads(row.counts),
                    row.problem,
                )
                for row in connection.execute(query)
            ]

    # --- accounts ---

    def leaving(self, disabled: Collection[str], times: Times, *, now: Instant) -> Collection[str]:
        """Note which accounts are disabled now; return those that are for too long."""
        known = disabled_accounts
        with errors.failed('cannot note the accounts'), self._engine.begin() as connection:
            rows = connection.execute(select(known)).all()
            since = {row.account: row.since_ms for row in rows}
            back = [name for name in since if name not in disabled]
            connection.execute(delete(known).where(known.c.account.in_(back)))
            fresh = [{'account': name, 'since_ms': now} for name in disabled if name not in since]
            if fresh:
                connection.execute(insert(known), fresh)
        old = now - times.accounts * DAY
        return [name for name in disabled if since.get(name, now) < old]
