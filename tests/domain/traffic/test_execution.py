"""Driving a plan with delays: who is too close, who locks up, and what it is compared with."""

from __future__ import annotations

import statistics
from dataclasses import replace

import pytest

from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.ids import FloorId, NodeId, RobotId
from fleet_manager.domain.maps.model import Hospital, Name, Point, Zone
from fleet_manager.domain.maps.serialise import with_version
from fleet_manager.domain.traffic.execution import (
    Driven,
    Way,
    Ways,
    execute,
    on_time,
    overlaps,
    queues_of,
    randomly_late,
    stopped_once,
    ways_of,
    worst_stops,
)
from fleet_manager.domain.traffic.planner.model import Instance, Plan
from fleet_manager.domain.units import MINUTE
from tests.domain.traffic.planned import assert_driven, instance_of, planner_of
from tests.domain.traffic.sketch import sketched
from tests.domain.traffic.tight import twin

LANE = 'a       c\n.........\nb       d'
R1, R2 = RobotId('r1'), RobotId('r2')


def first_plan(hospital: Hospital, wishes: dict[str, tuple[str, str]]) -> tuple[Plan, Ways]:
    instance = instance_of(wishes)
    plan = planner_of(hospital, instance).first()
    assert plan.unsolved == {}
    return plan, ways_of(plan, instance)


def apart(hospital: Hospital, wishes: dict[str, tuple[str, str]]) -> tuple[Ways, list[Driven]]:
    """Drive each robot as if nobody else was there."""
    ways: dict[RobotId, Way] = {}
    driven: list[Driven] = []
    for robot, ends in wishes.items():
        _, mine = first_plan(hospital, {robot: ends})
        ways |= mine
        driven += execute(mine, on_time).driven
    return ways, driven


# --- the plan, driven  ---


def test_on_time_everybody_arrives_as_planned() -> None:
    hospital = sketched({'F1': LANE})
    plan, ways = first_plan(hospital, {'r1': ('F1.a', 'F1.c'), 'r2': ('F1.d', 'F1.b')})
    drive = execute(ways, on_time)
    assert_driven(hospital, ways, drive)
    assert drive.arrived == {robot.robot: robot.arrival for robot in plan.robots}
    assert drive.cost == drive.planned == drive.delay_only == drive.own_delay == plan.cost


def test_a_robot_that_stops_holds_up_who_comes_after_it_and_nobody_else() -> None:
    hospital = sketched({'F1': LANE, 'F2': LANE})
    wishes = {'r1': ('F1.a', 'F1.c'), 'r2': ('F1.d', 'F1.b'), 'r3': ('F2.a', 'F2.c')}
    plan, ways = first_plan(hospital, wishes)
    first = min((robot for robot in plan.robots[:2]), key=lambda robot: robot.arrival)
    number = ['r1', 'r2', 'r3'].index(first.robot)
    drive = execute(ways, stopped_once(number, 0, stop_ms=10 * MINUTE))
    assert_driven(hospital, ways, drive)
    late = {one.robot: drive.arrived[RobotId(one.robot)] - one.arrival for one in plan.robots}
    assert late == {'r1': 10 * MINUTE, 'r2': 10 * MINUTE, 'r3': 0}


def test_a_robot_does_not_set_off_before_its_time() -> None:
    hospital = sketched({'F1': LANE})
    one, other = instance_of({'r1': ('F1.a', 'F1.c'), 'r2': ('F1.b', 'F1.d')}).tasks
    instance = Instance((one, replace(other, start_at=200_000)))
    plan = planner_of(hospital, instance).first()
    drive = execute(ways_of(plan, instance), on_time)
    assert min(one.start for one in drive.driven if one.robot == 'r2') == 200_000
    assert drive.cost == plan.cost


def test_who_has_no_way_stays_and_the_others_drive() -> None:
    hospital = sketched({'F1': 'a..b  c..d'})
    instance = instance_of({'r1': ('F1.a', 'F1.c'), 'r2': ('F1.d', 'F1.d')})
    plan = planner_of(hospital, instance).first()
    assert set(plan.unsolved) == {'r1'}
    ways = ways_of(plan, instance)
    assert ways[R1].hops == ()
    assert_driven(hospital, ways, execute(ways, on_time))


def test_delay_alone_is_the_plan_made_longer_as_its_robots_are() -> None:
    hospital = sketched({'F1': LANE})
    plan, ways = first_plan(hospital, {'r1': ('F1.a', 'F1.c'), 'r2': ('F1.d', 'F1.b')})
    drive = execute(ways, lambda robot, hop, planned: planned)
    assert drive.alone == 2 * drive.free
    assert drive.delay_only == 2 * plan.cost
    assert drive.cost == 2 * plan.cost, 'twice as slow, all of them'
    assert drive.own_delay == plan.cost + drive.free


def test_two_robots_that_stand_on_one_place_cannot_be_driven() -> None:
    ways = {name: Way(NodeId('n'), ('node:n',), ()) for name in (R1, R2)}  # type: ignore[arg-type]
    with pytest.raises(InvariantBroken, match='stands on'):
        queues_of(ways)


# --- first come, first served  ---


