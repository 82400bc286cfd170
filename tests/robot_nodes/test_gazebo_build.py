"""Worlds made from maps: what stands where, and that robots on their lanes touch nothing."""

from __future__ import annotations

import dataclasses
import itertools
import math
from functools import cache
from pathlib import Path

import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.domain.ids import DoorId, FloorId, LiftId, NodeId, RobotId
from fleet_manager.domain.maps.model import Hospital, Name, RobotType
from robot_nodes.gazebo.build import SceneError, build_scene
from robot_nodes.gazebo.parts import Part, cabin, door_frame, leaves, lift_doors
from robot_nodes.gazebo.plan_frame import Frame, footprint
from robot_nodes.gazebo.scene import Block, Scene, SceneLift, WalkerSpec
from robot_nodes.gazebo.ways import types_at, types_on
from tests.hospitals import two_floors

MAPS = Path(__file__).parents[2] / 'maps'
#: Metres that everything keeps from robots.
CLEAR = 0.02
#: Heights above a floor between which a robot is.
ROBOT = (0.02, 0.34)
#: The chosen floors of each hospital; of the general one those of a tower.
WORLDS = {'small_hospital': (), 'clinic': (), 'general_hospital': ('B1', 'F4', 'F5')}
L1, L2, L3 = FloorId('L1'), FloorId('L2'), FloorId('L3')


@cache
def hospital(name: str) -> Hospital:
    return load_hospital(MAPS / name)


@cache
def scene(name: str) -> Scene:
    return build_scene(hospital(name), floors=[FloorId(floor) for floor in WORLDS[name]])


def standing(world: Scene, elevation: float, heights: tuple[float, float]) -> list[Block]:
    """Return what stands in the way between two heights above a floor."""
    low, high = elevation + heights[0], elevation + heights[1]
    return [
        block
        for block in world.blocks
        if block.solid and abs(block.at[2] - (low + high) / 2) < (block.size[2] + high - low) / 2
    ]


def driven(place: Hospital, floor: FloorId) -> list[tuple[str, BaseGeometry]]:
    """Return what robots cover on a floor: strips of lanes and ways into cars, turning circles."""
    found: list[tuple[str, BaseGeometry]] = []
    for lane in place.lanes.values():
        if lane.floor == floor:
            a, b = place.nodes[lane.a], place.nodes[lane.b]
            line = [(a.x, a.y), *((p.x, p.y) for p in lane.via), (b.x, b.y)]
            widest = max(one.width for one in types_on(place, lane))
            strip = shapely.LineString(line).buffer(widest / 2, cap_style='flat')
            found.append((lane.id, strip))
            reach = max(math.hypot(one.length, one.width) / 2 for one in types_on(place, lane))
            found += [(f'{lane.id} via', shapely.Point(at).buffer(reach)) for at in line]
    for lift in place.lifts.values():
        for stop in lift.stops:
            if stop.floor == floor:
                for cell in (place.nodes[stop.wait], place.nodes[stop.exit]):
                    widest = max(one.width for one in types_at(place, cell.id))
                    line = [(cell.x, cell.y), (lift.at.x, lift.at.y)]
                    strip = shapely.LineString(line).buffer(widest / 2, cap_style='flat')
                    found.append((f'{lift.id} from {cell.id}', strip))
    return found


def swept(
    part: Part, frame: Frame, *, start: float = 0.0, end: float | None = None
) -> BaseGeometry:
    """Return what a leaf covers on the plan between two positions of its joint."""
    end = part.slider.travel if end is None else end
    boxes = []
    for gone in (start, end):
        x, y = part.at[0] + part.axis[0] * gone, part.at[1] + part.axis[1] * gone
        u, v = part.size[0] / 2, part.size[1] / 2
        boxes.append(frame.area(x - u, x + u, y - v, y + v))
    return shapely.union_all(boxes).convex_hull


def car(lift: SceneLift) -> Frame:
    return Frame(lift.at, lift.yaw)


