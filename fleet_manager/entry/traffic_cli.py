"""The commands `fleet traffic …`: plan many robots at once, and drive such a plan with delays.

Exit codes: 0 done, 1 robots without a way or a broken file, 2 wrong usage.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NoReturn

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from fleet_manager.domain.ids import NodeId
    from fleet_manager.domain.maps.model import Hospital
    from fleet_manager.domain.traffic.execution import Execution, Late, Ways
    from fleet_manager.domain.traffic.planner.model import Instance, Plan
    from fleet_manager.domain.traffic.planner.network import Network

traffic = typer.Typer(no_args_is_help=True, help='Traffic: plan many robots, drive with delays.')

_Folder = Annotated[Path, typer.Option(help='Folder of a hospital.')]
_File = Annotated[
    Path | None,
    typer.Option(help='Robots with starts and goals, JSON or YAML.', show_default=False),
]
_Robots = Annotated[
    int | None, typer.Option(help='Instead of --instance: so many, from bay to bay.', min=1)
]
_Limit = Annotated[
    float, typer.Option(help='Seconds for making the plan better.', min=0.0, max=3_600.0)
]
_Seed = Annotated[int, typer.Option(help='Another seed, other chances.', min=0, max=2**31 - 1)]
_Write = Annotated[
    Path | None,
    typer.Option(help='Write the robots of --robots to this file.', show_default=False),
]
_Json = Annotated[bool, typer.Option('--json', help='For programs.')]

#: Seconds between two looks at the clock while a plan gets better.
_LOOK: Final = 0.05
#: Seconds between two lines of progress.
_TOLD: Final = 0.2
_MODELS: Final = ('none', 'random', 'adversarial')
#: Longest stop of one robot: an hour, as long as anybody waits for it to be mended.
_MAX_STOP: Final = 3_600


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what it took: seconds until there was one, and in all."""

    plan: Plan
    first: float
    seconds: float
    iterations: int
    interrupted: bool


@traffic.command()
def plan(
    hospital: _Folder,
    instance: _File = None,
    time_limit: _Limit = 1.0,
    seed: _Seed = 0,
    robots: _Robots = None,
    write: _Write = None,
    as_json: _Json = False,
    svg: Annotated[
        Path | None,
        typer.Option(help='Draw who has which place when, to this file.', show_default=False),
    ] = None,
) -> None:
    """Plan ways for all robots at once, without collision or deadlock. Ctrl-C: the best so far.

    Exit 0 all have a way, 1 some have none or a file is broken, 2 wrong usage.

    Example: fleet traffic plan --hospital maps/small_hospital --robots 8 --time-limit 1
    """
    house, wished = asked('traffic plan', hospital, instance, robots, seed, write)
    made = make_plan(house, wished, limit=time_limit, seed=seed)
    if svg is not None:
        from fleet_manager.adapters.files.drawing.spacetime import spacetime_svg

        with _errors('traffic plan'):
            svg.write_text(spacetime_svg(made.plan), 'utf-8')
    if as_json:
        print(json.dumps(_plan_row(house, wished, made), ensure_ascii=False))
    else:
        _print_plan(wished, made)
    if made.plan.unsolved:
        sys.exit(1)


@traffic.command()
def run(
    hospital: _Folder,
    instance: _File = None,
    time_limit: _Limit = 1.0,
    seed: _Seed = 0,
    robots: _Robots = None,
    write: _Write = None,
    as_json: _Json = False,
    delay_model: Annotated[
        str, typer.Option(help='Who is late: none, random, or adversarial (one robot stops).')
    ] = 'random',
    runs: Annotated[int, typer.Option(help='Drive it so many times.', min=1, max=100_000)] = 10,
    stop: Annotated[
        float,
        typer.Option(help='Adversarial: minutes the robot stops.', min=0.1, max=_MAX_STOP / 60),
    ] = 5.0,
) -> None:
    """Plan, then drive the plan with delays; beside it, the same without a plan of who goes first.

    Exit 0 every drive finished without overlap, 1 not so or a file is broken, 2 wrong usage.

    Example: fleet traffic run --hospital maps/small_hospital --robots 8 --delay-model random
    """
    if delay_model not in _MODELS:
        _give_up(
            'traffic run', f'--delay-model {delay_model}: choose {", ".join(_MODELS)}', code=2
        )
    house, wished = asked('traffic run', hospital, instance, robots, seed, write)
    made = make_plan(house, wished, limit=time_limit, seed=seed)
    drives = _drive(
        house, wished, made.plan, delay_model, runs=runs, seed=seed, stop_ms=round(stop * 6e4)
    )
    if as_json:
        said = _plan_row(house, wished, made)
        del said['robots']
        print(json.dumps(said | {'delay_model': delay_model, **_drives_row(drives)}))
    else:
        _print_drives(made, delay_model, drives)
    if made.plan.unsolved or not all(one.is_fine for one in drives):
        sys.exit(1)


