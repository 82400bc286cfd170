"""Run several robots in one process: `python -m robot_nodes.nodes.robots --hospital-json FILE`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rclpy.parameter import Parameter

from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.maps.model import STANDARD_TYPE, CompartmentKind, Hospital
from robot_nodes.nodes.hospital import arguments, load, named_robots, parse
from robot_nodes.nodes.robot_node import RobotNode, start
from robot_nodes.spin import prepare, spin

INSULATED = CompartmentKind.INSULATED


def robot_node(hospital: Hospital, robot: RobotId, **values: object) -> RobotNode:
    """Return the node of one robot of the hospital, `values` being further parameters."""
    build = hospital.types.get(hospital.robots[robot].type, STANDARD_TYPE)
    all_values = {
        'robot_id': robot,
        'map_id': hospital.id,
        'map_version': hospital.version,
        'compartments': list(hospital.robots[robot].compartments),
        'cooled': ','.join(b.id for b in hospital.compartments(robot) if b.kind is INSULATED),
        'length': build.length,
        'width': build.width,
        **values,
    }
    overrides = [Parameter(name, value=value) for name, value in all_values.items()]
    return RobotNode(robot, parameter_overrides=overrides)


def main(argv: Sequence[str] | None = None) -> int:
    """Start the robots and run until a signal."""
    parser = arguments('robot_nodes.nodes.robots', 'Robots of a hospital, in one process.')
    parser.add_argument('--robots', default='', help='r1,r2,...; default: all')
    parser.add_argument('--state-dir', required=True, help='where they keep their memory')
    parser.add_argument('--hands-seconds', type=float, default=4.0)
    parser.add_argument('--max-speed', type=float, default=0.8)
    parser.add_argument('--laser', action='store_true', help='they stop for what they see')
    args = parse(parser, argv)
    hospital = load(args.hospital_json)
    names = named_robots(hospital, args.robots)
    prepare()
    nodes = [
        robot_node(
            hospital,
            name,
            state_dir=args.state_dir,
            hands_seconds=args.hands_seconds,
            max_speed=args.max_speed,
            laser=args.laser,
            use_sim_time=args.sim_time,
        )
        for name in names
    ]
    for node in nodes:
        start(node)
    return spin(nodes)


if __name__ == '__main__':
    sys.exit(main())
