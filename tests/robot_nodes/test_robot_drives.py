"""A robot in a small kinematic world: it keeps to its lane and stops where its base ends."""

from __future__ import annotations

import itertools
import math

import pytest

from fleet_manager.domain.ids import FloorId
from fleet_manager.domain.units import Instant
from robot_nodes.core.follower import STILL
from robot_nodes.core.gates import DoorView, LiftView
from robot_nodes.core.geometry import distance_to_line
from robot_nodes.core.order import Order, Pose
from robot_nodes.core.robot import Mode
from tests.robot_nodes.build import F1, Stage, at, node, order

CORNERS = [
    node(0, max_speed=1.0),
    node(1, x=4.0, y=0.0, max_speed=1.0),
    node(2, x=4.0, y=5.0, max_speed=1.0),
    node(3, x=9.0, y=8.0, max_speed=1.0, via=((6.0, 5.0), (8.0, 6.0))),
    node(4, x=9.0, y=3.0, max_speed=1.0),
    node(5, x=3.0, y=3.2, max_speed=1.0, via=((8.0, 3.0), (6.5, 3.1))),
]


def line_of(told: Order) -> list[tuple[float, float]]:
    first, *others = told.nodes
    return [first.xy, *itertools.chain.from_iterable((*n.via, n.xy) for n in others)]


@pytest.mark.parametrize(('step_ms', 'delay'), [(50, 1), (50, 2), (100, 1)])
def test_it_keeps_to_the_lane_within_5_cm_and_stops_within_3_cm(step_ms: int, delay: int) -> None:
    stage = Stage(at(0.0), max_speed=1.0, step_ms=step_ms, delay=delay)
    told = order([], nodes=CORNERS)
    stage.tell(told)
    output = stage.run(75, again=told)
    assert output.state.last_sequence == 5
    assert output.state.mode is Mode.IDLE
    assert stage.distance_to(3.0, 3.2) <= 0.03
    line = line_of(told)
    assert max(distance_to_line((p.x, p.y), line) for p in stage.track) <= 0.05


@pytest.mark.parametrize('yaw', [0.0, math.pi / 2, math.pi, -2.0])
def test_it_turns_on_the_spot_before_it_sets_off(yaw: float) -> None:
    stage = Stage(at(0.0, yaw=yaw))
    told = order([0, 1])
    stage.tell(told)
    stage.run(15, again=told)
    assert stage.distance_to(2.0, 0.0) <= 0.03
    assert max(abs(p.y) for p in stage.track) <= 0.05


def test_it_drives_through_released_nodes_without_stopping() -> None:
    stage = Stage(at(0.0))
    told = order(range(6))
    stage.tell(told)
    speeds = [stage.step().state.speed for _ in range(20 * 12)]
    assert min(speeds[60:200]) > 0.75
    assert stage.last.state.last_sequence >= 4


def test_it_stops_at_the_end_of_the_base_and_never_drives_the_horizon() -> None:
    stage = Stage(at(0.0))
    told = order([0, 1], horizon=[2, 3])
    stage.tell(told)
    output = stage.run(30, again=told)
    assert output.state.last_sequence == 1
    assert output.state.mode is Mode.WAITING
    assert max(p.x for p in stage.track) <= 2.03
    longer = order([1, 2], horizon=[3], update=2)
    output = stage.run(30, again=longer)
    assert output.state.last_sequence == 2
    assert stage.distance_to(4.0, 0.0) <= 0.03


def test_a_base_that_grows_in_time_is_driven_without_stopping() -> None:
    stage = Stage(at(0.0))
    stage.tell(order([0, 1], horizon=[2]))
    update, slowest = 1, math.inf
    for _ in range(20 * 20):
        last = stage.last.state.last_sequence
        if last + 2 > update:
            update += 1
            base = range(last, min(8, last + 2) + 1)
            stage.inputs.orders = (order(base, update=update),)
        speed = stage.step().state.speed
        if 2.0 < stage.pose.x < 12.0:
            slowest = min(slowest, speed)
    assert slowest > 0.6


