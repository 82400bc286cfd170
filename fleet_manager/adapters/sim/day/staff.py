"""People at stations: they come to the robot, load, take out, sign, refuse, rate and cancel.

They hear of a robot from the journal, as from the pages, and come after a while or never. Several
parcels at one stop are one hand-over: one person comes once and opens one compartment after the
other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from fleet_manager.adapters.sim.day.desk import (
    TRY_AGAIN,
    Desk,
    child,
    drawn,
    midnight_of,
)
from fleet_manager.adapters.sim.day.services import Cleaners, Operators, Porters
from fleet_manager.adapters.sim.staff import opening, signature, ward
from fleet_manager.application.days.scenario import Scenario, Spread
from fleet_manager.application.days.timetable import DAY
from fleet_manager.application.handle_parcel import OPENING_MS
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.dispatch.eta import STAFFED
from fleet_manager.domain.ids import DeliveryId, RobotId, StationId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import (
    CancelDelivery,
    Command,
    DeliveryReceived,
    DeliveryRequested,
    Event,
    OpeningExpired,
    OpeningUnused,
    ParcelLoaded,
    ParcelReturned,
    ParcelTaken,
    ParcelTurnedBack,
    Purpose,
    PutOffDelivery,
    RateDelivery,
    RefuseDelivery,
    RobotArrived,
    RobotSentAway,
    RunWithdrawn,
)
from fleet_manager.domain.state import Delivery
from fleet_manager.domain.units import HOUR, MINUTE, SECOND, Instant

#: Stations with people at the counter, who are quicker than wards.
DEPARTMENTS: Final = STAFFED | {'porters'}
#: From one compartment to the next, and after a compartment that was shut as it was.
NEXT_MS: Final[Spread] = (1 * SECOND, 2 * SECOND, 4 * SECOND)
AGAIN_MS: Final[Spread] = (5 * SECOND, 15 * SECOND, MINUTE)
#: Somebody else has another compartment of the robot open.
TAKEN_MS: Final[Spread] = (3 * SECOND, 5 * SECOND, 10 * SECOND)
#: The robot is there and does not work: they go and look again later.
LATER_MS: Final[Spread] = (30 * SECOND, MINUTE, 3 * MINUTE)
#: After a signature nothing happened: they sign again.
NOTHING_MS: Final = OPENING_MS + 10 * SECOND
#: Who cancels does so within this time.
CANCEL_MS: Final[Spread] = (10 * SECOND, 3 * MINUTE, 20 * MINUTE)
#: Who rates does so within this time.
RATE_MS: Final[Spread] = (5 * SECOND, 30 * SECOND, 5 * MINUTE)
#: Why parcels are refused.
WHY_REFUSED: Final = ('wrong parcel', 'damaged', 'patient moved', 'not ordered')
STARS: Final = (2, 3, 4, 4, 5, 5, 5)
#: Somebody stands at the open compartment.
_BUSY: Final = (DeliveryState.LOADING, DeliveryState.OPENED)
#: What ends or interrupts the waiting of one parcel: the person goes on with the next one.
_GOES_ON: Final = (ParcelLoaded, ParcelTaken, ParcelReturned)
_LEAVES: Final = (RunWithdrawn, RobotSentAway, ParcelTurnedBack)


@dataclass(slots=True)
class Visit:
    """One robot at one station, and the parcels it waits there for.

    `plan` numbers what was planned last: what was planned before it is not done any more.
    """

    robot: RobotId
    station: StationId
    waiting: list[DeliveryId] = field(default_factory=list)
    comes: bool = True
    is_there: bool = False
    close_again: bool = False
    refuses: bool = False
    puts_off: bool = False
    plan: int = 0


class People:
    """Everybody of the hospital. `counts` says how often what they rarely do happened."""

    def __init__(self, desk: Desk, scenario: Scenario, hospital: Hospital, rng: Random) -> None:
        self.counts: Counter[str] = Counter()
        self._desk, self._staff, self._hospital = desk, scenario.staff, hospital
        self._rng = child(rng, 'wards')
        self._midnight = midnight_of(scenario, desk.heap.now)
        self._settled = False
        self._visits: dict[tuple[RobotId, StationId], Visit] = {}
        self._visit_of: dict[DeliveryId, Visit] = {}
        self.porters = Porters(desk, hospital, child(rng, 'porters'))
        self.cleaners = Cleaners(desk, child(rng, 'cleaners'))
        self.operators = Operators(desk, child(rng, 'operators'))
        desk.listeners.append(self._hear)
        desk.heap.at(desk.heap.now + scenario.lasts, self.settle)

    def settle(self) -> None:
        """From now on everybody comes, nobody refuses or cancels: what is open can end."""
        self._settled = True
        for visit in list(self._visits.values()):
            if not visit.comes:
                self._call(visit)

    # --- what they hear  ---

    def _hear(self, at: Instant, event: Event) -> None:
        del at
        if isinstance(event, RobotArrived):
            self._arrived(event)
        elif isinstance(event, _GOES_ON):
            self._went_on(event.delivery, NEXT_MS)
            if isinstance(event, ParcelTaken):
                self._after(self._staff.sign, lambda: self._sign(event.delivery))
        elif isinstance(event, OpeningUnused | OpeningExpired):
            self._went_on(event.delivery, AGAIN_MS)
        elif isinstance(event, _LEAVES):
            self._went_on(event.delivery, NEXT_MS)
        elif isinstance(event, DeliveryRequested):
            if self._happens(self._staff.cancel):
                self._after(CANCEL_MS, lambda: self._cancel(event.delivery))
        elif isinstance(event, DeliveryReceived) and self._rng.random() < self._staff.rate:
            stars = self._rng.choice(STARS)
            self._after(RATE_MS, lambda: self._rate(event.delivery, stars))

    def _arrived(self, event: RobotArrived) -> None:
        delivery = self._desk.state().deliveries[event.delivery]
        station = delivery.sender if event.purpose is Purpose.PICK_UP else delivery.goal
        key = event.robot, station
        visit = self._visits.get(key)
        if visit is None:
            visit = self._visits[key] = self._new_visit(event, station, delivery)
        visit.waiting.append(delivery.id)
        self._visit_of[delivery.id] = visit

    def _new_visit(self, event: RobotArrived, station: StationId, delivery: Delivery) -> Visit:
        """Draw what becomes of this stop."""
        staff, visit = self._staff, Visit(event.robot, station)
        loads = event.purpose is Purpose.PICK_UP
        never = staff.never_load if loads else staff.never_take
        if self._happens(never) and delivery.kept_at is None:
            self.counts['never_load' if loads else 'never_take'] += 1
            visit.comes = False
            return visit
        visit.close_again = self._happens(staff.close_again)
        visit.refuses = not loads and not delivery.returning and self._happens(staff.refuse)
        if staff.put_off and not loads:
            visit.puts_off = self._happens(staff.put_off)
        self._call(visit)
        return visit

    def _call(self, visit: Visit) -> None:
        """Somebody sets out to the robot."""
        visit.comes = True
        kind = self._hospital.stations[visit.station].kind
        spread = self._staff.come_department if kind in DEPARTMENTS else self._staff.come
        self._plan(visit, self._span(spread))

    # --- what they do at the robot  ---

    def _plan(self, visit: Visit, span: int) -> None:
        """Let the person of a visit do the next thing after a while, and nothing else before."""
        visit.plan += 1
        plan = visit.plan
        self._desk.heap.after(span, lambda: self._tend(visit, plan))

    def _went_on(self, delivery: DeliveryId, spread: Spread) -> None:
        visit = self._visit_of.get(delivery)
        if visit is not None and visit.is_there:
            self._plan(visit, self._span(spread))
        elif visit is not None:
            self._forget_gone(visit)

    def _tend(self, visit: Visit, plan: int) -> None:
        if plan != visit.plan:
            return
        visit.is_there = True
        self._forget_gone(visit)
        if not visit.waiting:
            return
        name = visit.waiting[0]
        if self._desk.state().deliveries[name].state in _BUSY:
            self._plan(visit, NOTHING_MS)
            return
        if visit.puts_off and not self._settled:
            self._put_off(visit)
            return
        actor = ward(visit.station)
        goods = self._desk.state().deliveries[name].goods
        command: Command = opening(actor, name, goods)
        if visit.close_again:
            visit.close_again = False
            self.counts['close_again'] += 1
            self._desk.world.hands.idle.add(name)
        if visit.refuses and not self._settled:
            command = RefuseDelivery(actor, name, self._rng.choice(WHY_REFUSED))
        reply = self._desk.send(command)
        if reply is None:
            self._plan(visit, drawn(self._rng, TRY_AGAIN))
        elif reply.refusal_code == 'opening_pending':
            self._plan(visit, self._span(TAKEN_MS))
        elif reply.refusal_code is not None:
            self.counts[reply.refusal_code] += 1
            self._plan(visit, self._span(LATER_MS))
        elif isinstance(command, RefuseDelivery):
            self.counts['refused'] += 1
            visit.refuses = False
            self._plan(visit, self._span(NEXT_MS))
        else:
            self._plan(visit, NOTHING_MS)

    def _put_off(self, visit: Visit) -> None:
        """Somebody comes, has no hands free for any of it, and comes again when it is time."""
        visit.puts_off = False
        for name in visit.waiting:
            reply = self._desk.send(PutOffDelivery(ward(visit.station), name))
            said = reply.refusal_code if reply is not None else 'manager_down'
            self.counts['put_off' if said is None else said] += 1
        deliveries = self._desk.state().deliveries
        until = max(deliveries[name].put_off_until for name in visit.waiting)
        self._plan(visit, max(0, until - self._desk.heap.now) + self._span(AGAIN_MS))

    def _forget_gone(self, visit: Visit) -> None:
        """Drop the parcels this robot waits for here no more, and the visit after the last one."""
        state = self._desk.state()
        for name in list(visit.waiting):
            delivery = state.deliveries.get(name)
            if delivery is None or not self._waits(visit, delivery):
                visit.waiting.remove(name)
                if self._visit_of.get(name) is visit:
                    del self._visit_of[name]
        key = visit.robot, visit.station
        if not visit.waiting and self._visits.get(key) is visit:
            del self._visits[key]

    def _waits(self, visit: Visit, delivery: Delivery) -> bool:
        if delivery.robot != visit.robot:
            return False
        if delivery.state in (DeliveryState.AWAITING_LOAD, DeliveryState.LOADING):
            return delivery.sender == visit.station
        if delivery.state in (DeliveryState.AWAITING_RECEIPT, DeliveryState.OPENED):
            return delivery.goal == visit.station
        return False

    # --- what they do at a page  ---

    def _sign(self, name: DeliveryId) -> None:
        delivery = self._desk.state().deliveries.get(name)
        if delivery is None or delivery.state is not DeliveryState.TAKEN:
            return
        actor = ward(delivery.recipient)
        command = signature(actor, name, delivery.goods, delivery.count)
        if self._desk.send(command) is None:
            self._after(TRY_AGAIN, lambda: self._sign(name))

    def _rate(self, name: DeliveryId, stars: int) -> None:
        delivery = self._desk.state().deliveries.get(name)
        if delivery is not None:
            self._desk.send(RateDelivery(ward(delivery.recipient), name, stars))

    def _cancel(self, name: DeliveryId) -> None:
        delivery = self._desk.state().deliveries.get(name)
        if self._settled or delivery is None:
            return
        reply = self._desk.send(CancelDelivery(delivery.requested_by, name))
        if reply is None:
            self._after(TRY_AGAIN, lambda: self._cancel(name))
        else:
            self.counts[reply.refusal_code or 'cancelled'] += 1

    # --- chance  ---

    def _happens(self, share: float) -> bool:
        """Draw, in the calm phase as well, so that the same things happen before it."""
        return self._rng.random() < share and not self._settled

    def _after(self, spread: Spread, action: Callable[[], None]) -> None:
        self._desk.heap.after(self._span(spread), action)

    def _span(self, spread: Spread) -> int:
        """Draw a span, longer at night."""
        start, end = self._staff.night
        hour = (self._desk.heap.now - self._midnight) % DAY // HOUR
        night = start <= hour < end if start <= end else hour >= start or hour < end
        return drawn(self._rng, spread, self._staff.night_factor if night else 1.0)
