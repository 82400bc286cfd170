"""A small hospital that only tells what happened, and what the tables must hold afterwards.

Random, but only what can happen: deliveries go through their states, robots take and free places.
`Story.expected` is a second, simpler implementation of the projections.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from fleet_manager.application.ports import Batch, Entry
from fleet_manager.domain import messages as m
from fleet_manager.domain.codec import encode_event
from fleet_manager.domain.ids import (
    AccountId,
    CompartmentId,
    DeliveryId,
    NodeId,
    ResourceId,
    RobotId,
    RunId,
    StationId,
)
from fleet_manager.domain.units import Instant

NURSE = m.Actor(AccountId('ward-3'), m.Role.WARD, StationId('ward_3'))
PHARMACIST = m.Actor(AccountId('pharmacy'), m.Role.WARD, StationId('pharmacy'))
ENDS = ('delivered', 'returned', 'cancelled', 'stored', 'failed')
ARRIVES = {
    'assigned': (m.Purpose.PICK_UP, 'awaiting_load'),
    'under_way': (m.Purpose.HAND_OVER, 'awaiting_receipt'),
}
OPENS = {'awaiting_load': 'loading', 'awaiting_receipt': 'opened'}
PORTER = m.Actor(AccountId('porter-1'), m.Role.PORTER)
NODES = [f'node:n{number}' for number in range(8)]


def entry(event: m.Event, at: int = 1_000) -> Entry:
    """Make the journal line of an event, as the kernel does."""
    kind, body = encode_event(event)
    actor = getattr(event, 'actor', None)
    return Entry(
        at=Instant(at),
        actor=actor.account if actor is not None else 'system',
        kind=kind,
        delivery=getattr(event, 'delivery', None),
        robot=getattr(event, 'robot', None),
        body=body,
    )


def batch(*events: m.Event, at: int = 1_000, **more: Any) -> Batch:
    """Make a batch of events."""
    return Batch(tuple(entry(event, at) for event in events), **more)


def requested(serial: int, /, **changes: Any) -> m.DeliveryRequested:
    """Make the request of delivery `d<serial>`."""
    values: dict[str, Any] = {
        'delivery': DeliveryId(f'd{serial}'),
        'number': serial,
        'key': f'key-{serial}',
        'body_hash': 'b' * 64,
        'actor': NURSE,
        'goods': 'drug',
        'sender': StationId('pharmacy'),
        'recipient': StationId('ward_3'),
        'urgency': 'urgent',
        'promised_at': Instant(1_800_000),
    }
    return m.DeliveryRequested(**{**values, **changes})


def assigned(delivery: str, robot: str, compartment: str = 'c1') -> m.RunAssigned:
    """Make the assignment of a delivery."""
    return m.RunAssigned(
        RunId('run'), RobotId(robot), DeliveryId(delivery), CompartmentId(compartment), 1, ()
    )


def arrived(delivery: str, robot: str, purpose: m.Purpose) -> m.RobotArrived:
    """Make the arrival of a robot."""
    return m.RobotArrived(RobotId(robot), DeliveryId(delivery), purpose, NodeId('n'))


def authorised(delivery: str, robot: str, *also: str) -> m.OpeningAuthorised:
    """Make the signature for an opening at the sender."""
    return m.OpeningAuthorised(
        RobotId(robot),
        CompartmentId('c1'),
        DeliveryId(delivery),
        grant=1,
        purpose=m.Purpose.PICK_UP,
        actor=PHARMACIST,
        expires=Instant(0),
        also=tuple(map(DeliveryId, also)),
    )


def opened(delivery: str, robot: str, compartment: str = 'c1') -> m.CompartmentOpened:
    """Make the opening of a compartment."""
    return m.CompartmentOpened(RobotId(robot), CompartmentId(compartment), DeliveryId(delivery), 1)


def loaded(delivery: str, robot: str, compartment: str = 'c1') -> m.ParcelLoaded:
    """Make the hand-over to the robot."""
    return m.ParcelLoaded(
        DeliveryId(delivery), RobotId(robot), CompartmentId(compartment), PHARMACIST
    )


def taken(delivery: str, robot: str, compartment: str = 'c1') -> m.ParcelTaken:
    """Make the hand-over to the recipient."""
    return m.ParcelTaken(DeliveryId(delivery), RobotId(robot), CompartmentId(compartment), NURSE)


def returned(delivery: str, robot: str, compartment: str = 'c1') -> m.ParcelReturned:
    """Make the hand-over back to the sender."""
    return m.ParcelReturned(
        DeliveryId(delivery), RobotId(robot), CompartmentId(compartment), PHARMACIST
    )


def unused(delivery: str, robot: str, compartment: str = 'c1') -> m.OpeningUnused:
    """Make an opening without effect."""
    return m.OpeningUnused(DeliveryId(delivery), RobotId(robot), CompartmentId(compartment))


def whole_delivery(number: int, robot: str) -> list[m.Event]:
    """Return one delivery from request to signature."""
    name = f'd{number}'
    return [
        requested(number),
        assigned(name, robot),
        arrived(name, robot, m.Purpose.PICK_UP),
        opened(name, robot),
        loaded(name, robot),
        arrived(name, robot, m.Purpose.HAND_OVER),
        opened(name, robot),
        taken(name, robot),
        m.DeliveryReceived(DeliveryId(name), NURSE),
    ]


@dataclass
class Expected:
    """What the tables must hold."""

    deliveries: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    custody: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    holdings: dict[str, str] = field(default_factory=dict)


class Story:
    """Tells a random course of events."""

    def __init__(self, seed: int, robots: int = 3) -> None:
        self._random = random.Random(seed)
        self._robots = [f'r{number}' for number in range(robots)]
        self._placed: set[str] = set()
        self._back: set[str] = set()
        self._kept: set[str] = set()
        self._exits = 0
        self._count = 0
        self.expected = Expected()

    def turn(self) -> list[m.Event]:
        """Return what happened next: one to four events."""
        return [self._one() for _ in range(self._random.randint(1, 4))]

    def _one(self) -> m.Event:
        told = self._random.choice((self._request, *(3 * [self._go_on]), self._move))()
        return told if told is not None else self._request()

    def _request(self) -> m.Event:
        self._count += 1
        self.expected.deliveries[f'd{self._count}'] = ('accepted', None)
        return requested(self._count)

    def _go_on(self) -> m.Event | None:
        going = [
            name for name, (state, _) in self.expected.deliveries.items() if state not in ENDS
        ]
        return self._next(self._random.choice(going[:6])) if going else None

    def _next(self, name: str) -> m.Event | None:
        state, robot = self.expected.deliveries[name]
        who, where = DeliveryId(name), CompartmentId('c1')
        if state == 'accepted':
            return self._leave_or_assign(name)
        if robot is None or state == 'rescue_asked':
            return self._by_hand(name) if robot is None else self._fetched(name, robot)
        inside = f'robot:{robot}/{where}'
        event: m.Event
        if self._random.random() < 0.35:
            told = self._otherwise(name, state, RobotId(robot))
            if told is not None:
                return told
        if state in ARRIVES:
            purpose, then = ARRIVES[state]
            event = arrived(name, robot, purpose)
        elif state in OPENS:
            event, then = opened(name, robot), OPENS[state]
        elif state == 'taken':
            event, then = m.DeliveryReceived(who, NURSE), 'delivered'
        elif self._random.random() < 0.3:
            event = unused(name, robot)
            then = 'awaiting_load' if state == 'loading' else 'awaiting_receipt'
        elif state == 'loading':
            event, then = loaded(name, robot), 'under_way'
            self.expected.custody[name] = [('sender:pharmacy', inside)]
        elif name in self._kept:
            keeper = StationId('stores')
            event = m.ParcelStored(who, RobotId(robot), where, PHARMACIST, keeper)
            then = 'stored'
            self.expected.custody[name].append((inside, 'keeper:stores'))
        elif name in self._back:
            event, then = returned(name, robot), 'returned'
            self.expected.custody[name].append((inside, 'sender:pharmacy'))
        else:
            event, then = taken(name, robot), 'taken'
            self.expected.custody[name].append((inside, 'recipient:ward_3'))
        self.expected.deliveries[name] = (then, robot)
        return event

    def _leave_or_assign(self, name: str) -> m.Event | None:
        if self._random.random() < 0.2:
            self.expected.deliveries[name] = ('cancelled', None)
            return m.DeliveryCancelled(DeliveryId(name), NURSE)
        if self._random.random() < 0.2:
            self.expected.deliveries[name] = ('porter_asked', None)
            return m.PorterAsked(DeliveryId(name), 'blocked')
        serving = {
            robot
            for state, robot in self.expected.deliveries.values()
            if robot is not None and state not in ('taken', *ENDS)
        }
        idle = [robot for robot in self._robots if robot not in serving]
        if not idle:
            return None
        robot = self._random.choice(idle)
        self.expected.deliveries[name] = ('assigned', robot)
        return assigned(name, robot)

    def _otherwise(self, name: str, state: str, robot: RobotId) -> m.Event | None:
        """Withdraw a robot that is not loaded, or turn a parcel back that nobody takes."""
        if state in ('assigned', 'awaiting_load'):
            self.expected.deliveries[name] = ('accepted', None)
            return m.RunWithdrawn(RunId('run'), robot, DeliveryId(name), 'x')
        if state == 'awaiting_receipt' and name not in self._back | self._kept:
            return self._not_taken(name, robot)
        return None

    def _not_taken(self, name: str, robot: RobotId) -> m.Event:
        """Nobody takes it: back, to a safe place, or its robot dies; one after the other."""
        self._exits += 1
        if self._exits % 3 == 0:
            self.expected.deliveries[name] = ('rescue_asked', robot)
            return m.RescueAsked(DeliveryId(name), robot, PORTER, 'dead')
        (self._back if self._exits % 3 == 1 else self._kept).add(name)
        self.expected.deliveries[name] = ('under_way', robot)
        to = StationId('stores') if name in self._kept else None
        return m.ParcelTurnedBack(DeliveryId(name), robot, 'not_collected', to)

    def _fetched(self, name: str, robot: str) -> m.Event:
        """A person takes it out of its robot, or it is lost."""
        inside, where = f'robot:{robot}/c1', CompartmentId('c1')
        if ('failed', robot) not in self.expected.deliveries.values():
            self.expected.deliveries[name] = ('failed', robot)
            return m.DeliveryClosed(DeliveryId(name), PORTER, 'lost')
        self.expected.deliveries[name] = ('carried', None)
        self.expected.custody[name].append((inside, 'porter:porter-1'))
        return m.ParcelRescued(DeliveryId(name), RobotId(robot), where, PORTER)

    def _by_hand(self, name: str) -> m.Event:
        carried = self.expected.deliveries[name][0] == 'carried'
        if not carried and self._random.random() < 0.2:
            self.expected.deliveries[name] = ('cancelled', None)
            return m.DeliveryCancelled(DeliveryId(name), NURSE)
        if not carried:
            self.expected.deliveries[name] = ('carried', None)
            self.expected.custody[name] = [('sender:pharmacy', 'porter:porter-1')]
            return m.PorterTook(DeliveryId(name), PORTER)
        self.expected.deliveries[name] = ('delivered', None)
        self.expected.custody[name].append(('porter:porter-1', 'recipient:ward_3'))
        return m.DeliveryReceived(DeliveryId(name), NURSE)

    def _move(self) -> m.Event | None:
        robot = self._random.choice(self._robots)
        held = [place for place, who in self.expected.holdings.items() if who == robot]
        free = [place for place in NODES if place not in self.expected.holdings]
        if len(held) > 1:
            place = held[0]
            del self.expected.holdings[place]
            return m.NodeReached(RobotId(robot), 1, NodeId('n'), (ResourceId(place),))
        if not free:
            return None
        place = self._random.choice(free)
        self.expected.holdings[place] = robot
        if robot not in self._placed:
            self._placed.add(robot)
            return m.RobotPlaced(RobotId(robot), NodeId('n'), (ResourceId(place),))
        return m.HopsReleased(RobotId(robot), 1, 1, (ResourceId(place),))
