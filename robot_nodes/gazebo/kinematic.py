"""The engine `kinematic`: no physics, for machines without Gazebo.

Wheels reach their speeds as the limits let them, sliders go at theirs, and a robot in a car rides
with it. Nothing holds anything up: what overlaps is reported as a contact and goes on, and nothing
falls. What is repeated goes the same.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

from robot_nodes.core.body import Wheels, toward
from robot_nodes.core.follower import STILL, Speeds
from robot_nodes.core.geometry import rectangle
from robot_nodes.gazebo.engine import (
    BodyPose,
    Contact,
    EngineError,
    JointName,
    JointState,
    Snapshot,
)
from robot_nodes.gazebo.orders import Orders, SetPoint, sliders_of
from robot_nodes.gazebo.parts import Part, cabin, door_frame, leaves, lift_doors
from robot_nodes.gazebo.scene import XY, Scene, SceneDoor, SceneLift, SceneRobot, Walker

#: Metres: a robot so near to the level of a car's floor stands on it, or on a floor.
_STANDS: Final = 0.1
#: Metres: the side of a cell of what does not turn, and how far round a cell it is looked at.
_CELL: Final = 1.0
_AROUND: Final = 1.0
#: Metres: a wall's height, as far as robots on its floor are concerned.
_WALL: Final = 2.0
#: Metres a leaf goes at most.
_LEAF_WAY: Final = 2.0
#: Corners of the shape a person is taken for.
_ROUND: Final = 12

Shape = Sequence[XY]


@dataclass(frozen=True, slots=True)
class _Obstacle:
    """A wall or a leaf where its joints are at 0. Its `slider` moves it along `axis`.

    `bottom` and `top` are heights in the world. `car` is the cabin it rides with.
    """

    name: str
    shape: Shape
    bottom: float
    top: float
    axis: XY = (0.0, 0.0)
    slider: JointName | None = None
    car: JointName | None = None


@dataclass(slots=True)
class _Robot:
    """A robot that drives."""

    scene: SceneRobot
    x: float
    y: float
    z: float
    yaw: float
    wanted: Speeds = STILL
    wheels: Wheels = field(default_factory=Wheels)

    def footprint(self) -> Shape:
        """Return its corners."""
        return rectangle(self.x, self.y, self.yaw, self.scene.length, self.scene.width)


@dataclass(slots=True)
class _Joint:
    """A slider that goes to its set point at its speed."""

    position: float = 0.0
    set_point: SetPoint | None = None
    speed: float = 0.0

    def step(self, seconds: float) -> None:
        """Move on."""
        if self.set_point is None:
            return
        to, speed = self.set_point
        before = self.position
        self.position = toward(before, to, speed * seconds)
        self.speed = (self.position - before) / seconds


class KinematicEngine:
    """A world without physics."""

    name = 'kinematic'

    def __init__(self, scene: Scene, *, dt: float = 0.01) -> None:
        self.dt = dt
        self._scene = scene
        self._orders = Orders(scene)
        self._near = _cells(_obstacles(scene))
        self._running = False
        self._begin()

    def start(self) -> Snapshot:
        """Return the world as it begins."""
        if self._running:
            raise EngineError('the engine kinematic was started before')
        self._running = True
        return self._snapshot()

    def drive(self, model: str, *, ahead: float, turn: float) -> None:
        """Set the speeds of a robot's base."""
        self._orders.drive(model, ahead=ahead, turn=turn)

    def slide(self, model: str, joint: str, *, to: float, speed: float) -> None:
        """Send a slider to a position."""
        self._orders.slide(model, joint, to=to, speed=speed)

    def step(self, steps: int) -> Snapshot:
        """Run so many steps."""
        self._need_running()
        if steps < 0:
            raise EngineError(f'{steps} steps: there is no way back')
        speeds, set_points = self._orders.take()
        for model, wanted in speeds.items():
            self._robots[model].wanted = wanted
        for name, set_point in set_points.items():
            self._joints[name].set_point = set_point
        for _ in range(steps):
            self._step()
        self._steps += steps
        return self._snapshot()

    def reset(self) -> Snapshot:
        """Go back to the world as it began."""
        self._need_running()
        self._orders.forget()
        self._begin()
        return self._snapshot()

    def close(self) -> None:
        """End the engine."""
        self._running = False

    def _need_running(self) -> None:
        if not self._running:
            raise EngineError('the engine kinematic is not running')

    def _begin(self) -> None:
        self._steps = 0
        self._joints = {name: _Joint() for name in sliders_of(self._scene)}
        self._robots = {
            robot.model: _Robot(robot, *robot.at, robot.z, robot.yaw)
            for robot in self._scene.robots.values()
        }
        self._touched: dict[tuple[str, str], float] = {}

    # --- a step ---

    def _step(self) -> None:
        riding = {model: self._car_below(robot) for model, robot in self._robots.items()}
        for joint in self._joints.values():
            joint.step(self.dt)
        for model, robot in self._robots.items():
            dx, dy, robot.yaw = robot.wheels.step(robot.wanted, robot.yaw, self.dt)
            robot.x, robot.y = robot.x + dx, robot.y + dy
            lift = riding[model]
            robot.z = self._level(lift) if lift is not None else self._ground(robot.z)
        self._look_for_contacts()

    def _level(self, lift: SceneLift) -> float:
        """Return the height of a car's floor."""
        return lift.base + self._joints[lift.cabin.model, lift.cabin.joint].position

    def _car_below(self, robot: _Robot) -> SceneLift | None:
        for lift in self._scene.lifts.values():
            near = abs(robot.z - self._level(lift)) <= _STANDS
            if near and lift.holds((robot.x, robot.y)):
                return lift
        return None

    def _ground(self, z: float) -> float:
        level = self._scene.floors[self._scene.floor_at(z)]
        return level if abs(level - z) <= _STANDS else z

    # --- contacts ---

    def _look_for_contacts(self) -> None:
        shapes = {model: robot.footprint() for model, robot in self._robots.items()}
        walkers = [(one, self._walker_at(one)) for one in self._scene.walkers]
        for model, robot in self._robots.items():
            low, high = robot.z, robot.z + robot.scene.height
            mine = f'{model}::base::body'
            cell = (math.floor(robot.x / _CELL), math.floor(robot.y / _CELL))
            for obstacle in self._near.get(cell, ()):
                up = self._joints[obstacle.car].position if obstacle.car is not None else 0.0
                if low < obstacle.top + up and high > obstacle.bottom + up:
                    self._touch(mine, shapes[model], obstacle.name, self._moved(obstacle))
            for walker, at in walkers:
                if abs(walker.z - robot.z) < _WALL and math.dist(at, (robot.x, robot.y)) < 4.0:
                    other = _walker_shape(walker, at)
                    self._touch(mine, shapes[model], f'{walker.model}::body::body', other)
        for (one, first), (two, second) in combinations(self._robots.items(), 2):
            reach = (first.scene.length + second.scene.length + 1.0) / 2
            close = math.hypot(first.x - second.x, first.y - second.y) < reach
            if close and abs(first.z - second.z) < first.scene.height:
                self._touch(f'{one}::base::body', shapes[one], f'{two}::base::body', shapes[two])

    def _moved(self, obstacle: _Obstacle) -> Shape:
        if obstacle.slider is None:
            return obstacle.shape
        position = self._joints[obstacle.slider].position
        dx, dy = obstacle.axis[0] * position, obstacle.axis[1] * position
        return [(x + dx, y + dy) for x, y in obstacle.shape]

    def _walker_at(self, walker: Walker) -> XY:
        x, y = (self._joints[walker.model, axis].position for axis in ('x', 'y'))
        return walker.at[0] + x, walker.at[1] + y

    def _touch(self, first: str, one: Shape, second: str, two: Shape) -> None:
        depth = min(_depth(one, two), _depth(two, one))
        if depth > 0.0:
            pair = (min(first, second), max(first, second))
            self._touched[pair] = max(depth, self._touched.get(pair, 0.0))

    # --- what is seen ---

    def _snapshot(self) -> Snapshot:
        contacts = tuple(
            Contact(first, second, depth)
            for (first, second), depth in sorted(self._touched.items())
        )
        self._touched = {}
        told = {
            name: JointState(joint.position, joint.speed)
            for name, joint in self._joints.items()
            if joint.set_point is not None
        }
        return Snapshot(self._steps * self.dt, dict(self._poses()), told, contacts)

    def _poses(self) -> Iterator[tuple[str, BodyPose]]:
        for model, robot in self._robots.items():
            yield model, BodyPose(robot.x, robot.y, robot.z, robot.yaw)
        for walker in self._scene.walkers:
            yield walker.model, BodyPose(*self._walker_at(walker), walker.z, 0.0)
        for lift in self._scene.lifts.values():
            yield lift.cabin.model, BodyPose(*lift.at, self._level(lift), lift.yaw)
        for door in self._scene.doors.values():
            yield door.leaves[0].model, self._door_pose(door)

    def _door_pose(self, door: SceneDoor) -> BodyPose:
        """Return where the model of a door is: it goes with its first leaf."""
        (x, y), yaw = door_frame(door)
        leaf = leaves(door)[0]
        away = self._joints[leaf.slider.model, leaf.slider.joint].position * leaf.axis[0]
        z = self._scene.floors[door.floor]
        return BodyPose(x + away * math.cos(yaw), y + away * math.sin(yaw), z, yaw)


