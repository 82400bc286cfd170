"""Run a hospital's building in Gazebo, with its lift and door controllers, in one process.

`python -m robot_nodes.nodes.gazebo --hospital-json FILE --state-dir DIR --engine auto --speed 4`
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from robot_nodes.gazebo.build import build_scene
from robot_nodes.gazebo.engine import EngineError
from robot_nodes.gazebo.engines import open_engine
from robot_nodes.gazebo.walkers import KEPT, read_walkers
from robot_nodes.gazebo.world import GazeboWorld, Noise
from robot_nodes.nodes.gazebo_node import GazeboNode
from robot_nodes.nodes.hospital import arguments, load, named_robots, parse
from robot_nodes.nodes.world import controllers
from robot_nodes.spin import prepare, spin


def main(argv: Sequence[str] | None = None) -> int:
    """Start the building and run it until a signal; 1 when the engine fails."""
    parser = arguments('robot_nodes.nodes.gazebo', 'A hospital building in Gazebo.')
    parser.add_argument('--robots', default='', help='r1,r2,...; default: all')
    parser.add_argument('--state-dir', type=Path, required=True, help='where truth.jsonl goes')
    parser.add_argument('--engine', default='auto', help='auto, sim, classic or kinematic')
    parser.add_argument('--speed', type=float, default=1.0, help='most simulated seconds a second')
    parser.add_argument('--seed', type=int, default=1, help="chances of the sensors' errors")
    parser.add_argument('--walkers', type=Path, help='JSON: [{"name", "kind", "floor", "at"}]')
    parser.add_argument('--exact', action='store_true', help='localisation without errors')
    parser.add_argument('--bare', action='store_true', help='without lift and door controllers')
    args = parse(parser, argv)
    if not 0.1 <= args.speed <= 20.0:
        raise SystemExit('--speed is 0.1 to 20')
    hospital = load(args.hospital_json)
    robots = named_robots(hospital, args.robots)
    noise = Noise(place=0.0, heading=0.0) if args.exact else Noise()
    try:
        walkers = read_walkers(args.walkers) if args.walkers is not None else []
        scene = build_scene(hospital, robots=robots, walkers=walkers)
        engine = open_engine(args.engine, scene, folder=args.state_dir, seed=args.seed)
        kept = args.walkers.read_text('utf-8') if args.walkers is not None else '[]'
        (args.state_dir / KEPT).write_text(kept, 'utf-8')
        world = GazeboWorld(hospital, scene, engine, seed=args.seed, noise=noise)
    except (EngineError, OSError, ValueError, KeyError) as error:
        raise SystemExit(f'gazebo: {error}') from None
    prepare()
    node = GazeboNode(hospital, world, state_dir=args.state_dir, speed=args.speed)
    spin([node, *([] if args.bare else controllers(hospital))], at_end=node.close)
    return 1 if node.failed else 0


if __name__ == '__main__':
    sys.exit(main())
