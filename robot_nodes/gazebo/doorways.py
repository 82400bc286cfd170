"""Doors and lifts of a world: which way their leaves go, and what is built around them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import shapely
from shapely.geometry.base import BaseGeometry

from fleet_manager.domain.ids import FloorId
from fleet_manager.domain.maps.model import Door, Floor, Hospital, Lift, LiftStop
from robot_nodes.core import openings
from robot_nodes.core.world import DOOR_SECONDS
from robot_nodes.gazebo.masonry import SLAB, WALL, WALL_HEIGHT
from robot_nodes.gazebo.parts import COVER, LEAF, LIFT_DOOR_HEIGHT
from robot_nodes.gazebo.plan_frame import Frame, plain
from robot_nodes.gazebo.scene import Block, Landing, SceneDoor, SceneLift, Slider
from robot_nodes.gazebo.ways import half_width

#: N: what a person can hold, and what lifts a car.
LEAF_EFFORT: Final = 150.0
CAR_EFFORT: Final = 20_000.0
DOOR_HEIGHT: Final = 2.0
#: Metres of air between a car and what is around it.
SILL: Final = 0.03
#: Metres outwards from the inside of a car to the edge of the floor, to the walls of the shaft
#: and to the wall before its door.
EDGE: Final = 0.05 + SILL
_SHAFT: Final = 0.1
_FRONT: Final = 0.17
_FRONT_WALL: Final = 0.06
#: Metres a joint may go beyond its way.
BEYOND: Final = 0.1
#: Metres beside a robot on its way into a car.
_BESIDE_A_ROBOT: Final = 0.15
#: Metres. Nobody builds a wider door of one leaf.
_ONE_LEAF: Final = 1.25
#: Metres within which a door that stands free is joined to the next wall.
_FREE: Final = 3.0


@dataclass(frozen=True, slots=True)
class LiftPlan:
    """A lift with its shaft. No wall may be where `cut` is; `hole` goes through the floors."""

    lift: SceneLift
    blocks: tuple[Block, ...]
    cut: BaseGeometry
    hole: tuple[Frame, float, float]
    floors: tuple[FloorId, ...]


@dataclass(frozen=True, slots=True)
class DoorPlan:
    """An automatic door with the walls beside it. No other wall may be where `cut` is."""

    door: SceneDoor
    blocks: tuple[Block, ...]
    cut: BaseGeometry


def plan_lift(
    hospital: Hospital,
    lift: Lift,
    floors: Sequence[Floor],
    *,
    name: str,
    driven: Mapping[FloorId, BaseGeometry],
    taken: Iterable[BaseGeometry],
) -> LiftPlan:
    """Plan a lift on some floors, given from the lowest to the highest it stops at."""
    cage = openings.cage(hospital, lift)
    stops = [(floor, lift.stop(floor.id)) for floor in floors if _stops(lift, floor.id)]
    low, high = stops[0][0].elevation, stops[-1][0].elevation
    passed = [floor for floor in floors if low <= floor.elevation <= high]
    shaft = _Shaft(cage, f'shaft_{name}', (low - SLAB, high + WALL_HEIGHT))
    obstacles = [*(driven[floor.id] for floor in passed), *taken]
    landings: dict[FloorId, Landing] = {}
    for side in (1, -1):
        here = [(floor, stop) for floor, stop in stops if _side(hospital, cage, stop) == side]
        frame = Frame(cage.at, cage.yaw if side > 0 else cage.yaw + math.pi)
        if not here:
            shaft.close(frame)
            continue
        wide = _opening(hospital, lift, frame, [stop for _, stop in here])
        travel = wide + COVER
        hand = _hand(shaft, frame, wide, travel, obstacles)
        shaft.open(frame, wide, hand, travel, [floor.elevation for floor, _ in here])
        edge = lift.depth / 2
        cells = [hospital.nodes[cell] for _, stop in here for cell in (stop.wait, stop.exit)]
        far = max(frame.inward((cell.x, cell.y))[0] for cell in cells)
        shaft.cut.append(frame.area(edge, far, -wide / 2, wide / 2))
        line = (frame.point(edge, -hand * wide / 2), frame.point(edge, hand * wide / 2))
        speed = travel / lift.door_time
        where = 'front' if side > 0 else 'rear'
        car = Slider(name, f'car_{where}', travel, speed, LEAF_EFFORT)
        for floor, _ in here:
            door = Slider(name, f'shaft_{plain(floor.id)}', travel, speed, LEAF_EFFORT)
            landings[floor.id] = Landing(floor.id, floor.elevation, car, door, line)
    scene = SceneLift(
        lift.id,
        Slider(name, 'cabin_joint', high - low, lift.speed, CAR_EFFORT),
        low,
        {floor.id: landings[floor.id] for floor, _ in stops},
        *_box(cage),
    )
    cut = shapely.union_all(shaft.cut)
    hole = (Frame(cage.at, cage.yaw), lift.depth / 2 + EDGE, lift.width / 2 + EDGE)
    return LiftPlan(scene, tuple(shaft.blocks), cut, hole, tuple(floor.id for floor in passed))


class _Shaft:
    """The walls around a car, while they are built."""

    def __init__(self, cage: openings.Cage, model: str, z: tuple[float, float]) -> None:
        self.depth, self.width = cage.depth / 2, cage.width / 2
        self.model, self.z = model, z
        self.blocks: list[Block] = []
        self.outer = self.width + _SHAFT + WALL
        #: Where its side walls end; one that closes an end goes round the corner.
        self.frame = Frame(cage.at, cage.yaw)
        self.cut = [self.frame.area(-self.depth, self.depth, -self.outer, self.outer)]

    def close(self, frame: Frame) -> None:
        """Build the end that has no door, in the frame that looks out there."""
        u = (self.depth + _SHAFT, self.depth + _SHAFT + WALL)
        self._sides(frame, u[1])
        self._add(frame, u, (-self.outer, self.outer), self.z)
        self.cut.append(frame.area(0, u[1], -self.outer, self.outer))

    def open(
        self, frame: Frame, wide: float, hand: int, travel: float, elevations: Sequence[float]
    ) -> None:
        """Build the end with doors of some width, that open to the left (1) or right (-1)."""
        u = (self.depth + _FRONT, self.depth + _FRONT + _FRONT_WALL)
        self._sides(frame, self.depth - SILL)
        far = max(self.outer, wide / 2 + travel + BEYOND + COVER)
        self._add(frame, u, (hand * wide / 2, hand * far), self.z)
        if self.outer > wide / 2:
            self._add(frame, u, (-hand * wide / 2, -hand * self.outer), self.z)
        tops = [self.z[0], *(one + LIFT_DOOR_HEIGHT + WALL for one in elevations)]
        bottoms = [*(one - SLAB for one in elevations), self.z[1]]
        for bottom, top in zip(tops, bottoms, strict=True):
            if top - bottom > WALL:
                self._add(frame, u, (-wide / 2, wide / 2), (bottom, top))
        self.cut.append(self.pocket(frame, wide, hand, travel))
        self.cut.append(frame.area(0, u[1], -self.outer, self.outer))

    def pocket(self, frame: Frame, wide: float, hand: int, travel: float) -> shapely.Polygon:
        """Return where an open door is, with the wall before it."""
        ends = sorted((hand * wide / 2, hand * (wide / 2 + travel + BEYOND + COVER)))
        return frame.area(self.depth - SILL, self.depth + _FRONT + _FRONT_WALL, ends[0], ends[1])

    def _sides(self, frame: Frame, end: float) -> None:
        for side in (1, -1):
            v = (side * (self.width + _SHAFT), side * self.outer)
            self._add(frame, (0.0, end), v, self.z)

    def _add(
        self,
        frame: Frame,
        u: tuple[float, float],
        v: tuple[float, float],
        z: tuple[float, float],
    ) -> None:
        name = f'shaft_{len(self.blocks)}'
        self.blocks.append(frame.block(name, 'shaft', u, v, z, model=self.model))


def _hand(
    shaft: _Shaft,
    frame: Frame,
    wide: float,
    travel: float,
    obstacles: Sequence[BaseGeometry],
) -> int:
    """Return to which side doors open: where nobody drives and nothing else is."""

    def in_the_way(hand: int) -> float:
        pocket = shaft.pocket(frame, wide, hand, travel)
        return sum(float(pocket.intersection(one).area) for one in obstacles)

    return min((1, -1), key=in_the_way)


def _stops(lift: Lift, floor: FloorId) -> bool:
    return any(stop.floor == floor for stop in lift.stops)


def _side(hospital: Hospital, cage: openings.Cage, stop: LiftStop) -> int:
    out = hospital.nodes[stop.exit]
    return 1 if cage.inward((out.x, out.y))[0] > 0 else -1


def _opening(hospital: Hospital, lift: Lift, frame: Frame, stops: Sequence[LiftStop]) -> float:
    """Return how wide a lift opens: as far as robots need that come and go askew."""
    edge = lift.depth / 2 + _FRONT + _FRONT_WALL
    widest = 0.0
    for stop in stops:
        for cell in (hospital.nodes[stop.wait], hospital.nodes[stop.exit]):
            u, v = frame.inward((cell.x, cell.y))
            beside = half_width(hospital, cell.id) * math.hypot(u, v) / u
            widest = max(widest, abs(v) / u * edge + beside + _BESIDE_A_ROBOT)
    return min(lift.width, math.ceil(2 * widest / 0.05) * 0.05)


def _box(cage: openings.Cage) -> tuple[tuple[float, float, float, float], float]:
    """Return a car's box with whole quarters of its turn taken out, and the rest of the turn."""
    quarters = round(cage.yaw / (math.pi / 2))
    dx, dy = cage.depth / 2, cage.width / 2
    if quarters % 2:
        dx, dy = dy, dx
    x, y = cage.at
    return (x - dx, y - dy, x + dx, y + dy), cage.yaw - quarters * math.pi / 2


