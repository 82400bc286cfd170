"""Builds a hospital from plain data, as it stands in the files of a hospital folder.

The data is that of `hospital.yaml` with each file name under `floors` and `fleet` replaced by what
the file holds. People write short node and door ids, unique on a floor; the hospital has them with
the floor in front: `s01` on L1 is `L1.s01`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from math import pi
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
from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.check import check_hospital
from fleet_manager.domain.maps.fields import MAX_COORDINATE, Fields
from fleet_manager.domain.maps.model import (
    ROOMY,
    STANDARD_TYPE,
    Compartment,
    CompartmentKind,
    Door,
    Floor,
    Hospital,
    Lane,
    Lift,
    LiftStop,
    Node,
    NodeKind,
    Point,
    RobotSpec,
    RobotType,
    Room,
    Station,
    Zone,
)
from fleet_manager.domain.maps.problems import (
    BrokenMap,
    FieldPath,
    Findings,
    Severity,
    Where,
    did_you_mean,
    plain_place,
)
from fleet_manager.domain.maps.serialise import lanes_by_node, with_version
from fleet_manager.domain.maps.words import (
    ACCESSES,
    CLOSED_ROOMS,
    DOOR_KINDS,
    GOODS_CLASSES,
    LIFT_DOORS,
    OPEN_ROOMS,
    RATINGS,
    STATION_KINDS,
    ZONE_KINDS,
)

FORMAT: Final = 1
#: Metres a second on a lane that says nothing else.
CORRIDOR_SPEED: Final = 0.8
_TURN: Final = 2 * pi

_COMPARTMENT_KINDS: Final = tuple(kind.value for kind in CompartmentKind)
_WRITTEN_NODES: Final = tuple(kind.value for kind in NodeKind if kind is not NodeKind.CAR)
#: How many of the known words a message lists.
_FEW: Final = 6
_PHONE: Final = re.compile(r'[0-9+*# -]{2,20}')
_CODE: Final = re.compile(r'[A-Z0-9-]{1,8}')


def build_hospital(raw: Mapping[str, object], *, where: Where = plain_place) -> Hospital:
    """Read, check and return a hospital. Raises BrokenMap with all problems if there is an error.

    `where` names a place in the data to a person, such as the line of a file.
    """
    hospital = read_hospital(raw, where=where)
    problems = check_hospital(hospital, len(hospital.robots), where=where)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        raise BrokenMap(errors)
    return hospital


def read_hospital(raw: Mapping[str, object], *, where: Where = plain_place) -> Hospital:
    """Read a hospital whose fields and references are right; `check_hospital` tells if it works.

    Raises BrokenMap with all problems.
    """
    findings = Findings(where)
    reader = _Reader(findings)
    fields = Fields(raw, (), findings)
    if fields.integer('format', FORMAT, 1_000_000) != FORMAT:
        problem, mend = 'is unknown to this program', f'this program reads format {FORMAT}'
        findings.error(('format',), 'unknown_format', problem, mend)
    identity = HospitalId(fields.identifier('id'))
    name = fields.name('name')
    phone = fields.matching('dispatch_phone', _PHONE, 'a telephone number in quotes')
    for index, floor in fields.items('floors'):
        reader.read_floor(floor, index)
    for lift, lift_fields in fields.entries('lifts', needed=False):
        reader.read_lift(lift, lift_fields)
    fleet = fields.section('fleet')
    for robot_type, type_fields in fleet.entries('types', needed=False):
        reader.read_type(robot_type, type_fields)
    for robot, robot_fields in fleet.entries('robots'):
        reader.read_robot(robot, robot_fields)
    fleet.finish()
    fields.finish()
    reader.know_the_types()
    findings.raise_errors()
    hospital = Hospital(
        id=identity,
        name=name,
        version='',
        phone=phone,
        floors=reader.floors,
        nodes=reader.nodes,
        lanes=reader.lanes,
        doors=reader.doors,
        lifts=reader.lifts,
        stations=reader.stations,
        robots=reader.robots,
        lanes_at=lanes_by_node(reader.nodes, reader.lanes),
        types=reader.types,
    )
    return with_version(hospital)


def lane_name(a: str, b: str) -> str:
    """Return a lane's id within its floor: the same from whichever end it is written."""
    return '-'.join(sorted((a, b)))


