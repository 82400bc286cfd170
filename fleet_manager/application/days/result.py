"""What came of a simulated day: the figures of `fleet simulate`, as plain values.

Written as JSON by `entry/simulate`, drawn by `adapters/files/day_report/`. Minutes are simulated;
`None` stands for "there was none to measure".
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Spread:
    """A distribution in minutes."""

    p50: float | None
    p95: float | None
    max: float | None


@dataclass(frozen=True, slots=True)
class ClassResult:
    """Deliveries of one urgency, or of one goods class. On time means arrived as promised."""

    name: str
    n: int
    on_time: float | None
    to_arrival: Spread
    to_signature: Spread


@dataclass(frozen=True, slots=True)
class LiftHour:
    """One lift in one hour after local midnight of the first day; the wait in minutes."""

    hour: int
    utilisation: float
    wait_p95: float | None


@dataclass(frozen=True, slots=True)
class LiftResult:
    """One lift over the day: `utilisation` is the share of time robots had it."""

    lift: str
    rides: int
    utilisation: float
    wait: Spread
    outcomes: dict[str, int]
    by_hour: tuple[LiftHour, ...] = ()


@dataclass(frozen=True, slots=True)
class RobotResult:
    """One robot over the day. Shares of time; metres with and without a parcel inside."""

    robot: str
    type: str
    busy: float
    charging: float
    metres_loaded: float
    metres_empty: float
    parcels: int
    runs: int
    lowest_battery: float | None


@dataclass(frozen=True, slots=True)
class Late:
    """A delivery that arrived late or never: `causes` is its time in ms by what it was spent on.

    `late_ms` is by how much it missed its promise; for one still open, so far. `ready_at` is when
    it was asked for, or the earliest time to come for it: its time counts from then.
    """

    delivery: str
    goods: str
    urgency: str
    sender: str
    recipient: str
    requested_at: int
    late_ms: int
    robot: str | None
    cause: str
    causes: dict[str, int]
    ready_at: int = 0


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One delivery, for histograms and lists. Times in ms since 1970, None: did not happen."""

    delivery: str
    goods: str
    urgency: str
    sender: str
    recipient: str
    state: str
    requested_at: int
    promised_at: int
    assigned_at: int | None
    loaded_at: int | None
    arrived_at: int | None
    received_at: int | None
    robot: str | None
    by_porter: bool = False
    eta_p50: int | None = None
    eta_p80: int | None = None
    ready_at: int = 0


@dataclass(frozen=True, slots=True)
class Trail:
    """Where a robot was: marks (ms since 1970, node), a pair of equal nodes is a stop."""

    robot: str
    marks: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class DayResult:
    """Everything `fleet simulate` says of one day.

    `waiting_ms` is the time robots stood waiting for others, lifts or doors, by node, for the
    heat map; `lines` and `trails` feed the report and are not part of the JSON summary.
    """

    scenario: str
    hospital: str
    map_version: str
    seed: int
    version: str
    dispatch: str
    started_at: int
    ended_at: int
    accepted: int
    delivered: int
    returned: int
    cancelled: int
    expired: int
    failed: int
    open: int
    by_porter: int
    refused_requests: int
    on_time: float | None
    by_urgency: tuple[ClassResult, ...]
    by_goods: tuple[ClassResult, ...]
    by_hour: tuple[tuple[int, int, int], ...]
    violations: tuple[str, ...]
    overlaps: int
    deadlocks: int
    custody_gaps: int
    lost: int
    lifts: tuple[LiftResult, ...]
    robots: tuple[RobotResult, ...]
    alerts_per_hour: float
    replans_per_delivery: float
    parcels_per_run: float
    late: tuple[Late, ...]
    causes: dict[str, int]
    eta_p80_held: float | None
    faults: dict[str, int]
    sometimes: dict[str, int]
    unmet: tuple[str, ...]
    wall_seconds: float
    ticks: int
    events: int
    journal_sha256: str
    waiting_ms: dict[str, int] = field(default_factory=dict)
    lines: tuple[DeliveryLine, ...] = ()
    trails: tuple[Trail, ...] = ()
    partial: bool = False
