"""What goes over ROS 2 in a running demo, with the moment it was heard.

`python -m benchmarks.wire r1 r2 ...` prints one JSON line a message, until a signal:
`["pose", robot, floor, x, y, at]` and `["order", robot, epoch, at]`, with `at` on the monotonic
clock, which all processes of a machine share.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final, Self

from benchmarks.running_demo import ROOT, environment, wait_until

END_SECONDS: Final = 5.0


class Wire:
    """The listener as a process; `said` grows while it runs."""

    def __init__(self, robots: Sequence[str], *, domain: int) -> None:
        self._robots, self._domain = robots, domain
        self.said: list[list[Any]] = []

    def __enter__(self) -> Self:
        """Start, and wait until something is heard."""
        self._process = subprocess.Popen(
            [sys.executable, '-m', 'benchmarks.wire', *self._robots],
            cwd=ROOT,
            env=environment(self._domain),
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            wait_until(lambda: bool(self.said), seconds=20, what='message over ROS 2')
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the listener."""
        self._end()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101
        with self._process.stdout as lines:
            self.said.extend(json.loads(line) for line in lines)


def listen(robots: Sequence[str]) -> int:
    """Print what is heard until a signal."""
    from geometry_msgs.msg import PoseStamped
    from hospital_fleet_msgs.msg import Order, RobotState
    from rclpy.node import Node

    from robot_nodes import qos
    from robot_nodes.spin import prepare, spin

    prepare()
    node = Node('benchmark_wire')

    def say(*row: object) -> None:
        print(json.dumps([*row, time.monotonic()]), flush=True)

    def hear(topic: qos.Topic, kind: Any, row: Any) -> None:
        for robot in robots:
            node.create_subscription(
                kind, topic.of(robot), lambda m, r=robot: say(*row(r, m)), topic.profile()
            )

    hear(qos.POSE, PoseStamped, lambda r, m: ('pose', r, m.header.frame_id, *_at(m.pose.position)))
    hear(qos.STATE, RobotState, lambda r, m: ('pose', r, m.floor_id, *_at(m)))
    hear(qos.ORDER, Order, lambda r, m: ('order', r, m.epoch))
    return spin([node])


def _at(place: Any) -> tuple[float, float]:
    return float(place.x), float(place.y)


if __name__ == '__main__':
    sys.exit(listen(sys.argv[1:]))
