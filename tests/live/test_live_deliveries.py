"""Deliveries by real processes: the whole way, and with robots, lifts and messages that fail."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.live.hospital import HERE, LiveHospital, wait_until
from tests.live.records import Records
from tests.live.ward import Ward

pytestmark = [pytest.mark.ros, pytest.mark.timeout(600)]

HOMES = {'r1': 'L2.charge-1', 'r2': 'L3.charge-1', 'r3': 'L3.park-3'}
#: Metres from both ends of its lane: a robot there is between two nodes.
BETWEEN = 1.0


@pytest.fixture(scope='module')
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHospital]:
    """Return a hospital in which each robot and each lift is a process of its own."""
    folder = tmp_path_factory.mktemp('live')
    with LiveHospital(folder, homes=HOMES, alone=True) as made:
        yield made
        made.assert_nothing_forbidden_happened()


@pytest.fixture(scope='module')
def ward(hospital: LiveHospital) -> Iterator[Ward]:
    with Ward(hospital) as made:
        made.wait_for_robots(len(HOMES))
        yield made


class Stranger:
    """A program on the robots' topics that says what it is told to."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @contextmanager
    def says(self, line: str) -> Iterator[None]:
        self._tell(line)
        try:
            yield
        finally:
            self._tell('stop')

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f'{line}\n')
        self._process.stdin.flush()
        self.wait_for(line.partition(' ')[0])

    def wait_for(self, word: str) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == f'{word}\n'


@pytest.fixture(scope='module')
def stranger(hospital: LiveHospital) -> Iterator[Stranger]:
    process = subprocess.Popen(
        [sys.executable, str(HERE / 'stranger.py'), *HOMES],
        env=hospital.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        made = Stranger(process)
        made.wait_for('stop')
        yield made
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10.0) == 0, 'what it said did not come back to hurt it'


@pytest.fixture(autouse=True)
def rules_hold(hospital: LiveHospital, ward: Ward) -> Iterator[None]:
    """After each test: no collision, no closed door entered, no rule of the journal broken."""
    yield
    hospital.assert_log_is_clean()
    Records.of(hospital).check(ward.promised)


def test_a_delivery_goes_from_request_to_signature_over_two_floors(
    hospital: LiveHospital, ward: Ward
) -> None:
    name = ward.ask('blood', 'lab', 'theatre')
    ward.serve(name)
    records = Records.of(hospital)
    robot = next(line.robot for line in records.of_delivery(name) if line.robot)
    assert [line.kind for line in records.of_delivery(name)] == [
        'DeliveryRequested',
        'RunAssigned',
        'RobotArrived',
        'OpeningAuthorised',
        'CompartmentOpened',
        'ParcelLoaded',
        'RobotArrived',
        'OpeningAuthorised',
        'CompartmentOpened',
        'ParcelTaken',
        'DeliveryReceived',
    ]
    assert ride(records, str(robot))[-8:] == [
        'session',
        'open',
        'car',
        'riding',
        'arrived',
        'out',
        'exited',
        'done',
    ]
    custody = records.rows(f"SELECT * FROM custody WHERE delivery = '{name}' ORDER BY seq")
    assert [(giver, taker) for _, _, giver, taker, *_ in custody] == [
        ('sender:lab', f'robot:{robot}/c1'),
        (f'robot:{robot}/c1', 'recipient:theatre'),
    ]


def test_a_robot_killed_in_a_lane_and_in_the_lift_keeps_its_place_and_delivers(
    hospital: LiveHospital, ward: Ward
) -> None:
    first = ward.ask('specimen', 'theatre', 'lab')
    ward.serve(first, until='under_way')
    robot = ward.delivery(first)['robot']
    # has the same way, and a dead robot in front of it
    second = ward.ask('supply', 'theatre', 'lab')

    def in_a_lane(seen: dict[str, Any]) -> bool:
        return between(hospital, seen['robot'][robot]) > BETWEEN

    ward.serve_until(in_a_lane, first, second, what='between two nodes')
    dies_and_comes_back(hospital, ward, robot, first, second)
    ward.serve_until(lambda seen: riding(seen, robot), first, second, what='in the lift')
    dies_and_comes_back(hospital, ward, robot, first, second)
    ward.serve(first, second)
    assert ward.delivery(first)['robot'] == robot, 'a loaded parcel stays where it is'


