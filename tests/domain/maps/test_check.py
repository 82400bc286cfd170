"""What the check promises of a whole map, whatever is drawn on it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from fleet_manager.domain.maps.build import build_hospital, read_hospital
from fleet_manager.domain.maps.check import CHECKS, check_hospital
from fleet_manager.domain.maps.conflicts import find_conflicts
from fleet_manager.domain.maps.model import BAYS, Hospital
from fleet_manager.domain.maps.problems import MAX_PROBLEMS, BrokenMap, Severity
from fleet_manager.domain.maps.words import (
    CLOSED_ROOMS,
    GOODS_CLASSES,
    OPEN_ROOMS,
    RATINGS,
    ZONE_KINDS,
)

Raw = dict[str, Any]
PARK = ('floors', 'L1', 'lanes', 'c1-park')
Spoil = Callable[[Raw], object]


def join(a: str, b: str, **more: object) -> Spoil:
    return lambda raw: raw['floors'][0]['lanes'].append({'between': [a, b], **more})


def part(a: str, b: str) -> Spoil:
    def apply(raw: Raw) -> None:
        lanes = raw['floors'][0]['lanes']
        lanes[:] = [lane for lane in lanes if lane['between'] != [a, b]]

    return apply


def kind(node: str, value: str) -> Spoil:
    def apply(raw: Raw) -> None:
        raw['floors'][0]['nodes'][node]['kind'] = value

    return apply


def add_node(node: str, x: float, y: float, value: str, joined: str) -> Spoil:
    def apply(raw: Raw) -> None:
        raw['floors'][0]['nodes'][node] = {'at': [x, y], 'kind': value}
        raw['floors'][0]['lanes'].append({'between': [node, joined]})

    return apply


def move(node: str, x: float, y: float) -> Spoil:
    def apply(raw: Raw) -> None:
        raw['floors'][0]['nodes'][node]['at'] = [x, y]

    return apply


def test_a_hospital_needs_as_many_bays_as_the_robots_that_are_to_work_there(raw: Raw) -> None:
    hospital = read_hospital(raw)
    assert check_hospital(hospital, 4) == []
    (problem,) = check_hospital(hospital, 5)
    assert str(problem).startswith(
        'fleet.robots: 5 robots have 4 parking bays and chargers; add 1'
    )


def test_errors_come_before_warnings(raw: Raw) -> None:
    raw['floors'][0]['lanes'][0]['speed'] = 2.0
    raw['fleet']['robots']['r1']['home'] = 'L1.desk'
    problems = check_hospital(read_hospital(raw), 2)
    assert [problem.code for problem in problems] == ['home_not_a_bay', 'fast_lane']


def test_a_problem_of_two_things_names_both_and_where_they_meet(raw: Raw) -> None:
    raw['floors'][0]['lanes'][3]['via'] = [[6, -2], [6, 2]]
    found = check_hospital(read_hospital(raw), 2)
    problem = next(own for own in found if (own.code, own.others) == ('lanes_cross', (PARK,)))
    assert problem.path == ('floors', 'L1', 'lanes', 'c2-c3')
    assert problem.at is not None
    floor, point = problem.at
    assert (floor, point.x, point.y) == ('L1', 6.0, 0.0)


def test_a_map_with_very_many_problems_has_a_readable_list_and_says_how_many_more(
    raw: Raw,
) -> None:
    floor = raw['floors'][0]
    for number in range(90):
        floor['nodes'][f'x{number}'] = {'at': [40 + number, 30], 'kind': 'way'}
    problems = check_hospital(read_hospital(raw), 2)
    outside = [own for own in problems if own.code == 'outside_floor']
    assert len(outside) == 26
    assert outside[-1].problem == 'has 65 more outside_floor'
    assert len(problems) <= 2 * MAX_PROBLEMS


@pytest.mark.thorough
def test_warnings_leave_room_for_errors(raw: Raw) -> None:
    floor = raw['floors'][0]
    for own in floor['lanes']:
        own['speed'] = 2.0
    floor['walls'] = [[[-1.9, y / 10], [-1.8, y / 10]] for y in range(50)]
    floor['nodes'] |= {f'x{n}': {'at': [-1.85, n / 50], 'kind': 'way'} for n in range(200)}
    raw['fleet']['robots']['r1']['home'] = 'L1.desk'
    codes = {own.code for own in check_hospital(read_hospital(raw), 2)}
    assert {'fast_lane', 'home_not_a_bay'} <= codes


def test_of_a_map_in_millimetres_it_says_only_this(raw: Raw) -> None:
    for floor in raw['floors']:
        floor['nodes'] |= {'far': {'at': [9_000, 0], 'kind': 'way'}}
    assert {own.code for own in check_hospital(read_hospital(raw), 2)} == {'not_metres'}


@pytest.mark.thorough
@pytest.mark.timeout(120)
def test_everything_in_one_spot_is_refused_and_does_not_hang(raw: Raw) -> None:
    floor = raw['floors'][0]
    floor['nodes'] |= {f'x{n}': {'at': [2, 2], 'kind': 'parking'} for n in range(1_500)}
    floor['lanes'] += [{'between': [f'x{n}', f'x{n + 1}']} for n in range(1_000)]
    floor['rooms'] |= {
        f'x{n}': {'name': {'zh': 'x', 'en': 'x'}, 'kind': 'ward', 'box': [8, 4, 12, 7]}
        for n in range(300)
    }
    hospital = read_hospital(raw)
    problems = check_hospital(hospital, 2)
    assert 'nodes_too_close' in {own.code for own in problems}


def ways_between_bays(hospital: Hospital, start: str) -> set[str]:
    """Return the bays reached while robots rest in all others: none is passed, none is near."""
    bays = {node for node, own in hospital.nodes.items() if own.kind in BAYS}
    places = [*hospital.nodes, *hospital.lanes]
    near: dict[str, set[str]] = {}
    for first, second in find_conflicts(hospital).pairs.tolist():
        near.setdefault(places[first], set()).add(places[second])
        near.setdefault(places[second], set()).add(places[first])
    found = set()
    for goal in bays - {start}:
        resting = bays - {start, goal}
        closed = resting.union(*(near.get(bay, set()) for bay in resting))
        if goal in reached(hospital, start, closed):
            found.add(goal)
    return found


def reached(hospital: Hospital, start: str, closed: set[str]) -> set[str]:
    seen, ahead = {start}, [start]
    while ahead:
        node = ahead.pop()
        lanes = [hospital.lanes[own] for own in hospital.lanes_at[node] if own not in closed]
        away = [lane for lane in lanes if not (lane.one_way and lane.b == node)]
        targets = [lane.b if lane.a == node else lane.a for lane in away]
        for lift in hospital.lifts.values():
            for own in lift.stops:
                targets += [lift.car] * (node == own.wait) + [own.exit] * (node == lift.car)
        targets = [target for target in targets if target not in seen and target not in closed]
        ahead += targets
        seen.update(targets)
    return seen


WAYS = ['c1', 'c2', 'c3', 'c4']
SPOILERS = st.one_of(
    st.sampled_from(
        [('c1', 'c2'), ('c2', 'c3'), ('c3', 'c4'), ('c2', 'desk'), ('c3', 'exit')]
    ).map(lambda ends: part(*ends)),
    st.builds(
        kind,
        st.sampled_from([*WAYS, 'park', 'desk', 'wait']),
        st.sampled_from(['way', 'parking', 'charger', 'station', 'cleaning']),
    ),
    st.builds(
        join,
        st.sampled_from(['c1', 'c2', 'park', 'desk']),
        st.sampled_from(['c3', 'c4', 'charge', 'exit']),
        one_way=st.booleans(),
        via=st.sampled_from([[], [[0, -3.5], [12, -3.5]], [[4, -1], [10, -1]]]),
    ),
    st.builds(
        add_node,
        st.sampled_from(['x', 'y']),
        st.integers(-1, 13),
        st.one_of(st.integers(-3, 7), st.floats(-3, 3)),
        st.sampled_from(['way', 'parking', 'cleaning']),
        st.sampled_from([*WAYS, 'park', 'x']),
    ),
    st.builds(
        move, st.sampled_from(['park', 'desk', 'charge']), st.floats(-1, 13), st.floats(-3, 3)
    ),
)


@pytest.mark.thorough
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400)
@given(spoilers=st.lists(SPOILERS, max_size=4))
def test_on_a_map_that_passes_any_two_bays_are_joined_while_robots_rest_in_all_others(
    raw: Raw, spoilers: list[Spoil]
) -> None:
    drawn = copy.deepcopy(raw)
    for spoil in spoilers:
        try:
            spoil(drawn)
        except KeyError:
            continue
    try:
        hospital = build_hospital(drawn)
    except BrokenMap:
        return
    bays = {node.id for node in hospital.nodes.values() if node.kind in BAYS}
    for bay in sorted(bays):
        assert ways_between_bays(hospital, bay) == bays - {bay}


NAME = {'zh': '名', 'en': 'Name'}
NUMBERS = st.one_of(
    st.floats(-10, 20),
    st.integers(-3, 15),
    st.sampled_from([0, -0.0, 1e-9, 0.5, 2_000, -10_000, 10_000]),
)
POINTS = st.lists(st.tuples(NUMBERS, NUMBERS).map(list), min_size=3, max_size=6)
#: Fields that may be added to the entries at a place, valid or nearly so.
MORE: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    'lanes': st.fixed_dictionaries(
        {},
        optional={
            'via': POINTS,
            'one_way': st.booleans(),
            'width': st.floats(0.1, 4),
            'speed': st.floats(0.05, 5),
            'robots': st.lists(st.sampled_from(['standard', 'tug']), max_size=2),
            'door': st.just('gate'),
        },
    ),
    'doors': st.fixed_dictionaries(
        {},
        optional={
            'kind': st.sampled_from(['sliding', 'hinged']),
            'automatic': st.booleans(),
            'at': st.tuples(NUMBERS, NUMBERS).map(list),
            'width': st.floats(0.5, 20),
        },
    ),
    'lifts': st.fixed_dictionaries(
        {},
        optional={
            'at': st.tuples(NUMBERS, NUMBERS).map(list),
            'cabin': st.tuples(st.floats(0.5, 10), st.floats(0.5, 10)).map(list),
            'faces': st.floats(-6, 6),
            'rating': st.sampled_from(RATINGS),
        },
    ),
    'nodes': st.fixed_dictionaries(
        {},
        optional={
            'at': st.tuples(NUMBERS, NUMBERS).map(list),
            'kind': st.sampled_from(['way', 'parking', 'charger', 'station', 'cleaning']),
        },
    ),
    'stations': st.fixed_dictionaries(
        {},
        optional={
            'sends': st.lists(st.sampled_from(GOODS_CLASSES), unique=True, max_size=3),
            'takes': st.lists(st.sampled_from(GOODS_CLASSES), unique=True, max_size=3),
            'hours': st.just(['07:00-07:00', '22:00-06:00']),
            'node': st.sampled_from(['desk', 'c1', 'park', 'wait']),
        },
    ),
}
FLOOR = st.fixed_dictionaries(
    {},
    optional={
        'outline': POINTS,
        'level': st.integers(-3, 5),
        'elevation': st.floats(-100, 1_000),
        'walls': st.lists(
            st.lists(st.tuples(NUMBERS, NUMBERS).map(list), min_size=2, max_size=4), max_size=4
        ),
        'rooms': st.dictionaries(
            st.sampled_from(['a', 'b', 'c']),
            st.builds(
                lambda polygon, kind: {'name': NAME, 'kind': kind, 'polygon': polygon},
                POINTS,
                st.sampled_from([*OPEN_ROOMS, *CLOSED_ROOMS]),
            ),
        ),
        'zones': st.dictionaries(
            st.sampled_from(['a', 'b', 'c']),
            st.builds(
                lambda polygon, kind, robots: {
                    'name': NAME,
                    'kind': kind,
                    'polygon': polygon,
                    'robots': robots,
                },
                POINTS,
                st.sampled_from(ZONE_KINDS),
                st.integers(1, 3),
            ),
        ),
    },
)


@st.composite
def changes(draw: st.DrawFn) -> Spoil:
    """Draw what changes one part of a hospital to something the reader mostly accepts."""
    where = draw(st.sampled_from(['floor', 'robots', 'types', *MORE]))
    which = draw(st.integers(0, 20))
    if where == 'floor':
        fields = draw(FLOOR)
        return lambda raw: raw['floors'][which % len(raw['floors'])].update(fields)
    if where == 'types':
        size = draw(st.floats(0.1, 5))
        tug = {'name': NAME, 'length': size, 'width': size, 'turning_radius': size}
        return lambda raw: raw['fleet'].update({'types': {'tug': tug}})
    if where == 'robots':
        name = draw(st.sampled_from(['r1', 'R-7', '7']))
        home = draw(st.sampled_from(['L1.park', 'L1.c1', 'L2.wait']))
        robot = {'name': name, 'home': home, 'compartments': ['c']}
        return lambda raw: raw['fleet']['robots'].update({name: robot})
    fields = draw(MORE[where])

    def apply(raw: Raw) -> None:
        owner = raw if where == 'lifts' else raw['floors'][which % len(raw['floors'])]
        entries = owner[where]
        entries = list(entries.values()) if isinstance(entries, dict) else entries
        entries[which % len(entries)].update(fields)

    return apply


@pytest.mark.slow
@settings(suppress_health_check=list(HealthCheck), max_examples=500)
@given(spoilers=st.lists(changes(), min_size=1, max_size=8))
def test_whatever_can_be_read_can_be_checked(raw: Raw, spoilers: list[Spoil]) -> None:
    drawn = copy.deepcopy(raw)
    for spoil in spoilers:
        spoil(drawn)
    try:
        hospital = read_hospital(drawn)
    except BrokenMap:
        assume(False)
    for problem in check_hospital(hospital, 2):
        assert CHECKS[problem.code].severity is problem.severity
        assert problem.problem
        assert problem.mend
        assert problem.severity in Severity
        if problem.at is not None:
            assert problem.at[0] in hospital.floors


@pytest.mark.parametrize('check', CHECKS.values(), ids=list(CHECKS))
def test_every_rule_is_a_short_sentence(check: object) -> None:
    rule = getattr(check, 'rule', '')
    assert 10 < len(rule) <= 80
    assert rule[0].islower()
    assert not rule.endswith('.')
