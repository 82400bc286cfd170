"""What others build on follows the deliveries: each state in FHIR, each event decided."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args

from fleet_manager.adapters.http.fhir.states import STATUS
from fleet_manager.application.webhooks import NAMES, NOT_TOLD
from fleet_manager.domain import messages as m
from fleet_manager.domain.deliveries.lifecycle import DeliveryState


def test_every_state_of_a_delivery_has_a_row_in_fhir() -> None:
    states = {state.value for state in DeliveryState}
    hint = 'give it a row in adapters/http/fhir/states.py and docs/integration.md'
    assert set(STATUS) == states, hint


def test_every_event_of_a_delivery_is_told_to_webhooks_or_is_on_the_list_of_what_is_not() -> None:
    of_deliveries = {
        kind.__name__
        for kind in get_args(m.Event)
        if 'delivery' in {one.name for one in fields(kind)}
    }
    hint = 'application/webhooks.py: give it a stable name, or leave it untold'
    assert set(NAMES) | NOT_TOLD == of_deliveries, hint
    assert not set(NAMES) & NOT_TOLD
    assert len(set(NAMES.values())) == len(NAMES)
