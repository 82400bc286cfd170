"""What the lasers of robots see, by casting rays on the plan: the same for every engine.

Everything a laser can meet is a vertical wall, so a scan is a matter of lines: those of the
building, and of what moves where the engine says it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fleet_manager.domain.ids import FloorId, LiftId, RobotId
from robot_nodes.core.geometry import rectangle
from robot_nodes.gazebo.engine import JointName, JointState, Snapshot
from robot_nodes.gazebo.parts import Part, cabin, door_frame, leaves, lift_doors
from robot_nodes.gazebo.plan_frame import Frame
from robot_nodes.gazebo.scene import XY, Line, Scene, SceneLift

#: Rays of a scan: from straight behind, counter-clockwise, a degree apart.
RAYS: Final = 360
MIN_RANGE: Final = 0.1
MAX_RANGE: Final = 12.0
#: Metres that a car may be off a floor and be seen from there, and the floor from it.
_LEVEL: Final = 0.25
#: Metres a leaf may have moved and be drawn where it was.
_STANDS: Final = 0.001
#: Metres of height between a robot and what it still sees.
_SAME_HEIGHT: Final = 1.0
_STEP: Final = math.tau / RAYS
_ROUNDING: Final = 1e-9

Floats = NDArray[np.float64]
_NOTHING: Final = np.empty((0, 4))


@dataclass(slots=True)
class _Moment:
    """What one snapshot has in common for all robots. Lines are rows x0, y0, x1, y1."""

    snapshot: Snapshot
    cars: Mapping[LiftId, float]
    floors: dict[FloorId, Floats]
    inside: dict[LiftId, Floats]
    robots: Mapping[RobotId, tuple[float, Floats]]
    beds: list[tuple[float, Floats]]
    people: list[tuple[float, XY, float]]


class Lidar:
    """The lasers of a world's robots, each in the middle of its robot."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._walls = {floor: _rows(lines) for floor, lines in scene.walls.items()}
        self._leaves = [(door, door_frame(door), leaves(door)) for door in scene.doors.values()]
        self._lift_doors = {lift.id: lift_doors(lift) for lift in scene.lifts.values()}
        self._cabins = {lift.id: _cabin(lift) for lift in scene.lifts.values()}
        self._drawn: dict[JointName, tuple[float, Floats]] = {}
        self._moment: _Moment | None = None

    def scan(self, snapshot: Snapshot, robot: RobotId) -> Floats:
        """Return how far a robot sees along each of its rays in metres, inf where nothing is.

        What is nearer than MIN_RANGE or farther than MAX_RANGE is not seen.
        """
        moment = self._now(snapshot)
        pose = snapshot.poses[self._scene.robots[robot].model]
        around = [self._building(moment, (pose.x, pose.y), pose.z)]
        around += [
            lines
            for other, (z, lines) in moment.robots.items()
            if other != robot and abs(z - pose.z) < _SAME_HEIGHT
        ]
        around += [lines for z, lines in moment.beds if abs(z - pose.z) < _SAME_HEIGHT]
        rays = pose.yaw - math.pi + _STEP * np.arange(RAYS)
        ways = np.column_stack((np.cos(rays), np.sin(rays)))
        ranges = _cast((pose.x, pose.y), pose.yaw - math.pi, ways, np.concatenate(around))
        for z, at, radius in moment.people:
            if abs(z - pose.z) < _SAME_HEIGHT:
                _see_round(ranges, (at[0] - pose.x, at[1] - pose.y), radius, ways)
        ranges[(ranges < MIN_RANGE) | (ranges > MAX_RANGE)] = np.inf
        return ranges

    def _now(self, snapshot: Snapshot) -> _Moment:
        if self._moment is not None and self._moment.snapshot is snapshot:
            return self._moment
        scene, poses = self._scene, snapshot.poses
        robots = {}
        for robot in scene.robots.values():
            pose = poses[robot.model]
            outline = rectangle(pose.x, pose.y, pose.yaw, robot.length, robot.width)
            robots[robot.id] = (pose.z, _ring(outline))
        beds, people = [], []
        for walker in scene.walkers:
            pose = poses[walker.model]
            if walker.kind == 'person':
                people.append((pose.z, (pose.x, pose.y), walker.length / 2))
            else:
                yaw = pose.yaw + walker.yaw
                outline = rectangle(pose.x, pose.y, yaw, walker.length, walker.width)
                beds.append((pose.z, _ring(outline)))
        cars = {
            lift.id: lift.base + _position(snapshot.joints, (lift.cabin.model, lift.cabin.joint))
            for lift in scene.lifts.values()
        }
        self._moment = _Moment(snapshot, cars, {}, {}, robots, beds, people)
        return self._moment

    def _building(self, moment: _Moment, at: XY, z: float) -> Floats:
        """Return what of the building, its doors and cars is round a place."""
        for lift in self._scene.lifts.values():
            height = moment.cars[lift.id]
            if lift.holds(at) and abs(z - height) < _SAME_HEIGHT:
                for landing in lift.landings.values():
                    if abs(landing.elevation - height) < _LEVEL:
                        return self._floor(moment, landing.floor)
                return self._inside(moment, lift)
        return self._floor(moment, self._scene.floor_at(z))

    def _floor(self, moment: _Moment, floor: FloorId) -> Floats:
        if floor not in moment.floors:
            joints = moment.snapshot.joints
            found = [self._walls[floor]]
            for door, (at, yaw), parts in self._leaves:
                if door.floor == floor:
                    found += [self._leaf(part, Frame(at, yaw), joints) for part in parts]
            for lift in self._scene.lifts.values():
                landing = lift.landings.get(floor)
                if landing is not None:
                    found += [
                        self._leaf(part, Frame(lift.at, lift.yaw), joints)
                        for part in self._lift_doors[lift.id]
                        if part.slider == landing.shaft
                    ]
                if abs(moment.cars[lift.id] - self._scene.floors[floor]) < _LEVEL:
                    found.append(self._inside(moment, lift))
            moment.floors[floor] = np.concatenate(found)
        return moment.floors[floor]

    def _inside(self, moment: _Moment, lift: SceneLift) -> Floats:
        """Return the walls of a car, and its doors."""
        if lift.id not in moment.inside:
            frame, joints = Frame(lift.at, lift.yaw), moment.snapshot.joints
            doors = [part for part in self._lift_doors[lift.id] if part.on_car]
            moment.inside[lift.id] = np.concatenate(
                [self._cabins[lift.id], *(self._leaf(part, frame, joints) for part in doors)]
            )
        return moment.inside[lift.id]

    def _leaf(self, part: Part, frame: Frame, joints: Mapping[JointName, JointState]) -> Floats:
        """Return the outline of a leaf; most of them stand still most of the time."""
        joint = (part.slider.model, part.slider.joint)
        gone = _position(joints, joint)
        drawn = self._drawn.get(joint)
        if drawn is not None and abs(drawn[0] - gone) < _STANDS:
            return drawn[1]
        at = (part.at[0] + part.axis[0] * gone, part.at[1] + part.axis[1] * gone)
        outline = _outline(frame, at, part.size[:2])
        self._drawn[joint] = (gone, outline)
        return outline


