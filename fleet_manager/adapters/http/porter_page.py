"""What the porters' page shows: what no robot carries, who goes for it, who has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fleet_manager.application.ports import View
from fleet_manager.domain.deliveries.goods import GOODS, Count
from fleet_manager.domain.ids import AccountId, DeliveryId, StationId
from fleet_manager.domain.maps.model import Hospital, Station

#: What was handed over stays in sight for the last so many.
DONE_SHOWN: Final = 8
_HANDED_OVER: Final = ('delivered', 'returned', 'stored')


@dataclass(frozen=True, slots=True)
class Errand:
    """A delivery for people to carry. `goer` goes for it, `holder` has it; None where unknown."""

    delivery: str
    number: int
    goods: str
    urgency: str
    sender: Station
    goal: Station
    promised_at: int
    late: bool
    returning: bool
    note: str
    goer: AccountId | None
    holder: AccountId | None
    ended_at: int | None
    two_signatures: bool
    count: str


@dataclass(frozen=True, slots=True)
class PorterPage:
    """`carried` is in somebody's hands, mine first; `waiting` is to be fetched, `done` is over.

    `rescue` is inside a robot that does not work, and is taken out on the delivery's own page.
    """

    rescue: tuple[Errand, ...]
    carried: tuple[Errand, ...]
    waiting: tuple[Errand, ...]
    done: tuple[Errand, ...]


def describe(
    hospital: Hospital,
    view: View,
    claims: Mapping[DeliveryId, AccountId],
    *,
    me: AccountId | None = None,
) -> PorterPage:
    """Return the page; `me` is the porter whose things come first."""
    lists: dict[str, list[Errand]] = {'rescue': [], 'carried': [], 'waiting': [], 'done': []}
    for name, entity in view.entities.get('delivery', {}).items():
        where = _list_of(entity)
        if where is not None:
            lists[where].append(_errand(hospital, name, entity, claims))
    for errands in lists.values():
        errands.sort(
            key=lambda one: (me not in (one.holder, one.goer), one.promised_at, one.number)
        )
    lists['done'].sort(key=lambda one: -(one.ended_at or 0))
    return PorterPage(
        tuple(lists['rescue']),
        tuple(lists['carried']),
        tuple(lists['waiting']),
        tuple(lists['done'][:DONE_SHOWN]),
    )


def _list_of(entity: Mapping[str, Any]) -> str | None:
    if entity['state'] == 'porter_asked':
        return 'waiting'
    if entity['state'] == 'carried':
        return 'carried'
    if entity['state'] == 'rescue_asked':
        return 'rescue'
    by_hand = entity['state'] in _HANDED_OVER and 'carried' in entity['times']
    return 'done' if by_hand else None


def _errand(
    hospital: Hospital,
    name: str,
    entity: Mapping[str, Any],
    claims: Mapping[DeliveryId, AccountId],
) -> Errand:
    back = bool(entity['returning'])
    goal = entity.get('goal') or entity['sender' if back else 'recipient']
    return Errand(
        delivery=name,
        number=entity['number'],
        goods=entity['goods'],
        urgency=entity['urgency'],
        sender=hospital.stations[StationId(entity['sender'])],
        goal=hospital.stations[StationId(goal)],
        promised_at=entity['promised_at'],
        late=bool(entity['late']),
        returning=back,
        note=entity['note'],
        goer=claims.get(DeliveryId(name)),
        holder=entity.get('held_by'),
        ended_at=entity['times'][entity['state']],
        two_signatures=GOODS[entity['goods']].two_signatures,
        count=Count.NEVER.value if back else GOODS[entity['goods']].count.value,
    )
