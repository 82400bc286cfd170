"""May this robot serve this delivery? Each sentence, true, false, and on its edge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.dispatch.predicates.can_get_there import Ways, can_get_there
from fleet_manager.domain.dispatch.predicates.has_a_box_for import usable_boxes
from fleet_manager.domain.dispatch.predicates.has_battery_for_a_run import has_battery_for_a_run
from fleet_manager.domain.dispatch.predicates.is_free_and_in_service import is_free_and_in_service
from fleet_manager.domain.dispatch.predicates.may_drive_there import may_drive_there
from fleet_manager.domain.ids import LaneId, NodeId, RobotId
from fleet_manager.domain.maps.model import Hospital, Name, RobotType
from fleet_manager.domain.maps.serialise import with_version
from fleet_manager.domain.messages import (
    LiftMode,
    PauseFleet,
    PauseRobot,
    ResumeRobot,
    RunAssigned,
)
from fleet_manager.domain.robots.battery import ENOUGH_FOR_A_RUN, STAY_ON_CHARGER_BELOW
from fleet_manager.domain.traffic.hindrances import Hindrances, hindrances
from tests.application.stage import OPERATOR, Stage
from tests.hospitals import corridor, two_floors

R1 = RobotId('r1')


def ready() -> Stage:
    stage = Stage()
    stage.tick()
    return stage


# --- there is an empty, closed and locked compartment  ---


def test_empty_closed_and_locked_compartments_may_be_loaded() -> None:
    stage = ready()
    assert usable_boxes(stage.kernel.turn(), stage.robot('r1')) == {'c1', 'c2'}
    stage.box('r1', 'c1', occupied=True)
    assert usable_boxes(stage.kernel.turn(), stage.robot('r1')) == {'c2'}


@pytest.mark.parametrize('change', [{'occupied': True}, {'closed': False}, {'locked': False}])
def test_a_compartment_that_is_full_open_or_unlocked_may_not(change: dict[str, bool]) -> None:
    stage = ready()
    boxes = tuple(replace(c, **change) for c in stage.reports[R1].compartments)
    stage.say('r1', compartments=boxes)
    assert not usable_boxes(stage.kernel.turn(), stage.robot('r1'))


def test_a_robot_without_compartments_has_none_empty() -> None:
    stage = ready()
    stage.say('r1', compartments=())
    assert not usable_boxes(stage.kernel.turn(), stage.robot('r1'))


# --- the battery lasts for a run and the way to a charger  ---


@pytest.mark.parametrize(
    ('battery', 'charging', 'enough'),
    [
        (ENOUGH_FOR_A_RUN, False, True),
        (ENOUGH_FOR_A_RUN - 0.01, False, False),
        (STAY_ON_CHARGER_BELOW, True, True),
        (STAY_ON_CHARGER_BELOW - 0.01, True, False),
        (None, False, False),
    ],
)
def test_the_battery_must_be_known_and_last_and_more_so_on_a_charger(
    battery: float | None, charging: bool, enough: bool
) -> None:
    stage = ready()
    stage.say('r1', battery=battery, charging=charging)
    assert has_battery_for_a_run(stage.kernel.turn(), stage.robot('r1')) is enough


# --- the robot is in service, heard, not held by anybody, and serves nothing else  ---


def test_a_robot_at_rest_is_free() -> None:
    stage = ready()
    assert is_free_and_in_service(stage.kernel.turn(), stage.robot('r1'))


def test_a_robot_with_a_delivery_is_not_free() -> None:
    stage = ready()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.ASSIGNED)
    assert not is_free_and_in_service(stage.kernel.turn(), stage.robot(stage.carrier(delivery)))


def test_a_silent_or_held_robot_is_not_in_service() -> None:
    for command in (PauseRobot(OPERATOR, R1), PauseFleet(OPERATOR), None):
        stage = ready()
        if command is not None:
            stage.send(command)
        else:
            stage.silent.add('r1')
            stage.wait(11_000)
        assert not is_free_and_in_service(stage.kernel.turn(), stage.robot('r1'))


# --- nothing that stands still is in the way to the sender or on to the recipient  ---


def lead(stage: Stage, hindered: Hindrances, sender: str, recipient: str, robot: str) -> bool:
    delivery = stage.delivery(stage.request(sender, recipient))
    turn = stage.kernel.turn()
    return can_get_there(turn, Ways(turn, hindered), stage.robot(robot), delivery)


def test_an_empty_floor_leads_everywhere() -> None:
    stage = ready()
    assert lead(stage, Hindrances(), 'pharmacy', 'ward', 'r1')


def test_a_robot_that_stands_still_in_a_corridor_cuts_it_in_two() -> None:
    stage = Stage(corridor(robots=3, length=5))
    stage.request('middle', 'west')
    stage.tick()
    dead = stage.carrier('D000001')
    stage.send(PauseRobot(OPERATOR, RobotId(dead)))
    hindered = hindrances(stage.kernel.turn())
    assert hindered.robots == {dead}
    assert dead == 'r3', 'which holds w3'
    assert not lead(stage, hindered, 'west', 'east', 'r1')
    assert not lead(stage, hindered, 'west', 'middle', 'r1')
    assert Ways(stage.kernel.turn(), hindered).lead(NodeId('F1.b1'), NodeId('F1.west'), R1)


def test_without_its_lift_another_floor_is_far_away() -> None:
    stage = Stage(two_floors(robots=2, lifts=1))
    stage.tick()
    stage.lift(mode=LiftMode.FIRE)
    hindered = hindrances(stage.kernel.turn())
    assert not lead(stage, hindered, 'pharmacy', 'ward', 'r1')
    assert lead(stage, hindered, 'pharmacy', 'stores', 'r1')


def test_the_way_begins_where_the_robot_cannot_turn_back_any_more() -> None:
    stage = Stage(corridor(robots=1))
    stage.request('east', 'west')
    stage.tick()
    delivery = stage.delivery('D000001')
    turn = stage.kernel.turn()
    ways = Ways(turn, Hindrances(frozenset({RobotId('nobody')})))
    assert can_get_there(turn, ways, stage.robot('r1'), delivery)


# --- robots of its type may use the lanes to the sender and on to the recipient  ---


def carts_and_boxes() -> Hospital:
    """A corridor whose lane to the station `middle` is for `box` only; r1 is one, r2 a cart."""
    hospital = corridor(robots=2)
    to_middle = LaneId('F1.w3-F1.middle')
    lanes = {**hospital.lanes, to_middle: replace(hospital.lanes[to_middle], robots=('box',))}
    types = {name: RobotType(name, Name(name, name), 0.6, 0.5, 0.4) for name in ('box', 'cart')}
    robots = {
        name: replace(spec, type='box' if name == 'r1' else 'cart')
        for name, spec in hospital.robots.items()
    }
    return with_version(replace(hospital, lanes=lanes, types=types, robots=robots))


@pytest.mark.parametrize(
    ('sender', 'recipient', 'robot', 'may'),
    [
        ('west', 'east', 'r1', True),
        ('west', 'east', 'r2', True),
        ('middle', 'east', 'r1', True),
        ('middle', 'east', 'r2', False),
        ('west', 'middle', 'r2', False),
    ],
)
def test_a_robot_whose_type_may_not_use_the_lanes_is_no_robot_for_the_delivery(
    sender: str, recipient: str, robot: str, may: bool
) -> None:
    stage = Stage(carts_and_boxes())
    stage.tick()
    delivery = stage.delivery(stage.request(sender, recipient))
    turn = stage.kernel.turn()
    assert may_drive_there(turn, stage.robot(robot), delivery) is may


def test_a_delivery_waits_for_a_robot_of_a_type_that_gets_there() -> None:
    stage = Stage(carts_and_boxes())
    stage.tick()
    stage.send(PauseRobot(OPERATOR, R1))
    delivery = stage.request('middle', 'east')
    stage.wait(5_000)
    assert stage.delivery(delivery).state is DeliveryState.ACCEPTED, 'r2 is free and may not'
    stage.send(ResumeRobot(OPERATOR, R1))
    stage.reach(delivery, DeliveryState.DELIVERED)
    assert stage.last(RunAssigned).robot == R1
