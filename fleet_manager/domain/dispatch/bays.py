"""Where robots stand that have nothing to do, or no way to what they have to do."""

from __future__ import annotations

from fleet_manager.domain.dispatch.cost import nearest_first
from fleet_manager.domain.dispatch.legs import find_leg
from fleet_manager.domain.dispatch.predicates.can_get_there import Ways
from fleet_manager.domain.ids import NodeId, node_resource
from fleet_manager.domain.maps.model import NodeKind
from fleet_manager.domain.messages import LegPlanned, Purpose
from fleet_manager.domain.robots.battery import CHARGE_BELOW
from fleet_manager.domain.state import Robot
from fleet_manager.domain.traffic.claims import is_free
from fleet_manager.domain.traffic.hindrances import Hindrances, hindrances
from fleet_manager.domain.turn import Turn

#: Bays of a kind that are tried: the nearest ones.
_TRIED = 2


def bay_leg(turn: Turn, robot: Robot, *, patient: bool = False) -> LegPlanned | None:
    """Return a leg to the nearest free bay; to a charger when the battery is not nearly full.

    A `patient` one may wait for what stands still: for a robot that cannot move anyhow.
    """
    sense = turn.sensed.robots.get(robot.id)
    battery = sense.report.battery if sense is not None else None
    first, then = NodeKind.PARKING, NodeKind.CHARGER
    if robot.delivery is None and (battery is None or battery < CHARGE_BELOW):
        first, then = then, first
    for kind in (first, then):
        purpose = Purpose.CHARGE if kind is NodeKind.CHARGER else Purpose.PARK
        for bay in _free_bays(turn, robot, kind, patient=patient)[:_TRIED]:
            leg = find_leg(turn, robot, purpose, bay, patient=patient)
            if leg is not None:
                return leg
    return None


def should_charge(turn: Turn, robot: Robot) -> bool:
    """A free robot in a parking bay whose battery is low: a charger, when one is free."""
    if robot.delivery is not None or robot.purpose is Purpose.CHARGE:
        return False
    battery = turn.sensed.robots[robot.id].report.battery
    kind = turn.hospital.nodes[robot.goal].kind
    low = battery is not None and battery < CHARGE_BELOW
    return kind is NodeKind.PARKING and low and bool(_free_bays(turn, robot, NodeKind.CHARGER))


def _free_bays(turn: Turn, robot: Robot, kind: NodeKind, *, patient: bool = False) -> list[NodeId]:
    """Return the bays of a kind that can be reached and nobody wants, nearest first.

    A robot that was not seen yet is taken to stand at home, switched off.
    """
    specs = turn.hospital.robots.values()
    taken = {spec.home for spec in specs if spec.id not in turn.state.robots}
    ways = Ways(turn, Hindrances() if patient else hindrances(turn))
    start = turn.state.frozen_end(robot)
    free = []
    for node in turn.hospital.nodes.values():
        if node.kind is not kind or node.id in taken:
            continue
        place = node_resource(node.id)
        claims = (*turn.graph.resources(place), *turn.graph.limits(place))
        if all(is_free(turn.state.queues, resource) for resource in claims):
            free.append(node.id)
    return nearest_first(turn.state, turn.graph, robot, ways.among(free, start, robot.id))
