"""Plays one day, looks for what must not be while it goes on, and judges it at the end."""

from __future__ import annotations

import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final, TextIO

from fleet_manager import __version__
from fleet_manager.application.days.result import DayResult
from fleet_manager.application.ports import Entry, Store
from fleet_manager.domain.dispatch import solver
from fleet_manager.domain.ids import NodeId, RobotId
from fleet_manager.domain.messages import Event
from fleet_manager.domain.units import HOUR, Instant
from fleet_manager.entry.simulate.judge import Verdict, unmet, verdicts
from fleet_manager.entry.simulate.progress import Tell
from fleet_manager.entry.simulate.setting import Setting, said_time

if TYPE_CHECKING:
    from fleet_manager.adapters.sim.day.day import Day

MEMORY: Final = 'memory'
SQLITE: Final = 'sqlite'
STORES: Final = (MEMORY, SQLITE)
_DAY: Final = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Moment:
    """When the first thing went wrong, and where the robots were then."""

    at: Instant
    problem: str
    robots: dict[RobotId, NodeId]


@dataclass(frozen=True, slots=True)
class Played:
    """A day that was played: its figures, the verdicts on them, and the first bad moment."""

    result: DayResult
    verdicts: tuple[Verdict, ...]
    moment: Moment | None

    @property
    def is_good(self) -> bool:
        """Whether everything held."""
        return not unmet(self.verdicts)


def play(
    setting: Setting,
    *,
    seed: int,
    until: int | None = None,
    store: str = MEMORY,
    journal: TextIO | None = None,
    tell: Tell | None = None,
) -> Played:
    """Play a day to its end, or until a local time of day; Ctrl-C ends it with what there is.

    `until` is in ms after the local midnight before it begins. `journal` gets a JSON line for
    each event. What the program breaks on is a violation of the day, not an exception.
    """
    from fleet_manager.adapters.sim.day.day import Day

    solver.compiled()
    begun = time.perf_counter()
    with _store(store) as kept, _ctrl_c() as stopped:
        sinks = () if journal is None else (_writer(journal),)
        day = Day(setting.scenario, setting.hospital, seed=seed, store=kept, sinks=sinks)
        watch = _Watch(day)
        crash, end = '', _instant(setting, day.heap.now, until)
        try:
            day.run(
                until=end,
                on_progress=_progress(setting, day, tell, stopped),
            )
        except _Stopped:
            pass
        except Exception as error:  # noqa: BLE001 - a day that breaks the program is a finding
            crash = _said(error)
            watch.note_crash(day, crash)
        is_partial = stopped() or bool(crash) or (end is not None and day.heap.now >= end)
        result = day.result_so_far()
    result = replace(
        result,
        violations=(*result.violations, crash) if crash else result.violations,
        version=__version__,
        partial=is_partial,
        wall_seconds=round(time.perf_counter() - begun, 3),
    )
    found = verdicts(result, setting.scenario.expect)
    return Played(replace(result, unmet=unmet(found)), found, watch.moment)


class _Watch:
    """Remembers the first moment at which something was wrong."""

    def __init__(self, day: Day) -> None:
        self.moment: Moment | None = None
        self._day = day
        day.listeners.append(self._hear)

    def note_crash(self, day: Day, crash: str) -> None:
        """Remember where the program broke, unless something was wrong before."""
        if self.moment is None:
            self.moment = _moment(day, crash)

    def _hear(self, at: Instant, event: Event) -> None:
        del at, event
        if self.moment is None and self._day.oracle.violations:
            self.moment = _moment(self._day, str(self._day.oracle.violations[0]))


def _writer(journal: TextIO) -> Callable[[Entry], None]:
    def write(line: Entry) -> None:
        journal.write(f'{{"at":{line.at},"kind":"{line.kind}","body":{line.body}}}\n')

    return write


def _moment(day: Day, problem: str) -> Moment:
    robots = {robot.id: robot.node for robot in day.state().robots.values()}
    return Moment(day.heap.now, problem, robots)


class _Stopped(Exception):
    """Somebody pressed Ctrl-C."""


@contextmanager
def _ctrl_c() -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C be noticed between two steps of the day; the second one ends it."""
    pressed = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    try:
        before = signal.signal(signal.SIGINT, note)
    except ValueError:  # not in the main thread: whoever runs that one is told
        yield lambda: False
        return
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _progress(
    setting: Setting, day: Day, tell: Tell | None, stopped: Callable[[], bool]
) -> Callable[[], None]:
    scenario, start, begun = setting.scenario, day.heap.now, time.perf_counter()
    whole = scenario.lasts + scenario.calm

    def on_progress() -> None:
        if stopped():
            raise _Stopped
        if tell is not None:
            gone = day.heap.now - start
            pace = gone / 1_000 / max(1e-9, time.perf_counter() - begun)
            share = day.on_time_so_far()
            said = '' if share is None else f' · {share:.1%} on time'
            tell(gone / whole, f'{said_time(scenario, day.heap.now)}{said} · {pace:,.0f} x')

    return on_progress


def _instant(setting: Setting, start: Instant, until: int | None) -> Instant | None:
    if until is None:
        return None
    wanted = start - setting.scenario.starts + until
    return Instant(wanted if wanted > start else wanted + _DAY)


@contextmanager
def _store(kind: str) -> Iterator[Store | None]:
    """Give a real store on a file of its own, or None for memory."""
    if kind == MEMORY:
        yield None
        return
    from fleet_manager.adapters.db.store import open_store

    with tempfile.TemporaryDirectory(prefix='fleet-day-') as folder:
        store = open_store(f'sqlite:///{Path(folder) / "fleet.db"}')
        try:
            yield store
        finally:
            store.close()


def _said(error: Exception) -> str:
    """Say where the program broke, in one line; the place is enough to find it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    text = ' '.join(str(error).split())[:300]
    return f'{type(error).__name__}: {text} ({Path(last.filename).name}:{last.lineno})'