@pytest.mark.slow
@pytest.mark.parametrize('name', WORLDS)
def test_a_robot_on_its_way_keeps_clear_of_all_that_stands(name: str) -> None:
    place, world = hospital(name), scene(name)
    tight = []
    for floor, elevation in world.floors.items():
        blocks = standing(world, elevation, ROBOT)
        tree = shapely.STRtree([footprint(block) for block in blocks])
        for what, area in driven(place, floor):
            for index in tree.query(area.buffer(CLEAR - 1e-6), predicate='intersects'):
                gap = area.distance(tree.geometries[index])
                tight.append(f'{floor} {what}: {gap:.3f} m from {blocks[index].name}')
    assert tight == []


@pytest.mark.thorough
@pytest.mark.parametrize('name', WORLDS)
def test_an_open_door_leaves_the_way_free(name: str) -> None:
    place, world = hospital(name), scene(name)
    for floor in world.floors:
        ways = shapely.union_all([area for _, area in driven(place, floor)])
        for door in world.doors.values():
            if door.floor == floor:
                for part in leaves(door):
                    leaf = swept(part, Frame(*door_frame(door)), start=part.slider.travel)
                    assert leaf.distance(ways) >= CLEAR, door.id
        for lift in world.lifts.values():
            if floor in lift.landings:
                landing = lift.landings[floor]
                for part in lift_doors(lift):
                    if part.slider in (landing.car, landing.shaft):
                        leaf = swept(part, car(lift), start=part.slider.travel)
                        assert leaf.distance(ways) >= CLEAR, (lift.id, floor)


@pytest.mark.thorough
@pytest.mark.parametrize('name', WORLDS)
def test_leaves_meet_nothing_on_their_way(name: str) -> None:
    world = scene(name)
    for floor, elevation in world.floors.items():
        blocks = standing(world, elevation, (0.03, 1.9))
        tree = shapely.STRtree([footprint(block) for block in blocks])
        moving = [
            (part, Frame(*door_frame(door)))
            for door in world.doors.values()
            if door.floor == floor
            for part in leaves(door)
        ]
        for lift in world.lifts.values():
            landing = lift.landings.get(floor)
            moving += [
                (part, car(lift))
                for part in lift_doors(lift)
                if landing is not None and part.slider in (landing.car, landing.shaft)
            ]
        for part, frame in moving:
            met = tree.query(swept(part, frame, end=part.slider.travel + 0.05), 'intersects')
            assert [blocks[index].name for index in met] == [], (floor, part.slider)


@pytest.mark.parametrize('name', WORLDS)
def test_a_car_rides_past_all_floors_and_has_a_sill_of_three_centimetres(name: str) -> None:
    world = scene(name)
    for lift in world.lifts.values():
        _, at, size = cabin(lift)[0]
        u, v = size[0] / 2, size[1] / 2
        floor = car(lift).area(at[0] - u, at[0] + u, at[1] - v, at[1] + v)
        top = lift.base + lift.cabin.travel
        for block in world.blocks:
            if block.solid and lift.base - 0.3 < block.at[2] + block.size[2] / 2 < top + 3.0:
                gap = footprint(block).distance(floor)
                assert gap >= 0.03 - 1e-6, (lift.id, block.name)
        for landing in lift.landings.values():
            slabs = [
                footprint(block)
                for block in world.blocks
                if block.kind == 'slab'
                and block.at[2] + block.size[2] / 2 == pytest.approx(landing.elevation)
            ]
            middle = shapely.LineString(landing.line).centroid
            sill = min(slab.distance(floor) for slab in slabs)
            assert sill == pytest.approx(0.03, abs=1e-3)
            assert min(slab.distance(middle) for slab in slabs) < 0.1


@pytest.mark.parametrize('name', WORLDS)
def test_wherever_robots_drive_there_is_a_floor_at_its_true_height(name: str) -> None:
    place, world = hospital(name), scene(name)
    for floor, elevation in world.floors.items():
        assert elevation == place.floors[floor].elevation
        slabs = [
            footprint(block)
            for block in world.blocks
            if block.kind == 'slab'
            and block.at[2] + block.size[2] / 2 == pytest.approx(elevation, abs=1e-9)
        ]
        ground = shapely.union_all(slabs, grid_size=1e-6).buffer(1e-5)
        lanes = {lane for lane in place.lanes if place.lanes[lane].floor == floor}
        for what, area in driven(place, floor):
            if what in lanes:
                assert ground.covers(area), what


