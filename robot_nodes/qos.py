"""Every topic of robots, lifts, doors and the simulated world, with its type and QoS: one table.

Names are relative, namespaces are pushed from outside; `{id}` is a robot, lift or door, with what
ROS does not allow in a name replaced by `_` (door `L2.west-ward` is `doors/L2_west_ward/...`).
A name that is not in this table is not used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rclpy.qos import QoSProfile


def token(device: str) -> str:
    """Return `device` as a part of a ROS name."""
    plain = re.sub(r'[^A-Za-z0-9_]', '_', device)
    return f'_{plain}' if plain[:1].isdigit() else plain


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: `latched` is transient local, `depth` the history kept."""

    name: str
    kind: str
    reliable: bool
    latched: bool
    depth: int

    def of(self, device: str) -> str:
        """Return the name of one device's topic."""
        return self.name.format(id=token(device))

    def profile(self) -> QoSProfile:
        """Return the QoS for rclpy."""
        from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

        return QoSProfile(
            history=HistoryPolicy.KEEP_LAST,
            depth=self.depth,
            reliability=(
                ReliabilityPolicy.RELIABLE if self.reliable else ReliabilityPolicy.BEST_EFFORT
            ),
            durability=(
                DurabilityPolicy.TRANSIENT_LOCAL if self.latched else DurabilityPolicy.VOLATILE
            ),
        )


def _level(name: str, kind: str) -> Topic:
    return Topic(name, kind, reliable=True, latched=True, depth=1)


def _events(name: str, kind: str, depth: int) -> Topic:
    return Topic(name, kind, reliable=True, latched=False, depth=depth)


def _stream(name: str, kind: str, depth: int) -> Topic:
    return Topic(name, kind, reliable=False, latched=False, depth=depth)


# --- between the fleet manager and robots --------------------------------------------------------

ORDER: Final = _level('robots/{id}/order', 'hospital_fleet_msgs/msg/Order')
STATE: Final = _level('robots/{id}/state', 'hospital_fleet_msgs/msg/RobotState')
INSTANT_ACTION: Final = _events(
    'robots/{id}/instant_action', 'hospital_fleet_msgs/msg/InstantAction', 10
)
#: frame_id is the floor; 5 Hz when driving, 1 Hz when standing.
POSE: Final = _stream('robots/{id}/pose', 'geometry_msgs/msg/PoseStamped', 1)

#: The map in force, to robots and the world: JSON `{"epoch": n, "map": {...}}`.
HOSPITAL_MAP: Final = _level('hospital_map', 'std_msgs/msg/String')

# --- between robots and the world ----------------------------------------------------------------

ODOM: Final = _stream('robots/{id}/odom', 'nav_msgs/msg/Odometry', 5)
CMD_VEL: Final = _stream('robots/{id}/cmd_vel', 'geometry_msgs/msg/Twist', 1)
#: 360 rays around the robot, in a world that has a laser; 10 Hz when driving, 2 Hz when standing.
SCAN: Final = _stream('robots/{id}/scan', 'sensor_msgs/msg/LaserScan', 1)
#: Where the robot finds itself; frame_id is the floor; 20 Hz.
LOCALISATION: Final = _stream('robots/{id}/localisation', 'geometry_msgs/msg/PoseStamped', 1)

# --- lifts and doors, as in Open-RMF -------------------------------------------------------------

LIFT_STATES: Final = _events('lift_states', 'hospital_fleet_msgs/msg/LiftState', 100)
LIFT_REQUESTS: Final = _events('lift_requests', 'hospital_fleet_msgs/msg/LiftRequest', 100)
DOOR_STATES: Final = _events('door_states', 'hospital_fleet_msgs/msg/DoorState', 100)
DOOR_REQUESTS: Final = _events('door_requests', 'hospital_fleet_msgs/msg/DoorRequest', 100)

# --- between lift and door controllers and the world ---------------------------------------------

#: [height of the car floor in metres, door 0 shut .. 1 open]: set points.
LIFT_COMMAND: Final = _level('lifts/{id}/command', 'std_msgs/msg/Float64MultiArray')
#: [height in metres, speed in m/s up, door 0..1, 1 if anything is in the car else 0,
#: 1 if anything is in the door's light curtain else 0]
LIFT_SENSORS: Final = _level('lifts/{id}/sensors', 'std_msgs/msg/Float64MultiArray')
#: Set point of a door: 0 shut .. 1 open.
DOOR_COMMAND: Final = _level('doors/{id}/command', 'std_msgs/msg/Float64')
#: [0 shut .. 1 open, 1 if anything is in the light curtain else 0]
DOOR_SENSORS: Final = _level('doors/{id}/sensors', 'std_msgs/msg/Float64MultiArray')

# --- the world -----------------------------------------------------------------------------------

#: JSON: how often a robot ran into a closed door or lift, or into another robot.
VIOLATIONS: Final = _level('world/violations', 'std_msgs/msg/String')
#: A person or a bed of a world of physics goes: JSON `{"walker": "p1", "to": [x, y], "speed": 1}`.
WALK: Final = _events('world/walk', 'std_msgs/msg/String', 10)
#: The absolute name ROS itself uses.
CLOCK: Final = _stream('/clock', 'rosgraph_msgs/msg/Clock', 1)

TABLE: Final = (
    ORDER,
    STATE,
    INSTANT_ACTION,
    POSE,
    HOSPITAL_MAP,
    ODOM,
    CMD_VEL,
    SCAN,
    LOCALISATION,
    LIFT_STATES,
    LIFT_REQUESTS,
    DOOR_STATES,
    DOOR_REQUESTS,
    LIFT_COMMAND,
    LIFT_SENSORS,
    DOOR_COMMAND,
    DOOR_SENSORS,
    VIOLATIONS,
    WALK,
    CLOCK,
)
