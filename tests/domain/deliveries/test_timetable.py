"""When planned requests run: each day once, by the clock on the wall, whatever it does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_manager.domain.deliveries.meals import (
    USUAL_TIMES,
    Bed,
    bed_list,
    closed,
    counts,
    meal_times,
    rounds,
)
from fleet_manager.domain.deliveries.timetable import (
    Plan,
    Run,
    instant,
    local_day,
    next_runs,
    runs,
    wrong_field,
)
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.units import HOUR, MINUTE, Instant

BERLIN, SHANGHAI = ZoneInfo('Europe/Berlin'), ZoneInfo('Asia/Shanghai')
ZONES = [BERLIN, SHANGHAI, ZoneInfo('Australia/Lord_Howe'), ZoneInfo('America/St_Johns'), UTC]
LAB, WARD = StationId('lab'), StationId('n2w')


def plan(*, days: tuple[int, ...] = tuple(range(7)), start: int = 480, window: int = 60) -> Plan:
    return Plan(
        'P1', WARD, 'specimen', WARD, LAB, days, start, window, '', paused=False, since=Instant(0)
    )


def at(text: str, zone: ZoneInfo = BERLIN) -> Instant:
    return Instant(round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1_000))


def days(found: list[Run]) -> list[str]:
    return [run.day.isoformat() for run in found]


def test_a_run_is_on_its_days_at_its_time() -> None:
    monday = at('2026-11-23 07:00')
    found = next_runs(plan(days=(0, 2)), BERLIN, monday, 3)
    assert days(found) == ['2026-11-23', '2026-11-25', '2026-11-30']
    assert found[0].earliest == at('2026-11-23 08:00')
    assert found[0].latest == at('2026-11-23 09:00')
    assert days(next_runs(plan(days=(0,)), BERLIN, at('2026-11-23 08:30'), 1)) == ['2026-11-23']
    assert days(next_runs(plan(days=(0,)), BERLIN, at('2026-11-23 09:00'), 1)) == ['2026-11-30']


def test_a_time_the_clock_skips_is_the_one_after_the_gap() -> None:
    (run,) = next_runs(plan(start=150), BERLIN, at('2026-03-29 00:00'), 1)
    assert run.earliest == at('2026-03-29 03:30')


def test_a_time_that_comes_twice_runs_the_first_time_only() -> None:
    found = list(
        runs(plan(start=150), BERLIN, after=at('2026-10-25 00:00'), before=at('2026-10-26 00:00'))
    )
    assert days(found) == ['2026-10-25']
    assert datetime.fromtimestamp(found[0].earliest / 1_000, UTC).hour == 0


@given(
    st.sampled_from(ZONES),
    st.integers(0, 1439),
    st.dates(date(2020, 1, 5), date(2037, 12, 1)),
    st.integers(15, 720),
)
def test_every_day_has_one_run_of_its_own_and_in_order(
    zone: ZoneInfo, start: int, first: date, window: int
) -> None:
    midnight = instant(first, 0, zone)
    until = instant(first + timedelta(days=9), 0, zone)
    found = list(runs(plan(start=start, window=window), zone, after=midnight, before=until))
    whole = {first + timedelta(days=day) for day in range(1, 8)}
    assert whole <= {run.day for run in found}
    assert len({run.key for run in found}) == len(found)
    assert [run.earliest for run in found] == sorted({run.earliest for run in found})
    assert all(run.latest - run.earliest == window * MINUTE for run in found)
    assert all(abs(run.day - local_day(run.earliest, zone)) <= timedelta(days=1) for run in found)


@given(st.lists(st.integers(0, 12 * 60), min_size=1, max_size=12), st.sampled_from(ZONES))
def test_looking_again_and_again_finds_every_run_whatever_the_gaps(
    gaps: list[int], zone: ZoneInfo
) -> None:
    one, now = plan(start=1435, window=720), instant(date(2026, 10, 24), 0, zone)
    start, seen = now, set()
    for gap in gaps:
        now = Instant(now + gap * MINUTE)
        seen |= {run.key for run in runs(one, zone, after=Instant(now - 24 * HOUR), before=now)}
    assert {run.key for run in runs(one, zone, after=start, before=now)} <= seen


@pytest.mark.parametrize(
    ('wrong', 'field'),
    [
        (plan(days=()), 'days'),
        (plan(days=(7,)), 'days'),
        (plan(days=(1, 0)), 'days'),
        (plan(start=-1), 'start'),
        (plan(start=1440), 'start'),
        (plan(window=14), 'window'),
        (plan(window=721), 'window'),
    ],
)
def test_a_plan_that_is_not_possible_names_its_field(wrong: Plan, field: str) -> None:
    assert wrong_field(wrong) == field
    assert wrong_field(plan()) is None


def test_a_paused_plan_and_what_was_before_it_does_not_run() -> None:
    now = at('2026-11-23 07:00')
    assert next_runs(replace(plan(), paused=True), BERLIN, now, 1) == []
    later = replace(plan(), since=at('2026-11-23 08:01'))
    assert days(next_runs(later, BERLIN, now, 1)) == ['2026-11-24']


# --- meals ---


@given(
    st.sampled_from(ZONES),
    st.integers(0, 20_000),
    st.integers(0, 720),
    st.sampled_from(
        [USUAL_TIMES, 'dinner=02:00-03:00', 'lunch=12:00-12:15 breakfast=00:00-04:00']
    ),
)
def test_a_meal_is_either_open_or_closed_and_one_is_always_open(
    zone: ZoneInfo, hours: int, cut_off: int, text: str
) -> None:
    now, times = Instant(at('2026-01-01 00:00') + hours * HOUR // 3), meal_times(text)
    open_now = rounds(zone, now, cut_off=cut_off, times=times)
    over = closed(zone, now, cut_off=cut_off, times=times)
    assert 1 <= len(open_now) <= len(times) + 1
    assert {one.id for one in open_now}.isdisjoint(one.id for one in over)
    assert all(now < one.closes <= one.earliest for one in open_now)
    assert all(one.earliest <= now + 24 * HOUR for one in open_now[1:])
    assert [one.earliest for one in open_now] == sorted(one.earliest for one in open_now)
    assert {one.meal for one in open_now} <= set(times)


def test_meals_come_when_the_clock_on_the_wall_says_so_also_on_the_nights_it_changes() -> None:
    times = meal_times('breakfast=02:15-03:30')
    for day in ('2026-03-29', '2026-10-25'):
        now = at(f'{day} 00:30')
        (one,) = rounds(BERLIN, now, cut_off=60, times=times)
        assert (one.id, one.earliest < one.latest) == (f'{day}-breakfast', True)
        assert one.earliest - one.closes == HOUR
        assert HOUR // 4 <= one.latest - one.earliest <= 9 * HOUR // 4


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('', 'at least one'),
        ('supper=17:00-18:00', 'supper=17:00-18:00: write it like'),
        ('lunch=1100-1200', 'lunch=1100-1200: write it like'),
        ('lunch=11:00-11:10', 'lunch=11:00-11:10: lasts 15 to 240'),
        ('lunch=23:00-24:00', 'within one day'),
        ('lunch=11:00-12:00 lunch=13:00-14:00', 'lunch: is there twice'),
        ('lunch=11:00-12:00 dinner=11:30-13:00', 'dinner=11:30-13:00: is at the same time'),
    ],
)
def test_times_of_meals_that_are_not_possible_are_named(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        meal_times(text)


def test_meals_are_counted_by_diet_and_no_bed_is_named() -> None:
    beds = [Bed('1', 'normal'), Bed('2', 'halal'), Bed('3', 'normal'), Bed('4', '')]
    assert counts(beds) == {'diet_normal': '2', 'diet_halal': '1'}
    assert counts([Bed('4', '')]) == {}


def test_a_bed_list_is_a_bed_a_line_each_once() -> None:
    assert bed_list('12\r\n 13 \n12\n14A') == ['12', '13', '14A']
    assert bed_list('') == []
    assert bed_list('x' * 13) is None
    assert bed_list('\n'.join(str(bed) for bed in range(121))) is None
