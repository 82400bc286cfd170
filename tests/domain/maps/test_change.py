"""What counts as taken away by a new map, and what goes on as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleet_manager.domain.ids import LaneId, LiftId, NodeId
from fleet_manager.domain.maps.change import changes
from fleet_manager.domain.maps.model import Hospital, Name
from tests.hospitals import loop, two_floors
from tests.redrawn import moved, with_lane, without, without_lift, without_station

RING = loop()
HOUSE = two_floors(robots=4, lifts=2, door=True)


def places(now: Hospital, then: Hospital) -> set[str]:
    return set(changes(now, then).places)


def test_the_same_map_takes_nothing_away() -> None:
    assert places(HOUSE, HOUSE) == set()


def test_a_new_lane_with_room_around_it_takes_nothing_away() -> None:
    assert places(RING, with_lane(RING, 'F1.w2', 'F1.w6')) == set()


def test_a_new_lane_too_close_to_a_place_clears_that_place_first() -> None:
    # the diameter from w1 runs through the hand-over place in front of it
    assert 'node:F1.s1' in places(RING, with_lane(RING, 'F1.w1', 'F1.w5'))


def test_a_lane_that_goes_is_taken_away_and_its_ends_stay() -> None:
    assert places(RING, without(RING, lanes=['F1.w4-F1.w5'])) == {'lane:F1.w4-F1.w5'}


def test_a_node_that_goes_takes_its_lanes_along() -> None:
    assert places(RING, without(RING, nodes=['F1.b7'])) == {'node:F1.b7', 'lane:F1.w7-F1.b7'}


@pytest.mark.parametrize(('by', 'same'), [(0.04, True), (0.06, False)])
def test_a_node_moved_by_more_than_five_centimetres_is_another_place(
    by: float, same: bool
) -> None:
    found = places(RING, moved(RING, 'F1.b7', by=by))
    assert found == (set() if same else {'node:F1.b7', 'lane:F1.w7-F1.b7'})


def test_a_station_that_goes_is_named_and_its_place_cleared() -> None:
    change = changes(RING, without_station(RING, 's5'))
    assert set(change.stations) == {'s5'}
    assert 'node:F1.s5' in change.places


def test_a_lift_that_goes_takes_its_car_and_cells() -> None:
    found = places(HOUSE, without_lift(HOUSE, 'B'))
    assert {'car:B', 'node:car.B', 'node:F1.B-wait', 'node:F2.B-exit'} <= found
    assert not any('A-' in place or place.endswith('.A') for place in found)


def test_a_faster_lift_is_another_lift_and_a_renamed_one_is_not() -> None:
    lift = HOUSE.lifts[LiftId('A')]
    faster = replace(HOUSE, lifts={**HOUSE.lifts, lift.id: replace(lift, speed=2.0)})
    renamed = replace(
        HOUSE, lifts={**HOUSE.lifts, lift.id: replace(lift, name=Name('梯', 'Lift'))}
    )
    assert places(HOUSE, faster) == {'car:A', 'node:car.A'}
    assert places(HOUSE, renamed) == set()


def test_a_lane_that_becomes_one_way_or_for_some_robots_only_is_cleared() -> None:
    lane = RING.lanes[LaneId('F1.w1-F1.w2')]
    for other in (replace(lane, one_way=True), replace(lane, robots=('cart',))):
        then = replace(RING, lanes={**RING.lanes, lane.id: other})
        assert places(RING, then) == {'lane:F1.w1-F1.w2'}


def test_a_slower_lane_written_the_other_way_round_is_the_same_place() -> None:
    lane = RING.lanes[LaneId('F1.w1-F1.w2')]
    turned = replace(lane, a=lane.b, b=lane.a, speed=0.3)
    assert places(RING, replace(RING, lanes={**RING.lanes, lane.id: turned})) == set()


def test_a_door_that_goes_clears_its_lane() -> None:
    way = LaneId('F1.w2-F1.w3')
    open_way = replace(HOUSE.lanes[way], door='')
    then = replace(HOUSE, doors={}, lanes={**HOUSE.lanes, way: open_way})
    assert places(HOUSE, then) == {f'lane:{way}'}


def test_a_bay_that_becomes_another_kind_of_place_is_cleared() -> None:
    bay = RING.nodes[NodeId('F1.b7')]
    charger = replace(bay, kind=RING.nodes[NodeId('F1.b1')].kind)
    assert places(RING, replace(RING, nodes={**RING.nodes, bay.id: charger})) == {
        'node:F1.b7',
        'lane:F1.w7-F1.b7',
    }
