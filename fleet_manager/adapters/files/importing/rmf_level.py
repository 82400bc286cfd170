"""Draws one level of an Open-RMF building in metres: walls, doors, lanes, and who uses them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fleet_manager.adapters.files.importing.draft import (
    Area,
    Building,
    Machine,
    Opening,
    Spot,
    Storey,
    Stretch,
)
from fleet_manager.adapters.files.importing.frames import Frame
from fleet_manager.adapters.files.importing.names import NameBook
from fleet_manager.adapters.files.importing.outline import polylines
from fleet_manager.adapters.files.importing.report import Notebook
from fleet_manager.adapters.files.importing.rmf_read import Edge, Level, Source, Vertex
from fleet_manager.adapters.files.importing.rmf_roles import roles_of
from fleet_manager.domain.maps.model import Point

_LANE_LEFT: Final = {
    'orientation': 'not carried over: robots choose which way they look',
    'mutex': 'not carried over: one robot at a time on a lane is the rule here',
    'dock_name': 'not carried over: docking is up to the robot',
    'demo_mock_floor_name': 'not carried over: a lift that was only played',
    'demo_mock_lift_name': 'not carried over: a lift that was only played',
}
_LANE: Final = frozenset({'bidirectional', 'graph_idx', 'speed_limit'})
_DOOR_LEFT: Final = 'motion_axis motion_degrees motion_direction right_left_ratio'
#: m/s, as the format allows.
_SPEEDS: Final = (0.05, 5.0)
_DOOR_WIDTHS: Final = (0.5, 20.0)


def graph_of(edge: Edge) -> int:
    """Return the navigation graph of a lane."""
    value = edge.parameters.get('graph_idx', 0)
    return int(value) if isinstance(value, (int, float)) else 0


class Drawer:
    """Draws one level in metres."""

    def __init__(
        self, source: Source, level: Level, frame: Frame, graph: int | None, notes: Notebook
    ) -> None:
        self._source = source
        self._level = level
        self._graph = graph
        self._notes = notes
        flip = 1.0 if source.metres else -1.0
        self._points = [frame.point(own.x, flip * own.y) for own in level.vertices]

    def storey(self, building: Building) -> Storey:
        """Return the level as a storey, its robots added to the building."""
        level = self._level
        book = NameBook(own.id for own in building.storeys)
        storey = Storey(
            id=book.identity(level.name, 'floor'),
            name=level.name,
            place=level.name,
            elevation=level.elevation,
            outline=(),
        )
        if storey.id != level.name:
            self._notes.note(level.name, 'is no id', f'its id is {storey.id}')
        storey.walls = self._walls()
        storey.openings = list(self._openings())
        storey.areas = list(self._areas())
        self._lanes(storey, building)
        return storey

    def _place(self, index: int) -> str:
        name = self._level.vertices[index].name
        return f'{self._level.name}.vertices[{index}]' + (f' "{name}"' if name else '')

    def _walls(self) -> list[tuple[Point, ...]]:
        level = self._level
        if level.walls:
            kinds = sorted({key for edge in level.walls for key in edge.parameters})
            if kinds:
                what = f'{", ".join(kinds)} of {len(level.walls)} walls'
                self._notes.note(f'{level.name}.walls', what, 'not carried over: how they look')
        lines = [(self._points[edge.start], self._points[edge.end]) for edge in level.walls]
        for hole in level.holes:
            ring = [self._points[index] for index in hole.vertices]
            lines += list(zip(ring, [*ring[1:], *ring[:1]], strict=True))
        points = sum(a == b for a, b in lines)
        if points:
            what = f'{points} walls without length'
            self._notes.note(f'{level.name}.walls', what, 'left out')
        return polylines([line for line in lines if line[0] != line[1]])

    def _openings(self) -> Iterator[Opening]:
        level = self._level
        if level.doors:
            self._notes.note(f'{level.name}.doors', _DOOR_LEFT, 'not carried over')
        seen: dict[str, int] = {}
        for index, edge in enumerate(level.doors):
            name = str(edge.parameters.get('name') or f'door {index}')
            place = f'{level.name}.doors[{index}] "{name}"'
            if name in seen:
                what = f'has the name of doors[{seen[name]}]'
                self._notes.note(place, what, 'the second one is numbered')
            seen.setdefault(name, index)
            kind = str(edge.parameters.get('type') or 'sliding')
            posts = (self._points[edge.start], self._points[edge.end])
            opening = Opening(
                name=name,
                place=place,
                posts=posts,
                kind='hinged' if 'hinged' in kind or 'swing' in kind else 'sliding',
                driven=edge.parameters.get('plugin', 'normal') != 'none',
            )
            if kind.removeprefix('double_') not in ('hinged', 'sliding'):
                self._notes.note(place, f'is of type {kind!r}', f'taken as {opening.kind}')
            if not _DOOR_WIDTHS[0] <= opening.width() <= _DOOR_WIDTHS[1]:
                self._notes.warn(place, f'is {opening.width():.2f} m wide', 'left out')
                continue
            yield opening

    def _areas(self) -> Iterator[Area]:
        for index, floor in enumerate(self._level.floors):
            place = f'{self._level.name}.floors[{index}]'
            name = floor.parameters.get('name')
            corners = tuple(self._points[i] for i in floor.vertices)
            if len(set(corners)) < 3:
                self._notes.note(place, 'has less than three corners', 'left out')
                continue
            if isinstance(name, str) and name:
                yield Area(name, 'corridor', corners)
            else:
                self._notes.note(place, 'has no name', 'made part of the floor robots drive on')

    def _lanes(self, storey: Storey, building: Building) -> None:
        level, notes = self._level, self._notes
        spots: dict[int, Spot] = {}
        skipped = 0
        for index, edge in enumerate(level.lanes):
            if self._graph is not None and graph_of(edge) != self._graph:
                skipped += 1
                continue
            place = f'{level.name}.lanes[{index}]'
            self._lane_notes(edge, place)
            if self._points[edge.start] == self._points[edge.end]:
                notes.note(place, 'begins where it ends', 'left out')
                continue
            for end in (edge.start, edge.end):
                if end not in spots:
                    spots[end] = Spot(self._points[end], self._place(end), f'v{end}')
            stretch = Stretch(
                a=spots[edge.start],
                b=spots[edge.end],
                place=place,
                one_way=edge.parameters.get('bidirectional') is not True,
                speed=self._speed(edge, place),
                graphs=frozenset({graph_of(edge)}),
            )
            self._join(storey, stretch)
        if skipped:
            what = f'{skipped} lanes of other graphs than {self._graph}'
            notes.note(f'{level.name}.lanes', what, 'left out, as asked')
        storey.spots = [spots[index] for index in sorted(spots)]
        used = {index for edge in (*level.walls, *level.doors) for index in (edge.start, edge.end)}
        for index, vertex in enumerate(level.vertices):
            if index in spots:
                spots[index].roles = list(roles_of(vertex, self._place(index), self._notes))
                self._robot(vertex, index, storey, spots[index], building)
            elif vertex.parameters or (vertex.name and index not in used):
                what = 'is on no lane' if not skipped else 'is on no lane of this graph'
                notes.warn(self._place(index), what, 'left out')
                if vertex.parameters.get('spawn_robot_name') and self._graph is None:
                    self._robot(vertex, index, storey, None, building)

    def _join(self, storey: Storey, stretch: Stretch) -> None:
        known = storey.between(stretch.a, stretch.b)
        if known is None:
            storey.join(stretch)
            return
        opposite = known.one_way and stretch.one_way and known.a is not stretch.a
        differ = known.one_way != stretch.one_way and known.graphs != stretch.graphs
        storey.join(stretch)
        if opposite:
            self._notes.note(stretch.place, 'runs back where another one came', 'made one lane')
        elif differ:
            what = f'runs like {known.place}, in other directions'
            self._notes.warn(stretch.place, what, 'made one lane, open both ways')
        else:
            self._notes.note(stretch.place, 'runs where another lane does', 'made one lane')

    def _lane_notes(self, edge: Edge, place: str) -> None:
        for key, value in edge.parameters.items():
            if key in _LANE or not value:
                continue
            known = _LANE_LEFT.get(key, 'not carried over: this program does not know it')
            self._notes.warn(place, f'{key} {value!r}', known)

    def _speed(self, edge: Edge, place: str) -> float:
        value = edge.parameters.get('speed_limit', 0.0)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or value <= 0:
            return 0.0
        speed = min(max(value, _SPEEDS[0]), _SPEEDS[1])
        if speed != value:
            self._notes.warn(place, f'speed_limit {value:g}', f'taken as {speed:g} m/s')
        return speed

    def _robot(
        self, vertex: Vertex, index: int, storey: Storey, spot: Spot | None, building: Building
    ) -> None:
        name = vertex.parameters.get('spawn_robot_name')
        kind = vertex.parameters.get('spawn_robot_type') or ''
        if not name:
            if kind:
                what = f'spawns a {kind} without a name'
                self._notes.warn(self._place(index), what, 'left out')
            return
        machine = Machine(str(name), self._place(index), str(kind), spot, storey)
        building.machines.append(machine)
