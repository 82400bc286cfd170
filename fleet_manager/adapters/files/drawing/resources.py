"""Draws what robots hold: lane groups, places too close to each other, the only ways past."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

import numpy as np
import shapely

from fleet_manager.adapters.files.drawing.graph import line_of
from fleet_manager.adapters.files.drawing.palette import GROUP_COLOURS
from fleet_manager.adapters.files.drawing.pen import Pen, at, num, path
from fleet_manager.adapters.files.drawing.words import Lang, word
from fleet_manager.domain.ids import FloorId
from fleet_manager.domain.maps.compile import CompiledMap
from fleet_manager.domain.maps.model import Hospital, Lane, Node

#: Units. A tie shorter than this is drawn as its knots only.
_KNOT: Final = 1.5


def draw_groups(
    hospital: Hospital, compiled: CompiledMap, colours: Mapping[int, int], floor: FloorId, pen: Pen
) -> list[str]:
    """Return a band under the lanes of each group, in the colour `colours` has for it."""
    number = list(hospital.floors).index(floor)
    lanes: dict[int, list[int]] = defaultdict(list)
    for lane in np.flatnonzero(compiled.lane_floor == number).tolist():
        lanes[int(compiled.lane_group[lane])].append(lane)
    drawn = []
    for group, own in lanes.items():
        every = [hospital.lanes[compiled.lane_ids[lane]] for lane in own]
        d = ''.join(path(line_of(hospital, lane)) for lane in every)
        long = sum(lane.length for lane in every)

        def tip(lang: Lang, group: int = group, own: list[int] = own, long: float = long) -> str:
            return word('group_of', lang, id=group + 1, n=len(own), m=f'{long:.0f}')

        kind = f'group g{colours[group]}'
        drawn.append(pen.explained('path', f'class="{kind}" d="{d}"', tip))
    return drawn


def group_colours(compiled: CompiledMap) -> dict[int, int]:
    """Return a colour for each lane group, another one than those it meets at a node."""
    at_node: dict[int, set[int]] = defaultdict(set)
    for ends, group in zip(compiled.lane_ends.tolist(), compiled.lane_group.tolist(), strict=True):
        for node in ends:
            at_node[node].add(group)
    beside: dict[int, set[int]] = defaultdict(set)
    for groups in at_node.values():
        for group in groups:
            beside[group] |= groups - {group}
    colours: dict[int, int] = {}
    for group in dict.fromkeys(compiled.lane_group.tolist()):
        taken = {colours[other] for other in beside[group] if other in colours}
        # Begin somewhere else each time, so that all colours are used and not the first two.
        order = [(group + step) % GROUP_COLOURS for step in range(GROUP_COLOURS)]
        colours[group] = next((one for one in order if one not in taken), order[0])
    return colours


def draw_conflicts(
    hospital: Hospital, compiled: CompiledMap, floor: FloorId, pen: Pen
) -> list[str]:
    """Return a red tie between each two places on which two robots would touch."""
    drawn = []
    for pair in compiled.conflict.tolist():
        one, other = (_place(hospital, compiled, number) for number in pair)
        if one.floor != floor:
            continue
        near = shapely.shortest_line(_shape(hospital, one), _shape(hospital, other))
        knots = list(dict.fromkeys(near.coords))
        inner = f'<path class="tie" d="{path(knots)}"/>' if near.length > _KNOT else ''
        inner += ''.join(
            f'<circle class="knot" cx="{num(x)}" cy="{num(y)}" r="1.5"/>' for x, y in knots
        )

        def tip(lang: Lang, one: str = one.id, other: str = other.id) -> str:
            return word('conflict_of', lang, one=one, other=other)

        drawn.append(pen.explained('g', 'class="conflict"', tip, inner))
    return drawn


def draw_articulation(
    hospital: Hospital, compiled: CompiledMap, floor: FloorId, pen: Pen
) -> list[str]:
    """Return rings around the nodes without which more than their own bays would be cut off."""
    drawn = []
    for index in np.flatnonzero(compiled.articulation).tolist():
        node = hospital.nodes[compiled.node_ids[index]]
        if node.floor != floor or compiled.cut_off[index] <= _own_bays(hospital, node):
            continue
        x, y = at(node)
        ring = f'class="ring" cx="{num(x)}" cy="{num(y)}" r="4.2"'

        def tip(lang: Lang, name: str = node.id) -> str:
            return word('articulation_of', lang, node=name)

        drawn.append(pen.explained('circle', ring, tip))
    return drawn


def _own_bays(hospital: Hospital, node: Node) -> int:
    """Return how many nodes hang on this one only, each by its single lane."""
    lanes = [hospital.lanes[lane] for lane in hospital.lanes_at[node.id]]
    beside = [lane.b if lane.a == node.id else lane.a for lane in lanes]
    return sum(len(hospital.lanes_at[other]) == 1 for other in beside)


def _place(hospital: Hospital, compiled: CompiledMap, number: int) -> Node | Lane:
    """Return the node or lane that has a number in the compiled map."""
    nodes = len(compiled.node_ids)
    if number < nodes:
        return hospital.nodes[compiled.node_ids[number]]
    return hospital.lanes[compiled.lane_ids[number - nodes]]


def _shape(hospital: Hospital, place: Node | Lane) -> shapely.Geometry:
    if isinstance(place, Node):
        return shapely.Point(at(place))
    return shapely.LineString(line_of(hospital, place))
