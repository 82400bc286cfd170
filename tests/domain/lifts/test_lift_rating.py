"""Clean and dirty keep to their own lifts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleet_manager.domain.ids import LiftId, NodeId, RobotId
from fleet_manager.domain.lifts.rating import may_ride
from fleet_manager.domain.maps.model import Hospital, Name, RobotType
from fleet_manager.domain.traffic.steps import StepGraph
from tests.hospitals import two_floors


@pytest.mark.parametrize(
    ('rating', 'clean', 'dirty'),
    [('any', True, True), ('clean', True, False), ('dirty', False, True)],
)
def test_a_rated_lift_takes_its_own_and_one_for_any_takes_all(
    rating: str, clean: bool, dirty: bool
) -> None:
    lift = replace(two_floors().lifts[LiftId('A')], rating=rating)
    assert (may_ride(lift, dirty=False), may_ride(lift, dirty=True)) == (clean, dirty)


def rated() -> Hospital:
    """Lift A for dirty goods, lift B for clean ones; r1 is a standard robot, r2 for waste."""
    hospital = two_floors(robots=2, lifts=2)
    waste = RobotType('waste', Name('污物型', 'Waste'), 0.6, 0.5, 0.4, rating='dirty')
    lifts = {
        name: replace(lift, rating={'A': 'dirty', 'B': 'clean'}[name])
        for name, lift in hospital.lifts.items()
    }
    robots = {
        name: replace(spec, type='waste') if name == 'r2' else spec
        for name, spec in hospital.robots.items()
    }
    types = {**hospital.types, 'waste': waste}
    return replace(hospital, lifts=lifts, robots=robots, types=types)


def test_a_robot_is_planned_through_the_lifts_for_its_goods_only() -> None:
    graph = StepGraph.of(rated())
    rides = {
        robot: {
            step.lift
            for steps in graph.of_robot(RobotId(robot)).steps.values()
            for step in steps
            if step.lift
        }
        for robot in ('r1', 'r2')
    }
    assert rides == {'r1': {'B'}, 'r2': {'A'}}


def test_where_no_lift_is_rated_for_it_a_robot_stays_on_its_floor() -> None:
    hospital = rated()
    lifts = {name: replace(lift, rating='dirty') for name, lift in hospital.lifts.items()}
    graph = StepGraph.of(replace(hospital, lifts=lifts))
    goal = NodeId('F2.ward')
    assert hospital.robots[RobotId('r1')].home not in graph.of_robot(RobotId('r1')).times_to(goal)
    assert hospital.robots[RobotId('r2')].home in graph.of_robot(RobotId('r2')).times_to(goal)
