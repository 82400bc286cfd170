"""A hospital whose robots, lifts and doors move by physics: what `core.world.World` is without.

The building's own safety is part of it, as in a real one: a car moves only with its doors shut,
they open only at a floor, and a door with something in its light curtain, or that meets
resistance, opens again. What must not happen is not refused here but seen: any contact of a robot
with anything but the floor it stands on is counted, and so is a robot that tilts or falls.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from fleet_manager.domain.ids import DoorId, FloorId, LiftId, RobotId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import Instant
from robot_nodes.core.body import LEVEL, MAX_SPEED, MAX_TURN, Leaf, toward
from robot_nodes.core.follower import STILL, Speeds
from robot_nodes.core.geometry import overlap, rectangle, wrap
from robot_nodes.core.order import XY, Pose
from robot_nodes.core.world import COMMAND_FRESH, DOOR_SECONDS, MAX_DETAILS, Body
from robot_nodes.gazebo.engine import BodyPose, Contact, Engine, Snapshot
from robot_nodes.gazebo.scene import Landing, Line, Scene, SceneLift, Slider

#: Seconds between two looks at the world: doors, cars and wheels are told anew after each.
STEP: Final = 0.05
#: Metres from its end at which a leaf is open or shut.
AT_END: Final = 0.008
#: A leaf that should move and is slower than this (m/s) for so long (s) meets resistance.
STALLED: Final = 0.02
STALL_SECONDS: Final = 0.6
#: Seconds for which a door stays open after something was in its way.
HOLD_OPEN: Final = 3.0
#: A robot slower than this, in metres or radians a second, stands.
RESTS: Final = 0.005
#: Radians: a robot that leans more is falling.
TILT: Final = 0.15
#: Metres a robot may be below or above the floor it stands on, the ride of a car apart.
OFF_FLOOR: Final = 0.1


@dataclass(frozen=True, slots=True)
class Noise:
    """How far a robot is wrong about where it is: standard deviations, and over which distance.

    The error of its localisation wanders as it drives, by `place` (m) and `heading` (rad) over
    `metres`; its odometry is wrong by the share `scale` and turns by `drift` radians a metre.
    """

    place: float = 0.015
    heading: float = 0.006
    metres: float = 2.0
    scale: float = 0.01
    drift: float = 0.004


@dataclass(slots=True)
class _Sense:
    """A robot's own errors, and where its wheels say it is (x, y, yaw), in a frame of its own."""

    rng: Random
    scale: float
    drift: float
    dx: float = 0.0
    dy: float = 0.0
    dyaw: float = 0.0
    wheels: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(slots=True)
class _Gate:
    """One opening as its machine sees it. `slow`: seconds for which it has met resistance."""

    leaves: tuple[Slider, ...]
    line: Line
    seconds: float
    position: float = 0.0
    goal: float = 0.0
    slow: float = 0.0
    open_until: float = -math.inf
    stalls: int = 0

    @property
    def is_shut(self) -> bool:
        return self.position <= 0.0

    @property
    def is_open(self) -> bool:
        return self.position >= 1.0


@dataclass(slots=True)
class PhysicalCar:
    """A lift's car. `leaf` is the set point of its door and where the door is at its floor."""

    lift: SceneLift
    speed: float
    acceleration: float
    gates: dict[FloorId, _Gate]
    height: float
    wanted: float
    leaf: Leaf
    velocity: float = 0.0
    told: float = 0.0
    last_floor: str = ''

    @property
    def level_floor(self) -> str:
        """The floor the car stands level with, or ''."""
        for floor, landing in self.lift.landings.items():
            if abs(self.height - landing.elevation) <= LEVEL:
                return floor
        return ''


