"""Which order a robot obeys, and how far it has come in it.

VDA 5050's rules:

1. An epoch lower than the highest seen is refused: a manager that was replaced moves nothing.
2. A repeated or older update of the accepted order changes no node of it. The newest repetition
   says whether to pause, charge or open, and under which lift session: levels, not numbered.
3. A newer update extends the base at its end. What was released stays released and as it was.
4. A new order begins where the robot is.
5. Only the base is ever driven; the horizon is a forecast.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Final

from fleet_manager.domain.maps.model import Hospital
from robot_nodes.core.geometry import distance_to_line
from robot_nodes.core.memory import Memory
from robot_nodes.core.order import Order, OrderNode, Pose, problem

#: Metres from a node, or from the first edge, within which a robot counts as being on it.
NEAR: Final = 0.5
#: How many replaced orders are remembered, so that a late copy of one is not taken for new.
MAX_RETIRED: Final = 8


@dataclass(frozen=True, slots=True)
class Accepted:
    """The order was taken over. `fresh` is False for a repetition of the accepted one."""

    fresh: bool


@dataclass(frozen=True, slots=True)
class Ignored:
    """An older copy, or an order for somebody else: nothing changes and nobody need know."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The order cannot be obeyed; `why` goes back in the state as `order_refused:<why>`."""

    why: str


Verdict = Accepted | Ignored | Refused


