"""What an engine was told and has not done yet: checked against the scene, the newest last."""

from __future__ import annotations

import math
from collections.abc import Mapping

from robot_nodes.core.follower import Speeds
from robot_nodes.gazebo.engine import EngineError, JointName
from robot_nodes.gazebo.scene import Scene, Slider

#: Where a slider is sent, and how fast at most.
SetPoint = tuple[float, float]


class Orders:
    """The set points of one world since they were last taken. Refuses what makes no sense."""

    def __init__(self, scene: Scene) -> None:
        self._robots = {robot.model for robot in scene.robots.values()}
        self._sliders = sliders_of(scene)
        self._speeds: dict[str, Speeds] = {}
        self._set_points: dict[JointName, SetPoint] = {}

    def drive(self, model: str, *, ahead: float, turn: float) -> None:
        """Note a robot's speeds. Raises EngineError for another model, or no number."""
        if model not in self._robots:
            raise EngineError(f'the world has no robot {model}')
        _need_finite(f'the speeds of {model}', ahead, turn)
        self._speeds[model] = Speeds(ahead, turn)

    def slide(self, model: str, joint: str, *, to: float, speed: float) -> None:
        """Note where a slider goes. Raises EngineError for another joint, or no number."""
        if (model, joint) not in self._sliders:
            raise EngineError(f'the world has no slider {joint} of {model}')
        _need_finite(f'the set point of {joint} of {model}', to, speed)
        if speed <= 0.0:
            raise EngineError(f'{joint} of {model} needs a speed greater than 0, not {speed}')
        self._set_points[model, joint] = (to, speed)

    def take(self) -> tuple[Mapping[str, Speeds], Mapping[JointName, SetPoint]]:
        """Return what is new, by robot and by slider, and forget it."""
        taken = self._speeds, self._set_points
        self.forget()
        return taken

    def forget(self) -> None:
        """Forget what has not been taken."""
        self._speeds, self._set_points = {}, {}


def sliders_of(scene: Scene) -> dict[JointName, Slider | None]:
    """Return every slider of a world by its name; those of walkers have no travel or effort."""
    sliders: dict[JointName, Slider | None] = {}
    for door in scene.doors.values():
        sliders.update({(leaf.model, leaf.joint): leaf for leaf in door.leaves})
    for lift in scene.lifts.values():
        doors = (
            door for landing in lift.landings.values() for door in (landing.car, landing.shaft)
        )
        sliders.update({(one.model, one.joint): one for one in (lift.cabin, *doors)})
    for walker in scene.walkers:
        sliders.update({(walker.model, axis): None for axis in ('x', 'y')})
    return sliders


def _need_finite(what: str, *numbers: float) -> None:
    if not all(map(math.isfinite, numbers)):
        raise EngineError(f'{what} are no numbers: {", ".join(map(str, numbers))}')