def _cabin(lift: SceneLift) -> Floats:
    frame = Frame(lift.at, lift.yaw)
    walls = [(at, size) for name, at, size in cabin(lift) if name != 'floor']
    return np.concatenate([_outline(frame, at[:2], size[:2]) for at, size in walls] or [_NOTHING])


def _position(joints: Mapping[JointName, JointState], joint: JointName) -> float:
    state = joints.get(joint)
    return 0.0 if state is None else state.position


def _outline(frame: Frame, at: XY, size: XY) -> Floats:
    x, y = frame.point(*at)
    return _ring(rectangle(x, y, frame.yaw, *size))


def _ring(corners: Iterable[XY]) -> Floats:
    points = np.array(list(corners))
    return np.hstack((points, np.roll(points, -1, axis=0)))


def _rows(lines: Iterable[Line]) -> Floats:
    rows = [(*a, *b) for a, b in lines]
    return np.array(rows) if rows else _NOTHING


def _cast(at: XY, first: float, ways: Floats, lines: Floats) -> Floats:
    """Return the distance of the nearest line along each ray; the first points to `first`.

    Only rays between the ends of a line, as seen from `at`, are met with it.
    """
    ranges = np.full(RAYS, np.inf)
    a, b = lines[:, :2] - at, lines[:, 2:] - at
    low, high = np.minimum(a, b), np.maximum(a, b)
    near = ((low < MAX_RANGE) & (high > -MAX_RANGE)).all(axis=1)
    a, b = a[near], b[near]
    start = np.arctan2(a[:, 1], a[:, 0]) - first
    turn = np.arctan2(b[:, 1], b[:, 0]) - first - start
    turn -= math.tau * np.round(turn / math.tau)
    begin = np.where(turn >= 0.0, start, start + turn) % math.tau
    lowest = np.ceil((begin - _ROUNDING) / _STEP).astype(np.intp)
    highest = np.floor((begin + np.abs(turn) + _ROUNDING) / _STEP).astype(np.intp)
    counts = np.maximum(highest - lowest + 1, 0)
    line = np.repeat(np.arange(len(counts)), counts)
    steps = np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)
    ray = (lowest[line] + steps) % RAYS
    along = (b - a)[line]
    start_of, way = a[line], ways[ray]
    across = way[:, 0] * along[:, 1] - way[:, 1] * along[:, 0]
    with np.errstate(divide='ignore', invalid='ignore'):
        far = (start_of[:, 0] * along[:, 1] - start_of[:, 1] * along[:, 0]) / across
    # Along a line itself its nearer end is met, which is an end of another line too.
    far[~(far > 0.0)] = np.inf
    np.minimum.at(ranges, ray, far)
    return ranges


def _see_round(ranges: Floats, middle: XY, radius: float, ways: Floats) -> None:
    """Shorten the rays that meet something round."""
    along = ways[:, 0] * middle[0] + ways[:, 1] * middle[1]
    aside = radius**2 - (middle[0] ** 2 + middle[1] ** 2) + along**2
    meets = (aside >= 0.0) & (along > 0.0)
    ranges[meets] = np.minimum(ranges[meets], along[meets] - np.sqrt(aside[meets]))
