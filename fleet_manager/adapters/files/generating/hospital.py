"""Generates a whole hospital: the same plan gives the same data, on every machine."""

from __future__ import annotations

import random
from typing import Any, Final

from fleet_manager.adapters.files.generating.base import BASE_CHARGERS
from fleet_manager.adapters.files.generating.core import lifts
from fleet_manager.adapters.files.generating.fleet import dirty_robots, fleet
from fleet_manager.adapters.files.generating.plan import PODIUM_FLOORS, Plan
from fleet_manager.adapters.files.generating.podium import draw_podium_floor
from fleet_manager.adapters.files.generating.sheet import named
from fleet_manager.adapters.files.generating.units import units
from fleet_manager.adapters.files.generating.wards import draw_ward_floor

_NAMES: Final = (
    '安和医院 Harmony General Hospital',
    '明湖医院 Bright Lake General Hospital',
    '青山医院 Green Hill General Hospital',
    '江滨医院 Riverside General Hospital',
    '云松医院 Cloud Pine General Hospital',
)


def generate(plan: Plan) -> dict[str, Any]:
    """Return a hospital after `plan` as raw data, to be written by `save_hospital`.

    Raises MapError where the plan asks for more robots than there are bays.
    """
    chance = random.Random(plan.seed)  # noqa: S311 - a drawing, not a secret
    words = chance.choice(_NAMES)
    found = units(plan, chance)
    bases = min(plan.towers, -(-(plan.robots - dirty_robots(plan)) // BASE_CHARGERS))
    sheets = [
        *(draw_podium_floor(storey, plan, bases) for storey in range(PODIUM_FLOORS + 1)),
        *(
            draw_ward_floor(number, [unit for unit in found if unit.floor == number], plan)
            for number in range(PODIUM_FLOORS + 1, plan.floors + 1)
        ),
    ]
    floors = [sheet.raw() for sheet in sheets]
    return {
        'format': 1,
        'id': 'general-hospital',
        'name': named(words),
        'dispatch_phone': '8000',
        'lifts': lifts(plan.towers, plan.lifts, [floor['id'] for floor in floors]),
        'floors': floors,
        'fleet': fleet(plan, floors),
    }
