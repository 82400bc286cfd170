"""Stands in for the command `gz` of Gazebo: the other side of the wire, and weightless bodies.

`gz sim --versions`, and `gz sim -s ... FILE` as gz sim runs a paused world. What the world has,
and on which topics, is read from the plugins in the file; robots, doors and cars go exactly where
they are told to, and the world `ward` has a wall from x = 3 on. `STAND_IN` in the environment is
what goes wrong. Nothing of `Peer` is used here.
"""

from __future__ import annotations

import math
import os
import socket
import struct
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import zmq

from robot_nodes.gazebo.sim import messages

GROUP, TOPICS, SERVICES = '239.255.0.7', 10317, 10318
ADVERTISE, SUBSCRIBE, BEAT, NEW_CONNECTION = 1, 2, 4, 6
WALL = 3.0


class Wire:
    """The sockets of a gz sim: what it publishes goes only to who said that it listens."""

    def __init__(self) -> None:
        context = zmq.Context()
        self.published: dict[str, Any] = {}
        self.heard: dict[str, Any] = {}
        self.services: list[str] = []
        self.prefix = f'@/{os.environ["GZ_PARTITION"]}@'
        self.process, self.node = str(uuid.uuid4()), str(uuid.uuid4())
        host = f'tcp://{os.environ["GZ_IP"]}'
        self.out, self.commands = context.socket(zmq.PUB), context.socket(zmq.SUB)
        self.out_at = f'{host}:{self.out.bind_to_random_port(host)}'
        self.service, self.service_id = context.socket(zmq.ROUTER), str(uuid.uuid4())
        self.service.identity = self.service_id.encode()
        self.service.router_mandatory = True
        self.service_at = f'{host}:{self.service.bind_to_random_port(host)}'
        self.udp = {port: self.multicast(port) for port in (TOPICS, SERVICES)}
        self.connected: set[str] = set()
        self.wanted: set[str] = set()
        self.beat_at = 0.0

    def multicast(self, port: int) -> socket.socket:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        udp.bind(('', port))
        here = socket.inet_aton(os.environ['GZ_IP'])
        group = socket.inet_aton(GROUP) + here
        udp.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        udp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
        udp.setblocking(False)
        return udp

    def say(self, port: int, **fields: Any) -> None:
        said = messages.Discovery(version=10, process_uuid=self.process, **fields)
        body = said.SerializeToString()
        self.udp[port].sendto(struct.pack('<H', len(body)) + body, (GROUP, port))

    def advertise(self, topic: str) -> None:
        pub = {'topic': self.prefix + topic, 'process_uuid': self.process}
        pub |= {'node_uuid': self.node, 'scope': 2}
        if topic in self.published:
            kind = {'msg_type': messages.kind_of(self.published[topic])}
            pub |= {'address': self.out_at, 'msg_pub': kind}
            self.say(TOPICS, type=ADVERTISE, pub=pub)
        else:
            kinds = {'request_type': 'gz.msgs.WorldControl', 'response_type': 'gz.msgs.Boolean'}
            pub |= {'address': self.service_at, 'srv_pub': {'socket_id': self.service_id, **kinds}}
            self.say(SERVICES, type=ADVERTISE, pub=pub)

    def discover(self) -> None:
        if time.monotonic() > self.beat_at:
            self.beat_at = time.monotonic() + 1.0
            for port in self.udp:
                self.say(port, type=BEAT)
            for topic in (*self.published, *self.services):
                self.advertise(topic)
            for topic in self.heard:
                self.say(TOPICS, type=SUBSCRIBE, sub={'topic': self.prefix + topic})
        for port, udp in self.udp.items():
            while (datagram := self.receive(udp)) is not None:
                said = messages.Discovery.FromString(datagram[2:])
                if said.process_uuid != self.process:
                    self.answer(port, said)

    def receive(self, udp: socket.socket) -> bytes | None:
        try:
            return udp.recv(65536)
        except BlockingIOError:
            return None

    def answer(self, port: int, said: Any) -> None:
        asked = (said.pub.topic or said.sub.topic).removeprefix(self.prefix)
        offered = self.services if port == SERVICES else self.published
        if said.type == SUBSCRIBE and asked in offered:
            self.advertise(asked)
        elif said.type == NEW_CONNECTION and said.pub.msg_pub.ctrl == self.process:
            self.wanted.add(asked)
        elif said.type == ADVERTISE and asked in self.heard:
            assert said.pub.msg_pub.msg_type == messages.kind_of(self.heard[asked])
            if said.pub.address not in self.connected:
                self.connected.add(said.pub.address)
                self.commands.connect(said.pub.address)
            self.commands.subscribe(said.pub.topic)

    def publish(self, topic: str, message: Any) -> None:
        if topic in self.wanted:
            frames = (self.prefix + topic, self.out_at, message.SerializeToString())
            kind = messages.kind_of(message)
            self.out.send_multipart(
                [x.encode() if isinstance(x, str) else x for x in (*frames, kind)]
            )

    def take(self, source: Any) -> list[bytes] | None:
        try:
            taken: list[bytes] = source.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return None
        return taken

    def reply(self, frames: list[bytes], message: Any) -> None:
        _, topic, back, back_id, node, asked, *_ = frames
        if back.decode() not in self.connected:
            self.connected.add(back.decode())
            self.service.connect(back)
            time.sleep(0.1)  # as gz-transport does: the handshake
        self.service.send_multipart(
            [back_id, topic, node, asked, message.SerializeToString(), b'1']
        )


