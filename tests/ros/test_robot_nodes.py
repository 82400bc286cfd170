"""Real robots, lifts and doors: processes over DDS, ended by SIGTERM and by SIGKILL."""

from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import psutil
import pytest

from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.serialise import hospital_to_json
from tests.robot_nodes.build import small_hospital

pytestmark = [pytest.mark.ros, pytest.mark.timeout(120)]

with warnings.catch_warnings():
    # Its parser uses a module Python calls deprecated; messages load it when first used.
    warnings.simplefilter('ignore')
    import_module('rosidl_generator_py')
rclpy = pytest.importorskip('rclpy')
#: Keeps to UDP on 127.0.0.1: a killed program leaves nothing in /dev/shm.
LOOPBACK = Path(__file__).parents[2] / 'interfaces' / 'dds' / 'loopback.xml'
ROUTE = ('L1.charge-1', 'L1.b1', 'L1.n07')
PYTHON = [sys.executable, '-W', 'error::SyntaxWarning', '-m']


class Programs:
    """Starts programs of this package in one DDS domain, and ends every one of them."""

    def __init__(self, folder: Path) -> None:
        self.state_dir = folder / 'state'
        self._hospital = folder / 'hospital.json'
        self._hospital.write_text(json.dumps(hospital_to_json(small_hospital())))
        self._log = folder / 'programs.log'
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [*PYTHON, f'robot_nodes.nodes.{module}', '--hospital-json', str(self._hospital)]
        with self._log.open('ab') as log:
            program = subprocess.Popen([*command, *arguments], stdout=log, stderr=log)
        self._running.append(program)
        return program

    def world(self, *arguments: str, speed: int = 4) -> subprocess.Popen[bytes]:
        common = ['--state-dir', str(self.state_dir), '--robots', 'r1', '--speed', str(speed)]
        return self.start('world', *common, *arguments)

    def robots(self, *arguments: str) -> subprocess.Popen[bytes]:
        common = ['--state-dir', str(self.state_dir), '--robots', 'r1', '--sim-time']
        return self.start('robots', *common, *arguments)

    def said(self) -> str:
        return self._log.read_text(errors='replace')

    def end(self) -> None:
        for program in self._running:
            if program.poll() is None:
                program.terminate()
        for program in self._running:
            try:
                program.wait(5)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait(5)


