"""The configuration of ros_gz_bridge: what it carries is there in the world, and types fit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.entry.cli import app
from robot_nodes.gazebo.build import build_scene
from robot_nodes.gazebo.scene import Scene
from robot_nodes.gazebo.sdf import to_sdf
from robot_nodes.gazebo.sim.bridge import bridge_yaml

HOSPITAL = Path(__file__).parents[3] / 'maps' / 'small_hospital'
#: As ros_gz_bridge converts them.
TYPES = {
    'gz.msgs.Clock': 'rosgraph_msgs/msg/Clock',
    'gz.msgs.Contacts': 'ros_gz_interfaces/msg/Contacts',
    'gz.msgs.Double': 'std_msgs/msg/Float64',
    'gz.msgs.Model': 'sensor_msgs/msg/JointState',
    'gz.msgs.Odometry': 'nav_msgs/msg/Odometry',
    'gz.msgs.Pose_V': 'tf2_msgs/msg/TFMessage',
    'gz.msgs.Twist': 'geometry_msgs/msg/Twist',
}


@pytest.fixture(scope='module')
def scene() -> Scene:
    return build_scene(load_hospital(HOSPITAL))


def entries(scene: Scene, *, commands: bool) -> list[dict[str, Any]]:
    said = yaml.safe_load(bridge_yaml(scene, commands=commands))
    assert isinstance(said, list)
    return said


@pytest.mark.parametrize('commands', [False, True])
def test_every_topic_is_one_of_the_world_and_every_type_has_a_conversion(
    scene: Scene, commands: bool
) -> None:
    sdf = to_sdf(scene, engine='sim')
    topics = set(re.findall(r'<(?:odom_)?topic>([^<]*)<', sdf))
    topics |= {f'/world/{scene.name}/{name}' for name in ('clock', 'dynamic_pose/info')}
    said = entries(scene, commands=commands)
    assert {entry['gz_topic_name'] for entry in said} <= topics
    for entry in said:
        assert TYPES[entry['gz_type_name']] == entry['ros_type_name']
        assert re.fullmatch(
            r'/?[a-z][a-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*', entry['ros_topic_name']
        )
    names = [entry['ros_topic_name'] for entry in said]
    assert len(set(names)) == len(names)


def test_beside_our_nodes_it_only_shows_and_leaves_their_clock_alone(scene: Scene) -> None:
    said = entries(scene, commands=False)
    assert {entry['direction'] for entry in said} == {'GZ_TO_ROS'}
    assert all(entry['ros_topic_name'].startswith('gazebo/') for entry in said)
    assert all(entry['lazy'] for entry in said)


def test_with_commands_every_robot_door_and_lift_can_be_moved(scene: Scene) -> None:
    said = entries(scene, commands=True)
    told = {entry['gz_topic_name'] for entry in said if entry['direction'] == 'ROS_TO_GZ'}
    assert {f'/{robot.model}/cmd_vel' for robot in scene.robots.values()} < told
    for lift in scene.lifts.values():
        assert f'/{lift.cabin.model}/{lift.cabin.joint}/cmd_pos' in told
    for leaf in (leaf for door in scene.doors.values() for leaf in door.leaves):
        assert f'/{leaf.model}/{leaf.joint}/cmd_pos' in told
    (clock,) = [e['ros_topic_name'] for e in said if e['gz_type_name'] == 'gz.msgs.Clock']
    assert clock == '/clock'


def test_the_command_writes_it_and_says_what_it_did(tmp_path: Path, scene: Scene) -> None:
    out = tmp_path / 'bridge.yaml'
    done = CliRunner().invoke(app, ['gazebo', 'bridge', str(HOSPITAL), '--out', str(out)])
    assert done.exit_code == 0
    assert out.read_text('utf-8') == bridge_yaml(scene)
    assert f'topics of the world {scene.name}' in done.stdout


def test_without_a_hospital_the_command_says_so_in_a_sentence(tmp_path: Path) -> None:
    asked = ['gazebo', 'bridge', str(tmp_path / 'none'), '--out', str(tmp_path / 'x.yaml')]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 2
    assert 'there is no such folder' in done.output
