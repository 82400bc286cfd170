"""What a robot says may be true as long as it is where it was allowed to be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.messages import HopKind, RobotReport
from fleet_manager.domain.robots.plausibility import (
    HOME_METRES,
    OFF_ROUTE_METRES,
    implausible,
    is_home,
    way_points,
)
from tests.application.stage import Stage
from tests.hospitals import corridor, two_floors


def sent() -> tuple[Stage, RobotReport]:
    """A robot with two released steps: from its bay b1 to w1 and w2."""
    stage = Stage(corridor(robots=1))
    stage.request('east', 'west')
    stage.tick()
    return stage, stage.reports[RobotId('r1')]


def verdict(**changes: Any) -> str | None:
    stage, report = sent()
    return implausible(stage.hospital, stage.kernel.state, replace(report, **changes))


@pytest.mark.parametrize(
    ('x', 'y'),
    [
        (0.0, 2.0),  # its bay
        (0.0, 1.0),  # on the lane out of it
        (0.0, 0.0),  # w1
        (2.0, 0.0),  # on the lane to w2
        (4.0, 0.0),  # w2
        (2.0, OFF_ROUTE_METRES - 0.01),  # giving way to a bed
    ],
)
def test_a_robot_may_be_anywhere_along_what_was_released(x: float, y: float) -> None:
    assert verdict(x=x, y=y) is None


@pytest.mark.parametrize(('x', 'y'), [(6.0, 0.0), (2.0, OFF_ROUTE_METRES + 0.01), (-2.0, 2.0)])
def test_beyond_and_beside_it_is_off_route(x: float, y: float) -> None:
    assert verdict(x=x, y=y) == 'off_route'


def test_a_node_that_was_not_released_cannot_have_been_reached() -> None:
    assert verdict(last_sequence=2) is None
    assert verdict(last_sequence=3) == 'ran_ahead'


def test_home_is_close_and_on_the_right_floor() -> None:
    stage, report = sent()
    assert is_home(stage.hospital, replace(report, x=HOME_METRES - 0.01))
    assert not is_home(stage.hospital, replace(report, x=HOME_METRES + 0.01))
    assert not is_home(stage.hospital, replace(report, floor='F9'))  # type: ignore[arg-type]


def test_in_a_car_any_floor_is_right_and_beside_it_none() -> None:
    stage = Stage(two_floors(robots=1))
    stage.request('ward', 'pharmacy')
    stage.tick()
    stage.until(lambda: stage.robot('r1').node == 'car.A')
    report = stage.reports[RobotId('r1')]
    for floor in ('F1', 'F2'):
        inside = replace(report, floor=floor)  # type: ignore[arg-type]
        assert implausible(stage.hospital, stage.kernel.state, inside) is None
    outside = replace(report, x=report.x + 3)
    assert implausible(stage.hospital, stage.kernel.state, outside) == 'off_route'


def test_on_its_way_into_a_car_a_robot_is_between_cell_and_car() -> None:
    stage = Stage(two_floors(robots=1))
    stage.request('ward', 'pharmacy')
    stage.tick()
    stage.until(lambda: any(h.kind is HopKind.BOARD for h in stage.robot('r1').hops[:1]))
    stage.auto = False
    stage.serve()
    stage.tick()
    stage.serve()
    stage.tick()
    hop = stage.robot('r1').hops[0]
    assert hop.sequence <= stage.robot('r1').released
    (x1, y1), (x2, y2) = way_points(stage.hospital, hop)
    assert stage.say('r1', x=(x1 + x2) / 2, y=(y1 + y2) / 2) == []


def test_the_way_over_a_lane_has_its_corners_in_the_order_of_driving() -> None:
    from fleet_manager.domain.maps.model import Point

    stage, _ = sent()
    hop = stage.robot('r1').hops[1]
    lane = stage.hospital.lanes[hop.lane]  # type: ignore[index]
    via = (Point(1.0, 0.5), Point(3.0, 0.5))
    stage.hospital.lanes[lane.id] = replace(lane, via=via)  # type: ignore[index]
    there = way_points(stage.hospital, hop)
    back = way_points(stage.hospital, replace(hop, origin=hop.target, target=hop.origin))
    assert there == [(0.0, 0.0), (1.0, 0.5), (3.0, 0.5), (4.0, 0.0)]
    assert back == there[::-1]
