"""Print what the world has counted that must not happen; run in the hospital's domain."""

from __future__ import annotations

import sys
import time

import rclpy
from std_msgs.msg import String

from robot_nodes import qos
from robot_nodes.spin import TURN, prepare


def main() -> int:
    """Wait for the newest count, which is kept for latecomers."""
    from rclpy.experimental.events_executor import EventsExecutor

    prepare()
    node = rclpy.create_node('witness')
    heard: list[str] = []
    node.create_subscription(
        String, qos.VIOLATIONS.name, lambda said: heard.append(said.data), qos.VIOLATIONS.profile()
    )
    executor = EventsExecutor()
    executor.add_node(node)
    deadline = time.monotonic() + 15.0
    while not heard and time.monotonic() < deadline:
        executor.spin_once(timeout_sec=TURN)
    executor.remove_node(node)
    node.destroy_node()
    executor.shutdown(0.5)
    rclpy.try_shutdown()
    print(heard[-1] if heard else 'the world says nothing', flush=True)
    return 0 if heard else 1


if __name__ == '__main__':
    sys.exit(main())
