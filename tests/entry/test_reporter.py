"""Reports of a journal: what the simulated day says of itself, also when read from the middle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fleet_manager.adapters.db.reader import JournalReader
from fleet_manager.adapters.db.store import open_store
from fleet_manager.adapters.sim.day.day import Day
from fleet_manager.application.days.collect import Collector
from fleet_manager.application.days.result import DayResult
from fleet_manager.application.days.scenario import Demand, Fleet, GoodsDemand, Scenario
from fleet_manager.application.reports import Rates
from fleet_manager.domain.codec import decode_event
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import HOUR, MINUTE, Instant
from fleet_manager.entry.reporter import Reporter

HOURS = (1.0,) * 24


@dataclass
class Played:
    """A journal on disk, and what came of the day that wrote it."""

    url: str
    result: DayResult
    end: Instant


@pytest.fixture(scope='module')
def played(hospital: Hospital, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    url = f'sqlite:///{tmp_path_factory.mktemp("day") / "fleet.db"}'
    scenario = Scenario(
        'short',
        'small_hospital',
        starts=8 * HOUR,
        lasts=12 * MINUTE,
        calm=25 * MINUTE,
        demand=Demand(goods=(GoodsDemand('drug', 1500, HOURS), GoodsDemand('supply', 700, HOURS))),
        fleet=Fleet(robots=3),
    )
    store = open_store(url)
    day = Day(scenario, hospital, seed=3, store=store)
    day.run()
    yield Played(url, day.result_so_far(), Instant(day.heap.now))
    store.close()


@pytest.mark.thorough
def test_a_report_says_what_the_day_says_of_itself(played: Played, hospital: Hospital) -> None:
    reporter = Reporter(played.url, hospital, lambda: played.end, days=1, rates=Rates())
    reporter.catch_up()
    begin = Instant(played.end - 6 * HOUR)
    report = reporter.report(begin=begin, end=Instant(played.end + 1))
    day, total = played.result, report.total
    assert report.complete
    assert (total.asked, total.delivered) == (day.accepted, day.delivered)
    assert total.asked >= 10
    assert total.on_time == day.on_time
    assert dict(total.causes) == day.causes
    assert [(row.name, row.judged, row.on_time, row.to_arrival) for row in report.by_goods] == [
        (one.name, one.n, one.on_time, one.to_arrival) for one in day.by_goods
    ]
    busy = sum(robot.busy for robot in day.robots) * (day.ended_at - day.started_at) / HOUR
    assert 0 < total.robot_hours <= busy * 1.001
    assert report.by_ward


def test_a_journal_is_read_from_any_line_on(played: Played, hospital: Hospital) -> None:
    reader = JournalReader(played.url)
    lines, after = [], 0
    while page := reader.entries(after, 1_000):
        lines += page
        after = page[-1].seq
    events = [(one.entry.at, decode_event(one.entry.kind, one.entry.body)) for one in lines]
    for begin in range(0, len(events), len(events) // 9):
        collector = Collector(Scenario('part', ''), hospital)
        for at, event in events[begin:]:
            collector.note(at, event)
        collector.forget(Instant(events[-1][0] - 10 * MINUTE))
        for parcel in collector.parcels(played.end):
            assert parcel.robot_ms >= 0
            assert all(span >= 0 for span in parcel.spent.values())
    for number in (1, 2, len(lines) // 2, len(lines)):
        moment = lines[number - 1].entry.at
        before = sum(one.entry.at < moment for one in lines)
        assert reader.line_before(moment) == before
    assert reader.line_before(Instant(played.end + 1)) == len(lines)
    reader.close()


def test_nothing_is_read_of_an_empty_journal(tmp_path: Path, hospital: Hospital) -> None:
    url = f'sqlite:///{tmp_path / "fleet.db"}'
    open_store(url).close()
    reporter = Reporter(url, hospital, lambda: Instant(HOUR), days=1, rates=Rates())
    reporter.catch_up()
    report = reporter.report(begin=Instant(0), end=Instant(HOUR))
    assert (report.total.asked, report.total.on_time, report.by_ward) == (0, None, ())