def test_points_that_lie_on_each_other_are_one() -> None:
    stage = Stage(at(0.0))
    doubled = node(1, via=((0.0, 0.0), (1.0, 0.0), (1.0, 0.0), (2.0, 0.0)))
    told = order([], nodes=[node(0), doubled, node(2, x=2.0), node(3, x=4.0)])
    stage.tell(told)
    stage.run(15, again=told)
    assert stage.last.state.last_sequence == 3
    assert stage.distance_to(4.0, 0.0) <= 0.03
    assert max(abs(p.y) for p in stage.track) <= 0.01


def test_a_paused_robot_stands_and_goes_on() -> None:
    stage = Stage(at(0.0))
    told = order([0, 1, 2, 3])
    stage.tell(told)
    stage.run(4, again=told)
    held = order([0, 1, 2, 3], paused=True)
    assert stage.tell(held).speeds == STILL
    output = stage.run(3, again=held)
    assert (output.state.mode, output.state.speed) == (Mode.PAUSED, 0.0)
    stage.run(20, again=told)
    assert stage.distance_to(6.0, 0.0) <= 0.03


@pytest.mark.thorough
def test_without_a_word_from_the_manager_it_stops_at_the_next_node() -> None:
    stage = Stage(at(0.0))
    stage.tell(order(range(9), lease=4.0))
    output = stage.run(40)
    assert 'silent_manager' in output.state.errors
    node_x = 2.0 * output.state.last_sequence
    assert 0 < output.state.last_sequence < 8
    assert stage.distance_to(node_x, 0.0) <= 0.03
    output = stage.run(30, again=order(range(9), lease=4.0))
    assert output.state.errors == ()
    assert stage.distance_to(16.0, 0.0) <= 0.03


def test_without_localisation_it_stands_within_a_second() -> None:
    stage = Stage(at(0.0))
    told = order([0, 1, 2, 3])
    stage.tell(told)
    stage.run(4, again=told)
    stage.blind = True
    output = stage.run(1.2, again=told)
    assert output.speeds == STILL
    assert output.state.mode is Mode.ERROR
    assert 'localisation_lost' in output.state.errors
    stage.blind = False
    stage.run(20, again=told)
    assert stage.distance_to(6.0, 0.0) <= 0.03


def test_a_pose_that_is_no_number_stops_it_at_once() -> None:
    stage = Stage(at(0.0))
    told = order([0, 1, 2, 3])
    stage.tell(told)
    stage.run(4, again=told)
    stage.blind = True
    stage.inputs.pose = Pose(F1, math.nan, 0.0, 0.0)
    output = stage.step()
    assert output.speeds == STILL
    assert output.state.mode is Mode.ERROR


def test_off_its_route_or_on_a_wrong_floor_it_stands() -> None:
    stage = Stage(at(0.0))
    told = order([0, 1, 2, 3])
    stage.tell(told)
    stage.run(4, again=told)
    stage.pose = at(3.0, 1.5)
    assert 'off_route' in stage.run(1, again=told).state.errors
    stage.pose = at(3.0, floor=FloorId('F2'))
    output = stage.run(1, again=told)
    assert output.state.errors == ('wrong_floor',)
    assert output.speeds == STILL


def test_a_refused_order_is_echoed_and_the_old_one_goes_on() -> None:
    stage = Stage(at(0.0))
    told = order([0, 1])
    stage.tell(told)
    output = stage.tell(order([0, 1], update=2, map_version='v2'))
    assert output.state.errors == ('order_refused:wrong_map',)
    assert (output.state.order_id, output.state.update) == ('o1', 1)
    assert stage.tell(told).state.errors == ()


def test_after_a_power_cut_in_the_lane_it_goes_on_from_its_memory() -> None:
    stage = Stage(at(0.0))
    told = order([], nodes=CORNERS)
    stage.tell(told)
    for _ in range(6):
        stage.run(4, again=told)
        stage.start()
    output = stage.run(70, again=told)
    assert output.state.last_sequence == 5
    assert stage.distance_to(3.0, 3.2) <= 0.03
    line = line_of(told)
    assert max(distance_to_line((p.x, p.y), line) for p in stage.track) <= 0.06


def test_what_it_rolled_past_while_its_program_was_dead_it_notes_when_it_is_back() -> None:
    stage = Stage(at(0.0))
    told = order(range(4))
    stage.tell(told)
    stage.run(1, again=told)
    stage.pose = at(3.2)
    stage.start()
    output = stage.run(12, again=told)
    assert output.state.errors == ()
    assert output.state.last_sequence == 3
    assert stage.distance_to(6.0, 0.0) <= 0.03