def test_a_lift_whose_controller_starts_again_brings_its_robot_to_the_floor(
    hospital: LiveHospital, ward: Ward
) -> None:
    name = ward.ask('blood', 'lab', 'theatre')

    def rides(seen: dict[str, Any]) -> bool:
        robot = seen['delivery'][name]['robot']
        return robot is not None and riding(seen, robot)

    seen = ward.serve_until(rides, name, what='in the lift')
    robot = seen['delivery'][name]['robot']
    lift = seen['robot'][robot]['lift']
    before = len(Records.of(hospital).lines)
    hospital.programs[f'lift {lift}'].kill()
    time.sleep(1.0)
    assert hospital.world()['robots'][robot][4] == lift, 'nobody leaves a lift without its word'
    hospital.programs[f'lift {lift}'].start()
    ward.serve(name)
    rest = [line for line in Records.of(hospital).lines[before:] if line.body.get('lift') == lift]
    sessions = {line.body['session'] for line in rest if line.body['session'].startswith(robot)}
    assert len(sessions) == 1, 'the ride went on in the session it began in'
    assert next(x.body['outcome'] for x in rest if x.kind == 'LiftSessionEnded') == 'done'


@pytest.mark.parametrize(
    ('nonsense', 'reason'),
    [
        ('nan', 'malformed_report'),
        ('garbage', 'malformed_report'),
        ('half', 'malformed_report'),
        ('wrong_map', 'wrong_map'),
        ('ahead', 'ran_ahead'),
        ('teleport', 'off_route'),
        ('twin', 'duplicate_name'),
    ],
)
def test_a_robot_that_talks_nonsense_is_excluded_and_keeps_its_place(
    hospital: LiveHospital, ward: Ward, stranger: Stranger, nonsense: str, reason: str
) -> None:
    manager = hospital.manager.pid
    before = idle_robot(ward)
    robot = before['name'].lower()
    with stranger.says(f'{nonsense} {robot}'):
        seen = wait_until(
            lambda: excluded(ward, robot), seconds=45.0, what=f'{nonsense} excludes the robot'
        )
        alert = seen['alert'][f'robot_excluded:{robot}']
        assert (alert['subject'], alert['params']) == (robot, {'reason': reason})
        assert seen['robot'][robot]['state'] == 'excluded'
    time.sleep(0.5)  # until its last word was heard
    ward.command(f'alerts/robot_excluded:{robot}/acknowledge')
    wait_until(
        lambda: (
            ward.command(f'robots/{robot}/readmit').status_code == 200
            and not excluded(ward, robot)
        ),
        seconds=45.0,
        what='an operator lets it drive again',
    )
    time.sleep(1.5)  # longer than a robot may be silent, at this speed
    after = ward.see()['robot'][robot]
    assert (after['node'], after['link']) == (before['node'], 'ok')
    assert after['excluded'] is None
    assert hospital.manager.pid == manager
    assert hospital.manager.runs


def test_the_others_go_on_while_a_robot_on_its_way_is_excluded(
    hospital: LiveHospital, ward: Ward, stranger: Stranger
) -> None:
    first = ward.ask('blood', 'lab', 'theatre')
    ward.serve(first, until='under_way')
    robot = ward.delivery(first)['robot']
    ward.serve_until(
        lambda seen: between(hospital, seen['robot'][robot]) > BETWEEN,
        first,
        what='between two nodes',
    )
    with stranger.says(f'teleport {robot}'):
        seen = ward.serve_until(
            lambda seen: seen['robot'][robot]['excluded'], first, what='excluded'
        )
    node, lanes = seen['robot'][robot]['node'], seen['robot'][robot]['allocated']
    assert lanes, 'it keeps the lane it was let onto'
    second = ward.ask('supply', 'theatre', 'pharmacy')
    ward.serve(second, until='under_way')
    seen = ward.see()
    assert (seen['robot'][robot]['node'], seen['robot'][robot]['allocated']) == (node, lanes)
    assert ward.command(f'robots/{robot}/readmit').status_code == 200
    ward.serve(first)


