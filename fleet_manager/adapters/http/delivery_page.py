"""What the living page of a delivery and the ward's lists show, from the entities of a view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fleet_manager.adapters.http.auth import Person
from fleet_manager.adapters.http.feed import Audience
from fleet_manager.adapters.http.pages import minutes_until
from fleet_manager.application.ports import View
from fleet_manager.domain.deliveries.goods import GOODS, GoodsClass
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import LiftId, StationId
from fleet_manager.domain.maps.model import Hospital, Name, Station
from fleet_manager.domain.messages import (
    AskRescue,
    CallOffRescue,
    CallRobot,
    CancelDelivery,
    CloseDelivery,
    NoteFollowUp,
    OpenLeftBehind,
    PutOffDelivery,
    RescueParcel,
    TakeByHand,
)
from fleet_manager.domain.rights import Deed, kept_to
from fleet_manager.domain.units import MINUTE, Instant

#: The states of the list of steps; the others are parts of these.
STEPS: Final = (
    'accepted', 'assigned', 'awaiting_load', 'under_way', 'awaiting_receipt', 'delivered',
)  # fmt: skip
#: The steps of a parcel that goes back to its sender, and of one that a person carries.
BACK_STEPS: Final = (
    'accepted', 'assigned', 'awaiting_load', 'going_back', 'back', 'returned',
)  # fmt: skip
KEPT_STEPS: Final = (
    'accepted', 'assigned', 'awaiting_load', 'going_to_keeper', 'at_keeper', 'stored',
)  # fmt: skip
RESCUE_STEPS: Final = ('accepted', 'rescue_asked', 'carried')
PORTER_STEPS: Final = ('accepted', 'porter_asked', 'carried', 'delivered')
_STEP_OF: Final = {'loading': 'awaiting_load', 'opened': 'awaiting_receipt'} | {
    'taken': 'awaiting_receipt'
}
_BACK_STEP_OF: Final = {
    'under_way': 'going_back', 'awaiting_receipt': 'back', 'opened': 'back',
}  # fmt: skip
_KEPT_STEP_OF: Final = {
    'under_way': 'going_to_keeper', 'awaiting_receipt': 'at_keeper', 'opened': 'at_keeper',
}  # fmt: skip
_RESCUE_STEP_OF: Final = dict.fromkeys(
    (
        *('accepted', 'assigned', 'awaiting_load', 'loading', 'porter_asked'),
        *('under_way', 'awaiting_receipt', 'opened', 'taken'),
    ),
    'carried',
)
ENDED: Final = frozenset({'delivered', 'returned', 'cancelled', 'expired', 'stored', 'failed'})
#: What a person of a side can do in a state: the page's one primary button.
_ACTIONS: Final = {
    ('sender', 'awaiting_load'): 'load',
    ('recipient', 'awaiting_receipt'): 'receive',
    ('recipient', 'taken'): 'sign',
    ('recipient', 'carried'): 'sign',
    ('operator', 'porter_asked'): 'porter',
}
#: The same for a parcel that goes back.
_BACK_ACTIONS: Final = {
    ('sender', 'awaiting_receipt'): 'take_back',
    ('sender', 'carried'): 'sign',
}
#: The same at a safe place, and where a rescuer waits for another robot.
_KEPT_ACTIONS: Final = {('keeper', 'awaiting_receipt'): 'keep', ('keeper', 'carried'): 'sign'}
_MET_ACTIONS: Final = {('helper', 'awaiting_load'): 'load'}
#: Actions that open a compartment, with a PIN.
OPENS: Final = frozenset({'load', 'receive', 'take_back', 'keep'})
#: Sentences that speak to one side; the others read what everybody reads.
_SPOKEN_TO: Final = frozenset(
    {
        ('sender', 'assigned'),
        ('sender', 'awaiting_load'),
        ('sender', 'loading'),
        ('recipient', 'under_way'),
        ('recipient', 'awaiting_receipt'),
        ('recipient', 'opened'),
        ('recipient', 'taken'),
        ('sender', 'porter_asked'),
        ('recipient', 'carried'),
    }
)
_BACK_SPOKEN_TO: Final = frozenset(
    {('sender', 'under_way'), ('sender', 'awaiting_receipt'), ('sender', 'opened')}
)
_TONES: Final = {
    'accepted': 'waiting',
    'assigned': 'moving',
    'under_way': 'moving',
    'porter_asked': 'waiting',
    'carried': 'moving',
    'delivered': 'done',
    'returned': 'ended',
    'cancelled': 'ended',
    'expired': 'ended',
    'rescue_asked': 'waiting',
    'stored': 'ended',
    'failed': 'ended',
}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the list of steps. `status` is 'done', 'current' or 'ahead'."""

    state: str
    status: str
    at: int | None


