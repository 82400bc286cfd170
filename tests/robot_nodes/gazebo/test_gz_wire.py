"""The wire of gz-transport: the bytes of its messages, and two peers that find each other.

The bytes were written by Gazebo's own message definitions (ign-msgs 8, whose numbers are those of
gz-msgs), with `protoc --encode`.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from robot_nodes.gazebo.engines import available, open_engine
from robot_nodes.gazebo.sim import messages
from robot_nodes.gazebo.sim.peer import GROUP, TOPICS_PORT, Peer
from tests.robot_nodes.gazebo.ward import WARD

TOUCHED = (
    '0a040a020803123312091a07613a3a623a3a631a091a07643a3a653a3a66'
    '220911000000000000f03f3210000000000000d03f000000000000e03f'
)
DOOR = (
    '0a0c0a02080112060a016b1201761204646f6f72322e12046c6561665226120919000000000000f03f'
    '51000000000000e83f59000000000000e03f610000000000000040'
)
POSES = '122e120272311807221b11000000000000f03f1900000000000000402100000000000010402a0929'

PUBLISHER = {
    'topic': 't',
    'address': 'a',
    'process_uuid': 'p',
    'node_uuid': 'n',
    'scope': 2,
    'msg_pub': {'ctrl': 'c', 'msg_type': 'm', 'msgs_per_sec': 2**64 - 1},
}


@pytest.mark.parametrize(
    ('message', 'bytes_'),
    [
        (
            messages.Twist(linear={'x': 0.5}, angular={'z': -1.0}),
            '120911000000000000e03f1a0921000000000000f0bf',
        ),
        (messages.WorldControl(pause=True, multi_step=300), '100120ac02'),
        (messages.Clock(sim={'sec': 12, 'nsec': 340_000_000}), '2208080c1080fa8fa201'),
        (messages.Double(data=0.75), '11000000000000e83f'),
        (messages.Boolean(data=True), '1001'),
        (
            messages.Discovery(version=10, process_uuid='p', type=6, pub=PUBLISHER),
            '100a1a017020063a210a01741201611a017022016e280232110a016312016d20ffffffffffffffffff01',
        ),
        (
            messages.Discovery(version=10, process_uuid='p', type=2, sub={'topic': 't'}),
            '100a1a0170200232030a0174',
        ),
    ],
    ids=lambda value: value.DESCRIPTOR.name if hasattr(value, 'DESCRIPTOR') else '',
)
def test_messages_have_gazebos_bytes(message: Any, bytes_: str) -> None:
    assert message.SerializeToString().hex() == bytes_


def test_messages_are_read_with_fields_that_are_not_ours() -> None:
    (contact,) = messages.Contacts.FromString(bytes.fromhex(TOUCHED)).contact
    assert (contact.collision1.name, contact.collision2.name) == ('a::b::c', 'd::e::f')
    assert list(contact.depth) == [0.25, 0.5]
    door = messages.Model.FromString(bytes.fromhex(DOOR))
    assert messages.nanoseconds(door.header.stamp) == 1_000_000_000
    (leaf,) = door.joint
    assert (door.name, leaf.name, leaf.axis1.position, leaf.axis1.velocity) == (
        *('door', 'leaf'),
        *(0.75, 0.5),
    )
    (pose,) = messages.PoseV.FromString(bytes.fromhex(POSES + '000000000000f03f')).pose
    at = pose.position
    assert (pose.name, at.x, at.y, at.z, pose.orientation.w) == ('r1', 1.0, 2.0, 4.0, 1.0)


Meet = Callable[..., Peer]


@pytest.fixture
def meet() -> Iterator[Meet]:
    peers: list[Peer] = []

    def open_peer(partition: str = '') -> Peer:
        peers.append(Peer(partition or f'test-{os.getpid()}', watch=lambda: None))
        return peers[-1]

    yield open_peer
    for peer in peers:
        peer.close()


@pytest.mark.parametrize('first', ['publisher', 'subscriber'])
def test_two_peers_find_each_other_whoever_comes_first(meet: Meet, first: str) -> None:
    heard: list[bytes] = []
    one, other = meet(), meet()
    if first == 'publisher':
        one.advertise('/speed', messages.Double)
    other.subscribe('/speed', heard.append)
    if first == 'subscriber':
        one.advertise('/speed', messages.Double)
    assert other.wait(lambda: other.is_connected('/speed'), 10.0)
    assert one.wait(lambda: one.is_heard('/speed'), 10.0)
    for count in range(100):
        one.publish('/speed', messages.Double(data=count))
    assert other.wait(lambda: len(heard) == 100, 10.0)
    assert [messages.Double.FromString(each).data for each in heard] == list(range(100))


def test_nothing_is_heard_of_another_partition(meet: Meet) -> None:
    heard: list[bytes] = []
    one, stranger, friend = meet(), meet('elsewhere'), meet()
    one.advertise('/speed', messages.Double)
    stranger.subscribe('/speed', heard.append)
    friend.subscribe('/speed', lambda _: None)
    assert one.wait(lambda: one.is_heard('/speed'), 10.0)
    assert not stranger.is_connected('/speed')
    one.publish('/speed', messages.Double(data=1.0))
    assert not stranger.wait(lambda: bool(heard), 0.3)


def test_what_is_no_discovery_is_passed_over(meet: Meet) -> None:
    one, other = meet(), meet()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as noise:
        loopback = socket.inet_aton('127.0.0.1')
        noise.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, loopback)
        for datagram in (b'', b'x', b'\x03\x00\xff\xff\xff', uuid.uuid4().bytes * 100):
            noise.sendto(datagram, (GROUP, TOPICS_PORT))
    one.advertise('/speed', messages.Double)
    other.subscribe('/speed', lambda _: None)
    assert one.wait(lambda: one.is_heard('/speed'), 10.0)


def test_a_service_that_nobody_offers_is_told(meet: Meet) -> None:
    with pytest.raises(TimeoutError, match='nobody offers /world/x/control'):
        meet().request('/world/x/control', messages.WorldControl(), messages.Boolean, seconds=0.3)


def test_a_peer_may_be_closed_twice(meet: Meet) -> None:
    peer = meet()
    peer.close()
    peer.close()


@pytest.mark.gazebo
def test_the_transport_library_in_a_real_gazebo_hears_and_answers_us(
    tmp_path: Path, meet: Meet
) -> None:
    """Gazebo 11 has the same library: of each model it serves what commands a joint has."""
    if not any(found.present for found in available() if found.name == 'classic'):
        pytest.skip('Gazebo 11 is not installed')
    world = open_engine('classic', WARD, folder=tmp_path)
    try:
        world.start()
        (server,) = [child for child in psutil.Process().children() if child.name() == 'gzserver']
        peer = meet(server.environ()['IGN_PARTITION'])
        # a message whose second field is a text, as the library's own `StringMsg`
        asked, joint = messages.Model(name='r1::left_joint'), messages.Model
        answer = peer.request('/r1/joint_cmd_req', asked, joint, seconds=10.0)
        assert answer.name == 'r1::left_joint'
        peer.advertise('/r1/joint_cmd', messages.Double)
        assert peer.wait(lambda: peer.is_heard('/r1/joint_cmd'), 10.0)
    finally:
        world.close()
