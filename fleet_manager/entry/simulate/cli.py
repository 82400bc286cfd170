"""The command `fleet simulate`. Exit codes: 0 as expected, 1 not, 2 wrong usage."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

if TYPE_CHECKING:
    from fleet_manager.entry.simulate.play import Played
    from fleet_manager.entry.simulate.setting import Setting, Wish
    from fleet_manager.entry.simulate.swarm import Line, Tally

#: Most seeds of one swarm.
MAX_SEEDS: Final = 1_000_000
_SEEDS: Final = re.compile(r'(\d{1,10})(?:\.\.(\d{1,10}))?')

_Scenario = Annotated[
    str, typer.Argument(help='A scenario file, or the name of one that comes with the program.')
]
_Seed = Annotated[
    int | None,
    typer.Option(help='Another seed, other chances; left out: that of the file.', min=0),
]
_Json = Annotated[
    Path | None, typer.Option('--json', help='Write the figures here.', show_default=False)
]
_Junit = Annotated[
    Path | None, typer.Option('--junit', help='Write JUnit XML here.', show_default=False)
]
_Artifacts = Annotated[
    Path | None,
    typer.Option(help='Folder for what is kept of a day that fails.', show_default=False),
]
_Report = Annotated[
    Path | None, typer.Option(help='Write the page people look at here.', show_default=False)
]
_Dispatch = Annotated[
    str, typer.Option(help='Another policy: runs, or a baseline: nearest, auction, single.')
]
_Robots = Annotated[int | None, typer.Option(help='Only the first N robots.', min=1)]


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where the results go."""

    json: Path | None = None
    junit: Path | None = None
    artifacts: Path | None = None
    report: Path | None = None


def simulate(
    scenario: _Scenario,
    seed: _Seed = None,
    until: Annotated[
        str, typer.Option(help='Stop at this local time, such as 14:03:22.', show_default=False)
    ] = '',
    json_out: _Json = None,
    junit: _Junit = None,
    artifacts: _Artifacts = None,
    report: _Report = None,
    dispatch: _Dispatch = '',
    robots: _Robots = None,
    store: Annotated[
        str,
        typer.Option(help='memory, or sqlite: a real store on a file.', show_default=False),
    ] = '',
    seeds: Annotated[
        str, typer.Option(help='Many days at once: 1..2000.', show_default=False)
    ] = '',
    jobs: Annotated[
        int | None, typer.Option(help='Processes for --seeds; left out: one a core.', min=1)
    ] = None,
    scheduler: Annotated[
        str, typer.Option(help='Dask scheduler for --seeds, tcp://…', show_default=False)
    ] = '',
    shrink: Annotated[
        bool, typer.Option('--shrink', help='Look for the smallest day that still fails.')
    ] = False,
    shrink_days: Annotated[
        int, typer.Option(help='With --shrink: days to play at most.', min=1)
    ] = 200,
) -> None:
    """Play a day of a hospital in virtual time, or many. Ctrl-C: what came of it so far.

    Exit 0 all was as expected, 1 something was not or a file is broken, 2 wrong usage.

    Example: fleet simulate reference_day --seed 7 --json out.json --report day.html
    """
    from fleet_manager.entry.simulate.play import STORES
    from fleet_manager.entry.simulate.setting import Wish, load_setting

    wish = Wish(dispatch=policy(dispatch, 'simulate'), robots=robots)
    if store and store not in STORES:
        _give_up(f'--store {store}: choose {" or ".join(STORES)}', code=2)
    if seeds and (seed is not None or until or report):
        _give_up('--seeds goes without --seed, --until and --report', code=2)
    if (jobs or scheduler) and not seeds:
        _give_up('--jobs and --scheduler need --seeds', code=2)
    outputs = Outputs(json_out, junit, artifacts, report)
    with errors('simulate'):
        setting = load_setting(scenario, wish)
        if seeds:
            bad = _many(
                setting, wish, seed_range(seeds, 'simulate'), store, jobs, scheduler, outputs
            )
            first = bad[0] if bad else None
            is_good = first is None
            if first is not None and shrink:
                _smallest(setting, first.seed, first.store, shrink_days, outputs)
        else:
            chosen = setting.scenario.seed if seed is None else seed
            is_good = _one(setting, wish, chosen, until, store or STORES[0], outputs)
            if not is_good and shrink:
                _smallest(setting, chosen, store or STORES[0], shrink_days, outputs)
    if not is_good:
        sys.exit(1)


# --- one day  ---


