"""Start a simulated hospital with its fleet manager: `ros2 launch hospital_fleet demo.launch.py`.

Three processes: the building (world, lifts, doors), the robots, the manager with its pages.
Without `launch`, `fleet demo` does the same.
"""

import json
import sys
from pathlib import Path

from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction
from launch.substitutions import LaunchConfiguration

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.domain.maps.serialise import hospital_to_json
from launch import LaunchContext, LaunchDescription

MAPS = Path(__file__).resolve().parents[1] / 'maps'


def start(context: LaunchContext) -> list[ExecuteProcess]:
    """Write the hospital as one file and return the processes that read it."""

    def value(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    state = Path(value('state_dir')).resolve()
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    map_file = state / 'hospital.json'
    map_file.write_text(json.dumps(hospital_to_json(load_hospital(Path(value('hospital'))))))
    common = ['--hospital-json', str(map_file), '--state-dir', str(state)]
    common += ['--robots', value('robots')]
    python = [sys.executable, '-m']
    manager = {
        'FLEET_HOSPITAL': value('hospital'),
        'FLEET_STATE_DIR': str(state),
        'FLEET_PORT': value('port'),
        'FLEET_SIM_SPEED': value('speed'),
    }
    return [
        ExecuteProcess(
            cmd=[*python, 'robot_nodes.nodes.world', *common, '--speed', value('speed')],
            output='screen',
        ),
        ExecuteProcess(
            cmd=[*python, 'robot_nodes.nodes.robots', *common, '--sim-time'], output='screen'
        ),
        ExecuteProcess(
            cmd=[*python, 'fleet_manager.entry.cli', 'serve'],
            additional_env=manager,
            output='screen',
        ),
    ]


def generate_launch_description() -> LaunchDescription:
    """Return the arguments and what to start."""
    declared = [
        DeclareLaunchArgument('hospital', default_value=str(MAPS / 'small_hospital')),
        DeclareLaunchArgument('robots', default_value='', description='r1,r2,...; empty: all'),
        DeclareLaunchArgument('speed', default_value='1.0', description='Times real time'),
        DeclareLaunchArgument('port', default_value='8080', description='Port of the pages'),
        DeclareLaunchArgument('state_dir', default_value='.fleet-demo'),
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=start)])