def test_who_comes_first_is_served_first_and_two_robots_face_each_other_for_ever() -> None:
    hospital = sketched({'F1': LANE})
    _, ways = first_plan(hospital, {'r1': ('F1.a', 'F1.c'), 'r2': ('F1.d', 'F1.b')})
    locked = execute(ways, on_time, first_come=True)
    assert locked.stuck == (R1, R2)
    assert overlaps(hospital, ways, locked.driven) == [], 'they lock up, they do not collide'
    assert execute(ways, on_time).stuck == ()


# --- delays  ---


def test_delays_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    one, same, other = randomly_late(5), randomly_late(5), randomly_late(6)
    drawn = [
        [late(r, h, 10_000) for r in range(9) for h in range(9)] for late in (one, same, other)
    ]
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]
    assert min(drawn[0]) >= 0


@pytest.mark.thorough
def test_a_hop_takes_a_third_longer_on_average_and_one_in_a_hundred_stops_for_minutes() -> None:
    late = randomly_late(1)
    drawn = [late(robot, hop, 10_000) for robot in range(200) for hop in range(200)]
    stops = [one for one in drawn if one > 10 * 10_000 * 0.3]
    assert 0.005 < len(stops) / len(drawn) < 0.02
    assert max(stops) > 250_000
    assert 2_700 < statistics.mean(one for one in drawn if one not in set(stops)) < 3_300


def test_the_worst_stop_is_of_the_robot_the_most_wait_for() -> None:
    hospital = sketched({'F1': 'a c e       g h i\n.................\nb'})
    wishes = {'r1': ('F1.g', 'F1.b'), 'r2': ('F1.a', 'F1.h'), 'r3': ('F1.c', 'F1.i')}
    _, ways = first_plan(hospital, wishes)
    stops = worst_stops(ways)
    assert sorted(robot for robot, _ in stops) == [0, 1, 2]
    costs = [
        execute(ways, stopped_once(robot, hop, stop_ms=10 * MINUTE)).cost for robot, hop in stops
    ]
    assert costs[0] == max(costs)
    assert costs[0] > costs[-1]


def test_where_nobody_moves_nobody_can_be_stopped() -> None:
    _, ways = first_plan(sketched({'F1': LANE}), {'r1': ('F1.a', 'F1.a')})
    assert worst_stops(ways) == []
    assert execute(ways, on_time).delay_only == 0


# --- what counts as too close  ---


def test_two_robots_on_one_lane_or_node_are_found() -> None:
    hospital = sketched({'F1': 'a      c\n........\nb      d'})
    found = overlaps(hospital, *apart(hospital, {'r1': ('F1.a', 'F1.c'), 'r2': ('F1.d', 'F1.b')}))
    assert {one.place.partition(':')[0] for one in found} == {'lane', 'node'}
    assert {(one.one, one.other) for one in found} == {(R1, R2)}


def test_two_robots_in_one_car_are_found() -> None:
    floor = 'a b c d\n.......\nW     X'
    hospital = sketched({'F1': floor, 'F2': floor})
    wishes = {'r1': ('F1.a', 'F2.a'), 'r2': ('F2.b', 'F1.b')}
    found = overlaps(hospital, *apart(hospital, wishes))
    assert 'car:A' in {one.place for one in found}


def test_two_robots_on_places_that_are_too_close_are_found() -> None:
    hospital = twin(robots=2)
    found = overlaps(
        hospital, *apart(hospital, {'r1': ('F1.p0', 'F1.p4'), 'r2': ('F1.q0', 'F1.q4')})
    )
    assert found, 'side by side, 0.6 m apart'


def test_a_robot_that_stays_is_found_by_who_drives_into_it() -> None:
    hospital = sketched({'F1': LANE})
    ways, driven = apart(hospital, {'r1': ('F1.a', 'F1.c'), 'r2': ('F1.c', 'F1.c')})
    assert [one.place for one in overlaps(hospital, ways, driven)] == ['node:F1.c']


def test_more_robots_in_a_zone_than_its_limit_are_found_and_planned_around() -> None:
    hospital = with_limit(sketched({'F1': 'a b c d e f\n...........\n  g  h  i'}))
    wishes = {'r1': ('F1.a', 'F1.d'), 'r2': ('F1.b', 'F1.e'), 'r3': ('F1.c', 'F1.f')}
    found = overlaps(hospital, *apart(hospital, wishes))
    assert {one.place for one in found} >= {'zone:2:narrow'}
    _, ways = first_plan(hospital, wishes)
    assert_driven(hospital, ways, execute(ways, randomly_late(3)))


def with_limit(hospital: Hospital) -> Hospital:
    """Let two robots at once into the middle of the corridor."""
    corners = (Point(3, -5), Point(37, -5), Point(37, -3), Point(3, -3))
    zone = Zone('narrow', Name('窄', 'Narrow'), 'robots', corners, robots=2)
    floor = replace(hospital.floors[FloorId('F1')], zones=(zone,))
    return with_version(replace(hospital, floors={floor.id: floor}))


def test_robots_that_follow_each_other_closely_are_not_too_close() -> None:
    hospital = sketched({'F1': 'a...b...c\n.........'})
    _, ways = first_plan(hospital, {'r1': ('F1.b', 'F1.c'), 'r2': ('F1.a', 'F1.b')})
    drive = execute(ways, on_time)
    assert overlaps(hospital, ways, drive.driven) == []
