"""The feed: differences, what a slow page gets, and what a ward never gets."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_manager.adapters.http import feed
from fleet_manager.adapters.http.feed import (
    Audience,
    Hub,
    Outbox,
    TooManyPages,
    difference,
    merged,
    visible,
)
from fleet_manager.application.ports import View
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.units import Instant

OPERATORS = Audience(None)
KINDS = st.sampled_from(['robot', 'alert'])
ENTITIES = st.dictionaries(
    KINDS, st.dictionaries(st.sampled_from('abc'), st.builds(dict, x=st.integers(0, 2)))
)


class Views:
    """A ViewSource whose views come when the test says so."""

    def __init__(self, entities: Any) -> None:
        self.view = View(0, Instant(0), entities)
        self.listener: Callable[[View], None] | None = None

    def current(self) -> View:
        return self.view

    def subscribe(self, listener: Callable[[View], None]) -> Callable[[], None]:
        self.listener = listener
        return self.leave

    def leave(self) -> None:
        self.listener = None

    def publish(self, entities: Any) -> None:
        self.view = View(self.view.seq + 1, Instant(self.view.now + 100), entities)
        assert self.listener is not None
        self.listener(self.view)


def apply(entities: Any, delta: Any) -> Any:
    """What a page does with a delta."""
    after = {kind: dict(known) for kind, known in entities.items()}
    for kind, changed in delta['set'].items():
        after.setdefault(kind, {}).update(changed)
    for kind, gone in delta['gone'].items():
        for entity in gone:
            after.get(kind, {}).pop(entity, None)
    return {kind: known for kind, known in after.items() if known}


def told(delta: feed.Delta) -> Any:
    return json.loads(delta.text(0))


def tidy(entities: Any) -> Any:
    return {kind: known for kind, known in entities.items() if known}


@given(ENTITIES, ENTITIES)
def test_a_difference_turns_one_picture_into_the_next(before: Any, after: Any) -> None:
    delta = difference(before, after, seq=1, now=Instant(1))
    assert apply(before, told(delta)) == tidy(after)
    assert (delta.size == 0) == (tidy(before) == tidy(after))


@given(st.lists(ENTITIES, min_size=2, max_size=6))
def test_a_page_that_skips_some_deltas_ends_with_the_same_picture(pictures: list[Any]) -> None:
    outbox = Outbox(seq=0)
    for seq, (before, after) in enumerate(pairwise(pictures), start=1):
        outbox.put(difference(before, after, seq=seq, now=Instant(seq)))
    text = outbox.take()
    assert text is not None
    assert apply(pictures[0], json.loads(text)) == tidy(pictures[-1])
    assert outbox.take() is None


@given(ENTITIES, ENTITIES, ENTITIES)
def test_merging_keeps_one_entry_for_each_entity(a: Any, b: Any, c: Any) -> None:
    one = difference(a, b, seq=1, now=Instant(1))
    two = difference(b, c, seq=2, now=Instant(2))
    both = merged(one, two)
    names = [(kind, name) for kind, known in both.set.items() for name in known]
    names += [(kind, name) for kind, gone in both.gone.items() for name in gone]
    assert len(names) == len(set(names))
    assert both.seq == 2


def test_an_alert_is_not_lost_behind_a_thousand_poses() -> None:
    outbox = Outbox(seq=0)
    picture: dict[str, Any] = {'robot': {}, 'alert': {}}
    for seq in range(1, 1_001):
        after = {
            'robot': {f'r{n}': {'x': seq * 20 + n} for n in range(20)},
            'alert': picture['alert'] | ({f'a{seq}': {'code': 'x'}} if seq % 100 == 0 else {}),
        }
        outbox.put(difference(picture, after, seq=seq, now=Instant(seq)))
        picture = after
    assert not outbox.overflowed
    message = json.loads(outbox.take() or '')
    assert len(message['set']['alert']) == 10
    assert message['set']['robot']['r3'] == {'x': 20_003}


def test_too_much_for_one_page_is_noticed() -> None:
    outbox = Outbox(seq=0)
    many = {'robot': {f'r{n}': {'x': n} for n in range(feed.MAX_PENDING + 1)}}
    outbox.put(difference({}, many, seq=1, now=Instant(1)))
    assert outbox.overflowed


def test_a_delta_is_encoded_once_for_all_pages_that_keep_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = 0
    encode = feed.encode

    def counted(message: Any) -> str:
        nonlocal calls
        calls += 1
        return encode(message)

    monkeypatch.setattr(feed, 'encode', counted)

    async def scenario() -> None:
        views = Views({'robot': {'r1': {'x': 0}}})
        hub = Hub(views)
        hub.start()
        pages = [hub.join(OPERATORS)[2] for _ in range(50)]
        views.publish({'robot': {'r1': {'x': 1}}})
        await asyncio.sleep(0.3)
        texts = {page.take() for page in pages}
        hub.close()
        assert texts == {
            '{"type":"delta","prev":0,"seq":1,"now":100,"set":{"robot":{"r1":{"x":1}}},"gone":{}}'
        }

    asyncio.run(scenario())
    assert calls == 1


def test_a_page_is_told_what_it_missed_with_the_seq_it_had() -> None:
    async def scenario() -> None:
        views = Views({'robot': {'r1': {'x': 0}}})
        hub = Hub(views)
        hub.start()
        _, _, fast = hub.join(OPERATORS)
        _, _, slow = hub.join(OPERATORS)
        seen = []
        for x in (1, 2):
            views.publish({'robot': {'r1': {'x': x}}})
            await asyncio.sleep(0.25)
            seen.append(json.loads(fast.take() or ''))
        late = json.loads(slow.take() or '')
        hub.close()
        assert [(one['prev'], one['seq']) for one in seen] == [(0, 1), (1, 2)]
        assert (late['prev'], late['seq']) == (0, 2)
        assert late['set'] == {'robot': {'r1': {'x': 2}}}

    asyncio.run(scenario())


@pytest.mark.thorough
def test_at_most_five_views_a_second_reach_the_pages() -> None:
    async def scenario() -> tuple[int, float]:
        views = Views({'robot': {'r1': {'x': 0}}})
        hub = Hub(views)
        hub.start()
        _, _, page = hub.join(OPERATORS)
        messages = 0
        began = time.monotonic()
        for x in range(1, 51):
            views.publish({'robot': {'r1': {'x': x}}})
            await asyncio.sleep(0.02)
            messages += page.take() is not None
        lasted = time.monotonic() - began
        await asyncio.sleep(0.25)
        text = page.take()
        hub.close()
        assert text is None or '"x":50' in text
        return messages, lasted

    messages, lasted = asyncio.run(scenario())
    assert 2 <= messages <= 5 * lasted + 2


def test_a_page_that_joins_late_starts_from_the_newest_picture() -> None:
    async def scenario() -> None:
        views = Views({'robot': {'r1': {'x': 0}}})
        hub = Hub(views)
        hub.start()
        _, _, early = hub.join(OPERATORS)
        await asyncio.sleep(0.25)
        views.publish({'robot': {'r1': {'x': 1}}})
        await asyncio.sleep(0)
        view, entities, late = hub.join(OPERATORS)
        assert (view.seq, entities['robot']['r1']['x']) == (1, 1)
        await asyncio.sleep(0.3)
        assert late.take() is None
        assert json.loads(early.take() or '')['seq'] == 1
        hub.leave(OPERATORS, early)
        hub.leave(OPERATORS, late)
        hub.leave(OPERATORS, late)
        assert hub.pages == 0
        hub.close()
        assert views.listener is None

    asyncio.run(scenario())


def test_an_older_view_that_comes_late_is_ignored() -> None:
    async def scenario() -> None:
        views = Views({})
        hub = Hub(views)
        hub.start()
        views.publish({'robot': {'r1': {'x': 1}}})
        listener = views.listener
        assert listener is not None
        listener(View(0, Instant(0), {}))
        await asyncio.sleep(0.01)
        assert hub.join(OPERATORS)[0].seq == 1
        hub.close()
        listener(View(9, Instant(9), {}))
        await asyncio.sleep(0.01)
        assert hub.join(OPERATORS)[0].seq == 1

    asyncio.run(scenario())


def test_there_is_an_end_to_open_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, 'MAX_PAGES', 2)
    hub = Hub(Views({}))
    hub.join(OPERATORS)
    hub.join(Audience(StationId('n2w')))
    with pytest.raises(TooManyPages):
        hub.join(OPERATORS)


def test_waiting_for_a_view_ends_with_it_or_with_its_time() -> None:
    async def scenario() -> None:
        views = Views({})
        hub = Hub(views)
        hub.start()
        loop = asyncio.get_running_loop()
        began = loop.time()
        await hub.wait_for(lambda view: view.seq == 1, seconds=0.1)
        assert 0.09 < loop.time() - began < 0.5
        loop.call_later(0.05, views.publish, {})
        await hub.wait_for(lambda view: view.seq == 1, seconds=5)
        assert loop.time() - began < 1
        hub.close()

    asyncio.run(scenario())


def test_nan_never_reaches_a_page() -> None:
    with pytest.raises(ValueError, match='not JSON compliant'):
        feed.encode({'x': float('nan')})


def test_a_delivery_that_leaves_a_ward_takes_its_robot_with_it() -> None:
    ward = Audience(StationId('n2w'))
    robot = {'name': 'R1', 'x': 1.0, 'deliveries': ['d1'], 'waits_for': {'robot': 'r2'}}
    delivery = {'sender': 'pharmacy', 'recipient': 'n2w', 'robot': 'r1', 'why': {'robot': 'r2'}}
    lift = {'name': 'A', 'session': {'robot': 'r2'}, 'queue': ['r3'], 'floor': 'L1'}
    before = {
        'robot': {'r1': robot, 'r2': robot},
        'delivery': {'d1': delivery},
        'lift': {'A': lift},
        'alert': {'a1': {}},
        'door': {'D': {}},
    }
    seen = visible(before, ward)
    assert seen == {
        'robot': {'r1': {'name': 'R1', 'x': 1.0, 'deliveries': ['d1']}},
        'delivery': {'d1': {'sender': 'pharmacy', 'recipient': 'n2w', 'robot': 'r1'}},
        'lift': {'A': {'name': 'A', 'session': None, 'queue': [], 'floor': 'L1'}},
        'fleet': {},
    }
    after = visible(before | {'delivery': {}}, ward)
    delta = difference(seen, after, seq=1, now=Instant(1))
    assert delta.gone == {'robot': ['r1'], 'delivery': ['d1']}
    assert visible(before, OPERATORS) is before
