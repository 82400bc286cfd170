"""The robots: where each lives, and which carry waste."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fleet_manager.adapters.files.generating.base import YARD_BAY
from fleet_manager.adapters.files.generating.plan import Plan
from fleet_manager.adapters.files.generating.sheet import named
from fleet_manager.domain.errors import MapError

#: One robot in ten carries waste and soiled linen, and two at least where there are as many.
_ONE_IN: Final = 10
_TYPES: Final = {
    'standard': ('标准型 Standard', 0.6, 0.5, 0.4, 'clean'),
    'waste': ('污物型 Waste', 0.6, 0.5, 0.4, 'dirty'),
}
#: By type `(kind, litres)` of each compartment. A parcel has one to itself; specimens and blood go
#: in none but theirs.
_COMPARTMENTS: Final = {
    'standard': (*[('standard', 40)] * 4, ('insulated', 30), *[('specimen', 10)] * 3),
    'waste': [('standard', 40)] * 6,
}


def dirty_robots(plan: Plan) -> int:
    """Return how many of the robots carry waste."""
    return min(plan.robots - 1, max(2, plan.robots // _ONE_IN))


def fleet(plan: Plan, floors: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the robots, each with a home of its own: chargers first, then parking bays.

    Raises MapError where there are fewer of these than robots.
    """
    chargers, parking = (_bays(floors, kind) for kind in ('charger', 'parking'))
    dirty = sorted((bay for bay in chargers if YARD_BAY in bay), key=lambda bay: bay[-1])
    waste = [*dirty, *reversed(parking)][: dirty_robots(plan)]
    clean = [bay for bay in (*chargers, *parking) if bay not in dirty and bay not in waste]
    most = len(clean) + len(waste)
    if plan.robots > most:
        problem = f'{plan.robots} have {most} chargers and parking bays'
        mend = f'ask for at most {most} robots, or for more floors or towers'
        raise MapError('robots', f'{problem}; {mend}')
    robots = {}
    for number in range(1, plan.robots + 1):
        # Spread among the others, so that the first few robots have them too.
        so_far = number * len(waste) // plan.robots
        is_waste = so_far > (number - 1) * len(waste) // plan.robots
        robots[f'r{number}'] = {
            'name': f'R{number}',
            'home': waste[so_far - 1] if is_waste else clean[number - 1 - so_far],
            'type': 'waste' if is_waste else 'standard',
        }
    types = {
        build: {
            'name': named(words),
            'length': length,
            'width': width,
            'turning_radius': radius,
            'rating': rating,
            'compartments': {
                f'c{number}': {'kind': kind, 'litres': litres}
                for number, (kind, litres) in enumerate(_COMPARTMENTS[build], start=1)
            },
        }
        for build, (words, length, width, radius, rating) in _TYPES.items()
    }
    return {'types': types, 'robots': robots}


def _bays(floors: Sequence[dict[str, Any]], kind: str) -> list[str]:
    return [
        f'{floor["id"]}.{node}'
        for floor in floors
        for node, fields in floor['nodes'].items()
        if fields['kind'] == kind
    ]
