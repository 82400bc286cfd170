"""Places too close for two robots: held together, one robot at a time, and never a lock-up."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.domain.codec import decode_event, encode, encode_event
from fleet_manager.domain.evolve import apply
from fleet_manager.domain.ids import (
    LaneId,
    NodeId,
    ResourceId,
    RobotId,
    lane_resource,
    node_resource,
)
from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.model import Hospital, Point
from fleet_manager.domain.messages import LegPlanned, Purpose, RobotPlaced
from fleet_manager.domain.state import FleetState
from fleet_manager.domain.traffic.hindrances import Hindrances
from fleet_manager.domain.traffic.plan import plan_leg
from fleet_manager.domain.traffic.steps import StepGraph
from fleet_manager.domain.units import Instant
from tests.domain.traffic.fleet import Fleet
from tests.domain.traffic.tight import TOUCH, crossing, hairpin, lobby, one_way_ring, twin
from tests.hospitals import loop, two_floors

HOUSES = {
    'twin': twin,
    'hairpin': lambda robots: hairpin(robots=min(robots, 4)),
    'crossing': lambda robots: crossing(robots=min(robots, 4)),
    'lobby': lobby,
    'one way': one_way_ring,
}
HOUSE = st.sampled_from(sorted(HOUSES))
SEED = st.integers(0, 10_000_000)


def shape(hospital: Hospital, place: ResourceId) -> list[Point]:
    """Return the line of a node or lane, drawn from the map alone."""
    kind, _, name = place.partition(':')
    if kind == 'node':
        node = hospital.nodes[NodeId(name)]
        return [Point(node.x, node.y)] * 2
    lane = hospital.lanes[LaneId(name)]
    ends = [Point(hospital.nodes[n].x, hospital.nodes[n].y) for n in (lane.a, lane.b)]
    return [ends[0], *lane.via, ends[1]]


def bodies(fleet: Fleet) -> Iterator[tuple[RobotId, ResourceId]]:
    """Return where each robot may be just now: on its node, or all along the hops it may drive."""
    for robot in fleet.state.robots.values():
        if fleet.hospital.nodes[robot.node].floor:
            yield robot.id, node_resource(robot.node)
        for hop in robot.hops:
            if hop.sequence <= robot.released:
                if hop.lane:
                    yield robot.id, lane_resource(LaneId(hop.lane))
                if fleet.hospital.nodes[hop.target].floor:
                    yield robot.id, node_resource(hop.target)


def assert_nobody_touches(fleet: Fleet) -> None:
    """Assert on the drawing itself that no two robots are where they would touch."""
    hospital = fleet.hospital
    floors = {node_resource(n.id): n.floor for n in hospital.nodes.values()}
    floors |= {lane_resource(lane.id): lane.floor for lane in hospital.lanes.values()}
    for (one, here), (other, there) in itertools.combinations(bodies(fleet), 2):
        if one != other and floors[here] == floors[there]:
            apart = geometry.line_to_line(shape(hospital, here), shape(hospital, there))
            assert apart >= TOUCH, f'{one} on {here} and {other} on {there}: {apart:.2f} m'


@pytest.mark.slow
@given(name=HOUSE, robots=st.integers(2, 5), seed=SEED)
@settings(max_examples=150)
def test_close_places_are_never_shared_and_nobody_locks_up_whoever_is_delayed(
    name: str, robots: int, seed: int
) -> None:
    fleet, rng = Fleet(HOUSES[name](robots=robots)), Random(seed)
    names = sorted(fleet.state.robots)
    for _ in range(60):
        if rng.random() < 0.3:
            robot, before = rng.choice(names), encode(fleet.state)
            if not fleet.send(robot, rng.choice(fleet.bays())):
                assert encode(fleet.state) == before, 'I5: a rejected plan changed something'
        elif moves := fleet.moves():
            fleet.move(*rng.choice(moves))
        fleet.check()
        assert_nobody_touches(fleet)
    fleet.run_dry(rng)
    fleet.check()
    assert not fleet.drive_order(), 'everybody comes to the end of its plan'


@pytest.mark.slow
@given(name=HOUSE, robots=st.integers(2, 5), seed=SEED)
@settings(max_examples=60)
def test_plans_around_what_stands_still_hold_in_tight_places(
    name: str, robots: int, seed: int
) -> None:
    fleet, rng = Fleet(HOUSES[name](robots=robots)), Random(seed)
    names = sorted(fleet.state.robots)
    dead = set(rng.sample(names, k=rng.randint(1, len(names) - 1)))
    hindered = Hindrances(frozenset(dead), frozenset(sorted(fleet.hospital.lifts)[:1]))
    for _ in range(50):
        known = hindered if rng.random() < 0.7 else Hindrances()
        if rng.random() < 0.3:
            fleet.send(rng.choice(names), rng.choice(fleet.bays()), hindered=known)
        elif moves := [move for move in fleet.moves() if move[1] not in dead]:
            fleet.move(*rng.choice(moves))
        fleet.check()
        assert_nobody_touches(fleet)
    fleet.run_dry(rng)
    assert not fleet.drive_order(), 'when all move again, all come to the end of their plans'


# --- what a hop takes and gives back  ---


def pairs(resources: tuple[ResourceId, ...]) -> set[ResourceId]:
    return {one for one in resources if one.startswith('x:')}


@given(name=HOUSE, seed=SEED)
@settings(max_examples=40)
def test_a_hop_claims_all_of_its_lane_and_target_and_frees_all_of_its_lane_and_origin(
    name: str, seed: int
) -> None:
    fleet, rng = Fleet(HOUSES[name](robots=2)), Random(seed)
    leg = fleet.plan('r1', rng.choice(fleet.bays()))
    for hop in leg.hops if leg is not None else ():
        parts = {p: fleet.graph.resources(p) for p in (*hop.claims, *hop.frees) if p[:2] != 'x:'}
        assert set(hop.claims) == {r for p in hop.claims if p[:2] != 'x:' for r in parts[p]}
        assert set(hop.frees) == {r for p in hop.frees if p[:2] != 'x:' for r in parts[p]}
        for one, other in itertools.combinations(parts, 2):
            assert not pairs(parts[one]) & pairs(parts[other]), 'a hop never meets itself'


def test_a_route_beside_itself_takes_the_same_pair_twice_one_after_the_other() -> None:
    fleet = Fleet(hairpin(robots=1))
    leg = fleet.plan('r1', 'F1.p5')
    assert leg is not None
    taken = [pair for hop in leg.hops for pair in pairs(hop.claims)]
    assert len(taken) > len(set(taken))
    fleet.apply(leg)
    while moves := fleet.moves():
        fleet.move(*moves[0])
        fleet.check()
    assert fleet.robot('r1').node == 'F1.p5'
    assert list(fleet.state.queues) == [node_resource(NodeId('F1.p5'))]


def test_who_stands_in_the_exit_cell_keeps_the_corridor_beside_it_free() -> None:
    fleet = Fleet(lobby(robots=4))
    assert fleet.send('r1', 'F2.p1')
    board = next(hop for hop in fleet.robot('r1').hops if hop.lift)
    beside = {r for r in board.claims if 'lane:F2.w2-F2.w3' in r or 'lane:F2.w1-F2.w2' in r}
    assert beside, 'the corridor upstairs is claimed with the exit cell, before boarding'
    assert board.frees[0] == node_resource(NodeId('F1.wait'))
    assert pairs(board.frees), 'and the one beside the waiting cell is free again'


def test_a_robot_that_died_beside_a_corridor_closes_it() -> None:
    graph = StepGraph.of(lobby())
    wait, east = node_resource(NodeId('F1.wait')), NodeId('F1.p3')
    held = frozenset(graph.resources(wait))
    assert NodeId('F1.p0') in graph.leading_to(east, blocked=frozenset({wait}), closed=())
    assert NodeId('F1.p0') not in graph.leading_to(east, blocked=held, closed=())


# --- journals of before  ---


def test_a_robot_placed_before_its_bay_shared_anything_drives_on() -> None:
    hospital = twin(robots=2)
    graph, state, now = StepGraph.of(hospital), FleetState(), Instant(1_000)
    home = hospital.robots[RobotId('r1')].home
    old = RobotPlaced(RobotId('r1'), node=home, claims=(node_resource(home),))
    apply(state, decode_event(*encode_event(old)), now)
    leg = plan_leg(
        state,
        graph,
        state.robots[RobotId('r1')],
        goal=NodeId('F1.q3'),
        purpose=Purpose.PARK,
        now=now,
    )
    assert isinstance(leg, LegPlanned)
    apply(state, leg, now)
    assert leg.hops[0].frees[-1] == node_resource(home)


def test_a_map_with_nothing_too_close_has_nothing_to_share() -> None:
    for hospital in (two_floors(lifts=2, door=True), loop()):
        assert not StepGraph.of(hospital).shared


# --- one-way lanes and lanes for some types only  ---


@given(seed=SEED)
@settings(max_examples=40)
def test_nobody_drives_against_a_one_way_lane_or_over_one_that_is_not_for_its_type(
    seed: int,
) -> None:
    fleet, rng = Fleet(one_way_ring(robots=4)), Random(seed)
    for _ in range(12):
        fleet.send(rng.choice(sorted(fleet.state.robots)), rng.choice(fleet.bays()))
        for _ in range(rng.randint(0, 6)):
            if moves := fleet.moves():
                fleet.move(*rng.choice(moves))
        for robot in fleet.state.robots.values():
            kind = fleet.hospital.robots[robot.id].type
            for hop in robot.hops:
                lane = fleet.hospital.lanes[LaneId(hop.lane)]
                assert not lane.one_way or (hop.origin, hop.target) == (lane.a, lane.b)
                assert not lane.robots or kind in lane.robots


def test_the_way_back_on_a_ring_driven_one_way_is_all_the_way_round() -> None:
    fleet = Fleet(one_way_ring(robots=2))
    fleet.send('r1', 'F1.mouse')
    back = fleet.plan('r2', 'F1.p0')
    assert back is not None
    assert [hop.target for hop in back.hops] == [
        'F1.w1', 'F1.w2', 'F1.w3', 'F1.w4', 'F1.w5', 'F1.w0', 'F1.p0',
    ]  # fmt: skip


def test_a_short_cut_is_taken_by_the_type_it_is_for_and_its_bay_is_nobody_elses() -> None:
    fleet = Fleet(one_way_ring(robots=2))
    small, large = fleet.plan('r1', 'F1.p3'), fleet.plan('r2', 'F1.p3')
    assert small is not None
    assert large is not None
    assert 'F1.hub' in {hop.target for hop in small.hops}
    assert 'F1.hub' not in {hop.target for hop in large.hops}
    assert fleet.plan('r1', 'F1.mouse') is not None
    assert fleet.plan('r2', 'F1.mouse') is None
    goal = NodeId('F1.mouse')
    assert NodeId('F1.p1') in fleet.graph.of_robot(RobotId('r1')).times_to(goal)
    assert NodeId('F1.p1') not in fleet.graph.of_robot(RobotId('r2')).times_to(goal)
    assert fleet.graph.of_robot(RobotId('nobody')) is fleet.graph
