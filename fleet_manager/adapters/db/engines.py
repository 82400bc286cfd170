"""Opening SQLite and PostgreSQL so that a commit is on the disk when it returns.

SQLite: as shipped, Python's sqlite3 begins a transaction at the first write, so that two sessions
can both read a robot as free and both take it. Here every transaction of a writer starts with
BEGIN IMMEDIATE. PostgreSQL: a dead network is noticed within ten seconds, no wait is endless, and
a manager that is frozen inside a transaction loses it.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    QueuePool,
    StaticPool,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import ArgumentError

from fleet_manager.adapters.db import errors
from fleet_manager.application.ports import StoreUnavailable

#: Below this version two connections that write the same WAL file can damage it.
SAFE_WAL: Final = (3, 51, 3)
_BUSY_MS: Final = 5_000
#: A WAL file that once grew is cut back to this.
_WAL_BYTES: Final = 64 << 20
#: Connections of a pool for pages and accounts; more would only queue inside the database.
_POOL_SIZE: Final = 5

#: lock_timeout is longer than idle_in_transaction: a take-over outlives a frozen leader.
_POSTGRES_OPTIONS: Final = (
    '-c lock_timeout=20s -c statement_timeout=30s -c idle_in_transaction_session_timeout=15s'
)
_POSTGRES_ARGUMENTS: Final[dict[str, Any]] = {
    'connect_timeout': 5,
    'keepalives_idle': 4,
    'keepalives_interval': 2,
    'keepalives_count': 3,
    'tcp_user_timeout': 10_000,
    'application_name': 'fleet',
}


def parse(url: str) -> URL:
    """Read a database URL. Raises StoreUnavailable for what is neither SQLite nor PostgreSQL."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreUnavailable(
            'not a database URL: use sqlite:///path or postgresql://…'
        ) from None
    backend = parsed.drivername.partition('+')[0]
    if backend in ('postgresql', 'postgres'):
        return parsed.set(drivername='postgresql+psycopg')
    if backend != 'sqlite':
        raise StoreUnavailable(f'{backend} is not supported: use sqlite:///path or postgresql://…')
    if parsed.database in (None, '', ':memory:'):
        raise StoreUnavailable('SQLite needs a file: sqlite:///path/to/fleet.db')
    return parsed.set(drivername='sqlite')


def file_of(url: URL) -> Path | None:
    """Return the file of a SQLite URL, None for PostgreSQL."""
    return Path(url.database or '') if url.drivername == 'sqlite' else None


def single_writer(url: URL) -> Engine:
    """Return an engine with exactly one connection, which writes the journal."""
    return _writer(url, journal_mode='WAL', pool={'poolclass': StaticPool})


def pool(url: URL) -> Engine:
    """Return an engine with some connections that may all write, from several processes too.

    On SQLite without WAL: in older versions two writers can damage a WAL file. A block under
    `read_only(engine)` does not keep writers out.
    """
    return _writer(url, journal_mode='DELETE', pool=_QUEUE)


def read_only(engine: Engine) -> Engine:
    """Return `engine` for blocks that only read."""
    return engine.execution_options(begin_with='BEGIN')


def reader(url: URL) -> Engine:
    """Return an engine that cannot write. Works beside a running manager and on a copied file."""
    path = file_of(url)
    if path is None:
        return _postgres(url, extra=' -c default_transaction_read_only=on', pool=_QUEUE)
    if not path.is_file():
        raise StoreUnavailable(f'{path}: there is no such file')
    uri = f'file:{quote(str(path.absolute()))}?mode=ro'
    if not os.access(path.parent, os.W_OK) and not path.with_name(path.name + '-wal').exists():
        uri += '&immutable=1'  # a copy on a read-only disk: nobody can be writing it

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, check_same_thread=False)

    engine = create_engine('sqlite://', creator=connect, **_QUEUE)
    _set_up(engine, pragmas=(f'busy_timeout={_BUSY_MS}', 'query_only=ON'), begin='BEGIN')
    return engine


_QUEUE: Final[dict[str, Any]] = {
    'poolclass': QueuePool,
    'pool_size': _POOL_SIZE,
    'max_overflow': 0,
    'pool_timeout': 10,
}


def _postgres(url: URL, *, pool: dict[str, Any], extra: str = '') -> Engine:
    if pool is _QUEUE:
        pool = {**pool, 'pool_pre_ping': True}
    arguments = {**_POSTGRES_ARGUMENTS, 'options': _POSTGRES_OPTIONS + extra}
    return create_engine(url, connect_args=arguments, **pool)


def _writer(url: URL, *, journal_mode: str, pool: dict[str, Any]) -> Engine:
    path = file_of(url)
    if path is None:
        return _postgres(url, pool=pool)
    _make_private(path)
    engine = create_engine(url, connect_args={'check_same_thread': False}, **pool)
    pragmas = (
        f'busy_timeout={_BUSY_MS}',
        f'journal_mode={journal_mode}',
        'synchronous=FULL',
        'foreign_keys=ON',
        f'journal_size_limit={_WAL_BYTES}',
        'cell_size_check=ON',
        'secure_delete=ON',
    )
    _set_up(engine, pragmas=pragmas, begin='BEGIN IMMEDIATE')
    return engine


def _make_private(path: Path) -> None:
    """Make the file, if there is none, readable by its owner only: it holds names."""
    with errors.unavailable(str(path)):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _set_up(engine: Engine, *, pragmas: tuple[str, ...], begin: str) -> None:
    @event.listens_for(engine, 'connect')
    def connected(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # sqlite3 must not begin anything by itself
        for pragma in pragmas:
            row = connection.execute(f'PRAGMA {pragma}').fetchone()
            name, _, value = pragma.partition('=')
            if name == 'journal_mode' and row[0].upper() != value:
                raise sqlite3.OperationalError(f'no {value} here: put the file on a local disk')

    @event.listens_for(engine, 'begin')
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get('begin_with', begin))


def cut_wal(connection: Connection) -> bool:
    """Empty SQLite's WAL file, so that nothing erased is left in it; return whether it is.

    Waits for nobody: while somebody reads it stays, and is to be tried again. True where there is
    none.
    """
    if connection.dialect.name != 'sqlite':
        return True
    raw: Any = connection.connection.driver_connection
    raw.execute('PRAGMA busy_timeout=0')
    try:
        busy = raw.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchone()[0]
    finally:
        raw.execute(f'PRAGMA busy_timeout={_BUSY_MS}')
    return not busy


def write_anew(engine: Engine) -> None:
    """Leave no page in a SQLite file that rows were in; where somebody reads, another time.

    Not for the journal: whoever commits would wait for it.
    """
    if engine.dialect.name != 'sqlite':
        return
    raw = engine.raw_connection()
    try:
        connection: Any = raw.driver_connection
        connection.execute('VACUUM')
    except sqlite3.OperationalError:
        return
    finally:
        raw.close()


class FileLock:
    """A lock on `<database>.lock`, so that only one manager writes. Ends with the process."""

    def __init__(self, database: Path) -> None:
        real = database.resolve()  # by whatever link it is called
        self.path = real.with_name(real.name + '.lock')
        with errors.unavailable(str(self.path)):
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(self._file, 20).decode(errors='replace').strip() or '?'
                os.close(self._file)
                raise StoreUnavailable(
                    f'{database} is in use by process {holder}: end that manager first'
                ) from None
            os.ftruncate(self._file, 0)
            os.write(self._file, f'{os.getpid()}\n'.encode())

    def release(self) -> None:
        """Give the lock back. The file stays: removing it would let two managers in."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
