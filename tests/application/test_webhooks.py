"""What others are told: which events, in words that do not change, and how often it is tried."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace

import pytest

from fleet_manager.application.kernel import entry
from fleet_manager.application.ports import StoredEntry
from fleet_manager.application.webhooks import (
    FIRST_WAIT,
    LONGEST_WAIT,
    MOST_TRIES,
    UNREACHABLE,
    Verdict,
    Webhook,
    after,
    payload,
    signed,
    verdict,
    wants,
)
from fleet_manager.domain import messages as m
from fleet_manager.domain.ids import AccountId, DeliveryId, NodeId, RobotId, StationId
from fleet_manager.domain.units import HOUR, Instant

NOW = Instant(1_700_000_000_000)
ONE = Webhook(
    'w1', 'https://x.example/', 'whsec_', frozenset(), None, position=4, made_by='e', made_at=NOW
)
REQUESTED = m.DeliveryRequested(
    DeliveryId('D000001'),
    number=1,
    key='order:HIS-1',
    body_hash='',
    actor=m.Actor(AccountId('n2w'), m.Role.WARD, StationId('n2w')),
    goods='drug',
    sender=StationId('pharmacy'),
    recipient=StationId('n2w'),
    urgency='routine',
    promised_at=Instant(NOW + HOUR),
    note='for Ms Lee',
)


def line(seq: int, event: m.Event) -> StoredEntry:
    return StoredEntry(seq, 1, entry(NOW, event), '', '')


def test_what_is_told_has_ids_and_codes_and_neither_a_note_nor_a_name() -> None:
    arrived = m.RobotArrived(
        RobotId('r1'), DeliveryId('D000001'), m.Purpose.HAND_OVER, NodeId('s1')
    )
    told = payload(line(9, arrived), line(3, REQUESTED))
    assert told == {
        'id': 9,
        'type': 'delivery.robot_arrived',
        'at': NOW,
        'delivery': {
            'id': 'D000001',
            'number': 1,
            'reference': 'HIS-1',
            'goods': 'drug',
            'sender': 'pharmacy',
            'recipient': 'n2w',
            'urgency': 'routine',
            'promised_at': NOW + HOUR,
        },
        'robot': 'r1',
        'to': 'hand_over',
    }
    assert 'Lee' not in str(payload(line(3, REQUESTED), line(3, REQUESTED)))


def test_a_subscriber_hears_of_its_station_and_its_events_only() -> None:
    told = payload(line(3, REQUESTED), line(3, REQUESTED))
    assert wants(ONE, told)
    assert wants(replace(ONE, station=StationId('n2w')), told)
    assert not wants(replace(ONE, station=StationId('n3e')), told)
    assert wants(replace(ONE, events=frozenset({'delivery.requested'})), told)
    assert not wants(replace(ONE, events=frozenset({'delivery.loaded'})), told)


def test_the_signature_is_that_of_the_standard() -> None:
    key = b'0123456789abcdef'
    secret = f'whsec_{base64.b64encode(key).decode()}'
    headers = signed(secret, name='e7', at=NOW, body=b'{}')
    mac = hmac.new(key, b'e7.1700000000.{}', hashlib.sha256).digest()
    assert headers == {
        'webhook-id': 'e7',
        'webhook-timestamp': '1700000000',
        'webhook-signature': f'v1,{base64.b64encode(mac).decode()}',
    }


@pytest.mark.parametrize(
    ('status', 'what'),
    [
        (200, Verdict.TAKEN),
        (204, Verdict.TAKEN),
        (302, Verdict.FAILED),
        (400, Verdict.REFUSED),
        (401, Verdict.FAILED),
        (410, Verdict.REFUSED),
        (422, Verdict.REFUSED),
        (429, Verdict.FAILED),
        (500, Verdict.FAILED),
        (0, Verdict.FAILED),
    ],
)
def test_what_an_answer_means(status: int, what: Verdict) -> None:
    assert verdict(status) is what


def test_a_failure_moves_nothing_and_waits_ever_longer_until_a_person_is_needed() -> None:
    now, webhook, waits = NOW, ONE, []
    while not webhook.paused:
        webhook = after(webhook, 9, Verdict.FAILED, problem='http_500', now=now)
        waits.append(webhook.next_at - now)
        assert webhook.position == 4
    assert (webhook.tries, webhook.paused) == (MOST_TRIES, UNREACHABLE)
    assert waits[0] == FIRST_WAIT
    assert waits == sorted(waits)
    assert max(waits) == LONGEST_WAIT
    assert 1.5 * HOUR < sum(waits) < 3 * HOUR


def test_success_and_refusal_both_move_on_and_forget_the_failures() -> None:
    tried = replace(ONE, tries=3, next_at=NOW, problem='http_500')
    taken = after(tried, 9, Verdict.TAKEN, problem='', now=NOW)
    assert taken == replace(ONE, position=9, delivered=1)
    refused = after(tried, 9, Verdict.REFUSED, problem='http_400', now=NOW)
    assert refused == replace(ONE, position=9, problem='http_400')
