"""`fleet demo`: which domain, which processes; and once the whole of it over real ROS 2."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from fleet_manager.domain.maps.model import Hospital
from fleet_manager.entry.demo import DOMAINS, DemoOptions, _domain, is_quiet, prepare
from fleet_manager.entry.first_run import read_secrets
from fleet_manager.entry.settings import Settings
from tests.entry.manager import wait_until


def first_port(domain: int) -> int:
    return 7_410 + 250 * domain


@pytest.fixture(autouse=True)
def _no_domain_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv('ROS_DOMAIN_ID', raising=False)


def test_a_state_folder_keeps_its_domain_and_others_spread(tmp_path: Path) -> None:
    assert _domain(tmp_path) == _domain(tmp_path)
    assert len({_domain(tmp_path / str(n)) for n in range(40)}) > 15
    assert {_domain(tmp_path / str(n)) for n in range(40)} <= set(DOMAINS)


def test_a_demo_leaves_a_domain_to_whoever_speaks_there_already(tmp_path: Path) -> None:
    usual = _domain(tmp_path)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(('127.0.0.1', first_port(usual)))
        assert not is_quiet(usual)
        assert _domain(tmp_path) != usual
    assert _domain(tmp_path) == usual


def test_a_domain_that_was_chosen_outside_is_kept(
    hospital: Hospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('ROS_DOMAIN_ID', '7')
    children = prepare(DemoOptions(Settings(state_dir=tmp_path), 1.0, 0.0), hospital)
    assert {child.environment['ROS_DOMAIN_ID'] for child in children} == {'7'}


def test_a_demo_is_a_building_robots_and_a_manager_in_one_domain(
    hospital: Hospital, tmp_path: Path
) -> None:
    options = DemoOptions(Settings(state_dir=tmp_path, port=8_123), 3.0, 12.0)
    children = prepare(options, hospital)
    assert [child.name for child in children] == ['hospital', 'robots', 'manager']
    assert len({child.environment['ROS_DOMAIN_ID'] for child in children}) == 1
    manager = children[-1].environment
    assert manager['FLEET_PORT'] == '8123'
    assert manager['FLEET_SIM_SPEED'] == '3.0'
    assert manager['FLEET_SIMULATED_STAFF_PER_HOUR'] == '12.0'
    assert (tmp_path / 'logs').stat().st_mode & 0o077 == 0


class Demo:
    """`fleet demo` in a process, and what it has said so far."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.port = probe.getsockname()[1]
        self._log = folder.with_suffix('.log')
        kept = {name: v for name, v in os.environ.items() if not name.startswith('FLEET_')}
        with self._log.open('wb') as log:
            self.process = subprocess.Popen(
                [
                    *(Path(sys.executable).with_name('fleet'), 'demo', '--robots', '2'),
                    *('--port', str(self.port), '--staff', '0', '--state-dir', str(folder)),
                ],
                env=kept,
                stdout=log,
                stderr=log,
            )

    def said(self) -> str:
        return self._log.read_text()

    def wait_for(self, words: str) -> None:
        wait_until(lambda: words in self.said() or self.process.poll() is not None, seconds=60)
        assert words in self.said()

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f'http://127.0.0.1:{self.port}/readyz', timeout=2):
                return True
        except OSError:
            return False

    def end(self) -> None:
        """Press Ctrl-C; everything is gone within the five seconds that are promised."""
        children = self.children()
        begun = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(20) == 0
        assert time.monotonic() - begun < 6
        assert not [child for child in children if child.is_running()]

    def kill(self) -> None:
        if self.process.poll() is None:
            for child in self.children():
                child.kill()
            self.process.kill()
        self.process.wait()


@pytest.fixture
def demos(tmp_path: Path) -> Iterator[Callable[[], Demo]]:
    made: list[Demo] = []

    def start() -> Demo:
        made.append(Demo(tmp_path / 'state'))
        return made[-1]

    yield start
    for demo in made:
        demo.kill()


@pytest.mark.ros
def test_a_demo_greets_mends_itself_ends_at_ctrl_c_and_goes_on_at_the_next_start(
    demos: Callable[[], Demo], tmp_path: Path
) -> None:
    demo = demos()
    demo.wait_for('Ctrl-C ends everything')
    known = read_secrets(tmp_path / 'state')
    assert f'name operator, password {known["operator"]}' in demo.said()
    assert '2 simulated robots' in demo.said()
    manager = next(child for child in demo.children() if 'serve' in child.cmdline())
    manager.kill()
    demo.wait_for('manager ended (-9); starting it again.')
    wait_until(demo.is_ready, seconds=60)
    demo.end()
    assert 'Stopped.' in demo.said()
    again = demos()
    again.wait_for('Ctrl-C ends everything')
    assert f'name operator, password {known["operator"]}' in again.said()
    assert read_secrets(tmp_path / 'state') == known
    again.end()
    with sqlite3.connect(tmp_path / 'state' / 'fleet.db') as database:
        starts = database.execute("SELECT count(*) FROM event WHERE kind = 'ManagerStarted'")
        assert starts.fetchone() == (3,)
