"""Known hard places, as data: each one is solved, or refused with the reason, and none hangs.

One file each in `conformance/`: the map as a sketch, the bays each robot is to visit in turn, and
what has to come of it. A plan is then driven with every delay there is.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fleet_manager.adapters.files.lines import read_yaml
from fleet_manager.domain.ids import NodeId, RobotId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.traffic.execution import execute, randomly_late, stopped_once, ways_of
from fleet_manager.domain.traffic.planner.model import Instance, Plan
from fleet_manager.domain.traffic.steps import StepGraph
from fleet_manager.domain.units import HOUR
from tests.domain.traffic.oracle import is_solvable
from tests.domain.traffic.planned import (
    assert_acyclic,
    assert_driven,
    assert_plan_is_valid,
    instance_of,
    planner_of,
)
from tests.domain.traffic.sketch import sketched

FOLDER = Path(__file__).parent / 'conformance'
CASES = sorted(file.stem for file in FOLDER.glob('*.yaml'))
FIELDS = {'about', 'floors', 'robots', 'expect', 'ratio', 'lifts'}
#: How often a plan is made better before it is driven.
STEPS = 50


@dataclass(frozen=True)
class Case:
    """A hospital, what is to be planned in it one after the other, and what has to come of it."""

    hospital: Hospital
    rounds: tuple[Instance, ...]
    expect: str
    ratio: float | None
    lifts: tuple[str, ...]


def load(name: str) -> Case:
    raw: Any = read_yaml((FOLDER / f'{name}.yaml').read_text(), lambda path, line: None)
    assert set(raw) <= FIELDS, f'{name}: {set(raw) - FIELDS}'
    visits = {robot: itertools.pairwise(bays) for robot, bays in raw['robots'].items()}
    rounds = tuple(
        instance_of(dict(zip(visits, ends, strict=True)))
        for ends in zip(*visits.values(), strict=True)
    )
    hospital = sketched(raw['floors'])
    for task in itertools.chain.from_iterable(one.tasks for one in rounds):
        assert hospital.is_bay(task.start), f'{name}: {task.start}'
        assert hospital.is_bay(task.goal), f'{name}: {task.goal}'
    return Case(hospital, rounds, raw['expect'], raw.get('ratio'), tuple(raw.get('lifts', ())))


def plans(case: Case) -> Iterator[tuple[Instance, Plan]]:
    for instance in case.rounds:
        planner = planner_of(case.hospital, instance)
        planner.first()
        yield instance, planner.improve(STEPS)


@pytest.mark.parametrize('name', CASES)
def test_every_hard_place_is_solved_or_the_reason_is_told(name: str) -> None:
    case = load(name)
    for instance, plan in plans(case):
        assert_plan_is_valid(case.hospital, instance, plan)
        assert (plan.unsolved == {}) == (case.expect == 'solved'), plan.unsolved
        assert plan.cost >= plan.bound
        if case.ratio is not None:
            assert plan.ratio <= case.ratio
        if case.lifts:
            used = {hop.lift for robot in plan.robots for hop in robot.hops if hop.lift}
            assert used == set(case.lifts)


@pytest.mark.parametrize('name', [name for name in CASES if load(name).expect == 'unsolvable'])
def test_what_is_refused_cannot_be_solved_by_anybody(name: str) -> None:
    case = load(name)
    for instance in case.rounds:
        wishes = {RobotId(t.robot): (NodeId(t.start), NodeId(t.goal)) for t in instance.tasks}
        assert is_solvable(StepGraph.of(case.hospital), wishes) is False


@pytest.mark.thorough
@pytest.mark.parametrize('name', CASES)
def test_nobody_meets_or_locks_up_there_whoever_is_late(name: str) -> None:
    case = load(name)
    for instance, plan in plans(case):
        ways = ways_of(plan, instance)
        assert_acyclic(ways)
        for seed in range(20):
            assert_driven(case.hospital, ways, execute(ways, randomly_late(seed)))
        for number, way in enumerate(ways.values()):
            for hop in range(len(way.hops)):
                late = stopped_once(number, hop, stop_ms=HOUR)
                assert_driven(case.hospital, ways, execute(ways, late))
