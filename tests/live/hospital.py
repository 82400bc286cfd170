"""A whole hospital of real processes: world, lifts, robots and manager over DDS on loopback.

    with LiveHospital(folder) as hospital:
        ward = Ward(hospital)
        hospital.kill('manager')
        hospital.start_manager()

Nothing is faked: the commands are those of `fleet demo`, each process can be killed and started
again alone. At the end nothing is left: no process, no file in shared memory.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from fleet_manager.domain.maps.model import Hospital
from fleet_manager.entry.crashpoints import SAID, VARIABLE
from fleet_manager.entry.demo import DemoOptions, prepare
from fleet_manager.entry.hospital import hospital_of
from fleet_manager.entry.settings import SHIPPED_MAPS, Settings
from tests.live import warm

#: Simulated seconds a second: at eight two cores are far from busy and robots drive well.
SPEED = 8.0
#: Seconds a manager may take until it answers, on a machine that has other things to do.
READY_SECONDS = 45.0
END_SECONDS = 30.0
#: Domains of these tests; `fleet demo` and other tests take lower ones.
DOMAINS = range(101, 201)
PROFILE = Path(__file__).resolve().parents[2] / 'interfaces' / 'dds' / 'loopback.xml'
#: ROS's tracing maps this one file of the machine into every process, whatever anybody does.
TRACER = '/dev/shm/lttng-ust-wait'
HERE = Path(__file__).resolve().parent
#: A killed test run takes its processes with it.
_TOGETHER = ['setpriv', '--pdeathsig', 'TERM'] if shutil.which('setpriv') else []


def wait_until(condition: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Wait until something is true and return it; fail with `what` when it is not in time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f'not within {seconds:g} s: {what}'
        time.sleep(0.03)
    return found


@dataclass(slots=True)
class Program:
    """One process: started, killed, started again. `mapped` are its files in shared memory.

    `sessions` are its process ids: each life of it, and what that starts, is a session of its own.
    """

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | warm.Forked | None = None
    is_warm: bool = True
    mapped: set[str] = field(default_factory=set)
    sessions: set[int] = field(default_factory=set)
    starts: int = 0
    _log_began: int = 0

    @property
    def pid(self) -> int:
        assert self.process is not None, f'{self.name} was never started'
        return self.process.pid

    @property
    def code(self) -> int | None:
        """Its exit code once it has ended."""
        return self.process.poll() if self.process is not None else None

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self, *further: str, **environment: str) -> None:
        """Start it; `further` arguments go before those it had, which come first."""
        assert not self.runs, f'{self.name} runs already'
        with self.log.open('ab') as out:
            self._log_began = out.tell()
        words = [*self.command, *further]
        if self.is_warm and words[:2] == [sys.executable, '-m']:
            self.process = warm.start(words[2:], {**self.environment, **environment}, self.log)
        else:
            self.process = self._start_cold(words, {**self.environment, **environment})
        self.sessions.add(self.pid)
        self.starts += 1

    def _start_cold(
        self, words: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        with self.log.open('ab') as out:
            return subprocess.Popen(
                [*_TOGETHER, *words],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=dict(environment),
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it as a power cut would, and wait until it is gone."""
        self._look_at_memory()
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> float:
        """Ask it to end; return how long that took. It must end by itself."""
        asked = time.monotonic()
        self.ask_to_end()
        assert self.process is not None
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f'{self.name} did not end by itself: {self.said()}') from None
        return time.monotonic() - asked

    def ask_to_end(self) -> None:
        if self.runs:
            self._look_at_memory()
            assert self.process is not None
            self.process.send_signal(signal.SIGTERM)

    def pause(self, *, on: bool) -> None:
        """Freeze it as a busy machine would, or let it go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP if on else signal.SIGCONT)

    def said(self, lines: int = 12) -> str:
        """Return the end of its log."""
        return '\n'.join(self.log.read_text(errors='replace').splitlines()[-lines:])

    def said_in_this_life(self) -> str:
        """Return what it has logged since it was started the last time."""
        return self.log.read_bytes()[self._log_began :].decode(errors='replace')

    def cpu_seconds(self) -> float:
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def _look_at_memory(self) -> None:
        """Note its files in /dev/shm: afterwards nobody knows whose they were."""
        self.mapped |= shared_memory_of(self.pid)


class LiveHospital:
    """The processes of one hospital, in a state folder and a ROS 2 domain of their own.

    `homes` (robot: bay) replaces the fleet, else the first `robots` of the map work. `place` is
    another map's folder. `alone`:
    each robot and each lift is a process; then no door is driven, so choose ways without doors.
    `settings` are FLEET_ variables of the manager without their prefix. With `crashpoints` the
    first manager dies at one of them, and nobody waits until it answers. With an `engine` the
    world is one of Gazebo's, with `walkers` in it. `warm` programs have had their imports done
    (`warm.py`); who measures a start says no.
    """

    def __init__(
        self,
        folder: Path,
        *,
        robots: int = 4,
        homes: Mapping[str, str] | None = None,
        speed: float = SPEED,
        hands_seconds: float = 1.0,
        alone: bool = False,
        settings: Mapping[str, object] | None = None,
        place: Path | None = None,
        crashpoints: Sequence[str] = (),
        engine: str = '',
        walkers: Sequence[Mapping[str, object]] = (),
        warm: bool = True,
    ) -> None:
        self._crashpoints = crashpoints
        self._engine, self._walkers = engine, walkers
        self.folder = folder
        self.speed = speed
        self._is_warm = warm
        folder.mkdir(parents=True, exist_ok=True)
        self._held = ExitStack()
        self.domain = self._held.enter_context(Domain()).number
        self.port = free_port()
        place = place or (_with_fleet(folder, homes) if homes else SHIPPED_MAPS / 'small_hospital')
        self.settings = Settings(
            hospital=place,
            state_dir=folder / 'state',
            port=self.port,
            robots=len(homes) if homes else robots,
        )
        self.hospital: Hospital = hospital_of(self.settings)
        self.programs: dict[str, Program] = {}
        self._make(hands_seconds, alone=alone, settings=settings or {})
        #: Seconds from each start of the manager, after a death, until it answered.
        self.recoveries: list[float] = []

    # --- life -----------------------------------------------------------------------------------

    def __enter__(self) -> LiveHospital:
        try:
            for program in self.programs.values():
                if program is not self.manager:
                    program.start()
            self.start_manager(self._crashpoints)
            assert self._crashpoints or self.wait_ready() is not None, self.manager.said()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        left = self._end()
        if kind is None:
            assert not left, left

    def _end(self) -> list[str]:
        """End everything; return what should not have been."""
        problems = []
        for program in self.programs.values():
            program.ask_to_end()
        for program in self.programs.values():
            if program.process is not None:
                try:
                    program.process.wait(END_SECONDS)
                except subprocess.TimeoutExpired:
                    problems.append(f'{program.name} did not end by itself')
                    program.kill()
        sessions = frozenset[int]().union(*(one.sessions for one in self.programs.values()))
        problems += [f'a process is left: {p}' for p in processes_of(self.state, sessions)]
        for program in self.programs.values():
            left = sorted(name for name in program.mapped if Path(name).exists())
            if left:
                problems.append(f'{program.name} left {left}')
        self._held.close()
        return problems

    # --- the manager ----------------------------------------------------------------------------

    @property
    def manager(self) -> Program:
        return self.programs['manager']

    def start_manager(self, crashpoints: Sequence[str] = ()) -> None:
        """Start it again, to die at the first of the crash points it reaches."""
        self._died = time.monotonic()
        self.manager.start(**({VARIABLE: ','.join(crashpoints)} if crashpoints else {}))

    def wait_ready(self) -> float | None:
        """Wait until the manager answers; return how long it took, None when it died."""
        began = time.monotonic()
        while time.monotonic() < began + READY_SECONDS:
            if is_ready(self.port):
                if self.manager.starts > 1:
                    self.recoveries.append(time.monotonic() - self._died)
                return time.monotonic() - began
            if not self.manager.runs:
                return None
            time.sleep(0.03)
        raise AssertionError(f'the manager is not ready: {self.manager.said()}')

    def restart_manager(self) -> None:
        """Kill it and wait until the next one answers."""
        self.manager.kill()
        self.start_manager()
        assert self.wait_ready() is not None, self.manager.said()

    def crashpoint(self) -> str:
        """Return the crash point the manager died at, or ''."""
        lines = self.manager.said_in_this_life().splitlines()
        return next((line.removeprefix(SAID) for line in lines if line.startswith(SAID)), '')

    # --- what it says ---------------------------------------------------------------------------

    @property
    def state(self) -> Path:
        return self.settings.state_dir.resolve()

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self.port}'

    def world(self) -> dict[str, Any]:
        """Return where everything is, as the world wrote it at most a second ago."""
        return dict(json.loads((self.state / 'world.json').read_text()))

    def violations(self) -> dict[str, Any]:
        """Return what the world has counted since it was started: all must be zero."""
        return self._witness('violations')

    def robot_states(self) -> dict[str, Any]:
        """Return the last word of each robot, to explain why one does not move."""
        return self._witness('states', *self.hospital.robots)

    def _witness(self, *arguments: str) -> dict[str, Any]:
        done = self.run('witness.py', *arguments, seconds=30)
        assert done.returncode == 0, done.stderr.decode()
        return dict(json.loads(done.stdout))

    def assert_nothing_forbidden_happened(self) -> None:
        """No footprints overlapped, nobody drove into a closed door or lift, in any life of it."""
        counted = self.violations()
        assert not any(v for k, v in counted.items() if k != 'details'), counted
        self.assert_log_is_clean()

    def assert_log_is_clean(self) -> None:
        """The world says at once in its log when something happens that must not."""
        log = self.programs['world'].log.read_text(errors='replace')
        assert 'must not happen' not in log, log[-2_000:]

    def run(
        self, script: str, *arguments: str, seconds: float
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a program of this folder in the hospital's domain."""
        return subprocess.run(
            [sys.executable, str(HERE / script), *arguments],
            env=self.environment,
            capture_output=True,
            timeout=seconds,
            check=False,
        )

    # --- put together ---------------------------------------------------------------------------

    def _make(self, hands: float, *, alone: bool, settings: Mapping[str, object]) -> None:
        walkers = self.folder / 'walkers.json'
        walkers.write_text(json.dumps(list(self._walkers)))
        options = DemoOptions(
            self.settings,
            speed=self.speed,
            staff_per_hour=0.0,
            engine=self._engine,
            walkers=walkers if self._engine else None,
        )
        world, robots, manager = prepare(options, self.hospital)
        self.environment = {**manager.environment, **on_loopback(self.domain)}
        bodies = [*robots.command, '--hands-seconds', str(hands)]
        self._add('world', [*world.command, *(['--bare'] if alone else [])])
        if alone:
            map_file = str(self.state / 'hospital.json')
            lift = [sys.executable, '-m', 'robot_nodes.nodes.lift_node', '--sim-time']
            for name in self.hospital.lifts:
                self._add(f'lift {name}', [*lift, '--hospital-json', map_file, '--lift', name])
            for name in self.hospital.robots:
                self._add(name, [*bodies, '--robots', name])
        else:
            self._add('robots', bodies)
        self._add('manager', manager.command)
        self.manager.environment = self.environment | {
            f'FLEET_{name.upper()}': str(value) for name, value in settings.items()
        }

    def _add(self, name: str, command: Sequence[str]) -> None:
        log = self.state / 'logs' / f'{name.replace(" ", "-")}.log'
        self.programs[name] = Program(name, command, log, self.environment, is_warm=self._is_warm)


