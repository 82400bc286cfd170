"""Orders and robots for tests: a corridor of nodes two metres apart, and a robot on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.domain.ids import FloorId, NodeId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import Instant
from robot_nodes.core.body import Wheels
from robot_nodes.core.follower import STILL, Speeds
from robot_nodes.core.memory import Memory
from robot_nodes.core.obstacles import Body, Scan
from robot_nodes.core.order import Order, OrderNode, Pose
from robot_nodes.core.robot import Inputs, Output, Robot, Spec

F1 = FloorId('F1')
MAP = ('m', 'v1')
MAPS = Path(__file__).parents[2] / 'maps'


def node(sequence: int, *, released: bool = True, **fields: Any) -> OrderNode:
    """Return the node `n<sequence>`, two metres along x for each step, unless told otherwise."""
    values = {
        'node': NodeId(f'n{sequence}'),
        'floor': F1,
        'x': 2.0 * sequence,
        'y': 0.0,
        'max_speed': 0.8,
        **fields,
    }
    return OrderNode(sequence=sequence, released=released, **values)


def order(
    base: Sequence[int], horizon: Sequence[int] = (), *, nodes: Any = None, **fields: Any
) -> Order:
    """Return an order over the corridor: `base` released, `horizon` not."""
    values = {
        'epoch': 1,
        'robot': 'r1',
        'map_id': MAP[0],
        'map_version': MAP[1],
        'order_id': 'o1',
        'update': 1,
        'lease': 10.0,
        **fields,
    }
    along = tuple(node(i) for i in base) + tuple(node(i, released=False) for i in horizon)
    return Order(nodes=along if nodes is None else tuple(nodes), **values)


def at(x: float, y: float = 0.0, yaw: float = 0.0, floor: FloorId = F1) -> Pose:
    """Return a pose."""
    return Pose(floor, x, y, yaw)


@cache
def small_hospital() -> Hospital:
    """Return the demo's hospital."""
    return load_hospital(MAPS / 'small_hospital')


@dataclass
class Stage:
    """A robot on its wheels on an empty floor, with a clock: 20 steps a second.

    `delay`: speeds take effect so many steps late, as over a network.
    """

    pose: Pose
    memory: Memory = field(default_factory=Memory)
    hands_seconds: float = 4.0
    max_speed: float = 0.8
    step_ms: int = 50
    delay: int = 1
    now: int = 1_000_000
    faults: tuple[str, ...] = ()
    cooled: tuple[str, ...] = ()
    #: Points a laser sees, in the frame of the floor; None: the robot has no laser.
    things: list[tuple[float, float]] | None = None
    track: list[Pose] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inputs = Inputs()
        self.wheels = Wheels()
        self.blind = self.laser_is_dead = False
        self.start()

    def start(self) -> None:
        """Start the robot's program, as after a power cut: from its memory only."""
        spec = Spec(
            'r1',
            *MAP,
            compartments=('c1', 'c2'),
            max_speed=self.max_speed,
            hands_seconds=self.hands_seconds,
            cooled=self.cooled,
            body=None if self.things is None else Body(0.6, 0.5),
        )
        self.robot = Robot(spec, self.memory, now=Instant(self.now), faults=self.faults)
        self.waiting = [STILL] * self.delay

    def tell(self, *orders: Order) -> Output:
        """Give orders and do one step."""
        self.inputs.orders = orders
        return self.step()

    def step(self) -> Output:
        """Let one period pass."""
        self.now += self.step_ms
        if not self.blind:
            self.inputs.pose, self.inputs.pose_at = self.pose, Instant(self.now)
        if self.things is not None and not self.laser_is_dead:
            self.inputs.scan = self._scan(self.things)
        output = self.robot.step(Instant(self.now), self.inputs)
        self.inputs.orders = ()
        self.memory = output.memory
        self.waiting.append(output.speeds)
        self._roll(self.waiting.pop(0))
        self.last = output
        return output

    def _scan(self, things: list[tuple[float, float]]) -> Scan:
        """Return what 720 rays see of the things, each half a degree wide."""
        ranges = np.full(720, np.inf)
        for x, y in things:
            angle = math.atan2(y - self.pose.y, x - self.pose.x) - self.pose.yaw
            ray = round((math.remainder(angle, math.tau) + math.pi) / math.tau * 720) % 720
            ranges[ray] = min(ranges[ray], self.distance_to(x, y))
        return Scan(-math.pi, math.tau / 720, ranges, Instant(self.now))

    def _roll(self, speeds: Speeds) -> None:
        dx, dy, yaw = self.wheels.step(speeds, self.pose.yaw, self.step_ms / 1_000)
        self.pose = Pose(self.pose.floor, self.pose.x + dx, self.pose.y + dy, yaw)
        self.track.append(self.pose)

    def run(self, seconds: float, *, again: Order | None = None) -> Output:
        """Let time pass; `again` is repeated each second, as a manager does."""
        for i in range(int(seconds * 1_000 / self.step_ms)):
            if again is not None and i * self.step_ms % 1_000 == 0:
                self.inputs.orders = (again,)
            output = self.step()
        return output

    def distance_to(self, x: float, y: float) -> float:
        """Return how far the robot is from a point."""
        return math.hypot(self.pose.x - x, self.pose.y - y)
