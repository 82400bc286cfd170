"""People: they load, take out, sign and rate, after a while or never."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Protocol

from fleet_manager.application.ports import Reply
from fleet_manager.domain.deliveries.goods import GOODS, Count
from fleet_manager.domain.deliveries.lifecycle import ENDS, DeliveryState
from fleet_manager.domain.ids import AccountId, DeliveryId, StationId
from fleet_manager.domain.messages import (
    Actor,
    Command,
    OpenCompartment,
    RateDelivery,
    Role,
    SignDelivery,
    TakeByHand,
)
from fleet_manager.domain.state import Delivery, FleetState
from fleet_manager.domain.units import MINUTE, SECOND, Instant


@dataclass(frozen=True, slots=True)
class Habits:
    """How people behave. Shares are 0..1, times in ms: (soonest, usual, latest)."""

    come_ms: tuple[int, int, int] = (0, 1 * MINUTE, 8 * MINUTE)
    sign_ms: tuple[int, int, int] = (2 * SECOND, 5 * SECOND, 60 * SECOND)
    never_load: float = 0.0
    close_again: float = 0.0
    rate: float = 0.5


#: Carries what no robot carries.
PORTER = Actor(AccountId('porter'), Role.PORTER)
#: They wait at the robot.
PROMPT = Habits(come_ms=(0, 0, 0), sign_ms=(0, 0, 0))


class Desk(Protocol):
    """Where people's commands go, and what they see of the fleet."""

    def state(self) -> FleetState:
        """What pages show."""

    def send(self, command: Command, now: Instant) -> Reply | None:
        """Send a command; None means the manager died before it answered."""


class Staff:
    """Everybody at every station. A person asked for an opening comes once, and comes back."""

    def __init__(self, rng: Random, habits: Habits = PROMPT) -> None:
        self.habits = habits
        self.closed_again: set[DeliveryId] = set()
        self._rng = rng
        self._over: set[DeliveryId] = set()
        self._due: dict[tuple[DeliveryId, str, int], Instant | None] = {}

    def step(self, desk: Desk, now: Instant) -> None:
        """Do what is due: the right person, at the right time, with the right command."""
        for name in sorted(desk.state().deliveries.keys() - self._over):
            delivery = desk.state().deliveries[name]
            command = self._command(delivery)
            if command is None and delivery.state in ENDS:
                self._over.add(name)
            if command is not None and self._is_due(delivery, now):
                desk.send(command, now)

    def _command(self, delivery: Delivery) -> Command | None:
        state = delivery.state
        pending = delivery.opening is not None and not delivery.opening.expired
        if state is DeliveryState.AWAITING_LOAD and not pending:
            return opening(ward(delivery.origin), delivery.id, delivery.goods)
        if state is DeliveryState.AWAITING_RECEIPT and not pending:
            return opening(ward(delivery.goal), delivery.id, delivery.goods)
        if state is DeliveryState.PORTER_ASKED:
            return TakeByHand(PORTER, delivery.id)
        if state in (DeliveryState.TAKEN, DeliveryState.CARRIED):
            actor = ward(delivery.goal)
            return signature(actor, delivery.id, delivery.goods, delivery.count)
        if state is DeliveryState.DELIVERED and delivery.rating is None:
            return RateDelivery(ward(delivery.recipient), delivery.id, 5)
        return None

    def _is_due(self, delivery: Delivery, now: Instant) -> bool:
        key = (delivery.id, delivery.state.value, delivery.times[delivery.state])
        if key not in self._due:
            self._due[key] = self._when(delivery, now)
        due = self._due[key]
        if due is None and delivery.state in ENDS:
            self._over.add(delivery.id)
        return due is not None and now >= due

    def _when(self, delivery: Delivery, now: Instant) -> Instant | None:
        habits, rng = self.habits, self._rng
        if delivery.state is DeliveryState.AWAITING_LOAD and rng.random() < habits.never_load:
            return None
        if delivery.state is DeliveryState.DELIVERED and rng.random() >= habits.rate:
            return None
        at_robot = delivery.state in (DeliveryState.AWAITING_LOAD, DeliveryState.AWAITING_RECEIPT)
        soonest, usual, latest = habits.come_ms if at_robot else habits.sign_ms
        if at_robot and rng.random() < habits.close_again:
            self.closed_again.add(delivery.id)
        return Instant(now + int(rng.triangular(soonest, latest, usual)))


def ward(station: StationId) -> Actor:
    """Return the shared log-in of a ward."""
    return Actor(AccountId(f'ward-{station}'), Role.WARD, station)


def helper(actor: Actor) -> Actor:
    """Return the second person of a station, who signs as well where two have to."""
    return replace(actor, account=AccountId(f'{actor.account}-2'))


def opening(actor: Actor, delivery: DeliveryId, goods: str) -> OpenCompartment:
    """Return how people open a compartment: two of them, and with a count, where it is asked."""
    two = GOODS[goods].two_people
    count = int(GOODS[goods].count is Count.NEEDED)
    return OpenCompartment(actor, delivery, helper(actor) if two else None, count)


def signature(actor: Actor, delivery: DeliveryId, goods: str, count: int) -> SignDelivery:
    """Return how people sign for a parcel they found complete."""
    two = GOODS[goods].two_signatures
    needed = GOODS[goods].count is Count.NEEDED
    return SignDelivery(actor, delivery, helper(actor) if two else None, count or int(needed))