class GazeboWorld:
    """The hospital in an engine. Offers what `core.world.World` does to the world's node."""

    def __init__(
        self, hospital: Hospital, scene: Scene, engine: Engine, *, seed: int, noise: Noise
    ) -> None:
        self._hospital, self.scene, self._engine, self._noise = hospital, scene, engine, noise
        self.seconds = 0.0
        self.command_fresh = COMMAND_FRESH
        self._left = 0.0
        self._steps = max(1, round(STEP / engine.dt))
        self.violations = {'door': 0, 'lift': 0, 'collision': 0, 'fall': 0}
        self.details: deque[str] = deque(maxlen=MAX_DETAILS)
        self._touching: set[tuple[str, str]] = set()
        self._fallen: set[RobotId] = set()
        self._models = {one.model: one.id for one in scene.robots.values()}
        self._kinds = _kinds(scene)
        self._walkers = {one.model: one for one in scene.walkers}
        self._senses = {robot: _sense(f'{seed} {robot}', noise) for robot in scene.robots}
        self.doors = {door: Leaf(DOOR_SECONDS) for door in scene.doors}
        self._gates = {
            door.id: _Gate(door.leaves, door.line, DOOR_SECONDS) for door in scene.doors.values()
        }
        self.cars = {lift: _car(hospital, one) for lift, one in scene.lifts.items()}
        self.snapshot = engine.start()
        self.truth: dict[RobotId, BodyPose] = {}
        self.robots: dict[RobotId, Body] = {}
        for robot in scene.robots.values():
            self.robots[robot.id] = Body(Pose(robot.floor, *robot.at, robot.yaw))
        self._hold_all()
        self._see(engine.step(1), 0.0)

    # --- the map ---------------------------------------------------------------------------------

    def is_built_as(self, hospital: Hospital) -> bool:
        """Whether a map describes the very building of this world: it cannot be built anew."""
        return hospital.version == self._hospital.version

    def use_map(self, hospital: Hospital) -> None:
        """Go on under another name of the same building."""
        self._hospital = hospital

    # --- what it is told -------------------------------------------------------------------------

    def command_robot(self, robot: RobotId, speeds: Speeds) -> None:
        """Set the speeds a robot's base is told. They end by themselves after `command_fresh`."""
        body = self.robots[robot]
        body.wanted, body.told = speeds, self.seconds

    def command_lift(self, lift: LiftId, *, height: float, door: float) -> None:
        """Set where a car and its door shall go."""
        car = self.cars[lift]
        levels = [landing.elevation for landing in car.lift.landings.values()]
        car.wanted = max(min(levels), min(max(levels), height))
        car.leaf.wanted = max(0.0, min(1.0, door))

    def command_door(self, door: DoorId, position: float) -> None:
        """Set where a door shall go: 0 shut, 1 open."""
        self.doors[door].wanted = max(0.0, min(1.0, position))

    def walk(self, walker: str, *, to: XY, speed: float) -> None:
        """Send a person or a bed to a place on its floor. Raises KeyError for an unknown one."""
        one = self._walkers[walker]
        pose = self.snapshot.poses[one.model]
        dx, dy = to[0] - pose.x, to[1] - pose.y
        far = math.hypot(dx, dy) or 1.0
        for joint, goal, share in (('x', to[0] - one.at[0], dx), ('y', to[1] - one.at[1], dy)):
            self._engine.slide(
                one.model, joint, to=goal, speed=max(0.02, speed * abs(share) / far)
            )

    def is_occupied(self, lift: LiftId) -> bool:
        """Whether anything is in the car, as its sensors see it."""
        if any(body.car == lift for body in self.robots.values()):
            return True
        poses = self.snapshot.poses
        return any(self._is_in(self.cars[lift], poses[name]) for name in self._walkers)

    def obstructed(self) -> set[tuple[str, str]]:
        """Return (kind, id) of the open doors whose light curtain something stands in."""
        gates = [
            ('door', str(door), self.scene.doors[door].floor, gate)
            for door, gate in self._gates.items()
        ]
        for name, car in self.cars.items():
            gates += [('lift', str(name), floor, gate) for floor, gate in car.gates.items()]
        ajar = [gate for gate in gates if not gate[3].is_shut]
        standing = self._standing() if ajar else {}
        return {
            (kind, name)
            for kind, name, floor, gate in ajar
            if any(overlap(shape, gate.line) for shape in standing.get(floor, ()))
        }

    # --- time ------------------------------------------------------------------------------------

    def step(self, seconds: float) -> None:
        """Let time pass, in whole steps of `STEP`; what is left over is kept for the next."""
        self._left += seconds
        while self._left >= STEP - 1e-9:
            self._left -= STEP
            self._tell(STEP)
            self._see(self._engine.step(self._steps), STEP)

    def close(self) -> None:
        """End the engine."""
        self._engine.close()

    def _tell(self, seconds: float) -> None:
        """Tell wheels, doors and cars what to do until the next look."""
        for robot, body in self.robots.items():
            fresh = self.seconds - body.told <= self.command_fresh
            wanted = body.wanted if fresh else STILL
            self._engine.drive(
                self.scene.robots[robot].model,
                ahead=max(-MAX_SPEED, min(MAX_SPEED, wanted.ahead)),
                turn=max(-MAX_TURN, min(MAX_TURN, wanted.turn)),
            )
        standing = self._standing()
        for door, gate in self._gates.items():
            self._move(gate, self.doors[door].wanted, self.scene.doors[door].floor, standing)
        for car in self.cars.values():
            self._tell_car(car, seconds, standing)

    def _tell_car(
        self, car: PhysicalCar, seconds: float, standing: Mapping[FloorId, list[tuple[XY, ...]]]
    ) -> None:
        gap = car.wanted - car.height
        away = abs(gap) > LEVEL
        shut = all(gate.is_shut for gate in car.gates.values())
        here = car.level_floor
        if shut and (away or car.told > 0.0):
            fast = min(car.speed, math.sqrt(2 * car.acceleration * abs(gap)))
            car.told = toward(car.told, max(0.05, fast), car.acceleration * seconds)
            cabin = car.lift.cabin
            self._engine.slide(
                cabin.model, cabin.joint, to=car.wanted - car.lift.base, speed=car.told
            )
            if not away and abs(car.velocity) < STALLED:
                car.told = 0.0
        stands = here and abs(car.velocity) < STALLED and car.told == 0.0
        served = car.lift.landings[FloorId(here)].car if here else None
        for floor, gate in car.gates.items():
            landing = car.lift.landings[floor]
            gate.leaves = (landing.car, landing.shaft) if floor == here else (landing.shaft,)
            wanted = car.leaf.wanted if stands and floor == here and not away else 0.0
            self._move(gate, wanted, floor, standing)
            if landing.car != served:
                door = landing.car
                self._engine.slide(door.model, door.joint, to=0.0, speed=door.speed)

    def _move(
        self,
        gate: _Gate,
        wanted: float,
        floor: FloorId,
        standing: Mapping[FloorId, list[tuple[XY, ...]]],
    ) -> None:
        """Send the leaves of an opening where they shall go, unless something is in the way."""
        shuts = wanted < gate.position and not gate.is_shut
        if shuts:
            seen = any(overlap(shape, gate.line) for shape in standing.get(floor, ()))
            gate.slow = gate.slow + STEP if self._is_slow(gate) else 0.0
            stalled = gate.slow > STALL_SECONDS
            if seen or stalled:
                gate.stalls += stalled
                gate.slow, gate.open_until = 0.0, self.seconds + (HOLD_OPEN if stalled else 0.0)
            if self.seconds <= gate.open_until or seen:
                wanted = 1.0
        if wanted != gate.goal:
            gate.slow = 0.0
        gate.goal = wanted
        for leaf in gate.leaves:
            self._engine.slide(
                leaf.model, leaf.joint, to=wanted * leaf.travel, speed=leaf.travel / gate.seconds
            )

    def _is_slow(self, gate: _Gate) -> bool:
        """Whether a leaf on its way to shut does not get on."""
        if gate.goal > 0.0:
            return False
        states = [self.snapshot.joints[leaf.model, leaf.joint] for leaf in gate.leaves]
        return any(s.position > AT_END and abs(s.speed) < STALLED for s in states)

    def _hold_all(self) -> None:
        """Tell every slider to stay where it begins: nothing else holds a cabin."""
        sliders = [leaf for gate in self._gates.values() for leaf in gate.leaves]
        for car in self.cars.values():
            for landing in car.lift.landings.values():
                sliders += [landing.car, landing.shaft]
            cabin = car.lift.cabin
            self._engine.slide(
                cabin.model, cabin.joint, to=car.height - car.lift.base, speed=car.speed
            )
        for leaf in sliders:
            self._engine.slide(leaf.model, leaf.joint, to=0.0, speed=leaf.speed)
        for walker in self._walkers.values():
            for joint in ('x', 'y'):
                self._engine.slide(walker.model, joint, to=0.0, speed=1.0)

    # --- what is seen ----------------------------------------------------------------------------

    def _see(self, snapshot: Snapshot, seconds: float) -> None:
        self.seconds, self.snapshot = snapshot.seconds, snapshot
        for car in self.cars.values():
            cabin = snapshot.joints[car.lift.cabin.model, car.lift.cabin.joint]
            car.height, car.velocity = car.lift.base + cabin.position, _still(cabin.speed)
            for gate in car.gates.values():
                self._read(gate)
            car.last_floor = car.level_floor or car.last_floor
            at_floor = car.gates.get(FloorId(car.last_floor))
            car.leaf.position = at_floor.position if at_floor is not None else 0.0
        for door, gate in self._gates.items():
            self._read(gate)
            self.doors[door].position = gate.position
        for robot, body in self.robots.items():
            self._see_robot(robot, body, snapshot.poses[self.scene.robots[robot].model], seconds)
        self._count_contacts(snapshot.contacts)

    def _read(self, gate: _Gate) -> None:
        """Take over where the leaves are: 0 only when all are shut, 1 only when all are open."""
        shares = []
        for leaf in gate.leaves:
            at = self.snapshot.joints[leaf.model, leaf.joint].position
            if at >= leaf.travel - AT_END:
                at = leaf.travel
            shares.append(0.0 if at <= AT_END else at / leaf.travel)
        gate.position = min(shares) if min(shares) > 0.0 else max(shares) * 0.5

    def _see_robot(self, robot: RobotId, body: Body, pose: BodyPose, seconds: float) -> None:
        before = self.truth.get(robot)
        self.truth[robot] = pose
        body.car = next((lift for lift, car in self.cars.items() if self._is_in(car, pose)), '')
        floor = FloorId(self.cars[LiftId(body.car)].last_floor) if body.car else None
        floor = floor or self.scene.floor_at(pose.z)
        sense = self._senses[robot]
        if before is not None and seconds > 0.0:
            gone = (pose.x - before.x) * math.cos(pose.yaw) + (pose.y - before.y) * math.sin(
                pose.yaw
            )
            turned = wrap(pose.yaw - before.yaw)
            rolls = abs(gone) > RESTS * seconds or abs(turned) > RESTS * seconds
            body.wheels.speeds = Speeds(gone / seconds, turned / seconds) if rolls else STILL
            self._wander(sense, gone, turned)
        body.moves = body.wanted != STILL or body.wheels.speeds != STILL
        body.pose = Pose(floor, pose.x + sense.dx, pose.y + sense.dy, wrap(pose.yaw + sense.dyaw))
        self._look_for_falls(robot, body, pose)

    def _wander(self, sense: _Sense, gone: float, turned: float) -> None:
        """Let the errors of a robot that drives change (a Gauss-Markov walk over the distance)."""
        noise, (x, y, yaw) = self._noise, sense.wheels
        yaw = wrap(yaw + turned * (1 + sense.scale) + sense.drift * abs(gone))
        felt = gone * (1 + sense.scale)
        sense.wheels = (x + felt * math.cos(yaw), y + felt * math.sin(yaw), yaw)
        if noise.metres <= 0.0 or abs(gone) < 1e-4:
            return
        keep = math.exp(-abs(gone) / noise.metres)
        fresh = math.sqrt(1 - keep * keep)
        sense.dx = keep * sense.dx + fresh * sense.rng.gauss(0.0, noise.place)
        sense.dy = keep * sense.dy + fresh * sense.rng.gauss(0.0, noise.place)
        sense.dyaw = keep * sense.dyaw + fresh * sense.rng.gauss(0.0, noise.heading)

    def odometry(self, robot: RobotId) -> Pose:
        """Return where a robot's wheels say it is since the start, in a frame of its own."""
        return Pose(self.robots[robot].pose.floor, *self._senses[robot].wheels)

    def _is_in(self, car: PhysicalCar, pose: BodyPose) -> bool:
        return car.lift.holds((pose.x, pose.y)) and abs(pose.z - car.height) < 1.0

    def _standing(self) -> dict[FloorId, list[tuple[XY, ...]]]:
        """Return the outlines of all that a light curtain may see, by floor."""
        found: dict[FloorId, list[tuple[XY, ...]]] = {floor: [] for floor in self.scene.floors}
        for robot, pose in self.truth.items():
            one = self.scene.robots[robot]
            shape = rectangle(pose.x, pose.y, pose.yaw, one.length, one.width)
            found[self.robots[robot].pose.floor].append(shape)
        for walker in self._walkers.values():
            pose = self.snapshot.poses[walker.model]
            shape = rectangle(pose.x, pose.y, walker.yaw, walker.length, walker.width)
            found[walker.floor].append(shape)
        return found

    # --- what must not happen --------------------------------------------------------------------

    def _count_contacts(self, contacts: tuple[Contact, ...]) -> None:
        touching = set()
        for contact in contacts:
            pair = self._forbidden(contact)
            if pair is None:
                continue
            touching.add(pair)
            if pair not in self._touching:
                robot, other = pair
                kind = self._kinds.get(other.split('::')[0], 'collision')
                self._count(kind, f'{robot} touches {other}')
        self._touching = touching

    def _forbidden(self, contact: Contact) -> tuple[str, str] | None:
        """Return (robot, what it touches), or None for what is no matter: floors carry wheels."""
        for one, other in ((contact.first, contact.second), (contact.second, contact.first)):
            robot = self._models.get(one.split('::')[0])
            if robot is not None and one.split('::')[0] != other.split('::')[0]:
                return (robot, other)
        return None

    def _look_for_falls(self, robot: RobotId, body: Body, pose: BodyPose) -> None:
        level = (
            self.cars[LiftId(body.car)].height if body.car else self.scene.floors[body.pose.floor]
        )
        off = abs(pose.z - level) > OFF_FLOOR
        if not (off or abs(pose.roll) > TILT or abs(pose.pitch) > TILT):
            self._fallen.discard(robot)
        elif robot not in self._fallen:
            self._fallen.add(robot)
            lean = f'leans {max(abs(pose.roll), abs(pose.pitch)):.2f} rad'
            self._count('fall', f'{robot} {lean} at z {pose.z:.2f} m, its floor is {level:.2f} m')

    def _count(self, kind: str, what: str) -> None:
        self.violations[kind] += 1
        self.details.append(f'{self.seconds:.1f} s: {what}')

    # --- keep ------------------------------------------------------------------------------------

    def keep(self, *, now: Instant) -> dict[str, Any]:
        """Return where everything is, as JSON, to look at: a world of physics is not restored."""
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


