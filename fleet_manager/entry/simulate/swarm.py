"""Many seeds of one scenario, on all cores or on a Dask cluster; what fails is kept.

Seeds that were played are noted in `seeds.jsonl` with what they were played with, so that a swarm
that was broken off goes on where it was, and one of another program or scenario begins anew.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from fleet_manager import __version__
from fleet_manager.entry.simulate import artifacts
from fleet_manager.entry.simulate.play import MEMORY, SQLITE, play
from fleet_manager.entry.simulate.setting import Setting, Wish, load_setting

SEEDS: Final = 'seeds.jsonl'
#: A real store on a real file for one seed in so many: slower, and the code that ships.
SQLITE_EVERY: Final = 50


@dataclass(frozen=True, slots=True)
class Task:
    """One seed to play: what a worker needs, small enough to send."""

    file: str
    wish: Wish
    seed: int
    store: str
    artifacts: str = ''


@dataclass(frozen=True, slots=True)
class Line:
    """What came of one seed."""

    seed: int
    store: str
    problems: tuple[str, ...]
    reproduce: str
    accepted: int
    open: int
    on_time: float | None
    violations: int
    faults: dict[str, int]
    sometimes: dict[str, int]
    journal_sha256: str
    wall_seconds: float
    key: str = ''

    @property
    def is_good(self) -> bool:
        """Whether everything held."""
        return not self.problems


@dataclass(slots=True)
class Tally:
    """What came of all seeds so far."""

    lines: list[Line] = field(default_factory=list)
    sometimes: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def add(self, line: Line) -> None:
        """Count one more seed."""
        self.lines.append(line)
        self.faults.update(line.faults)
        # Of how many seeds, not how often: one wild day is no proof.
        self.sometimes.update({name: int(count > 0) for name, count in line.sometimes.items()})

    @property
    def failed(self) -> list[Line]:
        """The seeds that failed, in order."""
        return sorted((one for one in self.lines if not one.is_good), key=lambda one: one.seed)

    @property
    def never(self) -> list[str]:
        """The dangerous states no seed reached."""
        return sorted(name for name, seeds in self.sometimes.items() if seeds == 0)


def key_of(setting: Setting) -> str:
    """Return what a seed was played with, as a hash: program, scenario and hospital."""
    text = f'{__version__} {setting.scenario!r} {setting.hospital.version}'
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def store_of(wanted: str, seed: int) -> str:
    """Return the store of a seed: as wanted, or the real one now and then."""
    return wanted or (SQLITE if seed % SQLITE_EVERY == 0 else MEMORY)


def play_seed(task: Task) -> Line:
    """Play one seed; a failing one is played again with its journal, for its folder."""
    setting = _setting(task.file, task.wish)
    played = play(setting, seed=task.seed, store=task.store)
    result = played.result
    line = artifacts.reproduce(
        setting, task.wish, seed=task.seed, store=task.store, moment=played.moment
    )
    if not played.is_good and task.artifacts:
        folder = artifacts.folder_of(Path(task.artifacts), setting, task.seed)
        with artifacts.journal_in(folder) as journal:
            again = play(setting, seed=task.seed, store=task.store, journal=journal)
        artifacts.keep(folder, setting, again, line=line)
    return Line(
        seed=task.seed,
        store=task.store,
        problems=result.unmet,
        reproduce=line,
        accepted=result.accepted,
        open=result.open,
        on_time=result.on_time,
        violations=len(result.violations),
        faults=dict(result.faults),
        sometimes=dict(result.sometimes),
        journal_sha256=result.journal_sha256,
        wall_seconds=result.wall_seconds,
        key=key_of(setting),
    )


def earlier(file: Path, key: str) -> list[Line]:
    """Return the seeds noted in `file` that were played with the same things."""
    if not file.is_file():
        return []
    found = {}
    for text in file.read_text('utf-8').splitlines():
        try:
            row = json.loads(text)
        except json.JSONDecodeError:
            continue  # the last line of a swarm that was killed
        if row.get('key') == key:
            found[row['seed']] = Line(**{**row, 'problems': tuple(row['problems'])})
    return list(found.values())


def noted(line: Line) -> str:
    """Return the line of `seeds.jsonl`."""
    return json.dumps(asdict(line), ensure_ascii=False) + '\n'


def swarm_row(tally: Tally, *, scenario: str, seconds: float, complete: bool) -> dict[str, Any]:
    """Return what came of a swarm, for programs."""
    return {
        'scenario': scenario,
        'version': __version__,
        'seeds': len(tally.lines),
        'complete': complete,
        'failed': [asdict(line) for line in tally.failed],
        'violations': sum(line.violations for line in tally.lines),
        'accepted': sum(line.accepted for line in tally.lines),
        'faults': dict(sorted(tally.faults.items())),
        'sometimes': dict(sorted(tally.sometimes.items())),
        'never': tally.never,
        'wall_seconds': round(seconds, 3),
    }


@lru_cache(maxsize=1)
def _setting(file: str, wish: Wish) -> Setting:
    return load_setting(file, wish)
