"""Draws where robots drive and stand: lanes, nodes by kind, stations with their codes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import shapely
from shapely.prepared import PreparedGeometry, prep

from fleet_manager.adapters.files.drawing import tips
from fleet_manager.adapters.files.drawing.fit import Box, Clearance, boxes_of, width_of
from fleet_manager.adapters.files.drawing.pen import Pen, at, num, path
from fleet_manager.domain.ids import FloorId
from fleet_manager.domain.maps.model import Hospital, Lane, Node, NodeKind

Spot = tuple[float, float]
#: Units.
_CODE_SIZE: Final = 8.0
_ID_SIZE: Final = 4.2
#: Units around a node that its sign takes.
_REACH: Final = 5.6
_DOT: Final = 2.4


def line_of(hospital: Hospital, lane: Lane) -> list[Spot]:
    """Return the points of a lane in the frame of its floor's drawing."""
    ends = [at(hospital.nodes[end]) for end in (lane.a, lane.b)]
    return [ends[0], *map(at, lane.via), ends[1]]


def draw_lanes(hospital: Hospital, floor: FloorId, pen: Pen) -> list[str]:
    """Return the lanes: dashed where only some types of robot drive, arrows where one way."""
    drawn = []
    for lane in hospital.lanes.values():
        if lane.floor != floor:
            continue
        line = line_of(hospital, lane)
        kind = 'lane some' if lane.robots else 'lane'
        d = path(line)
        drawn.append(
            pen.explained('path', f'class="{kind}" d="{d}"', tips.of_lane(hospital, lane))
        )
        if lane.one_way:
            drawn += [_arrow(line, share) for share in _arrow_places(lane)]
    return drawn


def draw_nodes(hospital: Hospital, floor: FloorId, pen: Pen) -> list[str]:
    """Return the nodes, each kind with its own sign."""
    drawn = []
    stations = {station.node for station in hospital.stations.values()}
    for node in nodes_on(hospital, floor):
        if node.id in stations:
            continue
        x, y = at(node)
        attributes = f'href="#n-{node.kind}" x="{num(x)}" y="{num(y)}"'
        drawn.append(pen.explained('use', attributes, tips.of_node(hospital, node)))
    return drawn


def draw_stations(hospital: Hospital, floor: FloorId, clearance: Clearance, pen: Pen) -> list[str]:
    """Return the stations with their codes, which are kept in `clearance`."""
    drawn = []
    outline = shapely.Polygon([at(point) for point in hospital.floors[floor].outline])
    inside = prep(outline.buffer(0))
    for station in hospital.stations.values():
        node = hospital.nodes[station.node]
        if node.floor != floor:
            continue
        x, y = at(node)
        size = pen.capped(_CODE_SIZE, 16.0)
        wide, high = width_of(station.code) * size + size * 0.65, size * 1.4
        box = _code_box(hospital, node, wide, high, inside, clearance)
        clearance.add(box)
        pill = f'<rect class="code" x="{num(box[0])}" y="{num(box[1])}" width="{num(wide)}" '
        pill += f'height="{num(high)}" rx="{num(size * 0.3)}"/>'
        middle = (box[0] + wide / 2, box[1] + high / 2)
        inner = f'<use href="#n-station" x="{num(x)}" y="{num(y)}"/>{pill}'
        inner += pen.text(middle, size, station.code, kind='code-text')
        drawn.append(pen.explained('g', 'class="station"', tips.of_station(station), inner))
    return drawn


def _code_box(
    hospital: Hospital,
    node: Node,
    wide: float,
    high: float,
    inside: PreparedGeometry,
    clearance: Clearance,
) -> Box:
    """Return the box for a station's code: on the far side of its lane, or where it is free."""
    x, y = at(node)
    aside, above = wide / 2 + _REACH + 0.8, high / 2 + _REACH + 0.8
    boxes = [
        (x + dx - wide / 2, y + dy - high / 2, x + dx + wide / 2, y + dy + high / 2)
        for dx, dy in _sides(hospital, node, aside, above)
    ]

    def cost(box: Box) -> int:
        return 2 * (not clearance.is_free(box)) + (not inside.contains(shapely.box(*box)))

    return min(boxes, key=cost)


