"""The commands `fleet bench …`: figures to compare. Exit codes: 0 done, 1 not, 2 wrong usage."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from fleet_manager.domain.traffic.grids.formats import Grid, Task
    from fleet_manager.domain.traffic.grids.solve import Paths, Solver

bench = typer.Typer(no_args_is_help=True, help='Figures to compare with other planners.')

#: Larger files are no map or scenario of the benchmarks.
_MAX_FILE = 16 * 1024 * 1024

_WHY = {
    'no_solution': 'all arrangements of the agents were tried: there is no solution',
    'given_up': 'given up after a million arrangements of the agents; choose fewer agents',
}


@dataclass(frozen=True, slots=True)
class GridRun:
    """What a run on a grid found. Costs are in steps, `ratio` is the cost by the bound.

    `seconds` counts from the files being read to the last plan, without compiling.
    """

    solved: bool
    reason: str | None
    cost: int | None
    bound: int
    ratio: float | None
    first_cost: int | None
    first_seconds: float | None
    seconds: float
    iterations: int
    seed: int
    agents: int
    compile_seconds: float


def solve_grid(
    grid: Grid, tasks: tuple[Task, ...], *, time_limit: float, seed: int
) -> tuple[GridRun, Paths | None]:
    """Plan for `time_limit` seconds and check the plan. Raises GridError, and InvariantBroken."""
    from fleet_manager.domain.traffic.grids.solve import Solver, warm_up

    begun = time.perf_counter()
    warm_up()
    start = time.perf_counter()
    compiling = start - begun
    solver = Solver(grid, tasks, seed=seed)
    first_cost, first_seconds = None, None
    while not solver.is_over and time.perf_counter() - start < time_limit:
        solver.advance()
        if first_cost is None and solver.is_solved:
            first_cost, first_seconds = solver.cost, time.perf_counter() - start
    seconds = time.perf_counter() - start
    paths = _checked(grid, tasks, solver) if solver.is_solved else None
    cost = solver.cost if paths else None
    run = GridRun(
        solved=paths is not None,
        reason=None if paths else _reason(solver, len(tasks)),
        cost=cost,
        bound=solver.bound,
        ratio=None if cost is None else round(cost / solver.bound, 4) if solver.bound else 1.0,
        first_cost=first_cost,
        first_seconds=None if first_seconds is None else round(first_seconds, 4),
        seconds=round(seconds, 4),
        iterations=solver.iterations,
        seed=seed,
        agents=len(tasks),
        compile_seconds=round(compiling, 4),
    )
    return run, paths


def _checked(grid: Grid, tasks: tuple[Task, ...], solver: Solver) -> Paths:
    """Return the plan when those who know nothing of the solver find nothing wrong with it."""
    from fleet_manager.domain.errors import InvariantBroken
    from fleet_manager.domain.traffic.grids.check import cost, faults

    paths = solver.paths()
    found = faults(grid, tasks, paths)
    if found or cost(paths) != solver.cost:
        raise InvariantBroken(found[0] if found else 'the plan costs other than was said')
    return paths


def _reason(solver: Solver, agents: int) -> str:
    """Say why there is no plan, and what to do."""
    known = _WHY.get(solver.stage.value)
    left = f'{solver.unplanned} of {agents} agents have no path'
    return known or f'not within the time limit: {left}; give more time, or fewer agents'


@bench.command()
def traffic(
    hospital: Annotated[Path, typer.Option(help='Folder of a hospital.')],
    robots: Annotated[int, typer.Option(help='So many, from bay to bay.', min=1)] = 20,
    time_limit: Annotated[
        float, typer.Option(help='Seconds for making each plan better.', min=0.0, max=3_600.0)
    ] = 1.0,
    runs: Annotated[int, typer.Option(help='So many draws of starts and goals.', min=1)] = 10,
    seed: Annotated[int, typer.Option(help='The first draw; then one more each.', min=0)] = 1,
    as_json: Annotated[bool, typer.Option('--json', help='For programs.')] = False,
) -> None:
    """Plan robots of a hospital again and again: how fast, and how close to the bound.

    Each draw is the one of `fleet traffic plan --robots N --seed S`. Ctrl-C: what was measured so
    far. Exit 0 all robots of all draws have a way, 1 not, or a file is broken, 2 wrong usage.

    Example: fleet bench traffic --hospital maps/general_hospital --robots 20 --runs 10 --json
    """
    from fleet_manager.entry.traffic_cli import asked, make_plan

    plans = []
    for draw in range(seed, seed + runs):
        house, instance = asked('bench traffic', hospital, None, robots, draw, None)
        made = make_plan(house, instance, limit=time_limit, seed=draw)
        plans.append(made)
        if made.interrupted:
            break
    unsolved = sum(len(made.plan.unsolved) for made in plans)
    ratios = sorted(made.plan.ratio for made in plans)
    said = {
        'hospital': hospital.name,
        'robots': robots,
        'runs': len(plans),
        'seed': seed,
        'time_limit': time_limit,
        'first_ms': round(1_000 * median(made.first for made in plans), 3),
        'iterations': round(median(made.iterations for made in plans)),
        'ratio': round(median(ratios), 4),
        'ratio_min': round(ratios[0], 4),
        'ratio_max': round(ratios[-1], 4),
        'unsolved': unsolved,
    }
    if as_json:
        print(json.dumps(said))
    else:
        print(
            f'{robots} robots, {len(plans)} draws, medians: first plan {said["first_ms"]} ms; '
            f'after {time_limit:g} s {said["ratio"]} of the bound '
            f'({said["ratio_min"]} to {said["ratio_max"]}), {said["iterations"]:,} steps; '
            f'{unsolved} robots without a way'
        )
    if unsolved:
        sys.exit(1)


@bench.command()
def grid(
    map_: Annotated[Path, typer.Option('--map', help='A .map of the Moving AI benchmarks.')],
    scen: Annotated[Path, typer.Option(help='A .scen for it.')],
    agents: Annotated[int, typer.Option(help='So many agents, from the top of the scenario.')],
    time_limit: Annotated[float, typer.Option(help='Seconds to plan.', min=0.01, max=3600)] = 5.0,
    seed: Annotated[int, typer.Option(help='Another seed, another plan.', min=0)] = 1,
    paths: Annotated[Path | None, typer.Option(help='Write the paths here, as JSON.')] = None,
    as_json: Annotated[bool, typer.Option('--json', help='For programs.')] = False,
) -> None:
    """Plan many agents on a grid: unit steps to 4 neighbours, no two at one place or swapping.

    A place is handed over in an instant, as research measures it; robots here drive by a stricter
    rule. The cost is the sum of the steps until each agent comes to stay at its goal. Exit 0
    solved, 1 not (with the reason), 2 wrong files or options.

    Example: fleet bench grid --map room.map --scen room.scen --agents 100 --time-limit 5 --json
    """
    from fleet_manager.domain.traffic.grids.formats import GridError, read_map, read_scen

    try:
        known = read_map(_text(map_), name=map_.name)
        tasks = read_scen(_text(scen), known, name=scen.name, agents=agents)
        run, found = solve_grid(known, tasks, time_limit=time_limit, seed=seed)
        if paths is not None and found is not None:
            paths.write_text(json.dumps({'paths': found}) + '\n', 'utf-8')
    except GridError as error:
        _give_up(str(error))
    except OSError as error:
        _give_up(f'{error.filename}: {error.strerror}')
    if as_json:
        print(json.dumps({'map': map_.name, 'scen': scen.name, **asdict(run)}))
    elif run.solved:
        print(
            f'{run.agents} agents: cost {run.cost:,}, {run.ratio} of the bound {run.bound:,}; '
            f'first {run.first_cost:,} after {run.first_seconds} s, '
            f'{run.iterations:,} rounds in {run.seconds} s (compiling {run.compile_seconds} s)'
        )
    else:
        print(f'{run.agents} agents: {run.reason} ({run.seconds} s)')
    if not run.solved:
        sys.exit(1)


def _text(file: Path) -> str:
    if not file.is_file():
        _give_up(f'there is no file {file}')
    if file.stat().st_size > _MAX_FILE:
        _give_up(f'{file} is larger than 16 MiB: that is no map or scenario of the benchmarks')
    try:
        return file.read_bytes().decode('utf-8-sig')
    except UnicodeDecodeError:
        _give_up(f'{file} is not text: give a .map and a .scen of the Moving AI benchmarks')


def _give_up(problem: str) -> NoReturn:
    print(f'fleet bench grid: {problem}', file=sys.stderr)
    sys.exit(2)