def written_ends(raw: object) -> tuple[str, str] | None:
    """Return the ends of a lane as written, if they can name the lane in a message."""
    between = raw.get('between') if isinstance(raw, Mapping) else None
    if isinstance(between, (list, tuple)) and len(between) == 2:
        a, b = between
        if isinstance(a, str) and isinstance(b, str):
            return a, b
    return None


class _Reader:
    """Collects the parts of a hospital while they are read, in the order of the files."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._codes: dict[str, FieldPath] = {}
        self.floors: dict[FloorId, Floor] = {}
        self.nodes: dict[NodeId, Node] = {}
        self.lanes: dict[LaneId, Lane] = {}
        self.doors: dict[DoorId, Door] = {}
        self.lifts: dict[LiftId, Lift] = {}
        self.stations: dict[StationId, Station] = {}
        self.robots: dict[RobotId, RobotSpec] = {}
        self.types: dict[str, RobotType] = {}
        self._named_types: list[tuple[str, FieldPath]] = []

    def read_floor(self, raw: object, index: int) -> None:
        """Read a floor with everything on it. Lanes need its nodes and doors: they come later."""
        written = raw.get('id') if isinstance(raw, Mapping) else None
        place = written if isinstance(written, str) and written else str(index)
        fields = Fields(raw, ('floors', place), self._findings)
        floor = FloorId(fields.identifier('id'))
        if floor in self.floors:
            self._duplicate((*fields.path, 'id'), f'floor {floor!r}')
            return
        for local, node_fields in fields.entries('nodes'):
            self._read_node(floor, local, node_fields)
        for local, door_fields in fields.entries('doors', needed=False):
            self._read_door(floor, local, door_fields)
        for position, lane in fields.items('lanes'):
            self._read_lane(floor, lane, (*fields.path, 'lanes'), position)
        for station, station_fields in fields.entries('stations', needed=False):
            self._read_station(floor, station, station_fields)
        self.floors[floor] = Floor(
            id=floor,
            name=fields.name('name'),
            level=fields.integer('level', -20, 200),
            elevation=fields.number('elevation', -100.0, 1_000.0),
            outline=fields.points('outline', least=3),
            rooms=tuple(_read_room(room, own) for room, own in fields.entries('rooms')),
            walls=fields.lines('walls'),
            zones=tuple(
                _read_zone(zone, own) for zone, own in fields.entries('zones', needed=False)
            ),
        )
        fields.finish()

    def read_lift(self, identity: str, fields: Fields) -> None:
        """Read a lift and make the node of its car."""
        lift = LiftId(identity)
        car = NodeId(f'car.{identity}')
        at = fields.point('at')
        width, depth = fields.numbers('cabin', 2, 0.5, 10.0)
        stops = []
        for floor, stop_fields in fields.entries('stops'):
            if self._known(floor, self.floors, stop_fields.path, 'floor'):
                stops.append(self._read_stop(FloorId(floor), stop_fields))
        self.nodes[car] = Node(car, FloorId(''), at.x, at.y, NodeKind.CAR)
        self.lifts[lift] = Lift(
            id=lift,
            name=fields.name('name'),
            car=car,
            at=at,
            width=width,
            depth=depth,
            speed=fields.number('speed', 0.1, 10.0),
            acceleration=fields.number('acceleration', 0.1, 5.0),
            door_time=fields.number('door_time', 0.5, 60.0),
            stops=tuple(stops),
            faces=fields.optional_number('faces', -_TURN, _TURN),
            rating=fields.choice('rating', RATINGS, default='any'),
            access=fields.choice('access', ACCESSES, default='service'),
            group=fields.optional_identifier('group'),
        )
        fields.finish()

    def read_type(self, identity: str, fields: Fields) -> None:
        """Read a type of robots."""
        self.types[identity] = RobotType(
            id=identity,
            name=fields.name('name'),
            length=fields.number('length', 0.1, 5.0),
            width=fields.number('width', 0.1, 5.0),
            turning_radius=fields.number('turning_radius', 0.05, 5.0),
            rating=fields.choice('rating', RATINGS, default='any'),
            mass=fields.number('mass', 1.0, 5_000.0, default=STANDARD_TYPE.mass),
            compartments=tuple(
                _read_compartment(name, own)
                for name, own in fields.entries('compartments', needed=False)
            ),
        )
        fields.finish()

    def read_robot(self, identity: str, fields: Fields) -> None:
        """Read a robot of the fleet."""
        home = fields.text('home')
        if home:
            self._known(home, self.nodes, (*fields.path, 'home'), 'node')
        kind = self._type(fields)
        self.robots[RobotId(identity)] = RobotSpec(
            id=RobotId(identity),
            name=fields.text('name'),
            home=NodeId(home),
            compartments=self._compartments(fields, self.types.get(kind)),
            type=kind,
        )
        fields.finish()

    def know_the_types(self) -> None:
        """Note every type that lanes or robots name and the fleet does not have."""
        if not self.types or any(robot.type == STANDARD_TYPE.id for robot in self.robots.values()):
            self.types.setdefault(STANDARD_TYPE.id, STANDARD_TYPE)
        for name, place in self._named_types:
            self._known(name, self.types, place, 'type of robots')

    def _compartments(self, fields: Fields, build: RobotType | None) -> tuple[str, ...]:
        """Read the names of a robot's compartments; left out, it has all of its type."""
        known = [one.id for one in build.compartments] if build else []
        named = fields.identifiers('compartments', needed=not known)
        place = (*fields.path, 'compartments')
        if not fields.has('compartments'):
            return tuple(known)
        if not named:
            self._findings.error(place, 'no_compartment', 'is empty', 'name at least one')
        if len(set(named)) < len(named):
            self._duplicate(place, 'a compartment')
        if known:
            for name in named:
                self._known(name, known, place, 'compartment of its type')
        return named

    def _type(self, fields: Fields) -> str:
        if not fields.has('type'):
            return fields.text('type', default='') or STANDARD_TYPE.id
        name = fields.identifier('type')
        if name:
            self._named_types.append((name, (*fields.path, 'type')))
        return name

    def _read_node(self, floor: FloorId, local: str, fields: Fields) -> None:
        at = fields.point('at')
        kind = fields.choice('kind', _WRITTEN_NODES)
        node = NodeId(f'{floor}.{local}')
        self.nodes[node] = Node(node, floor, at.x, at.y, NodeKind(kind or NodeKind.WAY))
        fields.finish()

    def _read_door(self, floor: FloorId, local: str, fields: Fields) -> None:
        door = DoorId(f'{floor}.{local}')
        self.doors[door] = Door(
            id=door,
            name=fields.name('name'),
            floor=floor,
            at=fields.point('at'),
            width=fields.number('width', 0.5, 20.0),
            kind=fields.choice('kind', DOOR_KINDS, default='sliding'),
            automatic=fields.flag('automatic', default=True),
            fire=fields.flag('fire', default=False),
            badge=fields.flag('badge', default=False),
        )
        fields.finish()

    def _read_lane(self, floor: FloorId, raw: object, path: FieldPath, position: int) -> None:
        ends = written_ends(raw)
        place = (*path, lane_name(*ends) if ends else str(position))
        fields = Fields(raw, place, self._findings)
        between = fields.identifiers('between')
        via = fields.points('via')
        speed = fields.number('speed', 0.05, 5.0, default=CORRIDOR_SPEED)
        door = fields.optional_identifier('door')
        width = fields.number('width', 0.1, 50.0, default=0.0)
        one_way = fields.flag('one_way', default=False)
        robots = fields.identifiers('robots', needed=False)
        fields.finish()
        self._named_types += [(name, (*place, 'robots')) for name in robots]
        if door and not self._known_here(floor, door, self.doors, (*place, 'door'), 'door'):
            return
        if len(between) != 2 or between[0] == between[1]:
            mend = 'write the ids of two different nodes'
            self._findings.error((*place, 'between'), 'bad_ends', 'has not two ends', mend)
            return
        known = [
            self._known_here(floor, end, self.nodes, (*place, 'between'), 'node')
            for end in between
        ]
        if not all(known):
            return
        a, b = (NodeId(f'{floor}.{end}') for end in between)
        lane = LaneId(f'{floor}.{lane_name(*between)}')
        if lane in self.lanes:
            self._duplicate(place, f'lane {lane!r}')
            return
        line = (self._point(a), *via, self._point(b))
        self.lanes[lane] = Lane(
            id=lane,
            floor=floor,
            a=a,
            b=b,
            via=via,
            length=round(geometry.length(line), 3),
            speed=speed,
            door=f'{floor}.{door}' if door else '',
            width=width,
            one_way=one_way,
            robots=robots,
        )

    def _read_station(self, floor: FloorId, identity: str, fields: Fields) -> None:
        station = StationId(identity)
        code = fields.matching('code', _CODE, '1 to 8 capital letters and digits')
        node = fields.identifier('node')
        if node:
            self._known_here(floor, node, self.nodes, (*fields.path, 'node'), 'node')
        if station in self.stations:
            self._duplicate(fields.path, f'station {identity!r}')
        if code and code in self._codes:
            self._duplicate((*fields.path, 'code'), f'code {code!r}')
        self._codes[code] = fields.path
        self.stations[station] = Station(
            id=station,
            code=code,
            name=fields.name('name'),
            kind=fields.choice('kind', STATION_KINDS),
            node=NodeId(f'{floor}.{node}'),
            phone=fields.matching('phone', _PHONE, 'a telephone number in quotes'),
            sends=fields.choices('sends', GOODS_CLASSES),
            takes=fields.choices('takes', GOODS_CLASSES),
            hours=fields.hours('hours'),
            keeps=fields.choices('keeps', GOODS_CLASSES) if fields.has('keeps') else (),
            second_phone=(
                fields.matching('second_phone', _PHONE, 'a telephone number in quotes')
                if fields.has('second_phone')
                else ''
            ),
        )
        fields.finish()

    def _read_stop(self, floor: FloorId, fields: Fields) -> LiftStop:
        cells = []
        for key in ('wait', 'exit'):
            local = fields.identifier(key)
            if local:
                self._known_here(floor, local, self.nodes, (*fields.path, key), 'node')
            cells.append(NodeId(f'{floor}.{local}'))
        door = fields.choice('door', LIFT_DOORS, default='front')
        fields.finish()
        return LiftStop(floor, wait=cells[0], exit=cells[1], door=door)

    def _point(self, node: NodeId) -> Point:
        return Point(self.nodes[node].x, self.nodes[node].y)

    def _known_here(
        self, floor: FloorId, local: str, known: Collection[str], place: FieldPath, what: str
    ) -> bool:
        """Like `_known`, for the short ids people write on a floor."""
        if f'{floor}.{local}' in known:
            return True
        start = f'{floor}.'
        here = [word.removeprefix(start) for word in known if word.startswith(start)]
        return self._known(local, here, place, f'{what} of this floor')

    def _known(self, word: str, known: Collection[str], place: FieldPath, what: str) -> bool:
        if word in known:
            return True
        some = ', '.join(list(known)[:_FEW])
        mend = did_you_mean(
            word, known, f'name a {what}, such as {some}' if some else f'add a {what}'
        )
        self._findings.error(place, 'unknown_id', f'{word!r} is no {what}', mend)
        return False

    def _duplicate(self, place: FieldPath, what: str) -> None:
        self._findings.error(place, 'duplicate', f'{what} is there twice', 'rename or remove one')


