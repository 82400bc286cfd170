"""Somebody on the robots' topics who should not be there: says what a command on stdin wants.

`nan r1` makes it speak as r1 until `stop`. It copies what the robot itself says and changes it.
It prints the name of what it does from now on: `stop`, and it has said its last word.
"""

from __future__ import annotations

import copy
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import rclpy
from hospital_fleet_msgs.msg import RobotState
from rclpy.experimental.events_executor import EventsExecutor

from robot_nodes import qos
from robot_nodes.spin import TURN, prepare

#: Seconds between two words.
EVERY = 0.05
#: A time stamp nobody reads: what we said ourselves comes back to us as well.
OURS = 7


def nan(state: Any) -> Any:
    """Stand nowhere."""
    state.x = math.nan
    return state


def teleport(state: Any) -> Any:
    """Be on the other side of the house, as the robot's own next word."""
    state.x = 59.0 - state.x
    state.y = 23.0 - state.y
    state.sequence += 1
    return state


def wrong_map(state: Any) -> Any:
    """Drive by yesterday's map."""
    state.map_version = 'yesterday'
    state.sequence += 1
    return state


def ahead(state: Any) -> Any:
    """Have driven where nobody was let."""
    state.last_node_sequence += 1_000
    state.sequence += 1
    return state


def twin(state: Any) -> Any:
    """Be a second robot of the same name in the same place."""
    state.incarnation = f'twin-{os.getpid()}'
    state.sequence = int(time.monotonic() * 1_000)
    return state


def garbage(state: Any) -> bytes:
    """Say bytes that are no message."""
    del state
    return b'\x00\x01\x00\x00' + bytes(range(200)) * 3


def half(state: Any) -> bytes:
    """Say the first half of a message."""
    from rclpy.serialization import serialize_message

    whole = serialize_message(state)
    return bytes(whole[: len(whole) // 2])


KINDS: Mapping[str, Callable[[Any], Any]] = {
    f.__name__: f for f in (nan, teleport, wrong_map, ahead, twin, garbage, half)
}


def main(robots: list[str]) -> int:
    """Listen to the robots, speak as one of them while told to; ends with stdin."""
    prepare()
    node = rclpy.create_node('stranger')
    heard: dict[str, Any] = {}
    voices: dict[str, Any] = {}
    for robot in robots:
        node.create_subscription(
            RobotState,
            qos.STATE.of(robot),
            lambda said, robot=robot: _hear(heard, robot, said),
            qos.STATE.profile(),
        )
        voices[robot] = node.create_publisher(RobotState, qos.STATE.of(robot), qos.STATE.profile())
    executor = EventsExecutor()
    executor.add_node(node)
    wanted = {'line': 'stop'}
    threading.Thread(target=_listen, args=(wanted,), daemon=True).start()
    said = ''
    while wanted['line'] != 'end':
        executor.spin_once(timeout_sec=min(TURN, EVERY))
        kind, _, robot = wanted['line'].partition(' ')
        if kind != said:
            said = kind
            print(said, flush=True)
        if kind in KINDS and robot in heard:
            state = copy.deepcopy(heard[robot])
            state.stamp.sec = OURS
            voices[robot].publish(KINDS[kind](state))
    executor.remove_node(node)
    node.destroy_node()
    executor.shutdown(0.5)
    rclpy.try_shutdown()
    return 0


def _hear(heard: dict[str, Any], robot: str, said: Any) -> None:
    """Keep what the robot itself says: not what we made of it."""
    if said.stamp.sec != OURS:
        heard[robot] = said


def _listen(wanted: dict[str, str]) -> None:
    for line in sys.stdin:
        wanted['line'] = line.strip()
    wanted['line'] = 'end'


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
