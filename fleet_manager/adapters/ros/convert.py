"""ROS messages to reports and directives to ROS messages. Pure; a bad message becomes a value.

A message from a device is input: it is a report in which every field is what the field may be,
or it is a MalformedReport that says in 10 to 20 words which field was not. Nothing here raises
because of what a device said. Fields that no report carries (stamps, lists of floors
and modes) are not read. Whether a report is *plausible* (a node it cannot have reached, a map
version of yesterday) is the kernel's question.
"""

from __future__ import annotations

import itertools
import json
import math
from typing import Any, Final

from builtin_interfaces.msg import Time
from hospital_fleet_msgs.msg import (
    DoorMode,
    DoorRequest,
    DoorState,
    InstantAction,
    LiftRequest,
    LiftState,
    Order,
    OrderNode,
    RobotState,
)
from std_msgs.msg import String

from fleet_manager.application import ports
from fleet_manager.domain.ids import (
    MAX_ID_LENGTH,
    CompartmentId,
    DoorId,
    FloorId,
    HospitalId,
    LiftId,
    RobotId,
)
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.serialise import hospital_to_json
from fleet_manager.domain.messages import (
    CompartmentReport,
    DoorPosition,
    DoorReport,
    LiftDoor,
    LiftMode,
    LiftReport,
    MalformedReport,
    PoseReport,
    RobotReport,
)
from fleet_manager.domain.robots.plausibility import plausible_celsius
from fleet_manager.domain.units import Instant

#: Metres from the origin of a floor's map frame: no hospital is larger.
MAX_COORDINATE: Final = 10_000.0
#: Metres a second: no hospital robot is faster, so a higher one is a broken sensor.
MAX_SPEED: Final = 5.0
#: A random UUID or a start time fit.
MAX_INCARNATION_LENGTH: Final = 64
#: Hash of a map; 64 is SHA-256 in hex.
MAX_VERSION_LENGTH: Final = 64
#: A robot with more drawers than this is not one.
MAX_COMPARTMENTS: Final = 32
#: Short codes; more would only repeat themselves.
MAX_ERRORS: Final = 16
MAX_ERROR_LENGTH: Final = 120
#: Counters go into a signed 64 bit column of the journal; a uint64 may be larger.
COUNTER_LIMIT: Final = 1 << 63
#: How far a quaternion may be from length one: rounding, not nonsense.
QUATERNION_SLACK: Final = 0.01
#: How much of a bad value a problem text repeats.
SHOWN_CHARACTERS: Final = 40

#: A robot that has not heard its manager for so long stops at the next node. Orders come every
#: second: ten lost in a row. A 5 s network cut must change nothing, a 60 s one must stop it.
ORDER_LEASE_SECONDS: Final = 10.0
#: builtin_interfaces/Time counts seconds in an int32: later moments become the last one it has.
LAST_SECOND: Final = (1 << 31) - 1
#: Who asks for doors, in Open-RMF's `requester_id`.
REQUESTER: Final = 'fleet_manager'

ROBOT_MODES: Final = {
    RobotState.MODE_IDLE: 'idle',
    RobotState.MODE_DRIVING: 'driving',
    RobotState.MODE_WAITING: 'waiting',
    RobotState.MODE_PAUSED: 'paused',
    RobotState.MODE_ERROR: 'error',
}
LIFT_DOORS: Final = {
    LiftState.DOOR_CLOSED: LiftDoor.CLOSED,
    LiftState.DOOR_MOVING: LiftDoor.MOVING,
    LiftState.DOOR_OPEN: LiftDoor.OPEN,
}
LIFT_MODES: Final = {
    LiftState.MODE_HUMAN: LiftMode.HUMAN,
    LiftState.MODE_AGV: LiftMode.AGV,
    LiftState.MODE_FIRE: LiftMode.FIRE,
    LiftState.MODE_OFFLINE: LiftMode.OFFLINE,
    LiftState.MODE_EMERGENCY: LiftMode.EMERGENCY,
}
LIFT_CABINS: Final = {LiftState.CABIN_EMPTY: False, LiftState.CABIN_OCCUPIED: True}
LIFT_MOTIONS: Final = frozenset(
    {
        LiftState.MOTION_STOPPED,
        LiftState.MOTION_UP,
        LiftState.MOTION_DOWN,
        LiftState.MOTION_UNKNOWN,
    }
)
DOOR_POSITIONS: Final = {
    DoorMode.MODE_CLOSED: DoorPosition.CLOSED,
    DoorMode.MODE_MOVING: DoorPosition.MOVING,
    DoorMode.MODE_OPEN: DoorPosition.OPEN,
    DoorMode.MODE_OFFLINE: DoorPosition.OFFLINE,
}


