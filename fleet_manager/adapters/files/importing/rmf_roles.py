"""What a vertex of an Open-RMF building is for, by its parameters and its name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fleet_manager.adapters.files.importing.draft import Role
from fleet_manager.adapters.files.importing.names import station_kind
from fleet_manager.adapters.files.importing.report import Notebook
from fleet_manager.adapters.files.importing.rmf_read import Vertex
from fleet_manager.domain.maps.model import NodeKind

#: Parameters of a vertex that are read; any other one is listed.
_VERTEX: Final = frozenset(
    (
        'is_charger',
        'is_parking_spot',
        'is_cleaning_zone',
        'pickup_dispenser',
        'dropoff_ingestor',
        'spawn_robot_name',
        'spawn_robot_type',
        'lift_cabin',
    )
)
_VERTEX_LEFT: Final = {
    'is_holding_point': 'not carried over: the planner chooses where robots wait',
    'is_passthrough_point': 'not carried over: robots stop on no way node longer than they must',
    'dock_name': 'not carried over: docking is up to the robot',
    'mutex': 'not carried over: one robot at a time on a node or lane is the rule here',
    'merge_radius': 'not carried over',
    'human_goal_set_name': 'not carried over: people of a simulation',
}


def roles_of(vertex: Vertex, place: str, notes: Notebook) -> Iterator[Role]:
    """Return what robots or people use a vertex on a lane for; a note on what is not kept.

    A name alone makes a station: in Open-RMF it says that one may send a robot there.
    """
    given = vertex.parameters
    _note_the_rest(vertex, place, notes)
    if given.get('lift_cabin'):
        return
    charges, cleans = given.get('is_charger') is True, given.get('is_cleaning_zone') is True
    if charges:
        yield Role(NodeKind.CHARGER, vertex.name, place)
    if cleans:
        yield Role(NodeKind.CLEANING, vertex.name, place)
    sends, takes = given.get('pickup_dispenser'), given.get('dropoff_ingestor')
    if sends or takes:
        title = vertex.name or str(sends or takes)
        yield Role(NodeKind.STATION, title, place, bool(sends), bool(takes))
        what = ' and '.join(repr(str(own)) for own in (sends, takes) if own)
        notes.note(place, f'is served by {what}', 'made a station; people load and unload')
    elif not charges and not cleans:
        yield from _by_name(vertex, place, notes)


def _by_name(vertex: Vertex, place: str, notes: Notebook) -> Iterator[Role]:
    name, says = vertex.name, station_kind(vertex.name)
    parks = vertex.parameters.get('is_parking_spot') is True
    if parks and not says:
        yield Role(NodeKind.PARKING, name, place)
    elif 'charger' in name.lower():
        notes.warn(place, 'is called a charger and is none', 'made a parking bay')
        yield Role(NodeKind.PARKING, name, place)
    elif name:
        if parks:
            notes.note(place, f'is a parking spot whose name says {says}', 'made a station')
        yield Role(NodeKind.STATION, name, place, guessed=True)


def _note_the_rest(vertex: Vertex, place: str, notes: Notebook) -> None:
    for key, value in vertex.parameters.items():
        if not value or key in _VERTEX:
            continue
        if key in _VERTEX_LEFT:
            what = key if value is True else f'{key} {value!r}'
            notes.note(place, what, _VERTEX_LEFT[key])
        else:
            what = f'{key} {value!r}'
            notes.warn(place, what, 'not carried over: this program does not know it')
