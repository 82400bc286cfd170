"""The closed loop as a table: complete, reachable, and each end is an end."""

from __future__ import annotations

import pytest

from fleet_manager.domain.deliveries import lifecycle
from fleet_manager.domain.deliveries.lifecycle import (
    CANCELLABLE,
    ENDS,
    LOADED,
    START,
    TRANSITIONS,
    DeliveryState,
    next_state,
)
from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.messages import DeliveryExpired


def reachable() -> set[DeliveryState]:
    found, ahead = {START}, [START]
    while ahead:
        now = ahead.pop()
        for (before, _), then in TRANSITIONS.items():
            if before is now and then not in found:
                found.add(then)
                ahead.append(then)
    return found


def test_every_state_can_be_reached() -> None:
    assert reachable() == set(DeliveryState)


def test_nothing_follows_an_end_and_something_follows_everything_else() -> None:
    before = {state for state, _ in TRANSITIONS}
    assert before.isdisjoint(ENDS)
    assert before | ENDS == set(DeliveryState)


def test_an_end_can_be_reached_from_everywhere() -> None:
    backwards = set(ENDS)
    for _ in DeliveryState:
        backwards |= {before for (before, _), then in TRANSITIONS.items() if then in backwards}
    assert backwards == set(DeliveryState)


def test_nothing_is_cancelled_and_loaded_at_once() -> None:
    assert CANCELLABLE.isdisjoint(LOADED)
    assert CANCELLABLE.isdisjoint(ENDS)


def test_what_is_loaded_is_never_taken_from_the_robot_by_the_table() -> None:
    for (before, event), then in TRANSITIONS.items():
        if before in LOADED:
            assert then not in CANCELLABLE, event


def test_an_event_that_does_not_fit_the_state_is_a_bug() -> None:
    event = DeliveryExpired(DeliveryId('D1'))
    assert next_state(DeliveryState.ACCEPTED, event) is DeliveryState.EXPIRED
    with pytest.raises(InvariantBroken, match='DeliveryExpired in state under_way'):
        next_state(DeliveryState.UNDER_WAY, event)


def test_the_diagram_for_the_docs_has_every_arrow_once_and_does_not_change_by_itself() -> None:
    lines = lifecycle.diagram().splitlines()
    assert lines[:2] == ['stateDiagram-v2', '    [*] --> accepted']
    assert len(lines) == 2 + len(TRANSITIONS) + len(ENDS)
    assert '    assigned --> awaiting_load: RobotArrived' in lines
    ends = ('cancelled', 'delivered', 'expired', 'failed', 'returned', 'stored')
    assert lines[-6:] == [f'    {end} --> [*]' for end in ends]
    assert lifecycle.diagram() == lifecycle.diagram()
