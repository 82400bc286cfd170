"""Writes a scenario so that `load_scenario` reads the same one: whole, without `extends`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import yaml

from fleet_manager.application.days.scenario import Fault, Round, Scenario
from fleet_manager.domain.units import HOUR, MINUTE, SECOND

_UNITS: Final = ((HOUR, 'h'), (MINUTE, 'min'), (SECOND, 's'), (1, 'ms'))
#: Spans of people at work, in the order in which they are written.
_SPREADS: Final = ('come', 'come_department', 'load', 'each_more', 'sign')


def save_scenario(file: Path, scenario: Scenario) -> None:
    """Write `scenario`; its hospital is named from the file's folder. Raises OSError."""
    raw = _raw(scenario, file.parent)
    text = yaml.safe_dump(raw, allow_unicode=True, sort_keys=False, width=99)
    file.write_text(text, 'utf-8')


def _raw(scenario: Scenario, folder: Path) -> dict[str, Any]:
    raw: dict[str, Any] = {'title': dict(scenario.title)} if scenario.title else {}
    if scenario.generated is not None:
        raw['generated'] = asdict(scenario.generated)
    else:
        raw['hospital'] = os.path.relpath(scenario.hospital, folder)
    fleet = asdict(scenario.fleet) | {'battery': list(scenario.fleet.battery)}
    return raw | {
        'fleet': fleet,
        'starts': _time(scenario.starts),
        'lasts': _span(scenario.lasts),
        'calm': _span(scenario.calm),
        'utc_offset': _span(scenario.utc_offset),
        'seed': scenario.seed,
        'dispatch': str(scenario.dispatch),
        'stat_reserve': list(scenario.stat_reserve) or 0,
        'demand': _demand(scenario),
        'staff': _staff(scenario),
        'motion': asdict(scenario.motion),
        'corridors': {
            'clutter': list(scenario.corridors.clutter),
            'metres_per_stop': scenario.corridors.metres_per_stop,
            'stop': _spans(scenario.corridors.stop),
        },
        'lift_people': {
            access: asdict(people) | {'trips': [float(trips) for trips in people.trips]}
            for access, people in scenario.lift_people.items()
        },
        'network': {
            'loss': scenario.network.loss,
            'duplicates': scenario.network.duplicates,
            'delay': _span(scenario.network.delay_ms),
        },
        'faults': [_fault(fault) for fault in scenario.faults],
        'expect': asdict(scenario.expect),
    }


def _demand(scenario: Scenario) -> dict[str, Any]:
    demand = scenario.demand
    return {
        'factor': demand.factor,
        'goods': {
            one.goods: {
                'count': one.count,
                'hours': list(one.hours),
                'raised': one.raised,
                'senders': list(one.senders),
                'recipients': list(one.recipients),
            }
            for one in demand.goods
        },
        'rounds': [_round(one) for one in demand.rounds],
        'requests': [asdict(one) | {'at': _time(one.at)} for one in demand.requests],
    }


def _round(one: Round) -> dict[str, Any]:
    times = {'at': _time(one.at), 'by': _time(one.by), 'ahead': _span(one.ahead)}
    ends = {'senders': list(one.senders), 'recipients': list(one.recipients)}
    return {'goods': one.goods, **times, **ends}


def _staff(scenario: Scenario) -> Mapping[str, Any]:
    staff = scenario.staff
    spreads = {name: _spans(getattr(staff, name)) for name in _SPREADS}
    return asdict(staff) | {'night': list(staff.night)} | spreads


def _fault(fault: Fault) -> dict[str, Any]:
    when = {'at': _time(fault.at)} if fault.at >= 0 else {'per_day': fault.per_day}
    subject = {'subject': fault.subject} if fault.subject else {}
    return {'kind': str(fault.kind), **when, 'lasts': _spans(fault.lasts), **subject}


def _spans(spread: tuple[int, ...]) -> list[str]:
    return [_span(span) for span in spread]


def _span(span: int) -> str:
    unit, word = next((unit, word) for unit, word in _UNITS if span % unit == 0)
    return f'{span // unit}{word}' if span else '0s'


def _time(at: int) -> str:
    seconds = at // SECOND
    return f'{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}'
