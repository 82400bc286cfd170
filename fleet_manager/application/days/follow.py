"""What a `Collector` remembers of one delivery, one robot, one lift while a day goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Final

from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import DeliveryId, LiftId, NodeId, RobotId, StationId
from fleet_manager.domain.messages import Hop, HopKind, Purpose
from fleet_manager.domain.units import Instant


class Cause(StrEnum):
    """What the time of a delivery was spent on, from when it was ready until it arrived.

    `ROBOT`: no robot served it. `COMING`: its robot drove to the sender. `LIFT`: it stood in
    front of a lift. `RIDE`: it was in the car. `BLOCKED`: it waited on its way for another robot
    or a door, or could not get on. `TURN`: it had no way to its next station, mostly because
    another robot had that place. `STAFF`: it stood at the sender and nobody had come.
    `LOADING`: somebody was loading at that stop. `OTHER_STOPS`: it stood at other stops of its
    run, or drove between them. `DRIVING`: it drove to its first stop after loading, or to the
    recipient. `FAULT`: the robot or the whole fleet was paused, excluded, silent, or the manager
    was down; and all that a robot had done for it that failed before loading. `PORTER`: it waited
    for a porter or was carried by one.
    """

    ROBOT = 'robot'
    COMING = 'coming'
    LIFT = 'lift'
    RIDE = 'ride'
    BLOCKED = 'blocked'
    TURN = 'turn'
    STAFF = 'staff'
    LOADING = 'loading'
    OTHER_STOPS = 'other_stops'
    DRIVING = 'driving'
    FAULT = 'fault'
    PORTER = 'porter'


class Doing(Enum):
    """What a robot does."""

    FAULT = 0
    STOP = 1
    DRIVE = 2
    RIDE = 3
    LIFT = 4
    BLOCKED = 5
    IDLE = 6


#: Legs that have nothing to do with a delivery.
_OWN_ERRANDS: Final = frozenset({Purpose.PARK, Purpose.CHARGE})


@dataclass(slots=True)
class Parcel:
    """One delivery. `holder` is who has the parcel: sender, recipient, porter or a robot's id.

    `spent` is its time by cause, in ms, billed until it arrived or ended; `since` until when it
    was billed while no robot served it. `ready_at` is when it was asked for, or not before.
    `robot_ms` is its part of the time of the robots that served it, `asked_by` the station of who
    asked, `rating` the stars it got.
    """

    id: DeliveryId
    goods: str
    urgency: str
    sender: StationId
    recipient: StationId
    sender_node: NodeId
    recipient_node: NodeId
    requested_at: Instant
    ready_at: Instant
    promised_at: Instant
    since: Instant
    state: str = DeliveryState.ACCEPTED.value
    robot: RobotId | None = None
    run: str | None = None
    eta: tuple[int, int] | None = None
    assigned_at: Instant | None = None
    loaded_at: Instant | None = None
    loaded_visit: int = 0
    arrived_at: Instant | None = None
    received_at: Instant | None = None
    ended: bool = False
    ended_at: Instant | None = None
    by_porter: bool = False
    returning: bool = False
    holder: str = 'sender'
    cell: tuple[str, str] | None = None
    robot_ms: int = 0
    asked_by: StationId | None = None
    rating: int | None = None
    spent: dict[Cause, int] = field(default_factory=dict)
    spent_before: dict[Cause, int] = field(default_factory=dict)

    def spend(self, cause: Cause, begin: Instant, end: Instant) -> None:
        """Charge the time between two moments; what lies before it was ready does not count."""
        span = end - max(begin, self.ready_at)
        if span > 0:
            self.spent[cause] = self.spent.get(cause, 0) + span

    def was_in_vain(self) -> None:
        """Charge everything since the last assignment to the robot that failed."""
        wasted = sum(self.spent.values()) - sum(self.spent_before.values())
        self.spent = dict(self.spent_before)
        if wasted > 0:
            self.spent[Cause.FAULT] = self.spent.get(Cause.FAULT, 0) + wasted


@dataclass(slots=True)
class FollowedRobot:
    """One robot. `since` is until when its time was billed, `hops` the steps it has not done.

    `jobs` are the deliveries it serves, `inside` those it carries, `here` those for which it
    stands at a station, `opened` the one whose compartment is open. `visits` counts the stations
    it stopped at. `lift_wait` is how long it has stood in front of lift `waits_for`, in ms.
    """

    id: RobotId
    node: NodeId
    since: Instant
    goal: NodeId
    purpose: Purpose = Purpose.PARK
    hops: list[Hop] = field(default_factory=list)
    done: int = 0
    released: int = 0
    jobs: dict[DeliveryId, Parcel] = field(default_factory=dict)
    inside: set[DeliveryId] = field(default_factory=set)
    here: set[DeliveryId] = field(default_factory=set)
    opened: DeliveryId | None = None
    visits: int = 0
    troubles: set[str] = field(default_factory=set)
    stuck: set[str] = field(default_factory=set)
    lift_wait: int = 0
    waits_for: LiftId | None = None
    waited: dict[NodeId, int] = field(default_factory=dict)
    busy_ms: int = 0
    samples: int = 0
    charging_samples: int = 0
    lowest_battery: float | None = None
    metres_loaded: float = 0.0
    metres_empty: float = 0.0
    parcels: int = 0
    runs: int = 0
    marks: list[tuple[int, str]] = field(default_factory=list)

    def doing(self) -> Doing:
        """Return what the robot does from now on, until the next event about it."""
        if self.troubles:
            return Doing.FAULT
        if self.here:
            return Doing.STOP
        if not self.hops:
            return Doing.IDLE
        hop = self.hops[0]
        if self.released > self.done:
            if hop.kind is not HopKind.DRIVE:
                return Doing.RIDE
            return Doing.BLOCKED if self.stuck else Doing.DRIVE
        if hop.kind is HopKind.BOARD:
            return Doing.LIFT
        return Doing.RIDE if hop.kind is HopKind.ALIGHT else Doing.BLOCKED

    def cause(self, doing: Doing, parcel: Parcel) -> Cause:
        """Return what this means for a delivery it serves that has not arrived."""
        if doing is Doing.DRIVE:
            return self._drive(parcel)
        if doing is Doing.STOP:
            if parcel.id not in self.here:
                return Cause.OTHER_STOPS
            return Cause.STAFF if self.opened is None else Cause.LOADING
        if doing is Doing.IDLE:
            return Cause.OTHER_STOPS if self._is_at_its_own() else Cause.TURN
        return _SAME[doing]

    def _drive(self, parcel: Parcel) -> Cause:
        if parcel.id in self.inside:
            first = self.visits == parcel.loaded_visit or self.goal == parcel.recipient_node
            return Cause.DRIVING if first else Cause.OTHER_STOPS
        coming = self.goal == parcel.sender_node or self.purpose in _OWN_ERRANDS
        return Cause.COMING if coming else Cause.OTHER_STOPS

    def waits_its_turn(self, doing: Doing) -> bool:
        """Whether it stands without a way to a station where somebody waits for it."""
        if doing is not Doing.IDLE or self._is_at_its_own():
            return False
        due = (p for p in self.jobs.values() if p.arrived_at is None)
        return any(parcel.ready_at <= self.since for parcel in due)

    def _is_at_its_own(self) -> bool:
        """Whether it charges or is being cleaned."""
        return self.purpose in (Purpose.CHARGE, Purpose.CLEAN) and self.node == self.goal

    def is_busy(self) -> bool:
        """Whether it serves a delivery or is on its way to be cleaned."""
        return bool(self.jobs) or self.purpose is Purpose.CLEAN

    def mark(self, at: Instant) -> None:
        """Remember that it stands on its node at this moment."""
        mark = (int(at), str(self.node))
        if not self.marks or self.marks[-1] != mark:
            self.marks.append(mark)


_SAME: Final = {
    Doing.FAULT: Cause.FAULT,
    Doing.RIDE: Cause.RIDE,
    Doing.LIFT: Cause.LIFT,
    Doing.BLOCKED: Cause.BLOCKED,
}


@dataclass(frozen=True, slots=True)
class Held:
    """From when to when a session held a lift."""

    begin: Instant
    end: Instant


@dataclass(slots=True)
class Car:
    """One lift. `waits` are (when it ended, ms) of robots in front of it; `serving` since when."""

    held: list[Held] = field(default_factory=list)
    serving: Instant | None = None
    outcomes: dict[str, int] = field(default_factory=dict)
    waits: list[tuple[Instant, int]] = field(default_factory=list)
