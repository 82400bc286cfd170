"""The building around an engine: its own safety, its sensors, and what it counts."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.domain.ids import DoorId, FloorId, LiftId, RobotId
from fleet_manager.domain.maps.model import Hospital
from robot_nodes.core.follower import Speeds
from robot_nodes.gazebo.build import build_scene
from robot_nodes.gazebo.engine import BodyPose, JointState, Snapshot
from robot_nodes.gazebo.kinematic import KinematicEngine
from robot_nodes.gazebo.scene import XY, Scene, SceneLift, WalkerSpec
from robot_nodes.gazebo.world import STEP, GazeboWorld, Noise
from tests.robot_nodes.gazebo.ward import WARD

SMALL = Path(__file__).parents[3] / 'maps' / 'small_hospital'
L1, L2, L3 = FloorId('L1'), FloorId('L2'), FloorId('L3')
A, R1 = LiftId('A'), RobotId('r1')
DOOR = DoorId('L2.west-ward')
EXACT = Noise(place=0.0, heading=0.0, scale=0.0, drift=0.0)
NONE = {'door': 0, 'lift': 0, 'collision': 0, 'fall': 0}

#: Where a robot begins, and where it looks.
Start = tuple[FloorId, XY, float]
Change = Callable[[Snapshot], Snapshot]


@cache
def hospital() -> Hospital:
    return load_hospital(SMALL)


class Meddled(KinematicEngine):
    """An engine in whose world something happens that a world without physics cannot do."""

    change: Change | None = None

    def step(self, steps: int) -> Snapshot:
        now = super().step(steps)
        return now if self.change is None else self.change(now)


def scene(
    at: tuple[FloorId, XY, float] | None = None, *, walkers: Sequence[WalkerSpec] = ()
) -> Scene:
    """Return the small hospital with r1 alone, at home or somewhere else, looking somewhere."""
    built = build_scene(hospital(), robots=[R1], walkers=walkers)
    if at is None:
        return built
    floor, place, yaw = at
    body = dataclasses.replace(
        built.robots[R1], floor=floor, at=place, z=built.floors[floor], yaw=yaw
    )
    return dataclasses.replace(built, robots={R1: body})


def world(of: Scene, *, noise: Noise = EXACT, seed: int = 1) -> tuple[GazeboWorld, Meddled]:
    engine = Meddled(of)
    return GazeboWorld(hospital(), of, engine, seed=seed, noise=noise), engine


def drive(place: GazeboWorld, seconds: float, ahead: float = 0.5, turn: float = 0.0) -> None:
    for _ in range(round(seconds / STEP)):
        place.command_robot(R1, Speeds(ahead, turn))
        place.step(STEP)


def open_lift(place: GazeboWorld, floor: FloorId) -> None:
    place.command_lift(A, height=place.scene.floors[floor], door=1.0)
    place.step(30.0)
    assert place.cars[A].leaf.is_open
    assert place.cars[A].level_floor == floor


def shares(place: GazeboWorld, lift: SceneLift) -> dict[str, float]:
    """Return how far each door of a lift truly stands open, in metres."""
    sliders = [s for one in lift.landings.values() for s in (one.car, one.shaft)]
    return {s.joint: place.snapshot.joints[s.model, s.joint].position for s in sliders}


def before(line: tuple[XY, XY], metres: float, *, side: int = 1) -> tuple[XY, float]:
    """Return a place before the middle of an opening, and the direction to look at it."""
    (ax, ay), (bx, by) = line
    along = math.atan2(by - ay, bx - ax)
    out = along + side * math.pi / 2
    middle = ((ax + bx) / 2, (ay + by) / 2)
    at = (middle[0] + metres * math.cos(out), middle[1] + metres * math.sin(out))
    return at, math.atan2(middle[1] - at[1], middle[0] - at[0])


def before_lift(metres: float) -> Start:
    lift = scene().lifts[A]
    for side in (1, -1):
        at, yaw = before(lift.landings[L1].line, metres, side=side)
        if math.dist(at, lift.at) > math.dist(lift.landings[L1].line[0], lift.at):
            return L1, at, yaw
    raise AssertionError('a lift has an outside')


# --- lifts  ---


@pytest.mark.thorough
def test_a_lift_rides_only_while_every_door_of_it_is_shut() -> None:
    place, _ = world(scene())
    lift, car = place.scene.lifts[A], place.cars[A]
    open_lift(place, L1)
    place.command_lift(A, height=place.scene.floors[L3], door=1.0)
    rode = 0
    for _ in range(600):
        before_it, open_before = car.height, max(shares(place, lift).values())
        place.step(STEP)
        if abs(car.height - before_it) > 1e-6:
            rode += 1
            assert open_before < 0.01, 'it moves with a door that is not shut'
    assert rode > 50
    assert car.level_floor == L3
    assert car.leaf.is_open


def test_a_lift_opens_the_doors_of_the_floor_it_stands_at_and_no_others() -> None:
    place, _ = world(scene())
    lift = place.scene.lifts[A]
    open_lift(place, L2)
    here = lift.landings[L2]
    stand_open = {name for name, metres in shares(place, lift).items() if metres > 0.1}
    assert stand_open == {here.car.joint, here.shaft.joint}


def test_a_lift_between_floors_does_not_open() -> None:
    place, _ = world(scene())
    floors = place.scene.floors
    half_way = (floors[L1] + floors[L2]) / 2
    place.command_lift(A, height=half_way, door=1.0)
    place.step(30.0)
    assert place.cars[A].height == pytest.approx(half_way, abs=0.01)
    assert place.cars[A].level_floor == ''
    assert max(shares(place, place.scene.lifts[A]).values()) < 0.01


@pytest.mark.thorough
def test_a_lift_goes_no_further_than_its_shaft() -> None:
    place, _ = world(scene())
    place.command_lift(A, height=99.0, door=0.0)
    place.step(60.0)
    assert place.cars[A].height == pytest.approx(place.scene.floors[L3], abs=0.01)


@pytest.mark.slow
def test_a_lift_does_not_shut_on_a_robot_in_its_doorway() -> None:
    place, _ = world(scene(before_lift(1.0)))
    open_lift(place, L1)
    drive(place, 2.0)
    place.command_lift(A, height=place.scene.floors[L3], door=0.0)
    place.step(20.0)
    assert place.cars[A].leaf.is_open
    assert place.cars[A].level_floor == L1
    drive(place, 3.0, ahead=-0.5)
    place.step(30.0)
    assert place.cars[A].leaf.is_shut
    assert place.cars[A].level_floor == L3
    assert place.violations == NONE


@pytest.mark.slow
def test_a_robot_rides_with_its_car_and_is_on_the_floor_it_comes_out_at() -> None:
    place, _ = world(scene(before_lift(1.0)))
    lift = place.scene.lifts[A]
    open_lift(place, L1)
    _, at, _ = before_lift(1.0)
    drive(place, math.dist(at, lift.at) / 0.5 + 0.3)
    place.step(1.0)
    assert place.robots[R1].car == A
    assert place.is_occupied(A)
    open_lift(place, L2)
    assert place.truth[R1].z == pytest.approx(place.scene.floors[L2], abs=0.01)
    assert place.robots[R1].pose.floor == L2
    assert place.violations == NONE


# --- doors  ---


@pytest.mark.thorough
def test_a_door_opens_again_for_a_person_who_comes_while_it_shuts() -> None:
    line = scene().doors[DOOR].line
    at, _ = before(line, 1.5)
    beyond, _ = before(line, 0.0)
    person = WalkerSpec('porter', 'person', L2, at)
    place, _ = world(scene(walkers=[person]))
    leaf = place.doors[DOOR]
    place.command_door(DOOR, 1.0)
    place.step(5.0)
    assert leaf.is_open
    place.walk('porter', to=beyond, speed=1.0)
    place.step(0.5)
    place.command_door(DOOR, 0.0)
    place.step(0.4)
    assert 0.0 < leaf.position < 0.98
    place.step(4.0)
    assert leaf.is_open
    place.walk('porter', to=at, speed=1.0)
    place.step(5.0)
    assert leaf.is_shut


def test_a_leaf_that_meets_resistance_opens_again_and_tries_once_more() -> None:
    place, engine = world(scene())
    leaf = place.doors[DOOR]
    place.command_door(DOOR, 1.0)
    place.step(5.0)
    engine.change = jammed(place, at=0.5)
    place.command_door(DOOR, 0.0)
    seen = [leaf.position]
    for _ in range(round(4.0 / STEP)):
        place.step(STEP)
        seen.append(leaf.position)
    assert min(seen) == pytest.approx(0.5, abs=0.05)
    assert leaf.is_open
    engine.change = None
    place.step(8.0)
    assert leaf.is_shut


def jammed(place: GazeboWorld, *, at: float) -> Change:
    """Something in a doorway that no light curtain sees: leaves get no further than a share."""
    leaves = place.scene.doors[DOOR].leaves

    def change(now: Snapshot) -> Snapshot:
        joints = dict(now.joints)
        for one in leaves:
            state = joints[one.model, one.joint]
            if state.position < at * one.travel:
                joints[one.model, one.joint] = JointState(at * one.travel, 0.0)
        return dataclasses.replace(now, joints=joints)

    return change


# --- robots  ---


def test_a_base_that_hears_nothing_stops() -> None:
    place, _ = world(WARD)
    place.command_robot(R1, Speeds(0.5))
    place.step(0.4)
    assert place.robots[R1].wheels.speeds.ahead > 0.0
    place.step(2.0)
    stood = place.truth[R1]
    place.step(1.0)
    assert place.truth[R1] == stood
    assert stood.x < 1.0


@pytest.mark.thorough
@pytest.mark.parametrize('kind', ['door', 'lift'])
def test_what_a_robot_drives_against_is_counted_once_and_by_its_kind(kind: str) -> None:
    at, yaw = before(scene().doors[DOOR].line, 1.0)
    place, _ = world(scene(before_lift(1.0) if kind == 'lift' else (L2, at, yaw)))
    drive(place, 1.5)
    place.step(1.0)
    leaves = len(place.details)
    assert leaves > 0
    assert all(f'r1 touches {kind}_' in told for told in place.details)
    place.step(3.0)
    assert place.violations == NONE | {kind: leaves}, 'it still touches what it touched'
    drive(place, 2.0, ahead=-0.5)
    drive(place, 2.0)
    place.step(1.0)
    assert place.violations == NONE | {kind: 2 * leaves}


def test_a_person_that_is_run_into_is_counted() -> None:
    home = scene().robots[R1]
    x, y = (home.at[i] + 1.2 * (math.cos, math.sin)[i](home.yaw) for i in (0, 1))
    place, _ = world(scene(walkers=[WalkerSpec('visitor', 'person', L1, (x, y))]))
    assert place.violations == NONE
    drive(place, 2.0)
    assert place.violations == NONE | {'collision': 1}
    assert 'r1 touches visitor' in place.details[0]


def test_a_robot_that_leans_is_counted_each_time_it_begins_to() -> None:
    place, engine = world(WARD)
    for times in (1, 2):
        engine.change = leaning(0.4)
        place.step(2.0)
        assert place.violations == NONE | {'fall': times}
        engine.change = None
        place.step(1.0)
    assert 'r1 leans 0.40 rad' in place.details[0]


def test_a_robot_that_has_dropped_is_counted() -> None:
    place, engine = world(WARD)
    engine.change = leaning(0.0, z=-0.5)
    place.step(1.0)
    assert place.violations == NONE | {'fall': 1}


def leaning(roll: float, *, z: float = 0.0) -> Change:
    def change(now: Snapshot) -> Snapshot:
        one = now.poses['r1']
        pose = BodyPose(one.x, one.y, one.z + z, one.yaw, roll=roll)
        return dataclasses.replace(now, poses={**now.poses, 'r1': pose})

    return change


# --- what a robot knows of itself  ---

NOISE = Noise()


def errors(place: GazeboWorld) -> tuple[float, float, float]:
    """Return how wrong r1 is about where it is."""
    true, said = place.truth[R1], place.robots[R1].pose
    return said.x - true.x, said.y - true.y, math.remainder(said.yaw - true.yaw, math.tau)


def circles(place: GazeboWorld) -> None:
    """Drive four metres on a circle."""
    drive(place, 4.0, ahead=1.0, turn=0.5)


@pytest.mark.thorough
def test_localisation_wanders_as_far_as_its_noise_says() -> None:
    place, _ = world(WARD, noise=NOISE)
    found = []
    for _ in range(100):
        circles(place)
        found.append(errors(place))
    for axis, sigma in ((0, NOISE.place), (1, NOISE.place), (2, NOISE.heading)):
        wandered = [one[axis] for one in found]
        assert statistics.pstdev(wandered) == pytest.approx(sigma, rel=0.3)
        assert max(map(abs, wandered)) < 4.5 * sigma


def test_the_error_of_a_robot_that_stands_stays_what_it_is() -> None:
    place, _ = world(WARD, noise=NOISE)
    circles(place)
    place.step(3.0)
    stood = errors(place)
    assert stood != (0.0, 0.0, 0.0)
    place.step(60.0)
    assert errors(place) == pytest.approx(stood, abs=1e-9)


def test_odometry_drifts_without_end_where_localisation_does_not() -> None:
    place, _ = world(WARD, noise=NOISE)
    start, begin = place.truth[R1], place.odometry(R1)
    assert (begin.x, begin.y, begin.yaw) == (0.0, 0.0, 0.0)
    off = []
    for _ in range(2):
        for _ in range(20):
            circles(place)
        wheels, true = place.odometry(R1), place.truth[R1]
        turned = math.remainder(wheels.yaw - (true.yaw - start.yaw), math.tau)
        off.append(abs(turned))
    assert off[0] > 0.05
    assert off[1] > 1.5 * off[0]
    assert max(map(abs, errors(place)[:2])) < 0.07


def test_the_same_seed_makes_the_same_errors_and_another_seed_others() -> None:
    places = [world(WARD, noise=NOISE, seed=seed)[0] for seed in (1, 1, 2)]
    for place in places:
        circles(place)
    one, same, other = map(errors, places)
    assert one == same
    assert one != other


def test_without_noise_a_robot_knows_exactly_where_it_is() -> None:
    place, _ = world(WARD)
    circles(place)
    assert errors(place) == pytest.approx((0.0, 0.0, 0.0), abs=1e-12)


# --- the map  ---


def test_a_world_cannot_become_another_building() -> None:
    place, _ = world(WARD)
    assert place.is_built_as(hospital())
    assert not place.is_built_as(dataclasses.replace(hospital(), version='another'))