@dataclass(frozen=True, slots=True)
class Range:
    """When something arrives, in whole minutes from now, rounded up, and as moments."""

    early: int
    late: int
    early_at: int
    late_at: int


@dataclass(frozen=True, slots=True)
class Waits:
    """Why nothing happens: a code, and the names of what its text mentions."""

    code: str
    robot: str
    lift: Name | None


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """A delivery as one person sees it. `raw` is the entity of the view.

    `together` are the numbers of others that the same opening of the compartment is for; `later`
    for how many minutes the person may put it off; `proved`: the secret was given lately.
    """

    id: str
    raw: Mapping[str, Any]
    sender: Station
    recipient: Station
    side: str
    tone: str
    says: str
    tag: str
    steps: tuple[Step, ...]
    robot: str | None
    waits: Waits | None
    eta: Range | None
    comes: Range | None
    action: str | None
    together: tuple[int, ...]
    may_refuse: bool
    later: int
    needs_me: bool
    keeper: Station | None
    rules: GoodsClass
    deeds: frozenset[str]
    proved: bool
    may_cancel: bool
    ended: bool

    @property
    def state(self) -> str:
        """Return the state's code."""
        return str(self.raw['state'])

    @property
    def arrived(self) -> bool:
        """Whether the promise was kept or broken already: it is about the arrival."""
        return self.ended or self.returning or 'awaiting_receipt' in self.raw['times']

    @property
    def returning(self) -> bool:
        """Return whether the parcel goes back to its sender."""
        return bool(self.raw['returning'])

    @property
    def opens(self) -> bool:
        """Whether the action opens a compartment, with a PIN."""
        return self.action in OPENS

    @property
    def loads(self) -> bool:
        """Whether parcels are put in here, and not taken out."""
        return self.state in ('awaiting_load', 'loading')

    @property
    def turned_back(self) -> tuple[str, str]:
        """Return why it goes back, `not_collected` or `refused`, and what was said; or blanks."""
        code, _, said = (self.raw['turned_back'] or '').partition(': ')
        return code, said

    @property
    def other(self) -> Station:
        """Return the other end, seen from the person's station."""
        return self.sender if self.side == 'recipient' else self.recipient


def audience_of(person: Person) -> Audience:
    """Return whose picture a person gets."""
    return Audience(kept_to(person.actor(), Deed.SEE_DELIVERIES))


def find(view: View, delivery: str, person: Person) -> Mapping[str, Any] | None:
    """Return a delivery the person may see, else None: who may not see it can't tell it exists."""
    entity = view.entities.get('delivery', {}).get(delivery)
    return entity if entity is not None and audience_of(person).sees(entity) else None


def describe(
    hospital: Hospital,
    view: View,
    delivery: str,
    entity: Mapping[str, Any],
    person: Person,
    now: int,
) -> DeliveryPage:
    """Return everything the page of one delivery shows."""
    state = str(entity['state'])
    side = _side(entity, person)
    ends = StationId(entity['sender']), StationId(entity['recipient'])
    robot = view.entities.get('robot', {}).get(entity['robot'] or '')
    others = view.entities.get('delivery', {})
    returning = bool(entity['returning'])
    actions, spoken_to = _rules_of(entity)
    who = 'operator' if person.may(TakeByHand) else side
    action = None if entity['opening'] else actions.get((who, state))
    if side == 'recipient' and state == 'delivered' and entity['rating'] is None:
        action = 'rate'
    spoken = (side, state) in spoken_to
    kept = entity.get('kept_at')
    back = ('_kept' if kept else '_back') if returning and state in _BACK_STEP_OF else ''
    says = f'delivery.says{back}.{state}'
    return DeliveryPage(
        id=delivery,
        raw=entity,
        sender=hospital.stations[StationId(entity['sender'])],
        recipient=hospital.stations[StationId(entity['recipient'])],
        side=side,
        tone=_TONES.get(state, 'act'),
        says=f'{says}.{side}' if spoken else says,
        tag=f'delivery.state{back}.{state}',
        steps=_steps(entity),
        robot=str(robot['name']) if robot else entity['robot'],
        waits=_waits(hospital, view, entity),
        eta=_eta(entity, now),
        comes=_comes(entity, robot, now),
        action=action,
        together=tuple(others[one]['number'] for one in entity['together'] if one in others),
        may_refuse=_may_refuse(entity, action),
        later=_later(entity, person),
        keeper=hospital.stations.get(StationId(kept)) if kept else None,
        rules=GOODS[entity['goods']],
        deeds=_deeds(entity, person),
        proved=person.proved(Instant(now)),
        needs_me=action in OPENS or (spoken and _hands_on(state)),
        may_cancel=bool(entity['may_cancel']) and person.may(CancelDelivery, *ends),
        ended=state in ENDED,
    )


