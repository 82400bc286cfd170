"""The journal, the state tables and the pending commands, in one transaction under one epoch.

    store = open_store('sqlite:///fleet.db')        # or postgresql://user:secret@host/fleet
    recovered = store.take_over(holder='host:pid', now=now)
    store.commit(batch, now=now)                    # on the disk when it returns

A commit is: say that we still lead (no row: we are deposed) → append the events, each with the
hash of the one before → follow them in the state tables → keep the newest commands → commit.
After any failure the store writes nothing more: end the process and start again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from sqlalchemy import Connection, Engine, delete, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from fleet_manager.adapters.db import engines, errors, projections, rows
from fleet_manager.adapters.db.chain import Chain, ChainBroken, snapshot_hash
from fleet_manager.adapters.db.migrate import migrate
from fleet_manager.adapters.db.personal import FORGED, Sealer, opened
from fleet_manager.adapters.db.schema import event, leader, snapshot
from fleet_manager.application.ports import (
    Batch,
    Deposed,
    Entry,
    Recovered,
    StoredEntry,
    StoreFailed,
    StoreUnavailable,
)
from fleet_manager.domain.codec import decode, decode_event
from fleet_manager.domain.messages import RetentionApplied
from fleet_manager.domain.units import SECOND, Instant

#: PostgreSQL: a leader that said nothing for so long may be replaced. Beat at least every 5 s.
LEASE: Final = 15 * SECOND
#: SQLite files up to this size are read through when they are opened (about a second).
CHECKED_BYTES: Final = 256 << 20
SNAPSHOTS_KEPT: Final = 2

_LEADER_LOCK: Final = 0x464C4545_54000002
_REPAIR: Final = 'do not change the file; run `fleet journal verify` and restore a backup'

_LEADER: Final = select(leader).where(leader.c.id == 1)
_COMMAND: Final = text(
    'INSERT INTO command (device, number, body, epoch, written_ms) '
    'VALUES (:device, :number, :body, :epoch, :written_ms) '
    'ON CONFLICT (device) DO UPDATE SET number = excluded.number, body = excluded.body, '
    'epoch = excluded.epoch, written_ms = excluded.written_ms'
)
#: The clock that judges a lease: the database's own, the same for every manager.
_DATABASE_NOW: Final = text('(extract(epoch FROM clock_timestamp()) * 1000)::bigint')


def open_store(url: str) -> SqlStore:
    """Open the database and bring its tables up to date. Raises StoreUnavailable."""
    parsed = engines.parse(url)
    path = engines.file_of(parsed)
    lock = None if path is None else engines.FileLock(path)
    try:
        return SqlStore(engines.single_writer(parsed), lock)
    except BaseException:
        if lock is not None:
            lock.release()
        raise


class SqlStore:
    """Implements the port `Store`. Take over and commit from one and the same thread.

    `notes` are sentences for the log: what is weaker here than it could be.
    """

    def __init__(self, engine: Engine, lock: engines.FileLock | None) -> None:
        self._engine = engine
        self._lock = lock
        self._leased = engine.dialect.name == 'postgresql'
        self._has_lock = not self._leased
        self._thread: int | None = None
        self._ended = ''
        self._epoch = 0
        self._head = Chain()
        self._scrub = False
        self.notes: tuple[str, ...] = ()
        try:
            with errors.unavailable('cannot open the database'):
                self._connection = engine.connect()
                with self._connection.begin():
                    self.notes = _look_through(self._connection)
                    migrate(self._connection, 'journal')
            self._sealer = Sealer(self._connection)
        except BaseException:
            engine.dispose()
            raise

    def take_over(
        self,
        *,
        holder: str,
        now: Instant,
        at_least: int = 0,
        readable: Callable[[str], bool] = lambda snapshot: True,
    ) -> Recovered:
        """Become the leader, with an epoch above the database's and above `at_least`.

        `at_least` is the highest epoch a robot has seen: a restored backup may be older than that.
        A snapshot that is not `readable`, as of another version of the program, is left aside:
        the whole journal is read.
        On PostgreSQL raises StoreUnavailable while another leader lives: wait and try again.
        """
        self._thread = threading.get_ident()
        with errors.unavailable('cannot read the journal'), self._connection.begin():
            if self._leased:
                self._wait_for_nobody()
            row = self._connection.execute(_LEADER.with_for_update()).one_or_none()
            if row is None:
                raise StoreUnavailable(f'the leader row is missing: {_REPAIR}')
            epoch = max(row.epoch, at_least) + 1
            try:
                recovered, head = _read_back(self._connection, epoch, readable)
            except ChainBroken as broken:
                raise StoreUnavailable(f'{broken}: {_REPAIR}') from None
            self._connection.execute(
                update(leader)
                .where(leader.c.id == 1)
                .values(epoch=epoch, holder=holder, beat=self._clock(now))
            )
        self._epoch, self._head, self._ended = epoch, head, ''
        return recovered

    def commit(self, batch: Batch, *, now: Instant) -> int:
        """Write the batch; return the sequence of the newest entry. Raises Deposed, StoreFailed.

        An empty batch is a heartbeat. On PostgreSQL commit something every 5 s.
        """
        if self._ended:
            raise StoreFailed(f'nothing is written after a failure: {self._ended}')
        if self._thread != threading.get_ident():
            raise StoreFailed('take over first, and commit from that thread only')
        head = self._head.copy()
        try:
            with errors.failed('cannot commit'), self._connection.begin():
                self._say_we_lead(now)
                self._append(batch.entries, head)
                self._keep_commands(batch, now)
                if batch.snapshot is not None:
                    if self._scrub:
                        self._connection.execute(delete(snapshot))
                    _keep_snapshot(self._connection, head, batch.snapshot)
        except BaseException as error:
            self._ended = str(error) or type(error).__name__
            raise
        self._head = head
        self._scrub = self._scrub and not engines.cut_wal(self._connection)
        return head.seq

    def head(self) -> tuple[int, str]:
        """Return sequence and hash of the newest entry: note it outside, as an anchor."""
        return self._head.seq, self._head.hash

    def close(self) -> None:
        """Give the lock back. Safe to call twice and after a failure."""
        self._ended = self._ended or 'closed'
        try:
            with errors.failed('cannot close the database'):
                self._unlock()
                self._connection.close()
                self._engine.dispose()
        finally:
            if self._lock is not None:
                self._lock.release()

    def _wait_for_nobody(self) -> None:
        """Refuse while another leader lives. The lock only speeds up: it goes with its session."""
        if self._try_lock():
            return
        query = select(leader.c.holder, leader.c.epoch, _DATABASE_NOW - leader.c.beat)
        holder, epoch, silent = self._connection.execute(query.where(leader.c.id == 1)).one()
        if silent < LEASE:
            raise StoreUnavailable(
                f'{holder} leads with epoch {epoch} and wrote {silent / SECOND:.0f} s ago: '
                f'end it, or wait until it is silent for {LEASE // SECOND} s'
            )

    def _try_lock(self) -> bool:
        query = text('SELECT pg_try_advisory_lock(:key)')
        self._has_lock = bool(self._connection.execute(query, {'key': _LEADER_LOCK}).scalar_one())
        return self._has_lock

    def _unlock(self) -> None:
        """Let a stand-by lead at once: a session that ends is gone only a moment later."""
        if self._leased and self._has_lock:
            with suppress(SQLAlchemyError):  # a connection that is lost took its lock along
                self._connection.rollback()
                self._connection.execute(text('SELECT pg_advisory_unlock_all()'))

    def _say_we_lead(self, now: Instant) -> None:
        beat = update(leader).where(leader.c.id == 1, leader.c.epoch == self._epoch)
        if self._connection.execute(beat.values(beat=self._clock(now))).rowcount != 1:
            raise Deposed(f'another manager leads now; our epoch was {self._epoch}')
        if not self._has_lock:
            self._try_lock()

    def _clock(self, now: Instant) -> object:
        return _DATABASE_NOW if self._leased else now

    def _append(self, entries: tuple[Entry, ...], head: Chain) -> None:
        if not entries:
            return
        lines, hidden = [], []
        for entry in entries:
            sealed = self._sealer.seal(entry, head.seq + 1)
            lines.append(head.append(sealed.entry, epoch=self._epoch))
            hidden.append(sealed.hidden)
        self._connection.execute(insert(event), [rows.to_row(line) for line in lines])
        self._sealer.write()
        for entry, nameless in zip(entries, hidden, strict=True):
            if projections.changes_tables(entry.kind):
                told = entry if projections.needs_names(entry.kind) else nameless
                happened = decode_event(entry.kind, told.body)
                projections.project(self._connection, entry.at, happened)
            elif entry.kind == 'RetentionApplied':
                self._erase(decode(RetentionApplied, entry.body))

    def _erase(self, applied: RetentionApplied) -> None:
        """Erase in the transaction that says so. No older snapshot outlives the next one.

        All snapshots go at once then: SQLite leaves nothing of a table that is emptied.
        """
        self._sealer.erase(applied.sort, deliveries=applied.deliveries, through=applied.through)
        self._scrub = True

    def _keep_commands(self, batch: Batch, now: Instant) -> None:
        if batch.commands:
            self._connection.execute(
                _COMMAND,
                [
                    {
                        'device': device,
                        'number': number,
                        'body': body,
                        'epoch': self._epoch,
                        'written_ms': now,
                    }
                    for device, number, body in batch.commands
                ],
            )


def _look_through(connection: Connection) -> tuple[str, ...]:
    """Check a SQLite file for damage; return what is weak here."""
    if connection.dialect.name != 'sqlite':
        return ()
    notes = []
    version = connection.exec_driver_sql('SELECT sqlite_version()').scalar_one()
    if tuple(map(int, version.split('.'))) < engines.SAFE_WAL:
        notes.append(
            f'SQLite {version} can damage a WAL file that two connections write: only this '
            'program may write this file'
        )
    pages = connection.exec_driver_sql('PRAGMA page_count').scalar_one()
    page_size = connection.exec_driver_sql('PRAGMA page_size').scalar_one()
    if pages * page_size > CHECKED_BYTES:
        notes.append('the file is large and was not looked through for damage')
        return tuple(notes)
    found = connection.exec_driver_sql('PRAGMA quick_check(1)').scalar_one()
    if found != 'ok':
        raise StoreUnavailable(f'the file is damaged ({found}): {_REPAIR}')
    return tuple(notes)


def _read_back(
    connection: Connection, epoch: int, readable: Callable[[str], bool]
) -> tuple[Recovered, Chain]:
    """Read the newest snapshot and every entry after it, and check both. Raises ChainBroken."""
    if connection.dialect.name == 'postgresql':
        connection.execute(text('SET LOCAL statement_timeout = 0'))
    newest = connection.execute(select(snapshot).order_by(snapshot.c.seq.desc()).limit(1)).first()
    head = Chain() if newest is None else _anchor(connection, newest.seq)
    if newest is not None and snapshot_hash(head.hash, newest.body) != newest.hash:
        raise StoreUnavailable(
            f'the snapshot after journal line {newest.seq} was changed: {_REPAIR}. If the journal '
            'is whole the newest row of the table `snapshot` may be removed: it is made again'
        )
    if newest is not None and not readable(newest.body):
        newest, head = None, Chain()
    entries: list[StoredEntry] = []
    start = head.seq
    while page := rows.page(connection, rows.ALL, after=head.seq, limit=rows.PAGE):
        for stored in page:
            head.follow(stored)
        for one in opened(connection, page):
            if one.forged:
                raise ChainBroken(one.stored.seq, FORGED)
            entries.append(one.stored)
    body = None if newest is None else newest.body
    return Recovered(epoch, body, start, tuple(entries)), head


def _anchor(connection: Connection, seq: int) -> Chain:
    """Return the chain as it ends at `seq`, after checking that line by itself."""
    if seq == 0:
        return Chain()
    row = connection.execute(select(event).where(event.c.seq == seq)).one_or_none()
    if row is None:
        raise ChainBroken(seq, 'is missing, a snapshot was taken after it')
    chain = Chain(seq - 1, row.prev_hash)
    chain.follow(rows.from_row(row))
    return chain


def _keep_snapshot(connection: Connection, head: Chain, body: str) -> None:
    connection.execute(delete(snapshot).where(snapshot.c.seq == head.seq))
    connection.execute(
        insert(snapshot),
        {'seq': head.seq, 'body': body, 'hash': snapshot_hash(head.hash, body)},
    )
    newest = select(snapshot.c.seq).order_by(snapshot.c.seq.desc()).limit(SNAPSHOTS_KEPT)
    connection.execute(delete(snapshot).where(snapshot.c.seq.not_in(newest)))