def _still(speed: float) -> float:
    """Return a speed without the trembling of a solver."""
    return 0.0 if abs(speed) < 1e-3 else speed


def _sense(seed: str, noise: Noise) -> _Sense:
    rng = Random(seed)  # noqa: S311 - noise, no secret
    return _Sense(rng, rng.gauss(0.0, noise.scale), rng.gauss(0.0, noise.drift))


def _kinds(scene: Scene) -> dict[str, str]:
    """Return what kind of violation it is to touch a model."""
    kinds = {leaf.model: 'door' for door in scene.doors.values() for leaf in door.leaves}
    kinds |= {lift.cabin.model: 'lift' for lift in scene.lifts.values()}
    return kinds


def _car(hospital: Hospital, lift: SceneLift) -> PhysicalCar:
    """Return a car standing shut at its lowest landing."""
    spec = hospital.lifts[lift.id]
    low = min(lift.landings.values(), key=_elevation)
    gates = {
        floor: _Gate((one.car, one.shaft), one.line, spec.door_time)
        for floor, one in lift.landings.items()
    }
    leaf = Leaf(spec.door_time)
    height = low.elevation
    return PhysicalCar(
        lift, spec.speed, spec.acceleration, gates, height, height, leaf, last_floor=low.floor
    )


def _elevation(landing: Landing) -> float:
    return landing.elevation
