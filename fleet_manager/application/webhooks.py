"""What other systems are told of deliveries: which events, in which words, and how often tried.

A subscription follows the journal by position. What it is told next is the first event after its
position that it wants; the position moves on once that was taken. So the order is that of the
journal, a restart goes on where it was, and an event may come twice but never out of turn.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Protocol

from fleet_manager.application.outside_orders import order_of_key
from fleet_manager.application.ports import StoredEntry
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.units import HOUR, MINUTE, SECOND, Instant

#: Event of the journal -> its name for others. These, and the fields of `payload`, do not change.
NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        'DeliveryRequested': 'delivery.requested',
        'RunAssigned': 'delivery.robot_assigned',
        'RunWithdrawn': 'delivery.robot_withdrawn',
        'RobotArrived': 'delivery.robot_arrived',
        'ParcelLoaded': 'delivery.loaded',
        'RobotSentAway': 'delivery.sent_away',
        'CollectionReminded': 'delivery.reminded',
        'ReceiptPutOff': 'delivery.put_off',
        'ParcelTaken': 'delivery.taken',
        'DeliveryReceived': 'delivery.received',
        'ParcelTurnedBack': 'delivery.turned_back',
        'ParcelReturned': 'delivery.returned',
        'ParcelGivenBack': 'delivery.given_back',
        'ParcelStored': 'delivery.stored',
        'PorterAsked': 'delivery.porter_asked',
        'PorterTook': 'delivery.porter_took',
        'RescueAsked': 'delivery.rescue_asked',
        'RescueCalledOff': 'delivery.rescue_called_off',
        'ParcelRescued': 'delivery.rescued',
        'RobotCalled': 'delivery.robot_called',
        'DeliveryCancelled': 'delivery.cancelled',
        'DeliveryExpired': 'delivery.expired',
        'DeliveryClosed': 'delivery.closed',
    }
)
#: Events of a delivery that are nobody's business outside.
NOT_TOLD: Final = frozenset(
    {
        'CompartmentOpened',
        'DeliveryArchived',
        'DeliveryRated',
        'FollowUpNoted',
        'OpeningAuthorised',
        'OpeningExpired',
        'OpeningUnused',
        'RobotSoiled',
        'TemperatureNoted',
    }
)

#: After the first failure it is tried again so soon; each further wait is twice as long.
FIRST_WAIT: Final = 2 * SECOND
LONGEST_WAIT: Final = 10 * MINUTE
#: A receiver that failed so often in a row, for some two hours, is left alone until a person
#: looks.
MOST_TRIES: Final = 20
#: What a receiver refuses for good is set aside: it holds up nothing, and can be sent again.
MOST_DEAD: Final = 1_000
MAX_WEBHOOKS: Final = 50
MAX_URL: Final = 500
#: A receiver that still refuses the same signature has the wrong clock or secret, not a bad event.
_TRY_AGAIN: Final = frozenset({401, 403, 404, 408, 425, 429})
#: Reasons why nothing is sent; texts are `webhooks.paused.<reason>`.
UNREACHABLE: Final = 'unreachable'
BY_HAND: Final = 'by_hand'


class Verdict(StrEnum):
    """What an answer means: it was taken, it will never be taken, or try again."""

    TAKEN = 'taken'
    REFUSED = 'refused'
    FAILED = 'failed'


@dataclass(frozen=True, slots=True)
class Webhook:
    """A subscription. `events` are values of `NAMES`, none for all; `station` keeps it to one.

    `position` is the journal line up to which all was told. `paused` says why nothing is sent,
    '' while it is. `tries` counts failures in a row, `next_at` is when it is tried again.
    """

    id: str
    url: str
    secret: str
    events: frozenset[str]
    station: StationId | None
    position: int
    made_by: str
    made_at: Instant
    tries: int = 0
    next_at: Instant = Instant(0)
    problem: str = ''
    paused: str = ''
    delivered: int = 0


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event a receiver refused. `again`: somebody asked for it to be sent once more."""

    webhook: str
    seq: int
    event: str
    at: Instant
    problem: str
    again: bool = False


