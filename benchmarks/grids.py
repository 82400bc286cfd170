"""Grids: the cost of plans for many agents after one and five seconds, beside what is possible.

The maps and scenarios are those of the Moving AI benchmarks and alike; they are not part of this
repository: `FLEET_MAPF` names the folder that has them, and what is missing is left out.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from benchmarks.figure import Figure, percentile
from benchmarks.running_demo import ROOT
from fleet_manager.domain.traffic.grids.formats import read_map, read_scen
from fleet_manager.entry.bench_cli import GridRun, solve_grid

FOLDER: Final = Path(os.environ.get('FLEET_MAPF', ROOT.parent / 'shared/data/mapf'))

#: Map, scenario, agents.
INSTANCES: Final = (
    ('room-64-64-16', 'room-64-64-16-own-seed7', 100),
    ('room-64-64-16', 'room-64-64-16-own-seed7', 200),
    ('random-32-32-20', 'random-32-32-20-random-1', 100),
    ('random-32-32-20', 'random-32-32-20-random-1', 200),
    ('maze-32-32-2', 'maze-32-32-2-own-seed7', 50),
)
LIMITS: Final = (1.0, 5.0)


def run(quick: bool) -> list[Figure]:
    figures = []
    for name, scenario, agents in INSTANCES:
        map_, scen = FOLDER / f'{name}.map', FOLDER / f'{scenario}.scen'
        missing = [file for file in (map_, scen) if not file.is_file()]
        if missing:
            print(f'(no {missing[0]}: {name}, {agents} agents, is not measured)', end=' ')
            continue
        for limit in LIMITS[:1] if quick else LIMITS:
            runs = [
                _solve(map_, scen, agents, limit, seed) for seed in range(1, 4 if quick else 11)
            ]
            figures.append(_figure(name, agents, limit, runs))
    return figures


def _solve(map_: Path, scen: Path, agents: int, limit: float, seed: int) -> GridRun:
    grid = read_map(map_.read_text('utf-8'), name=map_.name)
    tasks = read_scen(scen.read_text('utf-8'), grid, name=scen.name, agents=agents)
    return solve_grid(grid, tasks, time_limit=limit, seed=seed)[0]


def _figure(name: str, agents: int, limit: float, runs: list[GridRun]) -> Figure:
    """Medians over the seeds; raises RuntimeError where one had no plan."""
    costs = [run.cost for run in runs if run.cost is not None]
    firsts = [run.first_seconds for run in runs if run.first_seconds is not None]
    if len(costs) < len(runs):
        raise RuntimeError(f'{name}, {agents} agents: {len(runs) - len(costs)} seeds unsolved')
    return Figure(
        f'grids.{name}.{agents}.{limit:g}',
        f'Sum of costs, {name}, {agents} agents, {limit:g} s (`fleet bench grid`)',
        f'总代价：{name}，{agents} 个智能体，{limit:g} 秒（`fleet bench grid`）',
        'steps',
        {
            'p50': percentile(costs, 0.5),
            'max': max(costs),
            'bound': runs[0].bound,
            'first plan': percentile(firsts, 0.5) * 1e3,
        },
        len(runs),
        {'first plan': 'ms'},
    )
