"""Asking for another map: what is refused at once, what a restart goes on with, what is logged."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fleet_manager.application.kernel import Kernel
from fleet_manager.domain.errors import MapError
from fleet_manager.domain.ids import CompartmentId, HospitalId, RobotId
from fleet_manager.domain.maps.model import Compartment, CompartmentKind, Hospital
from fleet_manager.domain.messages import (
    CancelMapSwap,
    MapSwapAsked,
    MapSwapCancelled,
    MapSwapped,
    MapSwapRefused,
    PauseRobot,
    RobotExcluded,
    SwapMap,
)
from tests.application.stage import OPERATOR, Stage, ward
from tests.hospitals import loop
from tests.redrawn import with_lane, without, without_station

HOUSE = loop(robots=3)
#: Nothing stands in the way of this one.
BETTER = with_lane(HOUSE, 'F1.w2', 'F1.w6')
#: The home bay of r2 goes.
SMALLER = without(BETTER, nodes=['F1.b2'])


def ready() -> Stage:
    stage = Stage(HOUSE)
    stage.wait(3_000)
    return stage


def swap(hospital: Hospital, *, wait_ms: int = 60_000) -> SwapMap:
    return SwapMap(OPERATOR, hospital, 'the wing opens', wait_ms)


def carry(stage: Stage, hospital: Hospital) -> None:
    """Have every robot report that it took a map over."""
    for name, report in stage.reports.items():
        stage.reports[name] = replace(report, map_version=hospital.version)


def restarted(stage: Stage, maps: dict[str, Hospital]) -> Kernel:
    def kept(version: str) -> Hospital:
        if version not in maps:
            raise MapError(version, 'is not there')
        return maps[version]

    return Kernel.restore(HOUSE, snapshot=None, entries=stage.journal, kept=kept)


# --- refused at once -----------------------------------------------------------------------------


def test_only_operators_change_the_map() -> None:
    stage = ready()
    assert stage.refused(replace(swap(BETTER), actor=ward('s1'))) == 'not_allowed'
    assert stage.refused(CancelMapSwap(ward('s1'), 'no')) == 'not_allowed'


@pytest.mark.parametrize(
    ('hospital', 'code'),
    [
        (HOUSE, 'map_unchanged'),
        (replace(BETTER, id=HospitalId('elsewhere')), 'map_of_another_hospital'),
        (replace(BETTER, robots={}), 'map_without_robots'),
    ],
)
def test_a_map_the_fleet_cannot_go_on_with_is_refused(hospital: Hospital, code: str) -> None:
    assert ready().refused(swap(hospital)) == code


def test_a_robot_with_other_compartments_is_another_robot() -> None:
    robots = {name: replace(spec, compartments=('c1',)) for name, spec in BETTER.robots.items()}
    reply = ready().send(swap(replace(BETTER, robots=robots)))
    assert reply.refusal_code == 'map_without_robots'
    assert reply.refusal_params == {'robots': 'r1, r2, r3'}


def test_a_robot_whose_compartments_are_of_another_size_is_another_robot() -> None:
    small = Compartment(CompartmentId('c1'), CompartmentKind.STANDARD, 10)
    types = {name: replace(one, compartments=(small,)) for name, one in BETTER.types.items()}
    assert ready().refused(swap(replace(BETTER, types=types))) == 'map_without_robots'


def test_one_change_at_a_time_and_it_can_be_given_up() -> None:
    stage = ready()
    stage.send(PauseRobot(OPERATOR, RobotId('r2')))
    assert stage.send(swap(SMALLER)).refusal_code is None
    assert stage.refused(swap(BETTER)) == 'map_swap_under_way'
    stage.wait(5_000)
    assert stage.send(CancelMapSwap(OPERATOR, 'wrong file')).refusal_code is None
    assert stage.refused(CancelMapSwap(OPERATOR, 'twice')) == 'no_map_swap'
    stage.wait(90_000)
    assert stage.kernel.hospital is HOUSE
    assert stage.events[-1] == MapSwapCancelled(SMALLER.version, OPERATOR, 'wrong file')


def test_the_journal_says_who_changed_the_map_and_why() -> None:
    stage = ready()
    stage.send(swap(BETTER))
    stage.tick()
    kinds = [e for e in stage.journal if e.kind in (MapSwapAsked.__name__, MapSwapped.__name__)]
    assert [(e.kind, e.actor) for e in kinds] == [
        ('MapSwapAsked', 'operator'),
        ('MapSwapped', 'operator'),
    ]
    assert {json.loads(e.body)['reason'] for e in kinds} == {'the wing opens'}


# --- after the swap ------------------------------------------------------------------------------


def test_a_robot_gets_nothing_until_it_says_that_it_carries_the_new_map() -> None:
    stage = ready()
    stage.send(swap(BETTER))
    stage.tick()
    delivery = stage.request('s1', 's5')
    stage.wait(10_000)
    assert stage.kernel.state.deliveries[delivery].robot is None
    orders = [d for d in stage.kernel.directives().values() if hasattr(d, 'map_version')]
    assert {order.map_version for order in orders} == {HOUSE.version}
    carry(stage, BETTER)
    stage.wait(3_000)
    assert stage.kernel.state.deliveries[delivery].robot is not None
    orders = [d for d in stage.kernel.directives().values() if hasattr(d, 'map_version')]
    assert {order.map_version for order in orders} == {BETTER.version}


def test_a_robot_that_does_not_take_the_map_over_is_excluded_and_comes_back_with_it() -> None:
    stage = ready()
    stage.send(swap(BETTER))
    stage.wait(100_000)
    assert not [e for e in stage.events if isinstance(e, RobotExcluded)]
    stage.wait(30_000)
    reasons = {e.robot: e.reason for e in stage.events if isinstance(e, RobotExcluded)}
    assert reasons == {'r1': 'old_map', 'r2': 'old_map', 'r3': 'old_map'}
    assert stage.kernel.state.alerts['robot_excluded:r1'].params == {'reason': 'old_map'}
    carry(stage, BETTER)
    stage.wait(5_000)
    assert all(robot.excluded is None for robot in stage.kernel.state.robots.values())


def test_a_robot_whose_place_is_not_on_the_map_says_so_in_an_alert() -> None:
    stage = ready()
    stage.send(swap(BETTER))
    stage.reports[RobotId('r1')] = replace(
        stage.reports[RobotId('r1')], errors=('map_refused:place_gone',)
    )
    stage.wait(3_000)
    assert stage.kernel.state.alerts['robot_excluded:r1'].params == {'reason': 'map_refused'}
    assert stage.kernel.state.robots[RobotId('r2')].excluded is None


def test_ended_deliveries_of_a_station_that_is_gone_are_archived_with_it() -> None:
    stage = ready()
    delivery = stage.request('s1', 's5')
    stage.finish()
    stage.send(swap(without_station(HOUSE, 's5'), wait_ms=600_000))
    stage.until(lambda: stage.kernel.state.swap is None)
    assert stage.kernel.hospital.version != HOUSE.version
    assert delivery not in stage.kernel.state.deliveries


# --- a restart in between ------------------------------------------------------------------------


def test_a_restart_while_places_are_cleared_goes_on_with_the_change() -> None:
    stage = ready()
    stage.send(PauseRobot(OPERATOR, RobotId('r2')))
    stage.send(swap(SMALLER))
    stage.wait(2_000)
    kernel = restarted(stage, {HOUSE.version: HOUSE, SMALLER.version: SMALLER})
    assert kernel.hospital.version == HOUSE.version
    assert [hold.params['robot'] for hold in kernel.held_map()] == ['r2']


def test_a_restart_after_the_swap_works_on_the_map_that_was_swapped_in() -> None:
    stage = ready()
    stage.send(swap(BETTER))
    stage.tick()
    assert restarted(stage, {BETTER.version: BETTER}).hospital is BETTER
    with pytest.raises(MapError):
        restarted(stage, {})


def test_a_change_whose_map_is_lost_is_refused_and_the_old_map_stays() -> None:
    stage = ready()
    stage.send(PauseRobot(OPERATOR, RobotId('r2')))
    stage.send(swap(SMALLER))
    stage.tick()
    kernel = restarted(stage, {HOUSE.version: HOUSE})
    kernel.start(epoch=2, now=stage.now)
    refused = [e for _, e in kernel.tick(stage.now).events if isinstance(e, MapSwapRefused)]
    assert [hold.code for hold in refused[0].held] == ['map_lost']
    assert kernel.hospital is HOUSE


def test_a_state_written_before_maps_could_be_swapped_is_read() -> None:
    stage = ready()
    new = {'map_before', 'swapped_at', 'swap', 'swap_end'}
    old = {k: v for k, v in json.loads(stage.kernel.snapshot()).items() if k not in new}
    kernel = Kernel.restore(HOUSE, snapshot=json.dumps(old), entries=[])
    assert kernel.snapshot() == stage.kernel.snapshot()


def test_a_change_can_be_waited_for_for_a_day_at_most() -> None:
    stage = ready()
    stage.send(PauseRobot(OPERATOR, RobotId('r2')))
    stage.send(swap(SMALLER, wait_ms=10**12))
    assert stage.kernel.state.swap is not None
    assert stage.kernel.state.swap.deadline - stage.now == 24 * 3_600_000
