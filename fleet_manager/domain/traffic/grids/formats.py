"""Maps and scenarios of the Moving AI benchmarks, read with care: they come from anywhere.

Format: Sturtevant, "Benchmarks for grid-based pathfinding" (2012), and the MAPF scenarios of Stern
et al. (SoCS 2019). Open to drive on are `.`, `G` and `S`; `@`, `O`, `T` and `W` are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from fleet_manager.domain.errors import FleetError

#: The largest map of the benchmarks has 1,260 by 1,260 places.
MAX_SIDE: Final = 2048
#: Scenarios have up to 1,000 lines, of single agents up to some ten thousand.
MAX_LINES: Final = 100_000
MAX_AGENTS: Final = 2_000

_OPEN: Final = frozenset('.GS')
_SHUT: Final = frozenset('@OTW')
_FIELDS: Final = ('bucket', 'map', 'width', 'height', 'start x', 'start y', 'goal x', 'goal y')


class GridError(FleetError):
    """A file is wrong, or asks for what cannot be: where it is, and what to do."""


class Place(NamedTuple):
    """A place of a grid: columns count from the left, rows from the top, both from 0."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A map: `rows[y][x]` says whether that place is open."""

    width: int
    height: int
    rows: tuple[tuple[bool, ...], ...]

    def is_open(self, place: Place) -> bool:
        """Whether an agent may be there; outside it may not."""
        x, y = place
        return 0 <= x < self.width and 0 <= y < self.height and self.rows[y][x]


@dataclass(frozen=True, slots=True)
class Task:
    """One agent: from where to where."""

    start: Place
    goal: Place


def read_map(text: str, *, name: str) -> Grid:
    """Read a `.map`; `name` is for messages. Raises GridError with line and remedy."""
    lines = text.splitlines()
    sizes: dict[str, int] = {}
    for number, line in enumerate(lines[:4], start=1):
        words = line.split()
        if words == ['map']:
            break
        if len(words) != 2 or words[0] not in ('type', 'height', 'width'):
            raise GridError(
                f'{name} line {number}: "{_cut(line)}" is not known here; '
                'write type octile, height N, width N, then map'
            )
        if words[0] != 'type':
            what = f'{name} line {number}: {words[0]}'
            sizes[words[0]] = _number(words[1], what, least=1, most=MAX_SIDE)
    else:
        raise GridError(f'{name}: no line "map" among the first four; write it before the rows')
    for missing in ('height', 'width'):
        if missing not in sizes:
            raise GridError(f'{name}: no {missing}; write "{missing} N" before "map"')
    return _rows(lines, number, name, width=sizes['width'], height=sizes['height'])


def _rows(lines: Sequence[str], above: int, name: str, *, width: int, height: int) -> Grid:
    rows = []
    for number, line in enumerate(lines[above : above + height], start=above + 1):
        if len(line) != width:
            raise GridError(
                f'{name} line {number}: {len(line)} places where width says {width}; '
                'mend the row or the width'
            )
        for x, letter in enumerate(line):
            if letter not in _OPEN and letter not in _SHUT:
                raise GridError(
                    f'{name} line {number}, place {x + 1}: {letter!r} is not known; '
                    'write . G S for open, @ O T W for shut'
                )
        rows.append(tuple(letter in _OPEN for letter in line))
    if len(rows) < height:
        raise GridError(
            f'{name}: {len(rows)} rows where height says {height}; add rows or mend the height'
        )
    for number, line in enumerate(lines[above + height :], start=above + height + 1):
        if line.strip():
            raise GridError(
                f'{name} line {number}: a row more than height says ({height}); mend one of them'
            )
    return Grid(width, height, tuple(rows))


def read_scen(text: str, grid: Grid, *, name: str, agents: int) -> tuple[Task, ...]:
    """Read the first `agents` tasks of a `.scen` for `grid`. Raises GridError."""
    if not 1 <= agents <= MAX_AGENTS:
        raise GridError(f'{agents} agents: choose 1 to {MAX_AGENTS:,}')
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        raise GridError(f'{name}: more than {MAX_LINES:,} lines; keep those you need')
    if not lines or lines[0].split()[:1] != ['version']:
        raise GridError(f'{name} line 1: write "version 1"')
    tasks: list[Task] = []
    starts: dict[Place, int] = {}
    goals: dict[Place, int] = {}
    for number, line in enumerate(lines[1:], start=2):
        if len(tasks) == agents:
            break
        if not line.strip():
            continue
        task = _task(line, grid, f'{name} line {number}')
        for what, place, known in (('start', task.start, starts), ('goal', task.goal, goals)):
            if place in known:
                raise GridError(
                    f'{name} line {number}: {what} {place.x}, {place.y} is that of line '
                    f'{known[place]} as well; give each agent its own'
                )
            known[place] = number
        tasks.append(task)
    if len(tasks) < agents:
        raise GridError(f'{name}: {len(tasks)} agents, {agents} are asked for; choose fewer')
    return tuple(tasks)


def _task(line: str, grid: Grid, where: str) -> Task:
    """Read a line; what it says of the shortest way is not used: it may go diagonally there."""
    words = line.split('\t') if '\t' in line else line.split()
    if len(words) < len(_FIELDS):
        raise GridError(f'{where}: {len(words)} fields; write {", ".join(_FIELDS)}, length')
    wanted = {'width': grid.width, 'height': grid.height}
    found = {
        field: _number(word, f'{where}: {field}', least=0, most=MAX_SIDE)
        for field, word in zip(_FIELDS, words, strict=False)
        if field not in ('bucket', 'map')
    }
    for field, size in wanted.items():
        if found[field] != size:
            raise GridError(
                f'{where}: {field} {found[field]} where the map has {size}; give the map it is for'
            )
    task = Task(Place(found['start x'], found['start y']), Place(found['goal x'], found['goal y']))
    for what, place in (('start', task.start), ('goal', task.goal)):
        if not grid.is_open(place):
            raise GridError(
                f'{where}: {what} {place.x}, {place.y} is not open on the map; '
                'choose another place, or give the map it is for'
            )
    return task


def _number(word: str, what: str, *, least: int, most: int) -> int:
    if not (word.isascii() and word.isdigit() and len(word) <= 9):
        raise GridError(f'{what} is "{_cut(word)}"; write a whole number')
    value = int(word)
    if not least <= value <= most:
        raise GridError(f'{what} is {value:,}; it may be {least} to {most:,}')
    return value


def _cut(text: str) -> str:
    """Return text short enough for a message, without what would upset a terminal."""
    shown = ''.join(letter if letter.isprintable() else '?' for letter in text[:41])
    return shown if len(text) <= 40 else shown[:40] + '…'
