"""A manager that does nothing but write, until it is killed: `python -m tests.adapters.db.victim`.

    victim URL FIRST [statement:N | commit | committed] [kill | stop]

Says `ready EPOCH`, then `ack SEQ` after each commit, `deposed` when it is. FIRST is the number of
its first delivery and of its robot. It ends itself, or stands still, at a labelled point of its
third commit: before its Nth statement, before COMMIT, or when the commit has returned but nobody
was told.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event

from fleet_manager.adapters.db.store import SqlStore, open_store
from fleet_manager.application.ports import Batch, Deposed
from fleet_manager.domain.units import Instant
from tests.adapters.db.story import entry, whole_delivery

ROOT = Path(__file__).parents[3]
ARMED_COMMIT = 3
EXIT_DEPOSED = 75


class Victim:
    """A writing process that is, or will be, killed."""

    def __init__(self, url: str, first: int, *point: str) -> None:
        command = [sys.executable, '-m', 'tests.adapters.db.victim', url, str(first), *point]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.acknowledged = 0

    def hear(self, lines: int | None = None) -> list[str]:
        """Read what it says: so many lines, or to its end."""
        assert self.process.stdout is not None
        heard: list[str] = []
        while lines is None or len(heard) < lines:
            line = self.process.stdout.readline()
            if not line.endswith('\n'):
                break
            heard.append(line.strip())
            if line.startswith('ack'):
                self.acknowledged = int(line.split()[1])
        return heard

    def kill(self) -> None:
        """End it as a power cut of the process would; read what it still had said."""
        self.process.kill()
        self.hear()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


class Trap:
    """Ends the process, or freezes it, at a labelled point."""

    def __init__(self, store: SqlStore, point: str, how: str) -> None:
        self.armed = False
        self.point, self._how = point, how
        self._statements = 0
        event.listen(store._engine, 'before_cursor_execute', self._before_statement)
        event.listen(store._engine, 'commit', lambda _: self.spring('commit'))

    def _before_statement(self, *_: Any) -> None:
        if self.armed:
            self._statements += 1
            self.spring(f'statement:{self._statements}')

    def spring(self, point: str) -> None:
        """Do it, when this is the point."""
        if self.armed and point == self.point:
            self.armed = False
            os.kill(os.getpid(), signal.SIGKILL if self._how == 'kill' else signal.SIGSTOP)


def main(url: str, first: int, point: str = '', how: str = 'kill') -> None:
    """Write for ever."""
    store = open_store(url)
    trap = Trap(store, point, how)
    print(
        'ready', store.take_over(holder=f'victim {os.getpid()}', now=Instant(1)).epoch, flush=True
    )
    commits = 0
    for number in range(first, first + 100_000):
        told = [entry(one) for one in whole_delivery(number, f'r{first}')]
        for part in (told[:1], told[1:5], told[5:]):
            commits += 1
            trap.armed = commits == ARMED_COMMIT
            batch = Batch(tuple(part), snapshot=f'{number}' if number % 5 == 0 else None)
            try:
                seq = store.commit(batch, now=Instant(number))
            except Deposed:
                print('deposed', flush=True)
                sys.exit(EXIT_DEPOSED)
            trap.spring('committed')
            print('ack', seq, flush=True)


if __name__ == '__main__':
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
