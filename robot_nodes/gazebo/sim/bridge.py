"""What ros_gz_bridge carries between ROS and a world of gz sim: its configuration from a scene.

Our own nodes do not need it: `robot_nodes.nodes.gazebo` offers their topics itself. It is for the
programs and tools of others, under `gazebo/...`: true poses, odometry, contacts, doors and lifts.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from robot_nodes.gazebo.orders import sliders_of
from robot_nodes.gazebo.scene import Scene

Entry = dict[str, str | bool]


def bridge_yaml(scene: Scene, *, commands: bool = False) -> str:
    """Return the file that `parameter_bridge` takes as `config_file`.

    `commands` also lets ROS drive robots, doors and lifts, and gives it Gazebo's clock: for a
    world that none of our nodes drives.
    """
    head = f'# For ros_gz_bridge and the world {scene.name}: made from map {scene.version}.\n'
    return head + yaml.safe_dump(list(_entries(scene, commands=commands)), sort_keys=False)


def _entries(scene: Scene, *, commands: bool) -> Iterator[Entry]:
    world = f'/world/{scene.name}'
    # Our node tells the time of day; Gazebo's own begins at 0.
    clock = '/clock' if commands else 'gazebo/clock'
    yield _seen(clock, f'{world}/clock', 'rosgraph_msgs/msg/Clock', 'Clock')
    poses = f'{world}/dynamic_pose/info'
    yield _seen('gazebo/poses', poses, 'tf2_msgs/msg/TFMessage', 'Pose_V')
    for robot in scene.robots.values():
        at = f'/{robot.model}'
        yield _seen(f'gazebo{at}/odom', f'{at}/odom', 'nav_msgs/msg/Odometry', 'Odometry')
        contacts = 'ros_gz_interfaces/msg/Contacts'
        yield _seen(f'gazebo{at}/contacts', f'{at}/contacts', contacts, 'Contacts')
        if commands:
            yield _told(f'gazebo{at}/cmd_vel', f'{at}/cmd_vel', 'geometry_msgs/msg/Twist', 'Twist')
    sliders = sliders_of(scene)
    for model in dict.fromkeys(model for model, _ in sliders):
        states = f'/{model}/joint_state'
        yield _seen(f'gazebo{states}', states, 'sensor_msgs/msg/JointState', 'Model')
    if commands:
        for model, joint in sliders:
            target = f'/{model}/{joint}/cmd_pos'
            yield _told(f'gazebo{target}', target, 'std_msgs/msg/Float64', 'Double')


def _seen(ros: str, gz: str, ros_type: str, gz_type: str) -> Entry:
    # lazy: what nobody listens to costs nothing
    return {**_entry(ros, gz, ros_type, gz_type), 'direction': 'GZ_TO_ROS', 'lazy': True}


def _told(ros: str, gz: str, ros_type: str, gz_type: str) -> Entry:
    return {**_entry(ros, gz, ros_type, gz_type), 'direction': 'ROS_TO_GZ'}


def _entry(ros: str, gz: str, ros_type: str, gz_type: str) -> Entry:
    return {
        'ros_topic_name': ros,
        'gz_topic_name': gz,
        'ros_type_name': ros_type,
        'gz_type_name': f'gz.msgs.{gz_type}',
    }