# --- what is asked  ---
def asked(
    command: str,
    folder: Path,
    file: Path | None,
    robots: int | None,
    seed: int,
    write: Path | None,
) -> tuple[Hospital, Instance]:
    """Return the hospital and what is to be planned in it, or end with what is wrong."""
    from fleet_manager.adapters.files.hospital import load_hospital
    from fleet_manager.adapters.files.instance import load_instance, save_instance

    if (file is None) == (robots is None):
        _give_up(command, 'give --instance FILE, or --robots N for a random one', code=2)
    if not folder.is_dir():
        _give_up(command, f'--hospital {folder}: there is no such folder', code=2)
    if file is not None and not file.is_file():
        _give_up(command, f'--instance {file}: there is no such file', code=2)
    if write is not None and robots is None:
        _give_up(command, '--write goes with --robots: the other instance is a file', code=2)
    with _errors(command):
        hospital = load_hospital(folder)
        if file is not None:
            return hospital, load_instance(file, hospital)
        try:
            instance = random_instance(hospital, robots or 0, seed)
        except ValueError as error:
            _give_up(command, f'--robots: {error}', code=2)
        if write is not None:
            save_instance(write, instance)
    return hospital, instance


def random_instance(hospital: Hospital, robots: int, seed: int) -> Instance:
    """Return robots in bays that all of them can reach, each with another bay as its goal.

    Raises ValueError where there are not so many.
    """
    from fleet_manager.domain.maps.compile import compile_hospital
    from fleet_manager.domain.traffic.planner.model import Instance, Task

    compiled = compile_hospital(hospital)
    bays = [compiled.node_ids[bay] for bay in compiled.bay if compiled.reach[:, bay].all()]
    chance = Random(seed)  # noqa: S311 - the same robots for the same seed
    starts, goals = (_some(hospital, bays, robots, chance) for _ in range(2))
    names = [f'r{number + 1}' for number in range(robots)]
    both = zip(names, starts, goals, strict=True)
    return Instance(tuple(Task(name, start, goal) for name, start, goal in both))


def _some(hospital: Hospital, bays: Sequence[NodeId], robots: int, chance: Random) -> list[NodeId]:
    """Return so many of the bays, at random, that may all be taken at once."""
    from fleet_manager.adapters.files.instance import crowded

    found = chance.sample(bays, len(bays))
    out = {number for _, number, _ in crowded(hospital, found)}
    found = [bay for number, bay in enumerate(found) if number not in out]
    if robots > len(found):
        raise ValueError(f'{robots} robots have {len(found)} bays that can be taken at once')
    return found[:robots]


# --- planning and driving  ---
def make_plan(hospital: Hospital, instance: Instance, *, limit: float, seed: int) -> Planned:
    """Plan, then make it better until the time is over or somebody presses Ctrl-C."""
    try:
        return _make_plan(hospital, instance, limit=limit, seed=seed)
    except MemoryError as error:
        _give_up('traffic', f'{error} is too much; plan fewer robots at once')


def _make_plan(hospital: Hospital, instance: Instance, *, limit: float, seed: int) -> Planned:
    from fleet_manager.domain.traffic.planner.network import Network
    from fleet_manager.domain.traffic.planner.planner import Planner

    with _telling('preparing') as tell:
        network = Network.of(hospital)
        _warm_up(network, instance)
        planner = Planner(network, instance, seed=seed)
        begun = time.perf_counter()
        planner.start()
        first = seconds = time.perf_counter() - begun
        steps, at_once, interrupted = 0, 1, False
        try:
            while seconds < limit and planner.cost > planner.bound:
                planner.work(at_once)
                steps += at_once
                took = time.perf_counter() - begun - seconds
                seconds += took
                at_once = max(1, min(2 * at_once, round(at_once * _LOOK / took)))
                ratio = planner.cost / planner.bound
                tell(f'{seconds:.1f} of {limit:g} s, {steps} steps: {ratio:.3f} of the bound')
        except KeyboardInterrupt:
            interrupted = True
    return Planned(planner.plan, first, seconds, steps, interrupted)


