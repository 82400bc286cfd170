"""Robots by events: one event at the end of each edge, and what they say when something changed.

They obey as those of `adapters/sim/robots.py` do: epochs and updates, a lease, grants that open
once and only standing at the end of what is released; never driving with an open compartment.
Order, last step, last grant and compartments survive a restart, the program does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random
from typing import Final, Protocol

from fleet_manager.adapters.sim.day import battery
from fleet_manager.adapters.sim.day.heap import Heap
from fleet_manager.adapters.sim.day.motion import XY, Knot, place_at, trajectory
from fleet_manager.adapters.sim.hands import Hands
from fleet_manager.adapters.sim.robots import LEASE_MS
from fleet_manager.adapters.sim.warmths import Warmths
from fleet_manager.application.days.scenario import Scenario
from fleet_manager.application.ports import OrderNode, RobotOrder
from fleet_manager.domain.ids import CompartmentId, FloorId, NodeId, ResourceId
from fleet_manager.domain.maps.geometry import course
from fleet_manager.domain.maps.model import Hospital, NodeKind, RobotSpec
from fleet_manager.domain.messages import CompartmentReport, MalformedReport, RobotReport
from fleet_manager.domain.units import HOUR, SECOND

#: A robot nobody has spoken to for so long moves through no door: they are not held for ever.
CROSSING_MS: Final = 20 * SECOND
#: How far off a robot says it is that has lost its place, in metres.
LOST_METRES: Final = 25.0


@dataclass(slots=True)
class Edge:
    """The way to the next node. `knots` say where the body is when; empty while it stands still.

    `left` are the knots still to be driven, in ms from when it goes on. `metres` is its length.
    `brakes`: it has come to the end and is not let further.
    """

    node: OrderNode
    resources: tuple[ResourceId, ...]
    metres: float
    knots: list[Knot]
    left: list[Knot]
    brakes: bool = False

    def is_gated(self) -> bool:
        """Whether it leads through a door, or in or out of a lift."""
        return bool(self.node.door or self.node.lift)


@dataclass(slots=True)
class _OpenBox:
    compartment: CompartmentId
    grant: int


class Around(Protocol):
    """What a robot has around it; the world knows."""

    def lets(self, robot: DayRobot, node: OrderNode) -> bool:
        """Whether what is in front of the robot stands open, so that it may begin the edge."""

    def sees_people(self, robot: DayRobot) -> bool:
        """Whether it stands in front of the open car it waits for, with people in it."""

    def resources_of(self, node: NodeId, target: NodeId | None = None) -> tuple[ResourceId, ...]:
        """Return what a body is on: at a node, or on the way to the next one."""

    def has_power(self, charger: NodeId) -> bool:
        """Whether a charger charges."""

    def refused(self, robot: DayRobot) -> None:
        """Hear that a robot did not obey an order of a manager that is no more."""

    def moved(self, robot: DayRobot) -> None:
        """Hear of each begin, stop and end of an edge, and of each opening and closing."""


class DayRobot:
    """One robot.

    Faults, each until it is put right: `dead` and `off` it does nothing and says nothing;
    `in_its_way` names what it cannot pass; `lost` it does not know where it is and stands;
    `nonsense` it says what is no report; `left_open` nobody closes its compartment; `clock_ms`
    its clock is wrong by. After a change of these call `go`.
    """

    def __init__(
        self,
        hospital: Hospital,
        spec: RobotSpec,
        heap: Heap,
        rng: Random,
        *,
        scenario: Scenario,
        beat_ms: int,
        hands: Hands,
        around: Around,
        say: Callable[[RobotReport | MalformedReport], None],
    ) -> None:
        home = hospital.nodes[spec.home]
        self.id = spec.id
        self.floor: FloorId = home.floor
        self.x, self.y = home.x, home.y
        self.node: NodeId = home.id
        self.edge: Edge | None = None
        self.dead = self.off = self.lost = self.nonsense = False
        self.in_its_way: set[str] = set()
        self.left_open = False
        self.clock_ms = 0
        self.charging = False
        self.metres = 0.0
        self.lowest_battery = 1.0
        self.moved_at = heap.now
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
        self._boxes = tuple(self.compartments.values())
        self._warmths = Warmths(hospital, spec.id)
        self._hospital, self._heap, self._rng = hospital, heap, rng
        self._corridors, self._staff = scenario.corridors, scenario.staff
        self._motion = scenario.motion
        self._heading: float | None = None
        self._utc_offset, self._beat_ms = scenario.utc_offset, beat_ms
        self._hands, self._around, self._say = hands, around, say
        self._level = rng.uniform(*scenario.fleet.battery)
        self._level_at = heap.now
        self._heard = heap.now
        self._open: _OpenBox | None = None
        self._opened_here = False
        self._drive = 0
        self._box: tuple[float, float, float, float] | None = None
        self._until_stop = self._metres_until_stop()
        self._said: tuple[object, ...] = ()
        self._said_at = heap.now
        heap.after(rng.randint(0, SECOND), self._beat)

    # --- what it hears  ---

    def hear(self, order: RobotOrder) -> None:
        """Take over an order unless a newer one, or a newer manager, was heard already."""
        known = self.order
        if order is known:
            if not self.is_off():
                self._renew()
            return
        if self.is_off():
            return
        if order.epoch < self.epoch:
            self._around.refused(self)
            return
        if order.map_version != self._hospital.version:
            return
        if known is not None and order.epoch == self.epoch and order.update < known.update:
            return
        if not any(n.sequence == self.last_sequence for n in order.nodes if n.released):
            return
        self.epoch, self.order, self._heard = order.epoch, order, self._heap.now
        self.go()

    def switch_off(self) -> None:
        """Its program ends: it stands, hears and says nothing. What it was told is kept."""
        self.off = True
        self.go()

    def switch_on(self) -> None:
        """Its program starts, and counts anew."""
        if self.off:
            self.off = False
            self.incarnation += 1
            self.sequence = 0
            self._said, self._level_at = (), self._heap.now
            self.go()

    def is_off(self) -> bool:
        """Whether it hears, says and does nothing."""
        return self.dead or self.off or self._level <= 0.0

    # --- what it does  ---

    def go(self) -> None:
        """Do what it can now, and say what is new."""
        self._tend_battery()
        if self.is_off():
            self._stand()
            return
        self._tend_compartment()
        if self._is_held():
            self._stand()
        elif self.edge is None:
            self._begin_edge()
        elif not self.edge.knots:
            self._drive_on(self.edge)
        self._tend_charging()
        self._look()
        self._tell_news()

    def pose(self) -> tuple[float, float]:
        """Return where its body is now, in metres on its floor."""
        if self.edge is not None and self.edge.knots:
            return place_at(self.edge.knots, self._heap.now)
        return (self.x, self.y)

    def box(self) -> tuple[float, float, float, float]:
        """Return what its way lies in: lowest and highest x, lowest and highest y."""
        knots = self.edge.knots if self.edge is not None else ()
        if not knots:
            return (self.x, self.x, self.y, self.y)
        if self._box is None:
            xs, ys = [knot[1] for knot in knots], [knot[2] for knot in knots]
            self._box = (min(xs), max(xs), min(ys), max(ys))
        return self._box

    def way(self) -> list[Knot]:
        """Return where its body is from now until the end of what it drives without stopping."""
        if self.edge is None or not self.edge.knots:
            return [(self._heap.now, self.x, self.y)]
        return self.edge.knots

    def resources(self) -> tuple[ResourceId, ...]:
        """Return what its body is on: a node, or all of the edge it drives."""
        if self.edge is not None:
            return self.edge.resources
        return self._around.resources_of(self.node)

    def is_open(self) -> bool:
        """Whether a compartment stands open."""
        return self._open is not None

    def open_under(self) -> int:
        """Return the grant a compartment stands open under, 0 when all are shut."""
        return self._open.grant if self._open is not None else 0

    def moves(self) -> bool:
        """Whether it drives."""
        return self.edge is not None and bool(self.edge.knots)

    def next_node(self) -> OrderNode | None:
        """Return the next node of its order, released or not."""
        if self.order is not None:
            for node in self.order.nodes:
                if node.sequence > self.last_sequence:
                    return node
        return None

    def level(self) -> float:
        """Return the level of its battery, 0..1, without what the edge under way takes."""
        self._tend_battery()
        return self._level

    def set_level(self, level: float) -> None:
        """Let the battery be at another level from now on; at 0 the robot is off."""
        self._tend_battery()
        self._level = level
        self.go()

    def close(self) -> None:
        """Let who stands at its open compartment close it."""
        if self._open is not None:
            box, self._open = self._open, None
            occupied = self._hands.move(self.id, box.compartment, box.grant)
            self._set(box.compartment, closed=True, occupied=occupied)
            self._around.moved(self)
            self.go()

    def empty(self, compartment: CompartmentId) -> None:
        """Have what is in a compartment taken out by hand, with a key."""
        self._set(compartment, closed=self.compartments[compartment].closed, occupied=False)
        self.go()

    def _renew(self) -> None:
        was_over = self._heap.now - self._heard > LEASE_MS
        self._heard = self._heap.now
        if was_over:
            self.go()

    def _is_held(self) -> bool:
        order = self.order
        held = order is None or order.paused or self._open is not None
        return held or bool(self.in_its_way) or self.lost or self._is_cut_off()

    def _is_cut_off(self) -> bool:
        """Whether it is in a doorway and has not heard of its manager for too long to go on."""
        silent_for = self._heap.now - self._heard
        return self.edge is not None and self.edge.is_gated() and silent_for > CROSSING_MS

    def _watch_lease(self) -> None:
        """Stand in a doorway once the manager is silent for too long."""
        drive = self._drive

        def look() -> None:
            if drive == self._drive:
                self._watch_lease()

        if self._is_cut_off():
            self.go()
        elif self.edge is not None and self.edge.is_gated():
            self._heap.at(self._heard + CROSSING_MS + 1, look)

    def _begin_edge(self) -> None:
        node = self._next_released()
        if node is None or self._heap.now - self._heard > LEASE_MS:
            return
        if not self._around.lets(self, node):
            return
        if node.lift and not node.boards:
            self.floor = node.floor
        points = ((self.x, self.y), *node.via, (node.x, node.y))
        metres = sum(math.dist(a, b) for a, b in pairwise(points))
        speed = node.max_speed if node.lift else node.max_speed * self._clutter()
        drive_ms = max(1, int(self._drive_seconds(points, metres, speed) * SECOND))
        stops = () if node.lift else self._stops(metres)
        knots = trajectory(points, self._heap.now, drive_ms, stops)
        resources = self._around.resources_of(self.node, node.node)
        self.edge = Edge(node, resources, metres, knots, [])
        self._opened_here = False
        self._await_end(knots[-1][0])
        self._watch_lease()
        self._around.moved(self)

    def _drive_seconds(self, points: Sequence[XY], metres: float, speed: float) -> float:
        """Return what an edge takes, and note which way the robot looks at its end."""
        way = [p for i, p in enumerate(points) if i == 0 or p != points[i - 1]]
        turn = 0.0
        if len(way) > 1:
            if self._heading is not None:
                turn = abs(math.remainder(course(way[0], way[1]) - self._heading, math.tau))
            self._heading = course(way[-2], way[-1])
        starts = self._heap.now != self.moved_at
        return self._motion.seconds(metres, speed, turn=turn, starts=starts, stops=False)

    def _stops(self, metres: float) -> list[tuple[float, int]]:
        """Return where people stop it on the next `metres`, and for how long."""
        found, at = [], 0.0
        while at + self._until_stop < metres:
            at += self._until_stop
            soonest, usual, latest = self._corridors.stop
            found.append((at, int(self._rng.triangular(soonest, latest, usual))))
            self._until_stop = self._metres_until_stop()
        self._until_stop -= metres - at
        return found

    def _metres_until_stop(self) -> float:
        mean = self._corridors.metres_per_stop
        return self._rng.expovariate(1.0 / mean) if mean > 0 else math.inf

    def _clutter(self) -> float:
        hours = self._corridors.clutter
        return hours[(self._heap.now + self._utc_offset) // HOUR % len(hours)]

    def _await_end(self, when: int) -> None:
        self._drive += 1
        self._box = None
        drive = self._drive

        def end() -> None:
            if drive == self._drive:
                self._end_edge()

        self._heap.at(when, end)

    def _come_to_a_stop(self, edge: Edge) -> bool:
        """Whether it has yet to brake: it is let no further, and has to stand at the node."""
        order, stop_ms = self.order, int(self._motion.stop * SECOND)
        if edge.brakes or not stop_ms:
            return False
        nodes = order.nodes if order is not None else ()
        if any(n.released and n.sequence > edge.node.sequence for n in nodes):
            return False
        end = self._heap.now + stop_ms
        edge.brakes = True
        edge.knots.append((end, edge.node.x, edge.node.y))
        self._await_end(end)
        return True

    def _end_edge(self) -> None:
        edge = self.edge
        if edge is None or self._come_to_a_stop(edge):
            return
        self.node, self.last_sequence, self.edge = edge.node.node, edge.node.sequence, None
        self.x, self.y = edge.node.x, edge.node.y
        self._tend_battery()
        self._level = battery.driven(self._level, edge.metres)
        self.metres += edge.metres
        self.moved_at = self._heap.now
        self._around.moved(self)
        self.go()

    def _stand(self) -> None:
        """Stop where it is on the way, until it goes on."""
        edge, now = self.edge, self._heap.now
        if edge is None or not edge.knots:
            return
        self.x, self.y = place_at(edge.knots, now)
        edge.left = [(when - now, x, y) for when, x, y in edge.knots if when > now]
        edge.knots = []
        self._drive += 1
        self._around.moved(self)

    def _drive_on(self, edge: Edge) -> None:
        now = self._heap.now
        edge.knots = [(now, self.x, self.y), *((now + when, x, y) for when, x, y in edge.left)]
        self._await_end(edge.knots[-1][0])
        self._watch_lease()
        self._around.moved(self)

    def _next_released(self) -> OrderNode | None:
        node = self.next_node()
        return node if node is not None and node.released else None

    def _tend_compartment(self) -> None:
        """Open once what a grant allows, standing at the end of what is released."""
        order = self.order
        if order is None or order.grant <= self.last_grant or order.grant_compartment is None:
            return
        standing = self.edge is None and self._next_released() is None and self._open is None
        clock = self._heap.now + self.clock_ms
        if standing and order.grant_expires is not None and clock < order.grant_expires:
            self.last_grant = order.grant
            self._open = _OpenBox(order.grant_compartment, order.grant)
            self._set(order.grant_compartment, closed=False, occupied=None)
            self._around.moved(self)
            soonest, usual, latest = (
                self._staff.each_more if self._opened_here else (self._staff.load)
            )
            self._opened_here = True
            grant = order.grant
            self._heap.after(
                int(self._rng.triangular(soonest, latest, usual)), lambda: self._close_of(grant)
            )

    def _close_of(self, grant: int) -> None:
        if self._open is None or self._open.grant != grant:
            return
        if self.left_open:
            self._heap.after(SECOND, lambda: self._close_of(grant))
        else:
            self.close()

    def _set(self, name: CompartmentId, *, closed: bool, occupied: bool | None) -> None:
        box = self.compartments[name]
        inside = box.occupied if occupied is None else occupied
        self.compartments[name] = replace(box, closed=closed, locked=closed, occupied=inside)
        self._boxes = tuple(self.compartments.values())

    def _tend_battery(self) -> None:
        """Bring the level up to now."""
        span, self._level_at = self._heap.now - self._level_at, self._heap.now
        if span <= 0 or self.dead or self.off or self._level <= 0.0:
            return
        change = battery.charged if self.charging else battery.idled
        self._level = change(self._level, span)
        self.lowest_battery = min(self.lowest_battery, self._level)

    def _tend_charging(self) -> None:
        at_charger = self._hospital.nodes[self.node].kind is NodeKind.CHARGER
        at_end = self.edge is None and self._next_released() is None
        wants = self.order is not None and self.order.charge
        self.charging = wants and at_charger and at_end and self._around.has_power(self.node)

    # --- what it says  ---

    def _look(self) -> None:
        errors = []
        if self.edge is None and self._around.sees_people(self):
            errors.append('cabin_full')
        if self.lost:
            errors.append('localisation_lost')
        self.errors = tuple(errors)

    def _news(self) -> tuple[object, ...]:
        return (
            self.last_sequence,
            self.last_grant,
            self._boxes,
            self.errors,
            self.epoch,
            self.incarnation,
            self.charging,
            self.floor,
            self.nonsense,
        )

    def _tell_news(self) -> None:
        news = self._news()
        if news != self._said:
            self._said = news
            self.tell()

    def tell(self) -> None:
        """Say its state, unless it is off."""
        now = self._heap.now
        self._tend_battery()
        if self.is_off():
            return
        self._said_at = now
        if self.nonsense:
            self._say(MalformedReport(self.id, 'x is not a number'))
            return
        self._say(self.report())

    def report(self) -> RobotReport:
        """Return its state, as the next report in the sequence."""
        order = self.order
        self.sequence += 1
        x, y = self.pose()
        return RobotReport(
            robot=self.id,
            incarnation=f'{self.id}-{self.incarnation}',
            sequence=self.sequence,
            epoch=self.epoch,
            map_version=self._hospital.version,
            order_id=order.order_id if order is not None else '',
            order_update=order.update if order is not None else 0,
            last_node=self.node,
            last_sequence=self.last_sequence,
            floor=self.floor,
            x=x + LOST_METRES if self.lost else x,
            y=y,
            yaw=0.0,
            speed=self.edge.node.max_speed if self.moves() and self.edge is not None else 0.0,
            battery=self._level,
            charging=self.charging,
            mode='driving' if self.moves() else 'idle',
            last_grant=self.last_grant,
            compartments=self._warmths.measured(self._boxes, self._heap.now),
            errors=self.errors,
        )

    def _beat(self) -> None:
        """Say again what it is, when nothing was said for long."""
        if self._heap.now - self._said_at >= self._beat_ms or not self._said:
            self._said = self._news()
            self.tell()
        due = self._said_at + self._beat_ms
        self._heap.at(due if due > self._heap.now else self._heap.now + self._beat_ms, self._beat)
