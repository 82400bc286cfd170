"""RosLink: the manager's node, in a thread of its own.

1. The ROS thread hears: each subscription is an Ear that turns bytes into a report and posts it.
2. The runner says what devices should be doing (`publish`): the newest directive of each is kept.
3. The ROS thread says it to the device at once, and again every second, until it changes or
   the runner is silent.
4. Whatever goes wrong in between is counted; the thread ends only when the link is closed.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import structlog
from rclpy.context import Context
from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.experimental.events_executor import EventsExecutor
from rclpy.node import Node

from fleet_manager.adapters.ros import convert, qos
from fleet_manager.adapters.ros.ear import LOG_INTERVAL_SECONDS, ROBOT_INTERVAL_SECONDS, Ear
from fleet_manager.adapters.ros.errors import LinkFailed
from fleet_manager.adapters.ros.repeats import Repeats
from fleet_manager.application.ports import Directive, DoorOrder, LiftOrder, Mailbox
from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Report, RobotReport
from fleet_manager.domain.units import Instant

NODE_NAME: Final = 'fleet_manager'
#: The EventsExecutor burns a core and hears nothing when it may wait for ever.
SPIN_SECONDS: Final = 0.1
#: A wait of zero would be another of its special cases.
SHORTEST_SPIN_SECONDS: Final = 0.001
#: After an error that is nobody's message, so that it cannot take a whole core.
PAUSE_SECONDS: Final = 0.05
#: No beat for so long: the thread hangs.
ALIVE_SECONDS: Final = 2.0
CLOSE_SECONDS: Final = 2.0
#: A question for a state is not kept for late joiners, so it is asked again of those who have
#: said nothing since: finding each other takes one to three seconds.
ASK_SECONDS: Final = 1.0
ASK_TIMES: Final = 5

_log = structlog.get_logger()


@dataclass(slots=True)
class _Question:
    """A question for the state of every robot, and how often it is still to be asked."""

    epoch: int
    number: int
    asked: float
    next_time: float
    left: int = ASK_TIMES


class RosLink:
    """Robots, lifts and doors behind ROS 2 topics: the Devices of a live hospital.

    Only the listed robots are heard and spoken to; their ids are parts of topic names, so they
    are letters, digits and underscores. `now` is UTC and is called from both threads. Raises
    LinkFailed when ROS does not start. For a simulated building `heard_clock` gets each `/clock`
    in ms, and `speed` is its seconds a second: robots count the lease of an order in their time.
    """

    def __init__(
        self,
        *,
        hospital: Hospital,
        robots: Sequence[RobotId],
        mailbox: Mailbox,
        now: Callable[[], Instant],
        namespace: str = '',
        heard_clock: Callable[[int], None] | None = None,
        speed: float = 1.0,
    ) -> None:
        self._hospital = hospital
        self._next_map: tuple[Hospital, int] | None = None
        self._robots = tuple(robots)
        self._mailbox = mailbox
        self._now = now
        self._heard_clock = heard_clock
        self._lock = threading.Lock()
        self._repeats = Repeats(speed=speed)
        self._question: _Question | None = None
        self._questions = 0
        self._wake_pending = False
        self._stopping = threading.Event()
        self._closed = False
        self._beat = time.monotonic()
        self._heard: dict[RobotId, float] = {}
        self._ears: list[Ear] = []
        self._voices: dict[tuple[str, RobotId | None], Any] = {}
        self._counters: dict[str, int] = {'link.exceptions': 0}
        self._next_log: dict[str, float] = {}
        self._thread = threading.Thread(target=self._run, name='ros-link', daemon=True)
        self._context = Context()
        self._node: Any = None
        self._executor: Any = None
        try:
            self._start(namespace)
        except Exception as error:
            self._leave()
            raise LinkFailed(f'ROS 2 did not start: {error}') from error
        self._thread.start()

    # --- called from the runner's thread ---------------------------------------------------------

    def publish(self, directives: Sequence[Directive]) -> None:
        """Take over the newest directive of each device and repeat it until it changes.

        Or until nothing was published for `STALE_SECONDS`, not even that nothing changed.
        """
        with self._lock:
            changed = self._repeats.put(directives, at=time.monotonic())
        if changed:
            self._wake()

    def use_map(self, hospital: Hospital, *, epoch: int) -> None:
        """Hear and speak on this map from now on, and tell it to robots and building for good."""
        with self._lock:
            self._next_map = (hospital, epoch)
        self._wake()

    def request_states(self, *, epoch: int) -> None:
        """Ask every robot to say its state now; asked again of those who stay silent."""
        with self._lock:
            self._questions += 1
            at = time.monotonic()
            self._question = _Question(epoch, self._questions, asked=at, next_time=at)
        self._wake()

    def alive(self) -> bool:
        """Whether the ROS thread has been round its loop in the last two seconds."""
        return self._thread.is_alive() and time.monotonic() - self._beat <= ALIVE_SECONDS

    def counters(self) -> dict[str, int]:
        """Return what was heard, said and refused, by kind of topic: `robot_state.malformed`."""
        return dict(self._counters)

    def close(self) -> None:
        """Stop repeating and leave, within two seconds. Safe to call twice."""
        if self._closed:
            return
        self._stopping.set()
        self._wake()
        with self._lock:
            self._closed = True
        self._thread.join(CLOSE_SECONDS)
        if self._thread.is_alive():
            # Taking the node away under a running thread crashes the process: leave both.
            _log.error('ros.thread_hangs', seconds=CLOSE_SECONDS)
            return
        self._leave()

    # --- start and end ---------------------------------------------------------------------------

    def _start(self, namespace: str) -> None:
        # No arguments and no log file: the command line is the manager's, not ROS's, and a
        # context of our own leaves the process's signal handlers alone.
        self._context.init(args=[], initialize_logging=False)
        self._node = Node(
            NODE_NAME,
            context=self._context,
            namespace=namespace,
            use_global_arguments=False,
            enable_rosout=False,
            start_parameter_services=False,
        )
        self._speak(qos.LIFT_REQUESTS)
        self._speak(qos.DOOR_REQUESTS)
        self._speak(qos.HOSPITAL_MAP)
        self._listen(qos.LIFT_STATES, self._on_map(convert.lift_report))
        self._listen(qos.DOOR_STATES, self._on_map(convert.door_report))
        self._join(self._robots)
        if self._heard_clock is not None:
            topic = qos.CLOCK
            self._counters[f'{topic.kind}.exceptions'] = 0
            self._node.create_subscription(topic.type, topic.of(), self._follow, topic.qos)
        self._executor = EventsExecutor(context=self._context)
        self._executor.add_node(self._node)

    def _join(self, robots: Sequence[RobotId]) -> None:
        for robot in robots:
            self._speak(qos.ORDER, robot)
            self._speak(qos.INSTANT_ACTION, robot)
            state = self._on_map(convert.robot_report, robot=robot)
            pose = self._on_map(convert.pose_report, robot=robot)
            self._listen(qos.STATE, state, robot, report=self._state_heard)
            self._listen(qos.POSE, pose, robot)

    def _on_map(self, convert_to: Callable[..., Report], **names: Any) -> Callable[[Any], Report]:
        """Return a converter that reads messages on the map in force when they come."""
        return lambda message: convert_to(message, hospital=self._hospital, **names)

    def _leave(self) -> None:
        """Give everything back to the middleware; what fails here fails at the very end.

        The executor goes first: it holds on to the node's subscriptions, and with them to a
        participant that would go on telling newcomers the last orders.
        """
        steps = [self._context.try_shutdown, self._context.destroy]
        if self._node is not None:
            steps.insert(0, self._node.destroy_node)
        if self._executor is not None:
            steps.insert(0, self._executor.shutdown)
        for step in steps:
            with contextlib.suppress(Exception):
                step()

    def _speak(self, topic: qos.Topic, robot: RobotId | None = None) -> None:
        name = topic.of(robot)
        events = PublisherEventCallbacks(incompatible_qos=self._incompatible(name))
        self._voices[topic.kind, robot] = self._node.create_publisher(
            topic.type, name, topic.qos, event_callbacks=events
        )
        self._counters.setdefault(f'{topic.kind}.sent', 0)
        self._counters.setdefault(f'{topic.kind}.exceptions', 0)

    def _listen(
        self,
        topic: qos.Topic,
        read: Callable[[Any], Report],
        robot: RobotId | None = None,
        *,
        report: Callable[[Report], None] | None = None,
    ) -> None:
        name = topic.of(robot)
        ear = Ear(
            topic,
            device=robot or name,
            convert=read,
            report=report or self._mailbox.report,
            counters=self._counters,
            interval=ROBOT_INTERVAL_SECONDS if robot else 0.0,
        )
        self._ears.append(ear)
        self._node.create_subscription(
            topic.type,
            name,
            ear.hear,
            topic.qos,
            event_callbacks=SubscriptionEventCallbacks(incompatible_qos=self._incompatible(name)),
            raw=True,
        )

    def _incompatible(self, name: str) -> Callable[[Any], None]:
        """Return a callback that logs, once, that somebody on the topic cannot be understood."""
        told = False

        def tell(event: Any) -> None:
            nonlocal told
            if not told:
                told = True
                _log.warning(
                    'ros.incompatible_qos', topic=name, policy=str(event.last_policy_kind)
                )

        return tell

    # --- the ROS thread --------------------------------------------------------------------------

    def _run(self) -> None:
        patience = SPIN_SECONDS
        while not self._stopping.is_set() and self._context.ok():
            try:
                self._executor.spin_once(timeout_sec=patience)
                at = time.monotonic()
                self._change_map()
                self._send_due(at)
                patience = self._catch_up(at)
                self._beat = time.monotonic()
            except Exception:  # noqa: BLE001 - without this thread nobody is heard
                self._failed('link')
                time.sleep(PAUSE_SECONDS)

    def _catch_up(self, at: float) -> float:
        """Give waiting messages their turn; return how long to wait for the next event."""
        turns = [turn for ear in self._ears if (turn := ear.catch_up(at=at)) is not None]
        with self._lock:
            due = self._repeats.next_due(at=at)
        if due is not None:
            turns.append(due)
        return max(SHORTEST_SPIN_SECONDS, min([at + SPIN_SECONDS, *turns]) - at)

    def _follow(self, message: Any) -> None:
        try:
            if self._heard_clock is not None:
                self._heard_clock(convert.millis(message.clock))
        except Exception:  # noqa: BLE001 - what leaves a callback ends the node
            self._failed(qos.CLOCK.kind)

    def _state_heard(self, report: Report) -> None:
        if isinstance(report, RobotReport):
            self._heard[report.robot] = time.monotonic()
        self._mailbox.report(report)

    def _wake(self) -> None:
        """Make `spin_once` return: a task does, the executor's own `wake` does not."""
        with self._lock:
            if self._wake_pending or self._closed:
                return
            self._wake_pending = True
            self._executor.create_task(self._awake)

    def _awake(self) -> None:
        with self._lock:
            self._wake_pending = False

    def _change_map(self) -> None:
        with self._lock:
            following, self._next_map = self._next_map, None
            if following is not None:
                self._repeats.forget_gone(following[0])
        if following is None:
            return
        self._hospital, epoch = following
        new = [robot for robot in self._hospital.robots if robot not in self._robots]
        self._robots = (*self._robots, *new)
        self._join(new)
        build = partial(convert.map_message, self._hospital, epoch=epoch)
        self._say(qos.HOSPITAL_MAP, None, build)

    def _send_due(self, at: float) -> None:
        with self._lock:
            directives = self._repeats.take_due(at=at)
            question = self._question
        for directive in directives:
            self._send(directive)
        if question is not None and at >= question.next_time:
            self._ask(question, at)

    def _send(self, directive: Directive) -> None:
        now = self._now()
        if isinstance(directive, LiftOrder):
            self._say(qos.LIFT_REQUESTS, None, partial(convert.lift_message, directive, now=now))
        elif isinstance(directive, DoorOrder):
            self._say(qos.DOOR_REQUESTS, None, partial(convert.door_message, directive, now=now))
        else:
            build = partial(convert.order_message, directive, hospital=self._hospital.id, now=now)
            self._say(qos.ORDER, directive.robot, build)

    def _ask(self, question: _Question, at: float) -> None:
        for robot in self._robots:
            if self._heard.get(robot, 0.0) < question.asked:
                build = partial(
                    convert.state_request_message,
                    robot,
                    epoch=question.epoch,
                    number=question.number,
                    now=self._now(),
                )
                self._say(qos.INSTANT_ACTION, robot, build)
        question.next_time = at + ASK_SECONDS
        question.left -= 1
        with self._lock:
            if question.left == 0 and self._question is question:
                self._question = None

    def _say(self, topic: qos.Topic, robot: RobotId | None, build: Callable[[], Any]) -> None:
        """Publish one message. One that cannot be built or sent leaves the others alone."""
        try:
            self._voices[topic.kind, robot].publish(build())
            self._counters[f'{topic.kind}.sent'] += 1
        except Exception:  # noqa: BLE001 - one device's trouble is not the others'
            self._failed(topic.kind)

    def _failed(self, kind: str) -> None:
        self._counters[f'{kind}.exceptions'] += 1
        now = time.monotonic()
        if now >= self._next_log.get(kind, 0.0):
            self._next_log[kind] = now + LOG_INTERVAL_SECONDS
            _log.exception('ros.failed', kind=kind)
