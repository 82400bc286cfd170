"""What each device should be doing, read off the state: no memory, no surprises."""

from __future__ import annotations

import pytest

from fleet_manager.application.directives import HORIZON, THRESHOLD_SPEED, directives
from fleet_manager.application.ports import Directive, DoorOrder
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import DoorId
from fleet_manager.domain.messages import LiftSessionStarted
from fleet_manager.domain.units import MINUTE, SECOND
from tests.application.stage import Stage
from tests.hospitals import corridor, two_floors
from tests.scenarios.day import QUICK, Day


def test_every_robot_and_door_has_a_directive_and_lifts_only_in_a_session() -> None:
    stage = Stage(two_floors(door=True))
    stage.tick()
    assert set(stage.kernel.directives()) == {'robot:r1', 'robot:r2', 'door:D'}


def test_the_same_state_says_the_same_thing() -> None:
    stage = Stage()
    stage.request()
    stage.tick()
    assert stage.kernel.directives() == stage.kernel.directives()


def test_an_order_begins_where_the_robot_is_and_releases_only_the_base() -> None:
    stage = Stage(corridor(robots=1, length=9))
    stage.request('east', 'west')
    stage.tick()
    order, robot = stage.order('r1'), stage.robot('r1')
    assert order.order_id == 'r1.1'
    assert [n.sequence for n in order.nodes] == list(range(3 + HORIZON))
    assert [n.released for n in order.nodes] == [True] * 3 + [False] * HORIZON
    assert order.nodes[0].node == robot.node == 'F1.b1'
    assert order.nodes[1].max_speed == 0.5


def test_the_number_of_an_order_grows_with_every_change_of_its_nodes() -> None:
    stage = Stage(corridor(robots=1, length=9))
    stage.request('east', 'west')
    updates = []
    for _ in range(6):
        stage.tick()
        updates.append(stage.order('r1').update)
    assert updates == sorted(updates)
    assert updates[-1] > updates[0]


def test_a_ride_is_two_nodes_with_the_session_on_both_floors() -> None:
    stage = Stage(two_floors(robots=1))
    stage.silent.add('A')
    stage.lift()
    stage.request('ward', 'pharmacy')
    stage.tick()
    stage.until(lambda: stage.lift() == [] and stage.robot('r1').node == 'F1.A-wait')
    _, board, alight = stage.order('r1').nodes[:3]
    session = stage.last(LiftSessionStarted).session
    assert (board.node, board.boards, board.floor, board.session) == ('car.A', True, 'F1', session)
    assert (alight.node, alight.boards, alight.floor) == ('F2.A-exit', False, 'F2')
    assert alight.session == session
    assert alight.lift == board.lift == 'A'
    assert board.max_speed == alight.max_speed == THRESHOLD_SPEED


def test_in_the_car_the_order_begins_on_the_floor_of_boarding() -> None:
    stage = Stage(two_floors(robots=1))
    stage.request('ward', 'pharmacy')
    stage.tick()
    stage.until(lambda: stage.robot('r1').node == 'car.A')
    first = stage.order('r1').nodes[0]
    assert (first.node, first.floor) == ('car.A', 'F1')


def test_a_door_is_wanted_while_a_robot_passes_it_or_is_next_to() -> None:
    stage = Stage(two_floors(robots=1, door=True))
    stage.request('stores', 'pharmacy')
    stage.tick()
    shut, opened = DoorOrder(DoorId('D'), open=False), DoorOrder(DoorId('D'), open=True)
    assert stage.kernel.directives()['door:D'] == shut
    stage.tick()
    assert stage.kernel.directives()['door:D'] == opened
    stage.until(lambda: stage.robot('r1').node == 'F1.stores')
    assert stage.kernel.directives()['door:D'] == shut


def test_a_robot_charges_whenever_its_way_ends_on_a_charger() -> None:
    stage = Stage()
    stage.tick()
    assert stage.order('r1').charge, 'at home, though nobody sent it there'
    assert not stage.order('r2').charge
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.UNDER_WAY)
    assert not stage.order(stage.carrier(delivery)).charge


@pytest.mark.thorough
@pytest.mark.parametrize('seed', range(2))
def test_what_is_kept_from_turn_to_turn_is_what_would_be_made_anew(seed: int) -> None:
    house = two_floors(robots=4, lifts=2, door=True)
    day = Day(house, seed, robots=4, deliveries=6, every_ms=20 * SECOND, habits=QUICK)
    told: dict[str, Directive] = {}

    def compare() -> None:
        kernel = day.sim.manager.kernel
        anew = directives(kernel.turn())
        told.update(kernel.changed_directives())
        assert list(kernel.directives().items()) == list(anew.items())
        assert {name: told[name] for name in anew} == anew

    day.sim.on_step.append(compare)
    day.run(rough_ms=10 * MINUTE)
    assert day.sim.manager.journal
