"""May a robot cross the door of a lift or a corridor? Asked before, and again while it crosses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fleet_manager.domain.ids import FloorId
from fleet_manager.domain.units import Instant, Millis
from robot_nodes.core.order import OrderNode

#: A device that was silent for longer may be in any state.
FRESH: Final = Millis(3_000)
#: The car stands open for the robot and somebody is in it. The manager is told: it lets them go.
CABIN_FULL: Final = 'cabin_full'


@dataclass(frozen=True, slots=True)
class LiftView:
    """The newest LiftState of one lift and when it was heard.

    `occupied`: somebody is in the car. `recalled`: the building took it back in an emergency.
    """

    floor: str
    door_open: bool
    agv: bool
    session: str
    heard: Instant
    occupied: bool = False
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class DoorView:
    """The newest DoorState of one door and when it was heard."""

    is_open: bool
    heard: Instant


def shut(
    node: OrderNode,
    *,
    lifts: Mapping[str, LiftView],
    doors: Mapping[str, DoorView],
    floor: FloorId,
    under_way: bool,
    now: Instant,
) -> str | None:
    """Say why the edge to `node` must not be driven now, or None when its doors are open.

    `floor` is where the robot is; when leaving a car, the lift has to be at the node's floor.
    `under_way`: the robot is already between the lift's doors, where standing still because the
    lift fell silent would be worse than going on; an answer that says no stops it all the same.
    """
    if node.lift:
        why = _lift_shut(node, lifts.get(node.lift), floor, under_way, now)
        if why is not None:
            return why
    if node.door:
        door = doors.get(node.door)
        if door is None or now - door.heard > FRESH:
            return 'door_silent'
        if not door.is_open:
            return 'door_shut'
    return None


def _lift_shut(
    node: OrderNode, lift: LiftView | None, floor: FloorId, under_way: bool, now: Instant
) -> str | None:
    if lift is None or (now - lift.heard > FRESH and not under_way):
        return 'lift_silent'
    if lift.recalled and not node.boards:
        return None if lift.door_open and lift.floor == node.floor else 'lift_recalled'
    if not node.session or lift.session != node.session:
        return 'lift_serves_another'
    if not lift.agv:
        return 'lift_mode'
    if not lift.door_open:
        return 'lift_shut'
    if lift.floor != (floor if node.boards else node.floor):
        return 'lift_elsewhere'
    if node.boards and lift.occupied and not under_way:
        return CABIN_FULL
    return None
