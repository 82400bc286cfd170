"""A hospital in Gazebo as a ROS node: the topics of the kinematic world, and lasers.

`truth.jsonl` in its folder is where everything truly was, five times a second of simulated time:
what tests judge by. Robots hear only what their sensors would tell them.
"""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any, Final

from sensor_msgs.msg import LaserScan
from std_msgs.msg import String

from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import Instant
from robot_nodes import qos
from robot_nodes.core.follower import STILL
from robot_nodes.gazebo.engine import EngineError, Snapshot
from robot_nodes.gazebo.lidar import Lidar
from robot_nodes.gazebo.world import STEP, GazeboWorld
from robot_nodes.nodes import convert
from robot_nodes.nodes.world_node import RATE, Pace, WorldNode

#: Steps a wall second at most.
MAX_WALL_RATE: Final = 400.0
#: Simulated seconds between two scans of a robot that drives, and of one that stands.
SCAN_MOVING: Final = 0.1
SCAN_STILL: Final = 0.5
#: Simulated seconds between two lines of truth.jsonl.
TRUTH_EVERY: Final = 0.2
#: Simulated seconds between two words to a robot that stands about where it is.
STANDING: Final = 0.2
#: Simulated seconds for which a robot that drives may be silent: one step is under way to it.
PATIENCE: Final = 1.1 * STEP


class GazeboNode(WorldNode):
    """The world of a scene in an engine. `failed` says why it ended, once it did."""

    def __init__(
        self,
        hospital: Hospital,
        world: GazeboWorld,
        *,
        state_dir: Path,
        speed: float,
    ) -> None:
        self.failed = ''
        self._scans_out: dict[RobotId, Any] = {}
        self._scanned: dict[RobotId, float] = {}
        self._truth = (state_dir / 'truth.jsonl').open('w', encoding='utf-8')
        self._truth_at = -TRUTH_EVERY
        pace = Pace(min(RATE * speed, MAX_WALL_RATE), STEP, PATIENCE, STANDING)
        self._physics = world
        self._lidar = Lidar(world.scene)
        super().__init__(hospital, lambda kept: world, state_dir=state_dir, speed=speed, pace=pace)
        for robot in self._physics.robots:
            self._scans_out[robot] = self._publisher(qos.SCAN, robot, LaserScan)
        self._listen(qos.WALK, '', String, self._on_walk)

    def _on_walk(self, message: Any) -> None:
        said = json.loads(message.data)
        x, y = (convert.finite(figure) for figure in said['to'])
        speed = max(0.05, min(3.0, convert.finite(said['speed'])))
        self._physics.walk(convert.name(said['walker']), to=(x, y), speed=speed)

    def _step(self) -> None:
        try:
            super()._step()
        except EngineError as error:
            if not self.failed:
                self.failed = str(error)
                self.get_logger().fatal(self.failed)
                signal.raise_signal(signal.SIGTERM)

    def _say(self, now: Instant) -> None:
        self._say_scans(now)
        super()._say(now)
        if self._physics.seconds - self._truth_at >= TRUTH_EVERY - 1e-6:
            self._truth_at = self._physics.seconds
            self._truth.write(json.dumps(truth(self._physics, now)) + '\n')

    def _say_scans(self, now: Instant) -> None:
        snapshot, seconds = self._physics.snapshot, self._physics.seconds
        for robot, body in self._physics.robots.items():
            every = SCAN_STILL if body.wanted == STILL else SCAN_MOVING
            if seconds - self._scanned.get(robot, -every) >= every - 1e-6:
                self._scanned[robot] = seconds
                ranges = self._lidar.scan(snapshot, robot)
                self._scans_out[robot].publish(convert.scan_to(ranges, now))

    def close(self) -> None:
        """End the engine and the record. Call once at the end."""
        self.keep()
        self._truth.close()
        self._physics.close()


def truth(world: GazeboWorld, now: Instant) -> dict[str, Any]:
    """Return where everything truly is, as JSON. Metres and radians in the frame of the world."""
    snapshot: Snapshot = world.snapshot
    return {
        'at': now,
        'seconds': round(world.seconds, 3),
        'wall': round(time.monotonic(), 3),
        'robots': {
            robot: [round(v, 4) for v in (pose.x, pose.y, pose.z, pose.yaw)]
            + [world.robots[robot].pose.floor, world.robots[robot].car]
            for robot, pose in world.truth.items()
        },
        'lifts': {
            lift: [round(car.height, 4), round(car.velocity, 3), round(car.leaf.position, 3)]
            for lift, car in world.cars.items()
        },
        'doors': {door: round(leaf.position, 3) for door, leaf in world.doors.items()},
        'walkers': {
            one.model: [round(v, 3) for v in (pose.x, pose.y)]
            for one in world.scene.walkers
            for pose in (snapshot.poses[one.model],)
        },
    }
