"""What a Gazebo world of a hospital consists of: names and measures, the same for every engine.

Metres and radians. x and y are those of the map frames, which all floors share; z is 0 where the
hospital's elevation is 0. `build.py` makes a scene from a hospital, `sdf.py` writes it down.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from fleet_manager.domain.ids import DoorId, FloorId, LiftId, RobotId

XY = tuple[float, float]
XYZ = tuple[float, float, float]
Line = tuple[XY, XY]


@dataclass(frozen=True, slots=True)
class Block:
    """A box that never moves: a wall, a slab, furniture. `at` is its middle, `yaw` turns it.

    `model` is the static model it is a part of. What is not `solid` is only to be seen.
    """

    name: str
    kind: str
    at: XYZ
    size: XYZ
    yaw: float = 0.0
    model: str = 'building'
    solid: bool = True


@dataclass(frozen=True, slots=True)
class Slider:
    """A joint that moves from 0 to `travel` with at most `speed` and `effort` (N)."""

    model: str
    joint: str
    travel: float
    speed: float
    effort: float


@dataclass(frozen=True, slots=True)
class SceneDoor:
    """An automatic door: open when all `leaves` are at their travel. `line` is what it closes.

    The first leaf opens beyond the end of `line`, a second one beyond its beginning.
    """

    id: DoorId
    floor: FloorId
    leaves: tuple[Slider, ...]
    line: Line
    height: float


@dataclass(frozen=True, slots=True)
class Landing:
    """A lift's doors on one floor: `car` rides with the cabin, `shaft` stays on the floor.

    Two landings on the same side of the car share its door. Doors open beyond the end of `line`.
    """

    floor: FloorId
    elevation: float
    car: Slider
    shaft: Slider
    line: Line


@dataclass(frozen=True, slots=True)
class SceneLift:
    """A lift. The cabin's joint is 0 at elevation `base`. `cage` is the inside of the car.

    `cage` is (x0, y0, x1, y1), before it is turned by `yaw` round its middle: an eighth at most.
    """

    id: LiftId
    cabin: Slider
    base: float
    landings: Mapping[FloorId, Landing]
    cage: tuple[float, float, float, float]
    yaw: float = 0.0

    @property
    def at(self) -> XY:
        """The middle of the car on the plan."""
        x0, y0, x1, y1 = self.cage
        return (x0 + x1) / 2, (y0 + y1) / 2

    def inward(self, point: XY) -> XY:
        """Return a point in the frame of the car, whose origin is its middle."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        dx, dy = point[0] - self.at[0], point[1] - self.at[1]
        return dx * c + dy * s, dy * c - dx * s

    def holds(self, point: XY) -> bool:
        """Whether a point of the plan is inside."""
        x, y = self.inward(point)
        x0, y0, x1, y1 = self.cage
        return abs(x) < (x1 - x0) / 2 and abs(y) < (y1 - y0) / 2


@dataclass(frozen=True, slots=True)
class SceneRobot:
    """A robot at the place it starts from, on two wheels of `radius` that are `track` apart."""

    id: RobotId
    model: str
    floor: FloorId
    at: XY
    z: float
    yaw: float
    length: float
    width: float
    height: float
    mass: float
    radius: float
    track: float


@dataclass(frozen=True, slots=True)
class Walker:
    """A person (a cylinder) or a bed (a box) on sliders `x` and `y`, which are 0 at `at`.

    They lie along the axes of the world. The model is not turned; `yaw` turns its shape.
    """

    model: str
    kind: str
    floor: FloorId
    at: XY
    z: float
    yaw: float
    length: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class WalkerSpec:
    """A walker to be put into a world: `kind` is `person` or `bed`, `name` that of its model."""

    name: str
    kind: str
    floor: FloorId
    at: XY
    yaw: float = 0.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A whole world. `floors` are the elevations of the floors it has; `name` is the SDF world's.

    `walls` are the lines a laser at a robot's height sees on each floor, doors and cars apart.
    """

    name: str
    version: str
    floors: Mapping[FloorId, float]
    blocks: tuple[Block, ...]
    walls: Mapping[FloorId, tuple[Line, ...]]
    doors: Mapping[DoorId, SceneDoor]
    lifts: Mapping[LiftId, SceneLift]
    robots: Mapping[RobotId, SceneRobot]
    walkers: tuple[Walker, ...] = ()

    def floor_at(self, z: float) -> FloorId:
        """Return the floor whose level is nearest to a height."""
        return min(self.floors, key=lambda floor: abs(self.floors[floor] - z))
