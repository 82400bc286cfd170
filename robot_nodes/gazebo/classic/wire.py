"""The client's end of the plugin's connection: lines out, states in. See fleet_bridge.cc."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import IO, Final

from robot_nodes.gazebo.engine import (
    BodyPose,
    Contact,
    EngineError,
    JointName,
    JointState,
    Snapshot,
)

PROTOCOL: Final = 1
#: A step of a large world takes milliseconds; a server silent for so long hangs, in seconds.
_SILENT_SECONDS: Final = 60.0


class Refused(EngineError):
    """The plugin refused a command; the text is the plugin's."""


class Lost(EngineError):
    """The connection ended."""


@dataclass(slots=True)
class Wire:
    """A greeted connection. `dt` and `world` are what the server said."""

    dt: float
    world: str
    _socket: socket.socket
    _lines: IO[str]

    @classmethod
    def open(cls, port: int) -> Wire:
        """Connect and greet. Raises OSError while nobody listens, Refused when misunderstood."""
        connection = socket.create_connection(('127.0.0.1', port), timeout=_SILENT_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire = cls(0.0, '', connection, connection.makefile('r', encoding='ascii'))
        try:
            wire._greet()
        except BaseException:
            wire.close()
            raise
        return wire

    def send(self, *lines: str) -> None:
        """Send commands."""
        try:
            self._socket.sendall(''.join(f'{line}\n' for line in lines).encode('ascii'))
        except OSError as error:
            raise Lost(str(error)) from error

    def state(self) -> Snapshot:
        """Read the state that ends a step or a reset. Raises Refused for what came before."""
        steps = 0
        poses: dict[str, BodyPose] = {}
        joints: dict[JointName, JointState] = {}
        contacts: list[Contact] = []
        refused: list[str] = []
        while True:
            match self._words():
                case ['P', model, x, y, z, yaw, roll, pitch]:
                    poses[model] = BodyPose(
                        float(x), float(y), float(z), float(yaw), float(roll), float(pitch)
                    )
                case ['Q', model, joint, position, speed]:
                    joints[model, joint] = JointState(float(position), float(speed))
                case ['C', first, second, depth]:
                    contacts.append(Contact(first, second, float(depth)))
                case ['T', done]:
                    steps = int(done)
                case ['E', _, *text]:
                    refused.append(' '.join(text))
                case ['.']:
                    break
        if refused:
            raise Refused(refused[0])
        return Snapshot(steps * self.dt, poses, joints, tuple(contacts))

    def close(self) -> None:
        """Close the connection: the server stops everything."""
        self._lines.close()
        self._socket.close()

    def _greet(self) -> None:
        self.send(f'H {PROTOCOL}')
        match self._words():
            case ['H', version, dt, world] if version == str(PROTOCOL):
                self.dt, self.world = float(dt), world
            case words:
                raise Refused(f'the plugin speaks another protocol: {" ".join(words)}')

    def _words(self) -> list[str]:
        try:
            line = self._lines.readline()
        except (OSError, ValueError) as error:
            raise Lost(str(error)) from error
        if not line.endswith('\n'):
            raise Lost('the connection ended')
        return line.rstrip('\n').split(' ')
