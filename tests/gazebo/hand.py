"""Hands in a simulated hospital: moves people and beds, and turns the key switches of lifts.

Reads one JSON object a line: `{"walk": {"walker": "p1", "to": [3, 4], "speed": 1.0}}` or
`{"lift": "A", "mode": "fire"}`; prints `done` when it was taken. Run it in the hospital's domain.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import rclpy
from rcl_interfaces.srv import SetParameters
from rclpy.experimental.events_executor import EventsExecutor
from rclpy.parameter import Parameter
from std_msgs.msg import String

from robot_nodes import qos
from robot_nodes.spin import prepare

WAIT_SECONDS = 20.0


def main() -> int:
    """Carry out what is asked until there is nothing more to read."""
    prepare()
    node = rclpy.create_node('hand')
    executor = EventsExecutor()
    executor.add_node(node)
    walk = node.create_publisher(String, qos.WALK.name, qos.WALK.profile())

    def until(condition: Any) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            assert time.monotonic() < deadline, 'nobody listens'
            executor.spin_once(timeout_sec=0.05)

    until(lambda: walk.get_subscription_count() > 0)
    print('done', flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if 'walk' in asked:
            walk.publish(String(data=json.dumps(asked['walk'])))
            executor.spin_once(timeout_sec=0.05)
        else:
            name = f'lift_{qos.token(asked["lift"])}/set_parameters'
            client = node.create_client(SetParameters, name)
            until(client.service_is_ready)
            forced = Parameter('forced_mode', value=asked['mode']).to_parameter_msg()
            future = client.call_async(SetParameters.Request(parameters=[forced]))
            until(future.done)
            assert future.result().results[0].successful, asked
        print('done', flush=True)
    executor.remove_node(node)
    node.destroy_node()
    executor.shutdown(0.5)
    rclpy.try_shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
