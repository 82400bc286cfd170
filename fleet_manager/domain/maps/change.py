"""What a new map takes away: places that are gone, are elsewhere, or are driven otherwise.

A place near something new counts as well, where two robots would touch.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from fleet_manager.domain.ids import (
    DoorId,
    LiftId,
    ResourceId,
    StationId,
    car_resource,
    lane_resource,
    node_resource,
)
from fleet_manager.domain.maps.compile import compile_hospital, limits
from fleet_manager.domain.maps.model import SAME_PLACE, Door, Hospital, Lane, Lift, Node, Point


@dataclass(frozen=True, slots=True)
class Change:
    """What nobody may be on when the map is swapped, and the stations that are gone."""

    places: frozenset[ResourceId]
    stations: frozenset[StationId]


def changes(now: Hospital, then: Hospital) -> Change:
    """Return what `then` has no more, or elsewhere, or not in the same way. Names don't matter."""
    places: set[ResourceId] = set()
    for node in now.nodes.values():
        if not _same_node(node, then.nodes.get(node.id)):
            places.add(node_resource(node.id))
    for lift in now.lifts.values():
        if not _same_lift(now, then, lift):
            places |= {car_resource(lift.id), node_resource(lift.car)}
    doors = {d.id for d in now.doors.values() if not _same_door(d, then.doors.get(d.id))}
    for lane in now.lanes.values():
        ends = {node_resource(lane.a), node_resource(lane.b)} & places
        other = then.lanes.get(lane.id)
        if ends or DoorId(lane.door) in doors or not _same_lane(lane, other):
            places.add(lane_resource(lane.id))
    gone = set()
    for station in now.stations.values():
        other_station = then.stations.get(station.id)
        if other_station is None:
            gone.add(station.id)
        if other_station is None or other_station.node != station.node:
            places.add(node_resource(station.node))
    return Change(frozenset(places) | _closer(now, then), frozenset(gone))


def _closer(now: Hospital, then: Hospital) -> frozenset[ResourceId]:
    """Return the places that get a new neighbour too close for two robots, or other zone limits.

    Who is on one when the maps are swapped would not hold what the two share, or its zone.
    """
    before, after = compile_hospital(now).shared(), compile_hospital(then).shared()
    closer = {place for place in after if not {*after[place]} <= {*before.get(place, ())}}
    before, after = limits(now), limits(then)
    return frozenset(closer | {p for p in {*before, *after} if before.get(p) != after.get(p)})


def _same_node(node: Node, other: Node | None) -> bool:
    if other is None or (node.floor, node.kind) != (other.floor, other.kind):
        return False
    return hypot(node.x - other.x, node.y - other.y) <= SAME_PLACE


def _same_lane(lane: Lane, other: Lane | None) -> bool:
    if other is None or not _same_points(lane.via, other.via):
        return False
    if (lane.a, lane.b) != (other.a, other.b) and (lane.one_way or other.one_way or lane.via):
        return False
    how = (lane.door, lane.one_way, lane.robots)
    return how == (other.door, other.one_way, other.robots)


def _same_door(door: Door, other: Door | None) -> bool:
    if other is None or not _same_points((door.at,), (other.at,)):
        return False
    how = (door.floor, door.width, door.kind, door.automatic)
    return how == (other.floor, other.width, other.kind, other.automatic)


def _same_lift(now: Hospital, then: Hospital, lift: Lift) -> bool:
    other = then.lifts.get(LiftId(lift.id))
    if other is None or not _same_points((lift.at,), (other.at,)):
        return False
    size = (lift.width, lift.depth, lift.speed, lift.acceleration, lift.door_time, lift.faces)
    if size != (other.width, other.depth, other.speed, other.acceleration, other.door_time,
                other.faces):  # fmt: skip
        return False
    return lift.stops == other.stops and all(
        now.floors[stop.floor].elevation == then.floors[stop.floor].elevation
        for stop in lift.stops
    )


def _same_points(points: Sequence[Point], others: Sequence[Point]) -> bool:
    if len(points) != len(others):
        return False
    pairs: itertools.zip_longest[tuple[Point, Point]] = itertools.zip_longest(points, others)
    return all(hypot(a.x - b.x, a.y - b.y) <= SAME_PLACE for a, b in pairs)