def of_station(
    hospital: Hospital, view: View, person: Person, now: int
) -> dict[str, list[DeliveryPage]]:
    """Return the ward's lists: `hands` (waits for them), `incoming`, `outgoing` and `done`."""
    lists: dict[str, list[DeliveryPage]] = {
        'hands': [], 'incoming': [], 'outgoing': [], 'done': [],
    }  # fmt: skip
    audience = audience_of(person)
    for delivery, entity in view.entities.get('delivery', {}).items():
        if not audience.sees(entity):
            continue
        page = describe(hospital, view, delivery, entity, person, now)
        if page.needs_me:
            lists['hands'].append(page)
        elif page.ended:
            lists['done'].append(page)
        else:
            lists['incoming' if page.side == 'recipient' else 'outgoing'].append(page)
    for pages in lists.values():
        pages.sort(key=lambda page: (page.raw['promised_at'], page.id))
    lists['done'].reverse()
    del lists['done'][8:]
    return lists


def _rules_of(
    entity: Mapping[str, Any],
) -> tuple[Mapping[tuple[str, str], str], frozenset[tuple[str, str]]]:
    """Return what people can do, and whom sentences speak to, on its way there or back."""
    if entity.get('kept_at'):
        return _KEPT_ACTIONS, frozenset()
    if entity['returning']:
        return _BACK_ACTIONS, _BACK_SPOKEN_TO
    if entity.get('origin', entity['sender']) != entity['sender']:
        return _ACTIONS | {('sender', 'awaiting_load'): ''} | _MET_ACTIONS, _SPOKEN_TO
    return _ACTIONS, _SPOKEN_TO


def _deeds(entity: Mapping[str, Any], person: Person) -> frozenset[str]:
    """Return what else the person may do: beside the way a delivery usually goes."""
    state, returning = str(entity['state']), bool(entity['returning'])
    ends = StationId(entity['sender']), StationId(entity['recipient'])
    goods, mine = GOODS[entity['goods']], entity.get('held_by') == person.account.id
    loaded = state in ('under_way', 'awaiting_receipt')
    left = entity.get('kept_at') or (returning and entity.get('reminded', 0))
    left = left and state == 'awaiting_receipt' and goods.porters_open
    meets = mine and state == 'awaiting_load'
    follow_up = entity.get('follow_up')
    wanted = {
        'bring_back': entity.get('may_bring_back') and person.may(CancelDelivery, *ends),
        'rescue': loaded and person.may(AskRescue),
        'call_off': state == 'rescue_asked' and person.may(CallOffRescue),
        'rescued': state == 'rescue_asked' and person.may(RescueParcel),
        'call_robot': state == 'carried' and mine and person.may(CallRobot),
        'open_left': (left or meets) and not entity['opening'] and person.may(OpenLeftBehind),
        'close': entity.get('may_close') and person.may(CloseDelivery),
        'follow_up': follow_up and follow_up['open'] and person.may(NoteFollowUp),
        'custody': True,
    }
    return frozenset(deed for deed, may in wanted.items() if may)


def _may_refuse(entity: Mapping[str, Any], action: str | None) -> bool:
    """Whether it may be sent back instead: while it is not taken, and not what never goes back."""
    offered = action == 'receive' or (action == 'sign' and entity['state'] == 'carried')
    return offered and GOODS[entity['goods']].may_return


