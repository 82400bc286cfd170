"""What stands in a hospital beside its walls: counters of stations, chargers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import shapely
from shapely.geometry.base import BaseGeometry

from fleet_manager.domain.maps.model import Hospital, Node, NodeKind
from robot_nodes.gazebo.plan_frame import Frame
from robot_nodes.gazebo.scene import Block

#: Kind -> lengths across, depths and heights that are tried, the best first.
_SIZES: Final = {
    'station': ((1.2, 0.4, 0.9), (0.8, 0.3, 0.9), (0.4, 0.2, 1.2)),
    'charger': ((0.5, 0.2, 0.6), (0.3, 0.1, 0.6), (0.2, 0.06, 0.6)),
}
#: Metres beyond the way of robots at which it is tried to stand something.
_FARTHER: Final = (0.02, 0.1, 0.2, 0.35, 0.5, 0.7)
#: Metres on both sides of the way from the robot to what it stands at.
_REACH: Final = 0.05
#: Ahead of a robot that comes to the place, left of it, right of it, askew.
_TURNS: Final = (0.0, math.pi / 2, -math.pi / 2, math.pi / 4, -math.pi / 4)


def furniture(
    hospital: Hospital,
    nodes: Iterable[Node],
    *,
    radius: float,
    driven: BaseGeometry,
    taken: list[BaseGeometry],
    elevation: float,
    model: str,
) -> list[Block]:
    """Return counters and chargers at their nodes, where there is room beside the robots' ways."""
    blocks: list[Block] = []
    tree = shapely.STRtree(taken)
    stood: list[BaseGeometry] = []
    for node in nodes:
        kind = 'charger' if node.kind is NodeKind.CHARGER else 'station'
        if node.kind not in (NodeKind.CHARGER, NodeKind.STATION):
            continue
        name = f'{kind}_{len(blocks)}'
        found = _fitting(hospital, node, kind, radius, driven, tree, stood)
        if found is not None:
            frame, (across, depth, height), away = found
            u, v = (away, away + depth), (-across / 2, across / 2)
            z = (elevation, elevation + height)
            blocks.append(frame.block(name, kind, u, v, z, model=model))
            stood.append(frame.area(*u, *v))
    return blocks


def _fitting(
    hospital: Hospital,
    node: Node,
    kind: str,
    radius: float,
    driven: BaseGeometry,
    tree: shapely.STRtree,
    stood: list[BaseGeometry],
) -> tuple[Frame, tuple[float, float, float], float] | None:
    ahead = Frame((node.x, node.y), _way_in(hospital, node))
    for size in _SIZES[kind]:
        for turn in _TURNS:
            frame = ahead.turned(turn)
            for farther in _FARTHER:
                away = radius + farther
                area = frame.area(away, away + size[1], -size[0] / 2, size[0] / 2)
                if area.intersects(driven) or any(area.intersects(one) for one in stood):
                    continue
                # Nothing is behind a wall.
                reach = area.union(frame.area(0.0, away, -_REACH, _REACH))
                if len(tree.query(reach, predicate='intersects')) == 0:
                    return frame, size, away
    return None


def _way_in(hospital: Hospital, node: Node) -> float:
    for lane_id in hospital.lanes_at.get(node.id, ()):
        lane = hospital.lanes[lane_id]
        via = lane.via if lane.a == node.id else tuple(reversed(lane.via))
        other = hospital.nodes[lane.b if lane.a == node.id else lane.a]
        before = via[0] if via else other
        return math.atan2(node.y - before.y, node.x - before.x)
    return 0.0
