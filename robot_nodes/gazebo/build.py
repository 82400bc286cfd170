"""A hospital's map becomes a world: what stands where, what moves, who drives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import shapely
from shapely.geometry.base import BaseGeometry

from fleet_manager.domain.ids import DoorId, FloorId, LiftId, RobotId
from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.model import STANDARD_TYPE, Floor, Hospital
from robot_nodes.core.openings import home_pose
from robot_nodes.gazebo.doorways import DoorPlan, LiftPlan, plan_door, plan_lift
from robot_nodes.gazebo.furniture import furniture
from robot_nodes.gazebo.masonry import SLAB, WALL_HEIGHT, carpets, slabs, walls
from robot_nodes.gazebo.plan_frame import footprint, plain
from robot_nodes.gazebo.scene import (
    Block,
    Line,
    Scene,
    SceneRobot,
    Walker,
    WalkerSpec,
)
from robot_nodes.gazebo.ways import driven

#: Metres that everything keeps from where robots drive.
CLEAR: Final = 0.02
#: Metres above its floor at which a robot's laser looks.
LASER_HEIGHT: Final = 0.3
ROBOT_HEIGHT: Final = 0.32
WHEEL: Final = 0.1
#: Metres from the side of a robot to the middle of its wheel, a ball that does not stick out.
_INSET: Final = WHEEL
#: Kind of walker -> length, width, height.
_WALKERS: Final = {'person': (0.5, 0.5, 1.7), 'bed': (2.1, 0.9, 1.0)}
#: Metres above the floor at which walkers glide.
_GLIDE: Final = 0.05


class SceneError(ValueError):
    """A world cannot be made so; the text is one clear sentence."""


def build_scene(
    hospital: Hospital,
    *,
    floors: Collection[FloorId] = (),
    robots: Sequence[RobotId] | None = None,
    walkers: Sequence[WalkerSpec] = (),
) -> Scene:
    """Return the world of a hospital, with some of its floors or all.

    `robots` are those it has, None for all whose home is on one of the floors. A lift that serves
    none of the floors, or the only one, is a closed shaft. Raises SceneError.
    """
    chosen = _floors(hospital, floors)
    building = _Building(hospital, chosen)
    building.lifts()
    for floor in chosen:
        building.storey(floor)
    names = [floor.id for floor in chosen]
    scene = Scene(
        name=plain(hospital.id),
        version=hospital.version,
        floors={floor.id: floor.elevation for floor in chosen},
        blocks=tuple(building.blocks),
        walls={floor.id: building.seen(floor) for floor in chosen},
        doors={DoorId(plan.door.id): plan.door for plan in building.door_plans},
        lifts={LiftId(plan.lift.id): plan.lift for plan in building.lift_plans},
        robots={robot: _robot(hospital, robot) for robot in _robots(hospital, names, robots)},
        walkers=tuple(_walker(hospital, names, spec) for spec in walkers),
    )
    models = Counter(
        [
            *{block.model for block in scene.blocks},
            *(door.leaves[0].model for door in scene.doors.values()),
            *(lift.cabin.model for lift in scene.lifts.values()),
            *(robot.model for robot in scene.robots.values()),
            *(walker.model for walker in scene.walkers),
        ]
    )
    for model, count in models.items():
        if count > 1:
            raise SceneError(f'two things would be called {model}: give one of them another id')
    return scene


@dataclass(slots=True)
class _Building:
    """A building while it is built."""

    hospital: Hospital
    floors: Sequence[Floor]
    blocks: list[Block] = field(default_factory=list)
    lift_plans: list[LiftPlan] = field(default_factory=list)
    door_plans: list[DoorPlan] = field(default_factory=list)
    ways: dict[FloorId, BaseGeometry] = field(default_factory=dict)

    def lifts(self) -> None:
        """Plan the lifts, and build their shafts."""
        for floor in self.floors:
            self.ways[floor.id] = driven(self.hospital, floor.id, margin=CLEAR)
        for lift in self.hospital.lifts.values():
            stops = {stop.floor for stop in lift.stops}
            served = [floor.id for floor in self.floors if floor.id in stops]
            if len(served) < 2:
                if served and len(self.floors) > 1:
                    raise SceneError(
                        f'lift {lift.id} stops at {served[0]} only of the chosen levels: '
                        'choose another of its levels too, or only one level'
                    )
                continue
            plan = plan_lift(
                self.hospital,
                lift,
                self.floors,
                name=f'lift_{plain(lift.id)}',
                driven=self.ways,
                taken=[one.cut for one in self.lift_plans],
            )
            self.lift_plans.append(plan)
            self.blocks += plan.blocks

    def storey(self, floor: Floor) -> None:
        """Build a floor: its slab, doors, walls, furniture."""
        model = f'floor_{plain(floor.id)}'
        lifts = [plan for plan in self.lift_plans if floor.id in plan.floors]
        holes = [plan.hole for plan in lifts]
        self.blocks += slabs(floor, holes, model=model) + carpets(floor, holes, model=model)
        height = self._height(floor)
        doors = self._doors(floor, model, height, [plan.cut for plan in lifts])
        here = [door for door in self.hospital.doors.values() if door.floor == floor.id]
        cuts = [*(plan.cut for plan in lifts), *(plan.cut for plan in doors)]
        built = walls(floor, here, cut=shapely.union_all(cuts), height=height, model=model)
        built += [block for plan in doors for block in plan.blocks]
        taken = [*map(footprint, built), *cuts]
        radius = max((one.turning_radius for one in self.hospital.types.values()), default=0.0)
        built += furniture(
            self.hospital,
            [node for node in self.hospital.nodes.values() if node.floor == floor.id],
            radius=radius,
            driven=self.ways[floor.id],
            taken=taken,
            elevation=floor.elevation,
            model=model,
        )
        self.blocks += built

    def _height(self, floor: Floor) -> float:
        """Return how high walls may be below the next floor."""
        above = [other.elevation for other in self.floors if other.elevation > floor.elevation]
        return min([WALL_HEIGHT, *(one - SLAB - floor.elevation for one in above)])

    def _doors(
        self, floor: Floor, model: str, height: float, shafts: Sequence[BaseGeometry]
    ) -> list[DoorPlan]:
        here = [door for door in self.hospital.doors.values() if door.floor == floor.id]
        drawn = geometry.walls_of(floor, here).union(geometry.surface(floor.outline).boundary)
        plans: list[DoorPlan] = []
        for door in here:
            if not door.automatic:
                continue
            plan = plan_door(
                self.hospital,
                door,
                name=f'door_{plain(door.id)}',
                model=model,
                height=height,
                driven=self.ways[floor.id],
                drawn=drawn,
                taken=[*shafts, *(one.cut for one in plans)],
            )
            plans.append(plan)
        self.door_plans += plans
        return plans

    def seen(self, floor: Floor) -> tuple[Line, ...]:
        """Return the outlines of all blocks that a robot's laser meets on a floor."""
        height = floor.elevation + LASER_HEIGHT
        lines: list[Line] = []
        for block in self.blocks:
            if block.solid and abs(block.at[2] - height) < block.size[2] / 2:
                corners = list(footprint(block).exterior.coords)
                lines += [((a[0], a[1]), (b[0], b[1])) for a, b in pairwise(corners)]
        return tuple(lines)


