"""What the traffic planner's proofs need of a map, rule by rule."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet_manager.domain.maps.build import build_hospital, read_hospital
from fleet_manager.domain.maps.check import check_hospital
from fleet_manager.domain.maps.model import BAYS, Hospital
from fleet_manager.domain.maps.problems import BrokenMap, Severity

Raw = dict[str, Any]


def floor(raw: Raw) -> Any:
    return raw['floors'][0]


def lane(raw: Raw, between: str) -> Any:
    return next(own for own in floor(raw)['lanes'] if '-'.join(own['between']) == between)


def move(node: str, x: float, y: float) -> Callable[[Raw], None]:
    def apply(raw: Raw) -> None:
        floor(raw)['nodes'][node]['at'] = [x, y]

    return apply


def add_node(identity: str, x: float, y: float, kind: str, *joined: str) -> Callable[[Raw], None]:
    def apply(raw: Raw) -> None:
        floor(raw)['nodes'][identity] = {'at': [x, y], 'kind': kind}
        floor(raw)['lanes'] += [{'between': [identity, other]} for other in joined]

    return apply


def join(a: str, b: str) -> Callable[[Raw], None]:
    def apply(raw: Raw) -> None:
        floor(raw)['lanes'].append({'between': [a, b]})

    return apply


def part(between: str) -> Callable[[Raw], None]:
    def apply(raw: Raw) -> None:
        floor(raw)['lanes'].remove(lane(raw, between))

    return apply


def kind(node: str, value: str) -> Callable[[Raw], None]:
    def apply(raw: Raw) -> None:
        floor(raw)['nodes'][node]['kind'] = value

    return apply


def via(between: str, *points: list[float]) -> Callable[[Raw], None]:
    def apply(raw: Raw) -> None:
        lane(raw, between)['via'] = list(points)

    return apply


def stop(what: str, node: str) -> Callable[[Raw], None]:
    def apply(raw: Raw) -> None:
        raw['lifts']['A']['stops']['L1'][what] = node

    return apply


def only_one_stop(raw: Raw) -> None:
    del raw['lifts']['A']['stops']['L2']


def no_stops(raw: Raw) -> None:
    raw['lifts']['A']['stops'] = {}


def no_lift(raw: Raw) -> None:
    del raw['lifts']['A']


def door_at(x: float, y: float) -> Callable[[Raw], None]:
    def apply(raw: Raw) -> None:
        floor(raw)['doors']['gate']['at'] = [x, y]

    return apply


def door_on_no_lane(raw: Raw) -> None:
    del lane(raw, 'c2-c3')['door']


def home(robot: str, node: str) -> Callable[[Raw], None]:
    def apply(raw: Raw) -> None:
        raw['fleet']['robots'][robot]['home'] = node

    return apply


def second_station(node: str) -> Callable[[Raw], None]:
    def apply(raw: Raw) -> None:
        stations = floor(raw)['stations']
        stations['other'] = {**copy.deepcopy(stations['desk-l1']), 'code': 'X', 'node': node}

    return apply


def sends(goods: str) -> Callable[[Raw], None]:
    def apply(raw: Raw) -> None:
        floor(raw)['stations']['desk-l1']['sends'] = [goods]

    return apply


def no_charger(raw: Raw) -> None:
    for own in raw['floors']:
        own['nodes']['charge']['kind'] = 'parking'


ERRORS = [
    ('outside_floor', 'floors.L1.nodes.park', move('park', 0, 9)),
    ('outside_floor', 'floors.L1.lanes.c3-c4', via('c3-c4', [10, -20])),
    ('nodes_too_close', 'floors.L1.nodes.park', add_node('x', 0.5, 2.5, 'parking', 'c1')),
    ('lane_too_close_to_node', 'floors.L1.lanes.c1-c2', add_node('x', 2, 0.7, 'parking', 'c1')),
    ('lanes_too_close', 'floors.L1.lanes.c1-park', via('c2-wait', [-1, 1.3])),
    ('lanes_too_close', 'floors.L1.lanes.c2-c3', via('c1-park', [6, -2], [6, 2])),
    ('bay_not_a_leaf', 'floors.L1.nodes.park', join('park', 'wait')),
    ('lift_cell_not_a_leaf', 'floors.L1.nodes.exit', join('exit', 'c4')),
    ('lift_without_stops', 'lifts.A', only_one_stop),
    ('cut_off', 'lifts.A', no_stops),
    ('lift_cell_kind', 'lifts.A.stops.L1.wait', kind('wait', 'parking')),
    ('lift_cell_kind', 'lifts.A.stops.L1.wait', stop('wait', 'exit')),
    ('lift_cell_shared', 'floors.L1.nodes.wait', stop('wait', 'exit')),
    ('lift_cell_shared', 'floors.L1.nodes.wait', no_lift),
    ('lift_cell_range', 'lifts.A.stops.L1.exit', move('exit', 8, 1.2)),
    ('lift_cell_range', 'lifts.A.stops.L1.exit', move('exit', 6.6, 3.5)),
    ('lift_cell_in_the_way', 'lifts.A.stops.L1.wait', move('wait', 6.0, 2.0)),
    ('lift_cell_in_the_way', 'lifts.A.stops.L1.exit', via('c2-wait', [6.4, 1.6])),
    ('lane_through_lift', 'floors.L1.lanes.c4-charge', via('c4-charge', [6, 5])),
    ('door_off_lane', 'floors.L1.lanes.c2-c3', door_at(6, 1)),
    ('node_in_door', 'floors.L1.lanes.c2-c3', door_at(4.5, 0)),
    ('station_kind', 'floors.L1.stations.other.node', second_station('c3')),
    ('station_shared', 'floors.L1.stations.other.node', second_station('desk')),
    ('station_unreachable', 'floors.L1.stations.desk-l1', part('c2-desk')),
    ('cut_off', 'floors.L1.nodes.park', part('c1-park')),
    ('cut_off', 'floors.L1.nodes.c3', part('c2-c3')),
    (
        'too_few_bays',
        'fleet.robots',
        lambda raw: [kind(n, 'way')(raw) for n in ('park', 'charge')],
    ),
    ('no_charger', 'fleet.robots', no_charger),
    ('home_not_a_bay', 'fleet.robots.r1.home', home('r1', 'L1.desk')),
    ('home_shared', 'fleet.robots.r2.home', home('r2', 'L1.charge')),
]

WARNINGS = [
    ('dead_end', 'floors.L1.nodes.park', kind('park', 'way')),
    ('door_unused', 'floors.L1.doors.gate', door_on_no_lane),
    ('goods_without_taker', 'floors.L1.stations.desk-l1.sends', sends('meal')),
    ('station_missing', 'floors.L1.nodes.park', kind('park', 'station')),
    ('long_lane', 'floors.L1.lanes.c1-park', via('c1-park', [-1, -3], [-1, 7], [0, 7])),
]


def found(raw: Raw, robots: int = 3) -> dict[tuple[str, str], Severity]:
    problems = check_hospital(read_hospital(raw), robots)
    return {(problem.code, problem.place): problem.severity for problem in problems}


def test_nothing_is_wrong_with_a_good_map(raw: Raw) -> None:
    assert found(raw) == {}


@pytest.mark.parametrize(('code', 'place', 'spoil'), ERRORS)
def test_a_map_robots_could_lock_up_on_is_refused_with_the_place(
    raw: Raw, code: str, place: str, spoil: Callable[[Raw], object]
) -> None:
    spoil(raw)
    assert found(raw).get((code, place)) is Severity.ERROR, found(raw)
    with pytest.raises(BrokenMap):
        build_hospital(raw)


@pytest.mark.parametrize(('code', 'place', 'spoil'), WARNINGS)
def test_what_is_only_odd_is_a_warning_and_the_map_can_be_used(
    raw: Raw, code: str, place: str, spoil: Callable[[Raw], object]
) -> None:
    raw['fleet']['robots'] = {}
    spoil(raw)
    assert found(raw) == {(code, place): Severity.WARNING}
    build_hospital(raw)


def test_a_hospital_needs_as_many_bays_as_the_robots_that_are_to_work_there(raw: Raw) -> None:
    hospital = read_hospital(raw)
    assert check_hospital(hospital, 4) == []
    (problem,) = check_hospital(hospital, 5)
    assert str(problem).startswith(
        'fleet.robots: 5 robots have 4 parking bays and chargers; add 1'
    )


def test_a_hospital_without_nodes_is_refused(raw: Raw) -> None:
    raw['lifts'], raw['fleet']['robots'] = {}, {}
    for own in raw['floors']:
        own['nodes'], own['lanes'], own['doors'], own['stations'] = {}, [], {}, {}
    assert list(found(raw, robots=0)) == [('empty', 'hospital')]


def test_a_floor_one_can_ride_to_but_not_away_from_is_cut_off(raw: Raw) -> None:
    part('c2-wait')(raw)
    assert found(raw)[('cut_off', 'floors.L1.nodes.wait')] is Severity.ERROR


def test_errors_come_before_warnings(raw: Raw) -> None:
    door_on_no_lane(raw)
    home('r1', 'L1.desk')(raw)
    problems = check_hospital(read_hospital(raw), 2)
    assert [problem.code for problem in problems] == ['home_not_a_bay', 'door_unused']


def ways_between_bays(hospital: Hospital, start: str) -> set[str]:
    """Return the bays reached from one without passing another, by drives and rides."""
    seen, ahead, bays = {start}, [start], set()
    while ahead:
        node = ahead.pop()
        if node != start and hospital.nodes[node].kind in BAYS:
            bays.add(node)
            continue
        lanes = [hospital.lanes[own] for own in hospital.lanes_at[node]]
        targets = [own.b if own.a == node else own.a for own in lanes]
        for lift in hospital.lifts.values():
            for own in lift.stops:
                targets += [lift.car] * (node == own.wait) + [own.exit] * (node == lift.car)
        ahead += [target for target in targets if target not in seen]
        seen.update(targets)
    return bays


SPOILERS = st.one_of(
    st.sampled_from(ERRORS).map(lambda case: case[2]),
    st.builds(part, st.sampled_from(['c1-c2', 'c2-c3', 'c3-c4', 'c2-desk', 'c3-exit'])),
    st.builds(
        kind,
        st.sampled_from(['c1', 'c2', 'c3', 'c4', 'park', 'desk', 'wait']),
        st.sampled_from(['way', 'parking', 'charger', 'station']),
    ),
    st.builds(
        join,
        st.sampled_from(['c1', 'c2', 'park', 'desk']),
        st.sampled_from(['c3', 'c4', 'charge', 'exit']),
    ),
    st.builds(
        add_node,
        st.sampled_from(['x', 'y']),
        st.integers(-1, 13),
        st.integers(-3, 7),
        st.sampled_from(['way', 'parking']),
        st.sampled_from(['c1', 'c2', 'c3', 'c4', 'park']),
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(spoilers=st.lists(SPOILERS, max_size=3))
def test_on_a_map_that_passes_any_two_bays_are_joined_through_no_third(
    raw: Raw, spoilers: list[Callable[[Raw], object]]
) -> None:
    drawn = copy.deepcopy(raw)
    for spoil in spoilers:
        try:
            spoil(drawn)
        except (KeyError, StopIteration):
            continue
    try:
        hospital = build_hospital(drawn)
    except BrokenMap:
        return
    bays = {node.id for node in hospital.nodes.values() if node.kind in BAYS}
    for bay in sorted(bays):
        assert ways_between_bays(hospital, bay) == bays - {bay}
