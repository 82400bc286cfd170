"""Read the hospital a program was started for, and the command line they share."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rclpy.utilities import remove_ros_args

from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.serialise import hospital_from_json


def load(path: Path) -> Hospital:
    """Return the hospital in `path`. Raises OSError, ValueError or MapError."""
    return hospital_from_json(json.loads(path.read_text(encoding='utf-8')))


def arguments(program: str, about: str) -> argparse.ArgumentParser:
    """Return the parser every program of this package begins with."""
    parser = argparse.ArgumentParser(prog=f'python -m {program}', description=about)
    parser.add_argument('--hospital-json', type=Path, required=True, help='the hospital')
    parser.add_argument('--sim-time', action='store_true', help='take the time from /clock')
    return parser


def parse(parser: argparse.ArgumentParser, argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line (`argv` without the program's name), less what is for ROS itself.

    `--ros-args -r __ns:=/ward` is rclpy's: it reads it from the process when it starts.
    """
    given = list(sys.argv) if argv is None else ['', *argv]
    return parser.parse_args(remove_ros_args(given)[1:])


def named_robots(hospital: Hospital, names: str) -> Sequence[RobotId]:
    """Split `r1,r2`; '' is every robot of the hospital. Ends the program on an unknown one."""
    wanted = [name for name in names.split(',') if name] or list(hospital.robots)
    for name in wanted:
        if name not in hospital.robots:
            known = ', '.join(hospital.robots)
            raise SystemExit(f'no robot {name} in {hospital.id}; there are: {known}')
    return [RobotId(name) for name in wanted]
