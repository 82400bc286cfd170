"""What each state of a delivery is called in FHIR: one table, and a test that it is whole."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from fleet_manager.domain.deliveries.goods import Urgency


class Statuses(NamedTuple):
    """The `status` of each resource; there is no SupplyDelivery before something was loaded."""

    request: str
    task: str
    supply: str | None


#: By state of a delivery. `Task.businessStatus` says which state it is exactly.
STATUS: Final[Mapping[str, Statuses]] = MappingProxyType(
    {
        'accepted': Statuses('active', 'accepted', None),
        'assigned': Statuses('active', 'accepted', None),
        'awaiting_load': Statuses('active', 'ready', None),
        'loading': Statuses('active', 'in-progress', None),
        'under_way': Statuses('active', 'in-progress', 'in-progress'),
        'awaiting_receipt': Statuses('active', 'in-progress', 'in-progress'),
        'opened': Statuses('active', 'in-progress', 'in-progress'),
        'taken': Statuses('active', 'in-progress', 'in-progress'),
        'porter_asked': Statuses('active', 'on-hold', None),
        'carried': Statuses('active', 'in-progress', 'in-progress'),
        'rescue_asked': Statuses('active', 'on-hold', 'in-progress'),
        'delivered': Statuses('completed', 'completed', 'completed'),
        'returned': Statuses('cancelled', 'failed', 'abandoned'),
        'stored': Statuses('cancelled', 'failed', 'abandoned'),
        'failed': Statuses('cancelled', 'failed', 'abandoned'),
        'cancelled': Statuses('cancelled', 'cancelled', None),
        'expired': Statuses('cancelled', 'failed', None),
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
