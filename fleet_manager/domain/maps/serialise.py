"""A hospital as plain JSON data: for the pages' static map, for robots, and to keep.

Lists hold the entities in the order of the hospital's mappings, each with its `id`. Points are
`[x, y]` in metres.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from fleet_manager.domain.errors import MapError
from fleet_manager.domain.ids import (
    MAX_ID_LENGTH,
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
from fleet_manager.domain.maps.fields import MAX_COORDINATE, Fields
from fleet_manager.domain.maps.model import (
    Compartment,
    CompartmentKind,
    Door,
    Floor,
    Hospital,
    Lane,
    Lift,
    LiftStop,
    Name,
    Node,
    NodeKind,
    Point,
    RobotSpec,
    RobotType,
    Room,
    Station,
    Zone,
)
from fleet_manager.domain.maps.problems import Findings, plain_place
from fleet_manager.domain.maps.words import (
    ACCESSES,
    DOOR_KINDS,
    LIFT_DOORS,
    RATINGS,
    ZONE_KINDS,
)

_VERSION_LENGTH: Final = 16
#: Metres, seconds and their quotients in a file somebody else wrote: finite and not absurd.
_LARGEST: Final = MAX_COORDINATE
_KINDS: Final = tuple(kind.value for kind in NodeKind)
_COMPARTMENT_KINDS: Final = tuple(kind.value for kind in CompartmentKind)


def hospital_to_json(hospital: Hospital) -> dict[str, Any]:
    """Return the whole hospital as plain data; `hospital_from_json` reads it back."""
    return {
        'id': hospital.id,
        'name': _name(hospital.name),
        'version': hospital.version,
        'phone': hospital.phone,
        'floors': [_floor(floor) for floor in hospital.floors.values()],
        'nodes': [
            {'id': node.id, 'floor': node.floor, 'x': node.x, 'y': node.y, 'kind': node.kind.value}
            for node in hospital.nodes.values()
        ],
        'lanes': [
            {
                'id': lane.id,
                'floor': lane.floor,
                'a': lane.a,
                'b': lane.b,
                'via': _points(lane.via),
                'length': lane.length,
                'speed': lane.speed,
                'door': lane.door,
                'width': lane.width,
                'one_way': lane.one_way,
                'robots': list(lane.robots),
            }
            for lane in hospital.lanes.values()
        ],
        'doors': [
            {
                'id': door.id,
                'name': _name(door.name),
                'floor': door.floor,
                'at': [door.at.x, door.at.y],
                'width': door.width,
                'kind': door.kind,
                'automatic': door.automatic,
                'fire': door.fire,
                'badge': door.badge,
            }
            for door in hospital.doors.values()
        ],
        'lifts': [_lift(lift) for lift in hospital.lifts.values()],
        'stations': [_station(station) for station in hospital.stations.values()],
        'robots': [
            {
                'id': robot.id,
                'name': robot.name,
                'home': robot.home,
                'compartments': list(robot.compartments),
                'type': robot.type,
            }
            for robot in hospital.robots.values()
        ],
        'types': [
            {
                'id': one.id,
                'name': _name(one.name),
                'length': one.length,
                'width': one.width,
                'turning_radius': one.turning_radius,
                'rating': one.rating,
                'mass': one.mass,
                'compartments': [
                    {'id': own.id, 'kind': own.kind.value, 'litres': own.litres}
                    for own in one.compartments
                ],
            }
            for one in hospital.types.values()
        ],
    }


def hospital_from_json(data: object) -> Hospital:
    """Read back what `hospital_to_json` made.

    Raises MapError if it is damaged: a field of the wrong type, or a version that doesn't fit.
    """
    findings = Findings(plain_place)
    fields = Fields(data, (), findings)
    version = _id(fields, 'version')
    nodes = {node.id: node for node in map(_read_node, _each(fields, 'nodes'))}
    lanes = {lane.id: lane for lane in map(_read_lane, _each(fields, 'lanes'))}
    hospital = Hospital(
        id=HospitalId(_id(fields, 'id')),
        name=fields.name('name'),
        version='',
        phone=fields.text('phone'),
        floors={floor.id: floor for floor in map(_read_floor, _each(fields, 'floors'))},
        nodes=nodes,
        lanes=lanes,
        doors={door.id: door for door in map(_read_door, _each(fields, 'doors'))},
        lifts={lift.id: lift for lift in map(_read_lift, _each(fields, 'lifts'))},
        stations={one.id: one for one in map(_read_station, _each(fields, 'stations'))},
        robots={robot.id: robot for robot in map(_read_robot, _each(fields, 'robots'))},
        lanes_at={},
        types={one.id: one for one in map(_read_type, _each(fields, 'types'))},
    )
    fields.finish()
    findings.raise_errors()
    hospital = with_version(hospital)
    if hospital.version != version:
        problem = f'is {version!r} but the content has {hospital.version!r}: fetch it again'
        raise MapError('version', problem)
    return dataclasses.replace(hospital, lanes_at=lanes_by_node(nodes, lanes))


def with_version(hospital: Hospital) -> Hospital:
    """Return the hospital with the hash of its content as its version.

    The fleet is left out: buying a robot doesn't change the map that robots compare.
    """
    data = hospital_to_json(hospital)
    del data['version'], data['robots']
    canonical = json.dumps(data, sort_keys=True, separators=(',', ':'), allow_nan=False)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return dataclasses.replace(hospital, version=digest[:_VERSION_LENGTH])


def lanes_by_node(
    nodes: Mapping[NodeId, Node], lanes: Mapping[LaneId, Lane]
) -> dict[NodeId, tuple[LaneId, ...]]:
    """Return the lanes of each node, in the order of `lanes`."""
    found: dict[NodeId, list[LaneId]] = {node: [] for node in nodes}
    for lane in lanes.values():
        for end in (lane.a, lane.b):
            if end not in found:
                raise MapError(f'lane {lane.id}', f'ends at {end!r}, which is no node')
            found[end].append(lane.id)
    return {node: tuple(ids) for node, ids in found.items()}


def _name(name: Name) -> dict[str, str]:
    return {'zh': name.zh, 'en': name.en}


def _points(points: Iterable[Point]) -> list[list[float]]:
    return [[point.x, point.y] for point in points]


def _floor(floor: Floor) -> dict[str, Any]:
    return {
        'id': floor.id,
        'name': _name(floor.name),
        'level': floor.level,
        'elevation': floor.elevation,
        'outline': _points(floor.outline),
        'rooms': [
            {
                'id': room.id,
                'name': _name(room.name),
                'kind': room.kind,
                'polygon': _points(room.polygon),
            }
            for room in floor.rooms
        ],
        'walls': [_points(wall) for wall in floor.walls],
        'zones': [
            {
                'id': zone.id,
                'name': _name(zone.name),
                'kind': zone.kind,
                'polygon': _points(zone.polygon),
                'robots': zone.robots,
                'hours': list(zone.hours),
            }
            for zone in floor.zones
        ],
    }


def _station(station: Station) -> dict[str, Any]:
    """Return a station; what few have is left out where it has none, as in older maps."""
    found: dict[str, Any] = {
        'id': station.id,
        'code': station.code,
        'name': _name(station.name),
        'kind': station.kind,
        'node': station.node,
        'phone': station.phone,
        'sends': list(station.sends),
        'takes': list(station.takes),
        'hours': list(station.hours),
    }
    if station.keeps:
        found['keeps'] = list(station.keeps)
    if station.second_phone:
        found['second_phone'] = station.second_phone
    return found


def _lift(lift: Lift) -> dict[str, Any]:
    return {
        'id': lift.id,
        'name': _name(lift.name),
        'car': lift.car,
        'at': [lift.at.x, lift.at.y],
        'width': lift.width,
        'depth': lift.depth,
        'speed': lift.speed,
        'acceleration': lift.acceleration,
        'door_time': lift.door_time,
        'stops': [
            {'floor': stop.floor, 'wait': stop.wait, 'exit': stop.exit, 'door': stop.door}
            for stop in lift.stops
        ],
        'faces': lift.faces,
        'rating': lift.rating,
        'access': lift.access,
        'group': lift.group,
    }


def _each(fields: Fields, key: str) -> Iterator[Fields]:
    """Read each element of a list and refuse what the reader in between did not ask for."""
    for element in fields.elements(key):
        yield element
        element.finish()


def _id(fields: Fields, key: str) -> str:
    return fields.text(key, longest=MAX_ID_LENGTH)


def _read_floor(fields: Fields) -> Floor:
    return Floor(
        id=FloorId(_id(fields, 'id')),
        name=fields.name('name'),
        level=fields.integer('level', -1_000, 1_000),
        elevation=fields.number('elevation', -_LARGEST, _LARGEST),
        outline=fields.points('outline', least=3),
        rooms=tuple(_read_room(room) for room in _each(fields, 'rooms')),
        walls=fields.lines('walls'),
        zones=tuple(_read_zone(zone) for zone in _each(fields, 'zones')),
    )


def _read_room(fields: Fields) -> Room:
    return Room(
        id=_id(fields, 'id'),
        name=fields.name('name'),
        kind=_id(fields, 'kind'),
        polygon=fields.points('polygon', least=3),
    )


def _read_zone(fields: Fields) -> Zone:
    return Zone(
        id=_id(fields, 'id'),
        name=fields.name('name'),
        kind=fields.choice('kind', ZONE_KINDS),
        polygon=fields.points('polygon', least=3),
        robots=fields.integer('robots', 0, 1_000),
        hours=fields.hours('hours'),
    )


def _read_node(fields: Fields) -> Node:
    return Node(
        id=NodeId(_id(fields, 'id')),
        floor=FloorId(fields.text('floor', default='')),
        x=fields.number('x', -_LARGEST, _LARGEST),
        y=fields.number('y', -_LARGEST, _LARGEST),
        kind=NodeKind(fields.choice('kind', _KINDS) or NodeKind.WAY),
    )


def _read_lane(fields: Fields) -> Lane:
    return Lane(
        id=LaneId(_id(fields, 'id')),
        floor=FloorId(_id(fields, 'floor')),
        a=NodeId(_id(fields, 'a')),
        b=NodeId(_id(fields, 'b')),
        via=fields.points('via'),
        length=fields.number('length', 0.0, _LARGEST),
        speed=fields.number('speed', 0.0, _LARGEST),
        door=fields.text('door', default=''),
        width=fields.number('width', 0.0, _LARGEST),
        one_way=fields.flag('one_way', default=False),
        robots=fields.texts('robots'),
    )


def _read_door(fields: Fields) -> Door:
    return Door(
        id=DoorId(_id(fields, 'id')),
        name=fields.name('name'),
        floor=FloorId(_id(fields, 'floor')),
        at=fields.point('at'),
        width=fields.number('width', 0.0, _LARGEST),
        kind=fields.choice('kind', DOOR_KINDS),
        automatic=fields.flag('automatic', default=True),
        fire=fields.flag('fire', default=False),
        badge=fields.flag('badge', default=False),
    )


def _read_lift(fields: Fields) -> Lift:
    return Lift(
        id=LiftId(_id(fields, 'id')),
        name=fields.name('name'),
        car=NodeId(_id(fields, 'car')),
        at=fields.point('at'),
        width=fields.number('width', 0.0, _LARGEST),
        depth=fields.number('depth', 0.0, _LARGEST),
        speed=fields.number('speed', 0.0, _LARGEST),
        acceleration=fields.number('acceleration', 0.0, _LARGEST),
        door_time=fields.number('door_time', 0.0, _LARGEST),
        stops=tuple(_read_stop(stop) for stop in _each(fields, 'stops')),
        faces=fields.optional_number('faces', -_LARGEST, _LARGEST),
        rating=fields.choice('rating', RATINGS),
        access=fields.choice('access', ACCESSES),
        group=fields.text('group', default=''),
    )


def _read_stop(fields: Fields) -> LiftStop:
    return LiftStop(
        floor=FloorId(_id(fields, 'floor')),
        wait=NodeId(_id(fields, 'wait')),
        exit=NodeId(_id(fields, 'exit')),
        door=fields.choice('door', LIFT_DOORS),
    )


def _read_station(fields: Fields) -> Station:
    return Station(
        id=StationId(_id(fields, 'id')),
        code=_id(fields, 'code'),
        name=fields.name('name'),
        kind=_id(fields, 'kind'),
        node=NodeId(_id(fields, 'node')),
        phone=fields.text('phone'),
        sends=fields.texts('sends'),
        takes=fields.texts('takes'),
        hours=fields.hours('hours'),
        keeps=fields.texts('keeps') if fields.has('keeps') else (),
        second_phone=fields.text('second_phone', default=''),
    )


def _read_robot(fields: Fields) -> RobotSpec:
    return RobotSpec(
        id=RobotId(_id(fields, 'id')),
        name=fields.text('name'),
        home=NodeId(_id(fields, 'home')),
        compartments=fields.texts('compartments'),
        type=_id(fields, 'type'),
    )


def _read_type(fields: Fields) -> RobotType:
    return RobotType(
        id=_id(fields, 'id'),
        name=fields.name('name'),
        length=fields.number('length', 0.0, _LARGEST),
        width=fields.number('width', 0.0, _LARGEST),
        turning_radius=fields.number('turning_radius', 0.0, _LARGEST),
        rating=fields.choice('rating', RATINGS),
        mass=fields.number('mass', 0.0, _LARGEST),
        compartments=tuple(_read_compartment(one) for one in _each(fields, 'compartments')),
    )


def _read_compartment(fields: Fields) -> Compartment:
    return Compartment(
        id=CompartmentId(_id(fields, 'id')),
        kind=CompartmentKind(
            fields.choice('kind', _COMPARTMENT_KINDS) or CompartmentKind.STANDARD
        ),
        litres=fields.integer('litres', 0, 1_000_000),
    )
