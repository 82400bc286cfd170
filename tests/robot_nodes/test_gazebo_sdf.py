"""Worlds as SDF: only elements we know, joints and masses that engines can bear."""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.domain.ids import FloorId, HospitalId, RobotId
from robot_nodes.gazebo.build import build_scene
from robot_nodes.gazebo.scene import Scene, WalkerSpec
from robot_nodes.gazebo.sdf import to_sdf

ROOT = Path(__file__).parents[2]
ENGINES = ('classic', 'sim')
#: Every element that may be in a world, below the ones it may be in. Checkers of SDF call a
#: misspelt element valid and engines ignore it, so this list is our own.
ALLOWED = {
    'sdf': {'world'},
    'world': {'physics', 'plugin', 'light', 'model'},
    'physics': {'max_step_size', 'real_time_factor', 'real_time_update_rate', 'ode'},
    'ode': {'solver', 'constraints', 'mu', 'mu2'},
    'solver': {'type'},
    'constraints': {'cfm', 'erp'},
    'light': {'pose', 'diffuse', 'direction'},
    'model': {'static', 'pose', 'link', 'joint', 'plugin'},
    'link': {'pose', 'gravity', 'inertial', 'collision', 'visual', 'sensor'},
    'inertial': {'mass', 'inertia'},
    'inertia': {'ixx', 'iyy', 'izz'},
    'collision': {'pose', 'geometry', 'surface'},
    'visual': {'pose', 'geometry', 'material'},
    'geometry': {'box', 'cylinder', 'sphere'},
    'box': {'size'},
    'cylinder': {'radius', 'length'},
    'sphere': {'radius'},
    'surface': {'friction'},
    'friction': {'ode'},
    'material': {'diffuse'},
    'sensor': {'update_rate', 'contact'},
    'contact': {'collision', 'topic'},
    'joint': {'parent', 'child', 'axis'},
    'axis': {'xyz', 'limit'},
    'limit': {'lower', 'upper', 'effort', 'velocity'},
}
#: What each plugin may be told, by its file.
PLUGINS = {
    'libfleet_bridge.so': {'port'},
    'gz-sim-physics-system': set(),
    'gz-sim-user-commands-system': set(),
    'gz-sim-scene-broadcaster-system': {'dynamic_pose_hertz'},
    'gz-sim-contact-system': set(),
    'gz-sim-joint-state-publisher-system': {'topic', 'joint_name'},
    'gz-sim-joint-position-controller-system': {
        *('joint_name', 'topic', 'use_velocity_commands', 'p_gain', 'cmd_max', 'cmd_min'),
    },
    'gz-sim-diff-drive-system': {
        *('left_joint', 'right_joint', 'wheel_separation', 'wheel_radius', 'topic'),
        *('odom_topic', 'tf_topic', 'odom_publish_frequency', 'frame_id', 'child_frame_id'),
        *('max_linear_velocity', 'min_linear_velocity', 'max_angular_velocity'),
        *('min_angular_velocity', 'max_linear_acceleration', 'min_linear_acceleration'),
        *('max_angular_acceleration', 'min_angular_acceleration'),
    },
}


@cache
def scene() -> Scene:
    walkers = [
        WalkerSpec('visitor', 'person', FloorId('L1'), (10.0, 8.4)),
        WalkerSpec('bed', 'bed', FloorId('L1'), (20.0, 8.4), 0.5),
    ]
    return build_scene(load_hospital(ROOT / 'maps' / 'small_hospital'), walkers=walkers)


@cache
def text(engine: str) -> str:
    return to_sdf(scene(), engine=engine, port=11_500)


def world(engine: str) -> ET.Element:
    found = ET.fromstring(text(engine)).find('world')
    assert found is not None
    return found


def numbers(element: ET.Element, path: str) -> list[float]:
    return [float(word) for word in (element.findtext(path) or '').split()]


def unknown(element: ET.Element) -> list[str]:
    """Return the elements below that no list has."""
    if element.tag == 'plugin':
        allowed = PLUGINS[element.get('filename', '')]
    else:
        allowed = ALLOWED.get(element.tag, set())
    found = [f'{element.tag}/{child.tag}' for child in element if child.tag not in allowed]
    for child in element:
        found += unknown(child)
    return found


@pytest.mark.parametrize('engine', ENGINES)
def test_a_world_has_only_elements_that_are_known(engine: str) -> None:
    assert unknown(ET.fromstring(text(engine))) == []


@pytest.mark.slow
@pytest.mark.parametrize('file', sorted((ROOT / 'gazebo_worlds').glob('*.sdf')), ids=str)
def test_a_committed_world_has_only_elements_that_are_known(file: Path) -> None:
    root = ET.parse(file).getroot()
    assert root.get('version') == '1.7'
    assert unknown(root) == []


def test_a_misspelt_element_is_found() -> None:
    wrong = text('sim').replace('<real_time_factor>', '<realtime_factor>')
    wrong = wrong.replace('</real_time_factor>', '</realtime_factor>')
    assert unknown(ET.fromstring(wrong)) == ['physics/realtime_factor']


@pytest.mark.parametrize('engine', ENGINES)
def test_the_same_scene_gives_the_same_text(engine: str) -> None:
    assert to_sdf(scene(), engine=engine, port=11_500) == text(engine)


@pytest.mark.parametrize('engine', ENGINES)
def test_siblings_have_names_of_their_own(engine: str) -> None:
    """Links, joints and plugins of a model share their names' space in SDF 1.7."""
    for element in world(engine).iter():
        names = [child.get('name') for child in element if child.tag != 'plugin']
        names = [name for name in names if name is not None]
        assert len(names) == len(set(names)), element.get('name')


