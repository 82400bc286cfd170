"""What a node is called by people: its station, the lift it is in front of, or its room."""

from __future__ import annotations

from fleet_manager.adapters.files.day_report.parts import Pair, names
from fleet_manager.adapters.files.day_report.words import said
from fleet_manager.domain.ids import FloorId, NodeId, StationId
from fleet_manager.domain.maps.model import Hospital, Node, Point


class Places:
    """Names of the places of one hospital. What is not on its map is called by its id."""

    def __init__(self, hospital: Hospital) -> None:
        self._hospital = hospital
        self._stations = {one.node: one.id for one in hospital.stations.values()}
        self._lifts = {
            node: lift.id
            for lift in hospital.lifts.values()
            for stop in lift.stops
            for node in (stop.wait, stop.exit)
        }

    def station(self, station: str) -> Pair:
        """Return the name of a station."""
        found = self._hospital.stations.get(StationId(station))
        return names(found.name) if found is not None else (station, station)

    def floor(self, floor: str) -> Pair:
        """Return the name of a floor."""
        found = self._hospital.floors.get(FloorId(floor))
        return names(found.name) if found is not None else (floor, floor)

    def node(self, node: str) -> Pair:
        """Return where a node is, in words."""
        found = self._hospital.nodes.get(NodeId(node))
        if found is None or not found.floor:
            return node, node
        if found.id in self._stations:
            return self.station(self._stations[found.id])
        floor = self.floor(found.floor)
        if found.id in self._lifts:
            lift = self._lifts[found.id]
            return _filled('at_lift', (lift, lift), floor, 'lift')
        room = self._room(found)
        return _filled('on_floor', room or (node, node), floor, 'room')

    def _room(self, node: Node) -> Pair | None:
        rooms = self._hospital.floors[node.floor].rooms
        inside = [room for room in rooms if _is_inside(node, room.polygon)]
        smallest = min(inside, key=lambda room: abs(_area(room.polygon)), default=None)
        return names(smallest.name) if smallest is not None else None


def _filled(key: str, what: Pair, floor: Pair, field: str) -> Pair:
    english = said(key, **{field: what[0]}, floor=floor[0])[0]
    return english, said(key, **{field: what[1]}, floor=floor[1])[1]


def _is_inside(node: Node, polygon: tuple[Point, ...]) -> bool:
    """Whether a point is in a polygon, by the number of its sides to the right (even-odd)."""
    inside = False
    for a, b in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        crosses = (a.y > node.y) != (b.y > node.y)
        if crosses and node.x < (b.x - a.x) * (node.y - a.y) / (b.y - a.y) + a.x:
            inside = not inside
    return inside


def _area(polygon: tuple[Point, ...]) -> float:
    sides = zip(polygon, (*polygon[1:], polygon[0]), strict=True)
    return sum(a.x * b.y - b.x * a.y for a, b in sides) / 2
