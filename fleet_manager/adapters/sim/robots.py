"""A robot as the manager gets to know it: it drives what was released, and says where it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random
from typing import Final

from fleet_manager.adapters.sim.delays import Delays
from fleet_manager.adapters.sim.hands import Hands
from fleet_manager.adapters.sim.warmths import Warmths
from fleet_manager.application.ports import OrderNode, RobotOrder
from fleet_manager.domain.ids import (
    CompartmentId,
    FloorId,
    NodeId,
    ResourceId,
    car_resource,
    lane_resource,
    node_resource,
)
from fleet_manager.domain.maps.model import Hospital, NodeKind, RobotSpec
from fleet_manager.domain.messages import CompartmentReport, RobotReport
from fleet_manager.domain.traffic.durations import NODE_SECONDS
from fleet_manager.domain.units import SECOND, Instant

#: Without a word from the manager for so long a robot begins no further step.
LEASE_MS: Final = 15_000
#: It says its state on change and after this at the latest.
REPORT_MS: Final = 1_000
#: Shares of the battery a second: 960 Wh, idle 20 W, driving 100 W, charging 210 W.
_IDLE: Final = 20 / 3_600 / 960
_DRIVING: Final = 100 / 3_600 / 960
_CHARGING: Final = 210 / 3_600 / 960


@dataclass(slots=True)
class Edge:
    """The way to the next node, as far as it is driven. `doors_ok` is asked before it starts."""

    node: OrderNode
    points: tuple[tuple[float, float], ...]
    resources: tuple[ResourceId, ...]
    total_ms: int
    driven_ms: int = 0


@dataclass(slots=True)
class _OpenBox:
    compartment: CompartmentId
    grant: int
    closes: Instant


class SimRobot:
    """One robot: its memory survives a restart, its program does not."""

    def __init__(
        self, hospital: Hospital, spec: RobotSpec, rng: Random, *, delays: Delays, hands: Hands
    ) -> None:
        home = hospital.nodes[spec.home]
        self.id = spec.id
        self.floor: FloorId = home.floor
        self.x, self.y = home.x, home.y
        self.node: NodeId = home.id
        self.edge: Edge | None = None
        self.battery: float | None = 1.0
        self.charging = False
        self.dead = False
        self.off_until = Instant(0)
        self.epoch, self.last_sequence, self.last_grant = 0, 0, 0
        self.order: RobotOrder | None = None
        self.incarnation, self.sequence = 1, 0
        self.errors: tuple[str, ...] = ()
        self.compartments = {
            CompartmentId(c): CompartmentReport(
                CompartmentId(c), locked=True, closed=True, occupied=False
            )
            for c in spec.compartments
        }
        self._warmths = Warmths(hospital, spec.id)
        self._hospital, self._rng, self._delays, self._hands = hospital, rng, delays, hands
        self._offered = hospital
        self._heard = Instant(0)
        self._open: _OpenBox | None = None
        self._said: tuple[object, ...] = ()
        self._said_at = Instant(-REPORT_MS)

    # --- what it hears  ---

    def hear(self, order: RobotOrder, now: Instant) -> None:
        """Take over an order unless a newer one, or a newer manager, was heard already."""
        if self.is_off(now) or order.epoch < self.epoch:
            return
        if order.map_version != self._hospital.version:
            return
        known = self.order
        if known is not None and order.epoch == self.epoch and order.update < known.update:
            return
        if not any(n.sequence == self.last_sequence for n in order.nodes if n.released):
            return
        self.epoch, self.order, self._heard = order.epoch, order, now

    def hear_map(self, hospital: Hospital, now: Instant) -> None:
        """Note the map in force; it is taken over standing, where it has the place as well."""
        if not self.is_off(now):
            self._offered = hospital

    def restart(self, now: Instant, *, off_ms: int) -> None:
        """The program starts again: it stands, is silent meanwhile, and counts anew."""
        self.off_until = Instant(now + off_ms)
        self.incarnation += 1
        self.sequence = 0
        self._said = ()

    def is_off(self, now: Instant) -> bool:
        """Whether it hears, says and does nothing."""
        return self.dead or now < self.off_until

    # --- what it does  ---

    def step(self, now: Instant, elapsed_ms: int, *, gate: Gate) -> None:
        """Do what can be done in `elapsed_ms`. `gate` says whether lifts and doors let it pass."""
        if self.is_off(now):
            return
        self._take_over_map()
        self._tend_compartment(now)
        self._drive(now, elapsed_ms, gate)
        self._tend_battery(elapsed_ms)

    def resources(self) -> tuple[ResourceId, ...]:
        """Return what its body is on: a node, or all of the edge it drives."""
        if self.edge is not None:
            return self.edge.resources
        return (self._place(self.node),)

    def is_open(self) -> bool:
        """Whether a compartment stands open."""
        return self._open is not None

    def released_ahead(self) -> tuple[OrderNode, ...]:
        """Return the released nodes it has not reached."""
        if self.order is None:
            return ()
        ahead = (n for n in self.order.nodes if n.sequence > self.last_sequence)
        return tuple(node for node in ahead if node.released)

    def next_node(self) -> OrderNode | None:
        """Return the next node of its order, released or not."""
        nodes = self.order.nodes if self.order is not None else ()
        return next((n for n in nodes if n.sequence > self.last_sequence), None)

    def _take_over_map(self) -> None:
        if self.edge is not None and not self._is_held():
            return
        places = (self.node, *(ahead.node for ahead in self.released_ahead()))
        if all(place in self._offered.nodes for place in places):
            self._hospital = self._offered

    def _drive(self, now: Instant, elapsed_ms: int, gate: Gate) -> None:
        left = elapsed_ms
        while left > 0:
            if self._is_held():
                return
            if self.edge is None and not self._begin_edge(now, gate):
                return
            left = self._advance(left)

    def _is_held(self) -> bool:
        return self.order is None or self.order.paused or self._open is not None

    def _begin_edge(self, now: Instant, gate: Gate) -> bool:
        ahead = self.released_ahead()
        if not ahead or now - self._heard > LEASE_MS or not gate.lets(self, ahead[0]):
            return False
        node = ahead[0]
        floor = self.floor if node.boards else node.floor
        if node.lift and not node.boards:
            self.floor = floor
        points = ((self.x, self.y), *node.via, (node.x, node.y))
        length = sum(math.dist(a, b) for a, b in pairwise(points))
        free_ms = int((length / node.max_speed + NODE_SECONDS) * SECOND)
        self.edge = Edge(
            node,
            points,
            resources=self._edge_resources(node),
            total_ms=max(1, self._delays.edge_ms(self._rng, self.id, free_ms)),
        )
        return True

    def _advance(self, left: int) -> int:
        """Drive for `left` ms at most; return what is left when the node was reached."""
        edge = self.edge
        if edge is None:
            return 0
        driven = min(left, edge.total_ms - edge.driven_ms)
        edge.driven_ms += driven
        self.x, self.y = _along(edge.points, edge.driven_ms / edge.total_ms)
        if edge.driven_ms < edge.total_ms:
            return 0
        self.node, self.last_sequence, self.edge = edge.node.node, edge.node.sequence, None
        return left - driven

    def _place(self, node: NodeId) -> ResourceId:
        for lift in self._hospital.lifts.values():
            if lift.car == node:
                return car_resource(lift.id)
        return node_resource(node)

    def _edge_resources(self, node: OrderNode) -> tuple[ResourceId, ...]:
        ends = (self._place(self.node), self._place(node.node))
        for lane_id in self._hospital.lanes_at[self.node]:
            lane = self._hospital.lanes[lane_id]
            if {lane.a, lane.b} == {self.node, node.node}:
                return (*ends, lane_resource(lane_id))
        return ends

    def _tend_compartment(self, now: Instant) -> None:
        """Close what people are done with; open once what a grant allows, standing at the end."""
        if self._open is not None and now >= self._open.closes:
            box, self._open = self._open, None
            occupied = self._hands.move(self.id, box.compartment, box.grant)
            self._set(box.compartment, closed=True, occupied=occupied)
        order = self.order
        if order is None or order.grant <= self.last_grant or order.grant_compartment is None:
            return
        standing = self.edge is None and not self.released_ahead() and self._open is None
        if standing and order.grant_expires is not None and now < order.grant_expires:
            self.last_grant = order.grant
            closes = Instant(now + self._rng.randint(*self._delays.hands_ms))
            self._open = _OpenBox(order.grant_compartment, order.grant, closes)
            self._set(order.grant_compartment, closed=False, occupied=None)

    def _set(self, name: CompartmentId, *, closed: bool, occupied: bool | None) -> None:
        box = self.compartments[name]
        inside = box.occupied if occupied is None else occupied
        self.compartments[name] = replace(box, closed=closed, locked=closed, occupied=inside)

    def _tend_battery(self, elapsed_ms: int) -> None:
        at_charger = self._hospital.nodes[self.node].kind is NodeKind.CHARGER
        at_end = self.edge is None and not self.released_ahead()
        self.charging = bool(self.order and self.order.charge and at_charger and at_end)
        if self.battery is None:
            return
        drawn = _DRIVING if self.edge is not None else _IDLE
        change = _CHARGING if self.charging else -drawn
        self.battery = min(1.0, max(0.0, self.battery + change * elapsed_ms / SECOND))

    # --- what it says  ---

    def report(self, now: Instant) -> RobotReport | None:
        """Return its state when it changed or was not said for a second."""
        if self.is_off(now):
            return None
        version = self._hospital.version
        done = (self.last_sequence, self.last_grant, self.is_open(), self.errors)
        said = (*done, self.order, self.incarnation, version)
        if said == self._said and now - self._said_at < REPORT_MS:
            return None
        self._said, self._said_at = said, now
        self.sequence += 1
        return RobotReport(
            robot=self.id,
            incarnation=f'{self.id}-{self.incarnation}',
            sequence=self.sequence,
            epoch=self.epoch,
            map_version=version,
            order_id=self.order.order_id if self.order is not None else '',
            order_update=self.order.update if self.order is not None else 0,
            last_node=self.node,
            last_sequence=self.last_sequence,
            floor=self.floor,
            x=self.x,
            y=self.y,
            yaw=0.0,
            speed=0.0 if self.edge is None else self.edge.node.max_speed,
            battery=self.battery,
            charging=self.charging,
            mode='idle' if self.edge is None else 'driving',
            last_grant=self.last_grant,
            compartments=self._warmths.measured(tuple(self.compartments.values()), now),
            errors=self.errors,
        )


class Gate:
    """Whether what is in front of a robot stands open. The world knows; see `SimWorld`."""

    def lets(self, robot: SimRobot, node: OrderNode) -> bool:
        """Whether `robot` may begin the edge to `node` now."""
        raise NotImplementedError


def _along(points: tuple[tuple[float, float], ...], share: float) -> tuple[float, float]:
    """Return the point at a share of the length of a line."""
    left = share * sum(math.dist(a, b) for a, b in pairwise(points))
    for a, b in pairwise(points):
        length = math.dist(a, b)
        if left <= length and length > 0:
            part = left / length
            return (a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1]))
        left -= length
    return points[-1]
