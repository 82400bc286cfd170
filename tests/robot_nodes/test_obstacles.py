"""A robot with a laser stops for what is in its way, and for nothing else."""

from __future__ import annotations

import pytest

from robot_nodes.core.robot import Mode
from tests.robot_nodes.build import Stage, at, node, order

#: A person, as a laser sees one from a robot that comes along x.
PERSON = [(5.0, -0.2), (4.9, -0.1), (4.85, 0.0), (4.9, 0.1), (5.0, 0.2)]


def driving(things: list[tuple[float, float]], *, last: int = 4, seconds: float = 20.0) -> Stage:
    stage = Stage(at(0.0), max_speed=1.0, things=things)
    told = order([], nodes=[node(i, max_speed=1.0) for i in range(last + 1)])
    stage.tell(told)
    stage.run(seconds, again=told)
    return stage


def test_it_stops_short_of_a_person_says_so_and_goes_on_when_he_is_gone() -> None:
    stage = driving(PERSON)
    front = stage.pose.x + 0.3
    assert 0.2 <= 4.85 - front <= 0.4, f'stopped {4.85 - front:.2f} m away'
    assert 'blocked' in stage.last.state.errors
    assert stage.last.state.mode is Mode.WAITING
    stage.things = []
    told = order([], nodes=[node(i, max_speed=1.0) for i in range(5)])
    output = stage.run(15, again=told)
    assert output.state.last_sequence == 4
    assert 'blocked' not in output.state.errors


def test_somebody_who_crosses_is_no_reason_to_say_that_it_is_blocked() -> None:
    stage = driving([], seconds=3.0)
    stage.things = [(stage.pose.x + 0.9, 0.0)]
    assert 'blocked' not in stage.run(1.9).state.errors
    assert 'blocked' in stage.run(1.5).state.errors


@pytest.mark.parametrize(
    ('things', 'what'),
    [
        ([(3.0, 0.4), (5.0, -0.35)], 'walls beside the lane'),
        ([(8.7, 0.0)], 'a wall behind the place it stops at'),
        ([(-0.6, 0.0)], 'somebody behind it'),
    ],
)
def test_what_is_not_in_its_way_does_not_stop_it(
    things: list[tuple[float, float]], what: str
) -> None:
    assert driving(things).last.state.last_sequence == 4, what


def test_it_sees_what_stands_around_the_corner_of_its_way() -> None:
    corner = [node(0), node(1, x=3.0, y=0.0), node(2, x=3.0, y=4.0)]
    stage = Stage(at(0.0), things=[(3.0, 2.0)])
    told = order([], nodes=corner)
    stage.tell(told)
    stage.run(20, again=told)
    assert 1.2 < stage.pose.y + 0.3 < 1.85


def test_without_its_laser_it_stands_still_and_says_why() -> None:
    stage = driving([], seconds=3.0)
    stage.laser_is_dead = True
    output = stage.run(3)
    assert 'laser_lost' in output.state.errors
    assert output.state.mode is Mode.ERROR
    stood = stage.pose
    stage.run(2)
    assert stage.pose == stood
