"""The server of Gazebo 11 as a process that never outlives its parent, and its log."""

from __future__ import annotations

import ctypes
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from robot_nodes.gazebo.log import why, written

#: A server that was asked to end has so long, in seconds; then it is killed.
_END_SECONDS: Final = 1.0
_SET_DEATH_SIGNAL: Final = 1
_LIBC: Final = ctypes.CDLL(None)


def _die_with_parent() -> None:
    """Have the kernel kill the child when the thread that started it ends (Linux prctl)."""
    _LIBC.prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)


@dataclass(slots=True)
class Server:
    """A server process. `log` is what it writes."""

    command: Sequence[object]
    environment: Mapping[str, str]
    log: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it. Raises OSError."""
        with self.log.open('wb') as out:
            self._process = subprocess.Popen(
                [str(word) for word in self.command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=dict(self.environment),
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - calls the kernel and nothing else
            )

    def exit_code(self) -> int | None:
        """Return how it ended, once it has: a signal is less than 0."""
        return self._process.poll() if self._process is not None else None

    def await_end(self) -> None:
        """Wait a moment for a server that was asked to end."""
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_SECONDS)

    def kill(self) -> None:
        """End it now, unless it has ended, and leave no zombie."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def wrote(self) -> list[str]:
        """Return the lines of the log."""
        return written(self.log)

    def why(self) -> str:
        """Return the line of the log that tells what went wrong."""
        return why(self.log)


def free_ports(count: int) -> list[int]:
    """Return ports of this machine nobody listens on. Somebody may be quicker: try again then."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(('127.0.0.1', 0))
        return [int(probe.getsockname()[1]) for probe in probes]
