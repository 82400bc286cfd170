"""Which ways closures leave: for whom, out of what, and what they cut off."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.domain.ids import AccountId, ClosureId, NodeId, RobotId
from fleet_manager.domain.maps.model import (
    Hospital,
)
from fleet_manager.domain.messages import Actor, PlaceKind, Role
from fleet_manager.domain.state import Closure
from fleet_manager.domain.traffic.closures import Closed, zone_place
from fleet_manager.domain.traffic.steps import StepGraph
from fleet_manager.domain.units import Instant
from tests.hospitals import corridor, loop, two_floors
from tests.redrawn import with_types, with_zone

WHO = Actor(AccountId('operator'), Role.OPERATOR)


def closure(kind: PlaceKind, place: str, *, robot_type: str = '') -> Closure:
    return Closure(
        ClosureId(f'{kind}-{place}'), kind, place, robot_type, 'wet', WHO, Instant(0), Instant(0)
    )


def closed(hospital: Hospital, *closures: Closure) -> Closed:
    return Closed.of(StepGraph.of(hospital), closures)


def ways(graph: StepGraph, node: str) -> set[str]:
    return {step.target for step in graph.steps[NodeId(node)]}


# --- what is closed  ---


def test_a_closed_lane_is_driven_in_neither_direction() -> None:
    graph = closed(loop(), closure(PlaceKind.LANE, 'F1.w2-F1.w3')).graph
    assert 'F1.w3' not in ways(graph, 'F1.w2')
    assert 'F1.w2' not in ways(graph, 'F1.w3')
    assert NodeId('F1.w2') in graph.times_to(NodeId('F1.w3'))  # the long way round


def test_nobody_rides_a_closed_lift() -> None:
    house = two_floors(lifts=2)
    graph = closed(house, closure(PlaceKind.LIFT, 'A')).graph
    lifts = {step.lift for steps in graph.steps.values() for step in steps if step.lift}
    assert lifts == {'B'}


def test_nobody_comes_to_a_closed_floor_and_who_is_there_leaves_by_lift() -> None:
    graph = closed(two_floors(), closure(PlaceKind.FLOOR, 'F2')).graph
    for node, steps in graph.steps.items():
        if not node.startswith('F2'):
            assert not any(step.target.startswith('F2') for step in steps)
    home = NodeId('F1.c1')
    assert NodeId('F2.w1') in graph.times_to(home)
    assert NodeId('F2.ward') in graph.times_to(home)


def test_a_closed_zone_shuts_its_nodes_and_the_lanes_through_it() -> None:
    house = with_zone(corridor(length=7), 'spill', 11.0, -3.0, 17.0, 3.0)  # w4, w5
    graph = closed(house, closure(PlaceKind.ZONE, 'F1.spill')).graph
    assert ways(graph, 'F1.w3') == {'F1.w2', 'F1.b3'}
    assert ways(graph, 'F1.w6') == {'F1.w7', 'F1.b6'}


def test_a_zone_between_two_nodes_shuts_the_lane_through_it() -> None:
    house = with_zone(corridor(), 'spill', 5.0, -1.0, 7.0, 1.0)
    graph = closed(house, closure(PlaceKind.ZONE, 'F1.spill')).graph
    assert 'F1.w3' not in ways(graph, 'F1.w2')
    assert 'F1.w2' not in ways(graph, 'F1.w3')


def test_who_is_inside_gets_only_steps_nearer_to_the_way_out() -> None:
    house = with_zone(corridor(length=9), 'spill', 7.0, -3.0, 25.0, 3.0)  # w3 to w7
    found = closed(house, closure(PlaceKind.ZONE, 'F1.spill'))
    assert ways(found.graph, 'F1.w4') == {'F1.w3'}
    assert ways(found.graph, 'F1.w6') == {'F1.w7'}
    assert ways(found.graph, 'F1.w5') == {'F1.w4', 'F1.w6'}  # as far either way
    assert ways(found.graph, 'F1.b4') == {'F1.w4'}
    assert ways(found.any_way_out, 'F1.w4') == {'F1.w3', 'F1.w5'}
    assert not any(
        house.is_bay(step.target) and step.target in ('F1.b3', 'F1.b4', 'F1.b5', 'F1.b6', 'F1.b7')
        for steps in found.any_way_out.steps.values()
        for step in steps
    )


def test_a_way_out_leads_to_where_a_bay_is() -> None:
    """West of the zone there is no bay outside: the way out is the far end."""
    house = with_zone(corridor(length=6), 'spill', 3.0, -3.0, 21.0, 3.0)  # w2 to w6
    bays = with_zone(house, 'west', -1.0, -3.0, 1.0, 3.0)
    both = closed(bays, closure(PlaceKind.ZONE, 'F1.spill'), closure(PlaceKind.ZONE, 'F1.west'))
    assert not both.graph.steps[NodeId('F1.w2')]
    only_spill = closed(bays, closure(PlaceKind.ZONE, 'F1.spill'))
    assert ways(only_spill.graph, 'F1.w6') == {'F1.w5'}


def test_two_closed_places_that_touch_are_left_as_one() -> None:
    house = with_zone(corridor(length=9), 'one', 7.0, -3.0, 13.0, 3.0)  # w3, w4
    house = with_zone(house, 'other', 15.0, -3.0, 25.0, 3.0)  # w5 to w7
    graph = closed(
        house, closure(PlaceKind.ZONE, 'F1.one'), closure(PlaceKind.ZONE, 'F1.other')
    ).graph
    assert ways(graph, 'F1.w4') == {'F1.w3'}
    assert ways(graph, 'F1.w6') == {'F1.w7'}


# --- for whom  ---


def test_a_closure_for_one_type_leaves_the_others_alone() -> None:
    house = with_types(loop(), r2='heavy')
    graph = closed(house, closure(PlaceKind.LANE, 'F1.w2-F1.w3', robot_type='heavy')).graph
    assert 'F1.w3' in ways(graph.of_robot(RobotId('r1')), 'F1.w2')
    assert 'F1.w3' not in ways(graph.of_robot(RobotId('r2')), 'F1.w2')


def test_closures_for_all_and_for_one_type_add_up() -> None:
    house = with_types(loop(), r2='heavy')
    graph = closed(
        house,
        closure(PlaceKind.LANE, 'F1.w2-F1.w3', robot_type='heavy'),
        closure(PlaceKind.LANE, 'F1.w5-F1.w6'),
    ).graph
    heavy, other = graph.of_robot(RobotId('r2')), graph.of_robot(RobotId('r1'))
    assert ways(heavy, 'F1.w2') == ways(other, 'F1.w2') - {'F1.w3'}
    assert ways(heavy, 'F1.w5') == ways(other, 'F1.w5')
    assert NodeId('F1.w1') not in heavy.times_to(NodeId('F1.w4'))
    assert NodeId('F1.w1') in other.times_to(NodeId('F1.w4'))


def test_a_place_the_map_does_not_have_closes_nothing() -> None:
    graph = closed(loop(), closure(PlaceKind.LANE, 'nowhere')).graph
    assert graph.steps == StepGraph.of(loop()).steps


# --- what is cut off  ---


def where(hospital: Hospital) -> dict[RobotId, NodeId]:
    return {spec.id: spec.home for spec in hospital.robots.values()}


def test_the_only_lift_closed_cuts_off_the_floor_with_fewer_stations() -> None:
    house = two_floors(robots=6)
    found = closed(house, closure(PlaceKind.LIFT, 'A')).cut_off(where(house))
    assert found.stations == {'lab', 'ward'}
    assert found.robots == {'r5', 'r6'}


def test_one_of_two_lifts_closed_cuts_off_nothing() -> None:
    house = two_floors(robots=6, lifts=2)
    found = closed(house, closure(PlaceKind.LIFT, 'A')).cut_off(where(house))
    assert not found.stations
    assert not found.robots


def test_a_station_in_a_closed_zone_is_cut_off_and_a_robot_that_can_leave_is_not() -> None:
    house = with_zone(corridor(robots=5), 'spill', 7.0, -3.0, 9.0, 3.0)  # w3: middle, b3
    found = closed(house, closure(PlaceKind.ZONE, 'F1.spill')).cut_off(where(house))
    assert 'middle' in found.stations
    assert 'r3' not in found.robots


def test_a_station_that_another_type_gets_to_is_not_cut_off() -> None:
    house = with_types(corridor(), r2='heavy')
    found = closed(house, closure(PlaceKind.LANE, 'F1.w3-F1.w4', robot_type='heavy'))
    assert not found.cut_off(where(house)).stations


# --- always  ---


@pytest.mark.slow
@settings(max_examples=1_000)
@given(st.data())
def test_no_step_leads_into_what_is_closed_and_every_step_inside_leads_nearer_out(
    data: st.DataObject,
) -> None:
    house = data.draw(st.sampled_from(HOUSES))
    places = [
        *((PlaceKind.LANE, lane) for lane in house.lanes),
        *((PlaceKind.LIFT, lift) for lift in house.lifts),
        *((PlaceKind.FLOOR, floor) for floor in house.floors),
        *(
            (PlaceKind.ZONE, zone_place(floor.id, z.id))
            for floor in house.floors.values()
            for z in floor.zones
        ),
    ]
    chosen = data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=4, unique=True))
    before = StepGraph.of(house)
    found = Closed.of(before, [closure(kind, place) for kind, place in chosen])
    inside = {n for n in house.nodes if found.is_inside(RobotId('r1'), n)}
    for node, steps in found.graph.steps.items():
        assert set(steps) <= set(found.any_way_out.steps[node])
        assert set(found.any_way_out.steps[node]) <= set(before.steps[node])
        for step in steps:
            assert (PlaceKind.LANE, step.lane) not in chosen
            assert (PlaceKind.LIFT, step.lift) not in chosen
            assert step.origin in inside or step.target not in inside
    for node in inside:
        seen = [node]
        while seen[-1] in inside and found.graph.steps[seen[-1]]:
            seen.append(found.graph.steps[seen[-1]][0].target)
            assert len(seen) == len(set(seen)), 'round in circles'
        assert len(seen) == 1 or seen[-1] not in inside


HOUSES = [
    loop(),
    with_zone(corridor(length=9), 'spill', 7.0, -3.0, 25.0, 3.0),
    with_zone(two_floors(lifts=2), 'lobby', 11.0, -6.0, 20.0, 6.0, floor='F2'),
]
