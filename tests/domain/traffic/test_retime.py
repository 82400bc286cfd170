"""Expected times: plans moved along by who is late, and by what stands still."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.ids import LiftId, NodeId, RobotId, node_resource
from fleet_manager.domain.messages import HopKind
from fleet_manager.domain.traffic.hindrances import LATE_MS, Hindrances
from fleet_manager.domain.traffic.plan import is_hopeless
from fleet_manager.domain.traffic.retime import ALMOST_THERE_MS, OVERDUE_SHARE, retime
from fleet_manager.domain.units import FOREVER, Instant
from tests.domain.traffic.fleet import Fleet
from tests.hospitals import corridor, loop, two_floors

R1, R2 = RobotId('r1'), RobotId('r2')


def test_an_undisturbed_plan_keeps_its_times() -> None:
    fleet = Fleet(loop(robots=2))
    leg = fleet.plan('r1', 'F1.b4')
    assert leg is not None
    fleet.apply(leg)
    times = retime(fleet.state, fleet.now)
    assert [times.end[R1, hop.sequence] for hop in leg.hops] == [hop.end for hop in leg.hops]


def test_who_is_late_pushes_those_behind() -> None:
    fleet = Fleet(corridor(robots=2, length=6))
    fleet.send('r2', 'F1.east')
    fleet.send('r1', 'F1.b5')
    fleet.release('r2')
    behind = R1, fleet.robot('r1').hops[-1].sequence
    early = retime(fleet.state, fleet.now).end[behind]
    later = Instant(fleet.now + 60_000)
    assert retime(fleet.state, later).end[behind] > early
    first = fleet.robot('r2').hops[0]
    for now in (first.end, Instant(first.end + 2_000)):
        assert retime(fleet.state, now).end[R2, first.sequence] == now + ALMOST_THERE_MS
    overdue = (later - first.end) // OVERDUE_SHARE
    assert retime(fleet.state, later).end[R2, first.sequence] == later + overdue


def test_who_stands_still_is_expected_much_later_with_all_behind() -> None:
    fleet = Fleet(corridor(robots=2, length=6))
    fleet.send('r2', 'F1.east')
    fleet.send('r1', 'F1.b5')
    hindered = Hindrances(frozenset({R2}))
    times = retime(fleet.state, fleet.now, hindered)
    for robot in (R1, R2):
        last = fleet.state.robots[robot].hops[-1].sequence
        assert is_hopeless(times.end[robot, last], now=fleet.now)
    assert times.end[R2, fleet.robot('r2').hops[-1].sequence] < fleet.now + 2 * LATE_MS


def test_a_lift_out_of_service_makes_only_its_riders_late() -> None:
    fleet = Fleet(two_floors(robots=2))
    fleet.send('r1', 'F2.c1')
    fleet.send('r2', 'F1.p4')
    times = retime(fleet.state, fleet.now, Hindrances(lifts=frozenset({LiftId('A')})))
    rider, driver = fleet.robot('r1'), fleet.robot('r2')
    assert is_hopeless(times.end[R1, rider.hops[-1].sequence], now=fleet.now)
    assert not is_hopeless(times.end[R2, driver.hops[-1].sequence], now=fleet.now)


def test_a_claim_without_end_is_kept_for_ever() -> None:
    fleet = Fleet(corridor(robots=2))
    times = retime(fleet.state, fleet.now)
    (claim,) = fleet.state.queues[node_resource(NodeId('F1.b1'))]
    assert (times.taken(claim), times.freed(claim)) == (fleet.now, FOREVER)


def test_waiting_for_somebody_who_stays_for_ever_is_a_bug() -> None:
    fleet = Fleet(corridor(robots=2))
    fleet.send('r1', 'F1.b4')
    goal = node_resource(NodeId('F1.b4'))
    fleet.state.queues[goal].insert(0, fleet.state.queues[node_resource(NodeId('F1.b2'))][0])
    with pytest.raises(InvariantBroken, match='waits for ever'):
        retime(fleet.state, fleet.now)


def test_two_that_wait_for_each_other_are_a_bug() -> None:
    fleet = Fleet(corridor(robots=2))
    fleet.send('r2', 'F1.east')
    fleet.send('r1', 'F1.b4')
    shared = [
        queue
        for queue in fleet.state.queues.values()
        if [c.robot for c in queue] == ['r2', 'r1'] and all(c.freed_by for c in queue)
    ]
    assert len(shared) >= 2
    shared[0].reverse()
    with pytest.raises(InvariantBroken, match='cycle'):
        retime(fleet.state, fleet.now)


def test_a_hop_without_its_claim_is_a_bug() -> None:
    fleet = Fleet(corridor(robots=1))
    fleet.send('r1', 'F1.b4')
    robot = fleet.robot('r1')
    robot.hops[1] = replace(robot.hops[1], claims=(node_resource(NodeId('F1.b1')),))
    with pytest.raises(InvariantBroken, match='no claim'):
        retime(fleet.state, fleet.now)


def test_a_ride_is_boarding_and_leaving_with_the_car_held_between() -> None:
    fleet = Fleet(two_floors(robots=1))
    leg = fleet.plan('r1', 'F2.c1')
    assert leg is not None
    board, leave = (hop for hop in leg.hops if hop.lift)
    assert (board.kind, leave.kind) == (HopKind.BOARD, HopKind.ALIGHT)
    assert board.claims == ('car:A', 'node:F2.A-exit')
    assert board.frees == ('node:F1.A-wait',)
    assert leave.claims == ()
    assert leave.frees == ('car:A',)
