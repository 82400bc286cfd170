"""Urgency: a robot counts for as much as the most urgent of all that wait for it."""

from __future__ import annotations

from fleet_manager.domain.dispatch.urgency import (
    IDLE,
    most_urgent_first,
    urgencies,
    urgency_of,
    weight,
)
from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.units import MINUTE
from tests.domain.dispatch.driving import Driving
from tests.hospitals import corridor, loop


def line() -> Driving:
    """Three robots behind each other on one corridor, each planned to wait for the one ahead."""
    fleet = Driving(corridor(robots=3, length=7))
    for name, goal in (('r3', 'F1.b6'), ('r2', 'F1.b5'), ('r1', 'F1.b4')):
        assert fleet.send(name, goal)
    fleet.release('r3')
    fleet.now += 40_000  # type: ignore[assignment]
    return fleet


def test_a_robot_in_front_inherits_the_urgency_of_all_behind_it() -> None:
    fleet = line()
    blood = fleet.carry('r1', 'blood')
    linen = fleet.carry('r3', 'supply')
    known = urgencies(fleet.turn())
    assert {name: key[2] for name, key in known.items()} == dict.fromkeys(
        ('r1', 'r2', 'r3'), blood
    )
    assert weight(known[RobotId('r3')]) == 8
    assert linen not in {key[2] for key in known.values()}


def test_nobody_inherits_from_the_one_it_waits_for() -> None:
    fleet = line()
    blood = fleet.carry('r3', 'blood')
    turn = fleet.turn()
    assert urgency_of(turn, fleet.robot('r3'))[2] == blood
    assert urgency_of(turn, fleet.robot('r1')) == IDLE
    assert [r.id for r in most_urgent_first(turn, turn.robots())] == ['r3', 'r1', 'r2']


def test_who_stands_where_another_one_has_to_go_inherits_its_urgency() -> None:
    fleet = Driving(loop(robots=2))
    assert fleet.send('r2', 'F1.s1')
    fleet.run_dry()
    blood = fleet.carry('r1', 'blood')  # from s1, where r2 stands
    assert urgency_of(fleet.turn(), fleet.robot('r2'))[2] == blood


def test_urgency_grows_with_waiting_and_never_weighs_more_than_what_is_most_urgent() -> None:
    fleet = Driving(corridor(robots=2))
    fleet.carry('r1', 'supply')
    fleet.carry('r2', 'supply', ago=100 * MINUTE)
    turn = fleet.turn()
    keys = [urgency_of(turn, fleet.robot(name)) for name in ('r1', 'r2')]
    assert keys[1] < keys[0]
    assert [weight(key) for key in keys] == [2, 8]
    assert weight(IDLE) == 1
    assert weight((-40, 0, 'D1')) == 8


def test_what_a_robot_holds_is_not_taken_away_for_another_one() -> None:
    fleet = line()
    held = fleet.held()
    fleet.carry('r1', 'blood')
    urgencies(fleet.turn())
    assert fleet.held() == held
