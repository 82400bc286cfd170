"""Parcels into the runs of robots: a pure optimiser, which knows no fleet, only its figures.

`solve(Problem(...), rounds=…)` gives each parcel a robot, a compartment and its places among the
stops; `reasons` says why one was left. Keep a `Travel` for as long as its times hold.
"""

from fleet_manager.domain.dispatch.solver.compiling import compiled, is_compiled
from fleet_manager.domain.dispatch.solver.model import (
    MOST_STOPS,
    Box,
    Offer,
    Parcel,
    Parts,
    Placed,
    Problem,
    Rates,
    Route,
    Solution,
    Vehicle,
    Visit,
)
from fleet_manager.domain.dispatch.solver.solve import reasons, solve
from fleet_manager.domain.dispatch.solver.travel import Travel

__all__ = [
    'MOST_STOPS',
    'Box',
    'Offer',
    'Parcel',
    'Parts',
    'Placed',
    'Problem',
    'Rates',
    'Route',
    'Solution',
    'Travel',
    'Vehicle',
    'Visit',
    'compiled',
    'is_compiled',
    'reasons',
    'solve',
]
