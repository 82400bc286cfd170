"""Start one robot's program: `ros2 launch hospital_fleet robot.launch.py robot:=r1 ...`."""

import sys

from launch.actions import DeclareLaunchArgument, ExecuteProcess
from launch.substitutions import LaunchConfiguration

from launch import LaunchDescription

ARGUMENTS = {
    'hospital_json': 'The hospital as one JSON file',
    'robot': 'Name of the robot',
    'state_dir': 'Folder in which the robot keeps its memory',
    'namespace': 'Namespace of every topic, e.g. /hospital',
}
DEFAULTS = {'state_dir': 'var', 'namespace': '/'}


def generate_launch_description() -> LaunchDescription:
    """Return what to start; namespaces are pushed from here, the node has none of its own."""
    value = {name: LaunchConfiguration(name) for name in ARGUMENTS}
    robot = ExecuteProcess(
        cmd=[
            *(sys.executable, '-m', 'robot_nodes.nodes.robots'),
            *('--hospital-json', value['hospital_json'], '--robots', value['robot']),
            *('--state-dir', value['state_dir']),
            *('--ros-args', '-r', ['__ns:=', value['namespace']]),
        ],
        output='screen',
        respawn=True,
    )
    declared = [
        DeclareLaunchArgument(name, description=text, default_value=DEFAULTS.get(name))
        for name, text in ARGUMENTS.items()
    ]
    return LaunchDescription([*declared, robot])
