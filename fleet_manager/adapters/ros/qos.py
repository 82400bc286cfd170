"""Every topic of the manager with its type and quality of service: the only place that says so.

Names are relative: the namespace is the node's. Orders and states are kept for late joiners
(transient local), with a depth of one because only the newest counts. A pose may be lost. Lifts
and doors follow Open-RMF: reliable and volatile, everybody on one topic, so a depth of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from geometry_msgs.msg import PoseStamped
from hospital_fleet_msgs.msg import (
    DoorRequest,
    DoorState,
    InstantAction,
    LiftRequest,
    LiftState,
    Order,
    RobotState,
)
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from std_msgs.msg import String

from fleet_manager.domain.ids import RobotId


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: `kind` in counters and logs, relative `name` with `{robot}` to fill in."""

    kind: str
    name: str
    type: Any
    reliable: bool
    transient_local: bool
    depth: int

    def of(self, robot: RobotId | None = None) -> str:
        """Return the relative topic name, for `robot` where each robot has its own."""
        return self.name.format(robot=robot)

    @property
    def qos(self) -> QoSProfile:
        """The ROS profile."""
        return QoSProfile(
            reliability=(
                ReliabilityPolicy.RELIABLE if self.reliable else ReliabilityPolicy.BEST_EFFORT
            ),
            durability=(
                DurabilityPolicy.TRANSIENT_LOCAL
                if self.transient_local
                else DurabilityPolicy.VOLATILE
            ),
            history=HistoryPolicy.KEEP_LAST,
            depth=self.depth,
        )


ORDER: Final = Topic('order', 'robots/{robot}/order', Order, True, True, 1)
STATE: Final = Topic('robot_state', 'robots/{robot}/state', RobotState, True, True, 1)
INSTANT_ACTION: Final = Topic(
    'instant_action', 'robots/{robot}/instant_action', InstantAction, True, False, 10
)
#: `frame_id` is the floor.
POSE: Final = Topic('robot_pose', 'robots/{robot}/pose', PoseStamped, False, False, 1)
LIFT_STATES: Final = Topic('lift_state', 'lift_states', LiftState, True, False, 100)
DOOR_STATES: Final = Topic('door_state', 'door_states', DoorState, True, False, 100)
LIFT_REQUESTS: Final = Topic('lift_request', 'lift_requests', LiftRequest, True, False, 100)
DOOR_REQUESTS: Final = Topic('door_request', 'door_requests', DoorRequest, True, False, 100)
#: The map in force, for robots and a simulated building: JSON, see `convert.map_message`.
HOSPITAL_MAP: Final = Topic('hospital_map', 'hospital_map', String, True, True, 1)
#: The time of a simulated building; outside of every namespace.
CLOCK: Final = Topic('clock', '/clock', Clock, False, False, 1)

#: What the manager hears.
HEARD: Final = (STATE, POSE, LIFT_STATES, DOOR_STATES, CLOCK)
#: What the manager says.
SAID: Final = (ORDER, INSTANT_ACTION, LIFT_REQUESTS, DOOR_REQUESTS, HOSPITAL_MAP)
