"""Zones with a limit: no more robots in them than may be, planned and driven, and no deadlock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.domain.codec import encode
from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.ids import ResourceId, RobotId, capacity, zone_resource
from fleet_manager.domain.maps.change import changes
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.state import Claim
from fleet_manager.domain.traffic import claims
from fleet_manager.domain.traffic.claims import Queues
from fleet_manager.domain.traffic.retime import retime
from tests.domain.traffic.fleet import EXAMPLES, Fleet
from tests.domain.traffic.test_claims import hop
from tests.domain.traffic.zoned import ZONE, court, hall
from tests.hospitals import corridor

R1, R2, R3 = RobotId('r1'), RobotId('r2'), RobotId('r3')
TWO = zone_resource('z', 2)


def inside(fleet: Fleet, limit: int) -> list[RobotId]:
    """Return who holds the zone now."""
    return fleet.held().get(zone_resource(ZONE, limit), [])


def test_a_zone_is_claimed_by_the_hop_that_enters_it_and_freed_by_the_one_that_leaves_it() -> None:
    fleet = Fleet(hall(limit=2))
    leg = fleet.plan('r1', 'F1.b8')
    assert leg is not None
    zone = zone_resource(ZONE, 2)
    assert [h.target for h in leg.hops if zone in h.claims] == ['F1.w3']
    assert [h.target for h in leg.hops if zone in h.frees] == ['F1.w7']


def test_as_many_robots_as_may_be_in_a_zone_drive_through_it_at_once_and_no_more() -> None:
    for limit in (1, 2, 3):
        fleet = Fleet(hall(limit=limit, robots=4))
        for name, goal in (('r4', 'F1.b8'), ('r3', 'F1.b7'), ('r2', 'F1.east'), ('r1', 'F1.b4')):
            assert fleet.send(name, goal)
        most = 0
        while moves := fleet.moves():
            fleet.move(*min(moves, key=lambda move: fleet.robot(move[1]).done))
            fleet.check()
            most = max(most, len(inside(fleet, limit)))
        assert most == min(limit, 3)
        assert not fleet.drive_order()


def test_a_limit_of_one_is_a_resource_like_any_other() -> None:
    assert capacity(zone_resource('z', 1)) == capacity(ResourceId('node:a')) == 1
    fleet = Fleet(hall(limit=1))
    assert fleet.send('r4', 'F1.b8')
    assert fleet.send('r3', 'F1.b7')
    queue = fleet.state.queues[zone_resource(ZONE, 1)]
    times = retime(fleet.state, fleet.now)
    assert [c.robot for c in queue] == ['r4', 'r3']
    assert times.freed(queue[0]) <= times.taken(queue[1])


def test_a_robot_that_stays_in_a_zone_for_one_gets_out_of_it_again() -> None:
    fleet = Fleet(court(limit=1))
    assert fleet.send('r1', 'F1.b8')
    fleet.run_dry()
    assert len(inside(fleet, 1)) == 1
    assert fleet.plan('r2', 'F1.b7') is None
    assert fleet.send('r1', 'F1.b1')
    fleet.check()
    fleet.run_dry()
    assert not inside(fleet, 1)
    assert fleet.send('r2', 'F1.b7')


def test_without_limits_nothing_of_a_plan_changes() -> None:
    plain, zoned = Fleet(corridor(robots=4, length=8)), Fleet(hall(limit=9))
    for name, goal in (('r1', 'F1.b8'), ('r3', 'F1.west'), ('r4', 'F1.b6')):
        one, other = plain.plan(name, goal), zoned.plan(name, goal)
        assert one is not None
        assert other is not None
        assert [(h.target, h.start) for h in one.hops] == [(h.target, h.start) for h in other.hops]
        plain.apply(one)
        zoned.apply(other)


def test_a_robot_that_stays_in_a_zone_keeps_a_place_in_it() -> None:
    fleet = Fleet(court(limit=2))
    for name, goal in (('r1', 'F1.b8'), ('r4', 'F1.b6')):
        assert fleet.send(name, goal)
    fleet.run_dry()
    fleet.check()
    assert len(inside(fleet, 2)) == 2
    before = encode(fleet.state)
    assert fleet.plan('r2', 'F1.b7') is None
    assert fleet.plan('r2', 'F1.s7') is None
    assert encode(fleet.state) == before
    assert fleet.send('r1', 'F1.b7'), 'its own place moves with it'
    fleet.run_dry()
    assert fleet.send('r1', 'F1.b1')
    assert fleet.send('r2', 'F1.b7'), 'behind the one that leaves'
    fleet.run_dry()
    fleet.check()
    assert fleet.robot('r2').node == 'F1.b7'


def test_more_robots_than_may_be_are_not_placed_in_a_zone() -> None:
    queues: Queues = {}
    claims.place_body(queues, R1, TWO)
    claims.place_body(queues, R2, TWO)
    assert not claims.is_free(queues, TWO)
    with pytest.raises(InvariantBroken, match='r1 has'):
        claims.place_body(queues, R3, TWO)


def test_who_is_in_a_zone_leaves_it_in_any_order() -> None:
    queues: Queues = {}
    for robot in (R1, R2):
        claims.place_body(queues, robot, TWO)
    leaves = replace(hop(), claims=(), places=(), frees=(TWO,))
    claims.insert(queues, R2, [leaves])
    claims.free(queues, R2, done=leaves)
    assert [c.robot for c in queues[TWO]] == ['r1']
    with pytest.raises(InvariantBroken, match='does not hold'):
        claims.free(queues, R1, done=leaves)


def test_a_robot_waits_until_one_of_those_in_the_zone_has_left_it() -> None:
    queues: Queues = {}
    for robot in (R1, R2):
        claims.place_body(queues, robot, TWO)
    enters = replace(hop(), claims=(TWO,), places=(2,), frees=())
    claims.insert(queues, R3, [enters])
    assert claims.blocker(queues, R3, enters) == (R1, TWO)
    leaves = replace(hop(), claims=(), places=(), frees=(TWO,))
    claims.insert(queues, R2, [leaves])
    claims.free(queues, R2, done=leaves)
    assert claims.is_head(queues, R3, enters)


def test_waiting_for_a_zone_that_is_full_for_ever_is_a_bug() -> None:
    fleet = Fleet(court(limit=2))
    for name, goal in (('r1', 'F1.b8'), ('r4', 'F1.b6')):
        assert fleet.send(name, goal)
    fleet.run_dry()
    assert fleet.send('r2', 'F1.b4')
    last, zone = fleet.robot('r2').hops[-1], zone_resource(ZONE, 2)
    fleet.robot('r2').hops[-1] = replace(last, claims=(*last.claims, zone))
    fleet.state.queues[zone].append(Claim(R2, taken_by=last.sequence))
    with pytest.raises(InvariantBroken, match='waits for ever'):
        retime(fleet.state, fleet.now)


def test_places_in_a_zone_whose_limit_changes_are_cleared_before_the_map_is_changed() -> None:
    now, then = hall(limit=2), hall(limit=3)
    assert changes(now, now).places == frozenset()
    assert 'node:F1.w4' in changes(now, then).places
    assert 'node:F1.b1' not in changes(now, then).places
    assert 'lane:F1.w4-F1.w5' in changes(now, corridor(robots=4, length=8)).places


def test_a_lane_that_only_crosses_a_zone_counts_as_well() -> None:
    fleet = Fleet(hall(limit=2))
    lane = ResourceId('lane:F1.w2-F1.w3')
    assert fleet.graph.limits(lane) == (zone_resource(ZONE, 2),)
    assert fleet.graph.limits(ResourceId('node:F1.w2')) == ()


@pytest.mark.slow
@given(
    house=st.sampled_from([hall, court]),
    limit=st.integers(1, 3),
    robots=st.integers(2, 5),
    seed=st.integers(0, 10_000_000),
)
@settings(max_examples=EXAMPLES)
def test_limits_hold_and_nobody_locks_up_whoever_is_delayed(
    house: Callable[..., Hospital], limit: int, robots: int, seed: int
) -> None:
    fleet, rng = Fleet(house(limit=limit, robots=robots)), Random(seed)
    names = sorted(fleet.state.robots)
    for _ in range(40):
        if rng.random() < 0.3:
            before = encode(fleet.state)
            if not fleet.send(rng.choice(names), rng.choice(fleet.bays())):
                assert encode(fleet.state) == before
        elif moves := fleet.moves():
            fleet.move(*rng.choice(moves))
        fleet.check()
    fleet.run_dry(rng)
    assert not fleet.drive_order(), 'everybody comes to the end of its plan'
