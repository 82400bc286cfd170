"""A kinematic hospital: robots on floors and in cars, lifts, doors, and what must not happen.

What a robot must not do is not left to it: driving into a closed door or lift, or into a car that
is not there, is refused by the world and counted, and so are two robots in one place. Doors do not
shut on a robot; that one that drives through was to be shut in is counted all the same.
"""

from __future__ import annotations

import dataclasses
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fleet_manager.domain.ids import DoorId, FloorId, LiftId, RobotId
from fleet_manager.domain.maps.model import Hospital, Lift
from fleet_manager.domain.units import Instant
from robot_nodes.core.body import LEVEL, Car, Leaf, Wheels
from robot_nodes.core.follower import STILL, Speeds
from robot_nodes.core.geometry import overlap, rectangle
from robot_nodes.core.openings import cage, door_line, home_pose
from robot_nodes.core.order import XY, Pose

LENGTH: Final = 0.6
WIDTH: Final = 0.5
_REACH: Final = math.hypot(LENGTH, WIDTH) / 2
DOOR_SECONDS: Final = 2.0
#: Seconds without a command after which a base stops by itself.
COMMAND_FRESH: Final = 0.5
#: Longest stretch of time computed at once.
STEP: Final = 0.05
#: Metres within which a robot that is refused again is still at the same attempt.
SAME_PLACE: Final = 0.2
#: How many violations are kept with their details.
MAX_DETAILS: Final = 20


@dataclass(slots=True)
class Body:
    """A robot in the world. `car` is the lift it stands in, or ''."""

    pose: Pose
    car: str = ''
    wheels: Wheels = field(default_factory=Wheels)
    wanted: Speeds = STILL
    told: float = -math.inf
    refused: tuple[str, str] | None = None
    refused_at: XY = (math.inf, math.inf)
    moves: bool = False

    def footprint(self) -> tuple[XY, ...]:
        """Return the corners of the robot on its floor."""
        return rectangle(self.pose.x, self.pose.y, self.pose.yaw, LENGTH, WIDTH)


@dataclass(frozen=True, slots=True)
class Sill:
    """The line on a floor that a door or a lift's door closes."""

    kind: str
    id: str
    floor: FloorId
    line: tuple[XY, XY]

    @property
    def middle(self) -> XY:
        """The middle of the opening."""
        (ax, ay), (bx, by) = self.line
        return ((ax + bx) / 2, (ay + by) / 2)

    def is_near(self, pose: Pose) -> bool:
        """Whether a robot there could touch it at all."""
        if pose.floor != self.floor:
            return False
        reach = _REACH + math.dist(*self.line) / 2
        return math.dist((pose.x, pose.y), self.middle) <= reach