def plan_door(
    hospital: Hospital,
    door: Door,
    *,
    name: str,
    model: str,
    height: float,
    driven: BaseGeometry,
    drawn: BaseGeometry,
    taken: Sequence[BaseGeometry],
) -> DoorPlan:
    """Plan an automatic door. It slides, whatever its kind: its leaves move beside the wall."""
    line = openings.door_line(hospital, door)
    (ax, ay), (bx, by) = line
    frame = Frame(((ax + bx) / 2, (ay + by) / 2), math.atan2(by - ay, bx - ax))
    half = door.width / 2
    choices = [(1, -1), (1,), (-1,)] if door.width > _ONE_LEAF else [(1,), (-1,), (1, -1)]

    def pockets(hands: tuple[int, ...]) -> list[shapely.Polygon]:
        far = half + door.width / len(hands) + COVER + BEYOND + COVER
        ends = [sorted((hand * half, hand * far)) for hand in hands]
        return [frame.area(start, end, -_SLOT, 2 * WALL) for start, end in ends]

    def in_the_way(hands: tuple[int, ...]) -> float:
        return sum(
            float(pocket.intersection(one).area)
            for pocket in pockets(hands)
            for one in (driven, *taken)
        )

    hands = min(choices, key=in_the_way)
    chosen = pockets(hands)
    if hands == (-1,):
        line = (line[1], line[0])
    travel = door.width / len(hands) + COVER
    joints = [f'leaf_{number}' for number, _ in enumerate(hands, start=1)]
    sliders = [Slider(name, one, travel, travel / DOOR_SECONDS, LEAF_EFFORT) for one in joints]
    kept_free = shapely.union_all([driven, *taken])
    beside = _beside(frame, half, hands, travel, kept_free=kept_free, drawn=drawn)
    bottom = hospital.floors[door.floor].elevation
    z = (bottom, bottom + height)
    blocks = [
        frame.block(f'{name}_frame_{number}', 'frame', u, _BESIDE_LEAF, z, model=model)
        for number, u in enumerate(beside)
    ]
    opening = frame.area(-half - COVER, half + COVER, -2 * WALL, 2 * WALL)
    long = 3 * door.width
    slot = frame.area(-long, long, -_SLOT, _SLOT)
    cut = shapely.union_all([opening, *(pocket.intersection(slot) for pocket in chosen)])
    scene = SceneDoor(door.id, door.floor, tuple(sliders), line, DOOR_HEIGHT)
    return DoorPlan(scene, tuple(blocks), cut)


