"""Simulated people for the demo: they ask for deliveries, load, open, sign, carry and clean.

They act as role `demo`, which the journal and the pages show, and touch only parcels they asked
for themselves. They clean every robot that has to be cleaned. A person at a page and the simulated
staff share one hospital.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from fleet_manager.adapters.sim.demand import possible
from fleet_manager.adapters.sim.staff import opening, signature
from fleet_manager.application.ports import Mailbox, Overloaded, ViewSource
from fleet_manager.domain.ids import AccountId, DeliveryId, RobotId, StationId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import (
    Actor,
    Command,
    OpenCompartment,
    RateDelivery,
    RequestDelivery,
    Role,
    SignCleaning,
    TakeByHand,
)
from fleet_manager.domain.units import HOUR, Instant

#: How they look around, in seconds of wall time.
LOOK_SECONDS: Final = 0.5
#: Open deliveries they have at most, so that a person's request does not stand in a long line.
MAX_OPEN: Final = 6
NEEDS_CLEANING: Final = 'needs_cleaning'
CLEANER: Final = AccountId('demo-cleaner')
ENDED: Final = ('delivered', 'returned', 'cancelled', 'expired', 'stored', 'failed')
#: They try again so much later where it was not possible, in ms: another compartment was open.
AGAIN_MS: Final = 5_000
#: They take so long to come to a robot, in ms: shortest, most likely, longest.
COMING_MS: Final = (5_000, 15_000, 60_000)


class DemoStaff:
    """Walks through the hospital in a thread of its own."""

    def __init__(
        self,
        *,
        hospital: Hospital,
        mailbox: Mailbox,
        views: ViewSource,
        clock: Callable[[], Instant],
        per_hour: float,
        seed: int,
    ) -> None:
        self._mailbox, self._views = mailbox, views
        self.use_map(hospital)
        self._clock, self._gap = clock, HOUR / per_hour
        self._random = random.Random(seed)  # noqa: S311 - people, not secrets
        self._keys = seed
        self._next_request = clock() + 3_000
        self._due: dict[tuple[str, str], int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._walk, name='demo-staff', daemon=True)

    def use_map(self, hospital: Hospital) -> None:
        """Work in the hospital as it is now. Safe from every thread."""
        #: What each station can send: goods, and to whom.
        wishes: dict[StationId, list[tuple[str, StationId]]] = {}
        for goods, sender, recipient in possible(hospital):
            wishes.setdefault(sender, []).append((goods, recipient))
        self._wishes = wishes

    def start(self) -> None:
        """Begin the shift."""
        self._thread.start()

    def stop(self) -> None:
        """Go home."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def _walk(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            self.look(self._clock())

    def look(self, now: Instant) -> None:
        """Do what is due now: at most one thing for each of their deliveries, one new request."""
        entities = self._views.current().entities
        deliveries = entities.get('delivery', {})
        handled = {d['robot'] for d in deliveries.values() if _is_handled(d)}
        mine = {name: d for name, d in deliveries.items() if d['requested_by'].startswith('demo-')}
        for name, delivery in mine.items():
            command = self._wanted(DeliveryId(name), delivery)
            if isinstance(command, OpenCompartment) and delivery['robot'] in handled:
                continue  # one compartment of a robot after the other
            if command is not None and self._is_due(name, _stage(delivery), now):
                self._say(command)
        soiled = [n for n, r in entities.get('robot', {}).items() if r['state'] == NEEDS_CLEANING]
        for robot in soiled:
            if self._is_due(robot, NEEDS_CLEANING, now):
                self._say(SignCleaning(Actor(CLEANER, Role.DEMO), RobotId(robot)))
        self._due = {k: v for k, v in self._due.items() if k[0] in mine or k[0] in soiled}
        busy = sum(d['state'] not in ENDED for d in mine.values())
        if now >= self._next_request and busy < MAX_OPEN:
            self._next_request = now + int(self._random.expovariate(1.0) * self._gap)
            self._ask()

    def _ask(self) -> None:
        if not self._wishes:
            return
        sender = self._random.choice(list(self._wishes))
        goods, recipient = self._random.choice(self._wishes[sender])
        self._keys += 1
        key = f'demo-{self._keys}'
        self._say(RequestDelivery(_actor(sender), key, goods, sender, recipient))

    def _wanted(self, name: DeliveryId, delivery: Mapping[str, Any]) -> Command | None:
        state = delivery['state']
        if state == 'awaiting_load' and not delivery['opening']:
            return opening(_actor(delivery['origin']), name, delivery['goods'])
        if state == 'awaiting_receipt' and not delivery['opening']:
            return opening(_actor(delivery['goal']), name, delivery['goods'])
        if state == 'porter_asked':
            return TakeByHand(_actor(delivery['sender']), name)
        if state in ('taken', 'carried'):
            actor = _actor(delivery['goal'])
            return signature(actor, name, delivery['goods'], delivery['count'])
        if state == 'delivered' and delivery['rating'] is None:
            stars = self._random.choice((3, 4, 4, 5, 5, 5))
            return RateDelivery(_actor(delivery['recipient']), name, stars)
        return None

    def _is_due(self, name: str, state: str, now: Instant) -> bool:
        low, mode, high = COMING_MS
        due = self._due.setdefault(
            (name, state), now + int(self._random.triangular(low, high, mode))
        )
        if now < due:
            return False
        self._due[name, state] = now + AGAIN_MS
        return True

    def _say(self, command: Command) -> None:
        try:
            self._mailbox.submit(command)
        except Overloaded:
            return


def _is_handled(delivery: Mapping[str, Any]) -> bool:
    """Whether its compartment is open, or opening."""
    return bool(delivery['opening']) or delivery['state'] in ('loading', 'opened')


def _stage(delivery: Mapping[str, Any]) -> str:
    """Return what people come for: on the way back once more."""
    return f'{delivery["state"]}{" back" if delivery["returning"] else ""}'


def _actor(station: str) -> Actor:
    return Actor(AccountId(f'demo-{station}'), Role.DEMO, StationId(station))