# --- what devices say ----------------------------------------------------------------------------


def robot_report(
    message: RobotState, *, robot: RobotId, hospital: Hospital
) -> RobotReport | MalformedReport:
    """Read a state heard on the topic of `robot`."""
    try:
        _same(message.robot_id, robot, 'robot_id', "this topic's robot")
        _same(message.map_id, hospital.id, 'map_id', "this hospital's map")
        return RobotReport(
            robot=robot,
            incarnation=_name(message.incarnation, 'incarnation', MAX_INCARNATION_LENGTH),
            sequence=_count(message.sequence, 'sequence'),
            epoch=_count(message.epoch, 'epoch'),
            map_version=_text(message.map_version, 'map_version', MAX_VERSION_LENGTH),
            order_id=_text(message.order_id, 'order_id'),
            order_update=_count(message.order_update_id, 'order_update_id'),
            last_node=_text(message.last_node_id, 'last_node_id'),
            last_sequence=_count(message.last_node_sequence, 'last_node_sequence'),
            floor=_floor(message.floor_id, 'floor_id', hospital),
            x=_number(message.x, 'x', -MAX_COORDINATE, MAX_COORDINATE),
            y=_number(message.y, 'y', -MAX_COORDINATE, MAX_COORDINATE),
            yaw=_angle(message.yaw, 'yaw'),
            speed=_number(message.speed, 'speed', 0.0, MAX_SPEED),
            battery=_battery(message.battery),
            charging=message.charging,
            mode=_robot_mode(message.mode),
            last_grant=_count(message.last_grant, 'last_grant'),
            compartments=_compartments(message.compartments),
            errors=_errors(message.errors),
        )
    except _Refused as refused:
        return MalformedReport(robot, _dropped('robot state', refused))


def pose_report(
    message: Any, *, robot: RobotId, hospital: Hospital
) -> PoseReport | MalformedReport:
    """Read a geometry_msgs/PoseStamped heard on the topic of `robot`; its frame is the floor."""
    try:
        position = message.pose.position
        return PoseReport(
            robot=robot,
            floor=_floor(message.header.frame_id, 'frame_id', hospital),
            x=_number(position.x, 'x', -MAX_COORDINATE, MAX_COORDINATE),
            y=_number(position.y, 'y', -MAX_COORDINATE, MAX_COORDINATE),
            yaw=_heading(message.pose.orientation),
        )
    except _Refused as refused:
        return MalformedReport(robot, _dropped('robot pose', refused))


def lift_report(message: LiftState, *, hospital: Hospital) -> LiftReport | MalformedReport:
    """Read the state of a lift.

    A door or motion nobody knows becomes a moving door, a moving car and an unknown mode: nobody
    enters. A lift without a destination stays where it is.
    """
    name = message.lift_name
    if name not in hospital.lifts:
        refused = _Refused('lift_name', name, 'a lift of this hospital')
        return MalformedReport('lift_states', _dropped('lift state', refused))
    door = LIFT_DOORS.get(message.door_state)
    known = door is not None and message.motion_state in LIFT_MOTIONS
    try:
        floor = _floor(message.current_floor, 'current_floor', hospital)
        destination = message.destination_floor or floor
        return LiftReport(
            lift=LiftId(name),
            current_floor=floor,
            destination_floor=_floor(destination, 'destination_floor', hospital),
            door=door or LiftDoor.MOVING,
            moving=message.motion_state != LiftState.MOTION_STOPPED,
            mode=LIFT_MODES.get(message.current_mode, LiftMode.UNKNOWN)
            if known
            else LiftMode.UNKNOWN,
            session=_text(message.session_id, 'session_id'),
            occupied=LIFT_CABINS.get(message.cabin),
        )
    except _Refused as refused:
        return MalformedReport(name, _dropped('lift state', refused))


