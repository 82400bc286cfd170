"""Places so close that two robots would touch on them, though no lane joins them.

A robot sweeps a disc of its turning radius along a lane, since it may turn at any point of it. Two
places conflict when the footprints swept by two robots overlap, or when both lead through one
door. What shares a node needs no rule: a robot on a lane holds the nodes at both its ends.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from fleet_manager.domain.errors import MapError
from fleet_manager.domain.maps.model import STANDARD_TYPE, Hospital, Lane, Node

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

#: Metres of air between two robots that both turn where they stand.
NODE_AIR: Final = 0.1
#: A map with more close pairs than this is wrong, in millimetres perhaps, and nothing to plan on.
MAX_CONFLICTS: Final = 50_000
#: Metres. Places drawn exactly as far apart as they must be do not conflict.
_ROUNDING: Final = 1e-6
#: Places looked up at a time, so that a map with everything in one spot fills no memory.
_AT_A_TIME: Final = 256


class Conflicts(NamedTuple):
    """Pairs of close places, in order. Nodes count from 0, lanes go on after the last node.

    `pairs` (C, 2), the smaller number first; `gap` (C,) metres between their lines; `reach` (C,)
    metres two robots need. A pair that is far enough apart and leads through one door has reach 0.
    """

    pairs: Ints
    gap: Floats
    reach: Floats


def find_conflicts(hospital: Hospital) -> Conflicts:
    """Return all places of `hospital` that are for one robot at a time without being joined.

    Raises MapError when there are more than `MAX_CONFLICTS`.
    """
    shapes, floors, ends = place_shapes(hospital), _floors(hospital), _ends(hospital)
    radii, is_node = _radii(hospital), np.arange(len(shapes)) < len(hospital.nodes)
    found = [_through_one_door(hospital, shapes, ends)]
    for floor in range(len(hospital.floors)):
        here = np.flatnonzero(floors == floor)
        tree = shapely.STRtree(shapes[here])
        widest = 2 * float(radii.max(initial=0.0)) + NODE_AIR
        for first in range(0, len(here), _AT_A_TIME):
            some = here[first : first + _AT_A_TIME]
            near = tree.query(shapes[some], predicate='dwithin', distance=widest)
            one, other = some[near[0]], here[near[1]]
            one, other = one[one < other], other[one < other]
            reach = radii[one] + radii[other] + NODE_AIR * (is_node[one] & is_node[other])
            gap = shapely.distance(shapes[one], shapes[other])
            close = (gap < reach - _ROUNDING) & ~_joined(ends, one, other)
            found.append(np.column_stack([one, other, gap, reach])[close])
            if sum(map(len, found)) > MAX_CONFLICTS:
                raise _too_many()
    return _in_order(np.concatenate(found))


def place_shapes(hospital: Hospital) -> NDArray[np.object_]:
    """Return the point of each node, then the line of each lane, as shapely draws them."""
    places = [(node.x, node.y) for node in hospital.nodes.values()]
    dots = shapely.points(np.array(places, dtype=np.float64).reshape(-1, 2))
    lines = [shapely.linestrings(lane_points(hospital, one)) for one in hospital.lanes.values()]
    return np.array([*dots, *lines], dtype=np.object_)


def lane_points(hospital: Hospital, lane: Lane) -> list[tuple[float, float]]:
    """Return the points of a lane from `a` to `b`, in metres on its floor."""
    a, b = hospital.nodes[lane.a], hospital.nodes[lane.b]
    return [(a.x, a.y), *((point.x, point.y) for point in lane.via), (b.x, b.y)]


def types_on(hospital: Hospital, lane: Lane) -> Collection[str]:
    """Return the types of robots that may use a lane."""
    return lane.robots or hospital.types.keys()


def _radii(hospital: Hospital) -> Floats:
    """Return the largest turning radius of those that may be there, for each place in metres."""
    of = {name: one.turning_radius for name, one in hospital.types.items()}
    widest = max(of.values(), default=STANDARD_TYPE.turning_radius)
    on_lane, on_node = [], dict.fromkeys(hospital.nodes, 0.0)
    for lane in hospital.lanes.values():
        radius = max((of.get(name, widest) for name in types_on(hospital, lane)), default=widest)
        on_lane.append(radius)
        for end in (lane.a, lane.b):
            on_node[end] = max(on_node[end], radius)
    return np.array([*(on_node[end] or widest for end in on_node), *on_lane], dtype=np.float64)


def _floors(hospital: Hospital) -> Ints:
    """Return the floor of each place by its number, -1 for cars."""
    number = {floor: count for count, floor in enumerate(hospital.floors)}
    places: list[Node | Lane] = [*hospital.nodes.values(), *hospital.lanes.values()]
    return np.array([number.get(place.floor, -1) for place in places], dtype=np.int32)


def _ends(hospital: Hospital) -> Ints:
    """Return the nodes at both ends of each place, (N + L, 2): twice itself for a node."""
    number = {node: count for count, node in enumerate(hospital.nodes)}
    own = [(count, count) for count in range(len(number))]
    lanes = [(number[lane.a], number[lane.b]) for lane in hospital.lanes.values()]
    return np.array([*own, *lanes], dtype=np.int32).reshape(-1, 2)


def _joined(ends: Ints, one: Ints, other: Ints) -> NDArray[np.bool_]:
    """Whether places share a node, or are nodes with a lane between them."""
    count = len(ends)
    shared = (ends[one][:, :, None] == ends[other][:, None, :]).any(axis=(1, 2))
    low, high = ends.min(axis=1).astype(np.int64), ends.max(axis=1).astype(np.int64)
    with_lane = np.isin(one.astype(np.int64) * count + other, low * count + high)
    joined: NDArray[np.bool_] = shared | with_lane
    return joined


def _through_one_door(hospital: Hospital, shapes: NDArray[np.object_], ends: Ints) -> Floats:
    users: dict[str, list[int]] = {}
    for number, lane in enumerate(hospital.lanes.values(), start=len(hospital.nodes)):
        if lane.door:
            users.setdefault(lane.door, []).append(number)
    if sum(len(lanes) ** 2 for lanes in users.values()) > 2 * MAX_CONFLICTS:
        raise _too_many()
    pairs = [(a, b) for lanes in users.values() for a in lanes for b in lanes if a < b]
    one, other = np.array(pairs, dtype=np.int32).reshape(-1, 2).T
    apart = ~_joined(ends, one, other)
    one, other = one[apart], other[apart]
    gap = shapely.distance(shapes[one], shapes[other])
    return np.column_stack([one, other, gap, np.zeros_like(gap)])


def _in_order(found: Floats) -> Conflicts:
    """Sort by places; of a pair that is both too close and behind one door, keep the first."""
    found = found[np.lexsort((-found[:, 3], found[:, 1], found[:, 0]))]
    pairs = found[:, :2].astype(np.int32)
    first = np.ones(len(pairs), dtype=np.bool_)
    first[1:] = (pairs[1:] != pairs[:-1]).any(axis=1)
    return Conflicts(pairs[first], found[first, 2].copy(), found[first, 3].copy())


def _too_many() -> MapError:
    problem = f'has more than {MAX_CONFLICTS} pairs of places too close for two robots'
    return MapError('map', f'{problem}; write metres, and keep nodes, lanes and doors apart')
