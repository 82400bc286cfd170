"""One simulated day as one self-contained page: no network, no other file, no script needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import jinja2

from fleet_manager.adapters.files.day_report import causes, colours, columns, lifts, strings
from fleet_manager.adapters.files.day_report.heat import heat
from fleet_manager.adapters.files.day_report.parts import (
    Clock,
    Pair,
    both,
    minutes,
    number,
    percent,
    words,
)
from fleet_manager.adapters.files.day_report.places import Places
from fleet_manager.adapters.files.day_report.verdict import broken, tiles, verdict
from fleet_manager.adapters.files.day_report.words import known, said
from fleet_manager.adapters.files.drawing import palette
from fleet_manager.adapters.files.drawing.words import Lang
from fleet_manager.application.days.result import (
    ClassResult,
    DayResult,
    Late,
    LiftResult,
    RobotResult,
)
from fleet_manager.application.days.scenario import Scenario
from fleet_manager.domain.deliveries.goods import Urgency
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import MINUTE

_HERE: Final = Path(__file__).parent
#: Late deliveries and violations listed: more nobody reads, and the JSON file has them all.
MAX_LATE: Final = 150
MAX_VIOLATIONS: Final = 40


def draw_day(
    result: DayResult, hospital: Hospital, scenario: Scenario, *, command: str, lang: Lang
) -> str:
    """Return the page about a day, in both languages, that opens in `lang`.

    `command` is the line that gives the same day again.
    """
    clock, places = Clock(scenario.utc_offset), Places(hospital)
    return render(
        'day.html',
        lang,
        title=_title(scenario),
        result=result,
        hospital=(hospital.name.en, hospital.name.zh),
        facts=_facts(result, hospital, clock),
        partial=said('partial', time=clock.time(result.ended_at)) if result.partial else None,
        verdict=verdict(result, scenario.expect),
        broken=broken(result),
        violations=result.violations[:MAX_VIOLATIONS],
        violations_more=max(0, len(result.violations) - MAX_VIOLATIONS),
        tiles=tiles(result, scenario.expect),
        classes=_classes(result),
        hours=columns.hours_chart(result, clock),
        spreads=columns.spread_charts(result),
        lifts=[_lift(one) for one in result.lifts],
        matrices=lifts.matrices(result, clock),
        **_busiest(result, hospital, clock),
        **_story(result, hospital, places, clock),
        heat=heat(result.waiting_ms, hospital, places),
        causes=causes.by_cause(result.causes),
        times=causes.by_class(result.late, [one.value for one in Urgency]),
        legend=causes.legend(cause for one in result.late for cause in one.causes),
        robots=_robots(result),
        late=[_late(one, places, clock) for one in result.late[:MAX_LATE]],
        late_more=max(0, len(result.late) - MAX_LATE),
        faults=[(known('f', name), count) for name, count in sorted(result.faults.items())],
        sometimes=sorted(result.sometimes.items()),
        never=sorted(name for name, count in result.sometimes.items() if not count),
        command=command,
        size=_size(result),
    )


def render(template: str, lang: Lang, **values: Any) -> str:
    """Return a page of this package from its template."""
    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.globals.update(both=both, words=words, percent=percent, number=number)
    return pages.get_template(template).render(
        lang='zh-CN' if lang == 'zh' else 'en',
        style=_style(),
        script=(_HERE / 'page.js').read_text('utf-8'),
        **values,
    )


def _style() -> str:
    light, dark = (palette.variables(theme) + colours.variables(theme) for theme in (0, 1))
    page = (_HERE / 'page.css').read_text('utf-8')
    dark_first = f':root:not([data-theme=light]){{{dark}color-scheme:dark}}'
    return (
        f':root{{{light}color-scheme:light}}\n'
        f'@media screen and (prefers-color-scheme:dark){{{dark_first}}}\n'
        f'@media screen{{:root[data-theme=dark]{{{dark}color-scheme:dark}}}}\n'
        f'{palette.drawing_css()}{page}'
    )


def _title(scenario: Scenario) -> Pair:
    english = scenario.title.get('en') or scenario.name
    return english, scenario.title.get('zh') or english


def _facts(result: DayResult, hospital: Hospital, clock: Clock) -> list[Pair]:
    begin, end = clock.date(result.started_at), clock.date(result.ended_at)
    return [
        said('span', begin=begin, end=end),
        said('robots_n', n=len(result.robots)),
        said('lifts_n', n=len(hospital.lifts)),
        said('dispatch', name=result.dispatch),
        said('seed', seed=result.seed),
    ]


def _classes(result: DayResult) -> list[dict[str, Any]]:
    rows = [_class(one, 'u') for one in result.by_urgency]
    return rows + [_class(one, 'g') for one in result.by_goods]


def _class(one: ClassResult, prefix: str) -> dict[str, Any]:
    share = one.on_time
    return {
        'kind': prefix,
        'name': known(prefix, one.name),
        'n': f'{one.n:,}',
        'late': round(one.n * (1 - share)) if share is not None else 0,
        'share': percent(share),
        'bar': 0.0 if share is None else round(100 * share, 2),
        'arrival': [number(v) for v in (one.to_arrival.p50, one.to_arrival.p95)]
        + [number(one.to_arrival.max, 0)],
        'signature': [number(v) for v in (one.to_signature.p50, one.to_signature.p95)]
        + [number(one.to_signature.max, 0)],
    }


def _lift(one: LiftResult) -> dict[str, Any]:
    ends = [(known('o', name), n) for name, n in one.outcomes.items() if name != 'done']
    return {
        'name': one.lift,
        'rides': f'{one.rides:,}',
        'used': percent(one.utilisation),
        'bar': round(100 * one.utilisation, 1),
        'wait': [number(v) for v in (one.wait.p50, one.wait.p95, one.wait.max)],
        'ends': ends,
    }


def _busiest(result: DayResult, hospital: Hospital, clock: Clock) -> dict[str, Any]:
    hour = lifts.busiest_hour(result)
    if hour is None:
        return {'busiest': '', 'board': None, 'floors': None}
    begin = clock.begin_of(result.started_at, hour)
    return {
        'busiest': clock.hour(hour),
        'board': lifts.board(result, hospital, clock, begin),
        'floors': strings.floors_chart(result, hospital, clock, begin),
    }


def _story(result: DayResult, hospital: Hospital, places: Places, clock: Clock) -> dict[str, Any]:
    story = strings.choose(result)
    drawn = strings.story_chart(story, result, hospital, clock) if story else None
    if story is None or drawn is None:
        return {'story': None}
    chart, stands = drawn
    one = story.line
    if story.late is not None:
        note = said('s_worst_late', late=minutes(story.late.late_ms))
    else:
        took = (one.arrived_at or 0) - (one.ready_at or one.requested_at)
        note = said('s_worst_slow', took=minutes(took))
    return {
        'story': {
            'delivery': one.delivery,
            'robot': one.robot,
            'note': note,
            'why': causes.why(story.late) if story.late is not None else None,
            'sender': places.station(one.sender),
            'recipient': places.station(one.recipient),
            'drawn': chart,
            'stands': [(places.node(one.node), minutes(one.span)) for one in stands],
        }
    }


def _robots(result: DayResult) -> list[dict[str, Any]]:
    most = max((one.metres_loaded + one.metres_empty for one in result.robots), default=0.0) or 1.0
    return [_robot(one, most) for one in result.robots]


def _robot(one: RobotResult, most: float) -> dict[str, Any]:
    busy, charging = 100 * one.busy, 100 * one.charging
    return {
        'name': one.robot,
        'busy': round(busy, 1),
        'charging': round(min(charging, 100 - busy), 1),
        'said': percent(one.busy),
        'loaded': round(100 * one.metres_loaded / most, 1),
        'empty': round(100 * one.metres_empty / most, 1),
        'km': number((one.metres_loaded + one.metres_empty) / 1e3),
        'parcels': one.parcels,
        'runs': one.runs,
        'battery': percent(one.lowest_battery),
        'low': one.lowest_battery is not None and one.lowest_battery < 0.15,
    }


def _late(one: Late, places: Places, clock: Clock) -> dict[str, Any]:
    return {
        'delivery': one.delivery,
        'asked': clock.time(one.ready_at or one.requested_at),
        'goods': known('g', one.goods),
        'urgency': known('u', one.urgency),
        'sender': places.station(one.sender),
        'recipient': places.station(one.recipient),
        'robot': one.robot,
        'late': minutes(one.late_ms),
        'why': causes.why(one),
        'parts': causes.stacked(one.causes),
    }


def _size(result: DayResult) -> Pair:
    span = (result.ended_at - result.started_at) / MINUTE * 60
    pace = span / result.wall_seconds if result.wall_seconds else 0.0
    return said(
        'size',
        events=f'{result.events:,}',
        ticks=f'{result.ticks:,}',
        wall=number(result.wall_seconds),
        pace=number(pace, 0),
    )
