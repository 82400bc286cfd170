"""A PostgreSQL of the tests' own: started once, on a free port of this machine only, and ended.

    server = postgres.server()         # a reason in words instead, when there is no PostgreSQL
    url = server.new_database()

Never touches a cluster of the system: data and port are its own. PostgreSQL refuses to run as
root; root starts it as the user `postgres` that Debian's package brings.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

DEBIAN = Path('/usr/lib/postgresql')
SUPERUSER = 'fleet'
WAIT_S = 60


class NoPostgres(Exception):
    """There is no PostgreSQL here that can be started: the text says why."""


@dataclass(frozen=True)
class Server:
    """A running server. `log` is what it writes."""

    port: int
    log: Path
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def url(self, database: str) -> str:
        """Return the URL of a database of this server."""
        return f'postgresql://{SUPERUSER}@127.0.0.1:{self.port}/{database}'

    def new_database(self) -> str:
        """Make an empty database and return its URL."""
        name = f'test_{os.getpid()}_{next(self._numbers)}'
        with psycopg.connect(self.url('postgres'), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE {name}')
        return self.url(name)


def fresh_database(kind: str, folder: Path) -> str:
    """Return the URL of a new database; skips the test, with the reason, when it cannot be."""
    if kind == 'sqlite':
        return f'sqlite:///{folder / "fleet.db"}'
    running = server()
    if isinstance(running, str):
        pytest.skip(running)
    return running.new_database()


@functools.cache
def server() -> Server | str:
    """Return the server of this test run, started at the first call; or why there is none."""
    try:
        return _start()
    except NoPostgres as reason:
        return str(reason)


def _binaries() -> Path:
    """Return the folder of the newest PostgreSQL that can make and start a cluster."""
    found = [path.parent for path in DEBIAN.glob('*/bin/initdb')]
    on_path = shutil.which('initdb')
    if not found and on_path is None:
        raise NoPostgres('no PostgreSQL server here: apt-get install postgresql')
    if not found:
        return Path(str(on_path)).resolve().parent
    return max(found, key=lambda path: float(path.parent.name))


def _start() -> Server:
    binaries = _binaries()
    owner = 'postgres' if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix='fleet-postgres-'))
    if owner is not None:
        try:
            shutil.chown(folder, owner)
        except LookupError:
            raise NoPostgres('root cannot run PostgreSQL and there is no user postgres') from None
    data, log, port = folder / 'data', folder / 'log', _free_port()
    try:
        _run(owner, binaries / 'initdb', '-D', data, '-U', SUPERUSER, '-A', 'trust', '-E', 'UTF8',
             '--locale=C', '--no-sync')  # fmt: skip
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        _run(owner, binaries / 'pg_ctl', '-D', data, '-l', log, '-o', options, '-w',
             '-t', str(WAIT_S), 'start')  # fmt: skip
    except NoPostgres:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    atexit.register(_stop, owner, binaries, folder)
    return Server(port, log)


def _stop(owner: str | None, binaries: Path, folder: Path) -> None:
    try:
        _run(owner, binaries / 'pg_ctl', '-D', folder / 'data', '-m', 'immediate', '-w', 'stop')
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(owner: str | None, *command: str | Path) -> None:
    words = [str(word) for word in command]
    if owner is not None:
        words = ['runuser', '-u', owner, '--', *words]
    # pg_ctl's server keeps the pipes: read a file instead, or this would wait for ever
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(
                words, stdout=output, stderr=output, cwd='/', timeout=2 * WAIT_S, check=False
            )
        except FileNotFoundError:
            raise NoPostgres(f'{words[0]} is missing') from None
        if done.returncode != 0:
            output.seek(0)
            raise NoPostgres(f'{words[-1]}: {output.read().decode(errors="replace").strip()}')


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return int(probe.getsockname()[1])


if __name__ == '__main__':
    started = time.monotonic()
    print(server(), f'{time.monotonic() - started:.1f} s')
