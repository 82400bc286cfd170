"""The one loop every program of this package runs in, and the guard around every callback.

Trap: an EventsExecutor that is spun without a time-out burns a whole core, runs no callback and
does not hear SIGTERM. Only `spin_once` with a finite time-out works; it stands here and nowhere
else.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any, Final

import rclpy
from rclpy.experimental.events_executor import EventsExecutor
from rclpy.signals import SignalHandlerOptions

#: Seconds: the longest a signal waits, and an idle process sleeps.
TURN: Final = 0.1


def prepare(args: list[str] | None = None) -> None:
    """Start rclpy so that nothing leaves this machine unless the environment says so.

    The wheels' shared-memory transport leaves segments behind after SIGKILL: UDP by default.
    """
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    os.environ.setdefault('FASTDDS_BUILTIN_TRANSPORTS', 'UDPv4')
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)


def spin(nodes: Iterable[Any], *, at_end: Callable[[], None] | None = None) -> int:
    """Run `nodes` until SIGINT or SIGTERM; then `at_end`, and everything is taken down.

    Returns the exit code 0. Call from the main thread: only there do signals arrive.
    """
    nodes = list(nodes)
    stopping: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        stopping.append(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    executor = EventsExecutor()
    for node in nodes:
        executor.add_node(node)
    try:
        while not stopping and rclpy.ok():
            executor.spin_once(timeout_sec=TURN)
    finally:
        if at_end is not None:
            at_end()
        for node in nodes:
            executor.remove_node(node)
            node.destroy_node()
        executor.shutdown(0.5)
        rclpy.try_shutdown()
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


class Guard:
    """Keeps a node alive: rclpy ends the process when a callback raises.

    Each callback's first failure is logged with its text; all are counted.
    """

    def __init__(self, logger: Any) -> None:
        self._say = logger.error
        self.failures: Counter[str] = Counter()

    def __call__(self, name: str, callback: Callable[..., Any]) -> Callable[..., Any]:
        """Return `callback` with its exceptions caught under `name`."""

        def guarded(*args: Any) -> Any:
            try:
                return callback(*args)
            except Exception as error:  # noqa: BLE001 - whatever it is, the node lives
                self.failures[name] += 1
                if self.failures[name] == 1:
                    what = f'{type(error).__name__}: {error}'
                    self._say(f'callback {name} failed, is counted from now on: {what}')
                return None

        return guarded
