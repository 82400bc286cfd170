"""A small world made by hand: a hall with walls, a door, a person, and a lift to an upper floor.

y
|   wall      person p            Robots stand in columns from r1 at the origin to the left.
|    |           r1      [ lift   The car's inside is 2 m wide, its door on the left.
|    |        -- door --          The upper floor is 3 m above.
+---------------------------- x
"""

from __future__ import annotations

from fleet_manager.domain.ids import DoorId, FloorId, LiftId, RobotId
from robot_nodes.gazebo.scene import (
    Block,
    Landing,
    Scene,
    SceneDoor,
    SceneLift,
    SceneRobot,
    Slider,
    Walker,
)

GROUND, UPPER = FloorId('L0'), FloorId('L1')
STOREY = 3.0
LIFT = LiftId('A')
CAR_X = 6.0
WALL_X = -10.0
DOOR = DoorId('d')
DOOR_Y = -4.0
#: The slabs end before the car.
_EDGE = 4.92


def hall(robots: int = 1, *, person: bool = True) -> Scene:
    """Return the world with so many robots."""
    return Scene(
        name='hall',
        version='1',
        floors={GROUND: 0.0, UPPER: STOREY},
        blocks=(
            _slab('ground', 0.0),
            _slab('upper', STOREY, start=1.0),
            Block('wall', 'wall', (WALL_X - 0.1, 0.0, 1.0), (0.2, 20.0, 2.0)),
        ),
        walls={GROUND: (((WALL_X, -10.0), (WALL_X, 10.0)),), UPPER: ()},
        doors={
            DOOR: SceneDoor(
                id=DOOR,
                floor=GROUND,
                leaves=(Slider('door_d', 'leaf', 1.2, 0.6, 150.0),),
                line=((-0.6, DOOR_Y), (0.6, DOOR_Y)),
                height=2.1,
            )
        },
        lifts={LIFT: _lift()},
        robots={robot.id: robot for robot in map(_robot, range(robots))},
        walkers=(_person(),) if person else (),
    )


def _slab(name: str, top: float, *, start: float = WALL_X) -> Block:
    middle = ((start + _EDGE) / 2, 0.0, top - 0.1)
    return Block(name, 'slab', middle, (_EDGE - start, 20.0, 0.2))


def _lift() -> SceneLift:
    def door(name: str) -> Slider:
        return Slider('lift_A', name, 1.2, 0.6, 150.0)

    line = ((CAR_X - 1.0, -0.6), (CAR_X - 1.0, 0.6))
    return SceneLift(
        id=LIFT,
        cabin=Slider('lift_A', 'car', STOREY, 1.0, 20_000.0),
        base=0.0,
        landings={
            GROUND: Landing(GROUND, 0.0, door('car_west'), door('shaft_L0'), line),
            UPPER: Landing(UPPER, STOREY, door('car_west'), door('shaft_L1'), line),
        },
        cage=(CAR_X - 1.0, -1.0, CAR_X + 1.0, 1.0),
    )


def _robot(number: int) -> SceneRobot:
    return SceneRobot(
        id=RobotId(f'r{number + 1}'),
        model=f'robot_r{number + 1}',
        floor=GROUND,
        at=(-2.5 * (number // 5), 1.5 * (number % 5)),
        z=0.0,
        yaw=0.0,
        length=0.7,
        width=0.5,
        height=0.32,
        mass=60.0,
        radius=0.1,
        track=0.4,
    )


def _person() -> Walker:
    return Walker('p', 'person', GROUND, (3.0, 4.0), 0.05, 0.0, 0.5, 0.5, 1.7)
