"""Where robots stand that have nothing to do, or no way to what they have to do."""

from __future__ import annotations

from typing import cast

from fleet_manager.domain.dispatch.clean import cleaning_place, needs_cleaning
from fleet_manager.domain.dispatch.cost import nearest_first
from fleet_manager.domain.dispatch.legs import find_leg, kept_by_another
from fleet_manager.domain.dispatch.predicates.can_get_there import Ways
from fleet_manager.domain.dispatch.urgency import errand
from fleet_manager.domain.ids import NodeId, ResourceId, node_resource
from fleet_manager.domain.maps.model import NodeKind
from fleet_manager.domain.messages import LegPlanned, Purpose
from fleet_manager.domain.robots.battery import CHARGE_BELOW
from fleet_manager.domain.state import Robot
from fleet_manager.domain.traffic.claims import is_free
from fleet_manager.domain.traffic.hindrances import Hindrances, hindrances
from fleet_manager.domain.turn import Turn

#: Bays of a kind that are tried: the nearest ones.
_TRIED = 2
_PURPOSES = {NodeKind.CHARGER: Purpose.CHARGE, NodeKind.CLEANING: Purpose.CLEAN}


def bay_leg(turn: Turn, robot: Robot, *, patient: bool = False) -> LegPlanned | None:
    """Return a leg to the nearest free bay; to a charger when the battery is not nearly full.

    A robot that was emptied of dirty goods goes to where it is cleaned; one whose next station is
    taken waits as near to it as it can.

    A `patient` one may wait for what stands still: for a robot that cannot move anyhow.
    """
    sense = turn.sensed.robots.get(robot.id)
    battery = sense.report.battery if sense is not None else None
    near = _to_be_near(turn, robot)
    if near is not None:
        return _leg_near(turn, robot, near, patient=patient)
    kinds = [NodeKind.PARKING, NodeKind.CHARGER]
    if not robot.stops and (battery is None or battery < CHARGE_BELOW):
        kinds.reverse()
    if needs_cleaning(turn, robot):
        kinds = [cleaning_place(turn.hospital), *kinds]
    for kind in kinds:
        purpose = _PURPOSES.get(kind, Purpose.PARK)
        for bay in _free_bays(turn, robot, kind, patient=patient)[:_TRIED]:
            leg = find_leg(turn, robot, purpose, bay, patient=patient)
            if leg is not None:
                return leg
    return None


def is_nearer_by(turn: Turn, robot: Robot) -> int:
    """Return by how many ms a free bay is nearer to the robot's next station than it is itself."""
    goal = _to_be_near(turn, robot)
    if goal is None:
        return 0
    graph, start = turn.graph.of_robot(robot.id), turn.state.frozen_end(robot)
    times = graph.times_to(goal)
    free = [bay for bay in _nobodys(turn, NodeKind.PARKING) if bay in times]
    free.sort(key=times.__getitem__)
    for bay in Ways(turn, hindrances(turn)).among(free, start, robot.id):
        if start in graph.times_to(bay):
            return times.get(robot.node, 0) - times[bay]
    return 0


def _to_be_near(turn: Turn, robot: Robot) -> NodeId | None:
    """Return the station the robot has to go to next, when another one stands there or comes."""
    goal = errand(turn, robot)
    if goal is None or not kept_by_another(turn, robot, goal[1]):
        return None
    return goal[1]


def _leg_near(turn: Turn, robot: Robot, goal: NodeId, *, patient: bool) -> LegPlanned | None:
    for bay in _bays_near(turn, robot, goal, patient=patient)[:_TRIED]:
        leg = find_leg(turn, robot, Purpose.PARK, bay, patient=patient)
        if leg is not None:
            return leg
    return None


def _bays_near(turn: Turn, robot: Robot, goal: NodeId, *, patient: bool = False) -> list[NodeId]:
    """Return the free parking bays, the nearest to a station first."""
    times = turn.graph.of_robot(robot.id).times_to(goal)
    free = [bay for bay in _free_bays(turn, robot, NodeKind.PARKING, patient=patient)
            if bay in times]  # fmt: skip
    return sorted(free, key=lambda bay: times[bay])


def should_charge(turn: Turn, robot: Robot) -> bool:
    """A free robot in a parking bay whose battery is low: a charger, when one is free."""
    if robot.stops or robot.purpose is Purpose.CHARGE:
        return False
    battery = turn.sensed.robots[robot.id].report.battery
    kind = turn.hospital.nodes[robot.goal].kind
    low = battery is not None and battery < CHARGE_BELOW
    return kind is NodeKind.PARKING and low and bool(_free_bays(turn, robot, NodeKind.CHARGER))


def should_be_cleaned(turn: Turn, robot: Robot) -> bool:
    """A free robot that is soiled inside and stands elsewhere: a cleaning place that is free."""
    if not needs_cleaning(turn, robot):
        return False
    kind = cleaning_place(turn.hospital)
    if turn.hospital.nodes[robot.goal].kind is kind:
        return False
    return bool(_free_bays(turn, robot, kind))


def should_leave_cleaning(turn: Turn, robot: Robot) -> bool:
    """A free robot that was cleaned: the cleaning place is for the next one."""
    is_there = turn.hospital.nodes[robot.goal].kind is NodeKind.CLEANING
    return is_there and not robot.stops and not robot.soiled


def _free_bays(turn: Turn, robot: Robot, kind: NodeKind, *, patient: bool = False) -> list[NodeId]:
    """Return the bays of a kind that can be reached and nobody wants, nearest first.

    A robot that was not seen yet is taken to stand at home, switched off.
    """
    ways = Ways(turn, Hindrances() if patient else hindrances(turn))
    start, free = turn.state.frozen_end(robot), _nobodys(turn, kind)
    return nearest_first(turn.state, turn.graph, robot, ways.among(free, start, robot.id))


def _nobodys(turn: Turn, kind: NodeKind) -> list[NodeId]:
    """Return the bays of a kind that nobody wants; computed once a state of the turn."""
    found = turn.memo.get(f'nobodys.{kind}')
    if found is None:
        specs = turn.hospital.robots.values()
        taken = {spec.home for spec in specs if spec.id not in turn.state.robots}
        found = [
            bay
            for bay, claims in _claims_on(turn, kind)
            if bay not in taken and all([is_free(turn.state.queues, one) for one in claims])  # noqa: C419
        ]
        turn.memo[f'nobodys.{kind}'] = found
    return cast(list[NodeId], found)


def _claims_on(turn: Turn, kind: NodeKind) -> list[tuple[NodeId, tuple[ResourceId, ...]]]:
    """Return what a robot claims on each bay of a kind, asked once a map."""
    graph = turn.graph
    found = graph.kept.get(f'claims on {kind}')
    if found is None:
        places = {bay: node_resource(bay) for bay in turn.hospital.of_kind(kind)}
        found = graph.kept[f'claims on {kind}'] = [
            (bay, (*graph.resources(place), *graph.limits(place))) for bay, place in places.items()
        ]
    return cast(list[tuple[NodeId, tuple[ResourceId, ...]]], found)
