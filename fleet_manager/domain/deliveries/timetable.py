"""Requests a station makes on certain days at a certain time, and when that is by the clock.

Times of a day are those on the wall: where clocks change at night, a time that is skipped is the
one after the gap, and one that comes twice is its first. So each day has exactly one run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.units import HOUR, MINUTE, Instant

#: A run is asked for so long before its window, so that a robot can be there when it opens.
LEAD_MS: Final = 30 * MINUTE
MINUTES_A_DAY: Final = 24 * 60
#: Shorter windows cannot be kept, longer ones are no time.
SHORTEST_WINDOW: Final = 15
LONGEST_WINDOW: Final = 12 * 60
DAYS: Final = tuple(range(7))


@dataclass(frozen=True, slots=True)
class Plan:
    """A recurring request. `days` are 0 (Monday) to 6; `start` and `window` are minutes.

    Runs that began before `since` are none: when the plan was made, or went on after a pause.
    """

    id: str
    station: StationId
    goods: str
    sender: StationId
    recipient: StationId
    days: tuple[int, ...]
    start: int
    window: int
    note: str
    paused: bool
    since: Instant


@dataclass(frozen=True, slots=True)
class Run:
    """A plan on one day: nobody comes before `earliest`, it is asked for until `latest`."""

    plan: Plan
    day: date
    earliest: Instant
    latest: Instant

    @property
    def key(self) -> str:
        """Return the idempotency key: the same run is one delivery, however often it is asked."""
        return f'{self.plan.id}-{self.day:%Y%m%d}'


def account_of(station: StationId) -> AccountId:
    """Return who asks for what a station planned."""
    return AccountId(f'timetable:{station}')


def runs(plan: Plan, zone: tzinfo, *, after: Instant, before: Instant) -> Iterator[Run]:
    """Return the runs whose window ends after one moment and begins before another, in order."""
    day = local_day(Instant(after - LONGEST_WINDOW * MINUTE), zone) - timedelta(days=1)
    last = local_day(before, zone) + timedelta(days=1)
    while day <= last:
        if day.weekday() in plan.days:
            earliest = instant(day, plan.start, zone)
            latest = Instant(earliest + plan.window * MINUTE)
            if latest > after and plan.since <= earliest < before:
                yield Run(plan, day, earliest, latest)
        day += timedelta(days=1)


def instant(day: date, minute: int, zone: tzinfo) -> Instant:
    """Return when the clock on the wall shows so many minutes after midnight."""
    wall = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
    return Instant(round(wall.timestamp() * 1_000))


def local_day(at: Instant, zone: tzinfo) -> date:
    """Return the day it is by the clock on the wall."""
    return datetime.fromtimestamp(at / 1_000, UTC).astimezone(zone).date()


def next_runs(plan: Plan, zone: tzinfo, now: Instant, count: int) -> list[Run]:
    """Return the next runs, the one under way included; none of a plan that is paused."""
    if plan.paused:
        return []
    found = runs(plan, zone, after=now, before=Instant(now + 15 * 24 * HOUR))
    return [run for run, _ in zip(found, range(count), strict=False)]


def wrong_field(plan: Plan) -> str | None:
    """Return the field of a plan that is not possible, by itself."""
    if not plan.days or not set(plan.days) <= set(DAYS) or list(plan.days) != sorted(plan.days):
        return 'days'
    if not 0 <= plan.start < MINUTES_A_DAY:
        return 'start'
    if not SHORTEST_WINDOW <= plan.window <= LONGEST_WINDOW:
        return 'window'
    return None