class World:
    """The hospital in motion. `step` it; set what robots, lifts and doors are told in between."""

    def __init__(self, hospital: Hospital, robots: Sequence[RobotId], kept: Any = None) -> None:
        self._hospital = hospital
        self.seconds = 0.0
        #: A program that runs the world faster than the wall clock may allow more.
        self.command_fresh = COMMAND_FRESH
        self.cars = {lift.id: _car(hospital, lift) for lift in hospital.lifts.values()}
        self.doors = {door: Leaf(DOOR_SECONDS) for door in hospital.automatic_doors}
        self._cages = {lift.id: cage(hospital, lift) for lift in hospital.lifts.values()}
        self._sills = _sills(hospital)
        self.robots = {robot: Body(home_pose(hospital, robot)) for robot in robots}
        self.violations = {'door': 0, 'lift': 0, 'collision': 0}
        self.details: deque[str] = deque(maxlen=MAX_DETAILS)
        self._touching: set[tuple[RobotId, RobotId]] = set()
        if kept is not None:
            self._restore(kept)

    def is_built_as(self, hospital: Hospital) -> bool:
        """Whether lifts and doors of another map are the same: place, size, stops."""
        return _building(self._hospital) == _building(hospital)

    def use_map(self, hospital: Hospital) -> None:
        """Go on as the hospital of another map that is built alike. Robots stay where they are."""
        self._hospital = hospital

    # --- what it is told -------------------------------------------------------------------------

    def command_robot(self, robot: RobotId, speeds: Speeds) -> None:
        """Set the speeds a robot's base is told. They end by themselves after `COMMAND_FRESH`."""
        body = self.robots[robot]
        body.wanted, body.told = speeds, self.seconds

    def command_lift(self, lift: LiftId, *, height: float, door: float) -> None:
        """Set where a car and its door shall go."""
        car = self.cars[lift]
        floors = [elevation for _, elevation in car.floors]
        height, door = max(min(floors), min(max(floors), height)), max(0.0, min(1.0, door))
        if door < car.leaf.wanted or abs(height - car.wanted) > LEVEL:
            self._note_shutting('lift', lift)
        car.wanted, car.leaf.wanted = height, door

    def command_door(self, door: DoorId, position: float) -> None:
        """Set where a door shall go: 0 shut, 1 open."""
        position = max(0.0, min(1.0, position))
        if position < self.doors[door].wanted:
            self._note_shutting('door', door)
        self.doors[door].wanted = position

    def odometry(self, robot: RobotId) -> Pose:
        """Return where a robot's wheels say it is: here they are never wrong."""
        return self.robots[robot].pose

    def is_occupied(self, lift: LiftId) -> bool:
        """Whether anything is in the car, as its sensors see it."""
        return any(body.car == lift for body in self.robots.values())

    # --- time ------------------------------------------------------------------------------------

    def step(self, seconds: float) -> None:
        """Let time pass."""
        while seconds > 1e-9:
            part = min(STEP, seconds)
            self.seconds += part
            self._step_openings(part)
            for robot, body in self.robots.items():
                self._step_robot(robot, body, part)
            seconds -= part
        self._look_for_collisions()

    def _step_openings(self, seconds: float) -> None:
        obstructed = self.obstructed()
        for lift, car in self.cars.items():
            car.step(seconds, obstructed=('lift', lift) in obstructed)
        for door, leaf in self.doors.items():
            leaf.step(seconds, obstructed=('door', door) in obstructed)
        for body in self.robots.values():
            if body.car:
                floor = FloorId(self.cars[LiftId(body.car)].last_floor)
                if floor != body.pose.floor:
                    body.pose = dataclasses.replace(body.pose, floor=floor)

    def obstructed(self) -> set[tuple[str, str]]:
        """Return (kind, id) of the openings a robot stands in and whose door is not shut."""
        found = set()
        for sill in self._sills:
            if self._leaf(sill).is_shut:
                continue
            for body in self.robots.values():
                if sill.is_near(body.pose) and overlap(body.footprint(), sill.line):
                    found.add((sill.kind, sill.id))
        return found

    def _note_shutting(self, kind: str, opening: str) -> None:
        """Count robots that drive through an opening that is to shut now."""
        for sill in self._sills:
            if (sill.kind, sill.id) != (kind, opening) or self._leaf(sill).is_shut:
                continue
            for robot, body in self.robots.items():
                passes = body.moves and sill.is_near(body.pose)
                if passes and overlap(body.footprint(), sill.line):
                    self._count(kind, f'{kind} {opening} is to shut on {robot}')

    def _leaf(self, sill: Sill) -> Leaf:
        if sill.kind == 'door':
            return self.doors[DoorId(sill.id)]
        return self.cars[LiftId(sill.id)].leaf

    def _step_robot(self, robot: RobotId, body: Body, seconds: float) -> None:
        wanted = body.wanted if self.seconds - body.told <= self.command_fresh else STILL
        body.moves = wanted != STILL or body.wheels.speeds != STILL
        if not body.moves:
            return
        dx, dy, yaw = body.wheels.step(wanted, body.pose.yaw, seconds)
        pose = Pose(body.pose.floor, body.pose.x + dx, body.pose.y + dy, yaw)
        barrier = self._barrier(body, pose)
        if barrier is None:
            body.pose = pose
            self._enter_or_leave(body)
            return
        body.wheels.speeds = STILL
        at = (pose.x, pose.y)
        if barrier != body.refused or math.dist(at, body.refused_at) > SAME_PLACE:
            self._count(barrier[0], f'{robot} against {barrier[0]} {barrier[1]}')
        body.refused, body.refused_at = barrier, at

    def _barrier(self, body: Body, pose: Pose) -> tuple[str, str] | None:
        """Return what the motion to `pose` runs into, as (kind, id)."""
        before, after = None, None
        for sill in self._sills:
            if not sill.is_near(pose) or self._is_passable(sill):
                continue
            before = before or body.footprint()
            after = after or rectangle(pose.x, pose.y, pose.yaw, LENGTH, WIDTH)
            if overlap(after, sill.line) and not overlap(before, sill.line):
                return (sill.kind, sill.id)
        inside = self._cage_of(pose)
        if inside != body.car:
            lift = inside or body.car
            car = self.cars[LiftId(lift)]
            if not car.leaf.is_open or car.level_floor != pose.floor:
                return ('lift', lift)
        return None

    def _is_passable(self, sill: Sill) -> bool:
        if not self._leaf(sill).is_open:
            return False
        return sill.kind == 'door' or self.cars[LiftId(sill.id)].level_floor == sill.floor

    def _cage_of(self, pose: Pose) -> str:
        """Return the lift whose shaft a point is in, on any floor, or ''."""
        for lift, inside in self._cages.items():
            if inside.holds((pose.x, pose.y)) and self._stops(lift, pose.floor):
                return lift
        return ''

    def _stops(self, lift: LiftId, floor: FloorId) -> bool:
        return any(name == floor for name, _ in self.cars[lift].floors)

    def _enter_or_leave(self, body: Body) -> None:
        body.car = self._cage_of(body.pose)

    # --- what must not happen --------------------------------------------------------------------

    def _look_for_collisions(self) -> None:
        """Count each pair of robots that begins to overlap."""
        touching: set[tuple[RobotId, RobotId]] = set()
        names = list(self.robots)
        for i, first in enumerate(names):
            for second in names[i + 1 :]:
                a, b = self.robots[first], self.robots[second]
                if a.pose.floor != b.pose.floor or a.car != b.car:
                    continue
                if math.dist((a.pose.x, a.pose.y), (b.pose.x, b.pose.y)) > 2 * _REACH:
                    continue
                if overlap(a.footprint(), b.footprint()):
                    touching.add((first, second))
                    if (first, second) not in self._touching:
                        self._count('collision', f'{first} and {second}')
        self._touching = touching

    def _count(self, kind: str, what: str) -> None:
        self.violations[kind] += 1
        self.details.append(f'{self.seconds:.1f} s: {what}')

    # --- keep and restore ------------------------------------------------------------------------

    def keep(self, *, now: Instant) -> dict[str, Any]:
        """Return the whole world as JSON."""
        return {
            'hospital': self._hospital.id,
            'version': self._hospital.version,
            'time': now,
            'robots': {
                robot: [b.pose.floor, b.pose.x, b.pose.y, b.pose.yaw, b.car]
                for robot, b in self.robots.items()
            },
            'lifts': {
                lift: [c.height, c.leaf.position, c.wanted, c.leaf.wanted, c.last_floor]
                for lift, c in self.cars.items()
            },
            'doors': {door: [leaf.position, leaf.wanted] for door, leaf in self.doors.items()},
        }

    def _restore(self, kept: Any) -> None:
        """Take over what `keep` said of things that still exist."""
        for robot, (floor, x, y, yaw, car) in kept['robots'].items():
            if robot in self.robots and floor in self._hospital.floors:
                pose = Pose(FloorId(floor), float(x), float(y), float(yaw))
                known = car if car in self.cars else ''
                self.robots[RobotId(robot)] = Body(pose, car=known)
        for lift, (height, door, wanted, door_wanted, floor) in kept['lifts'].items():
            if lift in self.cars:
                car = self.cars[LiftId(lift)]
                car.height, car.wanted = float(height), float(wanted)
                car.leaf.position, car.leaf.wanted = float(door), float(door_wanted)
                car.last_floor = str(floor)
        for door, (position, wanted) in kept['doors'].items():
            if door in self.doors:
                leaf = self.doors[DoorId(door)]
                leaf.position, leaf.wanted = float(position), float(wanted)


