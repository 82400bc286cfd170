"""Whether robots can work on a map: the rules the traffic planner's proofs rest on, and more.

A hospital that passes has a deadlock-free plan for its fleet at any time: at least as many bays as
robots, any two bays joined by a way through no third one, and no robot that rests in the way of
one that passes. `CHECKS` lists all rules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from fleet_manager.domain.maps.check import (
    bays,
    doors,
    graph,
    lifts,
    names,
    plausibility,
    shape,
    stations,
    zones,
)
from fleet_manager.domain.maps.check.survey import Report, Survey
from fleet_manager.domain.maps.check.table import CHECKS, Check
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.problems import Problem, Where, plain_place

__all__ = ['CHECKS', 'Check', 'check_hospital']

_RULES: Final[tuple[Callable[[Survey, Report], None], ...]] = (
    *plausibility.RULES,
    *shape.RULES,
    *graph.RULES,
    *doors.RULES,
    *lifts.RULES,
    *bays.RULES,
    *stations.RULES,
    *zones.RULES,
    *names.RULES,
)


def check_hospital(
    hospital: Hospital, robots: int, *, where: Where = plain_place
) -> list[Problem]:
    """Return all that is wrong with the map for `robots` robots, errors first.

    Of a map that is not in metres it says this only, because nothing else of it is true.
    """
    report = Report(where)
    # Some geometry of a floor drawn in one spot divides by zero, and comes out right all the same.
    with np.errstate(divide='ignore', invalid='ignore'):
        survey = Survey(hospital, robots)
        if plausibility.is_in_metres(survey, report):
            for rule in _RULES:
                rule(survey, report)
    return report.problems()
