"""The kinematic hospital: what moves, what is in the way, and what it counts."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from fleet_manager.domain.ids import DoorId, FloorId, LiftId, RobotId
from fleet_manager.domain.units import Instant
from robot_nodes.core.follower import STILL, Speeds
from robot_nodes.core.geometry import overlap, rectangle
from robot_nodes.core.order import Pose
from robot_nodes.core.world import Body, World
from tests.robot_nodes.build import small_hospital

A = LiftId('A')
R1, R2 = RobotId('r1'), RobotId('r2')
NONE = {'door': 0, 'lift': 0, 'collision': 0}
L2 = FloorId('L2')
DOOR = DoorId('L2.west-ward')


def world(*robots: RobotId) -> World:
    return World(small_hospital(), robots or (R1,))


def put(place: World, robot: RobotId, floor: str, x: float, y: float, yaw: float) -> Body:
    body = Body(Pose(FloorId(floor), x, y, yaw), car=place.robots[robot].car)
    place.robots[robot] = body
    return body


def drive(place: World, seconds: float, ahead: float = 0.5, turn: float = 0.0) -> None:
    for _ in range(int(seconds * 20)):
        place.command_robot(R1, Speeds(ahead, turn))
        place.step(0.05)


def test_robots_stand_at_home_and_face_their_lane() -> None:
    place = world(*small_hospital().robots)
    for robot, body in place.robots.items():
        home = small_hospital().nodes[small_hospital().robots[robot].home]
        assert (body.pose.floor, body.pose.x, body.pose.y) == (home.floor, home.x, home.y)
    assert place.robots[R1].pose.yaw == pytest.approx(-math.pi / 2)
    place.step(1.0)
    assert place.violations == NONE


def test_a_base_that_hears_nothing_stops() -> None:
    place = world()
    place.command_robot(R1, Speeds(0.5))
    place.step(0.4)
    assert place.robots[R1].wheels.speeds.ahead > 0.0
    place.step(2.0)
    stood = place.robots[R1].pose
    place.step(1.0)
    assert place.robots[R1].pose == stood


def test_speeds_and_their_changes_have_limits() -> None:
    place = world()
    place.command_robot(R1, Speeds(99.0, 99.0))
    place.step(0.05)
    speeds = place.robots[R1].wheels.speeds
    assert speeds.ahead <= 0.05 + 1e-9
    drive(place, 3, ahead=99.0, turn=-99.0)
    speeds = place.robots[R1].wheels.speeds
    assert (speeds.ahead, speeds.turn) == (1.2, -1.5)


def test_a_closed_door_stops_a_robot_and_is_counted_once() -> None:
    place = world()
    body = put(place, R1, 'L2', 13.0, 8.4, 0.0)
    drive(place, 10)
    assert body.pose.x < 14.4 - 0.28
    assert place.violations == {**NONE, 'door': 1}


def test_a_door_that_people_open_stands_open_here() -> None:
    hospital = small_hospital()
    doors = {**hospital.doors, DOOR: replace(hospital.doors[DOOR], automatic=False)}
    place = World(replace(hospital, doors=doors), (R1,))
    body = put(place, R1, 'L2', 13.0, 8.4, 0.0)
    drive(place, 10)
    assert body.pose.x > 14.4 + 0.28
    assert place.violations == NONE


def test_an_open_door_lets_it_pass_and_does_not_shut_on_it() -> None:
    place = world()
    place.command_door(DOOR, 1.0)
    place.step(3.0)
    body = put(place, R1, 'L2', 13.0, 8.4, 0.0)
    drive(place, 2.5)
    body.wheels.speeds = STILL
    assert abs(body.pose.x - 14.4) < 0.3
    body.told = -math.inf
    place.step(0.05)
    place.command_door(DOOR, 0.0)
    place.step(5.0)
    assert place.doors[DOOR].position > 0.9
    drive(place, 4)
    place.step(5.0)
    assert place.doors[DOOR].is_shut
    assert place.violations == NONE


def test_a_door_that_is_to_shut_on_a_robot_that_drives_is_counted_though_it_does_not() -> None:
    place = world()
    place.command_door(DOOR, 1.0)
    place.step(3.0)
    body = put(place, R1, 'L2', 13.0, 8.4, 0.0)
    drive(place, 2.5)
    assert abs(body.pose.x - 14.4) < 0.3
    place.command_door(DOOR, 0.0)
    place.command_door(DOOR, 0.0)
    drive(place, 4)
    assert body.pose.x > 14.4 + 0.28
    assert place.violations == {**NONE, 'door': 1}


def lift_front(place: World) -> Body:
    """Put r1 in front of lift A on level 1, looking into it."""
    stop = small_hospital().lifts[A].stops[0]
    out = small_hospital().nodes[stop.exit]
    car = small_hospital().lifts[A].at
    yaw = math.atan2(car.y - out.y, car.x - out.x)
    return put(place, R1, 'L1', out.x, out.y, yaw)


def test_a_closed_lift_and_a_car_that_is_elsewhere_cannot_be_entered() -> None:
    place = world()
    body = lift_front(place)
    drive(place, 10)
    assert body.car == ''
    assert place.violations['lift'] == 1
    place.command_lift(A, height=4.5, door=1.0)
    place.step(15.0)
    assert place.cars[A].level_floor == 'L2'
    assert place.cars[A].leaf.is_open
    drive(place, 10)
    assert body.car == ''


def test_a_car_that_is_sent_away_while_a_robot_drives_in_is_counted() -> None:
    place = world()
    body = lift_front(place)
    place.command_lift(A, height=0.0, door=1.0)
    place.step(5.0)
    while not body.car:
        drive(place, 0.1)
    place.command_lift(A, height=4.5, door=1.0)
    assert place.violations == {**NONE, 'lift': 1}


def test_a_robot_rides_and_its_localisation_changes_floor_when_the_car_is_level() -> None:
    place = world()
    body = lift_front(place)
    place.command_lift(A, height=0.0, door=1.0)
    place.step(4.0)
    car = small_hospital().lifts[A].at
    while math.dist((body.pose.x, body.pose.y), (car.x, car.y)) > 0.05:
        drive(place, 0.1)
        assert place.seconds < 30
    drive(place, 1, ahead=0.0)
    assert body.car == A
    assert place.is_occupied(A)
    place.command_lift(A, height=9.0, door=1.0)
    floors = []
    for _ in range(20 * 30):
        place.step(0.05)
        if body.pose.floor not in floors:
            floors.append(body.pose.floor)
            if len(floors) > 1:
                gap = small_hospital().floors[body.pose.floor].elevation - place.cars[A].height
                assert abs(gap) <= 0.02 or place.cars[A].velocity
    assert floors[0] == 'L1'
    assert floors[-1] == 'L3'
    drive(place, 8, ahead=-0.5)
    assert body.car == ''
    assert body.pose.floor == 'L3'
    assert not place.is_occupied(A)
    assert place.violations == NONE


def test_two_robots_in_one_place_are_a_collision_counted_once() -> None:
    place = world(R1, R2)
    put(place, R1, 'L1', 10.0, 8.4, 0.0)
    put(place, R2, 'L1', 11.5, 8.4, 0.0)
    drive(place, 3)
    assert place.violations == {**NONE, 'collision': 1}
    assert 'r1 and r2' in place.details[0]


def test_a_world_is_restored_as_it_was_kept() -> None:
    place = world(R1, R2)
    put(place, R1, 'L2', 10.0, 8.4, 1.0)
    place.command_lift(A, height=9.0, door=1.0)
    place.command_door(DOOR, 1.0)
    place.step(5.0)
    kept = json.loads(json.dumps(place.keep(now=Instant(7))))
    again = World(small_hospital(), (R1, R2), kept)
    assert again.robots[R1].pose == place.robots[R1].pose
    assert again.cars[A].height == place.cars[A].height
    again.step(20.0)
    assert again.cars[A].level_floor == 'L3'
    assert again.doors[DOOR].is_open
    assert again.keep(now=Instant(7))['time'] == 7


def test_shapes_that_touch_at_an_edge_do_not_overlap() -> None:
    one = rectangle(0.0, 0.0, 0.0, 2.0, 2.0)
    assert overlap(one, rectangle(1.5, 0.0, 0.3, 2.0, 2.0))
    assert not overlap(one, rectangle(2.0, 0.0, 0.0, 2.0, 2.0))
    assert overlap(one, ((-2.0, 0.0), (2.0, 0.0)))
    assert not overlap(one, ((-2.0, 1.5), (2.0, 1.5)))
