"""A scenario: everything a simulated day is made of, as plain values.

Read from YAML by `adapters/files/scenario.py`, played by `adapters/sim/day/`. Shares are 0..1,
spans in ms, times of day in ms after local midnight. Defaults are those of a hospital as
described in published studies (docs/simulation.md names them).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from fleet_manager.domain.traffic.durations import NODE_SECONDS
from fleet_manager.domain.units import HOUR, MINUTE, SECOND

#: One weight for each hour of the day.
Hours = tuple[float, ...]
#: (soonest, usual, latest) of a triangular distribution, in ms.
Spread = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class GoodsDemand:
    """Requests of one goods class: `count` in 24 hours, spread over the hours by weight.

    `raised` is the share that is asked for one step more urgently. `senders` and `recipients`
    are station ids or kinds that take part; empty for all that send or take the class.
    """

    goods: str
    count: int
    hours: Hours
    raised: float = 0.0
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Round:
    """A timetable: one delivery of `goods` for each recipient, ready at `at`, there by `by`.

    A round to one place (waste) has many senders, one from one place (meals) many recipients.
    It is asked for `ahead` ms before.
    """

    goods: str
    at: int
    by: int
    ahead: int
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One delivery asked for at a time of its own."""

    at: int
    goods: str
    sender: str
    recipient: str
    raised: bool = False


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked for: by rate, by timetable, and one by one. `factor` multiplies the rates."""

    goods: tuple[GoodsDemand, ...] = ()
    rounds: tuple[Round, ...] = ()
    requests: tuple[Request, ...] = ()
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Staff:
    """How people at stations behave.

    `come` is the time after the robot's arrival until somebody stands there, at wards, and
    `come_department` at pharmacy, lab, kitchen, stores, CSSD, laundry and waste rooms; at night
    (`night` hours) all times are `night_factor` as long. `load` is the time at the robot for the
    first parcel, `each_more` for each further one of the same stop; `sign` until they sign.
    The shares are of stops at which it happens: nobody comes, the compartment is closed as it was
    and opened again, the recipient refuses or takes it later, the request is cancelled before it
    is loaded.
    """

    come: Spread = (0, MINUTE, 8 * MINUTE)
    come_department: Spread = (0, 20 * SECOND, 2 * MINUTE)
    night: tuple[int, int] = (22, 6)
    night_factor: float = 1.5
    load: Spread = (25 * SECOND, 45 * SECOND, 65 * SECOND)
    each_more: Spread = (5 * SECOND, 8 * SECOND, 15 * SECOND)
    sign: Spread = (2 * SECOND, 5 * SECOND, 60 * SECOND)
    never_load: float = 0.0
    never_take: float = 0.0
    close_again: float = 0.0
    refuse: float = 0.0
    put_off: float = 0.0
    cancel: float = 0.0
    rate: float = 0.3


@dataclass(frozen=True, slots=True)
class Corridors:
    """How robots get on: `clutter` is the share of the lane's speed they reach, by hour.

    People stop a robot once every `metres_per_stop` on average, for `stop` ms.
    """

    clutter: Hours = (
        *(1.0,) * 6,
        *(0.9, 0.75, 0.65, 0.6, 0.6, 0.65, 0.7, 0.7, 0.65, 0.65, 0.7, 0.75, 0.8, 0.85),
        *(0.9, 0.95, 1.0, 1.0),
    )
    metres_per_stop: float = 200.0
    stop: Spread = (5 * SECOND, 12 * SECOND, 60 * SECOND)


@dataclass(frozen=True, slots=True)
class Motion:
    """What driving takes beside metres over speed, in seconds; `fleet gazebo calibrate` fits it.

    `node` for each hop, `turn` for each radian turned before it, `start` where the robot stood
    before it, `stop` where it stands behind it.
    """

    node: float = NODE_SECONDS
    turn: float = 0.0
    start: float = 0.0
    stop: float = 0.0

    def seconds(
        self, metres: float, speed: float, *, turn: float, starts: bool, stops: bool
    ) -> float:
        """Return how long a robot takes for a hop, nobody being in its way."""
        more = self.node + self.turn * turn + self.start * starts + self.stop * stops
        return metres / speed + more


@dataclass(frozen=True, slots=True)
class LiftPeople:
    """People at lifts of one access, rides an hour and car: see `adapters/sim/lifts.py`."""

    trips: Hours
    held: float = 0.15
    step_in: float = 0.1
    tells: bool = True


@dataclass(frozen=True, slots=True)
class Network:
    """Messages between manager and devices. Delays up to `delay_ms` reorder what is sent."""

    loss: float = 0.0
    duplicates: float = 0.0
    delay_ms: int = 0


class FaultKind(StrEnum):
    """What goes wrong, after the fault list of design 70."""

    ROBOT_DIES = 'robot_dies'
    ROBOT_RESTARTS = 'robot_restarts'
    ROBOT_CUT = 'robot_cut'
    ROBOT_BLOCKED = 'robot_blocked'
    ROBOT_TELEPORTS = 'robot_teleports'
    ROBOT_NONSENSE = 'robot_nonsense'
    ROBOT_TWICE = 'robot_twice'
    ROBOT_CLOCK = 'robot_clock'
    BATTERY_FALLS = 'battery_falls'
    CHARGER_DEAD = 'charger_dead'
    DOOR_STAYS_OPEN = 'door_stays_open'
    LIFT_STUCK = 'lift_stuck'
    LIFT_HELD = 'lift_held'
    LIFT_RESTARTS = 'lift_restarts'
    LIFT_OUT = 'lift_out'
    LIFT_WRONG_FLOOR = 'lift_wrong_floor'
    DOOR_STUCK = 'door_stuck'
    BED_IN_CORRIDOR = 'bed_in_corridor'
    FIRE = 'fire'
    POWER_CUT = 'power_cut'
    NETWORK_CUT = 'network_cut'
    NETWORK_FLOOD = 'network_flood'
    MANAGER_CRASHES = 'manager_crashes'
    MANAGER_FREEZES = 'manager_freezes'
    ZONE_CLOSED = 'zone_closed'
    DOUBLE_CLICK = 'double_click'


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong: `at` a time, or by `per_day` on average; -1: not by time.

    It lasts `lasts` (drawn anew each time); after it a person or a technician has put it right.
    `subject` is the robot, lift, door, lane, zone or floor; '' for a random one. A share of
    `aimed` of them waits for the worst moment, such as a robot in a lift or an open compartment.
    """

    kind: FaultKind
    at: int = -1
    per_day: float = 0.0
    lasts: Spread = (MINUTE, 5 * MINUTE, 20 * MINUTE)
    subject: str = ''
    aimed: float = 0.0