def _building(hospital: Hospital) -> tuple[object, ...]:
    """Return all that is computed from a map, besides where robots start."""
    lifts = {
        lift.id: (_car(hospital, lift), cage(hospital, lift)) for lift in hospital.lifts.values()
    }
    return (set(hospital.floors), lifts, set(_sills(hospital)))


def _car(hospital: Hospital, lift: Lift) -> Car:
    """Return a car standing shut at its lowest stop."""
    floors = sorted(
        ((stop.floor, hospital.floors[stop.floor].elevation) for stop in lift.stops),
        key=lambda item: (item[1], item[0]),
    )
    low = floors[0]
    return Car(
        floors=tuple((str(floor), height) for floor, height in floors),
        speed=lift.speed,
        acceleration=lift.acceleration,
        leaf=Leaf(lift.door_time),
        height=low[1],
        wanted=low[1],
        last_floor=str(low[0]),
    )


def _sills(hospital: Hospital) -> tuple[Sill, ...]:
    doors = [hospital.doors[door] for door in hospital.automatic_doors]
    sills = [Sill('door', str(one.id), one.floor, door_line(hospital, one)) for one in doors]
    for lift in hospital.lifts.values():
        car = cage(hospital, lift)
        for stop in lift.stops:
            out = hospital.nodes[stop.exit]
            sills.append(Sill('lift', str(lift.id), stop.floor, car.side((out.x, out.y))))
    return tuple(sills)
