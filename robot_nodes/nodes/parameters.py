"""The parameters of a robot: name, default, range and what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from rcl_interfaces.msg import FloatingPointRange, ParameterDescriptor
from rclpy.parameter import Parameter

from robot_nodes.core.compartments import HANDS_SECONDS

_TYPES: Final = {
    bool: Parameter.Type.BOOL,
    float: Parameter.Type.DOUBLE,
    str: Parameter.Type.STRING,
    tuple: Parameter.Type.STRING_ARRAY,
}


@dataclass(frozen=True, slots=True)
class Declared:
    """One parameter. `low` and `high` bound a figure."""

    name: str
    default: bool | float | str | tuple[str, ...]
    description: str
    low: float = 0.0
    high: float = 0.0


ROBOT: Final = (
    Declared('robot_id', '', 'Name of the robot in the fleet'),
    Declared('map_id', '', 'Hospital whose orders it takes'),
    Declared('map_version', '', 'Version of the map it carries: orders on another are refused'),
    Declared('compartments', ('c1', 'c2'), 'Names of its lockable compartments'),
    Declared('cooled', '', 'Those of them that are cooled and say how warm it is, as c3,c5'),
    Declared('state_dir', 'var', 'Folder of its memory: robots/<id>.json in it'),
    Declared('control_rate', 20.0, 'Most control steps a second', 1.0, 100.0),
    Declared('max_speed', 0.8, 'Metres a second on any edge', 0.05, 1.2),
    Declared('laser', False, 'It has a laser, and stops for what is in its way'),
    Declared('length', 0.6, 'Metres from end to end, for what the laser sees', 0.1, 3.0),
    Declared('width', 0.5, 'Metres from side to side', 0.1, 3.0),
    Declared(
        'hands_seconds', HANDS_SECONDS, 'Simulated people need so long; 0: a test', 0.0, 600.0
    ),
    Declared('battery', 0.9, 'Level of the battery of a robot without memory', 0.0, 1.0),
    Declared('autostart', True, 'Configure and activate without being asked'),
)


def declare(node: Any, *, robot: str) -> None:
    """Declare every parameter of a robot on its node; `robot` is the default of `robot_id`."""
    for parameter in ROBOT:
        default = robot if parameter.name == 'robot_id' else parameter.default
        ranges = []
        if isinstance(default, float):
            ranges = [FloatingPointRange(from_value=parameter.low, to_value=parameter.high)]
        descriptor = ParameterDescriptor(
            type=_TYPES[type(default)].value,
            description=parameter.description,
            floating_point_range=ranges,
            read_only=True,
        )
        value = list(default) if isinstance(default, tuple) else default
        node.declare_parameter(parameter.name, value, descriptor)
