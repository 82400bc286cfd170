"""What each state of a delivery is called in FHIR: one table, and a test that it is whole."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from fleet_manager.domain.deliveries.goods import Urgency
from fleet_manager.domain.deliveries.lifecycle import DeliveryState

_S: Final = DeliveryState


class Statuses(NamedTuple):
    """The `status` of each resource; there is no SupplyDelivery before something was loaded."""

    request: str
    task: str
    supply: str | None


#: `Task.businessStatus` says which state it is exactly.
STATUS: Final[Mapping[DeliveryState, Statuses]] = MappingProxyType(
    {
        _S.ACCEPTED: Statuses('active', 'accepted', None),
        _S.ASSIGNED: Statuses('active', 'accepted', None),
        _S.AWAITING_LOAD: Statuses('active', 'ready', None),
        _S.LOADING: Statuses('active', 'in-progress', None),
        _S.UNDER_WAY: Statuses('active', 'in-progress', 'in-progress'),
        _S.AWAITING_RECEIPT: Statuses('active', 'in-progress', 'in-progress'),
        _S.OPENED: Statuses('active', 'in-progress', 'in-progress'),
        _S.TAKEN: Statuses('active', 'in-progress', 'in-progress'),
        _S.PORTER_ASKED: Statuses('active', 'on-hold', None),
        _S.CARRIED: Statuses('active', 'in-progress', 'in-progress'),
        _S.DELIVERED: Statuses('completed', 'completed', 'completed'),
        _S.RETURNED: Statuses('cancelled', 'failed', 'abandoned'),
        _S.CANCELLED: Statuses('cancelled', 'cancelled', None),
        _S.EXPIRED: Statuses('cancelled', 'failed', None),
    }
)

PRIORITY: Final[Mapping[Urgency, str]] = MappingProxyType(
    {
        Urgency.STAT: 'stat',
        Urgency.URGENT: 'urgent',
        Urgency.ROUTINE: 'routine',
        Urgency.SCHEDULED: 'routine',
    }
)
#: What a SupplyRequest may ask for; FHIR's `asap` is between urgent and stat.
URGENCY: Final[Mapping[str, Urgency]] = MappingProxyType(
    {
        'routine': Urgency.ROUTINE,
        'urgent': Urgency.URGENT,
        'asap': Urgency.URGENT,
        'stat': Urgency.STAT,
    }
)
