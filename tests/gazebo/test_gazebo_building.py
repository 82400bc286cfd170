"""Worlds of the shipped maps in real engines: doors slide, cars ride, a robot gets in and out."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.domain.ids import FloorId, LiftId, RobotId
from fleet_manager.domain.maps.model import Hospital
from robot_nodes.gazebo.build import build_scene
from robot_nodes.gazebo.engine import Engine, Snapshot
from robot_nodes.gazebo.engines import PHYSICS, Found, available, open_engine
from robot_nodes.gazebo.scene import Landing, Scene, SceneLift, Slider

pytestmark = pytest.mark.gazebo

MAPS = Path(__file__).parents[2] / 'maps'
DT = 0.01


@functools.cache
def found() -> dict[str, Found]:
    return {one.name: one for one in available()}


@pytest.fixture(params=PHYSICS)
def name(request: pytest.FixtureRequest) -> str:
    """An engine with physics that this machine has."""
    wanted: str = request.param
    if not found()[wanted].present:
        pytest.skip(f'{wanted}: {found()[wanted].about}')
    return wanted


class House:
    """A world in an engine. `touched` are all contacts there were."""

    def __init__(self, scene: Scene, engine: Engine) -> None:
        self.scene, self.engine = scene, engine
        self.touched: set[tuple[str, str]] = set()
        self.now = engine.start()
        for lift in scene.lifts.values():
            self.slide(lift.cabin, 0.0)
        self.wait(0.5)

    def slide(self, slider: Slider, to: float) -> None:
        self.engine.slide(slider.model, slider.joint, to=to, speed=slider.speed)

    def wait(self, seconds: float) -> Snapshot:
        for _ in range(math.ceil(seconds)):
            self.now = self.engine.step(round(seconds / math.ceil(seconds) / DT))
            self.touched |= {(one.first, one.second) for one in self.now.contacts}
        return self.now

    def open(self, landing: Landing, *, share: float) -> None:
        """Open or shut a landing, and wait for it."""
        for slider in (landing.car, landing.shaft):
            self.slide(slider, share * slider.travel)
        self.wait(landing.car.travel / landing.car.speed + 1.0)

    def ride(self, lift: SceneLift, floor: FloorId) -> None:
        way = lift.landings[floor].elevation - lift.base
        self.slide(lift.cabin, way)
        self.wait(lift.cabin.travel / lift.cabin.speed + 2.0)
        assert self.position(lift.cabin) == pytest.approx(way, abs=0.005)

    def position(self, slider: Slider) -> float:
        return self.now.joints[slider.model, slider.joint].position


@pytest.fixture
def engines() -> Iterator[list[Engine]]:
    opened: list[Engine] = []
    yield opened
    for engine in opened:
        engine.close()


@functools.cache
def hospital(folder: str) -> Hospital:
    return load_hospital(MAPS / folder)


@pytest.mark.parametrize('folder', ['small_hospital', 'clinic'])
def test_robots_stand_doors_open_and_shut_and_nothing_touches_anything(
    folder: str, name: str, engines: list[Engine], tmp_path: Path
) -> None:
    scene = build_scene(hospital(folder))
    engines.append(open_engine(name, scene, folder=tmp_path))
    house = House(scene, engines[0])
    leaves = [leaf for door in scene.doors.values() for leaf in door.leaves]
    for lift in scene.lifts.values():
        leaves += [landing.shaft for landing in lift.landings.values()]
    for share in (1.0, 0.0):
        for leaf in leaves:
            house.slide(leaf, share * leaf.travel)
        house.wait(5.0)
        for leaf in leaves:
            assert house.position(leaf) == pytest.approx(share * leaf.travel, abs=0.01), leaf
    for robot in scene.robots.values():
        pose = house.now.poses[robot.model]
        assert math.dist((pose.x, pose.y, pose.z), (*robot.at, robot.z)) < 0.01
    assert house.touched == set()


@pytest.mark.parametrize(
    ('folder', 'which', 'low', 'high'),
    [
        ('small_hospital', 'A', 'L1', 'L3'),
        ('small_hospital', 'B', 'L2', 'L3'),
        ('clinic', 'lift_25', 'L1', 'L2'),
    ],
)
def test_a_robot_drives_into_a_car_rides_and_drives_out(
    folder: str, which: str, low: str, high: str, name: str, engines: list[Engine], tmp_path: Path
) -> None:
    place, down, up = hospital(folder), FloorId(low), FloorId(high)
    robot = next(iter(place.robots))
    cell = place.nodes[place.lifts[LiftId(which)].stop(down).exit]
    scene = at_cell(build_scene(place), robot, down, (cell.x, cell.y), LiftId(which))
    body = scene.robots[robot]
    lift = scene.lifts[LiftId(which)]
    engines.append(open_engine(name, scene, folder=tmp_path))
    house = House(scene, engines[0])
    house.ride(lift, down)
    house.open(lift.landings[down], share=1.0)
    way, speed = math.dist(body.at, lift.at), 0.4
    house.engine.drive(body.model, ahead=speed, turn=0.0)
    house.wait(way / speed)
    house.engine.drive(body.model, ahead=0.0, turn=0.0)
    pose = house.wait(1.0).poses[body.model]
    assert lift.holds((pose.x, pose.y))
    house.open(lift.landings[down], share=0.0)
    house.ride(lift, up)
    pose = house.now.poses[body.model]
    assert pose.z == pytest.approx(scene.floors[up], abs=0.01)
    house.open(lift.landings[up], share=1.0)
    house.engine.drive(body.model, ahead=-speed, turn=0.0)
    house.wait(way / speed)
    house.engine.drive(body.model, ahead=0.0, turn=0.0)
    pose = house.wait(1.0).poses[body.model]
    assert math.dist((pose.x, pose.y), body.at) < 0.3
    assert pose.z == pytest.approx(scene.floors[up], abs=0.01)
    assert house.touched == set()


def test_a_robot_brakes_alike_wherever_it_stops_in_a_car(
    name: str, engines: list[Engine], tmp_path: Path
) -> None:
    """A robot on more points than three may be held up by those that do not brake."""
    place, down, which = hospital('small_hospital'), FloorId('L1'), LiftId('A')
    robot, cell = next(iter(place.robots)), place.nodes[place.lifts[which].stop(down).wait]
    scene = at_cell(build_scene(place), robot, down, (cell.x, cell.y), which)
    body, lift = scene.robots[robot], scene.lifts[which]
    engines.append(open_engine(name, scene, folder=tmp_path))
    house = House(scene, engines[0])
    house.open(lift.landings[down], share=1.0)
    for number in range(20):
        for speed in (0.4, -0.4):
            house.engine.drive(body.model, ahead=speed, turn=0.02 * math.sin(number))
            before = house.wait(4.4 + 0.09 * number).poses[body.model]
            house.engine.drive(body.model, ahead=0.0, turn=0.0)
            after = house.wait(2.5).poses[body.model]
            rolled = math.dist((before.x, before.y), (after.x, after.y))
            assert 0.06 < rolled < 0.1, f'stop {number} at {before}'
    assert house.touched == set()


def at_cell(
    scene: Scene, robot: RobotId, floor: FloorId, at: tuple[float, float], lift: LiftId
) -> Scene:
    """Return a scene whose only robot stands in the cell of a lift and looks into its car."""
    x, y = scene.lifts[lift].at
    yaw = math.atan2(y - at[1], x - at[0])
    body = dataclasses.replace(
        scene.robots[robot], floor=floor, at=at, z=scene.floors[floor], yaw=yaw
    )
    return dataclasses.replace(scene, robots={robot: body})
