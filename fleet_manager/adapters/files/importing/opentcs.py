"""Imports plant models of openTCS 6 and 7 (XML, drawn with its Model Editor).

Millimetres become metres. Points are nodes, paths lanes, locations stations. openTCS knows no
walls, doors or lifts; blocks are left to the conflicts we find by ourselves.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final

from fleet_manager.adapters.files.importing.draft import (
    Building,
    Machine,
    Make,
    Role,
    Spot,
    Storey,
    Stretch,
)
from fleet_manager.adapters.files.importing.names import slug, station_kind
from fleet_manager.adapters.files.importing.outline import outline_of
from fleet_manager.adapters.files.importing.repair import repair
from fleet_manager.adapters.files.importing.report import Imported, Notebook
from fleet_manager.adapters.files.importing.write import write_hospital
from fleet_manager.adapters.files.importing.xml_read import Element, UnreadableXml, read_xml
from fleet_manager.domain.maps.fields import MAX_COORDINATE
from fleet_manager.domain.maps.model import NodeKind, Point
from fleet_manager.domain.maps.problems import FieldPath, Findings

MAX_POINTS: Final = 5_000
MAX_PATHS: Final = 4_000
MAX_NAME: Final = 200
_MM: Final = 1_000.0
#: Metres between the heights of two floors; less is a ramp or a slip.
_STOREY: Final = 2.0
#: m/s, as our format allows, and of robots, as it allows.
_SPEEDS: Final = (0.05, 5.0)
_SIZES: Final = (0.1, 5.0)
_CHARGES: Final = re.compile('charg|batter', re.IGNORECASE)
_LOADS: Final = re.compile(r'\b(load|pick|fetch|get)', re.IGNORECASE)
_UNLOADS: Final = re.compile(r'\b(unload|drop|deliver|put)', re.IGNORECASE)
_PARKING: Final = ('tcs:preferredParkingPosition', 'tcs:assignedParkingPosition')
_KNOWN: Final = frozenset(
    ('point', 'path', 'vehicle', 'locationType', 'location', 'block', 'visualLayout', 'property')
)


def import_opentcs(text: str, *, name: str, robots: int | None = None) -> Imported:
    """Make a hospital of a plant model.

    `name` is the file's, for messages and the hospital's id. `robots` is how many there are to
    be; otherwise as many as the model has vehicles. Raises BrokenMap with what is wrong, by line.
    """
    notes = Notebook()
    building = _Plant(text, name, notes).building()
    for storey in building.storeys:
        outline_of(storey, (), notes)
    repair(building, notes, robots=robots)
    return Imported(write_hospital(building, notes), notes.notes())


class _Plant:
    """Reads one model. What is wrong is noted and raised at the end of each part."""

    def __init__(self, text: str, file: str, notes: Notebook) -> None:
        self._file = file
        self._line = 1
        self._findings = Findings(self._where)
        self._notes = notes
        try:
            self._root = read_xml(text)
        except UnreadableXml as error:
            self._line = error.line
            self._findings.error((), 'unreadable', error.problem, error.mend)
        self._findings.raise_errors()
        self._spots: dict[str, Spot] = {}
        self._heights: dict[Spot, float] = {}

    def building(self) -> Building:
        """Return the model as a building, not yet mended."""
        root, stem = self._root, self._file.rsplit('/', 1)[-1].split('.', 1)[0]
        if root.tag != 'model':
            self._wrong(root, (), 'is no plant model of openTCS', 'its first element is <model>')
            self._findings.raise_errors()
        self._read_points()
        storeys = self._storeys()
        self._read_paths(storeys)
        locations = self._read_locations(storeys)
        self._findings.raise_errors()
        building = Building(slug(stem) or 'imported', root.attributes.get('name') or stem, storeys)
        self._read_vehicles(building, locations)
        self._findings.raise_errors()
        self._drop_lonely(storeys)
        self._list_the_rest()
        what = 'openTCS draws no walls'
        self._notes.warn('model', what, 'see that lanes and bays keep clear of them; draw yours')
        return building

    def _where(self, path: FieldPath) -> str:
        return f'{self._file}:{self._line} {".".join(path)}'.rstrip()

    def _wrong(self, element: Element, path: FieldPath, problem: str, mend: str) -> None:
        self._line = element.line
        self._findings.error(path, 'wrong_value', problem, mend)

    def _each(self, tag: str, most: int) -> Iterator[tuple[Element, str]]:
        """Return the elements of a kind with their names; names are there once."""
        elements = list(self._root.each(tag))
        if len(elements) > most:
            problem = f'has {len(elements)} elements <{tag}>'
            self._wrong(self._root, (), problem, f'the limit is {most}')
            return
        seen: dict[str, int] = {}
        for element in elements:
            name = element.attributes.get('name', '')
            if not name or len(name) > MAX_NAME:
                self._wrong(element, (tag,), 'has no name', f'write 1 to {MAX_NAME} characters')
            elif name in seen:
                problem = f'{name!r} is there twice, first in line {seen[name]}'
                self._wrong(element, (tag, name), problem, 'rename or remove one')
            else:
                seen[name] = element.line
                yield element, name

    def _read_points(self) -> None:
        for element, name in self._each('point', MAX_POINTS):
            place = f'point "{name}"'
            x, y, z = (self._millimetres(element, name, axis) / _MM for axis in 'XYZ')
            spot = Spot(Point(round(x, 3) + 0.0, round(y, 3) + 0.0), place, name)
            kind = element.attributes.get('type', 'HALT_POSITION')
            if kind == 'PARK_POSITION':
                spot.roles.append(Role(NodeKind.PARKING, name, place))
            elif kind not in ('HALT_POSITION', 'REPORT_POSITION'):
                self._notes.warn(place, f'is of type {kind[:40]!r}', 'taken as a halt position')
            elif kind == 'REPORT_POSITION':
                self._notes.warn(place, 'is a report position', 'robots may stop there now')
            angle = element.attributes.get('vehicleOrientationAngle', 'NaN')
            if angle != 'NaN':
                done = 'not carried over: robots choose which way they look'
                self._notes.note(place, f'turns vehicles to {angle[:20]} degrees', done)
            self._list_children(element, place, {'outgoingPath', 'pointLayout'})
            self._spots[name] = spot
            self._heights[spot] = z
        self._findings.raise_errors()

    def _millimetres(self, element: Element, name: str, axis: str) -> float:
        keys = (f'position{axis}', f'{axis.lower()}Position')
        text = next((element.attributes[key] for key in keys if key in element.attributes), None)
        if text is None and axis == 'Z':
            return 0.0
        return self._number(element, name, keys[0], text, MAX_COORDINATE * _MM / 2)

    def _number(
        self, element: Element, name: str, key: str, text: str | None, most: float
    ) -> float:
        try:
            value = float(text if text is not None and len(text) < MAX_NAME else 'missing')
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or abs(value) > most:
            problem = 'is missing' if text is None else f'is {text[:40]!r}'
            mend = f'write a number up to {most:g}'
            self._wrong(element, (element.tag, name, key), problem, mend)
            return 0.0
        return value

    def _storeys(self) -> list[Storey]:
        """Return a storey for each height points have, from the lowest."""
        if not self._spots:
            self._wrong(self._root, (), 'has no point', 'draw points and paths')
            self._findings.raise_errors()
        levels: list[list[float]] = []
        for height in sorted(set(self._heights.values())):
            if levels and height - levels[-1][-1] < _STOREY:
                levels[-1].append(height)
            else:
                levels.append([height])
        storeys = []
        for index, heights in enumerate(levels):
            base = min(max(heights[0], -100.0), 1_000.0)
            name = f'L{index + 1}'
            storey = Storey(name, f'Level {index + 1}', f'height {heights[0]:g} m', base, ())
            storey.spots = [
                spot for spot, z in self._heights.items() if heights[0] <= z <= heights[-1]
            ]
            storeys.append(storey)
        if len(storeys) > 1:
            what = f'has points at {len(storeys)} heights'
            self._notes.warn('points', what, 'made floors; openTCS draws no lifts: add them')
        return storeys

    def _read_paths(self, storeys: list[Storey]) -> None:
        floor_of = {spot: storey for storey in storeys for spot in storey.spots}
        for element, name in self._each('path', MAX_PATHS):
            place = f'path "{name}"'
            given = element.attributes
            ends = []
            for key in ('sourcePoint', 'destinationPoint'):
                spot = self._spots.get(given.get(key, ''))
                if spot is None:
                    problem = f'{given.get(key, "")[:40]!r} is no point'
                    self._wrong(element, ('path', name, key), problem, 'name a point')
                else:
                    ends.append(spot)
            if len(ends) < 2:
                continue
            a, b = ends
            if given.get('locked') == 'true':
                self._notes.warn(place, 'is locked', 'left out')
            elif floor_of[a] is not floor_of[b]:
                what = 'leads from one floor to another'
                self._notes.warn(place, what, 'left out: only lifts join floors here')
            elif a is b or a.at == b.at:
                self._notes.note(place, 'begins where it ends', 'left out')
            else:
                self._path_notes(element, place)
                stretch = Stretch(a, b, place, one_way=self._is_one_way(element, name, place))
                stretch.speed = self._speed(element, name, place)
                floor_of[a].join(stretch)

    def _is_one_way(self, element: Element, name: str, place: str) -> bool:
        key = 'maxReverseVelocity'
        value = self._number(element, name, key, element.attributes.get(key, '0'), 1e6)
        if value > 0:
            self._notes.note(place, 'may be driven backwards', 'open both ways')
        return value <= 0

    def _speed(self, element: Element, name: str, place: str) -> float:
        key = 'maxVelocity'
        value = self._number(element, name, key, element.attributes.get(key, '0'), 1e6) / _MM
        if value <= 0:
            return 0.0
        speed = min(max(value, _SPEEDS[0]), _SPEEDS[1])
        if speed != value:
            self._notes.warn(place, f'{key} {value:g} m/s', f'taken as {speed:g} m/s')
        return speed

    def _path_notes(self, element: Element, place: str) -> None:
        for layout in element.each('pathLayout'):
            kind = layout.attributes.get('connectionType', 'DIRECT')
            if kind != 'DIRECT':
                what = f'is drawn as {kind[:20]}'
                self._notes.warn(place, what, 'made straight: its bends are in no real scale')
        self._list_children(element, place, {'pathLayout'})

    def _read_locations(self, storeys: list[Storey]) -> dict[str, Spot]:
        """Make stations and chargers of locations; return the point of each."""
        types = {name: own for own, name in self._each('locationType', MAX_POINTS)}
        found: dict[str, Spot] = {}
        for element, name in self._each('location', MAX_POINTS):
            place = f'location "{name}"'
            links = list(element.each('link'))
            points = [self._spots.get(link.attributes.get('point', '')) for link in links]
            for link, point in zip(links, points, strict=True):
                if point is None:
                    problem = f'{link.attributes.get("point", "")[:40]!r} is no point'
                    self._wrong(link, ('location', name, 'link'), problem, 'name a point')
            kind = types.get(element.attributes.get('type', ''))
            if kind is None:
                problem = f'{element.attributes.get("type", "")[:40]!r} is no location type'
                mend = 'name one of the location types'
                self._wrong(element, ('location', name, 'type'), problem, mend)
            elif element.attributes.get('locked') == 'true':
                self._notes.warn(place, 'is locked', 'left out')
            elif not points or points[0] is None:
                self._notes.warn(place, 'is linked to no point', 'left out')
            else:
                if len(points) > 1:
                    what = f'is linked to {len(points)} points'
                    self._notes.warn(place, what, f'{points[0].place} is its only one now')
                points[0].roles.append(self._role(name, place, kind, links[0]))
                found[name] = points[0]
            self._list_children(element, place, {'link', 'locationLayout'})
        return found

    def _role(self, name: str, place: str, kind: Element, link: Element) -> Role:
        allowed = [own.attributes.get('name', '') for own in link.each('allowedOperation')]
        allowed = allowed or [
            own.attributes.get('name', '') for own in kind.each('allowedOperation')
        ]
        type_name = kind.attributes.get('name', '')
        symbols = [
            own.attributes.get('locationRepresentation', '')
            for own in kind.each('locationTypeLayout')
        ]
        if any(_CHARGES.search(word) for word in (type_name, *allowed, *symbols)):
            return Role(NodeKind.CHARGER, name, place)
        sends = any(_LOADS.search(word) for word in allowed)
        takes = any(_UNLOADS.search(word) for word in allowed)
        words = ', '.join(word[:20] for word in allowed[:4]) or 'nothing'
        done = 'made a station that ' + (
            'sends and takes' if sends == takes else 'sends' if sends else 'takes'
        )
        self._notes.note(place, f'allows {words}', done)
        both = sends == takes
        role = Role(NodeKind.STATION, name, place, sends or both, takes or both)
        role.guessed = not station_kind(name)
        return role

    def _read_vehicles(self, building: Building, locations: dict[str, Spot]) -> None:
        makes: dict[tuple[float, float], Make] = {}
        for element, name in self._each('vehicle', MAX_POINTS):
            place = f'vehicle "{name}"'
            box = next(element.each('boundingBox'), None)
            sizes = (box or element).attributes
            length, width = (
                self._number(element, name, key, sizes.get(key), 1e5) / _MM
                if key in sizes
                else 0.0
                for key in ('length', 'width')
            )
            size = (length or Make('').length, width or length or Make('').width)
            if not length or not all(_SIZES[0] <= own <= _SIZES[1] for own in size):
                size = (Make('').length, Make('').width)
                what = 'has no size a robot has'
                self._notes.warn(place, what, f'taken as {size[0]:g} x {size[1]:g} m')
            if size not in makes:
                make = Make(f'{size[0]:g} x {size[1]:g} m', frozenset(), *size)
                make.turning_radius = round(math.hypot(*size) / 2, 2)
                makes[size] = make
                what = 'its turning radius is not written'
                done = f'half the diagonal is taken, {make.turning_radius:g} m'
                self._notes.warn(f'robots of {make.name}', what, done)
            machine = Machine(name, place, makes[size].name, None, None)
            self._place_vehicle(element, machine, building, locations)
            building.machines.append(machine)
            self._list_children(element, place, {'boundingBox', 'vehicleLayout'})
        building.makes = list(makes.values())

    def _place_vehicle(
        self, element: Element, machine: Machine, building: Building, locations: dict[str, Spot]
    ) -> None:
        """Let a vehicle stand at the parking position its properties name."""
        given = {
            own.attributes.get('key') or own.attributes.get('name', ''): own.attributes.get(
                'value', ''
            )
            for own in element.each('property')
        }
        wish = next((given[key] for key in _PARKING if key in given), '')
        spot = self._spots.get(wish)
        recharge = given.get('tcs:preferredRechargeLocation', '')
        if spot is not None:
            machine.place = spot.place
        elif recharge in locations:
            spot = locations[recharge]
            machine.place = f'location "{recharge}"'
        for storey in building.storeys:
            if spot in storey.spots:
                machine.spot, machine.storey = spot, storey

    def _drop_lonely(self, storeys: list[Storey]) -> None:
        for storey in storeys:
            for spot in list(storey.spots):
                if not storey.at(spot):
                    storey.remove(spot)
                    self._notes.warn(spot.place, 'is on no path', 'left out')

    def _list_children(self, element: Element, place: str, known: set[str]) -> None:
        for child in element.children:
            if child.tag == 'property':
                key = child.attributes.get('name', '')[:60]
                if key not in _PARKING:
                    self._notes.note(place, f'property {key!r}', 'not carried over')
            elif child.tag not in known:
                self._notes.note(place, child.tag[:60], 'not carried over')

    def _list_the_rest(self) -> None:
        for element, name in self._each('block', MAX_POINTS):
            what = f'holds {sum(1 for _ in element.each("member"))} members'
            done = 'not carried over: conflicts are found by the size of the robots'
            self._notes.note(f'block "{name}"', what, done)
        layers = [
            own for layout in self._root.each('visualLayout') for own in layout.each('layer')
        ]
        if len(layers) > 1:
            what = f'has {len(layers)} layers'
            self._notes.note('visualLayout', what, 'not carried over: floors are made by height')
        for element in self._root.children:
            if element.tag not in _KNOWN:
                self._notes.warn(f'<{element.tag[:60]}>', 'is unknown', 'not carried over')
            elif element.tag == 'property':
                key = element.attributes.get('name', '')[:60]
                self._notes.note('model', f'property {key!r}', 'not carried over')
        self._findings.raise_errors()
