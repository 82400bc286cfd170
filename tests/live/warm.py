"""Programs that start at once: a process that has imported everything and forks itself for each.

    process = start(['robot_nodes.nodes.robots', '--hands-seconds', '1'], environment, log)
    process.wait(5.0)

Each program is a process of its own with its own memory, files and DDS participant, and can be
killed as any other; only its imports, two or three seconds of a core, were done before, once.
`tests/entry/test_demo.py` and `tests/live/test_live_demo.py` start programs as everybody does.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import json
import os
import queue
import random
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from fleet_manager.entry.children import die_with_parent

#: What the programs of a hospital import, first of all what takes longest.
MODULES = (
    'fleet_manager.entry.cli',
    'fleet_manager.entry.serve',
    'robot_nodes.nodes.gazebo',
    'robot_nodes.nodes.lift_node',
    'robot_nodes.nodes.robots',
    'robot_nodes.nodes.world',
)
_LONGEST = 1_000_000
#: Several threads may be the first to start something.
_ONE = threading.Lock()
#: Seconds until a program is there: the first waits for all imports.
_BORN_SECONDS = 60.0


class Forked:
    """A program that was started; used as a `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._over = threading.Event()
        self._code = 0

    def poll(self) -> int | None:
        """Return its exit code once it has ended; -9 after a kill -9."""
        return self._code if self._over.is_set() else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises subprocess.TimeoutExpired."""
        if not self._over.wait(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return self._code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def ended(self, code: int) -> None:
        self._code = code
        self._over.set()


class Nursery:
    """The process everything is forked from, seen from a test. It ends when the test run has."""

    def __init__(self) -> None:
        self._end, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            self._process = subprocess.Popen(
                [sys.executable, '-u', '-m', 'tests.live.warm', str(other.fileno())],
                pass_fds=[other.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._lock = threading.Lock()
        self._born: queue.SimpleQueue[Forked] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def start(self, words: Sequence[str], environment: Mapping[str, str], log: Path) -> Forked:
        """Start module `words[0]` with the rest as its arguments."""
        order = {'words': list(words), 'environment': dict(environment), 'log': str(log)}
        with self._lock:
            self._end.send(json.dumps(order).encode())
            return self._born.get(timeout=_BORN_SECONDS)

    def _listen(self) -> None:
        alive: dict[int, Forked] = {}
        while said := self._end.recv(_LONGEST):
            told = json.loads(said)
            if 'born' in told:
                program = alive[told['born']] = Forked(told['born'])
                self._born.put(program)
            else:
                alive.pop(told['ended']).ended(told['code'])
        for program in alive.values():
            program.ended(-signal.SIGTERM)  # they end with the process they were forked from


@functools.cache
def nursery() -> Nursery:
    """Return the one of this test run."""
    return Nursery()


def start(words: Sequence[str], environment: Mapping[str, str], log: Path) -> Forked:
    """Start a module as a process with an environment; what it says is added to `log`."""
    with _ONE:
        found = nursery()
    return found.start(words, environment, log)


# --- in the process that forks -------------------------------------------------------------------


def serve(end: socket.socket) -> None:
    """Fork until the test run has ended."""
    for module in MODULES:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
    bell, ring = socket.socketpair()
    ring.setblocking(False)
    signal.set_wakeup_fd(ring.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    wait = selectors.DefaultSelector()
    wait.register(end, selectors.EVENT_READ)
    wait.register(bell, selectors.EVENT_READ)
    while True:
        for key, _ in wait.select():
            if key.fileobj is bell:
                bell.recv(4_096)
                _reap(end)
                continue
            order = end.recv(_LONGEST)
            if not order:
                return
            pid = os.fork()
            if pid == 0:
                for one in (wait, end, bell, ring):
                    one.close()
                _live(**json.loads(order))
            end.send(json.dumps({'born': pid}).encode())
            _reap(end)


def _reap(end: socket.socket) -> None:
    """Say who has ended since."""
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            code = os.waitstatus_to_exitcode(status)
            end.send(json.dumps({'ended': pid, 'code': code}).encode())


def _live(words: list[str], environment: dict[str, str], log: str) -> NoReturn:
    """Become the program, up to the end of this process."""
    die_with_parent()
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.close(out)
    os.environ.clear()
    os.environ.update(environment)
    random.seed()
    sys.argv = list(words)
    warnings.filterwarnings('ignore', 'found in sys.modules', RuntimeWarning)
    runpy.run_module(words[0], run_name='__main__', alter_sys=True)
    sys.exit(0)


if __name__ == '__main__':
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        serve(channel)
