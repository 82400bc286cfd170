"""A state folder of an older version of the program: its snapshot is of no use, its journal is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fleet_manager.adapters.db.store import open_store
from fleet_manager.application.ports import Batch, Entry
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import Instant
from fleet_manager.entry.composition import compose
from fleet_manager.entry.settings import Settings
from tests.application.stage import Stage
from tests.entry.manager import wait_until

#: Fields that events got when robots began to carry several parcels, and compartments too.
YOUNGER = {
    'RunAssigned': ('stops', 'eta'),
    'DeliveryRequested': ('raised', 'earliest'),
    'OpeningAuthorised': ('also',),
}


def as_it_was_written(entry: Entry) -> Entry:
    body = json.loads(entry.body)
    for name in YOUNGER.get(entry.kind, ()):
        body.pop(name, None)
    return replace(entry, body=json.dumps(body))


def old_snapshot(snapshot: str) -> str:
    """Return a snapshot from when a robot had one delivery and not a run of stops."""
    state: dict[str, Any] = json.loads(snapshot)
    for robot in state['robots'].values():
        stops = robot.pop('stops')
        robot.pop('soiled', None)
        robot['delivery'] = stops[0]['delivery'] if stops else None
    return json.dumps(state)


@pytest.mark.thorough
def test_a_manager_goes_on_with_the_deliveries_of_an_older_version(
    hospital: Hospital, tmp_path: Path
) -> None:
    settings = Settings(state_dir=tmp_path, ros=False)
    stage = Stage(hospital)
    name = stage.request('pharmacy', 'n2w')
    stage.reach(name, DeliveryState.UNDER_WAY)
    store = open_store(settings.journal_url)
    store.take_over(holder='older', now=Instant(0))
    entries = tuple(map(as_it_was_written, stage.journal))
    store.commit(Batch(entries, snapshot=old_snapshot(stage.kernel.snapshot())), now=Instant(0))
    store.close()

    manager = compose(settings)
    manager.start(died=lambda code: None)
    try:
        views = manager.app.state.site.views
        wait_until(lambda: name in views.current().entities.get('delivery', {}))
        seen = views.current().entities['delivery'][name]
        assert (seen['state'], seen['robot']) == ('under_way', stage.carrier(name))
        robot = views.current().entities['robot'][stage.carrier(name)]
        assert robot['stops'] == [{'purpose': 'hand_over', 'station': 'n2w', 'delivery': name}]
    finally:
        manager.close()
