"""Print what a hospital's processes say, as JSON; run in its domain.

`violations`: what the world has counted that must not happen. `states`: each robot's last word.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import rclpy
from hospital_fleet_msgs.msg import RobotState
from rclpy.experimental.events_executor import EventsExecutor
from std_msgs.msg import String

from robot_nodes import qos
from robot_nodes.spin import TURN, prepare

WAIT_SECONDS = 45.0


def main(violations: bool, robots: list[str]) -> int:
    """Wait for the newest words, which are kept for latecomers."""
    prepare()
    node = rclpy.create_node('witness')
    heard: dict[str, Any] = {}

    def listen(name: str, kind: Any, topic: qos.Topic, device: str = '') -> None:
        def keep(said: Any) -> None:
            heard[name] = said

        node.create_subscription(kind, topic.of(device), keep, topic.profile())

    if violations:
        listen('violations', String, qos.VIOLATIONS)
    for robot in robots:
        listen(robot, RobotState, qos.STATE, robot)
    executor = EventsExecutor()
    executor.add_node(node)
    deadline = time.monotonic() + WAIT_SECONDS
    while len(heard) < violations + len(robots) and time.monotonic() < deadline:
        executor.spin_once(timeout_sec=TURN)
    executor.remove_node(node)
    node.destroy_node()
    executor.shutdown(0.5)
    rclpy.try_shutdown()
    if violations:
        print(heard['violations'].data if 'violations' in heard else 'null', flush=True)
    else:
        print(json.dumps({name: _state(said) for name, said in heard.items()}), flush=True)
    return 0


def _state(said: Any) -> dict[str, Any]:
    """Return what explains why a robot does not move."""
    shown = ('epoch', 'order_id', 'order_update_id', 'last_node_id', 'last_node_sequence',
             'floor_id', 'x', 'y', 'mode', 'last_grant')  # fmt: skip
    return {name: getattr(said, name) for name in shown} | {'errors': list(said.errors)}


if __name__ == '__main__':
    sys.exit(main(sys.argv[1] == 'violations', sys.argv[2:]))
