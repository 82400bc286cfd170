"""Between ROS messages and the core's types. What is no figure or no name is refused here.

rclpy checks neither types nor NaN: every message is taken apart in this module and nowhere else.
"""

from __future__ import annotations

import math
from array import array
from typing import Any, Final

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped, Twist
from hospital_fleet_msgs.msg import Compartment, LiftState, RobotState
from sensor_msgs.msg import LaserScan
from std_msgs.msg import Header

from fleet_manager.domain.ids import MAX_ID_LENGTH, FloorId, NodeId
from fleet_manager.domain.units import Instant
from robot_nodes.core.follower import Speeds
from robot_nodes.core.gates import DoorView, LiftView
from robot_nodes.core.obstacles import Scan
from robot_nodes.core.order import Order, OrderNode, Pose
from robot_nodes.core.robot import State

_NANOS: Final = 1_000_000
_DOOR_OPEN: Final = 2
#: Rays of the finest laser we know.
MAX_RAYS: Final = 8_192
#: Metres a laser sees.
MIN_RANGE: Final = 0.1
MAX_RANGE: Final = 12.0


class Malformed(Exception):
    """A message that cannot be meant; the text is a code."""


def to_time(at: int) -> Any:
    """Return milliseconds as a ROS time."""
    return Time(sec=at // 1_000, nanosec=at % 1_000 * _NANOS)


def to_instant(stamp: Any) -> Instant:
    """Return a ROS time in milliseconds."""
    return Instant(int(stamp.sec) * 1_000 + int(stamp.nanosec) // _NANOS)


def name(value: Any) -> str:
    """Return a name from outside. Raises Malformed when it is too long or unprintable."""
    if not isinstance(value, str) or len(value) > MAX_ID_LENGTH or not value.isprintable():
        raise Malformed('name')
    return value


def finite(value: Any) -> float:
    """Return a figure from outside. Raises Malformed for NaN and infinity."""
    figure = float(value)
    if not math.isfinite(figure):
        raise Malformed('not_a_number')
    return figure


def yaw_of(q: Any) -> float:
    """Return the heading of a quaternion. Raises Malformed for one that is none."""
    x, y, z, w = finite(q.x), finite(q.y), finite(q.z), finite(q.w)
    if abs(x * x + y * y + z * z + w * w - 1.0) > 0.1:
        raise Malformed('quaternion')
    return math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def pose_from(message: Any) -> tuple[Pose, Instant]:
    """Read a PoseStamped whose frame is a floor."""
    at = message.pose.position
    floor = FloorId(name(message.header.frame_id))
    pose = Pose(floor, finite(at.x), finite(at.y), yaw_of(message.pose.orientation))
    return pose, to_instant(message.header.stamp)


def fill_pose(message: Any, pose: Pose, at: int) -> Any:
    """Write a pose into a PoseStamped and return it."""
    message.header.stamp = to_time(at)
    message.header.frame_id = str(pose.floor)
    message.pose.position.x = pose.x
    message.pose.position.y = pose.y
    message.pose.orientation.z = math.sin(pose.yaw / 2)
    message.pose.orientation.w = math.cos(pose.yaw / 2)
    return message


def pose_to(pose: Pose, at: int) -> Any:
    """Return a PoseStamped of a pose."""
    return fill_pose(PoseStamped(), pose, at)


def scan_from(message: Any) -> Scan:
    """Read a LaserScan. Ranges that are none, or outside what the laser can see, are free."""
    first, step = finite(message.angle_min), finite(message.angle_increment)
    ranges = np.asarray(message.ranges, dtype=np.float64)
    if not 0 < ranges.size <= MAX_RAYS:
        raise Malformed('ranges')
    seen = (ranges >= finite(message.range_min)) & (ranges <= finite(message.range_max))
    return Scan(first, step, np.where(seen, ranges, np.inf), to_instant(message.header.stamp))


def scan_to(ranges: Any, at: int) -> Any:
    """Return a LaserScan of a whole turn, from straight behind and counter-clockwise."""
    step = math.tau / len(ranges)
    return LaserScan(
        header=Header(stamp=to_time(at), frame_id='laser'),
        angle_min=-math.pi,
        angle_max=math.pi - step,
        angle_increment=step,
        range_min=MIN_RANGE,
        range_max=MAX_RANGE,
        ranges=array('f', ranges),
    )


def twist_to(speeds: Speeds) -> Any:
    """Return a Twist of speeds."""
    message = Twist()
    message.linear.x = speeds.ahead
    message.angular.z = speeds.turn
    return message


def speeds_from(message: Any) -> Speeds:
    """Read a Twist: ahead and turn, the rest is not for wheels."""
    return Speeds(finite(message.linear.x), finite(message.angular.z))


def order_from(message: Any) -> Order:
    """Read an Order. Its figures and names are judged by `core.order.problem`."""
    return Order(
        epoch=int(message.epoch),
        robot=str(message.robot_id),
        map_id=str(message.map_id),
        map_version=str(message.map_version),
        order_id=str(message.order_id),
        update=int(message.order_update_id),
        nodes=tuple(_order_node(node) for node in message.nodes),
        lease=float(message.lease),
        stamp=to_instant(message.stamp),
        paused=bool(message.paused),
        charge=bool(message.charge),
        grant=int(message.grant_id),
        grant_compartment=str(message.grant_compartment),
        grant_expires=to_instant(message.grant_expires),
    )


def _order_node(message: Any) -> OrderNode:
    if len(message.via_x) != len(message.via_y):
        raise Malformed('via')
    return OrderNode(
        node=NodeId(str(message.node_id)),
        sequence=int(message.sequence),
        released=bool(message.released),
        floor=FloorId(str(message.floor_id)),
        x=float(message.x),
        y=float(message.y),
        max_speed=float(message.max_speed),
        via=tuple((float(x), float(y)) for x, y in zip(message.via_x, message.via_y, strict=True)),
        lift=str(message.lift_id),
        boards=bool(message.boards),
        session=str(message.session_id),
        door=str(message.door_id),
    )


def lift_view(message: Any, *, heard: Instant) -> LiftView:
    """Read what a robot has to know of a LiftState."""
    return LiftView(
        floor=name(message.current_floor),
        door_open=message.door_state == LiftState.DOOR_OPEN,
        agv=message.current_mode == LiftState.MODE_AGV,
        session=name(message.session_id),
        heard=heard,
        occupied=message.cabin == LiftState.CABIN_OCCUPIED,
        recalled=message.current_mode in (LiftState.MODE_FIRE, LiftState.MODE_EMERGENCY),
    )


def door_view(message: Any, *, heard: Instant) -> DoorView:
    """Read what a robot has to know of a DoorState."""
    return DoorView(message.current_mode.value == _DOOR_OPEN, heard)


def state_to(state: State, *, at: int) -> Any:
    """Return a RobotState; who says it, on which map, is filled in by the node."""
    message = RobotState()
    message.stamp = to_time(at)
    message.epoch = state.epoch
    message.order_id = state.order_id
    message.order_update_id = state.update
    message.last_node_id = state.last_node
    message.last_node_sequence = state.last_sequence
    if state.pose is not None:
        message.floor_id = str(state.pose.floor)
        message.x, message.y, message.yaw = state.pose.x, state.pose.y, state.pose.yaw
    message.speed = state.speed
    message.battery = state.battery
    message.charging = state.charging
    message.mode = int(state.mode)
    message.last_grant = state.last_grant
    message.compartments = [
        Compartment(
            compartment_id=c.id,
            kind='insulated' if c.id in state.celsius else 'standard',
            locked=c.locked,
            closed=c.closed,
            occupied=c.occupied,
            temperature=state.celsius.get(c.id, math.nan),
        )
        for c in state.compartments
    ]
    message.errors = list(state.errors)
    return message
