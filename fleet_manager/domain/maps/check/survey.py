"""What the checks look at: the hospital with the geometry of each floor, and where to report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from fleet_manager.domain.ids import DoorId, FloorId, LaneId, NodeId
from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.check.table import CHECKS
from fleet_manager.domain.maps.geometry import Geometries
from fleet_manager.domain.maps.model import (
    Door,
    Floor,
    Hospital,
    Lane,
    Lift,
    LiftStop,
    Node,
    NodeKind,
    Point,
    RobotType,
    Station,
    Zone,
)
from fleet_manager.domain.maps.problems import FieldPath, Findings, Problem, Spot, Where

#: Metres beside a doorway that say nothing of how wide the corridor is.
BESIDE_A_DOOR: Final = 0.3
#: Metres of rounding in a file somebody drew.
SLACK: Final = 1e-6
#: Of one code. Who has mended these looks again.
_MOST_OF_A_CODE: Final = 25
#: Things looked up at a time, so that a map with everything in one spot fills no memory.
_AT_A_TIME: Final = 64
#: Pairs after which looking for more is in vain.
_MOST_PAIRS: Final = 20_000


class Report:
    """Collects problems by the code of their check, a readable number of each."""

    def __init__(self, where: Where) -> None:
        self._findings = Findings(where)
        self._count: Counter[str] = Counter()

    def note(
        self,
        code: str,
        path: FieldPath,
        problem: str,
        mend: str,
        *,
        at: Spot | None = None,
        others: tuple[FieldPath, ...] = (),
    ) -> None:
        """Note a problem; its severity is that of `code` in CHECKS."""
        severity = CHECKS[code].severity
        self._count[code] += 1
        if self._count[code] <= _MOST_OF_A_CODE:
            self._findings.note(severity, path, code, problem, mend, at=at, others=others)

    def problems(self) -> list[Problem]:
        """Return what was found, errors first; of a code with very many the first ones."""
        for code, count in self._count.items():
            if count > _MOST_OF_A_CODE:
                problem = f'has {count - _MOST_OF_A_CODE} more {code}'
                mend = 'mend those that are listed first'
                self._findings.note(CHECKS[code].severity, (), code, problem, mend)
        return self._findings.problems()


@dataclass(frozen=True, slots=True)
class Storey:
    """A floor with what is on it; `points` are those of its nodes and `lines` of its lanes.

    `walls` have gaps at doors. `walls_beside`, for how much room there is, have the outline too,
    and wider gaps.
    """

    floor: Floor
    outline: BaseGeometry
    nodes: Sequence[Node]
    points: Geometries
    lanes: Sequence[Lane]
    lines: Geometries
    doors: Sequence[Door]
    zones: Sequence[BaseGeometry]
    rooms: Geometries
    open_rooms: BaseGeometry
    walls: Geometries
    walls_beside: Geometries


class Survey:
    """A hospital, measured once for all checks."""

    def __init__(self, hospital: Hospital, robots: int) -> None:
        self.hospital = hospital
        self.robots = robots
        self.types: Sequence[RobotType] = tuple(hospital.types.values())
        self.radius = max((one.turning_radius for one in self.types), default=0.0)
        self.storeys = {floor: _storey(hospital, floor) for floor in hospital.floors}
        self.stations = {station.node: station for station in hospital.stations.values()}
        self.passed = {lane.door for lane in hospital.lanes.values() if lane.door}
        self.cells: dict[NodeId, list[tuple[Lift, LiftStop]]] = {}
        for lift in hospital.lifts.values():
            for stop in lift.stops:
                for cell in (stop.wait, stop.exit):
                    self.cells.setdefault(cell, []).append((lift, stop))

    def corridors(self, floor: Floor) -> list[tuple[Point, ...]]:
        """Return the corners of the corridors of a floor."""
        return [room.polygon for room in floor.rooms if room.kind == 'corridor']

    def zones(self, *kinds: str) -> list[tuple[Storey, Zone, BaseGeometry]]:
        """Return the zones of some kinds with their areas, floor by floor; of all without any."""
        return [
            (storey, zone, area)
            for storey in self.storeys.values()
            for zone, area in zip(storey.floor.zones, storey.zones, strict=True)
            if not kinds or zone.kind in kinds
        ]

    def door(self, lane: Lane) -> Door:
        """Return the door that a lane names."""
        return self.hospital.doors[DoorId(lane.door)]

    def types_on(self, lane: Lane) -> list[RobotType]:
        """Return the types of robots that may use a lane."""
        return [one for one in self.types if not lane.robots or one.id in lane.robots]

    def lanes_for(self, kind: str) -> frozenset[LaneId]:
        """Return the lanes that robots of a type may use."""
        lanes = self.hospital.lanes.values()
        return frozenset(lane.id for lane in lanes if not lane.robots or kind in lane.robots)

    def at(self, node: NodeId) -> Point:
        """Return where a node is."""
        return point_of(self.hospital.nodes[node])

    def line(self, lane: Lane) -> tuple[Point, ...]:
        """Return the points of a lane from `a` to `b`."""
        return (self.at(lane.a), *lane.via, self.at(lane.b))

    def spur(self, node: NodeId) -> tuple[Point, ...]:
        """Return the points of the way from a leaf to its other end, without the leaf itself."""
        for lane_id in self.hospital.lanes_at[node]:
            lane = self.hospital.lanes[lane_id]
            line = self.line(lane)
            return line[1:] if lane.a == node else line[-2::-1]
        return ()


def _storey(hospital: Hospital, floor_id: FloorId) -> Storey:
    floor = hospital.floors[floor_id]
    nodes = [node for node in hospital.nodes.values() if node.floor == floor_id]
    lanes = [lane for lane in hospital.lanes.values() if lane.floor == floor_id]
    doors = [door for door in hospital.doors.values() if door.floor == floor_id]
    outline = geometry.surface(floor.outline)
    rooms = geometry.rooms_of(floor)
    beside = geometry.walls_of(floor, doors, rooms=rooms, beside=BESIDE_A_DOOR)
    return Storey(
        floor=floor,
        outline=outline,
        nodes=nodes,
        points=geometry.array_of([shapely.Point(node.x, node.y) for node in nodes]),
        lanes=lanes,
        lines=_lines(hospital, lanes),
        doors=doors,
        zones=[geometry.surface(zone.polygon) for zone in floor.zones],
        rooms=rooms.drawn,
        open_rooms=shapely.union_all(rooms.open),
        walls=shapely.get_parts(geometry.walls_of(floor, doors, rooms=rooms)),
        walls_beside=shapely.get_parts(geometry.array_of([beside, outline.boundary])),
    )


def _lines(hospital: Hospital, lanes: Sequence[Lane]) -> Geometries:
    ends = ((point_of(hospital.nodes[own.a]), point_of(hospital.nodes[own.b])) for own in lanes)
    return geometry.array_of(
        [geometry.linestring((a, *own.via, b)) for own, (a, b) in zip(lanes, ends, strict=True)]
    )


def near(things: Geometries, others: Geometries, reach: float) -> Iterator[tuple[int, int]]:
    """Yield the places in both arrays of what comes within `reach` metres, in order."""
    tree = shapely.STRtree(others)
    count = 0
    for start in range(0, len(things), _AT_A_TIME):
        some = things[start : start + _AT_A_TIME]
        one, other = tree.query(some, predicate='dwithin', distance=reach)
        order = np.lexsort((other, one))
        yield from zip((one[order] + start).tolist(), other[order].tolist(), strict=True)
        count += len(order)
        if count > _MOST_PAIRS:
            return


def spot(floor: FloorId, place: BaseGeometry) -> Spot:
    """Return where to mark a geometry that is not empty."""
    point = place.representative_point()
    return floor, Point(point.x, point.y)


def point_of(node: Node) -> Point:
    """Return where a node is."""
    return Point(node.x, node.y)


def local(floor: FloorId, identity: str) -> str:
    """Return an id as it is written in the file of its floor."""
    return identity.removeprefix(f'{floor}.')


def node_path(node: Node) -> FieldPath:
    """Return where a node is written."""
    if node.kind is NodeKind.CAR:
        return ('lifts', node.id.removeprefix('car.'))
    return ('floors', node.floor, 'nodes', local(node.floor, node.id))


def lane_path(lane: Lane) -> FieldPath:
    """Return where a lane is written."""
    return ('floors', lane.floor, 'lanes', local(lane.floor, lane.id))


def door_path(door: Door) -> FieldPath:
    """Return where a door is written."""
    return ('floors', door.floor, 'doors', local(door.floor, door.id))


def station_path(hospital: Hospital, station: Station) -> FieldPath:
    """Return where a station is written."""
    return ('floors', hospital.nodes[station.node].floor, 'stations', station.id)
