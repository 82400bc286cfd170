"""The fold stops at an event that cannot have happened, rather than going on wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from fleet_manager.domain import evolve
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.ids import DeliveryId, LiftId
from fleet_manager.domain.messages import (
    CompartmentOpened,
    DeliveryRequested,
    Event,
    LiftSessionAdvanced,
    LiftSessionStarted,
    OpenCompartment,
    OpeningAuthorised,
    OpeningExpired,
    ParcelTaken,
    RunAssigned,
)
from fleet_manager.domain.units import SECOND, Instant, millis
from tests.application.stage import Stage, ward
from tests.hospitals import two_floors


def test_every_event_has_its_place_in_the_fold() -> None:
    assert set(evolve._APPLY) == set(get_args(Event))


def again(stage: Stage, event: Event) -> None:
    evolve.apply(stage.kernel.state, event, stage.now)


def test_a_delivery_is_not_requested_twice() -> None:
    stage = Stage()
    stage.request()
    with pytest.raises(InvariantBroken, match='requested twice'):
        again(stage, stage.last(DeliveryRequested))


def test_a_run_gets_the_stops_of_its_deliveries_and_no_others() -> None:
    stage = Stage(two_floors(robots=1))
    stage.request()
    stage.tick()
    second = stage.request('stores', 'lab')
    with pytest.raises(InvariantBroken, match='the stops of'):
        again(stage, replace(stage.last(RunAssigned), delivery=second))


def test_numbers_of_openings_only_grow() -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.AWAITING_LOAD)
    stage.send(OpenCompartment(ward('pharmacy'), delivery))
    with pytest.raises(InvariantBroken, match='is not new'):
        again(stage, stage.last(OpeningAuthorised))


def test_nothing_is_opened_without_a_signature() -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.AWAITING_LOAD)
    robot, box = stage.carrier(delivery), stage.delivery(delivery).compartment
    assert box is not None
    with pytest.raises(InvariantBroken, match='without a signature'):
        again(stage, CompartmentOpened(robot, box, delivery, 1))


def test_an_opening_that_is_gone_already_does_not_expire() -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.UNDER_WAY)
    before = stage.kernel.snapshot()
    again(stage, OpeningExpired(stage.carrier(delivery), delivery, 1))
    assert stage.kernel.snapshot() == before


def test_a_parcel_is_taken_once() -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.TAKEN)
    with pytest.raises(InvariantBroken, match='in state taken'):
        again(stage, stage.last(ParcelTaken))


def test_a_lift_has_one_session_and_only_that_one_goes_on() -> None:
    stage = Stage(two_floors(robots=1))
    stage.saying['A'] = {}
    stage.reach(stage.request('pharmacy', 'ward'), DeliveryState.UNDER_WAY)
    stage.until(lambda: LiftId('A') in stage.kernel.state.sessions)
    session = stage.last(LiftSessionStarted)
    with pytest.raises(InvariantBroken, match='already serves'):
        again(stage, session)
    stage.serve()
    stage.tick()
    stage.saying.clear()
    stage.tick()
    advanced = stage.last(LiftSessionAdvanced)
    with pytest.raises(InvariantBroken, match='has session'):
        again(stage, replace(advanced, session='r9#9'))  # type: ignore[arg-type]


def test_an_event_of_something_that_does_not_exist_is_a_bug() -> None:
    stage = Stage()
    with pytest.raises(KeyError):
        again(stage, OpeningExpired(stage.hospital.robots['r1'].id, DeliveryId('D9'), 1))  # type: ignore[index]


@pytest.mark.parametrize(
    ('seconds', 'whole'), [(0.0, 0), (0.0001, 1), (1.0, SECOND), (1.5, 1_500)]
)
def test_planned_times_are_rounded_up(seconds: float, whole: int) -> None:
    assert millis(seconds) == whole
    assert isinstance(Instant(whole), int)
