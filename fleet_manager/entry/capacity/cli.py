"""The command `fleet capacity`. Exit codes: 0 the target is reached, 1 not, 2 wrong usage."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from fleet_manager.entry.capacity.point import Row, Task

POINTS: Final = 'points.jsonl'
PLOT: Final = 'capacity.svg'
ANSWER: Final = 'capacity.json'
#: A sweep of more days is a slip of the pen.
MAX_DAYS: Final = 20_000

_T = TypeVar('_T')


def capacity(
    scenario: Annotated[
        str, typer.Option(help='The day to play: a file, or one that comes with the program.')
    ] = 'reference_day',
    hospital: Annotated[
        Path | None, typer.Option(help='Another hospital: its folder.', show_default=False)
    ] = None,
    target: Annotated[float, typer.Option(help='Share on time.', min=0.5, max=1.0)] = 0.98,
    robots: Annotated[str, typer.Option(help='Robots to try, 8,12,16 or 8..24..4.')] = '',
    demand: Annotated[str, typer.Option(help='Times the demand of the scenario: 1,1.5.')] = '1',
    lift_share: Annotated[
        str,
        typer.Option(help='Share of lift time people leave at their busiest hour: 0.8,0.5.'),
    ] = '',
    lifts: Annotated[
        list[str] | None,
        typer.Option(help='Only these lifts: A1,A3. May be given again, for another choice.'),
    ] = None,
    seeds: Annotated[str, typer.Option(help='Days at each point: 1..3.')] = '1..3',
    dispatch: Annotated[str, typer.Option(help='Another policy than that of the file.')] = '',
    out: Annotated[Path, typer.Option(help='Folder of points, plot and answer.')] = Path(
        'capacity'
    ),
    jobs: Annotated[
        int | None, typer.Option(help='Processes; left out: one a core.', min=1)
    ] = None,
    scheduler: Annotated[
        str, typer.Option(help='Dask scheduler, tcp://…', show_default=False)
    ] = '',
) -> None:
    """Find how many robots, and which lifts, a hospital needs. Ctrl-C: what is known so far.

    The same command goes on where it was broken off. Exit 0 the target is reached in every case,
    1 in some not or a file is broken, 2 wrong usage.

    Example: fleet capacity --hospital maps/general_hospital --target 0.98 --robots 12..28..4
    """
    from fleet_manager.entry.capacity.point import Point, Task, base, key_of, prepared
    from fleet_manager.entry.simulate.cli import errors, policy, seed_range

    with errors('capacity'):
        name, policy_name = str(hospital or ''), policy(dispatch, 'capacity')
        setting = base(scenario, name, policy_name)
        has = len(setting.hospital.robots)
        counts = _robots(robots or f'{max(1, has // 2)},{max(1, 3 * has // 4)},{has}')
        points = [
            Point(count, factor, share, choice)
            for count in counts
            for factor in _numbers('--demand', demand, 0.01, 100.0)
            for share in _numbers('--lift-share', lift_share or '-1', -1.0, 1.0)
            for choice in [tuple(one.split(',')) for one in lifts or []] or [()]
        ]
        wanted = seed_range(seeds, 'capacity')
        tasks = [Task(scenario, name, policy_name, p, seed) for seed in wanted for p in points]
        if len(tasks) > MAX_DAYS:
            _give_up(f'{len(tasks)} days to play: ask for {MAX_DAYS} at most')
        for point in points:
            prepared(Task(scenario, name, policy_name, point, 0))
        out.mkdir(parents=True, exist_ok=True)
        rows, complete = _sweep(
            tasks, key_of(tasks[0]), out / POINTS, jobs or os.cpu_count() or 1, scheduler
        )
        is_reached = _tell(rows, target, setting.hospital.name.en, out)
    if not complete:
        print('not all points: broken off; the same command goes on')
    if not (is_reached and complete):
        sys.exit(1)


def _sweep(
    tasks: list[Task], key: str, file: Path, jobs: int, scheduler: str
) -> tuple[list[Row], bool]:
    """Play what was not played before; return all rows, and whether all are there."""
    from fleet_manager.entry.capacity.point import measure
    from fleet_manager.entry.simulate import pool
    from fleet_manager.entry.simulate.progress import bar

    wanted = {(task.point, task.seed) for task in tasks}
    rows = [row for row in _earlier(file, key) if (row.point, row.seed) in wanted]
    played = {(row.point, row.seed) for row in rows}
    left = [task for task in tasks if (task.point, task.seed) not in played]
    if rows:
        print(f'{len(rows)} of {len(tasks)} days were played before')
    with bar(f'{len(tasks)} days') as tell:

        def note(row: Row) -> None:
            rows.append(row)
            with file.open('a', encoding='utf-8') as lines:
                lines.write(json.dumps(asdict(row)) + '\n')
            tell(len(rows) / len(tasks), f'{row.point.robots} robots')

        try:
            with pool.executor_of(jobs, scheduler) as executor:
                complete = pool.side_by_side(measure, left, executor, jobs=jobs, note=note)
        except pool.NoWorkers as error:
            _give_up(str(error))
    return rows, complete


def _tell(rows: list[Row], target: float, hospital: str, out: Path) -> bool:
    """Write plot and answer, and say it; return whether the target is reached everywhere."""
    from fleet_manager.adapters.files.drawing.curves import Curve, curves_svg
    from fleet_manager.entry.capacity.answer import answers, as_row, case_name, sentences

    found = answers(rows, target)
    if not found:
        return False
    curves = [
        Curve(
            case_name(answer.case),
            [(one.point.robots, one.share, one.low, one.high) for one in answer.curve],
        )
        for answer in found
    ]
    title = f'{hospital}: on time by number of robots'
    (out / PLOT).write_text(
        curves_svg(curves, title=title, across='robots', target=target), 'utf-8'
    )
    rows_out = [as_row(answer, target) for answer in found]
    (out / ANSWER).write_text(json.dumps(rows_out, indent=1) + '\n', 'utf-8')
    for answer in found:
        for text in sentences(answer, target):
            print(text)
    print(f'{out / PLOT}, {out / ANSWER}')
    return all(answer.enough is not None for answer in found)


def _earlier(file: Path, key: str) -> list[Row]:
    """Return the days noted in `file` that were played with the same things."""
    from fleet_manager.entry.capacity.point import Point, Row

    found = {}
    for text in file.read_text('utf-8').splitlines() if file.is_file() else ():
        try:
            row = json.loads(text)
        except json.JSONDecodeError:
            continue  # the last line of a sweep that was killed
        if row.get('key') == key:
            lifts = tuple(row['point'].pop('lifts'))
            point = Point(**row.pop('point'), lifts=lifts)
            found[point, row['seed']] = Row(point=point, **row)
    return list(found.values())


def _robots(text: str) -> list[int]:
    """Read `8,12,16` or `8..24..4`."""
    if '..' not in text:
        return _list('--robots', text, int, 1, 500)
    parts = _list('--robots', text.replace('..', ','), int, 1, 500)
    first, last, step = (*parts, 1)[:3]
    return list(range(first, last + 1, step)) or [first]


def _numbers(option: str, text: str, low: float, high: float) -> list[float]:
    return _list(option, text, float, low, high)


def _list(option: str, text: str, parse: Callable[[str], _T], low: float, high: float) -> list[_T]:
    try:
        found = [parse(part) for part in text.split(',')]
    except ValueError:
        found = []
    if not found or not all(low <= float(str(one)) <= high for one in found):
        _give_up(f'{option} {text}: write numbers from {max(low, 0):g} to {high:g}, such as 8,12')
    return found


def _give_up(problem: str) -> NoReturn:
    print(f'fleet capacity: {problem}', file=sys.stderr)
    sys.exit(2)
