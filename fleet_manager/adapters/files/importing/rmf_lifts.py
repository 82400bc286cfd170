"""The lifts of an Open-RMF building: which way they open, and what stands inside them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from fleet_manager.adapters.files.importing.draft import (
    Building,
    Shaft,
    Spot,
    Stop,
    Storey,
)
from fleet_manager.adapters.files.importing.frames import Frame
from fleet_manager.adapters.files.importing.report import Notebook
from fleet_manager.adapters.files.importing.rmf_read import Lift, LiftDoor, Source
from fleet_manager.domain.maps.model import Point

#: Metres between the car and its shaft, as traffic_editor draws it.
_GAP: Final = 0.05
#: Metres a door may lie off the middle of its side; the format has doors in the middle.
_OFF_MIDDLE: Final = 0.2


def add_lifts(
    building: Building, source: Source, frames: Mapping[str, Frame], notes: Notebook
) -> None:
    """Give the building its lifts; those nobody can call are drawn as shafts only."""
    flip = 1.0 if source.metres else -1.0
    if source.lifts:
        what = 'the floor they start on, how their doors move'
        notes.note('lifts', what, 'not carried over')
    for lift in source.lifts:
        frame = frames[lift.reference]
        shaft = Shaft(
            name=lift.name,
            place=f'lifts "{lift.name}"',
            at=frame.point(lift.x, flip * lift.y),
            width=lift.width,
            depth=lift.depth,
            faces=0.0,
        )
        yaw = lift.yaw + frame.turn
        corners = _corners(shaft, yaw)
        cabs = _take_cabs(building, lift, corners, notes)
        served = [storey for storey in building.storeys if storey.name in lift.level_doors]
        if not lift.driven:
            for storey in served:
                storey.walls.append((*corners, corners[0]))
            what = 'has plugins: false, no program can call it'
            notes.warn(shaft.place, what, 'drawn as walls; its lanes are left out')
            _remove_cabs(building, cabs, shaft, notes)
            continue
        _add_stops(shaft, lift, yaw, served, cabs, notes)
        kept = [stop.cab for stop in shaft.stops]
        _remove_cabs(building, [own for own in cabs if own[1] not in kept], shaft, notes)
        building.shafts.append(shaft)


def _corners(shaft: Shaft, yaw: float) -> tuple[Point, ...]:
    half_width, half_depth = shaft.width / 2 + _GAP, shaft.depth / 2 + _GAP
    cos, sin = math.cos(yaw), math.sin(yaw)
    return tuple(
        Point(
            round(shaft.at.x + cos * x - sin * y, 3) + 0.0,
            round(shaft.at.y + sin * x + cos * y, 3) + 0.0,
        )
        for x, y in (
            (-half_width, -half_depth),
            (half_width, -half_depth),
            (half_width, half_depth),
            (-half_width, half_depth),
        )
    )


def _take_cabs(
    building: Building, lift: Lift, corners: tuple[Point, ...], notes: Notebook
) -> list[tuple[Storey, Spot]]:
    """Return the spots inside a lift on the floors it serves. Their roles are lost."""
    found = []
    for storey in building.storeys:
        if storey.name not in lift.level_doors:
            continue
        inside = [spot for spot in storey.spots if _inside(spot.at, corners)]
        for spot in inside:
            for role in spot.roles:
                notes.note(spot.place, f'is {role.kind.value} in a lift', 'not carried over')
            spot.roles = []
            found.append((storey, spot))
    return found


def _inside(point: Point, corners: tuple[Point, ...]) -> bool:
    sides = zip(corners, (*corners[1:], corners[0]), strict=True)
    return all(
        (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x) >= 0 for a, b in sides
    )


def _remove_cabs(
    building: Building, cabs: list[tuple[Storey, Spot]], shaft: Shaft, notes: Notebook
) -> None:
    for storey, spot in cabs:
        gone = storey.remove(spot)
        for stretch in gone:
            what = f'leads into {shaft.name}, which does not stop here for robots'
            notes.note(stretch.place, what, 'left out')


def _add_stops(
    shaft: Shaft,
    lift: Lift,
    yaw: float,
    served: list[Storey],
    cabs: list[tuple[Storey, Spot]],
    notes: Notebook,
) -> None:
    doors = {door.name: door for door in lift.doors}
    for storey in served:
        inside = [spot for own, spot in cabs if own is storey]
        if not inside:
            what = f'has no vertex on a lane inside it on {storey.name}'
            notes.warn(shaft.place, what, 'it does not stop there')
            continue
        named = [doors[name] for name in lift.level_doors[storey.name] if name in doors]
        if not named:
            what = f'has no door on {storey.name}'
            notes.warn(shaft.place, what, 'it does not stop there')
            continue
        cab = inside[0]
        toward = [
            (spot.at.x - shaft.at.x, spot.at.y - shaft.at.y) for spot in storey.neighbours(cab)
        ]
        door, faces, gap = max(
            (_facing(lift, door, yaw) for door in named),
            key=lambda own: max(
                (x * math.cos(own[1]) + y * math.sin(own[1]) for x, y in toward), default=0.0
            ),
        )
        if len(named) > 1:
            what = f'has {len(named)} doors on {storey.name}'
            notes.note(shaft.place, what, f'{door.name!r} is used, where its lane leads')
        if min(abs(door.x), abs(door.y)) > _OFF_MIDDLE:
            what = f'door {door.name!r} is off the middle of its side'
            notes.warn(shaft.place, what, 'taken as in the middle')
        shaft.stops.append(Stop(storey, 'front', faces, gap, door.width, cab))
    _front_and_rear(shaft, notes)


def _front_and_rear(shaft: Shaft, notes: Notebook) -> None:
    if not shaft.stops:
        return
    shaft.faces = shaft.stops[0].faces
    for stop in shaft.stops:
        along = math.cos(stop.faces - shaft.faces)
        if along < 0.5:
            stop.door = 'rear'
        if abs(along) < 0.5:
            what = f'opens to the side on {stop.storey.name}'
            notes.warn(shaft.place, what, 'taken as its rear door')


def _facing(lift: Lift, door: LiftDoor, yaw: float) -> tuple[LiftDoor, float, float]:
    """Return a door, the way out of it in radians, and how far it is from the middle of the car.

    The side of the car it lies nearest to, as traffic_editor decides it.
    """
    from_sides = abs(abs(door.x) - lift.width / 2)
    from_ends = abs(abs(door.y) - lift.depth / 2)
    if from_sides <= from_ends:
        return door, yaw + (0.0 if door.x > 0 else math.pi), max(abs(door.x), lift.width / 2)
    side = math.pi / 2 if door.y > 0 else -math.pi / 2
    return door, yaw + side, max(abs(door.y), lift.depth / 2)
