"""What moves in a world, as boxes in the frame of its model: leaves of doors, cars, their doors.

`sdf.py` writes these down and `lidar.py` looks at them, so that both are the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from robot_nodes.gazebo.scene import XY, XYZ, Landing, SceneDoor, SceneLift, Slider

LEAF: Final = 0.04
#: Metres of air below a door.
_AIR: Final = 0.02
#: Metres a leaf covers beside its opening.
COVER: Final = 0.02
CAR_WALL: Final = 0.05
CAR_HEIGHT: Final = 2.2
CAR_FLOOR: Final = 0.1
LIFT_DOOR_HEIGHT: Final = 2.0
#: Metres outwards from the inside of a car to the middles of its door and of the shaft's door.
CAR_DOOR: Final = 0.03
SHAFT_DOOR: Final = 0.12


@dataclass(frozen=True, slots=True)
class Part:
    """A box, its middle in the frame of its model where its joint is at 0.

    `axis` is the way its joint moves it, `on_car` whether it rides with a cabin.
    """

    slider: Slider
    at: XYZ
    size: XYZ
    axis: XY
    on_car: bool = False


def door_frame(door: SceneDoor) -> tuple[XY, float]:
    """Return where the model of a door is, and its yaw: along its line."""
    (ax, ay), (bx, by) = door.line
    return ((ax + bx) / 2, (ay + by) / 2), math.atan2(by - ay, bx - ax)


def leaves(door: SceneDoor) -> tuple[Part, ...]:
    """Return the leaves of a door."""
    half = math.dist(*door.line) / 2
    # Two leaves meet in the middle with a little air.
    inner = -half - COVER if len(door.leaves) == 1 else COVER / 4
    outer = half + COVER
    z = _AIR + door.height / 2
    size = (outer - inner, LEAF, door.height)
    return tuple(
        Part(slider, (side * (inner + outer) / 2, 0.0, z), size, (side, 0.0))
        for slider, side in zip(door.leaves, (1.0, -1.0), strict=False)
    )


def lift_doors(lift: SceneLift) -> tuple[Part, ...]:
    """Return the doors of a car and of its shaft, each once."""
    parts: dict[str, Part] = {}
    for landing in lift.landings.values():
        above = landing.elevation - lift.base
        car = _lift_door(lift, landing, landing.car, CAR_DOOR, 0.0, on_car=True)
        parts.setdefault(landing.car.joint, car)
        shaft = _lift_door(lift, landing, landing.shaft, SHAFT_DOOR, above, on_car=False)
        parts[landing.shaft.joint] = shaft
    return tuple(parts.values())


def _lift_door(
    lift: SceneLift, landing: Landing, slider: Slider, out: float, z: float, *, on_car: bool
) -> Part:
    a, b = (lift.inward(point) for point in landing.line)
    wide = math.dist(a, b)
    axis = ((b[0] - a[0]) / wide, (b[1] - a[1]) / wide)
    middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
    far = math.hypot(*middle)
    x, y = (round(one * (1 + out / far), 6) for one in middle)
    wide += 2 * COVER
    size = (abs(axis[0]) * wide + abs(axis[1]) * LEAF, abs(axis[1]) * wide + abs(axis[0]) * LEAF)
    at = (x, y, z + _AIR + LIFT_DOOR_HEIGHT / 2)
    return Part(slider, at, (*size, LIFT_DOOR_HEIGHT), axis, on_car)


def cabin(lift: SceneLift) -> tuple[tuple[str, XYZ, XYZ], ...]:
    """Return a car's floor and walls: name, middle, size. Its floor is at 0 where its joint is."""
    x0, y0, x1, y1 = lift.cage
    dx, dy = (x1 - x0) / 2, (y1 - y0) / 2
    openings: dict[tuple[int, int], float] = {}
    for landing in lift.landings.values():
        a, b = (lift.inward(point) for point in landing.line)
        along_x = abs(a[0] + b[0]) > abs(a[1] + b[1])
        side = a[0] + b[0] if along_x else a[1] + b[1]
        openings[(0 if along_x else 1, 1 if side > 0 else -1)] = math.dist(a, b)
    wall, z = CAR_WALL, CAR_HEIGHT / 2
    floor = (2 * (dx + wall), 2 * (dy + wall), CAR_FLOOR)
    boxes: list[tuple[str, XYZ, XYZ]] = [('floor', (0.0, 0.0, -CAR_FLOOR / 2), floor)]
    for axis, half, across in ((0, dx, dy), (1, dy, dx)):
        for side in (1, -1):
            opening = openings.get((axis, side))
            # Beside an opening the wall stands inside, where the door passes it outside.
            out = half + wall / 2 if opening is None else half - wall / 2
            spans = (
                [(-across - wall, across + wall)]
                if opening is None
                else [(-across, -opening / 2), (opening / 2, across)]
            )
            for start, end in spans:
                if end - start < COVER:
                    continue
                middle, long = (start + end) / 2, end - start
                name = f'wall_{len(boxes)}'
                if axis == 0:
                    boxes.append((name, (side * out, middle, z), (wall, long, CAR_HEIGHT)))
                else:
                    boxes.append((name, (middle, side * out, z), (long, wall, CAR_HEIGHT)))
    return tuple(boxes)
