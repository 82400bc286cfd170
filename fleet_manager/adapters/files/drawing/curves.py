"""Draws shares over a number of things as curves with their intervals, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDE, _HIGH, _LEFT, _TOP, _FOOT, _RIGHT = 760.0, 420.0, 64.0, 40.0, 52.0, 16.0
_LEGEND: Final = 18.0
#: Colours that stay apart for the colour-blind (Okabe and Ito, 2008).
_COLOURS: Final = ('#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9')
#: Steps of the axis of shares: the first that gives at most eight lines.
_STEPS: Final = (0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
_MOST_LINES: Final = 8


@dataclass(frozen=True, slots=True)
class Curve:
    """Points (x, share, low, high), by x."""

    name: str
    points: Sequence[tuple[float, float, float, float]]


def curves_svg(
    curves: Sequence[Curve], *, title: str, across: str, target: float | None = None
) -> str:
    """Return the picture. `across` names the axis to the right, `target` is a dashed line."""
    scale = _Scale(curves, target)
    high = _HIGH + _LEGEND * len(curves)
    box = f'viewBox="0 0 {_WIDE:g} {high:g}" font-family="sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img">',
        f'<title>{escape(title)}</title>',
        f'<rect width="{_WIDE:g}" height="{high:g}" fill="#fff"/>',
        f'<text x="{_LEFT:g}" y="22" font-size="14">{escape(title)}</text>',
        *_axes(scale, across),
    ]
    if target is not None:
        y = scale.y(target)
        dashes = 'stroke="#000" stroke-dasharray="5 4"'
        parts.append(f'<path d="M{_LEFT:g} {y:.1f}H{_WIDE - _RIGHT:g}" {dashes}/>')
    for number, curve in enumerate(curves):
        colour = _COLOURS[number % len(_COLOURS)]
        parts += _curve(curve, scale, colour)
        y = _HIGH + _LEGEND * number
        parts.append(f'<rect x="{_LEFT:g}" y="{y:g}" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{_LEFT + 18:g}" y="{y + 10:g}">{escape(curve.name)}</text>')
    return '\n'.join([*parts, '</svg>', ''])


class _Scale:
    """Where a value lies on the sheet."""

    def __init__(self, curves: Sequence[Curve], target: float | None) -> None:
        points = [point for curve in curves for point in curve.points]
        self.xs = sorted({point[0] for point in points}) or [0.0]
        lowest = min([point[2] for point in points] + ([] if target is None else [target]))
        self.step = next((s for s in _STEPS if (1 - lowest) / s <= _MOST_LINES), _STEPS[-1])
        self.lines = int((1 - lowest) / self.step) + 1
        self.low = max(0.0, 1 - self.lines * self.step)

    def x(self, value: float) -> float:
        """Return how far to the right."""
        first, last = self.xs[0], self.xs[-1]
        share = (value - first) / (last - first) if last > first else 0.5
        return _LEFT + 24 + share * (_WIDE - _LEFT - _RIGHT - 48)

    def y(self, share: float) -> float:
        """Return how far down."""
        span = (1 - share) / (1 - self.low) if self.low < 1 else 0.0
        return _TOP + span * (_HIGH - _TOP - _FOOT)


def _axes(scale: _Scale, across: str) -> list[str]:
    parts = []
    for line in range(scale.lines + 1):
        share = max(0.0, 1 - line * scale.step)
        y = scale.y(share)
        parts.append(f'<path d="M{_LEFT:g} {y:.1f}H{_WIDE - _RIGHT:g}" stroke="#ddd"/>')
        label = f'{100 * share:.4g} %'
        parts.append(f'<text x="{_LEFT - 6:g}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    foot = _HIGH - _FOOT + 20
    for value in scale.xs:
        x = scale.x(value)
        parts.append(f'<text x="{x:.1f}" y="{foot:g}" text-anchor="middle">{value:g}</text>')
    middle = (_LEFT + _WIDE) / 2
    parts.append(
        f'<text x="{middle:g}" y="{foot + 18:g}" text-anchor="middle">{escape(across)}</text>'
    )
    return parts


def _curve(curve: Curve, scale: _Scale, colour: str) -> list[str]:
    """Draw a line with a band of the intervals, and a dot with its figures at each point."""
    upper = [(scale.x(x), scale.y(high)) for x, _, _, high in curve.points]
    lower = [(scale.x(x), scale.y(low)) for x, _, low, _ in curve.points]
    band = ' '.join(f'{x:.1f},{y:.1f}' for x, y in [*upper, *reversed(lower)])
    line = ' '.join(f'{scale.x(x):.1f},{scale.y(share):.1f}' for x, share, *_ in curve.points)
    parts = [
        f'<polygon points="{band}" fill="{colour}" opacity="0.15"/>',
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>',
    ]
    for x, share, low, high in curve.points:
        tip = f'{curve.name}: {x:g}: {share:.2%} ({low:.2%} to {high:.2%})'
        spot = f'cx="{scale.x(x):.1f}" cy="{scale.y(share):.1f}"'
        parts.append(f'<circle {spot} r="4" fill="{colour}"><title>{escape(tip)}</title></circle>')
    return parts
