"""Start a hospital in gz sim with its fleet: `ros2 launch hospital_fleet gazebo.launch.py`.

gz sim runs the world, ros_gz_bridge shows it to ROS under `gazebo/...`; the building (lifts,
doors, sensors), the robots and the manager are those of every other set-up. To look with Gazebo's
own tools from another terminal: GZ_PARTITION=hospital_fleet GZ_IP=127.0.0.1 gz topic -l
"""

import json
import os
import sys
from pathlib import Path

from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction
from launch.substitutions import LaunchConfiguration

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.maps.serialise import hospital_to_json
from launch import LaunchContext, LaunchDescription
from robot_nodes.gazebo.build import build_scene
from robot_nodes.gazebo.sdf import to_sdf
from robot_nodes.gazebo.sim.bridge import bridge_yaml
from robot_nodes.gazebo.sim.environment import environment

MAPS = Path(__file__).resolve().parents[1] / 'maps'


def start(context: LaunchContext) -> list[ExecuteProcess]:
    """Write the hospital, its world and the bridge's file; return the processes that read them."""

    def value(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    state = Path(value('state_dir')).resolve()
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    hospital = load_hospital(Path(value('hospital')))
    robots = [RobotId(name) for name in value('robots').split(',') if name] or list(
        hospital.robots
    )
    scene = build_scene(hospital, robots=robots)
    map_file, world, bridge = (state / n for n in ('hospital.json', 'world.sdf', 'bridge.yaml'))
    map_file.write_text(json.dumps(hospital_to_json(hospital)))
    world.write_text(to_sdf(scene, engine='sim'))
    bridge.write_text(bridge_yaml(scene))
    common = ['--hospital-json', str(map_file), '--state-dir', str(state)]
    common += ['--robots', ','.join(robots)]
    node = [sys.executable, '-m']
    gazebo = environment(os.environ.get('GZ_PARTITION', 'hospital_fleet'))
    manager = {
        'FLEET_HOSPITAL': value('hospital'),
        'FLEET_STATE_DIR': str(state),
        'FLEET_PORT': value('port'),
        'FLEET_SIM_SPEED': value('speed'),
    }
    # Without -r the world is paused: the building's node steps it.
    server = ['gz', 'sim', *([] if value('window') == 'true' else ['-s']), str(world)]
    bridging = ['ros2', 'run', 'ros_gz_bridge', 'parameter_bridge']
    bridging += ['--ros-args', '-p', f'config_file:={bridge}']
    building = [*node, 'robot_nodes.nodes.gazebo', *common, '--engine', 'attached']
    building += ['--speed', value('speed')]
    bodies = [*node, 'robot_nodes.nodes.robots', *common, '--sim-time', '--laser']
    serving = [*node, 'fleet_manager.entry.cli', 'serve']
    return [
        ExecuteProcess(cmd=command, additional_env=variables, output='screen')
        for command, variables in (
            (server, gazebo),
            (bridging, gazebo),
            (building, gazebo),
            (bodies, {}),
            (serving, manager),
        )
    ]


def generate_launch_description() -> LaunchDescription:
    """Return the arguments and what to start."""
    declared = [
        DeclareLaunchArgument('hospital', default_value=str(MAPS / 'small_hospital')),
        DeclareLaunchArgument('robots', default_value='', description='r1,r2,...; empty: all'),
        DeclareLaunchArgument('window', default_value='false', description="Show Gazebo's window"),
        DeclareLaunchArgument('speed', default_value='1.0', description='Times real time at most'),
        DeclareLaunchArgument('port', default_value='8080', description='Port of the pages'),
        DeclareLaunchArgument('state_dir', default_value='.fleet-gazebo'),
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=start)])