class OrderBook:
    """The accepted order and the last node reached, of one robot on one map.

    What is remembered of another version of the map is forgotten: its nodes may be elsewhere.
    """

    def __init__(self, memory: Memory, *, robot: str, map_id: str, map_version: str) -> None:
        self._robot, self._map = robot, (map_id, map_version)
        self.epoch = memory.epoch
        self.order: Order | None = None
        self.last_node, self.last_sequence = '', 0
        self.retired = memory.retired
        if memory.order is not None and self._is_on_my_map(memory.order):
            self.order = memory.order
            self.last_node, self.last_sequence = memory.last_node, memory.last_sequence

    def offer(self, order: Order, pose: Pose | None) -> Verdict:
        """Take over, ignore or refuse an order that came in while the robot was at `pose`."""
        if order.robot != self._robot:
            return Ignored()
        if what := problem(order):
            return Refused(f'malformed_{what}')
        if order.epoch < self.epoch:
            return Refused('stale_epoch')
        if not self._is_on_my_map(order):
            return Refused('wrong_map')
        current = self.order
        if current is not None and order.epoch == current.epoch:
            if order.order_id == current.order_id:
                return self._update(current, order)
            if order.order_id in self.retired:
                return Ignored()
        return self._replace(order, pose)

    def released_ahead(self) -> tuple[OrderNode, ...]:
        """Return the released nodes after the last one reached: all the robot may drive to."""
        if self.order is None:
            return ()
        return tuple(
            node
            for node in self.order.nodes
            if node.released and node.sequence > self.last_sequence
        )

    def next_node(self) -> OrderNode | None:
        """Return the node after the last one reached, released or only foreseen."""
        nodes = self.order.nodes if self.order is not None else ()
        return next((node for node in nodes if node.sequence > self.last_sequence), None)

    def foresees_more(self) -> bool:
        """Whether the order goes on behind its base."""
        return self.order is not None and not self.order.nodes[-1].released

    def here(self) -> OrderNode | None:
        """Return the last node reached as the order describes it."""
        if self.order is None:
            return None
        for node in self.order.nodes:
            if node.sequence == self.last_sequence:
                return node
        return None

    def in_car(self) -> bool:
        """Whether the last node reached is the car of a lift."""
        return self.order is not None and _begins_in_car(self.order, self.last_sequence)

    def reach(self, node: OrderNode) -> None:
        """Note that the robot has come to a released node. Never goes back."""
        if node.sequence <= self.last_sequence or not node.released:
            raise ValueError(f'{node.node} {node.sequence} after {self.last_sequence}')
        self.last_node, self.last_sequence = node.node, node.sequence
        if self.order is not None:
            self.order = self._trimmed(self.order)

    def take_over(self, hospital: Hospital) -> None:
        """Go on with the base of the order on another map, which has its places as well."""
        self._map = (self._map[0], hospital.version)
        if self.order is not None:
            places = hospital.nodes
            base = [n for n in self.order.base if n.sequence >= self.last_sequence]
            nodes = tuple(
                dataclasses.replace(n, x=places[n.node].x, y=places[n.node].y) for n in base
            )
            self.order = dataclasses.replace(self.order, map_version=hospital.version, nodes=nodes)

    def _is_on_my_map(self, order: Order) -> bool:
        return (order.map_id, order.map_version) == self._map

    # --- the accepted order again ----------------------------------------------------------------

    def _update(self, current: Order, order: Order) -> Verdict:
        if order.update < current.update:
            return Ignored()
        if order.update == current.update:
            if order.stamp < current.stamp:
                return Ignored()
            self.order = dataclasses.replace(order, nodes=_with_sessions(current.nodes, order))
            return Accepted(fresh=self.order != dataclasses.replace(current, stamp=order.stamp))
        if why := self._break_of_base(current, order):
            return Refused(why)
        self.order = self._trimmed(_joined(current, order))
        return Accepted(fresh=True)

    def _break_of_base(self, current: Order, order: Order) -> str | None:
        """Say how `order` would take back or change what was released and is still ahead."""
        offered = {node.sequence: node for node in order.nodes}
        first = order.nodes[0].sequence
        if first > current.base_end.sequence:
            return 'gap'
        for node in current.base:
            if node.sequence < first or node.sequence <= self.last_sequence:
                continue
            again = offered.get(node.sequence)
            if again is None or not again.released:
                return 'base_shrunk'
            if (again.node, again.floor, again.xy) != (node.node, node.floor, node.xy):
                return 'base_changed'
        return None

    # --- another order ---------------------------------------------------------------------------

    def _replace(self, order: Order, pose: Pose | None) -> Verdict:
        current = self.order
        same_manager = current is not None and order.epoch == current.epoch
        if current is not None and (same_manager or order.order_id == current.order_id):
            if order.base_end.sequence < current.base_end.sequence:
                return Refused('base_shrunk')
            if self._knows_place(order) and (why := self._break_of_base(current, order)):
                return Refused(why)
        if not self._knows_place(order):
            if not self._begins_here(order, pose):
                return Refused('not_here')
            self.last_node = order.nodes[0].node
            self.last_sequence = order.nodes[0].sequence
        if current is not None and same_manager:
            self.retired = (*self.retired, current.order_id)[-MAX_RETIRED:]
        elif order.epoch > self.epoch:
            self.retired = ()
        self.epoch = order.epoch
        self.order = self._trimmed(order)
        return Accepted(fresh=True)

    def _knows_place(self, order: Order) -> bool:
        """Whether the last node reached stands in the base of `order` under the same number."""
        return any(
            node.sequence == self.last_sequence and node.node == self.last_node
            for node in order.base
        )

    def _begins_here(self, order: Order, pose: Pose | None) -> bool:
        """Whether the robot is at the first node of `order` or on its way to the second.

        Without a memory of the last node, or after a manager began to count anew, the pose
        decides; a robot that does not know where it is takes over nothing.
        """
        if pose is None or not pose.is_finite():
            return False
        first = order.nodes[0]
        at = (pose.x, pose.y)
        in_car = _begins_in_car(order, first.sequence)
        if not in_car and pose.floor != first.floor:
            return False
        if math.dist(at, first.xy) <= NEAR:
            return True
        if len(order.base) < 2:
            return False
        after = order.base[1]
        return distance_to_line(at, (first.xy, *after.via, after.xy)) <= NEAR

    def _trimmed(self, order: Order) -> Order:
        """Drop what lies behind the last node reached."""
        kept = tuple(n for n in order.nodes if n.sequence >= self.last_sequence)
        return order if not kept else dataclasses.replace(order, nodes=kept)


def _joined(current: Order, order: Order) -> Order:
    """Put what the newer update no longer repeats in front of it."""
    base = _with_sessions(current.base, order)
    further = [node for node in order.nodes if node.sequence > base[-1].sequence]
    return dataclasses.replace(order, nodes=(*base, *further))


def _with_sessions(nodes: tuple[OrderNode, ...], order: Order) -> tuple[OrderNode, ...]:
    """Return accepted `nodes` as they are, with the lift sessions `order` gives them now."""
    sessions = {node.sequence: node.session for node in order.nodes[1:]}
    return tuple(
        node
        if sessions.get(node.sequence, node.session) == node.session
        else dataclasses.replace(node, session=sessions[node.sequence])
        for node in nodes
    )


def _begins_in_car(order: Order, sequence: int) -> bool:
    """Whether the node of this number is a lift's car: boarded before, or left next."""
    for node, after in zip(order.nodes, (*order.nodes[1:], None), strict=True):
        if node.sequence == sequence:
            return node.in_car or (after is not None and bool(after.lift) and not after.boards)
    return False
