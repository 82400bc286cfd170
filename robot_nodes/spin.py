"""The one loop every program of this package runs in, and the guard around every callback.

Trap: an EventsExecutor that is spun without a time-out burns a whole core, runs no callback and
does not hear SIGTERM. Only `spin_once` with a finite time-out works; it stands here and nowhere
else.
"""

from __future__ import annotations

import importlib.util
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import Any, Final

import rclpy
from rclpy.experimental.events_executor import EventsExecutor
from rclpy.signals import SignalHandlerOptions

#: Where others are to be found is decided by whoever sets one of these.
_REACH: Final = (
    'ROS_AUTOMATIC_DISCOVERY_RANGE',
    'ROS_STATIC_PEERS',
    'FASTRTPS_DEFAULT_PROFILES_FILE',
    'FASTDDS_DEFAULT_PROFILES_FILE',
)
#: Seconds: the longest a signal waits, and an idle process sleeps.
TURN: Final = 0.1


def prepare(args: list[str] | None = None) -> None:
    """Start rclpy so that nothing leaves this machine unless the environment says so."""
    _stay_on_loopback()
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)


def _stay_on_loopback() -> None:
    """Keep to UDP on 127.0.0.1, by the profile that is installed with the interfaces.

    Somebody who has set where others are to be found is left alone. With the range LOCALHOST Fast
    DDS 2.14 listens on every interface and leaves shared memory behind after a kill.
    """
    found = importlib.util.find_spec('hospital_fleet_msgs')
    if found is None or found.origin is None or any(name in os.environ for name in _REACH):
        return
    prefix = Path(found.origin).parents[4]
    profile = prefix / 'share' / 'hospital_fleet_msgs' / 'dds' / 'loopback.xml'
    if profile.is_file():
        os.environ['FASTRTPS_DEFAULT_PROFILES_FILE'] = str(profile)
        os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'SYSTEM_DEFAULT'
    else:
        os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'


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
                self._note(name, error)
                return None

        return guarded

    def service(self, name: str, callback: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """Return the callback of a service, which answers even when it failed."""

        def guarded(request: Any, response: Any) -> Any:
            try:
                return callback(request, response)
            except Exception as error:  # noqa: BLE001 - rclpy needs an answer to send
                self._note(name, error)
                return response

        return guarded

    def _note(self, name: str, error: Exception) -> None:
        self.failures[name] += 1
        if self.failures[name] == 1:
            what = f'{type(error).__name__}: {error}'
            self._say(f'callback {name} failed, is counted from now on: {what}')
