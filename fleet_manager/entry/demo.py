"""`fleet demo`: a whole hospital on this machine: world, robots, lifts, doors, manager, pages.

Three processes over real ROS 2 on loopback: the simulated building, the robots' programs, and the
manager that a real hospital would run. They are watched and started again; the state folder keeps
everything, so that the next demo goes on where this one stopped.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from fleet_manager.domain.errors import FleetError
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.serialise import hospital_to_json
from fleet_manager.entry.children import Child, end_all
from fleet_manager.entry.first_run import SECRETS_FILE, read_secrets
from fleet_manager.entry.hospital import hospital_of
from fleet_manager.entry.settings import Settings

#: The pages must answer within so long after the start, in seconds.
READY_SECONDS: Final = 45.0
#: How often the demo looks after its processes, in seconds.
LOOK_SECONDS: Final = 0.25
#: ROS 2 domains for demos: one for each state folder, away from 0, where others live.
DOMAINS: Final = range(60, 100)
#: Where DDS puts the first process of domain 0, and the next domain.
_FIRST_PORT, _PORTS_A_DOMAIN = 7_410, 250


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line asks for. `engine` is one of Gazebo, '' for a world without physics.

    `walkers` is a file of the people and beds of a world of Gazebo.
    """

    settings: Settings
    speed: float
    staff_per_hour: float
    engine: str = ''
    walkers: Path | None = None


class _Stop:
    """Set by Ctrl-C and SIGTERM."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.asked = True


def demo(options: DemoOptions) -> int:
    """Run the demo until Ctrl-C; return the exit code."""
    settings = options.settings
    try:
        hospital = hospital_of(settings)
    except FleetError as error:
        print(f'fleet demo: {error}', file=sys.stderr)
        return 1
    if not _port_is_free(settings.host, settings.port):
        print(
            f'fleet demo: port {settings.port} is in use. Another demo? Else: --port 8090',
            file=sys.stderr,
        )
        return 1
    stop = _Stop()
    first = not (settings.state_dir / 'fleet.db').exists()
    children = prepare(options, hospital)
    try:
        for child in children:
            child.start()
        if not _wait_until_ready(settings, children, stop):
            return 0 if stop.asked else _failed(children, settings.state_dir)
        _greet(options, hospital, first=first)
        _look_after(children, stop)
    finally:
        print('\nStopping ...', flush=True)
        end_all(children)
    print('Stopped. `make demo` goes on from here.')
    return 0


def prepare(options: DemoOptions, hospital: Hospital) -> list[Child]:
    """Return the building, the robots and the manager, not started, with their logs."""
    settings = options.settings
    state = settings.state_dir.resolve()
    logs = state / 'logs'
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    map_file = state / 'hospital.json'
    map_file.write_text(json.dumps(hospital_to_json(hospital), ensure_ascii=False))
    environment = _environment(options, state)
    robots = ','.join(hospital.robots)
    python = [sys.executable, '-m']
    common = ['--hospital-json', str(map_file), '--robots', robots, '--state-dir', str(state)]
    world = [*python, 'robot_nodes.nodes.world', *common, '--speed', str(options.speed)]
    bodies = [*python, 'robot_nodes.nodes.robots', *common, '--sim-time']
    if options.engine:
        world = [*python, 'robot_nodes.nodes.gazebo', *world[3:], '--engine', options.engine]
        world += ['--walkers', str(options.walkers)] if options.walkers is not None else []
        bodies.append('--laser')
    manager = [*python, 'fleet_manager.entry.cli', 'serve']
    return [
        Child('hospital', world, logs / 'hospital.log', environment),
        Child('robots', bodies, logs / 'robots.log', environment),
        Child('manager', manager, logs / 'manager.log', environment),
    ]


def _environment(options: DemoOptions, state: Path) -> dict[str, str]:
    settings = options.settings
    environment = dict(os.environ)
    environment.setdefault('ROS_DOMAIN_ID', str(_domain(state)))
    environment.update(
        FLEET_HOSPITAL=str(settings.hospital.resolve()),
        FLEET_STATE_DIR=str(state),
        FLEET_DATABASE_URL=settings.database_url,
        FLEET_HOST=settings.host,
        FLEET_PORT=str(settings.port),
        FLEET_SIMULATED_STAFF_PER_HOUR=str(options.staff_per_hour),
        FLEET_SIM_SPEED=str(options.speed),
        PYTHONUNBUFFERED='1',
    )
    if settings.robots is not None:
        environment['FLEET_ROBOTS'] = str(settings.robots)
    return environment


def _domain(state: Path) -> int:
    """Return a ROS 2 domain for a state folder: the same at each start, where it is quiet."""
    first = zlib.crc32(str(state).encode())
    domains = [DOMAINS[(first + step) % len(DOMAINS)] for step in range(len(DOMAINS))]
    return next(filter(is_quiet, domains), domains[0])


def is_quiet(domain: int) -> bool:
    """Whether no ROS 2 process of this machine speaks in a domain: its first port is free."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(('127.0.0.1', _FIRST_PORT + _PORTS_A_DOMAIN * domain))
        except OSError:
            return False
    return True


