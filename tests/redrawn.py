"""Hospitals changed: the next map of one that is at work."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from math import hypot

from fleet_manager.domain.ids import FloorId, LaneId, LiftId, NodeId, StationId
from fleet_manager.domain.maps.model import (
    STANDARD_TYPE,
    Hospital,
    Lane,
    Name,
    NodeKind,
    Point,
    RobotType,
    Zone,
)
from fleet_manager.domain.maps.serialise import lanes_by_node, with_version


def with_lane(hospital: Hospital, a: str, b: str) -> Hospital:
    """Join two nodes that were apart."""
    one, other = hospital.nodes[NodeId(a)], hospital.nodes[NodeId(b)]
    lane = LaneId(f'{a}-{b}')
    length = round(hypot(one.x - other.x, one.y - other.y), 3)
    new = Lane(lane, one.floor, one.id, other.id, (), length, 0.8, '')
    return _versioned(replace(hospital, lanes={**hospital.lanes, lane: new}))


def without(
    hospital: Hospital, *, nodes: Collection[str] = (), lanes: Collection[str] = ()
) -> Hospital:
    """Take away nodes, with their lanes and stations, and lanes."""
    for name in nodes:
        assert name in hospital.nodes, name
    for name in lanes:
        assert name in hospital.lanes, name
    kept = {n.id: n for n in hospital.nodes.values() if n.id not in nodes}
    ways = {
        lane.id: lane
        for lane in hospital.lanes.values()
        if lane.id not in lanes and lane.a in kept and lane.b in kept
    }
    stations = {s.id: s for s in hospital.stations.values() if s.node in kept}
    return _versioned(replace(hospital, nodes=kept, lanes=ways, stations=stations))


def moved(hospital: Hospital, node: str, *, by: float) -> Hospital:
    """Move a node to the east, metres."""
    there = hospital.nodes[NodeId(node)]
    nodes = {**hospital.nodes, there.id: replace(there, x=there.x + by)}
    return _versioned(replace(hospital, nodes=nodes))


def without_station(hospital: Hospital, station: str) -> Hospital:
    """Close a station; its node becomes a parking bay."""
    gone = hospital.stations[StationId(station)]
    stations = {s.id: s for s in hospital.stations.values() if s.id != station}
    node = replace(hospital.nodes[gone.node], kind=NodeKind.PARKING)
    nodes = {**hospital.nodes, node.id: node}
    return _versioned(replace(hospital, stations=stations, nodes=nodes))


def _versioned(hospital: Hospital) -> Hospital:
    return with_version(replace(hospital, lanes_at=lanes_by_node(hospital.nodes, hospital.lanes)))


def without_lift(hospital: Hospital, lift: str) -> Hospital:
    """Close a lift, with its cells."""
    gone = hospital.lifts[LiftId(lift)]
    lifts = {name: one for name, one in hospital.lifts.items() if name != lift}
    cells = [cell for stop in gone.stops for cell in (stop.wait, stop.exit)]
    return without(replace(hospital, lifts=lifts), nodes=[gone.car, *cells])


def with_zone(
    hospital: Hospital,
    zone: str,
    left: float,
    low: float,
    right: float,
    high: float,
    *,
    floor: str = 'F1',
) -> Hospital:
    """Draw a rectangular zone without a rule of its own, in metres."""
    corners = ((left, low), (right, low), (right, high), (left, high))
    polygon = tuple(Point(x, y) for x, y in corners)
    on = hospital.floors[FloorId(floor)]
    zones = (*on.zones, Zone(zone, Name(zone, zone), 'quiet', polygon))
    return _versioned(
        replace(hospital, floors={**hospital.floors, on.id: replace(on, zones=zones)})
    )


def with_types(hospital: Hospital, **of_robots: str) -> Hospital:
    """Give robots types of the same build."""
    built = {name: RobotType(name, Name(name, name), 0.6, 0.5, 0.4) for name in of_robots.values()}
    robots = {
        spec.id: replace(spec, type=of_robots.get(spec.id, spec.type))
        for spec in hospital.robots.values()
    }
    types = {STANDARD_TYPE.id: STANDARD_TYPE, **built}
    return _versioned(replace(hospital, types=types, robots=robots))