# --- obstacles ---


def _obstacles(scene: Scene) -> Iterator[_Obstacle]:
    """Return all walls and leaves of a world."""
    for floor, lines in scene.walls.items():
        level = scene.floors[floor]
        for line in lines:
            yield _Obstacle('building::link::wall', line, level, level + _WALL)
    for door in scene.doors.values():
        at, yaw = door_frame(door)
        for part in leaves(door):
            yield _leaf(part, (*at, scene.floors[door.floor]), yaw, None)
    for lift in scene.lifts.values():
        car = (lift.cabin.model, lift.cabin.joint)
        for part in lift_doors(lift):
            yield _leaf(part, (*lift.at, lift.base), lift.yaw, car if part.on_car else None)
        for name, (x, y, z), (long, wide, high) in cabin(lift):
            if name != 'floor':
                shape = _rectangle((x, y), (*lift.at, lift.base), lift.yaw, long, wide)
                middle = lift.base + z
                full = f'{lift.cabin.model}::cabin::{name}'
                yield _Obstacle(full, shape, middle - high / 2, middle + high / 2, car=car)


def _leaf(
    part: Part, origin: tuple[float, float, float], yaw: float, car: JointName | None
) -> _Obstacle:
    slider = part.slider
    c, s = math.cos(yaw), math.sin(yaw)
    middle, half = origin[2] + part.at[2], part.size[2] / 2
    return _Obstacle(
        name=f'{slider.model}::{slider.joint}_leaf::leaf',
        shape=_rectangle((part.at[0], part.at[1]), origin, yaw, part.size[0], part.size[1]),
        bottom=middle - half,
        top=middle + half,
        axis=(part.axis[0] * c - part.axis[1] * s, part.axis[0] * s + part.axis[1] * c),
        slider=(slider.model, slider.joint),
        car=car,
    )


