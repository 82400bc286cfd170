"""The lifecycle node of one robot: converts, steps the core, writes its memory, publishes.

A step is done for each localisation, not by a timer: no localisation, no motion.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from geometry_msgs.msg import PoseStamped, Twist
from hospital_fleet_msgs.msg import DoorState, InstantAction, LiftState, Order, RobotState
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from sensor_msgs.msg import LaserScan
from std_msgs.msg import String
from std_srvs.srv import Trigger

from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import SECOND, Instant, Millis
from robot_nodes import qos
from robot_nodes.core import memory as memories
from robot_nodes.core.follower import STILL, Speeds
from robot_nodes.core.memory import Memory, MemoryCorrupt
from robot_nodes.core.obstacles import Body
from robot_nodes.core.robot import Inputs, Output, Robot, Spec
from robot_nodes.files import read_json, write_json
from robot_nodes.nodes import convert
from robot_nodes.nodes.hospital import keep_map, kept_map, read_map
from robot_nodes.nodes.parameters import declare
from robot_nodes.spin import Guard

STATE_EVERY: Final = Millis(1_000)
POSE_MOVING: Final = Millis(200)
POSE_STILL: Final = Millis(1_000)
#: Seconds between looks at whether localisation still comes, and the beat of the 1 Hz state.
WATCH: Final = 0.25
#: Orders that may wait for a step; the newest win, the robot is told again anyway.
MAX_WAITING: Final = 8


class RobotNode(LifecycleNode):
    """One robot. Parameters: see `parameters.ROBOT`. Configure and activate it to make it live."""

    def __init__(self, robot: str, **options: Any) -> None:
        super().__init__(f'robot_{qos.token(robot)}', **options)
        declare(self, robot=robot)
        self.guard = Guard(self.get_logger())
        self.incarnation = uuid.uuid4().hex
        self._active = False
        self._sequence = 0
        self._robot: Robot | None = None
        self._inputs = Inputs()
        self._waiting: list[Any] = []
        self._lifts: dict[str, Any] = {}
        self._doors: dict[str, Any] = {}
        self._written: Memory | None = None
        self._map_on_disk = ''
        self._last_speeds = STILL
        self._told: tuple[object, ...] = ()
        self._state_at = self._pose_told_at = self._stepped_at = self._tried_at = Instant(0)
        self._entities: list[tuple[Callable[[Any], Any], Any]] = []

    # --- lifecycle -------------------------------------------------------------------------------

    def on_configure(self, state: Any) -> Any:
        """Read parameters and memory; publish nothing yet."""
        del state
        get = self.get_parameter
        self._id = str(get('robot_id').value)
        self._spec = Spec(
            robot=self._id,
            map_id=str(get('map_id').value),
            map_version=str(get('map_version').value),
            compartments=tuple(get('compartments').value or ()),
            cooled=tuple(filter(None, str(get('cooled').value).split(','))),
            max_speed=float(get('max_speed').value),
            hands_seconds=float(get('hands_seconds').value),
            body=(
                Body(float(get('length').value), float(get('width').value))
                if get('laser').value
                else None
            ),
        )
        self._period = Millis(int(SECOND / float(get('control_rate').value) * 0.75))
        self._folder = Path(str(get('state_dir').value))
        self._file = self._folder / 'robots' / f'{self._id}.json'
        self._open()
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: Any) -> Any:
        """Begin to drive and to publish."""
        self._active = True
        return super().on_activate(state)

    def on_deactivate(self, state: Any) -> Any:
        """Stand still and be silent."""
        self._active = False
        self._send_speeds(STILL)
        return super().on_deactivate(state)

    def on_cleanup(self, state: Any) -> Any:
        """Forget everything but the memory on disk."""
        del state
        for destroy, entity in self._entities:
            destroy(entity)
        self._entities, self._robot = [], None
        return TransitionCallbackReturn.SUCCESS

    def _open(self) -> None:
        def publisher(topic: qos.Topic, kind: Any) -> Any:
            made = self.create_publisher(kind, topic.of(self._id), topic.profile())
            self._entities.append((self.destroy_publisher, made))
            return made

        def listen(topic: qos.Topic, kind: Any, callback: Callable[[Any], None]) -> None:
            guarded = self.guard(topic.name, callback)
            made = self.create_subscription(kind, topic.of(self._id), guarded, topic.profile())
            self._entities.append((self.destroy_subscription, made))

        self._state_out = publisher(qos.STATE, RobotState)
        self._pose_out = publisher(qos.POSE, PoseStamped)
        self._speeds_out = publisher(qos.CMD_VEL, Twist)
        listen(qos.ORDER, Order, self._on_order)
        listen(qos.INSTANT_ACTION, InstantAction, self._on_action)
        listen(qos.HOSPITAL_MAP, String, self._on_map)
        listen(qos.LOCALISATION, PoseStamped, self._on_localisation)
        if self._spec.body is not None:
            listen(qos.SCAN, LaserScan, self._on_scan)
        listen(qos.LIFT_STATES, LiftState, self._on_lift)
        listen(qos.DOOR_STATES, DoorState, self._on_door)
        timer = self.create_timer(WATCH, self.guard('watch', self._watch))
        self._entities.append((self.destroy_timer, timer))
        if self._spec.hands_seconds == 0.0:
            self._serve_hands()

    def _serve_hands(self) -> None:
        """Offer `robots/<id>/hands/<compartment>/{parcel,close}` to tests."""
        for compartment in self._spec.compartments:
            name = qos.token(compartment)
            for verb in ('parcel', 'close'):
                made = self.create_service(
                    Trigger,
                    f'robots/{qos.token(self._id)}/hands/{name}/{verb}',
                    self.guard.service(verb, self._hand(compartment, verb)),
                )
                self._entities.append((self.destroy_service, made))

    def _hand(self, compartment: str, verb: str) -> Callable[[Any, Any], Any]:
        def act(request: Any, response: Any) -> Any:
            del request
            if self._robot is not None:
                own = self._robot.compartments
                act = own.move_parcel if verb == 'parcel' else own.close
                response.success = act(compartment)
            return response

        return act

    # --- what comes in ---------------------------------------------------------------------------

    def _on_order(self, message: Any) -> None:
        order = convert.order_from(message)
        self._waiting = [*self._waiting[1 - MAX_WAITING :], order]
        self._step(self._now())

    def _on_action(self, message: Any) -> None:
        meant = message.robot_id == self._id
        if meant and message.action_type == InstantAction.STATE_REQUEST:
            self._told = ()
            self._step(self._now())

    def _on_map(self, message: Any) -> None:
        epoch, hospital = read_map(message.data)
        if epoch >= (self._written.epoch if self._written is not None else 0):
            self._inputs.hospital = hospital

    def _on_localisation(self, message: Any) -> None:
        try:
            pose, at = convert.pose_from(message)
        except convert.Malformed:
            self._inputs.pose = None
            raise
        if 0 <= at - self._inputs.pose_at < self._period and self._inputs.pose is not None:
            return
        self._inputs.pose, self._inputs.pose_at = pose, at
        self._step(max(self._now(), at))

    def _on_scan(self, message: Any) -> None:
        self._inputs.scan = convert.scan_from(message)

    def _on_lift(self, message: Any) -> None:
        view = convert.lift_view(message, heard=self._now())
        self._lifts[convert.name(message.lift_name)] = view

    def _on_door(self, message: Any) -> None:
        view = convert.door_view(message, heard=self._now())
        self._doors[convert.name(message.door_name)] = view

    def _watch(self) -> None:
        now = self._now()
        if now - self._stepped_at > WATCH * SECOND or now < self._stepped_at:
            self._step(now)

    # --- a step ----------------------------------------------------------------------------------

    def _now(self) -> Instant:
        return Instant(self.get_clock().now().nanoseconds // 1_000_000)

    def _step(self, now: Instant) -> None:
        """Do a step of the core and let out what it says, memory first."""
        if not self._active or now <= 0 or self._inputs.pose_at == 0:
            return
        robot = self._robot or self._wake(now)
        inputs = self._inputs
        inputs.orders, self._waiting = tuple(self._waiting), []
        inputs.lifts, inputs.doors = self._lifts, self._doors
        self._stepped_at = now
        if inputs.memory_unwritable and now - self._tried_at >= STATE_EVERY:
            self._remember(self._written or Memory(), now)
        output = robot.step(now, inputs)
        if output.memory != self._written and not self._remember(
            output.memory, now, took_over=output.took_over
        ):
            output = self._undo(now)
        self._let_out(output, now)

    def _undo(self, now: Instant) -> Output:
        """Go back to what is on disk: nothing that is not written was ever done."""
        self._inputs.orders = ()
        self._robot = Robot(self._spec, self._written or Memory(), now=now)
        return self._robot.step(now, self._inputs)

    def _wake(self, now: Instant) -> Robot:
        """Make the core from what is on disk; an unreadable memory is an empty one, and said."""
        faults: tuple[str, ...] = ()
        memory = Memory(battery=float(self.get_parameter('battery').value))
        try:
            data = read_json(self._file)
            if data is not None:
                memory = self._written = self._with_its_map(memories.from_json(data))
        except (OSError, ValueError, MemoryCorrupt) as error:
            faults = ('memory_corrupt',)
            self.get_logger().error(f'memory {self._file.name} is lost: {error}')
        self._robot = Robot(self._spec, memory, now=now, faults=faults)
        return self._robot

    def _with_its_map(self, memory: Memory) -> Memory:
        """Return the memory; its map is the one of the start again where it is lost."""
        version = memory.map_version
        if version and kept_map(self._folder, version) is None:
            self.get_logger().error(f'map {version} is lost; waiting to be told the map again')
            return dataclasses.replace(memory, map_version='')
        self._map_on_disk = version
        return memory

    def _remember(
        self, memory: Memory, now: Instant, *, took_over: Hospital | None = None
    ) -> bool:
        """Write the memory; False, and the robot stands still, while the disk refuses."""
        self._tried_at = now
        failed_before = self._inputs.memory_unwritable
        try:
            if took_over is not None and self._map_on_disk != took_over.version:
                keep_map(self._folder, took_over)
                self._map_on_disk = took_over.version
            write_json(self._file, memories.to_json(memory))
        except OSError as error:
            self._inputs.memory_unwritable = True
            if not failed_before:
                self.get_logger().error(f'memory cannot be written, standing still: {error}')
            return False
        self._written = memory
        self._inputs.memory_unwritable = False
        return True

    def _let_out(self, output: Output, now: Instant) -> None:
        state = output.state
        self._send_speeds(output.speeds)
        news = state.news()
        if news != self._told or not 0 <= now - self._state_at < STATE_EVERY:
            self._told, self._state_at = news, now
            self._send_state(output, now)
        moving = output.speeds != STILL
        every = POSE_MOVING if moving else POSE_STILL
        if state.pose is not None and not 0 <= now - self._pose_told_at < every:
            self._pose_told_at = now
            self._pose_out.publish(convert.pose_to(state.pose, now))

    def _send_speeds(self, speeds: Speeds) -> None:
        """Say every motion; standing still is said once, the base stops by itself as well."""
        if speeds != STILL or self._last_speeds != STILL:
            self._speeds_out.publish(convert.twist_to(speeds))
        self._last_speeds = speeds

    def _send_state(self, output: Output, now: Instant) -> None:
        message = convert.state_to(output.state, at=now)
        self._sequence += 1
        message.robot_id = self._id
        message.incarnation = self.incarnation
        message.sequence = self._sequence
        message.map_id = self._spec.map_id
        message.map_version = output.state.map_version
        self._state_out.publish(message)


def start(node: RobotNode) -> None:
    """Configure and activate a robot that has nobody who does it, unless it should wait."""
    if node.get_parameter('autostart').value:
        node.trigger_configure()
        node.trigger_activate()
