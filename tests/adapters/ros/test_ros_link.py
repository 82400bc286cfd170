"""RosLink against real publishers and subscribers in other processes, over real DDS."""

from __future__ import annotations

import itertools
import json
import math
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import structlog

from fleet_manager.adapters.ros import repeats
from fleet_manager.adapters.ros.convert import ROBOT_MODES
from fleet_manager.adapters.ros.errors import LinkFailed
from fleet_manager.adapters.ros.link import RosLink
from fleet_manager.application.ports import DoorOrder, LiftOrder, OrderNode, RobotOrder
from fleet_manager.domain.ids import DoorId, FloorId, LiftId, NodeId, RobotId, SessionId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import (
    DoorPosition,
    DoorReport,
    LiftReport,
    MalformedReport,
    PoseReport,
    Report,
    RobotReport,
)
from tests.adapters.ros.conftest import ROBOTS, Collector, utc, wait_for

pytestmark = [pytest.mark.ros, pytest.mark.usefixtures('ros_domain')]

R1, R2 = ROBOTS[:2]
EXCEPTIONS = ('robot_state', 'robot_pose', 'lift_state', 'door_state', 'link', 'order')


class DeviceProcess:
    """The devices' process: `do` what it can, `told` what it heard."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name('devices.py'))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.told: queue.Queue[dict[str, Any]] = queue.Queue()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        self.next()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told.put(json.loads(line))

    def do(self, what: str, **arguments: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({'do': what, **arguments}) + '\n')
        self.process.stdin.flush()

    def next(self, *, seconds: float = 20.0) -> dict[str, Any]:
        return self.told.get(timeout=seconds)

    def hear(self, topic: str, *, seconds: float) -> list[dict[str, Any]]:
        """Return what is told of a topic within some seconds."""
        deadline = time.monotonic() + seconds
        heard = []
        while (left := deadline - time.monotonic()) > 0:
            try:
                facts = self.next(seconds=left)
            except queue.Empty:
                break
            if facts.get('topic') == topic:
                heard.append(facts)
        return heard

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join()
        self.process.stdout.close()


@pytest.fixture
def mailbox() -> Collector:
    return Collector()


@pytest.fixture
def link(hospital: Hospital, mailbox: Collector) -> Iterator[RosLink]:
    link = RosLink(hospital=hospital, robots=ROBOTS, mailbox=mailbox, now=utc)
    yield link
    link.close()


@pytest.fixture
def devices(link: RosLink) -> Iterator[DeviceProcess]:
    process = DeviceProcess()
    yield process
    process.close()


def heard_next(mailbox: Collector, *, seconds: float = 10.0) -> Report:
    """Return the first report, and forget it."""
    wait_for(lambda: bool(mailbox.heard), seconds=seconds)
    return mailbox.heard.pop(0)[1]


def order(update: int, robot: RobotId = R1) -> RobotOrder:
    nodes = tuple(
        OrderNode(NodeId(f'n{number}'), number, number < 2, FloorId('1'), float(number), 0.0, 1.0)
        for number in range(4)
    )
    return RobotOrder(robot, 1, 'o1', update, 'a1b2', nodes, False, False)


def assert_well(link: RosLink) -> None:
    """The thread lives, and nothing was thrown anywhere."""
    assert link.alive()
    counters = link.counters()
    assert not any(counters[f'{kind}.exceptions'] for kind in EXCEPTIONS), counters


def test_what_devices_say_is_reported_and_what_is_wrong_is_malformed(
    link: RosLink, mailbox: Collector, devices: DeviceProcess
) -> None:
    devices.do('state', robot=R1, sequence=1, mode=1)
    report = heard_next(mailbox)
    assert isinstance(report, RobotReport)
    assert (report.robot, report.sequence, report.mode) == (R1, 1, ROBOT_MODES[1])
    for bad, word in (
        ({'x': math.nan}, 'x'),
        ({'speed': math.inf}, 'speed'),
        ({'map_id': 'another'}, 'map_id'),
        ({'robot_id': 'r2'}, 'robot_id'),
        ({'order_id': '\x1b]0;owned\x07'}, 'order_id'),
        ({'last_node_id': 'n' * 100_000}, 'payload'),
    ):
        devices.do('state', **({'robot': R1} | bad))
        report = heard_next(mailbox)
        assert isinstance(report, MalformedReport)
        assert report.device == R1
        assert word in report.problem
        assert report.problem.isprintable()
    devices.do('bytes', robot=R1, payload='00010000ffffffffffff')
    report = heard_next(mailbox)
    assert isinstance(report, MalformedReport)
    assert 'payload' in report.problem
    devices.do('state', robot=R1, sequence=2)
    report = heard_next(mailbox)
    assert isinstance(report, RobotReport)
    assert report.sequence == 2
    assert_well(link)
    assert link.counters()['robot_state.malformed'] == 7


def test_poses_lifts_and_doors_are_reported(
    link: RosLink, mailbox: Collector, devices: DeviceProcess
) -> None:
    devices.do('pose', robot=R2, x=4.0)
    report = heard_next(mailbox)
    assert isinstance(report, PoseReport)
    assert (report.robot, report.floor, report.x) == (R2, '1', 4.0)
    devices.do('lift', lift_name='L1', current_floor='1', destination_floor='2')
    report = heard_next(mailbox)
    assert isinstance(report, LiftReport)
    assert report.destination_floor == '2'
    devices.do('door', door_name='D1', mode=2)
    assert heard_next(mailbox) == DoorReport(DoorId('D1'), DoorPosition.OPEN)
    devices.do('door', door_name='D2', mode=2)
    assert isinstance(heard_next(mailbox), MalformedReport)
    assert_well(link)


def test_a_late_joiner_gets_the_order_that_was_said_before_it_came(
    link: RosLink, devices: DeviceProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, 'REPEAT_SECONDS', 600.0)
    link.publish([order(1)])
    wait_for(lambda: link.counters()['order.sent'] == 1)
    devices.do('hear', robot=R1)
    first = devices.next()
    assert first['topic'] == f'robots/{R1}/order'
    assert link.counters()['order.sent'] == 1
    assert first['nodes'] == ['n0', 'n1', 'n2', 'n3']
    assert (first['order_update_id'], first['map_id'], first['lease']) == (1, 'small', 10.0)


def test_an_order_is_repeated_every_second_and_a_new_one_is_said_at_once(
    link: RosLink, devices: DeviceProcess
) -> None:
    devices.do('hear', robot=R1)
    link.publish([order(1)])
    devices.next()
    heard = devices.hear(f'robots/{R1}/order', seconds=4.5)
    stamps = sorted({facts['stamp'] for facts in heard})
    gaps = [after - before for before, after in itertools.pairwise(stamps)]
    assert len(gaps) >= 2
    assert all(0.8 < gap < 1.9 for gap in gaps), gaps
    said = time.time()
    link.publish([order(2)])
    while (facts := devices.next()).get('order_update_id') != 2:
        pass
    assert facts['at'] - said < 0.9  # not with the next second's repetition


def test_sessions_and_doors_are_asked_for_until_the_directive_changes(
    link: RosLink, devices: DeviceProcess
) -> None:
    devices.do('hear', robot=R1)
    link.publish([order(1)])
    devices.next()
    wanted = LiftOrder(LiftId('L1'), SessionId('s1'), False, FloorId('2'), True)
    link.publish([wanted, DoorOrder(DoorId('D1'), True)])
    heard = devices.hear('lift_requests', seconds=3.5)
    assert 3 <= len(heard) <= 5
    assert {(facts['session_id'], facts['request_type']) for facts in heard} == {('s1', 1)}
    ended = LiftOrder(LiftId('L1'), SessionId('s1'), True, FloorId('2'), False)
    link.publish([ended, DoorOrder(DoorId('D1'), False)])
    heard = devices.hear('lift_requests', seconds=2.5)
    assert heard[-1]['request_type'] == 0
    assert sum(facts['request_type'] == 0 for facts in heard) >= 2
    assert 6 <= link.counters()['lift_request.sent'] <= 9
    assert link.counters()['door_request.sent'] in (4, 5, 6)


def test_every_robot_is_asked_for_its_state_until_it_has_said_it(
    link: RosLink, mailbox: Collector, devices: DeviceProcess
) -> None:
    link.request_states(epoch=7)
    devices.do('hear', robot=R1)
    asked = devices.next()
    assert (asked['topic'], asked['epoch']) == (f'robots/{R1}/instant_action', 7)
    assert (asked['robot_id'], asked['action_type']) == (R1, 'state_request')
    devices.do('state', robot=R1)
    heard_next(mailbox)
    before = link.counters()['instant_action.sent']
    time.sleep(1.2)
    assert link.counters()['instant_action.sent'] - before in (0, 7, 14)


def test_a_robot_with_another_qos_is_logged_once(hospital: Hospital, mailbox: Collector) -> None:
    with structlog.testing.capture_logs() as logs:
        link = RosLink(hospital=hospital, robots=ROBOTS, mailbox=mailbox, now=utc)
        devices = [DeviceProcess(), DeviceProcess()]
        try:
            for process in devices:
                process.do('volatile_state', robot=R1)
            wait_for(lambda: any(log['event'] == 'ros.incompatible_qos' for log in logs))
            time.sleep(1.0)
        finally:
            for process in devices:
                process.close()
            link.close()
    told = [log for log in logs if log['event'] == 'ros.incompatible_qos']
    assert [log['topic'] for log in told] == [f'robots/{R1}/state']
    assert mailbox.heard == []


def test_a_flood_of_one_robot_starves_nobody_and_costs_no_memory(
    link: RosLink, mailbox: Collector, devices: DeviceProcess
) -> None:
    honest = DeviceProcess()
    try:
        honest.do('state', robot=R2, sequence=0)
        devices.do('state', robot=R1)
        wait_for(lambda: len(mailbox.heard) >= 2)
        mailbox.heard.clear()
        memory = psutil.Process().memory_info().rss
        devices.do('flood', robot=R1, rate=1_000, seconds=5.0)
        honest.do('flood', robot=R2, rate=5, seconds=5.0)
        flood = devices.next()
        honest.next()
        time.sleep(0.3)
    finally:
        honest.close()
    grown = psutil.Process().memory_info().rss - memory
    loud = [r.sequence for _, r in mailbox.heard if isinstance(r, RobotReport) and r.robot == R1]
    calm = [(at, r) for at, r in mailbox.heard if isinstance(r, RobotReport) and r.robot == R2]
    gaps = [later[0] - earlier[0] for earlier, later in itertools.pairwise(calm)]
    print(f'flood {flood}, {len(loud)} reports, grown {grown}, widest gap {max(gaps):.3f} s')
    assert flood['sent'] > 1_000
    assert len(loud) <= 5 / 0.05 + 3
    assert loud[-1] == flood['sent'] - 1, 'the newest must win'
    assert len(calm) >= 15
    assert max(gaps) < 1.5
    assert grown < 20 << 20
    assert_well(link)


def test_ten_thousand_hostile_messages_do_not_end_the_link(
    link: RosLink, mailbox: Collector, devices: DeviceProcess
) -> None:
    devices.do('fuzz', count=10_000, seed=1)
    assert devices.next(seconds=60.0) == {'sent': 10_000}
    devices.do('state', robot=R2, sequence=99)
    wait_for(lambda: any(getattr(r, 'sequence', 0) == 99 for r in mailbox.reports()))
    assert_well(link)
    counters = link.counters()
    print(counters)
    received = sum(counters[f'{kind}.received'] for kind in EXCEPTIONS[:4])
    assert received > 5_000, counters
    assert counters['lift_state.malformed'] > 1_000


def test_an_order_that_cannot_be_said_leaves_the_others_alone(
    link: RosLink, devices: DeviceProcess
) -> None:
    devices.do('hear', robot=R1)
    stranger = order(1, RobotId('nobody'))
    broken = order(-1, R2)
    link.publish([stranger, broken, order(3)])
    assert devices.next()['order_update_id'] == 3
    assert link.alive()
    assert link.counters()['order.exceptions'] >= 2


def test_a_mailbox_that_raises_is_counted_and_the_link_lives(hospital: Hospital) -> None:
    class Full(Collector):
        def report(self, report: Report) -> None:
            super().report(report)
            raise RuntimeError('full')

    mailbox = Full()
    link = RosLink(hospital=hospital, robots=[R1], mailbox=mailbox, now=utc)
    devices = DeviceProcess()
    try:
        for sequence in (1, 2):
            devices.do('state', robot=R1, sequence=sequence)
            report = heard_next(mailbox)
            assert isinstance(report, RobotReport)
            assert report.sequence == sequence
        assert link.alive()
        assert link.counters()['robot_state.exceptions'] == 2
    finally:
        devices.close()
        link.close()


def test_close_leaves_no_thread_no_file_and_no_word(
    hospital: Hospital, mailbox: Collector
) -> None:
    def threads() -> int:
        return psutil.Process().num_threads()

    def open_files() -> int:
        return psutil.Process().num_fds()

    shared = {path.name for path in Path('/dev/shm').iterdir()}
    counts = []
    for _ in range(4):
        link = RosLink(hospital=hospital, robots=ROBOTS, mailbox=mailbox, now=utc)
        link.publish([order(1)])
        wait_for(lambda link=link: link.counters()['order.sent'] > 0)
        start = time.monotonic()
        link.close()
        assert time.monotonic() - start < 2.0
        link.close()
        link.publish([order(2)])
        assert not link.alive()
        counts.append((threads(), open_files()))
    assert counts[-1] <= counts[0], counts
    assert not [thread for thread in threading.enumerate() if thread.name == 'ros-link']
    left = {path.name for path in Path('/dev/shm').iterdir()} - shared
    assert not {name for name in left if 'fast' in name}


@pytest.mark.parametrize(
    ('robots', 'namespace'), [(['no-hyphens'], ''), (['1st'], ''), ([R1], 'a space')]
)
def test_a_name_that_is_no_ros_name_fails_at_the_start(
    hospital: Hospital, mailbox: Collector, robots: list[RobotId], namespace: str
) -> None:
    with pytest.raises(LinkFailed):
        RosLink(hospital=hospital, robots=robots, mailbox=mailbox, now=utc, namespace=namespace)


def test_a_namespace_stands_before_every_topic(hospital: Hospital, mailbox: Collector) -> None:
    link = RosLink(hospital=hospital, robots=[R1], mailbox=mailbox, now=utc, namespace='/site_a')
    devices = DeviceProcess()
    try:
        devices.do('state', robot=R1, on=f'/site_a/robots/{R1}/state', sequence=5)
        report = heard_next(mailbox)
        assert isinstance(report, RobotReport)
        assert report.sequence == 5
    finally:
        devices.close()
        link.close()


def test_an_idle_link_costs_next_to_nothing(link: RosLink) -> None:
    time.sleep(1.0)
    assert cpu_share(3.0) < 0.05


def test_eight_robots_cost_less_than_a_quarter_of_a_core(
    link: RosLink, mailbox: Collector, devices: DeviceProcess
) -> None:
    link.publish([order(1, robot) for robot in ROBOTS])
    devices.do('fleet', robots=list(ROBOTS), seconds=8.0)
    devices.next(seconds=60.0)
    share = cpu_share(6.0)  # the collector in this process included
    print(f'{100 * share:.1f} % of a core')
    assert share < 0.25
    devices.next()
    assert len(mailbox.heard) > 300


def cpu_share(seconds: float) -> float:
    """Return the share of one core this process takes over some seconds."""
    before = time.process_time()
    time.sleep(seconds)
    return (time.process_time() - before) / seconds


def environment_after_import(**given: str) -> dict[str, str]:
    """Return the environment of a fresh program once it has imported the adapter."""
    reach = ('ROS_AUTOMATIC_DISCOVERY_RANGE', 'FASTRTPS_DEFAULT_PROFILES_FILE')
    kept = {name: value for name, value in os.environ.items() if name not in reach}
    script = 'import json, os, fleet_manager.adapters.ros; print(json.dumps(dict(os.environ)))'
    done = subprocess.run(
        [sys.executable, '-c', script], env=kept | given, capture_output=True, check=True
    )
    return dict(json.loads(done.stdout))


def test_everything_stays_on_this_machine_unless_somebody_says_otherwise() -> None:
    own = environment_after_import()
    assert own['ROS_AUTOMATIC_DISCOVERY_RANGE'] == 'SYSTEM_DEFAULT'
    profile = Path(own['FASTRTPS_DEFAULT_PROFILES_FILE']).read_text()
    assert '<address>127.0.0.1</address>' in profile
    assert own['ROS_PYTHON_CHECK_FIELDS'] == '1'
    told = environment_after_import(ROS_AUTOMATIC_DISCOVERY_RANGE='SUBNET')
    assert told['ROS_AUTOMATIC_DISCOVERY_RANGE'] == 'SUBNET'
    assert 'FASTRTPS_DEFAULT_PROFILES_FILE' not in told


def test_the_time_of_a_simulated_building_is_passed_on(
    hospital: Hospital, mailbox: Collector
) -> None:
    told: list[int] = []

    def hear(at: int) -> None:
        told.append(at)
        raise RuntimeError('once is enough')

    link = RosLink(hospital=hospital, robots=[R1], mailbox=mailbox, now=utc, heard_clock=hear)
    devices = DeviceProcess()
    try:
        wait_for(lambda: devices.do('clock', seconds=12, nanosec=345_000_000) or bool(told))
        assert told[0] == 12_345
        assert link.alive()
        assert link.counters()['clock.exceptions'] >= 1
    finally:
        devices.close()
        link.close()
