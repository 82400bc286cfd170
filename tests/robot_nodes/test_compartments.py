"""A compartment opens once for each grant, and only where the robot stands."""

from __future__ import annotations

from fleet_manager.domain.units import Instant
from robot_nodes.core.follower import STILL
from robot_nodes.core.memory import Compartment
from robot_nodes.core.order import Order
from tests.robot_nodes.build import Stage, at, order

LATER = Instant(10_000_000)


def granted(
    number: int, name: str = 'c1', *, base: tuple[int, ...] = (0,), **more: object
) -> Order:
    fields = {'grant': number, 'grant_compartment': name, 'grant_expires': LATER, **more}
    return order(base, **fields)  # type: ignore[arg-type]


def opened(stage: Stage) -> list[str]:
    return [c.id for c in stage.last.state.compartments if not c.closed]


def test_a_grant_opens_its_compartment_once() -> None:
    stage = Stage(at(0.0))
    stage.tell(granted(3))
    stage.step()
    assert opened(stage) == ['c1']
    assert stage.last.state.last_grant == 3
    stage.run(10, again=granted(3))
    assert opened(stage) == []
    assert stage.last.state.compartments[0] == Compartment('c1', occupied=True)


def test_simulated_hands_put_a_parcel_in_and_take_it_out_again() -> None:
    stage = Stage(at(0.0), hands_seconds=4.0)
    stage.tell(granted(1))
    stage.run(3)
    assert stage.last.state.compartments[0] == Compartment(
        'c1', locked=False, closed=False, occupied=True
    )
    stage.run(2)
    assert stage.last.state.compartments[0].occupied
    stage.tell(granted(2))
    stage.run(5)
    assert stage.last.state.compartments[0] == Compartment('c1')


def test_without_simulated_hands_it_stays_open_until_somebody_closes_it() -> None:
    stage = Stage(at(0.0), hands_seconds=0.0)
    stage.tell(granted(1))
    stage.run(60)
    assert opened(stage) == ['c1']
    hands = stage.robot.compartments
    assert hands.move_parcel('c1')
    assert hands.close('c1')
    assert not hands.close('c1')
    assert not hands.move_parcel('c1')
    stage.step()
    assert stage.last.state.compartments[0] == Compartment('c1', occupied=True)


def test_an_expired_grant_and_an_unknown_compartment_are_refused() -> None:
    stage = Stage(at(0.0))
    stage.tell(granted(1, grant_expires=Instant(1_000)))
    assert stage.last.state.errors == ('grant_refused:expired',)
    stage.tell(granted(2, 'c9'))
    assert stage.last.state.errors == ('grant_refused:unknown_compartment',)
    assert opened(stage) == []
    assert stage.last.state.last_grant == 0


def test_it_opens_nothing_while_it_drives_or_has_something_released_in_front() -> None:
    stage = Stage(at(0.0))
    told = granted(1, base=(0, 1, 2))
    stage.tell(told)
    while stage.last.state.last_sequence < 2:
        assert opened(stage) == []
        stage.inputs.orders = (told,)
        stage.step()
    stage.run(3, again=told)
    assert opened(stage) == ['c1']
    assert stage.distance_to(4.0, 0.0) <= 0.03


def test_it_does_not_move_with_an_open_compartment() -> None:
    stage = Stage(at(0.0), hands_seconds=0.0)
    stage.tell(granted(1))
    stage.run(1)
    assert opened(stage) == ['c1']
    output = stage.run(5, again=order([0, 1], update=2))
    assert output.speeds == STILL
    stage.robot.compartments.close('c1')
    stage.run(12, again=order([0, 1], update=2))
    assert stage.distance_to(2.0, 0.0) <= 0.03


def test_only_one_compartment_is_open_at_a_time() -> None:
    stage = Stage(at(0.0), hands_seconds=0.0)
    stage.tell(granted(1))
    stage.run(1)
    stage.run(1, again=granted(2, 'c2'))
    assert opened(stage) == ['c1']
    stage.robot.compartments.close('c1')
    stage.run(1, again=granted(2, 'c2'))
    assert opened(stage) == ['c2']


def test_a_grant_carried_out_before_a_power_cut_is_not_carried_out_again() -> None:
    stage = Stage(at(0.0), hands_seconds=0.0)
    stage.tell(granted(1))
    stage.run(1)
    stage.robot.compartments.close('c1')
    stage.step()
    stage.start()
    stage.run(2, again=granted(1))
    assert opened(stage) == []
    assert stage.last.state.last_grant == 1


def test_an_open_door_is_remembered_over_a_power_cut_and_hands_close_it() -> None:
    stage = Stage(at(0.0))
    stage.tell(granted(1))
    stage.run(1)
    stage.start()
    stage.step()
    assert opened(stage) == ['c1']
    stage.run(5)
    assert opened(stage) == []


def test_a_cooled_compartment_says_how_warm_it_is_and_the_others_say_nothing() -> None:
    stage = Stage(at(0.0), hands_seconds=0.0, cooled=('c2',))
    stage.step()
    assert stage.last.state.celsius.keys() == {'c2'}
    assert 3.0 <= stage.last.state.celsius['c2'] <= 5.0
    stage.tell(granted(1, 'c2'))
    stage.run(600)
    assert stage.last.state.celsius['c2'] > 9.0, 'it stands open'