# --- this machine --------------------------------------------------------------------------------


class Domain:
    """A ROS 2 domain nobody speaks on: its ports on loopback are free, and one stays ours."""

    def __enter__(self) -> Domain:
        for number in random.sample(DOMAINS, len(DOMAINS)):
            base = 7_400 + 250 * number
            mark = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                mark.bind(('127.0.0.1', base + 249))
                if all(_is_free(base + 10 + 2 * participant) for participant in range(32)):
                    self.number, self._mark = number, mark
                    return self
            except OSError:
                pass
            mark.close()
        raise AssertionError('every ROS 2 domain is in use')

    def __exit__(self, *error: object) -> None:
        self._mark.close()


def on_loopback(domain: int) -> dict[str, str]:
    """Return what keeps ROS 2 to a domain on this machine, and out of shared memory."""
    return {
        'ROS_DOMAIN_ID': str(domain),
        'FASTRTPS_DEFAULT_PROFILES_FILE': str(PROFILE),
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SYSTEM_DEFAULT',
    }


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(('127.0.0.1', port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a TCP port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return int(probe.getsockname()[1])


def is_ready(port: int) -> bool:
    """Whether a manager answers that people may be sent to it."""
    try:
        with urllib.request.urlopen(f'http://127.0.0.1:{port}/readyz', timeout=2.0) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def shared_memory_of(pid: int) -> set[str]:
    """Return the files in /dev/shm a process uses."""
    try:
        maps = Path(f'/proc/{pid}/maps').read_text()
    except OSError:
        return set()
    found = (word for word in maps.split() if word.startswith('/dev/shm/'))
    return {name for name in found if not name.startswith(TRACER)}


def processes_of(state: Path, sessions: Set[int] = frozenset()) -> list[str]:
    """Return the processes that work on a state folder: started with it, or of these sessions."""
    found = []
    for process in psutil.process_iter():
        try:
            mine = process.environ().get('FLEET_STATE_DIR') == str(state)
            mine = mine or os.getsid(process.pid) in sessions
            if mine and process.status() != psutil.STATUS_ZOMBIE:
                found.append(f'{process.pid} {" ".join(process.cmdline())[:120]}')
        except (psutil.NoSuchProcess, psutil.AccessDenied, ProcessLookupError):
            continue
    return found


def _with_fleet(folder: Path, homes: Mapping[str, str]) -> Path:
    """Copy the small hospital and give it other robots: a folder like any hospital's."""
    place = folder / 'small_hospital'
    shutil.copytree(SHIPPED_MAPS / 'small_hospital', place)
    rows = [
        f'  {robot}: {{name: {robot.upper()}, home: {home}, compartments: [c1, c2]}}'
        for robot, home in homes.items()
    ]
    (place / 'fleet.yaml').write_text('\n'.join(['robots:', *rows, '']))
    return place