class Webhooks(Protocol):
    """Where subscriptions are kept. Calls block: use a thread."""

    def all(self) -> tuple[Webhook, ...]:
        """Return every subscription, the oldest first."""

    def get(self, webhook_id: str) -> Webhook | None:
        """Return one subscription."""

    def add(self, new: Webhook) -> bool:
        """Keep a new one. False when there are `MAX_WEBHOOKS` already."""

    def remove(self, webhook_id: str) -> None:
        """Forget a subscription and its dead letters; nothing when there is none."""

    def save(self, now: Webhook, *, dead: DeadLetter | None = None) -> None:
        """Write how far a subscription is, in one step with what was set aside.

        Leaves alone what people may change meanwhile, unless it pauses: see `set_paused`.
        """

    def set_paused(self, webhook_id: str, reason: str) -> None:
        """Pause, or go on with an empty reason: at once, and as if nothing had failed."""

    def dead(
        self, webhook_id: str, *, again: bool = False, limit: int = 100
    ) -> tuple[DeadLetter, ...]:
        """Return what was set aside, the oldest first; with `again` what is to be sent again."""

    def send_again(self, webhook_id: str, seq: int) -> bool:
        """Ask for a dead letter to be sent once more. False when there is none."""

    def dismiss(self, webhook_id: str, first: int, last: int) -> int:
        """Forget the dead letters from line `first` to `last` for good; return how many."""

    def settle(self, webhook_id: str, seq: int, *, problem: str = '') -> None:
        """Forget a dead letter that was taken, or note why it was not."""


class WrongWebhook(Exception):
    """A subscription that cannot be. `code` names its text: `webhook_address`, for example."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class WebhookOffice(Protocol):
    """Where people manage subscriptions. Calls block: use a thread."""

    @property
    def kept(self) -> Webhooks:
        """Where they are kept."""

    def subscribe(
        self, *, url: str, events: frozenset[str], station: StationId | None, made_by: str
    ) -> Webhook:
        """Make one that is told what happens from now on. Raises WrongWebhook."""


def payload(stored: StoredEntry, requested: StoredEntry | None) -> dict[str, Any]:
    """Return what is told of a journal line: codes and ids only, no name and no note.

    `requested` is the line its delivery began with.
    """
    body = json.loads(stored.entry.body)
    asked = json.loads(requested.entry.body) if requested is not None else {}
    told: dict[str, Any] = {
        'id': stored.seq,
        'type': NAMES[stored.entry.kind],
        'at': stored.entry.at,
        'delivery': {
            'id': stored.entry.delivery,
            'number': asked.get('number'),
            'reference': order_of_key(asked.get('key', '')),
            'goods': asked.get('goods'),
            'sender': asked.get('sender'),
            'recipient': asked.get('recipient'),
            'urgency': asked.get('urgency'),
            'promised_at': asked.get('promised_at'),
        },
        'robot': stored.entry.robot,
    }
    if stored.entry.kind == 'RobotArrived':
        told['to'] = body['purpose']
    return told


def wants(webhook: Webhook, told: Mapping[str, Any]) -> bool:
    """Whether a subscription is to be told."""
    ends = (told['delivery']['sender'], told['delivery']['recipient'])
    return (not webhook.events or told['type'] in webhook.events) and (
        webhook.station is None or webhook.station in ends
    )


def signed(secret: str, *, name: str, at: Instant, body: bytes) -> dict[str, str]:
    """Return the headers a receiver checks, as standardwebhooks.com has them."""
    seconds = str(at // SECOND)
    key = base64.b64decode(secret.removeprefix('whsec_'))
    mac = hmac.new(key, f'{name}.{seconds}.'.encode() + body, hashlib.sha256).digest()
    return {
        'webhook-id': name,
        'webhook-timestamp': seconds,
        'webhook-signature': f'v1,{base64.b64encode(mac).decode()}',
    }


def verdict(status: int) -> Verdict:
    """Return what an HTTP status means; 0 where there was no answer."""
    if 200 <= status < 300:
        return Verdict.TAKEN
    refused = 400 <= status < 500 and status not in _TRY_AGAIN
    return Verdict.REFUSED if refused else Verdict.FAILED


def after(webhook: Webhook, seq: int, what: Verdict, *, problem: str, now: Instant) -> Webhook:
    """Return the subscription after an event was sent to it."""
    if what is not Verdict.FAILED:
        taken = webhook.delivered + (what is Verdict.TAKEN)
        told = replace(webhook, position=seq, tries=0, next_at=Instant(0), delivered=taken)
        return replace(told, problem='' if what is Verdict.TAKEN else problem)
    tries = webhook.tries + 1
    wait = min(FIRST_WAIT << min(tries - 1, 20), LONGEST_WAIT)
    waiting = replace(webhook, tries=tries, next_at=Instant(now + wait), problem=problem)
    return replace(waiting, paused=UNREACHABLE) if tries >= MOST_TRIES else waiting


#: How long a receiver is tried in all before it is left alone; for the documents.
TRIED_FOR: Final = sum(min(FIRST_WAIT << n, LONGEST_WAIT) for n in range(MOST_TRIES - 1)) / HOUR
