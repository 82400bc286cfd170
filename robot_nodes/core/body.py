"""How simulated things move: a car in its shaft, a door leaf, a robot on its wheels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from robot_nodes.core.follower import STILL, Speeds
from robot_nodes.core.geometry import wrap

#: A robot's base: limits of its speeds and how fast they change.
MAX_SPEED: Final = 1.2
MAX_TURN: Final = 1.5
ACCELERATION: Final = 1.0
TURN_ACCELERATION: Final = 4.0
#: Metres: a car is level with a floor.
LEVEL: Final = 0.02


def toward(value: float, goal: float, step: float) -> float:
    """Return `value` moved to `goal` by at most `step`."""
    return min(goal, value + step) if goal > value else max(goal, value - step)


@dataclass(slots=True)
class Leaf:
    """A door: 0 shut, 1 open. `seconds` for the whole way."""

    seconds: float
    position: float = 0.0
    wanted: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether one may pass."""
        return self.position >= 0.98

    @property
    def is_shut(self) -> bool:
        """Whether nothing passes and a car may move."""
        return self.position <= 0.0

    def step(self, seconds: float, *, obstructed: bool, must_shut: bool = False) -> None:
        """Move on; a door with something in it opens again instead of closing."""
        goal = 0.0 if must_shut else self.wanted
        goal = 1.0 if obstructed and goal < self.position else goal
        self.position = toward(self.position, goal, seconds / self.seconds)


@dataclass(slots=True)
class Car:
    """A lift's car and its door. The door opens only at a floor, the car moves only shut."""

    floors: tuple[tuple[str, float], ...]
    speed: float
    acceleration: float
    leaf: Leaf
    height: float
    wanted: float
    velocity: float = 0.0
    last_floor: str = ''

    @property
    def level_floor(self) -> str:
        """The floor the car stands level with, or ''."""
        for floor, elevation in self.floors:
            if abs(self.height - elevation) <= LEVEL:
                return floor
        return ''

    def step(self, seconds: float, *, obstructed: bool) -> None:
        """Move on towards the set points, as far as safety lets them."""
        if self.leaf.is_shut and (self.velocity != 0.0 or abs(self.wanted - self.height) > 1e-6):
            self._travel(seconds)
        self.last_floor = self.level_floor or self.last_floor
        stands = self.velocity == 0.0 and self.level_floor
        if stands or not self.leaf.is_shut:
            away = abs(self.wanted - self.height) > LEVEL
            self.leaf.step(seconds, obstructed=obstructed, must_shut=away)

    def _travel(self, seconds: float) -> None:
        gap = self.wanted - self.height
        fast = min(self.speed, math.sqrt(2 * self.acceleration * abs(gap)))
        self.velocity = toward(
            self.velocity, math.copysign(fast, gap), self.acceleration * seconds
        )
        step = self.velocity * seconds
        if abs(gap) <= max(abs(step), 0.002):
            self.height, self.velocity = self.wanted, 0.0
        else:
            self.height += step


@dataclass(slots=True)
class Wheels:
    """A robot's base: follows the speeds it is told as fast as its limits let it."""

    speeds: Speeds = STILL

    def step(self, wanted: Speeds, yaw: float, seconds: float) -> tuple[float, float, float]:
        """Return how far the robot moved (x, y) and its new heading."""
        ahead = max(-MAX_SPEED, min(MAX_SPEED, wanted.ahead))
        turn = max(-MAX_TURN, min(MAX_TURN, wanted.turn))
        self.speeds = Speeds(
            toward(self.speeds.ahead, ahead, ACCELERATION * seconds),
            toward(self.speeds.turn, turn, TURN_ACCELERATION * seconds),
        )
        half = self.speeds.turn * seconds / 2
        mean, gone = yaw + half, self.speeds.ahead * seconds
        return gone * math.cos(mean), gone * math.sin(mean), wrap(mean + half)