def draw_ids(hospital: Hospital, floor: FloorId, clearance: Clearance, pen: Pen) -> list[str]:
    """Return the short ids of the nodes where they cover nothing; `clearance` keeps them."""
    drawn = []
    size = pen.capped(_ID_SIZE, 13.0)
    for node in nodes_on(hospital, floor):
        text = node.id.removeprefix(f'{floor}.')
        x, y = at(node)
        half = width_of(text) * size / 2
        for dx, dy in _id_places(hospital, node, half):
            box = (x + dx - half, y + dy - size / 2, x + dx + half, y + dy + size / 2)
            if clearance.is_free(box):
                clearance.add(box)
                drawn.append(pen.text((x + dx, y + dy), size, text, kind='id'))
                break
    return drawn


def _id_places(hospital: Hospital, node: Node, half: float) -> list[Spot]:
    """Return where the id of a node may stand, the best first; it is twice `half` wide."""
    if node.kind is NodeKind.WAY:
        return [(side * (half + 3.4), down) for down in (-5.0, 5.0) for side in (1, -1)]
    return _sides(hospital, node, half + _REACH + 0.4, _REACH + 2.5)


def _sides(hospital: Hospital, node: Node, aside: float, above: float) -> list[Spot]:
    """Return the places beside, above and below a node, the one away from its lane first."""
    sides = [(aside, 0.0), (-aside, 0.0), (0.0, -above), (0.0, above)]
    right, down = _away(hospital, node)

    def towards(side: Spot) -> float:
        return -round(side[0] * right / aside + side[1] * down / above, 1)

    return sorted(sides, key=towards)


def taken_by_graph(hospital: Hospital, floor: FloorId) -> list[Box]:
    """Return what lanes and nodes cover, for names to keep clear of."""
    boxes: list[Box] = []
    for node in nodes_on(hospital, floor):
        x, y = at(node)
        reach = _DOT if node.kind is NodeKind.WAY else _REACH
        boxes.append((x - reach, y - reach, x + reach, y + reach))
    for lane in hospital.lanes.values():
        if lane.floor == floor:
            boxes += boxes_of(line_of(hospital, lane), 1.6)
    return boxes


def nodes_on(hospital: Hospital, floor: FloorId) -> list[Node]:
    """Return the nodes of a floor, in the order of its file."""
    return [node for node in hospital.nodes.values() if node.floor == floor]


def _arrow_places(lane: Lane) -> list[float]:
    """Return where along a one-way lane its arrows stand: one, and one more every 4 m."""
    count = max(1, int(lane.length / 4.0))
    return [(index + 0.5) / count for index in range(count)]


def _arrow(line: Sequence[Spot], share: float) -> str:
    ahead = share * sum(math.dist(a, b) for a, b in pairwise(line))
    for a, b in pairwise(line):
        long = math.dist(a, b)
        if ahead <= long and long > 0:
            x, y = (a[i] + (b[i] - a[i]) * ahead / long for i in (0, 1))
            turn = math.degrees(math.atan2(b[1] - a[1], b[0] - a[0]))
            place = f'translate({num(x)} {num(y)}) rotate({num(turn)})'
            return f'<use href="#arrow" transform="{place}"/>'
        ahead -= long
    return ''


def _angles(hospital: Hospital, node: Node) -> list[float]:
    """Return the directions of the lanes that leave a node, in the frame of the drawing."""
    angles = []
    for lane_id in hospital.lanes_at[node.id]:
        line = line_of(hospital, hospital.lanes[lane_id])
        if hospital.lanes[lane_id].a != node.id:
            line.reverse()
        (ax, ay), (bx, by) = line[:2]
        angles.append(math.atan2(by - ay, bx - ax))
    return angles


def _away(hospital: Hospital, node: Node) -> Spot:
    """Return the direction from the corridor into the room: away from the lane that ends here."""
    angles = _angles(hospital, node)
    if not angles:
        return 0.0, -1.0
    return -math.cos(angles[0]), -math.sin(angles[0])
