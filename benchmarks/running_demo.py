"""`fleet demo` as a user starts it, in a folder, on a port and in a ROS 2 domain of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psutil

from fleet_manager.entry.demo import is_quiet
from fleet_manager.entry.first_run import read_secrets

ROOT: Final = Path(__file__).resolve().parents[1]
ROBOTS: Final = 8
#: Away from the domains of demos and tests.
DOMAINS: Final = range(1, 20)
START_SECONDS: Final = 60.0
END_SECONDS: Final = 15.0
POLL_SECONDS: Final = 0.02

#: What the parts of a demo are called, by what stands in their command line.
_PARTS: Final = {
    'robot_nodes.nodes.world': 'building',
    'robot_nodes.nodes.robots': 'robots',
    'fleet_manager.entry.cli serve': 'manager',
}


class DemoFailed(Exception):
    """The demo did not start, or did not do what a benchmark waited for."""


class RunningDemo:
    """Starts on entering, ready when entered; ends with all its processes on leaving."""

    def __init__(self, *, staff: float = 0.0) -> None:
        parent = ROOT / 'build' / 'benchmarks'
        parent.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix='demo-', dir=parent))
        self.port = _free_port()
        self.url = f'http://127.0.0.1:{self.port}'
        self.domain = next(filter(is_quiet, DOMAINS))
        self.start_seconds = 0.0
        self._staff = staff

    def __enter__(self) -> Self:
        """Start, and wait until pages answer."""
        command = [
            *(sys.executable, '-m', 'fleet_manager.entry.cli', 'demo'),
            *('--port', str(self.port), '--robots', str(ROBOTS), '--staff', str(self._staff)),
            *('--state-dir', str(self.folder)),
        ]
        begun = time.monotonic()
        with (self.folder / 'demo.log').open('wb') as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment(self.domain), stdout=log, stderr=log
            )
        try:
            wait_until(self.is_ready, seconds=START_SECONDS, what='pages')
        except BaseException:
            self._end()
            raise
        self.start_seconds = time.monotonic() - begun
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it, and whatever it could not end itself."""
        self._end()

    def secret(self, account: str) -> str:
        """Return the password or PIN of an account."""
        return read_secrets(self.folder)[account]

    def is_ready(self) -> bool:
        """Whether `/readyz` says 200. Raises DemoFailed when the demo has ended."""
        if self.process.poll() is not None:
            raise DemoFailed((self.folder / 'demo.log').read_text(errors='replace')[-2_000:])
        try:
            with urllib.request.urlopen(f'{self.url}/readyz', timeout=2.0) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def parts(self) -> dict[str, psutil.Process]:
        """Return the processes of the demo, by what they are."""
        found = {'demo': psutil.Process(self.process.pid)}
        for process in found['demo'].children():
            with contextlib.suppress(psutil.NoSuchProcess):
                line = ' '.join(process.cmdline())
                found |= {part: process for words, part in _PARTS.items() if words in line}
        return found

    def _end(self) -> None:
        children = []
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.terminate()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def environment(domain: int) -> dict[str, str]:
    """Return the environment of the demo and of what listens beside it: one ROS 2 domain."""
    return dict(os.environ) | {'ROS_DOMAIN_ID': str(domain)}


def wait_until(true: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Wait for a condition. Raises DemoFailed when it does not come about in time."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise DemoFailed(f'no {what} within {seconds:g} s')
        time.sleep(POLL_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port: int = probe.getsockname()[1]
        return port
