"""Plain data becomes a hospital, or a list of everything that is wrong with it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.errors import MapError
from fleet_manager.domain.ids import CompartmentId, RobotId
from fleet_manager.domain.maps.build import build_hospital
from fleet_manager.domain.maps.model import (
    Compartment,
    CompartmentKind,
    Hospital,
    Node,
    NodeKind,
    Point,
)
from fleet_manager.domain.maps.problems import MAX_PROBLEMS, BrokenMap, Problem
from fleet_manager.domain.maps.serialise import hospital_from_json, hospital_to_json
from fleet_manager.domain.maps.words import GOODS_CLASSES

Raw = dict[str, Any]


def problems_of(raw: Raw) -> tuple[Problem, ...]:
    with pytest.raises(BrokenMap) as caught:
        build_hospital(raw)
    return caught.value.problems


def test_nodes_and_doors_get_their_floor_in_front(raw: Raw) -> None:
    hospital = build_hospital(raw)
    assert hospital.nodes['L1.c1'] == Node('L1.c1', 'L1', 0.0, 0.0, NodeKind.WAY)
    assert hospital.nodes['L2.park'].kind is NodeKind.PARKING
    assert hospital.doors['L2.gate'].at == Point(6.0, 0.0)
    assert hospital.lanes['L1.c2-c3'].door == 'L1.gate'
    assert hospital.stations['desk-l1'].node == 'L1.desk'


def test_a_lift_has_a_node_for_its_car_which_is_on_no_floor(raw: Raw) -> None:
    hospital = build_hospital(raw)
    assert hospital.lifts['A'].car == 'car.A'
    assert hospital.nodes['car.A'] == Node('car.A', '', 6.0, 4.2, NodeKind.CAR)
    assert hospital.lanes_at['car.A'] == ()
    assert hospital.lifts['A'].stop('L2').exit == 'L2.exit'


def test_a_lane_is_as_long_as_the_way_over_its_via_points(raw: Raw) -> None:
    hospital = build_hospital(raw)
    assert hospital.lanes['L1.c1-c2'].length == 4.0
    assert hospital.lanes['L1.c3-c4'].length == pytest.approx(2 * (4 + 0.25) ** 0.5, abs=1e-3)


def test_a_lane_has_the_same_id_from_whichever_end_it_is_written(raw: Raw) -> None:
    raw['floors'][0]['lanes'][0] = {'between': ['c2', 'c1']}
    lane = build_hospital(raw).lanes['L1.c1-c2']
    assert (lane.a, lane.b) == ('L1.c2', 'L1.c1')


def test_lanes_at_a_node_are_those_that_end_there(raw: Raw) -> None:
    hospital = build_hospital(raw)
    assert hospital.lanes_at['L1.park'] == ('L1.c1-park',)
    assert set(hospital.lanes_at['L1.c2']) == {
        'L1.c1-c2',
        'L1.c2-c3',
        'L1.c2-desk',
        'L1.c2-wait',
    }


def test_a_lane_that_says_no_speed_has_that_of_a_corridor(raw: Raw) -> None:
    hospital = build_hospital(raw)
    assert hospital.lanes['L1.c1-c2'].speed == 0.8
    assert hospital.lanes['L1.c1-park'].speed == 0.4


def test_the_same_content_has_the_same_version_and_another_one_another(raw: Raw) -> None:
    version = build_hospital(copy.deepcopy(raw)).version
    assert build_hospital(copy.deepcopy(raw)).version == version
    assert len(version) == 16
    raw['floors'][0]['nodes']['c1']['at'] = [0.1, 0]
    assert build_hospital(raw).version != version


def test_another_fleet_is_still_the_same_map(raw: Raw) -> None:
    version = build_hospital(copy.deepcopy(raw)).version
    del raw['fleet']['robots']['r2']
    assert build_hospital(raw).version == version


def change(path: str, value: object) -> Callable[[Raw], None]:
    """Return what sets the value at a dotted path; digits are positions in a list."""

    def apply(raw: Any) -> None:
        *steps, last = path.split('.')
        for step in steps:
            raw = raw[int(step)] if isinstance(raw, list) else raw[step]
        if isinstance(raw, list):
            raw[int(last)] = value
        else:
            raw[last] = value

    return apply


def remove(path: str) -> Callable[[Raw], None]:
    def apply(raw: Any) -> None:
        *steps, last = path.split('.')
        for step in steps:
            raw = raw[int(step)] if isinstance(raw, list) else raw[step]
        del raw[last]

    return apply


def described(raw: Raw) -> Raw:
    """Give robots a type that describes two compartments; r1 leaves its own out."""
    raw['fleet']['types'] = {
        'standard': {
            'name': {'zh': '标准型', 'en': 'Standard'},
            'length': 0.6,
            'width': 0.5,
            'turning_radius': 0.4,
            'mass': 80,
            'compartments': {
                'c1': {'kind': 'insulated', 'litres': 30},
                'c2': {'kind': 'standard', 'litres': 40},
            },
        }
    }
    del raw['fleet']['robots']['r1']['compartments']
    return raw


def test_a_robot_that_names_no_compartments_has_all_of_its_type(raw: Raw) -> None:
    raw = described(raw)
    raw['fleet']['robots']['r2']['compartments'] = ['c2']
    hospital = build_hospital(raw)
    cold = Compartment(CompartmentId('c1'), CompartmentKind.INSULATED, 30)
    plain = Compartment(CompartmentId('c2'), CompartmentKind.STANDARD, 40)
    assert hospital.compartments(RobotId('r1')) == (cold, plain)
    assert hospital.compartments(RobotId('r2')) == (plain,)
    assert hospital.types['standard'].mass == 80.0
    assert hospital_from_json(hospital_to_json(hospital)) == hospital


def test_a_compartment_that_nobody_described_takes_everything(raw: Raw) -> None:
    both = build_hospital(raw).compartments(RobotId('r1'))
    assert [(one.id, one.kind) for one in both] == [
        ('c1', CompartmentKind.ANY),
        ('c2', CompartmentKind.ANY),
    ]
    assert all(one.litres == 1_000 for one in both)


BAD_BOXES = [
    (change('r2.compartments', ['c3']), "r2.compartments: 'c3' is no compartment of its type"),
    (change('r2.type', 'standrd'), "r2.type: 'standrd' is no type of robots; did you mean"),
    (change('standard.compartments.c1.kind', 'warm'), "'warm' is unknown; choose one of"),
    (change('standard.compartments.c1.litres', 0), 'litres: is 0; write a number from 1 to 1000'),
    (change('standard.compartments.c1.litres', 1.5), 'litres: is 1.5; write a whole number'),
    (change('standard.compartments.c 3', {}), "'c 3' is no id"),
    (change('standard.compartments', ['c1']), 'compartments: is a list; write a mapping'),
    (change('standard.mass', 0), 'standard.mass: is 0; write a number from 1 to 5000'),
]


@pytest.mark.parametrize(('spoil', 'said'), BAD_BOXES)
def test_compartments_that_cannot_be_are_named(
    raw: Raw, spoil: Callable[[Raw], None], said: str
) -> None:
    fleet = described(raw)['fleet']
    spoil(fleet['robots'] | fleet['types'])
    assert any(said in str(problem) for problem in problems_of(raw))


def test_all_problems_are_reported_at_once(raw: Raw) -> None:
    raw['floors'][0]['nodes']['c1']['kind'] = 'wya'
    raw['floors'][1]['level'] = 'two'
    raw['fleet']['robots']['r1']['home'] = 'L1.charg'
    places = [problem.place for problem in problems_of(raw)]
    assert places == ['floors.L1.nodes.c1.kind', 'floors.L2.level', 'fleet.robots.r1.home']


def test_the_error_has_a_line_for_each_problem(raw: Raw) -> None:
    raw['id'] = ''
    raw['dispatch_phone'] = 8000
    with pytest.raises(MapError) as caught:
        build_hospital(raw)
    assert str(caught.value).splitlines() == [
        'id: is empty; write a text',
        'dispatch_phone: is the number 8000; put it in quotes',
    ]


def test_a_hopeless_file_gets_no_endless_list(raw: Raw) -> None:
    raw['floors'][0]['lanes'] = [{'between': ['a', 'b']}] * 1_000
    assert len(problems_of(raw)) == MAX_PROBLEMS


def test_maps_know_every_class_that_is_delivered() -> None:
    assert set(GOODS) <= set(GOODS_CLASSES)


NODE = {'at': [2, -3], 'kind': 'way'}

BROKEN = [
    (change('format', 2), 'format: is unknown to this program; this program reads format 1'),
    (remove('format'), 'format: is missing; add `format: …`'),
    (remove('name.zh'), 'name.zh: is missing; add `zh: …`'),
    (change('name', 'Tiny'), "name: is the text 'Tiny'; write a mapping of fields here"),
    (change('id', 'a b'), "id: 'a b' is no id; use letters, digits, - and _"),
    (change('id', 'x' * 21), "id: 'xxxxxxxxxxxxxxxxxxxxx' has 21 characters; the limit is 20"),
    (change('id', 'x' * 61), 'id: has 61 characters; the limit is 60'),
    (change('dispatch_phone', 'desk'), "dispatch_phone: is 'desk'; write a telephone number"),
    (change('floor', []), "floor: is not a field; did you mean 'floors'?"),
    (change('colour', 1), 'colour: is not a field; the fields here are: format, id'),
    (change('floors', {}), 'floors: is a mapping; write a list'),
    (change('floors.0', None), 'floors.0: is empty; write a mapping of fields here'),
    (change('floors.1.id', 'L1'), "floors.L1.id: floor 'L1' is there twice"),
    (change('floors.0.level', 1.5), 'floors.L1.level: is 1.5; write a whole number'),
    (change('floors.0.level', True), 'floors.L1.level: is true or false; write a number'),
    (change('floors.0.outline', [[0, 0]]), 'floors.L1.outline: has 1 points; write at least 3'),
    (change('floors.0.outline', 3), 'floors.L1.outline: is the number 3; write a list'),
    (change('floors.0.outline', [[0, 0]] * 501), 'floors.L1.outline: has 501 elements; the limit'),
    (change('floors.0.nodes', []), 'floors.L1.nodes: is a list; write a mapping of identifiers'),
    (
        change('floors.0.nodes', {f'n{i}': NODE for i in range(20_001)}),
        'floors.L1.nodes: has 20001 entries; the limit is 20000',
    ),
    (change('floors.0.nodes.c 9', NODE), "floors.L1.nodes.c 9: 'c 9' is no id"),
    (change('floors.0.nodes.c1.kind', 'car'), "floors.L1.nodes.c1.kind: 'car' is unknown"),
    (change('floors.0.nodes.c1.kind', 'parkin'), "is unknown; did you mean 'parking'?"),
    (change('floors.0.nodes.c1.at', [0]), 'floors.L1.nodes.c1.at: is not a point; write [x, y]'),
    (change('floors.0.nodes.c1.at', [0, '1']), "floors.L1.nodes.c1.at: is the text '1'"),
    (change('floors.0.nodes.c1.at', [0, float('nan')]), 'nodes.c1.at: is not a finite number'),
    (change('floors.0.nodes.c1.at', [0, 1e9]), 'is 1e+09; write a number from -10000 to 10000'),
    (
        change('floors.0.nodes.c1.at', [0, 10**400]),
        'nodes.c1.at: is far too large; write a number',
    ),
    (change('floors.0.rooms.corridor.kind', 'coridor'), "did you mean 'corridor'?"),
    (change('floors.0.rooms.corridor.box', [1, 2]), 'corridor.box: has 2 numbers; write 4'),
    (remove('floors.0.rooms.corridor.box'), 'corridor.polygon: is missing; add `polygon: …`'),
    (change('floors.0.rooms.corridor.name.en', 'a\x1bb'), 'has an invisible character'),
    (
        change('floors.0.lanes.0', {'between': ['c1', 'c9']}),
        "lanes.c1-c9.between: 'c9' is no node",
    ),
    (change('floors.0.lanes.0', {'between': ['c1', 'c1']}), 'between: has not two ends'),
    (change('floors.0.lanes.0', {'between': ['c1']}), 'floors.L1.lanes.0.between: has not two'),
    (change('floors.0.lanes.0', {'between': ['c2', 'c3']}), "lane 'L1.c2-c3' is there twice"),
    (change('floors.0.lanes.0.speed', 0), 'lanes.c1-c2.speed: is 0; write a number from 0.05'),
    (
        change('floors.0.lanes.1.door', 'gat'),
        "'gat' is no door of this floor; did you mean 'gate'",
    ),
    (change('floors.0.lanes.1.dor', 'gate'), "is not a field; did you mean 'door'?"),
    (change('floors.0.stations.desk-l1.node', 'dsk'), "did you mean 'desk'?"),
    (change('floors.0.stations.desk-l1.code', 'L2'), "desk-l2.code: code 'L2' is there twice"),
    (change('floors.0.stations.desk-l1.code', 'ward 2'), 'write 1 to 8 capital letters'),
    (change('floors.0.stations.desk-l1.takes', ['drugs']), "did you mean 'drug'?"),
    (change('floors.0.stations.desk-l1.takes', ['drug', 'drug']), "names 'drug' twice"),
    (change('floors.0.stations.desk-l2', {}), "station 'desk-l2' is there twice"),
    (
        change('lifts.A.stops.L3', {}),
        "lifts.A.stops.L3: 'L3' is no floor; name a floor, such as L1, L2",
    ),
    (change('lifts.A.stops.L1.wait', 'wiat'), "did you mean 'wait'?"),
    (change('lifts.A.cabin', '1.6 x 2.2'), "lifts.A.cabin: is the text '1.6 x 2.2'; write a list"),
    (change('lifts.A.speed', float('inf')), 'lifts.A.speed: is not a finite number'),
    (change('fleet.robots.r1.home', 'charge'), "'charge' is no node; did you mean 'L"),
    (change('fleet.robots.r1.compartments', []), 'compartments: is empty; name at least one'),
    (change('fleet.robots.r1.compartments', ['c', 'c']), 'a compartment is there twice'),
    (change('fleet.robots', None), 'fleet.robots: is empty; write a mapping of identifiers'),
    (remove('fleet'), 'fleet: is missing; add `fleet: …`'),
]


@pytest.mark.parametrize(('spoil', 'said'), BROKEN, ids=[said for _, said in BROKEN])
def test_a_wrong_field_is_named_with_what_to_do(
    raw: Raw, spoil: Callable[[Raw], None], said: str
) -> None:
    spoil(raw)
    assert any(said in str(problem) for problem in problems_of(raw)), problems_of(raw)


def places(raw: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of every value in plain data."""
    if isinstance(raw, dict):
        return [path, *(place for key in raw for place in places(raw[key], (*path, key)))]
    if isinstance(raw, list):
        return [path, *(p for i, value in enumerate(raw) for p in places(value, (*path, i)))]
    return [path]


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(['c1', 'L1', 'gate', 'way', 'wait', 'L1.c1']),
    st.lists(st.one_of(st.integers(), st.text(max_size=3)), max_size=4),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=3),
)


@pytest.mark.thorough
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(data=st.data())
def test_whatever_is_written_is_a_hospital_or_a_list_of_problems(
    raw: Raw, data: st.DataObject
) -> None:
    spoilt: Any = copy.deepcopy(raw)
    for _ in range(data.draw(st.integers(1, 3))):
        *steps, last = data.draw(st.sampled_from(places(spoilt)[1:]))
        parent = spoilt
        for step in steps:
            parent = parent[step]
        parent[last] = data.draw(JUNK)
    try:
        hospital = build_hospital(spoilt)
    except BrokenMap:
        return
    assert isinstance(hospital, Hospital)
