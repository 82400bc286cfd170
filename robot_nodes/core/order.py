"""What a robot has been told, in plain types, and whether it can be an order at all."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fleet_manager.domain.ids import MAX_ID_LENGTH, FloorId, NodeId
from fleet_manager.domain.units import Instant

#: A route through the largest hospital we know has some 200 nodes; more is not an order.
MAX_NODES: Final = 1_000
#: Points of one edge.
MAX_VIA: Final = 500
#: Metres from a map's origin: farther is a wrong unit.
MAX_COORDINATE: Final = 100_000.0
#: Seconds without a word from the manager that an order may allow.
MAX_LEASE: Final = 3_600.0

XY = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a robot is: metres and radians in the map frame of `floor`."""

    floor: FloorId
    x: float
    y: float
    yaw: float

    def is_finite(self) -> bool:
        """Whether no part of it is NaN or infinite."""
        return math.isfinite(self.x) and math.isfinite(self.y) and math.isfinite(self.yaw)


@dataclass(frozen=True, slots=True)
class OrderNode:
    """A node and the edge that leads to it; see interfaces/msg/OrderNode.msg."""

    node: NodeId
    sequence: int
    released: bool
    floor: FloorId
    x: float
    y: float
    max_speed: float
    via: tuple[XY, ...] = ()
    lift: str = ''
    boards: bool = False
    session: str = ''
    door: str = ''

    @property
    def in_car(self) -> bool:
        """Whether the node is the car of a lift: its floor changes while a robot stands on it."""
        return bool(self.lift) and self.boards

    @property
    def xy(self) -> XY:
        """Its place in the map frame of its floor."""
        return (self.x, self.y)


@dataclass(frozen=True, slots=True)
class Order:
    """What the robot should be doing; see interfaces/msg/Order.msg. `lease` in seconds."""

    epoch: int
    robot: str
    map_id: str
    map_version: str
    order_id: str
    update: int
    nodes: tuple[OrderNode, ...]
    lease: float
    stamp: Instant = Instant(0)
    paused: bool = False
    charge: bool = False
    grant: int = 0
    grant_compartment: str = ''
    grant_expires: Instant = Instant(0)

    @property
    def base(self) -> tuple[OrderNode, ...]:
        """The released nodes, in order."""
        return tuple(node for node in self.nodes if node.released)

    @property
    def base_end(self) -> OrderNode:
        """The last node the robot may drive to. Only for an order without a `problem`."""
        return self.base[-1]


def problem(order: Order) -> str | None:
    """Say why `order` is no order at all, or None. Nothing of a malformed order is used."""
    if not order.nodes or len(order.nodes) > MAX_NODES:
        return 'node_count'
    if not order.order_id or not _are_names(_names(order)):
        return 'name'
    if not (0.0 < order.lease <= MAX_LEASE):
        return 'lease'
    if not all(_is_sound(node, first=i == 0) for i, node in enumerate(order.nodes)):
        return 'not_a_number'
    sequences = [node.sequence for node in order.nodes]
    if any(b <= a for a, b in itertools.pairwise(sequences)):
        return 'sequence'
    released = [node.released for node in order.nodes]
    if not released[0] or released != sorted(released, reverse=True):
        return 'horizon_before_base'
    return None


def _names(order: Order) -> Iterable[str]:
    yield from (order.order_id, order.robot, order.map_id, order.map_version)
    yield order.grant_compartment
    for node in order.nodes:
        yield from (node.node, node.floor, node.lift, node.session, node.door)


def _are_names(names: Iterable[str]) -> bool:
    return all(len(name) <= MAX_ID_LENGTH and name.isprintable() for name in names)


def _is_sound(node: OrderNode, *, first: bool) -> bool:
    """Whether every figure is one. The first node has no edge, so no speed either."""
    if not node.node or len(node.via) > MAX_VIA:
        return False
    figures = (node.x, node.y, *(figure for point in node.via for figure in point))
    if not all(abs(figure) <= MAX_COORDINATE for figure in figures):
        return False
    return 0.0 < node.max_speed < math.inf or (first and node.max_speed == 0.0)