@pytest.mark.parametrize('name', WORLDS)
def test_a_robot_that_has_driven_into_a_car_can_turn_there(name: str) -> None:
    place, world = hospital(name), scene(name)
    for lift in world.lifts.values():
        cells = [place.lifts[lift.id].stop(floor).wait for floor in lift.landings]
        types = [one for cell in cells for one in types_at(place, cell)]
        circle = shapely.Point(lift.at).buffer(
            max(math.hypot(one.length, one.width) / 2 for one in types)
        )
        for wall, at, size in cabin(lift)[1:]:
            u, v = size[0] / 2, size[1] / 2
            box = car(lift).area(at[0] - u, at[0] + u, at[1] - v, at[1] + v)
            assert circle.distance(box) >= CLEAR, (lift.id, wall)
        for part in lift_doors(lift):
            assert circle.distance(swept(part, car(lift), end=0.0)) >= CLEAR


@pytest.mark.slow
@pytest.mark.parametrize('name', WORLDS)
def test_nobody_gets_past_a_shut_door(name: str) -> None:
    world = scene(name)
    for door in world.doors.values():
        frame = Frame(*door_frame(door))
        elevation = world.floors[door.floor]
        solid = [footprint(block) for block in standing(world, elevation, ROBOT)]
        shut = [swept(part, frame, end=0.0) for part in leaves(door)]
        half = math.dist(*door.line) / 2
        around = frame.area(-half - 0.5, half + 0.5, -0.5, 0.5)
        thin = shapely.union_all([*solid, *shut]).buffer(0.2)
        one_side, other_side = (
            shapely.LineString([frame.point(-half, v), frame.point(half, v)]) for v in (-0.5, 0.5)
        )
        ways = [
            part
            for part in shapely.get_parts(around.difference(thin))
            if part.distance(one_side) < 1e-6 and part.distance(other_side) < 1e-6
        ]
        assert ways == [], door.id


def test_rooms_are_closed_and_corridors_are_open() -> None:
    world = scene('small_hospital')
    walls = shapely.union_all([footprint(b) for b in standing(world, 0.0, ROBOT)])
    into_the_kitchen = shapely.LineString([(3.0, 8.4), (3.0, 4.0)])
    along_the_corridor = shapely.LineString([(1.0, 8.4), (59.0, 8.4)])
    into_the_hatch = shapely.LineString([(6.6, 8.4), (6.6, 6.0)])
    assert into_the_kitchen.intersects(walls)
    assert not along_the_corridor.intersects(walls)
    assert not into_the_hatch.intersects(walls)


def test_stations_and_chargers_stand_at_their_nodes() -> None:
    place, world = hospital('small_hospital'), scene('small_hospital')
    for kind, nodes in (
        ('station', [place.nodes[one.node] for one in place.stations.values()]),
        ('charger', [one for one in place.nodes.values() if one.kind == 'charger']),
    ):
        furniture = [block for block in world.blocks if block.kind == kind]
        assert len(furniture) == len(nodes)
        for node in nodes:
            floor = world.floors[node.floor]
            near = [
                block
                for block in furniture
                if math.dist(block.at[:2], (node.x, node.y)) < 1.2 and 0 < block.at[2] - floor < 1
            ]
            assert len(near) == 1, node.id


def test_manual_doors_stand_open_and_automatic_ones_have_leaves() -> None:
    place, world = hospital('clinic'), scene('clinic')
    assert set(world.doors) == set(place.automatic_doors)
    elevation = world.floors[L1]
    solid = shapely.union_all([footprint(b) for b in standing(world, elevation, ROBOT)])
    for door in place.doors.values():
        if door.floor == L1 and not door.automatic:
            assert solid.distance(shapely.Point(door.at.x, door.at.y)) > 0.2, door.id


