"""Mends what another program's map allows and ours cannot: the order of the repairs.

Open-RMF and openTCS let robots stop anywhere and sort out conflicts as they come; here a map must
have bays, lobbies and meeting points, so that robots cannot lock each other up. What cannot be
mended stays as it is: `check_hospital` will name it.
"""

from __future__ import annotations

from typing import Final

from fleet_manager.adapters.files.importing.bays import place_bays, use_dead_ends
from fleet_manager.adapters.files.importing.doorways import clear_doors
from fleet_manager.adapters.files.importing.draft import Building, Storey
from fleet_manager.adapters.files.importing.homes import house_robots
from fleet_manager.adapters.files.importing.lobbies import add_lobbies
from fleet_manager.adapters.files.importing.report import Notebook
from fleet_manager.adapters.files.importing.space import Margins, Space
from fleet_manager.adapters.files.importing.tidy import divide_long, join_crossings, merge_close
from fleet_manager.domain.maps.model import STANDARD_TYPE, Point

STANDARD_RADIUS: Final = STANDARD_TYPE.turning_radius
STANDARD_WIDTH: Final = STANDARD_TYPE.width


def repair(building: Building, notes: Notebook, *, robots: int | None) -> None:
    """Mend a building in place; `robots` is how many there are to be, None for those it has."""
    margins = Margins(
        radius=max((make.turning_radius for make in building.makes), default=STANDARD_RADIUS),
        width=max((make.width for make in building.makes), default=STANDARD_WIDTH),
    )
    spaces = {
        storey.id: Space(storey, _cars(building, storey), margins) for storey in building.storeys
    }
    for storey in building.storeys:
        space = spaces[storey.id]
        cabs = [stop.cab for shaft in building.shafts for stop in shaft.stops]
        merge_close(storey, space, notes, cabs=cabs)
        join_crossings(storey, space, notes)
        merge_close(storey, space, notes, cabs=cabs)
    add_lobbies(building, spaces, notes)
    for storey in building.storeys:
        space = spaces[storey.id]
        clear_doors(storey, space, notes)
        divide_long(storey, space, notes)
        place_bays(storey, space, notes)
        use_dead_ends(storey, notes)
    house_robots(building, spaces, notes, robots=robots)


def _cars(building: Building, storey: Storey) -> list[Point]:
    """Return the middles of the cars that pass or stop at a floor."""
    found = []
    for shaft in building.shafts:
        heights = [stop.storey.elevation for stop in shaft.stops]
        if heights and min(heights) <= storey.elevation <= max(heights):
            found.append(shaft.at)
    return found
