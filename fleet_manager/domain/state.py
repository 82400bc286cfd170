"""What the fleet manager knows: what happened (journaled) and what devices say (sensed).

`FleetState` is a fold over the journal and nothing else: replaying the events gives the same
state. `Sensed` is what came in since this process started; it is lost at a restart and comes back
by itself, because devices repeat themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from fleet_manager.domain.deliveries.lifecycle import AT_STOP, CANCELLABLE, ENDS, DeliveryState
from fleet_manager.domain.ids import (
    AccountId,
    ClosureId,
    CompartmentId,
    DeliveryId,
    DoorId,
    FloorId,
    LiftId,
    NodeId,
    ResourceId,
    RobotId,
    RunId,
    SessionId,
    StationId,
)
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import (
    Actor,
    DoorReport,
    Hop,
    HopKind,
    LiftMode,
    LiftReport,
    LiftStage,
    MapHold,
    PlaceKind,
    PoseReport,
    Purpose,
    RobotReport,
    Stop,
)
from fleet_manager.domain.units import Instant


@dataclass(slots=True)
class Opening:
    """A signed permission to open one compartment once."""

    grant: int
    purpose: Purpose
    actor: Actor
    expires: Instant
    expired: bool = False
    opened: bool = False


@dataclass(slots=True)
class ColdChain:
    """How warm a parcel was in robots, in °C, as far as it was noted.

    `last` at `at`, after `notes` notes; `out_ms` is how long it was out of its range until then,
    `out_since` since when it is, 0 where it is not.
    """

    lowest: float
    highest: float
    last: float
    since: Instant
    at: Instant
    notes: int = 1
    out_ms: int = 0
    out_since: Instant = Instant(0)

    def out_until(self, now: Instant) -> int:
        """Return for how many ms it was out of its range until `now`."""
        return self.out_ms + (now - self.at if self.out_since else 0)


@dataclass(slots=True)
class Delivery:
    """One request, from acceptance to its end. `times` holds when each state was reached.

    `replans` counts the plans taken back for another one while its robot was on its way.
    `arrived_at` is when its robot stood at the recipient first. `returning`: it goes back to the
    sender. `eta` is the arrival as it was expected when a robot was given, see `RunAssigned`.
    `loaded_by` is the grant of the opening it was put in with, `sent_away` when its robot last
    left the recipient with it. `details` are the fields its goods have. `kept_at` is the safe
    place it goes to, `meets_at` where a rescuer waits with it for another robot; `porter` is who
    carries it, or did last. `reminded` counts who was called to take it, `count` the pieces put in
    and `received` those that came, `missing` what was not right; `closed` is why somebody ended
    it. `follow_up` are the steps that were done. `put_offs` counts how often people put it off,
    lastly `put_off_until`; its waiting counts `put_off_ms` later for it, and what brings it back
    as well where `put_off_extends`.
    """

    id: DeliveryId
    number: int
    key: str
    goods: str
    sender: StationId
    recipient: StationId
    urgency: str
    promised_at: Instant
    requested_by: Actor
    note: str
    state: DeliveryState
    times: dict[str, Instant]
    run: RunId | None = None
    robot: RobotId | None = None
    compartment: CompartmentId | None = None
    opening: Opening | None = None
    rating: int | None = None
    cost_ms: int = 0
    replans: int = 0
    runners_up: tuple[tuple[RobotId, int], ...] = ()
    eta: tuple[Instant, Instant] = (Instant(0), Instant(0))
    raised: bool = False
    earliest: Instant = Instant(0)
    asked_by: str = ''
    arrived_at: Instant | None = None
    returning: bool = False
    turned_back: str = ''
    porter: AccountId | None = None
    loaded_by: int = 0
    sent_away: Instant = Instant(0)
    kept_at: StationId | None = None
    meets_at: StationId | None = None
    reminded: int = 0
    count: int = 0
    received: int = 0
    missing: str = ''
    closed: str = ''
    rescued: bool = False
    rated_at: Instant = Instant(0)
    follow_up: dict[str, Instant] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    put_offs: int = 0
    put_off_until: Instant = Instant(0)
    put_off_ms: int = 0
    put_off_extends: bool = False
    cold: ColdChain | None = None

    @property
    def goal(self) -> StationId:
        """Where the parcel goes: to the recipient, back, or to a safe place."""
        return self.kept_at or (self.sender if self.returning else self.recipient)

    @property
    def origin(self) -> StationId:
        """Where a robot fetches the parcel: at the sender, or where its rescuer waits."""
        return self.meets_at or self.sender

    @property
    def waits_since(self) -> int:
        """From when it counts as waiting for people to take it: later where they put it off."""
        return self.times[self.state] + self.put_off_ms

    @property
    def requested_at(self) -> Instant:
        """When it was accepted."""
        return self.times[DeliveryState.ACCEPTED]

    @property
    def is_surely_empty(self) -> bool:
        """Whether no robot can hold the parcel: none was opened, or may be opening just now."""
        unopened = self.opening is None or self.opening.expired
        return self.state in CANCELLABLE and unopened


@dataclass(slots=True)
class Robot:
    """What a robot is committed to. `hops` are the steps after `done`, released or not.

    Sequences grow for ever: `done` is the last step finished, `released` the last it may drive,
    `update` the number of its order. `moving_since` is when it could start on the step under way.
    `replans` counts plans that were taken back on the way for another one. `stops` is what its
    run still has to do, in this order. `soiled`: dirty goods were inside since it was cleaned.
    """

    id: RobotId
    node: NodeId
    goal: NodeId
    purpose: Purpose = Purpose.PARK
    leg: int = 0
    hops: list[Hop] = field(default_factory=list)
    done: int = 0
    released: int = 0
    moving_since: Instant = Instant(0)
    update: int = 0
    replans: int = 0
    grant: int = 0
    run: RunId | None = None
    stops: list[Stop] = field(default_factory=list)
    soiled: bool = False
    paused: bool = False
    excluded: str | None = None
    _served: tuple[list[Stop], tuple[DeliveryId, ...]] = field(
        default=([], ()), init=False, repr=False, compare=False
    )

    @property
    def delivery(self) -> DeliveryId | None:
        """The delivery of its next stop."""
        return self.stops[0].delivery if self.stops else None

    @property
    def deliveries(self) -> tuple[DeliveryId, ...]:
        """The deliveries it serves, in the order of their next stops."""
        if self._served[0] is not self.stops:  # the fold puts another list there, or none
            names = tuple(dict.fromkeys([stop.delivery for stop in self.stops]))
            self._served = self.stops, names
        return self._served[1]

    def next_hop(self) -> Hop | None:
        """Return the first step that is not released."""
        for hop in self.hops:
            if hop.sequence > self.released:
                return hop
        return None


@dataclass(slots=True)
class Claim:
    """A place in the queue of a resource: taken when hop `taken_by` starts.

    Given back when hop `freed_by` is done; 0 = for ever, the end of the plan so far.
    """

    robot: RobotId
    taken_by: int
    freed_by: int = 0


@dataclass(slots=True)
class LiftSession:
    """A lift's exclusive service for one robot ride."""

    id: SessionId
    robot: RobotId
    boarding_floor: FloorId
    target_floor: FloorId
    stage: LiftStage
    since: Instant
    deadline: Instant
    boarded: bool = False
    outcome: str = ''
    opened_at: Instant | None = None


