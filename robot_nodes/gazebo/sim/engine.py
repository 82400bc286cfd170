"""gz sim as an engine: lock-step over gz-transport, without ROS and without Gazebo's libraries."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from robot_nodes.gazebo.engine import (
    BodyPose,
    Contact,
    EngineError,
    JointName,
    JointState,
    Snapshot,
)
from robot_nodes.gazebo.orders import Orders, sliders_of
from robot_nodes.gazebo.scene import Scene
from robot_nodes.gazebo.sdf import WALKER_SPEED
from robot_nodes.gazebo.sim import messages
from robot_nodes.gazebo.sim.peer import Peer

#: Seconds until a large world is loaded and everybody has found each other.
_START_SECONDS: Final = 90.0
#: Wall seconds without an answer after which the world counts as lost.
_PATIENCE: Final = 20.0
#: However many robots it has, a world is not slower than a tenth of real time.
_SLOWEST: Final = 10.0
#: A slider that shall move slower than it could is led: so many steps at a time.
_LEAD_STEPS: Final = 5
#: Collisions that always touch the floor.
_ROLLING: Final = ('wheel', 'caster')


class Server(Protocol):
    """The process that runs the world; `partition` is where its messages are."""

    partition: str
    #: Added to a complaint: where to read on.
    hint: str

    def start(self) -> None:
        """Start it, or start it again."""

    def ended(self) -> str | None:
        """Return why it is no more."""

    def close(self) -> None:
        """End what `start` began."""


@dataclass(slots=True)
class _Lead:
    """A slider on its way at less than its own speed."""

    at: float
    to: float
    speed: float


class SimEngine:
    """A world of gz sim. Between two steps it is paused, whoever started it.

    Commands and steps go over two connections. Between them it asks for an answer, which finds the
    commands there already unless the machine is very busy: then one takes effect a step late.
    """

    name = 'sim'

    def __init__(self, scene: Scene, server: Server, *, dt: float) -> None:
        self.dt = dt
        self._server = server
        self._world = f'/world/{scene.name}'
        self._poses_topic = f'{self._world}/dynamic_pose/info'
        self._robots = [robot.model for robot in scene.robots.values()]
        self._orders = Orders(scene)
        self._speeds = {
            name: WALKER_SPEED if slider is None else slider.speed
            for name, slider in sliders_of(scene).items()
        }
        self._models = {*self._robots, *(model for model, _ in self._speeds)}
        self._peer: Peer | None = None
        self._forget()

    def _forget(self) -> None:
        self._last: dict[str, bytes] = {}
        self._poses: Any = None
        self._now, self._stands = -1, False
        self._since = -1
        self._touched: dict[tuple[str, str], float] = {}
        self._told: set[JointName] = set()
        self._led: dict[JointName, _Lead] = {}
        self._orders.forget()

    # --- the port --------------------------------------------------------------------------------

    def start(self) -> Snapshot:
        """Start the server and return when all of its world is there and stands."""
        if self._peer is not None:
            raise EngineError('the engine sim was started before')
        self._forget()
        self._server.start()
        try:
            self._peer = Peer(self._server.partition, watch=self._watch)
            self._meet(self._peer)
        except OSError as error:
            self.close()
            raise EngineError(f'the sockets of gz-transport cannot be opened: {error}') from error
        except EngineError:
            self.close()
            raise
        return self._snapshot()

    def drive(self, model: str, *, ahead: float, turn: float) -> None:
        """Set the speeds of a robot's base."""
        self._orders.drive(model, ahead=ahead, turn=turn)

    def slide(self, model: str, joint: str, *, to: float, speed: float) -> None:
        """Send a slider to a position with at most `speed`."""
        self._orders.slide(model, joint, to=to, speed=speed)

    def step(self, steps: int) -> Snapshot:
        """Run so many steps and return the world after the last."""
        self._running()
        if steps < 0:
            raise EngineError(f'{steps} steps: there is no way back')
        self._tell()
        while steps > 0:
            some = min(steps, _LEAD_STEPS) if self._led else steps
            self._lead(some * self.dt)
            self._run(some)
            steps -= some
        return self._snapshot()

    def reset(self) -> Snapshot:
        """Start the server again: what gz sim's plugins keep is then gone for certain."""
        self._running()
        self.close()
        return self.start()

    def close(self) -> None:
        """Leave the partition and end the server."""
        peer, self._peer = self._peer, None
        if peer is not None:
            peer.close()
        self._server.close()

    # --- the conversation ------------------------------------------------------------------------

    def _meet(self, peer: Peer) -> None:
        """Find every topic of the world, and have the world find ours."""
        felt = {f'/{robot}/contacts' for robot in self._robots}
        seen = {self._poses_topic, *(f'/{model}/joint_state' for model, _ in self._speeds)}
        heard = {f'/{robot}/cmd_vel': messages.Twist for robot in self._robots}
        for model, joint in self._speeds:
            heard[f'/{model}/{joint}/cmd_pos'] = messages.Double
        for topic in sorted(felt):
            peer.subscribe(topic, self._take_contacts)
        for topic in sorted(seen):
            peer.subscribe(topic, self._keep(topic))
        peer.subscribe(f'{self._world}/clock', self._take_clock)
        for topic, kind in heard.items():
            peer.advertise(topic, kind)

        def missing() -> list[str]:
            """Return the topics still without the world; contacts come only when bodies touch."""
            return [
                *sorted(seen - self._last.keys()),
                *sorted(topic for topic in felt if not peer.is_connected(topic)),
                *sorted(topic for topic in heard if not peer.is_heard(topic)),
            ]

        name = self._world.rpartition('/')[2]
        if not peer.wait(lambda: self._now >= 0, _START_SECONDS):
            raise self._error(f'gz sim has no world {name}')
        self._control(pause=True)
        if not peer.wait(lambda: not missing(), _PATIENCE):
            raise self._error(f'the world that runs as {name} is another one: no {missing()[0]}')
        self._settle(self._now, _PATIENCE)
        self._touched.clear()

    def _run(self, steps: int) -> None:
        before = self._now
        self._control(pause=True, multi_step=steps)
        self._settle(before + 1, _PATIENCE + _SLOWEST * steps * self.dt)

    def _settle(self, earliest: int, seconds: float) -> None:
        """Wait until the world is at `earliest` or later, stands, and all it said is here.

        `control` answers before the steps. A step says its time first and the rest after it; a
        paused world repeats its time, so when that has come twice, the rest has come too.
        """
        peer = self._running()
        if not peer.wait(lambda: self._stands and self._now >= earliest, seconds):
            raise self._error('the world does not step')
        if not peer.wait(self._poses_are_new, _PATIENCE):
            raise self._error('the world does not say where its models are')

    def _control(self, **fields: Any) -> None:
        wish, service = messages.WorldControl(**fields), f'{self._world}/control'
        self._stands = False
        try:
            self._running().request(service, wish, messages.Boolean, seconds=_PATIENCE)
        except (TimeoutError, RuntimeError) as error:
            raise self._error(str(error)) from error

    def _running(self) -> Peer:
        if self._peer is None:
            raise EngineError('gz sim has not been started, or was closed')
        return self._peer

    def _watch(self) -> None:
        why = self._server.ended()
        if why is not None:
            raise EngineError(why)

    def _error(self, text: str) -> EngineError:
        return EngineError(f'gz sim: {text}{self._server.hint}')

    # --- what comes ------------------------------------------------------------------------------

    def _keep(self, topic: str) -> Callable[[bytes], None]:
        def take(payload: bytes) -> None:
            self._last[topic] = payload

        return take

    def _take_clock(self, payload: bytes) -> None:
        now = messages.nanoseconds(messages.Clock.FromString(payload).sim)
        self._stands = now == self._now
        self._now = now

    def _take_contacts(self, payload: bytes) -> None:
        said = messages.Contacts.FromString(payload)
        if messages.nanoseconds(said.header.stamp) <= self._since:
            return
        for contact in said.contact:
            pair = sorted((contact.collision1.name, contact.collision2.name))
            if not any(part in name.rpartition('::')[2] for name in pair for part in _ROLLING):
                depth = max(contact.depth, default=0.0)
                first, second = pair
                known = self._touched.get((first, second), 0.0)
                self._touched[first, second] = max(known, depth)

    def _poses_are_new(self) -> bool:
        self._poses = messages.PoseV.FromString(self._last[self._poses_topic])
        return messages.nanoseconds(self._poses.header.stamp) >= self._now

    # --- what it is told -------------------------------------------------------------------------

    def _tell(self) -> None:
        """Send what is new, and wait for an answer after it."""
        speeds, set_points = self._orders.take()
        for robot, wanted in speeds.items():
            twist = messages.Twist()
            twist.linear.x, twist.angular.z = wanted.ahead, wanted.turn
            self._running().publish(f'/{robot}/cmd_vel', twist)
        for name, (to, speed) in set_points.items():
            self._told.add(name)
            if speed >= self._speeds[name]:
                self._led.pop(name, None)
                self._set(name, to)
            else:
                led = self._led.get(name)
                at = self._joints(name[0])[name].position if led is None else led.at
                self._led[name] = _Lead(at, to, speed)
        if speeds or set_points:
            self._control(pause=True)

    def _lead(self, seconds: float) -> None:
        """Have set points go ahead as far as their sliders may go in that time."""
        for name, lead in list(self._led.items()):
            way = lead.to - lead.at
            ahead = min(lead.speed * seconds, abs(way))
            lead.at += math.copysign(ahead, way)
            if ahead == abs(way):
                del self._led[name]
            self._set(name, lead.at)

    def _set(self, name: JointName, to: float) -> None:
        self._running().publish(f'/{name[0]}/{name[1]}/cmd_pos', messages.Double(data=to))

    def _joints(self, model: str) -> dict[JointName, JointState]:
        said = messages.Model.FromString(self._last[f'/{model}/joint_state'])
        return {
            (model, joint.name): JointState(joint.axis1.position, joint.axis1.velocity)
            for joint in said.joint
        }

    def _snapshot(self) -> Snapshot:
        poses: dict[str, BodyPose] = {}
        # models come before links, which may have the same names
        for pose in self._poses.pose:
            if pose.name in self._models and pose.name not in poses:
                poses[pose.name] = _body_pose(pose)
        contacts = tuple(
            Contact(first, second, depth)
            for (first, second), depth in sorted(self._touched.items())
        )
        self._touched.clear()
        self._since = self._now
        told = sorted({model for model, _ in self._told})
        joints = {
            name: state
            for model in told
            for name, state in self._joints(model).items()
            if name in self._told
        }
        return Snapshot(self._now * 1e-9, poses, joints, contacts)


def _body_pose(pose: Any) -> BodyPose:
    """Take a pose from the wire."""
    at, q = pose.position, pose.orientation
    return BodyPose(
        at.x,
        at.y,
        at.z,
        yaw=math.atan2(2.0 * (q.w * q.z + q.x * q.y), 1.0 - 2.0 * (q.y**2 + q.z**2)),
        roll=math.atan2(2.0 * (q.w * q.x + q.y * q.z), 1.0 - 2.0 * (q.x**2 + q.y**2)),
        pitch=math.asin(max(-1.0, min(1.0, 2.0 * (q.w * q.y - q.z * q.x)))),
    )
