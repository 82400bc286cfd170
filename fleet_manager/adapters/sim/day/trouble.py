"""What a fault of each kind does to the building, and what puts it right again: one table.

A row is (begin, end). `begin` returns False when it cannot be just now: the same device is already
out of order that way. '' as the subject stands for the whole house.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from fleet_manager.adapters.sim.day.lifts import DayLift
from fleet_manager.adapters.sim.day.world import DayWorld, Trouble
from fleet_manager.application.days.scenario import FaultKind
from fleet_manager.domain.ids import DoorId, LaneId, LiftId, NodeId, RobotId
from fleet_manager.domain.maps.model import NodeKind
from fleet_manager.domain.messages import LiftMode
from fleet_manager.domain.units import MINUTE

#: A battery that falls is at this level then; who looks after it brings a charged one.
FALLEN: Final = 0.08
BROUGHT: Final = 0.9
#: A wrong clock is wrong by this.
CLOCK_MS: Final = 10 * MINUTE

_K = FaultKind


def in_the_building(world: DayWorld) -> Mapping[FaultKind, Trouble]:
    """Return the faults of robots, lifts, doors, chargers and corridors."""
    once = _Once(world)
    return {
        _K.ROBOT_DIES: once.robot('dead', world.kill_robot, world.repair_robot),
        _K.ROBOT_RESTARTS: once.robot('off', world.switch_robot_off, world.switch_robot_on),
        _K.ROBOT_BLOCKED: once.robot('blocked', world.block_robot, world.unblock_robot),
        _K.ROBOT_TELEPORTS: once.robot('lost', world.lose_place, world.find_place),
        _K.ROBOT_NONSENSE: once.robot('nonsense', world.talk_nonsense, world.talk_sense),
        _K.ROBOT_TWICE: once.robot('double', world.double_robot, world.end_double),
        _K.ROBOT_CLOCK: once.robot(
            'clock',
            lambda robot: world.set_clock(robot, off_ms=CLOCK_MS),
            lambda robot: world.set_clock(robot, off_ms=0),
        ),
        _K.BATTERY_FALLS: once.robot(
            'battery',
            lambda robot: world.set_battery(robot, min(FALLEN, world.robots[robot].level())),
            lambda robot: world.set_battery(robot, max(BROUGHT, world.robots[robot].level())),
        ),
        _K.DOOR_STAYS_OPEN: once.robot('left_open', world.leave_open, world.close_up),
        _K.CHARGER_DEAD: Trouble(
            lambda node: once.begin('charger', node, lambda: world.kill_charger(NodeId(node))),
            lambda node: world.repair_charger(NodeId(node)),
        ),
        _K.BED_IN_CORRIDOR: Trouble(
            lambda lane: once.begin('bed', lane, lambda: world.block_lane(LaneId(lane))),
            lambda lane: world.unblock_lane(LaneId(lane)),
        ),
        _K.DOOR_STUCK: Trouble(
            lambda door: once.begin('stuck', door, lambda: world.stick_door(DoorId(door))),
            lambda door: world.free_door(DoorId(door)),
        ),
        _K.LIFT_STUCK: once.lift('stuck', world.stick_lift, world.free_lift),
        _K.LIFT_HELD: once.lift('held', world.hold_lift, world.let_lift_go),
        _K.LIFT_RESTARTS: once.lift('off', world.switch_lift_off, world.switch_lift_on),
        _K.LIFT_OUT: once.lift('out', world.stop_lift, world.start_lift),
        _K.LIFT_WRONG_FLOOR: once.lift('wrong_floor', world.misguide_lift, world.guide_lift),
        _K.FIRE: _fire(world),
        _K.POWER_CUT: _power_cut(world),
    }


class _Once:
    """Lets a device be out of order in one way only once at a time."""

    def __init__(self, world: DayWorld) -> None:
        self._world = world

    def begin(self, what: str, subject: str, action: Callable[[], None]) -> bool:
        if (what, subject) in self._world.faulty:
            return False
        action()
        return True

    def robot(
        self, what: str, begin: Callable[[RobotId], None], end: Callable[[RobotId], None]
    ) -> Trouble:
        return Trouble(
            lambda robot: self.begin(what, robot, lambda: begin(RobotId(robot))),
            lambda robot: end(RobotId(robot)),
        )

    def lift(
        self, what: str, begin: Callable[[LiftId], None], end: Callable[[LiftId], None]
    ) -> Trouble:
        return Trouble(
            lambda lift: self.begin(what, lift, lambda: begin(LiftId(lift))),
            lambda lift: end(LiftId(lift)),
        )


def _fire(world: DayWorld) -> Trouble:
    """Every lift that is not out already goes to the ground floor and stands open there."""
    recalled: list[LiftId] = []

    def begin(subject: str) -> bool:
        if recalled:
            return False
        for lift in _lifts(world, subject):
            ground = min(
                world.hospital.lifts[lift.id].stops,
                key=lambda stop: abs(world.hospital.floors[stop.floor].level),
            )
            world.stop_lift(lift.id, LiftMode.FIRE, recall=ground.floor)
            recalled.append(lift.id)
        return bool(recalled)

    return Trouble(begin, lambda subject: _start_again(world, recalled))


def _power_cut(world: DayWorld) -> Trouble:
    """Lifts end their ride on emergency power and stand open, no charger charges.

    Automatic doors are on batteries.
    """
    stopped: list[LiftId] = []
    cut: list[NodeId] = []

    def begin(subject: str) -> bool:
        if cut or stopped:
            return False
        for lift in _lifts(world, subject):
            world.stop_lift(lift.id, LiftMode.EMERGENCY, recall=lift.next_floor())
            stopped.append(lift.id)
        for node in world.hospital.nodes.values():
            if node.kind is NodeKind.CHARGER and world.has_power(node.id):
                world.kill_charger(node.id)
                cut.append(node.id)
        return bool(cut or stopped)

    def end(subject: str) -> None:
        del subject
        _start_again(world, stopped)
        for charger in cut:
            world.repair_charger(charger)
        cut.clear()

    return Trouble(begin, end)


def _lifts(world: DayWorld, subject: str) -> list[DayLift]:
    """Return the lifts a fault of the house takes out of service: one, or all, that are in it."""
    names = [LiftId(subject)] if subject in world.lifts else list(world.lifts)
    return [world.lifts[name] for name in names if world.lifts[name].fault is None]


def _start_again(world: DayWorld, lifts: list[LiftId]) -> None:
    for lift in lifts:
        world.start_lift(lift)
    lifts.clear()
