"""The simulated controller of one door: DoorRequest in, DoorState out, the leaf beneath.

`python -m robot_nodes.nodes.door_node --hospital-json FILE --door D [--sim-time]` runs one alone.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Final

from hospital_fleet_msgs.msg import DoorMode, DoorRequest, DoorState
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_msgs.msg import Float64, Float64MultiArray

from fleet_manager.domain.ids import DoorId
from fleet_manager.domain.units import Instant, Millis
from robot_nodes import qos
from robot_nodes.core.door_controller import DoorController
from robot_nodes.nodes import convert
from robot_nodes.nodes.hospital import arguments, load, parse
from robot_nodes.spin import Guard, prepare, spin

STATE_EVERY: Final = Millis(500)


class DoorNode(Node):
    """One door."""

    def __init__(self, door: DoorId, **options: Any) -> None:
        super().__init__(f'door_{qos.token(door)}', **options)
        self._id = door
        self._controller = DoorController(now=self._now())
        self._position: float | None = None
        self._commanded: float | None = None
        self._told = -1
        self._told_at = Instant(0)
        self.guard = guard = Guard(self.get_logger())
        topic = qos.DOOR_STATES
        self._state_out = self.create_publisher(DoorState, topic.name, topic.profile())
        topic = qos.DOOR_COMMAND
        self._command_out = self.create_publisher(Float64, topic.of(door), topic.profile())
        topic = qos.DOOR_REQUESTS
        self.create_subscription(
            DoorRequest, topic.name, guard('request', self._on_request), topic.profile()
        )
        topic = qos.DOOR_SENSORS
        self.create_subscription(
            Float64MultiArray, topic.of(door), guard('sensors', self._on_sensors), topic.profile()
        )
        self.create_timer(STATE_EVERY / 1_000, guard('beat', self._step))

    def _now(self) -> Instant:
        return Instant(self.get_clock().now().nanoseconds // 1_000_000)

    def _on_request(self, message: Any) -> None:
        if message.door_name != self._id:
            return
        self._controller.ask(
            convert.name(message.requester_id),
            to_open=message.requested_mode.value == DoorMode.MODE_OPEN,
            now=self._now(),
        )
        self._step()

    def _on_sensors(self, message: Any) -> None:
        position, obstructed = (convert.finite(figure) for figure in message.data)
        self._position = position
        self._controller.feel(obstructed=obstructed > 0.5)
        self._step()

    def _step(self) -> None:
        """Pass the set point on, and say the state on change and twice a second."""
        now = self._now()
        command = self._controller.step(now)
        if command is not None and command != self._commanded:
            self._commanded = command
            self._command_out.publish(Float64(data=command))
        mode = self._mode()
        if mode != self._told or not 0 <= now - self._told_at < STATE_EVERY * 0.9:
            self._told, self._told_at = mode, now
            self._state_out.publish(
                DoorState(
                    door_time=convert.to_time(now),
                    door_name=str(self._id),
                    current_mode=DoorMode(value=mode),
                )
            )

    def _mode(self) -> int:
        if self._position is None:
            return int(DoorMode.MODE_UNKNOWN)
        if self._position >= 0.98:
            return int(DoorMode.MODE_OPEN)
        return int(DoorMode.MODE_CLOSED if self._position <= 0.0 else DoorMode.MODE_MOVING)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one door until a signal."""
    parser = arguments('robot_nodes.nodes.door_node', 'The controller of one door.')
    parser.add_argument('--door', required=True, help='name of the door')
    args = parse(parser, argv)
    hospital = load(args.hospital_json)
    if args.door not in hospital.doors:
        raise SystemExit(f'no door {args.door}; there are: {", ".join(hospital.doors)}')
    prepare()
    sim_time = [Parameter('use_sim_time', value=args.sim_time)]
    return spin([DoorNode(DoorId(args.door), parameter_overrides=sim_time)])


if __name__ == '__main__':
    sys.exit(main())
