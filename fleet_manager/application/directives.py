"""What each device should be doing, read off the state: the same state says the same thing."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

from fleet_manager.application.ports import (
    Directive,
    DoorOrder,
    LiftOrder,
    OrderNode,
    RobotOrder,
)
from fleet_manager.domain.ids import DoorId, LaneId, LiftId, RobotId, SessionId
from fleet_manager.domain.lifts.sessions import report_of
from fleet_manager.domain.maps.model import Hospital, NodeKind
from fleet_manager.domain.messages import (
    AlertAcknowledged,
    AlertCleared,
    AlertRaised,
    Event,
    Hop,
    HopKind,
    LiftStage,
)
from fleet_manager.domain.robots.plausibility import way_points
from fleet_manager.domain.state import FleetState, Robot
from fleet_manager.domain.traffic.release import wanted_doors
from fleet_manager.domain.turn import Turn

#: Steps a robot is told beyond those it may drive: enough for its own planner and its lights.
HORIZON: Final = 4
#: Speed into and out of a car, in metres a second.
THRESHOLD_SPEED: Final = 0.4
#: Events no device has to do anything about.
_FOR_PEOPLE: Final = (AlertRaised, AlertAcknowledged, AlertCleared)


def directives(turn: Turn) -> dict[str, Directive]:
    """Return the directive of each device, by `robot:<id>`, `lift:<id>` or `door:<id>`."""
    found: dict[str, Directive] = {}
    for robot in turn.robots():
        found[f'robot:{robot.id}'] = _order(turn, robot)
    for lift in sorted(turn.hospital.lifts):
        lift_order = _left_over(turn, lift) or _lift(turn, lift)
        if lift_order is not None:
            found[f'lift:{lift}'] = lift_order
    wanted = wanted_doors(turn)
    for door in turn.hospital.doors.values():
        if door.automatic:
            found[f'door:{door.id}'] = DoorOrder(door.id, open=door.id in wanted)
    return found


def _order(turn: Turn, robot: Robot) -> RobotOrder:
    delivery = turn.state.opening_of(robot)
    opening = delivery.opening if delivery is not None else None
    usable = opening is not None and not opening.opened
    usable = usable and robot.excluded is None
    return RobotOrder(
        robot=robot.id,
        epoch=turn.state.epoch,
        order_id=f'{robot.id}.{robot.leg}',
        update=robot.update,
        map_version=_map_version(turn, robot),
        nodes=_nodes(turn, robot),
        paused=robot.paused or turn.state.paused or robot.excluded is not None,
        charge=turn.hospital.nodes[robot.goal].kind is NodeKind.CHARGER,
        grant=opening.grant if opening is not None and usable else 0,
        grant_compartment=delivery.compartment if delivery is not None and usable else None,
        grant_expires=opening.expires if opening is not None and usable else None,
    )


def _map_version(turn: Turn, robot: Robot) -> str:
    """Return the map the robot is spoken to on: the one before while it carries that one.

    It is let onto nothing new on it, but can be paused, and open what was signed for.
    """
    sense = turn.sensed.robots.get(robot.id)
    before = turn.state.map_before
    if sense is not None and before and sense.report.map_version == before:
        return before
    return turn.hospital.version


def _nodes(turn: Turn, robot: Robot) -> tuple[OrderNode, ...]:
    here = turn.hospital.nodes[robot.node]
    ride = turn.state.session_of(robot.id)
    floor = here.floor or (ride[1].boarding_floor if ride is not None else here.floor)
    nodes = [
        OrderNode(
            robot.node, robot.done, released=True, floor=floor, x=here.x, y=here.y, max_speed=0.0
        )
    ]
    for hop in robot.hops:
        if hop.sequence > robot.released + HORIZON:
            break
        nodes.append(_node(turn, robot, hop))
    return tuple(nodes)


def _node(turn: Turn, robot: Robot, hop: Hop) -> OrderNode:
    hospital = turn.hospital
    target, origin = hospital.nodes[hop.target], hospital.nodes[hop.origin]
    session = turn.state.sessions.get(LiftId(hop.lift)) if hop.lift else None
    return OrderNode(
        node=hop.target,
        sequence=hop.sequence,
        released=hop.sequence <= robot.released,
        floor=target.floor or origin.floor,
        x=target.x,
        y=target.y,
        max_speed=hospital.lanes[LaneId(hop.lane)].speed if hop.lane else THRESHOLD_SPEED,
        via=tuple(way_points(hospital, hop)[1:-1]),
        lift=hop.lift,
        boards=hop.kind is HopKind.BOARD,
        session=session.id if session is not None and session.robot == robot.id else '',
        door=hop.door,
    )


def _left_over(turn: Turn, lift: LiftId) -> LiftOrder | None:
    """End a session of ours that is over for us, but not for the lift: it serves nobody else.

    Happens when it said that it was free before it was. A number we never gave is not ours to end.
    """
    report, running = report_of(turn, lift), turn.state.sessions.get(lift)
    if report is None or (running is not None and report.session == running.id):
        return None
    robot, _, number = report.session.rpartition('#')
    ours = RobotId(robot) in turn.state.robots and number.isdecimal()
    if not ours or int(number) > turn.state.sessions_made:
        return None
    return LiftOrder(
        lift=lift,
        session=SessionId(report.session),
        end_session=True,
        destination=report.current_floor,
        door_open=False,
    )


def _lift(turn: Turn, lift: LiftId) -> LiftOrder | None:
    session = turn.state.sessions.get(lift)
    if session is None:
        return None
    boarding = session.stage in (LiftStage.REQUESTED, LiftStage.OPEN)
    return LiftOrder(
        lift=lift,
        session=session.id,
        end_session=session.stage is LiftStage.EXITED,
        destination=session.boarding_floor if boarding else session.target_floor,
        door_open=True,
    )


class Standing:
    """The directives as they stand, made anew only for devices something happened to.

    Tell it of every event, before and after it is applied.
    """

    def __init__(self) -> None:
        self._hospital: Hospital | None = None
        self._robots: dict[str, RobotOrder] = {}
        self._lifts: dict[str, LiftOrder] = {}
        self._doors: dict[str, DoorOrder] = {}
        self._wanted: frozenset[DoorId] = frozenset()
        self._all: dict[str, Directive] = {}
        self._changed: dict[str, Directive] = {}
        self._seen: Turn | None = None
        #: Robots something happened to since; None: perhaps all.
        self._touched: set[RobotId] | None = None

    def note(self, state: FleetState, event: Event) -> None:
        """Remember whose order the event may change: that of every robot it has to do with."""
        if self._touched is not None and not isinstance(event, _FOR_PEOPLE):
            names = _names(state, event)
            if names is None:
                self._touched = None
            else:
                self._touched.update(names)

    def of(self, turn: Turn) -> dict[str, Directive]:
        """Return what `directives` does. Nobody changes it, neither here nor there."""
        if turn is self._seen:
            return self._all
        self._seen = turn
        if turn.hospital is not self._hospital:
            self._begin(turn.hospital)
        changed = self._note_robots(turn) | self._note_lifts(turn) | self._note_doors(turn)
        if changed or not self._all:
            self._all = {**self._robots, **self._lifts, **self._doors}
        return self._all

    def changed(self, turn: Turn) -> dict[str, Directive]:
        """Return those that changed since this was asked last, or came in."""
        now, changed = self.of(turn), self._changed
        self._changed = {}
        return {name: now[name] for name in changed if name in now}

    def _begin(self, hospital: Hospital) -> None:
        self._hospital, self._touched = hospital, None
        self._wanted, before = frozenset(), self._doors
        self._doors = {
            f'door:{door.id}': DoorOrder(door.id, open=False)
            for door in hospital.doors.values()
            if door.automatic
        }
        self._changed |= {k: one for k, one in self._doors.items() if before.get(k) != one}
        self._all = {}

    def _note_robots(self, turn: Turn) -> bool:
        robots, touched, self._touched = turn.state.robots, self._touched, set()
        if touched is None:
            before = self._robots
            self._robots = {f'robot:{one.id}': _order(turn, one) for one in turn.robots()}
            new = {key: one for key, one in self._robots.items() if before.get(key) != one}
            self._changed |= new
            return bool(new) or len(before) != len(self._robots)
        if turn.state.map_before:
            touched.update(
                one.id
                for one in turn.robots()
                if self._robots[f'robot:{one.id}'].map_version != _map_version(turn, one)
            )
        changed = False
        for name in sorted(touched & robots.keys()):
            key, order = f'robot:{name}', _order(turn, robots[name])
            if self._robots.get(key) != order:
                known = key in self._robots
                self._robots[key] = self._changed[key] = order
                changed = True
                if not known:
                    self._robots = {key: self._robots[key] for key in sorted(self._robots)}
        return changed

    def _note_lifts(self, turn: Turn) -> bool:
        found = {}
        for lift in sorted(turn.hospital.lifts):
            order = _left_over(turn, lift) or _lift(turn, lift)
            if order is not None:
                found[f'lift:{lift}'] = order
        if found == self._lifts:
            return False
        self._changed |= {k: one for k, one in found.items() if self._lifts.get(k) != one}
        self._lifts = found
        return True

    def _note_doors(self, turn: Turn) -> bool:
        wanted = wanted_doors(turn)
        if wanted == self._wanted:
            return False
        other, self._wanted = wanted ^ self._wanted, wanted
        for door in turn.hospital.doors:
            key = f'door:{door}' if door in other else ''
            if key in self._doors:
                self._doors[key] = self._changed[key] = DoorOrder(door, open=door in wanted)
        return True


def _names(state: FleetState, event: Any) -> set[RobotId] | None:
    """Return the robots the event names, serves or gives a ride; None where it says nothing."""
    kind = type(event)
    said = _SAID.get(kind)
    if said is None:
        said = _SAID[kind] = frozenset(f.name for f in fields(kind)) & _ABOUT
    if not said:
        return None
    names: set[RobotId] = {event.robot} if 'robot' in said else set()
    if 'legs' in said:
        names.update(leg.robot for leg in event.legs)
    if 'lift' in said:
        session = state.sessions.get(event.lift)
        names.update((session.robot,) if session is not None else ())
    if 'delivery' in said:
        delivery = state.deliveries.get(event.delivery)
        if delivery is not None and delivery.robot is not None:
            names.add(delivery.robot)
    return names


#: What events say whose order they change by.
_ABOUT: Final = frozenset({'robot', 'legs', 'lift', 'delivery'})
_SAID: Final[dict[type, frozenset[str]]] = {}
