"""Planning: how fast a first plan is, how close to the bound it comes, how it grows.

Generated hospitals of 10 floors with 6 lifts and of 30 floors with 12; robots stand in bays drawn
at random and all go to other ones at once. All times are CPU time of this thread, so that other
work of the machine counts as little as can be. The distances to goals and the compiled functions
are there before, as they are in a running manager. The plot goes to `docs/pictures`.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from random import Random
from statistics import median
from typing import Final

from benchmarks.figure import Figure, percentile
from benchmarks.running_demo import ROOT
from fleet_manager.adapters.files.generating.hospital import generate
from fleet_manager.adapters.files.generating.plan import Plan as Sketch
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.files.save import save_hospital
from fleet_manager.domain.ids import NodeId, node_resource
from fleet_manager.domain.traffic.planner import Instance, Network, Planner, Task, problems_of
from fleet_manager.domain.traffic.planner.compiling import plain

PLOT: Final = ROOT / 'docs' / 'pictures' / 'traffic_growth.svg'
#: Floors above ground, with towers of three lifts each, and beds.
SKETCHES: Final = {
    10: Sketch(beds=1_000, floors=10, towers=2, robots=60),
    30: Sketch(beds=2_000, floors=30, towers=4, robots=100),
}
ROBOTS: Final = (20, 50, 100, 200)
GROWTH: Final = (10, 20, 30, 50, 75, 100, 125, 150, 175, 200)
#: Seconds of CPU time after which quality is looked at.
AT: Final = (0.1, 1.0, 5.0)
#: Most robots that plain Python plans: with 200 it takes minutes.
_PLAIN: Final = 50
#: Neighbourhoods between two looks at the clock.
_BATCH: Final = 25


@dataclass(slots=True)
class _Row:
    first: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)
    replan: list[float] = field(default_factory=list)
    ratio: dict[float, list[float]] = field(default_factory=dict)
    rate: list[float] = field(default_factory=list)


def run(quick: bool) -> list[Figure]:
    seeds, seconds = (2, AT[:2]) if quick else (10, AT)
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        networks = {floors: _network(Path(folder), floors) for floors in SKETCHES}
    for floors, network in networks.items():
        for robots in ROBOTS:
            row = _row(network, robots, seeds, seconds)
            figures += _figures(floors, robots, row)
    growth = {
        floors: [_first_ms(network, robots, seeds) for robots in GROWTH]
        for floors, network in networks.items()
    }
    if not quick:
        PLOT.write_text(plot(growth))
    return figures


def _network(folder: Path, floors: int) -> Network:
    save_hospital(generate(SKETCHES[floors]), folder / str(floors))
    return Network.of(load_hospital(folder / str(floors)))


def instance(network: Network, robots: int, seed: int) -> Instance:
    """Return robots in bays drawn at random, each with the goal of another draw."""
    rng = Random(seed)
    bays = _bays(network)
    starts, goals = rng.sample(bays, robots), rng.sample(bays, robots)
    pairs = enumerate(zip(starts, goals, strict=True))
    return Instance(tuple(Task(f'q{number}', *ends) for number, ends in pairs))


@cache
def _bays(network: Network) -> list[NodeId]:
    """Return the bays that robots of every type get to and away from, in no zone with a limit."""
    bays = [node for node in network.nodes if network.hospital.is_bay(node)]
    root = bays[0]
    graph = network.graph.of_type('standard')
    back, out = graph.times_to(root), graph.times_from(root)
    limited = network.graph.limits
    return [b for b in bays if b in back and b in out and not limited(node_resource(b))]


def _row(network: Network, robots: int, seeds: int, seconds: Sequence[float]) -> _Row:
    row = _Row(ratio={at: [] for at in seconds})
    for seed in range(1, seeds + 1):
        wanted = instance(network, robots, seed)
        planner = Planner(network, wanted, seed=seed)
        planner.start()
        row.first.append(_cpu(planner.start))
        if robots <= _PLAIN:
            slow = Planner(network, wanted, seed=seed, functions=plain())
            row.plain.append(_cpu(slow.start))
            if planner.cost != slow.cost:
                raise RuntimeError('compiled functions made another plan')
        planner.replan(0)
        row.replan += [_cpu(partial(planner.replan, number)) for number in range(robots)]
        planner.start()
        _improve(planner, row)
        problems = problems_of(network, planner.plan, wanted)
        if problems:
            raise RuntimeError(f'a plan breaks a rule: {problems[0]}')
    return row


def _improve(planner: Planner, row: _Row) -> None:
    begun, steps = time.thread_time(), 0
    for at in row.ratio:
        while time.thread_time() - begun < at:
            planner.work(_BATCH)
            steps += _BATCH
        looked = time.thread_time()
        row.ratio[at].append(planner.cost / planner.bound)
        begun += time.thread_time() - looked
    row.rate.append(steps / (time.thread_time() - begun))


def _cpu(work: Callable[[], object]) -> float:
    begun = time.thread_time()
    work()
    return time.thread_time() - begun


def _first_ms(network: Network, robots: int, seeds: int) -> float:
    took = []
    for seed in range(1, seeds + 1):
        planner = Planner(network, instance(network, robots, seed), seed=seed)
        planner.start()
        took.append(_cpu(planner.start) * 1e3)
    return median(took)


def _figures(floors: int, robots: int, row: _Row) -> list[Figure]:
    key = f'traffic.{floors}_floors.{robots}'
    en, zh = f'{robots} robots on {floors} floors', f'{floors} 层、{robots} 台机器人'
    values = {'p50': median(row.first) * 1e3, 'max': max(row.first) * 1e3}
    if row.plain:
        values[''] = median(row.plain) / median(row.first)
    return [
        Figure(
            f'{key}.first',
            f'First plan of {en}' + '; against the same uncompiled' * bool(row.plain),
            f'{zh}：首个方案' + '；相对未编译的同一程序' * bool(row.plain),
            'ms',
            values,
            len(row.first),
            {'': '×'},
        ),
        Figure(
            f'{key}.replan',
            f'One of {en} planned anew',
            f'{zh}：重新规划其中一台',
            'ms',
            {
                'p50': percentile(row.replan, 0.5) * 1e3,
                'p99': percentile(row.replan, 0.99) * 1e3,
            },
            len(row.replan),
        ),
        Figure(
            f'{key}.quality',
            f'Sum of arrivals of {en} against the bound',
            f'{zh}：到达时间总和相对下界',
            '×',
            {f'{at:g} s': median(ratios) for at, ratios in row.ratio.items()},
            len(row.first),
        ),
    ]


_WIDTH, _HEIGHT, _LEFT, _TOP = 560, 320, 56, 24
_COLOURS: Final = {10: '#0072b2', 30: '#d55e00'}


def plot(growth: dict[int, list[float]]) -> str:
    """Return the medians of first plans over the number of robots, in ms, as SVG."""
    most = max(max(times) for times in growth.values()) * 1.05
    box = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    parts = [
        f'<svg {box} font-family="sans-serif" font-size="12" role="img">',
        '<title>First plan: ms of CPU time over the number of robots</title>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
    ]
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = _y(share * most, most)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - 16}" stroke="#ddd"/>')
        label = f'{share * most:.1f}'
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    for robots in GROWTH:
        x = _x(robots)
        parts.append(f'<text x="{x:.1f}" y="{_HEIGHT - 24}" text-anchor="middle">{robots}</text>')
    for floors, times in growth.items():
        points = [(_x(n), _y(ms, most)) for n, ms in zip(GROWTH, times, strict=True)]
        path = ' '.join(f'{x:.1f},{y:.1f}' for x, y in points)
        colour = _COLOURS[floors]
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        x, y = points[-1]
        text = f'{floors} floors / 层'
        beside = -6 if times[-1] == max(own[-1] for own in growth.values()) else 28
        at = f'x="{x - 6:.1f}" y="{y + beside:.1f}" text-anchor="end"'
        parts.append(f'<text {at} fill="{colour}">{text}</text>')
    parts.append(f'<text x="{_LEFT}" y="16">ms (CPU), first plan / 首个方案</text>')
    parts.append(
        f'<text x="{_WIDTH - 16}" y="{_HEIGHT - 6}" text-anchor="end">robots / 机器人</text>'
    )
    return '\n'.join([*parts, '</svg>', ''])


def _x(robots: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - 16) * robots / GROWTH[-1]


def _y(ms: float, most: float) -> float:
    return _HEIGHT - 44 - (_HEIGHT - 44 - _TOP) * ms / most