def _read_compartment(identity: str, fields: Fields) -> Compartment:
    compartment = Compartment(
        id=CompartmentId(identity),
        kind=CompartmentKind(
            fields.choice('kind', _COMPARTMENT_KINDS) or CompartmentKind.STANDARD
        ),
        litres=fields.integer('litres', 1, ROOMY),
    )
    fields.finish()
    return compartment


def _read_room(identity: str, fields: Fields) -> Room:
    kind = fields.choice('kind', (*OPEN_ROOMS, *CLOSED_ROOMS))
    room = Room(id=identity, name=fields.name('name'), kind=kind, polygon=_read_area(fields))
    fields.finish()
    return room


def _read_zone(identity: str, fields: Fields) -> Zone:
    zone = Zone(
        id=identity,
        name=fields.name('name'),
        kind=fields.choice('kind', ZONE_KINDS),
        polygon=_read_area(fields),
        robots=fields.integer('robots', 1, 1_000) if fields.has('robots') else 0,
        hours=fields.hours('hours'),
    )
    fields.finish()
    return zone


def _read_area(fields: Fields) -> tuple[Point, ...]:
    """Read an area, drawn as a box `[x1, y1, x2, y2]` or as a polygon."""
    if fields.has('box'):
        x1, y1, x2, y2 = fields.numbers('box', 4, -MAX_COORDINATE, MAX_COORDINATE)
        return (Point(x1, y1), Point(x2, y1), Point(x2, y2), Point(x1, y2))
    return fields.points('polygon', least=3)
