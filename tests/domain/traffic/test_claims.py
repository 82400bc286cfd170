"""Queues of resources: claim, grant at the head, release behind, nothing twice."""

from __future__ import annotations

import pytest

from fleet_manager.domain.codec import encode
from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.ids import NodeId, ResourceId, RobotId, node_resource
from fleet_manager.domain.messages import Hop, HopKind, HopsReleased, LegPlanned, NodeReached
from fleet_manager.domain.traffic import claims
from fleet_manager.domain.traffic.claims import Queues
from fleet_manager.domain.units import Instant
from tests.domain.traffic.fleet import Fleet
from tests.hospitals import corridor

R1, R2 = RobotId('r1'), RobotId('r2')
A, B, LANE = ResourceId('node:a'), ResourceId('node:b'), ResourceId('lane:ab')


def hop(sequence: int = 1, *, places: tuple[int, int] = (0, 0)) -> Hop:
    """A hop from a to b."""
    return Hop(
        sequence=sequence,
        kind=HopKind.DRIVE,
        origin=NodeId('a'),
        target=NodeId('b'),
        lane='ab',
        lift='',
        door='',
        claims=(LANE, B),
        places=places,
        frees=(LANE, A),
        start=Instant(0),
        end=Instant(1_000),
    )


def test_a_hop_claims_before_it_starts_and_frees_what_is_behind_when_it_is_done() -> None:
    queues: Queues = {}
    claims.place_body(queues, R1, A)
    claims.insert(queues, R1, [hop()])
    assert {r: [c.robot for c in q] for r, q in queues.items()} == {A: [R1], LANE: [R1], B: [R1]}
    assert claims.is_head(queues, R1, hop())
    claims.free(queues, R1, done=hop())
    assert list(queues) == [B]
    assert claims.holder(queues, A) is None
    assert claims.holder(queues, B) == R1


def test_a_lane_is_granted_to_one_robot_and_the_other_is_told_who_has_it() -> None:
    queues: Queues = {}
    claims.place_body(queues, R1, A)
    claims.place_body(queues, R2, B)
    claims.insert(queues, R1, [hop(places=(0, 1))])
    assert claims.blocker(queues, R1, hop()) == (R2, B)
    assert not claims.is_head(queues, R1, hop())


def test_two_robots_are_never_placed_on_one_node() -> None:
    queues: Queues = {}
    claims.place_body(queues, R1, A)
    with pytest.raises(InvariantBroken, match='r1 has'):
        claims.place_body(queues, R2, A)


def test_freeing_what_one_does_not_hold_is_a_bug() -> None:
    queues: Queues = {}
    claims.place_body(queues, R1, A)
    claims.insert(queues, R1, [hop()])
    with pytest.raises(InvariantBroken, match='does not hold'):
        claims.free(queues, R2, done=hop())
    with pytest.raises(InvariantBroken, match='does not hold'):
        claims.free(queues, R1, done=hop(2))


def test_a_place_beyond_the_end_of_the_queue_is_a_bug() -> None:
    queues: Queues = {}
    claims.place_body(queues, R1, A)
    with pytest.raises(InvariantBroken, match='place 1'):
        claims.insert(queues, R1, [hop(places=(1, 0))])


def test_leaving_what_was_never_claimed_is_a_bug() -> None:
    with pytest.raises(InvariantBroken, match='never claims'):
        claims.insert({}, R1, [hop()])


def test_taking_back_a_plan_keeps_the_place_one_stands_on() -> None:
    queues: Queues = {}
    claims.place_body(queues, R1, A)
    claims.insert(queues, R1, [hop()])
    claims.remove_after(queues, R1, frozen=0)
    assert [(c.robot, c.freed_by) for c in queues[A]] == [(R1, 0)]
    assert list(queues) == [A]


# --- the fold  ---


def sent() -> tuple[Fleet, LegPlanned]:
    fleet = Fleet(corridor(robots=2))
    leg = fleet.plan('r1', 'F1.b3')
    assert leg is not None
    fleet.apply(leg)
    return fleet, leg


def test_a_release_out_of_turn_is_a_bug() -> None:
    fleet, leg = sent()
    second = leg.hops[1]
    with pytest.raises(InvariantBroken, match='out of turn'):
        fleet.apply(HopsReleased(R1, second.sequence, 2, second.claims))
    with pytest.raises(InvariantBroken, match='out of turn'):
        fleet.apply(HopsReleased(R2, 1, 2, ()))


def test_a_node_that_was_not_released_is_not_reached() -> None:
    fleet, leg = sent()
    first = leg.hops[0]
    with pytest.raises(InvariantBroken, match='out of turn'):
        fleet.apply(NodeReached(R1, first.sequence, first.target, first.frees))


def test_a_new_leg_never_takes_back_what_was_released() -> None:
    fleet, leg = sent()
    fleet.release('r1')
    with pytest.raises(InvariantBroken, match='takes back'):
        fleet.apply(leg)


def test_planning_changes_nothing_whether_it_finds_a_way_or_not() -> None:
    fleet, _ = sent()
    before = encode(fleet.state)
    assert fleet.plan('r2', 'F1.b4') is not None
    assert fleet.plan('r2', 'F1.b3') is None, 'r1 keeps it for ever'
    assert encode(fleet.state) == before


def test_staying_where_one_is_is_a_plan_without_steps() -> None:
    fleet, _ = sent()
    leg = fleet.plan('r2', 'F1.b2')
    assert leg is not None
    assert leg.hops == ()
    fleet.apply(leg)
    assert fleet.state.queues[node_resource(NodeId('F1.b2'))][0].robot == 'r2'


def test_where_another_one_comes_to_stay_nobody_stays() -> None:
    fleet, _ = sent()
    fleet.send('r2', 'F1.b4')
    fleet.send('r1', 'F1.b2')
    assert fleet.plan('r2', 'F1.b2') is None
    fleet.run_dry()
    assert fleet.robot('r1').node == 'F1.b2'
