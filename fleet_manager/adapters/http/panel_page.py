"""What the screen of a robot shows: for whom it waits, what lies where, what to do here.

People in a corridor read it, so it has no names and no notes of anybody. On its way it says which
compartments hold something and for which station; what it is, only where it stands for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fleet_manager.application.ports import View
from fleet_manager.domain.deliveries.goods import GOODS, Count
from fleet_manager.domain.ids import RobotId, StationId
from fleet_manager.domain.maps.model import Hospital, Station
from fleet_manager.domain.units import MINUTE, SECOND

#: A picture older than this is not shown as if it were the present.
OLD_PICTURE_MS: Final = 12 * SECOND
#: What is done with a delivery at the robot, by its state; `back` where it returns to its sender.
_DEEDS: Final = {'awaiting_load': 'load', 'loading': 'load'} | {
    'awaiting_receipt': 'collect', 'opened': 'collect',
}  # fmt: skip
_ON_THE_WAY: Final = frozenset({'to_pick_up', 'to_hand_over', 'waiting', 'waiting_lift'}) | {
    'waiting_door', 'in_lift', 'parking', 'to_clean',
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thing:
    """A parcel to load or to collect here. `number` is the delivery's, `with_it` its mates'.

    `two_people`: a second person signs as well. `count`: pieces are `needed`, `asked` or `never`.
    `may_put_off`: for how many minutes whoever collects may say "not now", 0: not.
    """

    delivery: str
    number: int
    goods: str
    deed: str
    compartment: str
    opening: bool
    opened: bool
    with_it: tuple[int, ...]
    station: Station
    other: Station
    two_people: bool
    count: str
    may_put_off: int
    put_off_until: int | None
    cold_chain: Mapping[str, Any] | None

    @property
    def may_refuse(self) -> bool:
        """Whether the addressee may send it back unopened."""
        shut = self.deed == 'collect' and not self.opening and not self.opened
        return shut and GOODS[self.goods].may_return


@dataclass(frozen=True, slots=True)
class Box:
    """A compartment. `numbers` are the deliveries inside or, at their pick-up, to be put in."""

    id: str
    closed: bool
    locked: bool
    occupied: bool
    numbers: tuple[int, ...]
    goods: str
    goal: Station | None


@dataclass(frozen=True, slots=True)
class PanelPage:
    """A robot as its own screen shows it. `face` is one of `FACES`.

    `locked_until`: too many wrong PINs were given for what it is about.
    """

    robot: str
    name: str
    face: str
    goal: Station | None
    arrives: int | None
    things: tuple[Thing, ...]
    chosen: Thing | None
    to_sign: tuple[Thing, ...]
    boxes: tuple[Box, ...]
    locked_until: int | None = None

    @property
    def compartments(self) -> str:
        """Return the compartments the sentence is about: those that stand open, or the chosen."""
        opened = [box.id for box in self.boxes if not box.closed]
        return ', '.join(opened) or (self.chosen.compartment if self.chosen else '')

    @property
    def station(self) -> Station | None:
        """Return the station the sentence is about: whose people are waited for, or the goal."""
        return self.thing.station if self.thing is not None else self.goal

    @property
    def thing(self) -> Thing | None:
        """Return what the screen is about here: what was chosen, or is to be signed."""
        return self.chosen or next(iter(self.to_sign), None)

    @property
    def asks_pin(self) -> bool:
        """Whether somebody may be typing a PIN."""
        return self.face in ('load', 'collect', 'back', 'sign') and self.locked_until is None


FACES: Final = (
    'offline', 'error', 'paused', 'open', 'opening', 'load', 'collect', 'back', 'sign',
    'driving', 'cleaning', 'idle',
)  # fmt: skip


def describe(
    hospital: Hospital, view: View, robot: RobotId, *, now: int, chosen: str = ''
) -> PanelPage:
    """Return what the screen of `robot` shows; `chosen` is the delivery somebody tapped."""
    entity = view.entities.get('robot', {}).get(robot, {})
    mine = {
        name: delivery
        for name, delivery in view.entities.get('delivery', {}).items()
        if delivery['robot'] == robot
    }
    things = _things(hospital, view, mine)
    picked = next((thing for thing in things if thing.delivery == chosen), None)
    busy = next((thing for thing in things if thing.opening or thing.opened), None)
    lead = busy or picked or next(iter(things), None)
    to_sign = _to_sign(hospital, mine, entity)
    boxes = tuple(_box(hospital, view, box) for box in entity.get('compartments', ()))
    face = _face(entity, boxes, lead, to_sign, old=now - view.now > OLD_PICTURE_MS)
    goal = hospital.stations.get(StationId(entity.get('goal_station') or ''))
    return PanelPage(
        robot=robot,
        name=str(entity.get('name', robot)),
        face=face,
        goal=goal,
        arrives=entity.get('arrives'),
        things=things,
        chosen=lead,
        to_sign=to_sign,
        boxes=boxes,
        locked_until=_locked_until(view, robot, lead or next(iter(to_sign), None)),
    )


def _locked_until(view: View, robot: RobotId, thing: Thing | None) -> int | None:
    """Return until when too many wrong PINs keep what the screen is about shut, or None."""
    box = thing.compartment if thing is not None else ''
    alert = view.entities.get('alert', {}).get(f'compartment_locked:{robot}/{box}')
    return int(alert['params']['until']) if alert is not None else None


def _face(
    entity: Mapping[str, Any],
    boxes: Sequence[Box],
    lead: Thing | None,
    to_sign: Sequence[Thing],
    *,
    old: bool,
) -> str:
    """Return what the screen is about. What may be untrue comes first: it hides everything."""
    state = entity.get('state', 'never_seen')
    if old or entity.get('link') != 'ok' or state in ('never_seen', 'silent'):
        return 'offline'
    if state == 'excluded':
        return 'error'
    if any(not box.closed for box in boxes) or (lead is not None and lead.opened):
        return 'open'
    if lead is not None and lead.opening:
        return 'opening'
    if state == 'paused':
        return 'paused'
    if lead is not None:
        return lead.deed
    if to_sign:
        return 'sign'
    if state in _ON_THE_WAY:
        return 'driving'
    return 'cleaning' if state == 'needs_cleaning' else 'idle'


def _things(
    hospital: Hospital, view: View, mine: Mapping[str, Mapping[str, Any]]
) -> tuple[Thing, ...]:
    """Return what is to be done here: one for each opening of a compartment."""
    found: list[Thing] = []
    done: set[str] = set()
    for name in sorted(mine, key=lambda one: (mine[one]['promised_at'], one)):
        entity = mine[name]
        if name in done or entity['state'] not in _DEEDS or _of_a_rescuer(entity):
            continue
        found.append(_thing(hospital, view, name, entity, _DEEDS[entity['state']]))
        done |= set(entity['together'])
    return tuple(found)


def _to_sign(
    hospital: Hospital, mine: Mapping[str, Mapping[str, Any]], robot: Mapping[str, Any]
) -> tuple[Thing, ...]:
    """Return what was taken out here and is not signed yet, as long as the robot stands here."""
    return tuple(
        _thing(hospital, None, name, entity, 'sign')
        for name, entity in sorted(mine.items())
        if entity['state'] == 'taken'
        and hospital.stations[StationId(entity['recipient'])].node == robot.get('node')
    )


def _thing(
    hospital: Hospital, view: View | None, name: str, entity: Mapping[str, Any], deed: str
) -> Thing:
    others = view.entities['delivery'] if view is not None else {}
    returning = bool(entity['returning'])
    goods = GOODS[entity['goods']]
    counts = deed in ('load', 'sign') and not returning and not entity['together']
    here, other = (
        ('sender', 'recipient') if deed == 'load' or returning else ('recipient', 'sender')
    )
    station = entity[here] if deed == 'load' else entity.get('goal') or entity[here]
    return Thing(
        delivery=name,
        number=entity['number'],
        goods=entity['goods'],
        deed='back' if returning and deed == 'collect' else deed,
        compartment=entity['compartment'] or '',
        opening=bool(entity['opening']),
        opened=entity['state'] in ('loading', 'opened'),
        with_it=tuple(others[one]['number'] for one in entity['together'] if one in others),
        station=hospital.stations[StationId(station)],
        other=hospital.stations[StationId(entity[other])],
        two_people=goods.two_signatures if deed == 'sign' else goods.two_people,
        count=goods.count.value if counts else Count.NEVER.value,
        may_put_off=entity.get('may_put_off', 0) // MINUTE,
        put_off_until=entity.get('put_off_until'),
        cold_chain=entity.get('cold_chain'),
    )


def _of_a_rescuer(entity: Mapping[str, Any]) -> bool:
    """Whether somebody who rescued it loads it, elsewhere than at its sender's."""
    loads = entity['state'] in ('awaiting_load', 'loading')
    return loads and entity.get('origin', entity['sender']) != entity['sender']


def _box(hospital: Hospital, view: View, box: Mapping[str, Any]) -> Box:
    entities = view.entities.get('delivery', {})
    inside = [entities[name] for name in box.get('deliveries', ()) if name in entities]
    here = bool(inside) and inside[0]['state'] in _DEEDS
    goal = inside[0]['sender' if inside[0]['returning'] else 'recipient'] if inside else ''
    return Box(
        id=str(box['id']),
        closed=bool(box['closed']),
        locked=bool(box['locked']),
        occupied=bool(box['occupied']),
        numbers=tuple(entity['number'] for entity in inside),
        goods=str(inside[0]['goods']) if here else '',
        goal=hospital.stations.get(StationId(goal)),
    )
