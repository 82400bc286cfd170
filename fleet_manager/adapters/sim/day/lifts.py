"""Lifts with the session rules of Open-RMF and the people of `adapters/sim/lifts.py`, by events.

A lift takes a session when it is free and stands empty, and then goes only where it says. A
request of another session is ignored, not queued; the end of the session it holds frees it. While
free it is people's: they call by the hour, hold doors, and step in before a robot.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from fleet_manager.adapters.sim.day.doors import PASSAGE_MS
from fleet_manager.adapters.sim.day.heap import Heap
from fleet_manager.adapters.sim.lifts import ASKED_MS, HELD_MS, MOST, PATIENCE_MS, PEOPLE_MS
from fleet_manager.application.days.scenario import LiftPeople
from fleet_manager.application.ports import LiftOrder
from fleet_manager.domain.ids import FloorId
from fleet_manager.domain.maps.model import Hospital, Lift
from fleet_manager.domain.messages import LiftDoor, LiftMode, LiftReport
from fleet_manager.domain.traffic import durations
from fleet_manager.domain.units import HOUR, SECOND, Instant

#: Modes in which a controller goes on; all others are faults.
_SERVING: Final = (LiftMode.HUMAN, LiftMode.AGV)


class DayLift:
    """One car.

    Its door does not shut on a robot in the doorway (EN 81-20), whatever the controller wants.
    `inside` are people in it. `forgot`: it lost a session by itself and has taken none since.
    Faults, each until it is put right: `stuck` it moves neither car nor door; `held` its door
    does not close; `lost` it goes to a wrong floor; `fault` is a mode other than those it serves
    in, with `recall` as the floor it then goes to and stands open at, None to stay. After a change
    of these call `go`. `blocked_by_robot` says whether a robot is in the car: people wait then.
    `local_hour` is 0..23.
    """

    def __init__(
        self,
        hospital: Hospital,
        lift: Lift,
        heap: Heap,
        rng: Random,
        *,
        people: LiftPeople | None,
        utc_offset: int,
        beat_ms: int,
        say: Callable[[LiftReport], None],
        changed: Callable[[DayLift], None],
        has_robot: Callable[[], bool],
        is_passed: Callable[[], bool],
    ) -> None:
        self.id = lift.id
        self.floor: FloorId = lift.stops[0].floor
        self.session = ''
        self.mode = LiftMode.HUMAN
        self.door = LiftDoor.CLOSED
        self.moving = False
        self.inside = 0
        self.forgot = False
        self.off = self.stuck = self.held = self.lost = False
        self.fault: LiftMode | None = None
        self.recall: FloorId | None = None
        self._hospital, self._lift, self._heap, self._rng = hospital, lift, heap, rng
        self._people, self._utc_offset, self._beat_ms = people, utc_offset, beat_ms
        self._say, self._changed, self._has_robot = say, changed, has_robot
        self._is_passed = is_passed
        self._waits = False
        self._trip: list[FloorId] = []
        self._destination: FloorId = self.floor
        self._heading: FloorId = self.floor
        self._wants_open = False
        self._turning: LiftDoor | None = None
        self._work = 0
        self._looked = ''
        self._people_until = Instant(0)
        self._asked = Instant(-ASKED_MS)
        self._door_ms = int(lift.door_time * SECOND)
        self._said: LiftReport | None = None
        self._said_at = heap.now
        heap.after(rng.randint(0, beat_ms), self._beat)
        if people is not None:
            self._await_call(people)

    # --- what it hears  ---

    def hear(self, order: LiftOrder) -> None:
        """Take a request, as a controller does: repeated, late and foreign ones change nothing."""
        now = self._heap.now
        if self.off or self.fault is not None:
            return
        if order.end_session:
            if self.session == order.session:
                self._set_free()
                self._people_until = min(self._people_until, now)
                self.go()
            return
        self._asked = now
        wanted = (order.session, order.destination, order.door_open)
        if self.session == '' and self._is_free(now):
            self.session, self.mode, self.forgot = order.session, LiftMode.AGV, False
        elif wanted == (self.session, self._destination, self._wants_open):
            return
        if self.session == order.session:
            self._destination, self._wants_open = order.destination, order.door_open
            self.go()

    def switch_off(self) -> None:
        """The controller ends: it stands, forgets its session and says nothing."""
        self.off = True
        self._forget()
        self._work += 1
        if self.moving:
            self.floor = self._heading
        self.moving, self._destination, self._turning = False, self.floor, None
        self.go()

    def switch_on(self) -> None:
        """The controller starts."""
        self.off = False
        self.go()

    # --- what it does  ---

    def go(self) -> None:
        """Do what is due now, unless car or door move: then it comes at the end of that."""
        if self.off or self.moving or self._turning is not None or self.stuck:
            self._changed(self)
            self._tell_news()
            return
        if self.fault is not None:
            self._be_out_of_service()
        elif self.mode not in _SERVING:
            self.mode, self._wants_open = LiftMode.HUMAN, False
        if self.fault is None and self.session == '' and self._people is not None:
            self._ride_with_people(self._people)
        self._serve()
        if self.fault is None and self.session and self._people is not None:
            self._let_people_step_in(self._people)
        self._changed(self)
        self._tell_news()

    def tell(self) -> None:
        """Say what it is, unless the controller is off."""
        if self.off:
            return
        self._said, self._said_at = self._report(), self._heap.now
        self._say(self._said)

    def stands_open(self, floor: FloorId) -> bool:
        """Whether one can walk in or out on `floor`."""
        return self.floor == floor and not self.moving and self.door is LiftDoor.OPEN

    def is_kept_open(self, floor: FloorId) -> bool:
        """Whether its session wants it to stand open on `floor`."""
        return self._wants_open and self._destination == floor

    def is_recalled(self, floor: FloorId) -> bool:
        """Whether the car was called back to `floor` and everybody may get out."""
        return self.fault is not None and self.stands_open(floor)

    def next_floor(self) -> FloorId:
        """Return the floor it stands at, or comes to next."""
        return self._heading if self.moving else self.floor

    def _is_free(self, now: Instant) -> bool:
        still = not self.moving and now >= self._people_until
        return still and not self._trip and not self.inside and not self.held

    def _set_free(self) -> None:
        self.session, self.mode, self._wants_open = '', LiftMode.HUMAN, False

    def _forget(self) -> None:
        self.forgot = self.forgot or self.session != ''
        self._set_free()

    def _be_out_of_service(self) -> None:
        self._forget()
        if self.fault is not None:
            self.mode = self.fault
        self._trip.clear()
        if self.recall is not None:
            self._destination, self._wants_open = self.recall, True
            self.inside = 0 if self.stands_open(self.recall) else self.inside
        else:
            self._destination = self.floor

    def _serve(self) -> None:
        goal = self._somewhere_else() if self.lost and self.session else self._destination
        if self.floor == goal:
            self._turn_door(LiftDoor.OPEN if self._wants_open or self.held else LiftDoor.CLOSED)
        elif self.door is LiftDoor.CLOSED and not self.held:
            time = durations.travel(self._hospital, self._lift, self.floor, goal)
            self.moving, self._heading = True, goal
            self._later(time, self._arrived)
        else:
            self._turn_door(LiftDoor.OPEN if self.held else LiftDoor.CLOSED)

    def _turn_door(self, then: LiftDoor) -> None:
        if self.door is then:
            return
        if then is LiftDoor.CLOSED and self._is_passed():
            self._wait_for_passage()
            return
        self.door, self._turning = LiftDoor.MOVING, then
        self._later(self._door_ms, self._turned)

    def _wait_for_passage(self) -> None:
        """Look again soon whether the door may shut."""
        if not self._waits:
            self._waits = True
            self._heap.after(PASSAGE_MS, self._look_again)

    def _look_again(self) -> None:
        self._waits = False
        self.go()

    def _arrived(self) -> None:
        self.moving, self.floor = False, self._heading
        self._changed(self)
        self.go()

    def _turned(self) -> None:
        if self._turning is not None:
            self.door, self._turning = self._turning, None
        self.go()

    def _later(self, span: int, action: Callable[[], None]) -> None:
        """Let a movement end after `span`; a stuck lift ends it when it was put right."""
        self._work += 1
        work = self._work

        def end() -> None:
            if work != self._work:
                return
            if self.stuck:
                self._heap.after(SECOND, end)
            else:
                action()

        self._heap.after(span, end)

    def _somewhere_else(self) -> FloorId:
        """Return the stop after the one it should go to."""
        floors = [stop.floor for stop in self._lift.stops]
        return floors[(floors.index(self._destination) + 1) % len(floors)]

    # --- people  ---

    def _await_call(self, people: LiftPeople) -> None:
        """Let the next call of people come by chance, at the rate of the hour."""
        now = self._heap.now
        local = now + self._utc_offset
        rate = people.trips[local // HOUR % len(people.trips)]
        next_hour = HOUR - local % HOUR
        wait = int(self._rng.expovariate(rate / HOUR)) + 1 if rate > 0 else next_hour
        if wait >= next_hour:
            self._heap.after(next_hour, lambda: self._await_call(people))
        else:
            self._heap.after(wait, lambda: self._called(people))

    def _called(self, people: LiftPeople) -> None:
        now = self._heap.now
        idle = self.session == '' and self._is_free(now) and self.fault is None
        idle = idle and not self.off and now - self._asked >= ASKED_MS
        if idle and not self._has_robot():
            self._trip = [self._somewhere(), self._somewhere()]
            self.go()
        self._await_call(people)

    def _ride_with_people(self, people: LiftPeople) -> None:
        """Bring who called from floor to floor."""
        now = self._heap.now
        if now < self._people_until:
            return
        if not self._trip:
            self._wants_open = False
            if not self.inside:
                return
            self._trip = [self._somewhere()]
        self._destination, self._wants_open = self._trip[0], True
        if self.stands_open(self._destination):
            del self._trip[0]
            self.inside = self._rng.randint(1, MOST) if self._trip else 0
            self._stay(self._dwell(people))
            self._wants_open = bool(self._trip)

    def _let_people_step_in(self, people: LiftPeople) -> None:
        """Once a session, when the car opens for its robot, somebody may be in it first."""
        if self.inside and self._heap.now >= self._people_until:
            self.inside = 0
        if self.door is not LiftDoor.OPEN or self._looked == self.session:
            return
        self._looked = self.session
        if self._rng.random() < people.step_in and not self._has_robot():
            self.inside = self._rng.randint(1, MOST)
            self._stay(PATIENCE_MS)

    def _stay(self, span: tuple[int, int]) -> None:
        """Let people keep the car as it is for a time."""
        time = self._rng.randint(*span)
        self._people_until = Instant(self._heap.now + time)
        self._heap.after(time, self.go)

    def _dwell(self, people: LiftPeople) -> tuple[int, int]:
        return HELD_MS if self._rng.random() < people.held else PEOPLE_MS

    def _somewhere(self) -> FloorId:
        return self._rng.choice(self._lift.stops).floor

    # --- what it says  ---

    def _report(self) -> LiftReport:
        tells = self._people is not None and self._people.tells
        return LiftReport(
            self.id,
            current_floor=self.floor,
            destination_floor=self._heading if self.moving else self._destination,
            door=self.door,
            moving=self.moving,
            mode=self.mode,
            session=self.session,
            occupied=self.inside > 0 if tells else None,
        )

    def _tell_news(self) -> None:
        if not self.off and self._report() != self._said:
            self.tell()

    def _beat(self) -> None:
        """Say again what it is, when nothing was said for long."""
        if self._heap.now - self._said_at >= self._beat_ms or self._said is None:
            self.tell()
        due = self._said_at + self._beat_ms
        self._heap.at(due if due > self._heap.now else self._heap.now + self._beat_ms, self._beat)
