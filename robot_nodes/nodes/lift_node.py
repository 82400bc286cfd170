"""The simulated controller of one lift: LiftRequest in, LiftState out, drive and door beneath.

`python -m robot_nodes.nodes.lift_node --hospital-json FILE --lift A [--sim-time]` runs one alone.
A hook for a real lift: another program with the same topics and the vendor's protocol beneath.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Final

from hospital_fleet_msgs.msg import LiftRequest, LiftState
from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_msgs.msg import Float64MultiArray

from fleet_manager.domain.ids import LiftId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import Instant, Millis
from robot_nodes import qos
from robot_nodes.core.lift_controller import (
    Command,
    LiftController,
    Mode,
    Request,
    RequestKind,
    Sensors,
    Status,
)
from robot_nodes.nodes import convert
from robot_nodes.nodes.hospital import arguments, load, parse
from robot_nodes.spin import Guard, prepare, spin

STATE_EVERY: Final = Millis(500)
_FORCED: Final = {'': None, **{mode.name.lower(): mode for mode in Mode}}


class LiftNode(Node):
    """One lift. Its parameter `forced_mode` tries `fire`, `offline` or `emergency`.

    `crowded` tries what happens while people stand in the car.
    """

    def __init__(self, hospital: Hospital, lift: LiftId, **options: Any) -> None:
        super().__init__(f'lift_{qos.token(lift)}', **options)
        self._id = lift
        stops = hospital.lifts[lift].stops
        floors = [(str(s.floor), hospital.floors[s.floor].elevation) for s in stops]
        floors.sort(key=lambda floor: (floor[1], floor[0]))
        self._floors = [floor for floor, _ in floors]
        self._controller = LiftController(tuple(floors))
        self._told: Status | None = None
        self._told_at = Instant(0)
        self._commanded: Command | None = None
        self.guard = guard = Guard(self.get_logger())
        self._declare()
        topic = qos.LIFT_STATES
        self._state_out = self.create_publisher(LiftState, topic.name, topic.profile())
        topic = qos.LIFT_COMMAND
        self._command_out = self.create_publisher(
            Float64MultiArray, topic.of(lift), topic.profile()
        )
        topic = qos.LIFT_REQUESTS
        self.create_subscription(
            LiftRequest, topic.name, guard('request', self._on_request), topic.profile()
        )
        topic = qos.LIFT_SENSORS
        self.create_subscription(
            Float64MultiArray, topic.of(lift), guard('sensors', self._on_sensors), topic.profile()
        )
        self.create_timer(STATE_EVERY / 1_000, guard('beat', self._step))

    def _declare(self) -> None:
        modes = ', '.join(repr(name) for name in _FORCED)
        descriptor = ParameterDescriptor(
            type=Parameter.Type.STRING.value,
            description='Mode the building forces on the lift, for trials',
            additional_constraints=f'one of {modes}',
        )
        self.declare_parameter('forced_mode', '', descriptor)
        descriptor = ParameterDescriptor(
            type=Parameter.Type.BOOL.value, description='People stand in the car, for trials'
        )
        self.declare_parameter('crowded', False, descriptor)
        self.add_on_set_parameters_callback(self._on_parameters)

    def _on_parameters(self, parameters: Sequence[Any]) -> Any:
        for parameter in parameters:
            if parameter.name == 'forced_mode':
                mode = str(parameter.value)
                if mode not in _FORCED:
                    return SetParametersResult(successful=False, reason='unknown mode')
                self._controller.forced = _FORCED[mode]
            elif parameter.name == 'crowded':
                self._controller.crowded = bool(parameter.value)
        return SetParametersResult(successful=True)

    def _now(self) -> Instant:
        return Instant(self.get_clock().now().nanoseconds // 1_000_000)

    def _on_request(self, message: Any) -> None:
        if message.lift_name != self._id:
            return
        request = Request(
            session=convert.name(message.session_id),
            kind=RequestKind(message.request_type),
            destination=convert.name(message.destination_floor),
            door_open=message.door_state == LiftRequest.DOOR_OPEN,
        )
        self._controller.ask(request, now=self._now())
        self._step()

    def _on_sensors(self, message: Any) -> None:
        height, speed, door, *flags = (convert.finite(figure) for figure in message.data)
        occupied, obstructed = (flag > 0.5 for flag in flags)
        self._controller.feel(Sensors(height, speed, door, occupied, self._now(), obstructed))
        self._step()

    def _step(self) -> None:
        """Pass the set points on, and say the state on change and twice a second."""
        now = self._now()
        command = self._controller.step(now)
        if command is not None and command != self._commanded:
            self._commanded = command
            self._command_out.publish(Float64MultiArray(data=[command.height, command.door]))
        status = self._controller.status()
        if status is None:
            return
        if status != self._told or not 0 <= now - self._told_at < STATE_EVERY * 0.9:
            self._told, self._told_at = status, now
            self._state_out.publish(self._message(status, now))

    def _message(self, status: Status, now: Instant) -> Any:
        return LiftState(
            lift_time=convert.to_time(now),
            lift_name=str(self._id),
            available_floors=self._floors,
            current_floor=status.current_floor,
            destination_floor=status.destination_floor,
            door_state=int(status.door),
            motion_state=int(status.motion),
            available_modes=[int(Mode.HUMAN), int(Mode.AGV)],
            current_mode=int(status.mode),
            session_id=status.session,
            cabin=int(status.cabin),
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one lift until a signal."""
    parser = arguments('robot_nodes.nodes.lift_node', 'The controller of one lift.')
    parser.add_argument('--lift', required=True, help='name of the lift')
    args = parse(parser, argv)
    hospital = load(args.hospital_json)
    if args.lift not in hospital.lifts:
        raise SystemExit(f'no lift {args.lift}; there are: {", ".join(hospital.lifts)}')
    prepare()
    sim_time = [Parameter('use_sim_time', value=args.sim_time)]
    return spin([LiftNode(hospital, LiftId(args.lift), parameter_overrides=sim_time)])


if __name__ == '__main__':
    sys.exit(main())
