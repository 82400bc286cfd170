"""Reading the journal: for pages, for `fleet journal show` and `fleet journal verify`.

Cannot write. Works beside a running manager, and on a copied or exported file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, select

from fleet_manager.adapters.db import engines, errors, rows
from fleet_manager.adapters.db.chain import GENESIS, Chain, ChainBroken
from fleet_manager.adapters.db.personal import Erased, Opened, opened
from fleet_manager.adapters.db.schema import event
from fleet_manager.application.ports import StoredEntry, StoreUnavailable
from fleet_manager.domain.codec import decode_event
from fleet_manager.domain.deliveries.custody import Custody, custody
from fleet_manager.domain.units import Instant

#: The most lines one call returns.
MAX_LIMIT: Final = 1_000


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a check of the whole journal found: `count` good lines, ending in `head_hash`.

    `first_bad` is the number of the first line that does not fit, `problem` says why. Note
    (`count`, `head_hash`) outside the database: it is the anchor for the next check.
    """

    count: int
    head_hash: str
    first_bad: int | None = None
    problem: str = ''


class JournalReader:
    """Reads the journal of a database. Safe from several threads."""

    def __init__(self, url: str) -> None:
        self._engine = engines.reader(engines.parse(url))
        self._all: Select[Any] | None = None

    def entries(
        self,
        after: int,
        limit: int,
        *,
        delivery: str | None = None,
        robot: str | None = None,
        kind: str | None = None,
        about_deliveries: bool = False,
    ) -> tuple[StoredEntry, ...]:
        """Return up to `limit` (at most 1,000) lines after `after` of one delivery, robot or kind.

        `about_deliveries` leaves out what is about none.

        Raises StoreUnavailable when the database cannot be read.
        """
        only = []
        if delivery is not None:
            only.append(event.c.delivery == delivery)
        if robot is not None:
            only.append(event.c.robot == robot)
        if kind is not None:
            only.append(event.c.kind == kind)
        if about_deliveries:
            only.append(event.c.delivery.is_not(None))
        with self._reading() as connection:
            page = self._page(connection, after, limit, *only)
            return tuple(one.stored for one in opened(connection, page))

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with errors.unavailable('cannot read the journal'), self._engine.connect() as connection:
            yield connection

    def _page(
        self,
        connection: Connection,
        after: int,
        limit: int,
        *only: ColumnElement[bool],
        newest_first: bool = False,
    ) -> tuple[StoredEntry, ...]:
        """Read lines as they were written."""
        if self._all is None:
            self._all = rows.all_lines(connection)
        limit = max(0, min(limit, MAX_LIMIT))
        query = self._all.where(*only)
        if newest_first:
            query = query.order_by(None).order_by(event.c.seq.desc())
        return rows.page(connection, query, after=after, limit=limit)

    def requests_before(self, seq: int, limit: int) -> tuple[StoredEntry, ...]:
        """Return the newest requests for deliveries before a line, newest first; 0 is the end.

        Raises StoreUnavailable when the database cannot be read.
        """
        only = [event.c.kind == 'DeliveryRequested', *([event.c.seq < seq] if seq else [])]
        with self._reading() as connection:
            page = self._page(connection, 0, limit, *only, newest_first=True)
            return tuple(one.stored for one in opened(connection, page))

    def custody(self, delivery: str) -> Custody | None:
        """Return who had the parcel of a delivery from when to when; None where there is none.

        Raises StoreUnavailable when the database cannot be read.
        """
        lines: list[StoredEntry] = []
        while page := self.entries(lines[-1].seq if lines else 0, MAX_LIMIT, delivery=delivery):
            lines += page
        entries = (stored.entry for stored in lines)
        return custody((e.at, decode_event(e.kind, e.body)) for e in entries)

    def head(self) -> int:
        """Return the number of the last line, 0 for none. Raises StoreUnavailable."""
        newest = select(func.max(event.c.seq))
        with errors.unavailable('cannot read the journal'), self._engine.connect() as connection:
            return connection.execute(newest).scalar_one() or 0

    def verify(self, *, expect_head: tuple[int, str] | None = None) -> VerifyReport:
        """Check every line. `expect_head` is an anchor: number and hash of a line noted before.

        Without an anchor a cut tail, or a chain forged from some line to the end, cannot be seen.
        Raises StoreUnavailable when the database cannot be read at all.
        """
        chain, erased = Chain(), Erased()
        try:
            for stored, found in self._lines():
                chain.follow(stored)
                erased.look(found)
                if expect_head is not None and stored.seq == expect_head[0]:
                    _compare(stored, expect_head[1])
        except ChainBroken as broken:
            return VerifyReport(chain.seq, chain.hash, broken.seq, broken.problem)
        except StoreUnavailable as error:
            if chain.seq == 0:
                raise
            return VerifyReport(chain.seq, chain.hash, chain.seq + 1, str(error))
        if (seq := erased.without_reason()) is not None:
            return VerifyReport(chain.seq, chain.hash, seq, 'lost a name or text unlawfully')
        if expect_head is not None and chain.seq < expect_head[0]:
            problem = f'the tail is cut off: the journal once reached line {expect_head[0]}'
            return VerifyReport(chain.seq, chain.hash, chain.seq + 1, problem)
        return VerifyReport(chain.seq, chain.hash)

    def newest(self) -> tuple[int, str]:
        """Return number and hash of the newest line: note it outside, as an anchor."""
        newest = select(event.c.seq, event.c.hash).order_by(event.c.seq.desc()).limit(1)
        with errors.unavailable('cannot read the journal'), self._engine.connect() as connection:
            row = connection.execute(newest).one_or_none()
        return (0, GENESIS) if row is None else (row.seq, row.hash)

    def line_before(self, moment: Instant) -> int:
        """Return the number of the last line before a moment, by halving: times only grow."""
        low, high = 0, self.newest()[0]
        while low < high:
            middle = (low + high + 1) // 2
            found = self.entries(middle - 1, 1)
            if found and found[0].entry.at < moment:
                low = middle
            else:
                high = middle - 1
        return low

    def _lines(self) -> Iterator[tuple[StoredEntry, Opened]]:
        """Read every line; a page is a transaction, so that a running manager is not held up."""
        seq, limit = 0, MAX_LIMIT
        while True:
            try:
                with self._reading() as connection:
                    page = self._page(connection, seq, limit)
                    found = opened(connection, page)
            except StoreUnavailable:
                if limit == 1:
                    raise
                limit = 1  # go on line by line, to the one that cannot be read
                continue
            if not page:
                return
            yield from zip(page, found, strict=True)
            seq = page[-1].seq

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


def _compare(stored: StoredEntry, anchor: str) -> None:
    if stored.hash != anchor:
        raise ChainBroken(
            stored.seq, 'differs from the anchor: this line or one before was forged'
        )
