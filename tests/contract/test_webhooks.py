"""What every `Webhooks` must do: keep who is told what, how far, and what was refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from fleet_manager.adapters.db.webhooks import SqlWebhooks
from fleet_manager.application.webhooks import MAX_WEBHOOKS, MOST_DEAD, DeadLetter, Webhook
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.units import Instant

NOW = Instant(1_700_000_000_000)
ONE = Webhook(
    'w1',
    'https://his.example/fleet',
    'whsec_c2VjcmV0',
    frozenset({'delivery.loaded', 'delivery.received'}),
    StationId('n2w'),
    position=7,
    made_by='eng',
    made_at=NOW,
)


def dead(seq: int, webhook: str = 'w1') -> DeadLetter:
    return DeadLetter(webhook, seq, 'delivery.loaded', NOW, 'HTTP 400')


@pytest.fixture
def webhooks(database: str) -> Iterator[SqlWebhooks]:
    found = SqlWebhooks(database)
    yield found
    found.close()


def test_what_was_kept_comes_back_after_a_restart(webhooks: SqlWebhooks, database: str) -> None:
    assert webhooks.add(ONE)
    every = replace(ONE, id='w2', events=frozenset(), station=None, made_at=Instant(NOW + 1))
    assert webhooks.add(every)
    told = replace(ONE, position=12, tries=3, next_at=Instant(NOW + 9), problem='x', delivered=5)
    webhooks.save(told)
    again = SqlWebhooks(database)
    assert again.all() == (told, every)
    assert (again.get('w2'), again.get('w3')) == (every, None)
    again.close()


def test_there_are_so_many_and_no_more(webhooks: SqlWebhooks) -> None:
    for number in range(MAX_WEBHOOKS):
        assert webhooks.add(replace(ONE, id=f'w{number}'))
    assert not webhooks.add(replace(ONE, id='one-more'))


def test_saving_neither_wakes_what_people_paused_nor_brings_back_what_they_removed(
    webhooks: SqlWebhooks,
) -> None:
    webhooks.add(ONE)
    webhooks.set_paused('w1', 'by eng')
    webhooks.save(replace(ONE, position=8))
    assert webhooks.get('w1') == replace(ONE, position=8, paused='by eng')
    webhooks.remove('w1')
    webhooks.save(replace(ONE, position=9), dead=dead(9))
    assert (webhooks.all(), webhooks.dead('w1')) == ((), ())


def test_going_on_forgets_the_failures(webhooks: SqlWebhooks) -> None:
    webhooks.add(ONE)
    webhooks.save(replace(ONE, tries=9, next_at=NOW, problem='down', paused='unreachable'))
    webhooks.set_paused('w1', '')
    assert webhooks.get('w1') == ONE


def test_dead_letters_are_kept_in_order_sent_again_and_settled(webhooks: SqlWebhooks) -> None:
    webhooks.add(ONE)
    for seq in (9, 8, 9):
        webhooks.save(replace(ONE, position=9), dead=dead(seq))
    assert [one.seq for one in webhooks.dead('w1')] == [8, 9]
    assert webhooks.dead('w1', again=True) == ()
    assert webhooks.send_again('w1', 9)
    assert not webhooks.send_again('w1', 10)
    assert webhooks.dead('w1', again=True) == (replace(dead(9), again=True),)
    webhooks.settle('w1', 9, problem='HTTP 410')
    assert webhooks.dead('w1') == (dead(8), replace(dead(9), problem='HTTP 410'))
    webhooks.settle('w1', 8)
    assert [one.seq for one in webhooks.dead('w1')] == [9]


def test_the_newest_dead_letters_are_kept(
    webhooks: SqlWebhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('fleet_manager.adapters.db.webhooks.MOST_DEAD', 3)
    assert MOST_DEAD > 3
    webhooks.add(ONE)
    for seq in range(5):
        webhooks.save(ONE, dead=dead(seq))
    assert [one.seq for one in webhooks.dead('w1')] == [2, 3, 4]


def test_what_is_dismissed_is_gone_and_nothing_beside_it(webhooks: SqlWebhooks) -> None:
    for name in ('w1', 'w2'):
        webhooks.add(replace(ONE, id=name))
        for seq in range(5):
            webhooks.save(replace(ONE, id=name), dead=dead(seq, name))
    assert webhooks.dismiss('w1', 1, 3) == 3
    assert webhooks.dismiss('w1', 1, 3) == 0
    assert [one.seq for one in webhooks.dead('w1')] == [0, 4]
    assert len(webhooks.dead('w2')) == 5
    assert webhooks.dismiss('w1', 0, 10**15 - 1) == 2
