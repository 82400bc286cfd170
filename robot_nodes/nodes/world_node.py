"""The kinematic hospital as a ROS node: the same topics as a Gazebo bridge, and the clock."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from geometry_msgs.msg import PoseStamped, Twist
from nav_msgs.msg import Odometry
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rosgraph_msgs.msg import Clock as ClockMessage
from std_msgs.msg import Float64, Float64MultiArray, String

from fleet_manager.domain.ids import DoorId, LiftId, RobotId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import SECOND, Instant
from robot_nodes import qos
from robot_nodes.core.follower import STILL
from robot_nodes.core.world import COMMAND_FRESH, World
from robot_nodes.files import read_json, write_json
from robot_nodes.gazebo.world import GazeboWorld
from robot_nodes.nodes import convert
from robot_nodes.nodes.hospital import keep_map, read_map
from robot_nodes.spin import Guard

#: Steps a second of simulated time; faster worlds take longer steps rather than more than twice.
RATE: Final = 20.0
MAX_WALL_RATE: Final = 40.0
#: Simulated seconds a step may stand for; after a longer pause of the process the world lost time.
MAX_LEAP: Final = 0.25
#: Simulated seconds for which a robot that drives need not say again how to go on.
PATIENCE: Final = 0.15
#: Wall seconds the world waits for it then: a fast world is no faster than its robots' programs on
#: a busy machine. After that the program is dead, and the base stops by itself.
DEAD_AFTER: Final = 0.3
#: Wall seconds between writes of world.json, and between looks at who listens.
KEEP_EVERY: Final = 1.0
#: Wall seconds that may have passed since the last write when the process is killed.
UNKEPT: Final = 3 * KEEP_EVERY
#: Simulated seconds between sensor messages of a lift or door that stands still.
SENSORS_EVERY: Final = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How a world is stepped: the most steps a wall second, the most simulated seconds a step.

    And for how many simulated seconds a robot that drives need not say again how to go on, and
    how many go by between two words to one that stands.
    """

    rate: float
    leap: float
    patience: float
    standing: float = 0.0


def kinematic_pace(speed: float) -> Pace:
    """Return the pace of a world without physics at `speed` simulated seconds a second."""
    rate = min(RATE * speed, MAX_WALL_RATE) if speed > 1.0 else RATE
    return Pace(rate, max(MAX_LEAP, 1.25 * speed / rate), PATIENCE)


#: Both offer the same to this node.
AnyWorld = World | GazeboWorld


