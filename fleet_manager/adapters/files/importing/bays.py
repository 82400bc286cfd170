"""Gives everything robots stop for a bay: the end of one lane, where they are in nobody's way."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from fleet_manager.adapters.files.importing.draft import Bay, Role, Spot, Storey, Stretch
from fleet_manager.adapters.files.importing.report import Notebook
from fleet_manager.adapters.files.importing.space import (
    Around,
    Space,
    along,
    steps,
)
from fleet_manager.domain.maps import geometry, groups
from fleet_manager.domain.maps.model import NodeKind, Point

#: Metres from a way node to the bay beside it, beyond the least, the best first.
_SPURS: Final = (0.275, 0.475, 0.075, 0.675, 0.875, 1.075, 1.475, 1.875)
_DIRECTIONS: Final = 24
#: Metres along the lanes of a node within which its bay may branch off.
_ALONG: Final = 6.0
_STEP: Final = 0.5
#: Metres beside the place drawn, beyond which a person should see whether a bay can be there.
_FAR: Final = 2.0
_WORDS: Final = {
    NodeKind.PARKING: 'a parking spot',
    NodeKind.CHARGER: 'a charger',
    NodeKind.CLEANING: 'a cleaning zone',
    NodeKind.STATION: 'a station',
}


def place_bays(storey: Storey, space: Space, notes: Notebook) -> None:
    """Find a bay for every role on a floor: in place where nothing else passes, else beside."""
    for spot in list(storey.spots):
        roles, spot.roles = spot.roles, []
        ahead = storey.neighbours(spot)
        if len(roles) == len(ahead) == 1 and ahead[0].kind is NodeKind.WAY:
            _settle(storey, spot, roles[0])
            continue
        for role in roles:
            what = f'is {_WORDS[role.kind]} that others pass through'
            bay = add_bay(storey, space, spot, role)
            if bay is None and len(roles) == 1 and make_leaf(storey, space, spot, notes):
                _settle(storey, spot, role)
                continue
            if bay is None:
                notes.warn(spot.place, what, 'no room for a bay beside it: stays a way node only')
                continue
            apart = geometry.distance(spot.at, bay.at)
            done = f'made a bay of its own, {apart:.1f} m beside it'
            if apart > _FAR:
                notes.warn(spot.place, what, f'{done}; see that it can be there')
            else:
                notes.note(spot.place, what, done)


def _settle(storey: Storey, spot: Spot, role: Role) -> None:
    spot.kind = role.kind
    spot.hint = role.name or spot.hint
    storey.bays.append(Bay(role, spot))


def make_leaf(storey: Storey, space: Space, spot: Spot, notes: Notebook) -> bool:
    """Leave one lane of a spot, where robots get everywhere without the others."""
    lanes = storey.at(spot)
    for kept in sorted(lanes, key=lambda own: (own.one_way, own.length())):
        others = [lane for lane in lanes if lane is not kept]
        if kept.one_way or kept.other(spot).kind is not NodeKind.WAY:
            continue
        beside = [own for own in storey.at(kept.other(spot)) if own not in lanes]
        if any(
            geometry.point_to_line(spot.at, own.line()) < space.margins.clear for own in beside
        ):
            continue
        if _pieces(storey, others) == _pieces(storey, ()):
            storey.stretches = [lane for lane in storey.stretches if lane not in others]
            what = f'has {len(lanes)} lanes, and no room for a bay beside it'
            done = f'{kept.place} is left of them: others drive around it'
            notes.warn(spot.place, what, done)
            return True
    return False


def _pieces(storey: Storey, without: Sequence[Stretch]) -> list[int]:
    """Return the sizes of the pieces in which one gets from everywhere to everywhere."""
    ahead: dict[Spot, list[Spot]] = {spot: [] for spot in storey.spots}
    for lane in storey.stretches:
        if lane not in without:
            ahead[lane.a].append(lane.b)
            if not lane.one_way:
                ahead[lane.b].append(lane.a)
    number = {spot: index for index, spot in enumerate(storey.spots)}
    graph = [[number[other] for other in ahead[spot]] for spot in storey.spots]
    return sorted(Counter(groups.pieces(graph)).values())


def use_dead_ends(storey: Storey, notes: Notebook) -> None:
    """Make parking bays of way nodes that lead nowhere."""
    for spot in storey.spots:
        ahead = storey.neighbours(spot)
        if spot.kind is NodeKind.WAY and len(ahead) == 1 and ahead[0].kind is NodeKind.WAY:
            spot.kind = NodeKind.PARKING
            storey.bays.append(Bay(Role(NodeKind.PARKING, '', spot.place), spot))
            notes.note(spot.place, 'leads nowhere', 'made a parking bay')


def add_bay(storey: Storey, space: Space, spot: Spot, role: Role) -> Spot | None:
    """Put a bay for `role` on a short lane beside a way node, or beside its lanes.

    Returns None if nowhere is room.
    """
    around = Around(storey, space.margins, spot.at)
    for origin, lane in _origins(storey, space, spot):
        at = _beside(origin, spot if lane is None else None, lane, space, around)
        if at is None:
            continue
        start = spot
        graphs = storey.graphs_at(spot)
        if lane is not None:
            start = Spot(origin, f'{lane.place}, divided', f'{spot.hint}d')
            graphs = lane.graphs
            storey.split(lane, [start])
        bay = Spot(at, role.place, role.name or f'{spot.hint}p', kind=role.kind)
        storey.spots.append(bay)
        storey.join(Stretch(start, bay, f'{role.place}, its bay', graphs=graphs))
        storey.bays.append(Bay(role, bay))
        return bay
    return None


def _origins(storey: Storey, space: Space, spot: Spot) -> Iterator[tuple[Point, Stretch | None]]:
    """Return where a bay may branch off: the node itself, then points of its lanes."""
    if spot.kind is NodeKind.WAY:
        yield spot.at, None
    ahead = [lane for lane in storey.at(spot) if lane.other(spot).kind is NodeKind.WAY]
    beyond = [
        lane
        for one in ahead
        for lane in storey.at(one.other(spot))
        if lane not in ahead and lane.a.kind is NodeKind.WAY and lane.b.kind is NodeKind.WAY
    ]
    points: list[tuple[float, int, Point, Stretch]] = []
    for lane in [*(own for own in ahead if spot.kind is NodeKind.WAY), *beyond]:
        a, b = lane.line()
        length = lane.length()
        doors = space.crossed(a, b)
        first = space.margins.apart
        count = int((length - 2 * first) / _STEP) + 1 if length > 2 * first else 0
        for index in range(count):
            at = along(a, b, (first + index * _STEP) / length)
            at = Point(round(at.x, 3), round(at.y, 3))
            far = geometry.distance(at, spot.at)
            if far <= _ALONG and all(
                geometry.point_to_line(at, door.posts) >= space.from_door(door) for door in doors
            ):
                points.append((far, len(points), at, lane))
    for _, _, at, lane in sorted(points, key=lambda own: own[:2]):
        yield at, lane


def _beside(
    origin: Point, spot: Spot | None, lane: Stretch | None, space: Space, around: Around
) -> Point | None:
    """Return the best place for a bay around a point, or None."""
    ends = [spot] if spot is not None else []
    own = [one for one in around.stretches if one is lane or spot in (one.a, one.b)]
    for length in (round(space.margins.apart + more, 2) for more in _SPURS):
        best: tuple[float, Point] | None = None
        for index in range(_DIRECTIONS):
            at = steps(origin, 2 * math.pi * index / _DIRECTIONS, 0.0, length)
            if not space.holds(at) or not around.leaves_room(at):
                continue
            if not around.lets_pass(origin, at, ends, lane) or not space.lets_through(origin, at):
                continue
            room = min((geometry.point_to_line(at, one.line()) for one in own), default=length)
            if best is None or room > best[0] + 1e-6:
                best = (room, at)
        if best is not None:
            return best[1]
    return None