def door_report(message: DoorState, *, hospital: Hospital) -> DoorReport | MalformedReport:
    """Read the state of a door."""
    name = message.door_name
    if name not in hospital.doors:
        refused = _Refused('door_name', name, 'a door of this hospital')
        return MalformedReport('door_states', _dropped('door state', refused))
    position = DOOR_POSITIONS.get(message.current_mode.value, DoorPosition.UNKNOWN)
    return DoorReport(door=DoorId(name), position=position)


def unreadable(kind: str, *, device: str, size: int, limit: int) -> MalformedReport:
    """Say that the bytes heard from `device` are too many, or no message of the topic's type."""
    why = f'over the {limit} allowed' if size > limit else 'not a message of its type'
    text = f'The {kind} was dropped: its payload of {size} bytes is {why}.'
    return MalformedReport(device, text)


class _Refused(Exception):
    """A field is not what it may be. Stays inside this module: outside it is a MalformedReport."""

    def __init__(self, field: str, value: object, wanted: str) -> None:
        super().__init__(field)
        self.field = field
        self.value = value
        self.wanted = wanted


def _dropped(kind: str, refused: _Refused) -> str:
    """Word the problem. The value is one word of printable characters, however hostile."""
    value = refused.value
    if isinstance(value, str):
        value = value[: SHOWN_CHARACTERS + 1]
    shown = repr(value)[:SHOWN_CHARACTERS].replace(' ', '␣')
    return f'The {kind} was dropped: its field {refused.field} is {shown}, not {refused.wanted}.'


def _same(value: str, expected: str, field: str, wanted: str) -> None:
    if value != expected:
        raise _Refused(field, value, wanted)


def _text(value: str, field: str, limit: int = MAX_ID_LENGTH) -> str:
    """Take a text without control, formatting or unassigned characters; '' is one."""
    if len(value) > limit or not value.isprintable():
        raise _Refused(field, value, f'at most {limit} printable characters')
    return value


def _name(value: str, field: str, limit: int = MAX_ID_LENGTH) -> str:
    if not value:
        raise _Refused(field, value, f'1 to {limit} printable characters')
    return _text(value, field, limit)


def _number(value: float, field: str, low: float, high: float) -> float:
    """Take a number within bounds. NaN is within no bounds."""
    if not low <= value <= high:
        raise _Refused(field, value, f'within {low:g} to {high:g}')
    return value


def _angle(value: float, field: str) -> float:
    """Take any finite angle, turned into -pi to pi."""
    if not math.isfinite(value):
        raise _Refused(field, value, 'a finite angle')
    return math.remainder(value, math.tau)


def _heading(q: Any) -> float:
    """Return the yaw of a quaternion of length one."""
    parts = (q.x, q.y, q.z, q.w)
    if not abs(math.hypot(*parts) - 1.0) <= QUATERNION_SLACK:
        raise _Refused('orientation', parts, 'a quaternion of length one')
    return math.atan2(2.0 * (q.w * q.z + q.x * q.y), 1.0 - 2.0 * (q.y * q.y + q.z * q.z))


def _count(value: int, field: str) -> int:
    if not 0 <= value < COUNTER_LIMIT:
        raise _Refused(field, value, 'a counter below 2**63')
    return value


def _floor(value: str, field: str, hospital: Hospital) -> FloorId:
    if value not in hospital.floors:
        raise _Refused(field, value, 'a floor of this hospital')
    return FloorId(value)


def _battery(value: float) -> float | None:
    return None if math.isnan(value) else _number(value, 'battery', 0.0, 1.0)


def _robot_mode(value: int) -> str:
    mode = ROBOT_MODES.get(value)
    if mode is None:
        raise _Refused('mode', value, 'a known mode')
    return mode


def _compartments(values: Any) -> tuple[CompartmentReport, ...]:
    if len(values) > MAX_COMPARTMENTS:
        raise _Refused('len(compartments)', len(values), f'at most {MAX_COMPARTMENTS}')
    reports = tuple(
        CompartmentReport(
            compartment=CompartmentId(
                _name(value.compartment_id, f'compartments[{index}].compartment_id')
            ),
            locked=value.locked,
            closed=value.closed,
            occupied=value.occupied,
            temperature=plausible_celsius(value.temperature),
        )
        for index, value in enumerate(values)
    )
    names = sorted(report.compartment for report in reports)
    for name, following in itertools.pairwise(names):
        if name == following:
            raise _Refused('compartment_id', name, 'the name of one compartment only')
    return reports


