"""Several days beside each other: policies, baselines, fleets of other sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fleet_manager.adapters.files.day_report import causes
from fleet_manager.adapters.files.day_report.page import render
from fleet_manager.adapters.files.day_report.parts import Pair, number, percent
from fleet_manager.adapters.files.day_report.parts import target as said_target
from fleet_manager.adapters.files.day_report.verdict import (
    URGENT,
    on_time_urgent,
    rules_broken,
)
from fleet_manager.adapters.files.drawing.words import Lang
from fleet_manager.application.days.result import DayResult


def draw_comparison(
    days: Sequence[tuple[str, DayResult]], *, title: Pair, target: float, lang: Lang
) -> str:
    """Return a page with the figures of several days, each under its name, in this order.

    `target` is the share on time that is wanted, 0 for none. Raises ValueError without a day.
    """
    if not days:
        raise ValueError('there is no day to compare; give one result or more')
    rows = [_row(name, result) for name, result in days]
    most_late = max(row['late'] for row in rows) or 1
    longest = max(row['p95'] or 0.0 for row in rows) or 1.0
    for row, (_, result) in zip(rows, days, strict=True):
        row['late_parts'] = causes.stacked(result.causes, whole=most_late, told=str)
        row['p95_bar'] = round(100 * (row['p95'] or 0.0) / longest, 1)
    return render(
        'compare.html',
        lang,
        title=title,
        rows=rows,
        target=target,
        target_said=said_target(target),
        legend=causes.legend(cause for _, result in days for cause in result.causes),
    )


def _row(name: str, result: DayResult) -> dict[str, Any]:
    km = sum(one.metres_loaded + one.metres_empty for one in result.robots) / 1e3
    carried = sum(one.parcels for one in result.robots)
    busiest = max(result.lifts, key=lambda lift: lift.utilisation, default=None)
    urgent = [one.to_arrival.p95 or 0.0 for one in result.by_urgency if one.name in URGENT]
    busy = [one.busy for one in result.robots]
    return {
        'name': name,
        'robots': len(result.robots),
        'on_time': result.on_time,
        'on_time_said': percent(result.on_time),
        'on_time_bar': round(100 * (result.on_time or 0.0), 2),
        'urgent_said': percent(on_time_urgent(result)),
        'urgent_bar': round(100 * (on_time_urgent(result) or 0.0), 2),
        'late': len(result.late),
        'p95': max(urgent, default=None),
        'p95_said': number(max(urgent, default=None)),
        'batch': number(result.parcels_per_run, 2),
        'km': number(km / carried if carried else None, 2),
        'lift': f'{busiest.lift} {percent(busiest.utilisation)}' if busiest else '–',
        'busy': percent(sum(busy) / len(busy) if busy else None),
        'safe': f'{result.lost} · {rules_broken(result)}',
        'bad': bool(result.lost or rules_broken(result)),
        'seed': result.seed,
        'dispatch': result.dispatch,
    }