@dataclass(slots=True)
class LiftRest:
    """A lift is left to people until `until`, after `tries` sessions in a row without a ride."""

    until: Instant
    tries: int
    why: str


@dataclass(slots=True)
class Recall:
    """A fire or emergency of a lift, until a person releases it."""

    mode: LiftMode
    since: Instant


@dataclass(slots=True)
class Alert:
    """A condition somebody has to know of."""

    id: str
    code: str
    subject: str
    params: dict[str, str]
    raised_at: Instant
    acknowledged_by: str | None = None


@dataclass(frozen=True, slots=True)
class Closure:
    """A place robots keep out of, all or those of `robot_type`; `until` 0: until it is opened."""

    id: ClosureId
    kind: PlaceKind
    place: str
    robot_type: str
    reason: str
    actor: Actor
    since: Instant
    until: Instant


@dataclass(slots=True)
class Accepted:
    """What an idempotency key stands for."""

    body_hash: str
    delivery: DeliveryId


@dataclass(slots=True)
class MapSwap:
    """A change of the map under way: to which version, who asked, why, and until when."""

    version: str
    actor: Actor
    reason: str
    asked_at: Instant
    deadline: Instant


@dataclass(slots=True)
class MapSwapEnd:
    """How the last change of the map ended: `swapped`, `refused` or `cancelled`."""

    version: str
    outcome: str
    at: Instant
    held: tuple[MapHold, ...] = ()