def _wait_until_ready(settings: Settings, children: list[Child], stop: _Stop) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    print('Starting the hospital, its robots and the fleet manager ', end='', flush=True)
    while time.monotonic() < deadline and not stop.asked:
        if any(child.ended() is not None for child in children):
            return False
        if _is_ready(settings):
            print(' ready.')
            return True
        print('.', end='', flush=True)
        time.sleep(0.5)
    return False


def _is_ready(settings: Settings) -> bool:
    try:
        url = f'http://{settings.host}:{settings.port}/readyz'
        with urllib.request.urlopen(url, timeout=1.0) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _failed(children: list[Child], state: Path) -> int:
    print(file=sys.stderr)
    for child in children:
        if child.ended() is not None:
            print(f'fleet demo: {child.name} ended. The end of its log:', file=sys.stderr)
            lines = child.log.read_text(errors='replace').splitlines()[-8:]
            print('\n'.join(f'  {line}' for line in lines), file=sys.stderr)
    print(f'fleet demo: not ready. The logs are in {state / "logs"}', file=sys.stderr)
    return 1


def _look_after(children: list[Child], stop: _Stop) -> None:
    while not stop.asked:
        time.sleep(LOOK_SECONDS)
        for child in children:
            _revive(child, time.monotonic())


def _revive(child: Child, now: float) -> None:
    code = child.ended()
    if code is None:
        return
    if child.again_at == 0.0:
        child.again_at = now + child.pause()
        print(f'{child.name} ended ({code}); starting it again.', flush=True)
    elif now >= child.again_at:
        child.again_at = 0.0
        child.start()


def _port_is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _greet(options: DemoOptions, hospital: Hospital, *, first: bool) -> None:
    settings = options.settings
    url = f'http://{settings.host}:{settings.port}'
    known = read_secrets(settings.state_dir)
    ward = next(s for s in hospital.stations.values() if s.kind == 'ward')
    pharmacy = next((s for s in hospital.stations.values() if 'drug' in s.sends), ward)

    def secret(account: str) -> str:
        return known.get(account, '(shown at the first start)')

    print(f"""
{hospital.name.en} · {hospital.name.zh}   {len(hospital.robots)} simulated robots

  Pages     {url}
  Operator  name operator, password {secret('operator')}
  Wards     {ward.name.en} ({ward.code}): PIN {secret(ward.id)}
            {pharmacy.name.en} ({pharmacy.code}): PIN {secret(pharmacy.id)}
  Others    name desk, password {secret('desk')}; name porter, PIN {secret('porter')}
            all accounts, and what each is for: {settings.state_dir / SECRETS_FILE}

Try this
  1. As {ward.name.en}: {url}/r/{ward.id} - ask for a drug from the pharmacy, in three taps.
  2. As {pharmacy.name.en}, in another browser: load it with the PIN when the robot is there.
  3. Watch it on {url}/operator as operator; pause a robot, let it go on.
More, as controlled drugs that two people sign for and waste: README, The first ten minutes.
""")
    if options.staff_per_hour > 0:
        print(
            f'Simulated staff ask for about {options.staff_per_hour:g} deliveries an hour as well '
            '(--staff 0 for an empty house).'
        )
    print('Ctrl-C ends everything; the next start goes on from here.', flush=True)
