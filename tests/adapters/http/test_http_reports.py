"""Reports as a page, a table and JSON: who may, which days, and words for every cause."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fleet_manager.adapters.http import i18n
from fleet_manager.application.days.follow import Cause
from fleet_manager.application.reports import Rates, make_report
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import HOUR, Instant
from tests.adapters.http.conftest import Loop, Site
from tests.application.test_reports import BEGIN, END, delivered


class Weeks:
    """A late and a timely delivery, whatever period is asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def oldest(self) -> Instant:
        return Instant(0)

    def report(self, *, begin: Instant, end: Instant) -> object:
        self.asked.append((begin, end))
        late = delivered(1, after=90, spent={Cause.LIFT: HOUR}, rating=2, recipient='n2w')
        return make_report(
            [late, delivered(2, after=5, recipient='=HYPERLINK("x")')],
            begin=BEGIN,
            end=END,
            as_of=END,
            complete=True,
            robots=8,
            rates=Rates(60, 30, '=CNY'),
        )


@pytest.fixture
def weeks() -> Weeks:
    return Weeks()


@pytest.fixture
def site(hospital: Hospital, loop: Loop, weeks: Weeks) -> Iterator[Site]:
    made = Site(hospital, loop, reports=weeks)
    yield made
    made.close()


def test_a_report_is_read_by_dispatch_and_not_by_a_ward(site: Site, weeks: Weeks) -> None:
    page = site.operator().get('/reports?first=2026-11-01&last=2026-11-30').text
    assert '50.0 %' in page
    assert 'waiting for lifts 1' in page
    begin, end = weeks.asked[-1]
    assert (end - begin) / (24 * HOUR) == pytest.approx(30, abs=0.05)
    for path in ('/reports', '/reports/table.csv', '/api/v1/reports'):
        assert site.ward().get(path).status_code == 403


def test_the_table_runs_no_formula_and_the_json_has_the_same_figures(site: Site) -> None:
    desk = site.operator()
    table = desk.get('/reports/table.csv')
    assert table.headers['content-type'] == 'text/csv; charset=utf-8'
    assert "'=HYPERLINK" in table.text
    assert ",'=CNY" in table.text
    assert ',=' not in table.text
    assert 'lift:1' in table.text
    body = desk.get('/api/v1/reports').json()
    assert (body['total']['asked'], body['total']['on_time']) == (2, 0.5)


@pytest.mark.parametrize(
    'query',
    [
        'first=yesterday',
        'first=2026-13-01',
        'first=2026-11-02&last=2026-11-01',
        'first=2020-01-01&last=2026-11-01',
        'first=0001-01-01&last=0001-01-01',
        'first=9999-12-31',
        'whatever=1',
    ],
)
def test_a_period_that_is_none_is_refused(site: Site, query: str) -> None:
    for path in ('/reports', '/reports/table.csv', '/api/v1/reports'):
        assert site.operator().get(f'{path}?{query}').status_code == 422


def test_every_cause_has_its_words() -> None:
    for words in i18n.load().values():
        assert {f'reports.cause.{cause.value}' for cause in Cause} <= set(words.texts)
