"""How long robots drive from a place to stations, asked once while the ways stay as they are."""

from __future__ import annotations

from typing import cast

from fleet_manager.domain.dispatch.eta import way_ms
from fleet_manager.domain.ids import NodeId, StationId
from fleet_manager.domain.traffic.steps import StepGraph


class Reach(dict[StationId, int | None]):
    """The ms from one node to stations, waits for lifts included; None where no way leads."""

    def __init__(self, graph: StepGraph, node: NodeId) -> None:
        super().__init__()
        self.graph, self._node = graph, node

    def __missing__(self, station: StationId) -> int | None:
        graph, nodes = self.graph, self.graph.hospital.nodes
        goal = graph.hospital.stations[station].node
        way = graph.times_to(goal).get(self._node)
        if way is not None:
            way = way_ms(way, rides=nodes[self._node].floor != nodes[goal].floor)
        self[station] = way
        return way


def reach_from(graph: StepGraph, node: NodeId) -> Reach:
    """Return the times from a node for the robots of a graph (see `StepGraph.of_robot`)."""
    kept = cast(dict[NodeId, Reach], graph.kept.setdefault('reach', {}))
    found = kept.get(node)
    if found is None:
        found = kept[node] = Reach(graph, node)
    return found
