"""Small hospitals, drawn by hand: enough places for a rule to matter, few enough to see it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from fleet_manager.domain.ids import (
    DoorId,
    FloorId,
    HospitalId,
    LaneId,
    LiftId,
    NodeId,
    RobotId,
    StationId,
)
from fleet_manager.domain.maps.model import (
    Door,
    Floor,
    Hospital,
    Lane,
    Lift,
    LiftStop,
    Name,
    Node,
    NodeKind,
    Point,
    RobotSpec,
    Station,
)
from fleet_manager.domain.maps.serialise import lanes_by_node, with_version

EVERYTHING = ('drug', 'blood', 'specimen', 'sterile', 'meal', 'supply')


@dataclass
class Drawing:
    """A hospital while it is drawn. Ids of nodes and lanes carry their floor in front."""

    floors: dict[FloorId, Floor] = field(default_factory=dict)
    nodes: dict[NodeId, Node] = field(default_factory=dict)
    lanes: dict[LaneId, Lane] = field(default_factory=dict)
    doors: dict[DoorId, Door] = field(default_factory=dict)
    lifts: dict[LiftId, Lift] = field(default_factory=dict)
    stations: dict[StationId, Station] = field(default_factory=dict)
    robots: dict[RobotId, RobotSpec] = field(default_factory=dict)

    def floor(self, name: str, level: int, *, elevation: float = 0.0) -> None:
        corners = ((-20, -20), (80, -20), (80, 40), (-20, 40))
        outline = tuple(Point(x, y) for x, y in corners)
        floor = FloorId(name)
        self.floors[floor] = Floor(floor, Name(name, name), level, elevation, outline, ())

    def node(
        self, floor: str, name: str, x: float, y: float, kind: NodeKind = NodeKind.WAY
    ) -> NodeId:
        node = NodeId(f'{floor}.{name}')
        self.nodes[node] = Node(node, FloorId(floor), x, y, kind)
        return node

    def lane(self, a: NodeId, b: NodeId, *, speed: float = 0.8, door: str = '') -> None:
        start, end = self.nodes[a], self.nodes[b]
        length = round(math.hypot(end.x - start.x, end.y - start.y), 3)
        lane = LaneId(f'{a}-{b}')
        self.lanes[lane] = Lane(lane, start.floor, a, b, (), length, speed, door)

    def leaf(
        self, at: NodeId, name: str, *, up: float, kind: NodeKind, across: float = 0.0
    ) -> NodeId:
        """Add a bay or cell that hangs on `at` by a lane of its own."""
        way = self.nodes[at]
        node = self.node(way.floor, name, way.x + across, way.y + up, kind)
        self.lane(at, node, speed=0.5)
        return node

    def station(self, name: str, node: NodeId) -> None:
        station = StationId(name)
        self.stations[station] = Station(
            station, name.upper()[:8], Name(name, name), 'ward', node, '81', EVERYTHING, EVERYTHING
        )

    def lift(
        self, name: str, *, x: float, y: float, cells: Iterable[tuple[NodeId, NodeId]]
    ) -> None:
        """Add a lift with its (wait, exit) cells, one pair a floor."""
        car, lift = NodeId(f'car.{name}'), LiftId(name)
        self.nodes[car] = Node(car, FloorId(''), x, y, NodeKind.CAR)
        stops = tuple(LiftStop(self.nodes[wait].floor, wait, leave) for wait, leave in cells)
        self.lifts[lift] = Lift(
            lift, Name(name, name), car, Point(x, y), 1.6, 2.0, 1.0, 1.0, 3.0, stops
        )

    def door(self, name: str, floor: str, x: float, y: float) -> None:
        door = DoorId(name)
        self.doors[door] = Door(door, Name(name, name), FloorId(floor), Point(x, y), 1.2)

    def robot(self, name: str, home: NodeId) -> None:
        robot = RobotId(name)
        self.robots[robot] = RobotSpec(robot, name, home, ('c1', 'c2'))

    def hospital(self) -> Hospital:
        return with_version(
            Hospital(
                id=HospitalId('drawn'),
                name=Name('画', 'Drawn'),
                version='',
                phone='8000',
                floors=self.floors,
                nodes=self.nodes,
                lanes=self.lanes,
                doors=self.doors,
                lifts=self.lifts,
                stations=self.stations,
                robots=self.robots,
                lanes_at=lanes_by_node(self.nodes, self.lanes),
            )
        )


def two_floors(*, robots: int = 2, lifts: int = 1, door: bool = False) -> Hospital:
    r"""Two floors with the same corridor, joined by one or two lifts at its east end.

             c1    p2    p3    p4
             |     |     |     |
             w1 -- w2 -- w3 -- w4 -- w5      lift A: wait off w4, exit off w5
             |           |
             pharmacy    stores              upstairs: ward, lab

    Robots start in c1, p2, p3, p4 downstairs, then upstairs. The door is between w2 and w3
    downstairs.
    """
    drawing = Drawing()
    homes, cells = [], {'A': [], 'B': []}
    if door:
        drawing.door('D', 'F1', 6.0, 0.0)
    for floor, elevation, left, right in (
        ('F1', 0.0, 'pharmacy', 'stores'),
        ('F2', 4.0, 'ward', 'lab'),
    ):
        drawing.floor(floor, int(floor[1]), elevation=elevation)
        ways = [drawing.node(floor, f'w{n + 1}', 4.0 * n, 0.0) for n in range(5)]
        for n in range(4):
            has_door = door and (floor, n) == ('F1', 1)
            drawing.lane(ways[n], ways[n + 1], door='D' if has_door else '')
        homes.append(drawing.leaf(ways[0], 'c1', up=2.0, kind=NodeKind.CHARGER))
        homes += [
            drawing.leaf(
                ways[n],
                f'p{n + 1}',
                up=1.6 if n == 3 else 2.0,
                across=-1.2 if n == 3 else 0.0,
                kind=NodeKind.PARKING,
            )
            for n in (1, 2, 3)
        ]
        for name, way in ((left, ways[0]), (right, ways[2])):
            drawing.station(name, drawing.leaf(way, name, up=-2.0, kind=NodeKind.STATION))
        for lift, up, wait_at, exit_at in (('A', -2.4, 3, 4), ('B', 2.4, 4, 3))[:lifts]:
            side = 0.7 if wait_at < exit_at else -0.7
            kinds = (
                (wait_at, 'wait', side, NodeKind.LIFT_WAIT),
                (exit_at, 'exit', -side, NodeKind.LIFT_EXIT),
            )
            wait, leave = (
                drawing.leaf(ways[n], f'{lift}-{what}', up=up, across=across, kind=kind)
                for n, what, across, kind in kinds
            )
            cells[lift].append((wait, leave))
    for lift, y in (('A', -4.0), ('B', 4.0))[:lifts]:
        drawing.lift(lift, x=14.0, y=y, cells=cells[lift])
    for number, home in enumerate(homes[:robots]):
        drawing.robot(f'r{number + 1}', home)
    return drawing.hospital()


def corridor(*, robots: int = 3, length: int = 5) -> Hospital:
    """One long corridor without a way around; robots pass each other by turning into bays.

    b1 .. bn hang on w1 .. wn; the stations `west` and `east` on its ends, `middle` between.
    """
    drawing = Drawing()
    drawing.floor('F1', 1)
    ways = [drawing.node('F1', f'w{n + 1}', 4.0 * n, 0.0) for n in range(length)]
    for a, b in itertools.pairwise(ways):
        drawing.lane(a, b)
    bays = []
    for n, way in enumerate(ways):
        kind = NodeKind.CHARGER if n == 0 else NodeKind.PARKING
        bays.append(drawing.leaf(way, f'b{n + 1}', up=2.0, kind=kind))
    for name, way in (('west', ways[0]), ('east', ways[-1]), ('middle', ways[length // 2])):
        drawing.station(name, drawing.leaf(way, name, up=-2.0, kind=NodeKind.STATION))
    for number, home in enumerate(bays[:robots]):
        drawing.robot(f'r{number + 1}', home)
    return drawing.hospital()


def loop(*, robots: int = 4, size: int = 8) -> Hospital:
    """A ring of `size` junctions with a bay on each; stations on every second one, inside."""
    drawing = Drawing()
    drawing.floor('F1', 1)
    radius = 4.0 / (2 * math.sin(math.pi / size))
    ways, bays = [], []
    for n in range(size):
        angle = 2 * math.pi * n / size
        x, y = round(math.cos(angle), 6), round(math.sin(angle), 6)
        way = drawing.node('F1', f'w{n + 1}', 20 + radius * x, 20 + radius * y)
        ways.append(way)
        kind = NodeKind.CHARGER if n == 0 else NodeKind.PARKING
        bays.append(drawing.leaf(way, f'b{n + 1}', up=2 * y, across=2 * x, kind=kind))
        if n % 2 == 0:
            inside = drawing.leaf(
                way, f's{n + 1}', up=-2 * y, across=-2 * x, kind=NodeKind.STATION
            )
            drawing.station(f's{n + 1}', inside)
    for a, b in zip(ways, [*ways[1:], ways[0]], strict=True):
        drawing.lane(a, b)
    for number, home in enumerate(bays[:robots]):
        drawing.robot(f'r{number + 1}', home)
    return drawing.hospital()
