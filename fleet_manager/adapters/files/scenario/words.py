"""How people write spans, times of day, shares and profiles of the day in a scenario."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

from fleet_manager.application.days.scenario import Hours
from fleet_manager.domain.maps.fields import Unfit
from fleet_manager.domain.units import HOUR, MINUTE, SECOND

DAY_HOURS: Final = 24
#: Longest span of a scenario: longer days are several scenarios.
MAX_SPAN: Final = 7 * DAY_HOURS * HOUR
#: Weights are relative; larger ones are a slip.
_MAX_WEIGHT: Final = 1e6

_UNITS: Final = {'ms': 1, 's': SECOND, 'min': MINUTE, 'h': HOUR}
_SPAN: Final = re.compile(r'(-?\d{1,9}(?:\.\d{1,6})?) ?(ms|s|min|h)')
_TIME: Final = re.compile(r'([0-3]?\d|4[0-7]):([0-5]\d)(?::([0-5]\d))?')
_SHARE: Final = re.compile(r'(\d{1,3}(?:\.\d{1,6})?) ?%')
_HOURS: Final = re.compile(r'(\d{1,2})-(\d{1,2})')
_REST: Final = 'rest'


def span(value: object) -> int:
    """Return a span such as `45s`, `8min`, `2.5h` or `300ms` in ms."""
    return _span(value, 0)


def offset(value: object) -> int:
    """Return a span that may be negative, of half a day at most."""
    found = _span(value, -DAY_HOURS * HOUR // 2)
    if found > DAY_HOURS * HOUR // 2 + 2 * HOUR:
        raise Unfit('write hours east of Greenwich, from -12h to 14h')
    return found


def time(value: object) -> int:
    """Return a time of day `06:30` or `06:30:15` in ms after midnight.

    Hours from 24 to 47 are those of the next day.
    """
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Unfit("write a time of day such as '06:30' or '14:03:22'")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * HOUR + minutes * MINUTE + seconds * SECOND


def share(value: object) -> float:
    """Return a share 0..1, written as 0.04 or `4%`."""
    if isinstance(value, str) and (match := _SHARE.fullmatch(value)):
        # Through a rounded quotient: `4%` is the number 0.04, not its neighbour.
        found = round(float(match[1]) / 100, 9)
    elif _is_number(value):
        found = float(value)  # type: ignore[arg-type]
    else:
        raise Unfit('write a share, 0..1 or 4%')
    if not 0.0 <= found <= 1.0:
        raise Unfit('write a share from 0 to 1, or from 0% to 100%')
    return found


def hours(value: object) -> Hours:
    """Return one weight an hour: a list of 24, or `{8-10: 4, 16-18: 4, rest: 1}`.

    A span ends before its last hour and may go past midnight. Hours nobody names weigh 0.
    """
    if isinstance(value, (list, tuple)):
        if len(value) != DAY_HOURS or not all(_is_weight(item) for item in value):
            raise Unfit('write 24 weights of 0 or more, one an hour, or {8-10: 4, rest: 1}')
        found = [float(item) for item in value]
    elif isinstance(value, Mapping):
        found = _profile(value)
    else:
        raise Unfit('write a list of 24 weights, or hours with weights: {8-10: 4, rest: 1}')
    return tuple(found)


def _profile(value: Mapping[object, object]) -> list[float]:
    """Return the weights of spans of hours; each hour is in one span only."""
    weights: dict[int, float] = {}
    for name, weight in value.items():
        if not _is_weight(weight):
            raise Unfit(f'give {name!s:.20} a weight of 0 or more')
        for hour in () if name == _REST else _span_hours(str(name)):
            if hour in weights:
                raise Unfit(f'{hour:02d}:00 is in two spans: write each hour once')
            weights[hour] = float(weight)  # type: ignore[arg-type]
    rest = float(value.get(_REST, 0.0))  # type: ignore[arg-type]
    return [weights.get(hour, rest) for hour in range(DAY_HOURS)]


def _span_hours(name: str) -> list[int]:
    match = _HOURS.fullmatch(name)
    first, last = (int(match[1]), int(match[2])) if match else (0, 0)
    if first == last or first >= DAY_HOURS or last > DAY_HOURS:
        raise Unfit(f'{name!r:.20} is no span of hours: write 8-10, 22-6, or rest')
    count = (last - first) % DAY_HOURS or DAY_HOURS
    return [(first + step) % DAY_HOURS for step in range(count)]


def _span(value: object, low: int) -> int:
    match = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None and (isinstance(value, bool) or value != 0):
        raise Unfit('write a span of time with its unit: 300ms, 45s, 8min or 2h')
    found = round(float(match[1]) * _UNITS[match[2]]) if match else 0
    if not low <= found <= MAX_SPAN:
        raise Unfit(f'write a span of {"0" if low == 0 else "-12h"} to 168h')
    return found


def _is_weight(value: object) -> bool:
    return _is_number(value) and 0 <= value <= _MAX_WEIGHT  # type: ignore[operator]


def _is_number(value: object) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and math.isfinite(value)  # type: ignore[arg-type]
