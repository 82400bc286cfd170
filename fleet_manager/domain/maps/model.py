"""What a hospital is made of. Metres, radians; one map frame a floor, z = 0 at that floor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fleet_manager.domain.ids import (
    DoorId,
    FloorId,
    HospitalId,
    LaneId,
    LiftId,
    NodeId,
    RobotId,
    StationId,
)


@dataclass(frozen=True, slots=True)
class Name:
    """A place's name in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Point:
    """A point in the map frame of a floor, in metres."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Room:
    """A named area, drawn on the map."""

    id: str
    name: Name
    kind: str
    polygon: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Floor:
    """A storey. `level` orders the floors from the lowest; `elevation` is in metres."""

    id: FloorId
    name: Name
    level: int
    elevation: float
    outline: tuple[Point, ...]
    rooms: tuple[Room, ...]


class NodeKind(StrEnum):
    """What a node is for. PARKING, CHARGER, STATION are bays: a robot may stay for ever."""

    WAY = 'way'
    PARKING = 'parking'
    CHARGER = 'charger'
    STATION = 'station'
    LIFT_WAIT = 'lift_wait'
    LIFT_EXIT = 'lift_exit'
    CAR = 'car'


BAYS = frozenset({NodeKind.PARKING, NodeKind.CHARGER, NodeKind.STATION})


@dataclass(frozen=True, slots=True)
class Node:
    """A point where a robot may stand. A CAR node belongs to no floor: its floor is ''."""

    id: NodeId
    floor: FloorId
    x: float
    y: float
    kind: NodeKind


@dataclass(frozen=True, slots=True)
class Lane:
    """A stretch between two passing places, both directions: one resource, held as one.

    `via` are the points between its ends, from `a` to `b`; `length` in metres over all of them;
    `speed` the limit in metres a second; `door` a door it passes, or ''.
    """

    id: LaneId
    floor: FloorId
    a: NodeId
    b: NodeId
    via: tuple[Point, ...]
    length: float
    speed: float
    door: str


@dataclass(frozen=True, slots=True)
class Door:
    """A door on a lane, opened on request."""

    id: DoorId
    name: Name
    floor: FloorId
    at: Point
    width: float


@dataclass(frozen=True, slots=True)
class LiftStop:
    """Where a lift is entered and left on one floor. The waiting cell is off the exit path."""

    floor: FloorId
    wait: NodeId
    exit: NodeId


@dataclass(frozen=True, slots=True)
class Lift:
    """A lift: one car for one robot. Speeds in m/s and m/s², `door_time` in seconds each way."""

    id: LiftId
    name: Name
    car: NodeId
    at: Point
    width: float
    depth: float
    speed: float
    acceleration: float
    door_time: float
    stops: tuple[LiftStop, ...]

    def stop(self, floor: FloorId) -> LiftStop:
        """Return the stop on `floor`. Raises KeyError where the lift does not stop."""
        for stop in self.stops:
            if stop.floor == floor:
                return stop
        raise KeyError(floor)


@dataclass(frozen=True, slots=True)
class Station:
    """A place where people meet a robot. `code` is printed on the wall.

    `sends` and `takes` are goods classes.
    """

    id: StationId
    code: str
    name: Name
    kind: str
    node: NodeId
    phone: str
    sends: tuple[str, ...]
    takes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RobotSpec:
    """A robot of the hospital's fleet: its home bay and its lockable compartments."""

    id: RobotId
    name: str
    home: NodeId
    compartments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hospital:
    """A whole hospital, checked. `version` is a hash of its content: another map, another hash.

    Mappings keep the order of the files. `lanes_at` lists the lanes of each node.
    """

    id: HospitalId
    name: Name
    version: str
    phone: str
    floors: Mapping[FloorId, Floor]
    nodes: Mapping[NodeId, Node]
    lanes: Mapping[LaneId, Lane]
    doors: Mapping[DoorId, Door]
    lifts: Mapping[LiftId, Lift]
    stations: Mapping[StationId, Station]
    robots: Mapping[RobotId, RobotSpec]
    lanes_at: Mapping[NodeId, tuple[LaneId, ...]]

    def is_bay(self, node: NodeId) -> bool:
        """Whether a robot may stay on `node` for ever without blocking anybody."""
        return self.nodes[node].kind in BAYS

    def station_at(self, node: NodeId) -> Station | None:
        """Return the station whose hand-over node this is."""
        for station in self.stations.values():
            if station.node == node:
                return station
        return None
