"""The check that believes no planner: each rule, broken once."""

from __future__ import annotations

import pytest

from fleet_manager.domain.traffic.grids.check import cost, faults
from fleet_manager.domain.traffic.grids.formats import Place
from tests.domain.traffic.grids.drawn import drawn

GRID, TASKS = drawn(('...', '.#.'), (0, 0, 2, 0), (2, 1, 0, 1))


def paths(*ways: str) -> list[list[Place]]:
    """Return paths written as digits: x and y of each step."""
    return [[Place(int(s[0]), int(s[1])) for s in way.split()] for way in ways]


def test_a_solution_has_no_faults_and_costs_the_steps_until_all_stay() -> None:
    assert faults(GRID, TASKS, paths('00 10 20')) == ['1 paths for 2 agents']
    grid, tasks = drawn(('....',), (0, 0, 1, 0), (2, 0, 3, 0))
    fine = paths('00 10 10', '20 30')
    assert faults(grid, tasks, fine) == []
    assert cost(fine) == 2


@pytest.mark.parametrize(
    ('ways', 'fault'),
    [
        (('00 10', '21 20 10 00 01'), 'agent 0 does not go from its start to its goal'),
        (('', '21 20 10 00 01'), 'agent 0 does not go from its start to its goal'),
        (('00 20', '21 20 10 00 01'), 'agent 0 jumps at step 1'),
        (('00 10 20', '21 11 01'), 'agent 1 is in a wall at step 1'),
        (('00 10 10 20', '21 20 20 10 00 01'), 'agents 0 and 1 change places at step 3'),
        (('00 10 20', '21 20 20 10 00 01'), 'agents 0 and 1 are both at 2, 0 at step 2'),
        (('00 10 20', '21 21 21 20 10 00 01'), 'agents 0 and 1 are both at 2, 0 at step 3'),
    ],
)
def test_a_broken_rule_is_found(ways: tuple[str, ...], fault: str) -> None:
    assert fault in faults(GRID, TASKS, paths(*ways))
