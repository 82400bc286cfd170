"""The words of a delivery's labels. For the page and for `fleet labels`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from fleet_manager.adapters.http.i18n import Words
from fleet_manager.adapters.http.pages import name_of
from fleet_manager.application.labels import Label
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Hospital


def labels_of(
    hospital: Hospital,
    words: Words,
    delivery: str,
    entity: Mapping[str, Any],
    *,
    address: str,
    parcels: int,
    zone: tzinfo,
) -> list[Label]:
    """Return one label a parcel. `address` is where the pages are, like `https://fleet.local`.

    `entity` has the delivery's `number`, `goods`, `urgency`, `sender`, `recipient` and
    `promised_at`; times are those of `zone`. Raises KeyError for a station the map does not have.
    """
    sender = hospital.stations[StationId(entity['sender'])]
    recipient = hospital.stations[StationId(entity['recipient'])]
    due = datetime.fromtimestamp(entity['promised_at'] / 1_000, zone)
    return [
        Label(
            address=f'{address}/deliveries/{delivery}',
            recipient=name_of(recipient, words.lang),
            recipient_code=recipient.code,
            sender=words('labels.from', sender=name_of(sender, words.lang), code=sender.code),
            goods=words(f'goods.{entity["goods"]}'),
            urgency=words(f'urgency.{entity["urgency"]}'),
            number=words('delivery.number', number=entity['number']),
            due=words('labels.due', time=f'{due:%m-%d %H:%M}'),
            part=f'{part}/{parcels}' if parcels > 1 else '',
        )
        for part in range(1, parcels + 1)
    ]
