"""A report needs nothing but itself, escapes what people named, and says how the day went."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fleet_manager.adapters.files.day_report import draw_comparison, draw_day
from fleet_manager.adapters.files.day_report.causes import GROUPS, stacked, why
from fleet_manager.adapters.files.day_report.colours import COLOURS
from fleet_manager.adapters.files.day_report.columns import hours_chart
from fleet_manager.adapters.files.day_report.lifts import Use, busiest_hour, lift_uses, matrices
from fleet_manager.adapters.files.day_report.page import MAX_LATE
from fleet_manager.adapters.files.day_report.parts import Clock, minutes, percent, ticks
from fleet_manager.adapters.files.day_report.places import Places
from fleet_manager.adapters.files.day_report.words import TEXTS
from fleet_manager.adapters.files.drawing.palette import COLOURS as SHEET
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.application.days.follow import Cause
from fleet_manager.application.days.result import ClassResult, DayResult, Late, Trail
from fleet_manager.application.days.scenario import Expectations, FaultKind, Scenario
from fleet_manager.domain.deliveries.goods import GOODS, Urgency
from fleet_manager.domain.maps.model import Hospital, Name
from fleet_manager.domain.messages import LiftOutcome
from fleet_manager.domain.units import HOUR, MINUTE
from tests.adapters.files.day_report.made_up import MIDNIGHT, made_up, scenario
from tests.contrast import contrast
from tests.hospitals import two_floors

MAPS = Path(__file__).parents[4] / 'maps'
HOSTILE = '<script>alert("&")</script>'
VOID = {'meta', 'br', 'hr', 'img', 'input', 'link'}
CLOCK = Clock(8 * HOUR)


@pytest.fixture(scope='module')
def hospital() -> Hospital:
    return load_hospital(MAPS / 'general_hospital')


@pytest.fixture(scope='module')
def result(hospital: Hospital) -> DayResult:
    return made_up(hospital)


@pytest.fixture(scope='module')
def page(hospital: Hospital, result: DayResult) -> str:
    return draw(result, hospital)


def draw(result: DayResult, hospital: Hospital, **changes: object) -> str:
    told = replace(scenario(), **changes)  # type: ignore[arg-type]
    return draw_day(result, hospital, told, command='fleet simulate x --seed 7', lang='en')


def nothing(hospital: Hospital) -> DayResult:
    """Return a day on which nothing happened."""
    return replace(
        made_up(hospital, deliveries=40),
        accepted=0,
        delivered=0,
        on_time=None,
        by_urgency=(),
        by_goods=(),
        by_hour=(),
        lifts=(),
        robots=(),
        late=(),
        causes={},
        eta_p80_held=None,
        sometimes={},
        waiting_ms={},
        lines=(),
        trails=(),
        wall_seconds=0.0,
        journal_sha256='',
    )


class Balanced(HTMLParser):
    """Fails where an element is closed that was not opened last."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def text_of(page: str) -> str:
    parser = Balanced()
    parser.feed(re.sub(r'<(style|script)>.*?</\1>', '', page, flags=re.DOTALL))
    return ' '.join(' '.join(parser.texts).replace('\N{NO-BREAK SPACE}', ' ').split())


# --- the file  ---


@pytest.mark.thorough
def test_every_element_is_closed_and_every_picture_is_well_formed(page: str) -> None:
    parser = Balanced()
    parser.feed(page)
    assert parser.open in (['html', 'body'], ['html'])
    pictures = re.findall(r'<svg.*?</svg>', page, re.DOTALL)
    assert len(pictures) > 8
    for picture in pictures:
        ET.fromstring(picture)


def test_a_report_refers_to_nothing_outside_itself(page: str) -> None:
    assert re.findall(r'https?://', page) == []
    assert not re.search(r'(?:src|srcset|action)\s*=|@import|<link|<img|url\((?!#)', page)
    assert {href[:1] for href in re.findall(r'href="([^"]*)"', page)} == {'#'}
    assert "default-src 'none'" in page


def test_a_day_of_3000_deliveries_is_less_than_one_and_a_half_megabytes(page: str) -> None:
    assert 100_000 < len(page.encode()) < 1_500_000


@pytest.mark.thorough
def test_a_very_bad_day_stays_as_small_and_says_what_it_leaves_out(hospital: Hospital) -> None:
    bad = made_up(hospital)
    many = tuple(replace(bad.late[0], delivery=f'D{n}') for n in range(3_000))
    wrong = tuple(f'14:03:22 r{n} overlaps' for n in range(900))
    page = draw(replace(bad, late=many, violations=wrong), hospital)
    assert len(page.encode()) < 1_500_000
    assert f'{3_000 - MAX_LATE} more are in the JSON file' in text_of(page)
    assert '… and 860 more' in text_of(page)