def _one(
    setting: Setting, wish: Wish, seed: int, until: str, store: str, outputs: Outputs
) -> bool:
    """Play one day and write what was asked for; return whether it was as expected."""
    from fleet_manager.entry.simulate import artifacts, figures
    from fleet_manager.entry.simulate.play import play
    from fleet_manager.entry.simulate.progress import bar
    from fleet_manager.entry.simulate.setting import local_time

    end = local_time(until) if until else None
    folder = (
        artifacts.folder_of(outputs.artifacts, setting, seed)
        if outputs.artifacts is not None
        else None
    )
    with (
        artifacts.journal_in(folder) if folder else nullcontext() as journal,
        bar(setting.scenario.name) as tell,
    ):
        played = play(setting, seed=seed, until=end, store=store, journal=journal, tell=tell)
    line = artifacts.reproduce(setting, wish, seed=seed, store=store, moment=played.moment)
    result = played.result
    if folder is not None:
        if played.is_good:
            artifacts.forget(folder)
        else:
            artifacts.keep(folder, setting, played, line=line)
    if outputs.json is not None:
        row = figures.summary(result, reproduce=line)
        outputs.json.write_text(figures.as_json(row), 'utf-8')
    if outputs.junit is not None:
        cases = figures.cases_of(result, played.verdicts, reproduce=line)
        outputs.junit.write_text(figures.junit(cases, seconds=result.wall_seconds), 'utf-8')
    if outputs.report is not None:
        artifacts.write_report(outputs.report, setting, played, line=line)
    _print(played, line)
    return played.is_good


def _print(played: Played, line: str) -> None:
    from fleet_manager.entry.simulate import figures

    for text in figures.lines(played.result):
        print(text)
    if played.result.partial:
        print('not the whole day: broken off')
    for problem in played.result.unmet:
        print(f'not as expected: {problem}')
    if not played.is_good:
        print(f'reproduce: {line}')


# --- many days  ---


def _many(
    setting: Setting,
    wish: Wish,
    wanted: range,
    store: str,
    jobs: int | None,
    scheduler: str,
    outputs: Outputs,
) -> list[Line]:
    """Play many seeds; return those that failed."""
    from fleet_manager.entry.simulate import pool, swarm
    from fleet_manager.entry.simulate.progress import bar

    begun = time.perf_counter()
    workers = jobs or os.cpu_count() or 1
    tally = swarm.Tally()
    key = swarm.key_of(setting)
    kept = None if outputs.artifacts is None else outputs.artifacts / swarm.SEEDS
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        for line in swarm.earlier(kept, key):
            if line.seed in wanted and line.store == swarm.store_of(store, line.seed):
                tally.add(line)
    if tally.lines:
        print(f'{len(tally.lines)} of {len(wanted)} seeds were played before')
    played = {line.seed for line in tally.lines}
    tasks = (
        swarm.Task(
            str(setting.file),
            wish,
            seed,
            swarm.store_of(store, seed),
            '' if outputs.artifacts is None else str(outputs.artifacts),
        )
        for seed in wanted
        if seed not in played
    )
    with bar(f'{setting.scenario.name} x {len(wanted)}') as tell:

        def note(line: Line) -> None:
            tally.add(line)
            if kept is not None:
                with kept.open('a', encoding='utf-8') as file:
                    file.write(swarm.noted(line))
            said = f'{len(tally.lines)} seeds · {len(tally.failed)} failed'
            tell(len(tally.lines) / len(wanted), said)

        try:
            with pool.executor_of(workers, scheduler) as executor:
                complete = pool.side_by_side(
                    swarm.play_seed, tasks, executor, jobs=workers, note=note
                )
        except pool.NoWorkers as error:
            _give_up(str(error), code=2)
    _tell_many(setting, tally, outputs, seconds=time.perf_counter() - begun, complete=complete)
    return tally.failed


