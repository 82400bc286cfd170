"""Where robots drive, as an area of the plan: nothing may stand there."""

from __future__ import annotations

import shapely
from shapely.geometry.base import BaseGeometry

from fleet_manager.domain.ids import FloorId, NodeId
from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.model import Hospital, Lane, Point, RobotType


def types_on(hospital: Hospital, lane: Lane) -> list[RobotType]:
    """Return the types of robots that may use a lane."""
    types = hospital.types.values()
    return [one for one in types if not lane.robots or one.id in lane.robots]


def types_at(hospital: Hospital, node: NodeId) -> list[RobotType]:
    """Return the types of robots that may come to a node."""
    lanes = [hospital.lanes[lane] for lane in hospital.lanes_at.get(node, ())]
    found = {one.id: one for lane in lanes for one in types_on(hospital, lane)}
    return list(found.values())


def half_width(hospital: Hospital, node: NodeId) -> float:
    """Return half the width of the widest robot that comes to a node."""
    return max((one.width for one in types_at(hospital, node)), default=0.0) / 2


def driven(hospital: Hospital, floor: FloorId, *, margin: float) -> BaseGeometry:
    """Return what robots on a floor may cover, with some metres around it.

    On lanes that is the strip of the widest, at nodes the circle in which they turn, before lifts
    the way from the cells into the car.
    """
    areas = []
    for lane in hospital.lanes.values():
        if lane.floor == floor:
            a, b = hospital.nodes[lane.a], hospital.nodes[lane.b]
            widest = max((one.width for one in types_on(hospital, lane)), default=0.0)
            line = geometry.linestring((Point(a.x, a.y), *lane.via, Point(b.x, b.y)))
            areas.append(line.buffer(widest / 2 + margin, cap_style='flat'))
    for node in hospital.nodes.values():
        if node.floor == floor:
            radii = [one.turning_radius for one in types_at(hospital, node.id)]
            if radii:
                areas.append(shapely.Point(node.x, node.y).buffer(max(radii) + margin))
    for lift in hospital.lifts.values():
        for stop in lift.stops:
            if stop.floor == floor:
                for cell in (hospital.nodes[stop.wait], hospital.nodes[stop.exit]):
                    way = geometry.linestring((Point(cell.x, cell.y), lift.at))
                    reach = half_width(hospital, cell.id) + margin
                    areas.append(way.buffer(reach, cap_style='flat'))
    return shapely.union_all(areas)