def _warm_up(network: Network, instance: Instance) -> None:
    """Load what is compiled, or compile it the first time, before the clock runs."""
    from fleet_manager.domain.traffic.planner.model import Instance
    from fleet_manager.domain.traffic.planner.planner import Planner

    planner = Planner(network, Instance(instance.tasks[:1]))
    planner.start()
    planner.work(1)


@dataclass(frozen=True, slots=True)
class _Drive:
    """One drive of a plan, and beside it the same delays without a plan of who goes first."""

    planned: Execution
    overlaps: int
    first_come: Execution

    @property
    def is_fine(self) -> bool:
        return not self.planned.stuck and not self.overlaps


def _drive(
    hospital: Hospital,
    instance: Instance,
    plan: Plan,
    model: str,
    *,
    runs: int,
    seed: int,
    stop_ms: int,
) -> list[_Drive]:
    """Drive a plan so many times, each with other delays; fewer after Ctrl-C."""
    from fleet_manager.domain.traffic.execution import execute, overlaps, ways_of

    ways = ways_of(plan, instance)
    lates = _lates(model, ways, runs=runs, seed=seed, stop_ms=stop_ms)
    found: list[_Drive] = []
    with _telling('driving') as tell:
        try:
            for late in lates:
                planned = execute(ways, late)
                met = len(overlaps(hospital, ways, planned.driven))
                found.append(_Drive(planned, met, execute(ways, late, first_come=True)))
                tell(f'drove {len(found)} of {runs} times')
        except KeyboardInterrupt:
            pass
    return found


