"""A peer of gz-transport in Python: no library of Gazebo is needed to talk to gz sim.

What is on the wire, the same from ign-transport 8 to gz-transport 15 (discovery version 10):

- Discovery: UDP multicast on the loopback interface, one port for topics and one for services; a
  datagram is two bytes of length and a `Discovery`. Everybody says it is alive once a second, and
  is forgotten after three silent seconds.
- A topic: its publisher binds a PUB socket; a message is [topic, address, payload, type].
- A service: its server binds a ROUTER socket and answers to the ROUTER that the request names.

Names are `@/PARTITION@/name`, so runs side by side never hear each other.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

import zmq
from google.protobuf.message import DecodeError

from robot_nodes.gazebo.sim import messages

HOST: Final = '127.0.0.1'
GROUP: Final = '239.255.0.7'
TOPICS_PORT, SERVICES_PORT = 10317, 10318
VERSION: Final = 10
ADVERTISE, SUBSCRIBE, BEAT, BYE, NEW_CONNECTION = 1, 2, 4, 5, 6

#: Everybody else may be reached.
_SCOPE_ALL: Final = 2
_UNTHROTTLED: Final = 2**64 - 1
_BEAT_SECONDS: Final = 1.0
#: While nobody waits for anything, what came is taken this often, in seconds.
_IDLE_SECONDS: Final = 0.2
#: The longest single wait for anything to come.
_LOOK_SECONDS: Final = 0.02
#: A look takes at most so many messages, so that a world that never rests does not hold it.
_MOST_AT_ONCE: Final = 500
#: Bytes kept of datagrams: a large world advertises hundreds of topics in one breath.
_ROOM: Final = 4 * 1024 * 1024

Take = Callable[[bytes], None]


class Peer:
    """One process's part in a partition. A thread of its own keeps it alive between calls."""

    def __init__(self, partition: str, *, watch: Callable[[], None]) -> None:
        """`watch` is called while somebody waits; what it raises ends the wait."""
        self._partition, self._watch = partition, watch
        self._process, self._node = str(uuid.uuid4()), str(uuid.uuid4())
        self._taking: dict[str, Take] = {}
        self._kinds: dict[str, str] = {}
        self._connected: dict[str, set[str]] = {}
        self._heard: set[str] = set()
        self._services: dict[str, Any] = {}
        self._asked: set[str] = set()
        self._answers: dict[str, tuple[bytes, bool]] = {}
        self._beat_at = 0.0
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._context = zmq.Context()
        try:
            self._open()
        except (OSError, zmq.ZMQError):
            self._context.destroy(linger=0)
            raise
        self._idle = threading.Thread(target=self._stay_alive, daemon=True)
        self._idle.start()

    def _open(self) -> None:
        at = f'tcp://{HOST}'
        self._in = self._context.socket(zmq.SUB)
        self._in.rcvhwm = 0
        # An XPUB is a PUB that tells who listens.
        self._out = self._context.socket(zmq.XPUB)
        self._out.sndhwm = 0
        self._out_address = f'{at}:{self._out.bind_to_random_port(at)}'
        self._asking = self._context.socket(zmq.ROUTER)
        self._asking.router_mandatory = True
        self._answered = self._context.socket(zmq.ROUTER)
        self._answered_id = str(uuid.uuid4())
        self._answered.identity = self._answered_id.encode()
        self._answered_address = f'{at}:{self._answered.bind_to_random_port(at)}'
        self._udp = {port: _multicast(port) for port in (TOPICS_PORT, SERVICES_PORT)}
        self._poller = zmq.Poller()
        for each in (self._in, self._out, self._answered, *self._udp.values()):
            self._poller.register(each, zmq.POLLIN)

    # --- what a user calls -----------------------------------------------------------------------

    def subscribe(self, topic: str, take: Take) -> None:
        """Have every message of a topic, as it came; `take` is called while others wait."""
        name = self._full(topic)
        with self._lock:
            self._taking[name] = take
            self._connected[name] = set()
            self._in.subscribe(name)
            self._say(TOPICS_PORT, SUBSCRIBE, topic=name)

    def advertise(self, topic: str, kind: Any) -> None:
        """Offer a topic of messages of one class."""
        name = self._full(topic)
        with self._lock:
            self._kinds[name] = messages.kind_of(kind)
            self._say(TOPICS_PORT, ADVERTISE, publisher=self._publisher(name))

    def publish(self, topic: str, message: Any) -> None:
        """Send a message on an advertised topic to all who listen now."""
        name = self._full(topic)
        with self._lock:
            payload = message.SerializeToString()
            frames = (name, self._out_address, payload, self._kinds[name])
            self._out.send_multipart([_bytes(frame) for frame in frames])

    def is_connected(self, topic: str) -> bool:
        """Return whether somebody publishes the subscribed topic to us."""
        return bool(self._connected[self._full(topic)])

    def is_heard(self, topic: str) -> bool:
        """Return whether anybody listens to the advertised topic."""
        return self._full(topic) in self._heard

    def request(self, service: str, message: Any, answer: Any, *, seconds: float) -> Any:
        """Call a service and return its answer, a message of the class `answer`.

        Raises TimeoutError when nobody offers it or answers in time, RuntimeError when it refused.
        """
        deadline = time.monotonic() + seconds
        name, asked = self._full(service), str(uuid.uuid4())
        with self._lock:
            self._say(SERVICES_PORT, SUBSCRIBE, topic=name)
            if not self.wait(lambda: name in self._services, seconds):
                raise TimeoutError(f'nobody offers {service}')
            server = self._services[name]
            if server.address not in self._asked:
                self._asked.add(server.address)
                self._asking.connect(server.address)
            frames = (
                *(server.srv_pub.socket_id, name, self._answered_address, self._answered_id),
                *(self._node, asked, message.SerializeToString()),
                *(server.srv_pub.request_type, server.srv_pub.response_type),
            )
            sent = self.wait(lambda: self._send_request(frames), deadline - time.monotonic())
            left = deadline - time.monotonic()
            if not sent or not self.wait(lambda: asked in self._answers, left):
                raise TimeoutError(f'{service} did not answer')
            payload, done = self._answers.pop(asked)
        if not done:
            raise RuntimeError(f'{service} refused')
        return answer.FromString(payload)

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Take what comes until the condition holds; return whether it did in time."""
        deadline = time.monotonic() + seconds
        with self._lock:
            while not condition():
                left = deadline - time.monotonic()
                if left <= 0.0:
                    return False
                self._watch()
                self._take(min(left, _LOOK_SECONDS))
            return True

    def close(self) -> None:
        """Say goodbye and free everything; may be called twice."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._idle.join()
        with self._lock:
            for port, udp in self._udp.items():
                self._say(port, BYE)
                udp.close()
            self._context.destroy(linger=0)

    # --- what comes ------------------------------------------------------------------------------

    def _stay_alive(self) -> None:
        while not self._closed.wait(_IDLE_SECONDS):
            with self._lock:
                self._take(0.0)

    def _take(self, seconds: float) -> None:
        now = time.monotonic()
        if now >= self._beat_at:
            self._beat_at = now + _BEAT_SECONDS
            self._beat()
        ready = dict(self._poller.poll(int(seconds * 1000.0)))
        for port, udp in self._udp.items():
            if udp.fileno() in ready:
                self._take_discovery(port, udp)
        if self._out in ready:
            for (note,) in _drain(self._out):
                (self._heard.add if note[:1] == b'\x01' else self._heard.discard)(
                    note[1:].decode(errors='replace')
                )
        if self._answered in ready:
            for frames in _drain(self._answered):
                self._answers[frames[3].decode()] = frames[4], frames[5] == b'1'
        if self._in in ready:
            for topic, _, payload, _ in _drain(self._in):
                take = self._taking.get(topic.decode(errors='replace'))
                if take is not None:
                    take(payload)

    def _take_discovery(self, port: int, udp: socket.socket) -> None:
        for _ in range(_MOST_AT_ONCE):
            try:
                datagram = udp.recv(65536)
            except BlockingIOError:
                return
            try:
                said = messages.Discovery.FromString(datagram[2:])
            except DecodeError:
                continue
            if said.process_uuid == self._process or said.version != VERSION or said.flags.relay:
                continue
            if said.type == BYE:
                self._forget(said.process_uuid)
            elif said.type == ADVERTISE and port == SERVICES_PORT:
                if said.pub.topic.startswith(self._full('')):
                    self._services[said.pub.topic] = said.pub
            elif said.type == ADVERTISE:
                self._meet(said.pub)
            elif said.type == SUBSCRIBE and said.sub.topic in self._kinds:
                self._say(port, ADVERTISE, publisher=self._publisher(said.sub.topic))

    def _meet(self, publisher: Any) -> None:
        """Connect to who publishes what we want; say so each time, it may have forgotten us."""
        known = self._connected.get(publisher.topic)
        if known is None:
            return
        if publisher.address not in known:
            known.add(publisher.address)
            self._in.connect(publisher.address)
        us = messages.Publisher()
        us.CopyFrom(publisher)
        us.process_uuid, us.node_uuid = self._process, self._node
        us.msg_pub.ctrl = publisher.process_uuid
        self._say(TOPICS_PORT, NEW_CONNECTION, publisher=us)

    def _forget(self, process: str) -> None:
        gone = [name for name, s in self._services.items() if s.process_uuid == process]
        for name in gone:
            del self._services[name]

    # --- what is said ----------------------------------------------------------------------------

    def _beat(self) -> None:
        for port in self._udp:
            self._say(port, BEAT)
        for name in self._kinds:
            self._say(TOPICS_PORT, ADVERTISE, publisher=self._publisher(name))
        for name, known in self._connected.items():
            if not known:
                self._say(TOPICS_PORT, SUBSCRIBE, topic=name)

    def _say(self, port: int, what: int, *, topic: str = '', publisher: Any = None) -> None:
        said = messages.Discovery(version=VERSION, process_uuid=self._process, type=what)
        if topic:
            said.sub.topic = topic
        if publisher is not None:
            said.pub.CopyFrom(publisher)
        body = said.SerializeToString()
        self._udp[port].sendto(struct.pack('<H', len(body)) + body, (GROUP, port))

    def _publisher(self, name: str) -> Any:
        ours = messages.Publisher(
            topic=name,
            address=self._out_address,
            process_uuid=self._process,
            node_uuid=self._node,
            scope=_SCOPE_ALL,
        )
        ours.msg_pub.msg_type = self._kinds[name]
        ours.msg_pub.msgs_per_sec = _UNTHROTTLED
        return ours

    def _send_request(self, frames: tuple[str | bytes, ...]) -> bool:
        """Return whether it went: a ROUTER reaches its peer only after their handshake."""
        try:
            self._asking.send_multipart([_bytes(frame) for frame in frames], zmq.NOBLOCK)
        except zmq.ZMQError as error:
            if error.errno in (zmq.EHOSTUNREACH, zmq.EAGAIN):
                return False
            raise
        return True

    def _full(self, name: str) -> str:
        return f'@/{self._partition}@{name}'


def _multicast(port: int) -> socket.socket:
    """Open a socket of the discovery on loopback, which many processes share."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
        udp.bind(('', port))
        group, interface = socket.inet_aton(GROUP), socket.inet_aton(HOST)
        udp.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group + interface)
        udp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, interface)
        udp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
        udp.setblocking(False)
    except OSError:
        udp.close()
        raise
    return udp


def _drain(source: zmq.Socket[bytes]) -> list[list[bytes]]:
    taken: list[list[bytes]] = []
    try:
        while len(taken) < _MOST_AT_ONCE:
            taken.append(source.recv_multipart(zmq.NOBLOCK))
    except zmq.Again:
        pass
    return taken


def _bytes(frame: str | bytes) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame
