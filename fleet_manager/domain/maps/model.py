"""What a hospital is made of. Metres, radians; one map frame a floor, z = 0 at that floor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from fleet_manager.domain.ids import (
    CompartmentId,
    DoorId,
    FloorId,
    HospitalId,
    LaneId,
    LiftId,
    NodeId,
    RobotId,
    StationId,
)

#: Metres by which a place may differ on two maps and be the same, for the manager and for robots:
#: they stop no more exactly than this.
SAME_PLACE: Final = 0.05


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
class Zone:
    """An area with a rule, of one of `words.ZONE_KINDS`.

    `robots` is how many may be in it at once, 0 for any number; `hours` are spans of the day such
    as `22:00-06:00` during which the rule holds, empty for always.
    """

    id: str
    name: Name
    kind: str
    polygon: tuple[Point, ...]
    robots: int = 0
    hours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Floor:
    """A storey. `level` orders the floors from the lowest; `elevation` is in metres.

    `walls` are lines nobody drives through, beside the walls of closed rooms.
    """

    id: FloorId
    name: Name
    level: int
    elevation: float
    outline: tuple[Point, ...]
    rooms: tuple[Room, ...]
    walls: tuple[tuple[Point, ...], ...] = ()
    zones: tuple[Zone, ...] = ()


class NodeKind(StrEnum):
    """What a node is for. PARKING, CHARGER, CLEANING, STATION are bays: one may stay for ever."""

    WAY = 'way'
    PARKING = 'parking'
    CHARGER = 'charger'
    CLEANING = 'cleaning'
    STATION = 'station'
    LIFT_WAIT = 'lift_wait'
    LIFT_EXIT = 'lift_exit'
    CAR = 'car'


BAYS = frozenset({NodeKind.PARKING, NodeKind.CHARGER, NodeKind.CLEANING, NodeKind.STATION})


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
    """A stretch between two nodes, in both directions one resource, held as one.

    `via` are the points between its ends, from `a` to `b`; `length` in metres over all of them;
    `speed` the limit in metres a second; `door` a door it passes, or ''; `width` the free width in
    metres, 0 where it is not said. With `one_way` it is driven from `a` to `b` only. `robots` are
    the types of robots that may use it, empty for all.
    """

    id: LaneId
    floor: FloorId
    a: NodeId
    b: NodeId
    via: tuple[Point, ...]
    length: float
    speed: float
    door: str
    width: float = 0.0
    one_way: bool = False
    robots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Door:
    """A door on a lane, sliding or hinged. An `automatic` one opens on request.

    One that is not automatic stands open, or a person opens it. `fire` doors close in an alarm,
    `badge` doors let people pass with a badge only.
    """

    id: DoorId
    name: Name
    floor: FloorId
    at: Point
    width: float
    kind: str = 'sliding'
    automatic: bool = True
    fire: bool = False
    badge: bool = False


@dataclass(frozen=True, slots=True)
class LiftStop:
    """Where a lift is entered and left on one floor, by its front or its rear door.

    The waiting cell is off the exit path.
    """

    floor: FloorId
    wait: NodeId
    exit: NodeId
    door: str = 'front'


@dataclass(frozen=True, slots=True)
class Lift:
    """A lift: one car for one robot. Speeds in m/s and m/s², `door_time` in seconds each way.

    `faces` is the way its front door looks, in radians, None where it is not said. `rating` says
    whether clean or dirty goods ride in it, `access` whether the public does. Lifts of one `group`
    stand side by side.
    """

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
    faces: float | None = None
    rating: str = 'any'
    access: str = 'service'
    group: str = ''

    def stop(self, floor: FloorId) -> LiftStop:
        """Return the stop on `floor`. Raises KeyError where the lift does not stop."""
        for stop in self.stops:
            if stop.floor == floor:
                return stop
        raise KeyError(floor)


@dataclass(frozen=True, slots=True)
class Station:
    """A place where people meet a robot. `code` is printed on the wall.

    `sends` and `takes` are goods classes; `hours` are spans of the day such as `07:00-19:00`,
    empty for always. It `keeps` what nobody takes, of these classes: a safe place. Who does not
    answer at `phone` is called at `second_phone`, '' for the dispatch.
    """

    id: StationId
    code: str
    name: Name
    kind: str
    node: NodeId
    phone: str
    sends: tuple[str, ...]
    takes: tuple[str, ...]
    hours: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    second_phone: str = ''


class CompartmentKind(StrEnum):
    """What a compartment is made for: STANDARD for goods that need no special box.

    ANY is one that nobody described: it takes everything.
    """

    STANDARD = 'standard'
    INSULATED = 'insulated'
    SPECIMEN = 'specimen'
    ANY = 'any'


@dataclass(frozen=True, slots=True)
class Compartment:
    """A box of a robot with a lock of its own, and what fits into it."""

    id: CompartmentId
    kind: CompartmentKind
    litres: int


#: Litres of a compartment that nobody described: more than any parcel has.
ROOMY: Final = 1_000


@dataclass(frozen=True, slots=True)
class RobotType:
    """Robots of one build, in metres. `turning_radius` is that of the circle they turn within.

    `mass` in kg, empty. `compartments` are those each of them has; empty where nobody described
    them.
    """

    id: str
    name: Name
    length: float
    width: float
    turning_radius: float
    rating: str = 'any'
    mass: float = 100.0
    compartments: tuple[Compartment, ...] = ()

    def compartment(self, identity: str) -> Compartment:
        """Return one of its compartments; one that nobody described is of kind ANY."""
        for one in self.compartments:
            if one.id == identity:
                return one
        return Compartment(CompartmentId(identity), CompartmentKind.ANY, ROOMY)


#: The type of robots that are of no other.
STANDARD_TYPE = RobotType('standard', Name('标准型', 'Standard'), 0.6, 0.5, 0.4)


@dataclass(frozen=True, slots=True)
class RobotSpec:
    """A robot of the hospital's fleet: its home bay and its lockable compartments."""

    id: RobotId
    name: str
    home: NodeId
    compartments: tuple[str, ...]
    type: str = STANDARD_TYPE.id


