"""The building of a simulated day with everything in it that moves, and all that goes wrong there.

Devices act on one heap, at changes only. Faults are methods in pairs: what goes wrong, and what
puts it right again. Each takes the id of its device; `faulty` names what is out of order now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random
from typing import Final, NamedTuple

from fleet_manager.adapters.sim.day.doors import DayDoor
from fleet_manager.adapters.sim.day.heap import Heap
from fleet_manager.adapters.sim.day.lifts import DayLift
from fleet_manager.adapters.sim.day.network import Rhythm
from fleet_manager.adapters.sim.day.robots import DayRobot
from fleet_manager.adapters.sim.hands import AT_SENDER, Hands, Place
from fleet_manager.application.days.scenario import FaultKind, Scenario
from fleet_manager.application.ports import Directive, LiftOrder, OrderNode, RobotOrder
from fleet_manager.domain.ids import (
    CompartmentId,
    DeliveryId,
    DoorId,
    FloorId,
    LaneId,
    LiftId,
    NodeId,
    ResourceId,
    RobotId,
    car_resource,
    lane_resource,
    node_resource,
)
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import DoorPosition, LiftMode, Report
from fleet_manager.domain.units import SECOND

#: A second program under the name of a robot speaks so often.
GHOST_MS: Final = 2 * SECOND
#: A battery with less is a fault until somebody brought a charged one.
LOW: Final = 0.1


class Trouble(NamedTuple):
    """How a fault begins and ends, by its subject; `begin` returns False when it cannot now."""

    begin: Callable[[str], bool]
    end: Callable[[str], None]


class DayWorld:
    """Robots, lifts and doors of one hospital. Hears directives and says reports by `say`.

    `careful` robots look at lifts and doors themselves before they pass, as real ones do; others
    trust what was released to them. `child` gives each device its own chance, by name. Watchers
    are called at each change of a robot, lift or door, after it.
    """

    def __init__(
        self,
        hospital: Hospital,
        scenario: Scenario,
        heap: Heap,
        child: Callable[[str], Random],
        *,
        rhythm: Rhythm,
        say: Callable[[str, Report], None],
        careful: bool = True,
    ) -> None:
        self.hospital = hospital
        self.heap = heap
        self.hands = Hands()
        self.careful = careful
        #: Faults that are not put right yet: what it is, and which device or place.
        self.faulty: set[tuple[str, str]] = set()
        self.robot_watchers: list[Callable[[DayRobot], None]] = []
        self.lift_watchers: list[Callable[[DayLift], None]] = []
        self.door_watchers: list[Callable[[DayDoor], None]] = []
        #: Called when a door is to shut from now on.
        self.shut_watchers: list[Callable[[DayDoor], None]] = []
        #: How faults begin and end, by kind; see `trouble`.
        self.troubles: dict[FaultKind, Trouble] = {}
        #: Orders with an opening that the network lost.
        self.lost_grants = 0
        #: Orders of a manager that is no more, which robots did not obey.
        self.refused_stale = 0
        self._say = say
        self._lifts_by_car = {lift.car: lift.id for lift in hospital.lifts.values()}
        self._resources: dict[tuple[NodeId, NodeId | None], tuple[ResourceId, ...]] = {}
        self._lanes: dict[tuple[NodeId, NodeId], LaneId] = {}
        for lane in hospital.lanes.values():
            self._lanes[lane.a, lane.b] = self._lanes[lane.b, lane.a] = lane.id
        self._blocked_lanes: set[LaneId] = set()
        self._dead_chargers: set[NodeId] = set()
        self._newest: dict[str, int] = {}
        self._ghosts: dict[RobotId, int] = {}
        self.robots: dict[RobotId, DayRobot] = {}
        self.lifts = {
            lift.id: DayLift(
                hospital,
                lift,
                heap,
                child(f'lift {lift.id}'),
                people=scenario.lift_people.get(lift.access),
                utc_offset=scenario.utc_offset,
                beat_ms=rhythm.building,
                say=lambda report: say(f'lift:{report.lift}', report),
                changed=self._lift_changed,
                has_robot=lambda lift=lift.id: bool(self.in_car(lift)),  # type: ignore[misc]
                is_passed=lambda lift=lift.id: self._passes(lift=lift),  # type: ignore[misc]
            )
            for lift in hospital.lifts.values()
        }
        self.doors = {
            door: DayDoor(
                door,
                heap,
                beat_ms=rhythm.building,
                say=lambda report: say(f'door:{report.door}', report),
                changed=self._door_changed,
                to_shut=self._door_is_to_shut,
                is_passed=lambda door=door: self._passes(door=door),  # type: ignore[misc]
            )
            for door in hospital.automatic_doors
        }
        for spec in hospital.robots.values():
            self.robots[spec.id] = DayRobot(
                hospital,
                spec,
                heap,
                child(f'robot {spec.id}'),
                scenario=scenario,
                beat_ms=rhythm.robots,
                hands=self.hands,
                around=self,
                say=lambda report, name=f'robot:{spec.id}': say(name, report),  # type: ignore[misc]
            )

    def begin(self, kind: FaultKind, subject: str) -> bool:
        """Let something go wrong; False when it cannot just now."""
        return self.troubles[kind].begin(subject)

    def end(self, kind: FaultKind, subject: str) -> None:
        """Put it right."""
        self.troubles[kind].end(subject)

    # --- messages  ---

    def hear(self, device: str, directive: Directive, *, sent: int) -> None:
        """Take a directive to its device; one that was overtaken by a newer one is dropped."""
        if sent < self._newest.get(device, sent):
            return
        self._newest[device] = sent
        if isinstance(directive, RobotOrder):
            if directive.robot in self.robots:
                self.robots[directive.robot].hear(directive)
        elif isinstance(directive, LiftOrder):
            if directive.lift in self.lifts:
                self.lifts[directive.lift].hear(directive)
        elif directive.door in self.doors:
            self.doors[directive.door].hear(directive)

    def tell_all(self) -> None:
        """Let every device say what it is: a manager that started asks for it."""
        for robot in self.robots.values():
            robot.tell()
        for lift in self.lifts.values():
            lift.tell()
        for door in self.doors.values():
            door.tell()

    # --- what robots have around them  ---

    def lets(self, robot: DayRobot, node: OrderNode) -> bool:
        """Whether what is in front of a robot stands open for it, and the lane is free."""
        if self._lanes.get((robot.node, node.node)) in self._blocked_lanes:
            return False
        return not self.careful or self.is_open_for(robot, node)

    def is_open_for(self, robot: DayRobot, node: OrderNode) -> bool:
        """Whether the lift serves the robot's session and stands open, and the door is open."""
        if node.lift:
            lift = self.lifts[LiftId(node.lift)]
            floor = robot.floor if node.boards else node.floor
            if not node.boards and lift.is_recalled(floor):
                return True
            is_ours = lift.session == node.session != '' and lift.stands_open(floor)
            return is_ours and not (node.boards and lift.inside)
        if node.door:
            return self.is_open(DoorId(node.door))
        return True

    def is_open(self, door: DoorId) -> bool:
        """Whether a door stands open; one that is not automatic does, or a person opens it."""
        known = self.doors.get(door)
        return known is None or known.position is DoorPosition.OPEN

    def sees_people(self, robot: DayRobot) -> bool:
        """Whether the robot stands in front of the open car it waits for, with people in it."""
        node = robot.next_node()
        if node is None or not node.boards or robot.edge is not None or not node.session:
            return False
        lift = self.lifts[LiftId(node.lift)]
        is_ours = lift.session == node.session and lift.stands_open(robot.floor)
        return is_ours and lift.inside > 0

    def resources_of(self, node: NodeId, target: NodeId | None = None) -> tuple[ResourceId, ...]:
        """Return what a body is on: at a node, or on the way to the next one."""
        known = self._resources.get((node, target))
        if known is None:
            known = (self._place(node),)
            if target is not None:
                lane = self._lanes.get((node, target))
                known = (*known, self._place(target))
                known = (*known, lane_resource(lane)) if lane is not None else known
            self._resources[node, target] = known
        return known

    def has_power(self, charger: NodeId) -> bool:
        """Whether a charger charges."""
        return charger not in self._dead_chargers

    def refused(self, robot: DayRobot) -> None:
        """Hear that a robot did not obey an order of a manager that is no more."""
        del robot
        self.refused_stale += 1

    def moved(self, robot: DayRobot) -> None:
        """Hear of each begin, stop and end of an edge, and of each opening and closing."""
        if robot.edge is None:
            lift = self._lifts_by_car.get(robot.node)
            if lift is not None:
                robot.floor = self.lifts[lift].floor
        for watcher in self.robot_watchers:
            watcher(robot)

    def car_of(self, robot: RobotId) -> LiftId | None:
        """Return the lift whose car the robot stands in, or is leaving or entering."""
        body = self.robots[robot]
        here = self._lifts_by_car.get(body.node)
        if here is None and body.edge is not None:
            return self._lifts_by_car.get(body.edge.node.node)
        return here

    def in_car(self, lift: LiftId) -> list[DayRobot]:
        """Return the robots in a car, or leaving or entering it."""
        return [body for name, body in self.robots.items() if self.car_of(name) == lift]

    def by_hand(self, delivery: DeliveryId, place: Place) -> None:
        """Carry the parcel to another place by hand, out of wherever it is."""
        before = self.hands.places.get(delivery, AT_SENDER)
        self.hands.places[delivery] = place
        robot, _, compartment = before.partition('/')
        if compartment and before not in self.hands.places.values():
            self.robots[RobotId(robot)].empty(CompartmentId(compartment))

    def _place(self, node: NodeId) -> ResourceId:
        lift = self._lifts_by_car.get(node)
        return car_resource(lift) if lift is not None else node_resource(node)

    def _passes(self, *, lift: str = '', door: str = '') -> bool:
        """Whether a robot is just passing the door of a lift, or another one."""
        edges = (robot.edge for robot in self.robots.values())
        return any(
            edge is not None and edge.node.lift == lift and edge.node.door == door
            for edge in edges
        )

    def _lift_changed(self, lift: DayLift) -> None:
        for robot in self.robots.values():
            if robot.edge is not None:
                continue
            if self._lifts_by_car.get(robot.node) == lift.id:
                robot.floor = lift.floor
                robot.go()
            else:
                node = robot.next_node()
                if node is not None and node.lift == lift.id:
                    robot.go()
        for watcher in self.lift_watchers:
            watcher(lift)

    def _door_changed(self, door: DayDoor) -> None:
        for watcher in self.door_watchers:
            watcher(door)
        if door.position is DoorPosition.OPEN:
            for robot in self.robots.values():
                node = robot.next_node()
                if robot.edge is None and node is not None and node.door == door.id:
                    robot.go()

    def _door_is_to_shut(self, door: DayDoor) -> None:
        for watcher in self.shut_watchers:
            watcher(door)

    # --- what goes wrong with robots, and what puts it right  ---

    def kill_robot(self, robot: RobotId) -> None:
        """It dies where it is: silent, dark, in the way."""
        self._break('dead', robot)
        self.robots[robot].dead = True
        self.robots[robot].go()

    def repair_robot(self, robot: RobotId) -> None:
        """A technician starts it again where it stands; it remembers what it was told."""
        self._mend('dead', robot)
        self.robots[robot].off = True
        self.robots[robot].dead = False
        self.robots[robot].switch_on()

    def switch_robot_off(self, robot: RobotId) -> None:
        """Its program ends: silent, standing where it is."""
        self._break('off', robot)
        self.robots[robot].switch_off()

    def switch_robot_on(self, robot: RobotId) -> None:
        """Its program starts again; it remembers what it was told."""
        self._mend('off', robot)
        self.robots[robot].switch_on()

    def block_robot(self, robot: RobotId) -> None:
        """Somebody or something stands in its way: it is well and does not move."""
        self._break('blocked', robot)
        self.robots[robot].in_its_way.add('somebody')
        self.robots[robot].go()

    def unblock_robot(self, robot: RobotId) -> None:
        """Its way is free again."""
        self._mend('blocked', robot)
        self.robots[robot].in_its_way.discard('somebody')
        self.robots[robot].go()

    def lose_place(self, robot: RobotId) -> None:
        """Its localisation jumps ("teleports"): it says it is far off, and stands."""
        self._break('lost', robot)
        self.robots[robot].lost = True
        self.robots[robot].go()

    def find_place(self, robot: RobotId) -> None:
        """Somebody showed it where it is. The manager wants a person to readmit it as well."""
        self._mend('lost', robot)
        self.robots[robot].lost = False
        self.robots[robot].go()

    def talk_nonsense(self, robot: RobotId) -> None:
        """What it says is no report (NaN, a wrong type)."""
        self._break('nonsense', robot)
        self.robots[robot].nonsense = True
        self.robots[robot].go()

    def talk_sense(self, robot: RobotId) -> None:
        """It says proper reports again."""
        self._mend('nonsense', robot)
        self.robots[robot].nonsense = False
        self.robots[robot].go()

    def double_robot(self, robot: RobotId) -> None:
        """A second program speaks under its name, from its home bay."""
        self._break('double', robot)
        self._ghosts[robot] = 0
        self._haunt(robot)

    def end_double(self, robot: RobotId) -> None:
        """The second program is gone. The manager wants a person to readmit the robot."""
        self._mend('double', robot)
        self._ghosts.pop(robot, None)

    def set_clock(self, robot: RobotId, *, off_ms: int) -> None:
        """Its clock is wrong by `off_ms`; 0 is right again."""
        (self._break if off_ms else self._mend)('clock', robot)
        self.robots[robot].clock_ms = off_ms
        self.robots[robot].go()

    def set_battery(self, robot: RobotId, level: float) -> None:
        """Its battery is at `level` from now on; at 0 it is off until it is set again."""
        (self._break if level < LOW else self._mend)('battery', robot)
        self.robots[robot].set_level(level)

    def leave_open(self, robot: RobotId) -> None:
        """Nobody closes the compartment that is open, or is opened next."""
        self._break('left_open', robot)
        self.robots[robot].left_open = True

    def close_up(self, robot: RobotId) -> None:
        """Somebody closes what was left open."""
        self._mend('left_open', robot)
        self.robots[robot].left_open = False
        self.robots[robot].close()

    # --- with places  ---

    def block_lane(self, lane: LaneId) -> None:
        """Something (a bed) stands on a lane: who is on it stops, nobody drives onto it."""
        self._break('bed', lane)
        self._blocked_lanes.add(lane)
        for robot in self._on(lane):
            robot.in_its_way.add(lane)
            robot.go()

    def unblock_lane(self, lane: LaneId) -> None:
        """The lane is free again."""
        self._mend('bed', lane)
        self._blocked_lanes.discard(lane)
        for robot in self.robots.values():
            robot.in_its_way.discard(lane)
            robot.go()

    def kill_charger(self, charger: NodeId) -> None:
        """It does not charge."""
        self._break('charger', charger)
        self._dead_chargers.add(charger)
        self._refresh_at(charger)

    def repair_charger(self, charger: NodeId) -> None:
        """It charges again."""
        self._mend('charger', charger)
        self._dead_chargers.discard(charger)
        self._refresh_at(charger)

    # --- with lifts  ---

    def stick_lift(self, lift: LiftId) -> None:
        """Car and door stay as they are, wherever that is; the controller answers."""
        self._break('stuck', lift)
        self.lifts[lift].stuck = True
        self.lifts[lift].go()

    def free_lift(self, lift: LiftId) -> None:
        """It moves again and ends what it had begun."""
        self._mend('stuck', lift)
        self.lifts[lift].stuck = False
        self.lifts[lift].go()

    def hold_lift(self, lift: LiftId) -> None:
        """Somebody holds its door open, at the floor where it stands or stops next."""
        self._break('held', lift)
        self.lifts[lift].held = True
        self.lifts[lift].go()

    def let_lift_go(self, lift: LiftId) -> None:
        """Nobody holds its door any more."""
        self._mend('held', lift)
        self.lifts[lift].held = False
        self.lifts[lift].go()

    def switch_lift_off(self, lift: LiftId) -> None:
        """Its controller ends: it forgets its session and is silent."""
        self._break('off', lift)
        self.lifts[lift].switch_off()

    def switch_lift_on(self, lift: LiftId) -> None:
        """Its controller starts again."""
        self._mend('off', lift)
        self.lifts[lift].switch_on()

    def misguide_lift(self, lift: LiftId) -> None:
        """Called by robots it goes to a wrong floor."""
        self._break('wrong_floor', lift)
        self.lifts[lift].lost = True

    def guide_lift(self, lift: LiftId) -> None:
        """It goes to the right floors again."""
        self._mend('wrong_floor', lift)
        self.lifts[lift].lost = False
        self.lifts[lift].go()

    def stop_lift(
        self, lift: LiftId, mode: LiftMode = LiftMode.OFFLINE, *, recall: FloorId | None = None
    ) -> None:
        """It is out of service, or taken back by the building: `mode` FIRE or EMERGENCY.

        It goes to `recall` and stands open there, or stays as it is. After fire and emergency the
        manager wants a person to release it (`ReleaseLift`).
        """
        self._break('out', lift)
        self.lifts[lift].fault, self.lifts[lift].recall = mode, recall
        self.lifts[lift].go()

    def start_lift(self, lift: LiftId) -> None:
        """It is in service again."""
        self._mend('out', lift)
        self.lifts[lift].fault = self.lifts[lift].recall = None
        self.lifts[lift].go()

    # --- with doors  ---

    def stick_door(self, door: DoorId) -> None:
        """It stays as it is and says so."""
        self._break('stuck', door)
        self.doors[door].stuck = True

    def free_door(self, door: DoorId) -> None:
        """It moves again."""
        self._mend('stuck', door)
        self.doors[door].stuck = False
        self.doors[door].go()

    # --- inside  ---

    def _break(self, what: str, subject: str) -> None:
        self.faulty.add((what, subject))

    def _mend(self, what: str, subject: str) -> None:
        self.faulty.discard((what, subject))

    def _on(self, lane: LaneId) -> Iterable[DayRobot]:
        resource = lane_resource(lane)
        return [robot for robot in self.robots.values() if resource in robot.resources()]

    def _refresh_at(self, charger: NodeId) -> None:
        for robot in self.robots.values():
            if robot.node == charger and robot.edge is None:
                robot.go()

    def _haunt(self, robot: RobotId) -> None:
        """Let the second program speak, and again, until it is gone."""
        if robot not in self._ghosts:
            return
        self._ghosts[robot] += 1
        home = self.hospital.nodes[self.hospital.robots[robot].home]
        mind = self.robots[robot]
        said = mind.report()
        mind.sequence -= 1
        ghost = replace(
            said,
            incarnation=f'{robot}-ghost',
            sequence=self._ghosts[robot],
            last_node=home.id,
            floor=home.floor,
            x=home.x,
            y=home.y,
        )
        self._say(f'robot:{robot}', ghost)
        self.heap.after(GHOST_MS, lambda: self._haunt(robot))