def test_behind_a_door_it_has_not_noted_it_does_not_know_where_it_is() -> None:
    stage = Stage(at(0.0))
    told = order([], nodes=[node(0), node(1), node(2, door='D'), node(3)])
    stage.tell(told)
    stage.pose = at(5.0)
    stage.start()
    output = stage.run(2, again=told)
    assert 'off_route' in output.state.errors
    assert output.state.last_sequence == 0


def test_a_robot_that_rolled_too_far_into_a_car_is_inside_all_the_same() -> None:
    stage = Stage(at(2.2))
    told = order([], nodes=[node(0), node(1, lift='A', boards=True, session='s1')])
    view = LiftView('F1', door_open=True, agv=True, session='s1', heard=Instant(stage.now))
    stage.inputs.lifts = {'A': view}
    stage.tell(told)
    assert stage.run(1).state.last_sequence == 1


def test_a_robot_does_not_drive_into_a_car_with_somebody_in_it_and_says_so() -> None:
    stage = Stage(at(0.0))
    told = order([], nodes=[node(0), node(1, lift='A', boards=True, session='s1')])

    def look(*, occupied: bool) -> tuple[str, ...]:
        view = LiftView('F1', True, True, 's1', Instant(stage.now), occupied=occupied)
        stage.inputs.lifts = {'A': view}
        return stage.run(1, again=told).state.errors

    stage.tell(told)
    assert 'cabin_full' in look(occupied=True)
    assert stage.distance_to(0.0, 0.0) < 0.05
    look(occupied=False)
    for _ in range(10):
        errors = look(occupied=False)
    assert stage.last.state.last_sequence == 1
    assert errors == ()


def test_a_corridor_door_that_is_not_open_is_waited_for() -> None:
    stage = Stage(at(0.0))
    told = order([], nodes=[node(0), node(1), node(2, door='D')])
    stage.tell(told)
    output = stage.run(12, again=told)
    assert (output.state.last_sequence, output.state.mode) == (1, Mode.WAITING)
    assert max(p.x for p in stage.track) <= 2.03
    for _ in range(20 * 12):
        stage.inputs.doors = {'D': DoorView(is_open=True, heard=Instant(stage.now))}
        stage.inputs.orders = (told,)
        stage.step()
    assert stage.last.state.last_sequence == 2


def test_it_boards_rides_and_leaves_a_lift_only_as_the_lift_says() -> None:
    f3 = FloorId('F3')
    stage = Stage(at(0.0))
    told = order(
        [],
        nodes=[
            node(0),
            node(1, lift='A', boards=True, session='s1', max_speed=0.4),
            node(2, x=0.0, lift='A', session='s1', floor=f3, max_speed=0.4),
            node(3, x=-2.0, floor=f3),
        ],
    )

    def go(seconds: float, **lift: object) -> None:
        for _ in range(int(seconds * 20)):
            values = {'floor': 'F1', 'door_open': True, 'agv': True, 'session': 's1', **lift}
            view = LiftView(**values, heard=Instant(stage.now))  # type: ignore[arg-type]
            stage.inputs.lifts = {'A': view}
            stage.inputs.orders = (told,)
            stage.step()

    go(3.0, door_open=False)
    go(3.0, session='s2')
    go(3.0, floor='F2')
    go(3.0, agv=False)
    assert stage.distance_to(0.0, 0.0) < 0.05
    go(10.0)
    assert stage.last.state.last_sequence == 1
    assert stage.distance_to(2.0, 0.0) <= 0.03
    go(5.0)
    go(5.0, floor='F3')
    assert stage.last.state.mode is Mode.WAITING
    assert stage.distance_to(2.0, 0.0) <= 0.03
    stage.pose = at(stage.pose.x, stage.pose.y, stage.pose.yaw, f3)
    go(3.0, floor='F3', door_open=False)
    assert stage.distance_to(2.0, 0.0) <= 0.03
    go(20.0, floor='F3')
    assert stage.last.state.last_sequence == 3
    assert stage.distance_to(-2.0, 0.0) <= 0.03
    assert stage.last.state.errors == ()
