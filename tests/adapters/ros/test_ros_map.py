"""The map in force, told over real DDS: to who is there, and to who comes later."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_msgs.msg import String

from fleet_manager.adapters.ros.link import RosLink
from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.maps.model import Hospital, NodeKind, Point
from robot_nodes import qos
from robot_nodes.nodes.hospital import read_map
from tests.adapters.ros.conftest import Collector, utc, wait_for
from tests.hospitals import Drawing

pytestmark = [pytest.mark.ros, pytest.mark.usefixtures('ros_domain')]


class Listener:
    """A device on the topic of the map."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, Hospital]] = []
        self._context = Context()
        self._context.init(args=[], domain_id=int(os.environ['ROS_DOMAIN_ID']))
        self._node = Node('listener', context=self._context, use_global_arguments=False)
        topic = qos.HOSPITAL_MAP
        self._node.create_subscription(String, topic.of(''), self._hear, topic.profile())
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)

    def _hear(self, message: String) -> None:
        self.heard.append(read_map(message.data))

    def hears(self, hospital: Hospital, *, epoch: int) -> bool:
        self._executor.spin_once(timeout_sec=0.1)
        return bool(self.heard) and self.heard[-1] == (epoch, hospital)

    def close(self) -> None:
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


def large(nodes: int) -> Hospital:
    """Return a hospital with so many nodes, in rows."""
    drawing = Drawing()
    drawing.floor('F1', 1)
    last = None
    for number in range(nodes):
        x, y = 2.0 * (number % 100), 2.0 * (number // 100)
        kind = NodeKind.CHARGER if number == 0 else NodeKind.WAY
        place = drawing.node('F1', f'n{number}', float(x), float(y), kind)
        if last is not None:
            drawing.lane(last, place)
        last = place
    drawing.robot('r1', next(iter(drawing.nodes)))
    for floor in drawing.floors.values():  # JSON tells 0 from 0.0, and so does the version
        corners = tuple(Point(float(p.x), float(p.y)) for p in floor.outline)
        drawing.floors[floor.id] = replace(floor, outline=corners)
    return drawing.hospital()


def test_a_map_of_thousands_of_nodes_reaches_who_is_there_and_who_comes_later(
    hospital: Hospital, listener: Listener
) -> None:
    link = RosLink(hospital=hospital, robots=[RobotId('r1')], mailbox=Collector(), now=utc)
    try:
        house = large(4_000)
        link.use_map(house, epoch=3)
        wait_for(lambda: listener.hears(house, epoch=3), seconds=20.0)
        late = Listener()
        try:
            wait_for(lambda: late.hears(house, epoch=3), seconds=20.0)
        finally:
            late.close()
        assert link.counters()['hospital_map.exceptions'] == 0
    finally:
        link.close()


def test_only_the_newest_map_is_told(hospital: Hospital, listener: Listener) -> None:
    link = RosLink(hospital=hospital, robots=[RobotId('r1')], mailbox=Collector(), now=utc)
    try:
        first, second = large(5), large(6)
        link.use_map(first, epoch=1)
        wait_for(lambda: listener.hears(first, epoch=1))
        link.use_map(second, epoch=1)
        wait_for(lambda: listener.hears(second, epoch=1))
        late = Listener()
        try:
            wait_for(lambda: late.hears(second, epoch=1))
            assert len(late.heard) == 1
        finally:
            late.close()
    finally:
        link.close()
