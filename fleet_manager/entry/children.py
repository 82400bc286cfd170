"""The processes of a demo: started, watched, started again, and all ended together."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

#: All have so long to end by themselves, in seconds; then they are killed. Ctrl-C takes 5 at most.
END_SECONDS: Final = 3.5
#: A process that ends by itself is started again after so long, doubled up to the longest.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
#: One that lived so long was well, in seconds: its next pause is the first again.
WELL_SECONDS: Final = 5.0

_SET_DEATH_SIGNAL: Final = 1


def die_with_parent() -> None:
    """Have the kernel end this process when the one that forked it is killed (Linux prctl)."""
    ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGTERM)


@dataclass(slots=True)
class Child:
    """One process of the demo, its log, and how often it ended soon after a start."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    again_at: float = 0.0
    _began: float = 0.0
    _short_lives: int = 0

    def start(self) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches it through us only."""
        out: IO[bytes]
        with self.log.open('ab') as out:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=dict(self.environment),
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - this process has one thread
            )
        self._began = time.monotonic()

    def ended(self) -> int | None:
        """Return its exit code once it has ended."""
        return self.process.poll() if self.process is not None else None

    def pause(self) -> float:
        """Return how long to wait before it is started again, in seconds. Ask once an end."""
        lived = time.monotonic() - self._began
        self._short_lives = 0 if lived >= WELL_SECONDS else self._short_lives + 1
        return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** max(0, self._short_lives - 1)))


def end_all(children: Sequence[Child]) -> None:
    """Ask all to end, wait, and kill what is left. Only our own, by their id."""
    running = [c.process for c in children if c.process is not None and c.process.poll() is None]
    for process in running:
        process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + END_SECONDS
    for process in running:
        try:
            process.wait(max(0.05, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
