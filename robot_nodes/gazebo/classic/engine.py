"""The engine `classic`: Gazebo 11, stepped exactly. What is repeated goes the same to the bit."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from robot_nodes.gazebo.classic import plugin
from robot_nodes.gazebo.classic.gazebo11 import Gazebo11
from robot_nodes.gazebo.classic.process import Server, free_ports
from robot_nodes.gazebo.classic.wire import Lost, Refused, Wire
from robot_nodes.gazebo.engine import EngineError, Snapshot
from robot_nodes.gazebo.orders import Orders
from robot_nodes.gazebo.scene import Scene
from robot_nodes.gazebo.sdf import to_sdf

#: A large hospital loads in ten seconds, on a busy machine in a minute; a hang takes longer.
_START_SECONDS: Final = 180.0
_LOOK_SECONDS: Final = 0.02
#: Somebody else took a port between its choice and its use: so often it is tried again.
_TRIES: Final = 3
#: What Gazebo says of a world, or a plugin, it cannot read; it goes on without.
_HOPELESS: Final = (
    'Error parsing XML',
    'Error reading element',
    'Failed to load plugin',
    'Unable to convert from SDF version',
)
#: What it says when it ends because another program has a port.
_TAKEN: Final = ('cannot listen on port', 'Address already in use')
#: m/s²: what a robot's motors can do beyond its limits, so that it keeps its speed when pushed.
_PUSH: Final = 3.0


class ClassicEngine:
    """A world in Gazebo 11. `folder` gets the world as SDF, the log, and the server's home.

    Start it from a thread that lives as long as the engine: the server ends with it.
    """

    name = 'classic'

    def __init__(
        self, gazebo: Gazebo11, scene: Scene, *, folder: Path, seed: int = 1, dt: float = 0.01
    ) -> None:
        self.dt = dt
        self._gazebo = gazebo
        self._scene = _to_be_touched(scene)
        self._folder = folder.absolute()
        self._seed = seed
        self._orders = Orders(scene)
        self._server: Server | None = None
        self._wire: Wire | None = None

    def start(self) -> Snapshot:
        """Start the server and return the world as it begins."""
        if self._wire is not None:
            raise EngineError('the engine classic is running already')
        plugins = plugin.ready(self._gazebo)
        self._orders.forget()
        for tries_left in reversed(range(_TRIES)):
            try:
                self._wire = self._connect(plugins, *free_ports(2))
                break
            except _PortTaken:
                self.close()
                if not tries_left:
                    raise
            except BaseException:
                self.close()
                raise
        return self._exchange([*self._wheels(), 'S 0'])

    def drive(self, model: str, *, ahead: float, turn: float) -> None:
        """Set the speeds of a robot's base."""
        self._orders.drive(model, ahead=ahead, turn=turn)

    def slide(self, model: str, joint: str, *, to: float, speed: float) -> None:
        """Send a slider to a position."""
        self._orders.slide(model, joint, to=to, speed=speed)

    def step(self, steps: int) -> Snapshot:
        """Run so many steps."""
        if steps < 0:
            raise EngineError(f'{steps} steps: there is no way back')
        speeds, sliders = self._orders.take()
        lines = [f'D {model} {one.ahead!r} {one.turn!r}' for model, one in speeds.items()]
        lines += [
            f'J {model} {joint} {to!r} {most!r}' for (model, joint), (to, most) in sliders.items()
        ]
        return self._exchange([*lines, f'S {steps}'])

    def reset(self) -> Snapshot:
        """Go back to the world as it began, in a new server: Gazebo has no exact way back."""
        self._need_wire()
        self.close()
        return self.start()

    def close(self) -> None:
        """End the server. May be called twice, and after a failure."""
        if self._wire is not None:
            with suppress(Lost):
                self._wire.send('X')
            self._wire.close()
            self._wire = None
            if self._server is not None:
                self._server.await_end()
        if self._server is not None:
            self._server.kill()
            self._server = None

    def _connect(self, plugins: Path, port: int, master: int) -> Wire:
        """Start a server on these ports and greet it."""
        world, log, home = (self._folder / name for name in ('world.sdf', 'gazebo.log', 'home'))
        try:
            home.mkdir(parents=True, exist_ok=True)
            text = to_sdf(self._scene, engine='classic', dt=self.dt, port=port)
            world.write_text(text, 'utf-8')
            command = [self._gazebo.server, '--verbose', '--seed', str(self._seed), world]
            environment = self._gazebo.environment(home=home, plugins=plugins, master=master)
            self._server = Server(command, environment, log)
            self._server.start()
        except OSError as error:
            raise EngineError(f'Gazebo 11 does not start: {error}') from error
        self._await_port(self._server, port)
        try:
            wire = Wire.open(port)
        except (OSError, Lost):
            raise self._failed('did not start') from None
        if wire.world != self._scene.name or not math.isclose(wire.dt, self.dt):
            wire.close()
            raise EngineError(
                f'Gazebo 11 runs {wire.world} in steps of {wire.dt} s instead of '
                f'{self._scene.name} in steps of {self.dt} s; see {world}'
            )
        return wire

    def _await_port(self, server: Server, port: int) -> None:
        """Wait until the plugin listens. Gazebo lives on with a world it cannot read: look."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            lines = server.wrote()
            hopeless = [line for line in lines if any(word in line for word in _HOPELESS)]
            if hopeless:
                raise self._failed('cannot run the world', hopeless[0])
            if f'{plugin.LISTENING} {port}' in lines:
                return
            if server.exit_code() is not None:
                raise self._failed('did not start')
            if time.monotonic() > deadline:
                raise self._failed(f'did not start within {_START_SECONDS:.0f} s')
            time.sleep(_LOOK_SECONDS)

    def _wheels(self) -> list[str]:
        robots = self._scene.robots.values()
        return [
            f'W {one.model} {one.radius!r} {one.track!r} {one.mass * _PUSH * one.radius / 2!r}'
            for one in robots
        ]

    def _exchange(self, lines: list[str]) -> Snapshot:
        wire = self._need_wire()
        try:
            wire.send(*lines)
            return wire.state()
        except Refused as error:
            raise EngineError(f'Gazebo 11 refuses: {error}') from error
        except Lost:
            if self._server is not None:
                self._server.await_end()
            failed = self._failed('ended')
            self.close()
            raise failed from None

    def _need_wire(self) -> Wire:
        if self._wire is None:
            raise EngineError('the engine classic is not running')
        return self._wire

    def _failed(self, how: str, why: str = '') -> EngineError:
        """Return what to tell: `why`, or else the last telling line of the log."""
        if self._server is None:
            return EngineError(f'Gazebo 11 {how}')
        code = self._server.exit_code()
        signalled = f' by signal {-code}' if code is not None and code < 0 else ''
        self._server.kill()
        why = why or self._server.why()
        kind = _PortTaken if any(word in why for word in _TAKEN) else EngineError
        return kind(f'Gazebo 11 {how}{signalled}: {why}; see {self._server.log}')


def _to_be_touched(scene: Scene) -> Scene:
    """Leave out what is only to be seen: nobody looks, and a large world loads twice as fast."""
    return replace(scene, blocks=tuple(block for block in scene.blocks if block.solid))


class _PortTaken(EngineError):
    """Another program listens where the server wanted to."""
