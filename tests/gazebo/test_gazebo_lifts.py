"""Lifts by physics: many robots and one car, a car out of service, a fire, a robot that dies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.gazebo.house import GazeboHospital
from tests.live.hospital import wait_until
from tests.live.records import Records
from tests.live.ward import Ward

pytestmark = [pytest.mark.ros, pytest.mark.gazebo, pytest.mark.timeout(900)]

HOMES = {f'r{n}': f'L1.charge-{n}' for n in range(1, 5)} | {
    'r5': 'L2.charge-1',
    'r6': 'L2.park-2',
    'r7': 'L2.park-3',
    'r8': 'L2.park-4',
}


@pytest.fixture(scope='module')
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GazeboHospital]:
    """Return a hospital in which each robot is a process of its own."""
    with GazeboHospital(tmp_path_factory.mktemp('lifts'), homes=HOMES, alone=True) as made:
        yield made


@pytest.fixture(scope='module')
def ward(house: GazeboHospital) -> Iterator[Ward]:
    with Ward(house) as made:
        made.wait_for_robots(len(HOMES))
        yield made


@pytest.fixture(autouse=True)
def rules_hold(house: GazeboHospital, ward: Ward) -> Iterator[None]:
    """After each test: no contact, nobody where it may not be, custody whole."""
    yield
    house.judge(ward)


def rider(seen: dict[str, Any]) -> tuple[str, str] | None:
    """Return (robot, lift) of somebody who rides in a car that has shut its door."""
    for name, robot in seen['robot'].items():
        lift = seen['lift'].get(robot['lift'])
        stage = lift['session']['stage'] if lift is not None and lift['session'] else ''
        if robot['state'] == 'in_lift' and stage == 'riding':
            return name, robot['lift']
    return None


def test_eight_robots_cross_with_one_lift(house: GazeboHospital, ward: Ward) -> None:
    house.force('B', 'offline')
    names = [ward.ask('supply', sender, 'n2w') for sender in ('stores', 'pharmacy')]
    names += [ward.ask(goods, s, 'n2e') for goods, s in (('meal', 'kitchen'), ('sterile', 'cssd'))]
    names += [ward.ask('supply', 'n2w', to) for to in ('stores', 'pharmacy')]
    names += [ward.ask('supply', 'n2e', to) for to in ('kitchen', 'cssd')]
    ward.serve(*names, seconds=240.0)
    records = Records.of(house)
    used = {line.body['lift'] for line in records.lines if line.kind == 'LiftSessionStarted'}
    assert used == {'A'}
    house.force('B', '')


def test_a_lift_goes_out_of_service_with_a_robot_inside(house: GazeboHospital, ward: Ward) -> None:
    name = ward.ask('drug', 'pharmacy', 'n3w')
    seen = ward.serve_until(rider, name, what='somebody rides')
    found = rider(seen)
    assert found is not None
    _, lift = found
    house.force(lift, 'offline')
    house.wait_simulated(20.0)
    house.force(lift, '')
    ward.serve(name)


def test_a_robot_whose_program_dies_in_the_cabin_comes_out_when_it_is_back(
    house: GazeboHospital, ward: Ward
) -> None:
    name = ward.ask('specimen', 'theatre', 'lab')
    seen = ward.serve_until(rider, name, what='somebody rides')
    found = rider(seen)
    assert found is not None
    robot, lift = found
    house.programs[robot].kill()
    house.wait_simulated(30.0)
    assert house.newest().robots[robot].car == lift, 'it stands in the car'
    house.programs[robot].start()
    ward.serve(name)


def test_in_a_fire_the_car_brings_its_robot_out_and_takes_nobody(
    house: GazeboHospital, ward: Ward
) -> None:
    name = ward.ask('drug', 'pharmacy', 'n3e')
    seen = ward.serve_until(rider, name, what='somebody rides')
    found = rider(seen)
    assert found is not None
    robot, lift = found
    house.force(lift, 'fire')
    wait_until(
        lambda: f'lift_recalled:{lift}' in ward.see()['alert'],
        seconds=30.0,
        what='the operator hears of the recall',
    )
    house.force(lift, '')
    wait_until(
        lambda: ward.command(f'lifts/{lift}/release').status_code == 200,
        seconds=30.0,
        what='the operator releases the lift',
    )
    ward.serve(name, seconds=240.0)
    assert house.newest().robots[robot].car == ''
