"""Ask for a delivery: check it, accept it once, promise a time."""

from __future__ import annotations

import hashlib
from typing import Final

from fleet_manager.domain.deliveries.details import urgency_of, wrong_field
from fleet_manager.domain.deliveries.goods import GOODS, PROMISES, Urgency
from fleet_manager.domain.errors import Refusal
from fleet_manager.domain.evolve import key_of
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.messages import DeliveryRequested, RequestDelivery
from fleet_manager.domain.rights import may
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import HOUR, Instant, Millis

#: Open deliveries the manager holds at most: several days of the reference load in one burst.
MAX_OPEN: Final = 10_000
#: Meals are ordered a day ahead; a window further off is a slip.
MAX_AHEAD: Final = Millis(36 * HOUR)


def request_delivery(turn: Turn, command: RequestDelivery) -> DeliveryId | Refusal:
    """Accept the delivery, or return the one this key already stands for, or say why not."""
    body = body_hash(command)
    known = turn.state.keys.get(key_of(command.actor.account, command.key))
    if known is not None:
        return known.delivery if known.body_hash == body else Refusal('key_reused')
    refusal = _refusal(turn, command)
    if refusal is not None:
        return refusal
    goods = GOODS[command.goods]
    urgency = urgency_of(goods.id, command.details, raised=command.raised)
    number = turn.state.deliveries_made + 1
    delivery = DeliveryId(f'D{number:06d}')
    turn.emit(
        DeliveryRequested(
            delivery,
            number=number,
            key=command.key,
            body_hash=body,
            actor=command.actor,
            goods=goods.id,
            sender=command.sender,
            recipient=command.recipient,
            urgency=urgency.value,
            promised_at=_promise(turn, command, urgency),
            note=command.note,
            raised=command.raised,
            earliest=command.earliest,
            asked_by=command.asked_by,
            details=dict(command.details),
        )
    )
    return delivery


def body_hash(command: RequestDelivery) -> str:
    """Return a hash of what was asked for, to tell a repeat from another request."""
    body = f'{command.goods}\n{command.sender}\n{command.recipient}\n{command.note}'
    if command.raised or command.earliest or command.latest:
        body += f'\n{command.raised}\n{command.earliest}\n{command.latest}'
    if command.asked_by:
        body += f'\n{command.asked_by}'
    if command.details:
        body += f'\n{sorted(command.details.items())}'
    return hashlib.sha256(body.encode()).hexdigest()[:32]


def _refusal(turn: Turn, command: RequestDelivery) -> Refusal | None:
    stations = turn.hospital.stations
    if command.goods not in GOODS:
        return Refusal('unknown_goods', {'goods': command.goods[:40]})
    for station in (command.sender, command.recipient):
        if station not in stations:
            return Refusal('unknown_station', {'station': station[:40]})
        if station in turn.leaving:
            return Refusal('station_leaves', {'station': station})
    if command.sender == command.recipient:
        return Refusal('same_station', {'station': command.sender})
    if command.goods not in stations[command.sender].sends:
        return Refusal('goods_not_sent_here', {'goods': command.goods, 'station': command.sender})
    if command.goods not in stations[command.recipient].takes:
        return Refusal(
            'goods_not_taken_here', {'goods': command.goods, 'station': command.recipient}
        )
    if not may(command.actor, RequestDelivery, command.sender, command.recipient):
        return Refusal('not_allowed')
    if command.raised and not command.note.strip():
        return Refusal('reason_needed')
    wrong = wrong_field(command.goods, command.details)
    if wrong is not None:
        return Refusal('bad_detail', {'field': wrong})
    return _not_then(turn, command) or _too_many(turn)


def _not_then(turn: Turn, command: RequestDelivery) -> Refusal | None:
    if command.earliest > turn.now + MAX_AHEAD or command.latest > turn.now + 2 * MAX_AHEAD:
        return Refusal('too_far_ahead')
    if command.latest and command.latest <= max(turn.now, command.earliest):
        return Refusal('window_over')
    return None


def _too_many(turn: Turn) -> Refusal | None:
    if len(turn.state.open) >= MAX_OPEN:
        return Refusal('too_many_open')
    return None


def _promise(turn: Turn, command: RequestDelivery, urgency: Urgency) -> Instant:
    """Return when it is there at the latest: as its class promises, or at its window's end.

    What is STAT or urgent is never promised later than its class is.
    """
    of_class = Instant(max(turn.now, command.earliest) + PROMISES[urgency].within)
    if not command.latest:
        return of_class
    is_planned = urgency in (Urgency.ROUTINE, Urgency.SCHEDULED)
    return command.latest if is_planned else min(command.latest, of_class)
