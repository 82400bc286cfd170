"""Where everything stands: the measures that all floors share, in metres.

Towers are slabs along x, one north of the other; `south` gives the y of a tower's south front.
A tower has two corridors with a core between them, in the middle of which are the lifts:

    7.2  rooms
    2.4  south corridor (3.0 in the podium)
    8.4  core
    2.4  north corridor
    7.2  rooms

In the podium the corridors go on between the towers as a grid of streets.
"""

from __future__ import annotations

from typing import Final

from fleet_manager.adapters.files.generating.sheet import Box

LENGTH: Final = 88.2
DEPTH: Final = 27.6
PITCH: Final = 60.0
CORE: Final = (9.6, 18.0)
WARD_CORRIDOR: Final = 2.4
STREET: Final = 3.0

#: The middle part of a tower, with the lifts, between the inner links.
CENTRE: Final = (33.6, 54.6)

#: Rooms south and north of the podium's streets, as y from the south front of their tower.
SOUTH_BAR: Final = (-6.0, 6.6)
NORTH_BAR: Final = (21.0, 33.6)
LINK_BAR: Final = (36.6, 51.0)
#: The streets between two towers.
LOWER, UPPER = 35.1, 52.5

#: The bridge between two towers: its west and east side.
BRIDGE: Final = (50.4, 54.6)
BRIDGE_LANES: Final = (51.6, 53.4)

LETTERS: Final = 'abcd'
BASEMENT: Final = 'B1'


def south(tower: int) -> float:
    """Return the y of the south front of a tower."""
    return tower * PITCH


def raised(box: Box, by: float) -> Box:
    """Return a box moved north."""
    x1, y1, x2, y2 = box
    return (x1, y1 + by, x2, y2 + by)
