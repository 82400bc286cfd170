"""Makes a scenario of plain data; notes every problem, each with what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fleet_manager.adapters.files.scenario.words import (
    DAY_HOURS,
    MAX_SPAN,
    hours,
    offset,
    share,
    span,
    time,
)
from fleet_manager.application.days.scenario import (
    LIFT_PEOPLE,
    Corridors,
    Demand,
    Expectations,
    Fault,
    FaultKind,
    Fleet,
    Generated,
    GoodsDemand,
    Hours,
    LiftPeople,
    Motion,
    Network,
    Request,
    Round,
    Scenario,
    Spread,
    Staff,
)
from fleet_manager.domain.dispatch.policy import Dispatch
from fleet_manager.domain.ids import MAX_ID_LENGTH
from fleet_manager.domain.maps.fields import Fields, Unfit
from fleet_manager.domain.maps.problems import Findings, did_you_mean
from fleet_manager.domain.maps.words import ACCESSES, GOODS_CLASSES
from fleet_manager.domain.units import SECOND

#: Most requests of one goods class in a day, and most written one by one.
MAX_COUNT: Final = 100_000
#: A fault more often than every few seconds is a slip of the pen.
MAX_PER_DAY: Final = 10_000.0
MAX_FACTOR: Final = 100.0
MAX_ROBOTS: Final = 500
MAX_SEED: Final = 2**31 - 1
#: Longest a message is under way.
_MAX_DELAY: Final = 60 * SECOND
_MAX_PATH: Final = 1_000

_DEFAULT: Final = Scenario('', '')
_LASTS: Final = Fault(FaultKind.DOUBLE_CLICK).lasts
_NO_HOURS: Final[Hours] = (1.0,) * DAY_HOURS
#: A reserve is a number of robots an hour, not a weight.
_MAX_RESERVE: Final = 100


def read_scenario(raw: Mapping[str, Any], name: str, findings: Findings) -> Scenario:
    """Return the scenario in `raw`; with errors in the findings it is not to be used."""
    fields = Fields(raw, (), findings)
    generated = _generated(fields)
    hospital = fields.text('hospital', longest=_MAX_PATH, default='')
    if not hospital and generated is None:
        findings.error(
            (), 'missing_field', 'names no hospital', 'add `hospital: ../maps/…` or `generated: …`'
        )
    if hospital and generated is not None:
        mend = 'write one of the two, and the other one empty'
        findings.error(('generated',), 'two_hospitals', 'stands beside `hospital`', mend)
    scenario = Scenario(
        name=name,
        hospital=hospital,
        title=_title(fields),
        generated=generated,
        fleet=_fleet(fields),
        starts=fields.parsed('starts', time, _DEFAULT.starts),
        lasts=fields.parsed('lasts', span, _DEFAULT.lasts),
        calm=fields.parsed('calm', span, _DEFAULT.calm),
        utc_offset=fields.parsed('utc_offset', offset, _DEFAULT.utc_offset),
        seed=_integer(fields, 'seed', 0, MAX_SEED, _DEFAULT.seed),
        demand=_demand(fields, findings),
        staff=_staff(fields),
        motion=_motion(fields),
        corridors=_corridors(fields),
        lift_people=_lift_people(fields),
        network=_network(fields),
        faults=_faults(fields, findings),
        expect=_expect(fields),
        dispatch=fields.choice('dispatch', [str(d) for d in Dispatch], default=_DEFAULT.dispatch),
        stat_reserve=fields.parsed('stat_reserve', _reserve, _DEFAULT.stat_reserve),
    )
    if scenario.lasts == 0:
        findings.error(('lasts',), 'wrong_value', 'is no time', 'write a span such as 24h')
    fields.finish()
    return scenario


def _title(fields: Fields) -> dict[str, str]:
    if not fields.has('title'):
        fields.text('title', default='')
        return {}
    name = fields.name('title')
    return {'zh': name.zh, 'en': name.en}


def _generated(fields: Fields) -> Generated | None:
    inner = _part(fields, 'generated')
    if inner is None:
        return None
    found = Generated(
        floors=inner.integer('floors', 4, 40),
        robots=inner.integer('robots', 1, MAX_ROBOTS),
        seed=_integer(inner, 'seed', 0, MAX_SEED, 1),
    )
    inner.finish()
    return found


def _fleet(fields: Fields) -> Fleet:
    inner = _part(fields, 'fleet')
    if inner is None:
        return Fleet()
    default = Fleet()
    low, high = inner.parsed_list('battery', share, 2, default.battery)
    if low > high:
        inner.refuse('battery', 'ends below its beginning', 'write [lowest, highest]')
    found = Fleet(
        robots=_integer(inner, 'robots', 0, MAX_ROBOTS, default.robots),
        battery=(low, high),
        one_parcel=inner.flag('one_parcel', default=default.one_parcel),
    )
    inner.finish()
    return found


def _demand(fields: Fields, findings: Findings) -> Demand:
    inner = _part(fields, 'demand')
    if inner is None:
        return Demand()
    found = Demand(
        goods=tuple(
            _goods(name, one, findings) for name, one in inner.entries('goods', needed=False)
        ),
        rounds=tuple(_round(one) for one in _elements(inner, 'rounds')),
        requests=tuple(_request(one) for one in _elements(inner, 'requests')),
        factor=inner.number('factor', 0.0, MAX_FACTOR, default=1.0),
    )
    inner.finish()
    return found


def _goods(name: str, fields: Fields, findings: Findings) -> GoodsDemand:
    if name not in GOODS_CLASSES:
        classes = f'choose one of: {", ".join(GOODS_CLASSES)}'
        mend = did_you_mean(name, GOODS_CLASSES, classes)
        findings.error(fields.path, 'unknown_word', f'{name!r} is no goods class', mend)
    found = GoodsDemand(
        goods=name,
        count=fields.integer('count', 0, MAX_COUNT),
        hours=fields.parsed('hours', hours, _NO_HOURS),
        raised=fields.parsed('raised', share, 0.0),
        senders=fields.identifiers('senders', needed=False),
        recipients=fields.identifiers('recipients', needed=False),
    )
    if found.count and not sum(found.hours):
        fields.refuse('hours', 'weighs 0 at every hour', 'give some hours a weight')
    fields.finish()
    return found


def _round(fields: Fields) -> Round:
    found = Round(
        goods=fields.choice('goods', GOODS_CLASSES),
        at=fields.parsed('at', time, 0, needed=True),
        by=fields.parsed('by', time, MAX_SPAN, needed=True),
        ahead=fields.parsed('ahead', span, 0),
        senders=fields.identifiers('senders', needed=False),
        recipients=fields.identifiers('recipients', needed=False),
    )
    if found.by == found.at:
        fields.refuse(
            'by', 'is when it begins', 'write a later time; an earlier one is on the next day'
        )
    fields.finish()
    return found


def _request(fields: Fields) -> Request:
    found = Request(
        at=fields.parsed('at', time, 0, needed=True),
        goods=fields.choice('goods', GOODS_CLASSES),
        sender=fields.identifier('sender'),
        recipient=fields.identifier('recipient'),
        raised=fields.flag('raised', default=False),
    )
    fields.finish()
    return found


def _staff(fields: Fields) -> Staff:
    inner = _part(fields, 'staff')
    if inner is None:
        return Staff()
    default = Staff()
    night = inner.parsed_list('night', _hour, 2, default.night)
    found = Staff(
        come=_spread(inner, 'come', default.come),
        come_department=_spread(inner, 'come_department', default.come_department),
        night=(night[0], night[1]),
        night_factor=inner.number('night_factor', 0.1, 20.0, default=default.night_factor),
        load=_spread(inner, 'load', default.load),
        each_more=_spread(inner, 'each_more', default.each_more),
        sign=_spread(inner, 'sign', default.sign),
        never_load=inner.parsed('never_load', share, default.never_load),
        never_take=inner.parsed('never_take', share, default.never_take),
        close_again=inner.parsed('close_again', share, default.close_again),
        refuse=inner.parsed('refuse', share, default.refuse),
        put_off=inner.parsed('put_off', share, default.put_off),
        cancel=inner.parsed('cancel', share, default.cancel),
        rate=inner.parsed('rate', share, default.rate),
    )
    inner.finish()
    return found


def _motion(fields: Fields) -> Motion:
    inner = _part(fields, 'motion')
    default = Motion()
    if inner is None:
        return default
    figures = {
        name: inner.number(name, 0.0, 60.0, default=getattr(default, name))
        for name in ('node', 'turn', 'start', 'stop')
    }
    inner.finish()
    return Motion(**figures)


def _corridors(fields: Fields) -> Corridors:
    inner = _part(fields, 'corridors')
    if inner is None:
        return Corridors()
    default = Corridors()
    found = Corridors(
        clutter=inner.parsed('clutter', _clutter, default.clutter),
        metres_per_stop=inner.number('metres_per_stop', 1.0, 1e6, default=default.metres_per_stop),
        stop=_spread(inner, 'stop', default.stop),
    )
    inner.finish()
    return found


def _lift_people(fields: Fields) -> dict[str, LiftPeople]:
    """Return the people at lifts; an access that is not written has those of the default."""
    found = dict(LIFT_PEOPLE)
    inner = _part(fields, 'lift_people')
    if inner is None:
        return found
    for access in ACCESSES:
        one = _part(inner, access)
        if one is not None:
            default = found[access]
            found[access] = LiftPeople(
                trips=one.parsed('trips', hours, default.trips),
                held=one.parsed('held', share, default.held),
                step_in=one.parsed('step_in', share, default.step_in),
                tells=one.flag('tells', default=default.tells),
            )
            one.finish()
    inner.finish()
    return found


def _network(fields: Fields) -> Network:
    inner = _part(fields, 'network')
    if inner is None:
        return Network()
    found = Network(
        loss=inner.parsed('loss', share, 0.0),
        duplicates=inner.parsed('duplicates', share, 0.0),
        delay_ms=inner.parsed('delay', _delay, 0),
    )
    inner.finish()
    return found


def _faults(fields: Fields, findings: Findings) -> tuple[Fault, ...]:
    found = []
    for one in _elements(fields, 'faults'):
        kind = one.choice('kind', [str(k) for k in FaultKind])
        fault = Fault(
            kind=FaultKind(kind or FaultKind.DOUBLE_CLICK),
            at=one.parsed('at', time, -1),
            per_day=one.number('per_day', 0.0, MAX_PER_DAY, default=0.0),
            lasts=_spread(one, 'lasts', _LASTS),
            subject=one.text('subject', longest=MAX_ID_LENGTH, default=''),
        )
        if (fault.at >= 0) == (fault.per_day > 0):
            problem = 'has a time and a rate' if fault.at >= 0 else 'never happens'
            mend = "write `at: '10:15'` or `per_day: 2`"
            findings.error(one.path, 'wrong_value', problem, mend)
        one.finish()
        found.append(fault)
    return tuple(found)


def _expect(fields: Fields) -> Expectations:
    inner = _part(fields, 'expect')
    if inner is None:
        return Expectations()
    default = Expectations()
    found = Expectations(
        on_time=inner.parsed('on_time', share, default.on_time),
        on_time_urgent=inner.parsed('on_time_urgent', share, default.on_time_urgent),
        violations=_integer(inner, 'violations', 0, MAX_COUNT, default.violations),
        lost=_integer(inner, 'lost', 0, MAX_COUNT, default.lost),
        alerts_per_hour=inner.number('alerts_per_hour', 0.0, 1e4, default=default.alerts_per_hour),
        still_open=_integer(inner, 'still_open', -1, MAX_COUNT, default.still_open),
    )
    inner.finish()
    return found


def _part(fields: Fields, key: str) -> Fields | None:
    """Return the fields of a part that may be left out."""
    if not fields.has(key):
        fields.text(key, default='')
        return None
    return fields.section(key)


def _elements(fields: Fields, key: str) -> list[Fields]:
    """Return the elements of a list that may be left out."""
    if not fields.has(key):
        fields.text(key, default='')
        return []
    return list(fields.elements(key))


def _integer(fields: Fields, key: str, low: int, high: int, default: int) -> int:
    if not fields.has(key):
        fields.text(key, default='')
        return default
    return fields.integer(key, low, high)


def _spread(fields: Fields, key: str, default: Spread) -> Spread:
    """Read soonest, usual and latest of a span, in this order."""
    low, mode, high = fields.parsed_list(key, span, 3, default)
    if not low <= mode <= high:
        fields.refuse(key, 'is not in order', 'write [soonest, usual, latest]')
    return low, mode, high


def _clutter(value: object) -> Hours:
    found = hours(value)
    if not all(0.1 <= part <= 1.0 for part in found):
        raise Unfit('write a share of the full speed from 0.1 to 1 for every hour')
    return found


def _delay(value: object) -> int:
    found = span(value)
    if found > _MAX_DELAY:
        raise Unfit('write a span of 60s at most')
    return found


def _hour(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < DAY_HOURS:
        raise Unfit('write an hour from 0 to 23')
    return value


def _reserve(value: object) -> tuple[int, ...]:
    found = hours([value] * DAY_HOURS if isinstance(value, int) else value)
    if any(robots != int(robots) or robots > _MAX_RESERVE for robots in found):
        raise Unfit(f'write whole numbers of robots by the hour, up to {_MAX_RESERVE}')
    return tuple(int(robots) for robots in found) if any(found) else ()
