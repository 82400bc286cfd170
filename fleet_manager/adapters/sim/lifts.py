"""A lift with the session rules of Open-RMF: exclusive while held, people's when free."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from fleet_manager.application.ports import LiftOrder
from fleet_manager.domain.ids import FloorId
from fleet_manager.domain.maps.model import Hospital, Lift
from fleet_manager.domain.messages import LiftDoor, LiftMode, LiftReport
from fleet_manager.domain.traffic import durations
from fleet_manager.domain.units import HOUR, SECOND, Instant

#: How long people keep a car at a floor before it takes a session.
PEOPLE_MS: Final = (4_000, 15_000)
#: After a request no further people are let in for so long: the car empties and takes the session.
ASKED_MS: Final = 3_000

#: Somebody who holds the door for others, or walks slowly, keeps the car for so long.
HELD_MS: Final = (10_000, 40_000)
#: Who stepped in before a robot gets out again after so long, when the car does not go.
PATIENCE_MS: Final = (15_000, 60_000)
#: A car takes no more people.
MOST: Final = 8


@dataclass(frozen=True, slots=True)
class People:
    """What people do with a lift. Shares are 0..1.

    `trips` are rides an hour at each hour of the day; at a share of `held` stops somebody holds
    the door or walks slowly; of the times the car comes for a robot, a share of `step_in` people
    are in it first. `tells`: the car has a sensor that says so; else the robot sees it.
    """

    trips: tuple[int, ...]
    held: float = 0.15
    step_in: float = 0.1
    tells: bool = True


#: Staff and some visitors at a service lift; a public one at visiting hours (design 10).
STAFF: Final = People(
    (2, 2, 2, 2, 2, 6, 20, 30, 30, 25, 25, 30, 30, 25, 25, 25, 30, 30, 20, 10, 8, 6, 4, 2)
)
PUBLIC: Final = People(
    (4, 4, 4, 4, 4, 10, 30, 50, 60, 60, 60, 50, 50, 50, 60, 70, 70, 60, 50, 30, 20, 10, 6, 4),
    held=0.25,
    step_in=0.3,
)


class SimLift:
    """One car. It takes a session when it is free and stands, and then goes only where it says.

    A request of another session is ignored, not queued; END_SESSION of the session it holds frees
    it. While free it is people's: it moves with a share of `busy`, or as `people` do.
    """

    def __init__(
        self,
        hospital: Hospital,
        lift: Lift,
        rng: Random,
        *,
        busy: float = 0.0,
        people: People | None = None,
    ) -> None:
        self.id = lift.id
        self.floor: FloorId = lift.stops[0].floor
        self.session = ''
        self.mode = LiftMode.HUMAN
        self.door = LiftDoor.CLOSED
        self.moving = False
        self.fault: LiftMode | None = None
        #: Where a recalled car goes and stands open; None: it stays where it is.
        self.recall: FloorId | None = None
        self.restarted = Instant(0)
        #: People in the car.
        self.inside = 0
        self._hospital, self._lift, self._rng, self._busy = hospital, lift, rng, busy
        self._people = people
        self._trip: list[FloorId] = []
        self._looked = ''
        self._stepped = Instant(0)
        self._destination: FloorId = self.floor
        self._heading: FloorId = self.floor
        self._wants_open = False
        self._until = Instant(0)
        self._people_until = Instant(0)
        self._off_until = Instant(0)
        self._asked = Instant(-ASKED_MS)
        self._door_ms = int(lift.door_time * SECOND)

    def hear(self, order: LiftOrder, now: Instant) -> None:
        """Take a request, as a controller does: repeated, late and foreign ones change nothing."""
        if now < self._off_until or self.fault is not None:
            return
        if order.end_session:
            if self.session == order.session:
                self.session, self.mode, self._wants_open = '', LiftMode.HUMAN, False
                self._people_until = min(self._people_until, now)
            return
        self._asked = now
        is_free = not self.moving and now >= self._people_until
        is_free = is_free and not self._trip and not self.inside
        if self.session == '' and is_free:
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
        elapsed, self._stepped = min(now - self._stepped, SECOND), now
        if now < self._off_until or now < self._until:
            return
        if self.moving:
            self.moving, self.floor = False, self._heading
        if self.fault is not None:
            self.session, self.mode, self._wants_open = '', self.fault, False
            self._trip.clear()
            if self.recall is not None:
                self._destination, self._wants_open = self.recall, True
                self._serve(now)
                self.inside = 0 if self.stands_open(self.recall) else self.inside
            return
        if self.mode not in (LiftMode.HUMAN, LiftMode.AGV):
            self.mode, self._wants_open = LiftMode.HUMAN, False
        if self.session == '' and self._people is not None:
            self._ride_with_people(now, elapsed, self._people)
        elif self.session == '' and now >= self._people_until:
            self._let_people_ride(now)
        self._serve(now)
        if self.session and self._people is not None:
            self._let_people_step_in(now, self._people)

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
            occupied=self.inside > 0 if self._people is not None and self._people.tells else None,
        )

    def stands_open(self, floor: FloorId) -> bool:
        """Whether one can walk in or out on `floor`."""
        return self.floor == floor and not self.moving and self.door is LiftDoor.OPEN

    def is_recalled(self, floor: FloorId) -> bool:
        """Whether the car was called back to `floor` and everybody may get out."""
        return self.fault is not None and self.stands_open(floor)

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
        asked = now - self._asked < ASKED_MS
        if asked or not self._busy or self._rng.random() >= self._busy:
            self._wants_open = False
            return
        self._people_until = Instant(now + self._rng.randint(*PEOPLE_MS))
        self._destination = self._rng.choice(self._lift.stops).floor
        self._wants_open = True

    def _ride_with_people(self, now: Instant, elapsed: int, people: People) -> None:
        """Bring who called from floor to floor; a new call comes by chance, by the hour."""
        if now < self._people_until:
            return
        if not self._trip:
            self._wants_open = False
            asked = now - self._asked < ASKED_MS
            calls = people.trips[now // HOUR % 24] * elapsed / HOUR
            if self.inside:
                self._trip = [self._somewhere()]
            elif not asked and self._rng.random() < calls:
                self._trip = [self._somewhere(), self._somewhere()]
            else:
                return
        self._destination, self._wants_open = self._trip[0], True
        if self.stands_open(self._destination):
            del self._trip[0]
            self.inside = self._rng.randint(1, MOST) if self._trip else 0
            self._people_until = Instant(now + self._rng.randint(*self._dwell(people)))
            self._wants_open = bool(self._trip)

    def _let_people_step_in(self, now: Instant, people: People) -> None:
        """Once a session, when the car opens for its robot, somebody may be in it first."""
        if self.inside and now >= self._people_until:
            self.inside = 0
        if self.door is not LiftDoor.OPEN or self._looked == self.session:
            return
        self._looked = self.session
        if self._rng.random() < people.step_in:
            self.inside = self._rng.randint(1, MOST)
            self._people_until = Instant(now + self._rng.randint(*PATIENCE_MS))

    def _dwell(self, people: People) -> tuple[int, int]:
        return HELD_MS if self._rng.random() < people.held else PEOPLE_MS

    def _somewhere(self) -> FloorId:
        return self._rng.choice(self._lift.stops).floor