@dataclass(frozen=True, slots=True)
class Hospital:
    """A whole hospital, checked. `version` is a hash of its content: another map, another hash.

    Mappings keep the order of the files. `lanes_at` lists the lanes of each node, one-way lanes at
    both their ends. `types` are the builds its robots may have.
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
    types: Mapping[str, RobotType] = field(
        default_factory=lambda: {STANDARD_TYPE.id: STANDARD_TYPE}
    )
    _boxes: dict[RobotId, tuple[Compartment, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _of_kind: dict[NodeKind, tuple[NodeId, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def compartments(self, robot: RobotId) -> tuple[Compartment, ...]:
        """Return the compartments of a robot of the fleet, as its type describes them."""
        found = self._boxes.get(robot)
        if found is None:
            spec = self.robots[robot]
            build = self.types.get(spec.type, STANDARD_TYPE)
            found = tuple(build.compartment(one) for one in spec.compartments)
            self._boxes[robot] = found
        return found

    def of_kind(self, kind: NodeKind) -> tuple[NodeId, ...]:
        """Return the nodes of a kind, in the order of the files."""
        found = self._of_kind.get(kind)
        if found is None:
            found = tuple(node.id for node in self.nodes.values() if node.kind is kind)
            self._of_kind[kind] = found
        return found

    @property
    def automatic_doors(self) -> tuple[DoorId, ...]:
        """The doors that open on request. The others stand open, or a person opens them."""
        return tuple(door.id for door in self.doors.values() if door.automatic)

    def is_bay(self, node: NodeId) -> bool:
        """Whether a robot may stay on `node` for ever without blocking anybody."""
        return self.nodes[node].kind in BAYS

    def station_at(self, node: NodeId) -> Station | None:
        """Return the station whose hand-over node this is."""
        for station in self.stations.values():
            if station.node == node:
                return station
        return None