def test_hostile_names_are_only_text(hospital: Hospital) -> None:
    day = made_up(hospital, deliveries=300)
    late = replace(
        day.late[0],
        delivery=HOSTILE,
        goods=HOSTILE,
        urgency=HOSTILE,
        sender=HOSTILE,
        recipient=HOSTILE,
        robot=HOSTILE,
        cause=HOSTILE,
        causes={HOSTILE: HOUR},
    )
    line = replace(day.lines[0], delivery=HOSTILE, robot=HOSTILE, sender=HOSTILE)
    hostile = replace(
        day,
        scenario=HOSTILE,
        version=HOSTILE,
        map_version=HOSTILE,
        dispatch=HOSTILE,
        journal_sha256=HOSTILE,
        violations=(HOSTILE,),
        unmet=(HOSTILE,),
        faults={HOSTILE: 1},
        sometimes={HOSTILE: 1, HOSTILE * 2: 0},
        causes={HOSTILE: 1},
        late=(late,),
        lines=(line, *day.lines),
        lifts=tuple(replace(x, lift=HOSTILE, outcomes={HOSTILE: 1}) for x in day.lifts),
        robots=tuple(replace(x, robot=HOSTILE) for x in day.robots),
        trails=tuple(replace(x, robot=HOSTILE) for x in day.trails),
        by_goods=tuple(replace(x, name=HOSTILE) for x in day.by_goods),
        waiting_ms={**day.waiting_ms, HOSTILE: HOUR},
    )
    name = Name(HOSTILE, HOSTILE)
    floors = {
        key: replace(floor, name=name, rooms=tuple(replace(r, name=name) for r in floor.rooms))
        for key, floor in hospital.floors.items()
    }
    stations = {key: replace(one, name=name) for key, one in hospital.stations.items()}
    named = replace(hospital, name=name, floors=floors, stations=stations)
    told = replace(scenario(), title={'en': HOSTILE, 'zh': HOSTILE})
    page = draw_day(hostile, named, told, command=HOSTILE, lang='zh')
    assert page.count('<script>') == 1
    assert 'alert("' not in page
    Balanced().feed(page)
    for picture in re.findall(r'<svg.*?</svg>', page, re.DOTALL):
        ET.fromstring(picture)
    several = draw_comparison([(HOSTILE, hostile)], title=(HOSTILE,) * 2, target=0.9, lang='en')
    assert several.count('<script>') == 1


def test_a_day_on_which_nothing_happened_can_be_drawn(hospital: Hospital) -> None:
    said = text_of(draw(nothing(hospital), hospital))
    assert 'Nothing was due yet.' in said
    assert 'Late ones' not in said


# --- what it says  ---


@pytest.mark.thorough
def test_the_first_sentence_says_how_the_day_went(hospital: Hospital, result: DayResult) -> None:
    spread = result.by_urgency[0].to_arrival
    classes = (('stat', 100, 0.99), ('urgent', 900, 0.997), ('routine', 2_000, 0.989))
    told = replace(
        result,
        on_time=0.9914,
        by_urgency=tuple(ClassResult(*one, spread, spread) for one in classes),
        late=result.late[:26],
        causes={'staff': 14, 'lift': 12},
    )
    said = text_of(draw(told, hospital))
    assert 'Missed its targets' in said
    assert '99.1 % of 3,000 deliveries arrived as promised; the target is 99 %.' in said
    assert 'Of STAT and urgent ones 99.6 %; the target is 100 %.' in said
    assert '26 came late or not at all.' in said
    assert 'Most frequent reason: nobody came to load (14 of 26).' in said
    assert '3,000 件中有 99.1 % 按承诺时间送达，目标 99 %。' in said
    easy = text_of(draw(told, hospital, expect=Expectations(on_time=0.9)))
    assert 'Went as it must' in easy


def test_a_day_without_a_late_one_says_so_and_tells_of_the_slowest(
    hospital: Hospital, result: DayResult
) -> None:
    good = replace(result, late=(), causes={}, on_time=1.0)
    said = text_of(draw(good, hospital, expect=Expectations(on_time=0.99)))
    assert '100 % of 3,000' in said
    assert 'None was late.' in said
    assert 'None was late; this one took longest' in said


def test_violations_stand_on_top_in_red(hospital: Hospital, result: DayResult) -> None:
    bad = replace(result, violations=('14:03 r3 and r7 overlap',), overlaps=1, lost=2)
    page = draw(bad, hospital)
    assert '<section class="alarm"' in page
    assert page.index('14:03 r3 and r7 overlap') < page.index('class="verdict bad"')
    said = text_of(page)
    assert 'robots overlapped: 1' in said
    assert 'lost deliveries: 2' in said
    assert 'Rules broken: 1. Deliveries lost: 2.' in said