@dataclass(slots=True)
class FleetState:
    """Everything the journal says. Never changed but by `evolve.apply`.

    `lift_use` is when robots had each lift in the last hour: (open for them, given back).
    `robots` are in the order of their ids. `map_before` was in force until `swapped_at`: robots
    may still carry it. `planned` is for what is computed once of the plans as they are: a new leg
    empties it, and it is never written down.
    `of_deliveries` is the same for the deliveries and the runs they are in: every event but those
    of traffic, lifts and alerts empties it.
    Nor are `open`, the deliveries that have not ended, and `ended`, when the others did: both in
    the order of that.
    """

    epoch: int = 0
    map_version: str = ''
    map_before: str = ''
    swapped_at: Instant = Instant(0)
    swap: MapSwap | None = None
    swap_end: MapSwapEnd | None = None
    paused: bool = False
    deliveries: dict[DeliveryId, Delivery] = field(default_factory=dict)
    robots: dict[RobotId, Robot] = field(default_factory=dict)
    queues: dict[ResourceId, list[Claim]] = field(default_factory=dict)
    sessions: dict[LiftId, LiftSession] = field(default_factory=dict)
    rests: dict[LiftId, LiftRest] = field(default_factory=dict)
    recalls: dict[LiftId, Recall] = field(default_factory=dict)
    lift_use: dict[LiftId, list[tuple[Instant, Instant]]] = field(default_factory=dict)
    lift_outcomes: dict[str, int] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    closures: dict[ClosureId, Closure] = field(default_factory=dict)
    keys: dict[str, Accepted] = field(default_factory=dict)
    deliveries_made: int = 0
    runs_made: int = 0
    sessions_made: int = 0
    closures_made: int = 0
    delivered: int = 0
    lift_ms: int = 0
    planned: dict[str, object] = field(default_factory=dict, init=False, compare=False)
    of_deliveries: dict[str, Any] = field(default_factory=dict, init=False, compare=False)
    _served: _Served | None = field(default=None, init=False, repr=False, compare=False)
    open: dict[DeliveryId, Delivery] = field(default_factory=dict, init=False, compare=False)
    ended: dict[DeliveryId, Instant] = field(default_factory=dict, init=False, compare=False)

    def __post_init__(self) -> None:
        """Read what is derived off the deliveries."""
        self.open = {d.id: d for d in self.deliveries.values() if d.state not in ENDS}
        over = [d for d in self.deliveries.values() if d.state in ENDS]
        over.sort(key=lambda d: d.times[d.state])
        self.ended = {d.id: d.times[d.state] for d in over}

    def waiting(self) -> Sequence[Delivery]:
        """Return the deliveries that wait for a robot, in the order they were accepted."""
        found = self.of_deliveries.get('waiting')
        if found is None:
            found = [d for d in self.open.values() if d.state is DeliveryState.ACCEPTED]
            self.of_deliveries['waiting'] = found
        return cast(Sequence[Delivery], found)

    def forget(self) -> None:
        """Forget what was computed of the deliveries: one of them changed."""
        self.of_deliveries.clear()
        self._served = None

    def served_by(self, robot: Robot) -> Sequence[Delivery]:
        """Return the deliveries the robot serves, in the order of their next stops."""
        return (self._served or self._serve()).by.get(robot.id, ())

    def at_stop(self, robot: Robot) -> Sequence[Delivery]:
        """Return the deliveries for which the robot stands at a station just now."""
        return (self._served or self._serve()).here.get(robot.id, ())

    def is_at_stop(self, robot: Robot) -> bool:
        """Whether the robot stands at a station for any delivery just now."""
        return robot.id in (self._served or self._serve()).here

    def opening_of(self, robot: Robot) -> Delivery | None:
        """Return the delivery whose compartment a signature may open, or has opened."""
        return (self._served or self._serve()).opening.get(robot.id)

    def _serve(self) -> _Served:
        """Compute what robots serve: it is asked of every robot several times a turn."""
        found = self._served = _Served(self)
        return found

    def session_of(self, robot: RobotId) -> tuple[LiftId, LiftSession] | None:
        """Return the lift that serves `robot` and the ride, until the robot has left the car."""
        for lift, session in self.sessions.items():
            if session.robot == robot and session.stage is not LiftStage.EXITED:
                return lift, session
        return None

    def frozen(self, robot: Robot) -> int:
        """Return the last step that stays as planned: released, or part of a ride under way."""
        ride = self.session_of(robot.id)
        if ride is not None and not self._may_turn_away(*ride):
            for hop in robot.hops:
                if hop.kind is HopKind.ALIGHT:
                    return max(robot.released, hop.sequence)
        return robot.released

    def _may_turn_away(self, lift: LiftId, ride: LiftSession) -> bool:
        """Whether the ride under way may end otherwise: not come yet, or recalled on its way."""
        if ride.stage in (LiftStage.RIDING, LiftStage.ARRIVED):
            return lift in self.recalls
        return ride.stage is LiftStage.REQUESTED

    def frozen_end(self, robot: Robot) -> NodeId:
        """Return where the robot will stand after the steps that may not be replanned."""
        node, frozen = robot.node, self.frozen(robot)
        for hop in robot.hops:
            if hop.sequence <= frozen:
                node = hop.target
        return node