def _later(entity: Mapping[str, Any], person: Person) -> int:
    """Return for how many minutes the person may put it off, 0: not."""
    span = int(entity.get('may_put_off', 0))
    may = bool(span) and person.may(PutOffDelivery, StationId(entity['goal']))
    return span // MINUTE if may else 0


def _side(entity: Mapping[str, Any], person: Person) -> str:
    places = {'sender': 'sender', 'recipient': 'recipient', 'kept_at': 'keeper'}
    for place, side in (places | {'origin': 'helper'}).items():
        station = entity.get(place)
        if station and person.may(Deed.WORK_AT_STATION, StationId(station)):
            return side
    return 'observer'


def _hands_on(state: str) -> bool:
    return state in ('awaiting_load', 'loading', 'awaiting_receipt', 'opened', 'taken')


def _steps(entity: Mapping[str, Any]) -> tuple[Step, ...]:
    state, times = str(entity['state']), dict(entity['times'])
    steps, step_of = _course(entity)
    if entity['returning']:
        times['going_back'], times['back'] = times.get('under_way'), times.get('awaiting_receipt')
    if entity.get('kept_at'):
        times['going_to_keeper'], times['at_keeper'] = times['going_back'], times['back']
    if state in ('cancelled', 'expired', 'failed'):
        reached = [step for step in steps if step in times]
        done = tuple(Step(step, 'done', times[step]) for step in reached)
        return (*done, Step(state, 'current', times.get(state)))
    here = steps.index(step_of.get(state, state))
    finished = state in ENDED
    return tuple(
        Step(
            step,
            'done' if place < here or finished else 'current' if place == here else 'ahead',
            times.get(step) if place <= here else None,
        )
        for place, step in enumerate(steps)
    )


def _course(entity: Mapping[str, Any]) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """Return the steps a delivery goes through, and which of them its states belong to."""
    if entity.get('kept_at'):
        return KEPT_STEPS, _STEP_OF | _KEPT_STEP_OF
    if entity.get('rescued') or entity['state'] == 'rescue_asked':
        end = 'returned' if entity['returning'] else 'delivered'
        return (*RESCUE_STEPS, end), _RESCUE_STEP_OF
    if entity['returning']:
        return BACK_STEPS, _STEP_OF | _BACK_STEP_OF
    by_hand = not entity['times'].keys().isdisjoint(('porter_asked', 'carried'))
    return PORTER_STEPS if by_hand else STEPS, _STEP_OF


def _waits(hospital: Hospital, view: View, entity: Mapping[str, Any]) -> Waits | None:
    waiting = entity['waiting']
    if not waiting or entity['state'] in (*ENDED, 'porter_asked', 'carried'):
        return None  # the sentence of the state says it already
    robot = str(waiting['params'].get('robot', ''))
    known = view.entities.get('robot', {}).get(robot)
    lift = hospital.lifts.get(LiftId(waiting['params'].get('lift', '')))
    return Waits(
        waiting['code'], str(known['name']) if known else robot, lift.name if lift else None
    )


def _eta(entity: Mapping[str, Any], now: int) -> Range | None:
    eta = entity['eta']
    if not eta or entity['state'] in ENDED or entity['state'] in ('awaiting_receipt', 'opened'):
        return None
    if entity['state'] in ('taken', 'rescue_asked', 'carried'):
        return None  # a person has it, or has to come
    early, late = int(eta['early']), int(eta['late'])
    return Range(minutes_until(early, now), minutes_until(late, now), early, late)


def _comes(entity: Mapping[str, Any], robot: Mapping[str, Any] | None, now: int) -> Range | None:
    """Return when the robot stands at the sender, while it drives there on this delivery's leg."""
    if robot is None or entity['state'] != 'assigned':
        return None
    arrives = robot.get('arrives')
    if arrives is None or robot.get('goal_station') != entity['sender']:
        return None
    return Range(minutes_until(arrives, now), minutes_until(arrives, now), arrives, arrives)


def is_cancelled(view: View, delivery: str) -> bool:
    """Whether a view shows that a delivery was cancelled, or shows it no more."""
    entity = view.entities.get('delivery', {}).get(delivery)
    return entity is None or entity['state'] == DeliveryState.CANCELLED
