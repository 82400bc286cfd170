"""Hospitals drawn too tight on purpose: places that are for one robot at a time, unjoined.

Every lane takes a multiple of half a second, as in the other drawn hospitals.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

from fleet_manager.domain.ids import LaneId, NodeId, RobotId
from fleet_manager.domain.maps.model import Hospital, Name, NodeKind, Point, RobotType
from fleet_manager.domain.maps.serialise import with_version
from tests.hospitals import Drawing

#: Two robots of the standard type touch on lanes closer than this, in metres.
TOUCH = 0.8


class Tight(Drawing):
    """A drawing whose lanes take so many whole seconds, whatever their length."""

    def road(self, a: NodeId, b: NodeId, *, via: tuple[Point, ...] = (), **more: object) -> None:
        """Join two nodes by a lane of about 0.8 m/s."""
        ends = [Point(self.nodes[n].x, self.nodes[n].y) for n in (a, b)]
        line = [ends[0], *via, ends[1]]
        length = sum(math.hypot(q.x - p.x, q.y - p.y) for p, q in itertools.pairwise(line))
        self.lane(a, b, speed=length / max(1, round(length / 0.8)))
        lane = LaneId(f'{a}-{b}')
        self.lanes[lane] = replace(self.lanes[lane], via=via, length=length, **more)  # type: ignore[arg-type]

    def bay(self, at: NodeId, name: str, *, up: float, across: float = 0.0) -> NodeId:
        way = self.nodes[at]
        node = self.node(way.floor, name, way.x + across, way.y + up, NodeKind.PARKING)
        self.road(at, node)
        return node


def twin(*, robots: int = 4, length: int = 5) -> Hospital:
    """Two parallel corridors 0.6 m apart, joined at both ends; bays on their outer sides."""
    drawing = Tight()
    drawing.floor('F1', 1)
    south = [drawing.node('F1', f'a{n}', 4.0 * n, 0.0) for n in range(length)]
    north = [drawing.node('F1', f'b{n}', 4.0 * n, 0.6) for n in range(length)]
    west, east = drawing.node('F1', 'w', -2, 0.3), drawing.node('F1', 'e', 4.0 * length - 2, 0.3)
    for row in (south, north):
        for a, b in itertools.pairwise([west, *row, east]):
            drawing.road(a, b)
    bays = [drawing.bay(way, f'p{n}', up=-2.0) for n, way in enumerate(south)]
    bays += [drawing.bay(way, f'q{n}', up=2.0) for n, way in enumerate(north)]
    for number, home in enumerate(bays[:robots]):
        drawing.robot(f'r{number + 1}', home)
    return drawing.hospital()


def hairpin(*, robots: int = 3) -> Hospital:
    """A corridor that comes back beside itself: whoever passes holds the same pair twice."""
    drawing = Tight()
    drawing.floor('F1', 1)
    spots = ((0, 0), (4, 0), (8, 0), (8.6, 0.7), (4, 0.7), (0, 0.7))
    ways = [drawing.node('F1', f'w{n}', x, y) for n, (x, y) in enumerate(spots)]
    for a, b in itertools.pairwise(ways):
        drawing.road(a, b)
    bays = [drawing.bay(ways[n], f'p{n}', up=-2.0) for n in range(3)]
    bays += [drawing.bay(ways[n], f'p{n}', up=2.0) for n in range(3, 6)]
    for number, home in enumerate(bays[:robots]):
        drawing.robot(f'r{number + 1}', home)
    return drawing.hospital()


def crossing(*, robots: int = 4) -> Hospital:
    """A square with both diagonals, which cross where there is no node; bays at its corners."""
    drawing = Tight()
    drawing.floor('F1', 1)
    corners = ((0, 0), (8, 0), (8, 8), (0, 8))
    ways = [drawing.node('F1', f'w{n}', x, y) for n, (x, y) in enumerate(corners)]
    for n in range(4):
        drawing.road(ways[n], ways[(n + 1) % 4])
    drawing.road(ways[0], ways[2])
    drawing.road(ways[1], ways[3])
    for n, (x, y) in enumerate(corners):
        bay = drawing.bay(ways[n], f'p{n}', up=y / 2 - 2, across=x / 2 - 2)
        drawing.bay(ways[n], f'q{n}', up=y / 2 - 2, across=2 - x / 2)
        if n < robots:
            drawing.robot(f'r{n + 1}', bay)
    return drawing.hospital()


def lobby(*, robots: int = 4) -> Hospital:
    """Two floors; on each the cells of the lift are 0.7 m off a corridor others drive along."""
    drawing = Tight()
    cells, bays = [], []
    for floor in ('F1', 'F2'):
        drawing.floor(floor, int(floor[1]), elevation=4.0 * (floor == 'F2'))
        ways = [drawing.node(floor, f'w{n}', 4.0 * n, 0.0) for n in range(4)]
        for a, b in itertools.pairwise(ways):
            drawing.road(a, b)
        wait = drawing.node(floor, 'wait', 7.0, -0.7, NodeKind.LIFT_WAIT)
        leave = drawing.node(floor, 'exit', 9.0, -0.7, NodeKind.LIFT_EXIT)
        drawing.road(ways[1], wait)
        drawing.road(ways[3], leave)
        cells.append((wait, leave))
        bays += [drawing.bay(way, f'p{n}', up=2.0) for n, way in enumerate(ways)]
    drawing.lift('A', x=8.0, y=-2.5, cells=cells)
    for number, home in enumerate(bays[::2][:robots]):
        drawing.robot(f'r{number + 1}', home)
    return drawing.hospital()


def one_way_ring(*, robots: int = 4, size: int = 6) -> Hospital:
    """A ring driven one way round, with a short cut for robots of the type `small` only.

    r1, r3 … are small. A bay behind the short cut, `mouse`, is only theirs.
    """
    drawing = Tight()
    drawing.floor('F1', 1)
    ways = []
    for n in range(size):
        angle = 2 * math.pi * n / size
        ways.append(
            drawing.node('F1', f'w{n}', 20 + 8 * math.cos(angle), 20 + 8 * math.sin(angle))
        )
    for a, b in itertools.pairwise([*ways, ways[0]]):
        drawing.road(a, b, one_way=True)
    hub = drawing.node('F1', 'hub', 20, 20)
    drawing.road(ways[0], hub, robots=('small',))
    drawing.road(hub, ways[size // 2], robots=('small',))
    drawing.bay(hub, 'mouse', up=2.0)
    for n, way in enumerate(ways):
        spot = drawing.nodes[way]
        bay = drawing.bay(way, f'p{n}', up=(spot.y - 20) / 4, across=(spot.x - 20) / 4)
        if n < robots:
            drawing.robot(f'r{n + 1}', bay)
    for name, spec in drawing.robots.items():
        small = int(name[1:]) % 2 == 1
        drawing.robots[RobotId(name)] = replace(spec, type='small' if small else 'large')
    types = {
        'small': RobotType('small', Name('小', 'Small'), 0.6, 0.5, 0.4),
        'large': RobotType('large', Name('大', 'Large'), 0.8, 0.6, 0.5),
    }
    return with_version(replace(drawing.hospital(), types=types))
