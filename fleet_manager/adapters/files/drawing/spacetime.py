"""Draws a plan over time: a row for each place that several robots want, a bar while one has it.

Time goes to the right. Bars in one row never overlap: that is what a plan promises. A robot that
waits for another one begins its bar where that of the other ends.
"""

from __future__ import annotations

from html import escape
from typing import Final

from fleet_manager.domain.ids import ResourceId
from fleet_manager.domain.traffic.planner.model import Plan, RobotPlan

#: More rows are a picture nobody reads; those with the most robots are shown.
MAX_ROWS: Final = 60
_ROW: Final = 16.0
_LEFT: Final = 220.0
_WIDE: Final = 1_200.0
_TOP: Final = 34.0
#: Seconds between two lines of the time axis: the first that gives at most twelve.
_TICKS: Final = (5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600)
_MOST_TICKS: Final = 12
#: Degrees between the colours of two robots that follow each other: the golden angle.
_GOLDEN: Final = 137.508

_Bar = tuple[int, int, int]


def spacetime_svg(plan: Plan) -> str:
    """Return the picture as an SVG file. Places only one robot ever has are left out."""
    last = max((robot.arrival for robot in plan.robots), default=0) or 1
    rows = _rows(plan, last)
    scale = _WIDE / last
    wide, high = _LEFT + _WIDE + 20, _TOP + _ROW * len(rows) + 10
    box = f'viewBox="0 0 {wide:g} {high:g}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-family="sans-serif" font-size="10">',
        f'<rect width="{wide:g}" height="{high:g}" fill="#fff"/>',
        *_axis(last, scale, high),
    ]
    for number, (place, bars) in enumerate(rows):
        y = _TOP + _ROW * number
        parts.append(
            f'<text x="{_LEFT - 6:g}" y="{y + 11:g}" text-anchor="end">{_name(place)}</text>'
        )
        for taken, freed, robot in bars:
            parts.append(_bar(plan.robots[robot], robot, taken, freed, y, scale))
    return '\n'.join([*parts, '</svg>', ''])


def _rows(plan: Plan, last: int) -> list[tuple[ResourceId, list[_Bar]]]:
    """Return the places several robots have, lifts first, then in the order they are taken."""
    spans: dict[ResourceId, list[_Bar]] = {}
    for number, robot in enumerate(plan.robots):
        for place, taken, freed in _spans(robot, last):
            spans.setdefault(place, []).append((taken, freed, number))
    shared = {
        place: sorted(bars)
        for place, bars in spans.items()
        if not place.startswith('x:') and len({robot for *_, robot in bars}) > 1
    }
    most = sorted(shared, key=lambda place: (-len(shared[place]), place))[:MAX_ROWS]
    most.sort(key=lambda place: (not place.startswith('car:'), shared[place][0], place))
    return [(place, shared[place]) for place in most]


def _spans(robot: RobotPlan, last: int) -> list[tuple[ResourceId, int, int]]:
    """Return what the robot has from when to when; for ever is until the picture ends."""
    taken: dict[ResourceId, int] = dict.fromkeys(robot.stands, 0)
    found = []
    for hop in robot.hops:
        taken |= dict.fromkeys(hop.claims, hop.start)
        for places, at in ((hop.left, hop.leave), (hop.frees, hop.end)):
            found += [(place, taken.pop(place), at) for place in places if place in taken]
    return found + [(place, since, last) for place, since in taken.items()]


def _axis(last: int, scale: float, high: float) -> list[str]:
    seconds = next((t for t in _TICKS if last / 1e3 / t <= _MOST_TICKS), _TICKS[-1])
    found = []
    for at in range(0, last // 1_000 + 1, seconds):
        x = _LEFT + 1e3 * at * scale
        found.append(f'<path d="M{x:.1f} {_TOP - 8:g}V{high:g}" stroke="#ddd"/>')
        text = f'{at // 60}:{at % 60:02}'
        found.append(f'<text x="{x:.1f}" y="{_TOP - 14:g}" text-anchor="middle">{text}</text>')
    return found


def _bar(robot: RobotPlan, number: int, taken: int, freed: int, y: float, scale: float) -> str:
    x, wide = _LEFT + taken * scale, max(1.0, (freed - taken) * scale)
    colour = f'hsl({number * _GOLDEN % 360:.0f} 60% 72%)'
    label = ''
    if wide > 8 * len(robot.robot):
        label = f'<text x="{x + 3:.1f}" y="{y + 11:g}">{escape(robot.robot)}</text>'
    tip = f'{robot.robot}: {taken / 1e3:.1f} – {freed / 1e3:.1f} s'
    return (
        f'<g><title>{escape(tip)}</title><rect x="{x:.1f}" y="{y + 1:g}" width="{wide:.1f}" '
        f'height="{_ROW - 2:g}" rx="2" fill="{colour}"/>{label}</g>'
    )


def _name(place: ResourceId) -> str:
    kind, _, name = place.partition(':')
    return escape(f'lift {name}' if kind == 'car' else name)
