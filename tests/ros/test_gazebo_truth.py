"""The line of truth.jsonl that a world in Gazebo writes of a moment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.domain.ids import FloorId, RobotId
from fleet_manager.domain.units import Instant
from robot_nodes.core.follower import Speeds
from robot_nodes.gazebo.build import build_scene
from robot_nodes.gazebo.kinematic import KinematicEngine
from robot_nodes.gazebo.scene import WalkerSpec
from robot_nodes.gazebo.world import GazeboWorld, Noise
from robot_nodes.nodes.gazebo_node import truth

pytestmark = pytest.mark.ros

SMALL = Path(__file__).parents[2] / 'maps' / 'small_hospital'
R1 = RobotId('r1')
NOW = Instant(1_767_571_200_000)


def test_truth_is_where_everything_is_and_not_what_a_robot_believes() -> None:
    hospital = load_hospital(SMALL)
    person = WalkerSpec('visitor', 'person', FloorId('L1'), (30.0, 7.5))
    scene = build_scene(hospital, robots=[R1], walkers=[person])
    astray = Noise(place=5.0, metres=0.01)
    world = GazeboWorld(hospital, scene, KinematicEngine(scene), seed=1, noise=astray)
    world.walk('visitor', to=(30.0, 9.0), speed=1.0)
    for _ in range(20):
        world.command_robot(R1, Speeds(0.3))
        world.step(0.1)
    said = json.loads(json.dumps(truth(world, NOW)))
    assert (said['at'], said['seconds']) == (NOW, pytest.approx(2.01))
    x, y, z, _, floor, car = said['robots']['r1']
    home = scene.robots[R1].at
    assert 0.3 < abs(x - home[0]) + abs(y - home[1]) < 0.7
    assert abs(world.robots[R1].pose.x - x) + abs(world.robots[R1].pose.y - y) > 0.5
    assert (z, floor, car) == (0.0, 'L1', '')
    assert said['walkers'] == {'visitor': [30.0, 9.0]}
    assert said['lifts'] == {'A': [0.0, 0.0, 0.0], 'B': [0.0, 0.0, 0.0]}
    assert set(said['doors'].values()) == {0.0}
