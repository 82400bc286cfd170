"""The proofs of the design on thousands of small hospitals, against plans found the slow way.

`FLEET_EXAMPLES=100000` tries that many of each kind instead of the usual thousand.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.domain.ids import LaneId, NodeId, RobotId
from fleet_manager.domain.maps.compile import compile_hospital
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.traffic.execution import (
    Driven,
    Ways,
    execute,
    randomly_late,
    stopped_once,
    ways_of,
    worst_stops,
)
from fleet_manager.domain.traffic.planner.model import Instance, Plan
from fleet_manager.domain.traffic.steps import StepGraph
from fleet_manager.domain.units import HOUR
from tests.domain.traffic.oracle import Wishes, cost, is_solvable, optimum, orders, prioritised
from tests.domain.traffic.planned import (
    EXAMPLES,
    assert_acyclic,
    assert_any_order_works,
    assert_driven,
    assert_plan_is_valid,
    instance_of,
    planner_of,
)
from tests.domain.traffic.sketch import sketched
from tests.domain.traffic.tight import crossing, hairpin, lobby, one_way_ring, twin

SEED = st.integers(0, 1 << 40)
ROBOTS = st.integers(1, 4)
#: Places that are for one robot at a time without being joined, one-way lanes, lanes for a type.
TIGHT = {
    'twin': twin,
    'hairpin': lambda robots: hairpin(robots=robots),
    'crossing': crossing,
    'lobby': lobby,
    'one way': one_way_ring,
}


def floor_of(rng: Random, *, ways: int, bays: int, lift: bool, one_way: bool) -> str:
    """Sketch a floor: ways grown at random on a grid, with bays and cells hung on them."""
    grid = {(0, 0)}
    while len(grid) < ways:
        grid.add(rng.choice(sorted(set().union(*map(beside, grid)) - grid)))
    signs = dict.fromkeys(grid, '.')
    near = {spot: beside(spot) & grid for way in grid for spot in beside(way) - grid}
    leaves = [spot for spot, joined in sorted(near.items()) if len(joined) == 1]
    rng.shuffle(leaves)
    signs |= dict(zip(leaves, ('WX' if lift else '') + 'abcdefgh'[:bays], strict=False))
    if one_way:
        for x, y in sorted(grid):
            sides = {(x - 1, y), (x + 1, y)}
            if beside((x, y)) & signs.keys() == sides <= grid:
                signs[x, y] = rng.choice('<>')
                break
    columns, rows = ({spot[axis] for spot in signs} for axis in (0, 1))
    across = range(min(columns), max(columns) + 1)
    down = range(min(rows), max(rows) + 1)
    return '\n'.join(''.join(signs.get((x, y), ' ') for x in across) for y in down)


def beside(spot: tuple[int, int]) -> set[tuple[int, int]]:
    x, y = spot
    return {(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)}


def small_hospital(rng: Random, *, floors: int, one_way: bool = False) -> Hospital:
    """Return a hospital of up to 12 ways, with a lift where it has two floors."""
    texts = {}
    for number in range(floors):
        texts[f'F{number + 1}'] = floor_of(
            rng,
            ways=rng.randint(3, 6 if floors > 1 else 10),
            bays=rng.randint(2, 5),
            lift=floors > 1,
            one_way=one_way,
        )
    return sketched(texts)


def any_hospital(rng: Random, robots: int) -> Hospital:
    """Return a small hospital of some kind: flat, with a lift, with a one-way lane, or tight."""
    kind = rng.randrange(4)
    if kind == 3:
        return TIGHT[rng.choice(sorted(TIGHT))](robots=robots)
    return small_hospital(rng, floors=1 + (kind == 1), one_way=kind == 2)


def wishes_in(rng: Random, hospital: Hospital, robots: int) -> dict[str, tuple[str, str]]:
    bays = [node for node in hospital.nodes if hospital.is_bay(node)]
    count = min(robots, len(bays))
    starts, goals = rng.sample(bays, count), rng.sample(bays, count)
    names = [f'r{number + 1}' for number in range(count)]
    return dict(zip(names, zip(starts, goals, strict=True), strict=True))


def by_robot(wishes: Mapping[str, tuple[str, str]]) -> Wishes:
    return {RobotId(robot): (NodeId(a), NodeId(b)) for robot, (a, b) in wishes.items()}


def planned(rng: Random, robots: int) -> tuple[Hospital, Instance, Plan, Ways]:
    hospital = any_hospital(rng, robots)
    instance = instance_of(wishes_in(rng, hospital, robots))
    planner = planner_of(hospital, instance, seed=rng.randrange(1_000))
    plan = planner.first()
    if rng.random() < 0.5:
        plan = planner.improve(5)
    return hospital, instance, plan, ways_of(plan, instance)


@pytest.mark.slow
@given(robots=ROBOTS, seed=SEED)
@settings(max_examples=EXAMPLES)
def test_a_plan_never_has_two_robots_on_one_place_ends_in_bays_and_never_locks_up(
    robots: int, seed: int
) -> None:
    hospital, instance, plan, ways = planned(Random(seed), robots)
    assert_plan_is_valid(hospital, instance, plan)
    assert plan.cost >= plan.bound
    assert_acyclic(ways)
    drive = execute(ways, lambda robot, hop, planned: 0)
    assert_driven(hospital, ways, drive)
    assert drive.cost <= plan.cost, 'on time, everybody is there when planned or earlier'
    assert_any_order_works(ways, Random(seed))


@pytest.mark.slow
@given(robots=ROBOTS, seed=SEED, late=st.lists(st.integers(0, 1_000_000), max_size=30))
@settings(max_examples=EXAMPLES)
def test_whoever_is_late_for_however_long_nobody_meets_and_all_arrive(
    robots: int, seed: int, late: list[int]
) -> None:
    hospital, _, _, ways = planned(Random(seed), robots)
    delays = [*late, *[0] * 400]
    spread = execute(ways, lambda robot, hop, planned: delays[7 * robot + 13 * hop])
    assert_driven(hospital, ways, spread)
    drive = execute(ways, randomly_late(seed))
    assert_driven(hospital, ways, drive)
    assert_no_two_pass_in_a_lane_group(hospital, ways, drive.driven)
    for robot, hop in worst_stops(ways)[:2]:
        assert_driven(hospital, ways, execute(ways, stopped_once(robot, hop, stop_ms=HOUR)))


# --- against the slow way  ---


@pytest.mark.slow
@given(robots=ROBOTS, seed=SEED)
@settings(max_examples=EXAMPLES)
def test_where_any_order_of_robots_has_a_plan_the_planner_has_one_and_none_beats_the_bound(
    robots: int, seed: int
) -> None:
    rng = Random(seed)
    hospital = any_hospital(rng, robots)
    wishes = wishes_in(rng, hospital, robots)
    graph = StepGraph.of(hospital)
    found = [
        cost(plan)
        for order in orders(list(by_robot(wishes)))
        if (plan := prioritised(graph, by_robot(wishes), order)) is not None
    ]
    planner = planner_of(hospital, instance_of(wishes))
    plan = planner.first()
    if found:
        assert plan.unsolved == {}, f'an order of robots has a plan: {wishes}'
        assert plan.bound <= min(found)
    elif plan.unsolved == {}:
        assert is_solvable(graph, by_robot(wishes)) is not False


@pytest.mark.slow
@given(robots=ROBOTS, seed=SEED)
@settings(max_examples=EXAMPLES)
def test_no_plan_is_better_than_the_best_there_is(robots: int, seed: int) -> None:
    rng = Random(seed)
    hospital = small_hospital(rng, floors=1)
    wishes = wishes_in(rng, hospital, robots)
    best = optimum(StepGraph.of(hospital), by_robot(wishes))
    planner = planner_of(hospital, instance_of(wishes))
    planner.first()
    plan = planner.improve(20)
    if plan.unsolved:
        return
    if best is not None:
        assert plan.bound <= best <= plan.cost
        if robots == 1:
            assert plan.cost == best


@pytest.mark.slow
@given(robots=st.integers(2, 4), seed=SEED)
@settings(max_examples=EXAMPLES)
def test_a_plan_that_is_improved_never_gets_worse_and_the_same_seed_gives_the_same(
    robots: int, seed: int
) -> None:
    rng = Random(seed)
    hospital = any_hospital(rng, robots)
    instance = instance_of(wishes_in(rng, hospital, robots))
    one, other = (planner_of(hospital, instance, seed=seed % 1_000) for _ in range(2))
    plans = [one.first(), *(one.improve(3) for _ in range(3))]
    for worse, better in itertools.pairwise(plans):
        assert better.cost <= worse.cost, 'I7'
        assert better.unsolved == worse.unsolved
    other.first()
    assert repr(other.improve(9)) == repr(plans[-1]), 'I12, however the steps are cut'


# --- lane groups  ---


def assert_no_two_pass_in_a_lane_group(
    hospital: Hospital, ways: Ways, driven: Sequence[Driven]
) -> None:
    """Assert I10, as it is true: a group is a chain of lanes without a place to pass.

    Of two robots that drive all through one group, each leaving it where the other comes in, one
    has left it before the other enters. A robot may go in a little way and come out again while
    another one is in it; lane by lane they are never closer than the rule of a hop.
    """
    compiled = compile_hospital(hospital)
    groups = dict(zip(compiled.lane_ids, compiled.lane_group.tolist(), strict=True))
    passages: dict[int, list[tuple[RobotId, tuple[str, ...], int, int]]] = {}
    for robot in ways:
        mine = [one for one in driven if one.robot == robot]
        for group, hops in itertools.groupby(mine, key=lambda one: groups.get(one.hop.lane)):
            those = list(hops)
            if group is not None:
                lanes = tuple(one.hop.lane for one in those)
                passage = (robot, lanes, those[0].start, those[-1].end)
                passages.setdefault(group, []).append(passage)
    for group, all_of_it in passages.items():
        size = list(groups.values()).count(group)
        for one, other in itertools.combinations(all_of_it, 2):
            through = len(one[1]) == len(set(one[1])) == size and has_two_ends(hospital, one[1])
            if one[0] != other[0] and through and one[1] == other[1][::-1]:
                assert one[3] <= other[2] or other[3] <= one[2], f'{one} {other}'


def has_two_ends(hospital: Hospital, lanes: tuple[str, ...]) -> bool:
    """Whether a chain of lanes ends elsewhere than it begins."""
    both = [(lane.a, lane.b) for lane in (hospital.lanes[LaneId(name)] for name in lanes)]
    nodes = [node for pair in both for node in pair]
    return sum(nodes.count(node) == 1 for node in set(nodes)) == 2
