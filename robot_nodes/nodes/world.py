"""Run the hospital's building: the world with all its lift and door controllers, in one process.

`python -m robot_nodes.nodes.world --hospital-json FILE --state-dir DIR --speed 1.0`
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rclpy.parameter import Parameter

from fleet_manager.domain.maps.model import Hospital
from robot_nodes.core.world import World
from robot_nodes.files import read_json
from robot_nodes.nodes.door_node import DoorNode
from robot_nodes.nodes.hospital import arguments, kept_map, load, named_robots, parse
from robot_nodes.nodes.lift_node import LiftNode
from robot_nodes.nodes.world_node import WorldNode, kinematic_pace
from robot_nodes.spin import prepare, spin


def in_force(folder: Path, given: Hospital) -> Hospital:
    """Return the map the world was on when it was kept last, or the one given."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        version = str((read_json(folder / 'world.json') or {})['version'])
        return (kept_map(folder, version) if version != given.version else None) or given
    return given


def main(argv: Sequence[str] | None = None) -> int:
    """Start the building and run it until a signal."""
    parser = arguments('robot_nodes.nodes.world', 'A hospital building with lifts and doors.')
    parser.add_argument('--robots', default='', help='r1,r2,...; default: all')
    parser.add_argument('--state-dir', type=Path, required=True, help='where world.json is')
    parser.add_argument('--speed', type=float, default=1.0, help='simulated seconds a second')
    parser.add_argument('--bare', action='store_true', help='without lift and door controllers')
    args = parse(parser, argv)
    if not 0.1 <= args.speed <= 20.0:
        raise SystemExit('--speed is 0.1 to 20')
    hospital = in_force(args.state_dir, load(args.hospital_json))
    robots = named_robots(hospital, args.robots)
    prepare()
    world = WorldNode(
        hospital,
        lambda kept: World(hospital, robots, kept),
        state_dir=args.state_dir,
        speed=args.speed,
        pace=kinematic_pace(args.speed),
    )
    machines = [] if args.bare else controllers(hospital)
    return spin([world, *machines], at_end=world.keep)


def controllers(hospital: Hospital) -> list[Any]:
    """Return the nodes of all lifts and automatic doors, on simulated time."""
    options = {'parameter_overrides': [Parameter('use_sim_time', value=True)]}
    lifts = [LiftNode(hospital, lift, **options) for lift in hospital.lifts]
    return [*lifts, *(DoorNode(door, **options) for door in hospital.automatic_doors)]


if __name__ == '__main__':
    sys.exit(main())