def _errors(values: Any) -> tuple[str, ...]:
    if len(values) > MAX_ERRORS:
        raise _Refused('len(errors)', len(values), f'at most {MAX_ERRORS}')
    return tuple(
        _text(value, f'errors[{index}]', MAX_ERROR_LENGTH) for index, value in enumerate(values)
    )


# --- what devices are told -----------------------------------------------------------------------


def millis(stamp: Time) -> int:
    """Return a ROS time in milliseconds."""
    return int(stamp.sec) * 1_000 + int(stamp.nanosec) // 1_000_000


def time_message(at: Instant | None) -> Time:
    """Return a moment as ROS time, UTC; None and everything before 1970 is zero."""
    seconds, rest = divmod(max(0, at or 0), 1_000)
    return Time(sec=min(seconds, LAST_SECOND), nanosec=rest * 1_000_000)


def order_message(order: ports.RobotOrder, *, hospital: HospitalId, now: Instant) -> Order:
    """Return the message of an order, stamped `now`."""
    return Order(
        stamp=time_message(now),
        epoch=order.epoch,
        robot_id=order.robot,
        map_id=hospital,
        map_version=order.map_version,
        order_id=order.order_id,
        order_update_id=order.update,
        nodes=[_order_node(node) for node in order.nodes],
        paused=order.paused,
        charge=order.charge,
        grant_id=order.grant,
        grant_compartment=order.grant_compartment or '',
        grant_expires=time_message(order.grant_expires),
        lease=ORDER_LEASE_SECONDS,
    )


def _order_node(node: ports.OrderNode) -> OrderNode:
    # rclpy writes an int in a float64 field as garbage where fields are not checked: float() all.
    return OrderNode(
        node_id=node.node,
        sequence=node.sequence,
        released=node.released,
        floor_id=node.floor,
        x=float(node.x),
        y=float(node.y),
        max_speed=float(node.max_speed),
        via_x=[float(x) for x, _ in node.via],
        via_y=[float(y) for _, y in node.via],
        lift_id=node.lift,
        boards=node.boards,
        session_id=node.session,
        door_id=node.door,
    )


def lift_message(order: ports.LiftOrder, *, now: Instant) -> LiftRequest:
    """Return the request to a lift: a session in AGV mode, or its end."""
    return LiftRequest(
        lift_name=order.lift,
        request_time=time_message(now),
        session_id=order.session,
        request_type=(
            LiftRequest.REQUEST_END_SESSION if order.end_session else LiftRequest.REQUEST_AGV_MODE
        ),
        destination_floor=order.destination,
        door_state=LiftRequest.DOOR_OPEN if order.door_open else LiftRequest.DOOR_CLOSED,
    )


def door_message(order: ports.DoorOrder, *, now: Instant) -> DoorRequest:
    """Return the request to a door."""
    return DoorRequest(
        request_time=time_message(now),
        requester_id=REQUESTER,
        door_name=order.door,
        requested_mode=DoorMode(value=DoorMode.MODE_OPEN if order.open else DoorMode.MODE_CLOSED),
    )


def map_message(hospital: Hospital, *, epoch: int) -> String:
    """Return the map in force, whole, as JSON: `{"epoch": n, "map": {…}}`.

    `map` is what `hospital_to_json` says; a robot obeys no epoch lower than one it has seen.
    """
    said = {'epoch': epoch, 'map': hospital_to_json(hospital)}
    return String(data=json.dumps(said, ensure_ascii=False, separators=(',', ':')))


def state_request_message(
    robot: RobotId, *, epoch: int, number: int, now: Instant
) -> InstantAction:
    """Return the question for a state. Repeats of one question carry one `number`."""
    return InstantAction(
        stamp=time_message(now),
        epoch=epoch,
        robot_id=robot,
        action_id=f'state-{epoch}-{number}',
        action_type=InstantAction.STATE_REQUEST,
    )
