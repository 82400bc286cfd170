"""Plans for many robots at once: fast, then better for as long as one likes.

`Planner(Network.of(hospital), instance, seed=…)` makes a plan with `first()` and betters it with
`improve(iterations)`; `problems_of` checks any plan, `lower_bound` says how good one can be.
"""

from fleet_manager.domain.traffic.planner.bound import lower_bound
from fleet_manager.domain.traffic.planner.check import problems_of
from fleet_manager.domain.traffic.planner.model import (
    Instance,
    Plan,
    PlannedHop,
    RobotPlan,
    Task,
)
from fleet_manager.domain.traffic.planner.network import Network
from fleet_manager.domain.traffic.planner.planner import Planner

__all__ = [
    'Instance',
    'Network',
    'Plan',
    'PlannedHop',
    'Planner',
    'RobotPlan',
    'Task',
    'lower_bound',
    'problems_of',
]
