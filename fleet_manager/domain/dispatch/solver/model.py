"""What the solver is given and what it returns: plain values, in ms and station ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from fleet_manager.domain.dispatch.solver.travel import Travel
from fleet_manager.domain.ids import CompartmentId, DeliveryId, RobotId, StationId
from fleet_manager.domain.units import FOREVER, MINUTE, SECOND, Instant, Millis


@dataclass(frozen=True, slots=True)
class Box:
    """A compartment."""

    id: CompartmentId
    kind: str
    litres: int


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop for one parcel: at its sender to pick it up, or at its recipient to hand it over."""

    parcel: DeliveryId
    pick_up: bool


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A robot and what it has to do.

    It is free at `free_at`, where `reach` tells the ms to a station (None: no way). `at` is the
    station where people already attend to it, so that further parcels there take no new visit.
    The first `fixed` of its `stops` stay as they are. `holds` names the compartment of each of
    its parcels; one that is not picked up in `stops` is inside, and goes to its recipient even
    where no stop says so yet. `drive_ms` is the driving its battery lasts for, `fee` what it
    costs to give it its first stop.
    """

    id: RobotId
    kind: str
    free_at: Instant
    reach: Callable[[StationId], int | None]
    boxes: tuple[Box, ...]
    stops: tuple[Visit, ...] = ()
    fixed: int = 0
    holds: Mapping[DeliveryId, CompartmentId] = field(default_factory=dict)
    at: StationId | None = None
    soiled: bool = False
    drive_ms: int = int(FOREVER)
    fee: int = 0


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel to be carried; `recipient` is where it goes now.

    It cannot be loaded before `earliest`; its time counts from `ready`, more from `soft` on, and
    it is late after `due`. `weight` is what its ms count against those of others. It fits into
    compartments of `kinds` with at least `litres`. While it is on board nothing of a `group`
    named in `apart` may be; with `direct` nothing else, and no other stop. A `dirty` one soils the
    robot: nothing clean is carried with it or after it.
    """

    id: DeliveryId
    sender: StationId
    recipient: StationId
    ready: Instant
    due: Instant
    weight: int
    kinds: frozenset[str]
    litres: int
    earliest: Instant = Instant(0)
    soft: Instant | None = None
    group: str = ''
    apart: frozenset[str] = frozenset()
    direct: bool = False
    dirty: bool = False


@dataclass(frozen=True, slots=True)
class Rates:
    """What counts how much. A cost is a sum of ms times these; by weight where one says so.

    By weight: `time` for each ms until a parcel arrives, `soft` for each one after its soft due
    time, `late` after its due time, three times as much once it is `grows` ms late, five times
    at twice that (0: always the same), so that nothing waits for ever; `once` in ms for being
    late at all. For robots: `drive` for each ms of driving, `busy` for
    each ms until they are through, `opening` for giving a robot without
    stops its first one, `turn` for sending it to another station than it is on its way to, `move`
    for taking a parcel from it. `crowd` counts for each two visits to a station within the same
    `crowd_span`. While improving, a plan may get worse by up to `heat`, falling to nothing; with
    0 it never does.
    """

    time: int = 1
    soft: int = 4
    late: int = 40
    grows: int = 30 * MINUTE
    once: int = 0
    drive: int = 1
    busy: int = 0
    opening: int = 0
    turn: int = 60 * SECOND
    move: int = 120 * SECOND
    crowd: int = 60 * SECOND
    crowd_span: int = 3 * MINUTE
    heat: int = 0


#: Stops of one robot, at most: what is planned later than these changes anyhow.
MOST_STOPS: Final = 24


@dataclass(frozen=True, slots=True)
class Problem:
    """Robots, parcels and what they cost.

    `refusals(parcel)` names the robots that may not take it at all, with a reason code. It is
    asked for parcels that may get another robot only. A visit to a station takes `visit_ms` of it
    and `each_ms` for each parcel.
    """

    now: Instant
    vehicles: tuple[Vehicle, ...]
    parcels: tuple[Parcel, ...]
    travel: Travel
    visit_ms: Callable[[StationId], int]
    each_ms: int
    refusals: Callable[[DeliveryId], Mapping[RobotId, str]] = lambda _: {}
    rates: Rates = Rates()
    most_stops: int = MOST_STOPS


@dataclass(frozen=True, slots=True)
class Offer:
    """What it would cost to give a parcel to this robot."""

    vehicle: RobotId
    cost: int


@dataclass(frozen=True, slots=True)
class Parts:
    """What it costs to give a parcel to its robot: by being late, by taking time, and by the rest.

    `late` holds all that counts from the soft due time on. `others` is what it costs the other
    parcels of the robot, driving, meeting others and fees.
    """

    late: int
    time: int
    others: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A parcel that got a robot, which is another one than before or the first.

    Arrivals are expected ones. `runners_up` are the next best robots, the cheapest first.
    """

    parcel: DeliveryId
    vehicle: RobotId
    box: CompartmentId
    at_sender: Instant
    at_recipient: Instant
    parts: Parts
    runners_up: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """The stops of a robot in order, and when it is expected at each."""

    vehicle: RobotId
    stops: tuple[Visit, ...]
    arrivals: tuple[Instant, ...]
    changed: bool


@dataclass(frozen=True, slots=True)
class Solution:
    """Routes of all robots in the order of the problem; parcels without one are `unplaced`.

    `placed` are those that got a robot, or another one; the others keep robot and compartment.
    `cost` counts everything, `first` is that of insertion alone, before any improvement.
    """

    routes: tuple[Route, ...]
    placed: tuple[Placed, ...]
    unplaced: tuple[DeliveryId, ...]
    cost: Millis
    first: Millis