def test_gazebo_11_gets_the_plugin_with_its_port_and_no_other() -> None:
    plugins = list(world('classic').iter('plugin'))
    assert [(one.get('filename'), one.findtext('port')) for one in plugins] == [
        ('libfleet_bridge.so', '11500')
    ]
    assert 'plugin' not in to_sdf(scene(), engine='classic')


def test_gz_sim_gets_its_systems_and_a_controller_for_each_slider() -> None:
    found = world('sim')
    systems = {one.get('filename') for one in found.findall('plugin')}
    assert systems == {
        'gz-sim-physics-system',
        'gz-sim-user-commands-system',
        'gz-sim-scene-broadcaster-system',
        'gz-sim-contact-system',
    }
    for model in found.findall('model'):
        sliders = {
            joint.get('name') for joint in model.iter('joint') if joint.get('type') == 'prismatic'
        }
        controlled = {
            one.findtext('joint_name')
            for one in model.findall('plugin')
            if one.get('filename') == 'gz-sim-joint-position-controller-system'
        }
        assert controlled == sliders
    for robot in scene().robots.values():
        model = found.find(f"model[@name='{robot.model}']")
        assert model is not None
        topics = [one.findtext('topic') for one in model.iter() if one.find('topic') is not None]
        assert topics == [f'/{robot.model}/contacts', f'/{robot.model}/cmd_vel']


@pytest.mark.parametrize('engine', ENGINES)
def test_joints_may_go_a_little_beyond_their_way(engine: str) -> None:
    found = world(engine)
    ways = {
        (leaf.model, leaf.joint): (leaf.travel, leaf.effort)
        for door in scene().doors.values()
        for leaf in door.leaves
    }
    for lift in scene().lifts.values():
        sliders = [lift.cabin]
        for landing in lift.landings.values():
            sliders += [landing.car, landing.shaft]
        ways |= {(one.model, one.joint): (one.travel, one.effort) for one in sliders}
    for (model, joint), (travel, effort) in ways.items():
        limit = found.find(f"model[@name='{model}']/joint[@name='{joint}']/axis/limit")
        assert limit is not None, joint
        assert numbers(limit, 'lower') == [-0.1]
        assert numbers(limit, 'upper') == pytest.approx([travel + 0.1], abs=1e-4)
        assert numbers(limit, 'effort') == [effort]


@pytest.mark.parametrize('engine', ENGINES)
def test_a_robot_weighs_what_its_type_does_and_no_part_weighs_ten_times_another(
    engine: str,
) -> None:
    found = world(engine)
    for robot in scene().robots.values():
        model = found.find(f"model[@name='{robot.model}']")
        assert model is not None
        masses = [numbers(link, 'inertial/mass')[0] for link in model.findall('link')]
        assert sum(masses) == pytest.approx(robot.mass)
        assert max(masses) / min(masses) < 10
        assert [link.get('name') for link in model.findall('link')] == [
            'base',
            'left_wheel',
            'right_wheel',
        ]
        assert {joint.get('name') for joint in model.findall('joint')} == {
            'left_joint',
            'right_joint',
        }
        base = model.find('link')
        assert base is not None
        names = [one.get('name') for one in base.findall('collision')]
        assert names == ['body', 'caster_front', 'caster_rear']


@pytest.mark.parametrize('engine', ENGINES)
def test_wheels_are_balls_that_do_not_stick_out(engine: str) -> None:
    found = world(engine)
    for robot in scene().robots.values():
        for side in ('left', 'right'):
            link = found.find(f"model[@name='{robot.model}']/link[@name='{side}_wheel']")
            assert link is not None
            (radius,) = numbers(link, 'collision/geometry/sphere/radius')
            assert abs(numbers(link, 'pose')[1]) + radius <= robot.width / 2


@pytest.mark.thorough
@pytest.mark.parametrize('engine', ENGINES)
def test_all_that_stands_is_one_static_model_a_floor_and_a_shaft(engine: str) -> None:
    found = world(engine)
    static = {one.get('name') for one in found.findall('model') if one.findtext('static')}
    assert static == {'floor_L1', 'floor_L2', 'floor_L3', 'shaft_lift_A', 'shaft_lift_B'}


def test_steps_and_pace_are_those_asked_for() -> None:
    fast = ET.fromstring(to_sdf(scene(), engine='sim', dt=0.005)).find('world/physics')
    real = ET.fromstring(to_sdf(scene(), engine='classic', pace=1.0)).find('world/physics')
    assert fast is not None
    assert real is not None
    assert numbers(fast, 'max_step_size') == [0.005]
    assert numbers(fast, 'real_time_factor') == [0.0]
    assert numbers(real, 'real_time_factor') == [1.0]
    assert numbers(real, 'real_time_update_rate') == [100.0]


def test_ids_with_signs_do_not_break_the_file() -> None:
    place = load_hospital(ROOT / 'maps' / 'small_hospital')
    odd = RobotId('<r&"1">')
    robots = {odd: dataclasses.replace(place.robots[RobotId('r1')], id=odd)}
    place = dataclasses.replace(place, id=HospitalId('a <b> & "c"'), robots=robots)
    found = ET.fromstring(to_sdf(build_scene(place), engine='sim')).find('world')
    assert found is not None
    assert found.get('name') == 'a__b_____c_'
    assert found.find("model[@name='robot__r__1__']") is not None


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ValueError, match='there is no engine webots that reads SDF'):
        to_sdf(scene(), engine='webots')
