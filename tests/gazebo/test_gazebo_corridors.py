"""Robots in corridors, by physics: deliveries, two that meet, what stands in the way, doors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from tests.gazebo.house import GazeboHospital
from tests.live.hospital import wait_until
from tests.live.ward import Ward

pytestmark = [pytest.mark.ros, pytest.mark.gazebo, pytest.mark.timeout(600)]

HOMES = {'r1': 'L1.charge-1', 'r2': 'L1.charge-2', 'r3': 'L2.charge-1', 'r4': 'L2.park-2'}
#: A person beside the south corridor of L1, one beside a door of L2; a bed in the hall of L1.
WALKERS = (
    {'name': 'visitor', 'kind': 'person', 'floor': 'L1', 'at': [30.0, 7.55]},
    {'name': 'porter', 'kind': 'person', 'floor': 'L2', 'at': [46.6, 14.75]},
    {'name': 'bed', 'kind': 'bed', 'floor': 'L1', 'at': [27.6, 5.4], 'yaw': math.pi / 2},
)
#: Metres a robot keeps from what stands in its way, at least.
KEPT = 0.1


@pytest.fixture(scope='module')
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GazeboHospital]:
    with GazeboHospital(
        tmp_path_factory.mktemp('corridors'), homes=HOMES, walkers=WALKERS
    ) as made:
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


def test_a_delivery_on_one_floor(house: GazeboHospital, ward: Ward) -> None:
    began = house.now()
    name = ward.ask('supply', 'stores', 'pharmacy')
    ward.serve(name)
    assert house.now() - began < 240_000, 'within four minutes'


def test_two_robots_that_meet_in_one_corridor_pass_each_other(
    house: GazeboHospital, ward: Ward
) -> None:
    there = ward.ask('supply', 'stores', 'pharmacy')
    ward.serve(there, until='under_way')
    back = ward.ask('supply', 'pharmacy', 'stores')
    ward.serve(there, back)
    seen = ward.see()['delivery']
    assert {seen[there]['state'], seen[back]['state']} == {'delivered'}


def test_a_robot_stops_for_a_person_says_so_and_goes_on(house: GazeboHospital, ward: Ward) -> None:
    name = ward.ask('supply', 'stores', 'pharmacy')
    ward.serve(name, until='under_way')
    robot = ward.delivery(name)['robot']
    house.walk('visitor', to=(30.0, 8.4))
    house.wait_blocked(robot)
    stood = house.newest()
    house.wait_simulated(5.0)
    was, is_at = stood.robots[robot], house.newest().robots[robot]
    assert math.dist((was.x, was.y), (is_at.x, is_at.y)) < 0.02, 'it stands still'
    gap = house.gap(robot, 'visitor')
    assert KEPT < gap < 0.6, f'it stopped {gap:.2f} m from the person'
    house.walk('visitor', to=(30.0, 7.55))
    ward.serve(name)


def test_a_bed_for_good_is_gone_around(house: GazeboHospital, ward: Ward) -> None:
    ward.serve_until(are_at_rest, what='all robots are at rest')
    house.walk('bed', to=(27.6, 8.4), speed=0.6)
    house.wait_simulated(6.0)
    name = ward.ask('supply', 'stores', 'pharmacy')
    seen = ward.serve_until(stuck, name, what='the operator hears that a robot is stuck')
    blocked = stuck(seen)
    ward.serve(name)
    assert ward.delivery(name)['robot'] != blocked, 'another one goes another way'
    house.walk('bed', to=(27.6, 5.4), speed=0.6)
    ward.serve_until(are_at_rest, what='the blocked one has gone on')
    assert stuck(ward.see()) is None


def are_at_rest(seen: dict[str, Any]) -> bool:
    return all(robot['state'] in ('idle', 'charging') for robot in seen['robot'].values())


def stuck(seen: dict[str, Any]) -> str | None:
    """Return the robot the operator is told of, if any."""
    alerts = (name.partition(':') for name in seen['alert'])
    return next((robot for code, _, robot in alerts if code == 'robot_stuck'), None)


def test_a_door_that_a_person_stands_in_stays_open_until_he_goes(
    house: GazeboHospital, ward: Ward
) -> None:
    asked = house.now()
    name = ward.ask('supply', 'n2e', 'lab')
    ward.serve(name)
    since = [moment for moment in house.truth().moments if moment.at >= asked]
    assert max(moment.doors['L2.east-ward'] for moment in since) > 0.9, 'it opens for the robot'
    house.walk('porter', to=(45.6, 15.0))
    again = ward.ask('supply', 'n2e', 'lab')
    ward.serve(again, until='under_way')
    ward.serve(again)
    house.wait_simulated(12.0)
    assert house.newest().doors['L2.east-ward'] > 0.1, 'it does not shut on him'
    house.walk('porter', to=(46.6, 14.75))
    wait_until(
        lambda: house.newest().doors['L2.east-ward'] == 0.0,
        seconds=60.0,
        what='the door shuts',
    )
