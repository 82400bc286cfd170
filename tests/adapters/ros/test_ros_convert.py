"""Whatever a device says is a valid report or a MalformedReport, and never an exception."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from geometry_msgs.msg import PoseStamped
from hospital_fleet_msgs.msg import Compartment, DoorMode, DoorState, LiftState, RobotState
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.adapters.ros import convert, ear, qos
from fleet_manager.application.ports import DoorOrder, LiftOrder, OrderNode, RobotOrder
from fleet_manager.domain.ids import (
    CompartmentId,
    DoorId,
    FloorId,
    HospitalId,
    LiftId,
    NodeId,
    RobotId,
    SessionId,
)
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import (
    CompartmentReport,
    DoorPosition,
    DoorReport,
    LiftDoor,
    LiftMode,
    LiftReport,
    MalformedReport,
    PoseReport,
    Report,
    RobotReport,
)
from fleet_manager.domain.units import FOREVER, Instant

R1 = RobotId('r1')
NOW = Instant(1_700_000_000_250)


def state(**changes: Any) -> RobotState:
    """Return a good state of r1, with changes."""
    fields: dict[str, Any] = {
        'robot_id': 'r1',
        'incarnation': 'one',
        'sequence': 7,
        'epoch': 3,
        'map_id': 'small',
        'map_version': 'a1b2',
        'order_id': 'o1',
        'order_update_id': 4,
        'last_node_id': 'n1',
        'last_node_sequence': 12,
        'floor_id': '1',
        'x': 1.5,
        'y': -2.5,
        'yaw': 0.5,
        'speed': 0.25,
        'battery': 0.75,
        'charging': True,
        'mode': RobotState.MODE_DRIVING,
        'last_grant': 2,
        'compartments': [
            Compartment(compartment_id='c1', locked=True, closed=True, temperature=4.24)
        ],
        'errors': ['silent_manager'],
    }
    return RobotState(**(fields | changes))


def pose(*, frame: str = '1', x: float = 1.0, y: float = 2.0, q: Any = (0, 0, 0, 1)) -> Any:
    """Return a pose message."""
    message = PoseStamped()
    message.header.frame_id = frame
    message.pose.position.x = float(x)
    message.pose.position.y = float(y)
    for axis, value in zip('xyzw', q, strict=True):
        setattr(message.pose.orientation, axis, float(value))
    return message


def lift(**changes: Any) -> LiftState:
    """Return a good state of the lift, with changes."""
    fields: dict[str, Any] = {
        'lift_name': 'L1',
        'current_floor': '1',
        'destination_floor': '2',
        'door_state': LiftState.DOOR_OPEN,
        'motion_state': LiftState.MOTION_STOPPED,
        'current_mode': LiftState.MODE_AGV,
        'session_id': 's1',
    }
    return LiftState(**(fields | changes))


def test_a_good_state_is_taken_over_field_by_field(hospital: Hospital) -> None:
    """Every field of the report, with nothing lost or swapped."""
    report = convert.robot_report(state(), robot=R1, hospital=hospital)
    assert report == RobotReport(
        robot=R1,
        incarnation='one',
        sequence=7,
        epoch=3,
        map_version='a1b2',
        order_id='o1',
        order_update=4,
        last_node='n1',
        last_sequence=12,
        floor=FloorId('1'),
        x=1.5,
        y=-2.5,
        yaw=0.5,
        speed=0.25,
        battery=0.75,
        charging=True,
        mode='driving',
        last_grant=2,
        compartments=(CompartmentReport(CompartmentId('c1'), True, True, False, 4.2),),
        errors=('silent_manager',),
    )


@pytest.mark.parametrize(
    ('field', 'value'),
    [
        ('robot_id', 'r2'),
        ('robot_id', ''),
        ('map_id', 'large'),
        ('incarnation', ''),
        ('incarnation', 'i' * 65),
        ('sequence', 1 << 63),
        ('epoch', (1 << 64) - 1),
        ('map_version', 'v' * 65),
        ('order_id', 'o\n'),
        ('order_id', '\u202eo'),
        ('order_update_id', 1 << 63),
        ('last_node_id', 'n' * 65),
        ('last_node_sequence', 1 << 63),
        ('floor_id', '3'),
        ('floor_id', ''),
        ('x', math.nan),
        ('x', math.inf),
        ('y', -10_000.1),
        ('yaw', math.nan),
        ('yaw', -math.inf),
        ('speed', 5.1),
        ('speed', -0.1),
        ('speed', math.nan),
        ('battery', 1.01),
        ('battery', -0.01),
        ('battery', math.inf),
        ('mode', 5),
        ('last_grant', 1 << 63),
        ('errors', ['e'] * 17),
        ('errors', ['e' * 121]),
        ('errors', ['\x1b[31m']),
    ],
)
def test_a_state_with_a_bad_field_is_dropped_whole_and_the_field_is_named(
    hospital: Hospital, field: str, value: Any
) -> None:
    """One bad field is enough."""
    report = convert.robot_report(state(**{field: value}), robot=R1, hospital=hospital)
    assert isinstance(report, MalformedReport)
    assert report.device == R1
    assert field in report.problem
    assert_worded(report)


@pytest.mark.parametrize('celsius', [math.nan, math.inf, -80.0, 200.0])
def test_a_sensor_that_says_what_cannot_be_measures_nothing(
    hospital: Hospital, celsius: float
) -> None:
    boxes = [Compartment(compartment_id='c1', temperature=celsius)]
    report = convert.robot_report(state(compartments=boxes), robot=R1, hospital=hospital)
    assert isinstance(report, RobotReport)
    assert report.compartments[0].temperature is None


def test_compartments_are_few_named_and_different(hospital: Hospital) -> None:
    """33, a nameless one, one with a hostile name, two of one name."""
    for names in (['c'] * 33, [''], ['c\0'], ['c1', 'c2', 'c1']):
        compartments = [Compartment(compartment_id=name) for name in names]
        message = state(compartments=compartments)
        report = convert.robot_report(message, robot=R1, hospital=hospital)
        assert isinstance(report, MalformedReport)
        assert 'compartment' in report.problem
        assert_worded(report)


def test_an_unknown_battery_is_none_and_an_angle_is_turned_into_one_turn(
    hospital: Hospital,
) -> None:
    """NaN is how a robot says it does not know."""
    message = state(battery=math.nan, yaw=7.0)
    report = convert.robot_report(message, robot=R1, hospital=hospital)
    assert isinstance(report, RobotReport)
    assert report.battery is None
    assert report.yaw == pytest.approx(7.0 - math.tau)


def test_a_pose_is_taken_from_the_floor_it_names(hospital: Hospital) -> None:
    """Frame, position and heading."""
    half = math.sqrt(0.5)
    good = pose(frame='2', q=(0, 0, half, half))
    report = convert.pose_report(good, robot=R1, hospital=hospital)
    assert isinstance(report, PoseReport)
    assert report.floor == '2'
    assert report.yaw == pytest.approx(math.pi / 2)
    bad = [
        pose(frame='map'),
        pose(x=math.nan),
        pose(y=1e9),
        pose(q=(0, 0, 0, 0)),
        pose(q=(0, 0, math.nan, 1)),
        pose(q=(0, 0, 0, math.inf)),
    ]
    for message in bad:
        report = convert.pose_report(message, robot=R1, hospital=hospital)
        assert isinstance(report, MalformedReport)
        assert_worded(report)


def test_a_lift_state_is_taken_over(hospital: Hospital) -> None:
    """A lift without a destination stays where it is."""
    assert convert.lift_report(lift(), hospital=hospital) == LiftReport(
        lift=LiftId('L1'),
        current_floor=FloorId('1'),
        destination_floor=FloorId('2'),
        door=LiftDoor.OPEN,
        moving=False,
        mode=LiftMode.AGV,
        session='s1',
    )
    report = convert.lift_report(lift(destination_floor=''), hospital=hospital)
    assert isinstance(report, LiftReport)
    assert report.destination_floor == '1'


@pytest.mark.parametrize(
    ('said', 'heard'),
    [
        (LiftState.CABIN_UNKNOWN, None),
        (LiftState.CABIN_EMPTY, False),
        (LiftState.CABIN_OCCUPIED, True),
        (9, None),
    ],
)
def test_a_lift_tells_whether_somebody_is_in_it_or_does_not(
    hospital: Hospital, said: int, heard: bool | None
) -> None:
    report = convert.lift_report(lift(cabin=said), hospital=hospital)
    assert isinstance(report, LiftReport)
    assert report.occupied is heard


def test_what_nobody_knows_of_a_lift_keeps_everybody_out(hospital: Hospital) -> None:
    """An unknown door, motion or mode: mode unknown, door not open, or moving."""
    for change in ({'door_state': 9}, {'motion_state': 9}, {'current_mode': 9}):
        report = convert.lift_report(lift(**change), hospital=hospital)
        assert isinstance(report, LiftReport)
        assert report.mode is LiftMode.UNKNOWN
    report = convert.lift_report(lift(door_state=9), hospital=hospital)
    assert isinstance(report, LiftReport)
    assert report.door is LiftDoor.MOVING
    for motion in (LiftState.MOTION_UP, LiftState.MOTION_UNKNOWN, 9):
        report = convert.lift_report(lift(motion_state=motion), hospital=hospital)
        assert isinstance(report, LiftReport)
        assert report.moving


def test_lifts_and_doors_of_another_house_are_refused(hospital: Hospital) -> None:
    """By name, by floor, by session."""
    for change in (
        {'lift_name': 'L9'},
        {'current_floor': ''},
        {'destination_floor': '9'},
        {'session_id': 's' * 65},
    ):
        report = convert.lift_report(lift(**change), hospital=hospital)
        assert isinstance(report, MalformedReport)
        assert report.device == ('lift_states' if 'lift_name' in change else 'L1')
        assert_worded(report)
    refused = convert.door_report(DoorState(door_name='D9'), hospital=hospital)
    assert isinstance(refused, MalformedReport)
    assert refused.device == 'door_states'
    assert_worded(refused)


def test_a_door_position_nobody_knows_is_unknown(hospital: Hospital) -> None:
    """And the known ones are themselves."""
    for value, position in (
        (DoorMode.MODE_OPEN, DoorPosition.OPEN),
        (DoorMode.MODE_UNKNOWN, DoorPosition.UNKNOWN),
        (77, DoorPosition.UNKNOWN),
    ):
        message = DoorState(door_name='D1', current_mode=DoorMode(value=value))
        report = convert.door_report(message, hospital=hospital)
        assert report == DoorReport(DoorId('D1'), position)


def test_an_order_goes_out_field_by_field() -> None:
    """The first node is where the robot is, an edge with via points leads to the next."""
    order = RobotOrder(
        robot=R1,
        epoch=4,
        order_id='o2',
        update=9,
        map_version='a1b2',
        nodes=(
            OrderNode(NodeId('n1'), 5, True, FloorId('1'), 0, 0, 1),
            OrderNode(
                NodeId('car'),
                6,
                False,
                FloorId('1'),
                4.0,
                1.0,
                0.5,
                via=((1, 0), (2, 0.5)),
                lift='L1',
                boards=True,
                session='s1',
                door='D1',
            ),
        ),
        paused=True,
        charge=True,
        grant=3,
        grant_compartment=CompartmentId('c1'),
        grant_expires=Instant(NOW + 30_000),
    )
    message = convert.order_message(order, hospital=HospitalId('small'), now=NOW)
    assert (message.robot_id, message.map_id, message.map_version) == ('r1', 'small', 'a1b2')
    assert (message.epoch, message.order_id, message.order_update_id) == (4, 'o2', 9)
    assert (message.paused, message.charge, message.lease) == (True, True, 10.0)
    assert (message.grant_id, message.grant_compartment) == (3, 'c1')
    assert (message.stamp.sec, message.stamp.nanosec) == (1_700_000_000, 250_000_000)
    assert message.grant_expires.sec == 1_700_000_030
    first, second = message.nodes
    assert (first.node_id, first.sequence, first.released, first.max_speed) == ('n1', 5, True, 1.0)
    assert (second.node_id, second.sequence, second.released) == ('car', 6, False)
    assert (second.floor_id, second.x, second.y, second.max_speed) == ('1', 4.0, 1.0, 0.5)
    assert (list(second.via_x), list(second.via_y)) == ([1.0, 2.0], [0.0, 0.5])
    assert (second.lift_id, second.boards, second.session_id) == ('L1', True, 's1')
    assert second.door_id == 'D1'


def test_lift_and_door_requests_use_open_rmf_constants() -> None:
    """A session, its end, a door open and closed."""
    wanted = LiftOrder(LiftId('L1'), SessionId('s1'), False, FloorId('2'), True)
    message = convert.lift_message(wanted, now=NOW)
    assert (message.lift_name, message.session_id, message.destination_floor) == ('L1', 's1', '2')
    assert (message.request_type, message.door_state) == (1, 2)
    ended = LiftOrder(LiftId('L1'), SessionId('s1'), True, FloorId('2'), False)
    message = convert.lift_message(ended, now=NOW)
    assert (message.request_type, message.door_state) == (0, 0)
    for is_open, mode in ((True, 2), (False, 0)):
        request = convert.door_message(DoorOrder(DoorId('D1'), is_open), now=NOW)
        assert (request.door_name, request.requested_mode.value) == ('D1', mode)


def test_no_moment_is_too_far_or_too_early_for_a_ros_time() -> None:
    """For ever is the last second an int32 has; before 1970 is zero."""
    assert convert.time_message(FOREVER).sec == (1 << 31) - 1
    assert convert.time_message(Instant(-5)).sec == 0
    assert convert.time_message(None).sec == 0


# --- whatever is said ----------------------------------------------------------------------------

hostile_text = st.one_of(
    st.sampled_from(
        ['', '\0', '\x1b[2J', '\ud800', '\u202e', "'; DROP TABLE", '<script>', 'x' * 5000]
    ),
    st.text(max_size=200),
)
hostile_float = st.one_of(
    st.floats(), st.sampled_from([math.nan, math.inf, -math.inf, 1e308, 5e-324, 10_000.1])
)
uint64 = st.one_of(st.integers(0, (1 << 64) - 1), st.just((1 << 63) - 1), st.just(1 << 63))
uint8 = st.integers(0, 255)
compartments = st.lists(
    st.builds(
        Compartment,
        compartment_id=hostile_text,
        kind=hostile_text,
        locked=st.booleans(),
        closed=st.booleans(),
        occupied=st.booleans(),
        temperature=hostile_float,
    ),
    max_size=40,
)
HOSTILE: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(
        ['robot_id', 'incarnation', 'map_id', 'map_version', 'order_id', 'last_node_id'],
        hostile_text,
    ),
    **dict.fromkeys(
        ['sequence', 'epoch', 'order_update_id', 'last_node_sequence', 'last_grant'], uint64
    ),
    **dict.fromkeys(['x', 'y', 'yaw', 'speed', 'battery'], hostile_float),
    'floor_id': hostile_text,
    'mode': uint8,
    'compartments': compartments,
    'errors': st.lists(hostile_text, max_size=20),
}


def printable(text: str, limit: int) -> bool:
    """Whether a text may go into a log or a page."""
    return len(text) <= limit and text.isprintable()


def assert_worded(report: MalformedReport) -> None:
    """10 to 20 words, printable, and nothing of the value beyond 40 characters."""
    assert 10 <= len(report.problem.split()) <= 20, report.problem
    assert printable(report.problem, 200), report.problem
    assert printable(report.device, 64)


def assert_valid(report: Report, hospital: Hospital) -> None:
    """Check a report without the code under test."""
    if isinstance(report, MalformedReport):
        assert_worded(report)
        return
    if isinstance(report, DoorReport):
        assert report.door in hospital.doors
        return
    if isinstance(report, LiftReport):
        assert report.lift in hospital.lifts
        assert {report.current_floor, report.destination_floor} <= set(hospital.floors)
        assert printable(report.session, 64)
        return
    assert report.robot == R1
    assert report.floor in hospital.floors
    assert abs(report.x) <= 10_000
    assert abs(report.y) <= 10_000
    assert abs(report.yaw) <= math.pi + 1e-9
    if isinstance(report, RobotReport):
        assert 0 <= report.speed <= 5
        assert report.battery is None or 0 <= report.battery <= 1
        assert re.fullmatch('idle|driving|waiting|paused|error', report.mode)
        for text in (report.incarnation, report.map_version, report.order_id, report.last_node):
            assert printable(text, 64)
        for count in (
            report.sequence,
            report.epoch,
            report.order_update,
            report.last_sequence,
            report.last_grant,
        ):
            assert 0 <= count < 1 << 63
        assert len(report.compartments) <= 32
        assert all(printable(c.compartment, 64) and c.compartment for c in report.compartments)
        for box in report.compartments:
            assert box.temperature is None or -40 <= box.temperature <= 80
        assert len(report.errors) <= 16
        assert all(printable(error, 120) for error in report.errors)


@pytest.mark.thorough
@settings(max_examples=400)
@given(data=st.data())
def test_whatever_a_robot_says_is_a_valid_report_or_a_malformed_one(
    hospital: Hospital, data: st.DataObject
) -> None:
    """A few fields hostile, or all."""
    fields = data.draw(st.lists(st.sampled_from(sorted(HOSTILE)), max_size=21, unique=True))
    message = state(**{field: data.draw(HOSTILE[field], label=field) for field in fields})
    assert_valid(convert.robot_report(message, robot=R1, hospital=hospital), hospital)


@settings(max_examples=200)
@given(
    frame=st.one_of(st.just('1'), hostile_text),
    x=hostile_float,
    y=st.one_of(st.just(0.0), hostile_float),
    q=st.one_of(st.just((0, 0, 0, 1)), st.tuples(*[hostile_float] * 4)),
)
def test_whatever_a_pose_is_it_is_valid_or_malformed(
    hospital: Hospital, frame: str, x: float, y: float, q: Any
) -> None:
    """Frames, positions and quaternions of all kinds."""
    message = pose(frame=frame, x=x, y=y, q=q)
    assert_valid(convert.pose_report(message, robot=R1, hospital=hospital), hospital)


@pytest.mark.thorough
@settings(max_examples=200)
@given(
    name=st.one_of(st.just('L1'), hostile_text),
    floor=st.one_of(st.sampled_from('12'), hostile_text),
    destination=st.one_of(st.sampled_from('12'), hostile_text),
    session=hostile_text,
    numbers=st.tuples(uint8, uint8, uint8),
)
def test_whatever_a_lift_or_door_says_is_valid_or_malformed(
    hospital: Hospital,
    name: str,
    floor: str,
    destination: str,
    session: str,
    numbers: tuple[int, int, int],
) -> None:
    """Names, floors, sessions and enums of all kinds."""
    message = lift(
        lift_name=name,
        current_floor=floor,
        destination_floor=destination,
        session_id=session,
        door_state=numbers[0],
        motion_state=numbers[1],
        current_mode=numbers[2],
    )
    assert_valid(convert.lift_report(message, hospital=hospital), hospital)
    door = DoorState(door_name=name, current_mode=DoorMode(value=numbers[0]))
    assert_valid(convert.door_report(door, hospital=hospital), hospital)


def test_bytes_that_are_no_message_are_malformed(hospital: Hospital) -> None:
    """Empty, cut, random and far too many, heard through an ear."""
    from rclpy.serialization import serialize_message

    reports: list[Report] = []
    counters: dict[str, int] = {}
    listener = ear.Ear(
        qos.STATE,
        device='r1',
        convert=lambda message: convert.robot_report(message, robot=R1, hospital=hospital),
        report=reports.append,
        counters=counters,
        interval=0.0,
    )
    good = serialize_message(state())
    for payload in (b'', good[:40], b'\xff' * 300, b'\0' * 70_000):
        listener.hear(payload)
    assert all(isinstance(report, MalformedReport) for report in reports)
    for report in reports:
        assert_valid(report, hospital)
    listener.hear(good)
    assert isinstance(reports[-1], RobotReport)
    assert counters['robot_state.received'] == 5
    assert counters['robot_state.malformed'] == 4
    assert counters['robot_state.exceptions'] == 0