def test_wide_doors_have_two_leaves_that_open_apart() -> None:
    door = scene('small_hospital').doors[DoorId('L2.west-ward')]
    assert [leaf.travel for leaf in door.leaves] == pytest.approx([0.92, 0.92])
    assert [leaf.effort for leaf in door.leaves] == [150.0, 150.0]
    first, second = leaves(door)
    assert first.at[0] > 0 > second.at[0]
    assert first.axis[0] > 0 > second.axis[0]


def test_some_levels_of_a_hospital_have_their_landings_and_true_heights() -> None:
    world = build_scene(hospital('small_hospital'), floors=[L3, L1])
    assert world.floors == {L1: 0.0, L3: 8.4}
    lift = world.lifts[LiftId('A')]
    assert (lift.base, lift.cabin.travel) == (0.0, 8.4)
    assert list(lift.landings) == [L1, L3]
    assert set(world.robots) == {
        robot
        for robot, spec in hospital('small_hospital').robots.items()
        if spec.home.startswith(('L1.', 'L3.'))
    }
    assert {door.floor for door in world.doors.values()} == {L3}


def test_a_single_level_has_no_lifts_and_its_shafts_are_walls() -> None:
    world = build_scene(hospital('small_hospital'), floors=[L2])
    assert not world.lifts
    solid = shapely.union_all([footprint(b) for b in standing(world, world.floors[L2], ROBOT)])
    assert solid.intersects(shapely.LineString([(21.0, 10.0), (21.0, 12.3)]))


def test_robots_are_as_their_types_are() -> None:
    place = hospital('small_hospital')
    heavy = RobotType('heavy', Name('重', 'Heavy'), 0.7, 0.55, 0.46, mass=180.0)
    robots = dict(place.robots)
    robots[RobotId('r2')] = dataclasses.replace(robots[RobotId('r2')], type='heavy')
    types = {**place.types, 'heavy': heavy}
    world = build_scene(dataclasses.replace(place, robots=robots, types=types))
    one, other = world.robots[RobotId('r1')], world.robots[RobotId('r2')]
    assert (one.length, one.width, one.mass, one.track) == (0.6, 0.5, 100.0, 0.3)
    assert (other.length, other.width, other.mass) == (0.7, 0.55, 180.0)
    assert other.track == pytest.approx(0.35)
    assert other.track / 2 + other.radius <= other.width / 2
    home = place.nodes[place.robots[RobotId('r1')].home]
    assert (one.floor, one.at, one.z) == (home.floor, (home.x, home.y), 0.0)


def rear_exit() -> Hospital:
    """Return two floors whose lift is left by its rear door upstairs."""
    place = two_floors()
    nodes = dict(place.nodes)
    for name in ('F2.A-wait', 'F2.A-exit'):
        node = nodes[NodeId(name)]
        nodes[node.id] = dataclasses.replace(node, y=-8.0 - node.y)
    lift = place.lifts[LiftId('A')]
    stops = (lift.stops[0], dataclasses.replace(lift.stops[1], door='rear'))
    lifts = {lift.id: dataclasses.replace(lift, stops=stops)}
    return dataclasses.replace(place, nodes=nodes, lifts=lifts)


def test_a_lift_with_a_rear_door_has_a_door_on_each_side() -> None:
    world = build_scene(rear_exit())
    lift = world.lifts[LiftId('A')]
    down, up = lift.landings.values()
    assert down.car.joint != up.car.joint
    assert {part.slider.joint for part in lift_doors(lift) if part.on_car} == {
        down.car.joint,
        up.car.joint,
    }
    for landing, side in ((down, 1), (up, -1)):
        middle = shapely.LineString(landing.line).centroid
        assert (middle.y - lift.at[1]) * side > 0
        blocks = standing(world, landing.elevation, ROBOT)
        solid = shapely.union_all([footprint(block) for block in blocks])
        out = shapely.LineString([lift.at, (lift.at[0], lift.at[1] + side * 2.0)])
        back = shapely.LineString([lift.at, (lift.at[0], lift.at[1] - side * 2.0)])
        assert not out.intersects(solid)
        assert back.intersects(solid)