# --- what the tests wait for ------------------------------------------------------------------


def ride(records: Records, robot: str) -> list[str]:
    """Return the stages of a robot's ride and its way into and out of the car, in order."""
    cars = {lift.car for lift in records.hospital.hospital.lifts.values()}
    found, inside = [], False
    for line in records.lines:
        if line.kind == 'LiftSessionStarted' and line.body['robot'] == robot:
            found.append('session')
        elif line.kind == 'LiftSessionAdvanced' and line.body['session'].startswith(f'{robot}#'):
            found.append(line.body['stage'])
        elif line.kind == 'LiftSessionEnded' and line.body['session'].startswith(f'{robot}#'):
            found.append(line.body['outcome'])
        elif line.kind == 'NodeReached' and line.robot == robot:
            if line.body['node'] in cars:
                found.append('car')
                inside = True
            elif inside:
                found.append('out')
                inside = False
    return found


def idle_robot(ward: Ward) -> dict[str, Any]:
    """Wait for a robot that stands in a bay and is not wanted; return it."""

    def find() -> dict[str, Any] | None:
        robots = ward.see()['robot'].values()
        return next((r for r in robots if r['state'] in ('idle', 'charging')), None)

    found: dict[str, Any] = wait_until(find, seconds=60.0, what='a robot has nothing to do')
    return found


def excluded(ward: Ward, robot: str) -> dict[str, Any] | None:
    """Return the picture when the robot is excluded and the operator is told so."""
    seen = ward.see()
    known = f'robot_excluded:{robot}' in seen['alert'] and seen['robot'][robot]['excluded']
    return seen if known else None


def between(hospital: LiveHospital, robot: dict[str, Any]) -> float:
    """Return how far a driving robot is from the nearest end of the lane it drives."""
    if robot['state'] != 'to_hand_over' or not robot['allocated']:
        return 0.0
    lane = hospital.hospital.lanes[robot['allocated'][0]]
    ends = [hospital.hospital.nodes[node] for node in (lane.a, lane.b)]
    return min(math.dist((robot['x'], robot['y']), (end.x, end.y)) for end in ends)


def riding(seen: dict[str, Any], robot: str) -> bool:
    """Whether the robot is in a car that has closed its door."""
    lift = seen['lift'].get(seen['robot'][robot]['lift'])
    stage = lift['session']['stage'] if lift is not None and lift['session'] else ''
    return stage == 'riding' and seen['robot'][robot]['state'] == 'in_lift'


def dies_and_comes_back(hospital: LiveHospital, ward: Ward, robot: str, *others: str) -> None:
    """Kill the robot's program, look that its place stays its own, and start it again."""
    hospital.programs[robot].kill()
    seen = ward.serve_until(
        lambda seen: f'robot_silent:{robot}' in seen['alert'],
        *others,
        what='somebody notices that the robot is silent',
    )
    node, lanes = seen['robot'][robot]['node'], set(seen['robot'][robot]['allocated'])
    stood = hospital.world()['robots'][robot]
    until = time.monotonic() + 2.0
    while time.monotonic() < until:
        seen = ward.attend(others)
        for name, other in seen['robot'].items():
            if name != robot:
                assert other['node'] != node
                assert not lanes & set(other['allocated'])
        time.sleep(0.1)
    floor, x, y, *_ = hospital.world()['robots'][robot]
    in_car = bool(stood[4])
    assert in_car or math.dist((x, y), stood[1:3]) < 0.2, 'it stands still without its program'
    assert in_car or floor == stood[0]
    hospital.programs[robot].start()
    wait_until(
        lambda: f'robot_silent:{robot}' not in ward.see()['alert'],
        seconds=30.0,
        what='the robot speaks again',
    )
