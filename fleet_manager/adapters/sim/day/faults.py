"""What goes wrong, at a time or by chance, and is put right again.

A fault lasts for a while; then a person or a technician has put it right. When demand ends nothing
more goes wrong and all that lasts is put right: the calm phase, in which everything must end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Final

from fleet_manager.adapters.sim.day.aims import Aim, aims_of
from fleet_manager.adapters.sim.day.demand import Requests
from fleet_manager.adapters.sim.day.desk import (
    OPERATOR,
    TRY_AGAIN,
    Desk,
    child,
    drawn,
    next_at,
)
from fleet_manager.application.days.scenario import Fault, FaultKind, Scenario
from fleet_manager.application.days.timetable import DAY
from fleet_manager.domain.maps.model import Hospital, Lane, NodeKind
from fleet_manager.domain.messages import ClosePlace, Command, OpenPlace, PlaceKind
from fleet_manager.domain.units import SECOND, Instant

#: Told of each fault: the time, what, about which subject, and whether it begins or ended.
Listener = Callable[[Instant, FaultKind, str, bool], None]

#: A fault by time that cannot be just now (the lift is stuck already) is tried again.
AGAIN_MS: Final = 30 * SECOND
TRIES: Final = 20
#: A fault waits for the worst moment so long, looking so often.
AIM_MS: Final = 3 * SECOND
AIM_TRIES: Final = 200
#: As an operator writes it.
WHY_CLOSED: Final = 'infection control'

_K = FaultKind
_ROBOTS: Final = frozenset(
    {
        _K.ROBOT_DIES,
        _K.ROBOT_RESTARTS,
        _K.ROBOT_CUT,
        _K.ROBOT_BLOCKED,
        _K.ROBOT_TELEPORTS,
        _K.ROBOT_NONSENSE,
        _K.ROBOT_TWICE,
        _K.ROBOT_CLOCK,
        _K.BATTERY_FALLS,
        _K.DOOR_STAYS_OPEN,
    }
)
_LIFTS: Final = frozenset(
    {_K.LIFT_STUCK, _K.LIFT_HELD, _K.LIFT_RESTARTS, _K.LIFT_OUT, _K.LIFT_WRONG_FLOOR}
)


class Faults:
    """Lets the faults of a scenario happen. `counts` are those that did, by kind.

    A zone is closed where the map has any, else a stretch of corridor.

    `lasting` are those that go on now, with the time they end by themselves.
    """

    def __init__(
        self,
        desk: Desk,
        scenario: Scenario,
        hospital: Hospital,
        rng: Random,
        *,
        requests: Requests,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.lasting: dict[tuple[FaultKind, str], Instant] = {}
        self.listeners: list[Listener] = []
        self._desk, self._hospital, self._rng = desk, hospital, child(rng, 'closing')
        self._requests = requests
        self._over = False
        self._closed: set[str] = set()
        base, start = child(rng, 'faults'), desk.heap.now
        seed = base.getrandbits(64)
        for number, fault in enumerate(scenario.faults):
            own = Random(f'{seed} {number}')  # noqa: S311 - a simulation, not a secret
            if fault.at >= 0:
                desk.heap.at(
                    next_at(scenario, start, fault.at),
                    lambda fault=fault, own=own: self._by_time(fault, own, TRIES),  # type: ignore[misc]
                )
            if fault.per_day > 0:
                self._next_by_chance(fault, own)
        desk.heap.at(requests.ends, self.stop)

    def stop(self) -> None:
        """Nothing more goes wrong, and what lasts is put right at once."""
        self._over = True
        for kind, subject in list(self.lasting):
            self._end(kind, subject)

    # --- when  ---

    def _by_time(self, fault: Fault, rng: Random, tries: int) -> None:
        if not self._over and not self._happen(fault, rng, self.subjects(fault)) and tries > 1:
            self._desk.heap.after(AGAIN_MS, lambda: self._by_time(fault, rng, tries - 1))

    def _next_by_chance(self, fault: Fault, rng: Random) -> None:
        gap = int(rng.expovariate(fault.per_day) * DAY)
        self._desk.heap.after(max(1, gap), lambda: self._by_chance(fault, rng))

    def _by_chance(self, fault: Fault, rng: Random) -> None:
        if self._over:
            return
        if rng.random() < fault.aimed:
            self._aim(fault, rng, rng.choice(aims_of(fault.kind)), AIM_TRIES)
        else:
            self._happen(fault, rng, self.subjects(fault))
        self._next_by_chance(fault, rng)

    def _aim(self, fault: Fault, rng: Random, aim: Aim, tries: int) -> None:
        """Wait for the worst moment; when it does not come nothing happens."""
        worst = [subject for subject in self.subjects(fault) if aim(self._desk, subject)]
        if not self._over and not self._happen(fault, rng, worst) and tries > 1:
            self._desk.heap.after(AIM_MS, lambda: self._aim(fault, rng, aim, tries - 1))

    # --- what  ---

    def _happen(self, fault: Fault, rng: Random, subjects: list[str]) -> bool:
        """Let it happen to the first of the subjects, in a random order, that it can happen to."""
        if not subjects:
            return False
        lasts = max(1, drawn(rng, fault.lasts))
        rng.shuffle(subjects)
        for subject in subjects:
            key = fault.kind, subject
            if key not in self.lasting and self._begin(fault.kind, subject):
                self.counts[fault.kind.value] += 1
                self.lasting[key] = until = Instant(self._desk.heap.now + lasts)
                self._desk.heap.at(until, lambda key=key, until=until: self._is_over(key, until))  # type: ignore[misc]
                self._tell(fault.kind, subject, begins=True)
                return True
        return False

    def subjects(self, fault: Fault) -> list[str]:
        """Return what it can happen to, in the order of the map."""
        hospital, kind = self._hospital, fault.kind
        if fault.subject:
            return [fault.subject]
        if kind in _ROBOTS:
            return list(self._desk.world.robots)
        if kind in _LIFTS:
            return list(hospital.lifts)
        if kind is _K.DOOR_STUCK:
            return list(hospital.automatic_doors)
        if kind is _K.CHARGER_DEAD:
            return [n.id for n in hospital.nodes.values() if n.kind is NodeKind.CHARGER]
        zones = [zone.id for floor in hospital.floors.values() for zone in floor.zones]
        if kind is _K.ZONE_CLOSED and zones:
            return zones
        if kind in (_K.BED_IN_CORRIDOR, _K.ZONE_CLOSED):
            return [lane.id for lane in hospital.lanes.values() if self._is_corridor(lane)]
        return ['']

    def _is_corridor(self, lane: Lane) -> bool:
        """Whether the lane joins two ways, and does not lead into a bay or to a lift."""
        ends = (self._hospital.nodes[end].kind for end in (lane.a, lane.b))
        return all(kind is NodeKind.WAY for kind in ends)

    def _begin(self, kind: FaultKind, subject: str) -> bool:
        if kind is _K.DOUBLE_CLICK:
            self._requests.double_click()
        elif kind is _K.ZONE_CLOSED:
            place = self._place(subject)
            if place is None:
                return False
            self._closed.add(subject)
            closing = ClosePlace(OPERATOR, place, subject, WHY_CLOSED)
            self._say(lambda: closing if subject in self._closed else None)
        else:
            return self._desk.world.begin(kind, subject)
        return True

    def _is_over(self, key: tuple[FaultKind, str], until: Instant) -> None:
        if self.lasting.get(key) == until:
            self._end(*key)

    def _end(self, kind: FaultKind, subject: str) -> None:
        del self.lasting[kind, subject]
        if kind is _K.ZONE_CLOSED:
            self._closed.discard(subject)
            self._say(lambda: self._opening(subject))
        elif kind is not _K.DOUBLE_CLICK:
            self._desk.world.end(kind, subject)
        self._tell(kind, subject, begins=False)

    def _tell(self, kind: FaultKind, subject: str, *, begins: bool) -> None:
        for listener in self.listeners:
            listener(self._desk.heap.now, kind, subject, begins)

    # --- what an operator closes and opens  ---

    def _place(self, subject: str) -> PlaceKind | None:
        """Return what kind of place has this name."""
        hospital = self._hospital
        if any(zone.id == subject for floor in hospital.floors.values() for zone in floor.zones):
            return PlaceKind.ZONE
        for kind, places in (
            (PlaceKind.FLOOR, hospital.floors),
            (PlaceKind.LIFT, hospital.lifts),
            (PlaceKind.LANE, hospital.lanes),
        ):
            if subject in places:
                return kind
        return None

    def _opening(self, subject: str) -> Command | None:
        """Return what opens the place again; None when it is open."""
        for closure in self._desk.state().closures.values():
            if closure.place == subject and not closure.robot_type:
                return OpenPlace(OPERATOR, closure.id)
        return None

    def _say(self, command: Callable[[], Command | None]) -> None:
        """Tell the manager, again and again while it is down."""
        said = command()
        if said is not None and self._desk.send(said) is None:
            self._desk.heap.after(drawn(self._rng, TRY_AGAIN), lambda: self._say(command))