def _floors(hospital: Hospital, floors: Collection[FloorId]) -> list[Floor]:
    unknown = [floor for floor in floors if floor not in hospital.floors]
    if unknown:
        known = ', '.join(hospital.floors)
        raise SceneError(f'{hospital.id} has no level {unknown[0]}: choose of {known}')
    chosen = [floor for floor in hospital.floors.values() if not floors or floor.id in floors]
    if not chosen:
        raise SceneError(f'{hospital.id} has no floor')
    return sorted(chosen, key=lambda floor: (floor.elevation, floor.id))


def _robots(
    hospital: Hospital, floors: Collection[FloorId], robots: Sequence[RobotId] | None
) -> list[RobotId]:
    homes = {robot: hospital.nodes[spec.home].floor for robot, spec in hospital.robots.items()}
    if robots is None:
        return [robot for robot, floor in homes.items() if floor in floors]
    for robot in robots:
        if robot not in homes:
            raise SceneError(f'{hospital.id} has no robot {robot}')
        if homes[robot] not in floors:
            raise SceneError(f'robot {robot} starts on {homes[robot]}: choose this level too')
    return list(dict.fromkeys(robots))


def _robot(hospital: Hospital, robot: RobotId) -> SceneRobot:
    build = hospital.types.get(hospital.robots[robot].type, STANDARD_TYPE)
    home = home_pose(hospital, robot)
    return SceneRobot(
        id=robot,
        model=f'robot_{plain(robot)}',
        floor=home.floor,
        at=(home.x, home.y),
        z=hospital.floors[home.floor].elevation,
        yaw=home.yaw,
        length=build.length,
        width=build.width,
        height=ROBOT_HEIGHT,
        mass=build.mass,
        radius=WHEEL,
        track=build.width - 2 * _INSET,
    )


def _walker(hospital: Hospital, floors: Collection[FloorId], spec: WalkerSpec) -> Walker:
    if spec.kind not in _WALKERS:
        raise SceneError(f'{spec.name} is a {spec.kind}: choose of {", ".join(_WALKERS)}')
    if spec.floor not in floors:
        raise SceneError(f'{spec.name} is on {spec.floor}: choose this level too')
    length, width, height = _WALKERS[spec.kind]
    z = hospital.floors[spec.floor].elevation + _GLIDE
    name = plain(spec.name)
    return Walker(name, spec.kind, spec.floor, spec.at, z, spec.yaw, length, width, height)
