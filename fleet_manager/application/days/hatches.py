"""Which hatch of a department serves whom.

Hatches of one department are stations with people at the counter, of one kind on one floor, that
send and take the same goods and lie in a row. Each other station has one of them to itself: the
department sorts by hatch, so that what goes to one place is fetched in one place.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import dist
from typing import Final

from fleet_manager.domain.dispatch.eta import STAFFED
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Hospital, Station

#: From one hatch of a row to the next, at most.
APART_METRES: Final = 20.0


class Hatches:
    """The rows of hatches of a hospital."""

    def __init__(self, hospital: Hospital) -> None:
        self._rows = {hatch.id: row for row in _rows(hospital) for hatch in row}
        self._among: dict[StationId, tuple[int, int]] = {}
        size = Counter(station.kind for station in hospital.stations.values())
        seen = Counter[str]()
        for station in hospital.stations.values():
            self._among[station.id] = seen[station.kind], size[station.kind]
            seen[station.kind] += 1

    def serving(self, hatch: Station, other: Station) -> Station:
        """Return the hatch of the same department that serves `other`; itself where it is alone.

        Stations of a kind are shared out in the order of the map: neighbours have the same hatch.
        """
        row = self._rows.get(hatch.id, [hatch])
        number, size = self._among[other.id]
        return row[number * len(row) // size]


def _rows(hospital: Hospital) -> list[list[Station]]:
    alike: dict[tuple[object, ...], list[Station]] = {}
    for station in hospital.stations.values():
        if station.kind in STAFFED and not station.hours:
            floor = hospital.nodes[station.node].floor
            key = floor, station.kind, frozenset(station.sends), frozenset(station.takes)
            alike.setdefault(key, []).append(station)

    def place(station: Station) -> tuple[float, float]:
        node = hospital.nodes[station.node]
        return node.x, node.y

    rows = []
    for stations in alike.values():
        stations.sort(key=place)
        rows.append(stations[:1])
        for before, then in pairwise(stations):
            if dist(place(before), place(then)) <= APART_METRES:
                rows[-1].append(then)
            else:
                rows.append([then])
    return rows
