"""Reads Open-RMF's `.building.yaml` into typed values, in the units of the file.

The format is that of rmf_traffic_editor: vertices `[x, y, z, name, {parameter: [type, value]}]`,
edges `[start, end, {…}]`. What no importer needs (furniture, textures, layers) is not looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from fleet_manager.adapters.files.lines import Unreadable, read_yaml
from fleet_manager.domain.maps.problems import FieldPath, Findings

#: Bytes; the clinic of the Open-RMF demos, two floors with furniture, has 0.3 MB.
MAX_BYTES: Final = 20 * 1024 * 1024
#: Values in one file; the clinic has 29,000.
MAX_VALUES: Final = 1_000_000
MAX_LEVELS: Final = 64
MAX_VERTICES: Final = 20_000
#: Lanes of a level. More would be compared with each other for minutes.
MAX_LANES: Final = 3_000
#: Walls or doors of a level.
MAX_EDGES: Final = 20_000
#: Pixels or metres.
MAX_NUMBER: Final = 1e7
MAX_TEXT: Final = 200
#: How many graphs traffic_editor knows.
MAX_GRAPHS: Final = 100

Value = str | int | float | bool
Parameters = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Vertex:
    """A point of a drawing."""

    x: float
    y: float
    name: str
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class Edge:
    """A lane, wall, door or measurement between two vertices."""

    start: int
    end: int
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class Polygon:
    """A piece of floor."""

    vertices: tuple[int, ...]
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class Level:
    """A level. `others` counts what stands in fields that are not read."""

    name: str
    elevation: float
    vertices: tuple[Vertex, ...]
    lanes: tuple[Edge, ...]
    walls: tuple[Edge, ...]
    doors: tuple[Edge, ...]
    human_lanes: tuple[Edge, ...]
    measurements: tuple[Edge, ...]
    floors: tuple[Polygon, ...]
    holes: tuple[Polygon, ...]
    fiducials: Mapping[str, tuple[float, float]]
    others: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LiftDoor:
    """A door of a lift; `x`, `y` in metres from the middle of the car, in its frame."""

    name: str
    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Lift:
    """A lift; `x`, `y` in the units of its reference level, the rest in metres and radians."""

    name: str
    x: float
    y: float
    yaw: float
    width: float
    depth: float
    reference: str
    driven: bool
    doors: tuple[LiftDoor, ...]
    level_doors: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Source:
    """A whole building. `metres`: its units are metres and y points up."""

    name: str
    metres: bool
    reference: str
    levels: tuple[Level, ...]
    lifts: tuple[Lift, ...]
    graph_names: Mapping[int, str]
    others: Mapping[str, int] = field(default_factory=dict)


def read_source(text: str, *, name: str) -> Source:
    """Read a building file; `name` is what messages call it.

    Raises BrokenMap with every problem, each with its line and field.
    """
    lines: dict[FieldPath, int] = {}

    def where(path: FieldPath) -> str:
        for end in range(len(path), -1, -1):
            if path[:end] in lines:
                return f'{name}:{lines[path[:end]]} {".".join(path)}'.rstrip()
        return f'{name} {".".join(path)}'.rstrip()

    findings = Findings(where)
    if len(text.encode()) > MAX_BYTES:
        findings.error((), 'too_large', 'is larger than 20 MB', 'remove what is no map from it')
    findings.raise_errors()
    try:
        raw = read_yaml(text, lines.__setitem__, most=MAX_VALUES)
    except Unreadable as error:
        lines[()] = error.line
        findings.error((), 'unreadable', error.problem, error.mend)
    findings.raise_errors()
    source = _Reader(findings).building(raw)
    findings.raise_errors()
    return source


class _Reader:
    """Reads piece by piece; what is wrong is noted and comes back as something harmless."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def building(self, raw: object) -> Source:
        """Read the whole file."""
        top = self._mapping(raw, (), 'a building of Open-RMF')
        levels_raw = self._mapping(top.get('levels'), ('levels',), 'the levels of the building')
        if not levels_raw:
            self._wrong(('levels',), 'has no level', 'draw one in traffic_editor')
        if len(levels_raw) > MAX_LEVELS:
            self._wrong(('levels',), f'has {len(levels_raw)} levels', f'the limit is {MAX_LEVELS}')
            levels_raw = {}
        levels = tuple(self._level(str(key), own) for key, own in levels_raw.items())
        names = [level.name for level in levels]
        first = names[0] if names else ''
        reference = str(top.get('reference_level_name') or first)
        if reference not in names and names:
            mend = f'name one of its levels: {", ".join(names[:6])}'
            self._wrong(('reference_level_name',), f'{reference[:40]!r} is no level', mend)
        system = top.get('coordinate_system') or 'reference_image'
        if system not in ('reference_image', 'cartesian_meters'):
            mend = 'export it as reference_image or cartesian_meters'
            self._wrong(('coordinate_system',), f'is {str(system)[:40]!r}', mend)
        lifts_raw = self._mapping(top.get('lifts') or {}, ('lifts',), 'the lifts')
        lifts = tuple(
            self._lift(str(key), own, names, reference) for key, own in lifts_raw.items()
        )
        name = top.get('name') or top.get('building_name') or ''
        known = {'name', 'building_name', 'levels', 'lifts', 'coordinate_system', 'graphs'}
        known |= {'reference_level_name', 'map_version'}
        return Source(
            name=name if isinstance(name, str) else str(name),
            metres=system == 'cartesian_meters',
            reference=reference,
            levels=levels,
            lifts=lifts,
            graph_names=self._graph_names(top.get('graphs')),
            others=_sizes(top, known),
        )

    def _graph_names(self, raw: object) -> dict[int, str]:
        found = {}
        for key, own in self._mapping(raw or {}, ('graphs',), 'the graphs').items():
            name = own.get('name') if isinstance(own, Mapping) else None
            if str(key).isdecimal() and len(str(key)) < 4 and isinstance(name, str) and name:
                found[int(key)] = name[:MAX_TEXT]
        return found

    def _level(self, name: str, raw: object) -> Level:
        path = ('levels', name)
        fields = self._mapping(raw, path, 'a level')
        vertices = tuple(
            self._vertex(own, place)
            for own, place in self._items(fields, 'vertices', path, MAX_VERTICES)
        )

        def edges(key: str, most: int = MAX_EDGES) -> tuple[Edge, ...]:
            items = self._items(fields, key, path, most)
            found = [self._edge(own, place, len(vertices)) for own, place in items]
            return tuple(edge for edge in found if edge is not None)

        def polygons(key: str) -> tuple[Polygon, ...]:
            items = self._items(fields, key, path, MAX_EDGES)
            return tuple(self._polygon(own, place, len(vertices)) for own, place in items)

        elevation = self._number(fields.get('elevation', 0.0), (*path, 'elevation'))
        if not -100.0 <= elevation <= 1_000.0:
            self._wrong((*path, 'elevation'), f'is {elevation:g} m', 'write -100 to 1000')
        known = {'elevation', 'vertices', 'lanes', 'walls', 'doors', 'human_lanes'}
        known |= {'measurements', 'floors', 'holes', 'fiducials'}
        return Level(
            name=name,
            elevation=elevation,
            vertices=vertices,
            lanes=edges('lanes', MAX_LANES),
            walls=edges('walls'),
            doors=edges('doors'),
            human_lanes=edges('human_lanes'),
            measurements=edges('measurements'),
            floors=polygons('floors'),
            holes=polygons('holes'),
            fiducials=dict(self._fiducials(fields, path)),
            others=_sizes(fields, known),
        )

    def _fiducials(
        self, fields: Mapping[str, object], path: FieldPath
    ) -> Iterator[tuple[str, tuple[float, float]]]:
        for own, place in self._items(fields, 'fiducials', path, MAX_VERTICES):
            if isinstance(own, list) and len(own) == 3 and not isinstance(own[2], (list, dict)):
                x, y = self._number(own[0], place), self._number(own[1], place)
                yield str(own[2])[:MAX_TEXT], (x, y)
            else:
                self._wrong(place, 'is no fiducial', 'write [x, y, name]')

    def _vertex(self, raw: object, path: FieldPath) -> Vertex:
        if not isinstance(raw, list) or not 3 <= len(raw) <= 5:
            self._wrong(path, 'is no vertex', 'write [x, y, z, name, {parameters}]')
            return Vertex(0.0, 0.0, '', {})
        return Vertex(
            x=self._number(raw[0], (*path, '0')),
            y=self._number(raw[1], (*path, '1')),
            name=self._text(raw[3], (*path, '3')) if len(raw) > 3 else '',
            parameters=self._parameters(raw[4], (*path, '4')) if len(raw) > 4 else {},
        )

    def _edge(self, raw: object, path: FieldPath, vertices: int) -> Edge | None:
        if not isinstance(raw, list) or not 2 <= len(raw) <= 3:
            self._wrong(path, 'is no edge', 'write [start, end, {parameters}]')
            return None
        start, end = (self._index(raw[i], (*path, str(i)), vertices) for i in (0, 1))
        parameters = self._parameters(raw[2], (*path, '2')) if len(raw) > 2 else {}
        return Edge(start, end, parameters)

    def _polygon(self, raw: object, path: FieldPath, vertices: int) -> Polygon:
        fields = self._mapping(raw, path, 'a polygon')
        items = self._items(fields, 'vertices', path, MAX_VERTICES)
        corners = tuple(self._index(own, place, vertices) for own, place in items)
        parameters = self._parameters(fields.get('parameters') or {}, (*path, 'parameters'))
        return Polygon(corners, parameters)

    def _lift(self, name: str, raw: object, levels: list[str], reference: str) -> Lift:
        path = ('lifts', name)
        fields = self._mapping(raw, path, 'a lift')
        numbers = {
            key: self._number(fields.get(key), (*path, key))
            for key in ('x', 'y', 'yaw', 'width', 'depth')
        }
        for key in ('width', 'depth'):
            if key in fields and not 0.5 <= numbers[key] <= 10.0:
                self._wrong((*path, key), f'is {numbers[key]:g} m', 'write 0.5 to 10')
        own_reference = str(fields.get('reference_floor_name') or reference)
        doors_raw = self._mapping(fields.get('doors') or {}, (*path, 'doors'), 'the doors')
        doors = tuple(
            self._lift_door(str(key), own, (*path, 'doors', str(key)))
            for key, own in doors_raw.items()
        )
        served = self._mapping(
            fields.get('level_doors') or {}, (*path, 'level_doors'), 'the doors of each level'
        )
        level_doors = {}
        for level in served:
            place = (*path, 'level_doors', level)
            items = self._items(served, level, place[:-1], MAX_LEVELS)
            level_doors[level] = tuple(self._text(own, one) for own, one in items)
            for door in level_doors[level]:
                if door not in doors_raw:
                    mend = 'name a door under `doors` of this lift'
                    self._wrong(place, f'{door[:40]!r} is no door of it', mend)
        named = [('reference_floor_name', own_reference)]
        named += [('level_doors', level) for level in level_doors]
        for key, level in named:
            if level not in levels and levels:
                mend = f'name one of its levels: {", ".join(levels[:6])}'
                self._wrong((*path, key), f'{level[:40]!r} is no level', mend)
        driven = fields.get('plugins', True)
        if not isinstance(driven, bool):
            self._wrong((*path, 'plugins'), 'is neither true nor false', 'write true or false')
        return Lift(
            name=name,
            reference=own_reference,
            driven=driven is True,
            doors=doors,
            level_doors=level_doors,
            **numbers,
        )

    def _lift_door(self, name: str, raw: object, path: FieldPath) -> LiftDoor:
        fields = self._mapping(raw, path, 'a door of a lift')
        x, y, width = (self._number(fields.get(key), (*path, key)) for key in ('x', 'y', 'width'))
        return LiftDoor(name, x, y, width)

    def _parameters(self, raw: object, path: FieldPath) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for key, own in self._mapping(raw, path, 'the parameters').items():
            place = (*path, key)
            if not isinstance(own, list) or len(own) != 2:
                self._wrong(place, 'is no parameter', 'write [type, value]')
            elif own[0] == 1 and not isinstance(own[1], (list, dict)):
                found[key] = self._text(own[1], place)
            elif own[0] in (2, 3) and not isinstance(own[1], str):
                number = self._number(own[1], place)
                found[key] = int(number) if own[0] == 2 else number
            elif own[0] == 4 and isinstance(own[1], bool):
                found[key] = own[1]
            else:
                mend = 'type is 1 text, 2 or 3 number, 4 true or false, and the value fits'
                self._wrong(place, 'has a value that is not of its type', mend)
        return found

    def _items(
        self, fields: Mapping[str, object], key: str, path: FieldPath, most: int
    ) -> list[tuple[object, FieldPath]]:
        place = (*path, key)
        value = fields.get(key)
        if value is None or value == {}:
            return []
        if not isinstance(value, list):
            self._wrong(place, 'is no list', 'write a list: [ … ]')
            return []
        if len(value) > most:
            self._wrong(place, f'has {len(value)} elements', f'the limit is {most}')
            return []
        return [(own, (*place, str(index))) for index, own in enumerate(value)]

    def _mapping(self, raw: object, path: FieldPath, what: str) -> Mapping[str, object]:
        if isinstance(raw, Mapping):
            return raw
        self._wrong(path, f'is not {what}', 'write a mapping of fields here')
        return {}

    def _index(self, raw: object, path: FieldPath, vertices: int) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int):
            self._wrong(path, 'is no vertex', 'write the number of a vertex')
            return 0
        if not 0 <= raw < vertices:
            problem = f'names vertex {raw if abs(raw) < MAX_NUMBER else "of a huge number"}'
            self._wrong(path, problem, f'this level has vertices 0 to {vertices - 1}')
            return 0
        return raw

    def _number(self, raw: object, path: FieldPath) -> float:
        if isinstance(raw, bool) or not isinstance(raw, (int, float)):
            self._wrong(path, 'is missing' if raw is None else 'is no number', 'write a number')
        elif not math.isfinite(raw):
            self._wrong(path, 'is not a finite number', 'write a number')
        elif abs(raw) > MAX_NUMBER:
            self._wrong(path, 'is far too large', f'write a number up to {MAX_NUMBER:g}')
        else:
            return float(raw)
        return 0.0

    def _text(self, raw: object, path: FieldPath) -> str:
        if raw is None:
            return ''
        if isinstance(raw, (list, dict)):
            self._wrong(path, 'is no text', 'write a text')
            return ''
        return str(raw)[:MAX_TEXT]

    def _wrong(self, path: FieldPath, problem: str, mend: str) -> None:
        self._findings.error(path, 'wrong_value', problem, mend)


def _sizes(fields: Mapping[str, object], known: set[str]) -> dict[str, int]:
    """Return the fields nobody reads, and how much each holds; empty ones are left out."""
    sizes = {}
    for key, value in fields.items():
        size = len(value) if isinstance(value, (list, Mapping)) else 1
        if key not in known and size and value not in (None, '', 0, 0.0):
            sizes[key] = size
    return sizes
