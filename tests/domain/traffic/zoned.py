"""Small hospitals with an area that only so many robots may be in at once."""

from __future__ import annotations

from dataclasses import replace

from fleet_manager.domain.ids import FloorId
from fleet_manager.domain.maps.model import Hospital, Name, Point, Zone
from fleet_manager.domain.maps.serialise import with_version
from tests.hospitals import corridor, loop

#: The name of the area in both.
ZONE = 'F1.quiet'


def with_zone(
    hospital: Hospital, box: tuple[float, float, float, float], *, robots: int, name: str = ZONE
) -> Hospital:
    """Add a zone with a limit to the first floor of a hospital."""
    x1, y1, x2, y2 = box
    corners = (Point(x1, y1), Point(x2, y1), Point(x2, y2), Point(x1, y2))
    zone = Zone(name, Name('静区', 'Quiet area'), 'quiet', corners, robots=robots)
    floor = hospital.floors[FloorId('F1')]
    floors = {**hospital.floors, floor.id: replace(floor, zones=(*floor.zones, zone))}
    return with_version(replace(hospital, floors=floors))


def hall(*, limit: int, robots: int = 4) -> Hospital:
    """A corridor w1 .. w8 with a bay on each; at most `limit` robots are on w3 .. w6.

    The bays b3 .. b6 and the station in the middle are beside the zone, not in it.
    """
    return with_zone(corridor(robots=robots, length=8), (7, -0.5, 21, 0.5), robots=limit)


def court(*, limit: int, robots: int = 4) -> Hospital:
    """A ring of 8 junctions; at most `limit` robots are at w6, w7 and w8, their bays included."""
    return with_zone(loop(robots=robots), (10, 10, 30, 19), robots=limit)
