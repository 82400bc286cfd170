"""What a robot's laser sees, against distances worked out by hand in the small hospital.

Rays begin straight behind the robot and go counter-clockwise, a degree apart: 0 is behind, 90 to
its right, 180 ahead, 270 to its left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.domain.ids import DoorId, FloorId, LiftId, RobotId
from robot_nodes.gazebo.build import build_scene
from robot_nodes.gazebo.engine import BodyPose, JointName, JointState, Snapshot
from robot_nodes.gazebo.lidar import MAX_RANGE, Lidar
from robot_nodes.gazebo.scene import Scene, Slider, WalkerSpec

MAPS = Path(__file__).parents[2] / 'maps'
R1, R2 = RobotId('r1'), RobotId('r2')
L1, L2 = FloorId('L1'), FloorId('L2')
BEHIND, RIGHT, AHEAD, LEFT = 0, 90, 180, 270
#: Far from all that is looked at.
AWAY = BodyPose(58.8, 8.4, 0.0, 0.0)


@cache
def scene() -> Scene:
    walkers = [
        WalkerSpec('person', 'person', L1, (50.0, 8.4)),
        WalkerSpec('bed', 'bed', L1, (56.0, 8.4), math.pi / 2),
    ]
    place = load_hospital(MAPS / 'small_hospital')
    return build_scene(place, robots=[R1, R2], walkers=walkers)


def seen(
    pose: BodyPose, *, others: Mapping[str, BodyPose] | None = None, joints: Mapping[Slider, float]
) -> np.ndarray:
    poses = {'robot_r1': pose, 'robot_r2': AWAY, **(others or {})}
    for walker in scene().walkers:
        poses.setdefault(walker.model, BodyPose(*walker.at, walker.z, 0.0))
    states: dict[JointName, JointState] = {
        (slider.model, slider.joint): JointState(position, 0.0)
        for slider, position in joints.items()
    }
    return Lidar(scene()).scan(Snapshot(0.0, poses, states), R1)


def test_walls_of_a_corridor_are_seen_at_both_sides() -> None:
    # In the south corridor, from y = 7.2 to 9.6, 1.2 m from its west end.
    ranges = seen(BodyPose(1.2, 8.0, 0.0, 0.0), joints={})
    assert ranges.shape == (360,)
    assert ranges[RIGHT] == pytest.approx(0.8, abs=1e-6)
    assert ranges[BEHIND] == pytest.approx(1.2, abs=1e-6)
    assert ranges[RIGHT + 30] == pytest.approx(0.8 / math.cos(math.pi / 6), abs=1e-6)
    # To the left is a link to the other corridor, whose north wall is at y = 16.8.
    assert ranges[LEFT] == pytest.approx(8.8, abs=1e-6)


def test_the_scan_turns_with_the_robot() -> None:
    east = seen(BodyPose(4.0, 8.0, 0.0, 0.0), joints={})
    north = seen(BodyPose(4.0, 8.0, 0.0, math.pi / 2), joints={})
    assert north[BEHIND] == pytest.approx(east[RIGHT])
    assert north[LEFT] == pytest.approx(east[BEHIND])
    assert np.allclose(np.roll(east, -90), north, atol=1e-6)


def test_what_is_farther_than_twelve_metres_is_not_seen() -> None:
    ranges = seen(BodyPose(20.0, 8.4, 0.0, 0.0), joints={})
    assert ranges[AHEAD] == math.inf
    assert ranges[ranges != math.inf].max() <= MAX_RANGE


def test_another_floor_is_not_seen() -> None:
    pose = BodyPose(4.0, 8.0, 4.5, 0.0)
    person = {'person': BodyPose(6.0, 8.0, 0.05, 0.0), 'robot_r2': BodyPose(6.0, 8.0, 0.0, 0.0)}
    assert seen(pose, others=person, joints={})[AHEAD] > 3.0


def test_a_door_is_seen_shut_half_open_and_not_when_open() -> None:
    door = scene().doors[DoorId('L2.west-ward')]
    x = (door.line[0][0] + door.line[1][0]) / 2
    y = (door.line[0][1] + door.line[1][1]) / 2
    # Two metres before the door, on a line 0.5 m beside its middle.
    pose = BodyPose(x - 2.0, y + 0.5, 4.5, 0.0)
    shut = seen(pose, joints={})
    assert shut[AHEAD] == pytest.approx(2.0 - 0.02, abs=1e-6)
    ajar = seen(pose, joints=dict.fromkeys(door.leaves, 0.3))
    assert ajar[AHEAD] == pytest.approx(2.0 - 0.02, abs=1e-6)
    half = seen(pose, joints=dict.fromkeys(door.leaves, 0.6))
    assert half[AHEAD] > 5.0
    assert half[AHEAD + 12] == pytest.approx((2.0 - 0.02) / math.cos(math.radians(12)), abs=1e-6)
    open_ = seen(pose, joints={leaf: leaf.travel for leaf in door.leaves})
    assert open_[AHEAD] > 5.0
    assert open_[AHEAD + 8] > 5.0


def test_a_person_is_round() -> None:
    person = {'person': BodyPose(12.0, 8.4, 0.05, 0.0)}
    ranges = seen(BodyPose(9.0, 8.4, 0.0, 0.0), others=person, joints={})
    assert ranges[AHEAD] == pytest.approx(3.0 - 0.25, abs=1e-6)
    # Four degrees aside the ray is 0.209 m off the middle.
    off = 3.0 * math.sin(math.radians(4))
    far = 3.0 * math.cos(math.radians(4)) - math.sqrt(0.25**2 - off**2)
    assert ranges[AHEAD + 4] == pytest.approx(far, abs=1e-6)
    assert ranges[AHEAD + 5] > 5.0


def test_a_bed_is_seen_as_it_stands() -> None:
    # It stands across the corridor, as its spec says: 0.9 m along x, 2.1 m along y.
    bed = {'bed': BodyPose(12.0, 8.4, 0.05, 0.0)}
    ranges = seen(BodyPose(9.0, 8.4, 0.0, 0.0), others=bed, joints={})
    assert ranges[AHEAD] == pytest.approx(3.0 - 0.45, abs=1e-6)
    assert ranges[AHEAD + 20] == pytest.approx(2.55 / math.cos(math.radians(20)), abs=1e-6)


def test_another_robot_is_seen_and_the_own_body_is_not() -> None:
    other = {'robot_r2': BodyPose(11.0, 8.4, 0.0, math.pi / 2)}
    ranges = seen(BodyPose(9.0, 8.4, 0.0, 0.0), others=other, joints={})
    assert ranges[AHEAD] == pytest.approx(2.0 - 0.25, abs=1e-6)
    assert ranges[RIGHT] == pytest.approx(1.2, abs=1e-6)


def test_in_a_car_between_floors_its_walls_and_shut_door_are_all_there_is() -> None:
    lift = scene().lifts[LiftId('A')]
    ranges = seen(BodyPose(21.0, 12.3, 2.2, -math.pi / 2), joints={lift.cabin: 2.2})
    # Its door is 1 cm outside of the inside, which is 2.2 m deep and 1.6 m wide.
    assert ranges[AHEAD] == pytest.approx(1.1 + 0.01, abs=1e-6)
    assert ranges[BEHIND] == pytest.approx(1.1, abs=1e-6)
    assert ranges[LEFT] == pytest.approx(0.8, abs=1e-6)
    assert ranges[RIGHT] == pytest.approx(0.8, abs=1e-6)
    assert ranges.max() < 1.5


def test_in_a_car_at_a_floor_one_looks_out_where_both_doors_are_open() -> None:
    lift = scene().lifts[LiftId('A')]
    landing = lift.landings[L2]
    pose = BodyPose(21.0, 12.3, 4.5, -math.pi / 2)
    level = {lift.cabin: 4.5}
    car_only = seen(pose, joints={**level, landing.car: landing.car.travel})
    assert car_only[AHEAD] == pytest.approx(1.1 + 0.1, abs=1e-6)
    both = {landing.car: landing.car.travel, landing.shaft: landing.shaft.travel}
    out = seen(pose, joints={**level, **both})
    # The wall on the other side of the corridor is at y = 7.2.
    assert out[AHEAD] == pytest.approx(12.3 - 7.2, abs=1e-6)
    assert out[BEHIND] == pytest.approx(1.1, abs=1e-6)


def test_an_open_shaft_without_its_car_shows_the_shaft() -> None:
    lift = scene().lifts[LiftId('A')]
    landing = lift.landings[L1]
    pose = BodyPose(21.0, 10.0, 0.0, math.pi / 2)
    shut = seen(pose, joints={})
    assert shut[AHEAD] == pytest.approx(1.2 - 0.14, abs=1e-6)
    open_ = {landing.shaft: landing.shaft.travel, lift.cabin: 8.4}
    empty = seen(pose, joints=open_)
    assert empty[AHEAD] == pytest.approx(1.2 + 2.2 + 0.1, abs=1e-6)
    there = {**open_, lift.cabin: 0.0, landing.car: landing.car.travel}
    assert seen(pose, joints=there)[AHEAD] == pytest.approx(1.2 + 2.2, abs=1e-6)