def test_a_day_without_violations_has_no_alarm(page: str) -> None:
    assert '<section class="alarm"' not in page


def test_a_day_broken_off_says_until_when(hospital: Hospital, result: DayResult) -> None:
    page = draw(replace(result, partial=True, ended_at=MIDNIGHT + 14 * HOUR), hospital)
    assert 'Broken off at 14:00' in text_of(page)


def test_the_line_that_gives_the_day_again_is_there(page: str) -> None:
    assert 'fleet simulate x --seed 7' in text_of(page)
    assert '9c' * 32 in page


@pytest.mark.thorough
def test_faults_and_what_never_came_about_are_told(hospital: Hospital, result: DayResult) -> None:
    said = text_of(draw(replace(result, faults={'fire': 1, 'lift_stuck': 4}), hospital))
    assert 'a fire alarm' in said
    assert 'a lift was stuck' in said
    assert '1 others did not come about' in said
    assert 'this was a day without faults' in text_of(draw(result, hospital))


def test_everything_of_the_program_has_words_in_both_languages() -> None:
    named = [
        *(f'cause_{one}' for one in Cause),
        *(f'why_{one}' for one in Cause),
        *(f'u_{one}' for one in Urgency),
        *(f'g_{one}' for one in GOODS),
        *(f'f_{one}' for one in FaultKind),
        *(f'o_{one}' for one in LiftOutcome),
        *(f'p_{one}' for one in GROUPS),
    ]
    assert [name for name in named if name not in TEXTS] == []
    assert all(english and chinese for english, chinese in TEXTS.values())
    for english, chinese in TEXTS.values():
        assert sorted(re.findall(r'{\w+}', english)) == sorted(re.findall(r'{\w+}', chinese))


def test_every_cause_has_one_colour() -> None:
    assert sorted(c for causes in GROUPS.values() for c in causes) == sorted(Cause)


def late(causes: dict[str, int], cause: str) -> Late:
    return Late('D1', 'drug', 'urgent', 'a', 'b', 0, 5 * MINUTE, 'r1', cause, causes)


def test_why_it_was_late_is_said_in_words_the_reason_first() -> None:
    causes = {'driving': 20 * MINUTE, 'lift': 12 * MINUTE, 'robot': 4 * MINUTE, 'staff': 30_000}
    english, chinese = why(late(causes, 'lift'))
    assert english == '12 min in front of lifts; 20 min driving; 4 min until a robot was free'
    assert chinese == '12 分钟等电梯；20 分钟行驶；4 分钟等空闲机器人'
    assert why(late({}, 'fault')) == ('a fault', '故障')


def test_a_stacked_bar_is_in_the_order_of_the_way_and_full() -> None:
    parts = stacked({'driving': MINUTE, 'coming': MINUTE, 'robot': 2 * MINUTE})
    assert [(part.kind, part.share) for part in parts] == [('p-robot', 50.0), ('p-driving', 50.0)]
    assert [part.share for part in stacked({'lift': MINUTE}, whole=4 * MINUTE)] == [25.0]


# --- numbers and pictures  ---


def test_a_share_is_never_rounded_up() -> None:
    shown = [percent(share).replace('\N{NO-BREAK SPACE}', '') for share in (1, 0.99999, 0.5, 0)]
    assert shown == ['100%', '99.9%', '50.0%', '0%']
    assert percent(None) == '–'
    assert [minutes(int(m * MINUTE)) for m in (0.52, 9.94, 61.4)] == ['0.5', '9.9', '61']


def test_axes_have_round_values_that_hold_all() -> None:
    assert ticks(247) == [0, 50, 100, 150, 200, 250]
    assert ticks(3) == [0, 1, 2, 3]
    assert ticks(0) == [0.0, 1.0]


def test_a_column_is_as_high_as_its_number_and_says_it(result: DayResult) -> None:
    few = replace(result, by_hour=((8, 40, 30), (9, 20, 20)))
    drawn = str(hours_chart(few, CLOCK))
    ok = [float(h) for h in re.findall(r'height="([\d.]+)" class="fill-ok"', drawn)]
    ok = ok or [float(h) for h in re.findall(r'class="fill-ok"[^>]*height="([\d.]+)"', drawn)]
    (bad,) = [float(h) for h in re.findall(r'class="fill-late"[^>]*height="([\d.]+)"', drawn)]
    assert ok[0] == pytest.approx(3 * bad, rel=0.01)
    assert ok[1] == pytest.approx(2 * bad, rel=0.01)
    assert '08:00: 40, 75.0' in drawn