#: Metres on both sides of the line of a door where leaves move.
_SLOT: Final = 0.08
#: Across the line of a door, where the wall is that its leaves pass.
_BESIDE_LEAF: Final = (WALL / 2 + LEAF / 2, WALL / 2 + LEAF / 2 + 0.06)


def _beside(
    frame: Frame,
    half: float,
    hands: tuple[int, ...],
    travel: float,
    *,
    kept_free: BaseGeometry,
    drawn: BaseGeometry,
) -> list[tuple[float, float]]:
    """Return from where to where the walls beside a door stand, along its line."""
    found = []
    for side in (1, -1):
        reach = half + travel + BEYOND if side in hands else half
        ray = shapely.LineString([frame.point(side * half, 0.0), frame.point(side * _FREE, 0.0)])
        met = ray.intersection(drawn)
        if not met.is_empty:
            reach = max(reach, half + shapely.Point(ray.coords[0]).distance(met))
        v = sum(_BESIDE_LEAF) / 2
        wall = shapely.LineString([frame.point(side * half, v), frame.point(side * reach, v)])
        for part in shapely.get_parts(wall.difference(kept_free)):
            ends = sorted(frame.inward(point)[0] for point in part.coords)
            if ends and ends[-1] - ends[0] > WALL:
                found.append((ends[0], ends[-1]))
    return found
