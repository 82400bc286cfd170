"""Read the hospital a program was started for, and the command line they share."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from rclpy.utilities import remove_ros_args

from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.serialise import hospital_from_json, hospital_to_json
from robot_nodes.files import write_json

#: Maps kept in a folder; a device that carries an older one is told the map again.
MAPS_KEPT: Final = 8


def load(path: Path) -> Hospital:
    """Return the hospital in `path`. Raises OSError, ValueError or MapError."""
    return hospital_from_json(json.loads(path.read_text(encoding='utf-8')))


@lru_cache(maxsize=2)  # robots of one process are all told the same
def read_map(text: str) -> tuple[int, Hospital]:
    """Read what the manager says is the map in force; return its epoch, and the map.

    Raises KeyError, TypeError, ValueError or MapError for anything else.
    """
    said = json.loads(text)
    return int(said['epoch']), hospital_from_json(said['map'])


def keep_map(folder: Path, hospital: Hospital) -> None:
    """Keep a map a device has taken over in its folder. Raises OSError."""
    file = _kept(folder, hospital.version)
    if not file.is_file():
        write_json(file, hospital_to_json(hospital))
        kept = sorted(file.parent.glob('*.json'), key=lambda one: one.stat().st_mtime_ns)
        for old in kept[:-MAPS_KEPT]:
            old.unlink(missing_ok=True)


def kept_map(folder: Path, version: str) -> Hospital | None:
    """Return a map that was kept, or None where there is none that can be read."""
    try:
        return load(_kept(folder, version))
    except Exception:  # noqa: BLE001 - whatever is wrong with it: it is not used
        return None


def _kept(folder: Path, version: str) -> Path:
    return folder / 'device-maps' / f'{version}.json'


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
