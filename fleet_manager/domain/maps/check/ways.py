"""Where one gets to: the graph of lanes and rides, for all robots or for those of one type."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from fleet_manager.domain.ids import LaneId, LiftId, NodeId
from fleet_manager.domain.maps import groups
from fleet_manager.domain.maps.model import Hospital


@dataclass(frozen=True, slots=True)
class Ways:
    """The nodes one gets to from each node in one hop, and those one comes from."""

    ahead: Mapping[NodeId, Sequence[NodeId]]
    back: Mapping[NodeId, Sequence[NodeId]]

    def reached(
        self,
        starts: Iterable[NodeId],
        *,
        backwards: bool = False,
        ends: Container[NodeId] = (),
    ) -> set[NodeId]:
        """Return where one gets to from any of `starts`, going on from none of `ends`."""
        hops = self.back if backwards else self.ahead
        walk = list(starts)
        seen = set(walk)
        while walk:
            for target in hops[walk.pop()]:
                if target not in seen:
                    seen.add(target)
                    if target not in ends:
                        walk.append(target)
        return seen

    def pieces(self) -> list[list[NodeId]]:
        """Return the nodes in pieces in which one gets from each to each, the largest first."""
        nodes = list(self.ahead)
        number = {node: index for index, node in enumerate(nodes)}
        graph = [[number[target] for target in self.ahead[node]] for node in nodes]
        found: dict[int, list[NodeId]] = {}
        for node, piece in zip(nodes, groups.pieces(graph), strict=True):
            found.setdefault(piece, []).append(node)
        return [found[piece] for piece in sorted(found)]

    def without(self, nodes: set[NodeId]) -> Ways:
        """Return the graph of the other nodes."""
        ahead, back = (
            {
                node: [target for target in targets if target not in nodes]
                for node, targets in hops.items()
                if node not in nodes
            }
            for hops in (self.ahead, self.back)
        )
        return Ways(ahead, back)


def ways_of(
    hospital: Hospital,
    *,
    lanes: Container[LaneId] | None = None,
    lifts: Container[LiftId] | None = None,
) -> Ways:
    """Return the graph of all or some lanes and lifts; lifts are entered and left one way."""
    ahead: dict[NodeId, list[NodeId]] = {node: [] for node in hospital.nodes}
    back: dict[NodeId, list[NodeId]] = {node: [] for node in hospital.nodes}

    def join(origin: NodeId, target: NodeId) -> None:
        ahead[origin].append(target)
        back[target].append(origin)

    for lane in hospital.lanes.values():
        if lanes is not None and lane.id not in lanes:
            continue
        join(lane.a, lane.b)
        if not lane.one_way:
            join(lane.b, lane.a)
    for lift in hospital.lifts.values():
        if lifts is not None and lift.id not in lifts:
            continue
        for stop in lift.stops:
            join(stop.wait, lift.car)
            join(lift.car, stop.exit)
    return Ways(ahead, back)
