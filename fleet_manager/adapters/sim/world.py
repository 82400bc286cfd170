"""The building with everything in it that moves, in steps of half a second of its own time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from types import MappingProxyType
from typing import Final

from fleet_manager.adapters.sim.delays import NO_DELAYS, Delays
from fleet_manager.adapters.sim.doors import SimDoor
from fleet_manager.adapters.sim.hands import Hands
from fleet_manager.adapters.sim.lifts import People, SimLift
from fleet_manager.adapters.sim.robots import Gate, SimRobot
from fleet_manager.application.ports import Directive, DoorOrder, LiftOrder, OrderNode, RobotOrder
from fleet_manager.domain.ids import DoorId, LiftId, RobotId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import DoorPosition, Report
from fleet_manager.domain.units import Instant

STEP_MS: Final = 500
#: Lifts that nobody but robots uses.
NOBODY: Final[Mapping[str, People]] = MappingProxyType({})


class SimWorld(Gate):
    """Robots, lifts and doors of one hospital. Hears directives, says reports, keeps no clock.

    `careful` robots look at lifts and doors themselves before they pass, as real ones do; others
    trust what was released to them, so that a test sees what the manager would have done.
    `people` are those at lifts of each `access`.
    """

    def __init__(
        self,
        hospital: Hospital,
        rng: Random,
        *,
        robots: Iterable[RobotId] | None = None,
        delays: Delays = NO_DELAYS,
        busy_lifts: float = 0.0,
        people: Mapping[str, People] = NOBODY,
        careful: bool = True,
    ) -> None:
        self.hospital = hospital
        self.hands = Hands()
        self.careful = careful
        chosen = hospital.robots if robots is None else tuple(robots)
        self.robots = {
            name: SimRobot(
                hospital, hospital.robots[name], _child(rng), delays=delays, hands=self.hands
            )
            for name in chosen
        }
        self.lifts = {
            lift.id: SimLift(
                hospital, lift, _child(rng), busy=busy_lifts, people=people.get(lift.access)
            )
            for lift in hospital.lifts.values()
        }
        self.doors = {door: SimDoor(door) for door in hospital.automatic_doors}
        self._newest: dict[str, int] = {}
        self._rng = rng

    def hear(self, device: str, directive: Directive, *, sent: int, now: Instant) -> None:
        """Take a directive to its device; one that was overtaken by a newer one is dropped."""
        if sent < self._newest.get(device, sent):
            return
        self._newest[device] = sent
        if isinstance(directive, RobotOrder):
            robot = self.robots.get(directive.robot)
            if robot is not None:
                robot.hear(directive, now)
        elif isinstance(directive, LiftOrder) and directive.lift in self.lifts:
            self.lifts[directive.lift].hear(directive, now)
        elif isinstance(directive, DoorOrder) and directive.door in self.doors:
            self.doors[directive.door].hear(directive)

    def rebuild(self, hospital: Hospital) -> None:
        """Make the building that of another map. What both have stays as it is."""
        self.hospital = hospital
        self.lifts = {
            lift.id: self.lifts.get(lift.id) or SimLift(hospital, lift, _child(self._rng))
            for lift in hospital.lifts.values()
        }
        self.doors = {
            door: self.doors.get(door) or SimDoor(door) for door in hospital.automatic_doors
        }

    def hear_map(self, hospital: Hospital, now: Instant) -> None:
        """Give every robot the map in force, to be taken over when it can."""
        for robot in self.robots.values():
            robot.hear_map(hospital, now)

    def step(self, now: Instant) -> None:
        """Let everything move on to `now`, one step after the last one."""
        for lift in self.lifts.values():
            lift.step(now)
        for door in self.doors.values():
            door.step(now)
        for robot in self.robots.values():
            lift_id = self.car_of(robot)
            if lift_id is not None and robot.edge is None:
                robot.floor = self.lifts[lift_id].floor
            robot.errors = ('cabin_full',) if self._sees_people(robot) else ()
            robot.step(now, STEP_MS, gate=self)

    def reports(self, now: Instant) -> list[Report]:
        """Return what devices have to say now."""
        said: list[Report | None] = [robot.report(now) for robot in self.robots.values()]
        if now % 1_000 == 0:
            said += [lift.report(now) for lift in self.lifts.values()]
            said += [door.report() for door in self.doors.values()]
        return [report for report in said if report is not None]

    def car_of(self, robot: SimRobot) -> LiftId | None:
        """Return the lift whose car the robot stands in, or is leaving or entering."""
        for lift in self.hospital.lifts.values():
            if robot.node == lift.car:
                return lift.id
            if robot.edge is not None and robot.edge.node.node == lift.car:
                return lift.id
        return None

    def _sees_people(self, robot: SimRobot) -> bool:
        """Whether the robot stands in front of the open car it waits for, with people in it."""
        node = robot.next_node()
        if node is None or not node.boards or robot.edge is not None or not node.session:
            return False
        lift = self.lifts[LiftId(node.lift)]
        is_ours = lift.session == node.session and lift.stands_open(robot.floor)
        return is_ours and lift.inside > 0

    def lets(self, robot: SimRobot, node: OrderNode) -> bool:
        """Whether the lift or door in front of a robot stands open for it."""
        return not self.careful or self.is_open_for(robot, node)

    def is_open_for(self, robot: SimRobot, node: OrderNode) -> bool:
        """Whether the lift serves the robot's session and stands open, and the door is open."""
        if node.lift:
            lift = self.lifts[LiftId(node.lift)]
            floor = robot.floor if node.boards else node.floor
            if not node.boards and lift.is_recalled(floor):
                return True
            is_ours = lift.session == node.session != '' and lift.stands_open(floor)
            return is_ours and not (node.boards and lift.inside)
        if node.door:
            return self.doors[DoorId(node.door)].position is DoorPosition.OPEN
        return True


def _child(rng: Random) -> Random:
    """Return a generator of its own, so that one device's chance does not shift another's."""
    return Random(rng.getrandbits(64))  # noqa: S311 - a simulation, not a secret