class _Served:
    """The deliveries of each robot, those it stands at a station for, and the one to be opened."""

    def __init__(self, state: FleetState) -> None:
        self.by: dict[RobotId, list[Delivery]] = {}
        self.here: dict[RobotId, list[Delivery]] = {}
        self.opening: dict[RobotId, Delivery] = {}
        for robot in state.robots.values():
            if not robot.stops:
                continue
            served = self.by[robot.id] = [state.deliveries[name] for name in robot.deliveries]
            here = [delivery for delivery in served if delivery.state in AT_STOP]
            if here:
                self.here[robot.id] = here
            for delivery in served:
                if delivery.opening is not None and not delivery.opening.expired:
                    self.opening[robot.id] = delivery
                    break


@dataclass(slots=True)
class RobotSense:
    """What a robot said lately; `since` is when it was heard first after it had been silent.

    `alone_from`: two programs spoke under its name; by then the other one counts as gone.
    """

    report: RobotReport
    heard: Instant
    pose: PoseReport
    since: Instant
    retired: tuple[str, ...] = ()
    alone_from: Instant = Instant(0)
    good: int = 0
    blocked_since: Instant | None = None
    blocked_by: tuple[str, str] | None = None


@dataclass(slots=True)
class Sensed:
    """What devices said since this process started, and since when something is waited for.

    `locked`: accounts nobody gets into for wrong secrets, or compartments, and until when;
    `called`: what people call these accounts, kept out of the journal;
    `webhooks`: what is wrong with subscriptions of other systems.

    `in_vain`: last searches without a route; `improved`: when a better plan of a robot is looked
    for again, and after how many searches in vain; `looked`: when that was done for any; and
    `standing`: what stood still or was closed by then; `wanted`: since when a door should be open,
    `shut`: and since when it is not; `failed_doors`: why which door is not waited for any more;
    `highest_epoch`: the highest any robot has obeyed; `unplaced`: what fitted into no run at the
    last try, `insert_again` when it is tried again, `room_made` for what others were taken out;
    `runs_improved`: when all runs were.
    """

    robots: dict[RobotId, RobotSense] = field(default_factory=dict)
    locked: dict[tuple[AccountId, str], Instant] = field(default_factory=dict)
    called: dict[AccountId, str] = field(default_factory=dict)
    webhooks: dict[str, str] = field(default_factory=dict)
    lifts: dict[LiftId, tuple[LiftReport, Instant]] = field(default_factory=dict)
    doors: dict[DoorId, tuple[DoorReport, Instant]] = field(default_factory=dict)
    malformed: dict[str, tuple[str, Instant]] = field(default_factory=dict)
    in_vain: dict[tuple[RobotId, str], Instant] = field(default_factory=dict)
    improved: dict[RobotId, tuple[Instant, int]] = field(default_factory=dict)
    looked: Instant = Instant(0)
    standing: frozenset[str] = frozenset()
    wanted: dict[DoorId, Instant] = field(default_factory=dict)
    shut: dict[DoorId, Instant] = field(default_factory=dict)
    failed_doors: dict[DoorId, str] = field(default_factory=dict)
    highest_epoch: int = 0
    started: Instant = Instant(0)
    unplaced: frozenset[DeliveryId] = frozenset()
    room_made: frozenset[DeliveryId] = frozenset()
    insert_again: Instant = Instant(0)
    runs_improved: Instant = Instant(0)

    def forget_devices(self, hospital: Hospital) -> None:
        """Forget lifts and doors a new map has no more."""
        self.lifts = {k: v for k, v in self.lifts.items() if k in hospital.lifts}
        self.doors = {k: v for k, v in self.doors.items() if k in hospital.doors}
        self.wanted = {k: v for k, v in self.wanted.items() if k in hospital.doors}
        self.shut = {k: v for k, v in self.shut.items() if k in hospital.doors}
        self.failed_doors = {k: v for k, v in self.failed_doors.items() if k in hospital.doors}
