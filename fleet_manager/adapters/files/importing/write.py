"""Writes a mended building as raw data of our format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from fleet_manager.adapters.files.importing.draft import (
    Bay,
    Building,
    Machine,
    Role,
    Shaft,
    Spot,
    Storey,
    Stretch,
)
from fleet_manager.adapters.files.importing.names import (
    NameBook,
    goods_of,
    station_kind,
    title,
)
from fleet_manager.adapters.files.importing.report import Notebook
from fleet_manager.adapters.files.importing.space import door_point, doors_on
from fleet_manager.domain.maps.build import FORMAT
from fleet_manager.domain.maps.model import NodeKind, Point

#: What nobody has written anywhere.
_PHONE: Final = '0000'
_LIFT: Final = {'speed': 1.0, 'acceleration': 0.8, 'door_time': 3.0}
_COMPARTMENTS: Final = ('c1', 'c2')
_UNKNOWN_STATION: Final = 'stores'
_LIFT_ID: Final = 14
_CODE_FLOOR: Final = 4
#: Letters of a name before its number.
_NUMBERED: Final = 54


def write_hospital(building: Building, notes: Notebook) -> dict[str, Any]:
    """Return the raw data of a hospital, with a note on everything that had to be made up."""
    return _Writer(building, notes).hospital()


class _Writer:
    def __init__(self, building: Building, notes: Notebook) -> None:
        self._building = building
        self._notes = notes
        self._ids: dict[Spot, str] = {}
        self._types = NameBook()
        self._type_ids = {
            make.name: self._types.identity(make.name, 'robot') for make in building.makes
        }
        self._lifts = NameBook()
        self._lift_ids = {
            id(shaft): self._lifts.identity(shaft.name, 'lift', _LIFT_ID)
            for shaft in building.shafts
        }
        self._stations = NameBook()
        self._codes = NameBook()
        self._names: dict[str, set[str]] = {}
        self._sent = _goods(bay.role for storey in building.storeys for bay in storey.bays)

    def hospital(self) -> dict[str, Any]:
        building, notes = self._building, self._notes
        notes.warn(
            building.name, 'has no Chinese names', 'the English ones stand there; translate'
        )
        what = 'has no telephone numbers'
        notes.warn(building.name, what, f'{_PHONE!r} stands everywhere; write yours')
        raw = {
            'format': FORMAT,
            'id': building.id,
            'name': _name(building.name, building.id),
            'dispatch_phone': _PHONE,
            'floors': [
                self._floor(storey, level + 1) for level, storey in enumerate(building.storeys)
            ],
            'lifts': {self._lift_ids[id(shaft)]: self._lift(shaft) for shaft in building.shafts},
        }
        raw['fleet'] = self._fleet()
        return raw

    def _floor(self, storey: Storey, level: int) -> dict[str, Any]:
        self._give_ids(storey)
        rooms = NameBook()
        doors, doors_of = self._doors(storey)
        return {
            'id': storey.id,
            'name': self._name_of_its_own('floor', storey.name, storey.id, storey.place),
            'level': level,
            'elevation': storey.elevation,
            'outline': _points(storey.outline),
            'walls': [_points(wall) for wall in storey.walls],
            'rooms': {
                rooms.identity(area.name, 'area'): {
                    'name': _name(area.name, 'area'),
                    'kind': area.kind,
                    'polygon': _points(area.polygon),
                }
                for area in storey.areas
            },
            'nodes': {
                self._ids[spot]: {'at': [spot.at.x, spot.at.y], 'kind': spot.kind.value}
                for spot in storey.spots
            },
            'lanes': [self._lane(lane, doors_of.get(id(lane), '')) for lane in storey.stretches],
            'doors': doors,
            'stations': dict(self._stations_of(storey)),
        }

    def _give_ids(self, storey: Storey) -> None:
        book = NameBook()
        # Bays first: people know them by name; a way node beside one is called after its vertex.
        for spot in sorted(storey.spots, key=lambda own: own.kind is NodeKind.WAY):
            wish = spot.hint
            for start in (f'{storey.name}_', f'{storey.name}-', f'{storey.name} '):
                wish = wish.removeprefix(start)
            for shaft in self._building.shafts:
                if wish.startswith(f'{shaft.name}-'):
                    wish = self._lift_ids[id(shaft)] + wish.removeprefix(shaft.name)
            self._ids[spot] = book.identity(wish, 'n')

    def _doors(self, storey: Storey) -> tuple[dict[str, Any], dict[int, str]]:
        """Return the doors of a floor, and the door of each lane that passes one."""
        book = NameBook()
        passed: dict[int, list[Stretch]] = {}
        for lane in storey.stretches:
            for opening in doors_on(storey, lane.line()):
                passed.setdefault(id(opening), []).append(lane)
        doors: dict[str, Any] = {}
        doors_of: dict[int, str] = {}
        for opening in storey.openings:
            lanes = passed.get(id(opening), [])
            identity = book.identity(opening.name.removeprefix(f'{storey.name}_'), 'door')
            at = door_point(lanes[0].line(), opening) if lanes else opening.middle()
            doors[identity] = {
                'name': _name(opening.name, identity),
                'at': [at.x, at.y],
                'width': round(opening.width(), 2),
                'kind': opening.kind,
                'automatic': opening.driven,
            }
            if not opening.driven:
                what = 'is driven by nothing'
                done = (
                    'a person opens it, or it stands open' if lanes else 'on no lane, drawn only'
                )
                self._notes.note(opening.place, what, done)
            elif not lanes:
                self._notes.warn(opening.place, 'is crossed by no lane', 'kept; nobody opens it')
            for lane in lanes:
                if id(lane) in doors_of:
                    what = f'is the second door on {lane.place}'
                    self._notes.warn(opening.place, what, 'robots do not open it')
                doors_of.setdefault(id(lane), identity)
        return doors, doors_of

    def _lane(self, lane: Stretch, door: str) -> dict[str, Any]:
        raw: dict[str, Any] = {'between': [self._ids[lane.a], self._ids[lane.b]]}
        if door:
            raw['door'] = door
        if lane.speed:
            raw['speed'] = lane.speed
        if lane.one_way:
            raw['one_way'] = True
        makes = [
            make for make in self._building.makes if not make.graphs or make.graphs & lane.graphs
        ]
        if lane.graphs and len(makes) < len(self._building.makes):
            raw['robots'] = [self._type_ids[make.name] for make in makes]
        return raw

    def _stations_of(self, storey: Storey) -> Iterator[tuple[str, dict[str, Any]]]:
        bays = [bay for bay in storey.bays if bay.role.kind is NodeKind.STATION]
        for number, bay in enumerate(bays):
            yield self._station(storey, bay, number + 1)

    def _station(self, storey: Storey, bay: Bay, number: int) -> tuple[str, dict[str, Any]]:
        role = bay.role
        kind = station_kind(role.name)
        sends, takes = goods_of(kind or _UNKNOWN_STATION)
        sends = tuple(one for one in sends if one in self._sent) if role.sends else ()
        if role.guessed and not kind:
            what = 'says nothing of what it is for'
            done = f'made a station of kind {_UNKNOWN_STATION} that sends and takes supplies'
            self._notes.warn(role.place, what, done)
        elif role.guessed:
            done = f'made a station of kind {kind}; see what it sends and takes'
            self._notes.note(role.place, 'is known by its name only', done)
        identity = self._stations.identity(role.name, f'{storey.id}-s{number}')
        name = self._name_of_its_own('station', role.name, identity, role.place)
        floor = ''.join(letter for letter in storey.id.upper() if letter.isalnum())[:_CODE_FLOOR]
        return identity, {
            'code': self._code(floor, number),
            'name': name,
            'kind': kind or _UNKNOWN_STATION,
            'node': self._ids[bay.spot],
            'phone': _PHONE,
            'sends': list(sends),
            'takes': list(takes) if role.takes else [],
        }

    def _name_of_its_own(self, what: str, wish: str, otherwise: str, place: str) -> dict[str, str]:
        """Return a name that no other station, lift or floor has, whichever `what` is."""
        taken = self._names.setdefault(what, set())
        base = name = title(wish) or otherwise
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f'{base[:_NUMBERED]} ({number})'
        taken.add(name.casefold())
        if number > 1:
            self._notes.warn(place, f'is called {base!r} like another {what}', 'numbered')
        return {'zh': name, 'en': name}

    def _code(self, floor: str, number: int) -> str:
        return self._codes.identity(f'{floor}-{number:02d}', f'S-{number}', 8)

    def _lift(self, shaft: Shaft) -> dict[str, Any]:
        what = 'its speed is not written'
        done = f'taken as {_LIFT["speed"]} m/s, doors {_LIFT["door_time"]} s'
        self._notes.warn(shaft.place, what, f'{done}; write its own')
        stops = {
            stop.storey.id: {
                'wait': self._ids[stop.wait],
                'exit': self._ids[stop.exit],
                'door': stop.door,
            }
            for stop in shaft.stops
            if stop.wait and stop.exit
        }
        return {
            'name': self._name_of_its_own('lift', shaft.name, 'lift', shaft.place),
            'at': [shaft.at.x, shaft.at.y],
            'cabin': [shaft.width, shaft.depth],
            **_LIFT,
            'faces': round(shaft.faces, 4),
            'stops': stops,
        }

    def _fleet(self) -> dict[str, Any]:
        if self._building.machines:
            what = 'it does not say what robots carry'
            done = f'{len(_COMPARTMENTS)} compartments each'
            self._notes.warn(self._building.name, what, done)
        book = NameBook()
        return {
            'types': {
                self._type_ids[make.name]: {
                    'name': _name(make.name, 'robot'),
                    'length': make.length,
                    'width': make.width,
                    'turning_radius': make.turning_radius,
                }
                for make in self._building.makes
            },
            'robots': {
                book.ros_name(machine.name): self._robot(machine, machine.home, machine.storey)
                for machine in self._building.machines
                if machine.home and machine.storey
            },
        }

    def _robot(self, machine: Machine, home: Spot, storey: Storey) -> dict[str, Any]:
        return {
            'name': self._name_of_its_own('robot', machine.name, 'robot', machine.place)['en'],
            'home': f'{storey.id}.{self._ids[home]}',
            'compartments': list(_COMPARTMENTS),
            'type': self._type_ids[machine.kind],
        }


def _goods(roles: Iterable[Role]) -> set[str]:
    """Return the goods somebody takes: nobody may send others."""
    found: set[str] = set()
    for role in roles:
        if role.kind is NodeKind.STATION and role.takes:
            found.update(goods_of(station_kind(role.name) or _UNKNOWN_STATION)[1])
    return found


def _name(text: str, otherwise: str) -> dict[str, str]:
    name = title(text) or otherwise
    return {'zh': name, 'en': name}


def _points(points: Iterable[Point]) -> list[list[float]]:
    return [[point.x, point.y] for point in points]