def test_a_car_that_stands_askew_has_its_cage_turned() -> None:
    lift = scene('clinic').lifts[LiftId('lift_25')]
    x0, y0, x1, y1 = lift.cage
    assert (x1 - x0, y1 - y0) == pytest.approx((2.5, 3.0))
    assert abs(lift.yaw) == pytest.approx(math.pi / 4, abs=0.01)
    # Its corner is inside the box that is not turned, but not inside the car.
    assert not lift.holds((x0 + 0.05, y0 + 0.05))
    assert lift.holds(lift.at)


def test_people_and_beds_are_put_where_they_are_told() -> None:
    specs = [
        WalkerSpec('visitor', 'person', L2, (10.0, 8.4)),
        WalkerSpec('bed-7', 'bed', L1, (20.0, 8.4), 1.57),
    ]
    person, bed = build_scene(hospital('small_hospital'), walkers=specs).walkers
    assert (person.model, person.length, person.at) == ('visitor', 0.5, (10.0, 8.4))
    assert person.z == pytest.approx(4.5 + 0.05)
    assert (bed.model, bed.length, bed.width, bed.yaw) == ('bed_7', 2.1, 0.9, 1.57)


@pytest.mark.parametrize(
    ('how', 'said'),
    [
        ({'floors': [FloorId('L9')]}, 'small-hospital has no level L9: choose of L1, L2, L3'),
        ({'robots': [RobotId('r99')]}, 'small-hospital has no robot r99'),
        (
            {'floors': [L1], 'robots': [RobotId('r7')]},
            'robot r7 starts on L2: choose this level too',
        ),
        (
            {'floors': [L1], 'walkers': [WalkerSpec('p', 'person', L2, (0.0, 0.0))]},
            'p is on L2: choose this level too',
        ),
        (
            {'walkers': [WalkerSpec('p', 'dog', L1, (0.0, 0.0))]},
            'p is a dog: choose of person, bed',
        ),
        (
            {
                'walkers': [
                    WalkerSpec('p', 'person', L1, (9.0, 8.4)),
                    WalkerSpec('p', 'person', L1, (9.0, 15.6)),
                ]
            },
            'two things would be called p: give one of them another id',
        ),
    ],
)
def test_a_world_that_cannot_be_is_refused_in_one_sentence(
    how: dict[str, object], said: str
) -> None:
    with pytest.raises(SceneError) as caught:
        build_scene(hospital('small_hospital'), **how)  # type: ignore[arg-type]
    assert str(caught.value) == said


def test_a_lift_with_one_landing_among_several_levels_is_refused() -> None:
    place = hospital('small_hospital')
    lift = place.lifts[LiftId('A')]
    lifts = {**place.lifts, lift.id: dataclasses.replace(lift, stops=lift.stops[1:])}
    with pytest.raises(SceneError, match='lift A stops at L2 only of the chosen levels'):
        build_scene(dataclasses.replace(place, lifts=lifts), floors=[L1, L2])


def test_names_of_models_are_fit_for_topics_and_unlike_each_other() -> None:
    for name in WORLDS:
        world = scene(name)
        names = [
            *{block.model for block in world.blocks},
            *(door.leaves[0].model for door in world.doors.values()),
            *(lift.cabin.model for lift in world.lifts.values()),
            *(robot.model for robot in world.robots.values()),
        ]
        assert len(set(names)) == len(names)
        assert all(model.replace('_', '').isalnum() and model.isascii() for model in names)
        per_model = sorted((block.model, block.name) for block in world.blocks)
        assert all(one != other for one, other in itertools.pairwise(per_model))


def test_a_hospital_without_a_floor_is_refused() -> None:
    with pytest.raises(SceneError, match='small-hospital has no floor'):
        build_scene(dataclasses.replace(hospital('small_hospital'), floors={}))
