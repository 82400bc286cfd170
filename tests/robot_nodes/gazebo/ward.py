"""A scene for tests of engines: one floor, a robot, a door."""

from __future__ import annotations

from fleet_manager.domain.ids import DoorId, FloorId, RobotId
from robot_nodes.gazebo.scene import Scene, SceneDoor, SceneRobot, Slider

F1 = FloorId('F1')
LEAF = Slider('door', 'leaf', travel=1.2, speed=0.6, effort=100.0)
DOOR = SceneDoor(DoorId('door'), F1, (LEAF,), ((5.0, -1.0), (5.0, 1.0)), height=2.0)
ROBOT = SceneRobot(
    id=RobotId('r1'),
    model='r1',
    floor=F1,
    at=(0.0, 0.0),
    z=0.0,
    yaw=0.0,
    length=0.6,
    width=0.5,
    height=0.24,
    mass=50.0,
    radius=0.1,
    track=0.4,
)
WARD = Scene(
    name='ward',
    version='1',
    floors={F1: 0.0},
    blocks=(),
    walls={},
    doors={DOOR.id: DOOR},
    lifts={},
    robots={ROBOT.id: ROBOT},
)
