"""Reports: on time with causes, completion, satisfaction and cost, by class and by ward.

On time, judged and causes are those of simulated days, see `days.figures`. In addition:

- *Completed* is the share delivered of those that ended and were not cancelled.
- *Satisfied* is the share of ratings with 4 or 5 stars.
- A delivery belongs to the ward that asked for it; where nobody of a station asked, to the one it
  was for.
- *Robot time* of a delivery is the time robots served it; where a robot served several at once
  each has an equal part, so that no minute is counted twice. *Porter time* is from taking it to
  the signature. Cost is robot time × the rate of a robot hour + porter time × that of a porter's.
  Time in which robots served nobody is in no ward's cost; it is named beside them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from fleet_manager.application.days import figures
from fleet_manager.application.days.follow import Parcel
from fleet_manager.application.days.result import Spread
from fleet_manager.domain.deliveries.goods import GOODS, Urgency
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.units import HOUR, Instant

#: Stars from which a rating counts as satisfied.
SATISFIED: Final = 4


@dataclass(frozen=True, slots=True)
class Rates:
    """What an hour costs, in `currency`. 0 where a hospital does not say."""

    robot_hour: float = 0.0
    porter_hour: float = 0.0
    currency: str = ''


@dataclass(frozen=True, slots=True)
class Row:
    """One class or one ward. Shares are 0..1 rounded down, None where there was nothing to count.

    `causes` are the late ones by main cause, the most frequent first. Times in hours.
    """

    name: str
    asked: int
    judged: int
    on_time: float | None
    to_arrival: Spread
    delivered: int
    completed: float | None
    ratings: int
    stars: float | None
    satisfied: float | None
    causes: tuple[tuple[str, int], ...]
    robot_hours: float
    porter_hours: float
    cost: float


@dataclass(frozen=True, slots=True)
class PeriodReport:
    """Deliveries that were ready between `begin` and `end`, as the journal said until `as_of`.

    `robot_hours` is how long robots served anybody, `robots` how many there are; the rest of
    their time is nobody's cost. `complete` is False while the journal is still being read.
    """

    begin: Instant
    end: Instant
    as_of: Instant
    complete: bool
    total: Row
    by_urgency: tuple[Row, ...]
    by_goods: tuple[Row, ...]
    by_ward: tuple[Row, ...]
    robots: int
    rates: Rates


def make_report(
    parcels: Iterable[Parcel],
    *,
    begin: Instant,
    end: Instant,
    as_of: Instant,
    complete: bool,
    robots: int,
    rates: Rates,
    wards: Sequence[str] = (),
) -> PeriodReport:
    """Return the report of a period. `wards` is the order in which wards are listed."""
    span = figures.Span(begin, min(end, as_of) if as_of > begin else begin, 0)
    mine = [parcel for parcel in parcels if begin <= parcel.ready_at < end]

    def rows(name_of: Callable[[Parcel], str], order: Sequence[str]) -> tuple[Row, ...]:
        groups: dict[str, list[Parcel]] = {}
        for parcel in mine:
            groups.setdefault(name_of(parcel), []).append(parcel)
        place = {name: number for number, name in enumerate(order)}
        names = sorted(groups, key=lambda name: (place.get(name, len(place)), name))
        return tuple(_row(name, groups[name], span, rates) for name in names)

    return PeriodReport(
        begin=begin,
        end=end,
        as_of=as_of,
        complete=complete,
        total=_row('', mine, span, rates),
        by_urgency=rows(lambda parcel: parcel.urgency, [urgency.value for urgency in Urgency]),
        by_goods=rows(lambda parcel: parcel.goods, list(GOODS)),
        by_ward=rows(lambda parcel: parcel.asked_by or parcel.recipient, wards),
        robots=robots,
        rates=rates,
    )


def _row(name: str, parcels: list[Parcel], span: figures.Span, rates: Rates) -> Row:
    late = figures.late_ones(parcels, span)
    ends = figures.count_ends(parcels)
    delivered = ends[DeliveryState.DELIVERED.value]
    closed = sum(parcel.ended for parcel in parcels) - ends[DeliveryState.CANCELLED.value]
    stars = [parcel.rating for parcel in parcels if parcel.rating is not None]
    robot = sum(parcel.robot_ms for parcel in parcels) / HOUR
    porter = sum(map(_by_hand, parcels)) / HOUR
    arrived = [p.arrived_at - p.ready_at for p in parcels if p.arrived_at is not None]
    return Row(
        name=name,
        asked=len(parcels),
        judged=sum(figures.is_judged(parcel, span.end) for parcel in parcels),
        on_time=figures.share_on_time(parcels, span.end),
        to_arrival=figures.spread(arrived),
        delivered=delivered,
        completed=_share(delivered, closed),
        ratings=len(stars),
        stars=round(sum(stars) / len(stars), 2) if stars else None,
        satisfied=_share(sum(one >= SATISFIED for one in stars), len(stars)),
        causes=tuple(figures.count_causes(late).items()),
        robot_hours=round(robot, 3),
        porter_hours=round(porter, 3),
        cost=round(robot * rates.robot_hour + porter * rates.porter_hour, 2),
    )


def _by_hand(parcel: Parcel) -> int:
    """Return how long a porter carried it, in ms."""
    if not parcel.by_porter or parcel.loaded_at is None or parcel.received_at is None:
        return 0
    return parcel.received_at - parcel.loaded_at


def _share(part: int, whole: int) -> float | None:
    return math.floor(1e4 * part / whole) / 1e4 if whole else None


# --- as a table  ---

COLUMNS: Final = (
    'group', 'name', 'asked', 'judged', 'on_time', 'minutes_p50', 'minutes_p95', 'delivered',
    'completed', 'ratings', 'stars', 'satisfied', 'late_causes', 'robot_hours', 'porter_hours',
    'cost', 'currency',
)  # fmt: skip


def table(report: PeriodReport) -> list[list[object]]:
    """Return a report as rows for a CSV file, the names of the columns first."""
    groups = (
        ('total', (report.total,)),
        ('urgency', report.by_urgency),
        ('goods', report.by_goods),
        ('ward', report.by_ward),
    )
    return [
        list(COLUMNS),
        *(
            [
                group,
                row.name,
                row.asked,
                row.judged,
                _cell(row.on_time),
                _cell(row.to_arrival.p50),
                _cell(row.to_arrival.p95),
                row.delivered,
                _cell(row.completed),
                row.ratings,
                _cell(row.stars),
                _cell(row.satisfied),
                ' '.join(f'{cause}:{count}' for cause, count in row.causes),
                row.robot_hours,
                row.porter_hours,
                row.cost,
                report.rates.currency,
            ]
            for group, rows in groups
            for row in rows
        ),
    ]


def _cell(value: float | None) -> object:
    return '' if value is None else value
