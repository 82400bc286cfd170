"""Who is in line for a lift, at which place, why not riding yet, and how long it will take."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fleet_manager.application.views import picture
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import LiftId
from fleet_manager.domain.maps.serialise import with_version
from fleet_manager.domain.messages import LiftDoor, LiftMode
from fleet_manager.domain.state import LiftRest
from fleet_manager.domain.units import MINUTE, Instant
from tests.application.stage import Stage
from tests.hospitals import two_floors


def lift(stage: Stage) -> dict[str, Any]:
    found: dict[str, Any] = picture(stage.kernel.turn())['lift']['A']
    return found


def in_line(stage: Stage) -> list[tuple[str, str]]:
    return [(one['robot'], one['code']) for one in lift(stage)['queue']]


def loaded(*, robots: int = 1, access: str = 'service') -> Stage:
    """A robot has a parcel for upstairs; the lift stays free and closed."""
    hospital = two_floors(robots=robots)
    lifts = {name: replace(one, access=access) for name, one in hospital.lifts.items()}
    stage = Stage(with_version(replace(hospital, lifts=lifts)))
    stage.saying['A'] = {}
    first = stage.request('pharmacy', 'ward')
    stage.reach(first, DeliveryState.UNDER_WAY)
    stage.tick()
    return stage


def test_a_robot_on_its_way_to_the_lift_is_in_line_already_with_a_time() -> None:
    stage = loaded()
    assert in_line(stage) == [('r1', 'comes')]
    (waiting,) = lift(stage)['queue']
    assert stage.now <= waiting['expected'] < stage.now + 5 * MINUTE
    assert waiting['expected'] % 5_000 == 0


def test_a_robot_that_is_served_is_the_session_and_those_behind_it_say_so() -> None:
    stage = loaded(robots=2)
    second = stage.request('stores', 'lab')
    stage.reach(second, DeliveryState.UNDER_WAY)
    stage.until(lambda: lift(stage)['session'] is not None and lift(stage)['queue'])
    session, (waiting,) = lift(stage)['session'], lift(stage)['queue']
    assert session['stage'] == 'requested'
    assert waiting['robot'] != session['robot']
    assert (waiting['code'], waiting['params']) == ('behind', {'robot': session['robot']})


def test_while_people_have_the_lift_who_stands_before_it_is_told_until_when() -> None:
    stage = loaded()
    until = Instant(stage.now + 3 * MINUTE)
    stage.kernel.state.rests[LiftId('A')] = LiftRest(until, tries=1, why='full')
    stage.wait(20_000)
    (waiting,) = lift(stage)['queue']
    assert (waiting['code'], waiting['params']) == ('people', {'until': until})


def test_robots_that_had_their_share_of_a_public_lift_are_told_so() -> None:
    stage = loaded(access='public')
    half = Instant(stage.now - 50 * MINUTE), Instant(stage.now - 15 * MINUTE)
    stage.kernel.state.lift_use[LiftId('A')] = [half]
    (waiting,) = lift(stage)['queue']
    assert waiting['code'] == 'share'
    assert waiting['params']['until'] > stage.now


def test_in_a_fire_nobody_is_expected_to_ride_until_the_lift_is_released() -> None:
    stage = loaded()
    fire = {'mode': LiftMode.FIRE, 'door': LiftDoor.OPEN}
    stage.saying['A'] = fire
    stage.wait(2_000)
    assert lift(stage)['mode'] == 'fire'
    assert lift(stage)['recalled']['mode'] == 'fire'
    assert all(one['code'] == 'no_robots' for one in lift(stage)['queue'])
    assert all(one['expected'] is None for one in lift(stage)['queue'])
    stage.saying['A'] = {}
    stage.wait(2_000)
    assert lift(stage)['mode'] == 'human'
    assert lift(stage)['recalled'] is not None, 'until somebody has looked'