class Peer:
    """The other side of every topic: a node of the test's own process."""

    def __init__(self, domain: int) -> None:
        from rclpy.experimental.events_executor import EventsExecutor

        self._context = rclpy.Context()
        self._context.init(domain_id=domain)
        self.node = rclpy.create_node('peer', context=self._context)
        self._executor = EventsExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._repeated: list[tuple[Any, Any]] = []
        self._repeated_at = 0.0

    def listen(self, topic: Any, kind: Any, device: str = '') -> list[Any]:
        heard: list[Any] = []
        self.node.create_subscription(kind, topic.of(device), heard.append, topic.profile())
        return heard

    def publisher(self, topic: Any, kind: Any, device: str = '') -> Any:
        return self.node.create_publisher(kind, topic.of(device), topic.profile())

    def repeat(self, publisher: Any, message: Any) -> None:
        """Say it now and each second from now on, in place of what was said there before."""
        self._repeated = [r for r in self._repeated if r[0] is not publisher]
        self._repeated.append((publisher, message))
        publisher.publish(message)

    def stop_repeating(self) -> None:
        self._repeated = []

    def wait(self, condition: Callable[[], bool], *, seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, 'it did not come about in time'
            self.turn()

    def rest(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.turn()

    def turn(self) -> None:
        self._executor.spin_once(timeout_sec=0.05)
        if time.monotonic() - self._repeated_at > 1.0:
            self._repeated_at = time.monotonic()
            for publisher, message in self._repeated:
                publisher.publish(message)

    def close(self) -> None:
        self._executor.remove_node(self.node)
        self.node.destroy_node()
        self._executor.shutdown(0.5)
        self._context.try_shutdown()


@pytest.fixture
def domain(monkeypatch: pytest.MonkeyPatch) -> int:
    """A domain of the test's own; above 101 the ports are the system's to hand out."""
    number = 20 + (os.getpid() + random.randrange(80)) % 80
    monkeypatch.setenv('ROS_DOMAIN_ID', str(number))
    if 'FASTRTPS_DEFAULT_PROFILES_FILE' not in os.environ:
        monkeypatch.setenv('FASTRTPS_DEFAULT_PROFILES_FILE', str(LOOPBACK))
        monkeypatch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'SYSTEM_DEFAULT')
    return number


@pytest.fixture
def programs(tmp_path: Path, domain: int) -> Iterator[Programs]:
    del domain
    made = Programs(tmp_path)
    yield made
    made.end()


@pytest.fixture
def peer(domain: int) -> Iterator[Peer]:
    made = Peer(domain)
    yield made
    made.close()


class Robot:
    """The manager's side of one robot."""

    def __init__(self, peer: Peer, robot: str = 'r1') -> None:
        from hospital_fleet_msgs.msg import InstantAction, Order, RobotState

        from robot_nodes import qos

        self._robot, self._peer = robot, peer
        self.states = peer.listen(qos.STATE, RobotState, robot)
        self.out = peer.publisher(qos.ORDER, Order, robot)
        self.action_out = peer.publisher(qos.INSTANT_ACTION, InstantAction, robot)

    @property
    def state(self) -> Any:
        return self.states[-1]

    def order(self, route: tuple[str, ...] = ROUTE, *, released: int = 99, update: int = 1) -> Any:
        from hospital_fleet_msgs.msg import Order, OrderNode

        hospital: Hospital = small_hospital()
        message = Order(
            epoch=1,
            robot_id=self._robot,
            map_id=hospital.id,
            map_version=hospital.version,
            order_id='o1',
            order_update_id=update,
            lease=10.0,
        )
        for sequence, name in enumerate(route):
            at = hospital.nodes[name]  # type: ignore[index]
            message.nodes.append(
                OrderNode(
                    node_id=name,
                    sequence=sequence,
                    released=sequence < released,
                    floor_id=at.floor,
                    x=at.x,
                    y=at.y,
                    max_speed=0.8,
                )
            )
        return message

    def comes_up(self) -> None:
        self._peer.wait(lambda: bool(self.states))

    def is_at(self, sequence: int) -> bool:
        return bool(self.states) and self.state.last_node_sequence >= sequence


def test_a_robot_drives_an_order_to_its_end(programs: Programs, peer: Peer) -> None:
    from geometry_msgs.msg import PoseStamped
    from std_msgs.msg import String

    from robot_nodes import qos

    robot = Robot(peer)
    poses = peer.listen(qos.POSE, PoseStamped, 'r1')
    violations = peer.listen(qos.VIOLATIONS, String)
    programs.world()
    programs.robots()
    robot.comes_up()
    assert robot.state.order_id == ''
    assert robot.state.map_version == small_hospital().version
    order = robot.order(released=2)
    peer.repeat(robot.out, order)
    peer.wait(lambda: robot.state.order_id == 'o1')
    peer.wait(lambda: robot.is_at(1))
    peer.rest(2.0)
    assert robot.state.last_node_sequence == 1
    assert robot.state.mode == robot.state.MODE_WAITING
    peer.repeat(robot.out, robot.order(update=2))
    peer.wait(lambda: robot.is_at(2))
    peer.wait(lambda: robot.state.mode == robot.state.MODE_IDLE)
    end = small_hospital().nodes[ROUTE[-1]]  # type: ignore[index]
    assert math.dist((robot.state.x, robot.state.y), (end.x, end.y)) <= 0.03
    assert [s.sequence for s in robot.states] == sorted({s.sequence for s in robot.states})
    assert poses[-1].header.frame_id == 'L1'
    assert json.loads(violations[-1].data) == {'door': 0, 'lift': 0, 'collision': 0, 'details': []}
    assert 'callback' not in programs.said()


def test_a_robot_killed_in_the_lane_goes_on_where_it_stood(programs: Programs, peer: Peer) -> None:
    robot = Robot(peer)
    programs.world(speed=2)
    first = programs.robots()
    robot.comes_up()
    peer.repeat(robot.out, robot.order())
    peer.wait(lambda: robot.is_at(1) and robot.state.speed > 0.7)
    first.send_signal(signal.SIGKILL)
    first.wait(5)
    before = robot.state
    peer.rest(1.0)
    programs.robots()
    peer.wait(lambda: robot.state.incarnation != before.incarnation)
    assert robot.state.order_id == 'o1'
    assert robot.state.last_node_sequence >= before.last_node_sequence >= 1
    assert robot.state.epoch == 1
    peer.wait(lambda: robot.is_at(2) and robot.state.mode == robot.state.MODE_IDLE)


def test_an_order_with_nan_is_refused_and_nothing_moves(programs: Programs, peer: Peer) -> None:
    robot = Robot(peer)
    programs.world()
    programs.robots()
    robot.comes_up()
    nonsense = robot.order()
    nonsense.nodes[1].x = math.nan
    peer.repeat(robot.out, nonsense)
    peer.wait(lambda: list(robot.state.errors) == ['order_refused:malformed_not_a_number'])
    peer.rest(1.5)
    assert (robot.state.order_id, robot.state.speed) == ('', 0.0)
    peer.repeat(robot.out, robot.order())
    peer.wait(lambda: robot.is_at(1))
    assert list(robot.state.errors) == []


def test_a_state_is_said_on_request_and_a_nan_pose_stops_the_robot(
    programs: Programs, peer: Peer
) -> None:
    from geometry_msgs.msg import PoseStamped
    from hospital_fleet_msgs.msg import InstantAction

    from robot_nodes import qos

    robot = Robot(peer)
    pose_out = peer.publisher(qos.LOCALISATION, PoseStamped, 'r1')
    programs.world(speed=1)
    programs.robots()
    robot.comes_up()
    said = len(robot.states)
    ask = InstantAction(robot_id='r1', epoch=1, action_type=InstantAction.STATE_REQUEST)
    peer.wait(lambda: robot.action_out.get_subscription_count() > 0)
    robot.action_out.publish(ask)
    peer.wait(lambda: len(robot.states) > said, seconds=0.9)
    nonsense = PoseStamped()
    nonsense.pose.position.x = math.nan
    peer.wait(lambda: pose_out.get_subscription_count() > 0)
    pose_out.publish(nonsense)
    peer.rest(1.0)
    peer.repeat(robot.out, robot.order())
    peer.wait(lambda: robot.is_at(1))
    assert programs.said().count('robots/{id}/localisation failed') == 1


def test_a_lost_memory_is_said_and_the_order_adopted(programs: Programs, peer: Peer) -> None:
    robot = Robot(peer)
    memory = programs.state_dir / 'robots' / 'r1.json'
    memory.parent.mkdir(parents=True)
    memory.write_text('{"format": 1, "epo')
    programs.world()
    programs.robots()
    robot.comes_up()
    assert list(robot.state.errors) == ['memory_corrupt']
    peer.repeat(robot.out, robot.order())
    peer.wait(lambda: robot.is_at(1))
    assert list(robot.state.errors) == []
    assert json.loads(memory.read_text())['last_node'] == ROUTE[1]


def test_a_disk_that_refuses_stops_the_robot_until_it_takes_the_memory_again(
    programs: Programs, peer: Peer
) -> None:
    robot = Robot(peer)
    programs.state_dir.mkdir()
    obstacle = programs.state_dir / 'robots'
    obstacle.write_text('no folder')
    programs.world()
    programs.robots()
    robot.comes_up()
    peer.repeat(robot.out, robot.order())
    peer.rest(2.0)
    assert 'memory_unwritable' in robot.state.errors
    assert (robot.state.mode, robot.state.order_id) == (robot.state.MODE_ERROR, '')
    obstacle.unlink()
    peer.wait(lambda: robot.is_at(1))
    assert list(robot.state.errors) == []


def test_a_test_can_be_the_hands_at_a_compartment(programs: Programs, peer: Peer) -> None:
    from builtin_interfaces.msg import Time
    from std_srvs.srv import Trigger

    robot = Robot(peer)
    programs.world()
    programs.robots('--hands-seconds', '0')
    robot.comes_up()
    order = robot.order(ROUTE[:1])
    order.grant_id, order.grant_compartment = 1, 'c2'
    order.grant_expires = Time(sec=2**31 - 1)
    peer.repeat(robot.out, order)
    peer.wait(lambda: robot.state.last_grant == 1)
    assert [c.compartment_id for c in robot.state.compartments if not c.closed] == ['c2']
    celsius = {c.compartment_id: c.temperature for c in robot.state.compartments}
    assert 3.0 <= celsius['c3'] <= 5.0, 'the insulated one measures'
    assert math.isnan(celsius['c1'])
    for verb in ('parcel', 'close'):
        client = peer.node.create_client(Trigger, f'robots/r1/hands/c2/{verb}')
        peer.wait(client.service_is_ready)
        future = client.call_async(Trigger.Request())
        peer.wait(future.done)
        assert future.result().success
    peer.wait(lambda: all(c.closed and c.locked for c in robot.state.compartments))
    assert [c.compartment_id for c in robot.state.compartments if c.occupied] == ['c2']


def test_a_callback_that_raises_is_counted_and_said_once() -> None:
    from robot_nodes.spin import Guard

    class Log:
        said: ClassVar[list[str]] = []

        def error(self, text: str) -> None:
            self.said.append(text)

    guard = Guard(Log())
    callback = guard('order', lambda message: 1 / message)
    assert [callback(0), callback(2), callback(0)] == [None, 0.5, None]
    assert guard.failures == {'order': 2}
    assert len(Log.said) == 1


def lift_request(session: str, floor: str, *, end: bool = False) -> Any:
    from hospital_fleet_msgs.msg import LiftRequest

    kind = LiftRequest.REQUEST_END_SESSION if end else LiftRequest.REQUEST_AGV_MODE
    return LiftRequest(
        lift_name='A',
        session_id=session,
        request_type=kind,
        destination_floor=floor,
        door_state=LiftRequest.DOOR_OPEN,
    )


def test_a_lift_killed_in_a_session_moves_nothing_until_its_holder_asks_again(
    programs: Programs, peer: Peer
) -> None:
    from hospital_fleet_msgs.msg import LiftRequest, LiftState

    from robot_nodes import qos

    states = peer.listen(qos.LIFT_STATES, LiftState)
    out = peer.publisher(qos.LIFT_REQUESTS, LiftRequest)
    programs.world('--bare')
    lift = programs.start('lift_node', '--lift', 'A', '--sim-time')
    peer.wait(lambda: bool(states))
    assert (states[-1].current_floor, states[-1].current_mode) == ('L1', LiftState.MODE_HUMAN)
    peer.repeat(out, lift_request('s1', 'L2'))

    def stands_open(floor: str, session: str) -> bool:
        last = states[-1]
        said = (last.current_floor, last.session_id, last.door_state)
        return bool(said == (floor, session, LiftState.DOOR_OPEN))

    peer.wait(lambda: stands_open('L2', 's1'))
    out.publish(lift_request('s2', 'L3'))
    peer.rest(1.0)
    assert stands_open('L2', 's1')
    lift.send_signal(signal.SIGKILL)
    lift.wait(5)
    peer.stop_repeating()
    programs.start('lift_node', '--lift', 'A', '--sim-time')
    peer.wait(lambda: stands_open('L2', ''))
    peer.rest(1.0)
    assert stands_open('L2', '')
    peer.repeat(out, lift_request('s1', 'L3'))
    peer.wait(lambda: stands_open('L3', 's1'))
    peer.repeat(out, lift_request('s1', 'L3', end=True))
    peer.wait(lambda: states[-1].session_id == '')
    peer.wait(lambda: states[-1].door_state == LiftState.DOOR_CLOSED)


def test_a_door_opens_when_asked_and_shuts_by_itself(programs: Programs, peer: Peer) -> None:
    from hospital_fleet_msgs.msg import DoorMode, DoorRequest, DoorState

    from robot_nodes import qos

    door = 'L2.west-ward'
    states = peer.listen(qos.DOOR_STATES, DoorState)
    out = peer.publisher(qos.DOOR_REQUESTS, DoorRequest)
    programs.world()

    def mode() -> int:
        said = [s.current_mode.value for s in states if s.door_name == door]
        return int(said[-1]) if said else -1

    peer.wait(lambda: mode() == DoorMode.MODE_CLOSED)
    ask = DoorRequest(door_name=door, requester_id='t', requested_mode=DoorMode(value=2))
    peer.repeat(out, ask)
    peer.wait(lambda: mode() == DoorMode.MODE_OPEN)
    peer.stop_repeating()
    peer.wait(lambda: mode() == DoorMode.MODE_CLOSED)


def test_a_world_goes_on_where_it_was_and_its_clock_never_goes_back(
    programs: Programs, peer: Peer
) -> None:
    from geometry_msgs.msg import PoseStamped
    from rosgraph_msgs.msg import Clock

    from robot_nodes import qos

    robot = Robot(peer)
    clock = peer.listen(qos.CLOCK, Clock)
    where = peer.listen(qos.LOCALISATION, PoseStamped, 'r1')
    first = programs.world(speed=8)
    robots = programs.robots()
    robot.comes_up()
    peer.repeat(robot.out, robot.order())
    peer.wait(lambda: robot.is_at(2) and robot.state.mode == robot.state.MODE_IDLE)
    robots.terminate()
    assert robots.wait(5) == 0
    peer.rest(2.0)
    first.send_signal(signal.SIGKILL)
    first.wait(5)
    peer.rest(0.5)
    told, at = len(clock), where[-1].pose.position
    last = clock[-1].clock
    programs.world(speed=8)
    peer.wait(lambda: len(clock) > told + 5)
    first_again = clock[told].clock
    assert (first_again.sec, first_again.nanosec) > (last.sec, last.nanosec)
    after = where[-1].pose.position
    assert math.dist((after.x, after.y), (at.x, at.y)) < 0.01


def test_idle_programs_cost_little_and_end_within_a_second(programs: Programs, peer: Peer) -> None:
    robot = Robot(peer)
    bare = programs.start('door_node', '--door', 'L2.west-ward')
    world = programs.world(speed=1)
    robots = programs.robots()
    robot.comes_up()
    peer.rest(3.0)
    watched = [psutil.Process(p.pid) for p in (bare, world, robots)]
    before = [sum(p.cpu_times()[:2]) for p in watched]
    peer.rest(4.0)
    shares = [(sum(p.cpu_times()[:2]) - b) / 4.0 for p, b in zip(watched, before, strict=True)]
    assert shares[0] < 0.05, 'a node with nothing to do'
    assert max(shares) < 0.25
    for program, number in ((bare, signal.SIGINT), (robots, signal.SIGTERM), (world, 15)):
        start = time.monotonic()
        program.send_signal(number)
        assert program.wait(5) == 0
        assert time.monotonic() - start < 1.0
    assert 'Traceback' not in programs.said()


def test_a_robot_is_a_lifecycle_node_and_describes_its_parameters(
    programs: Programs, peer: Peer
) -> None:
    from lifecycle_msgs.msg import State, Transition
    from lifecycle_msgs.srv import ChangeState, GetState
    from rcl_interfaces.srv import DescribeParameters

    def call(kind: Any, name: str, request: Any) -> Any:
        client = peer.node.create_client(kind, name)
        peer.wait(client.service_is_ready)
        future = client.call_async(request)
        peer.wait(future.done)
        return future.result()

    robot = Robot(peer)
    programs.world(speed=1)
    programs.robots()
    robot.comes_up()
    state = call(GetState, 'robot_r1/get_state', GetState.Request()).current_state.id
    assert state == State.PRIMARY_STATE_ACTIVE
    ask = DescribeParameters.Request(names=['max_speed', 'hands_seconds', 'control_rate'])
    told = call(DescribeParameters, 'robot_r1/describe_parameters', ask).descriptors
    assert all(t.description and t.floating_point_range for t in told)
    stop = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_DEACTIVATE))
    assert call(ChangeState, 'robot_r1/change_state', stop).success
    peer.rest(0.5)
    said = len(robot.states)
    peer.rest(2.5)
    assert len(robot.states) == said


def test_names_and_qos_are_those_of_the_manager() -> None:
    from fleet_manager.adapters.ros import qos as theirs
    from robot_nodes import qos as ours

    pairs = {
        ours.ORDER: theirs.ORDER,
        ours.STATE: theirs.STATE,
        ours.INSTANT_ACTION: theirs.INSTANT_ACTION,
        ours.POSE: theirs.POSE,
        ours.LIFT_STATES: theirs.LIFT_STATES,
        ours.LIFT_REQUESTS: theirs.LIFT_REQUESTS,
        ours.DOOR_STATES: theirs.DOOR_STATES,
        ours.DOOR_REQUESTS: theirs.DOOR_REQUESTS,
    }
    for own, other in pairs.items():
        assert own.of('r1') == other.of('r1')  # type: ignore[arg-type]
        mine, manager = own.profile(), other.qos
        assert mine.reliability == manager.reliability
        assert mine.durability == manager.durability
