"""Robots, lifts and doors in a process of their own: does what stdin says, tells what it hears.

One JSON object a line. In: `{"do": "state", "robot": "r1", "fields": {...}}`. Out: what arrived.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped
from hospital_fleet_msgs.msg import (
    Compartment,
    DoorMode,
    DoorRequest,
    DoorState,
    InstantAction,
    LiftRequest,
    LiftState,
    Order,
    RobotState,
)
from rclpy.context import Context
from rclpy.experimental.events_executor import EventsExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import serialize_message
from rosgraph_msgs.msg import Clock

KEPT = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
FORGOTTEN = QoSProfile(
    depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.VOLATILE
)
LOSSY = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
SHARED = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)

GOOD: dict[str, Any] = {
    'incarnation': 'one',
    'map_id': 'small',
    'map_version': 'a1b2',
    'floor_id': '1',
    'battery': 0.5,
}
HOSTILE_NUMBERS = (float('nan'), float('inf'), -float('inf'), 1e308, -0.0, 10_000.1)
HOSTILE_TEXTS = ('', '\0', '\x1b[2J', '\u202e', 'x' * 3_000, '../../etc', '1', 'r1', 'L1', 'small')


def state(robot: str, **fields: Any) -> RobotState:
    """Return a good state with changes."""
    compartments = [Compartment(compartment_id=name, locked=True) for name in ('c1', 'c2')]
    return RobotState(**({'robot_id': robot, 'compartments': compartments} | GOOD | fields))


def pose(*, x: float) -> PoseStamped:
    """Return a good pose."""
    message = PoseStamped()
    message.header.frame_id = '1'
    message.pose.position.x = x
    message.pose.orientation.w = 1.0
    return message


class Devices:
    """The node of the process and what it can be told to do."""

    def __init__(self) -> None:
        self.context = Context()
        self.context.init(args=[], initialize_logging=False)
        self.node = Node(f'devices_{os.getpid()}', context=self.context)
        self.executor = EventsExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.publishers: dict[str, Any] = {}
        self.stopping = False
        self.thread = threading.Thread(target=self._spin)
        self.thread.start()

    def _spin(self) -> None:
        while not self.stopping:
            self.executor.spin_once(timeout_sec=0.1)

    def publisher(self, kind: Any, topic: str, qos: QoSProfile) -> Any:
        """Return the publisher of a topic, connected to the manager."""
        if topic not in self.publishers:
            self.publishers[topic] = self.node.create_publisher(kind, topic, qos)
            deadline = time.monotonic() + 5
            while self.publishers[topic].get_subscription_count() == 0:
                if time.monotonic() > deadline:
                    break
                time.sleep(0.02)
        return self.publishers[topic]

    def states_of(self, robot: str) -> Any:
        return self.publisher(RobotState, f'robots/{robot}/state', KEPT)

    def poses_of(self, robot: str) -> Any:
        return self.publisher(PoseStamped, f'robots/{robot}/pose', LOSSY)

    def do_state(self, robot: str, *, on: str = '', **fields: Any) -> None:
        """Publish one state of a robot, `on` another topic than its own if named."""
        publisher = self.publisher(RobotState, on, KEPT) if on else self.states_of(robot)
        publisher.publish(state(robot, **fields))

    def do_volatile_state(self, robot: str) -> None:
        """Publish a state nobody can hear, because it is not kept for late joiners."""
        self.publisher(RobotState, f'robots/{robot}/state', FORGOTTEN).publish(state(robot))

    def do_bytes(self, robot: str, payload: str) -> None:
        """Publish bytes that are no message."""
        self.states_of(robot).publish(bytes.fromhex(payload))

    def do_pose(self, robot: str, x: float) -> None:
        self.poses_of(robot).publish(pose(x=x))

    def do_lift(self, **fields: Any) -> None:
        self.publisher(LiftState, 'lift_states', SHARED).publish(LiftState(**fields))

    def do_door(self, door_name: str, mode: int) -> None:
        message = DoorState(door_name=door_name, current_mode=DoorMode(value=mode))
        self.publisher(DoorState, 'door_states', SHARED).publish(message)

    def do_clock(self, seconds: int, nanosec: int) -> None:
        message = Clock(clock=Time(sec=seconds, nanosec=nanosec))
        self.publisher(Clock, '/clock', LOSSY).publish(message)

    def do_hear(self, robot: str) -> None:
        """Tell every order, action and request that arrives."""
        self._hear(Order, f'robots/{robot}/order', KEPT)
        self._hear(InstantAction, f'robots/{robot}/instant_action', SHARED)
        self._hear(LiftRequest, 'lift_requests', SHARED)
        self._hear(DoorRequest, 'door_requests', SHARED)

    def _hear(self, kind: Any, topic: str, qos: QoSProfile) -> None:
        def heard(message: Any) -> None:
            facts = {'topic': topic, 'at': time.time()}
            for field, type_name in message.get_fields_and_field_types().items():
                value = getattr(message, field)
                if isinstance(value, str | int | float):
                    facts[field] = value
                elif type_name == 'builtin_interfaces/Time':
                    facts[field] = value.sec + value.nanosec / 1e9
            facts['nodes'] = [node.node_id for node in getattr(message, 'nodes', [])]
            tell(facts)

        self.node.create_subscription(kind, topic, heard, qos)

    def do_flood(self, robot: str, rate: float, seconds: float) -> None:
        """Publish numbered states of one robot, `rate` a second."""
        publisher = self.states_of(robot)
        start = time.monotonic()
        sent = 0
        while time.monotonic() < start + seconds:
            publisher.publish(state(robot, sequence=sent))
            sent += 1
            time.sleep(max(0.0, start + sent / rate - time.monotonic()))
        tell({'sent': sent, 'seconds': time.monotonic() - start})

    def do_fleet(self, robots: list[str], seconds: float) -> None:
        """Say what a fleet says: 1 state and 5 poses a second of each robot."""
        for robot in robots:
            self.states_of(robot)
            self.poses_of(robot)
        tell({'ready': True})
        start = time.monotonic()
        for beat in range(int(seconds * 5)):
            for robot in robots:
                self.poses_of(robot).publish(pose(x=beat * 0.1))
                if beat % 5 == 0:
                    self.states_of(robot).publish(state(robot, sequence=beat))
            time.sleep(max(0.0, start + (beat + 1) / 5 - time.monotonic()))
        tell({'sent': int(seconds * 5) * len(robots)})

    def do_fuzz(self, count: int, seed: int) -> None:
        """Publish hostile messages and broken bytes on every topic the manager hears."""
        chance = random.Random(seed)
        voices: list[tuple[Any, Callable[[random.Random], Any]]] = [
            (self.states_of('r1'), hostile_state),
            (self.poses_of('r1'), hostile_pose),
            (self.publisher(LiftState, 'lift_states', SHARED), hostile_lift),
            (self.publisher(DoorState, 'door_states', SHARED), hostile_door),
        ]
        for number in range(count):
            publisher, build = voices[number % len(voices)]
            message = build(chance)
            publisher.publish(broken(message, chance) if chance.random() < 0.5 else message)
            if number % 20 == 0:
                time.sleep(0.005)
        tell({'sent': count})

    def close(self) -> None:
        self.stopping = True
        self.thread.join()
        self.node.destroy_node()
        self.context.try_shutdown()


def hostile_state(chance: random.Random) -> RobotState:
    fields: dict[str, Any] = {}
    for name, kind in RobotState.get_fields_and_field_types().items():
        if chance.random() < 0.8:
            continue
        if kind == 'double':
            fields[name] = chance.choice(HOSTILE_NUMBERS)
        elif kind == 'string':
            fields[name] = chance.choice(HOSTILE_TEXTS)
        elif kind == 'uint64':
            fields[name] = chance.choice([0, 1 << 63, (1 << 64) - 1])
        elif kind == 'uint8':
            fields[name] = chance.randrange(256)
        elif kind == 'sequence<string>':
            fields[name] = [chance.choice(HOSTILE_TEXTS)] * chance.randrange(30)
        elif kind == 'sequence<hospital_fleet_msgs/Compartment>':
            name_of_all = chance.choice(HOSTILE_TEXTS)
            fields[name] = [Compartment(compartment_id=name_of_all)] * chance.randrange(40)
    return state('r1', **fields)


def hostile_pose(chance: random.Random) -> PoseStamped:
    message = pose(x=chance.choice(HOSTILE_NUMBERS))
    message.header.frame_id = chance.choice(HOSTILE_TEXTS)
    message.pose.orientation.z = chance.choice(HOSTILE_NUMBERS)
    return message


def hostile_lift(chance: random.Random) -> LiftState:
    return LiftState(
        lift_name=chance.choice(HOSTILE_TEXTS),
        current_floor=chance.choice(HOSTILE_TEXTS),
        destination_floor=chance.choice(HOSTILE_TEXTS),
        session_id=chance.choice(HOSTILE_TEXTS),
        door_state=chance.randrange(256),
        motion_state=chance.randrange(256),
        current_mode=chance.randrange(256),
    )


def hostile_door(chance: random.Random) -> DoorState:
    mode = DoorMode(value=chance.randrange(1 << 32))
    return DoorState(door_name=chance.choice(HOSTILE_TEXTS), current_mode=mode)


def broken(message: Any, chance: random.Random) -> bytes:
    """Return the bytes of a message with some of them changed, cut off or added."""
    payload = bytearray(serialize_message(message))
    for _ in range(chance.randrange(1, 8)):
        payload[chance.randrange(len(payload))] = chance.randrange(256)
    fate = chance.random()
    if fate < 0.2:
        payload = payload[: chance.randrange(4, len(payload))]
    elif fate < 0.22:
        payload += bytes(80_000)
    return bytes(payload)


def tell(facts: dict[str, Any]) -> None:
    print(json.dumps(facts), flush=True)


def main() -> None:
    """Do what stdin says until it ends."""
    devices = Devices()
    tell({'up': True})
    for line in sys.stdin:
        command = json.loads(line)
        getattr(devices, f'do_{command.pop("do")}')(**command)
    devices.close()


if __name__ == '__main__':
    main()
