"""The table: on the terminal, in results.json, and in the READMEs between two markers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.figure import Figure
from benchmarks.machine import Machine

ROOT: Final = Path(__file__).resolve().parents[1]
#: As in the table: what people feel first.
ORDER: Final = (
    'assignment',
    'view_age',
    'ward',
    'recovery',
    'kernel',
    'store',
    'maps',
    'traffic',
    'traffic_runs',
    'runs',
    'days',
    'mutations',
    'grids',
    'gazebo',
    'demo_cost',
)
RESULTS: Final = ROOT / 'benchmarks' / 'results.json'
_BETWEEN: Final = re.compile(r'(<!-- figures -->\n).*?(<!-- /figures -->)', re.DOTALL)
_HEADS: Final = {'en': ('measured', 'result'), 'zh': ('测量项', '结果')}
_NOTES: Final = {
    'en': 'Measured with `make bench` on {date}: {machine}.',
    'zh': '由 `make bench` 于 {date} 测得：{machine}。',
}
_BUSY: Final = {'en': ' The machine had other work at the time.', 'zh': '测量时本机另有负载。'}
_QUICK: Final = {
    'en': ' Some of it with few samples (`--quick`).',
    'zh': '部分为快速测量（`--quick`）。',
}


def lines(figures: Sequence[Figure]) -> list[str]:
    """Return the figures for a terminal."""
    return [f'  {one.en:<62} {one.text()}  (n={one.samples})' for one in figures]


def keep(
    name: str, figures: Sequence[Figure], machine: Machine, *, quick: bool, busy: bool
) -> None:
    """Keep the figures of a benchmark in the place of those that were measured before."""
    kept = _read()
    kept[name] = {
        'date': datetime.now(UTC).date().isoformat(),
        'quick': quick,
        'busy': busy,
        'machine': machine.json(),
        'figures': [_row(figure) for figure in figures],
    }
    ordered = {one: kept[one] for one in sorted(kept, key=ORDER.index)}
    RESULTS.write_text(json.dumps(ordered, ensure_ascii=False, indent=2) + '\n', 'utf-8')


def publish() -> list[str]:
    """Put the figures into each README that has the markers; return the names of those.

    Those of another machine do not compare: each machine has a table of its own.
    """
    changed, measured = [], _by_machine(_read())
    for name, language in (('README.md', 'en'), ('README.zh.md', 'zh')):
        file = ROOT / name
        if not file.exists():
            continue
        text = file.read_text('utf-8')
        tables = '\n\n'.join(_table(*one, language) for one in measured.items())
        new, found = _BETWEEN.subn(lambda m, t=tables: f'{m[1]}{t}\n{m[2]}', text)
        if found:
            file.write_text(new, 'utf-8')
            changed.append(name)
    return changed


def _by_machine(entries: Mapping[str, Any]) -> Mapping[Machine, Mapping[str, Any]]:
    found: dict[Machine, dict[str, Any]] = {}
    for name, entry in entries.items():
        found.setdefault(Machine(**entry['machine']), {})[name] = entry
    return found


def _table(machine: Machine, entries: Mapping[str, Any], language: str) -> str:
    """Return the table of what was measured on one machine."""
    left, right = _HEADS[language]
    rows = [f'| {left} | {right} |', '|---|---|']
    for entry in entries.values():
        for row in entry['figures']:
            figure = Figure(**row)
            title = figure.zh if language == 'zh' else figure.en
            rows.append(f'| {title} | {figure.text(language)} |')
    dates = sorted({entry['date'] for entry in entries.values()})
    date = dates[-1] if len(dates) < 2 else f'{dates[0]} … {dates[-1]}'
    note = _NOTES[language].format(date=date, machine=machine)
    if any(entry['quick'] for entry in entries.values()):
        note += _QUICK[language]
    if any(entry['busy'] for entry in entries.values()):
        note += _BUSY[language]
    return '\n'.join([*rows, '', note])


def _row(figure: Figure) -> dict[str, Any]:
    return {
        'key': figure.key,
        'en': figure.en,
        'zh': figure.zh,
        'unit': figure.unit,
        'values': {name: float(f'{value:.4g}') for name, value in figure.values.items()},
        'samples': figure.samples,
        'units': dict(figure.units),
    }


def _read() -> dict[str, Any]:
    if not RESULTS.exists():
        return {}
    found: dict[str, Any] = json.loads(RESULTS.read_text('utf-8'))
    return found
