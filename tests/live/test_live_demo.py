"""`fleet demo`: Ctrl-C ends everything at once, and the next start goes on where it stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.live.hospital import (
    READY_SECONDS,
    Domain,
    free_port,
    is_ready,
    on_loopback,
    processes_of,
    shared_memory_of,
    wait_until,
)
from tests.live.ward import Ward

pytestmark = [pytest.mark.ros, pytest.mark.timeout(600)]

#: Ctrl-C takes so long at most, in seconds.
GOODBYE_SECONDS = 15.0


class Demo:
    """`fleet demo` as a person starts it, in a state folder that stays."""

    def __init__(self, folder: Path, domain: int) -> None:
        self.folder = folder
        self.state = (folder / 'state').resolve()
        self.port = free_port()
        self._environment = {**os.environ, **on_loopback(domain)}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self.port}'

    def start(self) -> None:
        arguments = ['--state-dir', str(self.state), '--port', str(self.port)]
        arguments += ['--robots', '3', '--speed', '8', '--staff', '0']
        with (self.folder / 'said.log').open('ab') as out:
            self._process = subprocess.Popen(
                [sys.executable, '-m', 'fleet_manager.entry.cli', 'demo', *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=self._environment,
                start_new_session=True,
            )

    def wait_ready(self) -> None:
        wait_until(
            lambda: 'Ctrl-C' in self.said() and is_ready(self.port),
            seconds=READY_SECONDS,
            what='the demo is ready',
        )

    def said(self) -> str:
        return (self.folder / 'said.log').read_text(errors='replace').rpartition('Starting')[2]

    def press_ctrl_c(self) -> tuple[int, float]:
        """Return the exit code and how long the end took; nothing of it is left."""
        assert self._process is not None
        children = psutil.Process(self._process.pid).children(recursive=True)
        mapped = set().union(*(shared_memory_of(child.pid) for child in children))
        began = time.monotonic()
        self._process.send_signal(signal.SIGINT)
        code = self._process.wait(4 * GOODBYE_SECONDS)
        took = time.monotonic() - began
        assert not [child for child in children if child.is_running()]
        assert not processes_of(self.state)
        assert not [name for name in mapped if Path(name).exists()]
        return code, took

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.press_ctrl_c()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    with Domain() as domain:
        made = Demo(tmp_path, domain.number)
        yield made
        made.end()


def test_ctrl_c_ends_the_demo_and_the_next_one_delivers_what_was_asked_for(demo: Demo) -> None:
    demo.start()
    demo.wait_ready()
    with Ward(demo) as ward:
        ward.wait_for_robots(3)
        name = ward.ask('supply', 'stores', 'kitchen')
        ward.serve_until(
            lambda seen: seen['delivery'][name]['state'] == 'assigned', name, what='a robot goes'
        )
        code, took = demo.press_ctrl_c()
        assert code == 0, demo.said()
        assert took <= GOODBYE_SECONDS
        assert 'Stopped.' in demo.said()
        demo.start()
        demo.wait_ready()
        ward.serve(name)
        code, took = demo.press_ctrl_c()
    assert code == 0, demo.said()
    assert took <= GOODBYE_SECONDS
    world = (demo.state / 'logs' / 'hospital.log').read_text(errors='replace')
    assert 'must not happen' not in world


def test_ctrl_c_while_the_demo_still_starts_ends_it_as_well(demo: Demo) -> None:
    demo.start()
    wait_until(lambda: processes_of(demo.state), seconds=READY_SECONDS, what='it starts')
    code, took = demo.press_ctrl_c()
    assert code == 0, demo.said()
    assert took <= GOODBYE_SECONDS
