"""What is kept of a day that failed: journal, figures, report, a picture, and how to repeat it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from fleet_manager.adapters.files.drawing import draw_svg
from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.maps.model import Hospital, Point
from fleet_manager.domain.maps.problems import Problem, Severity
from fleet_manager.entry.simulate.figures import as_json, summary
from fleet_manager.entry.simulate.play import MEMORY, Moment, Played
from fleet_manager.entry.simulate.setting import Setting, Wish, changes, name_of, said_time

JOURNAL: Final = 'journal.jsonl'
#: A picture of more floors is one of none.
_MOST_FLOORS: Final = 2


def reproduce(
    setting: Setting, wish: Wish, *, seed: int, store: str, moment: Moment | None = None
) -> str:
    """Return the line that plays the same day, to the second after the first bad moment."""
    words = ['fleet', 'simulate', name_of(setting.file), '--seed', str(seed)]
    for option, value in changes(wish).items():
        words += [option, value]
    if store != MEMORY:
        words += ['--store', store]
    if moment is not None:
        words += ['--until', said_time(setting.scenario, moment.at + 1_000)]
    return shlex.join(words)


def folder_of(artifacts: Path, setting: Setting, seed: int) -> Path:
    """Return the folder of one day."""
    return artifacts / f'{setting.scenario.name}-seed{seed}'


@contextmanager
def journal_in(folder: Path) -> Iterator[TextIO]:
    """Open the journal's file; the caller keeps it or calls `forget`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / JOURNAL).open('w', encoding='utf-8') as file:
        yield file


def forget(folder: Path) -> None:
    """Remove the journal of a day that was as it must be."""
    (folder / JOURNAL).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def keep(folder: Path, setting: Setting, played: Played, *, line: str) -> None:
    """Write what helps to find out why a day failed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'reproduce.txt').write_text(f'{line}\n', 'utf-8')
    (folder / 'summary.json').write_text(as_json(summary(played.result, reproduce=line)), 'utf-8')
    write_report(folder / 'report.html', setting, played, line=line)
    if played.moment is not None:
        picture = picture_of(setting.hospital, played.moment)
        (folder / 'moment.svg').write_text(picture, 'utf-8')


def write_report(file: Path, setting: Setting, played: Played, *, line: str) -> None:
    """Write the page people look at."""
    from fleet_manager.adapters.files.day_report import draw_day

    page = draw_day(played.result, setting.hospital, setting.scenario, command=line, lang='en')
    file.write_text(page, 'utf-8')


def picture_of(hospital: Hospital, moment: Moment) -> str:
    """Draw the floors of the robots that are concerned, each robot a numbered mark, as SVG."""
    concerned = [robot for robot in moment.robots if robot in moment.problem.split()]
    floors = _floors(hospital, moment, concerned or list(moment.robots))
    marks = [
        _mark(hospital, moment, robot, is_bad=robot in concerned)
        for robot in sorted(moment.robots, key=lambda robot: (robot not in concerned, robot))
        if hospital.nodes[moment.robots[robot]].floor in floors
    ]
    return draw_svg(hospital, marks, lang='en', floors=floors, note=moment.problem)


def _floors(hospital: Hospital, moment: Moment, robots: Sequence[str]) -> list[str]:
    counts: dict[str, int] = {}
    for robot, node in moment.robots.items():
        floor = hospital.nodes[node].floor
        if floor and robot in robots:
            counts[floor] = counts.get(floor, 0) + 1
    most = sorted(counts, key=lambda floor: (-counts[floor], floor))[:_MOST_FLOORS]
    return most or [next(iter(hospital.floors))]


def _mark(hospital: Hospital, moment: Moment, robot: RobotId, *, is_bad: bool) -> Problem:
    node = hospital.nodes[moment.robots[robot]]
    severity = Severity.ERROR if is_bad else Severity.WARNING
    said = moment.problem if is_bad else f'{robot} is at {node.id}'
    at = (node.floor, Point(node.x, node.y))
    return Problem('robot', severity, robot, said, '', at=at)
