"""Imports Open-RMF's building maps (`.building.yaml`, drawn with rmf_traffic_editor)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fleet_manager.adapters.files.importing.draft import Building, Storey
from fleet_manager.adapters.files.importing.frames import Frame, frames_of
from fleet_manager.adapters.files.importing.names import slug
from fleet_manager.adapters.files.importing.outline import outline_of
from fleet_manager.adapters.files.importing.repair import repair
from fleet_manager.adapters.files.importing.report import Imported, Notebook
from fleet_manager.adapters.files.importing.rmf_level import Drawer, graph_of
from fleet_manager.adapters.files.importing.rmf_lifts import add_lifts
from fleet_manager.adapters.files.importing.rmf_read import (
    MAX_GRAPHS,
    Level,
    Source,
    read_source,
)
from fleet_manager.adapters.files.importing.rmf_types import add_types
from fleet_manager.adapters.files.importing.write import write_hospital
from fleet_manager.domain.maps.fields import MAX_COORDINATE
from fleet_manager.domain.maps.model import Point
from fleet_manager.domain.maps.problems import BrokenMap, Problem, Severity

#: What only a simulator or a drawing needs, by the field it stands in.
_LEFT_OUT: Final = {
    'crowd_sim': 'people of a simulation',
    'models': 'furniture: see that lanes keep clear of what really stands there',
    'drawing': 'the picture of the floor',
    'layers': 'pictures laid over the floor',
    'features': 'marks for aligning pictures',
    'constraints': 'marks for aligning pictures',
}


def import_rmf(
    text: str, *, name: str, graph: int | None = None, robots: int | None = None
) -> Imported:
    """Make a hospital of a building file.

    `name` is the file's, for messages and the hospital's id. `graph` takes one navigation graph
    only; otherwise all are taken, each with its types of robots. `robots` is how many there are
    to be; otherwise as many as the file spawns. Raises BrokenMap with what is wrong, by line.
    """
    source = read_source(text, name=name)
    notes = Notebook()
    frames = frames_of(source, notes, file=name)
    _one_of_the_graphs(source, graph, name)
    stem = name.rsplit('/', 1)[-1].split('.', 1)[0]
    building = Building(slug(stem) or 'imported', source.name or stem)
    _note_left_out(source, notes)
    for level in sorted(source.levels, key=lambda own: own.elevation):
        storey = Drawer(source, level, frames[level.name], graph, notes).storey(building)
        building.storeys.append(storey)
    _not_too_far(building, name)
    add_types(building, source, notes, one=graph)
    add_lifts(building, source, frames, notes)
    for storey, level in _pairs(building, source):
        outline_of(storey, _floors(level, frames[level.name], metres=source.metres), notes)
    repair(building, notes, robots=robots)
    return Imported(write_hospital(building, notes), notes.notes())


def _pairs(building: Building, source: Source) -> Iterator[tuple[Storey, Level]]:
    levels = {level.name: level for level in source.levels}
    for storey in building.storeys:
        yield storey, levels[storey.name]


def _floors(level: Level, frame: Frame, *, metres: bool) -> list[tuple[Point, ...]]:
    flip = 1.0 if metres else -1.0
    return [
        tuple(frame.point(level.vertices[i].x, flip * level.vertices[i].y) for i in floor.vertices)
        for floor in level.floors
    ]


def _one_of_the_graphs(source: Source, graph: int | None, file: str) -> None:
    known = sorted({graph_of(edge) for level in source.levels for edge in level.lanes})
    place, problem = f'{file} levels', ''
    if not known:
        problem, mend = 'no level has a lane', 'draw traffic lanes in traffic_editor'
    elif graph is not None and graph not in known:
        problem = f'has no navigation graph {graph}'
        mend = f'choose one of {", ".join(map(str, known[:10]))}, or leave it out for all'
    elif len(known) > MAX_GRAPHS:
        problem, mend = f'has {len(known)} navigation graphs', f'the limit is {MAX_GRAPHS}'
    if problem:
        raise BrokenMap([Problem('wrong_value', Severity.ERROR, place, problem, mend)])


def _not_too_far(building: Building, file: str) -> None:
    for storey in building.storeys:
        points = [spot.at for spot in storey.spots]
        points += [point for wall in storey.walls for point in wall]
        for point in points:
            if max(abs(point.x), abs(point.y)) > MAX_COORDINATE / 2:
                place = f'{file} levels.{storey.name}.measurements'
                problem = f'the building reaches ({point.x:g}, {point.y:g}) m'
                mend = 'distances are in metres; see whether one was written in millimetres'
                raise BrokenMap([Problem('too_far', Severity.ERROR, place, problem, mend)])


def _note_left_out(source: Source, notes: Notebook) -> None:
    for level in source.levels:
        for key, size in level.others.items():
            _note_field(f'{level.name}.{key}', key, size, notes)
        if level.human_lanes:
            what = f'{len(level.human_lanes)} lanes of people'
            notes.note(f'{level.name}.human_lanes', what, 'not carried over')
        if level.holes:
            what = f'{len(level.holes)} holes in the floor'
            notes.warn(f'{level.name}.holes', what, 'drawn as walls')
    for key, size in source.others.items():
        _note_field(key, key, size, notes)


def _note_field(place: str, key: str, size: int, notes: Notebook) -> None:
    meaning = _LEFT_OUT.get(key)
    if meaning:
        notes.note(place, f'{size} entries', f'not carried over: {meaning}')
    else:
        notes.warn(place, 'is a field this program does not know', 'not carried over')