@dataclass(frozen=True, slots=True)
class Expectations:
    """What must hold at the end: shares on time by class of urgency, and bounds on counts."""

    on_time: float = 0.0
    on_time_urgent: float = 0.0
    violations: int = 0
    lost: int = 0
    alerts_per_hour: float = 0.0
    still_open: int = -1


@dataclass(frozen=True, slots=True)
class Generated:
    """A hospital drawn for the scenario, for growth: towers are that of the reference hospital."""

    floors: int
    robots: int
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Fleet:
    """Which robots work: the first `robots` of the map (0: all), and how full they begin.

    `one_parcel` gives every robot one usable compartment, for one parcel: what batching is worth.
    """

    robots: int = 0
    battery: tuple[float, float] = (0.7, 1.0)
    one_parcel: bool = False


#: People at service and public lifts (rides an hour and car), after a day profile.
SERVICE_TRIPS: Final[Hours] = (
    *(2, 2, 2, 2, 2, 6, 20, 30, 30, 25, 25, 30),
    *(30, 25, 25, 25, 30, 30, 20, 10, 8, 6, 4, 2),
)
PUBLIC_TRIPS: Final[Hours] = (
    *(4, 4, 4, 4, 4, 10, 30, 50, 60, 60, 60, 50),
    *(50, 50, 60, 70, 70, 60, 50, 30, 20, 10, 6, 4),
)
LIFT_PEOPLE: Final[Mapping[str, LiftPeople]] = MappingProxyType(
    {
        'service': LiftPeople(SERVICE_TRIPS),
        'public': LiftPeople(PUBLIC_TRIPS, held=0.25, step_in=0.3),
    }
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One simulated span of a hospital.

    `hospital` is a folder with a map, or `generated` says how to draw one. It begins at `starts`
    ms after local midnight of a day in zone `utc_offset` (ms east), demand goes on for `lasts`;
    then it runs on until everything has ended, `calm` ms at most, without new faults. `dispatch`
    names the policy: `runs`, or a baseline to compare with (see domain/dispatch/policy.py).
    """

    name: str
    hospital: str
    title: Mapping[str, str] = field(default_factory=dict)
    generated: Generated | None = None
    fleet: Fleet = Fleet()
    starts: int = 0
    lasts: int = 24 * HOUR
    calm: int = 4 * HOUR
    utc_offset: int = 8 * HOUR
    seed: int = 1
    demand: Demand = Demand()
    staff: Staff = Staff()
    motion: Motion = Motion()
    corridors: Corridors = Corridors()
    lift_people: Mapping[str, LiftPeople] = field(default_factory=lambda: LIFT_PEOPLE)
    network: Network = Network()
    faults: tuple[Fault, ...] = ()
    expect: Expectations = Expectations()
    dispatch: str = 'runs'
    stat_reserve: tuple[int, ...] = ()