class WorldNode(Node):
    """The world of `robots` in `hospital`. Needs its own wall clock: it is who makes sim time.

    `make` builds the world from what was kept of it, if anything.
    """

    def __init__(
        self,
        hospital: Hospital,
        make: Callable[[Any], AnyWorld],
        *,
        state_dir: Path,
        speed: float,
        pace: Pace,
    ) -> None:
        super().__init__('world')
        self.guard = Guard(self.get_logger())
        self._folder, self._file = state_dir, state_dir / 'world.json'
        self._epoch = 0
        self._version = hospital.version
        kept = self._read(hospital)
        self.world = make(kept)
        start = time.time_ns() // 1_000_000
        self._start = Instant(max(start, kept['time'] + 1) if kept else start)
        self._speed = speed
        self._last = time.monotonic()
        self._kept_at = 0.0
        self._unkept = False
        self._spoke: dict[RobotId, float] = {}
        self._odometry_wanted: set[RobotId] = set()
        self._violations: dict[str, int] = {}
        self._felt: dict[str, tuple[float, ...]] = {}
        self._felt_at = 0.0
        self._open(hospital)
        self._leap, self._patience, self._standing = pace.leap, pace.patience, pace.standing
        self._placed: dict[RobotId, float] = {}
        self.world.command_fresh = max(COMMAND_FRESH, 2 * self._leap)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(1.0 / pace.rate, self.guard('step', self._step), clock=steady)

    def _read(self, hospital: Hospital) -> Any:
        """Return what was kept of this very map, or None; a damaged file is said and left."""
        try:
            kept = read_json(self._file)
            if kept is None or kept['version'] != hospital.version:
                return None
            World(hospital, (), kept)
            int(kept['time'])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            self.get_logger().error(f'{self._file.name} is lost, robots start at home: {error}')
            return None
        return kept

    # --- topics ----------------------------------------------------------------------------------

    def _open(self, hospital: Hospital) -> None:
        self._clock_out = self._publisher(qos.CLOCK, '', ClockMessage)
        self._violations_out = self._publisher(qos.VIOLATIONS, '', String)
        self._listen(qos.HOSPITAL_MAP, '', String, self._on_map)
        robots, lifts = self.world.robots, hospital.lifts
        self._localisation_out = {
            r: (self._publisher(qos.LOCALISATION, r, PoseStamped), PoseStamped()) for r in robots
        }
        self._odometry_out = {r: self._publisher(qos.ODOM, r, Odometry) for r in robots}
        self._sensors_out = {
            lift: self._publisher(qos.LIFT_SENSORS, lift, Float64MultiArray) for lift in lifts
        }
        self._door_sensors_out = {
            door: self._publisher(qos.DOOR_SENSORS, door, Float64MultiArray)
            for door in hospital.automatic_doors
        }
        for robot in robots:
            self._listen(qos.CMD_VEL, robot, Twist, self._on_speeds(robot))
        for lift in lifts:
            self._listen(qos.LIFT_COMMAND, lift, Float64MultiArray, self._on_lift(lift))
        for door in hospital.automatic_doors:
            self._listen(qos.DOOR_COMMAND, door, Float64, self._on_door(door))

    def _publisher(self, topic: qos.Topic, device: str, kind: Any) -> Any:
        return self.create_publisher(kind, topic.of(device), topic.profile())

    def _listen(
        self, topic: qos.Topic, device: str, kind: Any, callback: Callable[[Any], None]
    ) -> None:
        guarded = self.guard(topic.of(device), callback)
        self.create_subscription(kind, topic.of(device), guarded, topic.profile())

    def _on_map(self, message: Any) -> None:
        """Go over to the map in force. A building with other lifts or doors is started again."""
        epoch, hospital = read_map(message.data)
        if epoch < self._epoch or hospital.version == self._version:
            return
        alike = self.world.is_built_as(hospital)
        keep_map(self._folder, hospital)
        self.world.use_map(hospital)
        self._epoch, self._version = epoch, hospital.version
        self.keep(ahead=UNKEPT * self._speed)
        if not alike:
            text = f'other lifts or doors on map {hospital.version}: starting again'
            self.get_logger().warning(text)
            signal.raise_signal(signal.SIGTERM)

    def _on_speeds(self, robot: RobotId) -> Callable[[Any], None]:
        def take(message: Any) -> None:
            self.world.command_robot(robot, convert.speeds_from(message))
            self._spoke[robot] = time.monotonic()

        return take

    def _on_lift(self, lift: LiftId) -> Callable[[Any], None]:
        def take(message: Any) -> None:
            height, door = (convert.finite(figure) for figure in message.data)
            self.world.command_lift(lift, height=height, door=door)

        return take

    def _on_door(self, door: DoorId) -> Callable[[Any], None]:
        def take(message: Any) -> None:
            self.world.command_door(door, convert.finite(message.data))

        return take

    # --- time ------------------------------------------------------------------------------------

    def _now(self) -> Instant:
        return Instant(self._start + int(self.world.seconds * SECOND))

    def _step(self) -> None:
        wall, before = time.monotonic(), self.world.seconds
        if not self._waits_for_a_robot(wall):
            self.world.step(min((wall - self._last) * self._speed, self._leap))
        self._last = wall
        if self.world.seconds > before:
            self._say(self._now())
        if wall - self._kept_at >= KEEP_EVERY:
            self._kept_at = wall
            self.keep(ahead=UNKEPT * self._speed)
            self._odometry_wanted = {
                r for r, out in self._odometry_out.items() if out.get_subscription_count()
            }

    def _say(self, now: Instant) -> None:
        """Publish the world as it is after a step."""
        self._clock_out.publish(ClockMessage(clock=convert.to_time(now)))
        self._say_robots(now)
        self._say_openings()
        self._say_violations()

    def _waits_for_a_robot(self, wall: float) -> bool:
        """Whether one that drives is about to say how to go on: time stands still until then."""
        return any(
            body.wanted != STILL
            and self.world.seconds - body.told > self._patience
            and wall - self._spoke[robot] < DEAD_AFTER
            for robot, body in self.world.robots.items()
        )

    def _say_robots(self, now: Instant) -> None:
        seconds = self.world.seconds
        for robot, body in self.world.robots.items():
            stands = body.wanted == STILL and body.wheels.speeds == STILL
            if stands and seconds - self._placed.get(robot, -1.0) < self._standing - 1e-6:
                continue
            self._placed[robot] = seconds
            out, message = self._localisation_out[robot]
            out.publish(convert.fill_pose(message, body.pose, now))
            if robot in self._odometry_wanted:
                odometry = Odometry(header=message.header, child_frame_id=f'{robot}/base_link')
                felt = convert.pose_to(self.world.odometry(robot), now)
                odometry.pose.pose = felt.pose
                odometry.twist.twist = convert.twist_to(body.wheels.speeds)
                self._odometry_out[robot].publish(odometry)

    def _say_openings(self) -> None:
        """Say where lifts and doors are: on change, and now and then."""
        again = self.world.seconds - self._felt_at >= SENSORS_EVERY
        if again:
            self._felt_at = self.world.seconds
        obstructed = self.world.obstructed()
        for lift, car in self.world.cars.items():
            flags = (float(self.world.is_occupied(lift)), float(('lift', lift) in obstructed))
            figures = (car.height, car.velocity, car.leaf.position, *flags)
            if again or self._felt.get(f'lift {lift}') != figures:
                self._felt[f'lift {lift}'] = figures
                self._sensors_out[lift].publish(Float64MultiArray(data=figures))
        for door, leaf in self.world.doors.items():
            said = (leaf.position, float(('door', door) in obstructed))
            if again or self._felt.get(f'door {door}') != said:
                self._felt[f'door {door}'] = said
                self._door_sensors_out[door].publish(Float64MultiArray(data=said))

    def _say_violations(self) -> None:
        if self.world.violations != self._violations:
            self._violations = dict(self.world.violations)
            said = {**self._violations, 'details': list(self.world.details)}
            self._violations_out.publish(String(data=json.dumps(said)))
            if any(self._violations.values()):
                self.get_logger().error(f'must not happen: {self.world.details[-1]}')

    def keep(self, *, ahead: float = 0.0) -> None:
        """Write the world to disk; call once more at the end.

        `ahead`: simulated seconds added to the time that is kept, so that after a kill the clock
        goes on later than anybody has seen it. Time never goes back.
        """
        now = Instant(self._now() + int(ahead * SECOND))
        try:
            write_json(self._file, self.world.keep(now=now))
        except OSError as error:
            if not self._unkept:
                self.get_logger().error(f'{self._file.name} cannot be written: {error}')
            self._unkept = True
        else:
            self._unkept = False