def _lates(model: str, ways: Ways, *, runs: int, seed: int, stop_ms: int) -> Iterator[Late]:
    """Return the delays of each run. The adversary stops each robot in turn, the worst first."""
    from fleet_manager.domain.traffic import execution

    stops = execution.worst_stops(ways) if model == 'adversarial' else []
    for run in range(runs):
        if model == 'random':
            yield execution.randomly_late(seed * 100_003 + run)
        elif stops:
            robot, hop = stops[run % len(stops)]
            yield execution.stopped_once(robot, hop, stop_ms=stop_ms * (1 + run // len(stops)))
        else:
            yield execution.on_time


@contextmanager
def _telling(what: str) -> Iterator[Any]:
    """Show one line that changes, to people only, beside what is printed."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text: None
        return
    told = time.perf_counter()
    with console.status(f'{what} …') as status:

        def tell(text: str) -> None:
            nonlocal told
            if time.perf_counter() - told > _TOLD:
                told = time.perf_counter()
                status.update(text)

        yield tell


# --- what is printed  ---
def _plan_row(hospital: Hospital, instance: Instance, made: Planned) -> dict[str, Any]:
    """Return a plan for programs. Times in ms from the start of the plan."""
    urgency = {task.robot: task.urgency for task in instance.tasks}
    return {
        'hospital': hospital.id,
        'map_version': hospital.version,
        'robots': [
            {
                'id': robot.robot,
                'start': robot.start,
                'goal': robot.goal,
                'urgency': urgency[robot.robot],
                'arrival_ms': robot.arrival,
                'hops': [
                    {
                        'from': hop.origin,
                        'to': hop.target,
                        'lane': hop.lane,
                        'lift': hop.lift,
                        'door': hop.door,
                        'start_ms': hop.start,
                        'leave_ms': hop.leave,
                        'end_ms': hop.end,
                    }
                    for hop in robot.hops
                ],
            }
            for robot in made.plan.robots
        ],
        'cost_ms': made.plan.cost,
        'bound_ms': made.plan.bound,
        'ratio': round(made.plan.ratio, 4),
        'first_seconds': round(made.first, 4),
        'seconds': round(made.seconds, 4),
        'iterations': made.iterations,
        'interrupted': made.interrupted,
        'unsolved': dict(made.plan.unsolved),
    }


def _print_plan(instance: Instance, made: Planned) -> None:
    table = Table('robot', 'urgency', 'from', 'to', box=None)
    for title in ('hops', 'drives', 'waits', 'arrives'):
        table.add_column(title, justify='right')
    urgency = {task.robot: task.urgency for task in instance.tasks}
    for robot in made.plan.robots:
        name = robot.robot
        row = (name, urgency[name], robot.start, robot.goal)
        drives = sum(hop.end - hop.start for hop in robot.hops)
        waits = robot.arrival - robot.start_at - drives
        table.add_row(*row, str(len(robot.hops)), *map(_time, (drives, waits, robot.arrival)))
    Console().print(table)
    _print_summary(made)


def _print_summary(made: Planned) -> None:
    plan = made.plan
    for name, reason in plan.unsolved.items():
        print(f'{name} has no way: {reason}')
    robots = len(plan.robots) + len(plan.unsolved)
    print(
        f'{len(plan.robots)} of {robots} robots planned; they need {_time(plan.cost)} in all, '
        f'{plan.ratio:.3f} times the bound of {_time(plan.bound)}'
    )
    stopped = ', stopped by Ctrl-C' if made.interrupted else ''
    print(
        f'first plan after {1e3 * made.first:.1f} ms, {made.iterations} steps of improvement '
        f'in {made.seconds:.2f} s{stopped}'
    )


def _drives_row(drives: Sequence[_Drive]) -> dict[str, Any]:
    """Return how plans were driven, for programs. Costs in ms, of all runs that finished."""
    done = [one.planned for one in drives if not one.planned.stuck]
    first = [one.first_come for one in drives]
    free = [one for one in first if not one.stuck]
    robots = sum(len(one.arrived) + len(one.stuck) for one in first)
    return {
        'runs': len(drives),
        'finished': len(done),
        'overlaps': sum(one.overlaps for one in drives),
        'deadlocks': len(drives) - len(done),
        'executed_ms': _mean(one.cost for one in done),
        'delay_only_ms': _mean(one.delay_only for one in done),
        'own_delay_ms': _mean(one.own_delay for one in done),
        'alone_ms': _mean(one.alone for one in done),
        'executed_to_delay_only': _ratio(done, 'delay_only'),
        'executed_to_own_delay': _ratio(done, 'own_delay'),
        'executed_to_alone': _ratio(done, 'alone'),
        'first_come': {
            'finished': len(free),
            'deadlocks': len(first) - len(free),
            'arrived': round(sum(len(one.arrived) for one in first) / max(1, robots), 4),
            'executed_to_delay_only': _ratio(free, 'delay_only'),
        },
    }


#: What a drive is compared with, as named in `Execution`.
_Base = Literal['delay_only', 'own_delay', 'alone']


def _mean(values: Iterator[int]) -> int | None:
    found = list(values)
    return round(sum(found) / len(found)) if found else None


def _ratio(drives: Sequence[Execution], to: _Base) -> float | None:
    """Return how many times what it is compared with the drives took, None without any."""
    base = sum(getattr(one, to) for one in drives)
    return round(sum(one.cost for one in drives) / base, 4) if base else None


def _print_drives(made: Planned, model: str, drives: Sequence[_Drive]) -> None:
    _print_summary(made)
    row = _drives_row(drives)
    first = row['first_come']
    table = Table(f'delays: {model}', box=None)
    table.add_column('by the plan', justify='right')
    table.add_column('first come, first served', justify='right')
    table.add_row('runs', str(row['runs']), str(row['runs']))
    table.add_row('finished', str(row['finished']), str(first['finished']))
    table.add_row('deadlocks', str(row['deadlocks']), str(first['deadlocks']))
    table.add_row('overlaps', str(row['overlaps']), '')
    table.add_row('robots that arrived', '', f'{first["arrived"]:.0%}')
    both = (row['executed_to_delay_only'], first['executed_to_delay_only'])
    table.add_row('time to delay alone', *map(_times, both))
    table.add_row('time to the plan with own delays', _times(row['executed_to_own_delay']), '')
    table.add_row('time to each robot alone', _times(row['executed_to_alone']), '')
    Console().print(table)


def _times(ratio: float | None) -> str:
    return '-' if ratio is None else f'{ratio:.3f}'


def _time(ms: int) -> str:
    """Write a time for people: `7:05.5`, minutes and seconds."""
    minutes, seconds = divmod(math.ceil(ms / 100) / 10, 60)
    return f'{int(minutes)}:{seconds:04.1f}'


@contextmanager
def _errors(command: str) -> Iterator[None]:
    """Say in a line each what is wrong with a map or a file, and end with 1."""
    from fleet_manager.domain.errors import MapError
    from fleet_manager.domain.maps.problems import BrokenMap

    try:
        yield
    except BrokenMap as error:
        for problem in error.problems:
            print(f'{problem.place}: {problem.problem}. {problem.mend}', file=sys.stderr)
        _give_up(command, f'{len(error.problems)} errors, nothing was planned')
    except MapError as error:
        _give_up(command, str(error))
    except OSError as error:
        _give_up(command, f'{error.filename or ""}: {error.strerror}')


def _give_up(command: str, problem: str, *, code: int = 1) -> NoReturn:
    print(f'fleet {command}: {problem}', file=sys.stderr)
    sys.exit(code)