@dataclass
class Robot:
    """A robot of the world: its pose as in SDF, and what it was told."""

    place: list[float]
    contacts: str
    ahead: float = 0.0
    turn: float = 0.0

    def move(self, dt: float) -> None:
        self.place[5] += self.turn * dt
        self.place[0] += self.ahead * math.cos(self.place[5]) * dt
        self.place[1] += self.ahead * math.sin(self.place[5]) * dt


@dataclass
class Slider:
    """A joint of the world."""

    most: float
    at: float = 0.0
    to: float = 0.0
    speed: float = 0.0

    def move(self, dt: float) -> None:
        self.speed = max(-self.most, min(self.most, (self.to - self.at) / dt))
        self.at += self.speed * dt


class World:
    """The world of a file, as gz sim's loop runs it."""

    def __init__(self, file: Path, what: str) -> None:
        world = ET.parse(file).getroot().find('world')
        assert world is not None
        self.what, self.wire = what, Wire()
        self.name = f'/world/{world.get("name")}'
        self.dt = float(world.findtext('physics/max_step_size', ''))
        self.steps, self.left, self.paused = 0, 0, True
        self.robots: dict[str, Robot] = {}
        self.sliders: dict[str, dict[str, Slider]] = {}
        self.places: dict[str, list[float]] = {}
        self.commands: dict[str, Callable[[Any], None]] = {}
        self.wire.services.append(f'{self.name}/control')
        self.wire.published[f'{self.name}/clock'] = messages.Clock
        self.wire.published[f'{self.name}/dynamic_pose/info'] = messages.PoseV
        for model in world.iter('model'):
            if what != 'doorless' or model.find('plugin/joint_name') is None:
                self.load(str(model.get('name')), model)

    def load(self, name: str, model: ET.Element) -> None:
        """Take a model with its plugins; one that is static is only looked at."""
        place = [float(figure) for figure in model.findtext('pose', '0 0 0 0 0 0').split()]
        if model.findtext('static') == 'true':
            return
        self.places[name] = place
        for plugin in model.findall('plugin'):
            kind, topic = str(plugin.get('filename')), plugin.findtext('topic', '')
            if 'diff-drive' in kind:
                contacts = model.findtext('link/sensor/contact/topic', '')
                self.wire.published[contacts] = messages.Contacts
                self.robots[name] = robot = Robot(place, contacts)
                self.hear(topic, messages.Twist, partial(drive, robot))
            elif 'joint-position-controller' in kind:
                slider = Slider(float(plugin.findtext('cmd_max', '')))
                joint = plugin.findtext('joint_name', '')
                self.sliders.setdefault(name, {})[joint] = slider
                self.hear(topic, messages.Double, partial(send, slider))
            elif 'joint-state-publisher' in kind:
                assert topic == f'/{name}/joint_state'
                self.wire.published[topic] = messages.Model

    def hear(self, topic: str, kind: Any, take: Callable[[Any], None]) -> None:
        self.wire.heard[topic] = kind
        self.commands[topic] = take

    def run(self) -> None:
        if self.what == 'running':
            self.paused, self.left = False, sys.maxsize
        while True:
            self.wire.discover()
            while (frames := self.wire.take(self.wire.commands)) is not None:
                topic = frames[0].decode().removeprefix(self.wire.prefix)
                self.commands[topic](self.wire.heard[topic].FromString(frames[2]))
            self.steps += not self.paused
            self.publish(f'{self.name}/clock', sim=self.time())
            if not self.paused:
                self.move()
            self.show()
            self.obey()
            if self.paused or self.what == 'running':
                time.sleep(0.001)

    def move(self) -> None:
        if self.what == 'mortal' and self.steps > 100:
            print('[Err] a terrible error')
            os._exit(1)
        for slider in (s for joints in self.sliders.values() for s in joints.values()):
            slider.move(self.dt)
        for name, robot in self.robots.items():
            robot.move(self.dt)
            depth = robot.place[0] - WALL
            if depth > 0.0 and self.name == '/world/ward':
                wall = {'name': 'building::link::wall'}
                touched = ((f'{name}::base::body', wall), (f'{name}::left_wheel::wheel', wall))
                contacts = [
                    {'collision1': {'name': a}, 'collision2': b, 'depth': [0.0, depth]}
                    for a, b in touched
                ]
                self.publish(robot.contacts, header=self.header(), contact=contacts)

    def show(self) -> None:
        poses: list[dict[str, Any]] = []
        for name, (x, y, z, _, _, yaw) in self.places.items():
            turned = {'z': math.sin(yaw / 2), 'w': math.cos(yaw / 2)}
            at = {'x': x, 'y': y, 'z': z}
            poses.append({'name': name, 'position': at, 'orientation': turned})
        # links come after models, and may have their names
        poses += [{'name': name, 'position': {'x': 99.0}} for name in self.places]
        self.publish(f'{self.name}/dynamic_pose/info', header=self.header(), pose=poses)
        for name, sliders in self.sliders.items():
            joints = [
                {'name': joint, 'axis1': {'position': s.at, 'velocity': s.speed}}
                for joint, s in sliders.items()
            ]
            topic = f'/{name}/joint_state'
            self.publish(topic, header=self.header(), name=name, joint=joints)

    def obey(self) -> None:
        if not self.paused:
            self.left -= 1
            self.paused = self.left <= 0
        while (frames := self.wire.take(self.wire.service)) is not None:
            asked = messages.WorldControl.FromString(frames[6])
            self.wire.reply(frames, messages.Boolean(data=True))
            self.paused, self.left = asked.pause, 0
            if asked.multi_step and self.what != 'stuck':
                self.paused, self.left = False, asked.multi_step

    def publish(self, topic: str, **fields: Any) -> None:
        self.wire.publish(topic, self.wire.published[topic](**fields))

    def time(self) -> dict[str, int]:
        nanoseconds = round(self.steps * self.dt * 1e9)
        return {'sec': nanoseconds // 10**9, 'nsec': nanoseconds % 10**9}

    def header(self) -> dict[str, Any]:
        return {'stamp': self.time()}


def drive(robot: Robot, twist: Any) -> None:
    robot.ahead, robot.turn = twist.linear.x, twist.angular.z


def send(slider: Slider, double: Any) -> None:
    slider.to = double.data


def main() -> None:
    """Do what the command line says, as `gz` does."""
    arguments = sys.argv[1:]
    if arguments == ['sim', '--versions']:
        print(os.environ.get('STAND_IN_VERSIONS', '8.9.0'))
        return
    assert arguments[:2] == ['sim', '-s'], arguments
    assert '-r' not in arguments, 'it starts paused'
    what = os.environ.get('STAND_IN', '')
    if what == 'broken':
        print('[Err] [Server.cc:86] Error Code 1: Unable to read file: no <world>')
        sys.exit(255)
    World(Path(arguments[-1]), what).run()


if __name__ == '__main__':
    main()
