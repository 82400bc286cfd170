"""Plans keep every rule, get no worse, and are the same for the same seed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.domain.ids import NodeId
from fleet_manager.domain.traffic.planner import (
    Instance,
    Network,
    Plan,
    Planner,
    Task,
    lower_bound,
    problems_of,
)
from tests.domain.traffic.planner.drawn import DRAWN, network, wishes
from tests.domain.traffic.zoned import hall

NAMES = st.sampled_from(sorted(DRAWN))
SEEDS = st.integers(0, 10_000_000)


@pytest.mark.thorough
@given(name=NAMES, robots=st.integers(1, 6), seed=SEEDS)
@settings(max_examples=150)
def test_a_plan_keeps_every_rule_and_costs_never_more_after_an_improvement(
    name: str, robots: int, seed: int
) -> None:
    on = network(name)
    instance = wishes(on.hospital, robots, seed)
    planner = Planner(on, instance, seed=seed)
    plan = planner.first()
    if any('start some elsewhere' in reason for reason in plan.unsolved.values()):
        return
    assert problems_of(on, plan, instance) == []
    assert {own.robot for own in plan.robots} | set(plan.unsolved) == {
        task.robot for task in instance.tasks
    }
    for _ in range(3):
        better = planner.improve(5)
        assert better.cost <= plan.cost
        assert problems_of(on, better, instance) == []
        plan = better


@pytest.mark.thorough
@given(name=NAMES, robots=st.integers(2, 6), seed=SEEDS)
@settings(max_examples=40)
def test_the_same_seed_makes_the_same_plan_however_the_iterations_are_cut(
    name: str, robots: int, seed: int
) -> None:
    on = network(name)
    instance = wishes(on.hospital, robots, seed)
    one, other = (Planner(on, instance, seed=seed) for _ in range(2))
    assert one.first() == other.first()
    one.improve(7)
    assert one.improve(13) == other.improve(20)


def test_more_urgent_robots_lose_nothing_to_a_better_sum() -> None:
    on = network('lobby')
    for seed in range(40):
        instance = wishes(on.hospital, 6, seed)
        urgent = {task.robot for task in instance.tasks if task.urgency == 'stat'}
        planner = Planner(on, instance, seed=seed)
        before, after = planner.first(), planner.improve(50)
        assert total(after, urgent) <= total(before, urgent)


def total(plan: Plan, robots: set[str]) -> int:
    return sum(own.arrival for own in plan.robots if own.robot in robots)


def two_in(limit: int) -> tuple[Network, Instance]:
    hospital = hall(limit=limit)
    on = Network.of(hospital)
    ways = (('F1.b1', 'F1.b7'), ('F1.b2', 'F1.b8'))
    tasks = (Task(f'q{n}', NodeId(a), NodeId(b)) for n, (a, b) in enumerate(ways))
    return on, Instance(tuple(tasks))


def test_no_more_robots_are_in_a_zone_than_its_limit() -> None:
    (narrow, instance), (wide, _) = two_in(1), two_in(2)
    first, second = Planner(narrow, instance).first(), Planner(wide, instance).first()
    assert problems_of(narrow, first, instance) == problems_of(wide, second, instance) == []
    assert first.cost > second.cost


def test_robots_that_start_where_too_many_are_stay_and_are_told_why() -> None:
    on = network('court for two')
    bays = [NodeId(f'F1.b{n}') for n in (6, 7, 8, 1, 2, 3)]
    tasks = tuple(Task(f'q{n}', bays[n], bays[n + 3]) for n in range(3))
    plan = Planner(on, Instance(tasks)).first()
    assert set(plan.unsolved) == {'q0', 'q1', 'q2'}
    assert all('F1.quiet with 2 others' in reason for reason in plan.unsolved.values())


def plan_of_lobby() -> tuple[Network, Instance, Plan]:
    on = network('lobby')
    instance = Instance(
        (
            Task('q0', NodeId('F1.p0'), NodeId('F2.p3')),
            Task('q1', NodeId('F1.p2'), NodeId('F2.p1')),
        )
    )
    return on, instance, Planner(on, instance).first()


def spoilt(plan: Plan, number: int, **changes: object) -> Plan:
    own = plan.robots[0]
    hops = list(own.hops)
    hops[number] = replace(hops[number], **changes)  # type: ignore[arg-type]
    return replace(plan, robots=(replace(own, hops=tuple(hops)), *plan.robots[1:]))


def test_spoilt_plans_are_found_out() -> None:
    on, instance, plan = plan_of_lobby()
    hops = plan.robots[0].hops
    ride = next(number for number, hop in enumerate(hops) if hop.lift)
    assert problems_of(on, plan, instance) == []
    short = replace(plan.robots[0], hops=hops[:-1])
    for bad in (
        spoilt(plan, 0, end=hops[0].end - 1),
        spoilt(plan, 1, start=hops[0].end - 1),
        spoilt(plan, 1, origin=NodeId('F2.w0')),
        spoilt(plan, 1, target=NodeId('F2.w0')),
        spoilt(plan, 1, claims=()),
        spoilt(plan, 1, frees=()),
        spoilt(plan, ride, start=hops[ride].start + 1),
        replace(plan, robots=(short, *plan.robots[1:])),
        replace(plan, robots=(plan.robots[0], replace(plan.robots[0], robot='q1'))),
        replace(plan, cost=plan.cost - 1),
        replace(plan, bound=plan.cost + 1),
    ):
        assert problems_of(on, bad, instance)


def test_a_car_that_could_not_come_in_time_is_found_out() -> None:
    on, _, plan = plan_of_lobby()
    early = tuple(
        replace(own, hops=tuple(replace(h, start=h.start % 7, end=h.end % 7) for h in own.hops))
        for own in plan.robots
    )
    assert any('cannot bring' in one for one in problems_of(on, replace(plan, robots=early)))


@given(name=NAMES, robots=st.integers(1, 4), seed=SEEDS)
@settings(max_examples=40)
def test_no_plan_costs_less_than_the_bound(name: str, robots: int, seed: int) -> None:
    on = network(name)
    instance = wishes(on.hospital, robots, seed)
    planner = Planner(on, instance, seed=seed)
    planner.first()
    plan = planner.improve(30)
    if not plan.unsolved:
        assert lower_bound(on, instance) <= plan.cost


def test_a_robot_alone_costs_its_bound() -> None:
    on = network('corridor')
    instance = wishes(on.hospital, 1, 3)
    plan = Planner(on, instance).first()
    assert plan.cost == plan.bound


@pytest.mark.parametrize(
    ('task', 'said'),
    [
        (Task('q', NodeId('F9.b1'), NodeId('F1.b2')), 'not on the map'),
        (Task('q', NodeId('F1.w1'), NodeId('F1.b2')), 'name a bay'),
        (Task('q', NodeId('F1.b1'), NodeId('F1.w2')), 'name a bay'),
        (Task('q', NodeId('F1.b1'), NodeId('F1.b2'), 'soon'), 'choose one of stat'),
        (Task('q', NodeId('F1.b1'), NodeId('F1.b2'), robot_type='tank'), 'choose one of'),
        (Task('q', NodeId('F1.b1'), NodeId('F1.b2'), start_at=-1), 'choose 0 or later'),
    ],
)
def test_a_task_that_cannot_be_planned_says_why_and_holds_its_place(task: Task, said: str) -> None:
    on = network('corridor')
    instance = Instance((task,))
    plan = Planner(on, instance).first()
    assert plan.robots == ()
    assert said in plan.unsolved['q']
    assert problems_of(on, plan, instance) == []


def test_two_robots_cannot_have_one_bay() -> None:
    on = network('corridor')
    b1, b2, b3 = (NodeId(f'F1.b{n}') for n in (1, 2, 3))
    starts = Planner(on, Instance((Task('q', b1, b2), Task('p', b1, b3)))).first()
    goals = Planner(on, Instance((Task('q', b1, b3), Task('p', b2, b3)))).first()
    twice = Planner(on, Instance((Task('q', b1, b3), Task('q', b2, b1)))).first()
    assert set(starts.unsolved) == set(goals.unsolved) == {'p', 'q'}
    assert set(twice.unsolved) == {'q'}


def test_a_robot_whose_goal_is_kept_by_one_that_stays_stays_too() -> None:
    on = network('corridor')
    b1, b2 = NodeId('F1.b1'), NodeId('F1.b2')
    instance = Instance((Task('q', b1, b2), Task('p', b2, NodeId('nowhere'))))
    plan = Planner(on, instance).first()
    assert set(plan.unsolved) == {'p', 'q'}


def test_robots_that_swap_bays_do() -> None:
    on = network('loop')
    b1, b2 = NodeId('F1.b1'), NodeId('F1.b2')
    instance = Instance((Task('q', b1, b2), Task('p', b2, b1)))
    plan = Planner(on, instance).first()
    assert plan.unsolved == {}
    assert problems_of(on, plan, instance) == []


def test_instant_hand_over_is_never_dearer_for_a_robot_behind_another() -> None:
    on = network('corridor')
    instance = wishes(on.hospital, 3, 5)
    strict = Planner(on, instance).first()
    instant = Planner(on, instance, instant_hand_over=True).first()
    assert instant.cost <= strict.cost


def test_robots_of_a_type_use_the_lanes_of_that_type_only() -> None:
    on = network('one way')
    bays = [n for n in on.nodes if on.hospital.is_bay(n) and n != 'F1.mouse']
    small = Task('q', bays[0], NodeId('F1.mouse'), robot_type='small')
    large = replace(small, robot_type='large')
    assert Planner(on, Instance((small,))).first().unsolved == {}
    assert 'no way' in Planner(on, Instance((large,))).first().unsolved['q']


def test_one_robot_is_replanned_among_the_others() -> None:
    on = network('lobby')
    instance = wishes(on.hospital, 4, 2)
    planner = Planner(on, instance)
    before = planner.first()
    for number in range(4):
        planner.replan(number)
    assert planner.plan.cost <= before.cost
    assert problems_of(on, planner.plan, instance) == []