def test_lifts_are_used_and_waited_for_as_the_trails_say() -> None:
    trail = Trail(
        'r1',
        (
            (0, 'F1.w4'),
            (10, 'F1.A-wait'),
            (70, 'F1.A-wait'),
            (80, 'car.A'),
            (110, 'car.A'),
            (120, 'F2.A-exit'),
            (130, 'F2.w5'),
        ),
    )
    assert list(lift_uses(two_floors(), (trail,))) == [
        Use('A', 'r1', 10, 70, rides=False),
        Use('A', 'r1', 70, 120, rides=True),
    ]


def test_the_busiest_hour_is_that_in_which_lifts_are_used_most(result: DayResult) -> None:
    sums = {
        hour: sum(lift.by_hour[hour].utilisation for lift in result.lifts) for hour in range(24)
    }
    assert busiest_hour(result) == max(sums, key=lambda hour: sums[hour])
    without = replace(result, lifts=(), by_hour=((3, 5, 5), (7, 9, 9)))
    assert busiest_hour(without) == 7


def test_a_matrix_has_a_cell_for_each_lift_and_hour(result: DayResult) -> None:
    found = matrices(result, CLOCK)
    assert found is not None
    used, waited = found
    assert len(used.hours) == 24
    assert [name for name, _ in used.rows] == [lift.lift for lift in result.lifts]
    assert {len(cells) for _, cells in (*used.rows, *waited.rows)} == {24}


def test_places_are_called_as_people_call_them(hospital: Hospital) -> None:
    places = Places(hospital)
    assert places.node(hospital.lifts['A1'].stops[1].wait) == (
        'at lift A1, Floor 1',
        '1 楼 A1 梯前',
    )  # type: ignore[index]
    station = next(iter(hospital.stations.values()))
    assert places.node(station.node) == (station.name.en, station.name.zh)
    assert places.node('nowhere') == ('nowhere', 'nowhere')


def test_the_floors_with_the_most_waiting_come_first(hospital: Hospital) -> None:
    day = made_up(hospital, deliveries=100)
    waits = {'F3': 10 * MINUTE, 'F9': 50 * MINUTE, 'F5': 30 * MINUTE, 'F7': MINUTE}
    lift = hospital.lifts['A1']  # type: ignore[index]
    nodes = {stop.wait: waits[stop.floor] for stop in lift.stops if stop.floor in waits}
    page = draw(replace(day, waiting_ms=dict(nodes)), hospital)
    captions = re.findall(r'<figcaption><span class="in-en">(Floor \d+)', page)
    assert captions == ['Floor 9', 'Floor 5', 'Floor 3', 'Floor 7']
    assert page.count('<circle class="heat"') == 4


@pytest.mark.parametrize('theme', [0, 1], ids=['light', 'dark'])
def test_what_is_drawn_can_be_told_from_the_sheet(theme: int) -> None:
    surface = SHEET['surface'][theme]
    shapes = ['ok', 'late', 'wait', *(f'p-{group}' for group in GROUPS)]
    for name in shapes:
        assert contrast(COLOURS[name][theme], surface) >= 3.0, name
    assert contrast(COLOURS['late-text'][theme], surface) >= 4.5
    on = {'on-pale': ('q0', 'q1', 'q2', 'q3'), 'on-middle': ('q4',), 'on-deep': ('q5', 'q6')}
    for front, backs in on.items():
        for back in backs:
            assert contrast(COLOURS[front][theme], COLOURS[back][theme]) >= 4.5, back
    assert contrast(COLOURS['on-fill'][theme], COLOURS['p-lift'][theme]) >= 4.5


# --- several days  ---


@pytest.mark.thorough
def test_days_stand_beside_each_other_in_their_order(hospital: Hospital) -> None:
    days = [(name, made_up(hospital, seed=n)) for n, name in enumerate(('runs', 'nearest'))]
    page = draw_comparison(days, title=('Baselines', '基线'), target=0.98, lang='en')
    Balanced().feed(page)
    said = text_of(page)
    assert said.index('runs') < said.index('nearest')
    assert f'{len(days[1][1].late)}' in said
    assert 'target ≥ 98 %' in said
    with pytest.raises(ValueError, match='no day'):
        draw_comparison([], title=('', ''), target=0.0, lang='en')


def test_a_scenario_without_a_title_is_called_by_its_name(hospital: Hospital) -> None:
    plain = Scenario(name='night', hospital='x')
    page = draw_day(nothing(hospital), hospital, plain, command='x', lang='zh')
    assert '<title>night</title>' in page
    assert '<html lang="zh-CN">' in page
