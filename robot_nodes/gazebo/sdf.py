"""A scene as an SDF 1.7 world, for Gazebo 11 (`classic`) or gz sim (`sim`).

Bodies, joints and masses are the same for both; only plugins and sensors differ. The same scene
gives the same text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final
from xml.etree import ElementTree as ET

from robot_nodes.core.body import ACCELERATION, MAX_SPEED, MAX_TURN, TURN_ACCELERATION
from robot_nodes.gazebo.parts import (
    CAR_HEIGHT,
    Part,
    cabin,
    door_frame,
    leaves,
    lift_doors,
)
from robot_nodes.gazebo.scene import XYZ, Block, Scene, SceneDoor, SceneLift, SceneRobot, Walker

VERSION: Final = '1.7'
#: The name of a robot's own collision; casters and wheels have others.
BODY: Final = 'body'
CAR_MASS: Final = 400.0
LEAF_MASS: Final = 30.0
#: Metres a joint may go beyond its way: gz sim holds a slider at its limit for good.
BEYOND: Final = 0.1
#: Metres a walker may go, and its speed in metres a second.
WALKER_REACH: Final = 100.0
WALKER_SPEED: Final = 2.0
_WALKER_EFFORT: Final = 2_000.0
#: Share of a robot that each wheel weighs: links of very different weight shake.
_WHEEL_SHARE: Final = 0.1
_CASTER: Final = 0.05
#: Metres a caster hangs above the floor: wheels carry the robot, which leans on one caster. Where
#: all four touched, the solver would be free to lift the wheels, and the robot would slide on.
_CASTER_GAP: Final = 0.002
#: Metres from the end of a robot to the middle of its caster.
_CASTER_INSET: Final = 0.08
#: Height of the middle of a robot's base.
_BASE: Final = 0.2
#: Of the colours of the map's drawings.
COLOURS: Final = {
    'slab': '0.93 0.94 0.95 1',
    'wall': '0.49 0.55 0.59 1',
    'partition': '0.66 0.71 0.75 1',
    'frame': '0.36 0.41 0.44 1',
    'shaft': '0.36 0.41 0.44 1',
    'station': '0.98 0.76 0.30 1',
    'charger': '0.20 0.62 0.38 1',
    'door': '0.36 0.60 0.78 0.8',
    'cabin': '0.80 0.82 0.84 1',
    'robot': '0.07 0.25 0.36 1',
    'wheel': '0.10 0.10 0.10 1',
    'person': '0.84 0.37 0.10 1',
    'bed': '0.95 0.97 1.00 1',
    'room_robots': '0.83 0.91 0.97 1',
    'room_care': '0.87 0.94 0.84 1',
    'room_intensive': '0.78 0.91 0.88 1',
    'room_visits': '0.91 0.86 0.95 1',
    'room_medicine': '0.98 0.90 0.80 1',
    'room_sterile': '0.83 0.88 0.97 1',
    'room_logistics': '0.95 0.92 0.77 1',
    'room_refuse': '0.86 0.80 0.73 1',
    'room_service': '0.88 0.90 0.91 1',
    'room_vertical': '0.80 0.83 0.85 1',
}


def to_sdf(
    scene: Scene, *, engine: str, dt: float = 0.01, port: int = 0, pace: float = 0.0
) -> str:
    """Return the world as SDF. `port` is that of the plugin of `classic`, 0 for none.

    `pace` is how many times real time it runs, 0 for as fast as it goes.
    """
    if engine not in ('classic', 'sim'):
        raise ValueError(f'there is no engine {engine} that reads SDF: choose sim or classic')
    is_sim = engine == 'sim'
    root = ET.Element('sdf', version=VERSION)
    world = ET.SubElement(root, 'world', name=scene.name)
    _physics(world, dt, pace)
    if is_sim:
        _systems(world)
    _light(world)
    for name, blocks in groupby(scene.blocks, key=lambda block: block.model):
        _building(world, name, blocks)
    for door in scene.doors.values():
        _door(world, door, scene.floors[door.floor], is_sim=is_sim)
    for lift in scene.lifts.values():
        _lift(world, lift, is_sim=is_sim)
    for robot in scene.robots.values():
        _robot(world, robot, is_sim=is_sim)
    for walker in scene.walkers:
        _walker(world, walker, is_sim=is_sim)
    if port and not is_sim:
        bridge = ET.SubElement(world, 'plugin', name='fleet_bridge', filename='libfleet_bridge.so')
        _text(bridge, 'port', str(port))
    _lines(root, 0)
    return f'<?xml version="1.0"?>\n{ET.tostring(root, encoding="unicode")}\n'


# --- the world itself ------------------------------------------------------------------------


def _physics(world: ET.Element, dt: float, pace: float) -> None:
    physics = ET.SubElement(world, 'physics', name='steps', type='ode')
    _text(physics, 'max_step_size', _number(dt))
    _text(physics, 'real_time_factor', _number(pace))
    _text(physics, 'real_time_update_rate', _number(pace / dt))
    ode = ET.SubElement(physics, 'ode')
    solver = ET.SubElement(ode, 'solver')
    # Exact: the quick one lets standing robots creep. Softness keeps it from dividing by nothing.
    _text(solver, 'type', 'world')
    constraints = ET.SubElement(ode, 'constraints')
    _text(constraints, 'cfm', '1e-07')
    _text(constraints, 'erp', '0.2')


def _systems(world: ET.Element) -> None:
    _system(world, 'physics', 'Physics')
    _system(world, 'user-commands', 'UserCommands')
    # The rate is of the wall clock, which must not drop the poses of a step.
    _system(world, 'scene-broadcaster', 'SceneBroadcaster', dynamic_pose_hertz='1000000')
    _system(world, 'contact', 'Contact')


def _light(world: ET.Element) -> None:
    light = ET.SubElement(world, 'light', name='sun', type='directional')
    _text(light, 'pose', '0 0 50 0 0 0')
    _text(light, 'diffuse', '0.9 0.9 0.9 1')
    _text(light, 'direction', '-0.4 0.3 -0.9')


def _building(world: ET.Element, name: str, blocks: Iterable[Block]) -> None:
    model = ET.SubElement(world, 'model', name=name)
    _text(model, 'static', 'true')
    link = ET.SubElement(model, 'link', name='link')
    for block in blocks:
        pose = _pose(block.at, block.yaw)
        _box(link, block.name, block.size, block.kind, pose=pose, solid=block.solid)


# --- what moves ------------------------------------------------------------------------------


def _door(world: ET.Element, door: SceneDoor, elevation: float, *, is_sim: bool) -> None:
    (x, y), yaw = door_frame(door)
    model = ET.SubElement(world, 'model', name=door.leaves[0].model)
    _text(model, 'pose', _pose((x, y, elevation), yaw))
    for part in leaves(door):
        _slider(model, part, 'world')
    if is_sim:
        _controllers(model, [(leaf.joint, leaf.speed) for leaf in door.leaves])


def _lift(world: ET.Element, lift: SceneLift, *, is_sim: bool) -> None:
    model = ET.SubElement(world, 'model', name=lift.cabin.model)
    _text(model, 'pose', _pose((*lift.at, lift.base), lift.yaw))
    link = ET.SubElement(model, 'link', name='cabin')
    _text(link, 'gravity', 'false')
    boxes = cabin(lift)
    _inertial(link, CAR_MASS, (boxes[0][2][0], boxes[0][2][1], CAR_HEIGHT))
    for name, at, size in boxes:
        _box(link, name, size, 'cabin', pose=_pose(at))
    limits = (0.0, lift.cabin.travel)
    speed, effort = lift.cabin.speed, lift.cabin.effort
    joint = (lift.cabin.joint, 'world', 'cabin')
    _prismatic(model, joint, (0.0, 0.0, 1.0), limits, effort=effort, speed=speed)
    parts = lift_doors(lift)
    for part in parts:
        _slider(model, part, 'cabin' if part.on_car else 'world')
    if is_sim:
        sliders = [lift.cabin, *(part.slider for part in parts)]
        _controllers(model, [(one.joint, one.speed) for one in sliders])


def _slider(model: ET.Element, part: Part, parent: str) -> None:
    """Write a leaf: a link, named as its joint is, with `_leaf` behind."""
    name = f'{part.slider.joint}_leaf'
    link = ET.SubElement(model, 'link', name=name)
    _text(link, 'pose', _pose(part.at))
    _text(link, 'gravity', 'false')
    _inertial(link, LEAF_MASS, part.size)
    _box(link, 'leaf', part.size, 'door')
    slider = part.slider
    axis = (part.axis[0], part.axis[1], 0.0)
    joint = (slider.joint, parent, name)
    limits = (0.0, slider.travel)
    _prismatic(model, joint, axis, limits, effort=slider.effort, speed=slider.speed)


def _robot(world: ET.Element, robot: SceneRobot, *, is_sim: bool) -> None:
    model = ET.SubElement(world, 'model', name=robot.model)
    _text(model, 'pose', _pose((*robot.at, robot.z), robot.yaw))
    base = ET.SubElement(model, 'link', name='base')
    _text(base, 'pose', _pose((0.0, 0.0, _BASE)))
    size = (robot.length, robot.width, 2 * (robot.height - _BASE))
    _inertial(base, robot.mass * (1 - 2 * _WHEEL_SHARE), size)
    _box(base, BODY, size, 'robot')
    caster = ET.Element('sphere')
    _text(caster, 'radius', _number(_CASTER))
    for name, end in (('caster_front', 1), ('caster_rear', -1)):
        at = (end * (robot.length / 2 - _CASTER_INSET), 0.0, _CASTER + _CASTER_GAP - _BASE)
        _shape(base, name, caster, 'wheel', pose=_pose(at), friction=0.0)
    if is_sim:
        sensor = ET.SubElement(base, 'sensor', name='bumper', type='contact')
        _text(sensor, 'update_rate', '0')
        contact = ET.SubElement(sensor, 'contact')
        _text(contact, 'collision', BODY)
        _text(contact, 'topic', f'/{robot.model}/contacts')
    for side, y in (('left', robot.track / 2), ('right', -robot.track / 2)):
        _wheel(model, robot, side, y)
    if is_sim:
        _drive(model, robot)


def _wheel(model: ET.Element, robot: SceneRobot, side: str, y: float) -> None:
    """Write a wheel: a ball, which touches the floor at one point; a cylinder turns less."""
    link = ET.SubElement(model, 'link', name=f'{side}_wheel')
    _text(link, 'pose', _pose((0.0, y, robot.radius)))
    width = 2 * robot.radius
    _inertial(link, robot.mass * _WHEEL_SHARE, (width, width, width))
    shape = ET.Element('sphere')
    _text(shape, 'radius', _number(robot.radius))
    _shape(link, 'wheel', shape, 'wheel', friction=1.0)
    joint = ET.SubElement(model, 'joint', name=f'{side}_joint', type='revolute')
    _text(joint, 'parent', 'base')
    _text(joint, 'child', f'{side}_wheel')
    axis = ET.SubElement(joint, 'axis')
    _text(axis, 'xyz', '0 1 0')


def _walker(world: ET.Element, walker: Walker, *, is_sim: bool) -> None:
    """Write a walker. Its body comes first: a model is where its first link is."""
    model = ET.SubElement(world, 'model', name=walker.model)
    _text(model, 'pose', _pose((*walker.at, walker.z)))
    body = ET.SubElement(model, 'link', name='body')
    _text(body, 'gravity', 'false')
    size = (walker.length, walker.width, walker.height)
    _inertial(body, 60.0, size)
    pose = _pose((0.0, 0.0, walker.height / 2), walker.yaw)
    if walker.kind == 'person':
        shape = ET.Element('cylinder')
        _text(shape, 'radius', _number(walker.length / 2))
        _text(shape, 'length', _number(walker.height))
        _shape(body, BODY, shape, walker.kind, pose=pose, friction=0.3)
    else:
        _box(body, BODY, size, walker.kind, pose=pose)
    carriage = ET.SubElement(model, 'link', name='carriage')
    _text(carriage, 'gravity', 'false')
    _inertial(carriage, 20.0, (0.3, 0.3, 0.3))
    limits = (-WALKER_REACH, WALKER_REACH)
    for joint, parent, child, across in (
        ('x', 'world', 'carriage', 0),
        ('y', 'carriage', 'body', 1),
    ):
        axis = (1.0 - across, float(across), 0.0)
        names = (joint, parent, child)
        _prismatic(model, names, axis, limits, effort=_WALKER_EFFORT, speed=WALKER_SPEED)
    if is_sim:
        _controllers(model, [('x', WALKER_SPEED), ('y', WALKER_SPEED)])


# --- gz sim's systems ------------------------------------------------------------------------


def _system(parent: ET.Element, file: str, name: str, **settings: str) -> ET.Element:
    plugin = ET.SubElement(
        parent, 'plugin', filename=f'gz-sim-{file}-system', name=f'gz::sim::systems::{name}'
    )
    for key, value in settings.items():
        _text(plugin, key, value)
    return plugin


def _controllers(model: ET.Element, sliders: Sequence[tuple[str, float]]) -> None:
    name = model.get('name')
    for joint, speed in sliders:
        _system(
            model,
            'joint-position-controller',
            'JointPositionController',
            joint_name=joint,
            topic=f'/{name}/{joint}/cmd_pos',
            use_velocity_commands='true',
            p_gain='10',
            cmd_max=_number(speed),
            cmd_min=_number(-speed),
        )
    topic = f'/{name}/joint_state'
    states = _system(model, 'joint-state-publisher', 'JointStatePublisher', topic=topic)
    for joint, _ in sliders:
        _text(states, 'joint_name', joint)


def _drive(model: ET.Element, robot: SceneRobot) -> None:
    _system(
        model,
        'diff-drive',
        'DiffDrive',
        left_joint='left_joint',
        right_joint='right_joint',
        wheel_separation=_number(robot.track),
        wheel_radius=_number(robot.radius),
        topic=f'/{robot.model}/cmd_vel',
        odom_topic=f'/{robot.model}/odom',
        tf_topic=f'/{robot.model}/tf',
        odom_publish_frequency='20',
        frame_id=f'{robot.model}/odom',
        child_frame_id=f'{robot.model}/base',
        max_linear_velocity=_number(MAX_SPEED),
        min_linear_velocity=_number(-MAX_SPEED),
        max_linear_acceleration=_number(ACCELERATION),
        min_linear_acceleration=_number(-ACCELERATION),
        max_angular_velocity=_number(MAX_TURN),
        min_angular_velocity=_number(-MAX_TURN),
        max_angular_acceleration=_number(TURN_ACCELERATION),
        min_angular_acceleration=_number(-TURN_ACCELERATION),
    )


# --- pieces of SDF ---------------------------------------------------------------------------


def _prismatic(
    model: ET.Element,
    names: tuple[str, str, str],
    axis: XYZ,
    limits: tuple[float, float],
    *,
    effort: float,
    speed: float,
) -> None:
    """Write a slider; `names` are its own, its parent's and its child's."""
    joint = ET.SubElement(model, 'joint', name=names[0], type='prismatic')
    _text(joint, 'parent', names[1])
    _text(joint, 'child', names[2])
    along = ET.SubElement(joint, 'axis')
    _text(along, 'xyz', ' '.join(map(_number, axis)))
    limit = ET.SubElement(along, 'limit')
    _text(limit, 'lower', _number(limits[0] - BEYOND))
    _text(limit, 'upper', _number(limits[1] + BEYOND))
    _text(limit, 'effort', _number(effort))
    _text(limit, 'velocity', _number(2 * speed))


def _inertial(link: ET.Element, mass: float, size: XYZ) -> None:
    """Write the mass of a box, evenly filled."""
    x, y, z = (one * one for one in size)
    inertial = ET.SubElement(link, 'inertial')
    _text(inertial, 'mass', _number(mass))
    inertia = ET.SubElement(inertial, 'inertia')
    for name, value in (('ixx', y + z), ('iyy', x + z), ('izz', x + y)):
        _text(inertia, name, _number(mass / 12 * value))


def _box(
    link: ET.Element, name: str, size: XYZ, kind: str, *, pose: str = '', solid: bool = True
) -> None:
    box = ET.Element('box')
    _text(box, 'size', ' '.join(map(_number, size)))
    _shape(link, name, box, kind, pose=pose, solid=solid)


def _shape(
    link: ET.Element,
    name: str,
    shape: ET.Element,
    kind: str,
    *,
    pose: str = '',
    friction: float | None = None,
    solid: bool = True,
) -> None:
    """Write what is touched, and what is seen: the same shape in the colour of its kind."""
    if solid:
        collision = ET.SubElement(link, 'collision', name=name)
        _at(collision, shape, pose)
        if friction is not None:
            surface = ET.SubElement(ET.SubElement(collision, 'surface'), 'friction')
            ode = ET.SubElement(surface, 'ode')
            _text(ode, 'mu', _number(friction))
            _text(ode, 'mu2', _number(friction))
    visual = ET.SubElement(link, 'visual', name=f'{name}_seen')
    _at(visual, shape, pose)
    _text(ET.SubElement(visual, 'material'), 'diffuse', COLOURS[kind])


def _at(parent: ET.Element, shape: ET.Element, pose: str) -> None:
    if pose:
        _text(parent, 'pose', pose)
    ET.SubElement(parent, 'geometry').append(shape)


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text


def _pose(at: XYZ, yaw: float = 0.0) -> str:
    return ' '.join(map(_number, (*at, 0.0, 0.0, yaw)))


def _number(value: float) -> str:
    """Return a number to a tenth of a millimetre, without zeros that say nothing."""
    text = f'{value:.4f}'.rstrip('0').rstrip('.')
    return '0' if text == '-0' else text


#: What is written over several lines; all else is one line.
_LONG: Final = frozenset({'sdf', 'world', 'model', 'link'})


def _lines(element: ET.Element, depth: int) -> None:
    if element.tag not in _LONG or not len(element):
        return
    element.text = '\n' + ' ' * (depth + 1)
    for child in element:
        _lines(child, depth + 1)
        child.tail = '\n' + ' ' * (depth + 1)
    element[-1].tail = '\n' + ' ' * depth
