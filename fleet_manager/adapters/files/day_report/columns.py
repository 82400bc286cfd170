"""Columns by hour, and how long deliveries took."""

from __future__ import annotations

from collections import Counter
from typing import Final

from markupsafe import Markup

from fleet_manager.adapters.files.day_report.parts import (
    Clock,
    Pair,
    box,
    line,
    number,
    percent,
    svg,
    text,
    ticks,
)
from fleet_manager.adapters.files.day_report.words import known, said
from fleet_manager.application.days.result import DayResult, DeliveryLine
from fleet_manager.domain.deliveries.goods import PROMISES, Urgency
from fleet_manager.domain.units import MINUTE

_LEFT, _TOP, _BOTTOM = 44.0, 26.0, 46.0
_WIDE, _HIGH = 1_000.0, 270.0
#: Histograms: so many bars, the last one takes everything beyond.
_BINS: Final = 24


def hours_chart(result: DayResult, clock: Clock) -> Markup | None:
    """Return a column for each hour: how many were due to be carried, and how many came late."""
    rows = {hour: (n, on_time) for hour, n, on_time in result.by_hour}
    if not rows:
        return None
    hours = range(min(rows), max(rows) + 1)
    scale = ticks(max(n for n, _ in rows.values()))
    floor, step = _HIGH - _BOTTOM, min(60.0, (_WIDE - _LEFT - 8) / len(hours))
    unit = (floor - _TOP) / scale[-1]
    parts = _grid(scale, floor, unit, said('deliveries'))
    for place, hour in enumerate(hours):
        n, on_time = rows.get(hour, (0, 0))
        x, wide = _LEFT + place * step, step * 0.78
        high, late = n * unit, (n - on_time) * unit
        tip = _hour_tip(clock.hour(hour), n, on_time)
        parts.append(box(x, floor - high, wide, high - late, 'fill-ok', tip))
        if late:
            shown = max(late, 2.0)
            parts.append(box(x, floor - shown, wide, shown, 'fill-late', tip))
            parts.append(text(x + wide / 2, floor - high - 5, str(n - on_time), 'mid late-n'))
        if place % max(1, round(len(hours) / 12)) == 0:
            parts.append(text(x + wide / 2, floor + 16, clock.hour(hour), 'mid small'))
    parts.append(text((_LEFT + _WIDE) / 2, _HIGH - 6, said('hour'), 'mid soft'))
    return svg(_WIDE, _HIGH, parts, said('s_hours'))


def _hour_tip(hour: str, n: int, on_time: int) -> Pair:
    share = percent(on_time / n if n else None)
    english, chinese = said('on_time')
    return f'{hour}: {n}, {share} {english}', f'{n} 件，{chinese} {share}'


def spread_charts(result: DayResult) -> list[tuple[Pair, Markup]]:
    """Return a small histogram of minutes to arrival for each urgency, with its promise."""
    found = []
    for urgency in Urgency:
        rows = [one for one in result.lines if one.urgency == urgency and one.arrived_at]
        if rows:
            found.append((known('u', urgency.value), _histogram(rows, urgency)))
    return found


def _histogram(rows: list[DeliveryLine], urgency: Urgency) -> Markup:
    wide, high, left, floor = 340.0, 150.0, 36.0, 114.0
    promise = PROMISES[urgency].within / MINUTE
    most = promise * 4 / 3
    bins: Counter[int] = Counter()
    for one in rows:
        took = ((one.arrived_at or 0) - (one.ready_at or one.requested_at)) / MINUTE
        bins[max(0, min(_BINS - 1, int(took / most * _BINS)))] += 1
    scale = ticks(max(bins.values()), about=3)
    unit, step = (floor - 14) / scale[-1], (wide - left - 8) / _BINS
    parts = []
    for value in scale:
        y = floor - value * unit
        parts.append(line(left, y, wide - 8, y, 'grid'))
        parts.append(text(left - 5, y + 4, number(value, 0), 'end small'))
    for place in sorted(bins):
        begin, end = place * most / _BINS, (place + 1) * most / _BINS
        upto = '…' if place == _BINS - 1 else f'–{number(end)}'
        tip = (f'{number(begin)}{upto} min: {bins[place]}',) * 2
        tall = max(bins[place] * unit, 1.5)
        kind = 'fill-late' if begin >= promise else 'fill-ok'
        parts.append(box(left + place * step, floor - tall, step - 1.5, tall, kind, tip))
    at = left + promise / most * _BINS * step
    parts.append(line(at, 8, at, floor, 'promise'))
    for value in (0.0, promise / 3, promise * 2 / 3, promise):
        x = left + value / most * _BINS * step
        parts.append(text(x, floor + 15, number(value, 0), 'mid small'))
    parts.append(text(wide - 8, floor + 30, said('minutes'), 'end small soft'))
    return svg(wide, high, parts, known('u', urgency.value), 'small-chart')


def _grid(scale: list[float], floor: float, unit: float, label: Pair) -> list[str]:
    parts = [text(2, 14, label, 'soft')]
    for value in scale:
        y = floor - value * unit
        parts.append(line(_LEFT, y, _WIDE - 8, y, 'grid'))
        parts.append(text(_LEFT - 6, y + 4, number(value, 0), 'end small'))
    return parts
