"""The proofs of the design as properties: random fleets, random goals, any delay."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.domain.codec import encode
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.traffic.hindrances import Hindrances
from tests.domain.traffic.fleet import EXAMPLES, Fleet
from tests.hospitals import corridor, loop, two_floors

BUILDINGS = {
    'loop': lambda robots: loop(robots=robots, size=8),
    'corridor': lambda robots: corridor(robots=min(robots, 4), length=6),
    'two floors': lambda robots: two_floors(robots=robots, lifts=1),
    'two lifts': lambda robots: two_floors(robots=robots, lifts=2),
}


def building(name: str, robots: int) -> Hospital:
    return BUILDINGS[name](robots)


@pytest.mark.slow
@given(
    name=st.sampled_from(sorted(BUILDINGS)),
    robots=st.integers(2, 6),
    seed=st.integers(0, 10_000_000),
)
@settings(max_examples=200)
def test_plans_never_overlap_never_lock_up_and_end_in_bays_whoever_is_delayed(
    name: str, robots: int, seed: int
) -> None:
    fleet, rng = Fleet(building(name, robots)), Random(seed)
    names = sorted(fleet.state.robots)
    for _ in range(60):
        if rng.random() < 0.25:
            robot = rng.choice(names)
            before = encode(fleet.state)
            if not fleet.send(robot, rng.choice(fleet.bays())):
                assert encode(fleet.state) == before, 'I5: a rejected plan changed something'
        elif moves := fleet.moves():
            fleet.move(*rng.choice(moves))
        fleet.check()
    fleet.run_dry(rng)
    fleet.check()
    assert not fleet.drive_order(), 'everybody comes to the end of its plan'


@pytest.mark.thorough
@given(seed=st.integers(0, 10_000_000))
@settings(max_examples=40)
def test_one_robot_may_be_delayed_for_as_long_as_anybody_else_has_something_to_do(
    seed: int,
) -> None:
    fleet, rng = Fleet(two_floors(robots=6, lifts=1)), Random(seed)
    for robot in sorted(fleet.state.robots):
        fleet.send(robot, rng.choice(fleet.bays()))
    slow = rng.choice(sorted(fleet.state.robots))
    while moves := fleet.moves():
        others = [move for move in moves if move[1] != slow]
        fleet.move(*rng.choice(others or moves))
        fleet.check()
    assert not fleet.drive_order()


@pytest.mark.slow
@given(
    name=st.sampled_from(sorted(BUILDINGS)),
    robots=st.integers(2, 6),
    seed=st.integers(0, 10_000_000),
)
@settings(max_examples=60)
def test_plans_around_what_stands_still_hold_whether_it_moves_again_or_not(
    name: str, robots: int, seed: int
) -> None:
    fleet, rng = Fleet(building(name, robots)), Random(seed)
    names = sorted(fleet.state.robots)
    dead = set(rng.sample(names, k=rng.randint(1, len(names) - 1)))
    hindered = Hindrances(frozenset(dead), frozenset(sorted(fleet.hospital.lifts)[:1]))
    for _ in range(60):
        known = hindered if rng.random() < 0.7 else Hindrances()
        if rng.random() < 0.3:
            fleet.send(rng.choice(names), rng.choice(fleet.bays()), hindered=known)
        elif moves := [move for move in fleet.moves() if move[1] not in dead]:
            fleet.move(*rng.choice(moves))
        fleet.check()
    fleet.run_dry(rng)
    fleet.check()
    assert not fleet.drive_order(), 'when all move again, all come to the end of their plans'


@pytest.mark.slow
@given(
    name=st.sampled_from(sorted(BUILDINGS)),
    robots=st.integers(2, 6),
    seed=st.integers(0, 1_000_000_000),
)
@settings(max_examples=max(1_000, EXAMPLES))
def test_plans_hold_in_a_thousand_other_buildings_and_orders(
    name: str, robots: int, seed: int
) -> None:
    test_plans_never_overlap_never_lock_up_and_end_in_bays_whoever_is_delayed.hypothesis.inner_test(
        name, robots, seed
    )