def _tell_many(
    setting: Setting, tally: Tally, outputs: Outputs, *, seconds: float, complete: bool
) -> None:
    from fleet_manager.entry.simulate import figures, swarm

    name, failed = setting.scenario.name, tally.failed
    row = swarm.swarm_row(tally, scenario=name, seconds=seconds, complete=complete)
    if outputs.json is not None:
        outputs.json.write_text(figures.as_json(row), 'utf-8')
    if outputs.junit is not None:
        cases = [
            figures.Case(
                name,
                f'seed {line.seed}',
                '; '.join(line.problems),
                f'reproduce: {line.reproduce}',
                line.wall_seconds,
            )
            for line in sorted(tally.lines, key=lambda line: line.seed)
        ]
        outputs.junit.write_text(figures.junit(cases, seconds=seconds), 'utf-8')
    accepted, faults = row['accepted'], sum(tally.faults.values())
    print(
        f'{name}: {len(tally.lines)} seeds, {accepted} deliveries, {faults} faults, '
        f'{row["violations"]} violations, {len(failed)} seeds failed, {seconds:.1f} s'
    )
    reached = [f'{what} {count}' for what, count in sorted(tally.sometimes.items()) if count]
    print(f'seeds that reached: {", ".join(reached) or "nothing on the list"}')
    if tally.never:
        print(f'no seed reached: {", ".join(tally.never)}; play more, or raise the rates')
    if not complete:
        print('not all seeds: broken off; the same command goes on where --artifacts was given')
    for line in failed:
        print(f'seed {line.seed}: {"; ".join(line.problems)}')
        print(f'reproduce: {line.reproduce}')


# --- the smallest failing day  ---


def _smallest(setting: Setting, seed: int, store: str, days: int, outputs: Outputs) -> None:
    """Look for the smallest day that fails the same verdict, and write it as a scenario."""
    from dataclasses import replace

    from fleet_manager.adapters.files.scenario import save_scenario
    from fleet_manager.application.days.scenario import Scenario
    from fleet_manager.entry.simulate.play import play
    from fleet_manager.entry.simulate.setting import Setting as Given
    from fleet_manager.entry.simulate.setting import Wish, wished
    from fleet_manager.entry.simulate.shrink import shrink

    def failed(scenario: Scenario) -> set[str]:
        given = Given(setting.file, scenario, setting.hospital)
        played = play(wished(given, Wish()), seed=seed, store=store)
        return {verdict.name for verdict in played.verdicts if verdict.problem}

    fleet = setting.scenario.fleet
    whole = replace(
        setting.scenario, fleet=replace(fleet, robots=fleet.robots or len(setting.hospital.robots))
    )
    wanted = failed(whole)
    if not wanted:
        print('the whole day is as expected: nothing to shrink')
        return
    print(f'shrinking: {", ".join(sorted(wanted))}', file=sys.stderr)
    smallest = shrink(
        whole,
        lambda scenario: bool(failed(scenario) & wanted),
        runs=days,
        tell=lambda text: print(text, file=sys.stderr),
    )
    folder = outputs.artifacts or Path()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f'{setting.scenario.name}-seed{seed}-smallest.yaml'
    save_scenario(file, smallest)
    minutes = smallest.lasts // 60_000
    print(
        f'smallest: {smallest.fleet.robots} robots, {len(smallest.faults)} kinds of faults, '
        f'{minutes} min'
    )
    again = f' --store {store}' if store != 'memory' else ''
    print(f'reproduce: fleet simulate {file} --seed {seed}{again}')


# --- what is asked for  ---


def seed_range(text: str, command: str) -> range:
    """Read `1..2000` or `7`."""
    match = _SEEDS.fullmatch(text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if not first <= last < first + MAX_SEEDS:
        _give_up(f'--seeds {text}: write 1..2000, a million at most', code=2, command=command)
    return range(first, last + 1)


def policy(name: str, command: str) -> str:
    """Read the name of a policy, '' for that of the scenario."""
    from fleet_manager.domain.dispatch.policy import Dispatch

    known = [str(dispatch) for dispatch in Dispatch]
    if name and name not in known:
        _give_up(f'--dispatch {name}: choose {", ".join(known)}', code=2, command=command)
    return name


@contextmanager
def errors(command: str) -> Iterator[None]:
    """Say in a line each what is wrong with a file, and end with 1."""
    from fleet_manager.domain.errors import MapError
    from fleet_manager.domain.maps.problems import BrokenMap

    try:
        yield
    except BrokenMap as error:
        for problem in error.problems:
            print(f'{problem.severity.value:7} {problem.place}: {problem.problem}. {problem.mend}')
        count = len(error.problems)
        said = f'{count} error{"s" if count > 1 else ""}, nothing was played'
        _give_up(said, command=command)
    except MapError as error:
        _give_up(str(error), command=command)
    except OSError as error:
        _give_up(f'{error.filename or ""}: {error.strerror}', command=command)


def _give_up(problem: str, *, code: int = 1, command: str = 'simulate') -> NoReturn:
    print(f'fleet {command}: {problem}', file=sys.stderr)
    sys.exit(code)
