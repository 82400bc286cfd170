"""The state tables say what the journal says."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from fleet_manager.adapters.db.projections import changes_tables
from fleet_manager.adapters.db.store import open_store
from fleet_manager.domain.codec import EVENT_TYPES
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import DeliveryId, NodeId, RobotId, node_resource, zone_resource
from fleet_manager.domain.messages import (
    DeliveryReceived,
    NodeReached,
    ParcelTurnedBack,
    PorterAsked,
    PorterTook,
    Purpose,
    RobotPlaced,
)
from fleet_manager.domain.personal import pseudonym
from fleet_manager.domain.units import Instant
from tests.adapters.db import outside
from tests.adapters.db.story import (
    NURSE,
    PORTER,
    Expected,
    Story,
    arrived,
    batch,
    opened,
    requested,
    returned,
    whole_delivery,
)

NOW = Instant(1_700_000_000_000)
TURNS = 150


def custody(url: str) -> list[tuple[Any, ...]]:
    """Read the table of custody, with the names its pseudonyms stand for."""
    rows = outside.rows(url, "SELECT token, body FROM personal WHERE sort = 'names'")
    names = {pseudonym(token): json.loads(body) for token, body in rows}

    def named(value: Any) -> Any:
        kind, colon, who = str(value).rpartition(':')
        return kind + colon + names[who] if who in names else value

    query = 'SELECT * FROM custody ORDER BY delivery, seq'
    return [tuple(map(named, row)) for row in outside.rows(url, query)]


def tables(url: str) -> Expected:
    """Read the tables into the form of the story."""
    found = Expected()
    for name, state, robot in outside.rows(url, 'SELECT id, state, robot FROM delivery'):
        found.deliveries[name] = (state, robot)
    for name, _, giver, taker, *_ in custody(url):
        found.custody.setdefault(name, []).append((giver, taker))
    found.holdings.update(dict(outside.rows(url, 'SELECT resource, robot FROM holding')))
    return found


@pytest.mark.thorough
@pytest.mark.parametrize('seed', range(3))
def test_after_any_course_of_events_the_tables_hold_what_happened(
    database: str, seed: int
) -> None:
    story, stop = Story(seed), random.Random(seed)
    store = open_store(database)
    store.take_over(holder='a', now=NOW)
    reached: set[str] = set()
    for turn in range(TURNS):
        store.commit(batch(*story.turn(), at=turn), now=NOW)
        reached |= {state for state, _ in story.expected.deliveries.values()}
        if stop.random() < 0.1:
            store.close()
            store = open_store(database)
            store.take_over(holder='a', now=NOW)
            assert tables(database) == story.expected
    store.close()
    assert tables(database) == story.expected
    assert reached >= set(DeliveryState) - {DeliveryState.EXPIRED}


def test_custody_goes_from_sender_to_robot_to_recipient_without_a_gap(database: str) -> None:
    store = open_store(database)
    store.take_over(holder='a', now=NOW)
    for at, event in enumerate(whole_delivery(1, 'r1')):
        store.commit(batch(event, at=at), now=NOW)
    store.close()
    assert custody(database) == [
        ('d1', 1, 'sender:pharmacy', 'robot:r1/c1', 4, 'pharmacy'),
        ('d1', 2, 'robot:r1/c1', 'recipient:ward_3', 7, 'ward-3'),
    ]
    assert outside.rows(
        database, 'SELECT state, version, requested_at, ended_at, robot FROM delivery'
    ) == [('delivered', 9, 0, 8, 'r1')]


def test_custody_goes_back_to_the_sender_with_a_parcel_nobody_took(database: str) -> None:
    store = open_store(database)
    store.take_over(holder='a', now=NOW)
    back = ParcelTurnedBack(DeliveryId('d1'), RobotId('r1'), 'not_collected')
    again = arrived('d1', 'r1', Purpose.HAND_OVER), opened('d1', 'r1'), returned('d1', 'r1')
    for at, event in enumerate((*whole_delivery(1, 'r1')[:6], back, *again)):
        store.commit(batch(event, at=at), now=NOW)
    store.close()
    assert custody(database) == [
        ('d1', 1, 'sender:pharmacy', 'robot:r1/c1', 4, 'pharmacy'),
        ('d1', 2, 'robot:r1/c1', 'sender:pharmacy', 9, 'pharmacy'),
    ]
    assert outside.rows(database, 'SELECT state, ended_at FROM delivery') == [('returned', 9)]


def test_custody_goes_through_the_porter_who_carries_it(database: str) -> None:
    store = open_store(database)
    store.take_over(holder='a', now=NOW)
    events = (
        requested(1),
        PorterAsked(DeliveryId('d1'), 'no_robot_is_built_for_it'),
        PorterTook(DeliveryId('d1'), PORTER),
        DeliveryReceived(DeliveryId('d1'), NURSE),
    )
    for at, event in enumerate(events):
        store.commit(batch(event, at=at), now=NOW)
    store.close()
    assert custody(database) == [
        ('d1', 1, 'sender:pharmacy', 'porter:porter-1', 2, 'porter-1'),
        ('d1', 2, 'porter:porter-1', 'recipient:ward_3', 3, 'ward-3'),
    ]


def test_several_robots_hold_a_zone_at_once_and_each_gives_back_its_own(database: str) -> None:
    zone = zone_resource('F1.quiet', 2)
    store = open_store(database)
    store.take_over(holder='a', now=NOW)
    for at, name in enumerate(('r1', 'r2')):
        home = (node_resource(NodeId(name)), zone)
        store.commit(batch(RobotPlaced(RobotId(name), NodeId(name), home), at=at), now=NOW)
    store.commit(batch(NodeReached(RobotId('r1'), 1, NodeId('a'), (zone,)), at=2), now=NOW)
    store.close()
    held = outside.rows(database, 'SELECT robot FROM holding ORDER BY resource')
    assert held == [('r1',), ('r2',), ('r2',)]


def test_only_known_events_are_followed() -> None:
    followed = {kind for kind in EVENT_TYPES if changes_tables(kind)}
    assert len(followed) == 28
    assert not changes_tables('AlertRaised')
    assert not changes_tables('Nothing')
