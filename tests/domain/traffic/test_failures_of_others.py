"""Situations in which other fleet managers lock up, as published in their issue lists."""

from __future__ import annotations

from random import Random

import pytest

from tests.domain.traffic.fleet import Fleet
from tests.hospitals import corridor, loop, two_floors


def settle(fleet: Fleet, wishes: dict[str, str], rng: Random, *, rounds: int = 50) -> None:
    """Plan each wish as soon as there is a way, while everybody drives."""
    for _ in range(rounds):
        for name, goal in wishes.items():
            if fleet.robot(name).goal != goal:
                fleet.send(name, goal)
        fleet.check()
        for _ in range(8):
            if moves := fleet.moves():
                fleet.move(*rng.choice(moves))
        if not fleet.moves() and all(fleet.robot(n).node == g for n, g in wishes.items()):
            return
    raise AssertionError({name: fleet.robot(name).node for name in wishes})


@pytest.mark.parametrize('seed', range(5))
def test_two_robots_swap_places_on_one_corridor_when_one_makes_room(seed: int) -> None:
    fleet = Fleet(corridor(robots=2))
    rng = Random(seed)
    settle(fleet, {'r1': 'F1.west', 'r2': 'F1.east'}, rng)
    assert fleet.plan('r1', 'F1.east') is None, 'the place is taken'
    settle(fleet, {'r1': 'F1.b3'}, rng)
    settle(fleet, {'r2': 'F1.west'}, rng)
    settle(fleet, {'r1': 'F1.east'}, rng)


@pytest.mark.parametrize('seed', range(5))
def test_five_robots_pass_each_other_on_one_two_way_corridor(seed: int) -> None:
    fleet = Fleet(corridor(robots=5, length=7))
    wishes = {'r1': 'F1.east', 'r2': 'F1.b7', 'r3': 'F1.b6', 'r4': 'F1.west', 'r5': 'F1.middle'}
    settle(fleet, wishes, Random(seed))


@pytest.mark.parametrize('seed', range(5))
def test_two_robots_at_a_crossing_do_not_wait_for_each_other(seed: int) -> None:
    fleet = Fleet(loop(robots=2, size=5))
    settle(fleet, {'r1': 'F1.s3', 'r2': 'F1.s1'}, Random(seed))


@pytest.mark.parametrize('seed', range(5))
def test_robots_going_up_and_down_share_one_lift_without_meeting_in_it(seed: int) -> None:
    fleet = Fleet(two_floors(robots=6, lifts=1))
    wishes = {'r1': 'F2.ward', 'r2': 'F2.lab', 'r5': 'F1.pharmacy', 'r6': 'F1.stores'}
    settle(fleet, wishes, Random(seed))


def test_when_one_lift_is_taken_for_long_the_other_one_is_planned() -> None:
    fleet = Fleet(two_floors(robots=6, lifts=2))
    for name, goal in (('r1', 'F2.ward'), ('r2', 'F2.lab'), ('r5', 'F1.pharmacy')):
        assert fleet.send(name, goal)
    lifts = {h.lift for r in fleet.state.robots.values() for h in r.hops if h.lift}
    assert lifts == {'A', 'B'}
