"""A lift with the session rules of Open-RMF: exclusive while held, people's when free."""

from __future__ import annotations

from random import Random
from typing import Final

from fleet_manager.application.ports import LiftOrder
from fleet_manager.domain.ids import FloorId
from fleet_manager.domain.maps.model import Hospital, Lift
from fleet_manager.domain.messages import LiftDoor, LiftMode, LiftReport
from fleet_manager.domain.traffic import durations
from fleet_manager.domain.units import SECOND, Instant

#: How long people keep a car at a floor before it takes a session.
_PEOPLE_MS: Final = (4_000, 15_000)
#: After a request no further people are let in for so long: the car empties and takes the session.
_ASKED_MS: Final = 3_000


class SimLift:
    """One car. It takes a session when it is free and stands, and then goes only where it says.

    A request of another session is ignored, not queued; END_SESSION of the session it holds frees
    it. While free it is people's: it moves as they like, with a share of `busy`.
    """

    def __init__(self, hospital: Hospital, lift: Lift, rng: Random, *, busy: float = 0.0) -> None:
        self.id = lift.id
        self.floor: FloorId = lift.stops[0].floor
        self.session = ''
        self.mode = LiftMode.HUMAN
        self.door = LiftDoor.CLOSED
        self.moving = False
        self.fault: LiftMode | None = None
        self.restarted = Instant(0)
        self._hospital, self._lift, self._rng, self._busy = hospital, lift, rng, busy
        self._destination: FloorId = self.floor
        self._heading: FloorId = self.floor
        self._wants_open = False
        self._until = Instant(0)
        self._people_until = Instant(0)
        self._off_until = Instant(0)
        self._asked = Instant(-_ASKED_MS)
        self._door_ms = int(lift.door_time * SECOND)

    def hear(self, order: LiftOrder, now: Instant) -> None:
        """Take a request, as a controller does: repeated, late and foreign ones change nothing."""
        if now < self._off_until or self.fault is not None:
            return
        if order.end_session:
            if self.session == order.session:
                self.session, self.mode, self._wants_open = '', LiftMode.HUMAN, False
            return
        self._asked = now
        if self.session == '' and not self.moving and now >= self._people_until:
            self.session, self.mode = order.session, LiftMode.AGV
        if self.session == order.session:
            self._destination, self._wants_open = order.destination, order.door_open

    def restart(self, now: Instant, *, off_ms: int) -> None:
        """The controller starts again: it stands, forgets its session and is silent meanwhile."""
        self._off_until = self.restarted = Instant(now + off_ms)
        self.session, self.mode, self._wants_open = '', LiftMode.HUMAN, False
        if self.moving:
            self.floor = self._heading
        self.moving, self._destination = False, self.floor

    def step(self, now: Instant) -> None:
        """Move the car and its door on to `now`."""
        if now < self._off_until or now < self._until:
            return
        if self.moving:
            self.moving, self.floor = False, self._heading
        if self.fault is not None:
            self.session, self.mode, self._wants_open = '', self.fault, False
            return
        if self.session == '' and now >= self._people_until:
            self._let_people_ride(now)
        self._serve(now)

    def report(self, now: Instant) -> LiftReport | None:
        """Return what the controller says, or None while it is off."""
        if now < self._off_until:
            return None
        return LiftReport(
            self.id,
            current_floor=self.floor,
            destination_floor=self._destination,
            door=self.door,
            moving=self.moving,
            mode=self.mode,
            session=self.session,
        )

    def stands_open(self, floor: FloorId) -> bool:
        """Whether one can walk in or out on `floor`."""
        return self.floor == floor and not self.moving and self.door is LiftDoor.OPEN

    def _serve(self, now: Instant) -> None:
        if self.floor != self._destination:
            if self.door is LiftDoor.CLOSED:
                time = durations.travel(self._hospital, self._lift, self.floor, self._destination)
                self.moving, self._heading = True, self._destination
                self._until = Instant(now + time)
            else:
                self._turn_door(now, LiftDoor.CLOSED)
        else:
            self._turn_door(now, LiftDoor.OPEN if self._wants_open else LiftDoor.CLOSED)

    def _turn_door(self, now: Instant, then: LiftDoor) -> None:
        """Begin to move the door, or end: it takes its time each way."""
        if self.door is then:
            return
        if self.door is LiftDoor.MOVING:
            self.door = then
        else:
            self.door, self._until = LiftDoor.MOVING, Instant(now + self._door_ms)

    def _let_people_ride(self, now: Instant) -> None:
        asked = now - self._asked < _ASKED_MS
        if asked or not self._busy or self._rng.random() >= self._busy:
            self._wants_open = False
            return
        self._people_until = Instant(now + self._rng.randint(*_PEOPLE_MS))
        self._destination = self._rng.choice(self._lift.stops).floor
        self._wants_open = True
