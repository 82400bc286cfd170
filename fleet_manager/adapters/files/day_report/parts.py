"""Small parts of a report: texts in both languages, numbers, axes. Escapes everything."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from markupsafe import Markup, escape

from fleet_manager.adapters.files.day_report.words import said
from fleet_manager.domain.maps.model import Name
from fleet_manager.domain.units import HOUR, MINUTE

#: English, Chinese.
Pair = tuple[str, str]
_DAY: Final = 24 * HOUR
_EPOCH: Final = date(1970, 1, 1).toordinal()


def both(pair: Pair) -> Markup:
    """Return a text that the page shows in its language."""
    if pair[0] == pair[1]:
        return escape(pair[0])
    return Markup(
        '<span class="in-en">{}</span><span class="in-zh" lang="zh-CN">{}</span>'
    ).format(*pair)


def words(key: str, /, **params: object) -> Markup:
    """Return one of the report's texts, for HTML."""
    return both(said(key, **params))


def tspan(pair: Pair) -> str:
    """Return a text for inside `<text>`."""
    if pair[0] == pair[1]:
        return str(escape(pair[0]))
    english, chinese = (escape(one) for one in pair)
    return f'<tspan class="in-en">{english}</tspan><tspan class="in-zh">{chinese}</tspan>'


def tip(pair: Pair) -> str:
    """Return the `<title>` of a part of a picture; browsers show it in both languages."""
    text = pair[0] if pair[0] == pair[1] else f'{pair[0]} / {pair[1]}'
    return f'<title>{escape(text)}</title>'


def names(name: Name) -> Pair:
    """Return a place's name in both languages."""
    return name.en, name.zh


def percent(share: float | None, digits: int = 1) -> str:
    """Return a share, never rounded up: 99.96 % is not 100 %. All and nothing have no decimals."""
    if share is None:
        return '–'
    if share in (0.0, 1.0):
        return f'{share:.0%}'.replace('%', '\N{NO-BREAK SPACE}%')
    steps = 10**digits
    return f'{math.floor(100 * share * steps + 1e-6) / steps:.{digits}f}\N{NO-BREAK SPACE}%'


def target(share: float) -> str:
    """Return a share that is wanted, without superfluous zeros."""
    return f'{number(100 * share, 2)}\N{NO-BREAK SPACE}%'


def number(value: float | None, digits: int = 1) -> str:
    """Return a number without superfluous zeros, `–` for none."""
    if value is None:
        return '–'
    text = f'{value:,.{digits}f}'
    return text.rstrip('0').rstrip('.') if '.' in text else text


def minutes(ms: int) -> str:
    """Return a span in whole minutes, in tenths below ten."""
    return number(ms / MINUTE, 1 if abs(ms) < 10 * MINUTE else 0)


@dataclass(frozen=True, slots=True)
class Clock:
    """Local time of the hospital; `utc_offset` in ms east."""

    utc_offset: int

    def time(self, at: int, *, seconds: bool = False) -> str:
        """Return the time of day."""
        second = (at + self.utc_offset) // 1_000 % 86_400
        text = f'{second // 3_600:02}:{second // 60 % 60:02}'
        return f'{text}:{second % 60:02}' if seconds else text

    def date(self, at: int) -> str:
        """Return day and time of day."""
        day = date.fromordinal(_EPOCH + (at + self.utc_offset) // _DAY)
        return f'{day.isoformat()} {self.time(at)}'

    def hour(self, hour: int) -> str:
        """Return the name of an hour after midnight of the first day."""
        return f'{hour % 24:02}:00'

    def begin_of(self, started_at: int, hour: int) -> int:
        """Return when an hour of a day begins, in ms since 1970."""
        midnight = (started_at + self.utc_offset) // _DAY * _DAY
        return midnight + hour * HOUR - self.utc_offset


def ticks(most: float, about: int = 5) -> list[float]:
    """Return round values from 0 to `most` or the next above it, some five of them."""
    if most <= 0:
        return [0.0, 1.0]
    raw = most / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * one for one in (1, 2, 2.5, 5, 10) if power * one >= raw)
    return [step * place for place in range(math.ceil(most / step - 1e-9) + 1)]


def svg(width: float, height: float, parts: Sequence[str], label: Pair, kind: str = '') -> Markup:
    """Return a picture of so many points that says what it is."""
    text = escape(f'{label[0]} / {label[1]}')
    inner = ''.join(parts)
    return Markup(  # noqa: S704 - every part was escaped where it was made
        f'<svg class="chart {kind}" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{text}">{inner}</svg>'
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """Return a straight line."""
    return f'<path class="{kind}" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'


def box(x: float, y: float, wide: float, high: float, kind: str, title: Pair | None = None) -> str:
    """Return a rectangle, with a title when pointed at."""
    shape = f'x="{x:.1f}" y="{y:.1f}" width="{max(0.0, wide):.1f}" height="{max(0.0, high):.1f}"'
    if title is None:
        return f'<rect class="{kind}" {shape}/>'
    return f'<rect class="{kind}" {shape}>{tip(title)}</rect>'


def text(x: float, y: float, pair: Pair | str, kind: str = '') -> str:
    """Return a text; `kind` says by its class where it is anchored."""
    inner = tspan((pair, pair) if isinstance(pair, str) else pair)
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{inner}</text>'
