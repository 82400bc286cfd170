"""The result of a day as JSON, for programs, and in a few lines, for people."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from fleet_manager.application.days.result import DayResult
from fleet_manager.entry.simulate.judge import Verdict

#: These feed the report; they are as long as the journal.
_LONG: Final = ('lines', 'trails', 'waiting_ms')


def summary(result: DayResult, *, reproduce: str) -> dict[str, Any]:
    """Return the figures of a day as plain data; `reproduce` is the line that gives them again."""
    row = asdict(result)
    for name in _LONG:
        del row[name]
    return {**row, 'reproduce': reproduce}


def as_json(row: dict[str, Any]) -> str:
    """Write figures as JSON."""
    return json.dumps(row, ensure_ascii=False, indent=1, allow_nan=False) + '\n'


def lines(result: DayResult) -> Iterator[str]:
    """Say how the day went, in a few lines."""
    hours = (result.ended_at - result.started_at) / 3_600_000
    pace = hours * 3600 / result.wall_seconds if result.wall_seconds else 0.0
    yield (
        f'{result.scenario}, seed {result.seed}, dispatch {result.dispatch}: '
        f'{hours:.1f} h in {result.wall_seconds:.1f} s ({pace:,.0f} x real time)'
    )
    ends = {
        'delivered': result.delivered,
        'returned': result.returned,
        'cancelled': result.cancelled,
        'expired': result.expired,
        'failed': result.failed,
        'open': result.open,
    }
    counts = ', '.join(f'{count} {name}' for name, count in ends.items() if count)
    yield f'{result.accepted} accepted: {counts or "none yet"}; {result.by_porter} by porters'
    shares = [('all', result.on_time), *((c.name, c.on_time) for c in result.by_urgency if c.n)]
    said = ', '.join(f'{name} {share:.2%}' for name, share in shares if share is not None)
    yield f'on time: {said or "nothing to measure"}'
    if result.lifts:
        lifts = (f'{lift.lift} {lift.utilisation:.0%} of {lift.rides}' for lift in result.lifts)
        yield f'lifts (used, rides): {", ".join(lifts)}'
    yield (
        f'{result.parcels_per_run:.2f} parcels a run, {result.replans_per_delivery:.2f} replans '
        f'a delivery, {result.alerts_per_hour:.2f} alerts an hour, '
        f'{sum(result.faults.values())} faults'
    )
    yield f'journal {result.events} events, sha256 {result.journal_sha256}'


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a JUnit file: `problem` is '' where it passed."""

    suite: str
    name: str
    problem: str = ''
    details: str = ''
    seconds: float = 0.0


def cases_of(result: DayResult, found: Sequence[Verdict], *, reproduce: str) -> list[Case]:
    """Return a case for each verdict; a failed one holds the line that shows it again."""
    suite = f'{result.scenario}.seed{result.seed}'
    details = '\n'.join((f'reproduce: {reproduce}', *result.violations))
    return [Case(suite, v.name, v.problem, details if v.problem else '') for v in found]


def junit(cases: Sequence[Case], *, seconds: float) -> str:
    """Write cases as JUnit XML."""
    failures = sum(1 for case in cases if case.problem)
    totals = {'tests': str(len(cases)), 'failures': str(failures), 'time': f'{seconds:.3f}'}
    root = ET.Element('testsuites', totals)
    suite = ET.SubElement(root, 'testsuite', {'name': 'fleet simulate', **totals})
    for case in cases:
        named = {'classname': case.suite, 'name': case.name, 'time': f'{case.seconds:.3f}'}
        element = ET.SubElement(suite, 'testcase', named)
        if case.problem:
            failure = ET.SubElement(element, 'failure', {'message': case.problem})
            failure.text = case.details
    ET.indent(root)
    return ET.tostring(root, encoding='unicode', xml_declaration=True) + '\n'
