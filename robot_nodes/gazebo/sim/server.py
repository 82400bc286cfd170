"""The process of gz sim: found, started in a partition of its own, ended with its owner."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Final

from robot_nodes.gazebo.engine import EngineError
from robot_nodes.gazebo.log import why
from robot_nodes.gazebo.sim import keeper
from robot_nodes.gazebo.sim.environment import environment

#: Harmonic, the oldest whose names and messages are spoken here.
OLDEST: Final = 8
#: Seconds for `gz` to say its version: it is a script that looks into every library.
_VERSION_SECONDS: Final = 30.0
#: Seconds until everything has ended, the keeper's patience included.
_END_SECONDS: Final = 5.0


def find_sim() -> str:
    """Return the version of the installed gz sim; raise EngineError when there is none of use."""
    install = 'install Gazebo Harmonic or later'
    command = shutil.which('gz')
    if command is None:
        raise EngineError(f'gz sim is not installed: {install}')
    try:
        said = subprocess.run(
            [command, 'sim', '--versions'],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors='replace',
            timeout=_VERSION_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f'`gz sim --versions` does not run: {error}') from error
    versions = re.findall(r'^\s*(\d+)(\.\d+\S*)', said.stdout, re.MULTILINE)
    if said.returncode or not versions:
        raise EngineError(f'`gz` on the path knows no `sim`: {install}')
    major, rest = max(versions, key=lambda version: int(version[0]))
    if int(major) < OLDEST:
        raise EngineError(f'gz sim {major}{rest} is too old: {install}')
    return f'{major}{rest}'


class OwnServer:
    """A gz sim of our own that runs the world of an SDF file, paused, without a window."""

    def __init__(self, world: Path, *, log: Path, seed: int) -> None:
        self.partition = ''
        self.hint = f'; see {log}'
        self._world, self._log, self._seed = world, log, seed
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; until its world is there, ask `ended` now and then."""
        self.close()
        find_sim()
        self.partition = f'fleet-{uuid.uuid4().hex[:12]}'
        command = ['gz', 'sim', '-s', '-v', '2', '--seed', str(self._seed), str(self._world)]
        with self._log.open('wb') as log:
            self._process = subprocess.Popen(
                # -I and -S: no site's start-up code runs, and none of its time is spent
                [sys.executable, '-I', '-S', keeper.__file__, *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment(self.partition)},
                start_new_session=True,
            )

    def ended(self) -> str | None:
        """Return why there is no server any more, in a sentence, once it has ended."""
        if self._process is None or self._process.poll() is None:
            return None
        return f'gz sim ended: {why(self._log)}{self.hint}'

    def close(self) -> None:
        """End it with everything it started."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class RunningServer:
    """A gz sim that somebody else started in `partition`, with `environment(partition)`."""

    hint = ''

    def __init__(self, partition: str) -> None:
        self.partition = partition
        self._started = False

    def start(self) -> None:
        """Take part in its world; only who started it can start it again."""
        if self._started:
            raise EngineError('a world that somebody else started is not reset')
        self._started = True

    def ended(self) -> None:
        """Nothing is known of its process."""

    def close(self) -> None:
        """Leave it running."""
