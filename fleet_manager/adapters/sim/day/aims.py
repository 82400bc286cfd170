"""The worst moments for a fault: some faults wait for one, so that seeds reach them often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from fleet_manager.adapters.sim.day.desk import Desk
from fleet_manager.application.days.scenario import FaultKind
from fleet_manager.domain.deliveries.lifecycle import LOADED, DeliveryState
from fleet_manager.domain.ids import DoorId, LiftId, RobotId
from fleet_manager.domain.messages import DoorPosition

#: Whether it would be the worst moment for this subject.
Aim = Callable[[Desk, str], bool]


def _in_a_lane(desk: Desk, robot: str) -> bool:
    body = desk.world.robots[RobotId(robot)]
    return body.edge is not None and desk.world.car_of(body.id) is None


def _in_a_car(desk: Desk, robot: str) -> bool:
    return desk.world.car_of(RobotId(robot)) is not None


def _open(desk: Desk, robot: str) -> bool:
    return desk.world.robots[RobotId(robot)].is_open()


def _carries(desk: Desk, robot: str) -> bool:
    state = desk.state()
    known = state.robots.get(RobotId(robot))
    return known is not None and any(d.state in LOADED for d in state.served_by(known))


def _has_a_robot(desk: Desk, lift: str) -> bool:
    return bool(desk.world.in_car(LiftId(lift)))


def _serves(desk: Desk, lift: str) -> bool:
    return LiftId(lift) in desk.state().sessions


def _is_awaited(desk: Desk, door: str) -> bool:
    if desk.world.doors[DoorId(door)].position is DoorPosition.OPEN:
        return False
    nodes = (body.next_node() for body in desk.world.robots.values())
    return any(node is not None and node.door == door for node in nodes)


def _is_planned(desk: Desk, lane: str) -> bool:
    return any(hop.lane == lane for robot in desk.state().robots.values() for hop in robot.hops)


def _charges_somebody(desk: Desk, charger: str) -> bool:
    return any(body.charging and body.node == charger for body in desk.world.robots.values())


def _any_charges(desk: Desk, subject: str) -> bool:
    del subject
    return any(body.charging for body in desk.world.robots.values())


def _any_open(desk: Desk, subject: str) -> bool:
    del subject
    return any(body.is_open() for body in desk.world.robots.values())


def _any_in_a_car(desk: Desk, subject: str) -> bool:
    del subject
    return any(desk.world.car_of(robot) is not None for robot in desk.world.robots)


def _any_unsigned(desk: Desk, subject: str) -> bool:
    del subject
    return any(d.state is DeliveryState.TAKEN for d in desk.state().deliveries.values())


def _always(desk: Desk, subject: str) -> bool:
    del desk, subject
    return True


_K = FaultKind
_ROBOT: Final = (_in_a_lane, _in_a_car, _open, _carries)
_LIFT: Final = (_has_a_robot, _serves)
_HOUSE: Final = (_any_open, _any_in_a_car)
_AIMS: Final[Mapping[FaultKind, tuple[Aim, ...]]] = {
    _K.ROBOT_DIES: _ROBOT,
    _K.ROBOT_RESTARTS: _ROBOT,
    _K.ROBOT_CUT: _ROBOT,
    _K.ROBOT_BLOCKED: _ROBOT,
    _K.ROBOT_TELEPORTS: _ROBOT,
    _K.ROBOT_NONSENSE: _ROBOT,
    _K.ROBOT_TWICE: _ROBOT,
    _K.ROBOT_CLOCK: _ROBOT,
    _K.BATTERY_FALLS: (_carries, _in_a_car),
    _K.DOOR_STAYS_OPEN: (_open,),
    _K.CHARGER_DEAD: (_charges_somebody,),
    _K.LIFT_STUCK: _LIFT,
    _K.LIFT_HELD: _LIFT,
    _K.LIFT_RESTARTS: _LIFT,
    _K.LIFT_OUT: _LIFT,
    _K.LIFT_WRONG_FLOOR: _LIFT,
    _K.DOOR_STUCK: (_is_awaited,),
    _K.BED_IN_CORRIDOR: (_is_planned,),
    _K.FIRE: _HOUSE,
    _K.POWER_CUT: (_any_in_a_car, _any_charges),
    _K.NETWORK_CUT: _HOUSE,
    _K.NETWORK_FLOOD: _HOUSE,
    _K.MANAGER_CRASHES: (_any_open, _any_in_a_car, _any_unsigned),
    _K.MANAGER_FREEZES: _HOUSE,
}


def aims_of(kind: FaultKind) -> tuple[Aim, ...]:
    """Return the worst moments for a kind of fault; one that is always so where none is known."""
    return _AIMS.get(kind, (_always,))
