"""Its type may carry the goods, it is clean enough for them, and has a box that fits."""

from __future__ import annotations

from collections.abc import Iterable

from fleet_manager.domain.deliveries.goods import GoodsClass
from fleet_manager.domain.maps.model import Compartment, CompartmentKind, RobotType
from fleet_manager.domain.state import Robot
from fleet_manager.domain.turn import Turn


def may_carry(turn: Turn, robot: Robot, goods: GoodsClass) -> bool:
    """Whether the robot may have the goods inside, as it is now."""
    build = turn.hospital.types[turn.hospital.robots[robot.id].type]
    is_clean = goods.dirty or build.rating == 'dirty' or not robot.soiled
    return is_clean and is_built_for(build, turn.hospital.compartments(robot.id), goods)


def is_built_for(build: RobotType, boxes: Iterable[Compartment], goods: GoodsClass) -> bool:
    """Whether robots of this build may ever carry the goods."""
    rated = build.rating in ('any', 'dirty' if goods.dirty else 'clean')
    return rated and any(takes(box, goods) for box in boxes)


def takes(box: Compartment, goods: GoodsClass) -> bool:
    """Whether the goods may go into the compartment, and fit."""
    return box.kind in (CompartmentKind.ANY, goods.box) and box.litres >= goods.litres
