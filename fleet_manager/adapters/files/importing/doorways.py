"""Moves nodes out of doors: a robot that stands in one keeps it open and everybody waiting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fleet_manager.adapters.files.importing.draft import Spot, Storey
from fleet_manager.adapters.files.importing.report import Notebook
from fleet_manager.adapters.files.importing.space import (
    Around,
    Space,
    rings,
)
from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.model import NodeKind, Point

_RADII: Final = tuple(0.1 * index for index in range(1, 16))
_DIRECTIONS: Final = 24


def clear_doors(storey: Storey, space: Space, notes: Notebook) -> None:
    """Move every node that stands in a door its lane passes."""
    for spot in list(storey.spots):
        missing = _too_near(storey, space, spot, spot.at)
        if missing <= 0:
            continue
        what = f'stands {missing:.2f} m too near to a door'
        at = next(_places(storey, space, spot), None) if spot.kind is NodeKind.WAY else None
        if at is None:
            notes.warn(spot.place, what, 'left there: no place near it is free')
            continue
        notes.note(spot.place, what, f'moved {geometry.distance(spot.at, at):.1f} m')
        spot.at = at


def _too_near(storey: Storey, space: Space, spot: Spot, at: Point) -> float:
    """Return the metres by which a spot, put somewhere, is too near to a door its lanes pass."""
    return max(
        (
            space.from_door(door) - geometry.point_to_line(at, door.posts)
            for lane in storey.at(spot)
            for door in space.crossed(at, lane.other(spot).at)
        ),
        default=0.0,
    )


def _places(storey: Storey, space: Space, spot: Spot) -> Iterator[Point]:
    """Return better places, first those that are off everything else."""
    around = Around(storey, space.margins, spot.at, [spot])
    lanes = storey.at(spot)
    for strict in (True, False):
        for at in rings(spot.at, _RADII, _DIRECTIONS):
            if not space.holds(at) or _too_near(storey, space, spot, at) > 0:
                continue
            ends = [lane.other(spot) for lane in lanes]
            if any(geometry.distance(at, end.at) < space.margins.apart for end in ends):
                continue
            if strict and not around.leaves_room(at, ends):
                continue
            if all(
                space.as_good((spot.at, end.at), (at, end.at))
                and (not strict or around.lets_pass(at, end.at, [end]))
                for end in ends
            ):
                yield at