def _rectangle(
    at: XY, origin: tuple[float, float, float], yaw: float, long: float, wide: float
) -> Shape:
    """Return the corners of a rectangle given in a frame at `origin`, turned by `yaw`."""
    c, s = math.cos(yaw), math.sin(yaw)
    x, y = origin[0] + at[0] * c - at[1] * s, origin[1] + at[0] * s + at[1] * c
    return rectangle(x, y, yaw, long, wide)


def _cells(obstacles: Iterator[_Obstacle]) -> Mapping[tuple[int, int], Sequence[_Obstacle]]:
    """Return what is to be looked at in each cell: leaves wherever they may be."""
    cells: dict[tuple[int, int], list[_Obstacle]] = defaultdict(list)
    for obstacle in obstacles:
        slack = _AROUND + (_LEAF_WAY if obstacle.slider is not None else 0.0)
        xs, ys = zip(*obstacle.shape, strict=True)
        for column in _range(min(xs) - slack, max(xs) + slack):
            for row in _range(min(ys) - slack, max(ys) + slack):
                cells[column, row].append(obstacle)
    return cells


def _range(low: float, high: float) -> range:
    return range(math.floor(low / _CELL), math.floor(high / _CELL) + 1)


def _walker_shape(walker: Walker, at: XY) -> Shape:
    if walker.kind != 'person':
        return rectangle(*at, walker.yaw, walker.length, walker.width)
    radius = walker.length / 2
    turns = [2 * math.pi * k / _ROUND for k in range(_ROUND)]
    return [(at[0] + radius * math.cos(a), at[1] + radius * math.sin(a)) for a in turns]


def _depth(first: Shape, second: Shape) -> float:
    """Return how deep two convex shapes overlap along the sides of the first; 0 or less: apart."""
    deep = math.inf
    for i, (ax, ay) in enumerate(first):
        bx, by = first[i - 1]
        nx, ny = by - ay, ax - bx
        length = math.hypot(nx, ny)
        if length == 0.0:
            continue
        one = [nx * x + ny * y for x, y in first]
        two = [nx * x + ny * y for x, y in second]
        deep = min(deep, (min(max(one) - min(two), max(two) - min(one))) / length)
        if deep <= 0.0:
            break
    return deep
