"""How long a plan takes things to be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleet_manager.domain.ids import FloorId, LaneId, LiftId
from fleet_manager.domain.traffic import durations
from tests.hospitals import two_floors

HOSPITAL = two_floors(door=True)
LIFT = HOSPITAL.lifts[LiftId('A')]
F1, F2 = FloorId('F1'), FloorId('F2')


def test_a_lane_takes_its_length_the_node_and_its_door() -> None:
    lane = HOSPITAL.lanes[LaneId('F1.w1-F1.w2')]
    assert durations.drive(lane, waits=False) == 5_000 + 1_500
    assert durations.drive(lane, waits=True) == 5_000 + 1_500 + 3_000


@pytest.mark.parametrize(('speed', 'expected'), [(1.0, 5_000), (1_000.0, 4_000)])
def test_a_car_speeds_up_goes_and_brakes_or_never_gets_to_speed(
    speed: float, expected: int
) -> None:
    lift = replace(LIFT, speed=speed)
    assert durations.travel(HOSPITAL, lift, F1, F2) == expected
    assert durations.travel(HOSPITAL, lift, F1, F1) == 0


def test_a_call_reckons_with_the_farthest_stop_and_a_ride_with_both_doors() -> None:
    assert durations.call(HOSPITAL, LIFT, F1) == 5_000 + 3_000 + 6_000
    assert durations.ride(HOSPITAL, LIFT, F1, F2) == 5_000 + 2 * 3_000 + 6_000
